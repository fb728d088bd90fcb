#include "peer/peer.h"

#include <string.h>

#include "base/fail.h"
#include "client/identity.h"
#include "client/steps.h"

void heddle_peer_close(heddle_peer *peer)
{
    if (!peer)
        return;
    heddle_gateway_close(peer->gateway);
    heddle_identity_unref(peer->identity);
    base_free(peer->address);
    base_free(peer);
}

/* One address is one peer: what several would answer is asked of several handles. */
static heddle_status check_target(heddle_gateway_options *options, heddle_error *err)
{
    if (!options->target && options->target_count == 1 && options->targets) {
        options->target = options->targets[0];
        if (options->name_overrides && options->name_overrides[0])
            options->name_override = options->name_overrides[0];
        options->targets = NULL;
        options->name_overrides = NULL;
        options->target_count = 0;
    }
    if (!options->target || !*options->target)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "peer: no target is given");
    if (options->target_count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "peer: one target, not several");
    options->follow_commits = false;
    return HEDDLE_OK;
}

heddle_status heddle_peer_open(const heddle_gateway_options *given, heddle_identity *identity,
                               heddle_peer **out, heddle_error *err)
{
    heddle_gateway_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_GATEWAY_OPTIONS", err));
    options.size = sizeof(options);
    BASE_TRY(check_target(&options, err));
    base_auto(heddle_peer) heddle_peer *peer = base_calloc(1, sizeof(*peer));
    if (!peer)
        return base_fail_memory(err, "peer");
    peer->address = base_strdup(options.target);
    if (!peer->address)
        return base_fail_memory(err, "peer");
    BASE_TRY(heddle_gateway_open(&options, &peer->gateway, err));
    peer->identity = identity ? heddle_identity_ref(identity) : NULL;
    *out = base_steal(&peer);
    return HEDDLE_OK;
}

const char *heddle_peer_address(const heddle_peer *peer)
{
    return peer->address;
}

heddle_status heddle_peer_reload_tls(heddle_peer *peer, const heddle_tls_material *material,
                                     heddle_error *err)
{
    heddle_status status = heddle_gateway_reload_tls(peer->gateway, material, err);
    if (status)
        peer_error_name(peer, err);
    return status;
}

void peer_error_name(const heddle_peer *peer, heddle_error *err)
{
    if (err && !strstr(err->message, peer->address))
        base_error_prefix(err, "%s", peer->address);
}

heddle_status peer_choose_identity(const heddle_peer *peer, heddle_identity *given,
                                   heddle_identity **out, heddle_error *err)
{
    heddle_identity *chosen = given ? given : peer->identity;
    if (!chosen)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: no identity is given to ask with",
                         peer->address);
    *out = chosen;
    return HEDDLE_OK;
}

typedef struct calling {
    heddle_peer *peer;
    peer_reply_fn *fn;
    void *user;
} calling;

static void on_reply(heddle_call *call, rpc_bytes *response, heddle_error *err, void *user)
{
    calling *c = user;
    if (err)
        peer_error_name(c->peer, err);
    c->fn(err ? NULL : response, err, c->user);
    base_free(c);
    client_call_finish(call);
}

heddle_status peer_call_start(heddle_peer *peer, const peer_call *call, base_buffer *request,
                              heddle_call **out_call, heddle_error *err)
{
    calling *c = base_calloc(1, sizeof(*c));
    if (!c) {
        base_buffer_done(request);
        return base_fail_memory(err, peer->address);
    }
    *c = (calling){.peer = peer, .fn = call->fn, .user = call->user};
    client_step step = {
        .stage = HEDDLE_STAGE_EVALUATE, .method = call->method, .fn = on_reply, .user = c};
    heddle_status status =
        client_launch(peer->gateway, call->options, &step, request, out_call, err);
    if (status) {
        peer_error_name(peer, err);
        base_free(c);
    }
    return status;
}
