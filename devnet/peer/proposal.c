#include "devnet/peer/proposal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/identity.h"

static dn_refusal refuse(heddle_status status)
{
    return status == HEDDLE_OK ? DN_REFUSAL_NONE : DN_REFUSAL_CALL;
}

static heddle_status denied(const dn_checked_proposal *p, heddle_view mspid, heddle_error *err)
{
    return base_fail(err, HEDDLE_E_DENIED,
                     "error validating proposal: access denied: channel [%.*s] creator org [%.*s]",
                     BASE_VIEW_ARG(p->proposal.header.channel), BASE_VIEW_ARG(mspid));
}

static heddle_status unknown_org(const dn_checked_proposal *p, heddle_error *err)
{
    return base_fail(err, HEDDLE_E_DENIED,
                     "error validating proposal: access denied: channel [%.*s] creator org "
                     "unknown, creator is malformed",
                     BASE_VIEW_ARG(p->proposal.header.channel));
}

static heddle_status check_not_after(const crypto_cert *cert, heddle_error *err)
{
    if (crypto_cert_not_after_s(cert) < base_wall_now().seconds)
        return base_fail(err, HEDDLE_E_DENIED, "proposal client identity expired");
    return HEDDLE_OK;
}

/* An expired certificate is refused by a filter in front of the endorser, also one of
 * nobody the channel knows. Known identities are kept parsed. */
static heddle_status check_expiry(const wire_bundle *bundle, const dn_checked_proposal *p,
                                  heddle_error *err)
{
    wire_identity id;
    base_auto(crypto_identity) crypto_identity *known = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_view creator = p->proposal.header.creator;
    if (wire_bundle_identify(bundle, creator, &known, NULL) == HEDDLE_OK)
        return check_not_after(crypto_identity_cert(known), err);
    if (wire_identity_read(creator, &id, NULL) != HEDDLE_OK ||
        crypto_cert_parse(id.cert, &cert, NULL) != HEDDLE_OK)
        return HEDDLE_OK;
    return check_not_after(cert, err);
}

static heddle_status check_creator(const wire_bundle *bundle, const dn_checked_proposal *p,
                                   heddle_error *err)
{
    wire_identity id;
    base_auto(crypto_identity) crypto_identity *creator = NULL;
    wire_signed by = {.data = {p->proposal.bytes},
                      .identity = p->proposal.header.creator,
                      .signature = p->signature};
    if (wire_identity_read(by.identity, &id, NULL) != HEDDLE_OK ||
        !wire_bundle_msp(bundle, id.mspid))
        return unknown_org(p, err);
    heddle_status status = wire_bundle_verify(bundle, &by, &creator, err);
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY)
        return status;
    /* as real peers say it of a certificate that the named MSP did not issue */
    crypto_msp *msp = wire_bundle_msp(bundle, id.mspid);
    if (crypto_msp_check_issued(msp, id.cert, NULL) != HEDDLE_OK)
        return unknown_org(p, err);
    return denied(p, id.mspid, err);
}

static heddle_status check_form(const dn_checked_proposal *p, heddle_error *err)
{
    heddle_status status = wire_proposal_check(&p->proposal, err);
    if (status == HEDDLE_OK && !p->signature.len)
        status = base_fail(err, HEDDLE_E_REFUSED, "empty signature bytes");
    if (status != HEDDLE_OK)
        base_error_prefix(err, "error validating proposal");
    return status;
}

static heddle_status check_duplicate(const dn_core *core, dn_checked_proposal *p, base_arena *arena,
                                     heddle_error *err)
{
    dn_version at;
    const wire_header *header = &p->proposal.header;
    if (!dn_index_find_tx(dn_ledger_index(core->ledger), header->tx_id, &at))
        return HEDDLE_OK;
    char *creator = base_arena_alloc(arena, header->creator.len * 2 + 1);
    if (!creator)
        return base_arena_fail(arena, err, "proposal");
    base_hex(header->creator, creator);
    p->long_text = base_arena_printf(arena, "duplicate transaction found [%.*s]. Creator [%s]",
                                     BASE_VIEW_ARG(header->tx_id), creator);
    return base_fail(err, HEDDLE_E_EXISTS, "duplicate transaction found [%.*s]",
                     BASE_VIEW_ARG(header->tx_id));
}

static heddle_status check_writers(const wire_bundle *bundle, const dn_checked_proposal *p,
                                   base_arena *arena, heddle_error *err)
{
    heddle_error why;
    const char *path = wire_channel_config_acl(wire_bundle_config(bundle), "peer/Propose", arena);
    if (!path)
        return base_arena_fail(arena, err, "access control");
    wire_signed by = {.data = {p->proposal.bytes},
                      .identity = p->proposal.header.creator,
                      .signature = p->signature};
    heddle_status status = wire_bundle_evaluate(bundle, path, &by, 1, &why);
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY)
        return status;
    return base_fail(err, HEDDLE_E_DENIED,
                     "failed evaluating policy on signed data during check policy on channel [%s] "
                     "with policy [%s]: [%s]",
                     p->core->channel->name, path, why.message);
}

static heddle_status unpack(heddle_view request, base_arena *arena, dn_checked_proposal *p,
                            heddle_error *err)
{
    heddle_view bytes;
    BASE_TRY(wire_signed_proposal_read(request, &bytes, &p->signature, err));
    BASE_TRY(wire_proposal_read(bytes, arena, &p->proposal, err));
    p->is_system = dn_is_system_chaincode(p->proposal.chaincode);
    return wire_proposal_hash(&p->proposal, arena, p->hash, err);
}

static heddle_status check_all(const wire_bundle *bundle, dn_checked_proposal *p, base_arena *arena,
                               heddle_error *err)
{
    const dn_core *core = p->core;
    BASE_TRY(check_form(p, err));
    BASE_TRY(check_creator(bundle, p, err));
    if (!core)
        return HEDDLE_OK;
    BASE_TRY(check_duplicate(core, p, arena, err));
    return p->is_system ? HEDDLE_OK : check_writers(bundle, p, arena, err);
}

dn_refusal dn_proposal_check(const dn_local *local, heddle_view request, base_arena *arena,
                             dn_checked_proposal *out, heddle_error *err)
{
    *out = (dn_checked_proposal){0};
    if (unpack(request, arena, out, err) != HEDDLE_OK)
        return DN_REFUSAL_CALL;
    heddle_view channel = out->proposal.header.channel;
    out->core = dn_local_find(local, channel);
    /* without a channel only the peer's own organisation is known */
    base_auto(wire_bundle) wire_bundle *bundle =
        out->core ? dn_config_holder_acquire(out->core->channel->config)
                  : wire_bundle_ref(local->bundle);
    if (check_expiry(bundle, out, err) != HEDDLE_OK)
        return DN_REFUSAL_CALL;
    if (channel.len && !out->core) {
        base_fail(err, HEDDLE_E_NOT_FOUND, "channel '%.*s' not found", BASE_VIEW_ARG(channel));
        return DN_REFUSAL_RESPONSE;
    }
    return refuse(check_all(bundle, out, arena, err));
}
