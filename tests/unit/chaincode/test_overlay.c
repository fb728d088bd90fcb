/* Reads that see the transaction's own earlier writes. */
#include <stdio.h>

#include "crypto/digest.h"
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
#define TRY(call)                                                                                  \
    do {                                                                                           \
        heddle_status st_ = (call);                                                                \
        if (st_ != HEDDLE_OK)                                                                      \
            return st_;                                                                            \
    } while (0)

/* An answer with these keys, whose values are "-". */
static void answer_keys(const char *keys)
{
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    Protos__QueryResultBytes *results[16];
    heddle_view bytes;
    for (size_t i = 0; keys[i]; i++) {
        Queryresult__KV kv = QUERYRESULT__KV__INIT;
        kv.key = wire_bytes(heddle_view_of(keys + i, 1));
        kv.value = wire_bytes(VIEW("-"));
        ck_assert_ok(wire_encode_arena(&kv.base, port.arena, &bytes, NULL));
        results[i] = wire_new(protos__query_result_bytes, port.arena);
        results[i]->resultbytes = wire_bytes(bytes);
        response.n_results++;
    }
    response.results = results;
    fake_port_answer_message(&port, &response.base);
}

static heddle_status append(heddle_cc_stub *stub, heddle_view value, heddle_error *err)
{
    heddle_view before = heddle_cc_answer(stub)->payload;
    return heddle_cc_reply_text(
        stub, heddle_cc_printf(stub, "%.*s%.*s,", BASE_VIEW_ARG(before), BASE_VIEW_ARG(value)),
        err);
}

static heddle_status append_get(heddle_cc_stub *stub, heddle_view key, heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, key, &value, err));
    return append(stub, value, err);
}

FUNCTION(reads_back)
{
    (void)context;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    TRY(append_get(stub, VIEW("a"), err));
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("2"), err));
    TRY(append_get(stub, VIEW("a"), err));
    TRY(heddle_cc_del_state(stub, VIEW("a"), err));
    TRY(append_get(stub, VIEW("a"), err));
    TRY(append_get(stub, VIEW("b"), err));
    TRY(heddle_cc_put_state(stub, VIEW("e"), VIEW(""), err));
    TRY(append_get(stub, VIEW("e"), err));
    return HEDDLE_OK;
}

START_TEST(a_key_that_was_written_is_read_without_the_peer)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("committed"));
    FAKE_PORT_RUN(&port, reads_back, "F");
    ck_assert_view(port.response.payload, "1,2,,committed,,");
    ck_assert_uint_eq(port.count, 5); /* four writes, one read */
}
END_TEST

FUNCTION(does_not_read_back)
{
    (void)context;
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    TRY(append_get(stub, VIEW("a"), err));
    return HEDDLE_OK;
}

START_TEST(it_is_off_at_first)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("committed"));
    FAKE_PORT_RUN(&port, does_not_read_back, "F");
    ck_assert_view(port.response.payload, "committed,");
}
END_TEST

FUNCTION(switches_too_late)
{
    (void)context;
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    heddle_cc_see_own_writes(stub, true);
    heddle_cc_iterator *it;
    if (heddle_cc_range_open(stub, VIEW("a"), VIEW("b"), &it, NULL) != HEDDLE_E_BAD_STATE)
        return HEDDLE_OK;
    return append_get(stub, VIEW("b"), err);
}

START_TEST(switched_on_after_a_write_reads_fail)
{
    FAKE_PORT_RUN(&port, switches_too_late, "F");
    ck_assert_view(port.response.message,
                   "there are writes from before own writes were to be seen");
}
END_TEST

FUNCTION(switches_off_and_on)
{
    (void)context;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    heddle_cc_see_own_writes(stub, false);
    TRY(append_get(stub, VIEW("a"), err));
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("2"), err));
    heddle_cc_see_own_writes(stub, true);
    return append_get(stub, VIEW("a"), err);
}

