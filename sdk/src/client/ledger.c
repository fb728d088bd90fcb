/*
 * Questions about the ledger, by evaluating the peer's system chaincodes: qscc gets the channel
 * and one more argument, cscc the channel alone.
 *
 * That something is missing a peer says in words only, behind a status that means any failure.
 */
#include "client/ledger.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/fail.h"
#include "client/steps.h"
#include "heddle/contract.h"
#include "wire/reader.h"

struct heddle_ledger {
    _Atomic int refs;
    char *channel;
    heddle_contract *queries; /* qscc */
    heddle_contract *config;  /* cscc */
};

BASE_AUTO_DEFINE(heddle_ledger, heddle_ledger *, heddle_ledger_unref)

heddle_status heddle_ledger_new(heddle_gateway *gateway, heddle_identity *identity,
                                const char *channel, heddle_ledger **out, heddle_error *err)
{
    base_auto(heddle_ledger) heddle_ledger *ledger = base_calloc(1, sizeof(*ledger));
    if (!ledger)
        return base_fail_memory(err, "ledger");
    atomic_init(&ledger->refs, 1);
    BASE_TRY(heddle_contract_new(gateway, identity, channel, "qscc", &ledger->queries, err));
    BASE_TRY(heddle_contract_new(gateway, identity, channel, "cscc", &ledger->config, err));
    ledger->channel = base_strdup(channel);
    if (!ledger->channel)
        return base_fail_memory(err, "ledger");
    *out = base_steal(&ledger);
    return HEDDLE_OK;
}

heddle_ledger *heddle_ledger_ref(heddle_ledger *ledger)
{
    atomic_fetch_add_explicit(&ledger->refs, 1, memory_order_relaxed);
    return ledger;
}

void heddle_ledger_unref(heddle_ledger *ledger)
{
    if (!ledger || atomic_fetch_sub_explicit(&ledger->refs, 1, memory_order_acq_rel) != 1)
        return;
    heddle_contract_unref(ledger->queries);
    heddle_contract_unref(ledger->config);
    base_free(ledger->channel);
    base_free(ledger);
}

bool client_ledger_tells_missing(const char *text, bool by_hash)
{
    static const char *const signs[] = {
        "no such block",    "no such transaction ID", "Entry not found in index",
        "Invalid chain ID", "nknown channel ID",      "bootstrapped from a snapshot",
    };
    for (size_t i = 0; i < BASE_COUNT(signs); i++) {
        if (strstr(text, signs[i]))
            return true;
    }
    const char *channel = strstr(text, "channel '");
    if (channel && strstr(channel, "' not found"))
        return true;
    /* Fabric complains of a hash with the bytes of it, and then of its own complaint. */
    return by_hash && strstr(text, "string field contains invalid UTF-8");
}

/* A question under way. */
typedef struct question {
    heddle_details *details; /* the caller's, or … */
    heddle_details *own;
    bool by_hash;
    void (*answer)(struct question *asked, heddle_view result, const heddle_error *err);
    union {
        heddle_ledger_info_fn *info;
        heddle_ledger_bytes_fn *bytes;
        heddle_ledger_transaction_fn *transaction;
    } fn;
    void *user;
} question;

static void question_free(question *asked)
{
    heddle_details_free(asked->own);
    base_free(asked);
}

/* A gateway that asked several peers tells what each of them said; one that could not be asked
 * may have what the others miss. */
static bool is_missing(const question *asked, const heddle_error *err)
{
    size_t count = heddle_details_count(asked->details);
    for (size_t i = 0; i < count; i++) {
        if (!client_ledger_tells_missing(heddle_details_at(asked->details, i)->message,
                                         asked->by_hash))
            return false;
    }
    return count > 0 || client_ledger_tells_missing(err->message, asked->by_hash);
}

static heddle_error missing(const question *asked, const heddle_error *err)
{
    heddle_error out = *err;
    bool told = heddle_details_count(asked->details) > 0;
    base_fail(&out, HEDDLE_E_NOT_FOUND, "%s%s", asked->by_hash ? "no block of this hash: " : "",
              told ? heddle_details_at(asked->details, 0)->message : err->message);
    out.grpc_code = err->grpc_code;
    out.stage = err->stage;
    memcpy(out.tx_id, err->tx_id, sizeof(out.tx_id));
    return out;
}

static void on_answer(heddle_view result, const heddle_error *err, void *user)
{
    question *asked = user;
    heddle_error not_there;
    if (err && is_missing(asked, err)) {
        not_there = missing(asked, err);
        err = &not_there;
    }
    asked->answer(asked, err ? heddle_view_of(NULL, 0) : result, err);
    question_free(asked);
}

/* The options of the caller, with details that the answer can be judged by. */
static heddle_status choose_options(question *asked, const heddle_call_options *given,
                                    heddle_call_options *out, heddle_error *err)
{
    BASE_TRY(client_options_copy(out, sizeof(*out), given, "HEDDLE_CALL_OPTIONS", err));
    out->size = sizeof(*out);
    if (!out->details)
        out->details = asked->own = heddle_details_new();
    if (!out->details)
        return base_fail_memory(err, "ledger");
    asked->details = out->details;
    return HEDDLE_OK;
}

