#include "wire/proposal.h"

#include "base/fail.h"
#include "base/text.h"
#include "common/common.pb-c.h"
#include "crypto/digest.h"
#include "peer/chaincode.pb-c.h"
#include "peer/proposal.pb-c.h"
#include "wire/codec.h"
#include "wire/reader.h"

static const wire_slot proposal_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_proposal, header_bytes),
    WIRE_SLOT(2, WIRE_BYTES, wire_proposal, payload),
};
static const wire_shape proposal_shape =
    WIRE_SHAPE(wire_proposal, "protos.Proposal", proposal_slots);

typedef struct chaincode_id {
    heddle_view name;
} chaincode_id;
static const wire_slot id_slots[] = {WIRE_SLOT(2, WIRE_BYTES, chaincode_id, name)};
static const wire_shape id_shape = WIRE_SHAPE(chaincode_id, "protos.ChaincodeID", id_slots);

typedef struct header_extension {
    bool has_id;
    chaincode_id id;
} header_extension;
static const wire_slot extension_slots[] = {
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, header_extension, id, has_id, &id_shape)};
static const wire_shape extension_shape =
    WIRE_SHAPE(header_extension, "protos.ChaincodeHeaderExtension", extension_slots);

static const wire_slot transient_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_transient, name),
    WIRE_SLOT(2, WIRE_BYTES, wire_transient, value),
};
static const wire_shape transient_shape =
    WIRE_SHAPE(wire_transient, "protos.ChaincodeProposalPayload.TransientMap", transient_slots);

typedef struct proposal_payload {
    heddle_view input;
    wire_transient *transient;
    size_t transient_count;
} proposal_payload;
static const wire_slot payload_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, proposal_payload, input),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, proposal_payload, transient, transient_count,
                    &transient_shape),
};
static const wire_shape payload_shape =
    WIRE_SHAPE(proposal_payload, "protos.ChaincodeProposalPayload", payload_slots);

typedef struct chaincode_input {
    heddle_view *args;
    size_t arg_count;
    bool is_init;
} chaincode_input;
static const wire_slot input_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_BYTES, chaincode_input, args, arg_count, NULL),
    WIRE_SLOT(3, WIRE_BOOL, chaincode_input, is_init),
};
static const wire_shape input_shape =
    WIRE_SHAPE(chaincode_input, "protos.ChaincodeInput", input_slots);

typedef struct chaincode_spec {
    chaincode_id id;
    bool has_input;
    chaincode_input input;
} chaincode_spec;
static const wire_slot spec_slots[] = {
    WIRE_SLOT_OF(2, WIRE_MESSAGE, chaincode_spec, id, &id_shape),
    WIRE_SLOT_EXTRA(3, WIRE_OPTIONAL, chaincode_spec, input, has_input, &input_shape),
};
static const wire_shape spec_shape = WIRE_SHAPE(chaincode_spec, "protos.ChaincodeSpec", spec_slots);

typedef struct invocation {
    bool has_spec;
    chaincode_spec spec;
} invocation;
static const wire_slot invocation_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_OPTIONAL, invocation, spec, has_spec, &spec_shape)};
static const wire_shape invocation_shape =
    WIRE_SHAPE(invocation, "protos.ChaincodeInvocationSpec", invocation_slots);

typedef struct signed_proposal {
    heddle_view proposal;
    heddle_view signature;
} signed_proposal;
static const wire_slot signed_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, signed_proposal, proposal),
    WIRE_SLOT(2, WIRE_BYTES, signed_proposal, signature),
};
static const wire_shape signed_shape =
    WIRE_SHAPE(signed_proposal, "protos.SignedProposal", signed_slots);

static heddle_status write_extension(const char *chaincode, base_arena *arena, heddle_view *out,
                                     heddle_error *err)
{
    Protos__ChaincodeID id = PROTOS__CHAINCODE_ID__INIT;
    id.name = wire_text(chaincode);
    Protos__ChaincodeHeaderExtension extension = PROTOS__CHAINCODE_HEADER_EXTENSION__INIT;
    extension.chaincode_id = &id;
    return wire_encode_arena(&extension.base, arena, out, err);
}

/* Fabric's own clients name the language "node" whatever it is; nobody reads it. */
static heddle_status write_input(const wire_proposal_draft *draft, const char *chaincode,
                                 base_arena *arena, heddle_view *out, heddle_error *err)
{
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    input.n_args = draft->arg_count;
    input.args = base_arena_zalloc(arena, draft->arg_count + 1, sizeof(*input.args));
    if (!input.args)
        return base_arena_fail(arena, err, "proposal");
    for (size_t i = 0; i < draft->arg_count; i++)
        input.args[i] = wire_bytes(draft->args[i]);
    input.is_init = draft->is_init;
    Protos__ChaincodeID id = PROTOS__CHAINCODE_ID__INIT;
    id.name = wire_text(chaincode);
    Protos__ChaincodeSpec spec = PROTOS__CHAINCODE_SPEC__INIT;
    spec.type = PROTOS__CHAINCODE_SPEC__TYPE__NODE;
    spec.chaincode_id = &id;
    spec.input = &input;
    Protos__ChaincodeInvocationSpec call = PROTOS__CHAINCODE_INVOCATION_SPEC__INIT;
    call.chaincode_spec = &spec;
    return wire_encode_arena(&call.base, arena, out, err);
}

