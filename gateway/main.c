/* heddle-gateway: configuration, signals, exit codes. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "rpc/runtime.h"

#ifndef HEDDLE_VERSION
#define HEDDLE_VERSION "unknown"
#endif

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int complain(const heddle_error *err, int code)
{
    fprintf(stderr, "heddle-gateway: %s\n", err->message);
    return code;
}

/* Read, and check what the table cannot; *out is NULL after an action other than run. */
static heddle_status load(int argc, char **argv, conf_snapshot **out, conf_action *action,
                          heddle_error *err)
{
    conf_request request = {.argc = argc, .argv = argv};
    conf_snapshot *snapshot = NULL;
    BASE_TRY(conf_load(&gw_conf_table, &request, &snapshot, action, err));
    heddle_status status = snapshot ? gw_conf_check(conf_values(snapshot), err) : HEDDLE_OK;
    if (status != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return status;
    }
    *out = snapshot;
    return HEDDLE_OK;
}

static int print(heddle_status (*write)(const conf_table *, base_buffer *))
{
    base_auto_buffer base_buffer text = {0};
    if (write(&gw_conf_table, &text) != HEDDLE_OK)
        return EXIT_FAILED;
    fwrite(text.data, 1, text.len, stdout);
    return EXIT_DONE;
}

static int act(conf_action action)
{
    switch (action) {
    case CONF_HELP:
        return print(conf_help);
    case CONF_REFERENCE:
        return print(conf_reference);
    case CONF_VERSION:
        puts("heddle-gateway " HEDDLE_VERSION);
        return EXIT_DONE;
    default:
        return EXIT_DONE;
    }
}

static void reload(int argc, char **argv, gw_gateway *gw)
{
    heddle_error err;
    conf_snapshot *snapshot = NULL;
    conf_action action = CONF_RUN;
    heddle_status status = load(argc, argv, &snapshot, &action, &err);
    if (status == HEDDLE_OK)
        status = gw_gateway_reload(gw, snapshot, &err);
    if (status != HEDDLE_OK)
        log_at(LOG_ERROR, "gateway", "configuration not taken over", LOG_ERR(&err));
}

/* Until a signal says to stop. */
static void run(int argc, char **argv, gw_gateway *gw, const sigset_t *signals)
{
    for (;;) {
        int signal = sigwaitinfo(signals, NULL);
        if (signal == SIGHUP) {
            reload(argc, argv, gw);
        } else if (signal > 0) {
            log_at(LOG_INFO, "gateway", "stopping", LOG_STR("signal", strsignal(signal)));
            return;
        } else if (errno != EINTR) {
            return;
        }
    }
}

static int serve(int argc, char **argv, conf_snapshot *snapshot, const sigset_t *signals)
{
    heddle_error err;
    gw_gateway *gw = NULL;
    const gw_conf *conf = conf_values(snapshot);
    if (rpc_init((unsigned)conf->reactors, &err) != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return complain(&err, EXIT_FAILED);
    }
    int code = EXIT_DONE;
    if (gw_gateway_start(snapshot, &gw, &err) == HEDDLE_OK) {
        run(argc, argv, gw, signals);
        gw_gateway_stop(gw);
        log_at(LOG_INFO, "gateway", "stopped");
    } else {
        code = complain(&err, EXIT_FAILED);
    }
    rpc_shutdown();
    return code;
}

int main(int argc, char **argv)
{
    heddle_error err;
    conf_snapshot *snapshot = NULL;
    conf_action action = CONF_RUN;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there are threads */
    signal(SIGPIPE, SIG_IGN);
    base_log_to_stderr();
    if (load(argc, argv, &snapshot, &action, &err) != HEDDLE_OK)
        return complain(&err, EXIT_USAGE);
    if (action != CONF_RUN) {
        conf_snapshot_free(snapshot);
        return act(action);
    }
    return serve(argc, argv, snapshot, &signals);
}
