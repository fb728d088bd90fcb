#include "client/proposal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "wire/block.h"
#include "wire/identity.h"
#include "wire/proposal.h"
#include "wire/services.h"

enum { MAX_ARGS = 65536, MAX_TRANSIENT = 4096, MAX_ORGS = 1024 };

const char *heddle_validation_code_name(int code)
{
    return wire_code_name(code);
}

void heddle_proposal_free(heddle_proposal *proposal)
{
    if (!proposal)
        return;
    client_binding_done(&proposal->binding);
    base_arena_free(proposal->arena);
    base_free(proposal);
}

static heddle_status proposal_alloc(heddle_gateway *gateway, heddle_identity *identity,
                                    heddle_proposal **out, heddle_error *err)
{
    heddle_proposal *proposal = base_calloc(1, sizeof(*proposal));
    if (!proposal)
        return base_fail_memory(err, "proposal");
    client_binding_init(&proposal->binding, gateway, identity);
    proposal->arena = base_arena_new(0);
    if (!proposal->arena) {
        heddle_proposal_free(proposal);
        return base_fail_memory(err, "proposal");
    }
    *out = proposal;
    return HEDDLE_OK;
}

heddle_status client_request_check(const heddle_request *request, heddle_error *err)
{
    if (!request->function || !*request->function)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "request: the function's name is empty");
    if (request->arg_count > MAX_ARGS || request->transient_count > MAX_TRANSIENT ||
        request->endorsing_org_count > MAX_ORGS)
        return base_fail(err, HEDDLE_E_TOO_LARGE,
                         "request: at most %d arguments, %d transient entries and %d "
                         "organisations",
                         MAX_ARGS, MAX_TRANSIENT, MAX_ORGS);
    if ((request->arg_count && !request->args && !request->texts) ||
        (request->transient_count && !request->transient) ||
        (request->endorsing_org_count && !request->endorsing_orgs))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "request: a list is NULL, its count not 0");
    for (size_t i = 0; i < request->endorsing_org_count; i++)
        if (!request->endorsing_orgs[i])
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "request: organisation %zu is NULL", i);
    for (size_t i = 0; i < request->transient_count; i++)
        if (!request->transient[i].name)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "request: transient entry %zu has no name",
                             i);
    return HEDDLE_OK;
}

heddle_status client_request_args(const heddle_contract *contract, const heddle_request *request,
                                  base_arena *arena, const heddle_view **out, size_t *out_count,
                                  heddle_error *err)
{
    heddle_view *args = base_arena_zalloc(arena, request->arg_count + 1, sizeof(*args));
    const char *function = request->function;
    if (args && *contract->prefix)
        function = base_arena_printf(arena, "%s%s", contract->prefix, request->function);
    if (!args || !function)
        return base_arena_fail(arena, err, "arguments");
    args[0] = heddle_view_str(function);
    for (size_t i = 0; i < request->arg_count; i++)
        args[i + 1] = request->args ? request->args[i] : heddle_view_str(request->texts[i]);
    *out = args;
    *out_count = request->arg_count + 1;
    return HEDDLE_OK;
}

static heddle_status fill_transient(const heddle_request *request, base_arena *arena,
                                    wire_proposal_draft *draft, heddle_error *err)
{
    wire_transient *entries =
        base_arena_zalloc(arena, request->transient_count + 1, sizeof(*entries));
    if (!entries)
        return base_arena_fail(arena, err, "transient data");
    for (size_t i = 0; i < request->transient_count; i++)
        entries[i] = (wire_transient){.name = heddle_view_str(request->transient[i].name),
                                      .value = request->transient[i].value};
    draft->transient = entries;
    draft->transient_count = request->transient_count;
    return HEDDLE_OK;
}

static heddle_status fill_orgs(heddle_proposal *proposal, const heddle_view *orgs, size_t count,
                               heddle_error *err)
{
    proposal->orgs = base_arena_zalloc(proposal->arena, count + 1, sizeof(heddle_view));
    if (!proposal->orgs)
        return base_arena_fail(proposal->arena, err, "organisations");
    for (; proposal->org_count < count; proposal->org_count++) {
        heddle_view copy = base_arena_view(proposal->arena, orgs[proposal->org_count]);
        if (!copy.data && orgs[proposal->org_count].len)
            return base_arena_fail(proposal->arena, err, "organisations");
        proposal->orgs[proposal->org_count] = copy;
    }
    return HEDDLE_OK;
}

static heddle_status org_names(heddle_proposal *proposal, const heddle_request *request,
                               heddle_error *err)
{
    heddle_view *views =
        base_arena_zalloc(proposal->arena, request->endorsing_org_count + 1, sizeof(*views));
    if (!views)
        return base_arena_fail(proposal->arena, err, "organisations");
    for (size_t i = 0; i < request->endorsing_org_count; i++)
        views[i] = heddle_view_str(request->endorsing_orgs[i]);
    return fill_orgs(proposal, views, request->endorsing_org_count, err);
}

