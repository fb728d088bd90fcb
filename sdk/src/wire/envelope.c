#include "wire/envelope.h"

#include "base/fail.h"
#include "base/text.h"
#include "common/common.pb-c.h"
#include "wire/codec.h"
#include "wire/reader.h"
#include "wire/txid.h"

static const wire_slot time_slots[] = {
    WIRE_SLOT(1, WIRE_I64, base_wall_time, seconds),
    WIRE_SLOT(2, WIRE_I32, base_wall_time, nanos),
};
static const wire_shape time_shape =
    WIRE_SHAPE(base_wall_time, "google.protobuf.Timestamp", time_slots);

static const wire_slot header_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_header, channel_header),
    WIRE_SLOT(2, WIRE_BYTES, wire_header, signature_header),
};
static const wire_shape header_shape = WIRE_SHAPE(wire_header, "common.Header", header_slots);

static const wire_slot channel_slots[] = {
    WIRE_SLOT(1, WIRE_I32, wire_header, type),
    WIRE_SLOT(2, WIRE_I32, wire_header, version),
    WIRE_SLOT_OF(3, WIRE_MESSAGE, wire_header, time, &time_shape),
    WIRE_SLOT(4, WIRE_BYTES, wire_header, channel),
    WIRE_SLOT(5, WIRE_BYTES, wire_header, tx_id),
    WIRE_SLOT(6, WIRE_U64, wire_header, epoch),
    WIRE_SLOT(7, WIRE_BYTES, wire_header, extension),
    WIRE_SLOT(8, WIRE_BYTES, wire_header, tls_cert_hash),
};
static const wire_shape channel_shape =
    WIRE_SHAPE(wire_header, "common.ChannelHeader", channel_slots);

static const wire_slot signature_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_header, creator),
    WIRE_SLOT(2, WIRE_BYTES, wire_header, nonce),
};
static const wire_shape signature_shape =
    WIRE_SHAPE(wire_header, "common.SignatureHeader", signature_slots);

static const wire_slot envelope_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_envelope, payload),
    WIRE_SLOT(2, WIRE_BYTES, wire_envelope, signature),
};
static const wire_shape envelope_shape =
    WIRE_SHAPE(wire_envelope, "common.Envelope", envelope_slots);

heddle_status wire_header_read(heddle_view bytes, wire_header *out, heddle_error *err)
{
    wire_header header = {0};
    BASE_TRY(wire_shape_read(&header_shape, bytes, NULL, &header, err));
    BASE_TRY(wire_shape_read(&channel_shape, header.channel_header, NULL, &header, err));
    BASE_TRY(wire_shape_read(&signature_shape, header.signature_header, NULL, &header, err));
    if (!base_is_utf8(header.channel))
        return base_fail(err, HEDDLE_E_DECODE, "common.ChannelHeader.channel_id is not UTF-8");
    if (!base_is_utf8(header.tx_id))
        return base_fail(err, HEDDLE_E_DECODE, "common.ChannelHeader.tx_id is not UTF-8");
    *out = header;
    return HEDDLE_OK;
}

heddle_status wire_payload_read(heddle_view payload, wire_header *out_header, heddle_view *out_data,
                                heddle_error *err)
{
    wire_reader reader = wire_reader_of(payload);
    wire_field field;
    heddle_view header = {NULL, 0};
    heddle_view data = {NULL, 0};
    while (wire_reader_next(&reader, &field)) {
        if (field.type == WIRE_TYPE_BYTES && field.number == 1)
            header = field.bytes;
        else if (field.type == WIRE_TYPE_BYTES && field.number == 2)
            data = field.bytes;
    }
    BASE_TRY(wire_reader_status(&reader, "common.Payload", err));
    if (!header.data)
        return base_fail(err, HEDDLE_E_DECODE, "common.Payload: no header");
    BASE_TRY(wire_header_read(header, out_header, err));
    *out_data = data;
    return HEDDLE_OK;
}

