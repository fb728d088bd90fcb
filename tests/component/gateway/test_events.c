/* ChaincodeEvents (FABRIC.md C9), and what goes through byte for byte. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "bed.h"
#include "rpc/runtime.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/envelope.h"
#include "wire/reader.h"
#include "wire/seek.h"
#include "wire/services.h"

/* The recorded channel has "MyEvent" of "kv" in block 16 and "OtherEvent" in block 33. */
#define TX_OF_BLOCK_31_FIRST "703d93934005"

static bed *b;

/* A stream to the gateway, and what it brought. */
static struct {
    rpc_stream *stream;
    rpc_latch ended;
    rpc_latch wanted; /* goes down with each message */
    int messages;
    int code;
    char message[512];
    char names[256]; /* "block:event " of each event */
    size_t bytes;
} got;

static void setup(void)
{
    heddle_error err;
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    b = bed_new(2, 1);
}

static void teardown(void)
{
    if (got.stream) {
        rpc_stream_cancel(got.stream);
        ck_assert(rpc_latch_wait_ms(&got.ended, 20000));
        rpc_stream_unref(got.stream);
    }
    bed_free(b);
    rpc_shutdown();
}

static void note_events(heddle_view message)
{
    uint64_t block = 0;
    char names[128] = "";
    wire_reader reader = wire_reader_of(message);
    for (wire_field field; wire_reader_next(&reader, &field);) {
        heddle_view name;
        if (field.number == 2)
            block = field.varint;
        else if (wire_field_find(field.bytes, 3, &name))
            snprintf(names + strlen(names), sizeof(names) - strlen(names), "%.*s ",
                     BASE_VIEW_ARG(name));
    }
    snprintf(got.names + strlen(got.names), sizeof(got.names) - strlen(got.names), "%u:%s",
             (unsigned)block, names);
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    bool is_events = user != NULL;
    got.messages++;
    got.bytes += rpc_bytes_view(message).len;
    if (is_events)
        note_events(rpc_bytes_view(message));
    rpc_stream_read(stream);
    rpc_latch_down(&got.wanted);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    (void)user;
    got.code = status->code;
    snprintf(got.message, sizeof(got.message), "%.*s", BASE_VIEW_ARG(status->message));
    rpc_latch_down(&got.ended);
}

static void open_stream(const char *method, heddle_view request, bool is_events, unsigned wanted)
{
    static const rpc_stream_events events = {.on_message = on_message, .on_end = on_end};
    heddle_error err;
    rpc_latch_init(&got.ended, 1);
    rpc_latch_init(&got.wanted, wanted);
    rpc_stream_options options = {.call = {.method = method, .deadline_ms = base_now_ms() + 20000},
                                  .has_request = true,
                                  .request = request,
                                  .half_close = is_events};
    ck_assert_int_eq(
        rpc_stream_open(b->client, &options, &events, is_events ? b : NULL, &got.stream, &err),
        HEDDLE_OK);
    rpc_stream_read(got.stream);
}

typedef struct wish {
    const char *channel; /* NULL: mychannel */
    const char *chaincode;
    int64_t from;      /* -1: none given */
    unsigned position; /* of SeekPosition, if not a number: 1 newest, 2 oldest, 4 next commit */
    const char *after;
    bool bad_signature;
} wish;

static void listen_for(wish w, unsigned wanted)
{
    base_buffer request = {0}, position = {0}, number = {0};
    pb_text(&request, 1, w.channel ? w.channel : "mychannel");
    pb_text(&request, 2, w.chaincode ? w.chaincode : "kv");
    pb_bytes(&request, 3, b->identity);
    if (w.from >= 0) {
        pb_number(&number, 1, (uint64_t)w.from);
        pb_bytes(&position, 3, base_buffer_view(&number));
    } else if (w.position) {
        pb_bytes(&position, w.position, VIEW(""));
    }
    if (position.len)
        pb_bytes(&request, 4, base_buffer_view(&position));
    if (w.after)
        pb_text(&request, 5, w.after);
    open_stream(WIRE_GATEWAY_CHAINCODE_EVENTS,
                bed_signed(b, base_buffer_view(&request), w.bad_signature), true, wanted);
    base_buffer_done(&request);
    base_buffer_done(&position);
    base_buffer_done(&number);
}

