/* What the peer of the chaincode bench sends, made beforehand. Without memory the bench exits. */
#ifndef BENCH_CHAINCODE_MESSAGES_H
#define BENCH_CHAINCODE_MESSAGES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "peer/chaincode_shim.pb-c.h"

#define MESSAGE_TYPE(name) PROTOS__CHAINCODE_MESSAGE__TYPE__##name
#define TX_ID_FORMAT       "b7d0f1a2c3e4958677685a4b3c2d1e0f00112233445566778899aabb%08x"

enum { TX_ID_LEN = 64, CHAINCODE_TYPES = 32 };

/** A ChaincodeMessage whose transaction id can be replaced. */
typedef struct letter {
    base_buffer bytes;
    size_t tx_id_at;
} letter;

/** The answers to requests, by the requests' types; empty: there is none. */
void write_answers(letter out[CHAINCODE_TYPES]);
/** A TRANSACTION with a client's proposal; what was in @p out is freed. */
void letter_transaction(letter *out, const char *const *args, size_t count);
/** Its bytes with @p tx_id in them, until the next call. */
heddle_view letter_address(letter *to, const char *tx_id);
/** REGISTERED and READY, in @p arena. */
void write_welcome(bool is_old, base_arena *arena, heddle_view out[2]);

#endif
