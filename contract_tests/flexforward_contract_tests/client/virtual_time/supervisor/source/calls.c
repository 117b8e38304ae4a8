/* What becomes of a call that stops: answered here, noted and let go on, or refused. */
#include "supervisor.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define A_SUSPICION 1000  /* clocks read in a row after which it is watched whether a thread does anything else */
#define A_SPIN 20000      /* after so many it is taken to wait in a loop, */
#define A_SPIN_AGAIN 2000 /* and a thread that has done so before after so many */
#define SPIN_STEP (SECOND / 1000)
#define LONGEST_SPIN_STEP SECOND
#define TICK (SECOND / 100)

static bool has_requeued; /* a waiter may wait elsewhere than where it began to */

/* Carry a watched thread's call out after all: it is begun anew, and this time not watched. */
static void carry_out(struct thread *thread, struct user_regs_struct *regs, int request)
{
    regs->rip -= 2; /* the instruction that made the call */
    regs->rax = regs->orig_rax;
    ptrace(PTRACE_SETREGS, thread->tid, 0, regs);
    ptrace(request, thread->tid, 0, 0);
}

/* Carry out a call that nobody could see, and go on watching. */
static void let_through(struct thread *thread, struct user_regs_struct *regs)
{
    thread->passing = 2; /* it stops at its beginning and at its end */
    carry_out(thread, regs, PTRACE_SYSCALL);
}

/* Let time pass for a thread that reads clocks without an end, as if it slept a little in between. */
static void spin(struct thread *thread)
{
    static ns_t step;
    static long refused_at;
    if (thread->looks == (thread->spins ? A_SPIN_AGAIN : A_SPIN))
        step = SPIN_STEP, refused_at = 0, thread->spins = true;
    if (refused_at && thread->looks < refused_at + 100)
        return;
    refused_at = 0;
    ns_t to = soonest();
    ns_t furthest = now() + step;
    to = to < furthest ? to : furthest;
    if (!others_sleep(thread) || !move_time(to))
        refused_at = thread->looks;
    else if (step < LONGEST_SPIN_STEP)
        step += step / 100 + 1;
}

static void answer_clock(struct thread *thread, struct user_regs_struct *regs)
{
    stamp_files(0);
    long result = read_clock(thread, regs);
    if (result == -ENOSYS) {
        if (thread->is_watched)
            let_through(thread, regs);
        else
            resume(thread, 0);
        return;
    }
    look(thread);
    if (thread->looks >= A_SUSPICION)
        thread->is_watched = true;
    if (thread->looks >= (thread->spins ? A_SPIN_AGAIN : A_SPIN))
        spin(thread);
    give(thread, regs, result);
}

/* Count how often in a row a thread has done nothing but read clocks and wait again, not for long. */
static void count_beat(struct thread *thread)
{
    if (!thread->is_watched || thread->span > LONGEST_BEAT) {
        thread->beats = 0;
        thread->beat = 0;
    } else if (thread->until != NEVER) {
        thread->beats++;
        thread->beat = thread->span > thread->beat ? thread->span : thread->beat - thread->beat / 16;
    }
}

/* Begin a wait that is followed to its end. */
static void begin_wait(struct thread *thread, struct user_regs_struct *regs)
{
    thread->entry = *regs;
    if (read_wait(thread, regs) == NOT_AT_ALL) {
        thread->until = NEVER;
        resume(thread, 0);
        return;
    }
    thread->looks = 0;
    allow_looks(!has_fresh_files());
    if (!thread->carried_nr)
        count_beat(thread);
    thread->carried_nr = 0;
    thread->state = WAITS;
    thread->is_settled = thread->is_due = false;
    if (regs->orig_rax != thread->entry.orig_rax || thread->until != NEVER)
        ptrace(PTRACE_SETREGS, thread->tid, 0, regs);
    go_on(thread, A_WAIT);
}

static void go_on_with(struct thread *thread, struct user_regs_struct *changed, enum call call)
{
    ptrace(PTRACE_SETREGS, thread->tid, 0, changed);
    go_on(thread, call);
}

