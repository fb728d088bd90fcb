/* One envelope, from its frame down to reads, writes and the event. */
#include "base/fail.h"
#include "wire/block.h"
#include "wire/rwset_shape.h"
#include "wire/tx_shape.h"

static const wire_slot envelope_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_tx, payload),
    WIRE_SLOT(2, WIRE_BYTES, wire_tx, signature),
};
static const wire_shape envelope_shape = WIRE_SHAPE(wire_tx, "Envelope", envelope_slots);

typedef struct payload_frame {
    heddle_view channel_header;
    heddle_view signature_header;
    heddle_view data;
} payload_frame;

static const wire_slot header_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, payload_frame, channel_header),
    WIRE_SLOT(2, WIRE_BYTES, payload_frame, signature_header),
};
static const wire_shape header_shape = WIRE_SHAPE(payload_frame, "Header", header_slots);

static const wire_slot payload_slots[] = {
    {.number = 1, .kind = WIRE_MESSAGE, .shape = &header_shape},
    WIRE_SLOT(2, WIRE_BYTES, payload_frame, data),
};
static const wire_shape payload_shape = WIRE_SHAPE(payload_frame, "Payload", payload_slots);

static const wire_slot time_slots[] = {
    WIRE_SLOT(1, WIRE_I64, wire_time, seconds),
    WIRE_SLOT(2, WIRE_I32, wire_time, nanos),
};
static const wire_shape time_shape = WIRE_SHAPE(wire_time, "Timestamp", time_slots);

static const wire_slot channel_header_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_tx, type),
    WIRE_SLOT(2, WIRE_I32, wire_tx, version),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, wire_tx, timestamp, has_timestamp, &time_shape),
    WIRE_SLOT(4, WIRE_BYTES, wire_tx, channel),
    WIRE_SLOT(5, WIRE_BYTES, wire_tx, tx_id),
    WIRE_SLOT(6, WIRE_U64, wire_tx, epoch),
    WIRE_SLOT(7, WIRE_BYTES, wire_tx, extension),
    WIRE_SLOT(8, WIRE_BYTES, wire_tx, tls_cert_hash),
};
static const wire_shape channel_header_shape =
    WIRE_SHAPE(wire_tx, "ChannelHeader", channel_header_slots);

static const wire_slot identity_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_creator, mspid),
    WIRE_SLOT(2, WIRE_BYTES, wire_creator, cert),
};
static const wire_shape identity_shape =
    WIRE_SHAPE(wire_creator, "SerializedIdentity", identity_slots);

/* The struct is zeroed before its message is read, so its own bytes come after. */
static const wire_slot signature_header_slots[] = {
    WIRE_SLOT_OF(1, WIRE_LENIENT, wire_tx, creator, &identity_shape),
    WIRE_SLOT(1, WIRE_BYTES, wire_tx, creator.bytes),
    WIRE_SLOT(2, WIRE_BYTES, wire_tx, nonce),
};
static const wire_shape signature_header_shape =
    WIRE_SHAPE(wire_tx, "SignatureHeader", signature_header_slots);

typedef struct action_list {
    heddle_view *actions;
    size_t count;
} action_list;

static const wire_slot transaction_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, action_list, actions, count, NULL),
};
static const wire_shape transaction_shape =
    WIRE_SHAPE(action_list, "Transaction", transaction_slots);

static const wire_slot chaincode_id_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_chaincode_id, path),
    WIRE_SLOT(2, WIRE_BYTES, wire_chaincode_id, name),
    WIRE_SLOT(3, WIRE_BYTES, wire_chaincode_id, version),
};
static const wire_shape chaincode_id_shape =
    WIRE_SHAPE(wire_chaincode_id, "ChaincodeID", chaincode_id_slots);

static const wire_slot input_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, wire_invocation, args, arg_count, NULL),
    WIRE_SLOT(3, WIRE_BOOL, wire_invocation, is_init),
};
static const wire_shape input_shape = WIRE_SHAPE(wire_invocation, "ChaincodeInput", input_slots);

static const wire_slot spec_slots[] = {
    WIRE_SLOT_OF(2, WIRE_MESSAGE, wire_invocation, chaincode, &chaincode_id_shape),
    {.number = 3, .kind = WIRE_MESSAGE, .shape = &input_shape},
};
static const wire_shape spec_shape = WIRE_SHAPE(wire_invocation, "ChaincodeSpec", spec_slots);

static const wire_slot invocation_slots[] = {
    {.number = 1, .kind = WIRE_MESSAGE, .shape = &spec_shape},
};
static const wire_shape invocation_shape =
    WIRE_SHAPE(wire_invocation, "ChaincodeInvocationSpec", invocation_slots);

static const wire_slot proposal_payload_slots[] = {
    {.number = 1, .kind = WIRE_NESTED, .shape = &invocation_shape},
};
static const wire_shape proposal_payload_shape =
    WIRE_SHAPE(wire_invocation, "ChaincodeProposalPayload", proposal_payload_slots);

static const wire_slot endorsement_slots[] = {
    WIRE_SLOT_OF(1, WIRE_LENIENT, wire_endorsement, endorser, &identity_shape),
    WIRE_SLOT(1, WIRE_BYTES, wire_endorsement, endorser.bytes),
    WIRE_SLOT(2, WIRE_BYTES, wire_endorsement, signature),
};
static const wire_shape endorsement_shape =
    WIRE_SHAPE(wire_endorsement, "Endorsement", endorsement_slots);

static const wire_slot endorsed_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_action, response_payload),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, wire_action, endorsements, endorsement_count,
                    &endorsement_shape),
};
static const wire_shape endorsed_shape =
    WIRE_SHAPE(wire_action, "ChaincodeEndorsedAction", endorsed_slots);

