#include "support/process.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Below the ports that the kernel gives to outgoing connections, which could take a port away
 * while its server is stopped. */
enum { LOWEST_PORT = 10000, HIGHEST_PORT = 32000 };

struct process {
    pid_t pid;
    bool ended;
    int status;
};

static void become(const char *log, const char *const argv[], pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    setpgid(0, 0);
    execv(argv[0], (char *const *)argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

process *process_start(const char *log, const char *const argv[])
{
    ck_assert_msg(access(argv[0], X_OK) == 0, "%s: cannot be run", argv[0]);
    process *p = calloc(1, sizeof(*p));
    ck_assert_ptr_nonnull(p);
    pid_t parent = getpid();
    p->pid = fork();
    ck_assert_int_ge(p->pid, 0);
    if (p->pid == 0)
        become(log, argv, parent);
    return p;
}

pid_t process_pid(const process *p)
{
    return p->pid;
}

bool process_is_running(process *p)
{
    if (!p->ended && waitpid(p->pid, &p->status, WNOHANG) == p->pid)
        p->ended = true;
    return !p->ended;
}

static int exit_code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int reap(process *p)
{
    while (!p->ended && waitpid(p->pid, &p->status, 0) < 0 && errno == EINTR)
        continue;
    int code = exit_code(p->status);
    free(p);
    return code;
}

int process_stop(process *p, int signal)
{
    if (!p->ended)
        kill(p->pid, signal);
    return reap(p);
}

static bool has_ended(void *user)
{
    return !process_is_running(user);
}

int process_wait(process *p, uint64_t timeout_ms)
{
    bool ended = process_until(has_ended, p, timeout_ms);
    if (!ended)
        kill(p->pid, SIGKILL);
    int code = reap(p);
    ck_assert_msg(ended, "the program did not end within %llu ms", (unsigned long long)timeout_ms);
    return code;
}

uint64_t process_cpu_ms(const process *p)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *after_name = strrchr(text, ')');
    unsigned long long user = 0, system = 0;
    if (!after_name || sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
                              &user, &system) != 2)
        return 0;
    return (user + system) * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK);
}

struct awaited_file {
    process *writer;
    const char *path;
};

static bool file_has_content(void *user)
{
    const struct awaited_file *file = user;
    struct stat st;
    if (stat(file->path, &st) == 0 && st.st_size > 0)
        return true;
    return file->writer && !process_is_running(file->writer);
}

void process_wait_file(process *p, const char *path, uint64_t timeout_ms)
{
    struct awaited_file file = {p, path};
    bool settled = process_until(file_has_content, &file, timeout_ms);
    ck_assert_msg(settled, "%s: not written within %llu ms", path, (unsigned long long)timeout_ms);
    ck_assert_msg(access(path, R_OK) == 0, "%s: the program ended before it was written (%d)", path,
                  p ? exit_code(p->status) : 0);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool is_free(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = loopback(port);
    bool free = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    close(fd);
    return free;
}

uint16_t process_free_ports(unsigned count)
{
    for (int attempt = 0; attempt < 1000; attempt++) {
        uint16_t random;
        ck_assert_int_eq(getrandom(&random, sizeof(random), 0), sizeof(random));
        uint16_t first = (uint16_t)(LOWEST_PORT + random % (HIGHEST_PORT - LOWEST_PORT - count));
        unsigned taken = 0;
        while (taken < count && is_free((uint16_t)(first + taken)))
            taken++;
        if (taken == count)
            return first;
    }
    ck_abort_msg("no %u free ports in a row", count);
}

uint16_t process_free_port(void)
{
    return process_free_ports(1);
}

bool process_port_open(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = loopback(port);
    bool open = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
    close(fd);
    return open;
}

bool process_until(bool (*claim)(void *user), void *user, uint64_t timeout_ms)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    uint64_t end = base_now_ms() + timeout_ms;
    while (!claim(user)) {
        if (base_now_ms() >= end)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}
