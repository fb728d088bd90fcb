/*
 * A Fabric-compatible network in one process: organisations with peers, orderers, channels,
 * everything under one folder. For development and tests, never for production.
 */
#ifndef DEVNET_DEVNET_H
#define DEVNET_DEVNET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "devnet/fault/fault.h"
#include "heddle/status.h"

/** A private data collection of a chaincode, as in Fabric's collections_config.json. */
typedef struct dn_collection_config {
    const char *name;
    const char *policy; /* who has the data: "OR('Org1MSP.member','Org2MSP.member')" */
    uint32_t required_peer_count;
    uint32_t max_peer_count;
    uint64_t block_to_live; /* 0: for ever */
    bool member_only_read;
    bool member_only_write;
    const char *signature_policy; /* own endorsement policy; both NULL: the chaincode's */
    const char *channel_policy;   /* the same by path, "/Channel/Application/Endorsement" */
} dn_collection_config;

/** A chaincode that runs as a service and is defined on a channel from the start. */
typedef struct dn_chaincode {
    const char *channel; /* NULL: the first */
    const char *name;
    const char *address; /* host:port that every peer dials */
    bool dials_in;       /* instead: it registers with the peers, as "name:version" */
    const char *policy;  /* "AND('Org1MSP.peer','Org2MSP.peer')"; NULL: the channel's
                            Endorsement policy (majority) */
    const char *version; /* NULL: "1.0" */
    const dn_collection_config *collections;
    size_t collection_count;
} dn_chaincode;

/** Start from dn_options_default(). Strings are borrowed until dn_network_start returns. */
typedef struct dn_options {
    const char *dir;                  /* made if absent; all state lives here */
    const char *channel;              /* "mychannel", the first */
    const char *const *more_channels; /* every orderer serves them, every peer is on them */
    size_t more_channel_count;
    const char *listen_host;        /* address to bind, "127.0.0.1" */
    const char *host;               /* name under which clients reach it, "localhost" */
    uint16_t base_port;             /* the orderers and then the peers one by one, organisation
                                       by organisation. 0: any free ports, kept over restarts */
    unsigned orderer_count;         /* 1 to 9, 1: all take envelopes and give the same blocks */
    bool bft;                       /* they are a BFT service to clients, which send to all: each
                                       block is signed by a quorum; otherwise Raft */
    unsigned org_count;             /* Org1MSP, Org2MSP, …; 1 to 9, 2 */
    unsigned peers_per_org;         /* 1 to 9, 1 */
    uint64_t batch_timeout_ms;      /* 0: 200, or what the channel has */
    uint32_t batch_max_messages;    /* 0: 500, or what the channel has */
    uint32_t batch_preferred_bytes; /* 0: 2 MiB, or what the channel has */
    uint32_t batch_absolute_bytes;  /* 0: 99 MiB, or what the channel has */
    const dn_chaincode *chaincodes;
    size_t chaincode_count;
    uint64_t execute_timeout_ms; /* how long a chaincode may take; 0: 30 s */
    bool old_peers;              /* to chaincodes the peers are those of Fabric 2.5 */
    bool client_auth;            /* demand TLS client certificates (mutual TLS) */
    bool has_ca;                 /* true: a Fabric CA for each organisation; with a base port
                                    behind the peers' ports, the orderers' organisation last */
    const char *ca_admin;        /* "admin"; what the CAs know from the start, and */
    const char *ca_password;     /* "adminpw" */
    uint64_t ca_expiry_ms;       /* how long certificates of the CAs are valid; 0: a year */
} dn_options;

dn_options dn_options_default(void);

/** Where one node is to be reached. Strings live as long as the network. */
typedef struct dn_endpoint {
    const char *name;          /* "peer0.org1.example.com" */
    const char *msp_id;        /* "Org1MSP" */
    const char *domain;        /* "org1.example.com" */
    const char *host;          /* advertised host, "localhost" */
    uint16_t port;             /* really bound */
    const char *address;       /* "localhost:7051" */
    const char *tls_ca;        /* path of the PEM file that vouches for its TLS certificate */
    uint16_t admin_port;       /* of an orderer's channel participation API; 0 of a peer */
    const char *admin_address; /* "localhost:7054"; NULL of a peer */
    uint16_t chaincode_port;   /* where chaincodes that dial in register, without TLS; 0: none do */
    const char *chaincode_address;
} dn_endpoint;

typedef struct dn_network dn_network;

