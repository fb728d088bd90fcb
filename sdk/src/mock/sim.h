/*
 * One simulation: reads of the committed state, and writes that are only noted.
 *
 * A simulation does not see its own writes, and the state does not change while its chaincode
 * runs. What it noted outlives changes of the state: it has copies.
 */
#ifndef MOCK_SIM_H
#define MOCK_SIM_H

#include "base/arena.h"
#include "base/list.h"
#include "mock/table.h"

typedef struct mock_seen {
    struct mock_seen *next;
    heddle_view key;
    mock_version version;
} mock_seen;

/** A range that was read, as far as it was. */
typedef struct mock_range {
    base_list link; /* in mock_sim.ranges */
    mock_place start;
    heddle_view end; /* empty: to the last key */
    bool exhausted;  /* read to its end; otherwise the last key seen is its end */
    mock_seen *seen;
    mock_seen *last;
    mock_place at; /* where to go on */
    bool exclusive;
    size_t page_size; /* 0: no pages */
    size_t returned;
} mock_range;

typedef struct mock_sim {
    const mock_table *state;
    base_arena *arena;
    heddle_view tx_id;
    mock_table reads;  /* public and hashed */
    mock_table writes; /* public and in clear; an empty value deletes */
    mock_table metas;  /* public and in clear */
    base_list ranges;
    size_t range_count;
    bool wrote;
    bool paginated;
    bool private_query;
} mock_sim;

/** @p state, @p arena and @p tx_id are borrowed. */
void mock_sim_init(mock_sim *sim, const mock_table *state, base_arena *arena, heddle_view tx_id);
void mock_sim_done(mock_sim *sim);

/** Where the hashes of a private key are; the hash is in the arena. */
HEDDLE_MUST_USE heddle_status mock_hashed(const mock_place *clear, base_arena *arena,
                                          mock_place *out, heddle_error *err);
/** An entry with the hash of a clear one's value, in the arena. */
HEDDLE_MUST_USE heddle_status mock_hash_entry(const mock_entry *clear, base_arena *arena,
                                              mock_entry *out, heddle_error *err);

/* Error texts are a peer's. */

/** The entry at @p at, noted as read; NULL: there is none. @p at is public or hashed. */
HEDDLE_MUST_USE heddle_status mock_sim_read(mock_sim *sim, const mock_place *at,
                                            const mock_entry **out, heddle_error *err);
/** A private value, of which the peer has only the hash unless @p has_data. With @p must_match
 *  that is an error. */
HEDDLE_MUST_USE heddle_status mock_sim_read_private(mock_sim *sim, const mock_place *clear,
                                                    bool has_data, bool must_match,
                                                    heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status mock_sim_write(mock_sim *sim, const mock_entry *entry,
                                             heddle_error *err);
HEDDLE_MUST_USE heddle_status mock_sim_write_meta(mock_sim *sim, const mock_entry *entry,
                                                  heddle_error *err);

/** The keys from @p start up to @p end, which is copied. Of clear ones nothing is noted. */
HEDDLE_MUST_USE heddle_status mock_sim_range(mock_sim *sim, const mock_place *start,
                                             heddle_view end, bool paginated, size_t page_size,
                                             mock_range **out, heddle_error *err);
/** *out is NULL at the end. */
HEDDLE_MUST_USE heddle_status mock_range_next(mock_sim *sim, mock_range *range,
                                              const mock_entry **out, heddle_error *err);
/** The key at which the next page starts; empty at the end. */
heddle_view mock_range_bookmark(const mock_sim *sim, const mock_range *range);

#endif