START_TEST(what_is_written_while_it_is_off_is_seen_later)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("committed"));
    FAKE_PORT_RUN(&port, switches_off_and_on, "F");
    ck_assert_view(port.response.payload, "committed,2,");
}
END_TEST

FUNCTION(reads_many)
{
    (void)context;
    heddle_view keys[] = {VIEW("a"), VIEW("b"), VIEW("c"), VIEW("d")}, values[4];
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_put_state(stub, VIEW("b"), VIEW("own"), err));
    TRY(heddle_cc_del_state(stub, VIEW("d"), err));
    TRY(heddle_cc_get_states(stub, keys, 4, values, err));
    for (size_t i = 0; i < 4; i++)
        TRY(append(stub, values[i], err));
    return HEDDLE_OK;
}

START_TEST(of_many_keys_only_the_others_are_asked_for)
{
    Protos__GetStateMultiple *get;
    ProtobufCBinaryData values[] = {wire_bytes(VIEW("va")), wire_bytes(VIEW("vc"))};
    Protos__GetStateMultipleResult result = PROTOS__GET_STATE_MULTIPLE_RESULT__INIT;
    result.values = values;
    result.n_values = 2;
    port.limits = (cc_limits){.use_multi_get = true, .max_multi_get = 100};
    fake_port_answer_message(&port, &result.base);
    FAKE_PORT_RUN(&port, reads_many, "F");
    ck_assert_view(port.response.payload, "va,own,vc,,");
    FAKE_PORT_REQUEST(&port, 2, CC_GET_STATE_MULTIPLE, protos__get_state_multiple, &get);
    ck_assert_uint_eq(get->n_keys, 2);
    ck_assert_view(wire_view(get->keys[1]), "c");
}
END_TEST

static heddle_status append_all(heddle_cc_stub *stub, heddle_cc_iterator *it, heddle_error *err)
{
    heddle_cc_entry entry;
    heddle_status st;
    while ((st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK) {
        TRY(append(stub, entry.key, err));
        TRY(append(stub, entry.value, err));
    }
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

FUNCTION(ranges_over_own)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_put_state(stub, VIEW("z"), VIEW("beyond"), err));
    TRY(heddle_cc_put_state(stub, VIEW("y"), VIEW("last"), err));
    TRY(heddle_cc_put_state(stub, VIEW("c"), VIEW("new"), err));
    TRY(heddle_cc_put_state(stub, VIEW("d"), VIEW("changed"), err));
    TRY(heddle_cc_del_state(stub, VIEW("b"), err));
    TRY(heddle_cc_del_state(stub, VIEW("f"), err));
    TRY(heddle_cc_put_state(stub, VIEW("B"), VIEW("before"), err));
    TRY(heddle_cc_put_private(stub, "c1", VIEW("c"), VIEW("secret"), err));
    TRY(heddle_cc_range_open(stub, VIEW("a"), VIEW("z"), &it, err));
    TRY(heddle_cc_put_state(stub, VIEW("x"), VIEW("too late"), err));
    return append_all(stub, it, err);
}

START_TEST(a_range_shows_own_writes_in_their_place)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("")); /* to the private write */
    answer_keys("abdeg");
    FAKE_PORT_RUN(&port, ranges_over_own, "F");
    ck_assert_view(port.response.payload, "a,-,c,new,d,changed,e,-,g,-,y,last,");
}
END_TEST

START_TEST(a_range_that_is_empty_at_the_peer_shows_own_writes)
{
    FAKE_PORT_RUN(&port, ranges_over_own, "F");
    ck_assert_view(port.response.payload, "c,new,d,changed,y,last,");
}
END_TEST

FUNCTION(closes_over_own)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_put_state(stub, VIEW("c"), VIEW("1"), err));
    TRY(heddle_cc_range_open(stub, VIEW("a"), VIEW(""), &it, err));
    TRY(heddle_cc_iterator_next(it, &entry, err));
    heddle_cc_iterator_close(it);
    return append_all(stub, it, err);
}

