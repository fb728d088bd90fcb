/* Chaincode to chaincode. */
#include "fake_port.h"
#include "peer/proposal_response.pb-c.h"
#include "support/suite.h"

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

/* What the peer gives back: a message in the message. */
static void answer_with(Protos__ChaincodeMessage__Type type, int status, const char *message,
                        const char *payload)
{
    Protos__Response response = PROTOS__RESPONSE__INIT;
    Protos__ChaincodeMessage last = PROTOS__CHAINCODE_MESSAGE__INIT;
    heddle_view bytes;
    response.status = status;
    response.message = wire_text(message);
    response.payload = wire_bytes(heddle_view_str(payload));
    ck_assert_ok(wire_encode_arena(&response.base, port.arena, &bytes, NULL));
    last.type = type;
    last.payload = wire_bytes(status ? bytes : heddle_view_str(payload));
    fake_port_answer_message(&port, &last.base);
}

/* The arguments: chaincode, channel ("": none), the callee's. */
FUNCTION(calls)
{
    (void)context;
    heddle_cc_response response;
    size_t count;
    const heddle_view *args = heddle_cc_raw_args(stub, &count);
    const char *channel = heddle_cc_arg_text(stub, 1);
    heddle_status st =
        heddle_cc_call(stub, heddle_cc_arg_text(stub, 0), channel && channel[0] ? channel : NULL,
                       args + 3, count < 3 ? 0 : count - 3, &response, err);
    if (st != HEDDLE_OK)
        return st;
    return heddle_cc_reply_text(stub,
                                heddle_cc_printf(stub, "%d|%.*s|%.*s", (int)response.status,
                                                 BASE_VIEW_ARG(response.message),
                                                 BASE_VIEW_ARG(response.payload)),
                                err);
}

START_TEST(a_call_names_chaincode_and_arguments_and_gives_the_response)
{
    Protos__ChaincodeSpec *spec;
    answer_with(PROTOS__CHAINCODE_MESSAGE__TYPE__COMPLETED, 200, "fine", "blue");
    FAKE_PORT_RUN(&port, calls, "Call", "other", "", "Read", "a1");
    ck_assert_view(port.response.payload, "200|fine|blue");
    FAKE_PORT_REQUEST(&port, 0, CC_INVOKE_CHAINCODE, protos__chaincode_spec, &spec);
    ck_assert_str_eq(spec->chaincode_id->name, "other");
    ck_assert_uint_eq(spec->input->n_args, 2);
    ck_assert_view(wire_view(spec->input->args[1]), "a1");
}
END_TEST

START_TEST(a_channel_stands_behind_the_name)
{
    Protos__ChaincodeSpec *spec;
    answer_with(PROTOS__CHAINCODE_MESSAGE__TYPE__COMPLETED, 200, "", "");
    FAKE_PORT_RUN(&port, calls, "Call", "other", "far");
    FAKE_PORT_REQUEST(&port, 0, CC_INVOKE_CHAINCODE, protos__chaincode_spec, &spec);
    ck_assert_str_eq(spec->chaincode_id->name, "other/far");
}
END_TEST

START_TEST(a_status_of_the_other_chaincode_is_passed_on)
{
    answer_with(PROTOS__CHAINCODE_MESSAGE__TYPE__COMPLETED, 404, "no such asset", "");
    FAKE_PORT_RUN(&port, calls, "Call", "other", "");
    ck_assert_view(port.response.payload, "404|no such asset|");
}
END_TEST

START_TEST(what_the_peer_refuses_is_a_response_with_its_words)
{
    char words[2000];
    memset(words, 'w', sizeof(words));
    fake_port_answer(&port, CC_ERROR, heddle_view_of(words, sizeof(words)));
    FAKE_PORT_RUN(&port, calls, "Call", "nobody", "");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.response.payload.len, 4 + sizeof(words) + 1 + sizeof(words));
    answer_with(PROTOS__CHAINCODE_MESSAGE__TYPE__ERROR, 0, "", "its Init failed");
    FAKE_PORT_RUN(&port, calls, "Call", "other", "");
    ck_assert_view(port.response.payload, "500|its Init failed|its Init failed");
}
END_TEST

START_TEST(an_empty_refusal_is_one_too)
{
    fake_port_answer(&port, CC_ERROR, VIEW(""));
    FAKE_PORT_RUN(&port, calls, "Call", "other", "");
    ck_assert(base_view_starts(port.response.payload, VIEW("500|")));
}
END_TEST

START_TEST(a_peer_that_is_gone_is_no_response)
{
    fake_port_answer(&port, 0, VIEW(""));
    FAKE_PORT_RUN(&port, calls, "Call", "other", "");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "INVOKE_CHAINCODE: the peer is gone");
}
END_TEST

START_TEST(an_answer_that_cannot_be_read_is_an_error)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("\xff"));
    FAKE_PORT_RUN(&port, calls, "Call", "other", "");
    ck_assert_int_eq(port.response.status, 500);
}
END_TEST

START_TEST(there_must_be_a_chaincode_to_call)
{
    FAKE_PORT_RUN(&port, calls, "Call", "", "");
    ck_assert_view(port.response.message, "no chaincode to call");
    FAKE_PORT_RUN(&port, calls, "Call");
    ck_assert_view(port.response.message, "no chaincode to call");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/invoke");
    TCase *tests =
        SUITE_CASE("invoke", a_call_names_chaincode_and_arguments_and_gives_the_response,
                   a_channel_stands_behind_the_name, a_status_of_the_other_chaincode_is_passed_on,
                   what_the_peer_refuses_is_a_response_with_its_words, an_empty_refusal_is_one_too,
                   a_peer_that_is_gone_is_no_response, an_answer_that_cannot_be_read_is_an_error,
                   there_must_be_a_chaincode_to_call);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
