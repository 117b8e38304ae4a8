/* Connections to the mock server are counted, for those it has not taken yet are in flight; and sockets' time-outs. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define MOST 256
#define A_RECEIVER 0
#define A_SENDER 1
#define LOOPBACK 0x7f000001
#define MOST_AWAITED 16
#define ESTABLISHED 1 /* states of TCP */
#define SYN_SENT 2

long opened;

static int server_port;
static uint32_t server_host;

static void note_line(struct thread *thread, uint32_t host, int port);

/* Connections that are being made: some programs call connect again to hear that they are. */
static struct { pid_t process; int fd; } pending[MOST];
static int pendings;

static struct { unsigned long inode; ns_t limit[2]; } limits[MOST];
static int limit_count;

void set_server(const char *host, int port)
{
    struct in_addr address;
    server_port = port;
    server_host = inet_pton(AF_INET, host, &address) == 1 ? ntohl(address.s_addr) : 0;
}

static bool is_loopback(uint32_t host)
{
    return host >> 24 == 127 || host == 0;
}

static bool is_server(uint32_t host)
{
    return !server_host || host == server_host || (is_loopback(host) && is_loopback(server_host));
}

/* Read where a call to connect leads, in host order; false for what is not of the internet. */
static bool read_target(struct thread *thread, const struct user_regs_struct *regs, uint32_t *host, int *port)
{
    union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } to;
    size_t size = regs->rdx < sizeof to ? regs->rdx : sizeof to;
    memset(&to, 0, sizeof to);
    if (size < sizeof to.v4 || !peek(thread->tid, regs->rsi, &to, size))
        return false;
    *port = ntohs(to.any.sa_family == AF_INET ? to.v4.sin_port : to.v6.sin6_port);
    *host = LOOPBACK;
    if (to.any.sa_family == AF_INET)
        *host = ntohl(to.v4.sin_addr.s_addr);
    else if (IN6_IS_ADDR_V4MAPPED(&to.v6.sin6_addr))
        memcpy(host, &to.v6.sin6_addr.s6_addr[12], sizeof *host), *host = ntohl(*host);
    return to.any.sa_family == AF_INET || to.any.sa_family == AF_INET6;
}

static int pending_at(pid_t process, int fd)
{
    for (int i = 0; i < pendings; i++)
        if (pending[i].process == process && pending[i].fd == fd)
            return i;
    return -1;
}

/* Count a connection to the server as soon as there is one. */
void note_connect(struct thread *thread, const struct user_regs_struct *regs)
{
    long result = (long)regs->rax;
    int fd = (int)thread->entry.rdi, known = pending_at(thread->process, fd), port;
    uint32_t host;
    if ((result != 0 && result != -EINPROGRESS) || !read_target(thread, &thread->entry, &host, &port))
        return;
    note_line(thread, host, port);
    if (port != server_port || !is_server(host))
        return;
    if (result == 0 && known >= 0) {
        pending[known] = pending[--pendings];
        return;
    }
    opened++;
    if (result == 0 || known >= 0)
        return;
    if (pendings == MOST)
        memmove(pending, pending + 1, sizeof *pending * (size_t)--pendings);
    pending[pendings].process = thread->process;
    pending[pendings++].fd = fd;
}

/* Return the number of the socket behind a descriptor; 0 for what is none. */
static unsigned long inode_of(pid_t tid, unsigned long fd)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%lu", tid, fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = 0;
    unsigned long inode = 0;
    return sscanf(target, "socket:[%lu]", &inode) == 1 ? inode : 0;
}

static ns_t *limits_of(unsigned long inode, bool is_new)
{
    for (int i = 0; i < limit_count; i++)
        if (limits[i].inode == inode)
            return limits[i].limit;
    if (!is_new)
        return NULL;
    int at = limit_count < MOST ? limit_count++ : (int)(inode % MOST);
    limits[at].inode = inode;
    limits[at].limit[0] = limits[at].limit[1] = 0;
    return limits[at].limit;
}

static int side_of(int option)
{
    return option == 20 || option == 66 ? A_RECEIVER : A_SENDER;
}

/* Keep the time-outs of sockets here: the kernel is told of none. */
bool take_socket_option(struct thread *thread, struct user_regs_struct *regs)
{
    bool is_set = regs->orig_rax == SYS_setsockopt;
    if (!is_set && regs->orig_rax != SYS_getsockopt)
        return false;
    unsigned long inode = inode_of(thread->tid, (unsigned)regs->rdi);
    int64_t parts[2] = {0, 0};
    if (!inode)
        return false;
    ns_t *limit = limits_of(inode, is_set);
    if (is_set) {
        if (regs->r8 < sizeof parts || !peek(thread->tid, regs->r10, parts, sizeof parts) || parts[1] < 0 ||
            parts[1] >= 1000000)
            return false;
        limit[side_of((int)regs->rdx)] = parts[0] < 0 ? 0 : to_ns(parts[0], parts[1] * 1000);
    } else {
        uint32_t size = sizeof parts;
        if (!limit)
            return false;
        ns_t value = limit[side_of((int)regs->rdx)];
        parts[0] = value / SECOND;
        parts[1] = value % SECOND / 1000;
        if (!poke(thread->tid, regs->r10, parts, sizeof parts) || !poke(thread->tid, regs->r8, &size, sizeof size))
            return false;
    }
    give(thread, regs, 0);
    return true;
}

