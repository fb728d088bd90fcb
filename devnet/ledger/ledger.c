#include "devnet/ledger/ledger.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "crypto/digest.h"
#include "devnet/ledger/metadata.h"
#include "devnet/ledger/reconfigure.h"

enum { BLOCK_ARENA_LIMIT = 1024 * 1024 * 1024 };

struct dn_ledger {
    dn_ledger_options options;
    dn_index *index;
    dn_event_index *events;
    pthread_mutex_t lock; /* over state, definitions and tip */
    dn_state *state;
    dn_definitions *definitions;
    dn_tip tip;
    base_buffer commit_hash; /* the committing thread's */
    uint64_t *missing;       /* numbers of blocks of which private data is missing; the same */
    size_t missing_cap;
    atomic_size_t missing_count;
};

/* A block on its way into the ledger. */
typedef struct commit {
    base_arena *arena;
    wire_block block;
    wire_tx *txs;
    uint8_t *flags;
    dn_batch batch;
    wire_bundle *config;         /* that the block brings; NULL: none */
    dn_definitions *definitions; /* as after the block */
    dn_private_batch private_data;
    uint8_t hash[CRYPTO_SHA256_LEN];
} commit;

static void commit_done(commit *c)
{
    dn_batch_done(&c->batch);
    dn_definitions_unref(c->definitions);
    wire_bundle_unref(c->config);
    base_arena_free(c->arena);
}

#define auto_commit __attribute__((cleanup(commit_done)))

