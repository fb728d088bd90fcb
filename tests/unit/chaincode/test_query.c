/* Ranges, pages and queries, and the iterators over them. */
#include <stdio.h>

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

/* An answer with these keys, whose values are upper case; more follows under "more". */
static void answer_keys(const char *keys, bool has_more, const char *bookmark)
{
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    Protos__QueryResultBytes *results[16];
    heddle_view bytes;
    for (size_t i = 0; keys[i]; i++) {
        Queryresult__KV kv = QUERYRESULT__KV__INIT;
        char value = (char)(keys[i] - 'a' + 'A');
        kv.key = wire_bytes(heddle_view_of(keys + i, 1));
        kv.value = wire_bytes(heddle_view_of(&value, 1));
        ck_assert_ok(wire_encode_arena(&kv.base, port.arena, &bytes, NULL));
        results[i] = wire_new(protos__query_result_bytes, port.arena);
        results[i]->resultbytes = wire_bytes(bytes);
        response.n_results++;
    }
    response.results = results;
    response.has_more = has_more;
    response.id = wire_text("more");
    Protos__QueryResponseMetadata metadata = PROTOS__QUERY_RESPONSE_METADATA__INIT;
    metadata.fetched_records_count = (int32_t)response.n_results;
    metadata.bookmark = wire_bytes(heddle_view_str(bookmark));
    ck_assert_ok(wire_encode_arena(&metadata.base, port.arena, &bytes, NULL));
    response.metadata = wire_bytes(bookmark[0] ? bytes : VIEW(""));
    fake_port_answer_message(&port, &response.base);
}

/* All that an iterator gives, as "aA bB …" with the bookmark behind it. */
static heddle_status tell(heddle_cc_stub *stub, heddle_cc_iterator *it, heddle_error *err)
{
    heddle_cc_entry entry;
    heddle_status st;
    const char *text = "";
    while ((st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK)
        text = heddle_cc_printf(stub, "%s%.*s%.*s ", text, BASE_VIEW_ARG(entry.key),
                                BASE_VIEW_ARG(entry.value));
    if (st != HEDDLE_E_END)
        return st;
    heddle_view bookmark = heddle_cc_iterator_bookmark(it);
    return heddle_cc_reply_text(stub,
                                heddle_cc_printf(stub, "%s%d%.*s", text,
                                                 (int)heddle_cc_iterator_fetched(it),
                                                 BASE_VIEW_ARG(bookmark)),
                                err);
}

FUNCTION(reads_range)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_status st =
        heddle_cc_range_open(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), &it, err);
    return st == HEDDLE_OK ? tell(stub, it, err) : st;
}

static Protos__GetStateByRange *range_at(size_t index)
{
    Protos__GetStateByRange *range;
    FAKE_PORT_REQUEST(&port, index, CC_GET_STATE_BY_RANGE, protos__get_state_by_range, &range);
    return range;
}

START_TEST(a_range_is_read_answer_after_answer)
{
    Protos__QueryStateNext *next;
    answer_keys("ab", true, "");
    answer_keys("c", true, "");
    answer_keys("", false, "");
    FAKE_PORT_RUN(&port, reads_range, "Range", "a", "z");
    ck_assert_view(port.response.payload, "aA bB cC 0");
    ck_assert_view(wire_view(range_at(0)->startkey), "a");
    ck_assert_view(wire_view(range_at(0)->endkey), "z");
    ck_assert_uint_eq(range_at(0)->metadata.len, 0);
    FAKE_PORT_REQUEST(&port, 2, CC_QUERY_STATE_NEXT, protos__query_state_next, &next);
    ck_assert_str_eq(next->id, "more");
    ck_assert_uint_eq(port.count, 3);
}
END_TEST

START_TEST(a_range_without_start_begins_behind_the_composite_keys)
{
    FAKE_PORT_RUN(&port, reads_range, "Range", "", "");
    ck_assert_view(port.response.payload, "0");
    ck_assert(base_view_equal(wire_view(range_at(0)->startkey), VIEW("\x01")));
    ck_assert_uint_eq(range_at(0)->endkey.len, 0);
}
END_TEST

