/* Questions about the ledger: what is asked, what is made of the answers. */
#include <stdio.h>

#include "base/view.h"
#include "bed.h"
#include "heddle/decode.h"
#include "support/fault_alloc.h"
#include "wire/error_details.h"

enum { GRPC_ABORTED = 10, GRPC_UNKNOWN = 2 };

static bed *b;
static heddle_ledger *ledger;
static heddle_error err;

static void start(void)
{
    b = bed_start(NULL);
    ck_assert_int_eq(heddle_ledger_new(b->gateway, b->user, "mychannel", &ledger, &err), HEDDLE_OK);
}

static void stop(void)
{
    heddle_ledger_unref(ledger);
    bed_stop(b);
}

static void put_field(base_buffer *out, unsigned number, heddle_view bytes)
{
    ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)(number << 3 | 2)), HEDDLE_OK);
    ck_assert_uint_lt(bytes.len, 0x80);
    ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)bytes.len), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(out, bytes), HEDDLE_OK);
}

/* The gateway answers @p payload: EvaluateResponse, Response, payload. */
static base_buffer answer_with(heddle_view payload)
{
    base_auto_buffer base_buffer response = {0};
    base_buffer out = {0};
    put_field(&response, 3, payload);
    put_field(&out, 1, base_buffer_view(&response));
    b->answers[BED_EVALUATE] = (bed_answer){.response = base_buffer_view(&out)};
    return out;
}

/* That the last request called @p chaincode with @p args, each as base64 in JSON. */
static void check_asked(const char *chaincode, const char *args)
{
    heddle_bytes json = {0};
    heddle_error why;
    ck_assert_msg(heddle_message_to_json("gateway.EvaluateRequest", bed_asked(b, BED_EVALUATE),
                                         NULL, &json, &why) == HEDDLE_OK,
                  "%s", why.message);
    const char *spec = strstr((char *)json.data, "\"chaincode_spec\":");
    ck_assert_ptr_nonnull(spec);
    char name[64];
    snprintf(name, sizeof(name), "\"name\":\"%s\"", chaincode);
    ck_assert_msg(strstr(spec, name) != NULL, "%s", spec);
    ck_assert_msg(strstr(spec, args) != NULL, "%s", spec);
    heddle_bytes_done(&json);
}

START_TEST(chain_info_is_read)
{
    heddle_chain_info info = {0};
    static const char bytes[] = "\x08\xac\x02\x12\x02\xaa\xbb\x1a\x01\xcc\x22\x02\x08\x07";
    base_buffer answer = answer_with(heddle_view_of(bytes, sizeof(bytes) - 1));
    ck_assert_int_eq(heddle_ledger_info(ledger, NULL, &info, &err), HEDDLE_OK);
    ck_assert_uint_eq(info.height, 300);
    ck_assert_uint_eq(info.current_hash_len, 2);
    ck_assert_mem_eq(info.current_hash, "\xaa\xbb", 2);
    ck_assert_uint_eq(info.previous_hash_len, 1);
    ck_assert(info.from_snapshot);
    ck_assert_uint_eq(info.snapshot_block, 7);
    check_asked("qscc", "\"args\":[\"R2V0Q2hhaW5JbmZv\",\"bXljaGFubmVs\"]");
    base_buffer_done(&answer);
}
END_TEST

START_TEST(blocks_are_asked_for_in_three_ways)
{
    heddle_bytes block = {0};
    base_buffer answer = answer_with(VIEW("a block"));
    ck_assert_int_eq(heddle_ledger_block(ledger, UINT64_MAX, NULL, &block, &err), HEDDLE_OK);
    ck_assert_str_eq((char *)block.data, "a block");
    heddle_bytes_done(&block);
    check_asked("qscc", "[\"R2V0QmxvY2tCeU51bWJlcg==\",\"bXljaGFubmVs\","
                        "\"MTg0NDY3NDQwNzM3MDk1NTE2MTU=\"]");
    ck_assert_int_eq(heddle_ledger_block_by_hash(ledger, VIEW("\0\1\2"), NULL, &block, &err),
                     HEDDLE_OK);
    heddle_bytes_done(&block);
    check_asked("qscc", "[\"R2V0QmxvY2tCeUhhc2g=\",\"bXljaGFubmVs\",\"AAEC\"]");
    ck_assert_int_eq(heddle_ledger_block_by_tx(ledger, "ab", NULL, &block, &err), HEDDLE_OK);
    heddle_bytes_done(&block);
    check_asked("qscc", "[\"R2V0QmxvY2tCeVR4SUQ=\",\"bXljaGFubmVs\",\"YWI=\"]");
    base_buffer_done(&answer);
}
END_TEST

