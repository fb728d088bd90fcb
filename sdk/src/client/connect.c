/* Opening a gateway by its addresses. */
#include "base/fail.h"
#include "client/addresses.h"
#include "client/follower.h"
#include "client/gateway.h"
#include "rpc/runtime.h"

enum { FOLLOW_IDLE_MS = 30000 };

heddle_status heddle_gateway_open(const heddle_gateway_options *given, heddle_gateway **out,
                                  heddle_error *err)
{
    heddle_gateway_options options = {0};
    client_addresses *addresses = NULL;
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_GATEWAY_OPTIONS", err));
    BASE_TRY(client_addresses_check(&options, err));
    if (rpc_on_reactor())
        return base_fail(err, HEDDLE_E_BAD_STATE, "gateway: not to be opened in a callback");
    client_limits limits = {.evaluate_ms = options.evaluate_timeout_ms,
                            .endorse_ms = options.endorse_timeout_ms,
                            .submit_ms = options.submit_timeout_ms,
                            .commit_status_ms = options.commit_status_timeout_ms};
    /* The threads of several reactors would only hand the events of one connection around. */
    bool many = options.connections > 1 || options.target_count > 1;
    BASE_TRY(rpc_init(many ? 0 : 1, err));
    heddle_status status = client_addresses_new(&options, &addresses, err);
    if (status == HEDDLE_OK) {
        status = client_gateway_new(&addresses->base, &limits, out, err);
        if (status)
            client_addresses_free(addresses);
    }
    if (status)
        rpc_shutdown();
    else if (options.follow_commits)
        client_gateway_followers(*out)->idle_ms = FOLLOW_IDLE_MS;
    return status;
}
