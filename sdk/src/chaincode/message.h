/* The messages between a chaincode and a peer: protos.ChaincodeMessage and its payloads. */
#ifndef CC_MESSAGE_H
#define CC_MESSAGE_H

#include "base/arena.h"
#include "base/blob.h"
#include "base/buffer.h"
#include "wire/block.h"

/** ChaincodeMessage.Type, as far as this side sends or understands it. */
typedef enum cc_type {
    CC_REGISTER = 1,
    CC_REGISTERED = 2,
    CC_INIT = 3,
    CC_READY = 4,
    CC_TRANSACTION = 5,
    CC_COMPLETED = 6,
    CC_ERROR = 7,
    CC_GET_STATE = 8,
    CC_PUT_STATE = 9,
    CC_DEL_STATE = 10,
    CC_RESPONSE = 13,
    CC_GET_STATE_BY_RANGE = 14,
    CC_QUERY_STATE_NEXT = 16,
    CC_QUERY_STATE_CLOSE = 17,
    CC_KEEPALIVE = 18
} cc_type;

/** "TRANSACTION", …; "?" for others. */
const char *cc_type_name(int32_t type);

/** One message; views borrow the bytes it was read from. */
typedef struct cc_message {
    int32_t type;
    heddle_view payload;
    heddle_view tx_id;
    heddle_view proposal; /* bytes of a SignedProposal */
    wire_event event;
    heddle_view channel;
} cc_message;

/** E_DECODE also if channel or transaction id could not be C strings. */
HEDDLE_MUST_USE heddle_status cc_message_read(heddle_view bytes, base_arena *arena, cc_message *out,
                                              heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_message_blob(const cc_message *message, base_blob **out,
                                              heddle_error *err);

/* Payloads. */

HEDDLE_MUST_USE heddle_status cc_chaincode_id_write(heddle_view name, base_buffer *out);

typedef struct cc_input {
    const heddle_view *args;
    size_t arg_count;
} cc_input;
HEDDLE_MUST_USE heddle_status cc_input_read(heddle_view bytes, base_arena *arena, cc_input *out,
                                            heddle_error *err);

HEDDLE_MUST_USE heddle_status cc_response_write(const wire_response *response, base_buffer *out);

HEDDLE_MUST_USE heddle_status cc_key_write(heddle_view key,
                                           base_buffer *out); /* GetState, DelState */
HEDDLE_MUST_USE heddle_status cc_put_write(heddle_view key, heddle_view value, base_buffer *out);
HEDDLE_MUST_USE heddle_status cc_range_write(heddle_view start, heddle_view end, base_buffer *out);
HEDDLE_MUST_USE heddle_status cc_query_id_write(heddle_view id, base_buffer *out);

typedef struct cc_kv {
    heddle_view key;
    heddle_view value;
} cc_kv;

typedef struct cc_result {
    cc_kv kv;
} cc_result;

typedef struct cc_query_response {
    cc_result *results;
    size_t result_count;
    bool has_more;
    heddle_view id;
} cc_query_response;
HEDDLE_MUST_USE heddle_status cc_query_response_read(heddle_view bytes, base_arena *arena,
                                                     cc_query_response *out, heddle_error *err);

#endif
