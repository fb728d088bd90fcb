/* Envelopes and what Deliver is asked, as the official client writes them. */
#include "wire/envelope.h"

#include "common/common.pb-c.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/identity.h"
#include "wire/seek.h"

static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

static const char *const seeks[] = {
    "golden-grpc/127_protos.Deliver.Deliver.req0.pb",
    "golden-grpc/128_protos.Deliver.DeliverFiltered.req0.pb",
    "golden-grpc/129_protos.Deliver.DeliverWithPrivateData.req0.pb",
};

static wire_envelope read_envelope(const base_buffer *bytes)
{
    wire_envelope envelope;
    heddle_error err = {0};
    ck_assert_msg(wire_envelope_read(base_buffer_view(bytes), &envelope, &err) == HEDDLE_OK, "%s",
                  err.message);
    return envelope;
}

START_TEST(a_seek_envelope_is_read_and_written_again)
{
    base_buffer bytes = fixture_read(seeks[_i]);
    wire_envelope envelope = read_envelope(&bytes);
    ck_assert_int_eq(envelope.header.type, COMMON__HEADER_TYPE__DELIVER_SEEK_INFO);
    ck_assert(base_view_is(envelope.header.channel, "mychannel"));

    wire_seek seek;
    heddle_view data, payload, again;
    heddle_error err;
    ck_assert_int_eq(wire_seek_read(envelope.data, arena, &seek, &err), HEDDLE_OK);
    ck_assert_int_eq(seek.start.place, WIRE_SEEK_NUMBER);
    ck_assert_uint_eq(seek.start.number, 0);
    ck_assert_int_eq(seek.stop.place, WIRE_SEEK_NUMBER);
    ck_assert_int_eq(wire_seek_write(&seek, arena, &data, &err), HEDDLE_OK);
    ck_assert(base_view_equal(data, envelope.data));
    ck_assert_int_eq(wire_payload_write(&envelope.header, data, arena, &payload, &err), HEDDLE_OK);
    ck_assert(base_view_equal(payload, envelope.payload));
    ck_assert_int_eq(wire_envelope_write(payload, envelope.signature, arena, &again, &err),
                     HEDDLE_OK);
    ck_assert(base_view_equal(again, base_buffer_view(&bytes)));
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(every_place_survives)
{
    static const wire_seek_place places[] = {WIRE_SEEK_OLDEST, WIRE_SEEK_NEWEST, WIRE_SEEK_NUMBER,
                                             WIRE_SEEK_NEXT_COMMIT};
    wire_seek seek = {.start = {places[_i], places[_i] == WIRE_SEEK_NUMBER ? UINT64_MAX - 1 : 0},
                      .stop = {WIRE_SEEK_NEWEST, 0},
                      .fail_if_not_ready = true,
                      .best_effort = true,
                      .headers_only = true};
    wire_seek again;
    heddle_view bytes;
    ck_assert_int_eq(wire_seek_write(&seek, arena, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_seek_read(bytes, arena, &again, NULL), HEDDLE_OK);
    ck_assert_int_eq(again.start.place, seek.start.place);
    ck_assert_uint_eq(again.start.number, seek.start.number);
    ck_assert_int_eq(again.stop.place, WIRE_SEEK_NEWEST);
    ck_assert(again.fail_if_not_ready && again.best_effort && again.headers_only);
}
END_TEST

START_TEST(without_a_stop_a_seek_never_ends)
{
    wire_seek seek = {.start = {WIRE_SEEK_OLDEST, 0}};
    heddle_view bytes;
    ck_assert_int_eq(wire_seek_write(&seek, arena, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_seek_read(bytes, arena, &seek, NULL), HEDDLE_OK);
    ck_assert_int_eq(seek.stop.place, WIRE_SEEK_NUMBER);
    ck_assert_uint_eq(seek.stop.number, UINT64_MAX);
}
END_TEST

START_TEST(a_transaction_sent_to_the_orderer_has_its_id)
{
    base_buffer bytes = fixture_read("golden-grpc/115_orderer.AtomicBroadcast.Broadcast.req0.pb");
    wire_envelope envelope = read_envelope(&bytes);
    heddle_error err;
    ck_assert_int_eq(envelope.header.type, COMMON__HEADER_TYPE__ENDORSER_TRANSACTION);
    ck_assert_int_eq(wire_header_check_tx_id(&envelope.header, &err), HEDDLE_OK);
    wire_identity creator;
    ck_assert_int_eq(wire_identity_read(envelope.header.creator, &creator, &err), HEDDLE_OK);
    ck_assert(base_view_is(creator.mspid, "Org1MSP"));
    base_buffer again = {0};
    ck_assert_int_eq(wire_identity_write(creator.mspid, creator.cert, &again), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&again), envelope.header.creator));
    base_buffer_done(&again);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(no_prefix_of_an_envelope_is_read_as_it)
{
    base_buffer bytes = fixture_read(seeks[0]);
    wire_envelope whole = read_envelope(&bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        wire_envelope envelope;
        heddle_view cut = heddle_view_of(bytes.data, len);
        heddle_status status = wire_envelope_read(cut, &envelope, NULL);
        /* The signature is the last field: without it the payload is still whole. */
        ck_assert(status != HEDDLE_OK || base_view_equal(envelope.payload, whole.payload));
    }
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(names_that_are_not_utf8_are_refused)
{
    wire_header header = {.type = 3, .channel = VIEW("my\xff")};
    wire_header again;
    heddle_view bytes;
    heddle_error err;
    ck_assert_int_eq(wire_header_write(&header, arena, &bytes, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_header_read(bytes, &again, &err), HEDDLE_E_DECODE);
    ck_assert_str_eq(err.message, "common.ChannelHeader.channel_id is not UTF-8");
}
END_TEST

START_TEST(an_identity_without_msp_is_refused)
{
    wire_identity identity;
    ck_assert_int_eq(wire_identity_read((heddle_view){NULL, 0}, &identity, NULL), HEDDLE_E_DECODE);
    ck_assert_int_eq(wire_identity_read(VIEW("\x12\x01x"), &identity, NULL), HEDDLE_E_DECODE);
    ck_assert_int_eq(wire_identity_read(VIEW("\x0a\x09x"), &identity, NULL), HEDDLE_E_DECODE);
}
END_TEST

static TCase *with_arena(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

static TCase *loop_case(void)
{
    TCase *tcase = tcase_create("each");
    tcase_add_loop_test(tcase, a_seek_envelope_is_read_and_written_again, 0,
                        (int)BASE_COUNT(seeks));
    tcase_add_loop_test(tcase, every_place_survives, 0, 4);
    return with_arena(tcase);
}

SUITE_MAIN("wire/envelope", loop_case(),
           with_arena(SUITE_CASE("envelope", without_a_stop_a_seek_never_ends,
                                 a_transaction_sent_to_the_orderer_has_its_id,
                                 no_prefix_of_an_envelope_is_read_as_it,
                                 names_that_are_not_utf8_are_refused,
                                 an_identity_without_msp_is_refused)))
