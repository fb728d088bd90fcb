/*
 * A channel in memory, for testing contracts without a network:
 *
 *   START_TEST(creates_an_asset)
 *   {
 *       heddle_cc_mock *mock;
 *       heddle_cc_mock_result result;
 *       ck_assert_int_eq(heddle_cc_mock_new(&chaincode, &mock, NULL), HEDDLE_OK);
 *       ck_assert_int_eq(HEDDLE_CC_MOCK_SUBMIT(mock, &result, "CreateAsset", "a1", "blue"),
 * HEDDLE_OK); ck_assert_int_eq(result.status, 200); ck_assert_int_eq(HEDDLE_CC_MOCK_EVALUATE(mock,
 * &result, "ReadAsset", "a1"), HEDDLE_OK); ck_assert_str_eq(result.text, "blue");
 *       heddle_cc_mock_free(mock);
 *   }
 *   END_TEST
 *
 * The mock answers the messages of the chaincode protocol as a peer does, so that all of the
 * library runs that runs in production. Its ledger has a peer's semantics: a transaction reads
 * what was committed before it and not what it wrote itself; each committed transaction gives
 * its keys a version, and one that read another version, or a range with other keys in it, is
 * invalid; policies of keys count when a transaction commits. Errors are in a peer's words.
 *
 * To begin with the channel is "mychannel", the chaincode "mycc", the organisations Org1MSP and
 * Org2MSP, both endorse what is asked, the peer that simulates is Org1MSP's, the client is
 * "user" of Org1MSP, and the clock stands at 2030-01-01T00:00:00Z.
 *
 * Blocking: no; functions of the contract run within the call.
 * Threads: a mock belongs to one thread at a time. Functions of a contract leave the mock that
 *     runs them alone.
 * Ownership: arguments are borrowed until the function returns and copied if they are needed
 *     longer. What a result points to lives as long as the mock.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure. That a contract fails, or a transaction is invalid, is no failure: the result
 *     says so.
 */
#ifndef HEDDLE_CHAINCODE_TEST_H
#define HEDDLE_CHAINCODE_TEST_H

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** A channel in memory, with one peer and chaincodes. */
typedef struct heddle_cc_mock heddle_cc_mock;

/** A channel with @p chaincode, which is borrowed until the mock is freed. @p out is yours to
 *  heddle_cc_mock_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_new(const heddle_cc_chaincode *chaincode,
                                                            heddle_cc_mock **out,
                                                            heddle_error *err);
/** The same with names in place of "mychannel" and "mycc". */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_new_named(
    const char *channel, const char *name, const heddle_cc_chaincode *chaincode,
    heddle_cc_mock **out, heddle_error *err);
/** NULL is fine. */
HEDDLE_API void heddle_cc_mock_free(heddle_cc_mock *mock);

/* Transactions */

/** A named value: of the transient map, of the decorations, of a certificate's attributes. */
typedef struct heddle_cc_mock_entry {
    const char *name;
    heddle_view value;
} heddle_cc_mock_entry;

/** What is asked; begin with HEDDLE_CC_MOCK_CALL. What is 0 or NULL has the default. */
typedef struct heddle_cc_mock_call {
    size_t size;          /* of this struct */
    const char *function; /* as clients name it: "Function" or "Contract:Function" */
    const heddle_view *args;
    size_t arg_count;
    const heddle_cc_mock_entry *transient;
    size_t transient_count;
    const heddle_cc_mock_entry *decorations;
    size_t decoration_count;
    const char *client;    /* who asks; NULL: the one in use */
    const char *chaincode; /* that is asked; NULL: the mock's first */
    const char *tx_id;     /* NULL: one that the mock makes */
    bool init;             /* the peer's Init in place of an Invoke */
} heddle_cc_mock_call;

#ifdef __cplusplus
#define HEDDLE_CC_MOCK_CALL                                                                        \
    {                                                                                              \
        sizeof(heddle_cc_mock_call)                                                                \
    }
#else
#define HEDDLE_CC_MOCK_CALL                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_cc_mock_call)                                                        \
    }
#endif

/** Validation codes that the mock gives, with Fabric's numbers. */
typedef enum heddle_cc_mock_code {
    HEDDLE_CC_MOCK_NOT_COMMITTED = -1, /* evaluated, endorsed only, or refused by the contract */
    HEDDLE_CC_MOCK_VALID = 0,
    HEDDLE_CC_MOCK_DUPLICATE_TXID = 9,
    HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE = 10,
    HEDDLE_CC_MOCK_MVCC_READ_CONFLICT = 11,
    HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT = 12
} heddle_cc_mock_code;

/** What came of a transaction. It lives as long as the mock. */
typedef struct heddle_cc_mock_result {
    int32_t status;      /* from 400 on the contract refused: nothing is written */
    const char *message; /* "" if there is none */
    heddle_view payload;
    const char *text;       /* the payload with a NUL behind it */
    const char *event_name; /* NULL: no event */
    heddle_view event_payload;
    const char *tx_id;
    heddle_cc_mock_code code;
} heddle_cc_mock_result;

