#include "chaincode_process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_LIMIT_S = 20, POLL_NS = 50000 };

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

void die(const char *what, const heddle_error *err)
{
    fprintf(stderr, "chaincode bench: %s%s%s\n", what, err ? ": " : "", err ? err->message : "");
    exit(EXIT_FAILURE);
}

void check(heddle_status status, const char *what, const heddle_error *err)
{
    if (status != HEDDLE_OK)
        die(what, err);
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        die("no free port", NULL);
    close(fd);
    return ntohs(address.sin_port);
}

process process_start(char **argv, const char *chaincode_id)
{
    process p = {.port = free_port()};
    char address[64];
    snprintf(address, sizeof(address), "127.0.0.1:%u", p.port);
    setenv("CHAINCODE_ID", chaincode_id, 1);
    setenv("CHAINCODE_SERVER_ADDRESS", address, 1);
    p.pid = fork();
    if (p.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with a bench that fails */
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    if (p.pid < 0)
        die("cannot fork", NULL);
    return p;
}

/* The client's preface and its empty SETTINGS; a server that serves sends its own. */
static bool answers_http2(uint16_t port)
{
    static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
    struct sockaddr_in address = loopback(port);
    char frame[9];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                   send(fd, hello, sizeof(hello), MSG_NOSIGNAL) == (ssize_t)sizeof(hello) &&
                   recv(fd, frame, sizeof(frame), MSG_WAITALL) == (ssize_t)sizeof(frame);
    if (fd >= 0)
        close(fd);
    return answers;
}

double process_await_ready(const process *p, uint64_t started_ns)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    while (!answers_http2(p->port)) {
        if (waitpid(p->pid, NULL, WNOHANG) != 0)
            die("the chaincode ended before it was ready", NULL);
        if (now_ns() - started_ns > READY_LIMIT_S * 1000000000ULL)
            die("the chaincode does not become ready", NULL);
        nanosleep(&pause, NULL);
    }
    return (double)(now_ns() - started_ns) / 1e6;
}

void process_stop(process *p)
{
    kill(p->pid, SIGTERM);
    waitpid(p->pid, NULL, 0);
}

/* The number behind @p name in a file of lines; 0: there is none. */
static long long number_in(const char *path, const char *name)
{
    char line[256];
    long long number = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtoll(line + strlen(name), NULL, 10);
    }
    fclose(file);
    return number;
}

static long long count_switches(pid_t pid)
{
    char path[300];
    long long count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        die("cannot see the chaincode's threads", NULL);
    for (struct dirent *task; (task = readdir(tasks));) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/%d/task/%.200s/status", (int)pid, task->d_name);
        count += number_in(path, "voluntary_ctxt_switches:");
        count += number_in(path, "nonvoluntary_ctxt_switches:");
    }
    closedir(tasks);
    return count;
}

process_use process_use_now(const process *p)
{
    process_use use = {.switches = count_switches(p->pid)};
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(p->pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        die("cannot see the chaincode's CPU time", NULL);
    use.cpu_ms = (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
    return use;
}

void process_memory(const process *p, double *out_resident, double *out_anonymous)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
    *out_resident = (double)number_in(path, "VmRSS:") / 1024;
    *out_anonymous = (double)number_in(path, "RssAnon:") / 1024;
}