static heddle_status build(heddle_proposal *proposal, const heddle_contract *contract,
                           const heddle_request *request, heddle_view nonce, heddle_error *err)
{
    base_arena *arena = proposal->arena;
    wire_proposal_draft draft = {
        .channel = heddle_view_str(contract->channel),
        .chaincode = heddle_view_str(contract->chaincode),
        .creator = client_identity_creator(proposal->binding.identity),
        .nonce = nonce,
        .time = base_wall_now(),
        .is_init = request->is_init,
    };
    BASE_TRY(client_request_args(contract, request, arena, &draft.args, &draft.arg_count, err));
    BASE_TRY(fill_transient(request, arena, &draft, err));
    BASE_TRY(wire_proposal_write(&draft, arena, &proposal->sealed.message, proposal->tx_id, err));
    proposal->creator = client_identity_creator(proposal->binding.identity);
    proposal->channel = base_arena_view(arena, draft.channel);
    if (!proposal->channel.data)
        return base_arena_fail(arena, err, "proposal");
    return org_names(proposal, request, err);
}

heddle_status client_proposal_new(heddle_contract *contract, const heddle_request *given,
                                  heddle_view nonce, heddle_proposal **out, heddle_error *err)
{
    heddle_request request = {0};
    BASE_TRY(client_options_copy(&request, sizeof(request), given, "HEDDLE_REQUEST", err));
    BASE_TRY(client_request_check(&request, err));
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    BASE_TRY(proposal_alloc(contract->binding.gateway, contract->binding.identity, &proposal, err));
    BASE_TRY(build(proposal, contract, &request, nonce, err));
    *out = base_steal(&proposal);
    return HEDDLE_OK;
}

heddle_status heddle_proposal_new(heddle_contract *contract, const heddle_request *request,
                                  heddle_proposal **out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    heddle_status status = crypto_nonce(nonce, sizeof(nonce));
    if (status)
        return base_fail(err, status, "nonce of a proposal");
    return client_proposal_new(contract, request, heddle_view_of(nonce, sizeof(nonce)), out, err);
}

/* The bytes say more than the parts agree on; a signature is made over what was read here. */
static heddle_status take_kept(heddle_proposal *proposal, heddle_view bytes, heddle_error *err)
{
    base_arena *arena = proposal->arena;
    wire_gateway_transaction kept = {0};
    wire_proposal inner;
    heddle_view copy = base_arena_view(arena, bytes);
    if (!copy.data && bytes.len)
        return base_arena_fail(arena, err, "proposal");
    BASE_TRY(wire_shape_read(&wire_gateway_transaction_shape, copy, arena, &kept, err));
    BASE_TRY(wire_proposal_read(kept.content.bytes, arena, &inner, err));
    BASE_TRY(client_tx_id_copy(kept.tx_id, proposal->tx_id, err));
    if (!base_view_equal(inner.header.tx_id, kept.tx_id))
        return base_fail(err, HEDDLE_E_DECODE,
                         "the transaction id is not that of the proposal inside");
    proposal->channel = inner.header.channel;
    proposal->sealed.message = kept.content.bytes;
    proposal->creator = inner.header.creator;
    client_seal_keep(&proposal->sealed, kept.content.signature);
    return fill_orgs(proposal, kept.orgs, kept.org_count, err);
}

heddle_status heddle_proposal_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                         heddle_view bytes, heddle_proposal **out,
                                         heddle_error *err)
{
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    BASE_TRY(proposal_alloc(gateway, identity, &proposal, err));
    heddle_status status = take_kept(proposal, bytes, err);
    if (status) {
        base_error_prefix(err, "bytes of a proposal");
        return status;
    }
    *out = base_steal(&proposal);
    return HEDDLE_OK;
}

const char *heddle_proposal_tx_id(const heddle_proposal *proposal)
{
    return proposal->tx_id;
}

heddle_status heddle_proposal_bytes(const heddle_proposal *proposal, heddle_bytes *out,
                                    heddle_error *err)
{
    wire_gateway_transaction kept = {.tx_id = heddle_view_str(proposal->tx_id),
                                     .content = client_sealed_view(&proposal->sealed),
                                     .orgs = proposal->orgs,
                                     .org_count = proposal->org_count};
    base_auto_buffer base_buffer buf = {0};
    BASE_TRY(client_write(&wire_gateway_transaction_shape, &kept, &buf, err));
    return client_bytes_give(&buf, out, err);
}

heddle_status heddle_proposal_digest(const heddle_proposal *proposal,
                                     uint8_t out[HEDDLE_DIGEST_MAX], size_t *out_len,
                                     heddle_error *err)
{
    return client_seal_digest(&proposal->sealed, proposal->binding.identity, out, out_len, err);
}

heddle_view heddle_proposal_message(const heddle_proposal *proposal)
{
    return proposal->sealed.message;
}

heddle_status heddle_proposal_set_signature(heddle_proposal *proposal, heddle_view signature,
                                            heddle_error *err)
{
    return client_seal_set(&proposal->sealed, proposal->creator, signature, err);
}

heddle_status client_proposal_request(heddle_proposal *proposal, base_buffer *out,
                                      heddle_error *err)
{
    BASE_TRY(client_seal(&proposal->sealed, proposal->binding.identity, err));
    wire_gateway_request request = {.tx_id = heddle_view_str(proposal->tx_id),
                                    .channel = proposal->channel,
                                    .has_content = true,
                                    .content = client_sealed_view(&proposal->sealed),
                                    .orgs = proposal->orgs,
                                    .org_count = proposal->org_count};
    return client_write(&wire_gateway_request_shape, &request, out, err);
}
