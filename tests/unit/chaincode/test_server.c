#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/view.h"
#include "fake_peer.h"
#include "rpc/latch.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/identity.h"
#include "wire/proposal.h"

static heddle_cc_server *server;
static unsigned drain_ms;
static rpc_latch stuck_entered, stuck_release;
static rpc_latch gone_seen;
static heddle_status gone_status;

static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    heddle_status st = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

/* Tells how its request ended. */
static heddle_status watch(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_status st = get(stub, context, err);
    gone_status = st;
    rpc_latch_down(&gone_seen);
    return st;
}

static heddle_status stick(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    rpc_latch_down(&stuck_entered);
    rpc_latch_wait(&stuck_release);
    return HEDDLE_OK;
}

static heddle_status teapot(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_status st = heddle_cc_set_status(stub, 418, "short and stout", err);
    return st == HEDDLE_OK ? heddle_cc_reply_text(stub, "tea", err) : st;
}

static heddle_status fail_silently(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_status st = heddle_cc_set_event(stub, "lost", VIEW("x"), err);
    return st == HEDDLE_OK ? HEDDLE_E_POLICY : st;
}

static heddle_status fail_in_latin1(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    return heddle_cc_fail(err, "caf\xe9 \xc3\xa4");
}

static heddle_status bad_keys(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    ck_assert_int_eq(heddle_cc_put_state(stub, VIEW(""), VIEW("x"), err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_get_state(stub, VIEW("\xff"), &value, err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_put_state(stub, VIEW("\0x"), VIEW("x"), err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_set_event(stub, "", VIEW("x"), err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_set_status(stub, 7, NULL, err), HEDDLE_E_BAD_ARGUMENT);
    return heddle_cc_reply_text(stub, "checked", err);
}

static heddle_status composite(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_view key, type, red = VIEW("red");
    const heddle_view *parts;
    size_t count;
    for (const char *const *color = (const char *const[]){"red", "blue", "redder", NULL}; *color;
         color++) {
        heddle_view attributes[] = {heddle_view_str(*color), VIEW("1")};
        ck_assert_int_eq(heddle_cc_composite_key(stub, VIEW("c~n"), attributes, 2, &key, err),
                         HEDDLE_OK);
        ck_assert_int_eq(heddle_cc_put_state(stub, key, heddle_view_str(*color), err), HEDDLE_OK);
    }
    ck_assert_int_eq(heddle_cc_composite_open(stub, VIEW("c~n"), &red, 1, &it, err), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_iterator_next(it, &entry, err), HEDDLE_OK);
    ck_assert(base_view_is(entry.value, "red"));
    ck_assert_int_eq(heddle_cc_split_composite_key(stub, entry.key, &type, &parts, &count, err),
                     HEDDLE_OK);
    ck_assert(base_view_is(type, "c~n"));
    ck_assert_uint_eq(count, 2);
    ck_assert(base_view_is(parts[0], "red"));
    ck_assert_int_eq(heddle_cc_iterator_next(it, &entry, err), HEDDLE_E_END);
    return heddle_cc_reply_text(stub, "done", err);
}

/* Leaves its iterator open. */
static heddle_status first_of_many(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_status st = heddle_cc_range_open(stub, VIEW("k"), VIEW("l"), &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_iterator_next(it, &entry, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, entry.key, err) : st;
}

static heddle_status describe(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_cc_identity who;
    heddle_view secret;
    int64_t seconds;
    int32_t nanos;
    ck_assert_str_eq(context, "context");
    heddle_cc_timestamp(stub, &seconds, &nanos);
    ck_assert_int_eq(heddle_cc_creator(stub, &who, err), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_transient(stub, "secret", &secret, err), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_transient(stub, "other", &secret, err), HEDDLE_E_NOT_FOUND);
    char *text = heddle_cc_printf(
        stub, "%s %s %s %.*s %.*s %lld.%d %.*s", heddle_cc_function_name(stub),
        heddle_cc_tx_id(stub), heddle_cc_channel(stub), BASE_VIEW_ARG(who.msp_id),
        BASE_VIEW_ARG(who.cert_pem), (long long)seconds, (int)nanos, BASE_VIEW_ARG(secret));
    return heddle_cc_reply_text(stub, text, err);
}

static const heddle_cc_transaction transactions[] = {{"Get", get, .unchecked = true},
                                                     {"Watch", watch, .unchecked = true},
                                                     {"Stick", stick, .unchecked = true},
                                                     {"Teapot", teapot, .unchecked = true},
                                                     {"Fail", fail_silently, .unchecked = true},
                                                     {"Latin1", fail_in_latin1, .unchecked = true},
                                                     {"BadKeys", bad_keys, .unchecked = true},
                                                     {"Composite", composite, .unchecked = true},
                                                     {"First", first_of_many, .unchecked = true},
                                                     {"Describe", describe, .unchecked = true}};

static char context_text[] = "context";

static heddle_cc_contract contract = {.size = sizeof(heddle_cc_contract),
                                      .name = "T",
                                      .transactions = transactions,
                                      .transaction_count = BASE_COUNT(transactions),
                                      .context = context_text};

static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static void open_server(unsigned workers, unsigned queue_limit, unsigned answer_timeout_ms)
{
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    heddle_error err;
    options.address = "127.0.0.1:0";
    options.chaincode_id = "cc:2";
    options.workers = workers;
    options.queue_limit = queue_limit;
    options.answer_timeout_ms = answer_timeout_ms;
    options.drain_ms = drain_ms;
    heddle_status st = heddle_cc_server_open(&options, &chaincode, &server, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    rpc_latch_init(&stuck_entered, 1);
    rpc_latch_init(&stuck_release, 1);
    rpc_latch_init(&gone_seen, 1);
}

static void start(void)
{
    open_server(8, 0, 0);
}

static void stop(void)
{
    heddle_cc_server_close(server);
}

static void connect_peer(fake_peer *peer)
{
    fake_peer_connect(peer, heddle_cc_server_port(server));
    fake_peer_greet(peer, "cc:2");
}

START_TEST(failures_become_responses_with_a_status)
{
    fake_peer peer;
    connect_peer(&peer);
    Protos__Response *r = FAKE_PEER_CALL(&peer, "1", "Teapot");
    ck_assert_int_eq(r->status, 418);
    ck_assert_str_eq(r->message, "short and stout");
    ck_assert(fake_peer_is(r->payload, "tea"));
    r = FAKE_PEER_CALL(&peer, "2", "Fail");
    ck_assert_int_eq(r->status, 500);
    ck_assert_str_eq(r->message, "policy is not satisfied");
    r = FAKE_PEER_CALL(&peer, "3", "Latin1");
    ck_assert_int_eq(r->status, 500);
    ck_assert_str_eq(r->message, "caf? \xc3\xa4");
    r = FAKE_PEER_CALL(&peer, "4", "Missing");
    ck_assert_int_eq(r->status, 500);
    ck_assert_str_eq(r->message, "You've asked to invoke a function that does not exist: Missing");
    r = FAKE_PEER_CALL(&peer, "5", "T:BadKeys");
    ck_assert_str_eq(r->message, "");
    ck_assert(fake_peer_is(r->payload, "checked"));
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(a_failed_transaction_has_no_event)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1", (const char *const[]){"Fail", NULL});
    ck_assert_ptr_null(fake_peer_serve(&peer)->chaincode_event);
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(init_fails_with_an_error_message)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(INIT), "1", (const char *const[]){NULL});
    ck_assert_int_eq(fake_peer_serve(&peer)->type, FAKE_PEER_TYPE(COMPLETED));
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(INIT), "2", (const char *const[]){"Latin1", NULL});
    Protos__ChaincodeMessage *m = fake_peer_serve(&peer);
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(ERROR));
    ck_assert_str_eq(m->txid, "2");
    ck_assert(fake_peer_is(m->payload, "caf? \xc3\xa4"));
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(composite_keys_are_found_by_their_prefix)
{
    fake_peer peer;
    connect_peer(&peer);
    Protos__Response *r = FAKE_PEER_CALL(&peer, "1", "Composite");
    ck_assert_int_eq(r->status, 200);
    ck_assert_uint_eq(base_map_count(peer.state), 3);
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(an_iterator_left_open_costs_no_request)
{
    fake_peer peer;
    connect_peer(&peer);
    for (int i = 0; i < 5; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        ck_assert_int_eq(base_map_put(peer.state, heddle_view_str(key), base_strdup("v"), NULL),
                         HEDDLE_OK);
    }
    Protos__Response *r = FAKE_PEER_CALL(&peer, "1", "First");
    ck_assert(fake_peer_is(r->payload, "k0"));
    /* REGISTER, the range, COMPLETED: with that the peer closes what is open. */
    ck_assert_uint_eq(peer.received, 3);
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(the_peers_error_is_the_functions_error)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1",
                     (const char *const[]){"Get", "k", NULL});
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    fake_peer_send(&peer, FAKE_PEER_TYPE(ERROR), "1", VIEW("GET_STATE failed: no ledger context"));
    Protos__ChaincodeMessage *m = fake_peer_take(&peer);
    Protos__Response *r;
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(COMPLETED));
    ck_assert_int_eq(wire_decode(protos__response, wire_view(m->payload), peer.arena, &r, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(r->status, 500);
    ck_assert_str_eq(r->message, "GET_STATE failed: no ledger context");
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(transactions_run_at_the_same_time_and_get_their_own_answers)
{
    enum { COUNT = 8 };
    fake_peer peer;
    connect_peer(&peer);
    char ids[COUNT][16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "tx%d", i);
        fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), ids[i],
                         (const char *const[]){"Get", ids[i], NULL});
    }
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    for (int i = COUNT - 1; i >= 0; i--) {
        fake_peer_send(&peer, FAKE_PEER_TYPE(RESPONSE), ids[i], heddle_view_str(ids[i]));
        Protos__ChaincodeMessage *m = fake_peer_take(&peer);
        Protos__Response *r;
        ck_assert_str_eq(m->txid, ids[i]);
        ck_assert_int_eq(wire_decode(protos__response, wire_view(m->payload), peer.arena, &r, NULL),
                         HEDDLE_OK);
        ck_assert(fake_peer_is(r->payload, ids[i]));
    }
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(a_stuck_function_does_not_stop_the_others)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "stuck",
                     (const char *const[]){"Stick", NULL});
    rpc_latch_wait(&stuck_entered);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(FAKE_PEER_CALL(&peer, "1", "Teapot")->status, 418);
    rpc_latch_down(&stuck_release);
    ck_assert_str_eq(fake_peer_serve(&peer)->txid, "stuck");
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(a_transaction_that_runs_already_is_refused)
{
    fake_peer peer;
    connect_peer(&peer);
    const char *const args[] = {"Get", "k", NULL};
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1", args);
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1", args);
    Protos__ChaincodeMessage *m = fake_peer_take(&peer);
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(ERROR));
    ck_assert(fake_peer_is(m->payload, "transaction 1 runs already"));
    fake_peer_send(&peer, FAKE_PEER_TYPE(RESPONSE), "1", VIEW("v"));
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(COMPLETED));
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(a_lost_peer_wakes_the_function_and_the_next_is_served)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1",
                     (const char *const[]){"Watch", "k", NULL});
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    fake_peer_disconnect(&peer);
    ck_assert(rpc_latch_wait_ms(&gone_seen, 10000));
    ck_assert_int_eq(gone_status, HEDDLE_E_UNAVAILABLE);
    connect_peer(&peer);
    ck_assert_int_eq(FAKE_PEER_CALL(&peer, "1", "Teapot")->status, 418);
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(two_peers_are_served_at_once)
{
    fake_peer one, two;
    connect_peer(&one);
    connect_peer(&two);
    const char *const args[] = {"Get", "k", NULL};
    fake_peer_invoke(&one, FAKE_PEER_TYPE(TRANSACTION), "1", args);
    fake_peer_invoke(&two, FAKE_PEER_TYPE(TRANSACTION), "1", args);
    ck_assert_int_eq(fake_peer_serve(&two)->type, FAKE_PEER_TYPE(COMPLETED));
    ck_assert_int_eq(fake_peer_serve(&one)->type, FAKE_PEER_TYPE(COMPLETED));
    fake_peer_disconnect(&one);
    fake_peer_disconnect(&two);
}
END_TEST

START_TEST(keepalive_is_echoed)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_send(&peer, FAKE_PEER_TYPE(KEEPALIVE), "", VIEW(""));
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(KEEPALIVE));
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(a_peer_that_breaks_the_protocol_is_told_and_cut)
{
    static const int wrong[] = {FAKE_PEER_TYPE(READY), FAKE_PEER_TYPE(TRANSACTION),
                                FAKE_PEER_TYPE(GET_STATE), FAKE_PEER_TYPE(UNDEFINED), 99};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        fake_peer peer;
        fake_peer_connect(&peer, heddle_cc_server_port(server));
        ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(REGISTER));
        fake_peer_send(&peer, (Protos__ChaincodeMessage__Type)wrong[i], "", VIEW(""));
        ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(ERROR));
        ck_assert_ptr_null(fake_peer_take(&peer));
        ck_assert_int_eq(peer.end_code, RPC_INVALID_ARGUMENT);
        fake_peer_disconnect(&peer);
    }
}
END_TEST