/* Takes the question. */
static heddle_status ask(question *asked, heddle_contract *chaincode, const heddle_request *request,
                         const heddle_call_options *options, heddle_call **out_call,
                         heddle_error *err)
{
    heddle_call_options chosen = HEDDLE_CALL_OPTIONS;
    heddle_status status = choose_options(asked, options, &chosen, err);
    if (status == HEDDLE_OK)
        status =
            heddle_evaluate_start(chaincode, request, &chosen, on_answer, asked, out_call, err);
    if (status)
        question_free(asked);
    return status;
}

static question *question_new(void (*answer)(question *, heddle_view, const heddle_error *),
                              void *user, heddle_error *err)
{
    question *asked = base_calloc(1, sizeof(*asked));
    if (!asked) {
        base_fail_memory(err, "ledger");
        return NULL;
    }
    asked->answer = answer;
    asked->user = user;
    return asked;
}

/* Ask qscc for @p function of the channel and @p argument. */
static heddle_status query(heddle_ledger *ledger, question *asked, const char *function,
                           heddle_view argument, const heddle_call_options *options,
                           heddle_call **out_call, heddle_error *err)
{
    const heddle_view args[] = {heddle_view_str(ledger->channel), argument};
    heddle_request request = HEDDLE_REQUEST(function);
    request.args = args;
    request.arg_count = BASE_COUNT(args);
    return ask(asked, ledger->queries, &request, options, out_call, err);
}

/* Of an answer that a peer should not give. */
static const heddle_error *unreadable(heddle_error *err)
{
    client_error_place(err, HEDDLE_STAGE_EVALUATE, NULL);
    return err;
}

typedef struct blockchain_info {
    uint64_t height;
    heddle_view current_hash;
    heddle_view previous_hash;
    bool from_snapshot;
    struct {
        uint64_t last_block;
    } snapshot;
} blockchain_info;

static const wire_slot snapshot_slots[] = {
    {.number = 1, .kind = WIRE_U64, .offset = 0},
};
static const wire_shape snapshot_shape = {.name = "common.BootstrappingSnapshotInfo",
                                          .size = sizeof(uint64_t),
                                          .slots = snapshot_slots,
                                          .slot_count = BASE_COUNT(snapshot_slots)};
static const wire_slot info_slots[] = {
    WIRE_SLOT(1, WIRE_U64, blockchain_info, height),
    WIRE_SLOT(2, WIRE_BYTES, blockchain_info, current_hash),
    WIRE_SLOT(3, WIRE_BYTES, blockchain_info, previous_hash),
    WIRE_SLOT_EXTRA(4, WIRE_OPTIONAL, blockchain_info, snapshot, from_snapshot, &snapshot_shape),
};
static const wire_shape info_shape =
    WIRE_SHAPE(blockchain_info, "common.BlockchainInfo", info_slots);

static heddle_status keep_hash(heddle_view hash, uint8_t out[HEDDLE_HASH_MAX], size_t *out_len,
                               heddle_error *err)
{
    if (hash.len > HEDDLE_HASH_MAX)
        return base_fail(err, HEDDLE_E_DECODE, "common.BlockchainInfo: a hash of %zu bytes",
                         hash.len);
    if (hash.len)
        memcpy(out, hash.data, hash.len);
    *out_len = hash.len;
    return HEDDLE_OK;
}

heddle_status client_ledger_read_info(heddle_view bytes, heddle_chain_info *out, heddle_error *err)
{
    blockchain_info info = {0};
    BASE_TRY(wire_shape_read(&info_shape, bytes, NULL, &info, err));
    out->height = info.height;
    out->from_snapshot = info.from_snapshot;
    out->snapshot_block = info.snapshot.last_block;
    BASE_TRY(keep_hash(info.current_hash, out->current_hash, &out->current_hash_len, err));
    return keep_hash(info.previous_hash, out->previous_hash, &out->previous_hash_len, err);
}

static void answer_info(question *asked, heddle_view result, const heddle_error *err)
{
    heddle_chain_info info = {0};
    heddle_error bad;
    if (!err && client_ledger_read_info(result, &info, &bad))
        err = unreadable(&bad);
    asked->fn.info(err ? NULL : &info, err, asked->user);
}

static void answer_bytes(question *asked, heddle_view result, const heddle_error *err)
{
    asked->fn.bytes(result, err, asked->user);
}

typedef struct processed_transaction {
    heddle_view envelope;
    int32_t code;
} processed_transaction;

static const wire_slot processed_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, processed_transaction, envelope),
    WIRE_SLOT(2, WIRE_I32, processed_transaction, code),
};
static const wire_shape processed_shape =
    WIRE_SHAPE(processed_transaction, "protos.ProcessedTransaction", processed_slots);

heddle_status client_ledger_read_transaction(heddle_view bytes, int *out_code,
                                             heddle_view *out_envelope, heddle_error *err)
{
    processed_transaction processed = {0};
    BASE_TRY(wire_shape_read(&processed_shape, bytes, NULL, &processed, err));
    *out_code = processed.code;
    *out_envelope = processed.envelope;
    return HEDDLE_OK;
}

