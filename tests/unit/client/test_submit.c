#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "crypto/cert.h"
#include "wire/gateway.h"
#include "wire/identity.h"
#include "wire/transaction.h"

static const heddle_request *create(void)
{
    static const char *const args[] = {"asset9", "blue"};
    static const heddle_request request = {
        .size = sizeof(heddle_request), .function = "CreateAsset", .texts = args, .arg_count = 2};
    return &request;
}

START_TEST(evaluates)
{
    bed *b = bed_start(NULL);
    heddle_bytes result = {0};
    ck_assert_int_eq(heddle_evaluate(b->contract, create(), NULL, &result, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(heddle_view_of(result.data, result.len), VIEW("an\0swer")));
    ck_assert_uint_eq(result.data[result.len], 0);
    heddle_bytes_done(&result);
    ck_assert_int_eq(heddle_evaluate(b->contract, create(), NULL, NULL, NULL), HEDDLE_OK);
    bed_stop(b);
}
END_TEST

START_TEST(submits_in_one_call)
{
    bed *b = bed_start(NULL);
    heddle_outcome outcome = {0};
    heddle_error err = {0};
    heddle_status status = heddle_submit(b->contract, create(), NULL, &outcome, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    ck_assert_uint_eq(outcome.block_number, 77);
    ck_assert_int_eq(outcome.validation_code, 0);
    ck_assert_str_eq((char *)outcome.result.data, "asset9");
    ck_assert_uint_eq(strlen(outcome.tx_id), 64);
    for (int method = BED_ENDORSE; method <= BED_COMMIT_STATUS; method++)
        ck_assert_int_eq(bed_calls(b, method), 1);
    heddle_outcome_done(&outcome);
    bed_stop(b);
}
END_TEST

/* Each of the three messages is signed by the user, over the bytes that go with it. */
static void check_signed(wire_signed_message content)
{
    heddle_identity *user = bed_user();
    crypto_cert *cert = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(crypto_cert_parse(heddle_identity_cert_pem(user), &cert, NULL), HEDDLE_OK);
    heddle_status status =
        crypto_cert_verify(cert, CRYPTO_SHA256, content.bytes, content.signature, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    crypto_cert_unref(cert);
    heddle_identity_unref(user);
}

START_TEST(everything_that_goes_out_is_signed)
{
    bed *b = bed_start(NULL);
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_gateway_request endorse = {0}, submit = {0};
    wire_signed_message status = {0};
    wire_prepared prepared;
    ck_assert_int_eq(heddle_submit(b->contract, create(), NULL, NULL, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, bed_asked(b, BED_ENDORSE), arena,
                                     &endorse, NULL),
                     HEDDLE_OK);
    check_signed(endorse.content);
    ck_assert(base_view_is(endorse.channel, "mychannel"));
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, bed_asked(b, BED_SUBMIT), arena,
                                     &submit, NULL),
                     HEDDLE_OK);
    check_signed(submit.content);
    ck_assert(base_view_equal(submit.tx_id, endorse.tx_id));
    ck_assert(base_view_is(submit.channel, "mychannel"));
    ck_assert_int_eq(wire_prepared_read(submit.content.bytes, &prepared, NULL), HEDDLE_OK);
    ck_assert(base_view_is(prepared.chaincode, "basic"));
    ck_assert_int_eq(wire_shape_read(&wire_signed_message_shape, bed_asked(b, BED_COMMIT_STATUS),
                                     arena, &status, NULL),
                     HEDDLE_OK);
    check_signed(status);
    bed_stop(b);
}
END_TEST

START_TEST(trace_context_goes_along)
{
    static const char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    bed *b = bed_start(NULL);
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_error err = {0};
    options.traceparent = trace;
    options.tracestate = "vendor=1";
    ck_assert_int_eq(heddle_submit(b->contract, create(), &options, NULL, NULL), HEDDLE_OK);
    ck_assert_str_eq(b->traceparent, trace); /* of the last stage */
    ck_assert_int_eq(heddle_evaluate(b->contract, create(), NULL, NULL, NULL), HEDDLE_OK);
    ck_assert_str_eq(b->traceparent, "");
    options.traceparent = "two\nlines";
    ck_assert_int_eq(heddle_submit(b->contract, create(), &options, NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "traceparent"));
    bed_stop(b);
}
END_TEST

START_TEST(request_carries_bytes_transient_data_and_organisations)
{
    bed *b = bed_start(NULL);
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const heddle_view args[] = {VIEW("\0\xff"), VIEW("")};
    const heddle_transient transient[] = {{"price", VIEW("\x01\x00")}};
    const char *const orgs[] = {"Org1MSP", "Org2MSP"};
    heddle_request request = HEDDLE_REQUEST("Sell");
    heddle_contract *admin = NULL;
    wire_gateway_request asked = {0};
    wire_proposal proposal;
    request.args = args;
    request.arg_count = 2;
    request.transient = transient;
    request.transient_count = 1;
    request.endorsing_orgs = orgs;
    request.endorsing_org_count = 2;
    request.is_init = true;
    ck_assert_int_eq(
        heddle_contract_new(b->gateway, b->user, "mychannel", "basic:Market", &admin, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(heddle_submit(admin, &request, NULL, NULL, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, bed_asked(b, BED_ENDORSE), arena,
                                     &asked, NULL),
                     HEDDLE_OK);
    ck_assert_uint_eq(asked.org_count, 2);
    ck_assert(base_view_is(asked.orgs[1], "Org2MSP"));
    ck_assert_int_eq(wire_proposal_read(asked.content.bytes, arena, &proposal, NULL), HEDDLE_OK);
    ck_assert(base_view_is(proposal.chaincode, "basic"));
    ck_assert_uint_eq(proposal.arg_count, 3);
    ck_assert(base_view_is(proposal.args[0], "Market:Sell"));
    ck_assert(base_view_equal(proposal.args[1], args[0]));
    ck_assert_uint_eq(proposal.args[2].len, 0);
    ck_assert_uint_eq(proposal.transient_count, 1);
    ck_assert(base_view_is(proposal.transient[0].name, "price"));
    ck_assert(proposal.is_init);
    ck_assert(base_view_equal(proposal.transient[0].value, transient[0].value));
    heddle_contract_unref(admin);
    bed_stop(b);
}
END_TEST

START_TEST(steps_one_by_one)
{
    bed *b = bed_start(NULL);
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    ck_assert_int_eq(heddle_proposal_new(b->contract, create(), &proposal, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_evaluate(proposal, NULL, NULL, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_endorse(proposal, NULL, &transaction, NULL), HEDDLE_OK);
    ck_assert(base_view_is(heddle_transaction_result(transaction), "asset9"));
    ck_assert_str_eq(heddle_transaction_tx_id(transaction), heddle_proposal_tx_id(proposal));
    ck_assert_int_eq(heddle_transaction_submit(transaction, NULL, &commit, NULL), HEDDLE_OK);
    b->validation_code = 11;
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
    ck_assert_int_eq(status.validation_code, 11);
    ck_assert_uint_eq(status.block_number, 77);
    ck_assert_str_eq(status.tx_id, heddle_proposal_tx_id(proposal));
    ck_assert_str_eq(heddle_validation_code_name(11), "MVCC_READ_CONFLICT");
    heddle_proposal_free(proposal);
    heddle_transaction_free(transaction);
    heddle_commit_free(commit);
    bed_stop(b);
}
END_TEST

START_TEST(gateway_that_swaps_the_transaction_is_caught)
{
    bed *b = bed_start(NULL);
    base_buffer other = bed_golden("003_gateway.Gateway.Endorse.res0");
    heddle_error err = {0};
    b->answers[BED_ENDORSE].response = base_buffer_view(&other);
    ck_assert_int_eq(heddle_submit(b->contract, create(), NULL, NULL, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_ptr_nonnull(strstr(err.message, "another one"));
    ck_assert_int_eq(bed_calls(b, BED_SUBMIT), 0);
    base_buffer_done(&other);
    bed_stop(b);
}
END_TEST

START_TEST(answers_that_are_no_messages_are_errors)
{
    bed *b = bed_start(NULL);
    heddle_error err = {0};
    for (int method = BED_EVALUATE; method <= BED_COMMIT_STATUS; method++)
        b->answers[method].response = VIEW("\xff\xff\xff");
    ck_assert_int_eq(heddle_evaluate(b->contract, create(), NULL, NULL, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVALUATE);
    ck_assert_int_eq(heddle_submit(b->contract, create(), NULL, NULL, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_ENDORSE);
    b->answers[BED_ENDORSE].response = heddle_view_of(NULL, 0);
    b->answers[BED_SUBMIT].response = heddle_view_of(NULL, 0);
    ck_assert_int_eq(heddle_submit(b->contract, create(), NULL, NULL, &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_COMMIT_STATUS);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_ASK_STATUS);
    bed_stop(b);
}
END_TEST

struct seen {
    sem_t done;
    int count;
    heddle_error err;
    char result[32];
    heddle_status nested;
    bed *b;
};

static void on_outcome(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    struct seen *seen = user;
    seen->count++;
    if (err)
        seen->err = *err;
    else
        memcpy(seen->result, outcome->result.data, outcome->result.len);
    seen->nested = heddle_evaluate(seen->b->contract, create(), NULL, NULL, NULL);
    sem_post(&seen->done);
}

START_TEST(asynchronous_submit_calls_back_once_and_must_not_wait_there)
{
    bed *b = bed_start(NULL);
    struct seen seen = {.b = b};
    sem_init(&seen.done, 0, 0);
    ck_assert_int_eq(
        heddle_submit_start(b->contract, create(), NULL, on_outcome, &seen, NULL, NULL), HEDDLE_OK);
    sem_wait(&seen.done);
    bed_stop(b);
    ck_assert_int_eq(seen.count, 1);
    ck_assert_str_eq(seen.result, "asset9");
    ck_assert_int_eq(seen.nested, HEDDLE_E_BAD_STATE);
    sem_destroy(&seen.done);
}
END_TEST

START_TEST(cancel_ends_a_call_at_any_stage)
{
    for (int method = BED_ENDORSE; method <= BED_COMMIT_STATUS; method++) {
        bed *b = bed_start(NULL);
        struct seen seen = {.b = b};
        heddle_call *call = NULL;
        sem_init(&seen.done, 0, 0);
        b->answers[method].is_silent = true;
        ck_assert_int_eq(
            heddle_submit_start(b->contract, create(), NULL, on_outcome, &seen, &call, NULL),
            HEDDLE_OK);
        for (int n = BED_ENDORSE; n <= method; n++)
            sem_wait(&b->arrived);
        heddle_call_cancel(call);
        sem_wait(&seen.done);
        ck_assert_int_eq(seen.err.status, HEDDLE_E_CANCELLED);
        ck_assert_int_eq(seen.err.stage, HEDDLE_STAGE_ENDORSE + (method - BED_ENDORSE));
        ck_assert_uint_eq(strlen(seen.err.tx_id), 64);
        heddle_call_cancel(call);
        heddle_call_unref(call);
        bed_stop(b);
        ck_assert_int_eq(seen.count, 1);
        sem_destroy(&seen.done);
    }
}
END_TEST

START_TEST(closing_the_gateway_ends_its_calls)
{
    bed *b = bed_start(NULL);
    struct seen seen = {.b = b};
    sem_init(&seen.done, 0, 0);
    b->answers[BED_ENDORSE].is_silent = true;
    ck_assert_int_eq(
        heddle_submit_start(b->contract, create(), NULL, on_outcome, &seen, NULL, NULL), HEDDLE_OK);
    sem_wait(&b->arrived);
    heddle_gateway_close(b->gateway);
    b->gateway = NULL;
    ck_assert_int_eq(seen.count, 1);
    ck_assert_int_eq(seen.err.status, HEDDLE_E_CANCELLED);
    ck_assert_int_eq(heddle_evaluate(b->contract, create(), NULL, NULL, NULL), HEDDLE_E_BAD_STATE);
    bed_stop(b);
    sem_destroy(&seen.done);
}
END_TEST

START_TEST(what_was_made_may_outlive_the_gateway)
{
    bed *b = bed_start(NULL);
    struct seen seen = {.b = b};
    heddle_call *call = NULL;
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    heddle_events *events = NULL;
    heddle_contract *contract = heddle_contract_ref(b->contract);
    sem_init(&seen.done, 0, 0);
    ck_assert_int_eq(heddle_proposal_new(contract, create(), &proposal, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_endorse(proposal, NULL, &transaction, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_events_open(b->gateway, b->user, "c", "cc", NULL, &events, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_submit_start(contract, create(), NULL, on_outcome, &seen, &call, NULL),
                     HEDDLE_OK);
    sem_wait(&seen.done);
    bed_stop(b);
    heddle_call_cancel(call);
    heddle_call_unref(call);
    heddle_events_close(events);
    ck_assert_int_eq(heddle_transaction_submit(transaction, NULL, NULL, NULL), HEDDLE_E_BAD_STATE);
    heddle_transaction_free(transaction);
    heddle_proposal_free(proposal);
    heddle_contract_unref(contract);
    sem_destroy(&seen.done);
}
END_TEST

static void count_down(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    ck_assert_msg(!err, "%s", err ? err->message : "");
    ck_assert_ptr_nonnull(outcome);
    sem_post(user);
}

START_TEST(many_at_once_over_several_connections)
{
    enum { CALLS = 200 };
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.connections = 3;
    bed *b = bed_start(&options);
    sem_t done;
    sem_init(&done, 0, 0);
    for (int i = 0; i < CALLS; i++)
        ck_assert_int_eq(
            heddle_submit_start(b->contract, create(), NULL, count_down, &done, NULL, NULL),
            HEDDLE_OK);
    for (int i = 0; i < CALLS; i++)
        sem_wait(&done);
    ck_assert_int_eq(bed_calls(b, BED_COMMIT_STATUS), CALLS);
    bed_stop(b);
    sem_destroy(&done);
}
END_TEST

SUITE_MAIN("client/submit",
           SUITE_CASE("calls", evaluates, submits_in_one_call, everything_that_goes_out_is_signed,
                      trace_context_goes_along,
                      request_carries_bytes_transient_data_and_organisations, steps_one_by_one,
                      gateway_that_swaps_the_transaction_is_caught,
                      answers_that_are_no_messages_are_errors),
           SUITE_CASE("asynchronous", asynchronous_submit_calls_back_once_and_must_not_wait_there,
                      cancel_ends_a_call_at_any_stage, closing_the_gateway_ends_its_calls,
                      what_was_made_may_outlive_the_gateway, many_at_once_over_several_connections))
