/*
 * A recorded channel judged once more: every block must come out as the peer wrote it. Nothing is
 * told of its chaincodes, so their definitions are what _lifecycle wrote into the blocks.
 */
#include <stdio.h>

#include "base/view.h"
#include "devnet/ledger/ledger.h"
#include "devnet/lifecycle/record.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

enum { GOLDEN_BLOCKS = 40 };

static char *dir;
static dn_blockstore *store;
static wire_bundle *bundle;
static dn_config_holder *config;
static dn_definitions *definitions;
static dn_ledger *ledger;
static heddle_error err;

#define OK(expr)                                                                                   \
    do {                                                                                           \
        if ((expr) != HEDDLE_OK)                                                                   \
            ck_abort_msg("%s: %s", #expr, err.message);                                            \
    } while (0)

static base_buffer golden(unsigned number)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%u.pb", number);
    return fixture_read(path);
}

static void open_ledger(void)
{
    dn_ledger_options options = {.blocks = store, .config = config, .definitions = definitions};
    OK(dn_ledger_new(&options, &ledger, &err));
}

static void setup(void)
{
    base_auto_buffer base_buffer genesis = golden(0);
    dir = fixture_dir_new();
    OK(dn_blockstore_open(dir, &store, &err));
    OK(wire_bundle_from_block(base_buffer_view(&genesis), &bundle, &err));
    OK(dn_config_holder_new(bundle, 0, &config, &err));
    OK(dn_definitions_new(NULL, 0, &definitions, &err));
    OK(dn_definitions_bind(definitions, bundle, &err));
    open_ledger();
}

static void teardown(void)
{
    dn_ledger_free(ledger);
    dn_definitions_unref(definitions);
    dn_config_holder_free(config);
    wire_bundle_unref(bundle);
    dn_blockstore_close(store);
    fixture_dir_free(dir);
}

static void commit(unsigned number)
{
    base_auto_buffer base_buffer block = golden(number);
    heddle_status status = dn_ledger_commit(ledger, base_buffer_view(&block), &err);
    ck_assert_msg(status == HEDDLE_OK, "block %u: %s", number, err.message);
}

/* Codes first, since they say more than a difference of bytes. */
static void check_same(unsigned number, heddle_view ours, heddle_view theirs)
{
    base_arena *arena = base_arena_new(0);
    wire_block a, b;
    OK(wire_block_read(ours, arena, &a, &err));
    OK(wire_block_read(theirs, arena, &b, &err));
    for (size_t i = 0; i < b.tx_count; i++)
        ck_assert_msg(wire_block_code(&a, i) == wire_block_code(&b, i),
                      "block %u, transaction %zu: %s instead of %s", number, i,
                      wire_code_name(wire_block_code(&a, i)),
                      wire_code_name(wire_block_code(&b, i)));
    ck_assert_msg(base_view_equal(a.commit_hash, b.commit_hash), "block %u: commit hash", number);
    ck_assert_msg(base_view_equal(ours, theirs), "block %u: bytes", number);
    base_arena_free(arena);
}

static void commit_all(void)
{
    for (unsigned n = 0; n < GOLDEN_BLOCKS; n++)
        commit(n);
}

START_TEST(every_block_comes_out_as_the_peer_wrote_it)
{
    for (unsigned n = 0; n < GOLDEN_BLOCKS; n++) {
        base_auto_buffer base_buffer theirs = golden(n);
        base_auto_buffer base_buffer ours = {0};
        commit(n);
        OK(dn_blockstore_read(store, n, &ours, &err));
        check_same(n, base_buffer_view(&ours), base_buffer_view(&theirs));
    }
}
END_TEST

static void check_equal_states(dn_state *a, dn_state *b)
{
    const dn_entry *x = NULL, *y = NULL;
    ck_assert_uint_eq(dn_state_count(a), dn_state_count(b));
    for (;;) {
        x = dn_state_after(a, x ? &x->at : NULL);
        y = dn_state_after(b, y ? &y->at : NULL);
        ck_assert(!x == !y);
        if (!x)
            return;
        ck_assert_int_eq(dn_key_compare(&x->at, &y->at), 0);
        ck_assert(base_view_equal(x->value, y->value));
        ck_assert(base_view_equal(x->metadata, y->metadata));
        ck_assert(dn_version_equal(x->version, y->version));
    }
}

