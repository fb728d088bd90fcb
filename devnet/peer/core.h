/* What the services of one peer share. Immutable once the peer has started. */
#ifndef DEVNET_PEER_CORE_H
#define DEVNET_PEER_CORE_H

#include "devnet/ledger/ledger.h"
#include "devnet/material/signer.h"
#include "devnet/network/channel.h"
#include "devnet/peer/invoke.h"
#include "devnet/private/transient.h"

struct dn_members;

typedef struct dn_core {
    const dn_channel *channel;
    const dn_node *node;
    const dn_topology *topology; /* known from the start of the services on, as are the members */
    const struct dn_members *members;
    dn_signer *signer;
    dn_definitions *definitions;
    dn_ledger *ledger;
    dn_transient *transient;
    dn_private_store *private_store;
    dn_invoker *invoker;
    uint64_t started_ns; /* wall clock: the incarnation that gossip messages carry */
} dn_core;

#endif
