/* Requests for streams that are signed elsewhere, with the bytes of Fabric's own clients. */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "ledger_bed.h"
#include "support/fixture.h"
#include "wire/envelope.h"
#include "wire/gateway.h"
#include "wire/identity.h"

enum { WAIT_MS = 15000 };

static heddle_error err;
static base_wall_time recorded_time;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static const struct {
    const char *path;
    int kind;
} recorded[] = {
    {"golden-grpc/127_protos.Deliver.Deliver.req0.pb", HEDDLE_BLOCKS_FULL},
    {"golden-grpc/128_protos.Deliver.DeliverFiltered.req0.pb", HEDDLE_BLOCKS_FILTERED},
    {"golden-grpc/129_protos.Deliver.DeliverWithPrivateData.req0.pb", HEDDLE_BLOCKS_PRIVATE},
};

static base_wall_time then(void)
{
    return recorded_time;
}

static heddle_identity *identity_of(heddle_view creator)
{
    wire_identity who;
    char mspid[64] = {0};
    heddle_identity *identity = NULL;
    ck_assert_int_eq(wire_identity_read(creator, &who, &err), HEDDLE_OK);
    ck_assert_uint_lt(who.mspid.len, sizeof(mspid));
    memcpy(mspid, who.mspid.data, who.mspid.len);
    OK(heddle_identity_with_signer(mspid, who.cert, NULL, NULL, NULL, &identity, &err));
    return identity;
}

static void check_digest(heddle_view message, const uint8_t *digest, size_t len)
{
    uint8_t wanted[CRYPTO_SHA256_LEN];
    ck_assert_int_eq(crypto_sha256(message, wanted), HEDDLE_OK);
    ck_assert_uint_eq(len, sizeof(wanted));
    ck_assert_mem_eq(digest, wanted, len);
}

START_TEST(block_requests_are_those_of_the_official_client)
{
    ledger_bed *bed = ledger_start(1);
    base_auto_buffer base_buffer whole = fixture_read(recorded[_i].path);
    heddle_blocks_kind kind = (heddle_blocks_kind)recorded[_i].kind;
    wire_envelope envelope;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_blocks_request *made = NULL, *again = NULL;
    heddle_bytes bytes = {0};
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t len = 0;
    OK(wire_envelope_read(base_buffer_view(&whole), &envelope, &err));
    heddle_identity *who = identity_of(envelope.header.creator);
    recorded_time = envelope.header.time;
    base_clock_override(NULL, then);
    options.from_block = true;
    options.has_stop = true;
    options.stop_block = (UINT64_C(1) << 53) - 1; /* a client in JavaScript says "never" so */
    OK(heddle_blocks_request_new(bed->gateway, who, "mychannel", kind, &options, &made, &err));
    base_clock_override(NULL, NULL);
    ck_assert(base_view_equal(heddle_blocks_request_message(made), envelope.payload));
    OK(heddle_blocks_request_digest(made, digest, &len, &err));
    check_digest(envelope.payload, digest, len);
    heddle_blocks *blocks = NULL;
    ck_assert_int_eq(heddle_blocks_request_open(made, NULL, &blocks, &err), HEDDLE_E_BAD_STATE);
    OK(heddle_blocks_request_set_signature(made, envelope.signature, &err));
    OK(heddle_blocks_request_bytes(made, &bytes, &err));
    ck_assert(base_view_equal(heddle_view_of(bytes.data, bytes.len), base_buffer_view(&whole)));
    OK(heddle_blocks_request_from_bytes(bed->gateway, NULL, kind,
                                        heddle_view_of(bytes.data, bytes.len), &again, &err));
    OK(heddle_blocks_request_open(again, NULL, &blocks, &err));
    heddle_block_event block;
    OK(heddle_blocks_next(blocks, WAIT_MS, &block, &err));
    ck_assert_uint_eq(block.number, 0);
    pthread_mutex_lock(&bed->lock);
    ck_assert(base_view_equal(base_buffer_view(&bed->nodes[0].asked), base_buffer_view(&whole)));
    pthread_mutex_unlock(&bed->lock);
    heddle_blocks_close(blocks);
    heddle_bytes_done(&bytes);
    heddle_blocks_request_free(made);
    heddle_blocks_request_free(again);
    heddle_identity_unref(who);
    ledger_stop(bed);
}
END_TEST

