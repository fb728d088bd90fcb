#include "devnet/ledger/sim.h"

#include "base/fail.h"
#include "base/list.h"
#include "base/map.h"
#include "devnet/ledger/merkle.h"

enum { SIM_BYTES_LIMIT = 256 * 1024 * 1024, RANGES_LIMIT = 10000 };

struct dn_range {
    base_list link;
    dn_sim *sim;
    heddle_view ns;
    heddle_view end;
    uint32_t page_size;
    uint32_t returned;
    dn_key at;      /* where to go on */
    bool exclusive; /* behind `at` rather than at it */
    dn_merkle *seen;
    wire_range_query info;
};

/* An array of one kind of access with the position of each key in it. */
typedef struct access {
    base_map *index; /* key -> position + 1 */
    void *items;
    size_t count;
    size_t cap;
} access;

typedef struct ns_set {
    base_list link;
    heddle_view name;
    access reads;  /* wire_read */
    access writes; /* wire_write */
    access metas;  /* wire_metadata_write */
    wire_range_query *ranges;
    size_t range_count;
} ns_set;

struct dn_sim {
    dn_state *state;
    base_arena *arena;
    heddle_view tx_id;
    base_list namespaces; /* ns_set */
    base_list ranges;     /* dn_range, in the order of their making */
    size_t range_count;
    bool wrote;
    bool paginated;
    bool finished;
    dn_interest *interests;
    size_t interest_count;
};

dn_sim *dn_sim_new(dn_state *state, heddle_view tx_id)
{
    dn_sim *sim = base_calloc(1, sizeof(*sim));
    if (!sim)
        return NULL;
    base_list_init(&sim->namespaces);
    base_list_init(&sim->ranges);
    sim->state = dn_state_ref(state);
    sim->arena = base_arena_new(SIM_BYTES_LIMIT);
    if (sim->arena)
        sim->tx_id = base_arena_view(sim->arena, tx_id);
    if (!sim->arena || (tx_id.len && !sim->tx_id.data)) {
        dn_sim_free(sim);
        return NULL;
    }
    return sim;
}

static void access_done(access *a)
{
    base_map_free(a->index, NULL);
    base_free(a->items);
}

void dn_sim_free(dn_sim *sim)
{
    if (!sim)
        return;
    base_list_each_safe (it, &sim->namespaces) {
        ns_set *set = base_list_entry(it, ns_set, link);
        access_done(&set->reads);
        access_done(&set->writes);
        access_done(&set->metas);
    }
    base_list_each_safe (it, &sim->ranges)
        dn_merkle_free(base_list_entry(it, dn_range, link)->seen);
    base_arena_free(sim->arena);
    dn_state_unref(sim->state);
    base_free(sim);
}

static heddle_status check_open(const dn_sim *sim, heddle_error *err)
{
    if (sim->finished)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "this instance should not be used after calling Done()");
    return HEDDLE_OK;
}

static heddle_status keep(dn_sim *sim, heddle_view bytes, heddle_view *out, heddle_error *err)
{
    *out = base_arena_view(sim->arena, bytes);
    if (bytes.len && !out->data)
        return base_arena_fail(sim->arena, err, "read-write set");
    return HEDDLE_OK;
}

static heddle_status ns_of(dn_sim *sim, heddle_view name, ns_set **out, heddle_error *err)
{
    base_list_each (it, &sim->namespaces) {
        *out = base_list_entry(it, ns_set, link);
        if (base_view_equal((*out)->name, name))
            return HEDDLE_OK;
    }
    ns_set *set = base_arena_zalloc(sim->arena, 1, sizeof(*set));
    if (!set)
        return base_arena_fail(sim->arena, err, "read-write set");
    BASE_TRY(keep(sim, name, &set->name, err));
    base_list_append(&sim->namespaces, &set->link);
    *out = set;
    return HEDDLE_OK;
}

static heddle_status access_grow(access *a, size_t item_size)
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

