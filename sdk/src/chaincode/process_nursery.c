#include "chaincode/process_nursery.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"

typedef enum order_kind { SPAWN, END, KILL_ALL } order_kind;

typedef struct order {
    order_kind kind;
    pid_t pid;
} order;

typedef struct report {
    int failed; /* an errno */
    int value;  /* a pid, or a status */
} report;

/* The nursery's own memory of its workers. */
typedef struct child {
    pid_t pid; /* 0: a free place */
    bool ended;
    int status;
} child;

typedef struct state {
    int control;
    int signals;
    pid_t pid;
    unsigned limit;
    child *children;
    cc_worker_main *main;
    const void *user;
} state;

/* Messages with one descriptor at most */

typedef union fd_space {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
} fd_space;

static bool send_message(int to, const void *data, size_t len, int fd)
{
    struct iovec part = {.iov_base = (void *)data, .iov_len = len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    fd_space space = {{0}};
    if (fd >= 0) {
        message.msg_control = space.bytes;
        message.msg_controllen = sizeof(space.bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    }
    ssize_t count;
    do
        count = sendmsg(to, &message, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    return count == (ssize_t)len;
}

static bool receive_message(int from, void *data, size_t len, int *out_fd)
{
    struct iovec part = {.iov_base = data, .iov_len = len};
    fd_space space = {{0}};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = space.bytes,
                             .msg_controllen = sizeof(space.bytes)};
    ssize_t count;
    do
        count = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    struct cmsghdr *header = count < 0 ? NULL : CMSG_FIRSTHDR(&message);
    *out_fd = -1;
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(out_fd, CMSG_DATA(header), sizeof(int));
    return count == (ssize_t)len;
}

/* In the nursery */

static child *find_child(const state *s, pid_t pid)
{
    for (unsigned i = 0; i < s->limit; i++) {
        if (s->children[i].pid == pid)
            return &s->children[i];
    }
    return NULL;
}

static void reap(const state *s)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        child *one = find_child(s, pid);
        if (one)
            *one = (child){.pid = pid, .ended = true, .status = status};
    }
}

/* What ends the program must not end its workers before it has drained: they end with it. */
static void become_worker(const state *s, int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != s->pid)
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, "cc-worker");
    close(s->control);
    close(s->signals);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    s->main(fd, s->user);
    _exit(EXIT_SUCCESS);
}

static report spawn(const state *s, int fd)
{
    child *place = find_child(s, 0);
    if (!place || fd < 0)
        return (report){.failed = EAGAIN};
    pid_t pid = fork();
    if (pid < 0)
        return (report){.failed = errno};
    if (pid == 0)
        become_worker(s, fd);
    *place = (child){.pid = pid};
    return (report){.value = pid};
}

static report end(const state *s, pid_t pid)
{
    child *one = pid > 0 ? find_child(s, pid) : NULL;
    if (!one)
        return (report){.failed = ESRCH};
    int status = one->status;
    if (!one->ended) {
        kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    *one = (child){0};
    return (report){.value = status};
}

static report kill_all(const state *s)
{
    for (unsigned i = 0; i < s->limit; i++) {
        if (s->children[i].pid && !s->children[i].ended)
            kill(s->children[i].pid, SIGKILL);
    }
    return (report){0};
}

static bool obey(const state *s)
{
    order next;
    int fd;
    if (!receive_message(s->control, &next, sizeof(next), &fd))
        return false;
    report result = next.kind == SPAWN ? spawn(s, fd)
                    : next.kind == END ? end(s, next.pid)
                                       : kill_all(s);
    if (fd >= 0)
        close(fd);
    return send_message(s->control, &result, sizeof(result), -1);
}

static _Noreturn void run_nursery(state *s)
{
    struct pollfd fds[] = {{.fd = s->control, .events = POLLIN},
                           {.fd = s->signals, .events = POLLIN}};
    for (;;) {
        if (poll(fds, BASE_COUNT(fds), -1) < 0)
            continue;
        if (fds[1].revents) {
            struct signalfd_siginfo info;
            if (read(s->signals, &info, sizeof(info)) > 0)
                reap(s);
        }
        if (fds[0].revents && !obey(s))
            break;
    }
    kill_all(s);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
    _exit(EXIT_SUCCESS);
}

/* All but the standard ones and @p keep, which becomes number 3. */
static int close_others(int keep)
{
    int fd = keep == 3 ? 3 : dup2(keep, 3);
    if (syscall(SYS_close_range, 4U, ~0U, 0U) == 0)
        return fd;
    for (long i = 4, count = sysconf(_SC_OPEN_MAX); i < count; i++)
        close((int)i);
    return fd;
}

static int watch_children(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static _Noreturn void become_nursery(pid_t program, int control, state *s)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != program)
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, "cc-nursery");
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    s->pid = getpid();
    s->control = close_others(control);
    s->signals = watch_children();
    if (s->control < 0 || s->signals < 0)
        _exit(EXIT_FAILURE);
    run_nursery(s);
}

