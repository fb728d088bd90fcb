/* Public state and key-level policies: what is asked of the peer, and what is refused. */
#include <stdio.h>

#include "fake_port.h"
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

FUNCTION(reads)
{
    (void)context;
    heddle_view value = {0};
    heddle_status st = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

START_TEST(a_read_asks_for_the_key_and_gives_the_answer)
{
    Protos__GetState *get;
    fake_port_answer(&port, CC_RESPONSE, VIEW("blue"));
    FAKE_PORT_RUN(&port, reads, "Get", "a1");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_view(port.response.payload, "blue");
    FAKE_PORT_REQUEST(&port, 0, CC_GET_STATE, protos__get_state, &get);
    ck_assert_view(wire_view(get->key), "a1");
    ck_assert_str_eq(get->collection, "");
    ck_assert_uint_eq(port.count, 1);
}
END_TEST

START_TEST(the_peers_words_are_the_errors)
{
    fake_port_answer(&port, CC_ERROR, VIEW("GET_STATE failed: no"));
    FAKE_PORT_RUN(&port, reads, "Get", "a1");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "GET_STATE failed: no");
}
END_TEST

FUNCTION(keeps_its_own_value)
{
    (void)context;
    heddle_view value = VIEW("mine"), hash = VIEW("own");
    ck_assert_int_eq(heddle_cc_get_state(stub, VIEW("a"), &value, NULL), HEDDLE_E_REFUSED);
    ck_assert_int_eq(heddle_cc_get_private_hash(stub, "c", VIEW("a"), &hash, NULL),
                     HEDDLE_E_REFUSED);
    ck_assert_view(hash, "own");
    return heddle_cc_reply(stub, value, err);
}

START_TEST(a_read_that_is_refused_leaves_the_value_alone)
{
    fake_port_answer(&port, CC_ERROR, VIEW("no"));
    fake_port_answer(&port, CC_ERROR, VIEW("no"));
    FAKE_PORT_RUN(&port, keeps_its_own_value, "Read");
    ck_assert_view(port.response.payload, "mine");
}
END_TEST

