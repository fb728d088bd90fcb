/*
 * The world state of one channel: an ordered map of keys with cheap snapshots.
 *
 * A state is an immutable value with a reference count. A simulation takes a reference and
 * reads it for as long as it likes; a commit clones the state, changes the clone and
 * publishes it. Nodes of the tree are shared between all of them and copied on the first
 * change, so a clone costs nothing and nobody waits for anybody.
 *
 * Keys are ordered by namespace, collection and key, each as bytes. The collection is empty
 * for public data. Of private data every peer has the hashes: under the collection, with the
 * key's hash as key and the value's hash as value. Those who may have the data itself have it
 * beside them, marked as private.
 */
#ifndef DEVNET_LEDGER_STATE_H
#define DEVNET_LEDGER_STATE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/status.h"

/** Where a value was written: block number and index of the transaction in it. */
typedef struct dn_version {
    uint64_t block;
    uint64_t tx;
} dn_version;

static inline bool dn_version_equal(dn_version a, dn_version b)
{
    return a.block == b.block && a.tx == b.tx;
}

/** A key with its place. Views borrowed by whoever reads the struct. */
typedef struct dn_key {
    heddle_view ns;
    heddle_view coll; /* empty: public */
    heddle_view key;
    bool is_private; /* of private data: the key itself, not its hash */
} dn_key;

static inline dn_key dn_key_public(heddle_view ns, heddle_view key)
{
    return (dn_key){.ns = ns, .key = key};
}

int dn_key_compare(const dn_key *a, const dn_key *b);

/** One key's content. All views live as long as the state they were read from. */
typedef struct dn_entry {
    dn_key at;
    heddle_view value;
    heddle_view metadata; /* a KVMetadataWrite holding the entries; empty: none */
    dn_version version;
} dn_entry;

typedef struct dn_state dn_state;

dn_state *dn_state_new(void); /* empty; NULL if memory is gone */
dn_state *dn_state_ref(dn_state *state);
void dn_state_unref(dn_state *state); /* NULL is fine */

/** A state with the same content that may be changed until it is shared. */
dn_state *dn_state_clone(const dn_state *state);

size_t dn_state_count(const dn_state *state);

/** NULL: the key does not exist. */
const dn_entry *dn_state_get(const dn_state *state, const dn_key *at);

/** Everything in @p entry is copied. Only on a state nobody else refers to. */
HEDDLE_MUST_USE heddle_status dn_state_put(dn_state *state, const dn_entry *entry);
HEDDLE_MUST_USE heddle_status dn_state_delete(dn_state *state, const dn_key *at);

/**
 * The first entry at or behind @p from in the same place; with
 * @p exclusive only behind. NULL at the end.
 */
const dn_entry *dn_state_seek(const dn_state *state, const dn_key *from, bool exclusive);

/** The entry behind @p at over all namespaces, the first one for NULL; NULL at the end. */
const dn_entry *dn_state_after(const dn_state *state, const dn_key *at);

BASE_AUTO_DEFINE(dn_state, dn_state *, dn_state_unref)

#endif
