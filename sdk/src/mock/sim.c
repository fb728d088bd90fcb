#include "mock/sim.h"

#include <stdio.h>

#include "base/fail.h"
#include "crypto/digest.h"

void mock_sim_init(mock_sim *sim, const mock_table *state, base_arena *arena, heddle_view tx_id)
{
    *sim = (mock_sim){.state = state, .arena = arena, .tx_id = tx_id};
    base_list_init(&sim->ranges);
}

void mock_sim_done(mock_sim *sim)
{
    mock_table_done(&sim->reads);
    mock_table_done(&sim->writes);
    mock_table_done(&sim->metas);
}

static heddle_status keep(mock_sim *sim, heddle_view bytes, heddle_view *out, heddle_error *err)
{
    heddle_view copy = base_arena_view(sim->arena, bytes);
    if (bytes.len && !copy.data)
        return base_arena_fail(sim->arena, err, "read-write set");
    *out = copy;
    return HEDDLE_OK;
}

static heddle_status keep_place(mock_sim *sim, mock_place *at, heddle_error *err)
{
    BASE_TRY(keep(sim, at->ns, &at->ns, err));
    BASE_TRY(keep(sim, at->coll, &at->coll, err));
    return keep(sim, at->key, &at->key, err);
}

static heddle_status hash(heddle_view bytes, base_arena *arena, heddle_view *out, heddle_error *err)
{
    uint8_t *digest = base_arena_alloc(arena, CRYPTO_SHA256_LEN);
    if (!digest)
        return base_arena_fail(arena, err, "hash of private data");
    if (crypto_sha256(bytes, digest) != HEDDLE_OK)
        return base_fail_memory(err, "hash of private data");
    *out = heddle_view_of(digest, CRYPTO_SHA256_LEN);
    return HEDDLE_OK;
}

heddle_status mock_hashed(const mock_place *clear, base_arena *arena, mock_place *out,
                          heddle_error *err)
{
    mock_place at = *clear;
    at.kind = MOCK_HASHED;
    BASE_TRY(hash(clear->key, arena, &at.key, err));
    *out = at;
    return HEDDLE_OK;
}

heddle_status mock_hash_entry(const mock_entry *clear, base_arena *arena, mock_entry *out,
                              heddle_error *err)
{
    mock_entry made = *clear;
    BASE_TRY(mock_hashed(&clear->at, arena, &made.at, err));
    if (clear->value.len)
        BASE_TRY(hash(clear->value, arena, &made.value, err));
    *out = made;
    return HEDDLE_OK;
}

static heddle_status note_read(mock_sim *sim, const mock_place *at, const mock_entry *seen,
                               heddle_error *err)
{
    mock_entry read = {.at = *at, .is_absent = !seen};
    if (seen)
        read.version = seen->version;
    if (mock_table_put(&sim->reads, &read) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    return HEDDLE_OK;
}

heddle_status mock_sim_read(mock_sim *sim, const mock_place *at, const mock_entry **out,
                            heddle_error *err)
{
    const mock_entry *entry = mock_table_get(sim->state, at);
    BASE_TRY(note_read(sim, at, entry, err));
    *out = entry;
    return HEDDLE_OK;
}

/* A version as Fabric prints it. */
static void print_version(const mock_entry *entry, char out[64])
{
    if (!entry)
        snprintf(out, 64, "<nil>");
    else
        snprintf(out, 64, "{BlockNum: %llu, TxNum: %llu}", (unsigned long long)entry->version.block,
                 (unsigned long long)entry->version.tx);
}

static heddle_status check_match(const mock_entry *hashed, const mock_entry *value,
                                 heddle_error *err)
{
    char public_version[64], private_version[64];
    if (!hashed && !value)
        return HEDDLE_OK;
    if (hashed && value && mock_version_equal(hashed->version, value->version))
        return HEDDLE_OK;
    print_version(hashed, public_version);
    print_version(value, private_version);
    return base_fail(err, HEDDLE_E_NOT_FOUND,
                     "private data matching public hash version is not available. Public hash "
                     "version = %s, Private data version = %s",
                     public_version, private_version);
}

heddle_status mock_sim_read_private(mock_sim *sim, const mock_place *clear, bool has_data,
                                    bool must_match, heddle_view *out, heddle_error *err)
{
    mock_place hashed = {0};
    const mock_entry *value = has_data ? mock_table_get(sim->state, clear) : NULL;
    BASE_TRY(mock_hashed(clear, sim->arena, &hashed, err));
    if (must_match)
        BASE_TRY(check_match(mock_table_get(sim->state, &hashed), value, err));
    BASE_TRY(note_read(sim, &hashed, value, err));
    *out = value ? value->value : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

static heddle_status check_write(mock_sim *sim, heddle_error *err)
{
    if (sim->private_query)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Transaction has already performed "
                         "queries on pvt data. Writes are not allowed",
                         BASE_VIEW_ARG(sim->tx_id));
    if (sim->paginated)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Transaction has already performed a "
                         "paginated query. Writes are not allowed",
                         BASE_VIEW_ARG(sim->tx_id));
    sim->wrote = true;
    return HEDDLE_OK;
}

