/* What the parts of the supervisor share. The page beside this folder, README.md, tells how they work together. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>
#include <time.h>

typedef int64_t ns_t; /* virtual nanoseconds since the run began */

#define SECOND 1000000000LL
#define NEVER INT64_MAX
#define LONGEST_BEAT (61 * SECOND) /* of what may be a metronome */
#define BOOT (1000 * SECOND) /* what CLOCK_MONOTONIC says when a run begins */
#define A_LOOK 1000 /* nanoseconds that reading a clock takes: loops that wait for one to change come to an end */

enum state {
    RUNS,   /* or sleeps in a call that the filter does not stop, which /proc tells */
    WAITS,  /* in a call that is followed to its end */
    HALTED, /* until somebody else lets it go on: stopped by a signal, or waiting for its vforked child */
};

enum call { NONE, A_WAIT, A_CONNECT, A_SYSINFO, A_TIMES, A_TIMER_CREATE, AN_OPEN, A_TOUCH };

struct thread {
    pid_t tid, process;
    enum state state;
    enum call call;        /* is followed to its end */
    bool is_watched;       /* stops at each call, so that all that it does is seen */
    int passing;           /* stops to come of a watched one's call that is carried out, for nobody could see it */
    bool is_parked;        /* is kept from beginning its wait, for nobody could end that but time */
    bool is_due;           /* was interrupted, for its time is over */
    bool is_settled;       /* was seen asleep in this very wait */
    bool is_fresh;         /* its wait was counted from a time that may turn out to have been later */
    struct user_regs_struct entry;
    ns_t until, span;
    int beats;             /* wakings in a row after which it only read clocks and waited again, */
    ns_t beat;             /* and how long it did, at most, of late */
    int house;             /* keeps house for its runtime: 1, or -1 where it does not; 0 where it was not looked at */
    long looks;            /* clocks read in a row */
    bool spins;            /* has waited by reading clocks before */
    /* A wait that a signal broke off, which the kernel is about to begin again. */
    long carried_nr;
    unsigned long carried_ip;
    ns_t carried_until;
    /* A call that the filter does not stop, on a socket with a time-out. */
    long blocked_nr;
    unsigned long blocked_fd, blocked_ran;
    int stat_fd, ran_fd, call_fd; /* of /proc; -1 before they are needed */
    unsigned long ran;     /* how often it was put on a processor */
    struct thread *next;
};

/* main.c */
extern bool is_dirty;      /* somebody ran who was not watched: all have to be looked at */
void resume(struct thread *thread, int signal);
void give(struct thread *thread, struct user_regs_struct *regs, long result);
void go_on(struct thread *thread, enum call call);
ns_t soonest(void);
bool can_be_late(struct thread *thread, ns_t at);
bool others_sleep(struct thread *but);
bool move_time(ns_t to);
void take_back_freedom(void);
void end_parked(struct thread *thread, long result);
void unpark(struct thread *thread);
void unpark_all(void);

/* threads.c */
extern struct thread *threads;
struct thread *thread_of(pid_t tid);
struct thread *find_thread(pid_t tid);
void drop_thread(pid_t tid);
bool keeps_house(struct thread *thread);
bool seems_asleep(struct thread *thread);
bool is_asleep(struct thread *thread);
unsigned long ran_of(struct thread *thread);
bool catches(pid_t tid, int signal);
bool peek(pid_t tid, unsigned long address, void *into, size_t size);
int duplicate(pid_t process, int fd);
bool poke(pid_t tid, unsigned long address, const void *from, size_t size);

/* filter.c */
int install_filter(void);

/* calls.c */
void enter(struct thread *thread);
void leave(struct thread *thread);
void see(struct thread *thread);

/* clocks.c */
extern ns_t epoch; /* of the run's beginning, since 1970 */
bool is_clock_call(long nr);
bool is_virtual_clock(int clock);
ns_t clock_at_zero(int clock);
long read_clock(struct thread *thread, const struct user_regs_struct *regs);
void look(struct thread *thread);
void write_uptime(struct thread *thread, const struct user_regs_struct *regs);
struct timespec to_timespec(ns_t time);
ns_t to_ns(int64_t seconds, int64_t nanoseconds);

/* vdso.c */
ns_t now(void);
void set_now(ns_t to);
void pass(ns_t span);
void allow_looks(bool is_allowed);
void begin_clock(ns_t elapsed);
int bring_clock(pid_t tid);

/* waits.c */
enum reading { UNTIMED, TIMED, NOT_AT_ALL };
bool is_wait_call(const struct user_regs_struct *regs);
enum reading read_wait(struct thread *thread, struct user_regs_struct *regs);
void finish_wait(struct thread *thread, struct user_regs_struct *regs);
bool is_restart(long result);
bool would_sleep(struct thread *thread, const struct user_regs_struct *regs);
long result_when_over(const struct user_regs_struct *entry);

/* timers.c */
bool take_timer_call(struct thread *thread, struct user_regs_struct *regs);
void note_timer_made(struct thread *thread, const struct user_regs_struct *regs);
ns_t next_timer(void);
void fire_timers(void);
void forget_timers(pid_t process, bool is_exec);

/* sockets.c */
extern long opened; /* connections to the mock server */
void set_server(const char *host, int port);
void note_connect(struct thread *thread, const struct user_regs_struct *regs);
bool take_socket_option(struct thread *thread, struct user_regs_struct *regs);
void see_blocked(struct thread *thread);
void see_lines(void);
bool has_lines(void);
bool is_waited_for(void);
int add_awaited(const char *address);

/* files.c */
bool opens_uptime(struct thread *thread, struct user_regs_struct *regs);
bool has_fresh_files(void);
void forget_fresh_files(void);
bool is_write(const struct user_regs_struct *regs);
void note_written(struct thread *thread, const struct user_regs_struct *regs);
bool touch_now(struct thread *thread, struct user_regs_struct *regs);
void stamp_files(pid_t ended);

/* law.c */
enum law_answer { MOVED, NOT_YET, OVER };
extern ns_t free_until; /* how far nobody but the program moves time; -1 if others do */
bool meet_law(const char *address, ns_t *elapsed);
enum law_answer ask_law(ns_t until, bool is_patient, ns_t *told);
bool tell_law(void);
void say_whether_asked(void);
void remark_refusal(const char *asked);
void note_problem(const char *problem, bool is_end);

#endif
