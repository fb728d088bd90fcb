/* heddle-gateway: the module in a process of its own. */
#include "base/fail.h"
#include "base/log.h"
#include "conf/program.h"
#include "gateway/gateway.h"
#include "rpc/runtime.h"

static heddle_status reload(void *user, conf_snapshot *snapshot, heddle_error *err)
{
    return gw_gateway_reload(user, snapshot, err);
}

static heddle_status tell_ready(conf_process *process, const gw_gateway *gw, heddle_error *err)
{
    base_auto_buffer base_buffer words = {0};
    unsigned admin_port = gw_gateway_admin_port(gw);
    heddle_status status = base_buffer_printf(&words, "port=%u", gw_gateway_port(gw));
    if (status == HEDDLE_OK && admin_port)
        status = base_buffer_printf(&words, " admin_port=%u", admin_port);
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "the ready line");
    return conf_process_ready(process, base_buffer_view(&words), err);
}

static heddle_status run(conf_process *process, conf_snapshot *snapshot, heddle_error *err)
{
    gw_gateway *gw = NULL;
    BASE_TRY(gw_gateway_start(snapshot, &gw, err));
    heddle_status status = tell_ready(process, gw, err);
    if (status == HEDDLE_OK)
        status = conf_process_wait(process, reload, gw, err);
    gw_gateway_stop(gw);
    return status;
}

static heddle_status serve(conf_process *process, conf_snapshot *snapshot, heddle_error *err)
{
    const gw_conf *conf = conf_values(snapshot);
    heddle_status status = rpc_init((unsigned)conf->reactors, err);
    if (status != HEDDLE_OK) {
        conf_snapshot_free(snapshot);
        return status;
    }
    status = run(process, snapshot, err);
    rpc_shutdown();
    return status;
}

static heddle_status check(const void *values, heddle_error *err)
{
    return gw_conf_check(values, err);
}

int main(int argc, char **argv)
{
    const conf_program program = {.table = &gw_conf_table,
                                  .common_offset = offsetof(gw_conf, common),
                                  .check = check,
                                  .serve = serve};
    return conf_program_main(&program, argc, argv);
}
