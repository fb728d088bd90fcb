/* The private data of a block: gathered, checked against the hashes, applied, looked for again. */
#include <stdio.h>

#include "base/fail.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "devnet/ledger/private.h"
#include "devnet/ledger/sim.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

#define NS   VIEW("cc")
#define COLL VIEW("pair")

enum { NUMBER = 5 };

static char *dir;
static dn_definitions *definitions;
static dn_blockstore *blocks;
static dn_state *state;
static base_arena *arena;
static heddle_error err;

/* A block of one transaction, and what its endorser has of it. */
static wire_block block;
static wire_tx tx;
static uint8_t flags[1];
static heddle_view part;

/* What the other peers give; empty: nothing. */
static heddle_view given;
static unsigned asked;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static heddle_status fetch(void *user, const dn_private_want *want, base_buffer *out,
                           heddle_error *why)
{
    (void)user;
    asked++;
    ck_assert_uint_eq(want->place.block, block.number);
    ck_assert(base_view_is(want->tx_id, "tx"));
    if (!given.len)
        return base_fail(why, HEDDLE_E_NOT_FOUND, "nobody has it");
    if (base_buffer_append(out, given) != HEDDLE_OK)
        return base_fail_memory(why, "private data");
    return HEDDLE_OK;
}

static void done(void *user, uint64_t number, const heddle_view *tx_ids, size_t count)
{
    (void)user;
    (void)number;
    (void)tx_ids;
    (void)count;
}

static dn_private_access access = {.mspid = "Org1MSP", .fetch = fetch, .done = done};

static dn_private_block view_of(base_arena *in)
{
    return (dn_private_block){.access = &access,
                              .definitions = definitions,
                              .blocks = blocks,
                              .block = &block,
                              .txs = &tx,
                              .flags = flags,
                              .arena = in};
}

/* Make the block's transaction of what @p fill does in a simulation. */
static void simulate(void (*fill)(dn_sim *sim))
{
    base_auto(dn_sim) dn_sim *sim = dn_sim_new(state, definitions, VIEW("tx"));
    base_auto_buffer base_buffer packed = {0};
    size_t count;
    fill(sim);
    check(dn_sim_finish(sim, &packed, &err));
    const dn_private_part *parts = dn_sim_private(sim, &count);
    ck_assert_uint_eq(count, 1);
    part = base_arena_view(arena, parts[0].rwset);
    heddle_view bytes = base_arena_view(arena, base_buffer_view(&packed));
    tx = (wire_tx){.type = WIRE_TX_ENDORSER, .tx_id = VIEW("tx")};
    check(wire_rwset_read(bytes, arena, &tx.action.result.results, &err));
}

static void put_two(dn_sim *sim)
{
    check(dn_sim_put_private(sim, NS, COLL, VIEW("a"), VIEW("1"), &err));
    check(dn_sim_put_private(sim, NS, COLL, VIEW("b"), VIEW("2"), &err));
}

static void purge_one(dn_sim *sim)
{
    check(dn_sim_purge_private(sim, NS, COLL, VIEW("a"), &err));
}

static void setup(void)
{
    static const dn_collection_config collection = {
        .name = "pair", .policy = "OR('Org1MSP.member','Org2MSP.member')"};
    static const dn_chaincode cc = {
        .name = "cc", .collections = &collection, .collection_count = 1};
    dir = fixture_dir_new();
    arena = base_arena_new(0);
    check(dn_definitions_new(&cc, 1, &definitions, &err));
    check(dn_blockstore_open(dir, &blocks, &err));
    check(dn_private_store_open(dir, &access.store, &err));
    state = dn_state_new();
    block = (wire_block){.number = NUMBER, .tx_count = 1};
    flags[0] = WIRE_CODE_VALID;
    given = heddle_view_of(NULL, 0);
    asked = 0;
    simulate(put_two);
}

static void teardown(void)
{
    dn_state_unref(state);
    dn_private_store_close(access.store);
    dn_blockstore_close(blocks);
    dn_definitions_unref(definitions);
    base_arena_free(arena);
    fixture_dir_free(dir);
}

/* Have the block in the state; how many parts were missing. */
static heddle_status commit(size_t *out_missing)
{
    base_auto(arena) base_arena *scratch = base_arena_new(0);
    dn_auto_batch dn_batch batch = {0};
    dn_private_batch gathered = {0};
    if (!scratch || dn_batch_init(&batch, state) != HEDDLE_OK)
        return HEDDLE_E_NO_MEMORY;
    dn_private_block b = view_of(scratch);
    dn_version at = {block.number, 0};
    if (flags[0] == WIRE_CODE_VALID)
        BASE_TRY(dn_batch_apply(&batch, &tx.action.result.results, at, &err));
    BASE_TRY(dn_private_gather(&b, false, &gathered, &err));
    BASE_TRY(dn_private_apply(&b, &gathered, &batch, &err));
    dn_state_unref(state);
    state = dn_state_ref(batch.next);
    *out_missing = gathered.missing;
    return HEDDLE_OK;
}

static size_t commit_missing(void)
{
    size_t missing = 0;
    check(commit(&missing));
    return missing;
}

static const dn_entry *clear_of(const char *key)
{
    dn_key at = {.ns = NS, .coll = COLL, .key = heddle_view_str(key), .is_private = true};
    return dn_state_get(state, &at);
}

static bool is_kept(void)
{
    base_auto_buffer base_buffer bytes = {0};
    return dn_private_store_find(access.store, (dn_version){NUMBER, 0}, NS, COLL, &bytes, &err) ==
           HEDDLE_OK;
}