/* The slot of @p key: the one there is (*is_new false) or a zeroed one. */
static heddle_status slot_of(access *a, heddle_view key, size_t item_size, void **out, bool *is_new,
                             heddle_error *err)
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
    BASE_TRY(check_open(sim, err));
    ns_set *set;
    BASE_TRY(ns_of(sim, ns, &set, err));
    dn_key at = dn_key_public(ns, key);
    const dn_entry *entry = dn_state_get(sim->state, &at);
    wire_read *read;
    bool is_new;
    BASE_TRY(slot_of(&set->reads, key, sizeof(*read), (void **)&read, &is_new, err));
    if (is_new) {
        BASE_TRY(keep(sim, key, &read->key, err));
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

static heddle_status check_write(dn_sim *sim, heddle_error *err)
{
    BASE_TRY(check_open(sim, err));
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
    BASE_TRY(check_write(sim, err));
    ns_set *set;
    wire_write *write;
    bool is_new;
    BASE_TRY(ns_of(sim, ns, &set, err));
    BASE_TRY(slot_of(&set->writes, key, sizeof(*write), (void **)&write, &is_new, err));
    if (is_new)
        BASE_TRY(keep(sim, key, &write->key, err));
    write->is_delete = value.len == 0;
    return keep(sim, value, &write->value, err);
}

heddle_status dn_sim_delete(dn_sim *sim, heddle_view ns, heddle_view key, heddle_error *err)
{
    return dn_sim_put(sim, ns, key, heddle_view_of(NULL, 0), err);
}

heddle_status dn_sim_put_metadata(dn_sim *sim, heddle_view ns, heddle_view key, heddle_view name,
                                  heddle_view value, heddle_error *err)
{
    BASE_TRY(check_write(sim, err));
    ns_set *set;
    wire_metadata_write *meta;
    bool is_new;
    BASE_TRY(ns_of(sim, ns, &set, err));
    BASE_TRY(slot_of(&set->metas, key, sizeof(*meta), (void **)&meta, &is_new, err));
    if (is_new) {
        BASE_TRY(keep(sim, key, &meta->key, err));
        meta->entries = base_arena_zalloc(sim->arena, 1, sizeof(*meta->entries));
        if (!meta->entries)
            return base_arena_fail(sim->arena, err, "read-write set");
        meta->entry_count = 1;
    }
    BASE_TRY(keep(sim, name, &meta->entries[0].name, err));
    return keep(sim, value, &meta->entries[0].value, err);
}

static heddle_status check_range(dn_sim *sim, bool paginated, heddle_error *err)
{
    BASE_TRY(check_open(sim, err));
    if (paginated && sim->wrote)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Paginated queries are supported "
                         "only in a read-only transaction",
                         BASE_VIEW_ARG(sim->tx_id));
    if (sim->range_count >= RANGES_LIMIT)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d range queries in a transaction",
                         RANGES_LIMIT);
    return HEDDLE_OK;
}

