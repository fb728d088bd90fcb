/* What the services of one peer share: what it is by itself, and each channel it has joined. */
#ifndef DEVNET_PEER_CORE_H
#define DEVNET_PEER_CORE_H

#include <pthread.h>

#include "devnet/ledger/ledger.h"
#include "devnet/lifecycle/installs.h"
#include "devnet/material/signer.h"
#include "devnet/orderer/chains.h"
#include "devnet/peer/invoke.h"
#include "devnet/private/transient.h"

struct dn_members;
struct dn_support;
struct dn_committer;

/** The peer, whatever channels it is on. Only the list of them changes, and only grows. */
typedef struct dn_local {
    const dn_node *node;
    const dn_topology *topology; /* known from the start of the services on, as are the members */
    const struct dn_members *members; /* every peer of the network */
    dn_signer *signer;
    dn_installs *installs;
    struct dn_support *support; /* for the chaincodes that dial in */
    wire_bundle *bundle;        /* its own organisation alone: judges what names no channel */
    dn_faults *faults;
    struct dn_joiner *joiner;
    uint64_t started_ns;  /* wall clock: the incarnation that gossip messages carry */
    pthread_mutex_t lock; /* of what follows */
    struct dn_core **cores;
    size_t core_count;
} dn_local;

/** Borrowed until dn_core_free, but for name, genesis and dir, which are copied. */
typedef struct dn_core_options {
    const dn_local *local;
    const char *name;               /* of the channel */
    heddle_view genesis;            /* block 0 of a new one; empty: the ledger is there */
    const char *dir;                /* of the peer's ledger of the channel, made by open */
    dn_chains *chains;              /* the orderers' */
    const dn_chaincode *chaincodes; /* also of other channels: each names its own */
    size_t chaincode_count;
    uint64_t execute_timeout_ms; /* of a transaction in a chaincode; 0: 30 s */
    bool is_old;                 /* a peer of Fabric 2.5, to chaincodes */
} dn_core_options;

/** One channel on one peer. Immutable once it has started. */
typedef struct dn_core {
    dn_core_options options;
    const dn_local *local;
    dn_channel known;          /* the channel as this peer knows it; */
    const dn_channel *channel; /* its address */
    char *name;
    char *dir;
    base_buffer genesis;
    const dn_node *node;         /* of the peer, as are the topology and the signer: the same on */
    const dn_topology *topology; /* every channel */
    dn_signer *signer;
    const struct dn_members *members;
    dn_definitions *told;  /* the chaincodes that are told at the start */
    dn_blockstore *blocks; /* the ledger's */
    dn_ledger *ledger;
    dn_transient *transient;
    dn_private_store *private_store;
    dn_private_access private_access;
    crypto_identity *identity; /* of the peer, as its organisation knows it */
    dn_invoker *invoker;
    struct dn_committer *committer;
    bool is_invoking;
} dn_core;

/** Recovers the ledger, or makes it of block 0. E_NOT_FOUND: there is neither. */
HEDDLE_MUST_USE heddle_status dn_core_open(const dn_core_options *options, dn_core **out,
                                           heddle_error *err);
/** The topology is known: dial chaincodes and commit blocks. */
HEDDLE_MUST_USE heddle_status dn_core_start(dn_core *core, heddle_error *err);
/** End what runs in chaincodes; later calls fail. Not on a reactor. */
void dn_core_stop_invoking(dn_core *core);
/** The same, and finish the block being committed. Does nothing the second time. */
void dn_core_stop(dn_core *core);
void dn_core_free(dn_core *core); /* NULL is fine; stops if it runs */

/** Put a channel into the peer's list. */
HEDDLE_MUST_USE heddle_status dn_local_add(dn_local *local, dn_core *core, heddle_error *err);
/** The peer's channel called @p name, which stays until the peer stops; NULL: it is not on it. */
dn_core *dn_local_find(const dn_local *local, heddle_view name);
/** The channel at @p index; NULL beyond the last. */
dn_core *dn_local_at(const dn_local *local, size_t index);

#endif
