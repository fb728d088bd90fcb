/*
 * A chaincode on a channel, as one identity calls it; the calls that do everything.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library.
 * Threads: any, at once. Callbacks run on threads of the library and must not block.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_CONTRACT_H
#define HEDDLE_CONTRACT_H

#include "heddle/gateway.h"
#include "heddle/identity.h"

HEDDLE_BEGIN_DECLS

/** Light, immutable and counted; any thread. One gateway serves many identities. */
typedef struct heddle_contract heddle_contract;

/**
 * A chaincode as @p identity calls it; @p chaincode may name one of several contracts in it:
 * "basic" or "basic:AdminContract". The identity is referenced, the rest copied.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_contract_new(heddle_gateway *gateway, heddle_identity *identity, const char *channel,
                    const char *chaincode, heddle_contract **out, heddle_error *err);
HEDDLE_API heddle_contract *heddle_contract_ref(heddle_contract *contract);
HEDDLE_API void heddle_contract_unref(heddle_contract *contract); /* NULL is fine */

/** An entry of the transient map: seen by the endorsers, never on the ledger. */
typedef struct heddle_transient {
    const char *name;
    heddle_view value;
} heddle_transient;

/**
 * What to call. Everything is borrowed for the time of the function that gets it. Start with
 * HEDDLE_REQUEST("function"). Arguments are bytes. In C, HEDDLE_CALL() makes a request of C
 * strings:
 *
 *     heddle_submit(contract, HEDDLE_CALL("Transfer", "asset1", "Ann"), NULL, NULL, &err);
 */
typedef struct heddle_request {
    size_t size;
    const char *function;
    const heddle_view *args;  /* or, if this is NULL, … */
    const char *const *texts; /* … these strings */
    size_t arg_count;
    const heddle_transient *transient;
    size_t transient_count;
    const char *const *endorsing_orgs; /* MSP ids; none: as the endorsement policy asks */
    size_t endorsing_org_count;
    bool is_init; /* the initialisation that a chaincode was committed with --init-required for */
} heddle_request;

#ifdef __cplusplus
static inline heddle_request heddle_request_init(const char *function)
{
    heddle_request request = {};
    request.size = sizeof(request);
    request.function = function;
    return request;
}
#define HEDDLE_REQUEST(name) heddle_request_init(name)
#else
#define HEDDLE_REQUEST(name)                                                                       \
    {                                                                                              \
        .size = sizeof(heddle_request), .function = (name)                                         \
    }
#define HEDDLE_CALL(name, ...)                                                                     \
    (&(const heddle_request){                                                                      \
        .size = sizeof(heddle_request),                                                            \
        .function = (name),                                                                        \
        .texts = (const char *const[]){"", ##__VA_ARGS__} + 1,                                     \
        .arg_count = sizeof((const char *const[]){"", ##__VA_ARGS__}) / sizeof(char *) - 1})
#endif

/**
 * Ask one peer: the function runs, nothing is written to the ledger. Blocks; not inside a
 * callback of the library. @p options may be NULL.
 *
 * @param out  the function's answer, yours to heddle_bytes_done(); may be NULL
 *
 * HEDDLE_E_RPC and others with err->grpc_code: the gateway refused, or the chaincode failed:
 * see the details object.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_evaluate(heddle_contract *contract,
                                                         const heddle_request *request,
                                                         const heddle_call_options *options,
                                                         heddle_bytes *out, heddle_error *err);

/** What became of a submitted transaction. */
typedef struct heddle_outcome {
    heddle_bytes result; /* the function's answer */
    char tx_id[65];
    int validation_code; /* Fabric's TxValidationCode; 0: valid */
    uint64_t block_number;
} heddle_outcome;

HEDDLE_API void heddle_outcome_done(heddle_outcome *outcome); /* frees what is inside */

/**
 * Endorse, submit, and wait until the transaction is on the ledger. Blocks; not inside a
 * callback of the library.
 *
 * @param out  filled when the transaction is valid; yours to heddle_outcome_done(); may be NULL
 *
 * HEDDLE_E_TX_INVALID  on the ledger, but without effect: err->validation_code says why.
 *                      With HEDDLE_RETRY_NEW_TX it read what another one changed: try again.
 * others               err->stage says how far it came, err->retry what to do; with
 *                      HEDDLE_RETRY_ASK_STATUS it may still become valid: ask for err->tx_id
 *                      with heddle_commit_new().
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_submit(heddle_contract *contract,
                                                       const heddle_request *request,
                                                       const heddle_call_options *options,
                                                       heddle_outcome *out, heddle_error *err);

/** @p result is borrowed; @p err is NULL on success. */
typedef void heddle_evaluate_fn(heddle_view result, const heddle_error *err, void *user);
/** @p outcome is borrowed, NULL on failure; @p err is NULL on success. */
typedef void heddle_submit_fn(const heddle_outcome *outcome, const heddle_error *err, void *user);

/**
 * As heddle_evaluate(), without waiting: on HEDDLE_OK @p fn runs exactly once, later, on a thread
 * of the library; otherwise never. It must not block. @p out_call (may be NULL) gets a reference
 * for heddle_call_cancel().
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_evaluate_start(
    heddle_contract *contract, const heddle_request *request, const heddle_call_options *options,
    heddle_evaluate_fn *fn, void *user, heddle_call **out_call, heddle_error *err);
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_submit_start(
    heddle_contract *contract, const heddle_request *request, const heddle_call_options *options,
    heddle_submit_fn *fn, void *user, heddle_call **out_call, heddle_error *err);

HEDDLE_END_DECLS

#endif
