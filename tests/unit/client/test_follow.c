/* Commits learned from a stream of blocks. */
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "client/follower.h"
#include "wire/block.h"
#include "wire/envelope.h"
#include "wire/gateway.h"
#include "wire/seek.h"

enum { WAITING = 5, LIVE_TRIES = 2000, FORBIDDEN = 403 };

static atomic_ullong skipped_ms;

static uint64_t skipping_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + skipped_ms;
}

static const heddle_request *put(void)
{
    static const char *const args[] = {"value"};
    static const heddle_request request = {
        .size = sizeof(heddle_request), .function = "Put", .texts = args, .arg_count = 1};
    return &request;
}

static bed *start(void)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.follow_commits = true;
    base_clock_override(skipping_clock, NULL);
    bed *b = bed_start(&options);
    b->blocks.is_served = true;
    return b;
}

static void stop(bed *b)
{
    bed_stop(b);
    base_clock_override(NULL, NULL);
}

static uint64_t submit(bed *b)
{
    heddle_outcome outcome = {0};
    heddle_error err = {0};
    heddle_status status = heddle_submit(b->contract, put(), NULL, &outcome, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq((char *)outcome.result.data, "value");
    heddle_outcome_done(&outcome);
    return outcome.block_number;
}

static int asked(bed *b)
{
    return bed_calls(b, BED_COMMIT_STATUS);
}

/* Until one was not asked for. */
static void await_live(bed *b)
{
    for (int i = 0; i < LIVE_TRIES; i++) {
        int before = asked(b);
        submit(b);
        if (asked(b) == before)
            return;
    }
    ck_abort_msg("the stream does not become live");
}

static bed *start_live(void)
{
    bed *b = start();
    await_live(b);
    return b;
}

typedef struct seen {
    sem_t done;
    atomic_int count;
    heddle_error errs[WAITING];
    uint64_t numbers[WAITING];
} seen;

static void on_outcome(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    seen *s = user;
    int at = atomic_fetch_add(&s->count, 1);
    ck_assert_int_lt(at, WAITING);
    if (err)
        s->errs[at] = *err;
    else
        s->numbers[at] = outcome->block_number;
    sem_post(&s->done);
}

/* So many whose blocks are held back. */
static void begin_waiting(bed *b, seen *s)
{
    sem_init(&s->done, 0, 0);
    b->blocks.is_held = true;
    for (int i = 0; i < WAITING; i++)
        ck_assert_int_eq(heddle_submit_start(b->contract, put(), NULL, on_outcome, s, NULL, NULL),
                         HEDDLE_OK);
    bed_await_pending(b, WAITING);
}

static void end_waiting(seen *s)
{
    for (int i = 0; i < WAITING; i++)
        sem_wait(&s->done);
    ck_assert_int_eq(s->count, WAITING);
    sem_destroy(&s->done);
}

START_TEST(is_off_by_default)
{
    bed *b = bed_start(NULL);
    ck_assert_uint_eq(submit(b), 77);
    ck_assert_int_eq(asked(b), 1);
    ck_assert_int_eq(bed_calls(b, BED_BLOCKS), 0);
    bed_stop(b);
}
END_TEST

static void check_seek(heddle_view request)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_signed_message content = {0};
    wire_header header;
    heddle_view data;
    wire_seek seek;
    ck_assert_int_eq(wire_shape_read(&wire_signed_message_shape, request, NULL, &content, NULL), 0);
    ck_assert_uint_gt(content.signature.len, 0);
    ck_assert_int_eq(wire_payload_read(content.bytes, &header, &data, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_seek_read(data, arena, &seek, NULL), HEDDLE_OK);
    ck_assert(base_view_is(header.channel, "mychannel"));
    ck_assert_int_eq(seek.start.place, WIRE_SEEK_NEWEST);
    ck_assert_int_eq(seek.stop.place, WIRE_SEEK_NUMBER);
}

START_TEST(blocks_answer_without_a_call)
{
    bed *b = start_live();
    int before = asked(b);
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(submit(b), b->blocks.next - 1);
    ck_assert_int_eq(asked(b), before);
    ck_assert_int_eq(b->blocks.opened, 1);
    check_seek(bed_asked(b, BED_BLOCKS));
    stop(b);
}
END_TEST

START_TEST(one_block_answers_many)
{
    bed *b = start_live();
    int before = asked(b);
    seen s = {0};
    begin_waiting(b, &s);
    bed_cut_block(b);
    end_waiting(&s);
    for (int i = 0; i < WAITING; i++)
        ck_assert_uint_eq(s.numbers[i], b->blocks.next - 1);
    ck_assert_int_eq(asked(b), before);
    stop(b);
}
END_TEST

START_TEST(block_may_come_before_the_answer_to_the_submit)
{
    bed *b = start_live();
    int before = asked(b);
    b->blocks.comes_first = true;
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(submit(b), b->blocks.next - 1);
    ck_assert_int_eq(asked(b), before);
    stop(b);
}
END_TEST

static heddle_transaction *endorsed(bed *b)
{
    heddle_proposal *proposal = NULL;
    heddle_transaction *transaction = NULL;
    ck_assert_int_eq(heddle_proposal_new(b->contract, put(), &proposal, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_proposal_endorse(proposal, NULL, &transaction, NULL), HEDDLE_OK);
    heddle_proposal_free(proposal);
    return transaction;
}

static heddle_commit *sent(bed *b)
{
    heddle_transaction *transaction = endorsed(b);
    heddle_commit *commit = NULL;
    ck_assert_int_eq(heddle_transaction_submit(transaction, NULL, &commit, NULL), HEDDLE_OK);
    heddle_transaction_free(transaction);
    return commit;
}

START_TEST(steps_one_by_one_and_again)
{
    bed *b = start_live();
    int before = asked(b);
    heddle_commit_status status;
    b->blocks.code = WIRE_CODE_MVCC_READ_CONFLICT;
    heddle_commit *commit = sent(b);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
        ck_assert_int_eq(status.validation_code, WIRE_CODE_MVCC_READ_CONFLICT);
        ck_assert_uint_eq(status.block_number, b->blocks.next - 1);
        ck_assert_str_eq(status.tx_id, heddle_commit_tx_id(commit));
    }
    ck_assert_int_eq(asked(b), before);
    heddle_commit_free(commit);
    stop(b);
}
END_TEST

START_TEST(queue_and_retrying_follow_too)
{
    bed *b = start_live();
    int before = asked(b);
    heddle_queue *queue = NULL;
    heddle_completion *done = NULL;
    heddle_retry_policy policy = HEDDLE_RETRY_POLICY;
    heddle_error err = {0};
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_queue_submit(queue, b->contract, put(), NULL, NULL, NULL, NULL), 0);
    ck_assert_int_eq(heddle_queue_next(queue, 20000, &done, NULL), HEDDLE_OK);
    ck_assert_ptr_null(heddle_completion_error(done));
    heddle_completion_free(done);
    heddle_queue_close(queue);
    /* In doubt after the first send, the block tells. */
    b->answers[BED_SUBMIT] =
        (bed_answer){.code = RPC_UNKNOWN, .message = "lost", .times = bed_calls(b, BED_SUBMIT) + 1};
    policy.initial_delay_ms = policy.max_delay_ms = 1;
    heddle_status status = heddle_submit_retrying(b->contract, put(), NULL, &policy, NULL, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    ck_assert_int_eq(asked(b), before);
    stop(b);
}
END_TEST

START_TEST(what_is_invalid_is_told_as_ever)
{
    bed *b = start_live();
    int before = asked(b);
    heddle_error err = {0};
    b->blocks.code = WIRE_CODE_MVCC_READ_CONFLICT;
    ck_assert_int_eq(heddle_submit(b->contract, put(), NULL, NULL, &err), HEDDLE_E_TX_INVALID);
    ck_assert_int_eq(err.validation_code, WIRE_CODE_MVCC_READ_CONFLICT);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_COMMIT);
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NEW_TX);
    ck_assert_int_eq(asked(b), before);
    stop(b);
}
END_TEST

