#include "wire/transaction.h"
#include "base/fail.h"
#include "base/view.h"
#include "client/proposal.h"

enum { COPIED_MAX = 16 * 1024 };

void heddle_transaction_free(heddle_transaction *transaction)
{
    if (!transaction)
        return;
    client_binding_done(&transaction->binding);
    rpc_bytes_unref(transaction->held);
    base_free(transaction);
}

/* Read what the payload says of itself, and check that it is the transaction @p tx_id. */
static heddle_status take_payload(heddle_transaction *transaction, heddle_view payload,
                                  const char *tx_id, heddle_error *err)
{
    wire_prepared prepared;
    BASE_TRY(wire_prepared_read(payload, &prepared, err));
    BASE_TRY(client_tx_id_copy(prepared.header.tx_id, transaction->tx_id, err));
    if (strcmp(transaction->tx_id, tx_id) != 0)
        return base_fail(err, HEDDLE_E_DECODE, "the transaction inside is another one, %s",
                         transaction->tx_id);
    transaction->channel = prepared.header.channel;
    transaction->creator = prepared.header.creator;
    transaction->result = prepared.endorsed.result;
    transaction->sealed.message = payload;
    return HEDDLE_OK;
}

/* What was read from the connection may lie in a much larger piece of it. */
static rpc_bytes *hold(rpc_bytes *response)
{
    heddle_view bytes = rpc_bytes_view(response);
    return bytes.len <= COPIED_MAX ? rpc_bytes_copy(bytes) : rpc_bytes_ref(response);
}

heddle_status client_transaction_new(const client_binding *binding, rpc_bytes *response,
                                     const char *tx_id, heddle_transaction **out, heddle_error *err)
{
    wire_endorse_response answer = {0};
    base_auto(heddle_transaction) heddle_transaction *transaction =
        base_calloc(1, sizeof(*transaction));
    if (!transaction)
        return base_fail_memory(err, "transaction");
    client_binding_init(&transaction->binding, binding->gateway, binding->identity);
    transaction->held = hold(response);
    if (!transaction->held)
        return base_fail_memory(err, "transaction");
    BASE_TRY(wire_shape_read(&wire_endorse_response_shape, rpc_bytes_view(transaction->held), NULL,
                             &answer, err));
    BASE_TRY(take_payload(transaction, answer.prepared.bytes, tx_id, err));
    *out = base_steal(&transaction);
    return HEDDLE_OK;
}

static heddle_status take_kept(heddle_transaction *transaction, heddle_error *err)
{
    char tx_id[65];
    wire_gateway_transaction kept = {0};
    base_auto(arena) base_arena *arena = base_arena_new(1 << 20);
    if (!arena)
        return base_fail_memory(err, "transaction");
    BASE_TRY(wire_shape_read(&wire_gateway_transaction_shape, rpc_bytes_view(transaction->held),
                             arena, &kept, err));
    BASE_TRY(client_tx_id_copy(kept.tx_id, tx_id, err));
    BASE_TRY(take_payload(transaction, kept.content.bytes, tx_id, err));
    client_seal_keep(&transaction->sealed, kept.content.signature);
    transaction->may_be_known = true;
    return HEDDLE_OK;
}

heddle_status heddle_transaction_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                            heddle_view bytes, heddle_transaction **out,
                                            heddle_error *err)
{
    base_auto(heddle_transaction) heddle_transaction *transaction =
        base_calloc(1, sizeof(*transaction));
    if (!transaction)
        return base_fail_memory(err, "transaction");
    client_binding_init(&transaction->binding, gateway, identity);
    transaction->held = rpc_bytes_copy(bytes);
    if (!transaction->held)
        return base_fail_memory(err, "transaction");
    heddle_status status = take_kept(transaction, err);
    if (status) {
        base_error_prefix(err, "bytes of a transaction");
        return status;
    }
    *out = base_steal(&transaction);
    return HEDDLE_OK;
}

const char *heddle_transaction_tx_id(const heddle_transaction *transaction)
{
    return transaction->tx_id;
}

heddle_view heddle_transaction_result(const heddle_transaction *transaction)
{
    return transaction->result;
}

heddle_status heddle_transaction_bytes(const heddle_transaction *transaction, heddle_bytes *out,
                                       heddle_error *err)
{
    wire_gateway_transaction kept = {.tx_id = heddle_view_str(transaction->tx_id),
                                     .content = client_sealed_view(&transaction->sealed)};
    base_auto_buffer base_buffer buf = {0};
    BASE_TRY(client_write(&wire_gateway_transaction_shape, &kept, &buf, err));
    return client_bytes_give(&buf, out, err);
}

heddle_status heddle_transaction_digest(const heddle_transaction *transaction,
                                        uint8_t out[HEDDLE_DIGEST_MAX], size_t *out_len,
                                        heddle_error *err)
{
    return client_seal_digest(&transaction->sealed, transaction->binding.identity, out, out_len,
                              err);
}

heddle_view heddle_transaction_message(const heddle_transaction *transaction)
{
    return transaction->sealed.message;
}

heddle_status heddle_transaction_set_signature(heddle_transaction *transaction,
                                               heddle_view signature, heddle_error *err)
{
    return client_seal_set(&transaction->sealed, transaction->creator, signature, err);
}

heddle_status client_transaction_request(heddle_transaction *transaction, base_buffer *out,
                                         heddle_error *err)
{
    BASE_TRY(client_seal(&transaction->sealed, transaction->binding.identity, err));
    wire_gateway_request request = {.tx_id = heddle_view_str(transaction->tx_id),
                                    .channel = transaction->channel,
                                    .has_content = true,
                                    .content = client_sealed_view(&transaction->sealed)};
    return client_write(&wire_gateway_request_shape, &request, out, err);
}
