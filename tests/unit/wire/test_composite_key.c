/* Composite keys, as the official shims make them. */
#include "wire/composite_key.h"

#include "support/suite.h"

static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

START_TEST(a_key_is_made_of_its_parts)
{
    heddle_view parts[] = {VIEW("owner~asset"), VIEW("Zo\xc3\xab"), VIEW(""), VIEW("7")};
    base_buffer key = {0};
    ck_assert_int_eq(wire_composite_key_write(parts, 4, &key, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&key), VIEW("\0owner~asset\0Zo\xc3\xab\0\0"
                                                           "7\0")));

    const heddle_view *read;
    size_t count;
    ck_assert_int_eq(wire_composite_key_read(base_buffer_view(&key), arena, &read, &count, NULL),
                     HEDDLE_OK);
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++)
        ck_assert(base_view_equal(read[i], parts[i]));
    base_buffer_done(&key);
}
END_TEST

START_TEST(a_part_that_breaks_the_order_is_refused)
{
    heddle_view bad[] = {VIEW("a\0b"), VIEW("a\xf4\x8f\xbf\xbf"), VIEW("\xff")};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        heddle_view parts[] = {VIEW("type"), bad[i]};
        base_buffer key = {0};
        heddle_error err;
        ck_assert_int_eq(wire_composite_key_write(parts, 2, &key, &err), HEDDLE_E_BAD_ARGUMENT);
        ck_assert_uint_eq(key.len, 0);
        base_buffer_done(&key);
    }
    base_buffer none = {0};
    ck_assert_int_eq(wire_composite_key_write(NULL, 0, &none, NULL), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

START_TEST(simple_keys_are_told_apart)
{
    ck_assert(wire_composite_key_is(VIEW("\0type\0")));
    ck_assert(!wire_composite_key_is(VIEW("type")));
    ck_assert(!wire_composite_key_is(VIEW("\0type")));
    ck_assert(!wire_composite_key_is(VIEW("\0")));
    ck_assert(!wire_composite_key_is((heddle_view){NULL, 0}));
    const heddle_view *parts = NULL;
    size_t count = 0;
    ck_assert_int_eq(wire_composite_key_read(VIEW("type"), arena, &parts, &count, NULL),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(parts);

    ck_assert_int_eq(wire_simple_key_check(VIEW("asset7"), NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_simple_key_check(VIEW(""), NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(wire_simple_key_check(VIEW("\0x"), NULL), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(wire_simple_key_check(VIEW("\xff"), NULL), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

START_TEST(the_end_of_a_prefix_is_behind_all_its_keys)
{
    heddle_view prefix_parts[] = {VIEW("type"), VIEW("a")};
    heddle_view key_parts[] = {VIEW("type"), VIEW("a"), VIEW("\xf4\x8f\xbf\xbe")};
    heddle_view other_parts[] = {VIEW("type"), VIEW("b")};
    base_buffer prefix = {0}, end = {0}, key = {0}, other = {0};
    ck_assert_int_eq(wire_composite_key_write(prefix_parts, 2, &prefix, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_composite_key_write(key_parts, 3, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_composite_key_write(other_parts, 2, &other, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_composite_key_end(base_buffer_view(&prefix), &end), HEDDLE_OK);
    ck_assert_int_lt(base_view_compare(base_buffer_view(&key), base_buffer_view(&end)), 0);
    ck_assert_int_lt(base_view_compare(base_buffer_view(&end), base_buffer_view(&other)), 0);
    base_buffer_done(&prefix);
    base_buffer_done(&end);
    base_buffer_done(&key);
    base_buffer_done(&other);
}
END_TEST

static TCase *with_arena(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("wire/composite_key", with_arena(SUITE_CASE("keys", a_key_is_made_of_its_parts,
                                                       a_part_that_breaks_the_order_is_refused,
                                                       simple_keys_are_told_apart,
                                                       the_end_of_a_prefix_is_behind_all_its_keys)))
