/* Timers that a program sets: alarms, those of POSIX, and those that are read from a descriptor. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum timer_kind { AN_ALARM, A_POSIX_TIMER, A_DESCRIPTOR };

struct timer {
    enum timer_kind kind;
    pid_t process;
    int id;             /* of POSIX, or the descriptor as the program knows it */
    int clock;
    int own_fd;         /* the same timer, as we know it */
    int notify, signal; /* of POSIX */
    pid_t thread;
    uint64_t value;
    ns_t until, interval;
    struct timer *next;
};

static struct timer *timers;

static struct timer *find_timer(enum timer_kind kind, pid_t process, int id)
{
    for (struct timer *timer = timers; timer; timer = timer->next)
        if (timer->kind == kind && timer->process == process && timer->id == id)
            return timer;
    return NULL;
}

static struct timer *timer_for(enum timer_kind kind, pid_t process, int id)
{
    struct timer *timer = find_timer(kind, process, id);
    if (timer)
        return timer;
    timer = calloc(1, sizeof *timer);
    if (!timer)
        abort();
    *timer = (struct timer){.kind = kind, .process = process, .id = id, .clock = CLOCK_REALTIME, .own_fd = -1,
                            .notify = SIGEV_SIGNAL, .signal = SIGALRM, .until = NEVER, .next = timers};
    return timers = timer;
}

static void drop_timer(struct timer *gone)
{
    for (struct timer **at = &timers; *at; at = &(*at)->next)
        if (*at == gone) {
            *at = gone->next;
            if (gone->own_fd >= 0)
                close(gone->own_fd);
            free(gone);
            return;
        }
}

static ns_t rest_of(const struct timer *timer)
{
    if (!timer || timer->until == NEVER)
        return 0;
    ns_t left = timer->until - now();
    return left > 0 ? left : 1;
}

/* Set a timer, as from a pair of interval and first time; nought is never. */
static void set(struct timer *timer, ns_t interval, ns_t first, bool is_absolute)
{
    timer->interval = interval;
    timer->until = !first ? NEVER : is_absolute ? first - clock_at_zero(timer->clock) : now() + first;
}

static bool read_pair(pid_t tid, unsigned long address, bool is_micro, ns_t *interval, ns_t *first)
{
    int64_t parts[4];
    int64_t most = is_micro ? 1000000 : SECOND, factor = is_micro ? 1000 : 1;
    if (!address || !peek(tid, address, parts, sizeof parts))
        return false;
    for (int i = 0; i < 4; i++)
        if (parts[i] < 0 || (i % 2 && parts[i] >= most))
            return false;
    *interval = to_ns(parts[0], parts[1] * factor);
    *first = to_ns(parts[2], parts[3] * factor);
    return true;
}

static bool write_pair(pid_t tid, unsigned long address, bool is_micro, const struct timer *timer)
{
    int64_t divisor = is_micro ? 1000 : 1;
    ns_t interval = timer ? timer->interval : 0, rest = rest_of(timer);
    if (is_micro && rest && rest < 1000)
        rest = 1000;
    int64_t parts[4] = {interval / SECOND, interval % SECOND / divisor, rest / SECOND, rest % SECOND / divisor};
    return !address || poke(tid, address, parts, sizeof parts);
}

static bool take_alarm(struct thread *thread, struct user_regs_struct *regs)
{
    struct timer *timer = find_timer(AN_ALARM, thread->process, 0);
    ns_t rest = rest_of(timer), interval, first;
    long nr = (long)regs->orig_rax, result = 0;
    if (nr == SYS_alarm) {
        result = (long)((rest + SECOND - 1) / SECOND);
        set(timer_for(AN_ALARM, thread->process, 0), 0, to_ns((unsigned)regs->rdi, 0), false);
    } else if (nr == SYS_getitimer) {
        result = write_pair(thread->tid, regs->rsi, true, timer) ? 0 : -EFAULT;
    } else if (nr == SYS_setitimer) {
        if (!regs->rsi)
            interval = first = 0;
        else if (!read_pair(thread->tid, regs->rsi, true, &interval, &first))
            return false;
        result = write_pair(thread->tid, regs->rdx, true, timer) ? 0 : -EFAULT;
        set(timer_for(AN_ALARM, thread->process, 0), interval, first, false);
    } else {
        return false;
    }
    give(thread, regs, result);
    return true;
}

