/* Simulations against the check of their reads in the block they end up in. */
#include <stdio.h>

#include "base/view.h"
#include "devnet/ledger/batch.h"
#include "devnet/ledger/sim.h"
#include "support/suite.h"

#define NS VIEW("cc")

static dn_state *state;
static dn_definitions *definitions;
static dn_sim *sim;
static base_arena *arena;
static base_buffer packed;
static heddle_error err;

static void put(dn_state *to, const char *key, const char *value, uint64_t block)
{
    dn_entry entry = {.at = dn_key_public(NS, heddle_view_str(key)),
                      .value = heddle_view_str(value),
                      .version = {block, 0}};
    ck_assert_int_eq(dn_state_put(to, &entry), HEDDLE_OK);
}

static void define(void)
{
    static const dn_collection_config collections[] = {
        {.name = "one", .policy = "OR('Org1MSP.member')"},
        {.name = "two", .policy = "OR('Org1MSP.member','Org2MSP.member')"}};
    static const dn_chaincode cc = {
        .name = "cc", .collections = collections, .collection_count = 2};
    ck_assert_int_eq(dn_definitions_new(&cc, 1, &definitions, &err), HEDDLE_OK);
}

static void setup(void)
{
    state = dn_state_new();
    arena = base_arena_new(0);
    define();
    put(state, "a", "1", 3);
    put(state, "b", "2", 4);
    put(state, "c", "3", 5);
    sim = dn_sim_new(state, definitions, VIEW("tx"));
}

static void teardown(void)
{
    dn_sim_free(sim);
    dn_state_unref(state);
    dn_definitions_unref(definitions);
    base_arena_free(arena);
    base_buffer_done(&packed);
}

static void read_key(const char *key)
{
    heddle_view value;
    bool found;
    ck_assert_int_eq(dn_sim_get(sim, NS, heddle_view_str(key), &value, &found, &err), HEDDLE_OK);
}

static void read_range(const char *start, const char *end, int steps)
{
    dn_range *range;
    const dn_entry *entry;
    ck_assert_int_eq(
        dn_sim_range(sim, NS, heddle_view_str(start), heddle_view_str(end), false, 0, &range, &err),
        HEDDLE_OK);
    for (int i = 0; i < steps; i++) {
        ck_assert_int_eq(dn_range_next(range, &entry, &err), HEDDLE_OK);
        if (!entry)
            return;
    }
}

