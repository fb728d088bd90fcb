/*
 * One simulation: reads of a snapshot, writes that are only noted, and the read-write set
 * that comes of both.
 *
 * A simulation never sees its own writes, as on a Fabric peer. It belongs to one
 * transaction; the transaction's code may run on one thread after the other, never on two
 * at a time.
 */
#ifndef DEVNET_LEDGER_SIM_H
#define DEVNET_LEDGER_SIM_H

#include "base/buffer.h"
#include "devnet/ledger/definitions.h"
#include "devnet/ledger/private_part.h"
#include "devnet/ledger/state.h"
#include "wire/rwset.h"

typedef struct dn_sim dn_sim;
typedef struct dn_range dn_range;

/** @p state and @p definitions are shared (references are taken), @p tx_id is copied. NULL if
 *  memory is gone. */
dn_sim *dn_sim_new(dn_state *state, dn_definitions *definitions, heddle_view tx_id);
const dn_definitions *dn_sim_definitions(const dn_sim *sim);
const dn_state *dn_sim_state(const dn_sim *sim);
void dn_sim_free(dn_sim *sim); /* with its ranges; NULL is fine */

/* Views given out live as long as the simulation. Error messages are Fabric's. */

/** The value, empty if the key does not exist (*out_found). */
HEDDLE_MUST_USE heddle_status dn_sim_get(dn_sim *sim, heddle_view ns, heddle_view key,
                                         heddle_view *out_value, bool *out_found,
                                         heddle_error *err);
/** The serialised KVMetadataWrite with the key's entries; empty if there are none. */
HEDDLE_MUST_USE heddle_status dn_sim_get_metadata(dn_sim *sim, heddle_view ns, heddle_view key,
                                                  heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_sim_put(dn_sim *sim, heddle_view ns, heddle_view key,
                                         heddle_view value, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_sim_delete(dn_sim *sim, heddle_view ns, heddle_view key,
                                            heddle_error *err);
/** Replace the metadata of a key by the one entry. */
HEDDLE_MUST_USE heddle_status dn_sim_put_metadata(dn_sim *sim, heddle_view ns, heddle_view key,
                                                  heddle_view name, heddle_view value,
                                                  heddle_error *err);

/**
 * Keys from @p start up to but without @p end (empty: to the end of the namespace), at most
 * @p page_size of them (0: all). With @p paginated no write may come before or after. The
 * range belongs to the simulation.
 */
HEDDLE_MUST_USE heddle_status dn_sim_range(dn_sim *sim, heddle_view ns, heddle_view start,
                                           heddle_view end, bool paginated, uint32_t page_size,
                                           dn_range **out, heddle_error *err);
/** *out is NULL at the end. */
HEDDLE_MUST_USE heddle_status dn_range_next(dn_range *range, const dn_entry **out,
                                            heddle_error *err);
/** The key at which the next page starts; empty at the end. */
heddle_view dn_range_bookmark(const dn_range *range);

/* The same of private data. A collection that the chaincode does not have is an error. */

/** The value, empty if the key does not exist. E_NOT_FOUND if the peer does not have what the
 *  hashes say; unless @p must_match such a value is given as it is. */
HEDDLE_MUST_USE heddle_status dn_sim_get_private(dn_sim *sim, heddle_view ns, heddle_view coll,
                                                 heddle_view key, bool must_match,
                                                 heddle_view *out_value, heddle_error *err);
/** The hash of the value; empty if the key does not exist. */
HEDDLE_MUST_USE heddle_status dn_sim_get_private_hash(dn_sim *sim, heddle_view ns, heddle_view coll,
                                                      heddle_view key, heddle_view *out,
                                                      heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_sim_get_private_metadata(dn_sim *sim, heddle_view ns,
                                                          heddle_view coll, heddle_view key,
                                                          heddle_view *out, heddle_error *err);
/** An empty value deletes the key. */
HEDDLE_MUST_USE heddle_status dn_sim_put_private(dn_sim *sim, heddle_view ns, heddle_view coll,
                                                 heddle_view key, heddle_view value,
                                                 heddle_error *err);
/** Delete the key, and every trace of its values. */
HEDDLE_MUST_USE heddle_status dn_sim_purge_private(dn_sim *sim, heddle_view ns, heddle_view coll,
                                                   heddle_view key, heddle_error *err);
HEDDLE_MUST_USE heddle_status dn_sim_put_private_metadata(dn_sim *sim, heddle_view ns,
                                                          heddle_view coll, heddle_view key,
                                                          const wire_metadata_entry *entry,
                                                          heddle_error *err);
/** As dn_sim_range(), without pages. No write may come before or after. */
HEDDLE_MUST_USE heddle_status dn_sim_range_private(dn_sim *sim, heddle_view ns, heddle_view coll,
                                                   heddle_view start, heddle_view end,
                                                   dn_range **out, heddle_error *err);

/** A policy that the endorsements of a transaction have to satisfy: that of a namespace, with
 *  those of keys, or that of a collection. */
typedef struct dn_interest {
    heddle_view ns;
    heddle_view coll;          /* empty: the namespace */
    heddle_view *key_policies; /* SignaturePolicyEnvelopes of keys written */
    size_t key_policy_count;
    bool disregard_namespace_policy; /* those of the keys are enough */
    bool no_private_reads;
} dn_interest;

/** Append the bytes of the TxReadWriteSet. Once only, and nothing else after it. */
HEDDLE_MUST_USE heddle_status dn_sim_finish(dn_sim *sim, base_buffer *out, heddle_error *err);
/** What was written to collections, by namespace and collection; after dn_sim_finish(). */
const dn_private_part *dn_sim_private(const dn_sim *sim, size_t *out_count);
/** By namespace and collection, after dn_sim_finish(). */
const dn_interest *dn_sim_interests(const dn_sim *sim, size_t *out_count);

/** The validation parameter in serialised metadata; false if there is none. */
bool dn_metadata_policy(heddle_view metadata, heddle_view *out);

BASE_AUTO_DEFINE(dn_sim, dn_sim *, dn_sim_free)

#endif