static void assert_wanted(void)
{
    ck_assert(rpc_latch_wait_ms(&got.wanted, 20000));
}

static void assert_ends(int code, const char *message)
{
    ck_assert(rpc_latch_wait_ms(&got.ended, 20000));
    ck_assert_ptr_nonnull(strstr(got.message, message));
    ck_assert_int_eq(got.code, code);
}

START_TEST(a_block_with_events_is_one_message)
{
    bed_start(b);
    listen_for((wish){.from = 0}, 2);
    assert_wanted();
    ck_assert_str_eq(got.names, "16:MyEvent 33:OtherEvent ");
}
END_TEST

START_TEST(events_before_the_start_are_left_out)
{
    bed_start(b);
    listen_for((wish){.from = 17}, 1);
    assert_wanted();
    ck_assert_str_eq(got.names, "33:OtherEvent ");
}
END_TEST

/* The whole id of the transaction in the recorded block that begins with @p prefix. */
static const char *whole_id(unsigned number, const char *prefix)
{
    static char id[65];
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%u.pb", number);
    base_buffer block = fixture_read_at(HEDDLE_FIXTURES, path);
    char *at = memmem(block.data, block.len, prefix, strlen(prefix));
    ck_assert_ptr_nonnull(at);
    snprintf(id, sizeof(id), "%.64s", at);
    base_buffer_done(&block);
    return id;
}

START_TEST(after_a_transaction_without_event_the_next_ones_come)
{
    b->ledger_block = fixture_read_at(HEDDLE_FIXTURES, "golden-blocks/block_31.pb");
    bed_start(b);
    listen_for((wish){.from = -1, .after = whole_id(31, TX_OF_BLOCK_31_FIRST)}, 1);
    assert_wanted();
    ck_assert_str_eq(got.names, "33:OtherEvent ");
}
END_TEST

START_TEST(after_the_transaction_of_an_event_that_event_does_not_come_again)
{
    b->ledger_block = fixture_read_at(HEDDLE_FIXTURES, "golden-blocks/block_16.pb");
    bed_start(b);
    listen_for((wish){.from = 0, .after = whole_id(16, "e0736299b2b1")}, 1);
    assert_wanted();
    ck_assert_str_eq(got.names, "33:OtherEvent ");
}
END_TEST

START_TEST(another_peer_goes_on_at_the_same_block)
{
    b->peers[0].dies_at = 20;
    bed_start(b);
    listen_for((wish){.from = 0}, 2);
    assert_wanted();
    ck_assert_str_eq(got.names, "16:MyEvent 33:OtherEvent ");
    ck_assert_int_eq(bed_count(b, &b->peers[1].full_streams), 1);
}
END_TEST

START_TEST(no_peer_left_ends_the_stream)
{
    b->peers[0].dies_at = b->peers[1].dies_at = 5;
    bed_start(b);
    listen_for((wish){.from = 10}, 1);
    assert_ends(RPC_UNAVAILABLE, "no peer of the gateway's organization delivers blocks");
}
END_TEST

START_TEST(without_a_start_only_new_blocks_count)
{
    b->height = 40; /* as many as were recorded */
    bed_start(b);
    listen_for((wish){.from = -1}, 1);
    while (!bed_count(b, &b->peers[0].full_streams))
        rpc_latch_wait_ms(&got.wanted, 5);
    ck_assert(!rpc_latch_wait_ms(&got.wanted, 100));
    ck_assert_int_eq(got.messages, 0);
}
END_TEST

START_TEST(newest_and_oldest_are_no_starts)
{
    bed_start(b);
    listen_for((wish){.from = -1, .position = 2}, 1);
    assert_ends(RPC_INVALID_ARGUMENT, "invalid start position type: *orderer.SeekPosition_Oldest");
}
END_TEST

START_TEST(a_bad_signature_is_denied)
{
    bed_start(b);
    listen_for((wish){.from = 0, .bad_signature = true}, 1);
    assert_ends(RPC_PERMISSION_DENIED, "[/Channel/Application/Readers]");
}
END_TEST