START_TEST(a_closed_iterator_shows_no_own_writes)
{
    answer_keys("ab");
    FAKE_PORT_RUN(&port, closes_over_own, "F");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_view(port.response.payload, "");
}
END_TEST

FUNCTION(ranges_over_composites)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_view key, blue = VIEW("blue"), red = VIEW("red");
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_composite_key(stub, VIEW("color"), &red, 1, &key, err));
    TRY(heddle_cc_put_state(stub, key, VIEW("r"), err));
    TRY(heddle_cc_composite_key(stub, VIEW("color"), &blue, 1, &key, err));
    TRY(heddle_cc_put_state(stub, key, VIEW("b"), err));
    TRY(heddle_cc_composite_key(stub, VIEW("size"), &blue, 1, &key, err));
    TRY(heddle_cc_put_state(stub, key, VIEW("s"), err));
    TRY(heddle_cc_composite_open(stub, VIEW("color"), NULL, 0, &it, err));
    heddle_cc_entry entry;
    while (heddle_cc_iterator_next(it, &entry, err) == HEDDLE_OK)
        TRY(append(stub, entry.value, err));
    return HEDDLE_OK;
}

START_TEST(composite_ranges_show_own_writes)
{
    FAKE_PORT_RUN(&port, ranges_over_composites, "F");
    ck_assert_view(port.response.payload, "b,r,");
}
END_TEST

FUNCTION(reads_private_back)
{
    (void)context;
    heddle_view value, keys[] = {VIEW("a")};
    heddle_cc_iterator *it;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_put_private(stub, "c1", VIEW("a"), VIEW("1"), err));
    TRY(heddle_cc_put_private(stub, "c2", VIEW("a"), VIEW("2"), err));
    TRY(heddle_cc_purge_private(stub, "c2", VIEW("a"), err));
    TRY(heddle_cc_get_private(stub, "c1", VIEW("a"), &value, err));
    TRY(append(stub, value, err));
    TRY(heddle_cc_get_privates(stub, "c2", keys, 1, &value, err));
    TRY(append(stub, value, err));
    TRY(heddle_cc_private_range_open(stub, "c1", VIEW(""), VIEW(""), &it, err));
    TRY(append_all(stub, it, err));
    TRY(heddle_cc_get_private_hash(stub, "c2", VIEW("a"), &value, err));
    ck_assert_uint_eq(value.len, 0);
    TRY(heddle_cc_get_private_hash(stub, "c1", VIEW("a"), &value, err));
    uint8_t digest[CRYPTO_SHA256_LEN];
    ck_assert_ok(crypto_sha256(VIEW("1"), digest));
    ck_assert(base_view_equal(value, heddle_view_of(digest, sizeof(digest))));
    return append_get(stub, VIEW("a"), err);
}

START_TEST(each_collection_has_its_own)
{
    FAKE_PORT_RUN(&port, reads_private_back, "F");
    ck_assert_view(port.response.payload, "1,,a,1,,");
}
END_TEST

FUNCTION(asks_the_peer_alone)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_history *history;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_query_open(stub, VIEW("{}"), &it, err));
    TRY(heddle_cc_history_open(stub, VIEW("a"), &history, err));
    TRY(heddle_cc_range_page_open(stub, VIEW("a"), VIEW("b"), 2, VIEW(""), &it, err));
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    if (heddle_cc_query_open(stub, VIEW("{}"), &it, NULL) != HEDDLE_E_BAD_STATE ||
        heddle_cc_query_page_open(stub, VIEW("{}"), 1, VIEW(""), &it, NULL) != HEDDLE_E_BAD_STATE ||
        heddle_cc_private_query_open(stub, "c1", VIEW("{}"), &it, NULL) != HEDDLE_E_BAD_STATE ||
        heddle_cc_all_composite_page_open(stub, 2, VIEW(""), &it, NULL) != HEDDLE_E_BAD_STATE ||
        heddle_cc_range_page_open(stub, VIEW("a"), VIEW("b"), 2, VIEW(""), &it, NULL) !=
            HEDDLE_E_BAD_STATE)
        return heddle_cc_fail(err, "one was not refused");
    return heddle_cc_history_open(stub, VIEW("a"), &history, err);
}