START_TEST(event_request_is_that_of_the_official_client)
{
    ledger_bed *bed = ledger_start(1);
    base_auto_buffer base_buffer whole =
        fixture_read("golden-grpc/126_gateway.Gateway.ChaincodeEvents.req0.pb");
    wire_signed_message content = {0};
    wire_events_request inner = {0};
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_events_request *made = NULL, *again = NULL;
    heddle_events *events = NULL;
    heddle_event event;
    heddle_bytes bytes = {0};
    uint8_t digest[HEDDLE_DIGEST_MAX];
    size_t len = 0;
    OK(wire_shape_read(&wire_signed_message_shape, base_buffer_view(&whole), NULL, &content, &err));
    OK(wire_shape_read(&wire_events_request_shape, content.bytes, NULL, &inner, &err));
    heddle_identity *who = identity_of(inner.identity);
    options.from_block = true;
    options.start_block = inner.start.number;
    OK(heddle_events_request_new(bed->gateway, who, "mychannel", "kv", &options, &made, &err));
    ck_assert(base_view_equal(heddle_events_request_message(made), content.bytes));
    OK(heddle_events_request_digest(made, digest, &len, &err));
    check_digest(content.bytes, digest, len);
    OK(heddle_events_request_set_signature(made, content.signature, &err));
    OK(heddle_events_request_bytes(made, &bytes, &err));
    ck_assert(base_view_equal(heddle_view_of(bytes.data, bytes.len), base_buffer_view(&whole)));
    OK(heddle_events_request_from_bytes(bed->gateway, NULL, heddle_view_of(bytes.data, bytes.len),
                                        &again, &err));
    OK(heddle_events_request_open(again, NULL, &events, &err));
    OK(heddle_events_next(events, WAIT_MS, &event, &err));
    ck_assert_str_eq(event.tx_id, "tx-1-0");
    heddle_events_close(events);
    heddle_bytes_done(&bytes);
    heddle_events_request_free(made);
    heddle_events_request_free(again);
    heddle_identity_unref(who);
    ledger_stop(bed);
}
END_TEST

/* The key is elsewhere: here, in bed->user. */
static void sign(ledger_bed *bed, heddle_events_request *request)
{
    uint8_t digest[HEDDLE_DIGEST_MAX], signature[HEDDLE_SIGNATURE_MAX];
    size_t len = 0, signature_len = 0;
    OK(heddle_events_request_digest(request, digest, &len, &err));
    OK(heddle_identity_sign(bed->user, heddle_view_of(digest, len), signature, &signature_len,
                            &err));
    OK(heddle_events_request_set_signature(request, heddle_view_of(signature, signature_len),
                                           &err));
}

