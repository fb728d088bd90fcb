/* Lines for people on standard error, and passwords. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/state.h"

enum { MAX_SECRET = 4096, MAX_LINE = 4096 };

#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

static const char *color(const cli_session *session, const char *code)
{
    return session->err_colors ? code : "";
}

void cli_progress_end(cli_session *session)
{
    if (session->has_progress)
        fputs("\r\033[K", stderr);
    session->has_progress = false;
}

static void print(cli_session *session, const char *before, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

static void print(cli_session *session, const char *before, const char *fmt, va_list args)
{
    char line[MAX_LINE];
    cli_progress_end(session);
    vsnprintf(line, sizeof(line), fmt, args);
    fputs(before, stderr);
    cli_words_show(line);
}

void cli_progress(cli_session *session, const char *fmt, ...)
{
    if (!session->err_terminal || session->common.quiet || session->common.verbose)
        return;
    char before[32];
    va_list args;
    va_start(args, fmt);
    snprintf(before, sizeof(before), "%s… ", color(session, DIM));
    print(session, before, fmt, args);
    fputs(color(session, PLAIN), stderr);
    fflush(stderr);
    session->has_progress = true;
    va_end(args);
}

void cli_step(cli_session *session, const char *fmt, ...)
{
    char before[32] = "";
    if (session->common.quiet)
        return;
    if (session->err_terminal)
        snprintf(before, sizeof(before), "%s✓%s ", color(session, GREEN), color(session, PLAIN));
    va_list args;
    va_start(args, fmt);
    print(session, before, fmt, args);
    fputs("\n", stderr);
    va_end(args);
}

void cli_note(cli_session *session, const char *fmt, ...)
{
    if (session->common.quiet)
        return;
    va_list args;
    va_start(args, fmt);
    print(session, "", fmt, args);
    fputs("\n", stderr);
    va_end(args);
}

void cli_warn(cli_session *session, const char *fmt, ...)
{
    char before[64];
    snprintf(before, sizeof(before), "%swarning:%s ", color(session, YELLOW),
             color(session, PLAIN));
    va_list args;
    va_start(args, fmt);
    print(session, before, fmt, args);
    fputs("\n", stderr);
    va_end(args);
}

void cli_hint(cli_session *session, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(session->hint, sizeof(session->hint), fmt, args);
    va_end(args);
}

/* Passwords. */

static heddle_status keep_secret(cli_session *session, const char *text, size_t len,
                                 const char **out, heddle_error *err)
{
    cli_secret_text *secret = base_calloc(1, sizeof(*secret));
    char *copy = base_strdup_view(heddle_view_of(text, len));
    if (!secret || !copy) {
        base_free(secret);
        base_free(copy);
        return base_fail_memory(err, "password");
    }
    *secret = (cli_secret_text){.text = copy, .next = session->secrets};
    session->secrets = secret;
    *out = copy;
    return HEDDLE_OK;
}

/* The first line of what @p fd has; the buffer is not stdio's, so that it can be wiped. */
static heddle_status read_line(int fd, const char *name, char line[MAX_SECRET], heddle_error *err)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, line + len, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return base_fail_errno(err, "%s", name);
        if (got == 0 || line[len] == '\n')
            break;
        if (++len == MAX_SECRET)
            return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: a line of more than %d bytes", name,
                             MAX_SECRET);
    }
    len -= len && line[len - 1] == '\r';
    line[len] = 0;
    return len ? HEDDLE_OK
               : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: its first line is empty", name);
}

static heddle_status read_secret_file(const char *path, char line[MAX_SECRET], heddle_error *err)
{
    if (strcmp(path, "-") == 0)
        return read_line(STDIN_FILENO, "standard input", line, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return base_fail_errno(err, "%s", path);
    heddle_status status = read_line(fd, path, line, err);
    close(fd);
    return status;
}

struct echo {
    int fd;
    struct termios before;
};

/* Ctrl-C while a password is typed: the terminal is to echo again. */
static void end_prompt(void *user)
{
    const struct echo *echo = user;
    tcsetattr(echo->fd, TCSANOW, &echo->before);
    (void)!write(echo->fd, "\n", 1);
    _exit(130);
}

static heddle_status ask(cli_session *session, const char *prompt, char line[MAX_SECRET],
                         heddle_error *err)
{
    struct echo echo = {.fd = open("/dev/tty", O_RDWR | O_CLOEXEC)};
    if (echo.fd < 0 || tcgetattr(echo.fd, &echo.before) != 0) {
        if (echo.fd >= 0)
            close(echo.fd);
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "%s is wanted, and there is no terminal to ask at", prompt);
    }
    cli_progress_end(session);
    cli_interrupt_set(session, end_prompt, &echo);
    struct termios silent = echo.before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(echo.fd, TCSAFLUSH, &silent);
    dprintf(echo.fd, "%s: ", prompt);
    heddle_status status = read_line(echo.fd, prompt, line, err);
    tcsetattr(echo.fd, TCSAFLUSH, &echo.before);
    dprintf(echo.fd, "\n");
    cli_interrupt_set(session, NULL, NULL);
    close(echo.fd);
    return status;
}

heddle_status cli_secret(cli_session *session, const char *file, const char *variable,
                         const char *prompt, const char **out, heddle_error *err)
{
    char line[MAX_SECRET];
    const char *set = variable ? getenv(variable) : NULL;
    if ((!file || !file[0]) && set && set[0])
        return keep_secret(session, set, strlen(set), out, err);
    heddle_status status =
        file && file[0] ? read_secret_file(file, line, err) : ask(session, prompt, line, err);
    if (status == HEDDLE_E_BAD_ARGUMENT && !(file && file[0]) && variable)
        cli_hint(session, "set %s, or name a file that has it in its first line", variable);
    if (status == HEDDLE_OK)
        status = keep_secret(session, line, strlen(line), out, err);
    base_wipe(line, sizeof(line));
    return status;
}