START_TEST(transactions_come_with_their_verdict)
{
    heddle_ledger_transaction transaction = {0};
    base_buffer answer = answer_with(VIEW("\x0a\x02hi\x10\x0b"));
    ck_assert_int_eq(heddle_ledger_transaction_by_id(ledger, "ab", NULL, &transaction, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(transaction.validation_code, 11);
    ck_assert_str_eq((char *)transaction.envelope.data, "hi");
    check_asked("qscc", "[\"R2V0VHJhbnNhY3Rpb25CeUlE\",\"bXljaGFubmVs\",\"YWI=\"]");
    heddle_bytes_done(&transaction.envelope);
    base_buffer_done(&answer);
}
END_TEST

START_TEST(the_configuration_is_asked_of_cscc)
{
    heddle_bytes config = {0};
    base_buffer answer = answer_with(VIEW("config"));
    ck_assert_int_eq(heddle_ledger_config(ledger, NULL, &config, &err), HEDDLE_OK);
    heddle_bytes_done(&config);
    check_asked("cscc", "[\"R2V0Q2hhbm5lbENvbmZpZw==\",\"bXljaGFubmVs\"]");
    ck_assert_int_eq(heddle_ledger_config_block(ledger, NULL, &config, &err), HEDDLE_OK);
    heddle_bytes_done(&config);
    check_asked("cscc", "[\"R2V0Q29uZmlnQmxvY2s=\",\"bXljaGFubmVs\"]");
    base_buffer_done(&answer);
}
END_TEST

static base_arena *refuse(wire_error_detail *details, size_t count)
{
    base_arena *arena = base_arena_new(0);
    wire_error_details all = {
        .code = GRPC_ABORTED, .message = "failed", .items = details, .count = count};
    bed_answer *answer = &b->answers[BED_EVALUATE];
    *answer = (bed_answer){.code = GRPC_ABORTED, .message = "failed to evaluate transaction"};
    ck_assert_int_eq(wire_error_details_write(&all, arena, &answer->details, NULL), HEDDLE_OK);
    return arena;
}

START_TEST(what_no_peer_has_is_not_found)
{
    static wire_error_detail missing[] = {
        {"p0:7051", "Org1MSP",
         "chaincode response 500, Failed to get block number 99, error no such block number [99] "
         "in index"},
        {"p1:7051", "Org1MSP", "error no such block number [99] in index"}};
    base_arena *arena = refuse(missing, 2);
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = heddle_details_new();
    heddle_bytes block = {0};
    ck_assert_int_eq(heddle_ledger_block(ledger, 99, &options, &block, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_str_eq(err.message, missing[0].message);
    ck_assert_int_eq(err.status, HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
    ck_assert_int_eq(err.grpc_code, GRPC_ABORTED);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVALUATE);
    ck_assert_uint_eq(heddle_details_count(options.details), 2);
    ck_assert_str_eq(heddle_details_at(options.details, 1)->message, missing[1].message);
    ck_assert_ptr_null(block.data);
    ck_assert_int_eq(heddle_ledger_block(ledger, 99, NULL, &block, &err), HEDDLE_E_NOT_FOUND);
    heddle_details_free(options.details);
    base_arena_free(arena);
}
END_TEST

START_TEST(what_only_some_peers_miss_may_be_there)
{
    static wire_error_detail some[] = {
        {"p0:7051", "Org1MSP", "error no such transaction ID [ab] in index"},
        {"p1:7051", "Org1MSP", "connection refused"}};
    base_arena *arena = refuse(some, 2);
    heddle_ledger_transaction transaction = {0};
    ck_assert_int_eq(heddle_ledger_transaction_by_id(ledger, "ab", NULL, &transaction, &err),
                     HEDDLE_E_RPC);
    ck_assert_ptr_null(transaction.envelope.data);
    base_arena_free(arena);
}
END_TEST

START_TEST(words_of_a_gateway_without_details_count_too)
{
    b->answers[BED_EVALUATE] = (bed_answer){
        .code = GRPC_UNKNOWN,
        .message =
            "evaluate call to endorser returned error: no such transaction ID [ab] in index"};
    heddle_bytes block = {0};
    ck_assert_int_eq(heddle_ledger_block_by_tx(ledger, "ab", NULL, &block, &err),
                     HEDDLE_E_NOT_FOUND);
    b->answers[BED_EVALUATE].message = "string field contains invalid UTF-8";
    ck_assert_int_eq(heddle_ledger_block_by_hash(ledger, VIEW("\xff"), NULL, &block, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "no block of this hash"));
    ck_assert_int_ne(heddle_ledger_block_by_tx(ledger, "ab", NULL, &block, &err),
                     HEDDLE_E_NOT_FOUND);
    b->answers[BED_EVALUATE].message = "access denied";
    ck_assert_int_ne(heddle_ledger_block_by_tx(ledger, "ab", NULL, &block, &err),
                     HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(bad_answers_and_bad_questions_are_told)
{
    heddle_chain_info info = {.height = 5};
    heddle_bytes block = {0};
    char long_hash[2 + 65] = "\x12\x41";
    base_buffer answer = answer_with(heddle_view_of(long_hash, sizeof(long_hash)));
    ck_assert_int_eq(heddle_ledger_info(ledger, NULL, &info, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVALUATE);
    ck_assert_uint_eq(info.height, 5);
    base_buffer_done(&answer);
    answer = answer_with(VIEW("\x0a\x7f"));
    heddle_ledger_transaction transaction = {0};
    ck_assert_int_eq(heddle_ledger_transaction_by_id(ledger, "ab", NULL, &transaction, &err),
                     HEDDLE_E_DECODE);
    base_buffer_done(&answer);
    ck_assert_int_eq(heddle_ledger_block_by_hash(ledger, VIEW(""), NULL, &block, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_ledger_block_by_tx(ledger, "", NULL, &block, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    heddle_ledger *none = NULL;
    ck_assert_int_eq(heddle_ledger_new(b->gateway, b->user, "", &none, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(each_allocation_may_fail)
{
    for (size_t nth = 1;; nth++) {
        heddle_ledger *made = NULL;
        fault_alloc_arm(nth);
        heddle_status status = heddle_ledger_new(b->gateway, b->user, "c", &made, &err);
        heddle_ledger_unref(made);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(alive, 0);
        ck_assert_int_eq(status, fired ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
        if (!fired)
            break;
    }
}
END_TEST

/* A question that fails where it starts, from its first allocation to its last. */
START_TEST(a_question_that_cannot_start_leaves_nothing)
{
    heddle_gateway_close(b->gateway);
    b->gateway = NULL;
    for (size_t nth = 1;; nth++) {
        heddle_bytes block = {0};
        fault_alloc_arm(nth);
        heddle_status status = heddle_ledger_block(ledger, 1, NULL, &block, &err);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(alive, 0);
        ck_assert_int_eq(status, fired ? HEDDLE_E_NO_MEMORY : HEDDLE_E_BAD_STATE);
        ck_assert_int_eq(err.status, status);
        if (!fired)
            break;
    }
}
END_TEST

typedef struct told {
    sem_t done;
    heddle_status status;
    int calls;
} told;

static void tell(heddle_view bytes, const heddle_error *why, void *user)
{
    told *out = user;
    out->status = why ? why->status : HEDDLE_OK;
    out->calls += bytes.len == 0;
    sem_post(&out->done);
}

START_TEST(a_question_can_be_cancelled)
{
    told end = {.status = HEDDLE_OK};
    sem_init(&end.done, 0, 0);
    b->answers[BED_EVALUATE].is_silent = true;
    heddle_call *call = NULL;
    ck_assert_int_eq(heddle_ledger_config_start(ledger, NULL, tell, &end, &call, &err), HEDDLE_OK);
    sem_wait(&b->arrived);
    heddle_call_cancel(call);
    heddle_call_unref(call);
    sem_wait(&end.done);
    ck_assert_int_eq(end.status, HEDDLE_E_CANCELLED);
    ck_assert_int_eq(end.calls, 1);
    sem_destroy(&end.done);
}
END_TEST

static TCase *with_bed(const char *name, const TTest *const *tests, size_t count)
{
    TCase *made = suite_case(name, tests, count);
    tcase_add_checked_fixture(made, start, stop);
    return made;
}

#define BED_CASE(name, ...)                                                                        \
    with_bed(name, SUITE_TESTS(__VA_ARGS__), sizeof(SUITE_TESTS(__VA_ARGS__)) / sizeof(TTest *))

SUITE_MAIN("client/ledger",
           BED_CASE("answers", chain_info_is_read, blocks_are_asked_for_in_three_ways,
                    transactions_come_with_their_verdict, the_configuration_is_asked_of_cscc),
           BED_CASE("failures", what_no_peer_has_is_not_found,
                    what_only_some_peers_miss_may_be_there,
                    words_of_a_gateway_without_details_count_too,
                    bad_answers_and_bad_questions_are_told, each_allocation_may_fail,
                    a_question_that_cannot_start_leaves_nothing, a_question_can_be_cancelled))
