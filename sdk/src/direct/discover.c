/* Asking the discovery service of a peer for the application. */
#include "base/arena.h"
#include "base/fail.h"
#include "client/steps.h"
#include "direct/backend.h"
#include "direct/found.h"
#include "route/discovery.h"
#include "wire/services.h"

struct asking {
    size_t answers; /* one a query */
    heddle_discovery_fn *fn;
    void *user;
};

static heddle_status place(heddle_status status, heddle_error *err)
{
    if (status != HEDDLE_OK)
        client_error_place(err, HEDDLE_STAGE_DISCOVERY, NULL);
    return status;
}

static heddle_status read(const struct asking *asking, rpc_bytes *response, heddle_discovery **out,
                          heddle_error *err)
{
    wire_discovery_response answer;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "discovery");
    BASE_TRY(route_discovery_read(rpc_bytes_view(response), asking->answers, arena, &answer, err));
    return direct_found_new(&answer, out, err);
}

static void on_reply(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    struct asking *asking = user;
    heddle_error unreadable;
    heddle_discovery *found = NULL;
    if (!err && place(read(asking, response, &found, &unreadable), &unreadable) != HEDDLE_OK)
        err = &unreadable;
    asking->fn(found, err, asking->user);
    base_free(asking);
    client_call_finish(call);
}

/* The bytes of a SignedRequest, appended to @p out. */
static heddle_status write_request(heddle_gateway *gateway, const wire_discovery_request *what,
                                   base_buffer *out, heddle_error *err)
{
    client_backend *backend = client_gateway_backend(gateway);
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    if (backend->ops != &direct_ops)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "discovery: the gateway was not made by heddle_network_open()");
    base_auto(route_identity) route_identity *own = direct_identity(direct_backend_of(backend));
    BASE_TRY(route_discovery_request(own, what, &bytes, err));
    if (base_buffer_append(out, rpc_bytes_view(bytes)) != HEDDLE_OK)
        return base_fail_memory(err, "discovery");
    return HEDDLE_OK;
}

static heddle_status start(heddle_gateway *gateway, const wire_discovery_request *what,
                           size_t answers, const heddle_call_options *options,
                           heddle_discovery_fn *fn, void *user, heddle_call **out_call,
                           heddle_error *err)
{
    base_auto_buffer base_buffer request = {0};
    BASE_TRY(place(write_request(gateway, what, &request, err), err));
    struct asking *asking = base_calloc(1, sizeof(*asking));
    if (!asking)
        return place(base_fail_memory(err, "discovery"), err);
    *asking = (struct asking){answers, fn, user};
    client_step step = {.stage = HEDDLE_STAGE_DISCOVERY,
                        .method = WIRE_DISCOVERY_DISCOVER,
                        .limit_ms = client_gateway_limits(gateway)->evaluate_ms,
                        .fn = on_reply,
                        .user = asking};
    heddle_status status = client_launch(gateway, options, &step, &request, out_call, err);
    if (status != HEDDLE_OK)
        base_free(asking);
    return status;
}

static heddle_status check_channel(const char *channel, heddle_error *err)
{
    if (channel && *channel)
        return HEDDLE_OK;
    return place(base_fail(err, HEDDLE_E_BAD_ARGUMENT, "discovery: the channel is empty"), err);
}

heddle_status heddle_discover_channel_start(heddle_gateway *gateway, const char *channel,
                                            const heddle_call_options *options,
                                            heddle_discovery_fn *fn, void *user,
                                            heddle_call **out_call, heddle_error *err)
{
    BASE_TRY(check_channel(channel, err));
    wire_discovery_request what = {
        .channel = heddle_view_str(channel), .wants_config = true, .wants_peers = true};
    return start(gateway, &what, 2, options, fn, user, out_call, err);
}

heddle_status heddle_discover_local_start(heddle_gateway *gateway,
                                          const heddle_call_options *options,
                                          heddle_discovery_fn *fn, void *user,
                                          heddle_call **out_call, heddle_error *err)
{
    wire_discovery_request what = {.wants_local_peers = true};
    return start(gateway, &what, 1, options, fn, user, out_call, err);
}

