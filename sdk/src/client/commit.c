#include "base/fail.h"
#include "base/view.h"
#include "client/proposal.h"

void heddle_commit_free(heddle_commit *commit)
{
    if (!commit)
        return;
    client_watch_unref(commit->watch);
    client_binding_done(&commit->binding);
    base_buffer_done(&commit->request);
    base_free(commit);
}

static heddle_commit *commit_alloc(heddle_gateway *gateway, heddle_identity *identity)
{
    heddle_commit *commit = base_calloc(1, sizeof(*commit));
    if (commit)
        client_binding_init(&commit->binding, gateway, identity);
    return commit;
}

/* What is signed, and who signs it, out of the commit's own copy of the request. */
static heddle_status take_message(heddle_commit *commit, heddle_error *err)
{
    wire_commit_request request = {0};
    commit->sealed.message = base_buffer_view(&commit->request);
    BASE_TRY(
        wire_shape_read(&wire_commit_request_shape, commit->sealed.message, NULL, &request, err));
    commit->creator = request.identity;
    return client_tx_id_copy(request.tx_id, commit->tx_id, err);
}

heddle_status client_commit_make(const client_binding *binding, heddle_view channel,
                                 const char *tx_id, heddle_view creator, heddle_commit **out,
                                 heddle_error *err)
{
    base_auto(heddle_commit) heddle_commit *commit =
        commit_alloc(binding->gateway, binding->identity);
    if (!commit)
        return base_fail_memory(err, "commit");
    wire_commit_request request = {
        .tx_id = heddle_view_str(tx_id), .channel = channel, .identity = creator};
    BASE_TRY(client_write(&wire_commit_request_shape, &request, &commit->request, err));
    BASE_TRY(take_message(commit, err));
    *out = base_steal(&commit);
    return HEDDLE_OK;
}

heddle_status heddle_commit_new(heddle_gateway *gateway, heddle_identity *identity,
                                const char *channel, const char *tx_id, heddle_commit **out,
                                heddle_error *err)
{
    if (!gateway || !identity || !channel || !*channel || !tx_id || !*tx_id)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "commit: gateway, identity, channel and transaction id are required");
    client_binding binding = {.gateway = gateway, .identity = identity};
    return client_commit_make(&binding, heddle_view_str(channel), tx_id,
                              client_identity_creator(identity), out, err);
}

static heddle_status take_signed(heddle_commit *commit, heddle_view bytes, heddle_error *err)
{
    wire_signed_message content = {0};
    BASE_TRY(wire_shape_read(&wire_signed_message_shape, bytes, NULL, &content, err));
    if (base_buffer_append(&commit->request, content.bytes))
        return base_fail_memory(err, "commit");
    client_seal_keep(&commit->sealed, content.signature);
    return take_message(commit, err);
}

heddle_status heddle_commit_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                       heddle_view bytes, heddle_commit **out, heddle_error *err)
{
    base_auto(heddle_commit) heddle_commit *commit = commit_alloc(gateway, identity);
    if (!commit)
        return base_fail_memory(err, "commit");
    heddle_status status = take_signed(commit, bytes, err);
    if (status) {
        base_error_prefix(err, "bytes of a commit");
        return status;
    }
    *out = base_steal(&commit);
    return HEDDLE_OK;
}

heddle_status client_commit_copy(const heddle_commit *commit, heddle_commit **out,
                                 heddle_error *err)
{
    base_auto(heddle_commit) heddle_commit *copy =
        commit_alloc(commit->binding.gateway, commit->binding.identity);
    if (!copy || base_buffer_append(&copy->request, base_buffer_view(&commit->request)))
        return base_fail_memory(err, "commit");
    BASE_TRY(take_message(copy, err));
    client_seal_keep(&copy->sealed, client_sealed_view(&commit->sealed).signature);
    copy->watch = client_watch_ref(commit->watch);
    *out = base_steal(&copy);
    return HEDDLE_OK;
}

/* A first copy may have a block by now, which nobody would have waited for. */
void client_commit_follow(heddle_commit *commit, heddle_transaction *transaction)
{
    if (!transaction->may_be_known && !commit->watch)
        commit->watch = client_follow(commit->binding.gateway, commit->binding.identity,
                                      transaction->channel, transaction->tx_id);
    transaction->may_be_known = true;
}

const char *heddle_commit_tx_id(const heddle_commit *commit)
{
    return commit->tx_id;
}

static heddle_status write_signed(const heddle_commit *commit, base_buffer *out, heddle_error *err)
{
    wire_signed_message content = client_sealed_view(&commit->sealed);
    return client_write(&wire_signed_message_shape, &content, out, err);
}

heddle_status heddle_commit_bytes(const heddle_commit *commit, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer buf = {0};
    BASE_TRY(write_signed(commit, &buf, err));
    return client_bytes_give(&buf, out, err);
}

heddle_status heddle_commit_digest(const heddle_commit *commit, uint8_t out[HEDDLE_DIGEST_MAX],
                                   size_t *out_len, heddle_error *err)
{
    return client_seal_digest(&commit->sealed, commit->binding.identity, out, out_len, err);
}

heddle_view heddle_commit_message(const heddle_commit *commit)
{
    return commit->sealed.message;
}

heddle_status heddle_commit_set_signature(heddle_commit *commit, heddle_view signature,
                                          heddle_error *err)
{
    return client_seal_set(&commit->sealed, commit->creator, signature, err);
}

heddle_status client_commit_request_write(heddle_commit *commit, base_buffer *out,
                                          heddle_error *err)
{
    BASE_TRY(client_seal(&commit->sealed, commit->binding.identity, err));
    return write_signed(commit, out, err);
}

heddle_status client_commit_answer(const char tx_id[65], heddle_view response,
                                   heddle_commit_status *out, heddle_error *err)
{
    wire_commit_response answer = {0};
    BASE_TRY(wire_shape_read(&wire_commit_response_shape, response, NULL, &answer, err));
    *out = (heddle_commit_status){.validation_code = answer.code, .block_number = answer.block};
    memcpy(out->tx_id, tx_id, sizeof(out->tx_id));
    return HEDDLE_OK;
}

heddle_status client_commit_invalid(const heddle_commit_status *judged, heddle_error *err)
{
    heddle_status status = base_fail(
        err, HEDDLE_E_TX_INVALID, "commit: transaction %s in block %llu is invalid: %s (%d)",
        judged->tx_id, (unsigned long long)judged->block_number,
        heddle_validation_code_name(judged->validation_code), judged->validation_code);
    if (err)
        err->validation_code = judged->validation_code;
    client_error_place(err, HEDDLE_STAGE_COMMIT, judged->tx_id);
    return status;
}