FUNCTION(reads_into_composites)
{
    (void)context;
    heddle_cc_iterator *it;
    if (heddle_cc_range_open(stub, VIEW("\0a"), VIEW("b"), &it, NULL) != HEDDLE_E_BAD_ARGUMENT ||
        heddle_cc_range_open(stub, VIEW("\xff"), VIEW("b"), &it, NULL) != HEDDLE_E_BAD_ARGUMENT ||
        heddle_cc_range_open(stub, VIEW("a"), VIEW("\xff"), &it, NULL) != HEDDLE_E_BAD_ARGUMENT)
        return HEDDLE_OK;
    return heddle_cc_range_open(stub, VIEW("a"), VIEW("\0b"), &it, err);
}

START_TEST(a_range_of_simple_keys_stays_among_them)
{
    FAKE_PORT_RUN(&port, reads_into_composites, "Range");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message,
                   "the range's end begins with U+0000, as only composite keys may");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

START_TEST(an_answer_that_promises_more_must_bring_it)
{
    answer_keys("a", true, "");
    answer_keys("", true, "");
    FAKE_PORT_RUN(&port, reads_range, "Range", "a", "z");
    ck_assert_view(port.response.message, "QUERY_STATE_NEXT: more, but no results");
}
END_TEST

START_TEST(an_answer_that_is_no_message_is_an_error)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("\x0a\x7f"));
    FAKE_PORT_RUN(&port, reads_range, "Range", "a", "z");
    ck_assert_int_eq(port.response.status, 500);
    fake_port_answer(&port, CC_RESPONSE, VIEW("\x0a\x03\x0a\x01\xff"));
    FAKE_PORT_RUN(&port, reads_range, "Range", "a", "z");
    ck_assert_int_eq(port.response.status, 500);
}
END_TEST

START_TEST(a_failure_in_mid_range_is_told)
{
    answer_keys("a", true, "");
    fake_port_answer(&port, CC_ERROR, VIEW("query iterator not found"));
    FAKE_PORT_RUN(&port, reads_range, "Range", "a", "z");
    ck_assert_view(port.response.message, "query iterator not found");
}
END_TEST

FUNCTION(closes_early)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_status st = heddle_cc_range_open(stub, VIEW("a"), VIEW("z"), &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_iterator_next(it, &entry, err);
    if (st != HEDDLE_OK)
        return st;
    heddle_cc_iterator_close(it);
    heddle_cc_iterator_close(it);
    heddle_cc_iterator_close(NULL);
    return tell(stub, it, err);
}

START_TEST(an_iterator_closed_early_is_closed_at_the_peer_once)
{
    Protos__QueryStateClose *close;
    answer_keys("ab", true, "");
    FAKE_PORT_RUN(&port, closes_early, "Range");
    ck_assert_view(port.response.payload, "0");
    ck_assert_uint_eq(port.count, 2);
    FAKE_PORT_REQUEST(&port, 1, CC_QUERY_STATE_CLOSE, protos__query_state_close, &close);
    ck_assert_str_eq(close->id, "more");
    ck_assert(port.requests[1].posted);
}
END_TEST

START_TEST(one_that_has_everything_needs_no_close)
{
    answer_keys("ab", false, "");
    FAKE_PORT_RUN(&port, closes_early, "Range");
    ck_assert_uint_eq(port.count, 1);
}
END_TEST

START_TEST(a_close_that_fails_is_no_failure_of_the_function)
{
    port.port.post = NULL;
    answer_keys("ab", true, "");
    fake_port_answer(&port, CC_ERROR, VIEW("no"));
    FAKE_PORT_RUN(&port, closes_early, "Range");
    ck_assert_int_eq(port.response.status, 200);
}
END_TEST

/* Composite keys */

FUNCTION(reads_composites)
{
    (void)context;
    heddle_cc_iterator *it;
    const heddle_view attributes[] = {VIEW("blue"), VIEW("")};
    heddle_status st = heddle_cc_composite_open(stub, VIEW("color"), attributes, 2, &it, err);
    return st == HEDDLE_OK ? tell(stub, it, err) : st;
}

START_TEST(composite_keys_are_asked_for_by_their_beginning)
{
    FAKE_PORT_RUN(&port, reads_composites, "Range");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert(base_view_equal(wire_view(range_at(0)->startkey), VIEW("\0color\0blue\0\0")));
    ck_assert(
        base_view_equal(wire_view(range_at(0)->endkey), VIEW("\0color\0blue\0\0\xf4\x8f\xbf\xbf")));
}
END_TEST