/* What endorsers are asked for. */

static heddle_status take_interest(const heddle_interest *options, base_arena *arena,
                                   wire_chaincode_call *out, heddle_error *err)
{
    heddle_interest given = {0};
    if (!options)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "discovery: an interest is NULL");
    BASE_TRY(client_options_copy(&given, sizeof(given), options, "HEDDLE_INTEREST", err));
    if (!given.chaincode || !*given.chaincode)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "discovery: an interest has no chaincode");
    heddle_view *names = base_arena_zalloc(arena, given.collection_count + 1, sizeof(*names));
    heddle_view *keys = base_arena_zalloc(arena, given.key_policy_count + 1, sizeof(*keys));
    if (!names || !keys)
        return base_arena_fail(arena, err, "discovery");
    for (size_t i = 0; i < given.collection_count; i++)
        names[i] = heddle_view_str(given.collections[i]);
    for (size_t i = 0; i < given.key_policy_count; i++)
        keys[i] = given.key_policies[i];
    *out = (wire_chaincode_call){.name = heddle_view_str(given.chaincode),
                                 .collections = names,
                                 .collection_count = given.collection_count,
                                 .no_private_reads = given.no_private_reads,
                                 .no_public_writes = given.no_public_writes,
                                 .key_policies = keys,
                                 .key_policy_count = given.key_policy_count,
                                 .disregard_namespace_policy = given.disregard_namespace_policy};
    return HEDDLE_OK;
}

static heddle_status write_interest(const heddle_interest *const *interests, size_t count,
                                    base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_chaincode_call *calls = arena ? base_arena_zalloc(arena, count + 1, sizeof(*calls)) : NULL;
    if (!calls)
        return base_fail_memory(err, "discovery");
    if (!count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "discovery: there is no interest");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(take_interest(interests[i], arena, &calls[i], err));
    wire_interest interest = {.calls = calls, .call_count = count};
    if (wire_shape_write(&wire_interest_shape, &interest, out) != HEDDLE_OK)
        return base_fail_memory(err, "discovery");
    return HEDDLE_OK;
}

heddle_status heddle_discover_endorsers_start(heddle_gateway *gateway, const char *channel,
                                              const heddle_interest *const *interests,
                                              size_t interest_count,
                                              const heddle_call_options *options,
                                              heddle_discovery_fn *fn, void *user,
                                              heddle_call **out_call, heddle_error *err)
{
    base_auto_buffer base_buffer interest = {0};
    BASE_TRY(check_channel(channel, err));
    BASE_TRY(place(write_interest(interests, interest_count, &interest, err), err));
    wire_discovery_request what = {.channel = heddle_view_str(channel),
                                   .interest = base_buffer_view(&interest)};
    return start(gateway, &what, 1, options, fn, user, out_call, err);
}

/* Those that wait. */

static void keep(heddle_discovery *discovery, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    if (!err)
        *(heddle_discovery **)wait->out = discovery;
    client_wait_end(wait, err);
}

heddle_status heddle_discover_channel(heddle_gateway *gateway, const char *channel,
                                      const heddle_call_options *options, heddle_discovery **out,
                                      heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_discover_channel_start(gateway, channel, options, keep, &wait, NULL, err));
}

heddle_status heddle_discover_local(heddle_gateway *gateway, const heddle_call_options *options,
                                    heddle_discovery **out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait,
                            heddle_discover_local_start(gateway, options, keep, &wait, NULL, err));
}

heddle_status heddle_discover_endorsers(heddle_gateway *gateway, const char *channel,
                                        const heddle_interest *const *interests,
                                        size_t interest_count, const heddle_call_options *options,
                                        heddle_discovery **out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_discover_endorsers_start(gateway, channel, interests,
                                                                   interest_count, options, keep,
                                                                   &wait, NULL, err));
}