START_TEST(stream_of_a_signed_request_ends_with_the_first_cut)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.after = 2, .code = RPC_UNAVAILABLE};
    heddle_identity *absent = NULL;
    heddle_checkpoint at = {0};
    size_t given = 0;
    OK(heddle_identity_with_signer("Org1MSP", heddle_identity_cert_pem(bed->user), NULL, NULL, NULL,
                                   &absent, &err));
    while (given < 18) {
        heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
        heddle_events_request *request = NULL;
        heddle_events *events = NULL;
        heddle_event event;
        options.from_block = true;
        options.start_block = at.block_number;
        options.after_tx = at.tx_id;
        ledger_cuts(&bed->nodes[0], &cut, 1, false);
        OK(heddle_events_request_new(bed->gateway, absent, "mychannel", "kv", &options, &request,
                                     &err));
        sign(bed, request);
        OK(heddle_events_request_open(request, NULL, &events, &err));
        heddle_events_request_free(request);
        while (given < 18 && heddle_events_next(events, WAIT_MS, &event, &err) == HEDDLE_OK)
            given++;
        if (given < 18) {
            ck_assert_int_eq(err.status, HEDDLE_E_UNAVAILABLE);
            ck_assert_ptr_nonnull(strstr(err.message, "go on from block"));
        }
        OK(heddle_events_position(events, &at, &err));
        heddle_events_close(events);
    }
    ck_assert_uint_eq(at.block_number, 12);
    heddle_identity_unref(absent);
    ledger_stop(bed);
}
END_TEST

typedef struct ending {
    sem_t ended;
    atomic_size_t given;
    heddle_error why;
} ending;

static heddle_flow on_event(const heddle_event *event, void *user)
{
    (void)event;
    atomic_fetch_add(&((ending *)user)->given, 1);
    return HEDDLE_FLOW_GO;
}

static heddle_flow on_block(const heddle_block_event *block, void *user)
{
    (void)block;
    atomic_fetch_add(&((ending *)user)->given, 1);
    return HEDDLE_FLOW_GO;
}

static void on_end(const heddle_error *why, void *user)
{
    ending *e = user;
    e->why = *why;
    sem_post(&e->ended);
}

/* The identity is there and signs; the stream is that of a signed request all the same. */
START_TEST(requests_call_back)
{
    ledger_bed *bed = ledger_start(1);
    const ledger_cut cut = {.code = RPC_UNAVAILABLE};
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_events_request *events_request = NULL;
    heddle_blocks_request *blocks_request = NULL;
    heddle_events *events = NULL;
    heddle_blocks *blocks = NULL;
    ending e = {0}, b = {0};
    sem_init(&e.ended, 0, 0);
    sem_init(&b.ended, 0, 0);
    OK(heddle_events_request_new(bed->gateway, bed->user, "mychannel", "kv", NULL, &events_request,
                                 &err));
    ck_assert_int_eq(
        heddle_events_request_start(events_request, NULL, NULL, on_end, &e, &events, &err),
        HEDDLE_E_BAD_ARGUMENT);
    ledger_cuts(&bed->nodes[0], &cut, 1, false);
    OK(heddle_events_request_start(events_request, NULL, on_event, on_end, &e, &events, &err));
    sem_wait(&e.ended);
    ck_assert_int_eq(e.why.status, HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(e.why.message, "no block came before the cut"));
    options.from_block = true;
    options.has_stop = true;
    options.stop_block = 6;
    OK(heddle_blocks_request_new(bed->gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FILTERED,
                                 &options, &blocks_request, &err));
    OK(heddle_blocks_request_start(blocks_request, NULL, on_block, on_end, &b, &blocks, &err));
    sem_wait(&b.ended);
    ck_assert_int_eq(b.why.status, HEDDLE_E_END);
    ck_assert_uint_eq(atomic_load(&b.given), 7);
    ck_assert_uint_eq(atomic_load(&e.given), 0);
    heddle_events_close(events);
    heddle_blocks_close(blocks);
    heddle_events_request_free(events_request);
    heddle_blocks_request_free(blocks_request);
    ledger_stop(bed);
}
END_TEST