START_TEST(bytes_that_are_no_message_end_the_stream)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_send_raw(&peer, VIEW("\xff\xff\xff\xff"));
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(ERROR));
    ck_assert_ptr_null(fake_peer_take(&peer));
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(input_that_cannot_be_read_fails_the_transaction_alone)
{
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_send(&peer, FAKE_PEER_TYPE(TRANSACTION), "1", VIEW("\xff\xff\xff"));
    Protos__ChaincodeMessage *m = fake_peer_take(&peer);
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(ERROR));
    ck_assert_str_eq(m->txid, "1");
    ck_assert_int_eq(FAKE_PEER_CALL(&peer, "2", "Teapot")->status, 418);
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(the_proposal_says_who_when_and_what)
{
    fake_peer peer;
    connect_peer(&peer);
    base_buffer creator = {0};
    ck_assert_int_eq(wire_identity_write(VIEW("Org1MSP"), VIEW("CERT"), &creator), HEDDLE_OK);
    heddle_view function = VIEW("Describe");
    wire_transient transient = {VIEW("secret"), VIEW("hush")};
    wire_proposal_draft draft = {.channel = VIEW("mychannel"),
                                 .chaincode = VIEW("cc"),
                                 .creator = base_buffer_view(&creator),
                                 .nonce = VIEW("nonce-nonce-nonce-nonce"),
                                 .time = {.seconds = 1000, .nanos = 7},
                                 .args = &function,
                                 .arg_count = 1,
                                 .transient = &transient,
                                 .transient_count = 1};
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view proposal, input;
    ck_assert_int_eq(wire_proposal_write(&draft, peer.arena, &proposal, tx_id, NULL), HEDDLE_OK);
    Protos__ChaincodeInput in = PROTOS__CHAINCODE_INPUT__INIT;
    ProtobufCBinaryData arg = wire_bytes(VIEW("Describe"));
    in.n_args = 1;
    in.args = &arg;
    ck_assert_int_eq(wire_encode_arena(&in.base, peer.arena, &input, NULL), HEDDLE_OK);
    Protos__SignedProposal signed_proposal = PROTOS__SIGNED_PROPOSAL__INIT;
    signed_proposal.proposal_bytes = wire_bytes(proposal);
    Protos__ChaincodeMessage m = PROTOS__CHAINCODE_MESSAGE__INIT;
    m.type = FAKE_PEER_TYPE(TRANSACTION);
    m.txid = tx_id;
    m.channel_id = wire_text("mychannel");
    m.payload = wire_bytes(input);
    m.proposal = &signed_proposal;
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(&m.base, peer.arena, &bytes, NULL), HEDDLE_OK);
    fake_peer_send_raw(&peer, bytes);

    Protos__ChaincodeMessage *done = fake_peer_serve(&peer);
    Protos__Response *r;
    ck_assert_int_eq(wire_decode(protos__response, wire_view(done->payload), peer.arena, &r, NULL),
                     HEDDLE_OK);
    char expected[256];
    snprintf(expected, sizeof(expected), "Describe %s mychannel Org1MSP CERT 1000.7 hush", tx_id);
    ck_assert_msg(fake_peer_is(r->payload, expected), "%s", r->message);
    base_buffer_done(&creator);
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(a_peer_that_never_answers_times_out)
{
    open_server(1, 0, 50);
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1",
                     (const char *const[]){"Get", "k", NULL});
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    Protos__ChaincodeMessage *m = fake_peer_take(&peer);
    Protos__Response *r;
    ck_assert_int_eq(wire_decode(protos__response, wire_view(m->payload), peer.arena, &r, NULL),
                     HEDDLE_OK);
    ck_assert_str_eq(r->message, "GET_STATE: the peer does not answer");
    fake_peer_send(&peer, FAKE_PEER_TYPE(RESPONSE), "1", VIEW("late"));
    ck_assert_int_eq(FAKE_PEER_CALL(&peer, "2", "Teapot")->status, 418);
    fake_peer_disconnect(&peer);
    stop();
}
END_TEST

