/* A program that waits in every way there is, at random: threads, forks, signals. It checks its own clock as it goes:
 * time never goes back, no wait ends early, none is lost. Its one argument is the seed; it ends with 42 if all held. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef long long ns;
#define SECOND 1000000000LL
#define SLACK (SECOND / 2) /* what other threads may have looked at clocks meanwhile */
#define KINDS (int)(sizeof kinds / sizeof *kinds)

struct dice { unsigned long long state; };

static struct shared { atomic_llong latest; atomic_int failures; } *shared;

static unsigned roll(struct dice *dice, unsigned below)
{
    dice->state = dice->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(dice->state >> 33) % below;
}

static struct dice another(struct dice *dice) { return (struct dice){(unsigned long long)roll(dice, 1u << 30) << 20}; }

/* A span from a fraction of a millisecond to three days, short ones as likely as long ones. */
static ns span(struct dice *dice)
{
    static const ns units[] = {SECOND / 1000, SECOND / 100, SECOND, 60 * SECOND, 3600 * SECOND, 86400 * SECOND};
    return units[roll(dice, 6)] * (1 + roll(dice, 3));
}

static struct timespec spec(ns time) { return (struct timespec){time / SECOND, time % SECOND}; }

static void fail(const char *format, ...)
{
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    dprintf(2, "FAILED in %d: %s\n", getpid(), text);
    shared->failures++;
}

static ns clock_of(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * SECOND + at.tv_nsec;
}

static ns look(void)
{
    ns before = shared->latest, at = clock_of(CLOCK_MONOTONIC);
    if (at < before)
        fail("time went back by %lld ns", before - at);
    while (before < at && !atomic_compare_exchange_weak(&shared->latest, &before, at))
        ;
    return at;
}

static void check(const char *what, ns began, ns least, ns most)
{
    ns took = look() - began;
    if (took < least)
        fail("%s ended after %lld ns, not %lld", what, took, least);
    if (took > most + SLACK)
        fail("%s ended only after %lld ns, not %lld", what, took, most);
}

static void pause_for(ns time)
{
    struct timespec rest = spec(time);
    while (nanosleep(&rest, &rest) && errno == EINTR)
        ;
}

/* -- Waits that run out */

static void by_nanosleep(struct dice *dice)
{
    ns time = span(dice), began = look();
    pause_for(time);
    check("nanosleep", began, time, time);
}

static void by_clock_nanosleep(struct dice *dice)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
    clockid_t clock = clocks[roll(dice, 3)];
    ns time = span(dice), began = look();
    struct timespec until = spec(clock_of(clock) + time);
    while (clock_nanosleep(clock, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
    check("clock_nanosleep", began, time, time);
}

static void by_poll(struct dice *dice)
{
    ns time = span(dice) / 1000000 * 1000000, began = look();
    int got;
    if (roll(dice, 2)) {
        got = poll(NULL, 0, (int)(time / 1000000));
    } else {
        struct timespec limit = spec(time);
        got = ppoll(NULL, 0, &limit, NULL);
    }
    if (got)
        fail("poll said %d", got);
    check("poll", began, time, time);
}

static void by_select(struct dice *dice)
{
    ns time = span(dice), began = look();
    struct timeval limit = {time / SECOND, time % SECOND / 1000};
    fd_set set;
    int ends[2];
    if (pipe(ends))
        return;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    int got = select(ends[0] + 1, &set, NULL, NULL, &limit);
    if (got || FD_ISSET(ends[0], &set))
        fail("select said %d", got);
    check("select", began, time / 1000 * 1000, time);
    close(ends[0]);
    close(ends[1]);
}

static void by_epoll(struct dice *dice)
{
    struct epoll_event event;
    ns time = span(dice) / 1000000 * 1000000, began = look();
    int fd = epoll_create1(EPOLL_CLOEXEC), got = epoll_wait(fd, &event, 1, (int)(time / 1000000));
    if (got)
        fail("epoll_wait said %d", got);
    check("epoll_wait", began, time, time);
    close(fd);
}

static void by_semaphore(struct dice *dice)
{
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    ns time = span(dice), began = look();
    struct timespec until = spec(clock_of(CLOCK_REALTIME) + time);
    while (sem_timedwait(&semaphore, &until) && errno == EINTR)
        ;
    if (errno != ETIMEDOUT)
        fail("sem_timedwait said %d", errno);
    check("sem_timedwait", began, time, time);
}

static void by_timer_descriptor(struct dice *dice)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    unsigned long long count;
    ns time = span(dice), began = look();
    int turns = 1 + (int)roll(dice, 3);
    struct itimerspec setting = {spec(time), spec(time)};
    timerfd_settime(fd, 0, &setting, NULL);
    for (int i = 1; i <= turns; i++) {
        if (read(fd, &count, sizeof count) != sizeof count || count != 1)
            fail("a timer's descriptor said %llu", count);
        check("timerfd", began, time * i, time * i);
    }
    close(fd);
}