static heddle_status write_payload(const wire_proposal_draft *draft, heddle_view input,
                                   base_arena *arena, heddle_view *out, heddle_error *err)
{
    typedef Protos__ChaincodeProposalPayload__TransientMapEntry entry;
    Protos__ChaincodeProposalPayload payload = PROTOS__CHAINCODE_PROPOSAL_PAYLOAD__INIT;
    payload.input = wire_bytes(input);
    payload.n_transientmap = draft->transient_count;
    payload.transientmap = base_arena_zalloc(arena, draft->transient_count + 1, sizeof(entry *));
    if (!payload.transientmap)
        return base_arena_fail(arena, err, "proposal");
    for (size_t i = 0; i < draft->transient_count; i++) {
        entry *item = wire_new(protos__chaincode_proposal_payload__transient_map_entry, arena);
        char *name = base_arena_str(arena, draft->transient[i].name);
        if (!item || !name)
            return base_arena_fail(arena, err, "proposal");
        item->key = name;
        item->value = wire_bytes(draft->transient[i].value);
        payload.transientmap[i] = item;
    }
    return wire_encode_arena(&payload.base, arena, out, err);
}

static heddle_status check_draft(const wire_proposal_draft *draft, heddle_error *err)
{
    if (draft->chaincode.len == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "proposal: no chaincode name");
    if (draft->nonce.len == 0 || draft->creator.len == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "proposal: no nonce or no creator");
    if (!base_is_utf8(draft->chaincode) || !base_is_utf8(draft->channel))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "proposal: a name is not UTF-8");
    for (size_t i = 0; i < draft->transient_count; i++)
        if (!base_is_utf8(draft->transient[i].name))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "proposal: a transient name is not UTF-8");
    return HEDDLE_OK;
}

static heddle_status write_header(const wire_proposal_draft *draft, const char *chaincode,
                                  const char *tx_id, base_arena *arena, heddle_view *out,
                                  heddle_error *err)
{
    wire_header header = {
        .type = COMMON__HEADER_TYPE__ENDORSER_TRANSACTION,
        .time = draft->time,
        .channel = draft->channel,
        .tx_id = heddle_view_str(tx_id),
        .tls_cert_hash = draft->tls_cert_hash,
        .creator = draft->creator,
        .nonce = draft->nonce,
    };
    BASE_TRY(write_extension(chaincode, arena, &header.extension, err));
    return wire_header_write(&header, arena, out, err);
}

heddle_status wire_proposal_write(const wire_proposal_draft *draft, base_arena *arena,
                                  heddle_view *out, char out_tx_id[WIRE_TX_ID_SIZE],
                                  heddle_error *err)
{
    BASE_TRY(check_draft(draft, err));
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_status status = wire_tx_id(draft->nonce, draft->creator, tx_id);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "proposal: transaction id");
    char *chaincode = base_arena_str(arena, draft->chaincode);
    if (!chaincode)
        return base_arena_fail(arena, err, "proposal");
    heddle_view header, input, payload;
    BASE_TRY(write_header(draft, chaincode, tx_id, arena, &header, err));
    BASE_TRY(write_input(draft, chaincode, arena, &input, err));
    BASE_TRY(write_payload(draft, input, arena, &payload, err));
    Protos__Proposal proposal = PROTOS__PROPOSAL__INIT;
    proposal.header = wire_bytes(header);
    proposal.payload = wire_bytes(payload);
    BASE_TRY(wire_encode_arena(&proposal.base, arena, out, err));
    memcpy(out_tx_id, tx_id, sizeof(tx_id));
    return HEDDLE_OK;
}

heddle_status wire_signed_proposal_write(heddle_view proposal, heddle_view signature,
                                         base_arena *arena, heddle_view *out, heddle_error *err)
{
    Protos__SignedProposal message = PROTOS__SIGNED_PROPOSAL__INIT;
    message.proposal_bytes = wire_bytes(proposal);
    message.signature = wire_bytes(signature);
    return wire_encode_arena(&message.base, arena, out, err);
}

heddle_status wire_signed_proposal_read(heddle_view bytes, heddle_view *out_proposal,
                                        heddle_view *out_signature, heddle_error *err)
{
    signed_proposal message = {0};
    BASE_TRY(wire_shape_read(&signed_shape, bytes, NULL, &message, err));
    *out_proposal = message.proposal;
    *out_signature = message.signature;
    return HEDDLE_OK;
}