START_TEST(an_empty_request_is_refused)
{
    bed_start(b);
    open_stream(WIRE_GATEWAY_CHAINCODE_EVENTS, VIEW(""), true, 1);
    assert_ends(RPC_INVALID_ARGUMENT, "a chaincode events request is required");
}
END_TEST

START_TEST(the_end_of_the_client_ends_the_upstream)
{
    bed_start(b);
    listen_for((wish){.from = 0}, 2);
    assert_wanted();
    rpc_stream_cancel(got.stream);
    assert_ends(RPC_CANCELLED, "");
}
END_TEST

/* Passthrough. */

static heddle_view seek_envelope(void)
{
    wire_seek seek = {.start = {WIRE_SEEK_NUMBER, 38}};
    wire_header header = {
        .type = 5, .channel = VIEW("mychannel"), .creator = b->identity, .nonce = VIEW("n")};
    heddle_view info, payload, envelope;
    heddle_error err;
    ck_assert_int_eq(wire_seek_write(&seek, b->arena, &info, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_payload_write(&header, info, b->arena, &payload, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_envelope_write(payload, VIEW("s"), b->arena, &envelope, &err), HEDDLE_OK);
    return envelope;
}

START_TEST(block_streams_go_to_the_home_peer)
{
    bed_start(b);
    open_stream(WIRE_DELIVER_FULL, seek_envelope(), false, 2);
    assert_wanted();
    ck_assert_int_eq(bed_count(b, &b->peers[0].full_streams), 1);
}
END_TEST

START_TEST(the_end_of_an_upstream_is_told_as_it_is)
{
    b->peers[0].dies_at = 39;
    bed_start(b);
    open_stream(WIRE_DELIVER_FULL, seek_envelope(), false, 1);
    assert_wanted();
    assert_ends(RPC_UNAVAILABLE, "going away");
}
END_TEST

START_TEST(proposals_go_to_the_home_peer_byte_for_byte)
{
    bed_outcome out;
    bed_start(b);
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
    bed_call(b, WIRE_ENDORSER_PROCESS_PROPOSAL, proposal.signed_proposal, &out);
    ck_assert_int_eq(out.code, RPC_OK);
    ck_assert(base_view_equal(base_buffer_view(&b->peers[0].proposal), proposal.signed_proposal));
    bed_outcome_done(&out);
}
END_TEST

START_TEST(envelopes_go_to_an_orderer_of_their_channel)
{
    bed_start(b);
    open_stream(WIRE_ORDERER_BROADCAST, seek_envelope(), false, 1);
    assert_wanted();
    ck_assert(base_view_equal(base_buffer_view(&b->orderers[0].envelope), seek_envelope()));
}
END_TEST

START_TEST(unknown_methods_are_told)
{
    bed_outcome out;
    bed_start(b);
    bed_call(b, "/gateway.Gateway/Nonsense", VIEW(""), &out);
    ck_assert_int_eq(out.code, RPC_UNIMPLEMENTED);
    bed_outcome_done(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway/events");
    TCase *events = SUITE_CASE(
        "events", a_block_with_events_is_one_message, events_before_the_start_are_left_out,
        after_a_transaction_without_event_the_next_ones_come,
        after_the_transaction_of_an_event_that_event_does_not_come_again,
        another_peer_goes_on_at_the_same_block, no_peer_left_ends_the_stream,
        without_a_start_only_new_blocks_count, newest_and_oldest_are_no_starts,
        a_bad_signature_is_denied, an_empty_request_is_refused,
        the_end_of_the_client_ends_the_upstream);
    TCase *passthrough = SUITE_CASE(
        "passthrough", block_streams_go_to_the_home_peer, the_end_of_an_upstream_is_told_as_it_is,
        proposals_go_to_the_home_peer_byte_for_byte, envelopes_go_to_an_orderer_of_their_channel,
        unknown_methods_are_told);
    tcase_add_checked_fixture(events, setup, teardown);
    tcase_add_checked_fixture(passthrough, setup, teardown);
    suite_add_tcase(suite, events);
    suite_add_tcase(suite, passthrough);
    return suite_run(suite);
}