static void by_socket(struct dice *dice)
{
    int ends[2];
    char byte;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        return;
    ns time = span(dice), began = look();
    struct timeval limit = {time / SECOND, time % SECOND / 1000};
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ssize_t got = recv(ends[0], &byte, 1, 0);
    if (got != -1 || errno != EAGAIN)
        fail("recv said %zd, %d", got, errno);
    check("SO_RCVTIMEO", began, time / 1000 * 1000, time);
    close(ends[0]);
    close(ends[1]);
}

/* -- Waits that somebody ends */

struct waker { ns after; int pipe; pthread_mutex_t mutex; pthread_cond_t condition; int is_done; };

static void *wake(void *argument)
{
    struct waker *waker = argument;
    pause_for(waker->after);
    if (write(waker->pipe, "!", 1) != 1)
        fail("write");
    pthread_mutex_lock(&waker->mutex);
    waker->is_done = 1;
    pthread_cond_signal(&waker->condition);
    pthread_mutex_unlock(&waker->mutex);
    return NULL;
}

static void by_another(struct dice *dice)
{
    struct waker waker = {.after = span(dice)};
    ns time = span(dice);
    int ends[2], got;
    pthread_t thread;
    pthread_mutex_init(&waker.mutex, NULL);
    pthread_cond_init(&waker.condition, NULL);
    if (pipe(ends))
        return;
    waker.pipe = ends[1];
    ns began = look(), first;
    pthread_create(&thread, NULL, wake, &waker);
    if (roll(dice, 2)) {
        struct pollfd watched = {ends[0], POLLIN, 0};
        struct timespec limit = spec(time);
        got = ppoll(&watched, 1, &limit, NULL);
    } else {
        struct timespec until = spec(clock_of(CLOCK_REALTIME) + time);
        int error = 0;
        pthread_mutex_lock(&waker.mutex);
        while (!waker.is_done && !error)
            error = pthread_cond_timedwait(&waker.condition, &waker.mutex, &until);
        got = waker.is_done;
        pthread_mutex_unlock(&waker.mutex);
    }
    first = time < waker.after ? time : waker.after;
    check("a wait for another thread", began, first, first);
    if (time < waker.after - SLACK ? got : time > waker.after + SLACK && !got)
        fail("a wait for another thread said %d", got);
    pthread_join(thread, NULL);
    check("a join", began, waker.after, time > waker.after ? time : waker.after);
    close(ends[0]);
    close(ends[1]);
}

/* -- Children */

