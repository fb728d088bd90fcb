/*
 * One peer: the channels it has joined, endorser, chaincode client, Deliver and Discovery
 * services.
 *
 * Life: open (binds the port, recovers the ledgers) -> start (serves and commits) -> stop ->
 * free. The orderers' chains are in the same process and are the source of blocks: the peer's
 * committers wait on them, validate, and append to stores of their own.
 */
#ifndef DEVNET_PEER_H
#define DEVNET_PEER_H

#include "devnet/peer/core.h"

typedef struct dn_peer dn_peer;

/** All pointers are borrowed until dn_peer_free. */
typedef struct dn_peer_options {
    const dn_node *node;
    const dn_org *org;         /* the node's */
    dn_faults *faults;         /* NULL: none */
    const char *dir;           /* this peer's own folder, made by open */
    const char *first_channel; /* whose ledger is in the folder itself, if one is */
    const char *listen_host;
    uint16_t port;                /* 0: any */
    heddle_view client_roots_pem; /* not empty: TLS client certificates are demanded */
    dn_chains *chains;            /* the orderers' */
    const dn_chaincode *chaincodes;
    size_t chaincode_count;
    uint64_t execute_timeout_ms; /* of a transaction in a chaincode; 0: 30 s */
    bool is_old;                 /* a peer of Fabric 2.5, to chaincodes */
    uint16_t chaincode_port;     /* for chaincodes that dial in; 0: any */
} dn_peer_options;

/** E_IO with the address when the port is taken. */
HEDDLE_MUST_USE heddle_status dn_peer_open(const dn_peer_options *options, dn_peer **out,
                                           heddle_error *err);
uint16_t dn_peer_port(const dn_peer *peer);
/** Where chaincodes register, without TLS; the peer's own port takes them, too, with it. 0: none
 *  dials in. */
uint16_t dn_peer_chaincode_port(const dn_peer *peer);

/** @p topology (borrowed until dn_peer_free) is complete now. */
HEDDLE_MUST_USE heddle_status dn_peer_start(dn_peer *peer, const dn_topology *topology,
                                            heddle_error *err);
/** Join the channel of block 0 @p block; see joiner.h. From the open on. */
HEDDLE_MUST_USE heddle_status dn_peer_join(dn_peer *peer, heddle_view block, heddle_error *err);
/** The channel called @p name on the peer, as long as the peer lives; NULL: it has not joined. */
const dn_core *dn_peer_find(const dn_peer *peer, heddle_view name);
/** Its identity as its own organisation knows it, whatever channels do; yours to unref. */
HEDDLE_MUST_USE heddle_status dn_peer_identify(const dn_peer *peer, crypto_identity **out,
                                               heddle_error *err);

/**
 * Cut every connection, listen no longer and, for the fault that stands, commit nothing. Then
 * come back to the same port, E_IO if it is taken by now. Each does nothing where nothing is
 * to be done. From start to stop; the leaving waits for calls that a chaincode works at.
 */
void dn_peer_leave(dn_peer *peer);
HEDDLE_MUST_USE heddle_status dn_peer_return(dn_peer *peer, heddle_error *err);

/** Refuse new calls, end streams, finish the block being committed, join. */
void dn_peer_stop(dn_peer *peer);
void dn_peer_free(dn_peer *peer); /* NULL is fine; stops if it runs */

#endif
