/*
 * Signatures that were found right. An entry is the SHA-256 over identity, signed bytes and
 * signature; where it belongs in the table follows from itself, and a newer one there
 * replaces it. Any thread may use a memory.
 */
#ifndef WIRE_SIGNATURE_MEMORY_H
#define WIRE_SIGNATURE_MEMORY_H

#include "crypto/digest.h"
#include "wire/bundle.h"

typedef struct wire_signature_memory wire_signature_memory;

/** For @p count signatures; NULL without memory. */
wire_signature_memory *wire_signature_memory_new(size_t count);
wire_signature_memory *wire_signature_memory_ref(wire_signature_memory *memory);
void wire_signature_memory_unref(wire_signature_memory *memory); /* NULL is fine */

/** What stands for @p set in a memory. */
HEDDLE_MUST_USE heddle_status wire_signature_memory_key(const wire_signed *set,
                                                        uint8_t out[CRYPTO_SHA256_LEN]);
bool wire_signature_memory_has(wire_signature_memory *memory, const uint8_t key[CRYPTO_SHA256_LEN]);
void wire_signature_memory_put(wire_signature_memory *memory, const uint8_t key[CRYPTO_SHA256_LEN]);

#endif