static int ended(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void by_child(struct dice *dice)
{
    int code = (int)roll(dice, 100), signal = roll(dice, 2) ? SIGKILL : 0;
    ns time = span(dice), began = look();
    pid_t child = fork();
    if (!child) {
        pause_for(time);
        look();
        if (signal)
            raise(signal);
        _exit(code);
    }
    int status = ended(child);
    if (signal ? WTERMSIG(status) != signal : WEXITSTATUS(status) != code)
        fail("a child ended with %x", status);
    check("a child", began, time, time);
}

static void by_program(struct dice *dice)
{
    int seconds = 1 + (int)roll(dice, 100000);
    char number[20];
    snprintf(number, sizeof number, "%d", seconds);
    ns began = look();
    pid_t child = roll(dice, 2) ? vfork() : fork();
    if (!child) {
        execlp("sleep", "sleep", number, (char *)NULL);
        _exit(127);
    }
    if (ended(child))
        fail("sleep failed");
    check("sleep", began, seconds * SECOND, seconds * SECOND);
}

static void by_killed_child(struct dice *dice)
{
    static const int signals[] = {SIGTERM, SIGKILL, SIGUSR1};
    int signal = signals[roll(dice, 3)];
    ns time = span(dice), began = look();
    pid_t child = fork();
    if (!child) {
        pause_for(3650 * 86400 * SECOND);
        _exit(1);
    }
    pause_for(time);
    kill(child, signal);
    int status = ended(child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != signal)
        fail("a killed child ended with %x", status);
    check("a killed child", began, time, time);
}

static void by_stopped_child(struct dice *dice)
{
    ns time = span(dice), half = time / 2, began = look();
    pid_t child = fork();
    if (!child) {
        pause_for(time);
        _exit(7);
    }
    pause_for(half);
    kill(child, SIGSTOP);
    int status;
    waitpid(child, &status, WUNTRACED);
    pause_for(half * 2);
    kill(child, SIGCONT);
    if (WEXITSTATUS(ended(child)) != 7)
        fail("a stopped child did not end");
    check("a stopped child", began, half * 3, half * 3 + 2 * SECOND / 1000);
}

/* -- Signals: in children, which have one thread */

static volatile sig_atomic_t rung;
static void ring(int number) { rung += number > 0; }

static void alone(void (*part)(struct dice *), struct dice *dice)
{
    struct dice other = another(dice);
    pid_t child = fork();
    if (!child) {
        signal(SIGALRM, ring);
        signal(SIGUSR1, ring);
        part(&other);
        _exit(9);
    }
    int status = ended(child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 9)
        fail("a child with signals ended with %x", status);
}

static void alarmed(struct dice *dice)
{
    unsigned first = 1 + roll(dice, 1000), whole = first + 1 + roll(dice, 1000);
    ns began = look();
    alarm(first);
    unsigned left = sleep(whole);
    if (rung != 1 || left + 1 < whole - first || left > whole - first)
        fail("an alarm: %d, %u left", (int)rung, left);
    check("an alarm", began, first * SECOND, first * SECOND);
}

static void by_alarm(struct dice *dice) { alone(alarmed, dice); }

static void itimed(struct dice *dice)
{
    ns time = span(dice), began = look();
    struct itimerval setting = {{time / SECOND, time % SECOND / 1000}, {time / SECOND, time % SECOND / 1000}};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    setitimer(ITIMER_REAL, &setting, NULL);
    for (int turn = 1; turn <= 3; turn++) {
        while (rung < turn)
            sigsuspend(&before);
        check("setitimer", began, time / 1000 * 1000 * turn, time * turn);
    }
}

static void by_itimer(struct dice *dice) { alone(itimed, dice); }

static void timed(struct dice *dice)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    ns time = span(dice), began = look();
    struct itimerspec setting = {{0, 0}, spec(time)};
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGUSR1);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &setting, NULL)) {
        fail("timer_create");
        return;
    }
    ns limit = time + span(dice);
    struct timespec most = spec(limit);
    siginfo_t info;
    if (sigtimedwait(&awaited, &info, &most) != SIGUSR1)
        fail("sigtimedwait said %d", errno);
    check("timer_settime", began, time, time);
    began = look();
    if (sigtimedwait(&awaited, &info, &most) != -1 || errno != EAGAIN)
        fail("sigtimedwait heard what nobody sent");
    check("sigtimedwait", began, limit, limit);
}

static void by_timer(struct dice *dice) { alone(timed, dice); }

static void (*const kinds[])(struct dice *) = {
    by_nanosleep, by_clock_nanosleep, by_poll, by_select, by_epoll, by_semaphore, by_timer_descriptor, by_socket,
    by_another, by_child, by_program, by_killed_child, by_stopped_child, by_alarm, by_itimer, by_timer,
};

static void *live(void *argument)
{
    struct dice *dice = argument;
    int turns = 2 + (int)roll(dice, 6);
    while (turns--)
        kinds[roll(dice, KINDS)](dice);
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[4];
    struct dice all = {strtoull(count > 1 ? arguments[1] : "1", NULL, 10) * 2654435761u + 17}, dice[4];
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    roll(&all, 2);
    int others = (int)roll(&all, 4);
    for (int i = 0; i < others; i++) {
        dice[i] = another(&all);
        pthread_create(&threads[i], NULL, live, &dice[i]);
    }
    live(&all);
    for (int i = 0; i < others; i++)
        pthread_join(threads[i], NULL);
    return shared->failures ? 1 : 42;
}
