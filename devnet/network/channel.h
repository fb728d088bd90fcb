/* What every part of the process knows of the channel and of its neighbours. */
#ifndef DEVNET_CHANNEL_H
#define DEVNET_CHANNEL_H

#include "base/view.h"
#include "devnet/blockstore/blockstore.h"
#include "devnet/devnet.h"
#include "devnet/fault/fault.h"
#include "devnet/material/material.h"
#include "wire/bundle.h"

/**
 * The channel, immutable but for its faults and shared by the threads of the process: this part of
 * the devnet refuses config updates, so block 0 holds the config for ever. Sequence is 0.
 */
typedef struct dn_channel {
    const char *name;
    heddle_view genesis;       /* bytes of block 0 */
    const wire_bundle *bundle; /* its config: MSPs, policies, orderer settings */
    dn_faults *faults;         /* what is to go wrong; NULL: nothing */
} dn_channel;

/** Every node with its endpoint, complete before the first peer is started. */
typedef struct dn_topology {
    const dn_material *material;
    dn_endpoint *orderers;
    size_t orderer_count;
    dn_endpoint *peers;           /* organisation by organisation */
    struct dn_peer *const *nodes; /* the same peers, for what they would tell each other */
    size_t peer_count;
} dn_topology;

#endif
