/* What a function is told of its invocation, and what it answers. */
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "fake_port.h"
#include "support/suite.h"
#include "wire/identity.h"
#include "wire/proposal.h"

static fake_port port;

static void setup(void)
{
    fake_port_init(&port);
}

static void teardown(void)
{
    fake_port_done(&port);
}

#define FUNCTION(name)                                                                             \
    static heddle_status name(heddle_cc_stub *stub, void *context, heddle_error *err)

static const uint8_t nonce[24] = {1, 2, 3};

static heddle_view creator(void)
{
    base_buffer bytes = {0};
    ck_assert_ok(wire_identity_write(VIEW("Org1MSP"), VIEW("PEM"), &bytes));
    heddle_view kept = base_arena_view(port.arena, base_buffer_view(&bytes));
    base_buffer_done(&bytes);
    return kept;
}

/* The second transient entry is this. */
static void propose_with(const char *name, const char *value)
{
    const heddle_view args[] = {VIEW("F")};
    const wire_transient transient[] = {{VIEW("a"), VIEW("1")},
                                        {heddle_view_str(name), heddle_view_str(value)}};
    wire_proposal_draft draft = {.channel = VIEW("mychannel"),
                                 .chaincode = VIEW("cc"),
                                 .creator = creator(),
                                 .nonce = heddle_view_of(nonce, sizeof(nonce)),
                                 .time = {.seconds = 1700000000, .nanos = 7},
                                 .args = args,
                                 .arg_count = 1,
                                 .transient = transient,
                                 .transient_count = 2};
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view bytes;
    ck_assert_ok(wire_proposal_write(&draft, port.arena, &bytes, tx_id, NULL));
    ck_assert_ok(
        wire_signed_proposal_write(bytes, VIEW("signature"), port.arena, &port.proposal, NULL));
}

static void propose(void)
{
    propose_with("b", "2");
}

FUNCTION(tells_arguments)
{
    (void)context;
    size_t count;
    heddle_view joined;
    const heddle_view *args = heddle_cc_raw_args(stub, &count);
    heddle_status st = heddle_cc_args_joined(stub, &joined, err);
    if (st != HEDDLE_OK)
        return st;
    return heddle_cc_reply_text(
        stub,
        heddle_cc_printf(stub, "%s %zu %.*s %.*s %zu %s %s", heddle_cc_function_name(stub), count,
                         BASE_VIEW_ARG(args[0]), BASE_VIEW_ARG(joined), heddle_cc_arg_count(stub),
                         heddle_cc_tx_id(stub), heddle_cc_channel(stub)),
        err);
}

START_TEST(arguments_come_in_all_forms)
{
    FAKE_PORT_RUN(&port, tells_arguments, "F", "one", "", "two");
    ck_assert_view(port.response.payload, "F 4 F Fonetwo 3 tx1 mychannel");
}
END_TEST

