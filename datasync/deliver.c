#include "datasync/deliver.h"

#include "base/fail.h"
#include "client/identity.h"
#include "wire/envelope.h"
#include "wire/reader.h"

enum { HEADER_DELIVER_SEEK_INFO = 5, NONCE_LEN = 24, FIELD_STATUS = 1, FIELD_BLOCK = 2 };

static heddle_status read_number(heddle_view block, uint64_t *out, heddle_error *err)
{
    heddle_view header;
    if (!wire_field_find(block, 1, &header))
        return base_fail(err, HEDDLE_E_DECODE, "Deliver: a block without a header");
    wire_reader reader = wire_reader_of(header);
    wire_field field;
    *out = 0;
    while (wire_reader_next(&reader, &field))
        if (field.number == 1 && field.type == WIRE_TYPE_VARINT)
            *out = field.varint;
    return wire_reader_status(&reader, "BlockHeader", err);
}

heddle_status sync_deliver_read(heddle_view bytes, sync_deliver_response *out, heddle_error *err)
{
    sync_deliver_response response = {0};
    wire_reader reader = wire_reader_of(bytes);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == FIELD_STATUS && field.type == WIRE_TYPE_VARINT) {
            response = (sync_deliver_response){.status = (int)field.varint};
        } else if (field.number == FIELD_BLOCK && field.type == WIRE_TYPE_BYTES) {
            response = (sync_deliver_response){.has_block = true, .block = field.bytes};
        }
    }
    BASE_TRY(wire_reader_status(&reader, "DeliverResponse", err));
    if (response.has_block)
        BASE_TRY(read_number(response.block, &response.number, err));
    *out = response;
    return HEDDLE_OK;
}

heddle_status sync_deliver_request(const heddle_identity *identity, const char *channel,
                                   heddle_view tls_hash, const wire_seek *seek, base_arena *arena,
                                   heddle_view *out, heddle_error *err)
{
    uint8_t nonce[NONCE_LEN];
    heddle_view data, payload;
    crypto_signature signature;
    if (crypto_random(nonce, sizeof(nonce)) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "no random bytes for a nonce");
    const wire_header header = {
        .type = HEADER_DELIVER_SEEK_INFO,
        .time = base_wall_now(),
        .channel = heddle_view_str(channel),
        .tls_cert_hash = tls_hash,
        .creator = client_identity_creator(identity),
        .nonce = heddle_view_of(nonce, sizeof(nonce)),
    };
    BASE_TRY(wire_seek_write(seek, arena, &data, err));
    BASE_TRY(wire_payload_write(&header, data, arena, &payload, err));
    BASE_TRY(client_identity_sign(identity, payload, &signature, err));
    return wire_envelope_write(payload, crypto_signature_view(&signature), arena, out, err);
}