START_TEST(more_transactions_than_may_wait_are_refused)
{
    open_server(1, 2, 0);
    fake_peer peer;
    connect_peer(&peer);
    const char *const args[] = {"Stick", NULL};
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1", args);
    rpc_latch_wait(&stuck_entered);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "2", args);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "3", args);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "4", args);
    Protos__ChaincodeMessage *m = fake_peer_take(&peer);
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(ERROR));
    ck_assert_str_eq(m->txid, "4");
    ck_assert(
        fake_peer_is(m->payload, "the chaincode is busy: 1 transactions run and 2 wait already"));
    rpc_latch_down(&stuck_release);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(COMPLETED));
    fake_peer_disconnect(&peer);
    stop();
}
END_TEST

static void *close_server(void *unused)
{
    (void)unused;
    stop();
    return NULL;
}

START_TEST(closing_lets_what_is_in_flight_finish_and_refuses_the_rest)
{
    fake_peer peer;
    pthread_t closer;
    Protos__ChaincodeMessage *m;
    open_server(4, 0, 0);
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1",
                     (const char *const[]){"Get", "k", NULL});
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    ck_assert_int_eq(pthread_create(&closer, NULL, close_server, NULL), 0);
    do { /* until the closing has begun */
        fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "2",
                         (const char *const[]){"Teapot", NULL});
        m = fake_peer_take(&peer);
        ck_assert_str_eq(m->txid, "2");
    } while (m->type == FAKE_PEER_TYPE(COMPLETED));
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(ERROR));
    ck_assert(fake_peer_is(m->payload, "the chaincode is stopping and takes no more transactions"));
    fake_peer_send(&peer, FAKE_PEER_TYPE(RESPONSE), "1", VIEW("v"));
    m = fake_peer_take(&peer);
    ck_assert_str_eq(m->txid, "1");
    ck_assert_int_eq(m->type, FAKE_PEER_TYPE(COMPLETED));
    pthread_join(closer, NULL);
    ck_assert_ptr_null(fake_peer_take(&peer));
    fake_peer_disconnect(&peer);
}
END_TEST

