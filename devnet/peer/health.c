#include "devnet/peer/health.h"

#include "devnet/fault/gate.h"
#include "grpc/health/v1/health.pb-c.h"
#include "wire/codec.h"
#include "wire/services.h"

static void answer(rpc_server_call *call, void *user)
{
    (void)user;
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    base_auto_buffer base_buffer bytes = {0};
    response.status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    if (wire_encode(&response.base, &bytes, NULL) == HEDDLE_OK)
        rpc_server_call_reply(call, base_buffer_view(&bytes));
    else
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
}

static void check(rpc_server_call *call, void *user)
{
    const dn_local *local = user;
    dn_gate_pass(local->faults, local->node->name, "Check", call, answer, user);
}

rpc_method dn_health_method(const dn_local *local)
{
    return (rpc_method){.path = WIRE_HEALTH_CHECK,
                        .kind = RPC_METHOD_UNARY,
                        .handler = check,
                        .user = (void *)(uintptr_t)local};
}
