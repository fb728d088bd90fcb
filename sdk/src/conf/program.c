#include "conf/program.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"

struct conf_process {
    const conf_program *program;
    conf_request request;
    const conf_snapshot *running; /* borrowed from serve() */
    int signal_fd;
    int end_fd;
};

static const conf_exit shared_exits[] = {{CONF_EXIT_OK, "stopped as asked"},
                                         {CONF_EXIT_FAILED, "anything without a code of its own"},
                                         {CONF_EXIT_CONFIG, "bad usage or configuration"}};

static const conf_common *common_of(const conf_program *program, const conf_snapshot *snapshot)
{
    return (const void *)((const char *)conf_values(snapshot) + program->common_offset);
}

/* Text for people. */

static heddle_status put_exit(const conf_exit *e, bool is_table, base_buffer *out)
{
    if (is_table)
        return base_buffer_printf(out, "| %d | %s |\n", e->code, e->meaning);
    return base_buffer_printf(out, "  %d  %s\n", e->code, e->meaning);
}

static heddle_status put_exits(const conf_program *program, bool is_table, base_buffer *out)
{
    for (size_t i = 0; i < BASE_COUNT(shared_exits); i++)
        BASE_TRY(put_exit(&shared_exits[i], is_table, out));
    for (const conf_exit *e = program->exits; e && e->code; e++)
        BASE_TRY(put_exit(e, is_table, out));
    return HEDDLE_OK;
}

heddle_status conf_program_help(const conf_program *program, base_buffer *out)
{
    BASE_TRY(conf_help(program->table, out));
    BASE_TRY(base_buffer_append_str(out, "\nExit codes:\n"));
    return put_exits(program, false, out);
}

heddle_status conf_program_reference(const conf_program *program, base_buffer *out)
{
    BASE_TRY(conf_reference(program->table, out));
    BASE_TRY(base_buffer_append_str(
        out, "\nWith `reload: yes` a key is taken over on SIGHUP; others need a restart. "
             "SIGTERM and SIGINT stop.\n\n| exit code | meaning |\n| --- | --- |\n"));
    return put_exits(program, true, out);
}

static int complain(const conf_program *program, const heddle_error *err)
{
    fprintf(stderr, "%s: %s\n", program->table->program, err->message);
    if (program->exit_of)
        return program->exit_of(err);
    return err->status == HEDDLE_E_CONFIG || err->status == HEDDLE_E_BAD_ARGUMENT
               ? CONF_EXIT_CONFIG
               : CONF_EXIT_FAILED;
}

static int show(const conf_program *program, conf_action action)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status status = HEDDLE_OK;
    if (action == CONF_HELP)
        status = conf_program_help(program, &text);
    else if (action == CONF_REFERENCE)
        status = conf_program_reference(program, &text);
    else if (action == CONF_VERSION)
        status = base_buffer_printf(&text, "%s %s\n", program->table->program, HEDDLE_VERSION);
    if (status != HEDDLE_OK)
        return CONF_EXIT_FAILED;
    if (text.len)
        fwrite(text.data, 1, text.len, stdout);
    return fflush(stdout) == 0 ? CONF_EXIT_OK : CONF_EXIT_FAILED;
}

/* Configuration. */

/* *out is NULL after an action that only prints. */
static heddle_status load(const conf_program *program, const conf_request *request,
                          conf_snapshot **out, conf_action *out_action, heddle_error *err)
{
    conf_snapshot *snapshot = NULL;
    BASE_TRY(conf_load(program->table, request, &snapshot, out_action, err));
    heddle_status status =
        snapshot && program->check ? program->check(conf_values(snapshot), err) : HEDDLE_OK;
    if (status != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return status;
    }
    *out = snapshot;
    return HEDDLE_OK;
}

static void set_log(const conf_common *common)
{
    base_log_set_level((base_log_level)common->log_level);
    base_log_set_json(common->log_json);
}

static heddle_status take_over(conf_process *process, conf_snapshot *snapshot,
                               conf_reload_fn *reload, void *user, heddle_error *err)
{
    base_auto_buffer base_buffer fixed = {0};
    bool is_live_changed = false;
    heddle_status status =
        conf_compare(process->program->table, process->running, snapshot, &fixed, &is_live_changed);
    if (status != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return base_fail_memory(err, "reload");
    }
    const conf_common common = *common_of(process->program, snapshot);
    if (reload) {
        BASE_TRY(reload(user, snapshot, err));
        process->running = snapshot;
    } else {
        conf_snapshot_free(snapshot);
    }
    set_log(&common);
    if (fixed.len)
        log_at(LOG_WARN, "conf", "some keys need a restart",
               LOG_VIEW("keys", base_buffer_view(&fixed)));
    log_at(LOG_INFO, "conf", "configuration reloaded",
           LOG_STR("changed", is_live_changed ? "yes" : "no"));
    return HEDDLE_OK;
}

