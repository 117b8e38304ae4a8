/* Clocks: what they say, and that they go on a little whenever they are read. */
#include "supervisor.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>

#define FURTHEST (100LL * 366 * 86400)

ns_t epoch;

bool is_clock_call(long nr)
{
    return nr == SYS_clock_gettime || nr == SYS_gettimeofday || nr == SYS_time;
}

/* Tell whether a clock is one of time that passes, and not of work that is done. */
bool is_virtual_clock(int clock)
{
    return clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID;
}

/* Return what a clock said when the run began. */
ns_t clock_at_zero(int clock)
{
    bool is_calendar = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_REALTIME_ALARM ||
                       clock == CLOCK_TAI;
    return is_calendar ? epoch : BOOT;
}

struct timespec to_timespec(ns_t time)
{
    return (struct timespec){time / SECOND, time % SECOND};
}

/* Return a span; what is longer than a century is a century, so that sums stay in bounds. */
ns_t to_ns(int64_t seconds, int64_t nanoseconds)
{
    return (seconds > FURTHEST ? FURTHEST : seconds) * SECOND + nanoseconds;
}

/* Answer a call that reads a clock, and return its result; -ENOSYS where the clock is not a virtual one. */
long read_clock(struct thread *thread, const struct user_regs_struct *regs)
{
    ns_t elapsed = now(), calendar = epoch + elapsed;
    switch ((long)regs->orig_rax) {
    case SYS_clock_gettime: {
        int clock = (int)regs->rdi;
        if (!is_virtual_clock(clock) || clock > CLOCK_TAI)
            return -ENOSYS;
        struct timespec at = to_timespec(clock_at_zero(clock) + elapsed);
        return poke(thread->tid, regs->rsi, &at, sizeof at) ? 0 : -EFAULT;
    }
    case SYS_gettimeofday: {
        struct timeval at = {calendar / SECOND, calendar % SECOND / 1000};
        struct timezone zone = {0, 0};
        bool is_told = (!regs->rdi || poke(thread->tid, regs->rdi, &at, sizeof at)) &&
                       (!regs->rsi || poke(thread->tid, regs->rsi, &zone, sizeof zone));
        return is_told ? 0 : -EFAULT;
    }
    default: {
        int64_t at = calendar / SECOND;
        return !regs->rdi || poke(thread->tid, regs->rdi, &at, sizeof at) ? at : -EFAULT;
    }
    }
}

void look(struct thread *thread)
{
    thread->looks++;
    pass(A_LOOK);
}

void write_uptime(struct thread *thread, const struct user_regs_struct *regs)
{
    long seconds = (BOOT + now()) / SECOND;
    if (regs->rax == 0)
        poke(thread->tid, thread->entry.rdi + offsetof(struct sysinfo, uptime), &seconds, sizeof seconds);
}
