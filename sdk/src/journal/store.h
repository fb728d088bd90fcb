/*
 * The intents of a journal in an SQLite file: what is to happen once, and how far it is.
 *
 * An intent is known by its key. It is written when its transaction is endorsed and signed,
 * before the first orderer sees it, and again when the ledger has judged it. So after a crash
 * the file holds every transaction that may have gone out, byte for byte.
 *
 * A store belongs to one thread at a time. Several processes may have the file open.
 */
#ifndef JOURNAL_STORE_H
#define JOURNAL_STORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "heddle/status.h"

typedef enum journal_state {
    JOURNAL_ENDORSED = 1, /* signed; may have been sent */
    JOURNAL_DONE = 2      /* the ledger has judged it */
} journal_state;

enum { JOURNAL_FINGERPRINT_LEN = 32, JOURNAL_KEY_MAX = 1024 };

/** Views borrow from whoever made the struct. */
typedef struct journal_intent {
    heddle_view key;
    heddle_view fingerprint; /* of what was asked for; JOURNAL_FINGERPRINT_LEN bytes */
    const char *channel;
    uint32_t attempt; /* from 0; each has a transaction of its own */
    journal_state state;
    const char *tx_id;
    heddle_view transaction; /* as the client hands it to a gateway, signed */
    heddle_view result;
    int code; /* of JOURNAL_DONE: the validation code */
    uint64_t block;
    int64_t changed_s; /* wall clock, when it was written */
} journal_intent;

typedef struct journal_store journal_store;

/** Open @p path, made with mode 0600 if absent. E_CONFIG if it is something else. */
HEDDLE_MUST_USE heddle_status journal_store_open(const char *path, journal_store **out,
                                                 heddle_error *err);
void journal_store_close(journal_store *store); /* NULL is fine */

/** Between the two nothing is durable; after a failed commit nothing has happened. */
HEDDLE_MUST_USE heddle_status journal_store_begin(journal_store *store, heddle_error *err);
HEDDLE_MUST_USE heddle_status journal_store_commit(journal_store *store, heddle_error *err);
void journal_store_rollback(journal_store *store);

/** Everything in @p arena. *out_found is false if there is none. */
HEDDLE_MUST_USE heddle_status journal_store_find(journal_store *store, heddle_view key,
                                                 base_arena *arena, journal_intent *out,
                                                 bool *out_found, heddle_error *err);
/** Write an intent, new or in place of the one with its key. E_EXISTS: that one has another
 *  fingerprint, or is further (a later attempt, or done); several processes may write. */
HEDDLE_MUST_USE heddle_status journal_store_put(journal_store *store, const journal_intent *intent,
                                                heddle_error *err);

/** The first intent that is not done with a key behind @p after (empty: from the start). */
HEDDLE_MUST_USE heddle_status journal_store_open_after(journal_store *store, heddle_view after,
                                                       base_arena *arena, journal_intent *out,
                                                       bool *out_found, heddle_error *err);

/** Remove what was done before @p time_s; their number. */
HEDDLE_MUST_USE heddle_status journal_store_forget(journal_store *store, int64_t time_s,
                                                   uint64_t *out_count, heddle_error *err);

#endif
