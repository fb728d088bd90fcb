#include "base/clock.h"
#include "base/view.h"
#include "bed.h"
#include "wire/gateway.h"
#include "wire/identity.h"

static heddle_events *open_events(bed *b, const heddle_events_options *options)
{
    heddle_events *events = NULL;
    heddle_error err = {0};
    ck_assert_msg(heddle_events_open(b->gateway, b->user, "mychannel", "kv", options, &events,
                                     &err) == HEDDLE_OK,
                  "%s", err.message);
    return events;
}

START_TEST(gives_recorded_events_in_order)
{
    bed *b = bed_start(NULL);
    base_buffer first = bed_golden("126_gateway.Gateway.ChaincodeEvents.res0");
    base_buffer second = bed_golden("126_gateway.Gateway.ChaincodeEvents.res1");
    const heddle_view messages[] = {base_buffer_view(&first), base_buffer_view(&second)};
    heddle_event event = {0};
    b->events = messages;
    b->event_count = 2;
    heddle_events *events = open_events(b, NULL);
    uint64_t last = 0;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(heddle_events_next(events, 10000, &event, NULL), HEDDLE_OK);
        ck_assert_uint_eq(strlen(event.tx_id), 64);
        ck_assert_uint_gt(strlen(event.chaincode), 0);
        ck_assert_uint_gt(strlen(event.name), 0);
        ck_assert_uint_gt(event.block_number, last);
        last = event.block_number;
    }
    ck_assert_int_eq(heddle_events_next(events, 20, &event, NULL), HEDDLE_E_TIMED_OUT);
    heddle_events_close(events);
    base_buffer_done(&first);
    base_buffer_done(&second);
    bed_stop(b);
}
END_TEST

