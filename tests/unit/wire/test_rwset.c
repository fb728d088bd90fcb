/* Read-write sets built here are, byte for byte, those that peers build. */
#include "wire/rwset.h"

#include <stdio.h>

#include "base/view.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block.h"

enum { GOLDEN_BLOCKS = 40 };

START_TEST(golden_results_come_back_byte_for_byte)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", _i);
    base_buffer bytes = fixture_read(path);
    base_arena *arena = base_arena_new(0);
    wire_block block;
    ck_assert_int_eq(wire_block_read(base_buffer_view(&bytes), arena, &block, NULL), HEDDLE_OK);
    for (size_t i = 0; i < block.tx_count; i++) {
        wire_tx tx;
        base_auto_buffer base_buffer again = {0};
        ck_assert_int_eq(wire_tx_read(block.envelopes[i], arena, &tx, NULL), HEDDLE_OK);
        wire_rwset_sort(&tx.action.result.results);
        ck_assert_int_eq(wire_rwset_write(&tx.action.result.results, &again), HEDDLE_OK);
        ck_assert(base_view_equal(base_buffer_view(&again), tx.action.result.results_bytes));
    }
    base_arena_free(arena);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(sorts_by_bytes_and_keeps_range_queries)
{
    wire_write writes[] = {{.key = VIEW("b")}, {.key = VIEW("a\xff")}, {.key = VIEW("a")}};
    wire_range_query queries[] = {{.start_key = VIEW("z")}, {.start_key = VIEW("c")}};
    wire_ns_rwset namespaces[] = {
        {.name = VIEW("kv"),
         .kv = {.writes = writes,
                .write_count = 3,
                .range_queries = queries,
                .range_query_count = 2}},
        {.name = VIEW("_lifecycle")},
    };
    wire_rwset rwset = {.namespaces = namespaces, .namespace_count = 2};
    wire_rwset_sort(&rwset);
    ck_assert(base_view_is(namespaces[0].name, "_lifecycle"));
    ck_assert(base_view_is(writes[0].key, "a"));
    ck_assert(base_view_is(writes[1].key, "a\xff"));
    ck_assert(base_view_is(writes[2].key, "b"));
    ck_assert(base_view_is(queries[0].start_key, "z"));
}
END_TEST

START_TEST(absent_version_and_version_zero_differ)
{
    wire_read reads[] = {{.key = VIEW("a")}, {.key = VIEW("b"), .has_version = true}};
    wire_kv_rwset kv = {.reads = reads, .read_count = 2};
    base_auto_buffer base_buffer out = {0};
    ck_assert_int_eq(wire_kv_rwset_write(&kv, &out), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&out), VIEW("\x0a\x03\x0a\x01"
                                                           "a"
                                                           "\x0a\x05\x0a\x01"
                                                           "b\x12\x00")));
    base_arena *arena = base_arena_new(0);
    wire_kv_rwset back;
    ck_assert_int_eq(wire_kv_rwset_read(base_buffer_view(&out), arena, &back, NULL), HEDDLE_OK);
    ck_assert(!back.reads[0].has_version && back.reads[1].has_version);
    base_arena_free(arena);
}
END_TEST

START_TEST(a_message_that_comes_twice_is_merged)
{
    /* KVRead: key, then version {block 7}, then version {tx 2} */
    heddle_view bytes = VIEW("\x0a\x0b\x0a\x01k\x12\x02\x08\x07\x12\x02\x10\x02");
    base_arena *arena = base_arena_new(0);
    wire_kv_rwset kv;
    ck_assert_int_eq(wire_kv_rwset_read(bytes, arena, &kv, NULL), HEDDLE_OK);
    ck_assert_uint_eq(kv.reads[0].version.block, 7);
    ck_assert_uint_eq(kv.reads[0].version.tx, 2);
    base_arena_free(arena);
}
END_TEST

START_TEST(unknown_fields_and_groups_are_passed_over)
{
    /* field 9: varint; group 15 holding group 14; then a write of "k" */
    heddle_view bytes = VIEW("\x48\x05\x7b\x73\x08\x01\x74\x7c\x1a\x03\x0a\x01k");
    base_arena *arena = base_arena_new(0);
    wire_kv_rwset kv;
    ck_assert_int_eq(wire_kv_rwset_read(bytes, arena, &kv, NULL), HEDDLE_OK);
    ck_assert_uint_eq(kv.write_count, 1);
    heddle_error err;
    ck_assert_int_eq(wire_kv_rwset_read(VIEW("\x7b\x73\x7c\x74"), arena, &kv, &err),
                     HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "KVRWSet"));
    base_arena_free(arena);
}
END_TEST

START_TEST(malformed_bytes_are_refused)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\x1a", 1}, /* a tag and nothing */
        {"\x1a\x05"
         "ab",
         4},                                                  /* longer than the input */
        {"\x00\x01", 2},                                      /* field number 0 */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11}, /* more than 64 bits */
        {"\x09\x01\x02", 3},                                  /* fixed64 cut off */
        {"\x0e", 1},                                          /* wire type 6 */
        {"\x0c", 1},                                          /* group end without start */
    };
    base_arena *arena = base_arena_new(0);
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        wire_kv_rwset kv;
        ck_assert_int_eq(
            wire_kv_rwset_read(heddle_view_of(bad[i].bytes, bad[i].len), arena, &kv, NULL),
            HEDDLE_E_DECODE);
    }
    base_arena_free(arena);
}
END_TEST

START_TEST(empty_value_deletes_as_a_delete_does)
{
    static const char of_nothing[] = "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f"
                                     "\xb9\x24\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b"
                                     "\x78\x52\xb8\x55";
    static const char of_something[32] = "something";
    ck_assert(wire_write_deletes(&(wire_write){.is_delete = true, .value = VIEW("v")}));
    ck_assert(wire_write_deletes(&(wire_write){.value = VIEW("")}));
    ck_assert(!wire_write_deletes(&(wire_write){.value = VIEW("v")}));
    const heddle_view nothing = heddle_view_of(of_nothing, 32);
    const heddle_view something = heddle_view_of(of_something, 32);
    ck_assert(wire_hashed_write_deletes(&(wire_hashed_write){.value_hash = nothing}));
    ck_assert(wire_hashed_write_deletes(&(wire_hashed_write){.value_hash = VIEW("")}));
    ck_assert(
        wire_hashed_write_deletes(&(wire_hashed_write){.is_purge = true, .value_hash = something}));
    ck_assert(!wire_hashed_write_deletes(&(wire_hashed_write){.value_hash = something}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire/rwset");
    TCase *golden_case = tcase_create("golden");
    tcase_add_loop_test(golden_case, golden_results_come_back_byte_for_byte, 0, GOLDEN_BLOCKS);
    suite_add_tcase(suite, golden_case);
    suite_add_tcase(suite, SUITE_CASE("building", sorts_by_bytes_and_keeps_range_queries,
                                      absent_version_and_version_zero_differ));
    suite_add_tcase(suite,
                    SUITE_CASE("reading", a_message_that_comes_twice_is_merged,
                               unknown_fields_and_groups_are_passed_over,
                               malformed_bytes_are_refused, empty_value_deletes_as_a_delete_does));
    return suite_run(suite);
}
