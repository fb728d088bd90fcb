#include "wire/transaction.h"

#include "base/fail.h"
#include "common/common.pb-c.h"
#include "peer/proposal.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "peer/transaction.pb-c.h"
#include "wire/codec.h"
#include "wire/reader.h"

/* Members of an inner message that land in the struct of the outer one. */
#define SLOT_INTO(no, flag_of, flag, of)                                                           \
    {                                                                                              \
        .number = (no), .kind = WIRE_OPTIONAL, .offset = 0, .extra = offsetof(flag_of, flag),      \
        .shape = (of)                                                                              \
    }

static const wire_slot answer_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_proposal_response, status),
    WIRE_SLOT(2, WIRE_BYTES, wire_proposal_response, message),
    WIRE_SLOT(3, WIRE_BYTES, wire_proposal_response, result),
};
static const wire_shape answer_shape =
    WIRE_SHAPE(wire_proposal_response, "protos.Response", answer_slots);

static const wire_slot endorsement_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_proposal_response, endorser),
    WIRE_SLOT(2, WIRE_BYTES, wire_proposal_response, signature),
};
static const wire_shape endorsement_shape =
    WIRE_SHAPE(wire_proposal_response, "protos.Endorsement", endorsement_slots);

static const wire_slot response_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_proposal_response, version),
    SLOT_INTO(4, wire_proposal_response, has_response, &answer_shape),
    WIRE_SLOT(5, WIRE_BYTES, wire_proposal_response, payload),
    SLOT_INTO(6, wire_proposal_response, has_endorsement, &endorsement_shape),
    WIRE_SLOT(7, WIRE_BYTES, wire_proposal_response, interest),
};
static const wire_shape response_shape =
    WIRE_SHAPE(wire_proposal_response, "protos.ProposalResponse", response_slots);

typedef struct endorsed_parts {
    wire_endorsed said;
    heddle_view extension;
    bool has_response;
    bool has_id;
} endorsed_parts;

static const wire_slot payload_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, endorsed_parts, said.proposal_hash),
    WIRE_SLOT(2, WIRE_BYTES, endorsed_parts, extension),
};
static const wire_shape payload_shape =
    WIRE_SHAPE(endorsed_parts, "protos.ProposalResponsePayload", payload_slots);

static const wire_slot said_slots[] = {
    WIRE_SLOT(1, WIRE_I32, endorsed_parts, said.status),
    WIRE_SLOT(2, WIRE_BYTES, endorsed_parts, said.message),
    WIRE_SLOT(3, WIRE_BYTES, endorsed_parts, said.result),
};
static const wire_shape said_shape = WIRE_SHAPE(endorsed_parts, "protos.Response", said_slots);

static const wire_slot id_slots[] = {
    WIRE_SLOT(2, WIRE_BYTES, endorsed_parts, said.chaincode),
    WIRE_SLOT(3, WIRE_BYTES, endorsed_parts, said.chaincode_version),
};
static const wire_shape id_shape = WIRE_SHAPE(endorsed_parts, "protos.ChaincodeID", id_slots);

static const wire_slot action_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, endorsed_parts, said.results),
    WIRE_SLOT(2, WIRE_BYTES, endorsed_parts, said.event),
    SLOT_INTO(3, endorsed_parts, has_response, &said_shape),
    SLOT_INTO(4, endorsed_parts, has_id, &id_shape),
};
static const wire_shape action_shape =
    WIRE_SHAPE(endorsed_parts, "protos.ChaincodeAction", action_slots);

heddle_status wire_proposal_response_read(heddle_view bytes, wire_proposal_response *out,
                                          heddle_error *err)
{
    wire_proposal_response response = {0};
    BASE_TRY(wire_shape_read(&response_shape, bytes, NULL, &response, err));
    *out = response;
    return HEDDLE_OK;
}

heddle_status wire_endorsed_read(heddle_view payload, wire_endorsed *out, heddle_error *err)
{
    endorsed_parts parts = {0};
    BASE_TRY(wire_shape_read(&payload_shape, payload, NULL, &parts, err));
    BASE_TRY(wire_shape_read(&action_shape, parts.extension, NULL, &parts, err));
    *out = parts.said;
    return HEDDLE_OK;
}