FUNCTION(makes_bad_keys)
{
    (void)context;
    heddle_view key, type, bad[] = {VIEW("\xff"), VIEW("a\0b"), VIEW("\xf4\x8f\xbf\xbf")};
    const heddle_view *attributes;
    size_t count;
    heddle_cc_iterator *it;
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        if (heddle_cc_composite_key(stub, bad[i], NULL, 0, &key, NULL) != HEDDLE_E_BAD_ARGUMENT ||
            heddle_cc_composite_key(stub, VIEW("t"), &bad[i], 1, &key, NULL) !=
                HEDDLE_E_BAD_ARGUMENT ||
            heddle_cc_composite_open(stub, bad[i], NULL, 0, &it, NULL) != HEDDLE_E_BAD_ARGUMENT)
            return heddle_cc_fail(err, "part %zu was taken", i);
    }
    if (heddle_cc_split_composite_key(stub, VIEW("plain"), &type, &attributes, &count, NULL) !=
        HEDDLE_E_BAD_ARGUMENT)
        return heddle_cc_fail(err, "a plain key was split");
    return HEDDLE_OK;
}

START_TEST(parts_of_a_composite_key_are_checked)
{
    FAKE_PORT_RUN(&port, makes_bad_keys, "Keys");
    ck_assert_msg(port.response.status == 200, "%.*s", BASE_VIEW_ARG(port.response.message));
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

FUNCTION(splits)
{
    (void)context;
    heddle_view key, type;
    const heddle_view *attributes, made[] = {VIEW("x"), VIEW(""), VIEW("yz")};
    size_t count;
    heddle_status st = heddle_cc_composite_key(stub, VIEW("t"), made, 3, &key, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_split_composite_key(stub, key, &type, &attributes, &count, err);
    if (st != HEDDLE_OK)
        return st;
    return heddle_cc_reply_text(
        stub,
        heddle_cc_printf(stub, "%.*s %zu %.*s|%.*s|%.*s", BASE_VIEW_ARG(type), count,
                         BASE_VIEW_ARG(attributes[0]), BASE_VIEW_ARG(attributes[1]),
                         BASE_VIEW_ARG(attributes[2])),
        err);
}

START_TEST(a_composite_key_comes_apart_as_it_was_made)
{
    FAKE_PORT_RUN(&port, splits, "Keys");
    ck_assert_view(port.response.payload, "t 3 x||yz");
}
END_TEST

/* Pages */

FUNCTION(reads_page)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_status st =
        heddle_cc_range_page_open(stub, VIEW("a"), VIEW("z"), 2, VIEW("b\0k"), &it, err);
    return st == HEDDLE_OK ? tell(stub, it, err) : st;
}

static Protos__QueryMetadata *metadata_of(ProtobufCBinaryData bytes)
{
    Protos__QueryMetadata *metadata;
    ck_assert_ok(
        wire_decode(protos__query_metadata, wire_view(bytes), port.arena, &metadata, NULL));
    return metadata;
}

START_TEST(a_page_goes_on_from_a_bookmark_and_tells_the_next)
{
    answer_keys("cd", false, "e");
    FAKE_PORT_RUN(&port, reads_page, "Page");
    ck_assert_view(port.response.payload, "cC dD 2e");
    Protos__QueryMetadata *metadata = metadata_of(range_at(0)->metadata);
    ck_assert_int_eq(metadata->pagesize, 2);
    ck_assert(base_view_equal(wire_view(metadata->bookmark), VIEW("b\0k")));
}
END_TEST

FUNCTION(closes_a_page_first)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_range_page_open(stub, VIEW("a"), VIEW("z"), 2, VIEW(""), &it, err);
    if (st != HEDDLE_OK)
        return st;
    heddle_cc_iterator_close(it);
    ck_assert_int_eq(heddle_cc_iterator_fetched(it), 2);
    return heddle_cc_reply(stub, heddle_cc_iterator_bookmark(it), err);
}

START_TEST(a_page_that_is_closed_still_tells_the_next)
{
    answer_keys("ab", false, "c");
    FAKE_PORT_RUN(&port, closes_a_page_first, "Page");
    ck_assert_view(port.response.payload, "c");
}
END_TEST