START_TEST(repeated_id_is_asked_for)
{
    bed *b = start_live();
    int before = asked(b);
    b->blocks.code = WIRE_CODE_DUPLICATE_TXID;
    ck_assert_uint_eq(submit(b), 77);
    ck_assert_int_eq(asked(b), before + 1);
    stop(b);
}
END_TEST

START_TEST(what_was_made_from_bytes_is_asked_for)
{
    bed *b = start_live();
    int before = asked(b);
    heddle_transaction *transaction = endorsed(b), *again = NULL;
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    heddle_bytes bytes = {0};
    ck_assert_int_eq(heddle_transaction_bytes(transaction, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_from_bytes(
                         b->gateway, b->user, heddle_view_of(bytes.data, bytes.len), &again, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_transaction_submit(again, NULL, &commit, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
    ck_assert_uint_eq(status.block_number, 77);
    ck_assert_int_eq(asked(b), before + 1);
    heddle_bytes_done(&bytes);
    heddle_commit_free(commit);
    heddle_transaction_free(transaction);
    heddle_transaction_free(again);
    stop(b);
}
END_TEST

START_TEST(before_the_stream_is_live_is_asked)
{
    bed *b = start();
    b->blocks.is_mute = true;
    for (int i = 1; i <= 3; i++) {
        ck_assert_uint_eq(submit(b), 77);
        ck_assert_int_eq(asked(b), i);
    }
    /* One that stays silent is given up, and another one opened. */
    b->blocks.is_mute = false;
    skipped_ms += 11000;
    submit(b);
    bed_await_ended(b, 1);
    skipped_ms += 1000;
    await_live(b);
    ck_assert_int_eq(b->blocks.opened, 2);
    stop(b);
}
END_TEST

static void check_all_asked(bed *b, seen *s, int before)
{
    end_waiting(s);
    for (int i = 0; i < WAITING; i++)
        ck_assert_uint_eq(s->numbers[i], 77);
    ck_assert_int_eq(asked(b), before + WAITING);
}

START_TEST(when_the_stream_is_cut_all_are_asked_for)
{
    bed *b = start_live();
    int before = asked(b);
    seen s = {0};
    begin_waiting(b, &s);
    bed_cut_stream(b, RPC_UNAVAILABLE);
    check_all_asked(b, &s, before);
    b->blocks.is_held = false;
    submit(b);
    ck_assert_int_eq(b->blocks.opened, 1); /* it waits before it tries again */
    skipped_ms += 1000;
    await_live(b);
    ck_assert_int_eq(b->blocks.opened, 2);
    stop(b);
}
END_TEST

START_TEST(when_a_block_is_missing_all_are_asked_for)
{
    bed *b = start_live();
    int before = asked(b);
    seen s = {0};
    begin_waiting(b, &s);
    pthread_mutex_lock(&b->lock);
    b->blocks.next++;
    pthread_mutex_unlock(&b->lock);
    bed_cut_block(b);
    check_all_asked(b, &s, before);
    bed_await_ended(b, 1);
    stop(b);
}
END_TEST

static void check_refused(bed *b)
{
    for (int i = 1; i <= 3; i++) {
        ck_assert_uint_eq(submit(b), 77);
        ck_assert_int_eq(asked(b), i);
        bed_await_ended(b, 1);
        skipped_ms += 60000;
    }
    ck_assert_int_eq(b->blocks.opened, 1);
    stop(b);
}

START_TEST(stream_that_is_refused_is_not_opened_again)
{
    static const int codes[] = {RPC_PERMISSION_DENIED, RPC_UNIMPLEMENTED};
    for (size_t i = 0; i < BASE_COUNT(codes); i++) {
        bed *b = start();
        b->answers[BED_BLOCKS].code = codes[i];
        check_refused(b);
    }
    bed *b = start();
    b->blocks.status = FORBIDDEN;
    check_refused(b);
}
END_TEST

static void on_status(const heddle_commit_status *status, const heddle_error *err, void *user)
{
    seen *s = user;
    ck_assert_ptr_null(status);
    s->errs[s->count++] = *err;
    sem_post(&s->done);
}

START_TEST(cancel_and_deadline_end_the_wait)
{
    bed *b = start_live();
    int before = asked(b);
    seen s = {0};
    heddle_call *call = NULL;
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    heddle_commit_status status;
    sem_init(&s.done, 0, 0);
    b->blocks.is_held = true;
    heddle_commit *commit = sent(b);
    ck_assert_int_eq(heddle_commit_wait_start(commit, NULL, on_status, &s, &call, NULL), 0);
    heddle_call_cancel(call);
    sem_wait(&s.done);
    heddle_call_unref(call);
    ck_assert_int_eq(s.errs[0].status, HEDDLE_E_CANCELLED);
    ck_assert_int_eq(s.errs[0].stage, HEDDLE_STAGE_COMMIT_STATUS);
    options.commit_status_timeout_ms = 20;
    ck_assert_int_eq(heddle_commit_wait(commit, &options, &status, &s.errs[1]), HEDDLE_E_TIMED_OUT);
    ck_assert_int_eq(s.errs[1].retry, HEDDLE_RETRY_ASK_STATUS);
    ck_assert_int_eq(s.errs[1].grpc_code, RPC_DEADLINE_EXCEEDED);
    ck_assert_str_eq(s.errs[1].tx_id, heddle_commit_tx_id(commit));
    bed_await_pending(b, 1);
    bed_cut_block(b);
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
    ck_assert_int_eq(asked(b), before);
    heddle_commit_free(commit);
    sem_destroy(&s.done);
    stop(b);
}
END_TEST

START_TEST(second_wait_for_a_commit_asks)
{
    bed *b = start_live();
    int before = asked(b);
    heddle_commit_status status;
    seen s = {0};
    heddle_call *call = NULL;
    sem_init(&s.done, 0, 0);
    b->blocks.is_held = true;
    heddle_commit *commit = sent(b);
    ck_assert_int_eq(heddle_commit_wait_start(commit, NULL, on_status, &s, &call, NULL), 0);
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_OK);
    ck_assert_uint_eq(status.block_number, 77);
    ck_assert_int_eq(asked(b), before + 1);
    heddle_commit_free(commit);
    heddle_call_cancel(call);
    heddle_call_unref(call);
    sem_wait(&s.done);
    sem_destroy(&s.done);
    stop(b);
}
END_TEST

START_TEST(closing_the_gateway_ends_what_waits)
{
    bed *b = start_live();
    seen s = {0};
    heddle_commit *commit = NULL;
    heddle_commit_status status;
    begin_waiting(b, &s);
    commit = sent(b);
    heddle_gateway_close(b->gateway);
    b->gateway = NULL;
    end_waiting(&s);
    for (int i = 0; i < WAITING; i++)
        ck_assert_int_eq(s.errs[i].status, HEDDLE_E_CANCELLED);
    ck_assert_int_eq(heddle_commit_wait(commit, NULL, &status, NULL), HEDDLE_E_BAD_STATE);
    heddle_commit_free(commit);
    stop(b);
}
END_TEST

START_TEST(stream_that_nobody_needs_is_closed)
{
    bed *b = start();
    client_gateway_followers(b->gateway)->idle_ms = 1;
    submit(b);
    bed_await_ended(b, 1);
    int asked_before = asked(b);
    await_live(b); /* at once */
    ck_assert_int_lt(asked(b) - asked_before, LIVE_TRIES);
    bed_await_ended(b, 2);
    stop(b);
}
END_TEST

START_TEST(identity_that_cannot_sign_does_not_follow)
{
    bed *b = start();
    heddle_identity *offline = NULL;
    ck_assert_int_eq(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(b->user), NULL,
                                                 NULL, NULL, &offline, NULL),
                     HEDDLE_OK);
    client_follow_open(b->gateway, offline, VIEW("mychannel"));
    ck_assert_ptr_null(client_follow(b->gateway, offline, VIEW("mychannel"), "tx"));
    ck_assert_uint_eq(client_gateway_followers(b->gateway)->count, 0);
    heddle_identity_unref(offline);
    stop(b);
}
END_TEST

enum { THREADS = 32, EACH = 10 };

static void *submit_some(void *user)
{
    for (int i = 0; i < EACH; i++)
        submit(user);
    return NULL;
}

START_TEST(many_threads_while_streams_are_cut)
{
    bed *b = start_live();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, submit_some, b), 0);
    for (int i = 0; i < THREADS; i++) {
        if (i % 8 == 0)
            bed_cut_stream(b, RPC_UNAVAILABLE);
        skipped_ms += 2000;
        pthread_join(threads[i], NULL);
    }
    skipped_ms += 60000;
    await_live(b);
    stop(b);
}
END_TEST

SUITE_MAIN("client/follow",
           SUITE_CASE("answers", is_off_by_default, blocks_answer_without_a_call,
                      one_block_answers_many, block_may_come_before_the_answer_to_the_submit,
                      steps_one_by_one_and_again, queue_and_retrying_follow_too,
                      what_is_invalid_is_told_as_ever),
           SUITE_CASE("asking", repeated_id_is_asked_for, what_was_made_from_bytes_is_asked_for,
                      before_the_stream_is_live_is_asked, when_the_stream_is_cut_all_are_asked_for,
                      when_a_block_is_missing_all_are_asked_for,
                      stream_that_is_refused_is_not_opened_again, second_wait_for_a_commit_asks,
                      identity_that_cannot_sign_does_not_follow),
           SUITE_CASE("ends", cancel_and_deadline_end_the_wait, closing_the_gateway_ends_what_waits,
                      stream_that_nobody_needs_is_closed, many_threads_while_streams_are_cut))
