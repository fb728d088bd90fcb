#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "support/process.h"
#include "wire/error_details.h"

static const heddle_request request = {.size = sizeof(heddle_request), .function = "Fail"};

static heddle_error submit_error(bed *b, const heddle_call_options *options)
{
    heddle_error err = {0};
    heddle_outcome outcome = {0};
    heddle_status status = heddle_submit(b->contract, &request, options, &outcome, &err);
    ck_assert_int_ne(status, HEDDLE_OK);
    ck_assert_int_eq(status, err.status);
    ck_assert_ptr_null(outcome.result.data);
    return err;
}

START_TEST(peers_that_refuse_are_named_in_the_details)
{
    bed *b = bed_start(NULL);
    base_buffer recorded = bed_golden("018_gateway.Gateway.Endorse.details");
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = heddle_details_new();
    b->answers[BED_ENDORSE] =
        (bed_answer){.code = RPC_ABORTED,
                     .message = "failed to endorse transaction, see attached details for more info",
                     .details = base_buffer_view(&recorded)};
    heddle_error err = submit_error(b, &options);
    ck_assert_int_eq(err.status, HEDDLE_E_RPC);
    ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
    ck_assert_uint_eq(strlen(err.tx_id), 64);
    ck_assert_ptr_nonnull(strstr(err.message, "failed to endorse transaction"));
    ck_assert_uint_eq(heddle_details_count(options.details), 2);
    const heddle_detail *second = heddle_details_at(options.details, 1);
    ck_assert_str_eq(second->address, "127.0.0.1:8051");
    ck_assert_str_eq(second->mspid, "Org1MSP");
    ck_assert_str_eq(second->message, "chaincode response 500, The asset asset2 already exists");
    ck_assert_ptr_null(heddle_details_at(options.details, 2));
    b->answers[BED_ENDORSE].code = 0;
    b->answers[BED_SUBMIT].code = RPC_UNAVAILABLE;
    err = submit_error(b, &options);
    ck_assert_uint_eq(heddle_details_count(options.details), 0);
    heddle_details_free(options.details);
    base_buffer_done(&recorded);
    bed_stop(b);
}
END_TEST

static const struct {
    int method;
    int code;
    const char *message;
    heddle_status status;
    heddle_stage stage;
    heddle_retry retry;
} failures[] = {
    {BED_ENDORSE, RPC_UNAVAILABLE, "gone", HEDDLE_E_UNAVAILABLE, HEDDLE_STAGE_ENDORSE,
     HEDDLE_RETRY_SAFE},
    {BED_ENDORSE, RPC_FAILED_PRECONDITION, "no combination of peers", HEDDLE_E_RPC,
     HEDDLE_STAGE_ENDORSE, HEDDLE_RETRY_NO},
    {BED_ENDORSE, RPC_UNKNOWN,
     "too many requests for /gateway.Gateway, exceeding concurrency limit (500)", HEDDLE_E_RPC,
     HEDDLE_STAGE_ENDORSE, HEDDLE_RETRY_SAFE},
    {BED_SUBMIT, RPC_UNAVAILABLE, "no orderers could", HEDDLE_E_UNAVAILABLE, HEDDLE_STAGE_SUBMIT,
     HEDDLE_RETRY_ASK_STATUS},
    {BED_SUBMIT, RPC_RESOURCE_EXHAUSTED, "full", HEDDLE_E_TOO_LARGE, HEDDLE_STAGE_SUBMIT,
     HEDDLE_RETRY_SAFE},
    {BED_SUBMIT, RPC_ABORTED, "received unsuccessful response", HEDDLE_E_RPC, HEDDLE_STAGE_SUBMIT,
     HEDDLE_RETRY_NO},
    {BED_COMMIT_STATUS, RPC_DEADLINE_EXCEEDED, "late", HEDDLE_E_TIMED_OUT,
     HEDDLE_STAGE_COMMIT_STATUS, HEDDLE_RETRY_ASK_STATUS},
    {BED_COMMIT_STATUS, RPC_PERMISSION_DENIED, "no", HEDDLE_E_DENIED, HEDDLE_STAGE_COMMIT_STATUS,
     HEDDLE_RETRY_ASK_STATUS},
};

