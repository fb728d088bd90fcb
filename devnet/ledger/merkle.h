/*
 * What a range query returned, as a read-write set records it: the reads themselves while
 * they are few, the top of a Merkle tree over them when they are many.
 *
 * Leaves of the tree are runs of max_degree + 1 reads. A level that grows past max_degree
 * hashes is folded into one hash of the level above. All hashes of the highest level are
 * the summary.
 */
#ifndef DEVNET_LEDGER_MERKLE_H
#define DEVNET_LEDGER_MERKLE_H

#include "base/buffer.h"
#include "wire/rwset.h"

enum { DN_MERKLE_DEGREE = 50 }; /* what a peer uses when it simulates */

typedef struct dn_merkle dn_merkle;

/** NULL if memory is gone. @p max_degree is at least 2. */
dn_merkle *dn_merkle_new(uint32_t max_degree);
void dn_merkle_free(dn_merkle *merkle); /* NULL is fine */

/** Add the next result. Its key is borrowed until the merkle is freed. */
HEDDLE_MUST_USE heddle_status dn_merkle_add(dn_merkle *merkle, const wire_read *read);

/** The tree so far; views live until the next call. With no hash at all the count is 0. */
HEDDLE_MUST_USE heddle_status dn_merkle_summary(dn_merkle *merkle, wire_query_summary *out);

/**
 * Close the tree and put the outcome into @p out: raw reads, a summary, or neither when
 * there was no result. Views live as long as the merkle. Nothing may be added after it.
 */
HEDDLE_MUST_USE heddle_status dn_merkle_finish(dn_merkle *merkle, wire_range_query *out);

BASE_AUTO_DEFINE(dn_merkle, dn_merkle *, dn_merkle_free)

#endif