static heddle_status read_extension(wire_proposal *proposal, heddle_error *err)
{
    header_extension extension = {0};
    BASE_TRY(wire_shape_read(&extension_shape, proposal->header.extension, NULL, &extension, err));
    if (!extension.has_id)
        return base_fail(err, HEDDLE_E_DECODE, "ChaincodeHeaderExtension.ChaincodeId is nil");
    if (extension.id.name.len == 0)
        return base_fail(err, HEDDLE_E_DECODE,
                         "ChaincodeHeaderExtension.ChaincodeId.Name is empty");
    if (!base_is_utf8(extension.id.name))
        return base_fail(err, HEDDLE_E_DECODE, "protos.ChaincodeID.name is not UTF-8");
    proposal->chaincode = extension.id.name;
    return HEDDLE_OK;
}

static heddle_status read_payload(wire_proposal *proposal, base_arena *arena, heddle_error *err)
{
    proposal_payload payload = {0};
    BASE_TRY(wire_shape_read(&payload_shape, proposal->payload, arena, &payload, err));
    for (size_t i = 0; i < payload.transient_count; i++)
        if (!base_is_utf8(payload.transient[i].name))
            return base_fail(err, HEDDLE_E_DECODE, "%s: a key is not UTF-8", transient_shape.name);
    invocation call = {0};
    BASE_TRY(wire_shape_read(&invocation_shape, payload.input, arena, &call, err));
    if (!call.has_spec)
        return base_fail(err, HEDDLE_E_DECODE,
                         "chaincode invocation spec did not contain chaincode spec");
    if (!call.spec.has_input)
        return base_fail(err, HEDDLE_E_DECODE, "chaincode input did not contain any input");
    proposal->input = payload.input;
    proposal->transient = payload.transient;
    proposal->transient_count = payload.transient_count;
    proposal->spec_chaincode = call.spec.id.name;
    proposal->args = call.spec.input.args;
    proposal->arg_count = call.spec.input.arg_count;
    proposal->is_init = call.spec.input.is_init;
    return HEDDLE_OK;
}

heddle_status wire_proposal_read(heddle_view bytes, base_arena *arena, wire_proposal *out,
                                 heddle_error *err)
{
    wire_proposal proposal = {.bytes = bytes};
    BASE_TRY(wire_shape_read(&proposal_shape, bytes, NULL, &proposal, err));
    BASE_TRY(wire_header_read(proposal.header_bytes, &proposal.header, err));
    BASE_TRY(read_extension(&proposal, err));
    BASE_TRY(read_payload(&proposal, arena, err));
    *out = proposal;
    return HEDDLE_OK;
}

static heddle_status refuse_type(int type, heddle_error *err)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&common__header_type__descriptor, type);
    if (value)
        return base_fail(err, HEDDLE_E_REFUSED, "invalid header type %s", value->name);
    return base_fail(err, HEDDLE_E_REFUSED, "invalid header type %d", type);
}

heddle_status wire_proposal_check(const wire_proposal *proposal, heddle_error *err)
{
    const wire_header *header = &proposal->header;
    /* Fabric lets CONFIG pass as well. */
    if (header->type != COMMON__HEADER_TYPE__ENDORSER_TRANSACTION &&
        header->type != COMMON__HEADER_TYPE__CONFIG)
        return refuse_type(header->type, err);
    if (header->epoch != 0)
        return base_fail(err, HEDDLE_E_REFUSED, "epoch is non-zero");
    if (header->nonce.len == 0)
        return base_fail(err, HEDDLE_E_REFUSED, "nonce is empty");
    if (header->creator.len == 0)
        return base_fail(err, HEDDLE_E_REFUSED, "creator is empty");
    return wire_header_check_tx_id(header, err);
}

heddle_status wire_proposal_visible(const wire_proposal *proposal, base_arena *arena,
                                    heddle_view *out, heddle_error *err)
{
    Protos__ChaincodeProposalPayload payload = PROTOS__CHAINCODE_PROPOSAL_PAYLOAD__INIT;
    payload.input = wire_bytes(proposal->input);
    return wire_encode_arena(&payload.base, arena, out, err);
}

heddle_status wire_proposal_hash(const wire_proposal *proposal, base_arena *arena, uint8_t out[32],
                                 heddle_error *err)
{
    heddle_view visible;
    BASE_TRY(wire_proposal_visible(proposal, arena, &visible, err));
    heddle_view parts[] = {proposal->header.channel_header, proposal->header.signature_header,
                           visible};
    heddle_status status = crypto_digest_parts(CRYPTO_SHA256, parts, BASE_COUNT(parts), out);
    return status == HEDDLE_OK ? status : base_fail(err, status, "proposal hash");
}
