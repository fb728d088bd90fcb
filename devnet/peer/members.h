/*
 * The peers of the channel as one peer tells of them: identity, endpoint, ledger height and
 * chaincodes, in the envelopes that gossip would have carried. Peers of this network do not
 * gossip: they live in one process and look at each other.
 */
#ifndef DEVNET_PEER_MEMBERS_H
#define DEVNET_PEER_MEMBERS_H

#include "devnet/peer/core.h"
#include "discovery/protocol.pb-c.h"

typedef struct dn_member {
    const dn_endpoint *endpoint;
    dn_signer *signer;
    crypto_identity *identity;
    uint8_t pki_id[32];
} dn_member;

typedef struct dn_members {
    const dn_core *core;
    dn_member *items; /* in the topology's order */
    size_t count;
} dn_members;

/** Borrows @p core, whose topology is known. */
HEDDLE_MUST_USE heddle_status dn_members_init(dn_members *members, const dn_core *core,
                                              heddle_error *err);
void dn_members_done(dn_members *members); /* a zeroed one is fine */

/** Describe a member in @p arena; with its state on the channel or without. */
HEDDLE_MUST_USE heddle_status dn_member_describe(const dn_members *members, size_t index,
                                                 bool with_state, base_arena *arena,
                                                 Discovery__Peer **out, heddle_error *err);

#endif
