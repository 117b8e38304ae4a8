/* The filter: which calls stop, and for which of their arguments. All others run at full speed. */
#include "supervisor.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define SO_TIMEOUTS 20, 21, 66, 67 /* SO_RCVTIMEO and SO_SNDTIMEO, each old and new */

static struct sock_filter program[256];
static int length;

static void put(uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false)
{
    program[length++] = (struct sock_filter){code, if_true, if_false, value};
}

static void load(int offset) { put(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
static void load_argument(int number) { load((int)offsetof(struct seccomp_data, args) + 8 * number); }
static void stop(void) { put(BPF_RET | BPF_K, SECCOMP_RET_TRACE, 0, 0); }
static void let(void) { put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0); }

/* Begin what is asked of one call; what follows, as far as end_call, always returns. */
static int begin_call(long nr)
{
    put(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 0);
    return length - 1;
}

static void end_call(int begun) { program[begun].jf = (uint8_t)(length - begun - 1); }

static void let_if(uint16_t comparison, uint32_t value)
{
    put(BPF_JMP | comparison | BPF_K, value, 0, 1);
    let();
}

static void stop_if(uint16_t comparison, uint32_t value)
{
    put(BPF_JMP | comparison | BPF_K, value, 0, 1);
    stop();
}

static void stop_always(long nr)
{
    int begun = begin_call(nr);
    stop();
    end_call(begun);
}

/* A call that does not wait if one of its arguments is nought. */
static void stop_unless_nought(long nr, int argument)
{
    int begun = begin_call(nr);
    load_argument(argument);
    let_if(BPF_JEQ, 0);
    stop();
    end_call(begun);
}

static void stop_for_clock(long nr)
{
    int begun = begin_call(nr);
    load_argument(0);
    let_if(BPF_JEQ, CLOCK_PROCESS_CPUTIME_ID);
    let_if(BPF_JEQ, CLOCK_THREAD_CPUTIME_ID);
    let_if(BPF_JGE, 0x80000000u);
    stop();
    end_call(begun);
}

static void stop_for_futex(void)
{
    static const uint32_t waits[] = {FUTEX_WAIT,    FUTEX_LOCK_PI,     FUTEX_WAIT_BITSET,    FUTEX_WAIT_REQUEUE_PI, 13,
                                     FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_CMP_REQUEUE_PI};
    int begun = begin_call(SYS_futex);
    load_argument(1);
    put(BPF_ALU | BPF_AND | BPF_K, FUTEX_CMD_MASK & 0x7f, 0, 0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        stop_if(BPF_JEQ, waits[i]);
    let();
    end_call(begun);
}

static void stop_for_socket_option(long nr)
{
    static const uint32_t options[] = {SO_TIMEOUTS};
    int begun = begin_call(nr);
    load_argument(1);
    put(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0); /* SOL_SOCKET */
    let();
    load_argument(2);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        stop_if(BPF_JEQ, options[i]);
    let();
    end_call(begun);
}

static void stop_if_nought(long nr, int argument)
{
    int begun = begin_call(nr);
    load_argument(argument);
    stop_if(BPF_JEQ, 0);
    let();
    end_call(begun);
}

static void build(void)
{
    static const long always[] = {
        SYS_gettimeofday, SYS_time, SYS_nanosleep, SYS_ppoll, SYS_select, SYS_pselect6, SYS_epoll_pwait2,
        SYS_futex_waitv, SYS_rt_sigtimedwait, SYS_recvmmsg, SYS_semtimedop, SYS_mq_timedsend, SYS_mq_timedreceive,
        SYS_alarm, SYS_timer_create, SYS_timer_settime, SYS_timer_gettime, SYS_timer_delete, SYS_timerfd_settime,
        SYS_timerfd_gettime, SYS_connect, SYS_sysinfo, SYS_times, SYS_open, SYS_openat, SYS_creat, SYS_utimensat,
        SYS_io_uring_setup, SYS_clock_settime, SYS_settimeofday,
    };
    length = 0;
    load(offsetof(struct seccomp_data, arch));
    put(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    let();
    load(offsetof(struct seccomp_data, nr));
    stop_for_clock(SYS_clock_gettime);
    stop_for_futex();
    stop_unless_nought(SYS_epoll_wait, 3);
    stop_unless_nought(SYS_epoll_pwait, 3);
    stop_unless_nought(SYS_poll, 2);
    stop_for_clock(SYS_clock_nanosleep);
    stop_for_socket_option(SYS_setsockopt);
    stop_for_socket_option(SYS_getsockopt);
    stop_if_nought(SYS_setitimer, 0);
    stop_if_nought(SYS_getitimer, 0);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        stop_always(always[i]);
    let();
}

/* Put this process, and all that it will start, under the filter; -1 where that is forbidden. */
int install_filter(void)
{
    build();
    struct sock_fprog all = {(unsigned short)length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}
