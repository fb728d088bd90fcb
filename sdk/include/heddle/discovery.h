/*
 * What the discovery service of peers tells: who is on a channel, and who can endorse what.
 * Of gateways made by heddle_network_open(); each function asks a peer anew, and with the
 * identity of the network. What the library itself knows it keeps for discovery_interval_ms
 * and renews when a block changes it.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_DISCOVERY_H
#define HEDDLE_DISCOVERY_H

#include "heddle/network.h"

HEDDLE_BEGIN_DECLS

/** An answer: lists that hold what was asked for, and are else empty. Immutable. What it gives
 *  out lives as long as it does. */
typedef struct heddle_discovery heddle_discovery;

HEDDLE_API void heddle_discovery_free(heddle_discovery *discovery); /* NULL is fine */

/** A chaincode that a peer has. */
typedef struct heddle_found_chaincode {
    const char *name;
    const char *version;
} heddle_found_chaincode;

/** A peer. */
typedef struct heddle_found_peer {
    const char *address; /* "host:port"; "" for one that is only seen by its own organisation */
    const char *mspid;
    uint64_t height; /* blocks it has of the channel */
    const heddle_found_chaincode *chaincodes;
    size_t chaincode_count;
} heddle_found_peer;

/** An orderer. */
typedef struct heddle_found_orderer {
    const char *address;
    const char *mspid;
} heddle_found_orderer;

/** PEM, one or several certificates in a row. */
typedef struct heddle_found_msp {
    const char *mspid;
    const char *roots_pem;
    const char *tls_roots_pem; /* with the intermediates */
} heddle_found_msp;

/** Peers that count the same for an endorsement policy. */
typedef struct heddle_found_group {
    const char *name;
    const heddle_found_peer *const *peers;
    size_t peer_count;
} heddle_found_group;

/** One way to satisfy it: so many peers of each of these groups. */
typedef struct heddle_found_quantity {
    const heddle_found_group *group;
    uint32_t count;
} heddle_found_quantity;
/** All the quantities of one such way. */
typedef struct heddle_found_layout {
    const heddle_found_quantity *quantities;
    size_t quantity_count;
} heddle_found_layout;

/** How many peers the answer has. */
HEDDLE_API size_t heddle_discovery_peer_count(const heddle_discovery *discovery);
/** How many orderers the answer has. */
HEDDLE_API size_t heddle_discovery_orderer_count(const heddle_discovery *discovery);
/** How many MSPs the answer has. */
HEDDLE_API size_t heddle_discovery_msp_count(const heddle_discovery *discovery);
/** How many groups of endorsers the answer has. */
HEDDLE_API size_t heddle_discovery_group_count(const heddle_discovery *discovery);
/** How many layouts the answer has. */
HEDDLE_API size_t heddle_discovery_layout_count(const heddle_discovery *discovery);

/** A peer of the answer, from 0; NULL beyond the last. */
HEDDLE_API const heddle_found_peer *heddle_discovery_peer(const heddle_discovery *discovery,
                                                          size_t index);
/** An orderer of the answer, from 0; NULL beyond the last. */
HEDDLE_API const heddle_found_orderer *heddle_discovery_orderer(const heddle_discovery *discovery,
                                                                size_t index);
/** An MSP of the answer, from 0; NULL beyond the last. */
HEDDLE_API const heddle_found_msp *heddle_discovery_msp(const heddle_discovery *discovery,
                                                        size_t index);
/** A group of endorsers, from 0; NULL beyond the last. */
HEDDLE_API const heddle_found_group *heddle_discovery_group(const heddle_discovery *discovery,
                                                            size_t index);
/** A layout, from 0; NULL beyond the last. */
HEDDLE_API const heddle_found_layout *heddle_discovery_layout(const heddle_discovery *discovery,
                                                              size_t index);

/**
 * Peers, orderers and MSPs of a channel. Blocks; not inside a callback of the library.
 *
 * @param options  may be NULL
 * @param out      yours to heddle_discovery_free()
 *
 * HEDDLE_E_BAD_STATE  the gateway was not made by heddle_network_open()
 * HEDDLE_E_REFUSED    the peer does not know the channel, or denies access
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_discover_channel(heddle_gateway *gateway,
                                                                 const char *channel,
                                                                 const heddle_call_options *options,
                                                                 heddle_discovery **out,
                                                                 heddle_error *err);

/** Peers that the asked one sees, on whatever channel: without heights and chaincodes. For this
 *  peers ask an administrator of their organisation. Blocks. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_discover_local(heddle_gateway *gateway,
                                                               const heddle_call_options *options,
                                                               heddle_discovery **out,
                                                               heddle_error *err);

/** What a transaction does with one chaincode. Start with HEDDLE_INTEREST("chaincode"). */
typedef struct heddle_interest {
    size_t size;
    const char *chaincode;
    const char *const *collections; /* private data that it reads or writes */
    size_t collection_count;
    bool no_private_reads; /* it only writes them: endorsers need not be members */
    bool no_public_writes; /* only the collections' policies count */
    bool disregard_namespace_policy;
    const heddle_view *key_policies; /* of the keys it writes: common.SignaturePolicyEnvelope */
    size_t key_policy_count;
} heddle_interest;

#ifdef __cplusplus
static inline heddle_interest heddle_interest_init(const char *chaincode)
{
    heddle_interest interest = {};
    interest.size = sizeof(interest);
    interest.chaincode = chaincode;
    return interest;
}
#define HEDDLE_INTEREST(name) heddle_interest_init(name)
#else
#define HEDDLE_INTEREST(name)                                                                      \
    {                                                                                              \
        .size = sizeof(heddle_interest), .chaincode = (name)                                       \
    }
#endif

/**
 * Groups and layouts of endorsers for a transaction that calls all of @p interests: one, or
 * several when a chaincode calls others. Blocks. HEDDLE_E_REFUSED: there is no such chaincode, or
 * no combination of peers can satisfy all the policies.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_discover_endorsers(
    heddle_gateway *gateway, const char *channel, const heddle_interest *const *interests,
    size_t interest_count, const heddle_call_options *options, heddle_discovery **out,
    heddle_error *err);

/** @p discovery is yours; NULL on failure. @p err is NULL on success. */
typedef void heddle_discovery_fn(heddle_discovery *discovery, const heddle_error *err, void *user);

/** As heddle_discover_channel(), without waiting: on HEDDLE_OK @p fn runs exactly once, later, on a
 * thread of the library; otherwise never. @p out_call (may be NULL) gets a reference. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_discover_channel_start(
    heddle_gateway *gateway, const char *channel, const heddle_call_options *options,
    heddle_discovery_fn *fn, void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_discover_local_start(
    heddle_gateway *gateway, const heddle_call_options *options, heddle_discovery_fn *fn,
    void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_discover_endorsers_start(
    heddle_gateway *gateway, const char *channel, const heddle_interest *const *interests,
    size_t interest_count, const heddle_call_options *options, heddle_discovery_fn *fn, void *user,
    heddle_call **out_call, heddle_error *err);

HEDDLE_END_DECLS

#endif
