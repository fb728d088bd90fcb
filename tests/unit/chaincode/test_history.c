/* The history of a key. */
#include "fake_port.h"
#include "ledger/queryresult/kv_query_result.pb-c.h"
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

static void answer_change(const char *tx_id, const char *value, bool has_more)
{
    Queryresult__KeyModification change = QUERYRESULT__KEY_MODIFICATION__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Protos__QueryResultBytes result = PROTOS__QUERY_RESULT_BYTES__INIT;
    Protos__QueryResultBytes *results[] = {&result};
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    heddle_view bytes;
    time.seconds = 1700000000;
    time.nanos = 5;
    change.tx_id = wire_text(tx_id);
    change.value = wire_bytes(heddle_view_str(value));
    change.timestamp = &time;
    change.is_delete = !value[0];
    ck_assert_ok(wire_encode_arena(&change.base, port.arena, &bytes, NULL));
    result.resultbytes = wire_bytes(bytes);
    response.results = results;
    response.n_results = 1;
    response.has_more = has_more;
    response.id = wire_text("h");
    fake_port_answer_message(&port, &response.base);
}

FUNCTION(tells)
{
    (void)context;
    heddle_cc_history *history;
    heddle_cc_modification change;
    const char *text = "";
    heddle_status st = heddle_cc_history_open(stub, heddle_cc_arg(stub, 0), &history, err);
    if (st != HEDDLE_OK)
        return st;
    while ((st = heddle_cc_history_next(history, &change, err)) == HEDDLE_OK)
        text = heddle_cc_printf(stub, "%s%s=%.*s@%lld.%d%s ", text, change.tx_id,
                                BASE_VIEW_ARG(change.value), (long long)change.seconds,
                                (int)change.nanos, change.is_delete ? " deleted" : "");
    return st == HEDDLE_E_END ? heddle_cc_reply_text(stub, text, err) : st;
}

START_TEST(changes_come_as_the_peer_orders_them)
{
    Protos__GetHistoryForKey *asked;
    answer_change("t2", "", true);
    answer_change("t1", "blue", false);
    FAKE_PORT_RUN(&port, tells, "History", "a");
    ck_assert_view(port.response.payload, "t2=@1700000000.5 deleted t1=blue@1700000000.5 ");
    FAKE_PORT_REQUEST(&port, 0, CC_GET_HISTORY_FOR_KEY, protos__get_history_for_key, &asked);
    ck_assert_view(wire_view(asked->key), "a");
    ck_assert_int_eq(port.requests[1].type, CC_QUERY_STATE_NEXT);
}
END_TEST

START_TEST(a_key_without_history_has_none)
{
    FAKE_PORT_RUN(&port, tells, "History", "a");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_view(port.response.payload, "");
}
END_TEST

START_TEST(what_the_peer_refuses_or_garbles_is_an_error)
{
    fake_port_answer(&port, CC_ERROR, VIEW("history database not enabled"));
    FAKE_PORT_RUN(&port, tells, "History", "a");
    ck_assert_view(port.response.message, "history database not enabled");
    fake_port_answer(&port, CC_RESPONSE, VIEW("\x0a\x03\x0a\x01\xff"));
    FAKE_PORT_RUN(&port, tells, "History", "a");
    ck_assert_int_eq(port.response.status, 500);
    FAKE_PORT_RUN(&port, tells, "History", "\xff");
    ck_assert_view(port.response.message, "key is not UTF-8");
}
END_TEST

FUNCTION(closes)
{
    (void)context;
    heddle_cc_history *history;
    heddle_cc_modification change;
    heddle_status st = heddle_cc_history_open(stub, VIEW("a"), &history, err);
    if (st != HEDDLE_OK)
        return st;
    heddle_cc_history_close(history);
    heddle_cc_history_close(NULL);
    return heddle_cc_history_next(history, &change, err) == HEDDLE_E_END
               ? HEDDLE_OK
               : heddle_cc_fail(err, "it goes on");
}

START_TEST(a_history_can_be_closed_early)
{
    answer_change("t1", "blue", true);
    FAKE_PORT_RUN(&port, closes, "History");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_int_eq(port.requests[1].type, CC_QUERY_STATE_CLOSE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/history");
    TCase *tests =
        SUITE_CASE("history", changes_come_as_the_peer_orders_them, a_key_without_history_has_none,
                   what_the_peer_refuses_or_garbles_is_an_error, a_history_can_be_closed_early);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