static int side_of_call(long nr)
{
    switch (nr) {
    case SYS_read: case SYS_readv: case SYS_recvfrom: case SYS_recvmsg: case SYS_accept: case SYS_accept4:
        return A_RECEIVER;
    case SYS_write: case SYS_writev: case SYS_sendto: case SYS_sendmsg: case SYS_connect: case SYS_sendfile:
        return A_SENDER;
    default:
        return -1;
    }
}

/* Return the call in which a thread sleeps, and its first argument; -1 for none. */
static long read_blocked(const struct thread *thread, unsigned long *fd)
{
    char path[64], text[128];
    long nr = -1;
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", thread->process, thread->tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    text[length > 0 ? length : 0] = 0;
    return sscanf(text, "%ld 0x%lx", &nr, fd) == 2 ? nr : -1;
}

/* See of a thread that sleeps in a call which the filter does not stop whether its socket has a time-out. */
void see_blocked(struct thread *thread)
{
    unsigned long fd = 0;
    if (!limit_count)
        return;
    long nr = read_blocked(thread, &fd);
    int side = side_of_call(nr);
    unsigned long inode = side < 0 ? 0 : inode_of(thread->tid, fd);
    ns_t *limit = inode ? limits_of(inode, false) : NULL;
    if (!limit || !limit[side]) {
        thread->until = NEVER;
        thread->blocked_nr = 0;
        return;
    }
    bool is_same = thread->blocked_nr == nr && thread->blocked_fd == fd && thread->blocked_ran == thread->ran;
    thread->blocked_nr = nr;
    thread->blocked_fd = fd;
    thread->blocked_ran = thread->ran;
    if (!is_same)
        thread->until = now() + limit[side];
}

/* -- Others than the mock, whose answers are waited for */

static struct { uint32_t host; int port; } awaited[MOST_AWAITED];
static int awaited_count;

/* A connection to one of them. Whoever is called may speak first, so that something is due from the beginning. */
struct line { pid_t process; int fd; uint64_t sent, received; bool is_due; };

static struct line lines[MOST];
static int line_count;

/* Let answers from HOST:PORT be waited for; -1 for what is no such address. */
int add_awaited(const char *address)
{
    char host[256];
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *colon = strrchr(address, ':');
    if (!colon || (size_t)(colon - address) >= sizeof host || awaited_count == MOST_AWAITED)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    if (getaddrinfo(host, colon + 1, &hints, &found))
        return -1;
    struct sockaddr_in to;
    memcpy(&to, found->ai_addr, sizeof to);
    awaited[awaited_count].host = ntohl(to.sin_addr.s_addr);
    awaited[awaited_count++].port = ntohs(to.sin_port);
    freeaddrinfo(found);
    return 0;
}

static bool is_awaited(uint32_t host, int port)
{
    for (int i = 0; i < awaited_count; i++)
        if (awaited[i].port == port && (awaited[i].host == host || (is_loopback(host) && is_loopback(awaited[i].host))))
            return true;
    return false;
}

static void note_line(struct thread *thread, uint32_t host, int port)
{
    if (!is_awaited(host, port))
        return;
    if (line_count == MOST)
        memmove(lines, lines + 1, sizeof *lines * (size_t)--line_count);
    int fd = (int)thread->entry.rdi, at = 0;
    while (at < line_count && (lines[at].process != thread->process || lines[at].fd != fd))
        at++; /* connect is called again to hear that it is done, or with another socket of the same number */
    line_count += at == line_count;
    lines[at] = (struct line){.process = thread->process, .fd = fd, .is_due = true};
}

/* Look at what has gone to and fro on a connection, and tell whether it is still there. */
static bool see_line(struct line *line)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int own = duplicate(line->process, line->fd);
    bool is_there = own >= 0 && !getsockopt(own, IPPROTO_TCP, TCP_INFO, &info, &size) &&
                    (info.tcpi_state == ESTABLISHED || info.tcpi_state == SYN_SENT);
    if (own >= 0)
        close(own);
    if (!is_there)
        return false;
    if (info.tcpi_bytes_received != line->received) {
        line->received = info.tcpi_bytes_received;
        /* In milliseconds; what was sent in the same one was sent before, for waits are looked at when they end. */
        line->is_due = info.tcpi_last_data_sent < info.tcpi_last_data_recv;
    } else if (info.tcpi_bytes_sent != line->sent) {
        line->is_due = true;
    }
    line->sent = info.tcpi_bytes_sent;
    return true;
}

/* See what has come on the connections to those whose answers are waited for. */
void see_lines(void)
{
    for (int i = line_count - 1; i >= 0; i--)
        if (!see_line(&lines[i]))
            lines[i] = lines[--line_count];
}

/* Tell whether a thread sleeps in a call that reads from a connection. */
static bool is_reading(struct thread *thread, const struct line *line)
{
    unsigned long fd = 0;
    long nr = thread->process == line->process ? read_blocked(thread, &fd) : -1;
    return side_of_call(nr) == A_RECEIVER && (int)fd == line->fd;
}

bool has_lines(void) { return line_count > 0; }

/* Tell whether an answer is due from somebody whose answers are waited for. */
bool is_waited_for(void)
{
    see_lines();
    for (int i = 0; i < line_count; i++) {
        if (lines[i].is_due)
            return true;
        for (struct thread *thread = threads; thread; thread = thread->next)
            if (thread->state == RUNS && is_reading(thread, &lines[i]))
                return true;
    }
    return false;
}
