/*
 * How a peer comes to its channels: those whose ledgers are in its folder, one folder each, and
 * those it is told to join. It leaves none.
 */
#ifndef DEVNET_PEER_JOINER_H
#define DEVNET_PEER_JOINER_H

#include "devnet/peer/core.h"

typedef struct dn_joiner dn_joiner;

/** All borrowed until dn_joiner_free. */
typedef struct dn_joiner_options {
    dn_local *local;           /* gets the channels */
    const char *dir;           /* of the peer */
    const char *first_channel; /* whose ledger is in the folder itself, if one is */
    dn_chains *chains;
    const dn_chaincode *chaincodes; /* of all channels, which they name */
    bool is_old;                    /* see dn_core_options */
    size_t chaincode_count;
    uint64_t execute_timeout_ms;
} dn_joiner_options;

/** Open the ledgers that are there. */
HEDDLE_MUST_USE heddle_status dn_joiner_open(const dn_joiner_options *options, dn_joiner **out,
                                             heddle_error *err);
void dn_joiner_free(dn_joiner *joiner); /* NULL is fine */

/** Start the channels; one that is joined later starts at once. */
HEDDLE_MUST_USE heddle_status dn_joiner_start(dn_joiner *joiner, heddle_error *err);

/**
 * Join the channel of @p block, its block 0. E_EXISTS: the peer is on it; E_REFUSED: it is a later
 * block; E_DECODE, E_CONFIG: it is no config block of a channel. The texts are Fabric's. Any
 * thread.
 */
HEDDLE_MUST_USE heddle_status dn_joiner_join(dn_joiner *joiner, heddle_view block,
                                             heddle_error *err);

#endif
