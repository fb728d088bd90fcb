#include <stdio.h>
#include <stdlib.h>

#include "base/view.h"
#include "devnet/ledger/state.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static dn_state *state;

static void setup(void)
{
    state = dn_state_new();
}

static void teardown(void)
{
    dn_state_unref(state);
}

static dn_key key_of(const char *key)
{
    return dn_key_public(VIEW("cc"), heddle_view_str(key));
}

static heddle_status put(dn_state *to, const char *key, const char *value)
{
    dn_entry entry = {.at = key_of(key), .value = heddle_view_str(value), .version = {1, 2}};
    return dn_state_put(to, &entry);
}

static const dn_entry *get(const dn_state *from, const char *key)
{
    dn_key at = key_of(key);
    return dn_state_get(from, &at);
}

START_TEST(a_clone_and_its_origin_change_apart)
{
    ck_assert_int_eq(put(state, "a", "1"), HEDDLE_OK);
    ck_assert_int_eq(put(state, "b", "2"), HEDDLE_OK);
    base_auto(dn_state) dn_state *clone = dn_state_clone(state);
    ck_assert_int_eq(put(clone, "a", "changed"), HEDDLE_OK);
    dn_key b = key_of("b");
    ck_assert_int_eq(dn_state_delete(clone, &b), HEDDLE_OK);
    ck_assert(base_view_is(get(state, "a")->value, "1"));
    ck_assert(base_view_is(get(clone, "a")->value, "changed"));
    ck_assert_ptr_nonnull(get(state, "b"));
    ck_assert_ptr_null(get(clone, "b"));
    ck_assert_uint_eq(dn_state_count(clone), 1);
}
END_TEST

START_TEST(a_snapshot_outlives_its_origin)
{
    ck_assert_int_eq(put(state, "a", "1"), HEDDLE_OK);
    dn_state *clone = dn_state_clone(state);
    teardown();
    ck_assert(base_view_is(get(clone, "a")->value, "1"));
    state = clone;
}
END_TEST

/* Against a plain array, through many clones. */
START_TEST(random_changes_agree_with_a_simple_model)
{
    enum { KEYS = 60, STEPS = 4000 };
    bool there[KEYS] = {0};
    size_t count = 0;
    srand(7);
    for (int step = 0; step < STEPS; step++) {
        int k = rand() % KEYS;
        char name[16];
        snprintf(name, sizeof(name), "k%02d", k);
        if (step % 10 == 0) {
            dn_state *next = dn_state_clone(state);
            teardown();
            state = next;
        }
        dn_key at = key_of(name);
        bool remove = rand() % 3 == 0;
        ck_assert_int_eq(remove ? dn_state_delete(state, &at) : put(state, name, name), HEDDLE_OK);
        count += !remove && !there[k];
        count -= remove && there[k];
        there[k] = !remove;
        ck_assert_uint_eq(dn_state_count(state), count);
    }
    const dn_entry *e = NULL;
    for (int k = 0; k < KEYS; k++) {
        char name[16];
        snprintf(name, sizeof(name), "k%02d", k);
        ck_assert_int_eq(get(state, name) != NULL, there[k]);
        if (there[k]) {
            e = dn_state_after(state, e ? &e->at : NULL);
            ck_assert(base_view_is(e->at.key, name));
        }
    }
}
END_TEST

START_TEST(seeking_stays_in_the_namespace_and_collection)
{
    dn_entry other = {.at = {.ns = VIEW("dd"), .key = VIEW("x")}, .value = VIEW("v")};
    dn_entry hashed = {.at = {.ns = VIEW("cc"), .coll = VIEW("coll"), .key = VIEW("h")},
                       .value = VIEW("v")};
    ck_assert_int_eq(put(state, "b", "2"), HEDDLE_OK);
    ck_assert_int_eq(dn_state_put(state, &other), HEDDLE_OK);
    ck_assert_int_eq(dn_state_put(state, &hashed), HEDDLE_OK);
    dn_key from = key_of(""), b = key_of("b");
    ck_assert(base_view_is(dn_state_seek(state, &from, false)->at.key, "b"));
    ck_assert(base_view_is(dn_state_seek(state, &b, false)->at.key, "b"));
    ck_assert_ptr_null(dn_state_seek(state, &b, true));
}
END_TEST

START_TEST(keys_may_hold_any_bytes)
{
    dn_entry entry = {.at = dn_key_public(VIEW("cc"), VIEW("\0type\0a\0")), .value = VIEW("v")};
    dn_key prefix = dn_key_public(VIEW("cc"), VIEW("\0type"));
    ck_assert_int_eq(dn_state_put(state, &entry), HEDDLE_OK);
    ck_assert_ptr_null(dn_state_get(state, &prefix));
    ck_assert_ptr_nonnull(dn_state_get(state, &entry.at));
}
END_TEST

/* A change that finds no memory leaves a state that still holds all the others. */
START_TEST(a_failed_change_loses_nothing)
{
    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof(name), "k%02d", i);
        ck_assert_int_eq(put(state, name, "v"), HEDDLE_OK);
    }
    for (size_t nth = 1;; nth++) {
        base_auto(dn_state) dn_state *clone = dn_state_clone(state);
        dn_key at = key_of("k25");
        fault_alloc_arm(nth);
        heddle_status put_status = put(clone, "k30x", "new");
        heddle_status delete_status = dn_state_delete(clone, &at);
        bool fired = fault_alloc_disarm();
        ck_assert_ptr_nonnull(get(clone, "k24"));
        ck_assert_int_eq(get(clone, "k30x") != NULL, put_status == HEDDLE_OK);
        ck_assert_int_eq(get(clone, "k25") == NULL, delete_status == HEDDLE_OK);
        ck_assert_ptr_nonnull(get(state, "k25"));
        if (!fired)
            break;
    }
}
END_TEST

static TCase *state_case(void)
{
    TCase *tcase = SUITE_CASE(
        "state", a_clone_and_its_origin_change_apart, a_snapshot_outlives_its_origin,
        random_changes_agree_with_a_simple_model, seeking_stays_in_the_namespace_and_collection,
        keys_may_hold_any_bytes, a_failed_change_loses_nothing);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/state", state_case())