START_TEST(closing_wakes_what_still_waits_in_the_end)
{
    drain_ms = 1;
    open_server(4, 0, 0);
    fake_peer peer;
    connect_peer(&peer);
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1",
                     (const char *const[]){"Watch", "k", NULL});
    ck_assert_int_eq(fake_peer_take(&peer)->type, FAKE_PEER_TYPE(GET_STATE));
    stop();
    ck_assert_int_eq(gone_status, HEDDLE_E_UNAVAILABLE);
    fake_peer_disconnect(&peer);
}
END_TEST

/* Of a peer that shows this certificate; NULL: none. */
static rpc_client_creds *peer_creds(const char *cert_path, const char *key_path)
{
    base_buffer ca = fixture_read("tls/ca.pem");
    base_buffer cert = {0}, key = {0};
    rpc_client_creds *creds = NULL;
    if (cert_path) {
        cert = fixture_read(cert_path);
        key = fixture_read(key_path);
    }
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&ca),
                          .cert_pem = base_buffer_view(&cert),
                          .key_pem = base_buffer_view(&key)};
    ck_assert_int_eq(rpc_client_creds_tls(&tls, &creds, NULL), HEDDLE_OK);
    base_buffer_done(&ca);
    base_buffer_done(&cert);
    base_buffer_done(&key);
    return creds;
}

