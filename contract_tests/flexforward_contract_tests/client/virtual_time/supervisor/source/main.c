/* Starts a program, and lets it live in virtual time: stops come in here, and here time moves. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define A_METRONOME 20
#define PATIENCE (5 * SECOND)           /* real time for which a program may wait for what is outside */
#define REMINDER (SECOND / 2)           /* real time after which the law hears how far a free program has come */
#define LEFT_ALONE (30 * SECOND)        /* real time in which whoever started the program ends it */
#define SHORTEST_PAUSE (SECOND / 20000) /* real time for which a stop is waited for before threads are looked at */
#define LONGEST_FIRST (SECOND / 2500)
#define LONGEST_PAUSE (SECOND / 500)
#define OPTIONS                                                                                                    \
    (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |                       \
     PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
#define CANNOT 125

bool is_dirty = true;

static pid_t root;
static int root_status = -1;
static bool is_over, is_ahead, has_unseen;
static int64_t told_at, over_since, idle_since;

static int64_t real_time(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * SECOND + at.tv_nsec;
}

/* -- Letting threads go on */

void resume(struct thread *thread, int signal)
{
    if (!thread->is_watched) {
        is_dirty = true;
        unpark_all();
    }
    int request = thread->passing ? PTRACE_SYSCALL : thread->is_watched ? PTRACE_SYSEMU : PTRACE_CONT;
    ptrace(request, thread->tid, 0, signal);
}

/* Give a call a result instead of carrying it out. */
void give(struct thread *thread, struct user_regs_struct *regs, long result)
{
    regs->orig_rax = (unsigned long long)-1;
    regs->rax = (unsigned long long)result;
    ptrace(PTRACE_SETREGS, thread->tid, 0, regs);
    resume(thread, 0);
}

/* Let a call be carried out, and follow it to its end; its registers are written by the caller, or here if they need. */
void go_on(struct thread *thread, enum call call)
{
    thread->call = call;
    is_dirty = is_dirty || call != A_WAIT;
    ptrace(call == NONE ? PTRACE_CONT : PTRACE_SYSCALL, thread->tid, 0, 0);
}

/* -- Moving time */

/* One that beats once a second and then naps for a moment waits for somebody, and is not to be late. */
static bool is_metronome(const struct thread *thread)
{
    return thread->beats >= A_METRONOME && thread->span <= LONGEST_BEAT && thread->span >= thread->beat / 16;
}

static bool is_waiting(const struct thread *thread)
{
    return thread->until != NEVER && (thread->state == WAITS || thread->blocked_nr);
}

static ns_t first_of(ns_t one, ns_t other)
{
    return one < other ? one : other;
}

/* Tell whether a thread need not be woken yet at ``at``, though its time is over then: one that keeps house for its
 * runtime, which asks nobody and whom nobody asks. Where nobody else waits for a time, it is awaited to the point. */
bool can_be_late(struct thread *thread, ns_t at)
{
    if (!is_metronome(thread) || !keeps_house(thread) || at >= thread->until + HOUR)
        return false;
    if (next_timer() != NEVER)
        return true;
    for (struct thread *other = threads; other; other = other->next)
        if (is_waiting(other) && !(is_metronome(other) && keeps_house(other)))
            return true;
    return false;
}

/* Return when somebody is to be woken next. Metronomes may be late if another waits for more: by a minute at most, as
 * any of them may be somebody's poller; by an hour where they keep house. */
ns_t soonest(void)
{
    ns_t other = next_timer(), beat = NEVER, house = NEVER;
    for (struct thread *thread = threads; thread; thread = thread->next) {
        if (!is_waiting(thread))
            continue;
        ns_t *kind = !is_metronome(thread) ? &other : keeps_house(thread) ? &house : &beat;
        *kind = first_of(*kind, thread->until);
    }
    if (house != NEVER && (other != NEVER || beat != NEVER))
        house += HOUR;
    ns_t any = first_of(beat, house);
    if (other <= any || other == NEVER)
        return first_of(other, any);
    ns_t late = beat == NEVER || beat > now() + MINUTE ? beat : now() + MINUTE;
    return first_of(other, first_of(late, house));
}

/* Tell whether it is not known that a thread sleeps still. */
static bool needs_look(const struct thread *thread)
{
    return !thread->is_parked && (thread->state != WAITS || is_dirty || thread->is_due || !thread->is_settled);
}

static void take(pid_t tid, int status);

/* Tell whether all threads but one, which is stopped, sleep at one and the same instant. */
bool others_sleep(struct thread *but)
{
    bool has_running = false;
    for (struct thread *thread = threads; thread; thread = thread->next) {
        if (thread == but || !needs_look(thread))
            continue;
        if (thread->is_due)
            return false;
        thread->ran = ran_of(thread);
        if (!is_asleep(thread))
            return false;
        has_running = has_running || thread->state != WAITS;
    }
    /* Whoever was looked at later may have woken who was looked at before, and that one may still wait for a processor. */
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (thread != but && needs_look(thread) && (!seems_asleep(thread) || ran_of(thread) != thread->ran))
            return false;
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) || info.si_pid)
        return false;
    for (struct thread *thread = threads; thread; thread = thread->next) {
        if (thread != but && thread->state == RUNS)
            see_blocked(thread);
        thread->is_settled = true;
    }
    has_unseen = has_running;
    is_dirty = false;
    return true;
}

