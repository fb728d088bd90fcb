#include "devnet/ledger/sim.h"

#include "base/fail.h"
#include "devnet/ledger/sim_set.h"

enum { SIM_BYTES_LIMIT = 256 * 1024 * 1024, RANGES_LIMIT = 10000 };

dn_sim *dn_sim_new(dn_state *state, dn_definitions *definitions, heddle_view tx_id)
{
    dn_sim *sim = base_calloc(1, sizeof(*sim));
    if (!sim)
        return NULL;
    base_list_init(&sim->namespaces);
    base_list_init(&sim->ranges);
    sim->state = dn_state_ref(state);
    sim->definitions = dn_definitions_ref(definitions);
    sim->arena = base_arena_new(SIM_BYTES_LIMIT);
    if (sim->arena)
        sim->tx_id = base_arena_view(sim->arena, tx_id);
    if (!sim->arena || (tx_id.len && !sim->tx_id.data)) {
        dn_sim_free(sim);
        return NULL;
    }
    return sim;
}

const dn_definitions *dn_sim_definitions(const dn_sim *sim)
{
    return sim->definitions;
}

const dn_state *dn_sim_state(const dn_sim *sim)
{
    return sim->state;
}

void dn_access_done(dn_access *a)
{
    base_map_free(a->index, NULL);
    base_free(a->items);
}

bool dn_access_has(const dn_access *a, heddle_view key)
{
    return a->index && base_map_get(a->index, key);
}

static void ns_set_done(dn_ns_set *set)
{
    dn_access_done(&set->reads);
    dn_access_done(&set->writes);
    dn_access_done(&set->metas);
    base_list_each (it, &set->collections) {
        dn_coll_set *coll = base_list_entry(it, dn_coll_set, link);
        dn_access_done(&coll->reads);
        dn_access_done(&coll->writes);
        dn_access_done(&coll->metas);
    }
}

void dn_sim_free(dn_sim *sim)
{
    if (!sim)
        return;
    base_list_each (it, &sim->namespaces)
        ns_set_done(base_list_entry(it, dn_ns_set, link));
    base_list_each (it, &sim->ranges)
        dn_merkle_free(base_list_entry(it, dn_range, link)->seen);
    base_arena_free(sim->arena);
    dn_state_unref(sim->state);
    dn_definitions_unref(sim->definitions);
    base_free(sim);
}

heddle_status dn_sim_check_open(const dn_sim *sim, heddle_error *err)
{
    if (sim->finished)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "this instance should not be used after calling Done()");
    return HEDDLE_OK;
}

heddle_status dn_sim_keep(dn_sim *sim, heddle_view bytes, heddle_view *out, heddle_error *err)
{
    *out = base_arena_view(sim->arena, bytes);
    if (bytes.len && !out->data)
        return base_arena_fail(sim->arena, err, "read-write set");
    return HEDDLE_OK;
}

heddle_status dn_sim_ns(dn_sim *sim, heddle_view name, dn_ns_set **out, heddle_error *err)
{
    base_list_each (it, &sim->namespaces) {
        *out = base_list_entry(it, dn_ns_set, link);
        if (base_view_equal((*out)->name, name))
            return HEDDLE_OK;
    }
    dn_ns_set *set = base_arena_zalloc(sim->arena, 1, sizeof(*set));
    if (!set)
        return base_arena_fail(sim->arena, err, "read-write set");
    BASE_TRY(dn_sim_keep(sim, name, &set->name, err));
    base_list_init(&set->collections);
    base_list_append(&sim->namespaces, &set->link);
    sim->namespace_count++;
    *out = set;
    return HEDDLE_OK;
}

static heddle_status access_grow(dn_access *a, size_t item_size)
{
    if (!a->index && !(a->index = base_map_new()))
        return HEDDLE_E_NO_MEMORY;
    if (a->count < a->cap)
        return HEDDLE_OK;
    size_t cap = a->cap ? a->cap * 2 : 8;
    void *more = base_realloc(a->items, cap * item_size);
    if (!more)
        return HEDDLE_E_NO_MEMORY;
    a->items = more;
    a->cap = cap;
    return HEDDLE_OK;
}

