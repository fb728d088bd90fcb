#include "devnet/ledger/frame.h"

#include "base/fail.h"
#include "crypto/digest.h"
#include "wire/txid.h"

typedef struct signature_header {
    heddle_view creator;
    heddle_view nonce;
} signature_header;

typedef struct channel_header {
    int32_t type;
    heddle_view channel;
    heddle_view tx_id;
    uint64_t epoch;
} channel_header;

typedef struct header {
    heddle_view channel_header;
    heddle_view signature_header;
} header;

typedef struct payload {
    bool has_header;
    header header;
    heddle_view data;
} payload;

typedef struct envelope {
    heddle_view payload;
    heddle_view signature;
} envelope;

static const wire_slot signature_header_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, signature_header, creator),
    WIRE_SLOT(2, WIRE_BYTES, signature_header, nonce),
};
static const wire_shape signature_header_shape =
    WIRE_SHAPE(signature_header, "SignatureHeader", signature_header_slots);

static const wire_slot channel_header_slots[] = {
    WIRE_SLOT(1, WIRE_I32, channel_header, type),
    WIRE_SLOT(4, WIRE_BYTES, channel_header, channel),
    WIRE_SLOT(5, WIRE_BYTES, channel_header, tx_id),
    WIRE_SLOT(6, WIRE_U64, channel_header, epoch),
};
static const wire_shape channel_header_shape =
    WIRE_SHAPE(channel_header, "ChannelHeader", channel_header_slots);

static const wire_slot header_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, header, channel_header),
    WIRE_SLOT(2, WIRE_BYTES, header, signature_header),
};
static const wire_shape header_shape = WIRE_SHAPE(header, "Header", header_slots);

static const wire_slot payload_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_OPTIONAL, payload, header, has_header, &header_shape),
    WIRE_SLOT(2, WIRE_BYTES, payload, data),
};
static const wire_shape payload_shape = WIRE_SHAPE(payload, "Payload", payload_slots);

static const wire_slot envelope_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, envelope, payload),
    WIRE_SLOT(2, WIRE_BYTES, envelope, signature),
};
static const wire_shape envelope_shape = WIRE_SHAPE(envelope, "Envelope", envelope_slots);

typedef struct frame {
    envelope envelope;
    payload payload;
    channel_header channel;
    signature_header signature;
} frame;

static bool reads(const wire_shape *shape, heddle_view bytes, void *out)
{
    return wire_shape_read(shape, bytes, NULL, out, NULL) == HEDDLE_OK;
}

static wire_code read_frame(heddle_view bytes, frame *out)
{
    if (!reads(&envelope_shape, bytes, &out->envelope))
        return WIRE_CODE_INVALID_OTHER_REASON;
    if (!reads(&payload_shape, out->envelope.payload, &out->payload))
        return WIRE_CODE_BAD_PAYLOAD;
    const header *h = &out->payload.header;
    if (!out->payload.has_header ||
        !reads(&channel_header_shape, h->channel_header, &out->channel) ||
        !reads(&signature_header_shape, h->signature_header, &out->signature))
        return WIRE_CODE_BAD_COMMON_HEADER;
    bool known = out->channel.type == WIRE_TX_CONFIG || out->channel.type == WIRE_TX_ENDORSER ||
                 out->channel.type == WIRE_TX_CONFIG_UPDATE;
    if (!known || out->channel.epoch || !out->signature.nonce.len || !out->signature.creator.len)
        return WIRE_CODE_BAD_COMMON_HEADER;
    return WIRE_CODE_VALID;
}

static heddle_status check_signature(const wire_bundle *bundle, const frame *f, wire_code *out)
{
    wire_signed by = {.data = {f->envelope.payload},
                      .identity = f->signature.creator,
                      .signature = f->envelope.signature};
    base_auto(crypto_identity) crypto_identity *creator = NULL;
    heddle_status status = wire_bundle_verify(bundle, &by, &creator, NULL);
    if (status == HEDDLE_E_NO_MEMORY)
        return status;
    if (status != HEDDLE_OK)
        *out = WIRE_CODE_BAD_CREATOR_SIGNATURE;
    return HEDDLE_OK;
}

/* One action with a header of its own, bound to the proposal by its hash. */
static heddle_status check_action(const frame *f, const wire_tx *tx, bool *out)
{
    const wire_action *action = &tx->action;
    signature_header own = {0};
    *out = false;
    if (tx->action_count != 1 || !reads(&signature_header_shape, action->header, &own) ||
        !own.nonce.len || !own.creator.len)
        return HEDDLE_OK;
    uint8_t hash[CRYPTO_SHA256_LEN];
    heddle_view parts[] = {f->payload.header.channel_header, action->header,
                           action->proposal_payload};
    BASE_TRY(crypto_digest_parts(CRYPTO_SHA256, parts, BASE_COUNT(parts), hash));
    *out = base_view_equal(action->proposal_hash, heddle_view_of(hash, sizeof(hash)));
    return HEDDLE_OK;
}

static heddle_status check_endorser_tx(const frame *f, const wire_tx *tx, wire_code *out)
{
    char id[WIRE_TX_ID_SIZE];
    BASE_TRY(wire_tx_id(f->signature.nonce, f->signature.creator, id));
    if (!base_view_is(f->channel.tx_id, id)) {
        *out = WIRE_CODE_BAD_PROPOSAL_TXID;
        return HEDDLE_OK;
    }
    bool whole;
    BASE_TRY(check_action(f, tx, &whole));
    if (!whole)
        *out = WIRE_CODE_INVALID_ENDORSER_TRANSACTION;
    return HEDDLE_OK;
}

static heddle_status check(const wire_bundle *bundle, const frame *f, const wire_tx *tx,
                           wire_code *out)
{
    BASE_TRY(check_signature(bundle, f, out));
    if (*out != WIRE_CODE_VALID)
        return HEDDLE_OK;
    if (f->channel.type == WIRE_TX_CONFIG_UPDATE)
        *out = WIRE_CODE_UNSUPPORTED_TX_PAYLOAD;
    if (f->channel.type == WIRE_TX_ENDORSER)
        BASE_TRY(check_endorser_tx(f, tx, out));
    return HEDDLE_OK;
}

heddle_status dn_frame_check(const wire_bundle *bundle, heddle_view bytes, const wire_tx *tx,
                             wire_code *out, heddle_error *err)
{
    frame f = {0};
    wire_code code = read_frame(bytes, &f);
    if (code == WIRE_CODE_VALID && check(bundle, &f, tx, &code) != HEDDLE_OK)
        return base_fail_memory(err, "transaction");
    *out = code;
    return HEDDLE_OK;
}
