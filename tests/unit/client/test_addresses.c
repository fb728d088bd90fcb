/* One handle on several gateways. */
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "support/process.h"

enum { BEDS = 3, LONG_MS = 20000 };

static bed *beds[BEDS];
static const char *targets[BEDS];
static heddle_gateway *gateway;
static heddle_contract *contract;
static const heddle_request request = {.size = sizeof(heddle_request), .function = "Get"};

static void open_gateway(size_t count, uint32_t backoff_ms)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.targets = targets;
    options.target_count = count;
    options.backoff_ms = options.backoff_max_ms = backoff_ms;
    options.connect_wait_ms = LONG_MS;
    gateway = bed_connect(beds[0], &options);
    ck_assert_int_eq(
        heddle_contract_new(gateway, beds[0]->user, "mychannel", "basic", &contract, NULL),
        HEDDLE_OK);
}

static heddle_node_stats node(size_t index)
{
    heddle_node_stats stats = HEDDLE_NODE_STATS;
    ck_assert_int_eq(heddle_gateway_read_node(gateway, index, &stats, NULL), HEDDLE_OK);
    return stats;
}

static void evaluate(void)
{
    heddle_error err = {0};
    ck_assert_msg(heddle_evaluate(contract, &request, NULL, NULL, &err) == HEDDLE_OK, "%s",
                  err.message);
}

static heddle_error submit_error(void)
{
    heddle_error err = {0};
    ck_assert_int_ne(heddle_submit(contract, &request, NULL, NULL, &err), HEDDLE_OK);
    return err;
}

/* Calls bring the connections about. */
static void connect_all(size_t count)
{
    uint64_t until = base_now_ms() + LONG_MS;
    for (size_t i = 0; i < count;) {
        evaluate();
        i = node(i).connections ? i + 1 : i;
        ck_assert_uint_lt(base_now_ms(), until);
    }
}

static int calls(int method)
{
    int sum = 0;
    for (int i = 0; i < BEDS; i++)
        sum += bed_calls(beds[i], method);
    return sum;
}

/* The bed that a single call of each method has gone to. */
static bed *asked_first(int method)
{
    for (int i = 0; i < BEDS; i++)
        if (bed_calls(beds[i], method))
            return beds[i];
    return NULL;
}

static void answer_all(int method, bed_answer answer)
{
    for (int i = 0; i < BEDS; i++)
        beds[i]->answers[method] = answer;
}

START_TEST(calls_go_where_the_fewest_are_under_way)
{
    heddle_queue *queue = NULL;
    open_gateway(BEDS, 0);
    connect_all(BEDS);
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    answer_all(BED_ENDORSE, (bed_answer){.is_silent = true});
    for (int i = 0; i < 4 * BEDS; i++)
        ck_assert_int_eq(heddle_queue_submit(queue, contract, &request, NULL, NULL, NULL, NULL),
                         HEDDLE_OK);
    for (int i = 0; i < BEDS; i++) {
        ck_assert_uint_eq(node((size_t)i).in_flight, 4);
        while (bed_calls(beds[i], BED_ENDORSE) < 4)
            sem_wait(&beds[i]->arrived);
    }
    heddle_queue_close(queue);
}
END_TEST

START_TEST(calls_move_over_when_a_gateway_goes_away)
{
    open_gateway(BEDS, 0);
    connect_all(BEDS);
    bed_halt(beds[1]);
    for (int i = 0; i < 12; i++) {
        heddle_error err = {0};
        evaluate();
        ck_assert_msg(heddle_submit(contract, &request, NULL, NULL, &err) == HEDDLE_OK, "%s",
                      err.message);
    }
    bed_halt(beds[2]);
    for (int i = 0; i < 12; i++)
        evaluate();
}
END_TEST

