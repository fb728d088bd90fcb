/* Transactions: proposed, simulated, and told to the test. */
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "mock/commit.h"
#include "mock/visit.h"
#include "peer/chaincode.pb-c.h"
#include "wire/proposal.h"
#include "wire/tx_shape.h"

static const heddle_cc_mock_call default_call = HEDDLE_CC_MOCK_CALL;

enum { STATUS_REFUSED = 400, STATUS_FAILED = 500 };

void mock_tx_free(heddle_cc_mock_tx *tx)
{
    base_list_remove(&tx->link);
    mock_sim_done(&tx->sim);
    base_arena_free(tx->arena);
    base_free(tx);
}

static heddle_status write_input(const heddle_cc_mock_call *call, const heddle_view *args,
                                 size_t count, base_arena *arena, heddle_view *out,
                                 heddle_error *err)
{
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    size_t decorations = call->decoration_count;
    input.n_args = count;
    input.args = base_arena_zalloc(arena, count, sizeof(*input.args));
    input.decorations = base_arena_zalloc(arena, decorations + 1, sizeof(*input.decorations));
    if (!input.args || !input.decorations)
        return base_arena_fail(arena, err, "input");
    for (size_t i = 0; i < count; i++)
        input.args[i] = wire_bytes(args[i]);
    for (; input.n_decorations < decorations; input.n_decorations++) {
        const heddle_cc_mock_entry *entry = &call->decorations[input.n_decorations];
        Protos__ChaincodeInput__DecorationsEntry *made =
            wire_new(protos__chaincode_input__decorations_entry, arena);
        if (!made)
            return base_arena_fail(arena, err, "input");
        made->key = wire_text(entry->name);
        made->value = wire_bytes(entry->value);
        input.decorations[input.n_decorations] = made;
    }
    input.is_init = call->init;
    return wire_encode_arena(&input.base, arena, out, err);
}

static heddle_status list_args(const heddle_cc_mock_call *call, base_arena *arena,
                               heddle_view **out, heddle_error *err)
{
    heddle_view *args = base_arena_zalloc(arena, call->arg_count + 1, sizeof(*args));
    if (!args)
        return base_arena_fail(arena, err, "input");
    args[0] = heddle_view_str(call->function);
    if (call->arg_count)
        memcpy(args + 1, call->args, call->arg_count * sizeof(*args));
    *out = args;
    return HEDDLE_OK;
}

static heddle_status list_transient(const heddle_cc_mock_call *call, base_arena *arena,
                                    wire_transient **out, heddle_error *err)
{
    wire_transient *made = base_arena_zalloc(arena, call->transient_count + 1, sizeof(*made));
    if (!made)
        return base_arena_fail(arena, err, "transient map");
    for (size_t i = 0; i < call->transient_count; i++)
        made[i] =
            (wire_transient){heddle_view_str(call->transient[i].name), call->transient[i].value};
    *out = made;
    return HEDDLE_OK;
}

static heddle_status sign(heddle_cc_mock_tx *tx, heddle_view proposal, heddle_error *err)
{
    crypto_signature signature;
    BASE_TRY(crypto_key_sign(tx->client->key, CRYPTO_SHA256, proposal, &signature, err));
    return wire_signed_proposal_write(proposal, crypto_signature_view(&signature), tx->arena,
                                      &tx->signed_proposal, err);
}

/* The nonce counts, so that no two transactions of a mock have one id. */
static heddle_status propose(heddle_cc_mock_tx *tx, const heddle_cc_mock_call *call,
                             const heddle_view *args, heddle_error *err)
{
    char id[WIRE_TX_ID_SIZE], nonce[WIRE_NONCE_LEN + 1];
    wire_transient *transient = NULL;
    heddle_view proposal = {0};
    BASE_TRY(list_transient(call, tx->arena, &transient, err));
    snprintf(nonce, sizeof(nonce), "%024llu", (unsigned long long)tx->mock->made++);
    wire_proposal_draft draft = {.channel = heddle_view_str(tx->mock->channel),
                                 .chaincode = heddle_view_str(tx->chaincode->name),
                                 .creator = tx->client->identity,
                                 .nonce = heddle_view_of(nonce, WIRE_NONCE_LEN),
                                 .time = tx->time,
                                 .args = args,
                                 .arg_count = call->arg_count + 1,
                                 .transient = transient,
                                 .transient_count = call->transient_count,
                                 .is_init = call->init};
    BASE_TRY(wire_proposal_write(&draft, tx->arena, &proposal, id, err));
    BASE_TRY(sign(tx, proposal, err));
    return mock_keep_text(tx->mock, call->tx_id ? call->tx_id : id, &tx->tx_id, err);
}

