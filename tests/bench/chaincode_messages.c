#include "chaincode_messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaincode_process.h"
#include "peer/chaincode.pb-c.h"
#include "wire/codec.h"
#include "wire/proposal.h"

#define CHANNEL "mychannel"

enum { VALUE_BYTES = 100, RANGE_KEYS = 100 };

static void fill(letter *out, Protos__ChaincodeMessage *message)
{
    char tx_id[TX_ID_LEN + 1];
    heddle_error err;
    snprintf(tx_id, sizeof(tx_id), TX_ID_FORMAT, 0U);
    message->txid = tx_id;
    message->channel_id = wire_text(CHANNEL);
    base_buffer_clear(&out->bytes);
    check(wire_encode(&message->base, &out->bytes, &err), "message", &err);
    uint8_t *found = memmem(out->bytes.data, out->bytes.len, tx_id, TX_ID_LEN);
    out->tx_id_at = (size_t)(found - out->bytes.data);
}

static void write_answer(letter *out, heddle_view payload)
{
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    message.type = MESSAGE_TYPE(RESPONSE);
    message.payload = wire_bytes(payload);
    fill(out, &message);
}

static heddle_view encode(const ProtobufCMessage *message, base_arena *arena)
{
    heddle_view out;
    heddle_error err;
    check(wire_encode_arena(message, arena, &out, &err), "message", &err);
    return out;
}

static heddle_view range_answer(base_arena *arena)
{
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    Protos__QueryResultBytes results[RANGE_KEYS], *pointers[RANGE_KEYS];
    char value[VALUE_BYTES];
    memset(value, 'v', sizeof(value));
    for (size_t i = 0; i < RANGE_KEYS; i++) {
        base_buffer kv = {0};
        char key[32];
        int len = snprintf(key, sizeof(key), "asset-%06zu", i);
        heddle_status status = base_buffer_printf(&kv, "\n\5bench\x12%c%s\x1a%c%.*s", len, key,
                                                  VALUE_BYTES, VALUE_BYTES, value);
        if (status != HEDDLE_OK)
            die("no memory", NULL);
        protos__query_result_bytes__init(&results[i]);
        results[i].resultbytes = wire_bytes(base_buffer_view(&kv));
        pointers[i] = &results[i];
    }
    response.results = pointers;
    response.n_results = RANGE_KEYS;
    response.id = wire_text("1");
    heddle_view out = encode(&response.base, arena);
    for (size_t i = 0; i < RANGE_KEYS; i++)
        free(results[i].resultbytes.data);
    return out;
}

void write_answers(letter out[CHAINCODE_TYPES])
{
    base_arena *arena = base_arena_new(0);
    char value[VALUE_BYTES];
    memset(value, 'v', sizeof(value));
    write_answer(&out[MESSAGE_TYPE(GET_STATE)], heddle_view_of(value, sizeof(value)));
    write_answer(&out[MESSAGE_TYPE(PUT_STATE)], heddle_view_of(NULL, 0));
    write_answer(&out[MESSAGE_TYPE(WRITE_BATCH_STATE)], heddle_view_of(NULL, 0));
    write_answer(&out[MESSAGE_TYPE(GET_STATE_BY_RANGE)], range_answer(arena));
    write_answer(&out[MESSAGE_TYPE(QUERY_STATE_CLOSE)], heddle_view_of(NULL, 0));
    base_arena_free(arena);
}

/* As a client makes it, but for the signature, which no chaincode verifies. */
static void make_proposal(const heddle_view *args, size_t count, base_arena *arena,
                          Protos__SignedProposal *out)
{
    static char certificate[900], nonce[24], signature[71];
    memset(certificate, 'A', sizeof(certificate));
    base_buffer creator = {0};
    heddle_error err;
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view bytes;
    check(base_buffer_printf(&creator, "\n\7Org1MSP\x12\x84\a%.*s", (int)sizeof(certificate),
                             certificate),
          "no memory", NULL);
    wire_proposal_draft draft = {.channel = heddle_view_str(CHANNEL),
                                 .chaincode = heddle_view_str("bench"),
                                 .creator = base_buffer_view(&creator),
                                 .nonce = heddle_view_of(nonce, sizeof(nonce)),
                                 .time = base_wall_now(),
                                 .args = args,
                                 .arg_count = count};
    check(wire_proposal_write(&draft, arena, &bytes, tx_id, &err), "proposal", &err);
    out->proposal_bytes = wire_bytes(bytes);
    out->signature = wire_bytes(heddle_view_of(signature, sizeof(signature)));
    base_buffer_done(&creator);
}

void letter_transaction(letter *out, const char *const *args, size_t count)
{
    base_arena *arena = base_arena_new(0);
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    Protos__SignedProposal proposal = PROTOS__SIGNED_PROPOSAL__INIT;
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    heddle_view *views = base_arena_zalloc(arena, count, sizeof(*views));
    input.args = base_arena_zalloc(arena, count, sizeof(*input.args));
    for (; input.n_args < count; input.n_args++) {
        views[input.n_args] = heddle_view_str(args[input.n_args]);
        input.args[input.n_args] = wire_bytes(views[input.n_args]);
    }
    make_proposal(views, count, arena, &proposal);
    message.type = MESSAGE_TYPE(TRANSACTION);
    message.payload = wire_bytes(encode(&input.base, arena));
    message.proposal = &proposal;
    fill(out, &message);
    base_arena_free(arena);
}

heddle_view letter_address(letter *to, const char *tx_id)
{
    memcpy(to->bytes.data + to->tx_id_at, tx_id, TX_ID_LEN);
    return base_buffer_view(&to->bytes);
}

void write_welcome(bool is_old, base_arena *arena, heddle_view out[2])
{
    Protos__ChaincodeAdditionalParams params = PROTOS__CHAINCODE_ADDITIONAL_PARAMS__INIT;
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    params.use_write_batch = params.use_get_multiple_keys = true;
    params.max_size_write_batch = params.max_size_get_multiple_keys = 1000;
    message.type = MESSAGE_TYPE(REGISTERED);
    out[0] = encode(&message.base, arena);
    message.type = MESSAGE_TYPE(READY);
    if (!is_old)
        message.payload = wire_bytes(encode(&params.base, arena));
    out[1] = encode(&message.base, arena);
}