static heddle_status commit_init(dn_ledger *ledger, heddle_view bytes, commit *c, heddle_error *err)
{
    c->arena = base_arena_new(BLOCK_ARENA_LIMIT);
    if (!c->arena)
        return base_fail_memory(err, "block");
    BASE_TRY(wire_block_read(bytes, c->arena, &c->block, err));
    c->txs = base_arena_zalloc(c->arena, c->block.tx_count + 1, sizeof(*c->txs));
    c->flags = base_arena_zalloc(c->arena, c->block.tx_count + 1, 1);
    if (!c->txs || !c->flags)
        return base_arena_fail(c->arena, err, "block");
    BASE_TRY(wire_block_header_hash(&c->block, c->hash, err));
    if (dn_batch_init(&c->batch, ledger->state) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    return HEDDLE_OK;
}

/* Keys that a valid transaction writes or deletes go into the history. */
static heddle_status index_writes(dn_index *index, const wire_tx *tx, dn_version at)
{
    const wire_rwset *rwset = &tx->action.result.results;
    for (size_t n = 0; n < rwset->namespace_count; n++) {
        const wire_ns_rwset *ns = &rwset->namespaces[n];
        for (size_t i = 0; i < ns->kv.write_count; i++)
            BASE_TRY(dn_index_add_write(index, ns->name, ns->kv.writes[i].key, at));
    }
    return HEDDLE_OK;
}

static heddle_status index_block(dn_ledger *ledger, const commit *c)
{
    dn_index *index = ledger->index;
    const wire_block *block = &c->block;
    for (size_t i = 0; i < block->tx_count; i++) {
        dn_version at = {block->number, i};
        const wire_tx *tx = &c->txs[i];
        BASE_TRY(dn_index_add_tx(index, tx->tx_id, at));
        if (c->flags[i] != WIRE_CODE_VALID || tx->type != WIRE_TX_ENDORSER)
            continue;
        BASE_TRY(index_writes(index, tx, at));
        BASE_TRY(dn_event_index_add(ledger->events, tx, block->number, i));
    }
    return dn_index_add_block(index, heddle_view_of(c->hash, sizeof(c->hash)), block->number);
}

/* What readers see of the ledger. */
typedef struct view_of_ledger {
    dn_state *state;
    dn_definitions *definitions;
    dn_tip tip;
} view_of_ledger;

/* Takes the references; gives those replaced. */
static view_of_ledger publish(dn_ledger *ledger, view_of_ledger view)
{
    pthread_mutex_lock(&ledger->lock);
    view_of_ledger old = {ledger->state, ledger->definitions, ledger->tip};
    ledger->state = view.state;
    ledger->definitions = view.definitions;
    ledger->tip = view.tip;
    pthread_mutex_unlock(&ledger->lock);
    return old;
}

static void view_done(view_of_ledger *view)
{
    dn_state_unref(view->state);
    dn_definitions_unref(view->definitions);
}

static view_of_ledger view_after(const commit *c, const dn_tip *tip)
{
    return (view_of_ledger){dn_state_ref(c->batch.next), dn_definitions_ref(c->definitions), *tip};
}

static heddle_status follow_definitions(const dn_ledger *ledger, const wire_bundle *config,
                                        const dn_state *state, dn_definitions **out,
                                        heddle_error *err)
{
    const dn_private_access *access = ledger->options.private_data;
    base_auto(wire_bundle) wire_bundle *present = dn_ledger_config(ledger);
    return dn_definitions_follow(ledger->options.definitions, config ? config : present, state,
                                 access ? access->mspid : NULL, out, err);
}

/* Of a block whose changes are complete. */
static heddle_status define(const dn_ledger *ledger, commit *c, heddle_error *err)
{
    dn_key lifecycle = {.ns = VIEW("_lifecycle")};
    const dn_entry *touched = dn_state_after(c->batch.updates, &lifecycle);
    if (c->config || (touched && base_view_is(touched->at.ns, "_lifecycle")))
        return follow_definitions(ledger, c->config, c->batch.next, &c->definitions, err);
    c->definitions = dn_definitions_ref(ledger->definitions);
    return HEDDLE_OK;
}

static dn_tip tip_after(const dn_tip *before, const commit *c)
{
    dn_tip tip = {.height = c->block.number + 1, .has_previous = before->height > 0};
    memcpy(tip.hash, c->hash, sizeof(tip.hash));
    memcpy(tip.previous, before->hash, sizeof(tip.previous));
    return tip;
}

/* Private data. */

static dn_private_block private_block(const dn_ledger *ledger, const commit *c)
{
    return (dn_private_block){.access = ledger->options.private_data,
                              .definitions = ledger->definitions,
                              .blocks = ledger->options.blocks,
                              .block = &c->block,
                              .txs = c->txs,
                              .flags = c->flags,
                              .arena = c->arena};
}

/* Of a block whose public changes are complete. */
static heddle_status add_private(dn_ledger *ledger, commit *c, bool only_stored, heddle_error *err)
{
    dn_private_block b = private_block(ledger, c);
    if (!b.access || !c->block.number)
        return HEDDLE_OK;
    BASE_TRY(dn_private_gather(&b, only_stored, &c->private_data, err));
    return dn_private_apply(&b, &c->private_data, &c->batch, err);
}

/* Room for one more block: asked for before the block is written. */
static heddle_status reserve_missing(dn_ledger *ledger, heddle_error *err)
{
    size_t count = atomic_load(&ledger->missing_count);
    if (count < ledger->missing_cap)
        return HEDDLE_OK;
    size_t cap = ledger->missing_cap ? ledger->missing_cap * 2 : 16;
    uint64_t *more = base_realloc(ledger->missing, cap * sizeof(*more));
    if (!more)
        return base_fail_memory(err, "private data");
    ledger->missing = more;
    ledger->missing_cap = cap;
    return HEDDLE_OK;
}

static void note_missing(dn_ledger *ledger, const commit *c)
{
    if (c->private_data.missing)
        ledger->missing[atomic_fetch_add(&ledger->missing_count, 1)] = c->block.number;
}

static heddle_status replay(dn_ledger *ledger, heddle_view bytes, heddle_error *err)
{
    auto_commit commit c = {0};
    BASE_TRY(commit_init(ledger, bytes, &c, err));
    const wire_block *block = &c.block;
    for (size_t i = 0; i < block->tx_count; i++) {
        BASE_TRY(dn_tx_read(block->envelopes[i], c.arena, &c.txs[i], err));
        c.flags[i] = (uint8_t)wire_block_code(block, i);
        if (c.flags[i] == WIRE_CODE_VALID && c.txs[i].type == WIRE_TX_ENDORSER)
            BASE_TRY(dn_batch_apply(&c.batch, &c.txs[i].action.result.results,
                                    (dn_version){block->number, i}, err));
    }
    BASE_TRY(add_private(ledger, &c, true, err));
    BASE_TRY(define(ledger, &c, err));
    BASE_TRY(reserve_missing(ledger, err));
    base_buffer_clear(&ledger->commit_hash);
    if (base_buffer_append(&ledger->commit_hash, block->commit_hash) != HEDDLE_OK ||
        index_block(ledger, &c) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    dn_tip tip = tip_after(&ledger->tip, &c);
    view_of_ledger old = publish(ledger, view_after(&c, &tip));
    view_done(&old);
    note_missing(ledger, &c);
    return HEDDLE_OK;
}

static heddle_status recover(dn_ledger *ledger, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    uint64_t height = dn_blockstore_height(ledger->options.blocks);
    for (uint64_t n = 0; n < height; n++) {
        base_buffer_clear(&bytes);
        BASE_TRY(dn_blockstore_read(ledger->options.blocks, n, &bytes, err));
        heddle_status status = replay(ledger, base_buffer_view(&bytes), err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "ledger block %llu", (unsigned long long)n);
            return status;
        }
    }
    if (ledger->options.private_data)
        return dn_private_store_settle(ledger->options.private_data->store, true, err);
    return HEDDLE_OK;
}

heddle_status dn_ledger_new(const dn_ledger_options *options, dn_ledger **out, heddle_error *err)
{
    base_auto(dn_ledger) dn_ledger *ledger = base_calloc(1, sizeof(*ledger));
    if (!ledger)
        return base_fail_memory(err, "ledger");
    ledger->options = *options;
    pthread_mutex_init(&ledger->lock, NULL);
    ledger->index = dn_index_new();
    ledger->events = dn_event_index_new();
    ledger->state = dn_state_new();
    if (!ledger->index || !ledger->events || !ledger->state)
        return base_fail_memory(err, "ledger");
    BASE_TRY(follow_definitions(ledger, NULL, ledger->state, &ledger->definitions, err));
    BASE_TRY(recover(ledger, err));
    *out = base_steal(&ledger);
    return HEDDLE_OK;
}

void dn_ledger_free(dn_ledger *ledger)
{
    if (!ledger)
        return;
    dn_index_free(ledger->index);
    dn_event_index_free(ledger->events);
    dn_state_unref(ledger->state);
    dn_definitions_unref(ledger->definitions);
    base_buffer_done(&ledger->commit_hash);
    base_free(ledger->missing);
    pthread_mutex_destroy(&ledger->lock);
    base_free(ledger);
}

dn_tip dn_ledger_tip(dn_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    dn_tip tip = ledger->tip;
    pthread_mutex_unlock(&ledger->lock);
    return tip;
}

uint64_t dn_ledger_height(dn_ledger *ledger)
{
    return dn_ledger_tip(ledger).height;
}

dn_state *dn_ledger_state(dn_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    dn_state *state = dn_state_ref(ledger->state);
    pthread_mutex_unlock(&ledger->lock);
    return state;
}

dn_index *dn_ledger_index(const dn_ledger *ledger)
{
    return ledger->index;
}

dn_event_index *dn_ledger_events(const dn_ledger *ledger)
{
    return ledger->events;
}

dn_blockstore *dn_ledger_blocks(const dn_ledger *ledger)
{
    return ledger->options.blocks;
}

void dn_ledger_snapshot(dn_ledger *ledger, dn_state **out_state, dn_definitions **out_definitions)
{
    pthread_mutex_lock(&ledger->lock);
    *out_state = dn_state_ref(ledger->state);
    *out_definitions = dn_definitions_ref(ledger->definitions);
    pthread_mutex_unlock(&ledger->lock);
}

dn_definitions *dn_ledger_definitions(dn_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    dn_definitions *definitions = dn_definitions_ref(ledger->definitions);
    pthread_mutex_unlock(&ledger->lock);
    return definitions;
}

wire_bundle *dn_ledger_config(const dn_ledger *ledger)
{
    return dn_config_holder_acquire(ledger->options.config);
}

static heddle_status check_place(dn_ledger *ledger, const wire_block *block, heddle_error *err)
{
    dn_tip tip = dn_ledger_tip(ledger);
    BASE_TRY(wire_block_check_data(block, err));
    if (tip.height)
        return wire_block_check_link(block, tip.height - 1,
                                     heddle_view_of(tip.hash, sizeof(tip.hash)), err);
    if (block->number)
        return base_fail(err, HEDDLE_E_BROKEN_CHAIN, "the first block has number %llu",
                         (unsigned long long)block->number);
    return HEDDLE_OK;
}

/* The chain of commit hashes starts with block 1. */
static heddle_status next_commit_hash(const dn_ledger *ledger, const commit *c, base_buffer *out,
                                      heddle_error *err)
{
    base_auto_buffer base_buffer updates = {0};
    uint8_t hash[CRYPTO_SHA256_LEN];
    if (c->block.number == 0)
        return HEDDLE_OK;
    if (dn_batch_bytes(&c->batch, &updates) != HEDDLE_OK ||
        dn_commit_hash(heddle_view_of(c->flags, c->block.tx_count), base_buffer_view(&updates),
                       base_buffer_view(&ledger->commit_hash), hash) != HEDDLE_OK ||
        base_buffer_append(out, heddle_view_of(hash, sizeof(hash))) != HEDDLE_OK)
        return base_fail_memory(err, "commit hash");
    return HEDDLE_OK;
}

/* Block 0 is where the channel begins: there is nothing to judge it by. */
static heddle_status judge(dn_ledger *ledger, commit *c, heddle_error *err)
{
    base_auto(wire_bundle) wire_bundle *bundle = dn_ledger_config(ledger);
    dn_validator validator = {
        .bundle = bundle, .definitions = ledger->definitions, .index = ledger->index};
    if (c->block.number) {
        BASE_TRY(
            dn_validate_block(&validator, &c->block, c->arena, &c->batch, c->txs, c->flags, err));
        return dn_reconfigure(bundle, &c->block, c->txs, c->flags, &c->config, err);
    }
    for (size_t i = 0; i < c->block.tx_count; i++)
        BASE_TRY(dn_tx_read(c->block.envelopes[i], c->arena, &c->txs[i], err));
    return HEDDLE_OK;
}

/* A new configuration is there before its block is, as the state is. */
static heddle_status append(dn_ledger *ledger, const commit *c, heddle_view block,
                            heddle_error *err)
{
    dn_config_holder *holder = ledger->options.config;
    base_auto(wire_bundle) wire_bundle *before = dn_ledger_config(ledger);
    uint64_t number = dn_config_holder_block(holder);
    if (c->config)
        dn_config_holder_put(holder, c->config, c->block.number);
    heddle_status status =
        dn_blockstore_append(ledger->options.blocks, c->block.number, block, err);
    if (status != HEDDLE_OK && c->config)
        dn_config_holder_put(holder, before, number);
    return status;
}

/* The index may keep what it got when the block cannot be written: the same block comes
 * again, and judging it ignores its own entries. */
static heddle_status store(dn_ledger *ledger, commit *c, heddle_view block, heddle_error *err)
{
    if (index_block(ledger, c) != HEDDLE_OK)
        return base_fail_memory(err, "index");
    dn_tip after = tip_after(&ledger->tip, c);
    view_of_ledger old = publish(ledger, view_after(c, &after));
    heddle_status status = append(ledger, c, block, err);
    if (status != HEDDLE_OK)
        old = publish(ledger, old);
    view_done(&old);
    return status;
}

/* Transactions of a block need their transient data no more, whatever came of them. */
static void tell_done(dn_ledger *ledger, const commit *c)
{
    const dn_private_access *access = ledger->options.private_data;
    heddle_view *ids = base_arena_zalloc(c->arena, c->block.tx_count + 1, sizeof(*ids));
    size_t count = 0;
    for (size_t i = 0; ids && i < c->block.tx_count; i++) {
        if (c->txs[i].tx_id.len)
            ids[count++] = c->txs[i].tx_id;
    }
    if (access && ids)
        access->done(access->user, c->block.number, ids, count);
}

heddle_status dn_ledger_commit(dn_ledger *ledger, heddle_view bytes, heddle_error *err)
{
    auto_commit commit c = {0};
    base_auto_buffer base_buffer commit_hash = {0};
    base_auto_buffer base_buffer block = {0};
    BASE_TRY(commit_init(ledger, bytes, &c, err));
    BASE_TRY(check_place(ledger, &c.block, err));
    BASE_TRY(judge(ledger, &c, err));
    BASE_TRY(next_commit_hash(ledger, &c, &commit_hash, err));
    BASE_TRY(dn_block_with_flags(bytes, heddle_view_of(c.flags, c.block.tx_count),
                                 base_buffer_view(&commit_hash), &block, err));
    BASE_TRY(add_private(ledger, &c, false, err));
    BASE_TRY(define(ledger, &c, err));
    BASE_TRY(reserve_missing(ledger, err));
    BASE_TRY(store(ledger, &c, base_buffer_view(&block), err));
    base_buffer_done(&ledger->commit_hash);
    ledger->commit_hash = commit_hash;
    commit_hash = (base_buffer){0};
    note_missing(ledger, &c);
    tell_done(ledger, &c);
    return HEDDLE_OK;
}

/* Reconciling. */

size_t dn_ledger_missing(dn_ledger *ledger)
{
    return atomic_load(&ledger->missing_count);
}

static heddle_status reconcile_block(dn_ledger *ledger, uint64_t number, bool *complete,
                                     heddle_error *err)
{
    auto_commit commit c = {0};
    base_auto_buffer base_buffer bytes = {0};
    dn_private_batch found = {0};
    BASE_TRY(dn_blockstore_read(ledger->options.blocks, number, &bytes, err));
    BASE_TRY(commit_init(ledger, base_buffer_view(&bytes), &c, err));
    for (size_t i = 0; i < c.block.tx_count; i++) {
        BASE_TRY(dn_tx_read(c.block.envelopes[i], c.arena, &c.txs[i], err));
        c.flags[i] = (uint8_t)wire_block_code(&c.block, i);
    }
    dn_private_block b = private_block(ledger, &c);
    BASE_TRY(dn_private_reconcile(&b, c.batch.next, &found, err));
    if (found.count) {
        c.definitions = dn_definitions_ref(ledger->definitions);
        view_of_ledger old = publish(ledger, view_after(&c, &ledger->tip));
        view_done(&old);
    }
    *complete = found.missing == 0;
    return HEDDLE_OK;
}

heddle_status dn_ledger_reconcile(dn_ledger *ledger, heddle_error *err)
{
    size_t count = atomic_load(&ledger->missing_count), kept = 0;
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < count; i++) {
        bool complete = false;
        if (status == HEDDLE_OK)
            status = reconcile_block(ledger, ledger->missing[i], &complete, err);
        if (!complete)
            ledger->missing[kept++] = ledger->missing[i];
    }
    atomic_store(&ledger->missing_count, kept);
    return status;
}
