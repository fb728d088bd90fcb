#include "devnet/peer/access.h"

#include "base/fail.h"
#include "wire/proposal.h"

/* Whether the proposal's creator, with its signature, is one of the collection's members. */
static bool is_member(const dn_txn *txn, const dn_collection *c, base_arena *arena)
{
    wire_proposal proposal;
    heddle_view bytes, signature;
    if (wire_signed_proposal_read(dn_txn_signed_proposal(txn), &bytes, &signature, NULL) !=
            HEDDLE_OK ||
        wire_proposal_read(bytes, arena, &proposal, NULL) != HEDDLE_OK)
        return false;
    base_auto(wire_bundle) wire_bundle *bundle = dn_ledger_config(dn_txn_ledger(txn));
    wire_signed by = {.data = {bytes}, .identity = proposal.header.creator, .signature = signature};
    return wire_bundle_evaluate_signature_policy(bundle, c->members, &by, 1, NULL) == HEDDLE_OK;
}

heddle_status dn_access_check(const dn_txn *txn, heddle_view ns, heddle_view coll,
                              dn_access_kind kind, base_arena *arena, heddle_error *err)
{
    const dn_collection *c = dn_definitions_collection(dn_txn_definitions(txn), ns, coll);
    bool is_write = kind == DN_ACCESS_WRITE;
    if (!c && base_view_starts(coll, VIEW("_implicit_org_")))
        return HEDDLE_OK; /* as a peer does: the simulation will not know it */
    if (!c)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "collection %s/%.*s/%.*s could not be found",
                         dn_txn_channel(txn), BASE_VIEW_ARG(ns), BASE_VIEW_ARG(coll));
    if (!(is_write ? c->member_only_write : c->member_only_read) || is_member(txn, c, arena))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DENIED,
                     "tx creator does not have %s access permission on privatedata in "
                     "chaincodeName:%.*s collectionName: %.*s",
                     is_write ? "write" : "read", BASE_VIEW_ARG(ns), BASE_VIEW_ARG(coll));
}

heddle_status dn_access_check_purge(const dn_txn *txn, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle = dn_ledger_config(dn_txn_ledger(txn));
    const wire_channel_config *config = wire_bundle_config(bundle);
    if (wire_capability_has(config->application_capabilities, "V2_5"))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "purge private data is not enabled, channel application capability of V2_5 "
                     "or later is required");
}