/** Run a transaction, and commit it as a block of its own if the contract did not refuse. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_submit(heddle_cc_mock *mock,
                                                               const heddle_cc_mock_call *call,
                                                               heddle_cc_mock_result *out,
                                                               heddle_error *err);
/** Run a transaction for its answer; nothing is written. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_evaluate(heddle_cc_mock *mock,
                                                                 const heddle_cc_mock_call *call,
                                                                 heddle_cc_mock_result *out,
                                                                 heddle_error *err);

/** The two from texts: the function's name, its arguments, and NULL in the end. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_submit_texts(heddle_cc_mock *mock,
                                                                     const char *const *texts,
                                                                     heddle_cc_mock_result *out,
                                                                     heddle_error *err);
/** As heddle_cc_mock_evaluate(), from texts. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_evaluate_texts(heddle_cc_mock *mock,
                                                                       const char *const *texts,
                                                                       heddle_cc_mock_result *out,
                                                                       heddle_error *err);

/** heddle_cc_mock_submit_texts() of the function's name and its arguments, which are strings:
 *  HEDDLE_CC_MOCK_SUBMIT(mock, &result, "CreateAsset", "a1", "blue"). In C. */
#define HEDDLE_CC_MOCK_SUBMIT(mock, out, ...)                                                      \
    heddle_cc_mock_submit_texts((mock), (const char *const[]){__VA_ARGS__, NULL}, (out), NULL)
/** The same for heddle_cc_mock_evaluate_texts(). */
#define HEDDLE_CC_MOCK_EVALUATE(mock, out, ...)                                                    \
    heddle_cc_mock_evaluate_texts((mock), (const char *const[]){__VA_ARGS__, NULL}, (out), NULL)

/** A transaction that is endorsed and not committed. It belongs to the mock. */
typedef struct heddle_cc_mock_tx heddle_cc_mock_tx;

/** Run a transaction and keep what it reads and writes for heddle_cc_mock_commit(). *out is NULL
 *  if the contract refused. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_endorse(heddle_cc_mock *mock,
                                                                const heddle_cc_mock_call *call,
                                                                heddle_cc_mock_tx **out,
                                                                heddle_cc_mock_result *out_result,
                                                                heddle_error *err);
/** As heddle_cc_mock_endorse(), from texts. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_endorse_texts(
    heddle_cc_mock *mock, const char *const *texts, heddle_cc_mock_tx **out,
    heddle_cc_mock_result *out_result, heddle_error *err);

/** Commit one block with these transactions, in this order; @p out_codes has room for @p count.
 *  The transactions are gone after it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_commit(heddle_cc_mock *mock,
                                                               heddle_cc_mock_tx *const *txs,
                                                               size_t count,
                                                               heddle_cc_mock_code *out_codes,
                                                               heddle_error *err);

/** "VALID", "MVCC_READ_CONFLICT", …; "NOT_COMMITTED". */
HEDDLE_API const char *heddle_cc_mock_code_name(heddle_cc_mock_code code);

/* Who asks, who endorses, what time it is */

/** A client of an organisation, with a certificate that has these attributes. A new MSP id is an
 *  organisation more. HEDDLE_E_EXISTS. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_client(
    heddle_cc_mock *mock, const char *name, const char *msp_id,
    const heddle_cc_mock_entry *attributes, size_t attribute_count, heddle_error *err);
/** The client of the calls that name none. HEDDLE_E_NOT_FOUND. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_use_client(heddle_cc_mock *mock,
                                                                   const char *name,
                                                                   heddle_error *err);
/** The organisation whose peer simulates from now on: it has the private data of the collections
 *  that the organisation is a member of, and the hashes of all others. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_use_peer(heddle_cc_mock *mock,
                                                                 const char *msp_id,
                                                                 heddle_error *err);
/** The organisations whose peers endorse the transactions from now on; NULL: all of them. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_use_endorsers(heddle_cc_mock *mock,
                                                                      const char *const *msp_ids,
                                                                      size_t count,
                                                                      heddle_error *err);
/** A chaincode's endorsement policy, as "OR('Org1MSP.peer', 'Org2MSP.peer')"; without one the
 *  majority of the organisations has to endorse. @p chaincode NULL: the mock's first. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_use_policy(heddle_cc_mock *mock,
                                                                   const char *chaincode,
                                                                   const char *policy,
                                                                   heddle_error *err);
/** The clock of the proposals that follow, in seconds since 1970. */
HEDDLE_API void heddle_cc_mock_set_time(heddle_cc_mock *mock, int64_t seconds, int32_t nanos);

/* What else there is */

