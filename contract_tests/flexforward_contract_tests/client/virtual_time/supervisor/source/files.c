/* Files that are written get virtual times, so that programs which keep their state in files can tell its age. */
#include "supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 32
#define SCRATCH 512 /* below the stack's red zone nothing of the program's lies */

static struct { int fd; pid_t process; struct timespec stamped; } files[MOST];
static int count;
static time_t began;
static bool has_fresh;

static bool stamp(int index)
{
    struct stat stat;
    char path[40];
    if (fstat(files[index].fd, &stat) || stat.st_mtim.tv_sec < began ||
        (stat.st_mtim.tv_sec == files[index].stamped.tv_sec && stat.st_mtim.tv_nsec == files[index].stamped.tv_nsec))
        return false;
    struct timespec at = to_timespec(epoch + now()), both[2] = {at, at};
    snprintf(path, sizeof path, "/proc/self/fd/%d", files[index].fd);
    utimensat(AT_FDCWD, path, both, 0);
    files[index].stamped = at;
    return true;
}

static void drop(int index)
{
    close(files[index].fd);
    files[index] = files[--count];
}

/* Give virtual times to what was written since the last time; ``ended`` is a process that writes no more, or 0. */
void stamp_files(pid_t ended)
{
    for (int i = count - 1; i >= 0; i--) {
        stamp(i);
        if (ended && files[i].process == ended)
            drop(i);
    }
}

/* Tell whether a file was opened to be written since time moved: whoever reads a clock now may compare its time. */
bool has_fresh_files(void) { return has_fresh; }
void forget_fresh_files(void) { has_fresh = false; }

bool is_write(const struct user_regs_struct *regs)
{
    unsigned long flags = regs->orig_rax == SYS_openat ? regs->rdx : regs->rsi;
    return regs->orig_rax == SYS_creat || (flags & O_ACCMODE) != O_RDONLY;
}

/* Take down a file that was opened to be written. */
void note_written(struct thread *thread, const struct user_regs_struct *regs)
{
    struct stat stat;
    char path[64];
    if ((long)regs->rax < 0 || !is_write(&thread->entry))
        return;
    if (!began)
        began = time(NULL) - 1;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", thread->tid, (int)regs->rax);
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &stat) || !S_ISREG(stat.st_mode)) {
        close(fd);
        return;
    }
    if (count == MOST)
        stamp(0), drop(0);
    has_fresh = true;
    files[count].fd = fd;
    files[count].process = thread->process;
    files[count++].stamped = (struct timespec){0, 0};
}

/* Make a file's times, which are to be now, virtual ones. */
bool touch_now(struct thread *thread, struct user_regs_struct *regs)
{
    struct timespec given[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}}, at = to_timespec(epoch + now());
    if (regs->rdx && !peek(thread->tid, regs->rdx, given, sizeof given))
        return false;
    for (int i = 0; i < 2; i++)
        if (given[i].tv_nsec == UTIME_NOW)
            given[i] = at;
    if (!poke(thread->tid, regs->rsp - SCRATCH, given, sizeof given))
        return false;
    regs->rdx = regs->rsp - SCRATCH;
    return true;
}

static int uptime_file(void)
{
    static int fd = -1;
    char text[64];
    if (fd < 0)
        fd = memfd_create("uptime", MFD_CLOEXEC);
    ns_t up = BOOT + now();
    int length = snprintf(text, sizeof text, "%lld.%02lld 0.00\n", (long long)(up / SECOND),
                          (long long)(up % SECOND / (SECOND / 100)));
    if (fd >= 0 && (ftruncate(fd, 0) || pwrite(fd, text, (size_t)length, 0) < 0))
        return -1;
    return fd;
}

/* Lead who opens /proc/uptime to a file that says how long the machine has virtually been up. */
bool opens_uptime(struct thread *thread, struct user_regs_struct *regs)
{
    static const char name[] = "/proc/uptime";
    char path[64], found[sizeof name];
    unsigned long long *argument = regs->orig_rax == SYS_openat ? &regs->rsi : &regs->rdi;
    if (regs->orig_rax == SYS_creat || !peek(thread->tid, *argument, found, sizeof found) ||
        memcmp(found, name, sizeof name))
        return false;
    int fd = uptime_file();
    snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), fd);
    if (fd < 0 || !poke(thread->tid, regs->rsp - SCRATCH, path, sizeof path))
        return false;
    *argument = regs->rsp - SCRATCH;
    return true;
}
