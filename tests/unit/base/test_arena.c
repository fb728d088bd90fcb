#include "base/arena.h"
#include "base/buffer.h"
#include "base/fail.h"
#include "support/suite.h"

START_TEST(memory_is_aligned_and_apart)
{
    base_arena *arena = base_arena_new(0);
    uint8_t *last = NULL;
    for (size_t size = 1; size < 3000; size += 7) {
        uint8_t *at = base_arena_alloc(arena, size);
        ck_assert_uint_eq((uintptr_t)at % 16, 0);
        memset(at, 0xaa, size);
        ck_assert(!last || last[0] == 0xaa);
        last = at;
    }
    base_arena_free(arena);
}
END_TEST

START_TEST(the_limit_holds_and_is_told_from_lack_of_memory)
{
    base_arena *arena = base_arena_new(10000);
    size_t total = 0;
    while (base_arena_alloc(arena, 100))
        total += 100;
    ck_assert_uint_le(total, 10000);
    ck_assert(base_arena_is_full(arena));
    heddle_error err;
    ck_assert_int_eq(base_arena_fail(arena, &err, "block"), HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_null(base_arena_alloc(arena, SIZE_MAX));
    ck_assert_ptr_null(base_arena_zalloc(arena, SIZE_MAX, 2));
    base_arena_reset(arena);
    ck_assert(!base_arena_is_full(arena));
    ck_assert_ptr_nonnull(base_arena_alloc(arena, 100));
    base_arena_free(arena);
}
END_TEST

START_TEST(a_buffer_past_its_limit_keeps_its_content)
{
    base_auto_buffer base_buffer buf = {.limit = 5};
    ck_assert_int_eq(base_buffer_append_str(&buf, "abc"), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&buf, "def"), HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(base_buffer_printf(&buf, "%d", 123), HEDDLE_E_TOO_LARGE);
    ck_assert_int_eq(base_buffer_printf(&buf, "%d", 12), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&buf), "abc12");
}
END_TEST

START_TEST(a_prefix_cuts_the_tail_of_a_long_message)
{
    heddle_error err;
    char text[600];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(base_fail(&err, HEDDLE_E_DECODE, "%s", text), HEDDLE_E_DECODE);
    base_error_prefix(&err, "block %d", 7);
    ck_assert_int_eq(strncmp(err.message, "block 7: xxx", 12), 0);
    ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
    ck_assert_int_eq(err.grpc_code, -1);
}
END_TEST

SUITE_MAIN("base/arena", SUITE_CASE("arena", memory_is_aligned_and_apart,
                                    the_limit_holds_and_is_told_from_lack_of_memory,
                                    a_buffer_past_its_limit_keeps_its_content,
                                    a_prefix_cuts_the_tail_of_a_long_message))