/* With mutual TLS a peer takes a request only on the connection that it names. */
START_TEST(block_requests_name_the_tls_certificate)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_tls_material fresh = HEDDLE_TLS_MATERIAL;
    base_auto_buffer base_buffer roots = fixture_read("tls/ca.pem");
    base_auto_buffer base_buffer cert = fixture_read("tls/client.pem");
    base_auto_buffer base_buffer key = fixture_read("tls/client.key");
    base_auto_buffer base_buffer other = fixture_read("tls/stranger.pem");
    base_auto_buffer base_buffer other_key = fixture_read("tls/stranger.key");
    ledger_bed *bed = ledger_start(1);
    heddle_gateway *gateway = NULL;
    options.target = "localhost:1";
    options.tls_roots_pem = base_buffer_view(&roots);
    options.client_cert_pem = base_buffer_view(&cert);
    options.client_key_pem = base_buffer_view(&key);
    fresh.client_cert_pem = base_buffer_view(&other);
    fresh.client_key_pem = base_buffer_view(&other_key);
    OK(heddle_gateway_open(&options, &gateway, &err));
    for (int i = 0; i < 2; i++) {
        heddle_blocks_request *made = NULL;
        base_auto(crypto_cert) crypto_cert *parsed = NULL;
        uint8_t wanted[CRYPTO_SHA256_LEN];
        wire_header header;
        heddle_view data;
        OK(crypto_cert_parse(base_buffer_view(i ? &other : &cert), &parsed, &err));
        ck_assert_int_eq(crypto_sha256(crypto_cert_der(parsed), wanted), HEDDLE_OK);
        OK(heddle_blocks_request_new(gateway, bed->user, "mychannel", HEDDLE_BLOCKS_FULL, NULL,
                                     &made, &err));
        OK(wire_payload_read(heddle_blocks_request_message(made), &header, &data, &err));
        ck_assert(base_view_equal(header.tls_cert_hash, heddle_view_of(wanted, sizeof(wanted))));
        heddle_blocks_request_free(made);
        OK(heddle_gateway_reload_tls(gateway, &fresh, &err));
    }
    heddle_gateway_close(gateway);
    ledger_stop(bed);
}
END_TEST

START_TEST(requests_that_cannot_be_are_refused)
{
    ledger_bed *bed = ledger_start(1);
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_events_request *events = NULL;
    heddle_blocks_request *blocks = NULL;
    options.from_newest = true;
    ck_assert_int_eq(heddle_events_request_new(bed->gateway, bed->user, "mychannel", "kv", &options,
                                               &events, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    options = (heddle_events_options)HEDDLE_EVENTS_OPTIONS;
    options.has_stop = true;
    ck_assert_int_eq(heddle_events_request_new(bed->gateway, bed->user, "mychannel", "kv", &options,
                                               &events, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_blocks_request_new(bed->gateway, bed->user, "mychannel",
                                               (heddle_blocks_kind)3, NULL, &blocks, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    for (size_t i = 0; i < BASE_COUNT(recorded); i++) {
        base_auto_buffer base_buffer whole = fixture_read(recorded[i].path);
        for (size_t len = 0; len < whole.len - 72; len += 1 + len / 16) {
            ck_assert_int_eq(heddle_blocks_request_from_bytes(
                                 bed->gateway, NULL, (heddle_blocks_kind)recorded[i].kind,
                                 heddle_view_of(whole.data, len), &blocks, &err),
                             HEDDLE_E_DECODE);
            ck_assert_int_eq(heddle_events_request_from_bytes(bed->gateway, NULL,
                                                              heddle_view_of(whole.data, len),
                                                              &events, &err),
                             HEDDLE_E_DECODE);
        }
    }
    ck_assert_ptr_null(events);
    ck_assert_ptr_null(blocks);
    ledger_stop(bed);
}
END_TEST

static TCase *golden_case(void)
{
    TCase *tc = SUITE_CASE("golden", event_request_is_that_of_the_official_client);
    tcase_add_loop_test(tc, block_requests_are_those_of_the_official_client, 0,
                        BASE_COUNT(recorded));
    return tc;
}

SUITE_MAIN("client/feed_offline", golden_case(),
           SUITE_CASE("signing", requests_call_back, block_requests_name_the_tls_certificate,
                      stream_of_a_signed_request_ends_with_the_first_cut,
                      requests_that_cannot_be_are_refused))