START_TEST(each_stage_says_what_to_do_next)
{
    bed *b = bed_start(NULL);
    for (size_t i = 0; i < BASE_COUNT(failures); i++) {
        memset(b->answers, 0, sizeof(b->answers));
        b->answers[failures[i].method] =
            (bed_answer){.code = failures[i].code, .message = failures[i].message};
        heddle_error err = submit_error(b, NULL);
        ck_assert_int_eq(err.status, failures[i].status);
        ck_assert_int_eq(err.stage, failures[i].stage);
        ck_assert_int_eq(err.retry, failures[i].retry);
        ck_assert_int_eq(err.grpc_code, failures[i].code);
        ck_assert_ptr_nonnull(strstr(err.message, failures[i].message));
    }
    bed_stop(b);
}
END_TEST

START_TEST(invalid_transaction_is_an_error_with_its_code)
{
    static const struct {
        int code;
        heddle_retry retry;
    } codes[] = {{11, HEDDLE_RETRY_NEW_TX}, {12, HEDDLE_RETRY_NEW_TX}, {10, HEDDLE_RETRY_NO}};
    bed *b = bed_start(NULL);
    for (size_t i = 0; i < BASE_COUNT(codes); i++) {
        b->validation_code = codes[i].code;
        heddle_error err = submit_error(b, NULL);
        ck_assert_int_eq(err.status, HEDDLE_E_TX_INVALID);
        ck_assert_int_eq(err.stage, HEDDLE_STAGE_COMMIT);
        ck_assert_int_eq(err.validation_code, codes[i].code);
        ck_assert_int_eq(err.retry, codes[i].retry);
        ck_assert_ptr_nonnull(strstr(err.message, heddle_validation_code_name(codes[i].code)));
    }
    bed_stop(b);
}
END_TEST

START_TEST(deadline_of_a_call_covers_all_its_stages)
{
    bed *b = bed_start(NULL);
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = 2000; /* enough for the stages before, also where they are slow */
    b->answers[BED_COMMIT_STATUS].is_silent = true;
    uint64_t before = base_now_ms();
    heddle_error err = submit_error(b, &options);
    ck_assert_int_eq(err.status, HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_COMMIT_STATUS);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_uint_lt(base_now_ms() - before, 15000);
    bed_stop(b);
}
END_TEST

START_TEST(stages_have_limits_of_their_own)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.evaluate_timeout_ms = 50;
    bed *b = bed_start(&options);
    heddle_error err = {0};
    ck_assert_int_eq(heddle_submit(b->contract, &request, NULL, NULL, NULL), HEDDLE_OK);
    b->answers[BED_EVALUATE].is_silent = true; /* on the connection that is now there */
    ck_assert_int_eq(heddle_evaluate(b->contract, &request, NULL, NULL, &err), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVALUATE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    bed_stop(b);
}
END_TEST

START_TEST(a_call_may_have_limits_of_its_own_for_each_stage)
{
    bed *b = bed_start(NULL);
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_error err = {0};
    static const struct {
        int method;
        heddle_stage stage;
    } stages[] = {{BED_ENDORSE, HEDDLE_STAGE_ENDORSE},
                  {BED_SUBMIT, HEDDLE_STAGE_SUBMIT},
                  {BED_COMMIT_STATUS, HEDDLE_STAGE_COMMIT_STATUS}};
    ck_assert_int_eq(heddle_submit(b->contract, &request, NULL, NULL, NULL), HEDDLE_OK);
    for (size_t i = 0; i < BASE_COUNT(stages); i++) {
        options = (heddle_call_options)HEDDLE_CALL_OPTIONS;
        options.endorse_timeout_ms = options.submit_timeout_ms = options.commit_status_timeout_ms =
            20000;
        options.endorse_timeout_ms = i == 0 ? 50 : options.endorse_timeout_ms;
        options.submit_timeout_ms = i == 1 ? 50 : options.submit_timeout_ms;
        options.commit_status_timeout_ms = i == 2 ? 50 : options.commit_status_timeout_ms;
        b->answers[stages[i].method].is_silent = true;
        err = submit_error(b, &options);
        ck_assert_int_eq(err.status, HEDDLE_E_TIMED_OUT);
        ck_assert_int_eq(err.stage, stages[i].stage);
        b->answers[stages[i].method].is_silent = false;
    }
    options.evaluate_timeout_ms = 50;
    b->answers[BED_EVALUATE].is_silent = true;
    ck_assert_int_eq(heddle_evaluate(b->contract, &request, &options, NULL, &err),
                     HEDDLE_E_TIMED_OUT);
    bed_stop(b);
}
END_TEST

