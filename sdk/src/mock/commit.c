#include "mock/commit.h"

#include "base/fail.h"

/* A block on its way into the ledger. */
typedef struct block {
    heddle_cc_mock *mock;
    base_arena *arena;
    mock_table next;    /* the state with what the block wrote so far */
    mock_table touched; /* the keys that it wrote or deleted */
    mock_table changed; /* the keys whose policies it changed */
    size_t ids_added;
} block;

static void block_done(block *b)
{
    mock_table_done(&b->next);
    mock_table_done(&b->touched);
    mock_table_done(&b->changed);
    base_arena_free(b->arena);
}

static heddle_status block_init(block *b, heddle_cc_mock *mock, heddle_error *err)
{
    if (mock->running)
        return base_fail(err, HEDDLE_E_BAD_STATE, "a transaction of the mock runs");
    *b = (block){.mock = mock, .arena = base_arena_new(0)};
    if (b->arena && mock_table_copy(&mock->state, &b->next) == HEDDLE_OK)
        return HEDDLE_OK;
    block_done(b);
    return base_fail_memory(err, "block");
}

/* Whether a transaction still would read what it read */

static bool is_fresh(const block *b, const mock_entry *read)
{
    if (mock_table_get(&b->touched, &read->at))
        return false;
    const mock_entry *now = mock_table_get(&b->mock->state, &read->at);
    if (!now || read->is_absent)
        return !now && read->is_absent;
    return mock_version_equal(now->version, read->version);
}

/* A range that was not read to its end has the last key seen as its end. */
static const mock_entry *next_of(const block *b, const mock_range *range, const mock_place *at,
                                 bool exclusive)
{
    const mock_entry *entry = mock_table_seek(&b->next, at, exclusive);
    if (!entry || (!range->exhausted && !range->last))
        return NULL;
    if (!range->exhausted)
        return base_view_compare(entry->at.key, range->last->key) <= 0 ? entry : NULL;
    bool inside = !range->end.len || base_view_compare(entry->at.key, range->end) < 0;
    return inside ? entry : NULL;
}

static bool range_matches(const block *b, const mock_range *range)
{
    mock_place at = range->start;
    bool exclusive = false;
    for (const mock_seen *then = range->seen; then; then = then->next) {
        const mock_entry *now = next_of(b, range, &at, exclusive);
        if (!now || !base_view_equal(now->at.key, then->key) ||
            !mock_version_equal(now->version, then->version))
            return false;
        at.key = then->key;
        exclusive = true;
    }
    return next_of(b, range, &at, exclusive) == NULL;
}

static bool are_fresh(const block *b, const mock_table *reads, mock_kind kind)
{
    for (size_t i = 0; i < reads->count; i++) {
        const mock_entry *read = reads->items[i];
        if (read->at.kind == kind && !is_fresh(b, read))
            return false;
    }
    return true;
}

/* As peers do: keys first, then ranges, then hashes. */
static heddle_cc_mock_code check_reads(const block *b, const mock_sim *sim)
{
    if (!are_fresh(b, &sim->reads, MOCK_PUBLIC))
        return HEDDLE_CC_MOCK_MVCC_READ_CONFLICT;
    base_list_each (it, &sim->ranges) {
        if (!range_matches(b, base_list_entry(it, mock_range, link)))
            return HEDDLE_CC_MOCK_PHANTOM_READ_CONFLICT;
    }
    return are_fresh(b, &sim->reads, MOCK_HASHED) ? HEDDLE_CC_MOCK_VALID
                                                  : HEDDLE_CC_MOCK_MVCC_READ_CONFLICT;
}

/* What it leaves */

static heddle_status touch(block *b, const mock_place *at)
{
    mock_entry mark = {.at = *at};
    return mock_table_put(&b->touched, &mark);
}

/* A write keeps the metadata its key had. */
static heddle_status apply_write(block *b, const mock_entry *write, mock_version version)
{
    BASE_TRY(touch(b, &write->at));
    if (!write->value.len) {
        mock_table_remove(&b->next, &write->at);
        return HEDDLE_OK;
    }
    const mock_entry *old = mock_table_get(&b->next, &write->at);
    mock_entry made = {.at = write->at, .value = write->value, .version = version};
    if (old) {
        made.meta_name = old->meta_name;
        made.meta_value = old->meta_value;
    }
    return mock_table_put(&b->next, &made);
}