START_TEST(a_gateway_that_comes_back_is_used_again)
{
    uint64_t until = base_now_ms() + LONG_MS;
    open_gateway(2, 10);
    connect_all(2);
    bed_halt(beds[1]);
    do
        evaluate();
    while (node(1).connections);
    int before = bed_calls(beds[1], BED_EVALUATE);
    bed_resume(beds[1]);
    while (bed_calls(beds[1], BED_EVALUATE) == before) {
        evaluate();
        ck_assert_uint_lt(base_now_ms(), until);
    }
    ck_assert_uint_ge(node(1).connects, 2);
}
END_TEST

START_TEST(one_that_fails_is_passed_over_for_a_time)
{
    open_gateway(2, 60000);
    connect_all(2);
    beds[0]->answers[BED_EVALUATE] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "gone"};
    int before = bed_calls(beds[0], BED_EVALUATE);
    for (int i = 0; i < 10; i++)
        evaluate();
    ck_assert_int_eq(bed_calls(beds[0], BED_EVALUATE), before + 1);
    ck_assert(node(0).is_passed_over);
    ck_assert_uint_eq(node(0).failures, 1);
    ck_assert(!node(1).is_passed_over);
}
END_TEST

START_TEST(endorse_and_evaluate_are_asked_again_elsewhere)
{
    const bed_answer failures[] = {
        {.code = RPC_UNAVAILABLE, .message = "no peer"},
        {.code = RPC_RESOURCE_EXHAUSTED, .message = "no room"},
        {.code = RPC_UNKNOWN, .message = "too many requests, exceeding concurrency limit (500)"}};
    for (size_t i = 0; i < 3; i++) {
        open_gateway(2, 1);
        beds[0]->answers[BED_ENDORSE] = beds[0]->answers[BED_EVALUATE] = failures[i];
        for (int n = 0; n < 4; n++) {
            evaluate();
            ck_assert_int_eq(heddle_submit(contract, &request, NULL, NULL, NULL), HEDDLE_OK);
        }
        heddle_contract_unref(contract);
        heddle_gateway_close(gateway);
        contract = NULL;
        gateway = NULL;
        ck_assert_int_gt(bed_calls(beds[0], BED_EVALUATE), 0);
    }
}
END_TEST

START_TEST(a_refusal_is_an_answer)
{
    open_gateway(BEDS, 0);
    answer_all(BED_ENDORSE, (bed_answer){.code = RPC_ABORTED, .message = "endorsers differ"});
    heddle_error err = submit_error();
    ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
    ck_assert_int_eq(calls(BED_ENDORSE), 1);
    ck_assert_ptr_nonnull(strstr(err.message, asked_first(BED_ENDORSE)->target));
}
END_TEST

