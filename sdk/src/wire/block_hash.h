/* The hashes that chain blocks. */
#ifndef WIRE_BLOCK_HASH_H
#define WIRE_BLOCK_HASH_H

#include "base/buffer.h"
#include "crypto/digest.h"

/** The header as it is hashed and as orderers sign it: DER, SEQUENCE of INTEGER number,
 *  OCTET STRING previous hash, OCTET STRING data hash; appended to @p out. */
HEDDLE_MUST_USE heddle_status wire_block_header_der(uint64_t number, heddle_view previous_hash,
                                                    heddle_view data_hash, base_buffer *out);

/** SHA-256 of wire_block_header_der(). */
HEDDLE_MUST_USE heddle_status wire_block_hash(uint64_t number, heddle_view previous_hash,
                                              heddle_view data_hash,
                                              uint8_t out[CRYPTO_SHA256_LEN]);

/** SHA-256 of the envelopes, one after the other. */
HEDDLE_MUST_USE heddle_status wire_block_data_hash(const heddle_view *envelopes, size_t count,
                                                   uint8_t out[CRYPTO_SHA256_LEN]);

#endif