/* Metadata of a key that is not there, or no longer, is lost. */
static heddle_status apply_meta(block *b, const mock_place *at, const mock_entry *meta,
                                mock_version version)
{
    const mock_entry *old = mock_table_get(&b->next, at);
    if (!old)
        return HEDDLE_OK;
    mock_entry made = *old;
    made.version = version;
    if (meta) {
        made.meta_name = meta->meta_name;
        made.meta_value = meta->meta_value;
    }
    BASE_TRY(touch(b, at));
    return mock_table_put(&b->next, &made);
}

static bool grow_history(mock_history *history)
{
    if (history->count < history->cap)
        return true;
    size_t cap = history->cap ? history->cap * 2 : 16;
    mock_change *more = base_realloc(history->items, cap * sizeof(*more));
    if (!more)
        return false;
    history->items = more;
    history->cap = cap;
    return true;
}

static bool keep_view(base_arena *arena, heddle_view *view)
{
    heddle_view copy = base_arena_view(arena, *view);
    bool kept = copy.data || !view->len;
    *view = copy;
    return kept;
}

static heddle_status note_change(block *b, const mock_entry *write, const char *tx_id,
                                 base_wall_time time)
{
    mock_history *history = &b->mock->history;
    base_arena *arena = b->mock->arena;
    mock_change change = {.at = write->at, .value = write->value, .tx_id = tx_id, .time = time};
    if (!grow_history(history) || !keep_view(arena, &change.at.ns) ||
        !keep_view(arena, &change.at.key) || !keep_view(arena, &change.value))
        return HEDDLE_E_NO_MEMORY;
    history->items[history->count++] = change;
    return HEDDLE_OK;
}

static heddle_status apply_writes(block *b, const heddle_cc_mock_tx *tx, mock_version version)
{
    for (size_t i = 0; i < tx->sim.writes.count; i++) {
        const mock_entry *write = tx->sim.writes.items[i];
        mock_entry hashed = {0};
        BASE_TRY(apply_write(b, write, version));
        if (write->at.kind == MOCK_PUBLIC) {
            BASE_TRY(note_change(b, write, tx->tx_id, tx->time));
            continue;
        }
        BASE_TRY(mock_hash_entry(write, b->arena, &hashed, NULL));
        BASE_TRY(apply_write(b, &hashed, version));
    }
    return HEDDLE_OK;
}

/* Of private data the hash has the metadata; the value's version follows it. */
static heddle_status apply_metas(block *b, const heddle_cc_mock_tx *tx, mock_version version)
{
    for (size_t i = 0; i < tx->sim.metas.count; i++) {
        const mock_entry *meta = tx->sim.metas.items[i];
        mock_place at = meta->at;
        if (at.kind == MOCK_CLEAR) {
            BASE_TRY(apply_meta(b, &at, NULL, version));
            BASE_TRY(mock_hashed(&meta->at, b->arena, &at, NULL));
        }
        BASE_TRY(apply_meta(b, &at, meta, version));
    }
    return HEDDLE_OK;
}

static heddle_status note_policies(block *b, const heddle_cc_mock_tx *tx)
{
    for (size_t i = 0; i < tx->sim.metas.count; i++) {
        mock_entry mark = {.at = tx->sim.metas.items[i]->at};
        if (mark.at.kind == MOCK_CLEAR)
            BASE_TRY(mock_hashed(&mark.at, b->arena, &mark.at, NULL));
        BASE_TRY(mock_table_put(&b->changed, &mark));
    }
    return HEDDLE_OK;
}

/* The block */

/* The first transaction of an id stays. */
static heddle_status check_id(block *b, const heddle_cc_mock_tx *tx, heddle_cc_mock_code *out)
{
    heddle_view id = heddle_view_str(tx->tx_id);
    if (base_map_get(b->mock->tx_ids, id)) {
        *out = HEDDLE_CC_MOCK_DUPLICATE_TXID;
        return HEDDLE_OK;
    }
    BASE_TRY(base_map_put(b->mock->tx_ids, id, b->mock, NULL));
    b->ids_added++;
    return HEDDLE_OK;
}

static heddle_status judge(block *b, const heddle_cc_mock_tx *tx, heddle_cc_mock_code *out,
                           heddle_error *err)
{
    *out = HEDDLE_CC_MOCK_VALID;
    if (check_id(b, tx, out) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    if (*out != HEDDLE_CC_MOCK_VALID)
        return HEDDLE_OK;
    heddle_status st = mock_check_endorsement(tx, &b->changed, b->arena, err);
    if (st == HEDDLE_OK)
        return note_policies(b, tx) == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "block");
    if (st != HEDDLE_E_POLICY)
        return st;
    *out = HEDDLE_CC_MOCK_ENDORSEMENT_POLICY_FAILURE;
    return HEDDLE_OK;
}