/* A call at which the filter stops. */
void enter(struct thread *thread)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, thread->tid, 0, &regs))
        return;
    long nr = (long)regs.orig_rax;
    if (is_clock_call(nr)) {
        answer_clock(thread, &regs);
        return;
    }
    if (is_wait_call(&regs)) {
        begin_wait(thread, &regs);
        return;
    }
    allow_looks(!has_fresh_files());
    has_requeued = has_requeued || nr == SYS_futex; /* which moves waiters from one place to another */
    take_back_freedom();
    thread->is_watched = false;
    thread->entry = regs;
    switch (nr) {
    case SYS_connect:
        go_on(thread, A_CONNECT);
        return;
    case SYS_sysinfo:
        go_on(thread, A_SYSINFO);
        return;
    case SYS_times:
        go_on(thread, A_TIMES);
        return;
    case SYS_timer_create:
        go_on(thread, is_virtual_clock((int)regs.rdi) ? A_TIMER_CREATE : NONE);
        return;
    case SYS_open:
    case SYS_openat:
    case SYS_creat:
        if (opens_uptime(thread, &regs) || is_write(&regs))
            go_on_with(thread, &regs, AN_OPEN);
        else
            resume(thread, 0);
        return;
    case SYS_utimensat:
        if (touch_now(thread, &regs))
            go_on_with(thread, &regs, A_TOUCH);
        else
            resume(thread, 0);
        return;
    case SYS_io_uring_setup: /* as containers' default profiles refuse it, which programs are prepared for */
        remark_refusal("io_uring");
        give(thread, &regs, -EPERM);
        return;
    case SYS_clock_settime:
    case SYS_settimeofday:
        remark_refusal("to set the clock");
        give(thread, &regs, -EPERM);
        return;
    default:
        if (!take_socket_option(thread, &regs) && !take_timer_call(thread, &regs))
            resume(thread, 0);
    }
}

/* Put back the arguments that were changed: a caller may count on them. */
static void restore(struct user_regs_struct *regs, const struct user_regs_struct *entry)
{
    regs->rdi = entry->rdi;
    regs->rsi = entry->rsi;
    regs->rdx = entry->rdx;
    regs->r10 = entry->r10;
    regs->r8 = entry->r8;
    regs->r9 = entry->r9;
}

/* The end of a call that was followed. */
void leave(struct thread *thread)
{
    struct user_regs_struct regs;
    enum call call = thread->call;
    thread->call = NONE;
    thread->state = RUNS;
    if (ptrace(PTRACE_GETREGS, thread->tid, 0, &regs))
        return;
    restore(&regs, &thread->entry);
    if (call == A_WAIT) {
        see_lines(); /* before the program can send anything on */
        finish_wait(thread, &regs);
        if (thread->is_due)
            thread->is_watched = true; /* to see whether it does anything before it waits again */
        else
            thread->is_watched = free_until >= 0;
        if (!thread->is_watched || (!thread->is_due && thread->until != NEVER))
            thread->beats = 0;
        thread->is_due = false;
        thread->until = NEVER;
    } else if (call == A_CONNECT) {
        long before = opened;
        note_connect(thread, &regs);
        if (!before && opened)
            say_whether_asked();
    } else if (call == A_SYSINFO) {
        write_uptime(thread, &regs);
    } else if (call == A_TIMES && (long)regs.rax >= 0) {
        regs.rax = (unsigned long long)((BOOT + now()) / TICK);
    } else if (call == A_TIMER_CREATE) {
        note_timer_made(thread, &regs);
    } else if (call == AN_OPEN) {
        note_written(thread, &regs);
    }
    allow_looks(!has_fresh_files());
    ptrace(PTRACE_SETREGS, thread->tid, 0, &regs);
    resume(thread, 0);
}

/* Let a watched thread's wait pass at once if it is the next to be woken, or keep the thread from beginning it: as
 * long as all who run are watched, nobody can end it unseen. */
static bool pass_or_park(struct thread *thread, struct user_regs_struct *regs)
{
    if (free_until < 0 || !would_sleep(thread, regs))
        return false;
    struct user_regs_struct changed = *regs;
    thread->entry = *regs;
    if (read_wait(thread, &changed) == NOT_AT_ALL)
        return false;
    count_beat(thread);
    thread->looks = 0;
    thread->carried_nr = 0;
    thread->state = WAITS;
    thread->call = A_WAIT;
    thread->is_due = false;
    ns_t to = soonest();
    bool is_next = !is_dirty && to >= thread->until && to <= free_until && !can_be_late(thread, to) &&
                   others_sleep(thread) && move_time(to);
    thread->is_parked = thread->is_settled = true;
    if (is_next)
        end_parked(thread, result_when_over(regs));
    else if (free_until < 0)
        unpark(thread);
    return true;
}

