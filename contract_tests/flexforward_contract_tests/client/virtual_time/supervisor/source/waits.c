/* Waits: a call with a time limit becomes the same call without one, and its limit is kept here. */
#include "supervisor.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/* What the kernel says inside of itself when a signal breaks a call off: from -ERESTARTSYS to -ERESTART_RESTARTBLOCK. */
#define RESTART_FIRST (-512)
#define RESTART_LAST (-516)
#define RESTART_WITHOUT_HANDLER (-514)

#define MOST_SET_BYTES 8192

enum limit { MILLISECONDS, TIMESPEC, TIMEVAL };

struct kind {
    long nr;
    enum limit limit;
    int argument;          /* which one holds the limit */
    bool is_absolute;
    int clock;
    long result;           /* when the time is over */
};

static const struct kind kinds[] = {
    {SYS_poll, MILLISECONDS, 2, false, CLOCK_MONOTONIC, 0},
    {SYS_epoll_wait, MILLISECONDS, 3, false, CLOCK_MONOTONIC, 0},
    {SYS_epoll_pwait, MILLISECONDS, 3, false, CLOCK_MONOTONIC, 0},
    {SYS_epoll_pwait2, TIMESPEC, 3, false, CLOCK_MONOTONIC, 0},
    {SYS_ppoll, TIMESPEC, 2, false, CLOCK_MONOTONIC, 0},
    {SYS_select, TIMEVAL, 4, false, CLOCK_MONOTONIC, 0},
    {SYS_pselect6, TIMESPEC, 4, false, CLOCK_MONOTONIC, 0},
    {SYS_nanosleep, TIMESPEC, 0, false, CLOCK_MONOTONIC, 0},
    {SYS_clock_nanosleep, TIMESPEC, 2, false, CLOCK_MONOTONIC, 0},
    {SYS_futex, TIMESPEC, 3, false, CLOCK_MONOTONIC, -ETIMEDOUT},
    {SYS_futex_waitv, TIMESPEC, 3, true, CLOCK_MONOTONIC, -ETIMEDOUT},
    {SYS_rt_sigtimedwait, TIMESPEC, 2, false, CLOCK_MONOTONIC, -EAGAIN},
    {SYS_recvmmsg, TIMESPEC, 4, false, CLOCK_MONOTONIC, -EAGAIN},
    {SYS_semtimedop, TIMESPEC, 3, false, CLOCK_MONOTONIC, -EAGAIN},
    {SYS_mq_timedsend, TIMESPEC, 4, true, CLOCK_REALTIME, -ETIMEDOUT},
    {SYS_mq_timedreceive, TIMESPEC, 4, true, CLOCK_REALTIME, -ETIMEDOUT},
};

static const struct kind *kind_of(long nr)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].nr == nr)
            return &kinds[i];
    return NULL;
}

static unsigned long long *argument_of(struct user_regs_struct *regs, int number)
{
    unsigned long long *all[] = {&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8, &regs->r9};
    return all[number];
}

static bool is_futex_wait(const struct user_regs_struct *regs)
{
    int operation = (int)regs->rsi & FUTEX_CMD_MASK;
    return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET || operation == FUTEX_LOCK_PI ||
           operation == FUTEX_WAIT_REQUEUE_PI || operation == 13; /* FUTEX_LOCK_PI2 */
}

bool is_wait_call(const struct user_regs_struct *regs)
{
    long nr = (long)regs->orig_rax;
    return nr == SYS_futex ? is_futex_wait(regs) : kind_of(nr) != NULL;
}

static bool is_sleep(long nr)
{
    return nr == SYS_nanosleep || nr == SYS_clock_nanosleep;
}

/* Return how a call counts: from now or from a clock's zero, where its arguments decide that. */
static struct kind as_called(const struct kind *kind, const struct user_regs_struct *regs)
{
    struct kind called = *kind;
    if (kind->nr == SYS_clock_nanosleep) {
        called.clock = (int)regs->rdi;
        called.is_absolute = regs->rsi & TIMER_ABSTIME;
    } else if (kind->nr == SYS_futex) {
        int operation = (int)regs->rsi & FUTEX_CMD_MASK;
        bool is_calendar = operation == FUTEX_LOCK_PI || (regs->rsi & FUTEX_CLOCK_REALTIME);
        called.is_absolute = operation != FUTEX_WAIT;
        called.clock = is_calendar ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    } else if (kind->nr == SYS_futex_waitv) {
        called.clock = (int)regs->r8;
    }
    return called;
}

/* Read the limit of a call, in nanoseconds; NEVER for none, and -1 where the kernel has to say what is wrong with it. */
static ns_t read_limit(struct thread *thread, const struct kind *kind, unsigned long long argument)
{
    int64_t parts[2];
    if (kind->limit == MILLISECONDS)
        return (int)argument < 0 ? NEVER : (int)argument * (SECOND / 1000);
    if (!argument)
        return is_sleep(kind->nr) ? -1 : NEVER;
    if (!peek(thread->tid, argument, parts, sizeof parts))
        return -1;
    int64_t most = kind->limit == TIMEVAL ? INT64_MAX : SECOND - 1;
    if (parts[0] < 0 || parts[1] < 0 || parts[1] > most)
        return -1;
    if (kind->limit == TIMESPEC)
        return to_ns(parts[0], parts[1]);
    return to_ns(parts[0] + parts[1] / 1000000, parts[1] % 1000000 * 1000);
}

