/* Private data in a simulation, in what comes of it, and where a peer keeps it. */
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "devnet/ledger/batch.h"
#include "devnet/ledger/sim.h"
#include "devnet/private/store.h"
#include "devnet/private/transient.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

#define NS  VIEW("cc")
#define ONE VIEW("one")
#define TWO VIEW("two")

static char *dir;
static dn_state *state;
static dn_definitions *definitions;
static dn_sim *sim;
static base_arena *arena;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static heddle_view sha256(heddle_view bytes)
{
    uint8_t *digest = base_arena_alloc(arena, CRYPTO_SHA256_LEN);
    check(crypto_sha256(bytes, digest));
    return heddle_view_of(digest, CRYPTO_SHA256_LEN);
}

/* Give the state a key of a collection as a member has it, with @p block as version. */
static void put(heddle_view coll, const char *key, const char *value, uint64_t block)
{
    heddle_view k = heddle_view_str(key), v = heddle_view_str(value);
    dn_entry hashed = {.at = {.ns = NS, .coll = coll, .key = sha256(k)},
                       .value = sha256(v),
                       .version = {block, 0}};
    dn_entry clear = {.at = {.ns = NS, .coll = coll, .key = k, .is_private = true},
                      .value = v,
                      .version = {block, 0}};
    check(dn_state_put(state, &hashed));
    check(dn_state_put(state, &clear));
}

static void setup(void)
{
    static const dn_collection_config collections[] = {
        {.name = "one", .policy = "OR('Org1MSP.member')"},
        {.name = "two", .policy = "OR('Org1MSP.member','Org2MSP.member')"}};
    static const dn_chaincode cc = {
        .name = "cc", .collections = collections, .collection_count = 2};
    dir = fixture_dir_new();
    arena = base_arena_new(0);
    check(dn_definitions_new(&cc, 1, &definitions, &err));
    state = dn_state_new();
    put(ONE, "a", "1", 3);
    put(ONE, "b", "2", 4);
    put(TWO, "c", "3", 5);
    sim = dn_sim_new(state, definitions, VIEW("tx"));
}

static void teardown(void)
{
    dn_sim_free(sim);
    dn_state_unref(state);
    dn_definitions_unref(definitions);
    base_arena_free(arena);
    fixture_dir_free(dir);
}

static wire_rwset finish(void)
{
    wire_rwset rwset = {0};
    base_auto_buffer base_buffer packed = {0};
    check(dn_sim_finish(sim, &packed, &err));
    heddle_view bytes = base_arena_view(arena, base_buffer_view(&packed));
    check(wire_rwset_read(bytes, arena, &rwset, &err));
    return rwset;
}

static void assert_fails(heddle_status status, heddle_status expected, const char *text)
{
    ck_assert_int_eq(status, expected);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
}

START_TEST(reads_and_writes_become_hashes_in_the_order_of_keys)
{
    heddle_view value;
    check(dn_sim_get_private(sim, NS, ONE, VIEW("a"), true, &value, &err));
    ck_assert(base_view_is(value, "1"));
    check(dn_sim_get_private(sim, NS, ONE, VIEW("missing"), true, &value, &err));
    ck_assert_uint_eq(value.len, 0);
    check(dn_sim_put_private(sim, NS, ONE, VIEW("z"), VIEW("new"), &err));
    check(dn_sim_put_private(sim, NS, ONE, VIEW("b"), VIEW(""), &err));
    check(dn_sim_purge_private(sim, NS, ONE, VIEW("a"), &err));
    wire_rwset rwset = finish();
    ck_assert_uint_eq(rwset.namespace_count, 1);
    const wire_collection_rwset *coll = &rwset.namespaces[0].collections[0];
    ck_assert_uint_eq(rwset.namespaces[0].collection_count, 1);
    ck_assert_uint_eq(coll->hashed.read_count, 2);
    ck_assert(base_view_equal(coll->hashed.reads[0].key_hash, sha256(VIEW("a"))));
    ck_assert(coll->hashed.reads[0].has_version && coll->hashed.reads[0].version.block == 3);
    ck_assert(!coll->hashed.reads[1].has_version);
    const wire_hashed_write *w = coll->hashed.writes;
    ck_assert_uint_eq(coll->hashed.write_count, 3);
    ck_assert(w[0].is_purge && w[0].is_delete);
    ck_assert(w[1].is_delete && !w[1].is_purge && !w[1].value_hash.len);
    ck_assert(base_view_equal(w[2].key_hash, sha256(VIEW("z"))));
    ck_assert(base_view_equal(w[2].value_hash, sha256(VIEW("new"))));
}
END_TEST