/* A peer judges by the results and the event alone and never decodes the invocation. */
static const wire_slot action_payload_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_action, proposal_payload),
    WIRE_SLOT_OF(1, WIRE_LENIENT, wire_action, invocation, &proposal_payload_shape),
    {.number = 2, .kind = WIRE_MESSAGE, .shape = &endorsed_shape},
};
static const wire_shape action_payload_shape =
    WIRE_SHAPE(wire_action, "ChaincodeActionPayload", action_payload_slots);

static const wire_slot event_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_event, chaincode),
    WIRE_SLOT(2, WIRE_BYTES, wire_event, tx_id),
    WIRE_SLOT(3, WIRE_BYTES, wire_event, name),
    WIRE_SLOT(4, WIRE_BYTES, wire_event, payload),
};
const wire_shape wire_event_shape = WIRE_SHAPE(wire_event, "ChaincodeEvent", event_slots);

static const wire_slot response_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_response, status),
    WIRE_SLOT(2, WIRE_BYTES, wire_response, message),
    WIRE_SLOT(3, WIRE_BYTES, wire_response, payload),
};
const wire_shape wire_response_shape = WIRE_SHAPE(wire_response, "Response", response_slots);

static const wire_slot chaincode_action_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_chaincode_action, results_bytes),
    WIRE_SLOT_OF(1, WIRE_NESTED, wire_chaincode_action, results, &wire_rwset_shape),
    WIRE_SLOT(2, WIRE_BYTES, wire_chaincode_action, event_bytes),
    WIRE_SLOT_OF(2, WIRE_NESTED, wire_chaincode_action, event, &wire_event_shape),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, wire_chaincode_action, response, &wire_response_shape),
    WIRE_SLOT_OF(4, WIRE_MESSAGE, wire_chaincode_action, chaincode, &chaincode_id_shape),
};
static const wire_shape chaincode_action_shape =
    WIRE_SHAPE(wire_chaincode_action, "ChaincodeAction", chaincode_action_slots);

static const wire_slot response_payload_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_action, proposal_hash),
    WIRE_SLOT_OF(2, WIRE_NESTED, wire_action, result, &chaincode_action_shape),
};
static const wire_shape response_payload_shape =
    WIRE_SHAPE(wire_action, "ProposalResponsePayload", response_payload_slots);

static heddle_status read_action(heddle_view bytes, base_arena *arena, wire_action *out,
                                 heddle_error *err)
{
    static const wire_slot slots[] = {
        WIRE_SLOT(1, WIRE_BYTES, wire_action, header),
        WIRE_SLOT(2, WIRE_BYTES, wire_action, proposal_payload),
    };
    static const wire_shape shape = WIRE_SHAPE(wire_action, "TransactionAction", slots);
    BASE_TRY(wire_shape_read(&shape, bytes, arena, out, err));
    heddle_view payload = out->proposal_payload;
    out->proposal_payload = heddle_view_of(NULL, 0);
    BASE_TRY(wire_shape_read(&action_payload_shape, payload, arena, out, err));
    return wire_shape_read(&response_payload_shape, out->response_payload, arena, out, err);
}

static heddle_status read_transaction(base_arena *arena, wire_tx *tx, heddle_error *err)
{
    action_list list = {0};
    BASE_TRY(wire_shape_read(&transaction_shape, tx->data, arena, &list, err));
    tx->action_count = list.count;
    if (!list.count)
        return base_fail(err, HEDDLE_E_DECODE, "Transaction: no action");
    return read_action(list.actions[0], arena, &tx->action, err);
}

/* Nothing of a header repeats, so it takes no memory. */
static heddle_status read_header(heddle_view envelope, wire_tx *tx, heddle_error *err)
{
    payload_frame frame = {0};
    BASE_TRY(wire_shape_read(&envelope_shape, envelope, NULL, tx, err));
    BASE_TRY(wire_shape_read(&payload_shape, tx->payload, NULL, &frame, err));
    tx->data = frame.data;
    tx->signature_header = frame.signature_header;
    BASE_TRY(wire_shape_read(&channel_header_shape, frame.channel_header, NULL, tx, err));
    BASE_TRY(wire_shape_read(&signature_header_shape, frame.signature_header, NULL, tx, err));
    if (!frame.channel_header.len)
        return base_fail(err, HEDDLE_E_DECODE, "Payload: no channel header");
    return HEDDLE_OK;
}

static heddle_status read_parts(heddle_view envelope, base_arena *arena, wire_tx *tx,
                                heddle_error *err)
{
    BASE_TRY(read_header(envelope, tx, err));
    return tx->type == WIRE_TX_ENDORSER ? read_transaction(arena, tx, err) : HEDDLE_OK;
}

heddle_status wire_tx_read(heddle_view envelope, base_arena *arena, wire_tx *out, heddle_error *err)
{
    wire_tx tx = {0};
    heddle_error why;
    heddle_status status = read_parts(envelope, arena, &tx, &why);
    if (status == HEDDLE_E_DECODE) {
        tx.problem = base_arena_strdup(arena, why.message);
        if (!tx.problem)
            return base_arena_fail(arena, err, "transaction");
    } else if (status != HEDDLE_OK) {
        return base_arena_fail(arena, err, "transaction");
    }
    *out = tx;
    return HEDDLE_OK;
}

void wire_tx_read_header(heddle_view envelope, wire_tx *out)
{
    *out = (wire_tx){.problem = "too large to be decoded"};
    (void)!read_header(envelope, out, NULL);
}