START_TEST(a_key_that_is_no_utf8_never_goes_out)
{
    FAKE_PORT_RUN(&port, reads, "Get", "\xff");
    ck_assert_view(port.response.message, "key is not UTF-8");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

FUNCTION(writes)
{
    (void)context;
    heddle_status st = heddle_cc_put_state(stub, VIEW("a"), VIEW("1\0002"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_del_state(stub, VIEW("b"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_state_policy(stub, VIEW("c"), VIEW("policy"), err);
    return st;
}

START_TEST(public_writes_are_posted_and_settled_before_the_answer)
{
    Protos__PutState *put;
    Protos__DelState *del;
    Protos__PutStateMetadata *metadata;
    FAKE_PORT_RUN(&port, writes, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 3);
    ck_assert_uint_eq(port.settled, 1);
    for (size_t i = 0; i < port.count; i++)
        ck_assert(port.requests[i].posted);
    FAKE_PORT_REQUEST(&port, 0, CC_PUT_STATE, protos__put_state, &put);
    ck_assert_view(wire_view(put->key), "a");
    ck_assert(base_view_equal(wire_view(put->value), VIEW("1\0002")));
    FAKE_PORT_REQUEST(&port, 1, CC_DEL_STATE, protos__del_state, &del);
    ck_assert_view(wire_view(del->key), "b");
    FAKE_PORT_REQUEST(&port, 2, CC_PUT_STATE_METADATA, protos__put_state_metadata, &metadata);
    ck_assert_view(wire_view(metadata->key), "c");
    ck_assert_str_eq(metadata->metadata->metakey, "VALIDATION_PARAMETER");
    ck_assert_view(wire_view(metadata->metadata->value), "policy");
}
END_TEST

START_TEST(a_port_that_cannot_post_is_asked)
{
    port.port.post = NULL;
    port.port.settle = NULL;
    FAKE_PORT_RUN(&port, writes, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 3);
    ck_assert(!port.requests[2].posted);
}
END_TEST

START_TEST(a_write_that_the_peer_refuses_fails_the_transaction)
{
    port.unsettled = "PUT_STATE failed: no";
    FAKE_PORT_RUN(&port, writes, "Write");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "PUT_STATE failed: no");
}
END_TEST

FUNCTION(writes_then_fails)
{
    heddle_status st = writes(stub, context, err);
    return st == HEDDLE_OK ? heddle_cc_fail(err, "changed my mind") : st;
}

START_TEST(a_function_that_fails_is_settled_too)
{
    port.unsettled = "PUT_STATE failed: no";
    FAKE_PORT_RUN(&port, writes_then_fails, "Write");
    ck_assert_uint_eq(port.settled, 1);
    ck_assert_view(port.response.message, "changed my mind");
}
END_TEST

FUNCTION(answers_then_writes)
{
    heddle_status st = heddle_cc_set_status(stub, 201, "made", err);
    return st == HEDDLE_OK ? writes(stub, context, err) : st;
}

START_TEST(a_refused_write_outweighs_a_status_of_the_function)
{
    port.unsettled = "no";
    FAKE_PORT_RUN(&port, answers_then_writes, "Write");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "no");
}
END_TEST

FUNCTION(puts_its_argument)
{
    (void)context;
    return heddle_cc_put_state(stub, heddle_cc_arg(stub, 0), VIEW("x"), err);
}

START_TEST(keys_that_must_not_be_written_are_refused)
{
    FAKE_PORT_RUN(&port, puts_its_argument, "Put", "");
    ck_assert_view(port.response.message, "key must not be an empty string");
    FAKE_PORT_RUN(&port, puts_its_argument, "Put", "\xc3(");
    ck_assert_view(port.response.message, "key is not UTF-8");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

FUNCTION(puts_below_zero)
{
    (void)context;
    return heddle_cc_put_state(stub, VIEW("\0simple"), VIEW("x"), err);
}

START_TEST(only_composite_keys_begin_with_zero)
{
    FAKE_PORT_RUN(&port, puts_below_zero, "Put");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

FUNCTION(gets_many)
{
    (void)context;
    heddle_view keys[250], values[250];
    for (size_t i = 0; i < 250; i++)
        keys[i] = heddle_view_str(heddle_cc_printf(stub, "k%03zu", i));
    heddle_status st = heddle_cc_get_states(stub, keys, 250, values, err);
    if (st != HEDDLE_OK)
        return st;
    return heddle_cc_reply_text(stub,
                                heddle_cc_printf(stub, "%.*s %.*s %zu", BASE_VIEW_ARG(values[0]),
                                                 BASE_VIEW_ARG(values[249]), values[1].len),
                                err);
}

static void answer_values(size_t count)
{
    ProtobufCBinaryData values[250];
    char texts[250][24];
    Protos__GetStateMultipleResult result = PROTOS__GET_STATE_MULTIPLE_RESULT__INIT;
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[i], sizeof(texts[i]), "v%zu", i);
        values[i] = wire_bytes(heddle_view_str(i == 1 ? "" : texts[i]));
    }
    result.values = values;
    result.n_values = count;
    fake_port_answer_message(&port, &result.base);
}

START_TEST(many_keys_go_out_in_pieces_of_the_peers_limit)
{
    Protos__GetStateMultiple *get;
    port.limits = (cc_limits){.use_multi_get = true, .max_multi_get = 100};
    answer_values(100);
    answer_values(100);
    answer_values(50);
    FAKE_PORT_RUN(&port, gets_many, "Get");
    ck_assert_view(port.response.payload, "v0 v49 0");
    ck_assert_uint_eq(port.count, 3);
    FAKE_PORT_REQUEST(&port, 2, CC_GET_STATE_MULTIPLE, protos__get_state_multiple, &get);
    ck_assert_uint_eq(get->n_keys, 50);
    ck_assert_view(wire_view(get->keys[0]), "k200");
}
END_TEST

START_TEST(a_peer_that_knows_no_multi_get_is_asked_key_by_key)
{
    FAKE_PORT_RUN(&port, gets_many, "Get");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 250);
    ck_assert_int_eq(port.requests[249].type, CC_GET_STATE);
}
END_TEST

START_TEST(a_limit_of_no_keys_is_one)
{
    port.limits = (cc_limits){.use_multi_get = true};
    FAKE_PORT_RUN(&port, gets_many, "Get");
    ck_assert_uint_eq(port.count, 250);
}
END_TEST

START_TEST(values_must_be_as_many_as_the_keys)
{
    port.limits = (cc_limits){.use_multi_get = true, .max_multi_get = 1000};
    answer_values(249);
    FAKE_PORT_RUN(&port, gets_many, "Get");
    ck_assert_view(port.response.message, "GET_STATE_MULTIPLE: 249 values for 250 keys");
    fake_port_answer(&port, CC_RESPONSE, VIEW("\xff\xff"));
    FAKE_PORT_RUN(&port, gets_many, "Get");
    ck_assert_int_eq(port.response.status, 500);
}
END_TEST

FUNCTION(gets_none)
{
    (void)context;
    return heddle_cc_get_states(stub, NULL, 0, NULL, err);
}

START_TEST(no_keys_are_no_request)
{
    FAKE_PORT_RUN(&port, gets_none, "Get");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

FUNCTION(reads_policy)
{
    (void)context;
    heddle_view policy;
    heddle_status st = heddle_cc_get_state_policy(stub, VIEW("a"), &policy, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, policy, err) : st;
}

START_TEST(a_policy_is_one_of_the_keys_metadata)
{
    Protos__StateMetadata other = PROTOS__STATE_METADATA__INIT;
    Protos__StateMetadata own = PROTOS__STATE_METADATA__INIT;
    Protos__StateMetadata *entries[] = {&other, &own};
    Protos__StateMetadataResult result = PROTOS__STATE_METADATA_RESULT__INIT;
    Protos__GetStateMetadata *get;
    other.metakey = wire_text("OTHER");
    other.value = wire_bytes(VIEW("no"));
    own.metakey = wire_text("VALIDATION_PARAMETER");
    own.value = wire_bytes(VIEW("policy"));
    result.entries = entries;
    result.n_entries = 2;
    fake_port_answer_message(&port, &result.base);
    FAKE_PORT_RUN(&port, reads_policy, "Policy");
    ck_assert_view(port.response.payload, "policy");
    FAKE_PORT_REQUEST(&port, 0, CC_GET_STATE_METADATA, protos__get_state_metadata, &get);
    ck_assert_view(wire_view(get->key), "a");
}
END_TEST

START_TEST(a_key_without_policy_has_an_empty_one)
{
    FAKE_PORT_RUN(&port, reads_policy, "Policy");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_uint_eq(port.response.payload.len, 0);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("\x0a\x7f"));
    FAKE_PORT_RUN(&port, reads_policy, "Policy");
    ck_assert_int_eq(port.response.status, 500);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/state");
    TCase *tests = SUITE_CASE(
        "state", a_read_asks_for_the_key_and_gives_the_answer, the_peers_words_are_the_errors,
        a_read_that_is_refused_leaves_the_value_alone, a_key_that_is_no_utf8_never_goes_out,
        public_writes_are_posted_and_settled_before_the_answer, a_port_that_cannot_post_is_asked,
        a_write_that_the_peer_refuses_fails_the_transaction, a_function_that_fails_is_settled_too,
        a_refused_write_outweighs_a_status_of_the_function,
        keys_that_must_not_be_written_are_refused, only_composite_keys_begin_with_zero,
        many_keys_go_out_in_pieces_of_the_peers_limit,
        a_peer_that_knows_no_multi_get_is_asked_key_by_key, a_limit_of_no_keys_is_one,
        values_must_be_as_many_as_the_keys, no_keys_are_no_request,
        a_policy_is_one_of_the_keys_metadata, a_key_without_policy_has_an_empty_one,
        what_cannot_be_read_is_an_error);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