/* In the program */

static unsigned thread_count(void)
{
#if defined(__SANITIZE_THREAD__)
    return 1; /* the sanitizer has one of its own */
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    return 1;
#endif
#endif
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;
    for (struct dirent *entry; tasks && (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

heddle_status cc_nursery_open(unsigned limit, cc_worker_main *main, const void *user,
                              cc_nursery *out, heddle_error *err)
{
    int pair[2];
    if (thread_count() > 1)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "worker processes are for programs with one thread: this has %u",
                         thread_count());
    state s = {.limit = limit, .main = main, .user = user};
    s.children = base_calloc(limit, sizeof(*s.children));
    if (!s.children)
        return base_fail_memory(err, "worker processes");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        base_free(s.children);
        return base_fail_errno(err, "socket for worker processes");
    }
    pid_t program = getpid();
    fflush(NULL); /* what is buffered is to be written once */
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        become_nursery(program, pair[1], &s);
    }
    base_free(s.children);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return base_fail_errno(err, "process for worker processes");
    }
    out->pid = pid;
    out->control = pair[0];
    pthread_mutex_init(&out->lock, NULL);
    return HEDDLE_OK;
}

void cc_nursery_close(cc_nursery *nursery)
{
    close(nursery->control);
    while (waitpid(nursery->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    pthread_mutex_destroy(&nursery->lock);
}

static heddle_status ask(cc_nursery *nursery, order what, int fd, int *out, heddle_error *err)
{
    report result;
    int unused;
    pthread_mutex_lock(&nursery->lock);
    bool answered = send_message(nursery->control, &what, sizeof(what), fd) &&
                    receive_message(nursery->control, &result, sizeof(result), &unused);
    pthread_mutex_unlock(&nursery->lock);
    if (!answered)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the process that makes workers is gone");
    if (result.failed) {
        errno = result.failed;
        return base_fail_errno(err, "worker process");
    }
    *out = result.value;
    return HEDDLE_OK;
}

heddle_status cc_nursery_spawn(cc_nursery *nursery, pid_t *out_pid, int *out_fd, heddle_error *err)
{
    int pair[2], pid = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return base_fail_errno(err, "socket of a worker process");
    heddle_status st = ask(nursery, (order){.kind = SPAWN}, pair[1], &pid, err);
    close(pair[1]);
    if (st != HEDDLE_OK) {
        close(pair[0]);
        return st;
    }
    *out_pid = pid;
    *out_fd = pair[0];
    return HEDDLE_OK;
}

heddle_status cc_nursery_end(cc_nursery *nursery, pid_t pid, int *out_status, heddle_error *err)
{
    return ask(nursery, (order){.kind = END, .pid = pid}, -1, out_status, err);
}

void cc_nursery_kill_all(cc_nursery *nursery)
{
    int unused;
    heddle_status st = ask(nursery, (order){.kind = KILL_ALL}, -1, &unused, NULL);
    (void)st; /* if it is gone, they are gone */
}