heddle_status dn_access_slot(dn_access *a, heddle_view key, size_t item_size, void **out,
                             bool *is_new, heddle_error *err)
{
    size_t found = a->index ? (size_t)(uintptr_t)base_map_get(a->index, key) : 0;
    *is_new = !found;
    if (!found) {
        if (access_grow(a, item_size) != HEDDLE_OK ||
            base_map_put(a->index, key, (void *)(uintptr_t)(a->count + 1), NULL) != HEDDLE_OK)
            return base_fail_memory(err, "read-write set");
        found = ++a->count;
        memset((char *)a->items + (found - 1) * item_size, 0, item_size);
    }
    *out = (char *)a->items + (found - 1) * item_size;
    return HEDDLE_OK;
}

/* Look a key up and note the version seen. */
static heddle_status read_key(dn_sim *sim, heddle_view ns, heddle_view key, const dn_entry **out,
                              heddle_error *err)
{
    BASE_TRY(dn_sim_check_open(sim, err));
    dn_ns_set *set;
    BASE_TRY(dn_sim_ns(sim, ns, &set, err));
    dn_key at = dn_key_public(ns, key);
    const dn_entry *entry = dn_state_get(sim->state, &at);
    wire_read *read;
    bool is_new;
    BASE_TRY(dn_access_slot(&set->reads, key, sizeof(*read), (void **)&read, &is_new, err));
    if (is_new) {
        BASE_TRY(dn_sim_keep(sim, key, &read->key, err));
        read->has_version = entry != NULL;
        if (entry)
            read->version = (wire_version){entry->version.block, entry->version.tx};
    }
    *out = entry;
    return HEDDLE_OK;
}

heddle_status dn_sim_get(dn_sim *sim, heddle_view ns, heddle_view key, heddle_view *out_value,
                         bool *out_found, heddle_error *err)
{
    const dn_entry *entry;
    BASE_TRY(read_key(sim, ns, key, &entry, err));
    *out_value = entry ? entry->value : heddle_view_of(NULL, 0);
    *out_found = entry != NULL;
    return HEDDLE_OK;
}

