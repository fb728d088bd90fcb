/*
 * What comes of a simulation: the read-write set that everybody sees, the private parts for
 * the members of collections, and the policies that count.
 */
#include <stdlib.h>

#include "base/fail.h"
#include "devnet/ledger/sim_set.h"

static bool same_range(const wire_range_query *a, const wire_range_query *b)
{
    return a->exhausted == b->exhausted && base_view_equal(a->start_key, b->start_key) &&
           base_view_equal(a->end_key, b->end_key);
}

/* Of equal ranges the first one counts. */
static heddle_status collect_range(dn_sim *sim, dn_range *range, heddle_error *err)
{
    dn_ns_set *set;
    BASE_TRY(dn_sim_ns(sim, range->ns, &set, err));
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
    return HEDDLE_OK;
}

static heddle_status collect_ranges(dn_sim *sim, heddle_error *err)
{
    base_list_each (it, &sim->ranges) {
        dn_range *range = base_list_entry(it, dn_range, link);
        if (range->seen)
            BASE_TRY(collect_range(sim, range, err));
    }
    return HEDDLE_OK;
}

/* Everything of a collection is in the order of its keys in clear. */

static int by_key(const void *a, const void *b)
{
    return base_view_compare(*(const heddle_view *)a, *(const heddle_view *)b);
}

static void sort_access(dn_access *a, size_t item_size)
{
    if (a->count)
        qsort(a->items, a->count, item_size, by_key);
}

static heddle_view hash_view(const uint8_t hash[CRYPTO_SHA256_LEN])
{
    return heddle_view_of(hash, CRYPTO_SHA256_LEN);
}

static heddle_status hash_reads(dn_sim *sim, const dn_coll_set *set, wire_hashed_rwset *out)
{
    const dn_private_read *reads = set->reads.items;
    out->reads = base_arena_zalloc(sim->arena, set->reads.count + 1, sizeof(*out->reads));
    if (!out->reads)
        return HEDDLE_E_NO_MEMORY;
    for (; out->read_count < set->reads.count; out->read_count++) {
        const dn_private_read *r = &reads[out->read_count];
        out->reads[out->read_count] =
            (wire_hashed_read){.key_hash = hash_view(r->hash),
                               .has_version = r->has_version,
                               .version = {r->version.block, r->version.tx}};
    }
    return HEDDLE_OK;
}

static heddle_status hash_writes(dn_sim *sim, const dn_coll_set *set, wire_hashed_rwset *out)
{
    const dn_private_write *writes = set->writes.items;
    out->writes = base_arena_zalloc(sim->arena, set->writes.count + 1, sizeof(*out->writes));
    if (!out->writes)
        return HEDDLE_E_NO_MEMORY;
    for (; out->write_count < set->writes.count; out->write_count++) {
        const dn_private_write *w = &writes[out->write_count];
        wire_hashed_write *to = &out->writes[out->write_count];
        *to = (wire_hashed_write){.key_hash = hash_view(w->hash),
                                  .is_delete = w->value.len == 0,
                                  .is_purge = w->is_purge};
        if (w->value.len)
            to->value_hash = hash_view(w->value_hash);
    }
    return HEDDLE_OK;
}

static heddle_status hash_metas(dn_sim *sim, const dn_coll_set *set, wire_hashed_rwset *out)
{
    dn_private_meta *metas = set->metas.items;
    out->metadata_writes =
        base_arena_zalloc(sim->arena, set->metas.count + 1, sizeof(*out->metadata_writes));
    if (!out->metadata_writes)
        return HEDDLE_E_NO_MEMORY;
    for (; out->metadata_write_count < set->metas.count; out->metadata_write_count++) {
        dn_private_meta *m = &metas[out->metadata_write_count];
        out->metadata_writes[out->metadata_write_count] = (wire_hashed_metadata_write){
            .key_hash = hash_view(m->hash), .entries = &m->entry, .entry_count = 1};
    }
    return HEDDLE_OK;
}

/* The writes in clear; of metadata only the keys. */
static heddle_status clear_writes(dn_sim *sim, const dn_coll_set *set, wire_kv_rwset *out)
{
    const dn_private_write *writes = set->writes.items;
    const dn_private_meta *metas = set->metas.items;
    out->writes = base_arena_zalloc(sim->arena, set->writes.count + 1, sizeof(*out->writes));
    out->metadata_writes =
        base_arena_zalloc(sim->arena, set->metas.count + 1, sizeof(*out->metadata_writes));
    if (!out->writes || !out->metadata_writes)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < set->writes.count; i++)
        out->writes[i] = (wire_write){
            .key = writes[i].key, .is_delete = writes[i].value.len == 0, .value = writes[i].value};
    for (size_t i = 0; i < set->metas.count; i++)
        out->metadata_writes[i].key = metas[i].key;
    out->write_count = set->writes.count;
    out->metadata_write_count = set->metas.count;
    return HEDDLE_OK;
}