/* Take down how long a thread is about to wait, and change its call so that the kernel sets it no limit. */
enum reading read_wait(struct thread *thread, struct user_regs_struct *regs)
{
    struct kind kind = as_called(kind_of((long)regs->orig_rax), regs);
    if (!is_virtual_clock(kind.clock))
        return NOT_AT_ALL;
    unsigned long long *argument = argument_of(regs, kind.argument);
    ns_t limit = read_limit(thread, &kind, *argument);
    if (limit < 0 || (limit == 0 && !kind.is_absolute))
        return NOT_AT_ALL;
    thread->until = NEVER;
    thread->span = 0;
    thread->is_fresh = false;
    if (limit == NEVER)
        return UNTIMED;
    thread->until = kind.is_absolute ? limit - clock_at_zero(kind.clock) : now() + limit;
    bool is_carried = thread->carried_nr == kind.nr && thread->carried_ip == regs->rip;
    if (is_carried)
        thread->until = thread->carried_until;
    thread->span = thread->until - now();
    thread->is_fresh = !kind.is_absolute && !is_carried;
    if (is_sleep(kind.nr))
        regs->orig_rax = SYS_pause;
    else
        *argument = kind.limit == MILLISECONDS ? (unsigned long long)-1 : 0;
    return TIMED;
}

bool is_restart(long result)
{
    return result <= RESTART_FIRST && result >= RESTART_LAST;
}

/* Tell the caller of select and the like how much of its time is left, as Linux does. */
static void write_rest(struct thread *thread, const struct kind *kind, const struct user_regs_struct *entry)
{
    ns_t left = thread->until - now(), rest = left > 0 ? left : 0;
    int64_t parts[2] = {rest / SECOND, kind->limit == TIMEVAL ? rest % SECOND / 1000 : rest % SECOND};
    struct user_regs_struct copy = *entry;
    unsigned long where = *argument_of(&copy, kind->argument);
    if (kind->nr == SYS_nanosleep)
        where = entry->rsi;
    else if (kind->nr == SYS_clock_nanosleep)
        where = (entry->rsi & TIMER_ABSTIME) ? 0 : entry->r10;
    if (where)
        poke(thread->tid, where, parts, sizeof parts);
}

static bool tells_rest(long nr)
{
    return nr == SYS_select || nr == SYS_pselect6 || nr == SYS_ppoll;
}

static void clear_sets(struct thread *thread, const struct user_regs_struct *entry)
{
    static const char nothing[MOST_SET_BYTES];
    unsigned long sets[] = {entry->rsi, entry->rdx, entry->r10};
    size_t size = ((unsigned)entry->rdi + 63) / 64 * 8;
    for (int i = 0; i < 3; i++)
        if (sets[i])
            poke(thread->tid, sets[i], nothing, size > sizeof nothing ? sizeof nothing : size);
}

long result_when_over(const struct user_regs_struct *entry)
{
    return kind_of((long)entry->orig_rax)->result;
}

/* Give the end of a wait the form that its caller expects: its time over, broken off by a signal, or what it is. */
void finish_wait(struct thread *thread, struct user_regs_struct *regs)
{
    const struct user_regs_struct *entry = &thread->entry;
    const struct kind *kind = kind_of((long)entry->orig_rax);
    long result = (long)regs->rax;
    bool is_broken_off = is_restart(result) || result == -EINTR;
    bool is_timed = thread->until != NEVER;
    thread->carried_nr = 0;
    if (is_timed && tells_rest(kind->nr))
        write_rest(thread, kind, entry);
    if (!is_broken_off)
        return;
    if (thread->is_due) {
        if (kind->nr == SYS_select || kind->nr == SYS_pselect6)
            clear_sets(thread, entry);
        regs->rax = (unsigned long long)kind->result;
        regs->orig_rax = (unsigned long long)-1;
        return;
    }
    /* A signal. Without a handler for it the kernel begins the call anew, and then the limit is the old one. */
    if (is_timed && is_sleep(kind->nr))
        write_rest(thread, kind, entry);
    regs->orig_rax = entry->orig_rax;
    if (is_timed || result == -EINTR)
        regs->rax = (unsigned long long)RESTART_WITHOUT_HANDLER;
    if (is_timed) {
        thread->carried_nr = kind->nr;
        thread->carried_ip = entry->rip;
        thread->carried_until = thread->until;
    }
}

/* Tell whether nothing is ready that a call waits for; a look from outside takes no event away. */
static bool is_nothing_ready(struct thread *thread, const struct user_regs_struct *regs)
{
    if (regs->orig_rax == SYS_epoll_pwait && regs->r8)
        return false; /* signals that it lets in might be there */
    struct pollfd watched = {duplicate(thread->process, (int)regs->rdi), POLLIN, 0};
    bool is_nothing = watched.fd >= 0 && poll(&watched, 1, 0) == 0;
    if (watched.fd >= 0)
        close(watched.fd);
    return is_nothing;
}

/* Tell whether a call is sure to sleep if it is let go on: then its time can be made to pass without that. */
bool would_sleep(struct thread *thread, const struct user_regs_struct *regs)
{
    if (is_sleep((long)regs->orig_rax))
        return true;
    if (regs->orig_rax == SYS_epoll_wait || regs->orig_rax == SYS_epoll_pwait)
        return is_nothing_ready(thread, regs);
    if (regs->orig_rax != SYS_futex)
        return false;
    int operation = (int)regs->rsi & FUTEX_CMD_MASK;
    uint32_t value;
    return (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) &&
           peek(thread->tid, regs->rdi, &value, sizeof value) && value == (uint32_t)regs->rdx;
}
