/* The writes of one transaction to one collection, in clear. */
#ifndef DEVNET_LEDGER_PRIVATE_PART_H
#define DEVNET_LEDGER_PRIVATE_PART_H

#include "base/view.h"

typedef struct dn_private_part {
    heddle_view ns;
    heddle_view coll;
    heddle_view rwset; /* the bytes of a KVRWSet, whose hash is in the transaction */
} dn_private_part;

#endif
