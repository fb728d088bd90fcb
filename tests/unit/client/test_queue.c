/* Completions taken by the test's own thread. */
#include <poll.h>

#include "base/fail.h"
#include "base/view.h"
#include "bed.h"

enum { LONG_MS = 20000, MANY = 200 };

static bed *b;
static heddle_queue *queue;

static heddle_completion *next(void)
{
    heddle_completion *done = NULL;
    ck_assert_int_eq(heddle_queue_next(queue, LONG_MS, &done, NULL), HEDDLE_OK);
    return done;
}

static bool is_readable(int timeout_ms)
{
    struct pollfd fd = {.fd = heddle_queue_fd(queue), .events = POLLIN};
    return poll(&fd, 1, timeout_ms) == 1;
}

START_TEST(every_kind_of_call_completes)
{
    int tag;
    heddle_proposal *proposal = NULL;
    const heddle_request *request = HEDDLE_CALL("Put", "value");
    ck_assert_int_eq(heddle_queue_evaluate(queue, b->contract, request, NULL, &tag, NULL, NULL),
                     HEDDLE_OK);
    heddle_completion *done = next();
    ck_assert_ptr_eq(heddle_completion_user(done), &tag);
    ck_assert_ptr_null(heddle_completion_error(done));
    ck_assert_int_eq(heddle_completion_get_kind(done), HEDDLE_COMPLETION_EVALUATE);
    ck_assert(base_view_equal(heddle_completion_result(done), VIEW("an\0swer")));
    ck_assert_ptr_null(heddle_completion_outcome(done));
    heddle_completion_free(done);

    ck_assert_int_eq(heddle_proposal_new(b->contract, request, &proposal, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_queue_evaluate_proposal(queue, proposal, NULL, NULL, NULL, NULL),
                     HEDDLE_OK);
    done = next();
    ck_assert(base_view_equal(heddle_completion_result(done), VIEW("an\0swer")));
    heddle_completion_free(done);
    ck_assert_int_eq(heddle_queue_endorse_proposal(queue, proposal, NULL, NULL, NULL, NULL),
                     HEDDLE_OK);
    heddle_proposal_free(proposal);
    done = next();
    heddle_transaction *transaction = heddle_completion_take_transaction(done);
    ck_assert_ptr_nonnull(transaction);
    ck_assert_ptr_null(heddle_completion_take_transaction(done));
    heddle_completion_free(done);
    ck_assert_int_eq(heddle_queue_submit_transaction(queue, transaction, NULL, NULL, NULL, NULL),
                     HEDDLE_OK);
    heddle_transaction_free(transaction);
    done = next();
    heddle_commit *commit = heddle_completion_take_commit(done);
    ck_assert_ptr_nonnull(commit);
    heddle_completion_free(done);
    ck_assert_int_eq(heddle_queue_wait_commit(queue, commit, NULL, NULL, NULL, NULL), HEDDLE_OK);
    heddle_commit_free(commit);
    done = next();
    ck_assert_uint_eq(heddle_completion_commit_status(done)->block_number, 77);
    heddle_completion_free(done);

    ck_assert_int_eq(heddle_queue_submit(queue, b->contract, request, NULL, NULL, NULL, NULL),
                     HEDDLE_OK);
    done = next();
    ck_assert_uint_eq(heddle_completion_outcome(done)->block_number, 77);
    ck_assert_str_eq((char *)heddle_completion_outcome(done)->result.data, "value");
    heddle_completion_free(done);
    ck_assert_uint_eq(heddle_queue_count(queue), 0);
}
END_TEST

START_TEST(a_failure_is_a_completion_with_an_error)
{
    b->answers[BED_ENDORSE] = (bed_answer){.code = RPC_ABORTED, .message = "no"};
    ck_assert_int_eq(
        heddle_queue_submit(queue, b->contract, HEDDLE_CALL("Put"), NULL, b, NULL, NULL),
        HEDDLE_OK);
    heddle_completion *done = next();
    ck_assert_ptr_nonnull(heddle_completion_error(done));
    ck_assert_int_eq(heddle_completion_error(done)->grpc_code, RPC_ABORTED);
    ck_assert_int_eq(heddle_completion_error(done)->stage, HEDDLE_STAGE_ENDORSE);
    ck_assert_ptr_null(heddle_completion_outcome(done));
    ck_assert_ptr_eq(heddle_completion_user(done), b);
    heddle_completion_free(done);
}
END_TEST

START_TEST(descriptor_is_readable_while_there_is_something_to_take)
{
    heddle_completion *done = NULL;
    ck_assert(!is_readable(0));
    ck_assert_int_eq(heddle_queue_next(queue, 0, &done, NULL), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(heddle_queue_next(queue, 1, &done, NULL), HEDDLE_E_TIMED_OUT);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(
            heddle_queue_evaluate(queue, b->contract, HEDDLE_CALL("Get"), NULL, NULL, NULL, NULL),
            HEDDLE_OK);
    for (int i = 0; i < MANY; i++) {
        ck_assert(is_readable(LONG_MS));
        ck_assert_int_eq(heddle_queue_next(queue, 0, &done, NULL), HEDDLE_OK);
        heddle_completion_free(done);
    }
    ck_assert(!is_readable(0));
    ck_assert_uint_eq(heddle_queue_count(queue), 0);
}
END_TEST

START_TEST(a_full_queue_starts_nothing)
{
    heddle_queue_options options = HEDDLE_QUEUE_OPTIONS;
    heddle_queue *small = NULL;
    heddle_error err = {0};
    options.capacity = 1;
    b->answers[BED_EVALUATE].is_silent = true;
    ck_assert_int_eq(heddle_queue_open(&options, &small, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        heddle_queue_evaluate(small, b->contract, HEDDLE_CALL("Get"), NULL, NULL, NULL, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(
        heddle_queue_evaluate(small, b->contract, HEDDLE_CALL("Get"), NULL, NULL, NULL, &err),
        HEDDLE_E_BAD_STATE);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_SAFE);
    ck_assert_uint_eq(heddle_queue_count(small), 1);
    heddle_queue_close(small);
}
END_TEST

START_TEST(a_cancelled_call_completes)
{
    heddle_call *call = NULL;
    b->answers[BED_EVALUATE].is_silent = true;
    ck_assert_int_eq(
        heddle_queue_evaluate(queue, b->contract, HEDDLE_CALL("Get"), NULL, NULL, &call, NULL),
        HEDDLE_OK);
    sem_wait(&b->arrived);
    heddle_call_cancel(call);
    heddle_call_unref(call);
    heddle_completion *done = next();
    ck_assert_int_eq(heddle_completion_error(done)->status, HEDDLE_E_CANCELLED);
    heddle_completion_free(done);
}
END_TEST

START_TEST(a_call_that_does_not_start_leaves_nothing)
{
    heddle_error err = {0};
    heddle_request request = {0};
    ck_assert_int_eq(heddle_queue_submit(queue, b->contract, &request, NULL, NULL, NULL, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_uint_eq(heddle_queue_count(queue), 0);
}
END_TEST

START_TEST(closing_ends_what_is_under_way_and_frees_what_was_not_taken)
{
    heddle_completion *done = NULL;
    heddle_queue *other = NULL;
    ck_assert_int_eq(heddle_queue_open(NULL, &other, NULL), HEDDLE_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(heddle_queue_submit(other, b->contract, HEDDLE_CALL("Put", "v"), NULL,
                                             NULL, NULL, NULL),
                         HEDDLE_OK);
    ck_assert_int_eq(heddle_queue_next(other, LONG_MS, &done, NULL), HEDDLE_OK);
    heddle_completion_free(done);
    b->answers[BED_EVALUATE].is_silent = true;
    ck_assert_int_eq(
        heddle_queue_evaluate(other, b->contract, HEDDLE_CALL("Get"), NULL, NULL, NULL, NULL),
        HEDDLE_OK);
    heddle_queue_close(other); /* bed_stop() waits for the calls */
}
END_TEST

static void start(void)
{
    b = bed_start(NULL);
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
}

static void stop(void)
{
    heddle_queue_close(queue);
    bed_stop(b);
}

static TCase *queue_case(void)
{
    TCase *tc = SUITE_CASE(
        "queue", every_kind_of_call_completes, a_failure_is_a_completion_with_an_error,
        descriptor_is_readable_while_there_is_something_to_take, a_full_queue_starts_nothing,
        a_cancelled_call_completes, a_call_that_does_not_start_leaves_nothing,
        closing_ends_what_is_under_way_and_frees_what_was_not_taken);
    tcase_add_checked_fixture(tc, start, stop);
    return tc;
}

SUITE_MAIN("client/queue", queue_case())