static void end_run(void)
{
    if (!is_over)
        over_since = real_time();
    is_over = true;
    free_until = -1;
    is_ahead = false;
}

/* Let the law know how far the program has come by itself, before it does what others can see. */
void take_back_freedom(void)
{
    unpark_all();
    if (is_ahead && !is_over && !tell_law())
        end_run();
    is_ahead = false;
    free_until = -1;
}

static void remind_law(void)
{
    int64_t at = real_time();
    if (at - told_at < REMINDER)
        return;
    told_at = at;
    unpark_all(); /* signals from outside wait no longer for a parked thread */
    if (!tell_law())
        end_run();
}

/* Let waits that were counted from a time that turned out to be later end later as well. */
static void take_time(ns_t told, bool has_moved)
{
    ns_t late = told - now();
    for (struct thread *thread = threads; thread; thread = thread->next) {
        if (thread->is_fresh && thread->until != NEVER && !has_moved && late > 0)
            thread->until += late;
        if (has_moved)
            thread->is_fresh = false;
    }
    set_now(told);
}

/* Move time, if the law agrees; ``to`` is NEVER where only an answer of the server can come next. */
bool move_time(ns_t to)
{
    if (is_over || is_waited_for())
        return false;
    stamp_files(0);
    forget_fresh_files();
    if (to <= free_until) {
        set_now(to);
        is_ahead = true;
        remind_law();
        return !is_over;
    }
    if (is_ahead)
        take_back_freedom();
    ns_t told = now();
    switch (is_over ? OVER : ask_law(to, real_time() - idle_since < PATIENCE, &told)) {
    case OVER:
        end_run();
        return false;
    case NOT_YET:
        take_time(told, false);
        is_dirty = true;
        return false;
    default:
        take_time(told, true);
        told_at = real_time();
        if (has_unseen || has_lines())
            free_until = -1;
        return true;
    }
}

/* Wake all whose time is over, and tell whether there were any. */
static bool wake_due(void)
{
    bool has_woken = false;
    if (next_timer() <= now())
        fire_timers(), has_woken = true;
    for (struct thread *thread = threads; thread; thread = thread->next) {
        bool waits = thread->state == WAITS || (thread->state == RUNS && thread->blocked_nr);
        if (!waits || thread->until > now() || thread->is_due || can_be_late(thread, now()))
            continue;
        has_woken = true;
        if (thread->is_parked) {
            end_parked(thread, result_when_over(&thread->entry));
            continue;
        }
        thread->is_due = true;
        ptrace(PTRACE_INTERRUPT, thread->tid, 0, 0);
    }
    return has_woken;
}

static bool advance(void)
{
    if (wake_due())
        return true;
    if (is_over || !others_sleep(NULL))
        return false;
    return move_time(soonest()) && (wake_due(), true);
}

/* -- What comes in */