heddle_status mock_sim_write(mock_sim *sim, const mock_entry *entry, heddle_error *err)
{
    BASE_TRY(check_write(sim, err));
    if (mock_table_put(&sim->writes, entry) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    return HEDDLE_OK;
}

heddle_status mock_sim_write_meta(mock_sim *sim, const mock_entry *entry, heddle_error *err)
{
    BASE_TRY(check_write(sim, err));
    if (mock_table_put(&sim->metas, entry) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    return HEDDLE_OK;
}

static heddle_status check_range(mock_sim *sim, const mock_place *start, bool paginated,
                                 heddle_error *err)
{
    enum { RANGES_LIMIT = 10000 };
    if (sim->range_count >= RANGES_LIMIT)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d range queries in a transaction",
                         RANGES_LIMIT);
    if (start->kind == MOCK_CLEAR && sim->wrote)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Queries on pvt data is supported "
                         "only in a read-only transaction",
                         BASE_VIEW_ARG(sim->tx_id));
    if (paginated && sim->wrote)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Paginated queries are supported "
                         "only in a read-only transaction",
                         BASE_VIEW_ARG(sim->tx_id));
    return HEDDLE_OK;
}

heddle_status mock_sim_range(mock_sim *sim, const mock_place *start, heddle_view end,
                             bool paginated, size_t page_size, mock_range **out, heddle_error *err)
{
    BASE_TRY(check_range(sim, start, paginated, err));
    mock_range *range = base_arena_zalloc(sim->arena, 1, sizeof(*range));
    if (!range)
        return base_arena_fail(sim->arena, err, "range query");
    range->start = *start;
    range->page_size = page_size;
    BASE_TRY(keep_place(sim, &range->start, err));
    BASE_TRY(keep(sim, end, &range->end, err));
    range->at = range->start;
    base_list_init(&range->link);
    if (start->kind == MOCK_PUBLIC)
        base_list_append(&sim->ranges, &range->link);
    sim->range_count++;
    sim->paginated = sim->paginated || paginated;
    sim->private_query = sim->private_query || start->kind == MOCK_CLEAR;
    *out = range;
    return HEDDLE_OK;
}

static const mock_entry *peek(const mock_sim *sim, const mock_range *range)
{
    const mock_entry *entry = mock_table_seek(sim->state, &range->at, range->exclusive);
    if (entry && range->end.len && base_view_compare(entry->at.key, range->end) >= 0)
        return NULL;
    return entry;
}

static heddle_status note_seen(mock_sim *sim, mock_range *range, const mock_entry *entry,
                               heddle_error *err)
{
    mock_seen *seen = base_arena_zalloc(sim->arena, 1, sizeof(*seen));
    if (!seen)
        return base_arena_fail(sim->arena, err, "range query");
    BASE_TRY(keep(sim, entry->at.key, &seen->key, err));
    seen->version = entry->version;
    if (range->last)
        range->last->next = seen;
    else
        range->seen = seen;
    range->last = seen;
    range->at.key = seen->key;
    range->exclusive = true;
    range->returned++;
    return HEDDLE_OK;
}

heddle_status mock_range_next(mock_sim *sim, mock_range *range, const mock_entry **out,
                              heddle_error *err)
{
    const mock_entry *entry = NULL;
    if (!range->page_size || range->returned < range->page_size)
        entry = peek(sim, range);
    if (entry)
        BASE_TRY(note_seen(sim, range, entry, err));
    else
        range->exhausted = true;
    *out = entry;
    return HEDDLE_OK;
}

heddle_view mock_range_bookmark(const mock_sim *sim, const mock_range *range)
{
    const mock_entry *entry = peek(sim, range);
    return entry ? entry->at.key : heddle_view_of(NULL, 0);
}
