/* heddle-sync: the module in a process of its own. */
#include <errno.h>
#include <pthread.h>

#include "admin/server.h"
#include "base/fail.h"
#include "base/log.h"
#include "conf/program.h"
#include "datasync/sync.h"
#include "rpc/runtime.h"

/* One run of the program. */
struct service {
    conf_process *process;
    const sync_conf *conf;
    base_metrics *metrics;
    conf_snapshot *newest; /* of the reloads; NULL: none */
    sync_module *module;
    admin_server *admin;
    heddle_status ready_status; /* of the ready line */
    heddle_error ready_error;
};

static bool is_ready(void *user, base_buffer *out)
{
    return sync_is_ready(user, out);
}

static heddle_status open_admin(struct service *s, heddle_error *err)
{
    if (!s->conf->admin_listen[0])
        return HEDDLE_OK;
    const admin_options options = {.address = s->conf->admin_listen,
                                   .metrics = s->metrics,
                                   .ready = is_ready,
                                   .user = s->module};
    heddle_status status = admin_server_open(&options, &s->admin, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "admin.listen");
    return status;
}

static heddle_status tell_ready(struct service *s, heddle_error *err)
{
    base_auto_buffer base_buffer words = {0};
    const char *url = sync_publish_url(s->module);
    heddle_status status = base_buffer_printf(&words, "channel=%s", sync_channel(s->module));
    if (status == HEDDLE_OK && s->admin)
        status = base_buffer_printf(&words, " admin_port=%u", admin_server_port(s->admin));
    if (status == HEDDLE_OK && url[0])
        status = base_buffer_printf(&words, " publish=%s", url);
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "the ready line");
    return conf_process_ready(s->process, base_buffer_view(&words), err);
}

/* The module may end by itself: then the process does. */
static void *watch(void *user)
{
    struct service *s = user;
    if (sync_wait_ready(s->module))
        s->ready_status = tell_ready(s, &s->ready_error);
    if (s->ready_status == HEDDLE_OK)
        sync_wait_over(s->module);
    conf_process_end(s->process);
    return NULL;
}

/* The module keeps what it was started with: of the new configuration little counts. */
static heddle_status reload(void *user, conf_snapshot *snapshot, heddle_error *err)
{
    struct service *s = user;
    (void)err;
    conf_snapshot_free(s->newest);
    s->newest = snapshot;
    sync_reload(s->module, conf_values(snapshot));
    return HEDDLE_OK;
}

static heddle_status wait_for_end(struct service *s, heddle_error *err)
{
    pthread_t watcher;
    if ((errno = pthread_create(&watcher, NULL, watch, s)) != 0)
        return base_fail_errno(err, "thread");
    heddle_status status = conf_process_wait(s->process, reload, s, err);
    sync_stop(s->module);
    pthread_join(watcher, NULL);
    if (s->ready_status != HEDDLE_OK) {
        *err = s->ready_error;
        return s->ready_status;
    }
    return status;
}

static heddle_status run(struct service *s, heddle_error *err)
{
    BASE_TRY(sync_start(s->conf, s->metrics, &s->module, err));
    heddle_status status = open_admin(s, err);
    if (status == HEDDLE_OK)
        status = wait_for_end(s, err);
    sync_stop(s->module);
    heddle_error end;
    if (sync_wait(s->module, &end) != HEDDLE_OK && status == HEDDLE_OK) {
        *err = end;
        status = end.status;
    }
    admin_server_close(s->admin);
    if (status == HEDDLE_OK)
        log_at(LOG_INFO, "sync", "stopped",
               LOG_U64("next_block", sync_heights_now(s->module).stored));
    sync_free(s->module);
    return status;
}

static heddle_status serve(conf_process *process, conf_snapshot *snapshot, heddle_error *err)
{
    struct service s = {
        .process = process, .conf = conf_values(snapshot), .metrics = base_metrics_new()};
    bool is_remote = !s.conf->blocks[0];
    heddle_status status = is_remote ? rpc_init(1, err) : HEDDLE_OK;
    if (status == HEDDLE_OK) {
        status = run(&s, err);
        if (is_remote)
            rpc_shutdown();
    }
    base_metrics_free(s.metrics);
    conf_snapshot_free(s.newest);
    conf_snapshot_free(snapshot);
    return status;
}

static heddle_status check(const void *values, heddle_error *err)
{
    return sync_conf_check(values, err);
}

static int exit_of(const heddle_error *err)
{
    return sync_exit_of(err);
}

static const conf_exit exits[] = {
    {SYNC_EXIT_DATABASE, "the database refuses, or could not be reached at the start"},
    {SYNC_EXIT_LOCKED, "another sync stores this channel in this database"},
    {SYNC_EXIT_BROKEN, "a hash, a signature or the order of the blocks is wrong"},
    {SYNC_EXIT_SOURCE, "the source refuses, or has no such blocks"},
    {0, NULL}};

int main(int argc, char **argv)
{
    const conf_program program = {.table = &sync_conf_table,
                                  .common_offset = offsetof(sync_conf, common),
                                  .exits = exits,
                                  .check = check,
                                  .serve = serve,
                                  .exit_of = exit_of};
    return conf_program_main(&program, argc, argv);
}