/* Take down whom a timer of POSIX tells, when the kernel has made it. */
void note_timer_made(struct thread *thread, const struct user_regs_struct *regs)
{
    struct sigevent event;
    int id;
    if ((long)regs->rax != 0 || !peek(thread->tid, thread->entry.rdx, &id, sizeof id))
        return;
    struct timer *timer = timer_for(A_POSIX_TIMER, thread->process, id);
    timer->clock = (int)thread->entry.rdi;
    timer->value = (uint64_t)id;
    timer->until = NEVER;
    if (!thread->entry.rsi || !peek(thread->tid, thread->entry.rsi, &event, sizeof event))
        return;
    timer->notify = event.sigev_notify;
    timer->signal = event.sigev_signo;
    memcpy(&timer->value, &event.sigev_value, sizeof timer->value);
    timer->thread = event.sigev_notify == SIGEV_THREAD_ID ? event._sigev_un._tid : 0;
}

static bool take_posix(struct thread *thread, struct user_regs_struct *regs)
{
    long nr = (long)regs->orig_rax;
    struct timer *timer = find_timer(A_POSIX_TIMER, thread->process, (int)regs->rdi);
    ns_t interval, first;
    if (!timer)
        return false; /* of work that is done, or none at all */
    if (nr == SYS_timer_delete) {
        drop_timer(timer);
        return false; /* the kernel's is to go as well */
    }
    if (nr == SYS_timer_gettime) {
        give(thread, regs, write_pair(thread->tid, regs->rsi, false, timer) ? 0 : -EFAULT);
        return true;
    }
    if (nr != SYS_timer_settime || !read_pair(thread->tid, regs->rdx, false, &interval, &first))
        return false;
    long result = write_pair(thread->tid, regs->r10, false, timer) ? 0 : -EFAULT;
    set(timer, interval, first, regs->rsi & TIMER_ABSTIME);
    give(thread, regs, result);
    return true;
}

/* Return the clock of a timer's descriptor; -1 for what is none. */
static int clock_of_descriptor(pid_t tid, int fd)
{
    char path[64], line[128];
    int clock = -1;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", tid, fd);
    FILE *file = fopen(path, "re");
    while (file && clock < 0 && fgets(line, sizeof line, file))
        sscanf(line, "clockid: %d", &clock);
    if (file)
        fclose(file);
    return clock;
}

static bool is_same_file(pid_t process, int fd, int own_fd)
{
    return syscall(SYS_kcmp, getpid(), process, 0 /* KCMP_FILE */, own_fd, fd) == 0;
}

/* Find the timer behind a descriptor, by whatever number and in whatever process it was set. */
static struct timer *timer_of_descriptor(struct thread *thread, int fd, int clock)
{
    for (struct timer *timer = timers; timer; timer = timer->next)
        if (timer->kind == A_DESCRIPTOR && is_same_file(thread->process, fd, timer->own_fd))
            return timer;
    struct timer *old = find_timer(A_DESCRIPTOR, thread->process, fd);
    if (old)
        drop_timer(old); /* of a descriptor that was closed */
    int own = duplicate(thread->process, fd);
    if (own < 0)
        return NULL;
    struct timer *timer = timer_for(A_DESCRIPTOR, thread->process, fd);
    timer->own_fd = own;
    timer->clock = clock;
    return timer;
}

