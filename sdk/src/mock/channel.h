/*
 * The channel in memory: its organisations, clients, chaincodes and ledger.
 *
 * Vocabulary: a visit is one chaincode's part in one transaction, and answers its requests; a
 * transaction has a simulation and one visit for each chaincode that it calls.
 */
#ifndef MOCK_CHANNEL_H
#define MOCK_CHANNEL_H

#include "base/clock.h"
#include "base/map.h"
#include "chaincode/message.h"
#include "crypto/issue.h"
#include "heddle/chaincode_test.h"
#include "mock/sim.h"
#include "wire/policy.h"

typedef struct mock_org {
    base_list link;
    const char *msp_id;
    crypto_key *ca_key; /* made with the first client */
    crypto_cert *ca_cert;
} mock_org;

typedef struct mock_client {
    base_list link;
    const char *name;
    const mock_org *org;
    crypto_key *key;
    heddle_view identity; /* bytes of a SerializedIdentity */
} mock_client;

typedef struct mock_collection {
    base_list link;
    const char *name;
    const char *const *members;
    size_t member_count;
    bool member_only_read;
    bool member_only_write;
    const Common__SignaturePolicyEnvelope *policy; /* NULL: the chaincode's */
    const char *owner; /* the organisation whose own it is; NULL: a defined one */
} mock_collection;

typedef struct mock_chaincode {
    base_list link;
    const char *name;
    const heddle_cc_chaincode *chaincode;
    const Common__SignaturePolicyEnvelope *policy; /* NULL: the majority */
    base_list collections;
} mock_chaincode;

typedef struct mock_peer_channel {
    base_list link;
    heddle_cc_mock *mock;
} mock_peer_channel;

/** One change of a key. */
typedef struct mock_change {
    mock_place at;
    heddle_view value; /* empty: deleted */
    const char *tx_id;
    base_wall_time time;
} mock_change;

typedef struct mock_history {
    mock_change *items; /* oldest first */
    size_t count;
    size_t cap;
} mock_history;

struct heddle_cc_mock {
    base_arena *arena; /* of all texts, and of the results */
    const char *channel;
    base_list orgs;
    base_list clients;
    base_list chaincodes;
    base_list channels; /* others of the peer */
    base_list txs;      /* endorsed, not committed */
    const mock_client *client;
    const mock_org *peer;
    const char *const *endorsers; /* NULL: all organisations */
    size_t endorser_count;
    base_wall_time time;
    mock_table state;
    mock_history history;
    base_map *tx_ids; /* that were committed */
    uint64_t height;
    uint64_t made; /* transactions */
    size_t batch_size;
    size_t memory_limit; /* 0: the default */
    unsigned running;    /* chaincodes: meanwhile the state does not change */
    bool is_old_peer;
    bool lints;
    const char *record_dir; /* NULL: nothing is recorded */
    size_t fail_at;         /* 1: the next request; 0: none */
    const char *fail_words;
};

struct heddle_cc_mock_tx {
    base_list link;
    heddle_cc_mock *mock;
    base_arena *arena;
    mock_sim sim;
    const char *tx_id;
    base_wall_time time;
    const mock_client *client;
    heddle_view signed_proposal;
    const mock_chaincode *chaincode; /* that was called */
    const char *const *endorsers;
    size_t endorser_count;
    struct mock_visit *running; /* the innermost */
};

/** A text that lives as long as the mock. */
HEDDLE_MUST_USE heddle_status mock_keep_text(heddle_cc_mock *mock, const char *text,
                                             const char **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status mock_keep_texts(heddle_cc_mock *mock, const char *const *texts,
                                              size_t count, const char *const **out,
                                              heddle_error *err);

/** NULL: there is none. */
mock_org *mock_find_org(const heddle_cc_mock *mock, heddle_view msp_id);
/** @p name NULL: the first one. */
mock_chaincode *mock_find_chaincode(const heddle_cc_mock *mock, const char *name);
HEDDLE_MUST_USE heddle_status mock_need_chaincode(const heddle_cc_mock *mock, const char *name,
                                                  mock_chaincode **out, heddle_error *err);

/** The organisation of that id, made if there is none. */
HEDDLE_MUST_USE heddle_status mock_add_org(heddle_cc_mock *mock, const char *msp_id, mock_org **out,
                                           heddle_error *err);
/** The client @p name, NULL: the one in use; "user" is made when it is first asked for. */
HEDDLE_MUST_USE heddle_status mock_need_client(heddle_cc_mock *mock, const char *name,
                                               const mock_client **out, heddle_error *err);

/** Those of a definition, and the organisations' own. false: there is none. */
bool mock_find_collection(const heddle_cc_mock *mock, const mock_chaincode *chaincode,
                          heddle_view name, mock_collection *out);
bool mock_has_member(const mock_collection *collection, heddle_view msp_id);

/* Transactions. */

void mock_tx_free(heddle_cc_mock_tx *tx);

/**
 * Run @p chaincode in @p tx with the bytes of a ChaincodeInput. *out: the whole of the last
 * message, in the arena of the transaction.
 */
HEDDLE_MUST_USE heddle_status mock_visit_run(heddle_cc_mock_tx *tx, mock_sim *sim,
                                             heddle_cc_mock *channel,
                                             const mock_chaincode *chaincode, cc_type type,
                                             heddle_view input, heddle_view *out,
                                             heddle_error *err);

BASE_AUTO_DEFINE(mock_tx, heddle_cc_mock_tx *, mock_tx_free)

#endif
