#include "route/compare.h"
#include "support/suite.h"
#include "wire/rwset.h"

static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

typedef struct result {
    const char *value; /* written to "ns/key" */
    uint64_t read_block;
    const char *event;
    const char *answer;
} result;

/* A ProposalResponsePayload of a chaincode that did so. */
static heddle_view payload(result r)
{
    wire_write write = {.key = VIEW("key"), .value = heddle_view_str(r.value)};
    wire_read read = {.key = VIEW("seen"), .has_version = true, .version = {r.read_block, 0}};
    wire_ns_rwset ns = {.name = VIEW("ns"),
                        .kv = {.reads = &read,
                               .read_count = r.read_block != 0,
                               .writes = &write,
                               .write_count = r.value != NULL}};
    wire_rwset rwset = {.namespaces = &ns, .namespace_count = 1};
    base_buffer results = {0};
    heddle_error err;
    heddle_view out;
    ck_assert_int_eq(wire_rwset_write(&rwset, &results), HEDDLE_OK);
    wire_endorsed endorsed = {.results = base_arena_view(arena, base_buffer_view(&results)),
                              .event = heddle_view_str(r.event),
                              .status = 200,
                              .result = heddle_view_str(r.answer)};
    ck_assert_int_eq(wire_endorsed_write(&endorsed, arena, &out, &err), HEDDLE_OK);
    base_buffer_done(&results);
    return out;
}

static void assert_differs(result a, result b, const char *text)
{
    base_buffer out = {0};
    heddle_error err;
    ck_assert_int_eq(route_compare(payload(a), payload(b), ROUTE_DEPTH_KEYS, arena, &out, &err),
                     HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&out), text);
    base_buffer_done(&out);
}

START_TEST(a_different_write_is_named_by_its_key)
{
    assert_differs((result){.value = "1"}, (result){.value = "2"}, "write of ns/key");
    assert_differs((result){.value = "1"}, (result){0}, "write of ns/key");
}
END_TEST

START_TEST(a_read_of_another_version_is_named)
{
    assert_differs((result){.read_block = 4}, (result){.read_block = 5}, "read of ns/seen");
}
END_TEST

START_TEST(values_are_told_to_who_may_see_them)
{
    result first = {.value = "1", .read_block = 4, .answer = "x"};
    result other = {.value = "2\n", .read_block = 5, .answer = "y"};
    base_buffer out = {0};
    heddle_error err;
    ck_assert_int_eq(
        route_compare(payload(first), payload(other), ROUTE_DEPTH_VALUES, arena, &out, &err),
        HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&out),
                     "read of ns/seen (here version 5:0, at the first version 4:0); "
                     "write of ns/key (here \"2\\x0a\", at the first \"1\"); "
                     "response (here 200 \"y\", at the first 200 \"x\")");
    base_buffer_done(&out);

    base_buffer more = {0};
    ck_assert_int_eq(route_compare(payload((result){0}), payload((result){.value = "1"}),
                                   ROUTE_DEPTH_VALUES, arena, &more, &err),
                     HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&more), "write of ns/key (here \"1\", at the first none)");
    base_buffer_done(&more);
}
END_TEST

START_TEST(event_and_response_are_compared_too)
{
    assert_differs((result){.event = "a", .answer = "x"}, (result){.event = "b", .answer = "y"},
                   "event; response");
}
END_TEST

START_TEST(what_one_side_has_more_is_a_difference)
{
    assert_differs((result){0}, (result){.value = "1"}, "write of ns/key");
}
END_TEST

START_TEST(bytes_that_are_no_payload_are_refused)
{
    base_buffer out = {0};
    heddle_error err;
    ck_assert_int_ne(
        route_compare(VIEW("\xff"), VIEW("\xff"), ROUTE_DEPTH_VALUES, arena, &out, &err),
        HEDDLE_OK);
    base_buffer_done(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/compare");
    TCase *tcase = SUITE_CASE(
        "compare", a_different_write_is_named_by_its_key, a_read_of_another_version_is_named,
        values_are_told_to_who_may_see_them, event_and_response_are_compared_too,
        what_one_side_has_more_is_a_difference, bytes_that_are_no_payload_are_refused);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
