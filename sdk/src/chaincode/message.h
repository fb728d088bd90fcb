/* The messages between a chaincode and a peer: protos.ChaincodeMessage. */
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
    CC_INVOKE_CHAINCODE = 11,
    CC_RESPONSE = 13,
    CC_GET_STATE_BY_RANGE = 14,
    CC_GET_QUERY_RESULT = 15,
    CC_QUERY_STATE_NEXT = 16,
    CC_QUERY_STATE_CLOSE = 17,
    CC_KEEPALIVE = 18,
    CC_GET_HISTORY_FOR_KEY = 19,
    CC_GET_STATE_METADATA = 20,
    CC_PUT_STATE_METADATA = 21,
    CC_GET_PRIVATE_DATA_HASH = 22,
    CC_PURGE_PRIVATE_DATA = 23,
    CC_WRITE_BATCH_STATE = 24,
    CC_GET_STATE_MULTIPLE = 25
} cc_type;

/** What either side takes of one message. */
enum { CC_MAX_MESSAGE = 100 * 1024 * 1024 };

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
HEDDLE_MUST_USE heddle_status cc_message_read(heddle_view bytes, cc_message *out,
                                              heddle_error *err);
/** Of its bytes. */
size_t cc_message_size(const cc_message *message);
/** In one piece of memory, written once. */
HEDDLE_MUST_USE heddle_status cc_message_blob(const cc_message *message, base_blob **out,
                                              heddle_error *err);

#endif