/* Of an approval the ledger has hashes only: they are those of the records that are made here. */
static void assert_approved_by(const char *mspid, const dn_state *state)
{
    base_auto(dn_definitions) dn_definitions *defined = NULL;
    OK(dn_definitions_follow(definitions, bundle, state, mspid, &defined, &err));
    ck_assert_uint_eq(dn_definitions_count(defined), 2);
    for (size_t i = 0; i < dn_definitions_count(defined); i++) {
        const dn_definition *d = dn_definitions_at(defined, i);
        ck_assert_msg(d->is_approved && d->has_source, "%s by %s", d->name, mspid);
    }
}

/* Each field of a committed definition, as it would be written now. */
static void assert_record_is(const dn_definition *d, const dn_state *state, base_arena *arena)
{
    dn_parameters p = {.version = d->version,
                       .endorsement_plugin = d->endorsement_plugin,
                       .validation_plugin = d->validation_plugin,
                       .init_required = d->init_required,
                       .validation_parameter = d->policy_bytes,
                       .collections = d->collections_bytes};
    dn_record record;
    OK(dn_record_of_definition(d->name, (int64_t)d->sequence, &p, arena, &record, &err));
    for (size_t i = 0; i < record.field_count; i++) {
        const char *key =
            base_arena_printf(arena, "namespaces/fields/%s/%s", d->name, record.fields[i].name);
        dn_key at = dn_key_public(VIEW("_lifecycle"), heddle_view_str(key));
        const dn_entry *entry = dn_state_get(state, &at);
        ck_assert_msg(entry && base_view_equal(entry->value, record.fields[i].value), "%s", key);
    }
}

START_TEST(definitions_and_approvals_are_those_that_peers_wrote)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    commit_all();
    base_auto(dn_state) dn_state *state = dn_ledger_state(ledger);
    base_auto(dn_definitions) dn_definitions *defined = dn_ledger_definitions(ledger);
    for (size_t i = 0; i < dn_definitions_count(defined); i++)
        assert_record_is(dn_definitions_at(defined, i), state, arena);
    assert_approved_by("Org1MSP", state);
    assert_approved_by("Org2MSP", state);
    base_auto(dn_definitions) dn_definitions *other = NULL;
    OK(dn_definitions_follow(definitions, bundle, state, "Org3MSP", &other, &err));
    ck_assert(!dn_definitions_at(other, 0)->is_approved);
}
END_TEST

START_TEST(a_reopened_ledger_has_the_same_state_and_goes_on)
{
    for (unsigned n = 0; n < 30; n++)
        commit(n);
    dn_ledger *first = ledger;
    open_ledger();
    base_auto(dn_state) dn_state *a = dn_ledger_state(first);
    base_auto(dn_state) dn_state *b = dn_ledger_state(ledger);
    check_equal_states(a, b);
    dn_ledger_free(first);
    for (unsigned n = 30; n < GOLDEN_BLOCKS; n++) {
        base_auto_buffer base_buffer theirs = golden(n);
        base_auto_buffer base_buffer ours = {0};
        commit(n);
        OK(dn_blockstore_read(store, n, &ours, &err));
        check_same(n, base_buffer_view(&ours), base_buffer_view(&theirs));
    }
}
END_TEST

START_TEST(the_index_knows_the_first_copy_of_a_transaction)
{
    dn_version at;
    commit_all();
    base_auto_buffer base_buffer block = golden(32);
    base_arena *arena = base_arena_new(0);
    wire_block b;
    wire_tx tx;
    OK(wire_block_read(base_buffer_view(&block), arena, &b, &err));
    OK(wire_tx_read(b.envelopes[1], arena, &tx, &err));
    ck_assert(dn_index_find_tx(dn_ledger_index(ledger), tx.tx_id, &at));
    ck_assert_uint_eq(at.block, 32);
    ck_assert_uint_eq(at.tx, 0);
    ck_assert(!dn_index_find_tx(dn_ledger_index(ledger), VIEW("nosuch"), &at));
    base_arena_free(arena);
}
END_TEST