static wire_rwset finish(void)
{
    wire_rwset rwset = {0};
    base_buffer_clear(&packed);
    ck_assert_int_eq(dn_sim_finish(sim, &packed, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_rwset_read(base_buffer_view(&packed), arena, &rwset, &err), HEDDLE_OK);
    return rwset;
}

static wire_code check(dn_state *now, const wire_rwset *rwset)
{
    dn_auto_batch dn_batch batch = {0};
    wire_code code;
    ck_assert_int_eq(dn_batch_init(&batch, now), HEDDLE_OK);
    ck_assert_int_eq(dn_batch_check(&batch, rwset, &code, &err), HEDDLE_OK);
    return code;
}

/* The code after another transaction of the same block has written or deleted @p key. */
static wire_code check_after_write(const wire_rwset *rwset, const char *key, const char *value)
{
    dn_auto_batch dn_batch batch = {0};
    wire_code code;
    wire_write write = {
        .key = heddle_view_str(key), .value = heddle_view_str(value), .is_delete = !*value};
    wire_ns_rwset ns = {.name = NS, .kv = {.writes = &write, .write_count = 1}};
    wire_rwset earlier = {.namespaces = &ns, .namespace_count = 1};
    ck_assert_int_eq(dn_batch_init(&batch, state), HEDDLE_OK);
    ck_assert_int_eq(dn_batch_apply(&batch, &earlier, (dn_version){9, 0}, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_batch_check(&batch, rwset, &code, &err), HEDDLE_OK);
    return code;
}

START_TEST(a_read_holds_until_its_key_changes)
{
    read_key("a");
    read_key("missing");
    wire_rwset rwset = finish();
    ck_assert_int_eq(check(state, &rwset), WIRE_CODE_VALID);
    ck_assert_int_eq(check_after_write(&rwset, "b", "x"), WIRE_CODE_VALID);
    ck_assert_int_eq(check_after_write(&rwset, "a", "x"), WIRE_CODE_MVCC_READ_CONFLICT);
    ck_assert_int_eq(check_after_write(&rwset, "a", ""), WIRE_CODE_MVCC_READ_CONFLICT);
    ck_assert_int_eq(check_after_write(&rwset, "missing", "x"), WIRE_CODE_MVCC_READ_CONFLICT);
    base_auto(dn_state) dn_state *later = dn_state_clone(state);
    put(later, "a", "1", 8);
    ck_assert_int_eq(check(later, &rwset), WIRE_CODE_MVCC_READ_CONFLICT);
}
END_TEST

START_TEST(a_key_deleted_and_missing_before_is_still_a_conflict)
{
    read_key("missing");
    wire_rwset rwset = finish();
    ck_assert_int_eq(check_after_write(&rwset, "missing", ""), WIRE_CODE_MVCC_READ_CONFLICT);
}
END_TEST

START_TEST(an_exhausted_range_sees_every_change_in_it)
{
    read_range("a", "c", 10);
    wire_rwset rwset = finish();
    ck_assert_int_eq(check(state, &rwset), WIRE_CODE_VALID);
    ck_assert_int_eq(check_after_write(&rwset, "aa", "new"), WIRE_CODE_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(check_after_write(&rwset, "b", ""), WIRE_CODE_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(check_after_write(&rwset, "b", "x"), WIRE_CODE_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(check_after_write(&rwset, "c", "x"), WIRE_CODE_VALID);
    ck_assert_int_eq(check_after_write(&rwset, "d", "x"), WIRE_CODE_VALID);
}
END_TEST

START_TEST(a_range_left_early_ends_with_the_last_key_seen)
{
    read_range("", "", 2);
    wire_rwset rwset = finish();
    const wire_range_query *query = &rwset.namespaces[0].kv.range_queries[0];
    ck_assert(!query->exhausted);
    ck_assert(base_view_is(query->end_key, "b"));
    ck_assert_int_eq(check(state, &rwset), WIRE_CODE_VALID);
    ck_assert_int_eq(check_after_write(&rwset, "b", "x"), WIRE_CODE_PHANTOM_READ_CONFLICT);
    ck_assert_int_eq(check_after_write(&rwset, "c", "x"), WIRE_CODE_VALID);
}
END_TEST

START_TEST(an_empty_range_stays_valid_only_while_empty)
{
    read_range("x", "z", 1);
    wire_rwset rwset = finish();
    ck_assert_int_eq(check(state, &rwset), WIRE_CODE_VALID);
    ck_assert_int_eq(check_after_write(&rwset, "y", "x"), WIRE_CODE_PHANTOM_READ_CONFLICT);
}
END_TEST

/* From 51 results on, a tree over runs of 51 stands for the reads, and once there are more than 50
 * such runs, a second level. */
START_TEST(large_ranges_are_compared_by_their_tree)
{
    int sizes[] = {50, 51, 52, 102, 2550, 2551, 2700};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        teardown();
        packed = (base_buffer){0};
        setup();
        for (int i = 0; i < sizes[s]; i++) {
            char key[16];
            snprintf(key, sizeof(key), "r%06d", i);
            put(state, key, "v", 6);
        }
        dn_sim_free(sim);
        sim = dn_sim_new(state, definitions, VIEW("tx"));
        read_range("r", "s", sizes[s] + 1);
        wire_rwset rwset = finish();
        const wire_range_query *query = &rwset.namespaces[0].kv.range_queries[0];
        ck_assert_int_eq(query->has_summary, sizes[s] > 50);
        if (query->has_summary)
            ck_assert_uint_eq(query->summary.max_level, sizes[s] > 2550 ? 2 : 1);
        ck_assert_int_eq(check(state, &rwset), WIRE_CODE_VALID);
        ck_assert_int_eq(check_after_write(&rwset, "r000049", "x"),
                         WIRE_CODE_PHANTOM_READ_CONFLICT);
        ck_assert_int_eq(check_after_write(&rwset, "r000000x", "x"),
                         WIRE_CODE_PHANTOM_READ_CONFLICT);
        ck_assert_int_eq(check_after_write(&rwset, "rz", "x"), WIRE_CODE_PHANTOM_READ_CONFLICT);
    }
}
END_TEST

START_TEST(own_writes_are_not_seen_and_the_last_one_counts)
{
    heddle_view value;
    bool found;
    ck_assert_int_eq(dn_sim_put(sim, NS, VIEW("a"), VIEW("first"), &err), HEDDLE_OK);
    ck_assert_int_eq(dn_sim_put(sim, NS, VIEW("a"), VIEW("second"), &err), HEDDLE_OK);
    ck_assert_int_eq(dn_sim_put(sim, NS, VIEW("0"), VIEW("x"), &err), HEDDLE_OK);
    ck_assert_int_eq(dn_sim_delete(sim, NS, VIEW("b"), &err), HEDDLE_OK);
    ck_assert_int_eq(dn_sim_get(sim, NS, VIEW("a"), &value, &found, &err), HEDDLE_OK);
    ck_assert(found && base_view_is(value, "1"));
    wire_rwset rwset = finish();
    const wire_kv_rwset *kv = &rwset.namespaces[0].kv;
    ck_assert_uint_eq(kv->write_count, 3);
    ck_assert(base_view_is(kv->writes[0].key, "0"));
    ck_assert(base_view_is(kv->writes[1].value, "second"));
    ck_assert(kv->writes[2].is_delete);
}
END_TEST

START_TEST(pages_and_writes_exclude_each_other)
{
    dn_range *range;
    ck_assert_int_eq(dn_sim_range(sim, NS, VIEW("a"), VIEW(""), true, 2, &range, &err), HEDDLE_OK);
    ck_assert_int_eq(dn_sim_put(sim, NS, VIEW("x"), VIEW("1"), &err), HEDDLE_E_BAD_STATE);
    dn_sim_free(sim);
    sim = dn_sim_new(state, definitions, VIEW("tx"));
    ck_assert_int_eq(dn_sim_put(sim, NS, VIEW("x"), VIEW("1"), &err), HEDDLE_OK);
    ck_assert_int_eq(dn_sim_range(sim, NS, VIEW("a"), VIEW(""), true, 2, &range, &err),
                     HEDDLE_E_BAD_STATE);
}
END_TEST

START_TEST(metadata_survives_a_write_and_goes_with_the_key)
{
    dn_auto_batch dn_batch batch = {0};
    heddle_view policy;
    dn_key a = dn_key_public(NS, VIEW("a"));
    ck_assert_int_eq(
        dn_sim_put_metadata(sim, NS, VIEW("a"), VIEW("VALIDATION_PARAMETER"), VIEW("P"), &err),
        HEDDLE_OK);
    wire_rwset rwset = finish();
    ck_assert_int_eq(dn_batch_init(&batch, state), HEDDLE_OK);
    ck_assert_int_eq(dn_batch_apply(&batch, &rwset, (dn_version){7, 0}, &err), HEDDLE_OK);
    const dn_entry *entry = dn_state_get(batch.next, &a);
    ck_assert(base_view_is(entry->value, "1"));
    ck_assert_uint_eq(entry->version.block, 7);
    ck_assert(dn_metadata_policy(entry->metadata, &policy) && base_view_is(policy, "P"));
    wire_write write = {.key = VIEW("a"), .value = VIEW("new")};
    wire_ns_rwset ns = {.name = NS, .kv = {.writes = &write, .write_count = 1}};
    wire_rwset later = {.namespaces = &ns, .namespace_count = 1};
    ck_assert_int_eq(dn_batch_apply(&batch, &later, (dn_version){7, 1}, &err), HEDDLE_OK);
    ck_assert(dn_metadata_policy(dn_state_get(batch.next, &a)->metadata, &policy));
    write.is_delete = true;
    ck_assert_int_eq(dn_batch_apply(&batch, &later, (dn_version){7, 2}, &err), HEDDLE_OK);
    ck_assert_ptr_null(dn_state_get(batch.next, &a));
    write.is_delete = false;
    ck_assert_int_eq(dn_batch_apply(&batch, &later, (dn_version){7, 3}, &err), HEDDLE_OK);
    ck_assert(!dn_metadata_policy(dn_state_get(batch.next, &a)->metadata, &policy));
}
END_TEST

static TCase *sim_case(void)
{
    TCase *tcase = SUITE_CASE(
        "sim", a_read_holds_until_its_key_changes,
        a_key_deleted_and_missing_before_is_still_a_conflict,
        an_exhausted_range_sees_every_change_in_it, a_range_left_early_ends_with_the_last_key_seen,
        an_empty_range_stays_valid_only_while_empty, large_ranges_are_compared_by_their_tree,
        own_writes_are_not_seen_and_the_last_one_counts, pages_and_writes_exclude_each_other,
        metadata_survives_a_write_and_goes_with_the_key);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/sim", sim_case())