static bool take_descriptor(struct thread *thread, struct user_regs_struct *regs)
{
    bool is_set = regs->orig_rax == SYS_timerfd_settime;
    int fd = (int)regs->rdi, clock = clock_of_descriptor(thread->tid, fd);
    ns_t interval, first;
    static const struct itimerspec never;
    struct timer *timer = clock < 0 ? NULL : timer_of_descriptor(thread, fd, clock);
    if (!timer)
        return false;
    if (!is_set) {
        give(thread, regs, write_pair(thread->tid, regs->rsi, false, timer) ? 0 : -EFAULT);
        return true;
    }
    if (!read_pair(thread->tid, regs->rdx, false, &interval, &first))
        return false;
    long result = write_pair(thread->tid, regs->r10, false, timer) ? 0 : -EFAULT;
    timerfd_settime(timer->own_fd, 0, &never, NULL); /* what it had to say is forgotten, as by the kernel */
    set(timer, interval, first, regs->rsi & TFD_TIMER_ABSTIME);
    give(thread, regs, result);
    return true;
}

/* Answer a call that sets or reads a timer; false if the kernel is to. */
bool take_timer_call(struct thread *thread, struct user_regs_struct *regs)
{
    switch ((long)regs->orig_rax) {
    case SYS_timerfd_settime: case SYS_timerfd_gettime:
        return take_descriptor(thread, regs);
    case SYS_timer_settime: case SYS_timer_gettime: case SYS_timer_delete:
        return take_posix(thread, regs);
    default:
        return take_alarm(thread, regs);
    }
}

ns_t next_timer(void)
{
    ns_t soonest = NEVER;
    for (struct timer *timer = timers; timer; timer = timer->next)
        if (timer->until < soonest)
            soonest = timer->until;
    return soonest;
}

static void send_signal(const struct timer *timer)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = timer->signal;
    info.si_code = SI_TIMER;
    info.si_timerid = timer->id;
    memcpy(&info.si_value, &timer->value, sizeof timer->value);
    if (timer->notify == SIGEV_NONE)
        return;
    if (timer->thread)
        syscall(SYS_rt_tgsigqueueinfo, timer->process, timer->thread, timer->signal, &info);
    else
        syscall(SYS_rt_sigqueueinfo, timer->process, timer->signal, &info);
}

static void fire(const struct timer *timer)
{
    static const struct itimerspec at_once = {.it_value = {.tv_nsec = 1}};
    if (timer->kind == AN_ALARM)
        kill(timer->process, SIGALRM);
    else if (timer->kind == A_POSIX_TIMER)
        send_signal(timer);
    else
        timerfd_settime(timer->own_fd, 0, &at_once, NULL);
}

/* Tell whether a program still has the timer behind a descriptor: we hold it too, so that it never goes by itself. */
static bool is_forgotten(const struct timer *timer)
{
    return timer->kind == A_DESCRIPTOR && !is_same_file(timer->process, timer->id, timer->own_fd) &&
           clock_of_descriptor(timer->process, timer->id) < 0;
}

/* Let all timers whose time has come do what they are for. */
void fire_timers(void)
{
    for (struct timer *timer = timers, *next; timer; timer = next) {
        next = timer->next;
        if (timer->until > now())
            continue;
        if (is_forgotten(timer)) {
            drop_timer(timer);
            continue;
        }
        take_back_freedom();
        is_dirty = true;
        fire(timer);
        ns_t again = timer->until + timer->interval, at = now();
        timer->until = !timer->interval ? NEVER : again > at ? again : at + timer->interval;
    }
}

/* Forget the timers of a process that has ended, or those that do not outlive its becoming another program. */
void forget_timers(pid_t process, bool is_exec)
{
    for (struct timer *timer = timers, *next; timer; timer = next) {
        next = timer->next;
        bool goes = is_exec ? timer->kind == A_POSIX_TIMER : timer->kind != A_DESCRIPTOR;
        if (timer->process == process && goes)
            drop_timer(timer);
    }
}
