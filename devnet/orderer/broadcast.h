/* The Broadcast method: envelopes come in on a stream, each gets its answer in order. */
#ifndef DEVNET_BROADCAST_H
#define DEVNET_BROADCAST_H

#include "devnet/orderer/chains.h"
#include "rpc/server.h"

/** Borrowed by the server's method: lives as long as the server. */
typedef struct dn_broadcast {
    const dn_chains *chains;
    size_t index; /* the orderer's */
    dn_faults *faults;
    const char *node; /* the orderer's name, for them */
} dn_broadcast;

rpc_method dn_broadcast_method(dn_broadcast *broadcast, const char *path);

#endif