START_TEST(request_is_that_of_the_official_client)
{
    bed *b = bed_start(NULL);
    base_buffer asked = bed_golden("126_gateway.Gateway.ChaincodeEvents.req0");
    wire_signed_message recorded = {0}, sent = {0};
    wire_events_request inner = {0};
    wire_identity who;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    ck_assert_int_eq(wire_shape_read(&wire_signed_message_shape, base_buffer_view(&asked), NULL,
                                     &recorded, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(
        wire_shape_read(&wire_events_request_shape, recorded.bytes, NULL, &inner, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_identity_read(inner.identity, &who, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(who.cert, heddle_identity_cert_pem(b->user)));
    ck_assert(base_view_is(inner.chaincode, "kv"));
    options.from_block = inner.start.has_number;
    options.start_block = inner.start.number;
    heddle_events *events = open_events(b, &options);
    sem_wait(&b->arrived);
    ck_assert_int_eq(
        wire_shape_read(&wire_signed_message_shape, bed_asked(b, BED_EVENTS), NULL, &sent, NULL),
        HEDDLE_OK);
    ck_assert(base_view_equal(sent.bytes, recorded.bytes));
    heddle_events_close(events);
    base_buffer_done(&asked);
    bed_stop(b);
}
END_TEST

START_TEST(more_blocks_than_are_kept_arrive_all_in_order)
{
    enum { BLOCKS = 100 };
    bed *b = bed_start(NULL);
    base_buffer bytes[BLOCKS] = {0};
    heddle_view messages[BLOCKS];
    heddle_event event = {0};
    heddle_error err = {0};
    for (uint64_t i = 0; i < BLOCKS; i++) {
        wire_event two[] = {{.tx_id = VIEW("t"), .name = VIEW("a")},
                            {.tx_id = VIEW("t"), .name = VIEW("b"), .payload = VIEW("\0p")}};
        wire_events_response block = {.events = two, .count = 2, .block = i};
        ck_assert_int_eq(wire_shape_write(&wire_events_response_shape, &block, &bytes[i]), 0);
        messages[i] = base_buffer_view(&bytes[i]);
    }
    b->events = messages;
    b->event_count = BLOCKS;
    b->events_end = true;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.no_reconnect = true;
    heddle_events *events = open_events(b, &options);
    for (int i = 0; i < 2 * BLOCKS; i++) {
        ck_assert_int_eq(heddle_events_next(events, 10000, &event, NULL), HEDDLE_OK);
        ck_assert_uint_eq(event.block_number, (uint64_t)i / 2);
        ck_assert_str_eq(event.name, i % 2 ? "b" : "a");
        ck_assert_uint_eq(event.payload.len, i % 2 ? 2 : 0);
    }
    ck_assert_int_eq(heddle_events_next(events, 10000, &event, &err), HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.message, "go on from block 100"));
    ck_assert_int_eq(heddle_events_next(events, 10000, &event, &err), HEDDLE_E_UNAVAILABLE);
    heddle_events_close(events);
    for (int i = 0; i < BLOCKS; i++)
        base_buffer_done(&bytes[i]);
    bed_stop(b);
}
END_TEST

START_TEST(refusal_is_told_by_next)
{
    bed *b = bed_start(NULL);
    heddle_event event;
    heddle_error err = {0};
    b->answers[BED_EVENTS] = (bed_answer){.code = RPC_PERMISSION_DENIED, .message = "not a reader"};
    heddle_events *events = open_events(b, NULL);
    ck_assert_int_eq(heddle_events_next(events, 10000, &event, &err), HEDDLE_E_DENIED);
    ck_assert_int_eq(err.stage, HEDDLE_STAGE_EVENTS);
    ck_assert_int_eq(err.grpc_code, RPC_PERMISSION_DENIED);
    heddle_events_close(events);
    bed_stop(b);
}
END_TEST

START_TEST(closing_the_gateway_ends_the_stream)
{
    bed *b = bed_start(NULL);
    heddle_event event;
    heddle_events *events = open_events(b, NULL), *late = NULL;
    sem_wait(&b->arrived);
    heddle_gateway_close(b->gateway);
    ck_assert_int_eq(heddle_events_next(events, 10000, &event, NULL), HEDDLE_E_CANCELLED);
    ck_assert_int_eq(heddle_events_open(b->gateway, b->user, "mychannel", "kv", NULL, &late, NULL),
                     HEDDLE_E_BAD_STATE);
    b->gateway = NULL;
    heddle_events_close(events);
    bed_stop(b);
}
END_TEST

static void *close_gateway(void *gateway)
{
    heddle_gateway_close(gateway);
    return NULL;
}

START_TEST(a_gateway_may_be_closed_while_a_stream_is_opened)
{
    bed *b = bed_start(NULL);
    for (int i = 0; i < 50; i++) {
        pthread_t closer;
        heddle_event event;
        heddle_contract *keeper = NULL;
        heddle_events *events = NULL;
        heddle_gateway *gateway = bed_connect(b, NULL);
        ck_assert_int_eq(heddle_contract_new(gateway, b->user, "mychannel", "kv", &keeper, NULL),
                         HEDDLE_OK);
        ck_assert_int_eq(pthread_create(&closer, NULL, close_gateway, gateway), 0);
        if (heddle_events_open(gateway, b->user, "mychannel", "kv", NULL, &events, NULL) ==
            HEDDLE_OK)
            ck_assert_int_eq(heddle_events_next(events, 20000, &event, NULL), HEDDLE_E_CANCELLED);
        heddle_events_close(events);
        pthread_join(closer, NULL);
        heddle_contract_unref(keeper);
    }
    bed_stop(b);
}
END_TEST

SUITE_MAIN("client/events", SUITE_CASE("events", gives_recorded_events_in_order,
                                       request_is_that_of_the_official_client,
                                       more_blocks_than_are_kept_arrive_all_in_order,
                                       refusal_is_told_by_next, closing_the_gateway_ends_the_stream,
                                       a_gateway_may_be_closed_while_a_stream_is_opened))
