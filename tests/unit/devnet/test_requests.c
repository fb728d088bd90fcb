/* What the orderer and Deliver make of requests that the official Node client sent. */
#include "base/clock.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/deliver/seek.h"
#include "devnet/orderer/admission.h"
#include "orderer/ab.pb-c.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/envelope.h"

static char *dir;
static base_buffer genesis;
static wire_bundle *bundle;
static dn_config_holder *config;
static dn_channel channel;
static dn_blockstore *blocks;
static heddle_error err;
static base_wall_time now;

static base_wall_time recorded_time(void)
{
    return now;
}

static void setup(void)
{
    dir = fixture_dir_new();
    genesis = fixture_read("genesis.block");
    ck_assert_int_eq(wire_bundle_from_block(base_buffer_view(&genesis), &bundle, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_config_holder_new(bundle, 0, &config, &err), HEDDLE_OK);
    channel =
        (dn_channel){.name = "mychannel", .genesis = base_buffer_view(&genesis), .config = config};
    ck_assert_int_eq(dn_blockstore_open(dir, &blocks, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_blockstore_append(blocks, 0, channel.genesis, &err), HEDDLE_OK);
}

static void teardown(void)
{
    base_clock_override(NULL, NULL);
    dn_blockstore_close(blocks);
    dn_config_holder_free(config);
    wire_bundle_unref(bundle);
    base_buffer_done(&genesis);
    fixture_dir_free(dir);
}

/** Let it be the time at which the envelope was made, and @p later seconds more. */
static void set_time(heddle_view bytes, int64_t later)
{
    wire_envelope envelope;
    ck_assert_int_eq(wire_envelope_read(bytes, &envelope, &err), HEDDLE_OK);
    now = envelope.header.time;
    now.seconds += later;
    base_clock_override(NULL, recorded_time);
}

static int admit(heddle_view bytes)
{
    dn_frame frame;
    ck_assert_int_eq(dn_frame_read(bytes, &frame, &err), HEDDLE_OK);
    dn_admitted admitted;
    return dn_admission_check(&channel, bytes, &frame, &admitted, &err);
}

static bool find_source(void *user, heddle_view name, dn_deliver_source *out)
{
    (void)user;
    *out = (dn_deliver_source){.channel = &channel, .blocks = blocks};
    return base_view_is(name, channel.name);
}

static int open_seek(const char *policy, heddle_view bytes, dn_seek *out)
{
    dn_deliver_options options = {.find = find_source, .policy = policy};
    return dn_seek_open(&options, bytes, (heddle_view){0}, out, &err);
}

START_TEST(the_node_client_s_transaction_is_taken)
{
    base_auto_buffer base_buffer bytes =
        fixture_read("golden-grpc/115_orderer.AtomicBroadcast.Broadcast.req0.pb");
    ck_assert_int_eq(admit(base_buffer_view(&bytes)), COMMON__STATUS__SUCCESS);
    base_auto_buffer base_buffer again = {0};
    dn_frame frame;
    ck_assert_int_eq(dn_frame_read(base_buffer_view(&bytes), &frame, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_frame_write(&frame, &again), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&again), base_buffer_view(&bytes)));
}
END_TEST

START_TEST(a_bad_signature_is_refused_in_the_words_of_fabric)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_auto_buffer base_buffer bytes =
        fixture_read("golden-grpc/116_orderer.AtomicBroadcast.Broadcast.req0.pb");
    base_auto_buffer base_buffer answer =
        fixture_read("golden-grpc/116_orderer.AtomicBroadcast.Broadcast.res0.pb");
    Orderer__BroadcastResponse *recorded;
    ck_assert_int_eq(
        wire_decode(orderer__broadcast_response, base_buffer_view(&answer), arena, &recorded, &err),
        HEDDLE_OK);
    ck_assert_int_eq(admit(base_buffer_view(&bytes)), (int)recorded->status);
    ck_assert_str_eq(err.message, recorded->info);
}
END_TEST

START_TEST(an_envelope_with_other_fields_is_stored_without_them)
{
    heddle_view odd = VIEW("\x12\x01S\x1a\x01X\x0a\x01P");
    base_auto_buffer base_buffer stored = {0};
    dn_frame frame;
    ck_assert_int_eq(dn_frame_read(odd, &frame, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_frame_write(&frame, &stored), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&stored), VIEW("\x0a\x01P\x12\x01S")));
}
END_TEST

START_TEST(the_node_client_s_deliver_request_is_understood)
{
    dn_seek seek;
    base_auto_buffer base_buffer bytes =
        fixture_read("golden-grpc/127_protos.Deliver.Deliver.req0.pb");
    heddle_view view = base_buffer_view(&bytes);
    set_time(view, 0);
    int code = open_seek("/Channel/Application/Readers", view, &seek);
    ck_assert_msg(code == COMMON__STATUS__SUCCESS, "%d %s", code, err.message);
    ck_assert_uint_eq(seek.next, 0);
    ck_assert_int_eq(open_seek("/Channel/Application/Admins", view, &seek),
                     COMMON__STATUS__FORBIDDEN);
    ck_assert_int_eq(open_seek("/Channel/None", view, &seek), COMMON__STATUS__FORBIDDEN);
}
END_TEST

START_TEST(a_request_has_its_time)
{
    dn_seek seek;
    base_auto_buffer base_buffer bytes =
        fixture_read("golden-grpc/127_protos.Deliver.Deliver.req0.pb");
    heddle_view view = base_buffer_view(&bytes);
    set_time(view, 901);
    ck_assert_int_eq(open_seek("/Channel/Application/Readers", view, &seek),
                     COMMON__STATUS__BAD_REQUEST);
    set_time(view, -901);
    ck_assert_int_eq(open_seek("/Channel/Application/Readers", view, &seek),
                     COMMON__STATUS__BAD_REQUEST);
    set_time(view, -899);
    ck_assert_int_eq(open_seek("/Channel/Application/Readers", view, &seek),
                     COMMON__STATUS__SUCCESS);
    now.seconds = seek.not_after_s + 1;
    ck_assert_int_eq(
        dn_seek_check(&(dn_deliver_options){.policy = "/Channel/Application/Readers"}, &seek, &err),
        COMMON__STATUS__FORBIDDEN);
}
END_TEST

START_TEST(under_mutual_tls_the_header_names_the_certificate)
{
    dn_seek seek;
    base_auto_buffer base_buffer bytes =
        fixture_read("golden-grpc/127_protos.Deliver.Deliver.req0.pb");
    base_auto_buffer base_buffer cert = fixture_read(
        "crypto-config/peerOrganizations/org1.example.com/ca/ca.org1.example.com-cert.pem");
    dn_deliver_options options = {
        .find = find_source, .policy = "/Channel/Application/Readers", .check_binding = true};
    set_time(base_buffer_view(&bytes), 0);
    ck_assert_int_eq(
        dn_seek_open(&options, base_buffer_view(&bytes), base_buffer_view(&cert), &seek, &err),
        COMMON__STATUS__BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(err.message, "TLS cert"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/requests");
    TCase *tc = SUITE_CASE("requests", the_node_client_s_transaction_is_taken,
                           a_bad_signature_is_refused_in_the_words_of_fabric,
                           an_envelope_with_other_fields_is_stored_without_them,
                           the_node_client_s_deliver_request_is_understood, a_request_has_its_time,
                           under_mutual_tls_the_header_names_the_certificate);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