static heddle_status tx_new(heddle_cc_mock *mock, heddle_cc_mock_tx **out, heddle_error *err)
{
    heddle_cc_mock_tx *tx = base_calloc(1, sizeof(*tx));
    base_arena *arena = base_arena_new(0);
    if (!tx || !arena) {
        base_free(tx);
        base_arena_free(arena);
        return base_fail_memory(err, "transaction");
    }
    base_list_init(&tx->link);
    tx->mock = mock;
    tx->arena = arena;
    tx->time = mock->time;
    tx->endorsers = mock->endorsers;
    tx->endorser_count = mock->endorser_count;
    *out = tx;
    return HEDDLE_OK;
}

static heddle_status simulate(heddle_cc_mock_tx *tx, const heddle_cc_mock_call *call,
                              cc_message *out, heddle_error *err)
{
    heddle_view *args = NULL;
    heddle_view input = {0}, last = {0};
    mock_chaincode *chaincode = NULL;
    BASE_TRY(mock_need_chaincode(tx->mock, call->chaincode, &chaincode, err));
    BASE_TRY(mock_need_client(tx->mock, call->client, &tx->client, err));
    tx->chaincode = chaincode;
    BASE_TRY(list_args(call, tx->arena, &args, err));
    BASE_TRY(write_input(call, args, call->arg_count + 1, tx->arena, &input, err));
    BASE_TRY(propose(tx, call, args, err));
    mock_sim_init(&tx->sim, &tx->mock->state, tx->arena, heddle_view_str(tx->tx_id));
    BASE_TRY(mock_visit_run(tx, &tx->sim, tx->mock, chaincode,
                            call->init ? CC_INIT : CC_TRANSACTION, input, &last, err));
    return cc_message_read(last, out, err);
}

/* Bytes with a NUL behind them, which live as the mock. */
static heddle_status keep(heddle_cc_mock *mock, heddle_view bytes, const char **out,
                          heddle_error *err)
{
    const char *copy = base_arena_str(mock->arena, bytes);
    if (!copy)
        return base_arena_fail(mock->arena, err, "result");
    *out = copy;
    return HEDDLE_OK;
}

static heddle_status keep_event(heddle_cc_mock *mock, const wire_event *event,
                                heddle_cc_mock_result *out, heddle_error *err)
{
    const char *payload = NULL;
    BASE_TRY(keep(mock, event->name, &out->event_name, err));
    BASE_TRY(keep(mock, event->payload, &payload, err));
    out->event_payload = heddle_view_of(payload, event->payload.len);
    return HEDDLE_OK;
}

static heddle_status tell(heddle_cc_mock_tx *tx, const cc_message *last, heddle_cc_mock_result *out,
                          heddle_error *err)
{
    wire_response response = {.status = STATUS_FAILED, .message = last->payload};
    heddle_cc_mock_result made = {.tx_id = tx->tx_id, .code = HEDDLE_CC_MOCK_NOT_COMMITTED};
    if (last->type == CC_COMPLETED) {
        response = (wire_response){0};
        BASE_TRY(wire_shape_read(&wire_response_shape, last->payload, tx->arena, &response, err));
    }
    made.status = response.status;
    BASE_TRY(keep(tx->mock, response.message, &made.message, err));
    BASE_TRY(keep(tx->mock, response.payload, &made.text, err));
    made.payload = heddle_view_of(made.text, response.payload.len);
    if (last->event.name.len)
        BASE_TRY(keep_event(tx->mock, &last->event, &made, err));
    *out = made;
    return HEDDLE_OK;
}