START_TEST(what_only_the_peer_knows_is_refused_after_a_write)
{
    FAKE_PORT_RUN(&port, asks_the_peer_alone, "F");
    ck_assert_view(port.response.message,
                   "a key's history cannot show what the transaction has written, as it is to see");
    ck_assert_uint_eq(port.count, 4);
}
END_TEST

FUNCTION(reads_back_in_a_batch)
{
    (void)context;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_batch_begin(stub, err));
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    TRY(append_get(stub, VIEW("a"), err));
    return heddle_cc_batch_end(stub, err);
}

START_TEST(what_a_batch_holds_is_seen)
{
    port.limits = (cc_limits){.use_write_batch = true, .max_write_batch = 100};
    FAKE_PORT_RUN(&port, reads_back_in_a_batch, "F");
    ck_assert_view(port.response.payload, "1,");
    ck_assert_uint_eq(port.count, 1);
}
END_TEST

FUNCTION(reads_back_what_was_refused)
{
    (void)context;
    heddle_view value;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_batch_begin(stub, err));
    TRY(heddle_cc_put_private(stub, "c", VIEW("a"), VIEW("1"), err));
    ck_assert_int_eq(heddle_cc_batch_end(stub, NULL), HEDDLE_E_REFUSED);
    ck_assert_int_eq(heddle_cc_get_private(stub, "c", VIEW("a"), &value, err), HEDDLE_E_BAD_STATE);
    heddle_cc_see_own_writes(stub, false);
    TRY(heddle_cc_get_private(stub, "c", VIEW("a"), &value, err));
    return heddle_cc_reply(stub, value, err);
}

START_TEST(what_a_refused_batch_held_is_not_shown)
{
    port.limits = (cc_limits){.use_write_batch = true, .max_write_batch = 100};
    fake_port_answer(&port, CC_ERROR, VIEW("no access"));
    fake_port_answer(&port, CC_RESPONSE, VIEW("old"));
    FAKE_PORT_RUN(&port, reads_back_what_was_refused, "F");
    ck_assert_view(port.response.payload, "old");
}
END_TEST

FUNCTION(writes_ten_thousand)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_cc_see_own_writes(stub, true);
    for (unsigned i = 0; i < 10000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%05u", i * 7919 % 10000);
        TRY(heddle_cc_put_state(stub, heddle_view_str(key), heddle_view_str(key), err));
    }
    TRY(heddle_cc_range_open(stub, VIEW(""), VIEW(""), &it, err));
    for (unsigned i = 0; i < 10000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%05u", i);
        TRY(heddle_cc_iterator_next(it, &entry, err));
        ck_assert_view(entry.key, key);
        ck_assert_view(entry.value, key);
    }
    ck_assert_int_eq(heddle_cc_iterator_next(it, &entry, err), HEDDLE_E_END);
    return HEDDLE_OK;
}

START_TEST(ten_thousand_own_writes_are_in_order)
{
    FAKE_PORT_RUN(&port, writes_ten_thousand, "F");
    ck_assert_int_eq(port.response.status, 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/overlay");
    TCase *tests = SUITE_CASE(
        "overlay", a_key_that_was_written_is_read_without_the_peer, it_is_off_at_first,
        switched_on_after_a_write_reads_fail, what_is_written_while_it_is_off_is_seen_later,
        of_many_keys_only_the_others_are_asked_for, a_range_shows_own_writes_in_their_place,
        a_range_that_is_empty_at_the_peer_shows_own_writes, a_closed_iterator_shows_no_own_writes,
        composite_ranges_show_own_writes, each_collection_has_its_own,
        what_only_the_peer_knows_is_refused_after_a_write, what_a_batch_holds_is_seen,
        what_a_refused_batch_held_is_not_shown, ten_thousand_own_writes_are_in_order);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
