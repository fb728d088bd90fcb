/*
 * A channel as the orderers of the network have it: one chain of blocks and one sequencer, which
 * all of them share who serve the channel. Whichever takes an envelope, it comes into the chain.
 */
#ifndef DEVNET_CHAIN_H
#define DEVNET_CHAIN_H

#include <stdatomic.h>

#include "devnet/network/channel.h"
#include "devnet/orderer/sequencer.h"

/** Counted; any thread. What it has lives as long as the references. */
typedef struct dn_chain {
    dn_channel channel; /* the orderers' */
    dn_blockstore *blocks;
    dn_sequencer *sequencer;
    atomic_uint servers; /* a bit for each orderer that serves it */

    atomic_size_t refs;
    char *dir; /* of blocks and journal */
    char *name;
    base_buffer genesis;
    const dn_org *org;
    dn_signer **signers; /* of all orderers, by number */
    dn_consenters consenters;
    bool is_running;
} dn_chain;

typedef struct dn_chain_options {
    const char *dir;   /* made if absent */
    const dn_org *org; /* of the orderers; borrowed, as are the faults */
    dn_faults *faults;
    heddle_view genesis; /* block 0 of a new chain; empty: the chain is there */
} dn_chain_options;

/** Recovers what is there. E_BROKEN_CHAIN if it does not begin with the genesis block. */
HEDDLE_MUST_USE heddle_status dn_chain_open(const dn_chain_options *options, dn_chain **out,
                                            heddle_error *err);
dn_chain *dn_chain_ref(dn_chain *chain);
void dn_chain_unref(dn_chain *chain); /* NULL is fine; stopped before the last */

HEDDLE_MUST_USE heddle_status dn_chain_start(dn_chain *chain, heddle_error *err);
/** Answer what was taken, end every wait for blocks. Does nothing the second time. */
void dn_chain_stop(dn_chain *chain);

/** Whether orderer @p index serves the channel. */
bool dn_chain_has_server(const dn_chain *chain, size_t index);
/** Whether that orderer's TLS certificate is one of the channel's consenters'. */
bool dn_chain_has_consenter(const dn_chain *chain, size_t index);
/** The same of the configuration of a channel that is not there yet. */
bool dn_chain_is_consenter(const wire_channel_config *config, const dn_node *orderer);
/** Whether the BFT consenters, if the channel has such, are the orderers by their numbers: they
 *  sign blocks together. */
bool dn_chain_is_ours(const wire_channel_config *config, const dn_org *org);

BASE_AUTO_DEFINE(dn_chain, dn_chain *, dn_chain_unref)

#endif
