/*
 * Bytes that no honest client sends, to every method of the gateway, a peer and the orderer:
 * each call ends with an error, and the daemons go on as if nothing had been.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "rpc/latch.h"
#include "rpc/stream.h"
#include "support/fixture.h"
#include "support/stack.h"
#include "support/suite.h"
#include "wire/services.h"

enum { ANSWER_MS = 30000, OVERSIZED = RPC_MAX_MESSAGE + 1, DEEP = 20000, RANDOM = 4096 };

typedef struct side {
    const char *name;
    const char *address;
    const char *ca;
    const char *const *methods;
} side;

/* How one call went. */
typedef struct outcome {
    rpc_latch ended;
    int code;
    unsigned answers;
    char message[200];
} outcome;

static const char *const gateway_methods[] = {WIRE_GATEWAY_ENDORSE,
                                              WIRE_GATEWAY_SUBMIT,
                                              WIRE_GATEWAY_COMMIT_STATUS,
                                              WIRE_GATEWAY_EVALUATE,
                                              WIRE_GATEWAY_CHAINCODE_EVENTS,
                                              WIRE_ENDORSER_PROCESS_PROPOSAL,
                                              WIRE_DELIVER_FULL,
                                              WIRE_DELIVER_FILTERED,
                                              WIRE_DELIVER_PRIVATE,
                                              WIRE_ORDERER_BROADCAST,
                                              WIRE_ORDERER_DELIVER,
                                              WIRE_DISCOVERY_DISCOVER,
                                              NULL};
static const char *const peer_methods[] = {WIRE_ENDORSER_PROCESS_PROPOSAL,
                                           WIRE_DELIVER_FULL,
                                           WIRE_DELIVER_FILTERED,
                                           WIRE_DELIVER_PRIVATE,
                                           WIRE_DISCOVERY_DISCOVER,
                                           WIRE_HEALTH_CHECK,
                                           NULL};
static const char *const orderer_methods[] = {WIRE_ORDERER_BROADCAST, WIRE_ORDERER_DELIVER, NULL};

static stack *s;
static side sides[3];
static rpc_channel *channels[3];
static heddle_error err;

static rpc_channel *connect_to(const side *to)
{
    rpc_channel *channel = NULL;
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    base_auto_buffer base_buffer roots = {0};
    ck_assert_int_eq(base_read_file(to->ca, 0, &roots, &err), HEDDLE_OK);
    const rpc_tls_client tls = {.roots_pem = base_buffer_view(&roots)};
    ck_assert_int_eq(rpc_client_creds_tls(&tls, &creds, &err), HEDDLE_OK);
    const rpc_channel_options options = {.target = to->address, .max_message = UINT32_MAX / 4};
    ck_assert_int_eq(rpc_channel_open(&options, creds, &channel, &err), HEDDLE_OK);
    return channel;
}

static void set_up(void)
{
    s = stack_start(HEDDLE_BIN);
    ck_assert_int_eq(rpc_init(1, &err), HEDDLE_OK);
    sides[0] = (side){"gateway", stack_gateway(s), stack_gateway_ca(s), gateway_methods};
    sides[1] = (side){"peer", stack_peer(s), stack_gateway_ca(s), peer_methods};
    sides[2] = (side){"orderer", stack_orderer(s), stack_orderer_ca(s), orderer_methods};
    for (size_t i = 0; i < BASE_COUNT(sides); i++)
        channels[i] = connect_to(&sides[i]);
}

static void tear_down(void)
{
    for (size_t i = 0; i < BASE_COUNT(sides); i++)
        rpc_channel_close(channels[i]);
    rpc_shutdown();
    stack_free(s);
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    outcome *o = user;
    (void)message;
    o->answers++;
    rpc_stream_read(stream);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    outcome *o = user;
    (void)stream;
    o->code = status->code;
    snprintf(o->message, sizeof(o->message), "%.*s", BASE_VIEW_ARG(status->message));
    rpc_latch_down(&o->ended);
}

/* One message to a method, and then the end of the client's side. */
static outcome ask(rpc_channel *channel, const char *method, heddle_view bytes)
{
    static const rpc_stream_events events = {on_message, on_end};
    outcome o = {.code = -1};
    rpc_stream *stream = NULL;
    rpc_latch_init(&o.ended, 1);
    const rpc_stream_options options = {.call = {.method = method,
                                                 .wait_for_ready = true,
                                                 .deadline_ms = base_now_ms() + ANSWER_MS},
                                        .has_request = true,
                                        .request = bytes,
                                        .half_close = true,
                                        .queue_limit = (size_t)2 * OVERSIZED};
    ck_assert_msg(rpc_stream_open(channel, &options, &events, &o, &stream, &err) == HEDDLE_OK, "%s",
                  err.message);
    rpc_stream_read(stream);
    rpc_latch_wait(&o.ended);
    rpc_stream_unref(stream);
    rpc_latch_done(&o.ended);
    return o;
}

typedef void judge_fn(const side *to, const char *method, const outcome *o);

static void to_every_method(heddle_view bytes, judge_fn *judge)
{
    for (size_t i = 0; i < BASE_COUNT(sides); i++) {
        for (const char *const *method = sides[i].methods; *method; method++) {
            outcome o = ask(channels[i], *method, bytes);
            judge(&sides[i], *method, &o);
        }
    }
}

