/*
 * The peers of the network, and of a channel, as one peer tells of them: identity, endpoint, ledger
 * height and chaincodes, in the envelopes that gossip would have carried. Peers of this network do
 * not gossip: they live in one process and look at each other.
 */
#ifndef DEVNET_PEER_MEMBERS_H
#define DEVNET_PEER_MEMBERS_H

#include "devnet/peer/core.h"
#include "discovery/protocol.pb-c.h"

typedef struct dn_member {
    const dn_endpoint *endpoint;
    dn_signer *signer;
    crypto_identity *identity; /* as its own organisation knows it */
    uint8_t pki_id[32];
} dn_member;

typedef struct dn_members {
    const dn_local *local;
    const dn_core *core; /* NULL: of no channel */
    dn_member *items;    /* in the topology's order */
    size_t count;
} dn_members;

/** Every peer of the network; @p core is NULL or the channel. Both are borrowed, and the topology
 *  is known. */
HEDDLE_MUST_USE heddle_status dn_members_new(const dn_local *local, const dn_core *core,
                                             const dn_members **out, heddle_error *err);
void dn_members_free(const dn_members *members); /* NULL is fine */

/** Whether the member is on the channel, of whose organisations it is one's, now; of no channel
 *  they all are. */
bool dn_member_is_joined(const dn_members *members, size_t index);

/** Whether the member can run @p chaincode as it is defined on its ledger of the channel. */
bool dn_member_runs(const dn_members *members, size_t index, heddle_view chaincode);

/** Describe a member in @p arena; with its state on the channel, on which it is, or without. */
HEDDLE_MUST_USE heddle_status dn_member_describe(const dn_members *members, size_t index,
                                                 bool with_state, base_arena *arena,
                                                 Discovery__Peer **out, heddle_error *err);

#endif