/**
 * Make or reopen the network in options->dir and serve. Blocking, well under a second.
 * rpc_init() must have been called. E_LOCKED: another process has the folder; E_IO: a port
 * is taken; E_CONFIG: an option contradicts what the folder holds.
 */
HEDDLE_MUST_USE heddle_status dn_network_start(const dn_options *options, dn_network **out,
                                               heddle_error *err);
/** Graceful stop: acknowledged transactions are in blocks or in the journal. NULL is fine. */
void dn_network_stop(dn_network *net);

const char *dn_network_dir(const dn_network *net);
const char *dn_network_channel(const dn_network *net); /* the first */
/** The channels that were there at the start, the first first; NULL beyond the last. */
const char *dn_network_channel_at(const dn_network *net, size_t index);
const dn_endpoint *dn_network_orderer(const dn_network *net); /* the first */
size_t dn_network_orderer_count(const dn_network *net);
const dn_endpoint *dn_network_orderer_at(const dn_network *net, size_t index);
size_t dn_network_peer_count(const dn_network *net);
const dn_endpoint *dn_network_peer(const dn_network *net, size_t index);

/** The CAs, of the organisations with peers and then of the orderers'; none without has_ca. */
size_t dn_network_ca_count(const dn_network *net);
const dn_endpoint *dn_network_ca(const dn_network *net, size_t index);

/** Append the MSP folder of "User1" or "Admin" of the organisation @p domain. */
HEDDLE_MUST_USE heddle_status dn_network_user_msp(const dn_network *net, const char *domain,
                                                  const char *user, base_buffer *out);
/* What follows is of the first channel. */

/** Blocks the orderer has cut, and blocks peer @p index has committed. */
uint64_t dn_network_ordered_height(const dn_network *net);
uint64_t dn_network_peer_height(const dn_network *net, size_t index);
/** Wait until every peer has committed @p height blocks; E_TIMED_OUT. */
HEDDLE_MUST_USE heddle_status dn_network_wait_height(const dn_network *net, uint64_t height,
                                                     uint64_t timeout_ms, heddle_error *err);

/** The same of peer @p index alone. */
HEDDLE_MUST_USE heddle_status dn_network_wait_peer_height(const dn_network *net, size_t index,
                                                          uint64_t height, uint64_t timeout_ms,
                                                          heddle_error *err);

/* The same of any channel, also of one that was joined later. 0: nobody serves it, or the peer is
 * not on it. */

uint64_t dn_network_ordered_height_of(const dn_network *net, const char *channel);
uint64_t dn_network_peer_height_of(const dn_network *net, size_t index, const char *channel);
/** E_NOT_FOUND: the peer is not on it. */
HEDDLE_MUST_USE heddle_status dn_network_wait_peer_height_of(const dn_network *net, size_t index,
                                                             const char *channel, uint64_t height,
                                                             uint64_t timeout_ms,
                                                             heddle_error *err);

/** An event that a valid transaction emitted. */
typedef struct dn_event {
    uint64_t block;
    uint64_t position; /* of the transaction in the block */
    const char *tx_id;
    const char *name;
} dn_event;
typedef void dn_event_fn(const dn_event *event, void *user);

/** Call @p fn for every event of @p chaincode on the ledger of peer @p index, from @p block on
 *  in the order of the chain: from an index, at once. @p fn must not ask the network. */
void dn_network_events(const dn_network *net, size_t index, const char *chaincode, uint64_t block,
                       dn_event_fn *fn, void *user);

/**
 * Let @p crl (PEM or DER; empty: none) be the revocation list of the MSP @p msp_id on every channel
 * that has it, by config updates that the administrators sign, and wait until the orderers have
 * them; peers follow. Blocking; any thread but a reactor's.
 */
HEDDLE_MUST_USE heddle_status dn_network_revoke(dn_network *net, const char *msp_id,
                                                heddle_view crl, heddle_error *err);

/* Faults, in the words of devnet/fault/fault.h. */

/** From now on. With DN_FAULT_AWAY it returns when the node is gone, which waits for calls
 *  that a chaincode works at. E_NOT_FOUND: no node of that name. */
HEDDLE_MUST_USE heddle_status dn_network_fault_set(dn_network *net, const dn_fault *fault,
                                                   heddle_error *err);
/** Forget the faults of a node (NULL: of all) and bring it back. E_IO: its port is taken. */
HEDDLE_MUST_USE heddle_status dn_network_fault_clear(dn_network *net, const char *node,
                                                     heddle_error *err);
/** The fault at @p index of those that stand; false beyond the last. */
bool dn_network_fault_at(const dn_network *net, size_t index, dn_fault *out);

#endif