/* Let a parked thread go on as if its wait had ended. */
void end_parked(struct thread *thread, long result)
{
    struct user_regs_struct regs = thread->entry;
    thread->is_parked = false;
    thread->state = RUNS;
    thread->call = NONE;
    thread->until = NEVER;
    give(thread, &regs, result);
}

/* Let a parked thread begin its wait after all; it ends when it would have. */
void unpark(struct thread *thread)
{
    struct user_regs_struct regs = thread->entry;
    thread->is_parked = false;
    thread->state = RUNS;
    thread->call = NONE;
    if (thread->until != NEVER) {
        thread->carried_nr = (long)regs.orig_rax;
        thread->carried_ip = regs.rip;
        thread->carried_until = thread->until;
    }
    thread->until = NEVER;
    thread->is_watched = false;
    is_dirty = true;
    carry_out(thread, &regs, PTRACE_CONT);
}

void unpark_all(void)
{
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (thread->is_parked)
            unpark(thread);
}

/* Wake those who are parked at the place where a call wakes somebody, and tell whether that was all that it does. */
static bool wake_parked(const struct thread *thread, const struct user_regs_struct *regs, long *woken)
{
    int operation = (int)regs->rsi;
    bool has_others = has_requeued || operation != FUTEX_WAKE_PRIVATE;
    bool is_plain = (operation & FUTEX_CMD_MASK) == FUTEX_WAKE && (operation & FUTEX_PRIVATE_FLAG);
    *woken = 0;
    if (!is_plain) {
        unpark_all(); /* whatever it does, it is the kernel's business */
        return false;
    }
    for (struct thread *other = threads; other; other = other->next) {
        if (other->process != thread->process || other->call != A_WAIT || other->entry.orig_rax != SYS_futex ||
            other->entry.rdi != regs->rdi)
            continue;
        if (other->is_parked && *woken < (int)regs->rdx)
            end_parked(other, 0), ++*woken;
        else if (!other->is_parked)
            has_others = true;
    }
    return !has_others || *woken >= (int)regs->rdx;
}

static bool is_requeue(const struct user_regs_struct *regs)
{
    int operation = (int)regs->rsi & FUTEX_CMD_MASK;
    return operation == FUTEX_REQUEUE || operation == FUTEX_CMP_REQUEUE || operation == FUTEX_CMP_REQUEUE_PI;
}

/* Tell whether a call is one whose effects nobody but the process itself could see, now. */
static bool is_private(const struct user_regs_struct *regs)
{
    switch ((long)regs->orig_rax) {
    case SYS_futex: /* whoever is woken is seen when its wait ends */
        return !is_requeue(regs);
    case SYS_sched_yield:
    case SYS_madvise:
    case SYS_mprotect:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_brk:
    case SYS_getpid:
    case SYS_gettid:
    case SYS_getrusage:
    case SYS_rt_sigprocmask:
    case SYS_sigaltstack:
    case SYS_clock_gettime:
    case SYS_clock_getres:
    case SYS_epoll_wait: /* those that do not wait */
    case SYS_epoll_pwait:
    case SYS_poll:
        return true;
    default:
        return false;
    }
}

/* A call of a watched thread, which has not been carried out. */
void see(struct thread *thread)
{
    struct user_regs_struct regs;
    if (thread->passing) {
        thread->passing--;
        resume(thread, 0);
        return;
    }
    if (ptrace(PTRACE_GETREGS, thread->tid, 0, &regs))
        return;
    long nr = (long)regs.orig_rax;
    if (is_clock_call(nr)) {
        answer_clock(thread, &regs);
        return;
    }
    if (is_wait_call(&regs)) {
        struct user_regs_struct changed = regs;
        bool waits = read_wait(thread, &changed) != NOT_AT_ALL;
        thread->until = NEVER;
        if (waits) {
            if (!pass_or_park(thread, &regs))
                carry_out(thread, &regs, PTRACE_CONT);
            return;
        }
    }
    bool is_event_look = nr == SYS_epoll_wait || nr == SYS_epoll_pwait;
    if (is_event_look && would_sleep(thread, &regs)) {
        give(thread, &regs, 0);
        return;
    }
    if (is_private(&regs)) {
        long woken;
        if (nr == SYS_futex && wake_parked(thread, &regs, &woken)) {
            give(thread, &regs, woken);
            return;
        }
        is_dirty = is_dirty || nr == SYS_futex;
        let_through(thread, &regs);
        return;
    }
    take_back_freedom();
    is_dirty = true;
    thread->is_watched = false;
    thread->beats = 0;
    thread->looks = 0;
    carry_out(thread, &regs, PTRACE_CONT);
}