START_TEST(what_others_give_is_kept_and_in_the_state)
{
    given = part;
    ck_assert_uint_eq(commit_missing(), 0);
    ck_assert(base_view_is(clear_of("a")->value, "1"));
    ck_assert_uint_eq(clear_of("b")->version.block, NUMBER);
    ck_assert(is_kept());
    ck_assert_uint_eq(commit_missing(), 0);
    ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(what_is_not_what_was_endorsed_is_missing)
{
    wire_write write = {.key = VIEW("a"), .value = VIEW("another")};
    wire_kv_rwset kv = {.writes = &write, .write_count = 1};
    base_auto_buffer base_buffer forged = {0};
    check(wire_kv_rwset_write(&kv, &forged));
    given = base_buffer_view(&forged);
    ck_assert_uint_eq(commit_missing(), 1);
    given = VIEW("\xff\xff");
    ck_assert_uint_eq(commit_missing(), 1);
    ck_assert_ptr_null(clear_of("a"));
    ck_assert(!is_kept());
}
END_TEST

START_TEST(a_part_of_which_keys_were_purged_is_taken)
{
    wire_write write = {.key = VIEW("b"), .value = VIEW("2")};
    wire_kv_rwset kv = {.writes = &write, .write_count = 1};
    base_auto_buffer base_buffer rest = {0};
    check(wire_kv_rwset_write(&kv, &rest));
    given = base_buffer_view(&rest);
    ck_assert_uint_eq(commit_missing(), 0);
    ck_assert_ptr_null(clear_of("a"));
    ck_assert(base_view_is(clear_of("b")->value, "2"));
}
END_TEST

START_TEST(data_of_an_invalid_transaction_is_kept_but_no_state)
{
    given = part;
    flags[0] = WIRE_CODE_MVCC_READ_CONFLICT;
    ck_assert_uint_eq(commit_missing(), 0);
    ck_assert_ptr_null(clear_of("a"));
    ck_assert(is_kept());
}
END_TEST

START_TEST(data_of_an_invalid_transaction_is_not_missed)
{
    flags[0] = WIRE_CODE_DUPLICATE_TXID;
    ck_assert_uint_eq(commit_missing(), 0);
    ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(a_purge_needs_no_data_of_its_own)
{
    given = part;
    ck_assert_uint_eq(commit_missing(), 0);
    simulate(purge_one);
    block.number = NUMBER + 1;
    given = heddle_view_of(NULL, 0);
    ck_assert_uint_eq(commit_missing(), 1);
    ck_assert_ptr_null(clear_of("a"));
    ck_assert_ptr_nonnull(clear_of("b"));
}
END_TEST

static heddle_status reconcile(dn_state *into, size_t *out_missing)
{
    base_auto(arena) base_arena *scratch = base_arena_new(0);
    dn_private_batch found = {0};
    if (!scratch)
        return HEDDLE_E_NO_MEMORY;
    dn_private_block b = view_of(scratch);
    BASE_TRY(dn_private_reconcile(&b, into, &found, &err));
    *out_missing = found.missing;
    return HEDDLE_OK;
}

START_TEST(late_data_counts_as_far_as_it_is_current)
{
    size_t missing;
    uint8_t digest[CRYPTO_SHA256_LEN];
    ck_assert_uint_eq(commit_missing(), 1);
    check(crypto_sha256(VIEW("b"), digest));
    dn_entry newer = {.at = {.ns = NS, .coll = COLL, .key = heddle_view_of(digest, sizeof(digest))},
                      .value = VIEW("hash of something else"),
                      .version = {NUMBER + 2, 0}};
    check(dn_state_put(state, &newer));
    check(reconcile(state, &missing));
    ck_assert_uint_eq(missing, 1);
    given = part;
    check(reconcile(state, &missing));
    ck_assert_uint_eq(missing, 0);
    ck_assert(base_view_is(clear_of("a")->value, "1"));
    ck_assert_uint_eq(clear_of("a")->version.block, NUMBER);
    ck_assert_ptr_null(clear_of("b"));
    ck_assert(is_kept());
}
END_TEST

/* A commit that failed is tried again and succeeds. */
START_TEST(want_of_memory_is_an_error_and_no_leak)
{
    size_t missing = 9;
    given = part;
    for (size_t nth = 1;; nth++) {
        base_auto(dn_state) dn_state *before = dn_state_clone(state);
        fault_alloc_arm(nth);
        heddle_status status = commit(&missing);
        bool fired = fault_alloc_disarm();
        ck_assert(status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY);
        if (status != HEDDLE_OK) {
            ck_assert_ptr_null(clear_of("a"));
            continue;
        }
        ck_assert_ptr_nonnull(clear_of("a"));
        if (!fired)
            break;
        dn_state_unref(state);
        state = dn_state_ref(before);
    }
    ck_assert_uint_eq(missing, 0);
    for (size_t nth = 1;; nth++) {
        base_auto(dn_state) dn_state *own = dn_state_clone(state);
        fault_alloc_arm(nth);
        heddle_status status = reconcile(own, &missing);
        if (!fault_alloc_disarm()) {
            check(status);
            break;
        }
    }
}
END_TEST

static TCase *block_case(void)
{
    TCase *tcase = SUITE_CASE(
        "private_block", what_others_give_is_kept_and_in_the_state,
        what_is_not_what_was_endorsed_is_missing, a_part_of_which_keys_were_purged_is_taken,
        data_of_an_invalid_transaction_is_kept_but_no_state,
        data_of_an_invalid_transaction_is_not_missed, a_purge_needs_no_data_of_its_own,
        late_data_counts_as_far_as_it_is_current, want_of_memory_is_an_error_and_no_leak);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/private_block", block_case())
