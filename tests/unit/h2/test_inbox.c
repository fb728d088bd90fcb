/* Bytes in pieces of any size become messages, and the window gets back what it gave. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/view.h"
#include "h2/inbox.h"
#include "h2/outbox.h"
#include "support/suite.h"

enum { MESSAGES = 200, MOST = 3000, ROOM = MESSAGES * (MOST + H2_FRAME_HEAD) };

/* Messages of random lengths, as an outbox writes them. */
static size_t write_messages(unsigned *seed, uint8_t *out, size_t lengths[MESSAGES])
{
    static uint8_t body[MOST];
    h2_outbox outbox = {0};
    size_t at = 0;
    for (size_t i = 0; i < MESSAGES; i++) {
        lengths[i] = (size_t)rand_r(seed) % (rand_r(seed) % 4 ? 40 : MOST);
        memset(body, (int)i, lengths[i]);
        base_blob *message = base_blob_copy(heddle_view_of(body, lengths[i]));
        ck_assert_int_eq(h2_outbox_push(&outbox, message), HEDDLE_OK);
        base_blob_unref(message);
    }
    while (outbox.bytes) {
        size_t n = 1 + (size_t)rand_r(seed) % 700;
        n = n < outbox.bytes ? n : outbox.bytes;
        h2_outbox_write(&outbox, n, out + at);
        at += n;
    }
    h2_outbox_done(&outbox);
    return at;
}

typedef struct reader {
    h2_inbox inbox;
    size_t reads;
    size_t got;
    size_t freed;
} reader;

static void take_all(reader *r, const size_t lengths[MESSAGES])
{
    static uint8_t expected[MOST];
    while (h2_inbox_has(&r->inbox)) {
        size_t freed;
        base_blob *message = h2_inbox_pop(&r->inbox, &freed);
        heddle_view view = base_blob_view(message);
        ck_assert_uint_eq(view.len, lengths[r->got]);
        memset(expected, (int)r->got, view.len);
        ck_assert(base_view_equal(view, heddle_view_of(expected, view.len)));
        base_blob_unref(message);
        r->got++;
        r->freed += freed;
    }
}

START_TEST(any_pieces_and_any_reads)
{
    static uint8_t bytes[ROOM];
    size_t lengths[MESSAGES];
    unsigned seed = (unsigned)_i;
    size_t len = write_messages(&seed, bytes, lengths);
    reader r = {.inbox.max_message = MOST};
    for (size_t at = 0; at < len;) {
        if (r.reads < MESSAGES && rand_r(&seed) % 3 == 0) {
            r.freed += h2_inbox_read(&r.inbox);
            r.reads++;
        }
        size_t n = 1 + (size_t)rand_r(&seed) % 500;
        size_t freed;
        heddle_view piece = base_view_slice(heddle_view_of(bytes, len), at, n);
        ck_assert_int_eq(h2_inbox_take(&r.inbox, piece, &freed, NULL), HEDDLE_OK);
        r.freed += freed;
        at += piece.len;
        take_all(&r, lengths);
        if (r.got > r.reads || r.freed > at)
            ck_abort_msg("more is told or freed than was asked for or has come");
    }
    for (; r.reads < MESSAGES; r.reads++) {
        r.freed += h2_inbox_read(&r.inbox);
        take_all(&r, lengths);
    }
    ck_assert_uint_eq(r.got, MESSAGES);
    ck_assert_uint_eq(r.freed, len);
    ck_assert(!h2_inbox_is_cut(&r.inbox));
    h2_inbox_done(&r.inbox);
}
END_TEST

START_TEST(what_nobody_reads_is_held)
{
    h2_inbox inbox = {.max_message = 100};
    size_t freed;
    ck_assert_int_eq(h2_inbox_take(&inbox, VIEW("\0\0\0\0\x02hi\0\0\0\0\x03y"), &freed, NULL),
                     HEDDLE_OK);
    ck_assert_uint_eq(freed, 0);
    ck_assert(h2_inbox_is_cut(&inbox));
    ck_assert_uint_eq(h2_inbox_read(&inbox), 0); /* the first is freed when it is popped */
    ck_assert_uint_eq(h2_inbox_read(&inbox), 6); /* what is there of the second, at once */
    base_blob_unref(h2_inbox_pop(&inbox, &freed));
    ck_assert_uint_eq(freed, 7);
    ck_assert_int_eq(h2_inbox_take(&inbox, VIEW("es"), &freed, NULL), HEDDLE_OK);
    ck_assert_uint_eq(freed, 2);
    h2_inbox_done(&inbox);
}
END_TEST

START_TEST(large_message_takes_memory_as_it_comes)
{
    static uint8_t piece[10000];
    h2_inbox inbox = {.max_message = UINT32_MAX};
    size_t freed;
    ck_assert_int_eq(h2_inbox_take(&inbox, VIEW("\0\xff\xff\xff\xff"), &freed, NULL), HEDDLE_OK);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(h2_inbox_take(&inbox, heddle_view_of(piece, sizeof(piece)), &freed, NULL),
                         HEDDLE_OK);
        ck_assert_uint_le(inbox.body_cap, 2 * inbox.body_len + 16384);
    }
    h2_inbox_done(&inbox);
}
END_TEST

START_TEST(empty_messages_that_nobody_reads_have_a_bound)
{
    static const uint8_t empty[1000 * H2_FRAME_HEAD];
    const heddle_view many = heddle_view_of(empty, sizeof(empty));
    h2_budget budget = {.limit = 1 << 20};
    h2_inbox inbox = {.max_message = 100, .budget = &budget};
    heddle_error err;
    size_t freed;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(h2_inbox_take(&inbox, many, &freed, &err), HEDDLE_OK);
    (void)h2_inbox_read(&inbox);
    base_blob_unref(h2_inbox_pop(&inbox, &freed));
    heddle_status st = HEDDLE_OK;
    for (int i = 0; i < 10 && st == HEDDLE_OK; i++)
        st = h2_inbox_take(&inbox, many, &freed, &err);
    ck_assert_int_eq(st, HEDDLE_E_TOO_LARGE);
    ck_assert_uint_le(atomic_load(&budget.used), budget.limit);
    h2_inbox_done(&inbox);
    ck_assert_uint_eq(atomic_load(&budget.used), 0);
}
END_TEST

static TCase *inbox_case(void)
{
    TCase *tcase =
        SUITE_CASE("inbox", what_nobody_reads_is_held, large_message_takes_memory_as_it_comes,
                   empty_messages_that_nobody_reads_have_a_bound);
    tcase_add_loop_test(tcase, any_pieces_and_any_reads, 0, 20);
    return tcase;
}

SUITE_MAIN("h2/inbox", inbox_case())
