/* What every part of the process knows of the channel and of its neighbours. */
#ifndef DEVNET_CHANNEL_H
#define DEVNET_CHANNEL_H

#include "base/view.h"
#include "devnet/blockstore/blockstore.h"
#include "devnet/config/holder.h"
#include "devnet/devnet.h"
#include "devnet/fault/fault.h"
#include "devnet/material/material.h"

/** The channel as one party knows it, the orderers or a peer. Shared by the party's threads. */
typedef struct dn_channel {
    const char *name;
    heddle_view genesis;      /* bytes of block 0 */
    dn_config_holder *config; /* the party's: MSPs, policies, orderer settings */
    dn_faults *faults;        /* what is to go wrong; NULL: nothing */
} dn_channel;

/** Every node with its endpoint, complete before the first peer is started. */
typedef struct dn_topology {
    const dn_material *material;
    dn_endpoint *orderers;
    size_t orderer_count;
    dn_endpoint *peers;           /* organisation by organisation */
    struct dn_peer *const *nodes; /* the same peers, for what they would tell each other */
    size_t peer_count;
    dn_endpoint *cas;
    size_t ca_count;
    const char *ca_admin;    /* registered with every CA */
    const char *ca_password; /* NULL: not to be told */
} dn_topology;

#endif