static void read_again(conf_process *process, conf_reload_fn *reload, void *user)
{
    heddle_error err;
    conf_snapshot *snapshot = NULL;
    conf_action action = CONF_RUN;
    heddle_status status = load(process->program, &process->request, &snapshot, &action, &err);
    if (status == HEDDLE_OK)
        status = take_over(process, snapshot, reload, user, &err);
    if (status != HEDDLE_OK)
        log_at(LOG_ERROR, "conf", "configuration not taken over", LOG_ERR(&err));
}

/* Signals. */

/* Blocked before the first thread is made, so that all of them block these. */
static sigset_t block_signals(void)
{
    sigset_t signals;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signals;
}

/* True when the signal at hand ends the process. */
static bool take_signal(conf_process *process, conf_reload_fn *reload, void *user)
{
    struct signalfd_siginfo info;
    if (read(process->signal_fd, &info, sizeof(info)) != sizeof(info))
        return false;
    if (info.ssi_signo == SIGHUP) {
        read_again(process, reload, user);
        return false;
    }
    log_at(LOG_INFO, "conf", "stopping", LOG_STR("signal", strsignal((int)info.ssi_signo)));
    return true;
}

heddle_status conf_process_wait(conf_process *process, conf_reload_fn *reload, void *user,
                                heddle_error *err)
{
    struct pollfd fds[] = {{.fd = process->end_fd, .events = POLLIN},
                           {.fd = process->signal_fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, BASE_COUNT(fds), -1) < 0) {
            if (errno == EINTR)
                continue;
            return base_fail_errno(err, "wait for signals");
        }
        if (fds[0].revents || (fds[1].revents && take_signal(process, reload, user)))
            return HEDDLE_OK;
    }
}

void conf_process_end(conf_process *process)
{
    const uint64_t one = 1;
    (void)!write(process->end_fd, &one, sizeof(one));
}

/* One run. */

heddle_status conf_process_ready(conf_process *process, heddle_view words, heddle_error *err)
{
    const char *file = common_of(process->program, process->running)->ready_file;
    base_auto_buffer base_buffer line = {0};
    if (base_buffer_printf(&line, "ready %.*s\n", BASE_VIEW_ARG(words)) != HEDDLE_OK)
        return base_fail_memory(err, "the ready line");
    if (file[0]) {
        heddle_status status = base_write_file(file, base_buffer_view(&line), 0644, err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "ready_file");
            return status;
        }
    }
    fwrite(line.data, 1, line.len, stdout);
    fflush(stdout);
    return HEDDLE_OK;
}

/* A line of an earlier run would be a lie. */
static heddle_status remove_ready_file(const conf_common *common, heddle_error *err)
{
    if (common->ready_file[0] && unlink(common->ready_file) != 0 && errno != ENOENT)
        return base_fail_errno(err, "ready_file: %s", common->ready_file);
    return HEDDLE_OK;
}

static heddle_status run(conf_process *process, conf_snapshot *snapshot, heddle_error *err)
{
    const conf_common *common = common_of(process->program, snapshot);
    base_log_to_stderr();
    set_log(common);
    heddle_status status = remove_ready_file(common, err);
    if (status == HEDDLE_OK && (process->signal_fd < 0 || process->end_fd < 0))
        status = base_fail_errno(err, "signals");
    if (status != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return status;
    }
    status = process->program->serve(process, snapshot, err);
    if (status == HEDDLE_OK)
        log_at(LOG_INFO, "conf", "stopped", LOG_STR("program", process->program->table->program));
    return status;
}

static int run_process(const conf_program *program, const conf_request *request,
                       conf_snapshot *snapshot)
{
    heddle_error err;
    sigset_t signals = block_signals();
    conf_process process = {.program = program,
                            .request = *request,
                            .running = snapshot,
                            .signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK),
                            .end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    base_error_clear(&err);
    int code = run(&process, snapshot, &err) == HEDDLE_OK ? CONF_EXIT_OK : complain(program, &err);
    close(process.signal_fd);
    close(process.end_fd);
    return code;
}

int conf_program_main(const conf_program *program, int argc, char *const argv[])
{
    const conf_request request = {.argc = argc, .argv = argv};
    conf_snapshot *snapshot = NULL;
    conf_action action = CONF_RUN;
    heddle_error err;
    base_error_clear(&err);
    if (load(program, &request, &snapshot, &action, &err) != HEDDLE_OK)
        return complain(program, &err);
    if (action == CONF_RUN)
        return run_process(program, &request, snapshot);
    conf_snapshot_free(snapshot);
    return show(program, action);
}