static heddle_status write_action(const wire_endorsed *endorsed, base_arena *arena,
                                  heddle_view *out, heddle_error *err)
{
    Protos__Response response = PROTOS__RESPONSE__INIT;
    response.status = endorsed->status;
    response.message = base_arena_str(arena, endorsed->message);
    response.payload = wire_bytes(endorsed->result);
    Protos__ChaincodeID id = PROTOS__CHAINCODE_ID__INIT;
    id.name = base_arena_str(arena, endorsed->chaincode);
    id.version = base_arena_str(arena, endorsed->chaincode_version);
    if (!response.message || !id.name || !id.version)
        return base_arena_fail(arena, err, "protos.ChaincodeAction");
    Protos__ChaincodeAction action = PROTOS__CHAINCODE_ACTION__INIT;
    action.results = wire_bytes(endorsed->results);
    action.events = wire_bytes(endorsed->event);
    action.response = &response;
    action.chaincode_id = &id;
    return wire_encode_arena(&action.base, arena, out, err);
}

heddle_status wire_endorsed_write(const wire_endorsed *endorsed, base_arena *arena,
                                  heddle_view *out, heddle_error *err)
{
    heddle_view action;
    BASE_TRY(write_action(endorsed, arena, &action, err));
    Protos__ProposalResponsePayload payload = PROTOS__PROPOSAL_RESPONSE_PAYLOAD__INIT;
    payload.proposal_hash = wire_bytes(endorsed->proposal_hash);
    payload.extension = wire_bytes(action);
    return wire_encode_arena(&payload.base, arena, out, err);
}

static heddle_status check_responses(const wire_proposal_response *responses, size_t count,
                                     heddle_error *err)
{
    if (count == 0)
        return base_fail(err, HEDDLE_E_REFUSED, "at least one proposal response is required");
    for (size_t i = 0; i < count; i++) {
        const wire_proposal_response *response = &responses[i];
        if (response->status < 200 || response->status >= 400)
            return base_fail(err, HEDDLE_E_REFUSED,
                             "proposal response was not successful, error code %d, msg %.*s",
                             response->status, BASE_VIEW_ARG(response->message));
        if (!base_view_equal(response->payload, responses[0].payload))
            return base_fail(err, HEDDLE_E_REFUSED, "ProposalResponsePayloads do not match");
    }
    return HEDDLE_OK;
}

static bool endorsed_before(const wire_proposal_response *responses, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (responses[i].has_endorsement &&
            base_view_equal(responses[i].endorser, responses[index].endorser))
            return true;
    return false;
}

static heddle_status collect_endorsements(const wire_proposal_response *responses, size_t count,
                                          base_arena *arena, Protos__ChaincodeEndorsedAction *out,
                                          heddle_error *err)
{
    out->endorsements = base_arena_zalloc(arena, count, sizeof(Protos__Endorsement *));
    if (!out->endorsements)
        return base_arena_fail(arena, err, "endorsements");
    for (size_t i = 0; i < count; i++) {
        if (!responses[i].has_endorsement || endorsed_before(responses, i))
            continue;
        Protos__Endorsement *endorsement = wire_new(protos__endorsement, arena);
        if (!endorsement)
            return base_arena_fail(arena, err, "endorsements");
        endorsement->endorser = wire_bytes(responses[i].endorser);
        endorsement->signature = wire_bytes(responses[i].signature);
        out->endorsements[out->n_endorsements++] = endorsement;
    }
    if (out->n_endorsements == 0)
        return base_fail(err, HEDDLE_E_REFUSED, "no endorsements");
    return HEDDLE_OK;
}