START_TEST(the_clear_part_has_the_hash_that_is_public)
{
    size_t count;
    wire_kv_rwset kv = {0};
    wire_metadata_entry policy = {VIEW("VALIDATION_PARAMETER"), VIEW("P")};
    check(dn_sim_put_private(sim, NS, TWO, VIEW("k2"), VIEW("v2"), &err));
    check(dn_sim_put_private(sim, NS, TWO, VIEW("k1"), VIEW("v1"), &err));
    check(dn_sim_put_private_metadata(sim, NS, TWO, VIEW("k1"), &policy, &err));
    check(dn_sim_put_private(sim, NS, ONE, VIEW("k"), VIEW("v"), &err));
    wire_rwset rwset = finish();
    const dn_private_part *parts = dn_sim_private(sim, &count);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < 2; i++) {
        const wire_collection_rwset *coll = &rwset.namespaces[0].collections[i];
        ck_assert(base_view_equal(parts[i].coll, coll->name));
        ck_assert(base_view_equal(coll->pvt_rwset_hash, sha256(parts[i].rwset)));
    }
    check(wire_kv_rwset_read(parts[1].rwset, arena, &kv, &err));
    ck_assert_uint_eq(kv.write_count, 2);
    ck_assert(base_view_is(kv.writes[0].key, "k1") && base_view_is(kv.writes[1].value, "v2"));
    ck_assert_uint_eq(kv.metadata_write_count, 1);
    ck_assert_uint_eq(kv.metadata_writes[0].entry_count, 0);
}
END_TEST

START_TEST(a_value_that_is_not_the_one_of_the_hash_is_not_read)
{
    heddle_view value, key = VIEW("a");
    dn_entry newer = {.at = {.ns = NS, .coll = ONE, .key = sha256(key)},
                      .value = sha256(VIEW("other")),
                      .version = {7, 2}};
    check(dn_state_put(state, &newer));
    assert_fails(dn_sim_get_private(sim, NS, ONE, key, true, &value, &err), HEDDLE_E_NOT_FOUND,
                 "private data matching public hash version is not available. Public hash version "
                 "= {BlockNum: 7, TxNum: 2}, Private data version = {BlockNum: 3, TxNum: 0}");
    check(dn_sim_get_private(sim, NS, ONE, key, false, &value, &err));
    check(dn_sim_get_private_hash(sim, NS, ONE, key, &value, &err));
    ck_assert(base_view_equal(value, sha256(VIEW("other"))));
}
END_TEST

START_TEST(ranges_and_writes_exclude_each_other)
{
    dn_range *range;
    const dn_entry *entry;
    check(dn_sim_range_private(sim, NS, ONE, VIEW("a"), VIEW("b"), &range, &err));
    check(dn_range_next(range, &entry, &err));
    ck_assert(base_view_is(entry->value, "1"));
    check(dn_range_next(range, &entry, &err));
    ck_assert_ptr_null(entry);
    assert_fails(dn_sim_put(sim, NS, VIEW("x"), VIEW("1"), &err), HEDDLE_E_BAD_STATE,
                 "Transaction has already performed queries on pvt data. Writes are not allowed");
    ck_assert_uint_eq(finish().namespace_count, 0);
    dn_sim_free(sim);
    sim = dn_sim_new(state, definitions, VIEW("tx"));
    check(dn_sim_put_private(sim, NS, TWO, VIEW("x"), VIEW("1"), &err));
    assert_fails(dn_sim_range_private(sim, NS, ONE, VIEW(""), VIEW(""), &range, &err),
                 HEDDLE_E_BAD_STATE, "Queries on pvt data is supported only in a read-only");
    assert_fails(dn_sim_put_private(sim, NS, VIEW("three"), VIEW("x"), VIEW("1"), &err),
                 HEDDLE_E_NOT_FOUND, "collection [three] not defined in the collection config");
}
END_TEST

