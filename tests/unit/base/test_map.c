#include <stdio.h>

#include "base/map.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static heddle_view key_of(int n, char *room)
{
    return heddle_view_of(room, (size_t)sprintf(room, "key %d", n));
}

static void fill(base_map *map, int count)
{
    char room[32];
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(base_map_put(map, key_of(i, room), (void *)(intptr_t)(i + 1), NULL),
                         HEDDLE_OK);
}

START_TEST(finds_every_key_after_growing)
{
    char room[32];
    base_map *map = base_map_new();
    fill(map, 5000);
    ck_assert_uint_eq(base_map_count(map), 5000);
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq((intptr_t)base_map_get(map, key_of(i, room)), i + 1);
    ck_assert_ptr_null(base_map_get(map, VIEW("absent")));
    base_map_free(map, NULL);
}
END_TEST

START_TEST(keeps_others_reachable_after_removal)
{
    char room[32];
    base_map *map = base_map_new();
    fill(map, 2000);
    for (int i = 0; i < 2000; i += 2)
        ck_assert_int_eq((intptr_t)base_map_remove(map, key_of(i, room)), i + 1);
    for (int i = 0; i < 2000; i++)
        ck_assert_int_eq((intptr_t)base_map_get(map, key_of(i, room)), i % 2 ? i + 1 : 0);
    ck_assert_uint_eq(base_map_count(map), 1000);
    base_map_free(map, NULL);
}
END_TEST

START_TEST(replacing_gives_the_old_value)
{
    base_map *map = base_map_new();
    int first, second;
    void *old = &old;
    ck_assert_int_eq(base_map_put(map, VIEW("k\0x"), &first, &old), HEDDLE_OK);
    ck_assert_ptr_null(old);
    ck_assert_int_eq(base_map_put(map, VIEW("k\0x"), &second, &old), HEDDLE_OK);
    ck_assert_ptr_eq(old, &first);
    ck_assert_ptr_null(base_map_get(map, VIEW("k")));
    base_map_free(map, NULL);
}
END_TEST

START_TEST(walks_each_entry_once)
{
    base_map *map = base_map_new();
    fill(map, 300);
    intptr_t sum = 0;
    size_t cursor = 0;
    void *value;
    while (base_map_next(map, &cursor, NULL, &value))
        sum += (intptr_t)value;
    ck_assert_int_eq(sum, 300 * 301 / 2);
    base_map_free(map, NULL);
}
END_TEST

START_TEST(survives_each_failed_allocation)
{
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        base_map *map = base_map_new();
        heddle_status status = HEDDLE_OK;
        char room[32];
        for (int i = 0; map && status == HEDDLE_OK && i < 40; i++)
            status = base_map_put(map, key_of(i, room), map, NULL);
        base_map_free(map, NULL);
        bool fired = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!fired) {
            ck_assert_int_eq(status, HEDDLE_OK);
            return;
        }
    }
}
END_TEST

SUITE_MAIN("base/map",
           SUITE_CASE("map", finds_every_key_after_growing, keeps_others_reachable_after_removal,
                      replacing_gives_the_old_value, walks_each_entry_once,
                      survives_each_failed_allocation))