static heddle_status build(block *b, heddle_cc_mock_tx *const *txs, size_t count,
                           heddle_cc_mock_code *codes, heddle_error *err)
{
    for (size_t i = 0; i < count; i++)
        BASE_TRY(judge(b, txs[i], &codes[i], err));
    for (size_t i = 0; i < count; i++) {
        mock_version version = {b->mock->height, i};
        if (codes[i] == HEDDLE_CC_MOCK_VALID)
            codes[i] = check_reads(b, &txs[i]->sim);
        if (codes[i] == HEDDLE_CC_MOCK_VALID && (apply_writes(b, txs[i], version) != HEDDLE_OK ||
                                                 apply_metas(b, txs[i], version) != HEDDLE_OK))
            return base_fail_memory(err, "block");
    }
    return HEDDLE_OK;
}

static void publish(block *b)
{
    mock_table old = b->mock->state;
    b->mock->state = b->next;
    b->next = old;
    b->mock->height++;
}

/* Of the transactions, the ids of the first ones have been added. */
static void take_back(block *b, heddle_cc_mock_tx *const *txs, const heddle_cc_mock_code *codes,
                      size_t changes)
{
    b->mock->history.count = changes;
    for (size_t i = 0; b->ids_added; i++) {
        if (codes[i] == HEDDLE_CC_MOCK_DUPLICATE_TXID)
            continue;
        base_map_remove(b->mock->tx_ids, heddle_view_str(txs[i]->tx_id));
        b->ids_added--;
    }
}

heddle_status mock_commit(heddle_cc_mock *mock, heddle_cc_mock_tx *const *txs, size_t count,
                          heddle_cc_mock_code *out_codes, heddle_error *err)
{
    block b;
    size_t changes = mock->history.count;
    BASE_TRY(block_init(&b, mock, err));
    heddle_cc_mock_code *codes = base_arena_zalloc(b.arena, count + 1, sizeof(*codes));
    heddle_status st = codes ? build(&b, txs, count, codes, err) : base_fail_memory(err, "block");
    if (st == HEDDLE_OK) {
        memcpy(out_codes, codes, count * sizeof(*codes));
        publish(&b);
    } else if (codes) {
        take_back(&b, txs, codes, changes);
    }
    block_done(&b);
    return st;
}

static heddle_status check_txs(const heddle_cc_mock *mock, heddle_cc_mock_tx *const *txs,
                               size_t count, heddle_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!txs[i] || txs[i]->mock != mock)
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "transaction %zu is not of this mock", i);
        for (size_t k = 0; k < i; k++) {
            if (txs[k] == txs[i])
                return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "transaction %zu comes twice", i);
        }
    }
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_commit(heddle_cc_mock *mock, heddle_cc_mock_tx *const *txs,
                                    size_t count, heddle_cc_mock_code *out_codes, heddle_error *err)
{
    BASE_TRY(check_txs(mock, txs, count, err));
    BASE_TRY(mock_commit(mock, txs, count, out_codes, err));
    for (size_t i = 0; i < count; i++)
        mock_tx_free(txs[i]);
    return HEDDLE_OK;
}

static heddle_status apply_entry(block *b, const mock_entry *entry, heddle_error *err)
{
    mock_version version = {b->mock->height, 0};
    mock_entry hashed = {0};
    if (apply_write(b, entry, version) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    if (entry->at.kind == MOCK_CLEAR) {
        BASE_TRY(mock_hash_entry(entry, b->arena, &hashed, err));
        return apply_write(b, &hashed, version) == HEDDLE_OK ? HEDDLE_OK
                                                             : base_fail_memory(err, "block");
    }
    const char *tx_id =
        base_arena_printf(b->mock->arena, "block-%llu", (unsigned long long)b->mock->height);
    if (!tx_id || note_change(b, entry, tx_id, b->mock->time) != HEDDLE_OK)
        return base_fail_memory(err, "block");
    return HEDDLE_OK;
}

heddle_status mock_commit_entry(heddle_cc_mock *mock, const mock_entry *entry, heddle_error *err)
{
    block b;
    BASE_TRY(block_init(&b, mock, err));
    heddle_status st = apply_entry(&b, entry, err);
    if (st == HEDDLE_OK)
        publish(&b);
    block_done(&b);
    return st;
}