static void take_exec(struct thread *thread)
{
    unsigned long former = 0;
    ptrace(PTRACE_GETEVENTMSG, thread->tid, 0, &former);
    if ((pid_t)former != thread->tid)
        drop_thread((pid_t)former);
    thread->state = RUNS;
    thread->call = NONE;
    thread->until = NEVER;
    thread->is_watched = thread->is_due = false;
    thread->passing = 0;
    thread->carried_nr = thread->blocked_nr = 0;
    forget_timers(thread->process, true);
    int interruption = bring_clock(thread->tid);
    if (interruption)
        take(thread->tid, interruption);
    else
        resume(thread, 0);
}

static void take_birth(struct thread *thread, bool is_vfork)
{
    unsigned long child = 0;
    ptrace(PTRACE_GETEVENTMSG, thread->tid, 0, &child);
    if (child)
        thread_of((pid_t)child);
    if (is_vfork)
        thread->state = HALTED;
    resume(thread, 0);
}

/* A stop that has no other reason: a new thread's first, one that we asked for, or one of a stopped process. */
static void take_stop(struct thread *thread, int signal)
{
    if (signal != SIGTRAP) {
        thread->state = HALTED;
        ptrace(PTRACE_LISTEN, thread->tid, 0, 0);
        return;
    }
    if (thread->state == HALTED)
        thread->state = RUNS;
    if (thread->is_due && thread->state == RUNS) { /* a time-out of its socket */
        struct user_regs_struct regs;
        thread->is_due = false;
        if (!ptrace(PTRACE_GETREGS, thread->tid, 0, &regs) && (is_restart((long)regs.rax) || (long)regs.rax == -EINTR)) {
            regs.rax = (unsigned long long)(thread->blocked_nr == SYS_connect ? -EINPROGRESS : -EAGAIN);
            regs.orig_rax = (unsigned long long)-1;
            ptrace(PTRACE_SETREGS, thread->tid, 0, &regs);
        }
        thread->blocked_nr = 0;
        thread->until = NEVER;
    }
    resume(thread, 0);
}

static void take_signal(struct thread *thread, int signal)
{
    take_back_freedom();
    thread->is_watched = false;
    thread->passing = 0; /* the call that was to be carried out is made again when the handler has run, unwatched */
    if (thread->carried_nr && catches(thread->tid, signal))
        thread->carried_nr = 0; /* the call is not begun anew: its handler runs */
    resume(thread, signal);
}

static void take_end(pid_t tid, int status)
{
    stamp_files(tid);
    forget_timers(tid, false);
    drop_thread(tid);
    is_dirty = true;
    if (tid == root)
        root_status = status;
}

static void take(pid_t tid, int status)
{
    if (!WIFSTOPPED(status)) {
        take_end(tid, status);
        return;
    }
    struct thread *thread = thread_of(tid);
    int signal = WSTOPSIG(status), event = status >> 16;
    switch (event) {
    case PTRACE_EVENT_SECCOMP:
        enter(thread);
        return;
    case PTRACE_EVENT_EXEC:
        take_exec(thread);
        return;
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        take_birth(thread, event == PTRACE_EVENT_VFORK);
        return;
    case PTRACE_EVENT_VFORK_DONE:
        thread->state = RUNS;
        resume(thread, 0);
        return;
    case PTRACE_EVENT_STOP:
        take_stop(thread, signal);
        return;
    }
    if (signal != (SIGTRAP | 0x80))
        take_signal(thread, signal);
    else if (thread->call != NONE)
        leave(thread);
    else
        see(thread);
}

/* -- Beginning and end */

static void watch_signals(sigset_t *set)
{
    static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaddset(set, numbers[i]);
        signal(numbers[i], SIG_DFL);
    }
}

/* Wait for a stop, or hand a signal that is for the program on to it. */
static void pause_for(const sigset_t *set, int64_t longest)
{
    struct timespec limit = {longest / SECOND, longest % SECOND};
    siginfo_t info;
    int number = sigtimedwait(set, &info, &limit);
    if (number > 0 && number != SIGCHLD) {
        unpark_all();
        kill(root, number);
    }
}

