/* Queries of the peer's channels and their configuration. */
#include "base/fail.h"
#include "devnet/peer/joiner.h"
#include "devnet/peer/system.h"
#include "peer/query.pb-c.h"
#include "wire/identity.h"

static heddle_status denied(const dn_system_call *call, const char *name, const heddle_error *why,
                            heddle_error *err)
{
    return base_fail(err, HEDDLE_E_DENIED, "access denied for [%s][%s]: %s", name,
                     call->core->channel->name, why->message);
}

static heddle_status list_channels(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    size_t count = 0;
    const dn_core *core;
    Protos__ChannelQueryResponse response = PROTOS__CHANNEL_QUERY_RESPONSE__INIT;
    while (dn_local_at(call->local, count))
        count++;
    response.channels = base_arena_zalloc(call->arena, count + 1, sizeof(*response.channels));
    if (!response.channels)
        return base_arena_fail(call->arena, err, "channels");
    for (size_t i = 0; i < count && (core = dn_local_at(call->local, i)); i++) {
        Protos__ChannelInfo *info = wire_new(protos__channel_info, call->arena);
        if (!info)
            return base_arena_fail(call->arena, err, "channels");
        info->channel_id = wire_text(core->channel->name);
        response.channels[response.n_channels++] = info;
    }
    return wire_encode_arena(&response.base, call->arena, out, err);
}

/* Members of the peer's own organisation may ask. */
static heddle_status channels(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    wire_identity creator;
    const char *own = call->local->node->msp_id;
    if (wire_identity_read(call->proposal->header.creator, &creator, NULL) != HEDDLE_OK ||
        !base_view_is(creator.mspid, own))
        return base_fail(err, HEDDLE_E_DENIED,
                         "access denied for [GetChannels]: Failed deserializing proposal creator "
                         "during channelless check policy with policy [Members]: [expected MSP ID "
                         "%s]",
                         own);
    return list_channels(call, out, err);
}

static heddle_status config_block(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(dn_blockstore_read(dn_ledger_blocks(call->core->ledger),
                                dn_config_holder_block(call->core->channel->config), &bytes, err));
    *out = base_arena_view(call->arena, base_buffer_view(&bytes));
    return out->data ? HEDDLE_OK : base_arena_fail(call->arena, err, "block");
}

static heddle_status channel_config(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle =
        dn_config_holder_acquire(call->core->channel->config);
    const wire_channel_config *config = wire_bundle_config(bundle);
    return wire_encode_arena(&config->config->base, call->arena, out, err);
}

static heddle_status of_channel(const dn_system_call *call, const char *name, dn_system_fn *run,
                                heddle_view *out, heddle_error *err)
{
    heddle_view channel = base_view_slice(dn_system_arg(call, 1), 0, 64);
    heddle_error why;
    char resource[64] = "cscc/";
    strncat(resource, name, sizeof(resource) - sizeof("cscc/"));
    if (call->proposal->arg_count < 2)
        return base_fail(err, HEDDLE_E_REFUSED, "Incorrect number of arguments, %zu",
                         call->proposal->arg_count);
    dn_system_call on = dn_system_on(call, dn_system_arg(call, 1));
    if (!on.core)
        return base_fail(err, HEDDLE_E_REFUSED, "Unknown channel ID, %.*s", BASE_VIEW_ARG(channel));
    heddle_status status = dn_system_check_acl(&on, resource, &why);
    if (status == HEDDLE_E_DENIED)
        return denied(&on, name, &why, err);
    BASE_TRY(status);
    return run(&on, out, err);
}

/* Joining is for administrators of the peer's own organisation. */
static heddle_status check_local_admin(const dn_system_call *call, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *who = NULL;
    wire_signed by = {.data = {call->proposal->bytes},
                      .identity = call->proposal->header.creator,
                      .signature = call->signature};
    heddle_error why;
    heddle_status status = wire_bundle_verify(call->local->bundle, &by, &who, &why);
    if (status == HEDDLE_OK)
        status = crypto_identity_has_role(who, CRYPTO_ROLE_ADMIN, &why);
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY)
        return status;
    return base_fail(err, HEDDLE_E_DENIED,
                     "access denied for [JoinChain]: [Failed verifying that proposal's creator "
                     "satisfies local MSP principal during channelless check policy with policy "
                     "[Admins]: [%s]]",
                     why.message);
}

static heddle_status join_chain(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    heddle_view block = dn_system_arg(call, 1);
    if (call->proposal->arg_count < 2)
        return base_fail(err, HEDDLE_E_REFUSED, "Incorrect number of arguments, %zu",
                         call->proposal->arg_count);
    BASE_TRY(check_local_admin(call, err));
    if (!block.len)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "Cannot join the channel <nil> configuration block provided");
    heddle_status status = dn_joiner_join(call->local->joiner, block, err);
    if (status == HEDDLE_E_DECODE || status == HEDDLE_E_CONFIG)
        base_error_prefix(err, "\"JoinChain\" failed because of validation of configuration block, "
                               "because of");
    *out = (heddle_view){0};
    return status;
}

heddle_status dn_cscc_run(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    heddle_view name = base_view_slice(dn_system_arg(call, 0), 0, 64);
    if (!call->proposal->arg_count)
        return base_fail(err, HEDDLE_E_REFUSED, "Incorrect number of arguments, 0");
    if (call->called_by.len)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "Rejecting invoke of CSCC from another chaincode, original invocation for "
                         "'%.*s'",
                         BASE_VIEW_ARG(call->called_by));
    if (base_view_is(name, "GetChannels"))
        return channels(call, out, err);
    if (base_view_is(name, "GetConfigBlock"))
        return of_channel(call, "GetConfigBlock", config_block, out, err);
    if (base_view_is(name, "GetChannelConfig"))
        return of_channel(call, "GetChannelConfig", channel_config, out, err);
    if (base_view_is(name, "JoinChain"))
        return join_chain(call, out, err);
    if (base_view_starts(name, VIEW("JoinChainBySnapshot")) ||
        base_view_is(name, "JoinBySnapshotStatus"))
        return base_fail(err, HEDDLE_E_REFUSED,
                         "%.*s is not supported: a peer of this network joins by block 0",
                         BASE_VIEW_ARG(name));
    return base_fail(err, HEDDLE_E_REFUSED, "Requested function %.*s not found.",
                     BASE_VIEW_ARG(name));
}
