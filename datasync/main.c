/* heddle-sync: the module in a process of its own. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "admin/server.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "datasync/sync.h"
#include "rpc/runtime.h"

#ifndef HEDDLE_VERSION
#define HEDDLE_VERSION "0"
#endif

static int complain(const heddle_error *err)
{
    fprintf(stderr, "heddle-sync: %s\n", err->message);
    return sync_exit_of(err);
}

/* SIGUSR1 is our own: it ends the thread that waits. */
static sigset_t waited_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    return set;
}

/* SIGTERM and SIGINT stop it after the block at hand. */
static void *wait_for_signal(void *user)
{
    sigset_t set = waited_signals();
    int signal;
    sigwait(&set, &signal);
    if (signal != SIGUSR1) {
        log_at(LOG_INFO, "sync", "stopping", LOG_I64("signal", signal));
        sync_stop(user);
    }
    return NULL;
}

static void block_signals(void)
{
    sigset_t set = waited_signals();
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static bool is_ready(void *user, base_buffer *out)
{
    return sync_is_ready(user, out);
}

static heddle_status open_admin(const sync_conf *conf, base_metrics *metrics, sync_module *module,
                                admin_server **out, heddle_error *err)
{
    if (!conf->admin[0])
        return HEDDLE_OK;
    const admin_options options = {
        .address = conf->admin, .metrics = metrics, .ready = is_ready, .user = module};
    BASE_TRY(admin_server_open(&options, out, err));
    log_at(LOG_INFO, "sync", "admin port", LOG_U64("port", admin_server_port(*out)));
    return HEDDLE_OK;
}

static heddle_status run_module(sync_module *module, heddle_error *err)
{
    pthread_t waiter;
    if (pthread_create(&waiter, NULL, wait_for_signal, module) != 0)
        return base_fail_memory(err, "thread of signals");
    heddle_status status = sync_wait(module, err);
    pthread_kill(waiter, SIGUSR1);
    pthread_join(waiter, NULL);
    return status;
}

static heddle_status run(const sync_conf *conf, heddle_error *err)
{
    base_metrics *metrics = base_metrics_new();
    sync_module *module = NULL;
    admin_server *admin = NULL;
    heddle_status status = sync_start(conf, metrics, &module, err);
    if (status == HEDDLE_OK) {
        status = open_admin(conf, metrics, module, &admin, err);
        heddle_error *ignored = NULL;
        if (status != HEDDLE_OK) {
            sync_stop(module);
            (void)!sync_wait(module, ignored);
        } else {
            status = run_module(module, err);
        }
    }
    admin_server_close(admin);
    if (status == HEDDLE_OK) {
        sync_heights at = sync_heights_now(module);
        log_at(LOG_INFO, "sync", "stopped", LOG_U64("next_block", at.stored));
    }
    sync_free(module);
    base_metrics_free(metrics);
    return status;
}

static heddle_status run_with_rpc(const sync_conf *conf, heddle_error *err)
{
    if (conf->blocks[0])
        return run(conf, err);
    BASE_TRY(rpc_init(1, err));
    heddle_status status = run(conf, err);
    rpc_shutdown();
    return status;
}

static const char exit_codes[] = "\nExit codes:\n"
                                 "  0  stopped as asked, or at the tip with --once\n"
                                 "  1  anything without a code of its own\n"
                                 "  2  bad configuration, or it does not fit the database\n"
                                 "  3  the database refuses, or could not be reached at the start\n"
                                 "  4  another sync stores this channel in this database\n"
                                 "  5  a hash, a signature or the order of the blocks is wrong\n"
                                 "  6  the source refuses, or has no such blocks\n";

static int tell(conf_action action)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status status = HEDDLE_OK;
    if (action == CONF_VERSION)
        status = base_buffer_printf(&text, "heddle-sync %s\n", HEDDLE_VERSION);
    else if (action == CONF_REFERENCE)
        status = conf_reference(&sync_conf_table, &text);
    else if (action == CONF_HELP && (status = conf_help(&sync_conf_table, &text)) == HEDDLE_OK)
        status = base_buffer_append_str(&text, exit_codes);
    if (status != HEDDLE_OK)
        return SYNC_EXIT_FAILED;
    fwrite(text.data, 1, text.len, stdout);
    return SYNC_EXIT_OK;
}

int main(int argc, char **argv)
{
    const conf_request request = {.argc = argc, .argv = argv};
    conf_snapshot *snapshot = NULL;
    conf_action action;
    heddle_error err;
    base_error_clear(&err);
    if (conf_load(&sync_conf_table, &request, &snapshot, &action, &err) != HEDDLE_OK)
        return complain(&err);
    if (!snapshot)
        return tell(action);
    const sync_conf *conf = conf_values(snapshot);
    heddle_status status = sync_conf_check(conf, &err);
    if (status == HEDDLE_OK && action == CONF_RUN) {
        block_signals();
        base_log_to_stderr();
        base_log_set_level((base_log_level)conf->log_level);
        base_log_set_json(conf->log_json);
        status = run_with_rpc(conf, &err);
    }
    int code = status == HEDDLE_OK ? SYNC_EXIT_OK : complain(&err);
    conf_snapshot_free(snapshot);
    return code;
}