/* Tell whether all are in waits that are followed: whoever is in another call may be about to come back from it. */
static bool all_wait(void)
{
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (thread->state == RUNS)
            return false;
    return true;
}

static void live(const sigset_t *set)
{
    /* How long a stop is waited for first: longer where looks have been in vain, for the program is at work. */
    int64_t first = SHORTEST_PAUSE, longest = first;
    bool has_paused = false;
    while (root_status == -1) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
        if (tid > 0) {
            take(tid, status);
            longest = first;
            has_paused = false;
            idle_since = 0;
            continue;
        }
        if (tid < 0 && errno != EINTR)
            return;
        if (is_over && real_time() - over_since > LEFT_ALONE)
            exit(1); /* nobody has ended it: all that it started ends with us */
        if (!idle_since)
            idle_since = real_time();
        if (has_paused || all_wait()) {
            bool has_advanced = advance();
            first = has_advanced ? first / 2 : first * 2;
            first = first < SHORTEST_PAUSE ? SHORTEST_PAUSE : first > LONGEST_FIRST ? LONGEST_FIRST : first;
            if (has_advanced) {
                longest = first;
                has_paused = false;
                continue;
            }
        }
        pause_for(set, longest);
        has_paused = true;
        longest = longest * 3 / 2 < LONGEST_PAUSE ? longest * 3 / 2 : LONGEST_PAUSE;
    }
}

static _Noreturn void become(char **command, int go, const sigset_t *mask)
{
    char byte;
    if (read(go, &byte, 1) != 1)
        _exit(CANNOT);
    if (install_filter()) {
        fprintf(stderr, "virtual time cannot be brought to %s: no filter of calls may be set here (%s)\n", command[0],
                strerror(errno));
        _exit(CANNOT);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
    int error = errno;
    fprintf(stderr, "cannot start %s: %s\n", command[0], strerror(error));
    _exit(error == ENOENT ? 127 : 126);
}

static bool start(char **command, const sigset_t *mask)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) || (root = fork()) < 0)
        return false;
    if (root == 0) {
        close(pipes[1]);
        become(command, pipes[0], mask);
    }
    close(pipes[0]);
    bool is_seized = !ptrace(PTRACE_SEIZE, root, 0, OPTIONS);
    int error = errno;
    if (is_seized && write(pipes[1], "!", 1) == 1)
        thread_of(root);
    close(pipes[1]);
    errno = error;
    return is_seized;
}

/* End as the program did: by the same signal, or with the same exit code. */
static int end_alike(void)
{
    if (root_status == -1 || WIFEXITED(root_status))
        return root_status == -1 ? CANNOT : WEXITSTATUS(root_status);
    struct rlimit none = {0, 0};
    sigset_t all;
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(root_status), SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    kill(getpid(), WTERMSIG(root_status));
    return 128 + WTERMSIG(root_status);
}

int main(int count, char **arguments)
{
    sigset_t set, before;
    int first = 2;
    for (; first + 1 < count && !strcmp(arguments[first], "--wait-for"); first += 2)
        if (add_awaited(arguments[first + 1])) {
            fprintf(stderr, "%s is no address; allowed: HOST:PORT\n", arguments[first + 1]);
            return CANNOT;
        }
    if (first >= count) {
        fprintf(stderr, "usage: %s LAW_HOST:PORT [--wait-for HOST:PORT]... COMMAND ARGUMENTS...\n", arguments[0]);
        return CANNOT;
    }
    bool is_probe = !strcmp(arguments[1], "-"); /* to see whether it is allowed here at all */
    ns_t began = 0;
    if (!is_probe && !meet_law(arguments[1], &began)) {
        fprintf(stderr, "nobody keeps the time at %s\n", arguments[1]);
        return CANNOT;
    }
    begin_clock(began);
    is_over = is_probe;
    over_since = real_time();
    watch_signals(&set);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (!start(arguments + first, &before)) {
        fprintf(stderr, "no program may be watched by ptrace here (%s)\n", strerror(errno));
        return CANNOT;
    }
    live(&set);
    if (!is_over)
        say_whether_asked();
    return end_alike();
}