static heddle_status run(heddle_cc_mock *mock, const heddle_cc_mock_call *given,
                         heddle_cc_mock_tx **out, heddle_cc_mock_result *out_result,
                         heddle_error *err)
{
    heddle_cc_mock_call call = default_call;
    base_auto(mock_tx) heddle_cc_mock_tx *tx = NULL;
    cc_message last = {0};
    memcpy(&call, given, given->size < sizeof(call) ? given->size : sizeof(call));
    if (!call.function)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the call names no function");
    BASE_TRY(tx_new(mock, &tx, err));
    BASE_TRY(simulate(tx, &call, &last, err));
    BASE_TRY(tell(tx, &last, out_result, err));
    *out = base_steal(&tx);
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_evaluate(heddle_cc_mock *mock, const heddle_cc_mock_call *call,
                                      heddle_cc_mock_result *out, heddle_error *err)
{
    heddle_cc_mock_tx *tx = NULL;
    BASE_TRY(run(mock, call, &tx, out, err));
    mock_tx_free(tx);
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_endorse(heddle_cc_mock *mock, const heddle_cc_mock_call *call,
                                     heddle_cc_mock_tx **out, heddle_cc_mock_result *out_result,
                                     heddle_error *err)
{
    base_auto(mock_tx) heddle_cc_mock_tx *tx = NULL;
    BASE_TRY(run(mock, call, &tx, out_result, err));
    *out = NULL;
    if (out_result->status >= STATUS_REFUSED)
        return HEDDLE_OK;
    base_list_append(&mock->txs, &tx->link);
    *out = base_steal(&tx);
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_submit(heddle_cc_mock *mock, const heddle_cc_mock_call *call,
                                    heddle_cc_mock_result *out, heddle_error *err)
{
    base_auto(mock_tx) heddle_cc_mock_tx *tx = NULL;
    heddle_cc_mock_result result;
    BASE_TRY(run(mock, call, &tx, &result, err));
    if (result.status < STATUS_REFUSED)
        BASE_TRY(mock_commit(mock, &tx, 1, &result.code, err));
    *out = result;
    return HEDDLE_OK;
}

static heddle_status read_texts(const char *const *texts, base_arena *arena,
                                heddle_cc_mock_call *out, heddle_error *err)
{
    size_t count = 0;
    while (texts[count])
        count++;
    if (count == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the call names no function");
    heddle_view *args = base_arena_zalloc(arena, count, sizeof(*args));
    if (!args)
        return base_arena_fail(arena, err, "arguments");
    for (size_t i = 1; i < count; i++)
        args[i - 1] = heddle_view_str(texts[i]);
    *out = default_call;
    out->function = texts[0];
    out->args = args;
    out->arg_count = count - 1;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_submit_texts(heddle_cc_mock *mock, const char *const *texts,
                                          heddle_cc_mock_result *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_cc_mock_call call;
    if (!arena)
        return base_fail_memory(err, "arguments");
    BASE_TRY(read_texts(texts, arena, &call, err));
    return heddle_cc_mock_submit(mock, &call, out, err);
}

heddle_status heddle_cc_mock_evaluate_texts(heddle_cc_mock *mock, const char *const *texts,
                                            heddle_cc_mock_result *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_cc_mock_call call;
    if (!arena)
        return base_fail_memory(err, "arguments");
    BASE_TRY(read_texts(texts, arena, &call, err));
    return heddle_cc_mock_evaluate(mock, &call, out, err);
}

heddle_status heddle_cc_mock_endorse_texts(heddle_cc_mock *mock, const char *const *texts,
                                           heddle_cc_mock_tx **out,
                                           heddle_cc_mock_result *out_result, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_cc_mock_call call;
    if (!arena)
        return base_fail_memory(err, "arguments");
    BASE_TRY(read_texts(texts, arena, &call, err));
    return heddle_cc_mock_endorse(mock, &call, out, out_result, err);
}