START_TEST(a_key_that_somebody_wrote_is_read_in_vain)
{
    dn_auto_batch dn_batch batch = {0};
    heddle_view value;
    wire_code code;
    check(dn_sim_get_private(sim, NS, ONE, VIEW("a"), true, &value, &err));
    wire_rwset read = finish();
    dn_sim_free(sim);
    sim = dn_sim_new(state, definitions, VIEW("tx"));
    check(dn_sim_put_private(sim, NS, ONE, VIEW("a"), VIEW("9"), &err));
    wire_rwset write = finish();
    ck_assert_int_eq(dn_batch_init(&batch, state), HEDDLE_OK);
    check(dn_batch_check(&batch, &read, &code, &err));
    ck_assert_int_eq(code, WIRE_CODE_VALID);
    check(dn_batch_apply(&batch, &write, (dn_version){8, 0}, &err));
    check(dn_batch_check(&batch, &read, &code, &err));
    ck_assert_int_eq(code, WIRE_CODE_MVCC_READ_CONFLICT);
}
END_TEST

static const dn_interest *interest_at(size_t index, size_t of)
{
    size_t count;
    const dn_interest *interests = dn_sim_interests(sim, &count);
    ck_assert_uint_eq(count, of);
    return &interests[index];
}

START_TEST(policies_that_count_are_named_for_each_collection)
{
    heddle_view value;
    check(dn_sim_get_private(sim, NS, ONE, VIEW("a"), true, &value, &err));
    check(dn_sim_put_private(sim, NS, TWO, VIEW("x"), VIEW("1"), &err));
    finish();
    ck_assert(base_view_is(interest_at(0, 2)->coll, "one"));
    ck_assert(!interest_at(0, 2)->no_private_reads);
    ck_assert(base_view_is(interest_at(1, 2)->coll, "two"));
    ck_assert(interest_at(1, 2)->no_private_reads);
}
END_TEST

/* Keeping. */

static dn_private_item item(uint64_t tx, heddle_view coll, const char *key, const char *value)
{
    wire_write write = {.key = heddle_view_str(key), .value = heddle_view_str(value)};
    wire_kv_rwset kv = {.writes = &write, .write_count = 1};
    base_auto_buffer base_buffer bytes = {0};
    check(wire_kv_rwset_write(&kv, &bytes));
    return (dn_private_item){tx, {NS, coll, base_arena_view(arena, base_buffer_view(&bytes))}};
}

static size_t count_items(dn_private_store *store, uint64_t block)
{
    dn_private_item *items;
    size_t count;
    check(dn_private_store_block(store, block, arena, &items, &count, &err));
    return count;
}