/* The bytes of a protos.Transaction with the one action. */
static heddle_status write_transaction(const wire_proposal *proposal,
                                       Protos__ChaincodeEndorsedAction *endorsed, base_arena *arena,
                                       heddle_view *out, heddle_error *err)
{
    heddle_view visible;
    BASE_TRY(wire_proposal_visible(proposal, arena, &visible, err));
    Protos__ChaincodeActionPayload payload = PROTOS__CHAINCODE_ACTION_PAYLOAD__INIT;
    payload.chaincode_proposal_payload = wire_bytes(visible);
    payload.action = endorsed;
    heddle_view action_payload;
    BASE_TRY(wire_encode_arena(&payload.base, arena, &action_payload, err));
    Protos__TransactionAction action = PROTOS__TRANSACTION_ACTION__INIT;
    action.header = wire_bytes(proposal->header.signature_header);
    action.payload = wire_bytes(action_payload);
    Protos__TransactionAction *actions[] = {&action};
    Protos__Transaction transaction = PROTOS__TRANSACTION__INIT;
    transaction.n_actions = 1;
    transaction.actions = actions;
    return wire_encode_arena(&transaction.base, arena, out, err);
}

heddle_status wire_transaction_write(const wire_proposal *proposal,
                                     const wire_proposal_response *responses, size_t count,
                                     base_arena *arena, heddle_view *out_payload, heddle_error *err)
{
    BASE_TRY(check_responses(responses, count, err));
    Protos__ChaincodeEndorsedAction endorsed = PROTOS__CHAINCODE_ENDORSED_ACTION__INIT;
    endorsed.proposal_response_payload = wire_bytes(responses[0].payload);
    BASE_TRY(collect_endorsements(responses, count, arena, &endorsed, err));
    heddle_view transaction;
    BASE_TRY(write_transaction(proposal, &endorsed, arena, &transaction, err));
    Common__Header header = COMMON__HEADER__INIT;
    header.channel_header = wire_bytes(proposal->header.channel_header);
    header.signature_header = wire_bytes(proposal->header.signature_header);
    Common__Payload payload = COMMON__PAYLOAD__INIT;
    payload.header = &header;
    payload.data = wire_bytes(transaction);
    return wire_encode_arena(&payload.base, arena, out_payload, err);
}

/* The payload of the one action of a transaction. */
static heddle_status find_action(heddle_view transaction, heddle_view *out, heddle_error *err)
{
    wire_reader reader = wire_reader_of(transaction);
    wire_field field;
    heddle_view action = {NULL, 0};
    size_t count = 0;
    while (wire_reader_next(&reader, &field)) {
        if (field.number != 1 || field.type != WIRE_TYPE_BYTES)
            continue;
        action = field.bytes;
        count++;
    }
    BASE_TRY(wire_reader_status(&reader, "protos.Transaction", err));
    if (count != 1)
        return base_fail(err, HEDDLE_E_DECODE, "protos.Transaction: %zu actions, not one", count);
    if (!wire_field_find(action, 2, out))
        return base_fail(err, HEDDLE_E_DECODE, "protos.TransactionAction: no payload");
    return HEDDLE_OK;
}

heddle_status wire_prepared_read(heddle_view payload, wire_prepared *out, heddle_error *err)
{
    wire_prepared prepared = {0};
    heddle_view transaction, action_payload, action, endorsed, id;
    BASE_TRY(wire_payload_read(payload, &prepared.header, &transaction, err));
    if (prepared.header.type != COMMON__HEADER_TYPE__ENDORSER_TRANSACTION)
        return base_fail(err, HEDDLE_E_DECODE, "common.ChannelHeader: type %d is no transaction",
                         prepared.header.type);
    BASE_TRY(find_action(transaction, &action_payload, err));
    if (!wire_field_find(action_payload, 2, &action) || !wire_field_find(action, 1, &endorsed))
        return base_fail(err, HEDDLE_E_DECODE,
                         "protos.ChaincodeActionPayload: no proposal response payload");
    if (!wire_field_find(prepared.header.extension, 2, &id) ||
        !wire_field_find(id, 2, &prepared.chaincode))
        return base_fail(err, HEDDLE_E_DECODE, "protos.ChaincodeHeaderExtension: no chaincode");
    BASE_TRY(wire_endorsed_read(endorsed, &prepared.endorsed, err));
    *out = prepared;
    return HEDDLE_OK;
}
