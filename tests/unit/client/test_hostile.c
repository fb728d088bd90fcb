/* A gateway that answers as no gateway should. */
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "wire/gateway.h"
#include "wire/services.h"

enum { LONG_MS = 20000, HELD_MAX = 8 };

static const heddle_request request = {.size = sizeof(heddle_request), .function = "Get"};

/* What the server does with a request; everything is a stream to it. */
typedef void misbehave_fn(rpc_server_call *call);

static rpc_server *server;
static misbehave_fn *misbehave;
static heddle_gateway *gateway;
static heddle_identity *user;
static heddle_contract *contract;
static rpc_server_call *held[HELD_MAX];
static int held_count;
static sem_t arrived;

static void send(rpc_server_call *call, heddle_view message)
{
    (void)!rpc_server_call_send(call, message, NULL, NULL, NULL);
}

static void finish(rpc_server_call *call, int code, heddle_view details)
{
    rpc_status status = {.code = code, .message = VIEW("said the server"), .details = details};
    rpc_server_call_finish(call, &status);
}

static void on_message(rpc_server_call *call, rpc_bytes *message, void *unused)
{
    (void)unused;
    if (message)
        misbehave(call);
}

static void handle(rpc_server_call *call, void *unused)
{
    static const rpc_server_call_events events = {.on_message = on_message};
    (void)unused;
    rpc_server_call_listen(call, &events, NULL);
    rpc_server_call_read(call);
}

