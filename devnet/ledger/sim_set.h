/* What a simulation has noted, shared by the files that implement it. */
#ifndef DEVNET_LEDGER_SIM_SET_H
#define DEVNET_LEDGER_SIM_SET_H

#include "base/list.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "devnet/ledger/merkle.h"
#include "devnet/ledger/sim.h"

/* An array of one kind of access with the position of each key in it. */
typedef struct dn_access {
    base_map *index; /* key -> position + 1 */
    void *items;
    size_t count;
    size_t cap;
} dn_access;

/* Of private data key and hash are kept; the key comes first, since it gives the order. */

typedef struct dn_private_read {
    heddle_view key;
    uint8_t hash[CRYPTO_SHA256_LEN];
    bool has_version;
    dn_version version;
} dn_private_read;

typedef struct dn_private_write {
    heddle_view key;
    uint8_t hash[CRYPTO_SHA256_LEN];
    heddle_view value; /* empty: the key is deleted */
    uint8_t value_hash[CRYPTO_SHA256_LEN];
    bool is_purge;
} dn_private_write;

typedef struct dn_private_meta {
    heddle_view key;
    uint8_t hash[CRYPTO_SHA256_LEN];
    wire_metadata_entry entry;
} dn_private_meta;

typedef struct dn_coll_set {
    base_list link; /* in dn_ns_set.collections */
    heddle_view name;
    dn_access reads;  /* dn_private_read */
    dn_access writes; /* dn_private_write */
    dn_access metas;  /* dn_private_meta */
    bool was_read;    /* a value, not only a hash */
} dn_coll_set;

typedef struct dn_ns_set {
    base_list link; /* in dn_sim.namespaces */
    heddle_view name;
    dn_access reads;  /* wire_read */
    dn_access writes; /* wire_write */
    dn_access metas;  /* wire_metadata_write */
    wire_range_query *ranges;
    size_t range_count;
    base_list collections; /* dn_coll_set */
    size_t collection_count;
} dn_ns_set;

struct dn_range {
    base_list link;
    dn_sim *sim;
    heddle_view ns;
    heddle_view end;
    uint32_t page_size;
    uint32_t returned;
    dn_key at;       /* where to go on */
    bool exclusive;  /* behind `at` rather than at it */
    dn_merkle *seen; /* NULL: of private data, which a range notes nothing of */
    wire_range_query info;
};

struct dn_sim {
    dn_state *state;
    dn_definitions *definitions;
    base_arena *arena;
    heddle_view tx_id;
    base_list namespaces; /* dn_ns_set */
    size_t namespace_count;
    base_list ranges; /* dn_range, in the order of their making */
    size_t range_count;
    bool wrote;
    bool paginated;
    bool private_query;
    bool finished;
    dn_private_part *parts;
    size_t part_count;
    dn_interest *interests;
    size_t interest_count;
};

HEDDLE_MUST_USE heddle_status dn_sim_check_open(const dn_sim *sim, heddle_error *err);
/** Whether a write may follow on what was done, and note that there is one. */
HEDDLE_MUST_USE heddle_status dn_sim_check_write(dn_sim *sim, heddle_error *err);
/** A copy that lives as long as the simulation. */
HEDDLE_MUST_USE heddle_status dn_sim_keep(dn_sim *sim, heddle_view bytes, heddle_view *out,
                                          heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_sim_ns(dn_sim *sim, heddle_view name, dn_ns_set **out,
                                        heddle_error *err);
/** A range over what @p at says, added to the simulation's. */
HEDDLE_MUST_USE heddle_status dn_sim_add_range(dn_sim *sim, const dn_key *at, heddle_view end,
                                               dn_range **out, heddle_error *err);

/** The slot of @p key: the one there is (*is_new false) or a zeroed one. */
HEDDLE_MUST_USE heddle_status dn_access_slot(dn_access *a, heddle_view key, size_t item_size,
                                             void **out, bool *is_new, heddle_error *err);
bool dn_access_has(const dn_access *a, heddle_view key);
void dn_access_done(dn_access *a);

#endif
