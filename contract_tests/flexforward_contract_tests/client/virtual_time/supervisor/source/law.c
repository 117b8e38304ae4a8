/* The law, which is kept elsewhere: a line of JSON is asked, a line is answered; time_server says what is spoken. */
#include "supervisor.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ns_t free_until = -1;

static int line_fd = -1;
static long seen;           /* of what the server has done; it tells whether anything has happened since */
static char answer[4096];

static ns_t from_seconds(double seconds)
{
    return (ns_t)llround(seconds * 1e9);
}

static const char *value_of(const char *name)
{
    char key[40];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *found = strstr(answer, key);
    return found ? found + strlen(key) : NULL;
}

static bool has_line(size_t length)
{
    return length && answer[length - 1] == '\n';
}

/* Ask a line and read the one that answers it; false if nobody answers any more. */
static bool ask(const char *question)
{
    size_t length = strlen(question), got = 0;
    for (size_t sent = 0; sent < length;) {
        ssize_t part = send(line_fd, question + sent, length - sent, MSG_NOSIGNAL);
        if (part < 0 && errno != EINTR)
            return false;
        sent += part > 0 ? (size_t)part : 0;
    }
    while (!has_line(got) && got < sizeof answer - 1) {
        ssize_t part = recv(line_fd, answer + got, sizeof answer - 1 - got, 0);
        if (part == 0 || (part < 0 && errno != EINTR))
            return false;
        got += part > 0 ? (size_t)part : 0;
    }
    answer[got] = 0;
    return !value_of("over") && !value_of("stuck");
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *all = NULL;
    int fd = -1, yes = 1;
    if (getaddrinfo(host, port, &hints, &all))
        return -1;
    for (struct addrinfo *one = all; one && fd < 0; one = one->ai_next) {
        fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

/* Say hello to who keeps the law at HOST:PORT, and learn what time it is. */
bool meet_law(const char *address, ns_t *elapsed)
{
    char host[256], question[80], server[256] = "";
    const char *colon = strrchr(address, ':');
    if (!colon || (size_t)(colon - address) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    line_fd = connect_to(host, colon + 1);
    snprintf(question, sizeof question, "{\"hello\":\"supervisor\",\"pid\":%d}\n", getpid());
    if (line_fd < 0 || !ask(question) || !value_of("epoch") || !value_of("elapsed"))
        return false;
    epoch = from_seconds(strtod(value_of("epoch"), NULL));
    *elapsed = from_seconds(strtod(value_of("elapsed"), NULL));
    int port = 0;
    const char *where = value_of("server");
    if (!where || sscanf(where, "[\"%255[^\"]\",%d]", server, &port) != 2)
        return false;
    set_server(server, port);
    return true;
}

/* Ask for time to move on to ``until``, or to what the server holds back where that is NEVER. */
enum law_answer ask_law(ns_t until, bool is_patient, ns_t *told)
{
    char question[200], limit[40] = "null";
    if (until != NEVER)
        snprintf(limit, sizeof limit, "%.9f", (double)until / SECOND);
    snprintf(question, sizeof question,
             "{\"wait\":%s,\"asked\":%s,\"traffic\":null,\"wire\":[%ld,%ld],\"patient\":%s}\n", limit,
             opened ? "true" : "false", opened, seen, is_patient ? "true" : "false");
    free_until = -1;
    if (!ask(question))
        return OVER;
    const char *elapsed = value_of("elapsed"), *moved = value_of("moved"), *free = value_of("free");
    const char *newly_seen = value_of("seen");
    *told = elapsed ? from_seconds(strtod(elapsed, NULL)) : now();
    if (newly_seen)
        seen = strtol(newly_seen, NULL, 10);
    if (!moved || strncmp(moved, "true", 4))
        return NOT_YET;
    double limit_s = free ? strtod(free, NULL) : -1;
    free_until = limit_s < 0 ? -1 : from_seconds(limit_s);
    return MOVED;
}

/* Tell how far the program has moved time by itself; false if the run is over. */
bool tell_law(void)
{
    char question[60];
    snprintf(question, sizeof question, "{\"at\":%.9f}\n", (double)now() / SECOND);
    return ask(question);
}

/* Tell whether the program has ever asked the mock server. */
void say_whether_asked(void)
{
    ask(opened ? "{\"now\":true,\"asked\":true}\n" : "{\"now\":true}\n");
}

/* Tell what a program asked for and was refused; times are right all the same. */
void remark_refusal(const char *asked)
{
    char question[200];
    snprintf(question, sizeof question, "{\"remark\":\"it asked for %s, which is refused in virtual time\"}\n", asked);
    if (line_fd >= 0)
        ask(question);
}

/* Tell why times of this run cannot be trusted; the sentence holds nothing that JSON would have to escape. */
void note_problem(const char *problem, bool is_end)
{
    char question[300];
    snprintf(question, sizeof question, "{\"note\":\"%s\",\"end\":%s}\n", problem, is_end ? "true" : "false");
    ask(question);
}