static void start(void)
{
    rpc_server_options options = {
        .fallback = handle, .max_message = 256 << 20, .queue_limit = 256 << 20};
    heddle_gateway_options client = HEDDLE_GATEWAY_OPTIONS;
    rpc_server_creds *creds = NULL;
    uint16_t port = 0;
    char target[32];
    sem_init(&arrived, 0, 0);
    ck_assert_int_eq(rpc_init(2, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", creds, &port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(server, NULL), HEDDLE_OK);
    rpc_server_creds_free(creds);
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    client.target = target;
    client.plaintext = true;
    ck_assert_int_eq(heddle_gateway_open(&client, &gateway, NULL), HEDDLE_OK);
    user = bed_user();
    ck_assert_int_eq(heddle_contract_new(gateway, user, "mychannel", "basic", &contract, NULL),
                     HEDDLE_OK);
}

static void stop(void)
{
    heddle_gateway_close(gateway);
    heddle_contract_unref(contract);
    heddle_identity_unref(user);
    rpc_server_stop_blocking(server, 0);
    rpc_server_free(server);
    rpc_shutdown();
    sem_destroy(&arrived);
}

static heddle_error submit_error(void)
{
    heddle_error err = {0};
    ck_assert_int_ne(heddle_submit(contract, &request, NULL, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    return err;
}

static heddle_error evaluate_error(void)
{
    heddle_error err = {0};
    heddle_bytes result = {0};
    ck_assert_int_ne(heddle_evaluate(contract, &request, NULL, &result, &err), HEDDLE_OK);
    ck_assert_ptr_null(result.data);
    return err;
}

static void answer_golden(rpc_server_call *call)
{
    base_buffer recorded = bed_golden("003_gateway.Gateway.Endorse.res0");
    send(call, base_buffer_view(&recorded));
    finish(call, RPC_OK, VIEW(""));
    base_buffer_done(&recorded);
}

START_TEST(the_transaction_of_another_is_not_signed)
{
    misbehave = answer_golden;
    heddle_error err = submit_error();
    ck_assert_int_eq(err.status, HEDDLE_E_DECODE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
    ck_assert_ptr_nonnull(strstr(err.message, "another one"));
    ck_assert_ptr_nonnull(
        strstr(err.message, "60a5f3756144c9d6e46f2faa109120c5c685ab5515bd5a5b917f702529819860"));
}
END_TEST

static size_t cut;

static void answer_cut(rpc_server_call *call)
{
    base_buffer recorded = bed_golden("003_gateway.Gateway.Endorse.res0");
    send(call, heddle_view_of(recorded.data, cut));
    finish(call, RPC_OK, VIEW(""));
    base_buffer_done(&recorded);
}

START_TEST(an_answer_cut_off_is_malformed)
{
    base_buffer recorded = bed_golden("003_gateway.Gateway.Endorse.res0");
    misbehave = answer_cut;
    for (cut = 0; cut < recorded.len; cut += cut < 40 ? 1 : 97)
        ck_assert_int_eq(submit_error().status, HEDDLE_E_DECODE);
    base_buffer_done(&recorded);
}
END_TEST

static void answer_nothing(rpc_server_call *call)
{
    finish(call, RPC_OK, VIEW(""));
}

START_TEST(success_without_an_answer_is_a_failure)
{
    misbehave = answer_nothing;
    ck_assert_int_eq(evaluate_error().grpc_code, RPC_INTERNAL);
}
END_TEST

static void answer_twice(rpc_server_call *call)
{
    wire_evaluate_response answer = {.result = {.status = 200, .payload = VIEW("first")}};
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(wire_shape_write(&wire_evaluate_response_shape, &answer, &bytes), 0);
    send(call, base_buffer_view(&bytes));
    send(call, VIEW("\xff\xff second"));
    finish(call, RPC_OK, VIEW(""));
}

/* gRPC waits for somebody to read the second one: the deadline ends the call, once. */
START_TEST(a_second_answer_is_no_second_end)
{
    heddle_queue *queue = NULL;
    heddle_completion *done = NULL;
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = 300;
    misbehave = answer_twice;
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_queue_evaluate(queue, contract, &request, &options, NULL, NULL, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_queue_next(queue, LONG_MS, &done, NULL), HEDDLE_OK);
    if (heddle_completion_error(done))
        ck_assert_int_eq(heddle_completion_error(done)->status, HEDDLE_E_TIMED_OUT);
    else
        ck_assert(base_view_is(heddle_completion_result(done), "first"));
    heddle_completion_free(done);
    misbehave = answer_nothing;
    (void)evaluate_error(); /* the connection goes on */
    ck_assert_int_eq(heddle_queue_next(queue, 0, &done, NULL), HEDDLE_E_TIMED_OUT);
    heddle_queue_close(queue);
}
END_TEST

static void answer_garbage_details(rpc_server_call *call)
{
    finish(call, RPC_ABORTED, VIEW("\x0a\xff\xff\xff\xff no message \x00\x01"));
}

START_TEST(details_that_cannot_be_read_are_none)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_error err = {0};
    options.details = heddle_details_new();
    misbehave = answer_garbage_details;
    ck_assert_int_ne(heddle_submit(contract, &request, &options, NULL, &err), HEDDLE_OK);
    ck_assert_int_eq(err.grpc_code, RPC_ABORTED);
    ck_assert_uint_eq(heddle_details_count(options.details), 0);
    heddle_details_free(options.details);
}
END_TEST

static void answer_odd_code(rpc_server_call *call)
{
    finish(call, 12345, VIEW(""));
}

START_TEST(a_code_that_there_is_not_is_a_failure)
{
    misbehave = answer_odd_code;
    ck_assert_int_eq(evaluate_error().retry, HEDDLE_RETRY_NO);
}
END_TEST

static void answer_too_much(rpc_server_call *call)
{
    size_t len = (100 << 20) + 1;
    uint8_t *data = base_calloc(1, len);
    ck_assert_ptr_nonnull(data);
    send(call, heddle_view_of(data, len));
    finish(call, RPC_OK, VIEW(""));
    base_free(data);
}

START_TEST(an_answer_above_the_limit_is_refused)
{
    misbehave = answer_too_much;
    heddle_error err = evaluate_error();
    ck_assert_int_eq(err.grpc_code, RPC_RESOURCE_EXHAUSTED);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NO);
}
END_TEST

static void hold(rpc_server_call *call)
{
    held[held_count++] = call;
    sem_post(&arrived);
}

START_TEST(answers_in_another_order_reach_their_calls)
{
    heddle_queue *queue = NULL;
    heddle_completion *done = NULL;
    misbehave = hold;
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    for (int i = 0; i < HELD_MAX; i++) {
        ck_assert_int_eq(
            heddle_queue_evaluate(queue, contract, &request, NULL, &held[i], NULL, NULL),
            HEDDLE_OK);
        sem_wait(&arrived);
    }
    for (int i = HELD_MAX; i-- > 0;) {
        char number[8];
        snprintf(number, sizeof(number), "%d", i);
        wire_evaluate_response answer = {
            .result = {.status = 200, .payload = heddle_view_str(number)}};
        base_auto_buffer base_buffer bytes = {0};
        ck_assert_int_eq(wire_shape_write(&wire_evaluate_response_shape, &answer, &bytes), 0);
        send(held[i], base_buffer_view(&bytes));
        finish(held[i], RPC_OK, VIEW(""));
        ck_assert_int_eq(heddle_queue_next(queue, LONG_MS, &done, NULL), HEDDLE_OK);
        ck_assert_ptr_null(heddle_completion_error(done));
        ck_assert_ptr_eq(heddle_completion_user(done), &held[i]);
        ck_assert(base_view_is(heddle_completion_result(done), number));
        heddle_completion_free(done);
    }
    heddle_queue_close(queue);
}
END_TEST

START_TEST(an_answer_after_the_deadline_is_of_no_account)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_error err = {0};
    options.timeout_ms = 500;
    misbehave = answer_nothing;
    (void)evaluate_error(); /* the connection is there before the time runs */
    misbehave = hold;
    ck_assert_int_eq(heddle_evaluate(contract, &request, &options, NULL, &err), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    sem_wait(&arrived);
    answer_twice(held[0]);
    misbehave = answer_nothing;
    ck_assert_int_eq(evaluate_error().grpc_code, RPC_INTERNAL);
}
END_TEST

static TCase *hostile_case(void)
{
    TCase *tc = SUITE_CASE(
        "hostile", the_transaction_of_another_is_not_signed, an_answer_cut_off_is_malformed,
        success_without_an_answer_is_a_failure, a_second_answer_is_no_second_end,
        details_that_cannot_be_read_are_none, a_code_that_there_is_not_is_a_failure,
        an_answer_above_the_limit_is_refused, answers_in_another_order_reach_their_calls,
        an_answer_after_the_deadline_is_of_no_account);
    tcase_add_checked_fixture(tc, start, stop);
    tcase_set_timeout(tc, 60);
    return tc;
}

SUITE_MAIN("client/hostile", hostile_case())