/* An error of the call, or an answer of the service that is one; in no case silence. */
static void is_refused(const side *to, const char *method, const outcome *o)
{
    ck_assert_msg(o->code != RPC_DEADLINE_EXCEEDED && o->code != RPC_UNAVAILABLE &&
                      o->code != RPC_UNIMPLEMENTED,
                  "%s %s: %s %s", to->name, method, rpc_code_name(o->code), o->message);
    ck_assert_msg(o->code != RPC_OK || o->answers == 1 || strcmp(method, WIRE_HEALTH_CHECK) == 0 ||
                      strstr(method, "Deliver") || strstr(method, "Broadcast"),
                  "%s %s: no error and no answer", to->name, method);
    ck_assert_msg(o->code == RPC_OK || o->message[0], "%s %s: %s without a text", to->name, method,
                  rpc_code_name(o->code));
}

static void is_exhausted(const side *to, const char *method, const outcome *o)
{
    ck_assert_msg(o->code == RPC_RESOURCE_EXHAUSTED, "%s %s: %s %s", to->name, method,
                  rpc_code_name(o->code), o->message);
}

/* A few transactions of an honest client, through everything. */
static void everything_works(void)
{
    char log[512];
    snprintf(log, sizeof(log), "%s/load.log", stack_dir(s));
    process *load = process_start(
        log, (const char *const[]){HEDDLE_BIN "/heddle-load", "--gateway", stack_gateway(s),
                                   "--tls-ca", stack_gateway_ca(s), "--msp-dir", stack_user_msp(s),
                                   "--in-flight", "4", "--count", "20", NULL});
    base_auto_buffer base_buffer said = {0};
    int code = process_wait(load, 60000);
    (void)!base_read_file(log, 0, &said, NULL);
    ck_assert_msg(code == 0, "heddle-load: %d: %s", code, base_buffer_cstr(&said));
    for (int part = 0; part < STACK_PARTS; part++)
        ck_assert(process_is_running(stack_process(s, (stack_part)part)));
}

START_TEST(bytes_that_are_no_message_are_refused_by_every_method)
{
    uint8_t bytes[RANDOM], deep[DEEP];
    unsigned seed = 20;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)rand_r(&seed);
    memset(deep, 0x0b, sizeof(deep));
    to_every_method(VIEW("\xff\xff\xff\xff"), is_refused);
    to_every_method(VIEW("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), is_refused);
    to_every_method(heddle_view_of(bytes, sizeof(bytes)), is_refused);
    to_every_method(heddle_view_of(deep, sizeof(deep)), is_refused);
    to_every_method(VIEW(""), is_refused);
    everything_works();
}
END_TEST

START_TEST(real_messages_cut_short_are_refused)
{
    static const struct {
        const char *method;
        const char *file;
    } recorded[] = {
        {WIRE_GATEWAY_ENDORSE, "golden-grpc/003_gateway.Gateway.Endorse.req0.pb"},
        {WIRE_GATEWAY_EVALUATE, "golden-grpc/015_gateway.Gateway.Evaluate.req0.pb"},
        {WIRE_GATEWAY_COMMIT_STATUS, "golden-grpc/005_gateway.Gateway.CommitStatus.req0.pb"},
        {WIRE_GATEWAY_CHAINCODE_EVENTS, "golden-grpc/126_gateway.Gateway.ChaincodeEvents.req0.pb"},
        {WIRE_ENDORSER_PROCESS_PROPOSAL, "golden-grpc/113_protos.Endorser.ProcessProposal.req0.pb"},
        {WIRE_DELIVER_FULL, "golden-grpc/127_protos.Deliver.Deliver.req0.pb"},
        {WIRE_ORDERER_BROADCAST, "golden-grpc/115_orderer.AtomicBroadcast.Broadcast.req0.pb"},
    };
    for (size_t i = 0; i < BASE_COUNT(recorded); i++) {
        base_auto_buffer base_buffer whole = fixture_read(recorded[i].file);
        for (size_t len = 1; len < whole.len; len += 1 + whole.len / 40) {
            outcome o = ask(channels[0], recorded[i].method, heddle_view_of(whole.data, len));
            is_refused(&sides[0], recorded[i].method, &o);
        }
    }
    everything_works();
}
END_TEST

START_TEST(messages_over_a_hundred_mib_are_refused_by_every_method)
{
    uint8_t *bytes = base_calloc(1, OVERSIZED);
    ck_assert_ptr_nonnull(bytes);
    to_every_method(heddle_view_of(bytes, OVERSIZED), is_exhausted);
    base_free(bytes);
    everything_works();
}
END_TEST

START_TEST(connections_that_speak_something_else_do_no_harm)
{
    uint16_t ports[3];
    for (size_t i = 0; i < BASE_COUNT(sides); i++)
        ports[i] = (uint16_t)strtoul(strrchr(sides[i].address, ':') + 1, NULL, 10);
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < BASE_COUNT(ports); i++)
            ck_assert(process_port_open(ports[i]));
    everything_works();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system/hostile");
    TCase *tcase = SUITE_CASE("hostile", bytes_that_are_no_message_are_refused_by_every_method,
                              real_messages_cut_short_are_refused,
                              messages_over_a_hundred_mib_are_refused_by_every_method,
                              connections_that_speak_something_else_do_no_harm);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
