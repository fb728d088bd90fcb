#include "wire/block_hash.h"

#include "base/fail.h"

enum { DER_INTEGER = 0x02, DER_OCTET_STRING = 0x04, DER_SEQUENCE = 0x30 };

/* Tag, length in the fewest bytes, content. */
static heddle_status append_der(base_buffer *out, uint8_t tag, heddle_view content)
{
    uint8_t head[2 + sizeof(size_t)] = {tag};
    size_t used = 1;
    if (content.len < 0x80) {
        head[used++] = (uint8_t)content.len;
    } else {
        unsigned octets = 1;
        while (octets < sizeof(size_t) && content.len >> (8 * octets))
            octets++;
        head[used++] = (uint8_t)(0x80 | octets);
        while (octets--)
            head[used++] = (uint8_t)(content.len >> (8 * octets));
    }
    BASE_TRY(base_buffer_append(out, heddle_view_of(head, used)));
    return base_buffer_append(out, content);
}

/* Signed in DER, so a number whose top bit is set needs a zero before it. */
static heddle_status append_number(base_buffer *out, uint64_t number)
{
    uint8_t bytes[1 + sizeof(number)] = {0};
    for (size_t i = 0; i < sizeof(number); i++)
        bytes[1 + i] = (uint8_t)(number >> (8 * (sizeof(number) - 1 - i)));
    size_t first = 0;
    while (first < sizeof(number) && bytes[first] == 0 && bytes[first + 1] < 0x80)
        first++;
    return append_der(out, DER_INTEGER, heddle_view_of(bytes + first, sizeof(bytes) - first));
}

heddle_status wire_block_header_der(uint64_t number, heddle_view previous_hash,
                                    heddle_view data_hash, base_buffer *out)
{
    base_auto_buffer base_buffer content = {0};
    BASE_TRY(append_number(&content, number));
    BASE_TRY(append_der(&content, DER_OCTET_STRING, previous_hash));
    BASE_TRY(append_der(&content, DER_OCTET_STRING, data_hash));
    return append_der(out, DER_SEQUENCE, base_buffer_view(&content));
}

heddle_status wire_block_hash(uint64_t number, heddle_view previous_hash, heddle_view data_hash,
                              uint8_t out[CRYPTO_SHA256_LEN])
{
    base_auto_buffer base_buffer der = {0};
    BASE_TRY(wire_block_header_der(number, previous_hash, data_hash, &der));
    return crypto_sha256(base_buffer_view(&der), out);
}

heddle_status wire_block_data_hash(const heddle_view *envelopes, size_t count,
                                   uint8_t out[CRYPTO_SHA256_LEN])
{
    return crypto_digest_parts(CRYPTO_SHA256, envelopes, count, out);
}
