/* The threads under supervision, what /proc says of them, and their memory. */
#include "supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct thread *threads;

static long field_of_status(pid_t tid, const char *name, int base)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", tid);
    FILE *file = fopen(path, "re");
    long found = 0;
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name))) {
            found = (long)strtoull(line + strlen(name), NULL, base);
            break;
        }
    if (file)
        fclose(file);
    return found;
}

struct thread *find_thread(pid_t tid)
{
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (thread->tid == tid)
            return thread;
    return NULL;
}

/* Return what is known of a thread, whose first news this may be. */
struct thread *thread_of(pid_t tid)
{
    struct thread *thread = find_thread(tid);
    if (thread)
        return thread;
    thread = calloc(1, sizeof *thread);
    if (!thread)
        abort();
    long process = field_of_status(tid, "Tgid:", 10);
    *thread = (struct thread){.tid = tid, .process = process ? (pid_t)process : tid, .until = NEVER,
                              .stat_fd = -1, .ran_fd = -1, .call_fd = -1, .next = threads};
    return threads = thread;
}

void drop_thread(pid_t tid)
{
    for (struct thread **at = &threads; *at; at = &(*at)->next)
        if ((*at)->tid == tid) {
            struct thread *gone = *at;
            *at = gone->next;
            if (gone->stat_fd >= 0)
                close(gone->stat_fd);
            if (gone->ran_fd >= 0)
                close(gone->ran_fd);
            if (gone->call_fd >= 0)
                close(gone->call_fd);
            free(gone);
            return;
        }
}

static ssize_t read_proc(struct thread *thread, int *fd, const char *name, char *into, size_t size)
{
    if (*fd < 0) {
        char path[80];
        snprintf(path, sizeof path, "/proc/%d/task/%d/%s", thread->process, thread->tid, name);
        *fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    ssize_t got = *fd < 0 ? -1 : pread(*fd, into, size - 1, 0);
    into[got > 0 ? got : 0] = 0;
    return got;
}

/* Tell whether a thread looks after the runtime that it is of, which names it so; HotSpot's do. */
bool keeps_house(struct thread *thread)
{
    static const char *const names[] = {"C1 CompilerThre", "C2 CompilerThre", "G1 ", "GC Thread", "Monitor Deflati",
                                        "Service Thread",  "VM Periodic Tas", "VM Thread"};
    if (!thread->house) {
        char text[32];
        int fd = -1;
        read_proc(thread, &fd, "comm", text, sizeof text);
        if (fd >= 0)
            close(fd);
        thread->house = -1;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (!strncmp(text, names[i], strlen(names[i])))
                thread->house = 1;
    }
    return thread->house > 0;
}

/* Return the letter that /proc has for what a thread does; X for one that is gone. */
static char letter_of(struct thread *thread)
{
    char text[512];
    if (read_proc(thread, &thread->stat_fd, "stat", text, sizeof text) <= 0)
        return 'X';
    char *end = strrchr(text, ')'); /* a name may hold anything, brackets too */
    return end && end[1] ? end[2] : 'X';
}

/* Tell whether a thread is off its processor: it says that it sleeps a moment before it has looked whether it need. */
static bool is_off(struct thread *thread)
{
    char text[256];
    return read_proc(thread, &thread->call_fd, "syscall", text, sizeof text) > 0 && strncmp(text, "running", 7);
}

/* Tell whether a thread sleeps, or is halted, if that is what it should be; also one that is just about to says so. */
bool seems_asleep(struct thread *thread)
{
    char letter = letter_of(thread);
    return letter == 'Z' || (thread->state == HALTED ? strchr("TtD", letter) != NULL : letter == 'S');
}

bool is_asleep(struct thread *thread)
{
    return seems_asleep(thread) && (thread->state == HALTED || is_off(thread));
}

unsigned long ran_of(struct thread *thread)
{
    char text[96];
    unsigned long on_processor, waiting, times = 0;
    if (read_proc(thread, &thread->ran_fd, "schedstat", text, sizeof text) <= 0)
        return 0;
    return sscanf(text, "%lu %lu %lu", &on_processor, &waiting, &times) == 3 ? times : 0;
}

/* Tell whether a process has a function for a signal. */
bool catches(pid_t tid, int signal)
{
    return (unsigned long)field_of_status(tid, "SigCgt:", 16) >> (signal - 1) & 1;
}

bool peek(pid_t tid, unsigned long address, void *into, size_t size)
{
    struct iovec here = {into, size}, there = {(void *)address, size};
    return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

bool poke(pid_t tid, unsigned long address, const void *from, size_t size)
{
    struct iovec here = {(void *)from, size}, there = {(void *)address, size};
    return process_vm_writev(tid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

/* Return a descriptor of a process as one of ours; -1 for none. */
int duplicate(pid_t process, int fd)
{
    int pidfd = (int)syscall(SYS_pidfd_open, process, 0);
    int own = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    if (pidfd >= 0)
        close(pidfd);
    return own;
}
