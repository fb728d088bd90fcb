/*
 * Recordings of transactions as regression tests: what a server with record_dir has written is
 * run again, without a peer, by the contract as it is now.
 *
 *   heddle_cc_replay *replay;
 *   if (heddle_cc_replay_file(&chaincode, "mychannel-3f…d1.heddlecc", &replay, &err) == HEDDLE_OK)
 * { for (size_t i = 0; i < heddle_cc_replay_count(replay); i++)
 *           puts(heddle_cc_replay_difference(replay, i));
 *       heddle_cc_replay_free(replay);
 *   }
 *
 * A recording holds everything that the transaction saw and said: its arguments, the transient
 * map, the values of keys and of private data, the client's certificate. Whoever may read it may
 * read these. Servers write none unless they are told to.
 *
 * Blocking: functions of the contract run within the call; nothing is waited for.
 * Threads: any, at once. A replay belongs to one thread at a time.
 * Ownership: what a replay gives out lives as long as the replay.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure. That the contract does something else is no failure: the replay says so.
 */
#ifndef HEDDLE_CHAINCODE_REPLAY_H
#define HEDDLE_CHAINCODE_REPLAY_H

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** How a second run of a recorded transaction differed from the first. */
typedef struct heddle_cc_replay heddle_cc_replay;

/**
 * Run the transaction of the recording at @p path by @p chaincode. Reads that the recording has
 * are answered from it, in whatever order they come; others are refused. HEDDLE_E_DECODE: the file
 * is no recording. @p out is yours to heddle_cc_replay_free().
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_replay_file(const heddle_cc_chaincode *chaincode,
                                                               const char *path,
                                                               heddle_cc_replay **out,
                                                               heddle_error *err);
/** The same of a recording's bytes. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_replay_bytes(const heddle_cc_chaincode *chaincode, heddle_view bytes,
                       heddle_cc_replay **out, heddle_error *err);
/** NULL is fine. */
HEDDLE_API void heddle_cc_replay_free(heddle_cc_replay *replay);

/** How many differences there are; 0: the contract did the same. At most 100 are told. */
HEDDLE_API size_t heddle_cc_replay_count(const heddle_cc_replay *replay);
/** A difference in words: 'the replay wrote key "a" with another value'; NULL past the last. */
HEDDLE_API const char *heddle_cc_replay_difference(const heddle_cc_replay *replay, size_t index);
/** The id of the recorded transaction. */
HEDDLE_API const char *heddle_cc_replay_tx_id(const heddle_cc_replay *replay);
/** The function that was asked for; "" if none was. */
HEDDLE_API const char *heddle_cc_replay_function(const heddle_cc_replay *replay);

HEDDLE_END_DECLS

#endif
