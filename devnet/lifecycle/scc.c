/* _lifecycle: which function is called, and whether its caller may. */
#include "base/fail.h"
#include "devnet/lifecycle/lifecycle.h"
#include "wire/identity.h"

typedef struct function {
    const char *name;
    dn_lifecycle_fn *run;
    bool is_local; /* for administrators of the peer's organisation; others: a policy's choice */
    bool needs_channel;
} function;

static const function functions[] = {
    {"InstallChaincode", dn_lifecycle_install, true, false},
    {"QueryInstalledChaincode", dn_lifecycle_query_installed, true, false},
    {"QueryInstalledChaincodes", dn_lifecycle_query_all_installed, true, false},
    {"GetInstalledChaincodePackage", dn_lifecycle_get_package, true, false},
    {"ApproveChaincodeDefinitionForMyOrg", dn_lifecycle_approve, true, true},
    {"QueryApprovedChaincodeDefinition", dn_lifecycle_query_approved, true, true},
    {"QueryApprovedChaincodeDefinitions", dn_lifecycle_query_all_approved, true, true},
    {"CheckCommitReadiness", dn_lifecycle_check_readiness, false, true},
    {"CommitChaincodeDefinition", dn_lifecycle_commit, false, true},
    {"QueryChaincodeDefinition", dn_lifecycle_query_committed, false, true},
    {"QueryChaincodeDefinitions", dn_lifecycle_query_all_committed, false, true},
};

static const function *find(heddle_view name)
{
    for (size_t i = 0; i < BASE_COUNT(functions); i++) {
        if (base_view_is(name, functions[i].name))
            return &functions[i];
    }
    return NULL;
}

/* Who may do what on this peer, whatever the channel. */

static heddle_status check_admin(const dn_system_call *call, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *who = NULL;
    wire_signed by = {.data = {call->proposal->bytes},
                      .identity = call->proposal->header.creator,
                      .signature = call->signature};
    const char *own = call->local->node->msp_id;
    wire_identity id;
    heddle_error why;
    BASE_TRY(wire_identity_read(by.identity, &id, err));
    if (!base_view_is(id.mspid, own))
        return base_fail(err, HEDDLE_E_DENIED,
                         "Failed deserializing proposal creator during channelless check policy "
                         "with policy [Admins]: [expected MSP ID %s, received %.*s]",
                         own, BASE_VIEW_ARG(base_view_slice(id.mspid, 0, 64)));
    BASE_TRY(wire_bundle_verify(call->local->bundle, &by, &who, err));
    if (crypto_identity_has_role(who, CRYPTO_ROLE_ADMIN, &why) == HEDDLE_OK)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DENIED,
                     "Failed verifying that proposal's creator satisfies local MSP principal "
                     "during channelless check policy with policy [Admins]: [The identity is not "
                     "an admin under this MSP [%s]: %s]",
                     own, why.message);
}

static heddle_status check_channel(const dn_system_call *call, const function *f, heddle_error *err)
{
    char resource[96] = DN_LIFECYCLE "/";
    strncat(resource, f->name, sizeof(resource) - sizeof(DN_LIFECYCLE "/"));
    if (call->core)
        return dn_system_check_acl(call, resource, err);
    return base_fail(err, HEDDLE_E_DENIED,
                     "'%s' is a function of a channel, and the proposal names none", f->name);
}

static heddle_status check_caller(const dn_system_call *call, const function *f, heddle_view name,
                                  heddle_error *err)
{
    heddle_status status;
    if (!f)
        status = base_fail(err, HEDDLE_E_DENIED, "Unmapped policy for " DN_LIFECYCLE "/%.*s",
                           BASE_VIEW_ARG(name));
    else
        status = f->is_local ? check_admin(call, err) : check_channel(call, f, err);
    if (status != HEDDLE_OK && status != HEDDLE_E_NO_MEMORY)
        base_error_prefix(err, "Failed to authorize invocation due to failed ACL check");
    return status;
}

/* Running. */

static heddle_status run_on_channel(const dn_system_call *call, const function *f, heddle_view *out,
                                    heddle_error *err)
{
    dn_lifecycle l = {.call = call, .arena = call->arena};
    char *own = base_arena_printf(call->arena, DN_IMPLICIT_PREFIX "%s", call->local->node->msp_id);
    if (!own)
        return base_arena_fail(call->arena, err, "lifecycle");
    l.sim = call->txn ? dn_txn_acquire(call->txn) : NULL;
    if (!l.sim)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the simulation is over");
    base_auto(wire_bundle) wire_bundle *bundle =
        dn_config_holder_acquire(call->core->channel->config);
    l.bundle = bundle;
    l.definitions = dn_txn_definitions(call->txn);
    l.public_place = (dn_record_place){.sim = l.sim, .arena = call->arena};
    l.own_place =
        (dn_record_place){.sim = l.sim, .collection = heddle_view_str(own), .arena = call->arena};
    heddle_status status = f->run(&l, dn_system_arg(call, 1), out, err);
    dn_txn_release(call->txn);
    return status;
}

static heddle_status run(const dn_system_call *call, const function *f, heddle_view *out,
                         heddle_error *err)
{
    dn_lifecycle l = {.call = call, .arena = call->arena};
    if (!f->needs_channel)
        return f->run(&l, dn_system_arg(call, 1), out, err);
    if (call->core)
        return run_on_channel(call, f, out, err);
    return base_fail(err, HEDDLE_E_REFUSED, "could not get channelconfig for channel ''");
}

heddle_status dn_lifecycle_run(const dn_system_call *call, heddle_view *out, heddle_error *err)
{
    heddle_view name = base_view_slice(dn_system_arg(call, 0), 0, 64);
    const function *f = find(name);
    if (!call->proposal->arg_count)
        return base_fail(err, HEDDLE_E_REFUSED, "lifecycle scc must be invoked with arguments");
    if (call->proposal->arg_count != 2)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "lifecycle scc operations require exactly two arguments but received %zu",
                         call->proposal->arg_count);
    BASE_TRY(check_caller(call, f, name, err));
    heddle_status status = run(call, f, out, err);
    if (status == HEDDLE_E_NOT_FOUND && f->run == dn_lifecycle_query_committed)
        return status;
    if (status != HEDDLE_OK && status != HEDDLE_E_NO_MEMORY) {
        base_error_prefix(err, "failed to invoke backing implementation of '%s'", f->name);
        return HEDDLE_E_REFUSED;
    }
    return status;
}
