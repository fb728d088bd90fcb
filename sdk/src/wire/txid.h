/* Transaction ids. */
#ifndef WIRE_TXID_H
#define WIRE_TXID_H

#include "heddle/status.h"
#include "heddle/view.h"

enum {
    WIRE_NONCE_LEN = 24, /* what Fabric's own clients use; any length but 0 is valid */
    WIRE_TX_ID_SIZE = 65 /* with the NUL */
};

/** hex(SHA-256(nonce, creator)); the creator is the bytes of a SerializedIdentity. */
HEDDLE_MUST_USE heddle_status wire_tx_id(heddle_view nonce, heddle_view creator,
                                         char out[WIRE_TX_ID_SIZE]);

#endif