/* Keep the clear part of a collection, and have its hash in the public one. */
static heddle_status build_part(dn_sim *sim, const dn_ns_set *ns, const dn_coll_set *set,
                                wire_collection_rwset *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    wire_kv_rwset kv = {0};
    uint8_t *hash = base_arena_alloc(sim->arena, CRYPTO_SHA256_LEN);
    if (!set->writes.count && !set->metas.count)
        return HEDDLE_OK;
    if (!hash || clear_writes(sim, set, &kv) != HEDDLE_OK)
        return base_arena_fail(sim->arena, err, "read-write set");
    if (wire_kv_rwset_write(&kv, &bytes) != HEDDLE_OK ||
        crypto_sha256(base_buffer_view(&bytes), hash) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    dn_private_part *part = &sim->parts[sim->part_count];
    *part = (dn_private_part){.ns = ns->name, .coll = set->name};
    BASE_TRY(dn_sim_keep(sim, base_buffer_view(&bytes), &part->rwset, err));
    out->pvt_rwset_hash = hash_view(hash);
    sim->part_count++;
    return HEDDLE_OK;
}

static heddle_status build_collection(dn_sim *sim, const dn_ns_set *ns, dn_coll_set *set,
                                      wire_collection_rwset *out, heddle_error *err)
{
    out->name = set->name;
    sort_access(&set->reads, sizeof(dn_private_read));
    sort_access(&set->writes, sizeof(dn_private_write));
    sort_access(&set->metas, sizeof(dn_private_meta));
    if (hash_reads(sim, set, &out->hashed) != HEDDLE_OK ||
        hash_writes(sim, set, &out->hashed) != HEDDLE_OK ||
        hash_metas(sim, set, &out->hashed) != HEDDLE_OK)
        return base_arena_fail(sim->arena, err, "read-write set");
    return build_part(sim, ns, set, out, err);
}

static heddle_status build_collections(dn_sim *sim, const dn_ns_set *ns, wire_ns_rwset *out,
                                       heddle_error *err)
{
    out->collections =
        base_arena_zalloc(sim->arena, ns->collection_count + 1, sizeof(*out->collections));
    if (!out->collections)
        return base_arena_fail(sim->arena, err, "read-write set");
    base_list_each (it, &ns->collections) {
        BASE_TRY(build_collection(sim, ns, base_list_entry(it, dn_coll_set, link),
                                  &out->collections[out->collection_count], err));
        out->collection_count++;
    }
    return HEDDLE_OK;
}

static heddle_status build_namespace(dn_sim *sim, const dn_ns_set *set, wire_ns_rwset *out,
                                     heddle_error *err)
{
    *out = (wire_ns_rwset){.name = set->name,
                           .kv = {.reads = set->reads.items,
                                  .read_count = set->reads.count,
                                  .range_queries = set->ranges,
                                  .range_query_count = set->range_count,
                                  .writes = set->writes.items,
                                  .write_count = set->writes.count,
                                  .metadata_writes = set->metas.items,
                                  .metadata_write_count = set->metas.count}};
    return build_collections(sim, set, out, err);
}

static int by_place(const void *a, const void *b)
{
    const dn_private_part *x = a, *y = b;
    int order = base_view_compare(x->ns, y->ns);
    return order ? order : base_view_compare(x->coll, y->coll);
}

static size_t count_collections(const dn_sim *sim)
{
    size_t count = 0;
    base_list_each (it, &sim->namespaces)
        count += base_list_entry(it, dn_ns_set, link)->collection_count;
    return count;
}

static heddle_status build_rwset(dn_sim *sim, wire_rwset *out, heddle_error *err)
{
    out->namespaces =
        base_arena_zalloc(sim->arena, sim->namespace_count + 1, sizeof(*out->namespaces));
    sim->parts = base_arena_zalloc(sim->arena, count_collections(sim) + 1, sizeof(*sim->parts));
    if (!out->namespaces || !sim->parts)
        return base_arena_fail(sim->arena, err, "read-write set");
    base_list_each (it, &sim->namespaces) {
        BASE_TRY(build_namespace(sim, base_list_entry(it, dn_ns_set, link),
                                 &out->namespaces[out->namespace_count], err));
        out->namespace_count++;
    }
    wire_rwset_sort(out);
    if (sim->part_count)
        qsort(sim->parts, sim->part_count, sizeof(*sim->parts), by_place);
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

/* The policies of a namespace, as a peer collects them: a key that is written counts for its
 * own policy, if it has one, else for its collection's or the namespace's. Those of keys, also
 * of private ones, are listed with the namespace. */
typedef struct policies {
    dn_sim *sim;
    dn_interest *interest; /* of the namespace */
    bool wrote;
} policies;

/* false: the key has no policy of its own. */
static bool add_key_policy(policies *p, const dn_key *at)
{
    const dn_entry *entry = dn_state_get(p->sim->state, at);
    heddle_view policy;
    p->wrote = true;
    if (!entry || !dn_metadata_policy(entry->metadata, &policy))
        return false;
    p->interest->key_policies[p->interest->key_policy_count++] = policy;
    return true;
}

/* Whether the namespace's own policy is needed. */
static bool add_public_keys(policies *p, const dn_ns_set *set)
{
    const wire_write *writes = set->writes.items;
    const wire_metadata_write *metas = set->metas.items;
    bool needed = false;
    for (size_t i = 0; i < set->writes.count; i++) {
        dn_key at = dn_key_public(set->name, writes[i].key);
        needed |= !add_key_policy(p, &at);
    }
    for (size_t i = 0; i < set->metas.count; i++) {
        dn_key at = dn_key_public(set->name, metas[i].key);
        if (!dn_access_has(&set->writes, metas[i].key))
            needed |= !add_key_policy(p, &at);
    }
    return needed;
}

static bool add_private_keys(policies *p, const dn_ns_set *ns, const dn_coll_set *set)
{
    const dn_private_write *writes = set->writes.items;
    const dn_private_meta *metas = set->metas.items;
    bool needed = false;
    for (size_t i = 0; i < set->writes.count; i++) {
        dn_key at = {.ns = ns->name, .coll = set->name, .key = hash_view(writes[i].hash)};
        needed |= !add_key_policy(p, &at);
    }
    for (size_t i = 0; i < set->metas.count; i++) {
        dn_key at = {.ns = ns->name, .coll = set->name, .key = hash_view(metas[i].hash)};
        if (!dn_access_has(&set->writes, metas[i].key))
            needed |= !add_key_policy(p, &at);
    }
    return needed;
}

static size_t count_keys(const dn_ns_set *set)
{
    size_t count = set->writes.count + set->metas.count;
    base_list_each (it, &set->collections) {
        const dn_coll_set *coll = base_list_entry(it, dn_coll_set, link);
        count += coll->writes.count + coll->metas.count;
    }
    return count;
}

static heddle_status build_interest(dn_sim *sim, const dn_ns_set *set, heddle_error *err)
{
    dn_interest first = {.ns = set->name};
    policies p = {.sim = sim, .interest = &first};
    dn_interest *own = &sim->interests[sim->interest_count];
    size_t made = 1;
    first.key_policies = base_arena_zalloc(sim->arena, count_keys(set) + 1, sizeof(heddle_view));
    if (!first.key_policies)
        return base_arena_fail(sim->arena, err, "chaincode interest");
    bool needed = add_public_keys(&p, set);
    base_list_each (it, &set->collections) {
        const dn_coll_set *coll = base_list_entry(it, dn_coll_set, link);
        bool counts = add_private_keys(&p, set, coll);
        if (counts || coll->was_read)
            own[made++] = (dn_interest){
                .ns = set->name, .coll = coll->name, .no_private_reads = !coll->was_read};
    }
    needed = needed || !p.wrote;
    first.disregard_namespace_policy = first.key_policy_count && !needed;
    own[0] = first;
    if (!needed && !first.key_policy_count)
        memmove(own, own + 1, --made * sizeof(*own));
    sim->interest_count += made;
    return HEDDLE_OK;
}

static int by_interest(const void *a, const void *b)
{
    const dn_interest *x = a, *y = b;
    int order = base_view_compare(x->ns, y->ns);
    return order ? order : base_view_compare(x->coll, y->coll);
}

static heddle_status build_interests(dn_sim *sim, heddle_error *err)
{
    size_t most = sim->namespace_count + count_collections(sim) + 1;
    sim->interests = base_arena_zalloc(sim->arena, most, sizeof(*sim->interests));
    if (!sim->interests)
        return base_arena_fail(sim->arena, err, "chaincode interest");
    base_list_each (it, &sim->namespaces)
        BASE_TRY(build_interest(sim, base_list_entry(it, dn_ns_set, link), err));
    if (sim->interest_count)
        qsort(sim->interests, sim->interest_count, sizeof(*sim->interests), by_interest);
    return HEDDLE_OK;
}

heddle_status dn_sim_finish(dn_sim *sim, base_buffer *out, heddle_error *err)
{
    BASE_TRY(dn_sim_check_open(sim, err));
    wire_rwset rwset = {0};
    sim->finished = true;
    BASE_TRY(collect_ranges(sim, err));
    BASE_TRY(build_rwset(sim, &rwset, err));
    BASE_TRY(build_interests(sim, err));
    if (wire_rwset_write(&rwset, out) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    return HEDDLE_OK;
}

const dn_private_part *dn_sim_private(const dn_sim *sim, size_t *out_count)
{
    *out_count = sim->part_count;
    return sim->parts;
}

const dn_interest *dn_sim_interests(const dn_sim *sim, size_t *out_count)
{
    *out_count = sim->interest_count;
    return sim->interests;
}