START_TEST(history_tells_valid_writes_and_deletes_of_a_key)
{
    dn_version *places;
    size_t count;
    commit_all();
    OK(dn_index_history(dn_ledger_index(ledger), VIEW("kv"), VIEW("k1"), &places, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(places[0].block, 14);
    ck_assert_uint_eq(places[1].block, 17);
    base_free(places);
    OK(dn_index_history(dn_ledger_index(ledger), VIEW("kv"), VIEW("epf"), &places, &count));
    ck_assert_uint_eq(count, 0);
    base_free(places);
}
END_TEST

START_TEST(blocks_are_found_by_hash_and_the_tip_moves)
{
    uint64_t number;
    commit_all();
    dn_tip tip = dn_ledger_tip(ledger);
    ck_assert_uint_eq(tip.height, GOLDEN_BLOCKS);
    ck_assert(dn_index_find_block(dn_ledger_index(ledger),
                                  heddle_view_of(tip.previous, sizeof(tip.previous)), &number));
    ck_assert_uint_eq(number, GOLDEN_BLOCKS - 2);
}
END_TEST

START_TEST(a_block_out_of_its_place_changes_nothing)
{
    for (unsigned n = 0; n < 5; n++)
        commit(n);
    base_auto_buffer base_buffer later = golden(6);
    base_auto_buffer base_buffer next = golden(5);
    ck_assert_int_eq(dn_ledger_commit(ledger, base_buffer_view(&later), &err),
                     HEDDLE_E_BROKEN_CHAIN);
    next.data[next.len / 2] ^= 1;
    ck_assert_int_ne(dn_ledger_commit(ledger, base_buffer_view(&next), &err), HEDDLE_OK);
    ck_assert_uint_eq(dn_ledger_height(ledger), 5);
    commit(5);
}
END_TEST

/* Judge @p bytes on the present state, with the @p nth allocation failing. */
static heddle_status judge(heddle_view bytes, size_t nth, uint8_t flags[8], bool *fired)
{
    dn_auto_batch dn_batch batch = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_auto(dn_state) dn_state *state = dn_ledger_state(ledger);
    base_auto(dn_definitions) dn_definitions *defined = dn_ledger_definitions(ledger);
    dn_validator validator = {bundle, defined, dn_ledger_index(ledger)};
    wire_block block;
    wire_tx txs[8];
    OK(wire_block_read(bytes, arena, &block, &err));
    ck_assert_int_eq(dn_batch_init(&batch, state), HEDDLE_OK);
    fault_alloc_arm(nth);
    heddle_status status = dn_validate_block(&validator, &block, arena, &batch, txs, flags, &err);
    *fired = fault_alloc_disarm();
    return status;
}

/* Whatever allocation fails, a block is judged right or not at all. */
START_TEST(a_judgement_without_memory_is_none)
{
    enum { BLOCK = 28 };
    base_auto_buffer base_buffer block = golden(BLOCK);
    bool fired = true;
    for (unsigned n = 0; n < BLOCK; n++)
        commit(n);
    for (size_t nth = 1; fired; nth++) {
        uint8_t flags[8];
        heddle_status status = judge(base_buffer_view(&block), nth, flags, &fired);
        ck_assert(status == HEDDLE_OK || fired);
        if (status == HEDDLE_OK)
            ck_assert_msg(!memcmp(flags, "\0\x0b\x0b\x0b", 4), "allocation %zu: %u %u %u %u", nth,
                          flags[0], flags[1], flags[2], flags[3]);
    }
    commit(BLOCK);
}
END_TEST

START_TEST(a_commit_without_memory_can_be_repeated)
{
    enum { BLOCK = 28 };
    base_auto_buffer base_buffer theirs = golden(BLOCK);
    base_auto_buffer base_buffer ours = {0};
    for (unsigned n = 0; n < BLOCK; n++)
        commit(n);
    heddle_status status = HEDDLE_E_NO_MEMORY;
    for (size_t nth = 1; status != HEDDLE_OK; nth++) {
        fault_alloc_arm(nth);
        status = dn_ledger_commit(ledger, base_buffer_view(&theirs), &err);
        bool fired = fault_alloc_disarm();
        ck_assert_uint_eq(dn_ledger_height(ledger), status == HEDDLE_OK ? BLOCK + 1 : BLOCK);
        ck_assert(status == HEDDLE_OK || fired);
    }
    OK(dn_blockstore_read(store, BLOCK, &ours, &err));
    check_same(BLOCK, base_buffer_view(&ours), base_buffer_view(&theirs));
    commit(BLOCK + 1);
}
END_TEST

static TCase *ledger_case(void)
{
    TCase *tcase = SUITE_CASE(
        "golden", every_block_comes_out_as_the_peer_wrote_it,
        definitions_and_approvals_are_those_that_peers_wrote,
        a_reopened_ledger_has_the_same_state_and_goes_on,
        the_index_knows_the_first_copy_of_a_transaction,
        history_tells_valid_writes_and_deletes_of_a_key, blocks_are_found_by_hash_and_the_tip_moves,
        a_block_out_of_its_place_changes_nothing, a_judgement_without_memory_is_none,
        a_commit_without_memory_can_be_repeated);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/golden_ledger", ledger_case())