heddle_status dn_sim_range(dn_sim *sim, heddle_view ns, heddle_view start, heddle_view end,
                           bool paginated, uint32_t page_size, dn_range **out, heddle_error *err)
{
    BASE_TRY(check_range(sim, paginated, err));
    ns_set *set;
    BASE_TRY(ns_of(sim, ns, &set, err));
    dn_range *range = base_arena_zalloc(sim->arena, 1, sizeof(*range));
    if (!range)
        return base_arena_fail(sim->arena, err, "range query");
    range->sim = sim;
    range->ns = set->name;
    range->page_size = page_size;
    BASE_TRY(keep(sim, start, &range->info.start_key, err));
    BASE_TRY(keep(sim, end, &range->end, err));
    range->at = dn_key_public(range->ns, range->info.start_key);
    range->seen = dn_merkle_new(DN_MERKLE_DEGREE);
    if (!range->seen)
        return base_fail_memory(err, "range query");
    sim->paginated = sim->paginated || paginated;
    sim->range_count++;
    base_list_append(&sim->ranges, &range->link);
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
    BASE_TRY(check_open(range->sim, err));
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
    if (dn_merkle_add(range->seen, &read) != HEDDLE_OK)
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

static bool same_range(const wire_range_query *a, const wire_range_query *b)
{
    return a->exhausted == b->exhausted && base_view_equal(a->start_key, b->start_key) &&
           base_view_equal(a->end_key, b->end_key);
}

/* Of equal ranges the first one counts. */
static heddle_status collect_ranges(dn_sim *sim, heddle_error *err)
{
    base_list_each (it, &sim->ranges) {
        dn_range *range = base_list_entry(it, dn_range, link);
        ns_set *set;
        BASE_TRY(ns_of(sim, range->ns, &set, err));
        if (!set->ranges)
            set->ranges = base_arena_zalloc(sim->arena, sim->range_count, sizeof(*set->ranges));
        if (!set->ranges)
            return base_arena_fail(sim->arena, err, "range query");
        if (dn_merkle_finish(range->seen, &range->info) != HEDDLE_OK)
            return base_fail_memory(err, "range query");
        size_t i = 0;
        while (i < set->range_count && !same_range(&set->ranges[i], &range->info))
            i++;
        if (i == set->range_count)
            set->ranges[set->range_count++] = range->info;
    }
    return HEDDLE_OK;
}

bool dn_metadata_policy(heddle_view metadata, heddle_view *out)
{
    enum { ENTRIES = 2, NAME = 1, VALUE = 2 }; /* of KVMetadataWrite and KVMetadataEntry */
    wire_reader reader = wire_reader_of(metadata);
    wire_field entry;
    heddle_view name;
    while (wire_reader_next(&reader, &entry)) {
        if (entry.number == ENTRIES && entry.type == WIRE_TYPE_BYTES &&
            wire_field_find(entry.bytes, NAME, &name) &&
            base_view_is(name, "VALIDATION_PARAMETER") && wire_field_find(entry.bytes, VALUE, out))
            return true;
    }
    return false;
}

/* A key that is written counts for its own policy, if it has one, else for the
 * namespace's. */
static void interest_add(const dn_sim *sim, dn_interest *interest, heddle_view key)
{
    dn_key at = dn_key_public(interest->ns, key);
    const dn_entry *entry = dn_state_get(sim->state, &at);
    heddle_view policy;
    if (entry && dn_metadata_policy(entry->metadata, &policy))
        interest->key_policies[interest->key_policy_count++] = policy;
    else
        interest->needs_namespace_policy = true;
}

static heddle_status build_interest(dn_sim *sim, const wire_ns_rwset *ns, dn_interest *out,
                                    heddle_error *err)
{
    size_t writes = ns->kv.write_count + ns->kv.metadata_write_count;
    out->ns = ns->name;
    out->needs_namespace_policy = writes == 0;
    out->key_policies = base_arena_zalloc(sim->arena, writes + 1, sizeof(heddle_view));
    if (!out->key_policies)
        return base_arena_fail(sim->arena, err, "chaincode interest");
    for (size_t i = 0; i < ns->kv.write_count; i++)
        interest_add(sim, out, ns->kv.writes[i].key);
    for (size_t i = 0; i < ns->kv.metadata_write_count; i++)
        interest_add(sim, out, ns->kv.metadata_writes[i].key);
    return HEDDLE_OK;
}

static heddle_status build_interests(dn_sim *sim, const wire_rwset *rwset, heddle_error *err)
{
    size_t count = rwset->namespace_count;
    sim->interests = base_arena_zalloc(sim->arena, count + 1, sizeof(*sim->interests));
    if (!sim->interests)
        return base_arena_fail(sim->arena, err, "chaincode interest");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(build_interest(sim, &rwset->namespaces[i], &sim->interests[i], err));
    sim->interest_count = count;
    return HEDDLE_OK;
}

static heddle_status build_rwset(dn_sim *sim, wire_rwset *out, heddle_error *err)
{
    size_t count = 0;
    base_list_each (it, &sim->namespaces)
        count++;
    out->namespaces = base_arena_zalloc(sim->arena, count + 1, sizeof(*out->namespaces));
    if (!out->namespaces)
        return base_arena_fail(sim->arena, err, "read-write set");
    base_list_each (it, &sim->namespaces) {
        ns_set *set = base_list_entry(it, ns_set, link);
        out->namespaces[out->namespace_count++] = (wire_ns_rwset){
            .name = set->name,
            .kv = {.reads = set->reads.items,
                   .read_count = set->reads.count,
                   .range_queries = set->ranges,
                   .range_query_count = set->range_count,
                   .writes = set->writes.items,
                   .write_count = set->writes.count,
                   .metadata_writes = set->metas.items,
                   .metadata_write_count = set->metas.count},
        };
    }
    wire_rwset_sort(out);
    return HEDDLE_OK;
}

heddle_status dn_sim_finish(dn_sim *sim, base_buffer *out, heddle_error *err)
{
    BASE_TRY(check_open(sim, err));
    wire_rwset rwset = {0};
    sim->finished = true;
    BASE_TRY(collect_ranges(sim, err));
    BASE_TRY(build_rwset(sim, &rwset, err));
    BASE_TRY(build_interests(sim, &rwset, err));
    if (wire_rwset_write(&rwset, out) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    return HEDDLE_OK;
}

const dn_interest *dn_sim_interests(const dn_sim *sim, size_t *out_count)
{
    *out_count = sim->interest_count;
    return sim->interests;
}