START_TEST(when_all_fail_the_last_one_is_told)
{
    open_gateway(BEDS, 0);
    answer_all(BED_ENDORSE, (bed_answer){.code = RPC_UNAVAILABLE, .message = "no peer"});
    heddle_error err = submit_error();
    ck_assert_int_eq(err.status, HEDDLE_E_UNAVAILABLE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    ck_assert_int_eq(calls(BED_ENDORSE), BEDS);
}
END_TEST

START_TEST(the_same_signed_transaction_is_submitted_elsewhere)
{
    open_gateway(2, 0);
    connect_all(2);
    beds[0]->answers[BED_SUBMIT] = (bed_answer){.code = RPC_UNAVAILABLE, .message = "no orderer"};
    while (!bed_calls(beds[0], BED_SUBMIT))
        ck_assert_int_eq(heddle_submit(contract, &request, NULL, NULL, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(bed_asked(beds[0], BED_SUBMIT), bed_asked(beds[1], BED_SUBMIT)));
}
END_TEST

START_TEST(a_second_gateways_refusal_leaves_the_outcome_open)
{
    open_gateway(BEDS, 0);
    connect_all(BEDS);
    answer_all(BED_SUBMIT, (bed_answer){.code = RPC_ABORTED, .message = "already there"});
    ck_assert_int_eq(submit_error().retry, HEDDLE_RETRY_NO);
    ck_assert_int_eq(calls(BED_SUBMIT), 1);
    for (int i = 0; i < BEDS; i++) {
        for (int n = 0; n < BEDS; n++)
            beds[n]->answers[BED_SUBMIT] =
                n == i ? (bed_answer){.code = RPC_ABORTED, .message = "already there"}
                       : (bed_answer){.code = RPC_UNAVAILABLE, .message = "no orderer"};
        int before = calls(BED_SUBMIT);
        heddle_error err = submit_error();
        bool moved = calls(BED_SUBMIT) > before + 1;
        ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
        ck_assert_int_eq(err.retry, moved ? HEDDLE_RETRY_ASK_STATUS : HEDDLE_RETRY_NO);
        ck_assert_uint_eq(strlen(err.tx_id), 64);
    }
}
END_TEST

START_TEST(turned_away_at_one_gateway_leaves_nothing_open)
{
    open_gateway(2, 0);
    connect_all(2);
    beds[0]->answers[BED_SUBMIT] =
        (bed_answer){.code = RPC_RESOURCE_EXHAUSTED, .message = "no room"};
    beds[1]->answers[BED_SUBMIT] = (bed_answer){.code = RPC_ABORTED, .message = "refused"};
    while (!bed_calls(beds[0], BED_SUBMIT)) {
        evaluate(); /* or every submit would have the same turn */
        ck_assert_int_eq(submit_error().retry, HEDDLE_RETRY_NO);
    }
}
END_TEST

START_TEST(a_wait_for_a_commit_moves_over)
{
    heddle_queue *queue = NULL;
    heddle_completion *done = NULL;
    open_gateway(2, 0);
    connect_all(2);
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    beds[0]->answers[BED_COMMIT_STATUS].is_silent = true;
    while (!bed_calls(beds[0], BED_COMMIT_STATUS)) {
        int seen = bed_calls(beds[1], BED_COMMIT_STATUS);
        ck_assert_int_eq(heddle_queue_submit(queue, contract, &request, NULL, NULL, NULL, NULL),
                         HEDDLE_OK);
        while (!bed_calls(beds[0], BED_COMMIT_STATUS) &&
               bed_calls(beds[1], BED_COMMIT_STATUS) == seen)
            (void)!heddle_queue_next(queue, 1, &done, NULL);
        heddle_completion_free(done);
        done = NULL;
    }
    bed_halt(beds[0]);
    ck_assert_int_eq(heddle_queue_next(queue, LONG_MS, &done, NULL), HEDDLE_OK);
    ck_assert_uint_eq(heddle_completion_outcome(done)->block_number, 77);
    heddle_completion_free(done);
    heddle_queue_close(queue);
}
END_TEST

START_TEST(addresses_where_nobody_listens_are_passed_by)
{
    char nobody[2][32];
    uint16_t port = process_free_ports(2);
    snprintf(nobody[0], sizeof(nobody[0]), "127.0.0.1:%u", port);
    snprintf(nobody[1], sizeof(nobody[1]), "127.0.0.1:%u", port + 1);
    targets[0] = nobody[0];
    targets[1] = nobody[1];
    open_gateway(BEDS, 0);
    uint64_t before = base_now_ms();
    for (int i = 0; i < 5; i++)
        evaluate();
    ck_assert_uint_lt(base_now_ms() - before, LONG_MS / 2);
    ck_assert_int_eq(bed_calls(beds[2], BED_EVALUATE), 5);
}
END_TEST

START_TEST(no_address_reached_is_told_with_their_names)
{
    char nobody[2][32];
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    uint16_t port = process_free_ports(2);
    snprintf(nobody[0], sizeof(nobody[0]), "127.0.0.1:%u", port);
    snprintf(nobody[1], sizeof(nobody[1]), "127.0.0.1:%u", port + 1);
    const char *const both[] = {nobody[0], nobody[1]};
    options.targets = both;
    options.target_count = 2;
    options.connect_wait_ms = 200;
    gateway = bed_connect(beds[0], &options);
    ck_assert_int_eq(
        heddle_contract_new(gateway, beds[0]->user, "mychannel", "basic", &contract, NULL),
        HEDDLE_OK);
    heddle_error err = submit_error();
    ck_assert_int_eq(err.status, HEDDLE_E_UNAVAILABLE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    ck_assert_ptr_nonnull(strstr(err.message, nobody[0]));
    ck_assert_ptr_nonnull(strstr(err.message, nobody[1]));
}
END_TEST

START_TEST(counts_tell_what_happened)
{
    heddle_gateway_stats stats = HEDDLE_GATEWAY_STATS;
    heddle_node_stats none = HEDDLE_NODE_STATS;
    open_gateway(2, 0);
    evaluate();
    ck_assert_int_eq(heddle_submit(contract, &request, NULL, NULL, NULL), HEDDLE_OK);
    answer_all(BED_ENDORSE, (bed_answer){.code = RPC_ABORTED, .message = "no"});
    (void)submit_error();
    ck_assert_int_eq(heddle_gateway_read_stats(gateway, &stats, NULL), HEDDLE_OK);
    ck_assert_uint_eq(stats.calls[HEDDLE_STAGE_EVALUATE], 1);
    ck_assert_uint_eq(stats.calls[HEDDLE_STAGE_ENDORSE], 2);
    ck_assert_uint_eq(stats.failures[HEDDLE_STAGE_ENDORSE], 1);
    ck_assert_uint_eq(stats.calls[HEDDLE_STAGE_COMMIT_STATUS], 1);
    ck_assert_uint_eq(stats.node_count, 2);
    ck_assert_uint_eq(node(0).calls + node(1).calls, 5);
    ck_assert_str_eq(node(1).address, targets[1]);
    ck_assert_int_eq(heddle_gateway_read_node(gateway, 2, &none, NULL), HEDDLE_E_NOT_FOUND);
}
END_TEST

static void expect_refused(const heddle_gateway_options *options, const char *reason)
{
    heddle_gateway *none = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(heddle_gateway_open(options, &none, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, reason));
    ck_assert_ptr_null(none);
}

START_TEST(bad_lists_of_addresses_are_refused)
{
    const char *const empty[] = {"localhost:1", ""};
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.plaintext = true;
    expect_refused(&options, "no target");
    options.target_count = 2;
    expect_refused(&options, "targets is NULL");
    options.targets = empty;
    expect_refused(&options, "target 1 is empty");
    options.target_count = 65;
    expect_refused(&options, "more than 64");
}
END_TEST

static void start(void)
{
    for (int i = 0; i < BEDS; i++) {
        beds[i] = bed_start(NULL);
        targets[i] = beds[i]->target;
    }
}

static void stop(void)
{
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    for (int i = 0; i < BEDS; i++)
        bed_stop(beds[i]);
}

static TCase *addresses_case(void)
{
    TCase *tc = SUITE_CASE(
        "addresses", calls_go_where_the_fewest_are_under_way,
        calls_move_over_when_a_gateway_goes_away, a_gateway_that_comes_back_is_used_again,
        one_that_fails_is_passed_over_for_a_time, endorse_and_evaluate_are_asked_again_elsewhere,
        a_refusal_is_an_answer, when_all_fail_the_last_one_is_told,
        the_same_signed_transaction_is_submitted_elsewhere,
        a_second_gateways_refusal_leaves_the_outcome_open,
        turned_away_at_one_gateway_leaves_nothing_open, a_wait_for_a_commit_moves_over,
        addresses_where_nobody_listens_are_passed_by, no_address_reached_is_told_with_their_names,
        counts_tell_what_happened, bad_lists_of_addresses_are_refused);
    tcase_add_checked_fixture(tc, start, stop);
    tcase_set_timeout(tc, 60);
    return tc;
}

SUITE_MAIN("client/addresses", addresses_case())