FUNCTION(tells_proposal)
{
    (void)context;
    heddle_view bytes, proposal, signature, binding;
    heddle_cc_identity identity;
    int64_t seconds;
    int32_t nanos;
    heddle_status st = heddle_cc_creator_bytes(stub, &bytes, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_creator(stub, &identity, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_signed_proposal(stub, &proposal, &signature, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_binding(stub, &binding, err);
    if (st != HEDDLE_OK)
        return st;
    heddle_cc_timestamp(stub, &seconds, &nanos);
    ck_assert(base_view_equal(bytes, creator()));
    ck_assert_view(identity.msp_id, "Org1MSP");
    ck_assert_view(identity.cert_pem, "PEM");
    ck_assert_view(signature, "signature");
    ck_assert(proposal.len > 0);
    ck_assert_int_eq(seconds, 1700000000);
    ck_assert_int_eq(nanos, 7);
    return heddle_cc_reply(stub, binding, err);
}

START_TEST(the_proposal_is_told_and_its_binding)
{
    base_buffer bound = {0};
    uint8_t digest[CRYPTO_SHA256_LEN];
    propose();
    FAKE_PORT_RUN(&port, tells_proposal, "F");
    ck_assert_msg(port.response.status == 200, "%.*s", BASE_VIEW_ARG(port.response.message));
    ck_assert_ok(base_buffer_append(&bound, heddle_view_of(nonce, sizeof(nonce))));
    ck_assert_ok(base_buffer_append(&bound, creator()));
    ck_assert_ok(base_buffer_append(&bound, VIEW("\0\0\0\0\0\0\0\0")));
    ck_assert_ok(crypto_sha256(base_buffer_view(&bound), digest));
    ck_assert(base_view_equal(port.response.payload, heddle_view_of(digest, sizeof(digest))));
    base_buffer_done(&bound);
}
END_TEST

FUNCTION(has_no_proposal)
{
    (void)context;
    heddle_view a, b;
    heddle_cc_identity identity;
    if (heddle_cc_creator_bytes(stub, &a, NULL) != HEDDLE_E_NOT_FOUND ||
        heddle_cc_creator(stub, &identity, NULL) != HEDDLE_E_NOT_FOUND ||
        heddle_cc_signed_proposal(stub, &a, &b, NULL) != HEDDLE_E_NOT_FOUND)
        return HEDDLE_OK;
    ck_assert_uint_eq(heddle_cc_transient_count(stub), 0);
    return heddle_cc_binding(stub, &a, err);
}

START_TEST(without_a_proposal_there_is_nobody_to_tell)
{
    FAKE_PORT_RUN(&port, has_no_proposal, "F");
    ck_assert_view(port.response.message, "the peer gave no proposal");
}
END_TEST

FUNCTION(replies_transient)
{
    (void)context;
    heddle_view found;
    heddle_status st = heddle_cc_transient(stub, "a", &found, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, found, err) : st;
}

START_TEST(of_transient_entries_with_one_name_the_last_counts)
{
    propose_with("a", "2");
    FAKE_PORT_RUN(&port, replies_transient, "F");
    ck_assert_view(port.response.payload, "2");
}
END_TEST

FUNCTION(tells_transient)
{
    (void)context;
    heddle_view name, value, found;
    ck_assert_uint_eq(heddle_cc_transient_count(stub), 2);
    heddle_cc_transient_at(stub, 1, &name, &value);
    ck_assert_view(name, "b");
    ck_assert_view(value, "2");
    heddle_cc_transient_at(stub, 2, &name, &value);
    ck_assert_uint_eq(name.len + value.len, 0);
    heddle_status st = heddle_cc_transient(stub, "a", &found, err);
    ck_assert_int_eq(heddle_cc_transient(stub, "c", &value, NULL), HEDDLE_E_NOT_FOUND);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, found, err) : st;
}

START_TEST(transient_entries_are_found_and_counted)
{
    propose();
    FAKE_PORT_RUN(&port, tells_transient, "F");
    ck_assert_view(port.response.payload, "1");
}
END_TEST

FUNCTION(tells_decorations)
{
    (void)context;
    heddle_view name, value, found;
    ck_assert_uint_eq(heddle_cc_decoration_count(stub), 2);
    heddle_cc_decoration_at(stub, 0, &name, &value);
    ck_assert_view(name, "d");
    ck_assert_view(value, "old");
    heddle_cc_decoration_at(stub, 2, &name, &value);
    ck_assert_uint_eq(name.len + value.len, 0);
    ck_assert_int_eq(heddle_cc_decoration(stub, "e", &value, NULL), HEDDLE_E_NOT_FOUND);
    heddle_status st = heddle_cc_decoration(stub, "d", &found, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, found, err) : st;
}

START_TEST(decorations_of_the_peer_are_found)
{
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    ProtobufCBinaryData arg = wire_bytes(VIEW("F"));
    Protos__ChaincodeInput__DecorationsEntry first =
        PROTOS__CHAINCODE_INPUT__DECORATIONS_ENTRY__INIT;
    Protos__ChaincodeInput__DecorationsEntry second = first;
    Protos__ChaincodeInput__DecorationsEntry *entries[] = {&first, &second};
    first.key = second.key = wire_text("d");
    first.value = wire_bytes(VIEW("old"));
    second.value = wire_bytes(VIEW("new"));
    input.args = &arg;
    input.n_args = 1;
    input.decorations = entries;
    input.n_decorations = 2;
    ck_assert_ok(wire_encode_arena(&input.base, port.arena, &port.input, NULL));
    FAKE_PORT_RUN(&port, tells_decorations, "F");
    ck_assert_view(port.response.payload, "new");
}
END_TEST

FUNCTION(tells_its_answer)
{
    (void)context;
    ck_assert_int_eq(heddle_cc_answer(stub)->status, 200);
    ck_assert_uint_eq(heddle_cc_answer(stub)->payload.len, 0);
    heddle_status st = heddle_cc_reply_text(stub, "blue", err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_status(stub, 201, "made", err);
    ck_assert_int_eq(heddle_cc_answer(stub)->status, 201);
    ck_assert_view(heddle_cc_answer(stub)->message, "made");
    ck_assert_view(heddle_cc_answer(stub)->payload, "blue");
    return st;
}

START_TEST(the_answer_so_far_can_be_looked_at)
{
    FAKE_PORT_RUN(&port, tells_its_answer, "F");
    ck_assert_int_eq(port.response.status, 201);
}
END_TEST

FUNCTION(answers_badly)
{
    (void)context;
    ck_assert_int_eq(heddle_cc_set_status(stub, 99, NULL, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_set_status(stub, 1000, NULL, NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_set_event(stub, NULL, VIEW(""), NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_set_event(stub, "\xff", VIEW(""), NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_cc_expect_args(stub, 1, NULL), HEDDLE_OK);
    ck_assert_ptr_null(heddle_cc_arg_text(stub, 1));
    heddle_status st = heddle_cc_set_event(stub, "first", VIEW("1"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_event(stub, "last", VIEW("2"), err);
    return st == HEDDLE_OK ? heddle_cc_set_event(stub, "", VIEW(""), err) : st;
}

START_TEST(what_cannot_be_answered_is_refused)
{
    FAKE_PORT_RUN(&port, answers_badly, "F", "one");
    ck_assert_view(port.response.message, "event name can not be empty string");
    ck_assert_uint_eq(port.last.event.name.len, 0);
}
END_TEST

FUNCTION(sets_two_events)
{
    (void)context;
    heddle_status st = heddle_cc_set_event(stub, "first", VIEW("1"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_event(stub, "last", VIEW("2"), err);
    return st == HEDDLE_OK ? heddle_cc_expect_args(stub, 2, err) : st;
}

START_TEST(the_last_event_counts)
{
    FAKE_PORT_RUN(&port, sets_two_events, "F", "one", "two");
    ck_assert_view(port.last.event.name, "last");
    ck_assert_view(port.last.event.payload, "2");
    FAKE_PORT_RUN(&port, sets_two_events, "F", "one");
    ck_assert_view(port.response.message, "Incorrect number of params. Expected 2, received 1");
}
END_TEST

static char logged[256];

static void take_line(base_log_level level, const char *line, size_t len, void *user)
{
    (void)user;
    ck_assert_int_eq(level, LOG_WARN);
    snprintf(logged, sizeof(logged), "%.*s", (int)len, line);
}

FUNCTION(logs)
{
    (void)context;
    (void)err;
    base_log_set_level(LOG_INFO);
    base_log_set_sink(take_line, NULL);
    heddle_cc_log(stub, HEDDLE_CC_LOG_DEBUG, "not this");
    heddle_cc_log(stub, HEDDLE_CC_LOG_WARN, "low on %s", "paint");
    base_log_set_sink(NULL, NULL);
    return HEDDLE_OK;
}

START_TEST(a_line_in_the_log_tells_the_transaction)
{
    FAKE_PORT_RUN(&port, logs, "F");
    ck_assert_ptr_nonnull(strstr(logged, "low on paint"));
    ck_assert_ptr_nonnull(strstr(logged, "mychannel"));
    ck_assert_ptr_nonnull(strstr(logged, "tx1"));
}
END_TEST

/* Messages that no peer should send. */
static heddle_status start_with(heddle_view payload, heddle_view proposal, heddle_error *err)
{
    cc_message start = {.type = CC_TRANSACTION,
                        .tx_id = VIEW("tx"),
                        .channel = VIEW("ch"),
                        .payload = payload,
                        .proposal = proposal};
    heddle_cc_stub *stub = NULL;
    heddle_status st = cc_stub_new(&start, &port.port, &port.limits, &stub, err);
    cc_stub_free(stub);
    return st;
}

START_TEST(what_cannot_be_read_is_no_transaction)
{
    heddle_error err;
    heddle_view named, bytes;
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    ProtobufCBinaryData arg = wire_bytes(VIEW("a\0b"));
    input.args = &arg;
    input.n_args = 1;
    ck_assert_ok(wire_encode_arena(&input.base, port.arena, &named, NULL));
    ck_assert_int_eq(start_with(named, VIEW(""), &err), HEDDLE_E_DECODE);
    ck_assert_str_eq(err.message, "the function's name holds a NUL");
    ck_assert_int_eq(start_with(VIEW("\xff"), VIEW(""), &err), HEDDLE_E_DECODE);
    ck_assert_int_eq(start_with(VIEW(""), VIEW("\xff"), &err), HEDDLE_E_DECODE);
    ck_assert_ok(wire_signed_proposal_write(VIEW("\xff"), VIEW("s"), port.arena, &bytes, NULL));
    ck_assert_int_eq(start_with(VIEW(""), bytes, &err), HEDDLE_E_DECODE);
    ck_assert_ok(start_with(VIEW(""), VIEW(""), &err));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/invocation");
    TCase *tests = SUITE_CASE(
        "invocation", arguments_come_in_all_forms, the_proposal_is_told_and_its_binding,
        without_a_proposal_there_is_nobody_to_tell, transient_entries_are_found_and_counted,
        of_transient_entries_with_one_name_the_last_counts, decorations_of_the_peer_are_found,
        what_cannot_be_answered_is_refused, the_last_event_counts,
        a_line_in_the_log_tells_the_transaction, the_answer_so_far_can_be_looked_at,
        what_cannot_be_read_is_no_transaction);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