FUNCTION(reads_composite_pages)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_status st =
        heddle_cc_composite_page_open(stub, VIEW("t"), NULL, 0, 5, VIEW(""), &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_all_composite_page_open(stub, 7, VIEW("m"), &it, err);
    return st;
}

START_TEST(pages_of_composite_keys_are_those_of_a_type_or_of_all)
{
    FAKE_PORT_RUN(&port, reads_composite_pages, "Page");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert(base_view_equal(wire_view(range_at(0)->startkey), VIEW("\0t\0")));
    ck_assert_int_eq(metadata_of(range_at(0)->metadata)->pagesize, 5);
    ck_assert(base_view_equal(wire_view(range_at(1)->startkey), VIEW("\0")));
    ck_assert(base_view_equal(wire_view(range_at(1)->endkey), VIEW("\0\xf4\x8f\xbf\xbf")));
    ck_assert_view(wire_view(metadata_of(range_at(1)->metadata)->bookmark), "m");
}
END_TEST

FUNCTION(reads_negative_page)
{
    (void)context;
    heddle_cc_iterator *it;
    if (heddle_cc_query_page_open(stub, VIEW("{}"), -1, VIEW(""), &it, NULL) !=
        HEDDLE_E_BAD_ARGUMENT)
        return HEDDLE_OK;
    return heddle_cc_range_page_open(stub, VIEW("a"), VIEW("z"), -2, VIEW(""), &it, err);
}

START_TEST(a_page_has_no_negative_size)
{
    FAKE_PORT_RUN(&port, reads_negative_page, "Page");
    ck_assert_view(port.response.message, "a page of -2 entries");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

/* Queries */

FUNCTION(queries)
{
    (void)context;
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_query_open(stub, VIEW("{\"selector\":{}}"), &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_query_page_open(stub, VIEW("{}"), 3, VIEW("mark"), &it, err);
    return st == HEDDLE_OK ? tell(stub, it, err) : st;
}

START_TEST(a_query_is_handed_on)
{
    Protos__GetQueryResult *query;
    answer_keys("x", false, "");
    answer_keys("y", false, "next");
    FAKE_PORT_RUN(&port, queries, "Query");
    ck_assert_view(port.response.payload, "yY 1next");
    FAKE_PORT_REQUEST(&port, 0, CC_GET_QUERY_RESULT, protos__get_query_result, &query);
    ck_assert_str_eq(query->query, "{\"selector\":{}}");
    ck_assert_uint_eq(query->metadata.len, 0);
    FAKE_PORT_REQUEST(&port, 1, CC_GET_QUERY_RESULT, protos__get_query_result, &query);
    ck_assert_int_eq(metadata_of(query->metadata)->pagesize, 3);
    ck_assert_view(wire_view(metadata_of(query->metadata)->bookmark), "mark");
}
END_TEST

FUNCTION(queries_garbage)
{
    (void)context;
    heddle_cc_iterator *it;
    return heddle_cc_query_open(stub, VIEW("\xff"), &it, err);
}

START_TEST(a_query_is_utf8)
{
    FAKE_PORT_RUN(&port, queries_garbage, "Query");
    ck_assert_view(port.response.message, "query is not UTF-8");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/query");
    TCase *tests = SUITE_CASE(
        "query", a_range_is_read_answer_after_answer,
        a_range_without_start_begins_behind_the_composite_keys,
        a_range_of_simple_keys_stays_among_them, an_answer_that_promises_more_must_bring_it,
        an_answer_that_is_no_message_is_an_error, a_failure_in_mid_range_is_told,
        an_iterator_closed_early_is_closed_at_the_peer_once, one_that_has_everything_needs_no_close,
        a_close_that_fails_is_no_failure_of_the_function,
        composite_keys_are_asked_for_by_their_beginning, parts_of_a_composite_key_are_checked,
        a_composite_key_comes_apart_as_it_was_made,
        a_page_goes_on_from_a_bookmark_and_tells_the_next,
        a_page_that_is_closed_still_tells_the_next,
        pages_of_composite_keys_are_those_of_a_type_or_of_all, a_page_has_no_negative_size,
        a_query_is_handed_on, a_query_is_utf8);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