static bool file_holds(const char *name, const char *text)
{
    char path[512];
    base_auto_buffer base_buffer bytes = {0};
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    check(base_read_file(path, 0, &bytes, &err));
    return memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

START_TEST(a_store_has_its_parts_again_when_it_is_opened)
{
    base_auto_buffer base_buffer bytes = {0};
    dn_private_store *store;
    dn_private_item items[] = {item(1, TWO, "k", "v"), item(0, ONE, "k", "w"),
                               item(1, ONE, "k", "x")};
    check(dn_private_store_open(dir, &store, &err));
    check(dn_private_store_put(store, 7, items, 3, &err));
    check(dn_private_store_put(store, 7, items, 2, &err));
    dn_private_store_close(store);
    check(dn_private_store_open(dir, &store, &err));
    ck_assert_uint_eq(count_items(store, 7), 3);
    ck_assert_uint_eq(count_items(store, 8), 0);
    check(dn_private_store_find(store, (dn_version){7, 1}, NS, TWO, &bytes, &err));
    ck_assert(base_view_equal(base_buffer_view(&bytes), items[0].part.rwset));
    ck_assert_int_eq(dn_private_store_find(store, (dn_version){7, 0}, NS, TWO, &bytes, &err),
                     HEDDLE_E_NOT_FOUND);
    dn_private_store_close(store);
}
END_TEST

START_TEST(what_is_forgotten_is_gone_from_the_file)
{
    base_auto_buffer base_buffer key = {0};
    dn_private_store *store;
    dn_private_item purged[] = {item(0, ONE, "k", "first-value"), item(1, ONE, "k", "later-value")};
    dn_private_item expired = item(0, TWO, "e", "expired-value");
    check(dn_private_store_open(dir, &store, &err));
    check(dn_private_store_put(store, 7, purged, 2, &err));
    check(dn_private_store_put(store, 8, &expired, 1, &err));
    check(
        dn_private_store_purge(store, NS, ONE, sha256(VIEW("k")), (dn_version){7, 0}, &key, &err));
    ck_assert(base_view_is(base_buffer_view(&key), "k"));
    dn_private_store_expire(store, 8, NS, TWO);
    ck_assert(file_holds("private.log", "first-value"));
    check(dn_private_store_settle(store, true, &err));
    ck_assert(!file_holds("private.log", "first-value"));
    ck_assert(!file_holds("private.log", "expired-value"));
    ck_assert(file_holds("private.log", "later-value"));
    dn_private_store_close(store);
    check(dn_private_store_open(dir, &store, &err));
    ck_assert_uint_eq(count_items(store, 7), 2);
    ck_assert_uint_eq(count_items(store, 8), 0);
    dn_private_store_close(store);
}
END_TEST

START_TEST(transient_data_waits_for_its_transaction)
{
    base_auto_buffer base_buffer bytes = {0};
    dn_transient *transient;
    dn_private_part part = item(0, ONE, "k", "waiting-value").part;
    dn_private_part other = item(0, ONE, "k", "other-value").part;
    heddle_view id = VIEW("tx1");
    check(dn_transient_open(dir, &transient, &err));
    check(dn_transient_put(transient, id, 4, &part, 1, &err));
    check(dn_transient_put(transient, id, 4, &other, 1, &err));
    check(dn_transient_put(transient, VIEW("old"), 2, &part, 1, &err));
    dn_transient_close(transient);
    check(dn_transient_open(dir, &transient, &err));
    ck_assert_uint_eq(dn_transient_count(transient), 2);
    check(dn_transient_find(transient, id, NS, ONE, sha256(other.rwset), &bytes, &err));
    ck_assert(base_view_equal(base_buffer_view(&bytes), other.rwset));
    ck_assert_int_eq(dn_transient_find(transient, id, NS, TWO, sha256(other.rwset), &bytes, &err),
                     HEDDLE_E_NOT_FOUND);
    check(dn_transient_forget(transient, NULL, 0, 3, &err));
    ck_assert_uint_eq(dn_transient_count(transient), 1);
    check(dn_transient_forget(transient, &id, 1, 0, &err));
    ck_assert_uint_eq(dn_transient_count(transient), 0);
    ck_assert(!file_holds("transient.log", "waiting-value"));
    dn_transient_close(transient);
}
END_TEST

/* Without memory. */

static heddle_status simulate(void)
{
    heddle_view value;
    size_t count;
    base_auto_buffer base_buffer packed = {0};
    wire_metadata_entry policy = {VIEW("VALIDATION_PARAMETER"), VIEW("P")};
    base_auto(dn_sim) dn_sim *own = dn_sim_new(state, definitions, VIEW("tx"));
    if (!own)
        return HEDDLE_E_NO_MEMORY;
    BASE_TRY(dn_sim_get_private(own, NS, ONE, VIEW("a"), true, &value, &err));
    BASE_TRY(dn_sim_put_private(own, NS, ONE, VIEW("a"), VIEW("2"), &err));
    BASE_TRY(dn_sim_put_private_metadata(own, NS, TWO, VIEW("c"), &policy, &err));
    BASE_TRY(dn_sim_finish(own, &packed, &err));
    (void)dn_sim_private(own, &count);
    ck_assert_uint_eq(count, 2);
    return HEDDLE_OK;
}

/* In a folder of its own for each round. A part that could not be kept is not there. */
static char round_dir[600];
static dn_private_item kept[2];

static heddle_status keep(void)
{
    base_auto_buffer base_buffer key = {0};
    base_auto(dn_private_store) dn_private_store *store = NULL;
    uint8_t digest[CRYPTO_SHA256_LEN];
    heddle_view hash = heddle_view_of(digest, sizeof(digest));
    BASE_TRY(crypto_sha256(VIEW("k"), digest));
    BASE_TRY(dn_private_store_open(round_dir, &store, &err));
    BASE_TRY(dn_private_store_put(store, 7, kept, 2, &err));
    BASE_TRY(dn_private_store_purge(store, NS, ONE, hash, (dn_version){7, 0}, &key, &err));
    dn_private_store_expire(store, 7, NS, TWO);
    return dn_private_store_settle(store, true, &err);
}

static heddle_status wait_for_block(void)
{
    base_auto_buffer base_buffer bytes = {0};
    base_auto(dn_transient) dn_transient *transient = NULL;
    heddle_view id = VIEW("tx");
    uint8_t digest[CRYPTO_SHA256_LEN];
    BASE_TRY(crypto_sha256(kept[0].part.rwset, digest));
    BASE_TRY(dn_transient_open(round_dir, &transient, &err));
    BASE_TRY(dn_transient_put(transient, id, 3, &kept[0].part, 1, &err));
    BASE_TRY(dn_transient_find(transient, id, NS, ONE, heddle_view_of(digest, sizeof(digest)),
                               &bytes, &err));
    return dn_transient_forget(transient, &id, 1, 0, &err);
}

static void with_every_allocation_failed(heddle_status (*fn)(void))
{
    kept[0] = item(0, ONE, "k", "v");
    kept[1] = item(1, TWO, "k", "v");
    for (size_t nth = 1;; nth++) {
        snprintf(round_dir, sizeof(round_dir), "%s/%zu", dir, nth);
        fault_alloc_arm(nth);
        heddle_status status = fn();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!fault_alloc_disarm()) {
            check(status);
            return;
        }
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY || status == HEDDLE_OK, "%zu: %s", nth,
                      err.message);
    }
}

START_TEST(want_of_memory_is_an_error_and_no_leak)
{
    with_every_allocation_failed(simulate);
    with_every_allocation_failed(keep);
    with_every_allocation_failed(wait_for_block);
}
END_TEST

static TCase *private_case(void)
{
    TCase *tcase = SUITE_CASE(
        "private", reads_and_writes_become_hashes_in_the_order_of_keys,
        the_clear_part_has_the_hash_that_is_public,
        a_value_that_is_not_the_one_of_the_hash_is_not_read, ranges_and_writes_exclude_each_other,
        a_key_that_somebody_wrote_is_read_in_vain,
        policies_that_count_are_named_for_each_collection,
        a_store_has_its_parts_again_when_it_is_opened, what_is_forgotten_is_gone_from_the_file,
        transient_data_waits_for_its_transaction, want_of_memory_is_an_error_and_no_leak);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/private", private_case())