START_TEST(unreachable_gateway_is_told_after_a_bounded_wait)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    char target[32];
    snprintf(target, sizeof(target), "127.0.0.1:%u", process_free_port());
    options.target = target;
    options.connect_wait_ms = 100;
    bed *b = bed_start(&options);
    uint64_t before = base_now_ms();
    heddle_error err = submit_error(b, NULL);
    ck_assert_int_eq(err.status, HEDDLE_E_UNAVAILABLE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    ck_assert_int_eq(err.grpc_code, -1);
    ck_assert_ptr_nonnull(strstr(err.message, target));
    ck_assert_uint_lt(base_now_ms() - before, 4000);
    bed_stop(b);
}
END_TEST

static void on_cancelled(heddle_view result, const heddle_error *err, void *user)
{
    (void)result;
    ck_assert_int_eq(err->status, HEDDLE_E_CANCELLED);
    sem_post(user);
}

START_TEST(cancel_does_not_wait_for_a_connection)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    char target[32];
    snprintf(target, sizeof(target), "127.0.0.1:%u", process_free_port());
    options.target = target;
    options.connect_wait_ms = 3600 * 1000;
    options.evaluate_timeout_ms = 3600 * 1000;
    bed *b = bed_start(&options);
    heddle_call *call = NULL;
    sem_t done;
    sem_init(&done, 0, 0);
    ck_assert_int_eq(
        heddle_evaluate_start(b->contract, &request, NULL, on_cancelled, &done, &call, NULL),
        HEDDLE_OK);
    heddle_call_cancel(call);
    sem_wait(&done);
    heddle_call_unref(call);
    bed_stop(b);
    sem_destroy(&done);
}
END_TEST

START_TEST(options_that_make_no_connection_are_refused)
{
    heddle_gateway *gateway = NULL;
    heddle_error err = {0};
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    ck_assert_int_eq(heddle_gateway_open(NULL, &gateway, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_E_BAD_ARGUMENT);
    options.target = "localhost:7051";
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "TLS roots"));
    options.tls_roots_file = "/nonexistent.pem";
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_E_IO);
    options.plaintext = true;
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_E_BAD_ARGUMENT);
    options.plaintext = false;
    options.tls_roots_file = NULL;
    options.tls_roots_pem = VIEW("no roots");
    ck_assert_int_ne(heddle_gateway_open(&options, &gateway, &err), HEDDLE_OK);
    options.plaintext = true;
    options.tls_roots_pem = VIEW("");
    options.client_cert_pem = VIEW("only one");
    ck_assert_int_eq(heddle_gateway_open(&options, &gateway, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(gateway);
}
END_TEST

START_TEST(requests_that_call_nothing_are_refused)
{
    bed *b = bed_start(NULL);
    heddle_error err = {0};
    heddle_request bad = request;
    ck_assert_int_eq(heddle_evaluate(b->contract, NULL, NULL, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    bad.function = "";
    ck_assert_int_eq(heddle_evaluate(b->contract, &bad, NULL, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    bad = request;
    bad.size = 0;
    ck_assert_int_eq(heddle_evaluate(b->contract, &bad, NULL, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "HEDDLE_REQUEST"));
    heddle_call_options unset = {0};
    ck_assert_int_eq(heddle_evaluate(b->contract, &request, &unset, NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    bad = request;
    bad.arg_count = 1;
    ck_assert_int_eq(heddle_submit(b->contract, &bad, NULL, NULL, &err), HEDDLE_E_BAD_ARGUMENT);
    heddle_contract *none = NULL;
    ck_assert_int_eq(heddle_contract_new(b->gateway, b->user, "", "basic", &none, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    bed_stop(b);
}
END_TEST

SUITE_MAIN("client/failure",
           SUITE_CASE("answers", peers_that_refuse_are_named_in_the_details,
                      each_stage_says_what_to_do_next,
                      invalid_transaction_is_an_error_with_its_code),
           SUITE_CASE("time", deadline_of_a_call_covers_all_its_stages,
                      stages_have_limits_of_their_own,
                      a_call_may_have_limits_of_its_own_for_each_stage,
                      unreachable_gateway_is_told_after_a_bounded_wait,
                      cancel_does_not_wait_for_a_connection),
           SUITE_CASE("arguments", options_that_make_no_connection_are_refused,
                      requests_that_call_nothing_are_refused))