heddle_status wire_envelope_read(heddle_view bytes, wire_envelope *out, heddle_error *err)
{
    wire_envelope envelope = {0};
    BASE_TRY(wire_shape_read(&envelope_shape, bytes, NULL, &envelope, err));
    if (envelope.payload.len == 0)
        return base_fail(err, HEDDLE_E_DECODE, "common.Envelope: no payload");
    BASE_TRY(wire_payload_read(envelope.payload, &envelope.header, &envelope.data, err));
    *out = envelope;
    return HEDDLE_OK;
}

heddle_status wire_header_check_tx_id(const wire_header *header, heddle_error *err)
{
    char expected[WIRE_TX_ID_SIZE];
    heddle_status status = wire_tx_id(header->nonce, header->creator, expected);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "transaction id: %s", heddle_status_text(status));
    if (!base_view_is(header->tx_id, expected))
        return base_fail(err, HEDDLE_E_REFUSED, "incorrectly computed txid '%.*s' -- expected '%s'",
                         (int)(header->tx_id.len > 80 ? 80 : header->tx_id.len),
                         (const char *)header->tx_id.data, expected);
    return HEDDLE_OK;
}

static heddle_status write_channel_header(const wire_header *header, base_arena *arena,
                                          heddle_view *out, heddle_error *err)
{
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = header->time.seconds;
    time.nanos = header->time.nanos;
    Common__ChannelHeader message = COMMON__CHANNEL_HEADER__INIT;
    message.type = header->type;
    message.version = header->version;
    if (time.seconds || time.nanos)
        message.timestamp = &time;
    message.channel_id = base_arena_str(arena, header->channel);
    message.tx_id = base_arena_str(arena, header->tx_id);
    if (!message.channel_id || !message.tx_id)
        return base_arena_fail(arena, err, "channel header");
    message.epoch = header->epoch;
    message.extension = wire_bytes(header->extension);
    message.tls_cert_hash = wire_bytes(header->tls_cert_hash);
    return wire_encode_arena(&message.base, arena, out, err);
}

static heddle_status make_header(const wire_header *header, base_arena *arena, Common__Header *out,
                                 heddle_error *err)
{
    heddle_view channel_header;
    BASE_TRY(write_channel_header(header, arena, &channel_header, err));
    Common__SignatureHeader signature = COMMON__SIGNATURE_HEADER__INIT;
    signature.creator = wire_bytes(header->creator);
    signature.nonce = wire_bytes(header->nonce);
    heddle_view signature_header;
    BASE_TRY(wire_encode_arena(&signature.base, arena, &signature_header, err));
    common__header__init(out);
    out->channel_header = wire_bytes(channel_header);
    out->signature_header = wire_bytes(signature_header);
    return HEDDLE_OK;
}

heddle_status wire_header_write(const wire_header *header, base_arena *arena, heddle_view *out,
                                heddle_error *err)
{
    Common__Header message;
    BASE_TRY(make_header(header, arena, &message, err));
    return wire_encode_arena(&message.base, arena, out, err);
}

heddle_status wire_payload_write(const wire_header *header, heddle_view data, base_arena *arena,
                                 heddle_view *out, heddle_error *err)
{
    Common__Header message;
    BASE_TRY(make_header(header, arena, &message, err));
    Common__Payload payload = COMMON__PAYLOAD__INIT;
    payload.header = &message;
    payload.data = wire_bytes(data);
    return wire_encode_arena(&payload.base, arena, out, err);
}

heddle_status wire_envelope_write(heddle_view payload, heddle_view signature, base_arena *arena,
                                  heddle_view *out, heddle_error *err)
{
    Common__Envelope envelope = COMMON__ENVELOPE__INIT;
    envelope.payload = wire_bytes(payload);
    envelope.signature = wire_bytes(signature);
    return wire_encode_arena(&envelope.base, arena, out, err);
}