heddle_status dn_sim_get_metadata(dn_sim *sim, heddle_view ns, heddle_view key, heddle_view *out,
                                  heddle_error *err)
{
    const dn_entry *entry;
    BASE_TRY(read_key(sim, ns, key, &entry, err));
    *out = entry ? entry->metadata : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

heddle_status dn_sim_check_write(dn_sim *sim, heddle_error *err)
{
    BASE_TRY(dn_sim_check_open(sim, err));
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

heddle_status dn_sim_put(dn_sim *sim, heddle_view ns, heddle_view key, heddle_view value,
                         heddle_error *err)
{
    BASE_TRY(dn_sim_check_write(sim, err));
    dn_ns_set *set;
    wire_write *write;
    bool is_new;
    BASE_TRY(dn_sim_ns(sim, ns, &set, err));
    BASE_TRY(dn_access_slot(&set->writes, key, sizeof(*write), (void **)&write, &is_new, err));
    if (is_new)
        BASE_TRY(dn_sim_keep(sim, key, &write->key, err));
    write->is_delete = value.len == 0;
    return dn_sim_keep(sim, value, &write->value, err);
}

heddle_status dn_sim_delete(dn_sim *sim, heddle_view ns, heddle_view key, heddle_error *err)
{
    return dn_sim_put(sim, ns, key, heddle_view_of(NULL, 0), err);
}

heddle_status dn_sim_put_metadata(dn_sim *sim, heddle_view ns, heddle_view key, heddle_view name,
                                  heddle_view value, heddle_error *err)
{
    BASE_TRY(dn_sim_check_write(sim, err));
    dn_ns_set *set;
    wire_metadata_write *meta;
    bool is_new;
    BASE_TRY(dn_sim_ns(sim, ns, &set, err));
    BASE_TRY(dn_access_slot(&set->metas, key, sizeof(*meta), (void **)&meta, &is_new, err));
    if (is_new) {
        BASE_TRY(dn_sim_keep(sim, key, &meta->key, err));
        meta->entries = base_arena_zalloc(sim->arena, 1, sizeof(*meta->entries));
        if (!meta->entries)
            return base_arena_fail(sim->arena, err, "read-write set");
        meta->entry_count = 1;
    }
    BASE_TRY(dn_sim_keep(sim, name, &meta->entries[0].name, err));
    return dn_sim_keep(sim, value, &meta->entries[0].value, err);
}

heddle_status dn_sim_add_range(dn_sim *sim, const dn_key *at, heddle_view end, dn_range **out,
                               heddle_error *err)
{
    if (sim->range_count >= RANGES_LIMIT)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d range queries in a transaction",
                         RANGES_LIMIT);
    dn_range *range = base_arena_zalloc(sim->arena, 1, sizeof(*range));
    if (!range)
        return base_arena_fail(sim->arena, err, "range query");
    range->sim = sim;
    range->at = *at;
    BASE_TRY(dn_sim_keep(sim, at->ns, &range->at.ns, err));
    BASE_TRY(dn_sim_keep(sim, at->coll, &range->at.coll, err));
    BASE_TRY(dn_sim_keep(sim, at->key, &range->at.key, err));
    BASE_TRY(dn_sim_keep(sim, end, &range->end, err));
    range->ns = range->at.ns;
    range->info.start_key = range->at.key;
    if (!at->is_private && !(range->seen = dn_merkle_new(DN_MERKLE_DEGREE)))
        return base_fail_memory(err, "range query");
    sim->range_count++;
    base_list_append(&sim->ranges, &range->link);
    *out = range;
    return HEDDLE_OK;
}

heddle_status dn_sim_range(dn_sim *sim, heddle_view ns, heddle_view start, heddle_view end,
                           bool paginated, uint32_t page_size, dn_range **out, heddle_error *err)
{
    dn_ns_set *set;
    dn_range *range;
    dn_key at = dn_key_public(ns, start);
    BASE_TRY(dn_sim_check_open(sim, err));
    if (paginated && sim->wrote)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Paginated queries are supported "
                         "only in a read-only transaction",
                         BASE_VIEW_ARG(sim->tx_id));
    BASE_TRY(dn_sim_ns(sim, ns, &set, err));
    BASE_TRY(dn_sim_add_range(sim, &at, end, &range, err));
    range->page_size = page_size;
    sim->paginated = sim->paginated || paginated;
    *out = range;
    return HEDDLE_OK;
}

/* The entry the range stands before; NULL at its end. */
static const dn_entry *range_peek(const dn_range *range)
{
    const dn_entry *entry = dn_state_seek(range->sim->state, &range->at, range->exclusive);
    if (entry && range->end.len && base_view_compare(entry->at.key, range->end) >= 0)
        return NULL;
    return entry;
}

heddle_status dn_range_next(dn_range *range, const dn_entry **out, heddle_error *err)
{
    BASE_TRY(dn_sim_check_open(range->sim, err));
    const dn_entry *entry = NULL;
    if (!range->page_size || range->returned < range->page_size)
        entry = range_peek(range);
    if (!entry) {
        range->info.exhausted = true;
        range->info.end_key = range->end;
        *out = NULL;
        return HEDDLE_OK;
    }
    wire_read read = {.key = entry->at.key,
                      .has_version = true,
                      .version = {entry->version.block, entry->version.tx}};
    if (range->seen && dn_merkle_add(range->seen, &read) != HEDDLE_OK)
        return base_fail_memory(err, "range query");
    range->returned++;
    range->at = entry->at;
    range->exclusive = true;
    range->info.end_key = entry->at.key;
    *out = entry;
    return HEDDLE_OK;
}

heddle_view dn_range_bookmark(const dn_range *range)
{
    const dn_entry *entry = range_peek(range);
    return entry ? entry->at.key : heddle_view_of(NULL, 0);
}