/** A collection of private data; begin with HEDDLE_CC_MOCK_COLLECTION. */
typedef struct heddle_cc_mock_collection {
    size_t size; /* of this struct */
    const char *name;
    const char *const *members; /* MSP ids */
    size_t member_count;
    bool member_only_read; /* clients of members only */
    bool member_only_write;
    const char *policy;    /* of endorsement; NULL: the chaincode's */
    const char *chaincode; /* NULL: the mock's first */
} heddle_cc_mock_collection;

#ifdef __cplusplus
#define HEDDLE_CC_MOCK_COLLECTION                                                                  \
    {                                                                                              \
        sizeof(heddle_cc_mock_collection)                                                          \
    }
#else
#define HEDDLE_CC_MOCK_COLLECTION                                                                  \
    {                                                                                              \
        .size = sizeof(heddle_cc_mock_collection)                                                  \
    }
#endif

/** One collection more. Every organisation has "_implicit_org_MSPID" without it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_add_collection(
    heddle_cc_mock *mock, const heddle_cc_mock_collection *collection, heddle_error *err);
/** Another chaincode on the channel; borrowed until the mock is freed. HEDDLE_E_EXISTS. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_mock_add_chaincode(heddle_cc_mock *mock, const char *name,
                             const heddle_cc_chaincode *chaincode, heddle_error *err);
/** Another channel of the same peer, whose chaincodes may be called to read; borrowed until the
 *  mock is freed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_add_channel(heddle_cc_mock *mock,
                                                                    heddle_cc_mock *other,
                                                                    heddle_error *err);

/** How many results the peer sends of a range at a time; 0: the default, 3, that iterators page.
 *  Peers send 100. */
HEDDLE_API void heddle_cc_mock_set_batch_size(heddle_cc_mock *mock, unsigned results);
/** Whether the peer is older than 3.1: without write batches and requests for several keys. */
HEDDLE_API void heddle_cc_mock_set_old_peer(heddle_cc_mock *mock, bool old);
/** What one transaction may take, as memory_limit of a server; 0: the default. */
HEDDLE_API void heddle_cc_mock_set_memory_limit(heddle_cc_mock *mock, size_t bytes);
/** Run every transaction twice from now on, and fail it with status 500 and "lint: ..." if the
 *  second run reads, writes or answers anything else than the first. */
HEDDLE_API void heddle_cc_mock_lint(heddle_cc_mock *mock, bool on);
/** Write a recording of every transaction from now on into the folder @p dir, as servers do with
 *  record_dir: see heddle/chaincode_replay.h. NULL: no more. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_record(heddle_cc_mock *mock,
                                                               const char *dir, heddle_error *err);
/** Refuse the @p nth request (1: the next) from now on in these words, or, with NULL, have the
 *  peer go away at it, for that transaction. 0: do not. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_fail_request(heddle_cc_mock *mock,
                                                                     size_t nth, const char *words,
                                                                     heddle_error *err);

/* A look at the ledger, and a hand in it. These do not go through the contract; @p chaincode
 * NULL is the mock's first. */

/** How many blocks there are; the first transaction's is number 1. */
HEDDLE_API uint64_t heddle_cc_mock_height(const heddle_cc_mock *mock);
/** A key's committed value; HEDDLE_E_NOT_FOUND. Lives until the next change of the ledger. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_get(const heddle_cc_mock *mock,
                                                            const char *chaincode, heddle_view key,
                                                            heddle_view *out, heddle_error *err);
/** Set a key, as a block of its own; an empty value deletes it. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_put(heddle_cc_mock *mock,
                                                            const char *chaincode, heddle_view key,
                                                            heddle_view value, heddle_error *err);
/** How many keys the chaincode has, those of private data not counted. */
HEDDLE_API size_t heddle_cc_mock_count(const heddle_cc_mock *mock, const char *chaincode);
/** The key at @p index, in byte order, and its value; HEDDLE_E_END beyond the last one. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_at(const heddle_cc_mock *mock,
                                                           const char *chaincode, size_t index,
                                                           heddle_view *out_key,
                                                           heddle_view *out_value,
                                                           heddle_error *err);
/** A key's endorsement policy, the bytes of a SignaturePolicyEnvelope; HEDDLE_E_NOT_FOUND. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_get_policy(const heddle_cc_mock *mock,
                                                                   const char *chaincode,
                                                                   heddle_view key,
                                                                   heddle_view *out,
                                                                   heddle_error *err);
/** As heddle_cc_mock_get(), of private data. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_mock_get_private(
    const heddle_cc_mock *mock, const char *chaincode, const char *collection, heddle_view key,
    heddle_view *out, heddle_error *err);
/** As heddle_cc_mock_put(), of private data. */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_cc_mock_put_private(heddle_cc_mock *mock, const char *chaincode, const char *collection,
                           heddle_view key, heddle_view value, heddle_error *err);

HEDDLE_END_DECLS

#endif