START_TEST(with_a_client_ca_only_its_peers_are_served)
{
    heddle_error err;
    setenv("CHAINCODE_SERVER_ADDRESS", "127.0.0.1:0", 1);
    setenv("CORE_CHAINCODE_ID_NAME", "cc:2", 1);
    setenv("CHAINCODE_TLS_KEY", HEDDLE_FIXTURES "/tls/server.key", 1);
    setenv("CHAINCODE_TLS_CERT", HEDDLE_FIXTURES "/tls/server.pem", 1);
    setenv("CHAINCODE_CLIENT_CA_CERT", HEDDLE_FIXTURES "/tls/ca.pem", 1);
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    ck_assert_int_eq(heddle_cc_options_from_env(&options, NULL), HEDDLE_OK);
    heddle_status st = heddle_cc_server_open(&options, &chaincode, &server, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);

    fake_peer peer;
    ck_assert_int_eq(rpc_init(1, NULL), HEDDLE_OK);
    rpc_client_creds *creds = peer_creds("tls/client.pem", "tls/client.key");
    fake_peer_connect_as(&peer, heddle_cc_server_port(server), creds);
    fake_peer_greet(&peer, "cc:2");
    ck_assert_int_eq(FAKE_PEER_CALL(&peer, "1", "Teapot")->status, 418);
    fake_peer_disconnect(&peer);
    rpc_client_creds_free(creds);

    creds = peer_creds(NULL, NULL);
    fake_peer_connect_as(&peer, heddle_cc_server_port(server), creds);
    ck_assert_ptr_null(fake_peer_take(&peer));
    ck_assert_int_eq(peer.end_code, RPC_UNAVAILABLE);
    fake_peer_disconnect(&peer);
    rpc_client_creds_free(creds);
    rpc_shutdown();
    stop();
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused)
{
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    heddle_error err;
    ck_assert_int_eq(heddle_cc_server_open(&options, &chaincode, &server, &err), HEDDLE_E_CONFIG);
    options.chaincode_id = "x";
    ck_assert_int_eq(heddle_cc_server_open(&options, &chaincode, &server, &err), HEDDLE_E_CONFIG);
    options.address = "127.0.0.1:0";
    options.tls_key_file = HEDDLE_FIXTURES "/tls/server.key";
    ck_assert_int_eq(heddle_cc_server_open(&options, &chaincode, &server, &err), HEDDLE_E_CONFIG);
    options.tls_cert_file = "/nonexistent";
    ck_assert_int_eq(heddle_cc_server_open(&options, &chaincode, &server, &err), HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "/nonexistent"));
    options.tls_cert_file = HEDDLE_FIXTURES "/tls/server.pem";
    options.address = "127.0.0.1:nonsense";
    ck_assert_int_eq(heddle_cc_server_open(&options, &chaincode, &server, &err),
                     HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE(
        "served", failures_become_responses_with_a_status, a_failed_transaction_has_no_event,
        init_fails_with_an_error_message, composite_keys_are_found_by_their_prefix,
        an_iterator_left_open_costs_no_request, the_peers_error_is_the_functions_error,
        transactions_run_at_the_same_time_and_get_their_own_answers,
        a_stuck_function_does_not_stop_the_others, a_transaction_that_runs_already_is_refused,
        a_lost_peer_wakes_the_function_and_the_next_is_served, two_peers_are_served_at_once,
        keepalive_is_echoed, a_peer_that_breaks_the_protocol_is_told_and_cut,
        bytes_that_are_no_message_end_the_stream,
        input_that_cannot_be_read_fails_the_transaction_alone, the_proposal_says_who_when_and_what);
    tcase_add_checked_fixture(c, start, stop);
    TCase *own = SUITE_CASE("own server", a_peer_that_never_answers_times_out,
                            more_transactions_than_may_wait_are_refused,
                            closing_lets_what_is_in_flight_finish_and_refuses_the_rest,
                            closing_wakes_what_still_waits_in_the_end,
                            with_a_client_ca_only_its_peers_are_served,
                            options_that_make_no_sense_are_refused);
    Suite *suite = suite_create("chaincode/server");
    suite_add_tcase(suite, c);
    suite_add_tcase(suite, own);
    return suite_run(suite);
}