static void answer_transaction(question *asked, heddle_view result, const heddle_error *err)
{
    int code = -1;
    heddle_view envelope = {0};
    heddle_error bad;
    if (!err && client_ledger_read_transaction(result, &code, &envelope, &bad))
        err = unreadable(&bad);
    asked->fn.transaction(err ? -1 : code, err ? heddle_view_of(NULL, 0) : envelope, err,
                          asked->user);
}

heddle_status heddle_ledger_info_start(heddle_ledger *ledger, const heddle_call_options *options,
                                       heddle_ledger_info_fn *fn, void *user,
                                       heddle_call **out_call, heddle_error *err)
{
    question *asked = question_new(answer_info, user, err);
    if (!asked)
        return HEDDLE_E_NO_MEMORY;
    asked->fn.info = fn;
    const heddle_view channel = heddle_view_str(ledger->channel);
    heddle_request request = HEDDLE_REQUEST("GetChainInfo");
    request.args = &channel;
    request.arg_count = 1;
    return ask(asked, ledger->queries, &request, options, out_call, err);
}

static heddle_status query_block(heddle_ledger *ledger, const char *function, heddle_view argument,
                                 const heddle_call_options *options, heddle_ledger_bytes_fn *fn,
                                 void *user, heddle_call **out_call, heddle_error *err)
{
    question *asked = question_new(answer_bytes, user, err);
    if (!asked)
        return HEDDLE_E_NO_MEMORY;
    asked->fn.bytes = fn;
    asked->by_hash = strcmp(function, "GetBlockByHash") == 0;
    return query(ledger, asked, function, argument, options, out_call, err);
}

heddle_status heddle_ledger_block_start(heddle_ledger *ledger, uint64_t number,
                                        const heddle_call_options *options,
                                        heddle_ledger_bytes_fn *fn, void *user,
                                        heddle_call **out_call, heddle_error *err)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    return query_block(ledger, "GetBlockByNumber", heddle_view_str(text), options, fn, user,
                       out_call, err);
}

heddle_status heddle_ledger_block_by_hash_start(heddle_ledger *ledger, heddle_view hash,
                                                const heddle_call_options *options,
                                                heddle_ledger_bytes_fn *fn, void *user,
                                                heddle_call **out_call, heddle_error *err)
{
    if (hash.len == 0 || hash.len > HEDDLE_HASH_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%zu bytes are no block hash", hash.len);
    return query_block(ledger, "GetBlockByHash", hash, options, fn, user, out_call, err);
}

static heddle_status check_tx_id(const char *tx_id, heddle_error *err)
{
    if (!tx_id || !*tx_id)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the transaction id is empty");
    return HEDDLE_OK;
}

heddle_status heddle_ledger_block_by_tx_start(heddle_ledger *ledger, const char *tx_id,
                                              const heddle_call_options *options,
                                              heddle_ledger_bytes_fn *fn, void *user,
                                              heddle_call **out_call, heddle_error *err)
{
    BASE_TRY(check_tx_id(tx_id, err));
    return query_block(ledger, "GetBlockByTxID", heddle_view_str(tx_id), options, fn, user,
                       out_call, err);
}

heddle_status heddle_ledger_transaction_by_id_start(heddle_ledger *ledger, const char *tx_id,
                                                    const heddle_call_options *options,
                                                    heddle_ledger_transaction_fn *fn, void *user,
                                                    heddle_call **out_call, heddle_error *err)
{
    BASE_TRY(check_tx_id(tx_id, err));
    question *asked = question_new(answer_transaction, user, err);
    if (!asked)
        return HEDDLE_E_NO_MEMORY;
    asked->fn.transaction = fn;
    return query(ledger, asked, "GetTransactionByID", heddle_view_str(tx_id), options, out_call,
                 err);
}

static heddle_status query_config(heddle_ledger *ledger, const char *function,
                                  const heddle_call_options *options, heddle_ledger_bytes_fn *fn,
                                  void *user, heddle_call **out_call, heddle_error *err)
{
    question *asked = question_new(answer_bytes, user, err);
    if (!asked)
        return HEDDLE_E_NO_MEMORY;
    asked->fn.bytes = fn;
    const heddle_view channel = heddle_view_str(ledger->channel);
    heddle_request request = HEDDLE_REQUEST(function);
    request.args = &channel;
    request.arg_count = 1;
    return ask(asked, ledger->config, &request, options, out_call, err);
}

heddle_status heddle_ledger_config_start(heddle_ledger *ledger, const heddle_call_options *options,
                                         heddle_ledger_bytes_fn *fn, void *user,
                                         heddle_call **out_call, heddle_error *err)
{
    return query_config(ledger, "GetChannelConfig", options, fn, user, out_call, err);
}

heddle_status heddle_ledger_config_block_start(heddle_ledger *ledger,
                                               const heddle_call_options *options,
                                               heddle_ledger_bytes_fn *fn, void *user,
                                               heddle_call **out_call, heddle_error *err)
{
    return query_config(ledger, "GetConfigBlock", options, fn, user, out_call, err);
}
