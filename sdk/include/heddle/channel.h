/*
 * What an administrator asks of one peer: to join channels, which channels it has joined, and
 * snapshots of their ledgers. The identity is that of heddle_peer_open(), as a rule an
 * administrator of the peer's organisation.
 *
 *     heddle_orderer_block(orderer, "mychannel", 0, 0, &genesis, &err);
 *     heddle_peer_join(peer, heddle_view_of(genesis.data, genesis.len), NULL, &err);
 *
 * Blocking: functions that take a peer wait for the network, and refuse to inside a callback of
 *     the library. Their options may be NULL; the time limit is that for evaluating.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns; what it gives out by a pointer
 *     to a pointer is the caller's to free.
 * Errors: the status, with the reason in @p err if that is not NULL, which begins with the peer's
 *     address; outputs are untouched on failure. What a peer refuses is HEDDLE_E_REFUSED, or
 *     another status that a function names, with the peer's own words.
 */
#ifndef HEDDLE_CHANNEL_H
#define HEDDLE_CHANNEL_H

#include "heddle/peer.h"

HEDDLE_BEGIN_DECLS

/** A list of names. */
typedef struct heddle_names heddle_names;

/** How many there are. */
HEDDLE_API size_t heddle_names_count(const heddle_names *names);
/** One of them, from 0; NULL past the end. It lives as the list. */
HEDDLE_API const char *heddle_names_at(const heddle_names *names, size_t index);
HEDDLE_API void heddle_names_free(heddle_names *names); /* NULL is fine */

/** The channels that the peer has joined, in the order of their names. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_channels(heddle_peer *peer,
                                                              const heddle_call_options *options,
                                                              heddle_names **out,
                                                              heddle_error *err);

/**
 * Let the peer join the channel of @p block, a common.Block: the channel's block 0. The peer gets
 * the other blocks by itself. HEDDLE_E_EXISTS if it has joined already.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_join(heddle_peer *peer, heddle_view block,
                                                          const heddle_call_options *options,
                                                          heddle_error *err);

/**
 * Let the peer join a channel by a snapshot in the folder @p dir of the peer's own file system.
 * The peer only begins with it: see heddle_peer_snapshot_join_status(). HEDDLE_E_EXISTS if it has
 * joined already.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_join_snapshot(
    heddle_peer *peer, const char *dir, const heddle_call_options *options, heddle_error *err);

/**
 * The folder of the snapshot that the peer is joining a channel by; empty if it is at none.
 *
 * @param out  yours to heddle_bytes_done()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_snapshot_join_status(
    heddle_peer *peer, const heddle_call_options *options, heddle_bytes *out, heddle_error *err);

/** A number of a block that stands for the last one which the peer has. */
enum { HEDDLE_SNAPSHOT_NOW = 0 };

/** Let the peer make a snapshot of its ledger when it has committed block @p number, or of what it
 *  has now. HEDDLE_E_EXISTS if that has been asked for already. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_snapshot_request(heddle_peer *peer,
                                                                 const char *channel,
                                                                 uint64_t number,
                                                                 const heddle_call_options *options,
                                                                 heddle_error *err);
/** Take back the request for a block that is not there yet. HEDDLE_E_NOT_FOUND if none stands. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_snapshot_cancel(heddle_peer *peer,
                                                                const char *channel,
                                                                uint64_t number,
                                                                const heddle_call_options *options,
                                                                heddle_error *err);
/**
 * The numbers of the blocks for which a snapshot is still to be made.
 *
 * @param out        an array; yours to heddle_numbers_free()
 * @param out_count  how many there are
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_snapshot_pending(heddle_peer *peer,
                                                                 const char *channel,
                                                                 const heddle_call_options *options,
                                                                 uint64_t **out, size_t *out_count,
                                                                 heddle_error *err);
HEDDLE_API void heddle_numbers_free(uint64_t *numbers); /* NULL is fine */

HEDDLE_END_DECLS

#endif
