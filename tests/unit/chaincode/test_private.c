/* Private data: the same requests with a collection, and writes that wait. */
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
    heddle_view value = {0}, hash = {0}, policy = {0};
    heddle_status st = heddle_cc_get_private(stub, "c1", VIEW("a"), &value, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_get_private_hash(stub, "c1", VIEW("a"), &hash, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_get_private_policy(stub, "c1", VIEW("a"), &policy, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_reply_text(
            stub, heddle_cc_printf(stub, "%.*s %.*s", BASE_VIEW_ARG(value), BASE_VIEW_ARG(hash)),
            err);
    return st;
}

START_TEST(reads_name_the_collection)
{
    Protos__GetState *get;
    Protos__GetStateMetadata *metadata;
    fake_port_answer(&port, CC_RESPONSE, VIEW("secret"));
    fake_port_answer(&port, CC_RESPONSE, VIEW("hash"));
    FAKE_PORT_RUN(&port, reads, "Read");
    ck_assert_view(port.response.payload, "secret hash");
    FAKE_PORT_REQUEST(&port, 0, CC_GET_STATE, protos__get_state, &get);
    ck_assert_str_eq(get->collection, "c1");
    FAKE_PORT_REQUEST(&port, 1, CC_GET_PRIVATE_DATA_HASH, protos__get_state, &get);
    ck_assert_view(wire_view(get->key), "a");
    ck_assert_str_eq(get->collection, "c1");
    FAKE_PORT_REQUEST(&port, 2, CC_GET_STATE_METADATA, protos__get_state_metadata, &metadata);
    ck_assert_str_eq(metadata->collection, "c1");
}
END_TEST

FUNCTION(reads_many)
{
    (void)context;
    const heddle_view keys[] = {VIEW("a"), VIEW("b")};
    heddle_view values[2];
    heddle_status st = heddle_cc_get_privates(stub, "c1", keys, 2, values, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, values[1], err) : st;
}

START_TEST(many_are_read_with_one_request)
{
    Protos__GetStateMultiple *get;
    ProtobufCBinaryData values[] = {wire_bytes(VIEW("1")), wire_bytes(VIEW("2"))};
    Protos__GetStateMultipleResult result = PROTOS__GET_STATE_MULTIPLE_RESULT__INIT;
    result.values = values;
    result.n_values = 2;
    port.limits = (cc_limits){.use_multi_get = true, .max_multi_get = 100};
    fake_port_answer_message(&port, &result.base);
    FAKE_PORT_RUN(&port, reads_many, "Read");
    ck_assert_view(port.response.payload, "2");
    FAKE_PORT_REQUEST(&port, 0, CC_GET_STATE_MULTIPLE, protos__get_state_multiple, &get);
    ck_assert_str_eq(get->collection, "c1");
}
END_TEST

FUNCTION(writes)
{
    (void)context;
    heddle_status st = heddle_cc_put_private(stub, "c1", VIEW("a"), VIEW("1"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_del_private(stub, "c1", VIEW("b"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_purge_private(stub, "c1", VIEW("c"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_private_policy(stub, "c1", VIEW("d"), VIEW("p"), err);
    return st;
}

START_TEST(writes_wait_for_the_peer)
{
    Protos__PutState *put;
    Protos__DelState *del;
    Protos__PurgePrivateState *purge;
    Protos__PutStateMetadata *metadata;
    FAKE_PORT_RUN(&port, writes, "Write");
    ck_assert_int_eq(port.response.status, 200);
    for (size_t i = 0; i < port.count; i++)
        ck_assert(!port.requests[i].posted);
    FAKE_PORT_REQUEST(&port, 0, CC_PUT_STATE, protos__put_state, &put);
    ck_assert_str_eq(put->collection, "c1");
    ck_assert_view(wire_view(put->value), "1");
    FAKE_PORT_REQUEST(&port, 1, CC_DEL_STATE, protos__del_state, &del);
    ck_assert_str_eq(del->collection, "c1");
    FAKE_PORT_REQUEST(&port, 2, CC_PURGE_PRIVATE_DATA, protos__purge_private_state, &purge);
    ck_assert_view(wire_view(purge->key), "c");
    ck_assert_str_eq(purge->collection, "c1");
    FAKE_PORT_REQUEST(&port, 3, CC_PUT_STATE_METADATA, protos__put_state_metadata, &metadata);
    ck_assert_str_eq(metadata->collection, "c1");
}
END_TEST

FUNCTION(tries_to_write)
{
    (void)context;
    if (heddle_cc_put_private(stub, "c1", VIEW("a"), VIEW("1"), NULL) != HEDDLE_E_REFUSED)
        return heddle_cc_fail(err, "it may");
    return heddle_cc_reply_text(stub, "it may not", err);
}

START_TEST(a_function_may_go_on_after_a_refused_private_write)
{
    fake_port_answer(&port, CC_ERROR, VIEW("no write access"));
    FAKE_PORT_RUN(&port, tries_to_write, "Write");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_view(port.response.payload, "it may not");
}
END_TEST

FUNCTION(iterates)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_private_range_open(stub, "c1", VIEW(""), VIEW("z"), &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_private_composite_open(stub, "c1", VIEW("t"), NULL, 0, &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_private_query_open(stub, "c1", VIEW("{}"), &it, err);
    return st;
}

START_TEST(ranges_and_queries_name_the_collection)
{
    Protos__GetStateByRange *range;
    Protos__GetQueryResult *query;
    FAKE_PORT_RUN(&port, iterates, "Range");
    ck_assert_int_eq(port.response.status, 200);
    FAKE_PORT_REQUEST(&port, 0, CC_GET_STATE_BY_RANGE, protos__get_state_by_range, &range);
    ck_assert_str_eq(range->collection, "c1");
    ck_assert_view(wire_view(range->startkey), "\x01");
    FAKE_PORT_REQUEST(&port, 1, CC_GET_STATE_BY_RANGE, protos__get_state_by_range, &range);
    ck_assert_str_eq(range->collection, "c1");
    ck_assert(base_view_equal(wire_view(range->startkey), VIEW("\0t\0")));
    FAKE_PORT_REQUEST(&port, 2, CC_GET_QUERY_RESULT, protos__get_query_result, &query);
    ck_assert_str_eq(query->collection, "c1");
}
END_TEST

/* Every function that takes a collection, with this one. */
FUNCTION(names)
{
    (void)context;
    const char *c = heddle_cc_arg_text(stub, 0);
    heddle_view key = VIEW("a"), value;
    heddle_cc_iterator *it;
    heddle_status all[] = {
        heddle_cc_get_private(stub, c, key, &value, NULL),
        heddle_cc_get_privates(stub, c, &key, 1, &value, NULL),
        heddle_cc_get_private_hash(stub, c, key, &value, NULL),
        heddle_cc_get_private_policy(stub, c, key, &value, NULL),
        heddle_cc_put_private(stub, c, key, key, NULL),
        heddle_cc_del_private(stub, c, key, NULL),
        heddle_cc_purge_private(stub, c, key, NULL),
        heddle_cc_set_private_policy(stub, c, key, key, NULL),
        heddle_cc_private_range_open(stub, c, key, key, &it, NULL),
        heddle_cc_private_composite_open(stub, c, key, NULL, 0, &it, NULL),
        heddle_cc_private_query_open(stub, c, key, &it, NULL),
    };
    for (size_t i = 0; i < BASE_COUNT(all); i++) {
        if (all[i] != HEDDLE_E_BAD_ARGUMENT)
            return heddle_cc_fail(err, "function %zu gave %d", i, (int)all[i]);
    }
    return heddle_cc_get_private(stub, c, key, &value, err);
}

START_TEST(a_collection_must_have_a_name)
{
    FAKE_PORT_RUN(&port, names, "Names", "");
    ck_assert_view(port.response.message, "collection must not be an empty string");
    FAKE_PORT_RUN(&port, names, "Names"); /* NULL */
    ck_assert_view(port.response.message, "collection must not be an empty string");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

FUNCTION(names_garbage)
{
    (void)context;
    heddle_view value;
    return heddle_cc_get_private(stub, "\xff", VIEW("a"), &value, err);
}

START_TEST(a_collections_name_is_utf8)
{
    FAKE_PORT_RUN(&port, names_garbage, "Names");
    ck_assert_view(port.response.message, "collection is not UTF-8");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/private");
    TCase *tests =
        SUITE_CASE("private", reads_name_the_collection, many_are_read_with_one_request,
                   writes_wait_for_the_peer, a_function_may_go_on_after_a_refused_private_write,
                   ranges_and_queries_name_the_collection, a_collection_must_have_a_name,
                   a_collections_name_is_utf8);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
