#include "devnet/ledger/batch.h"

#include "base/fail.h"
#include "devnet/ledger/merkle.h"
#include "wire/rwset_shape.h"

heddle_status dn_batch_init(dn_batch *batch, dn_state *base)
{
    dn_batch made = {.next = dn_state_clone(base), .updates = dn_state_new()};
    if (!made.next || !made.updates) {
        dn_batch_done(&made);
        return HEDDLE_E_NO_MEMORY;
    }
    made.base = dn_state_ref(base);
    *batch = made;
    return HEDDLE_OK;
}

void dn_batch_done(dn_batch *batch)
{
    dn_state_unref(batch->base);
    dn_state_unref(batch->next);
    dn_state_unref(batch->updates);
    *batch = (dn_batch){0};
}

static dn_version version_of(wire_version v)
{
    return (dn_version){v.block, v.tx};
}

/* Whether the key still is what the transaction saw. */
static bool is_fresh(const dn_batch *batch, const dn_key *at, bool existed, wire_version seen)
{
    if (dn_state_get(batch->updates, at))
        return false;
    const dn_entry *now = dn_state_get(batch->base, at);
    if (!now || !existed)
        return !now && !existed;
    return dn_version_equal(now->version, version_of(seen));
}

static bool reads_are_fresh(const dn_batch *batch, const wire_ns_rwset *ns)
{
    for (size_t i = 0; i < ns->kv.read_count; i++) {
        const wire_read *read = &ns->kv.reads[i];
        dn_key at = dn_key_public(ns->name, read->key);
        if (!is_fresh(batch, &at, read->has_version, read->version))
            return false;
    }
    return true;
}

static bool hashed_reads_are_fresh(const dn_batch *batch, const wire_ns_rwset *ns)
{
    for (size_t c = 0; c < ns->collection_count; c++) {
        const wire_collection_rwset *coll = &ns->collections[c];
        for (size_t i = 0; i < coll->hashed.read_count; i++) {
            const wire_hashed_read *read = &coll->hashed.reads[i];
            dn_key at = {.ns = ns->name, .coll = coll->name, .key = read->key_hash};
            if (!is_fresh(batch, &at, read->has_version, read->version))
                return false;
        }
    }
    return true;
}

/* A walk over what a range query would return now. A query that was not read to its end
 * recorded the last key it saw as its end: that key is part of the result. */
typedef struct walk {
    const dn_state *state;
    const wire_range_query *query;
    dn_key at;
    bool started;
    bool end_served;
} walk;

static const dn_entry *walk_next(walk *w)
{
    if (w->end_served)
        return NULL;
    const dn_entry *entry = dn_state_seek(w->state, &w->at, w->started);
    heddle_view end = w->query->end_key;
    if (entry && (!end.len || base_view_compare(entry->at.key, end) < 0)) {
        w->at = entry->at;
        w->started = true;
        return entry;
    }
    w->end_served = true;
    dn_key last = dn_key_public(w->at.ns, end);
    return w->query->exhausted ? NULL : dn_state_get(w->state, &last);
}

static bool raw_reads_match(walk *w)
{
    const wire_query_reads *raw = &w->query->raw;
    for (size_t i = 0; i < raw->read_count; i++) {
        const dn_entry *now = walk_next(w);
        const wire_read *then = &raw->reads[i];
        if (!now || !base_view_equal(now->at.key, then->key) ||
            !dn_version_equal(now->version, version_of(then->version)))
            return false;
    }
    return walk_next(w) == NULL;
}

static bool summaries_equal(const wire_query_summary *a, const wire_query_summary *b)
{
    if (a->max_degree != b->max_degree || a->max_level != b->max_level ||
        a->hash_count != b->hash_count)
        return false;
    for (size_t i = 0; i < a->hash_count; i++) {
        if (!base_view_equal(a->hashes[i], b->hashes[i]))
            return false;
    }
    return true;
}

static heddle_status summary_matches(walk *w, bool *out)
{
    const wire_query_summary *then = &w->query->summary;
    *out = false;
    if (then->max_degree < 2)
        return HEDDLE_OK;
    base_auto(dn_merkle) dn_merkle *merkle = dn_merkle_new(then->max_degree);
    if (!merkle)
        return HEDDLE_E_NO_MEMORY;
    for (const dn_entry *now; (now = walk_next(w));) {
        wire_read read = {now->at.key, true, {now->version.block, now->version.tx}};
        BASE_TRY(dn_merkle_add(merkle, &read));
    }
    wire_range_query result = {0};
    BASE_TRY(dn_merkle_finish(merkle, &result));
    *out = result.has_summary && summaries_equal(then, &result.summary);
    return HEDDLE_OK;
}

static heddle_status ranges_match(const dn_batch *batch, const wire_ns_rwset *ns, bool *out)
{
    *out = true;
    for (size_t i = 0; i < ns->kv.range_query_count && *out; i++) {
        const wire_range_query *query = &ns->kv.range_queries[i];
        walk w = {
            .state = batch->next, .query = query, .at = dn_key_public(ns->name, query->start_key)};
        if (query->has_summary)
            BASE_TRY(summary_matches(&w, out));
        else
            *out = raw_reads_match(&w);
    }
    return HEDDLE_OK;
}

heddle_status dn_batch_check(dn_batch *batch, const wire_rwset *rwset, wire_code *out,
                             heddle_error *err)
{
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        const wire_ns_rwset *ns = &rwset->namespaces[i];
        bool match;
        if (!reads_are_fresh(batch, ns)) {
            *out = WIRE_CODE_MVCC_READ_CONFLICT;
            return HEDDLE_OK;
        }
        if (ranges_match(batch, ns, &match) != HEDDLE_OK)
            return base_fail_memory(err, "phantom check");
        if (!match) {
            *out = WIRE_CODE_PHANTOM_READ_CONFLICT;
            return HEDDLE_OK;
        }
        if (!hashed_reads_are_fresh(batch, ns)) {
            *out = WIRE_CODE_MVCC_READ_CONFLICT;
            return HEDDLE_OK;
        }
    }
    *out = WIRE_CODE_VALID;
    return HEDDLE_OK;
}

static heddle_status put_both(dn_batch *batch, const dn_entry *entry)
{
    BASE_TRY(dn_state_put(batch->updates, entry));
    return dn_state_put(batch->next, entry);
}

/* A write keeps the metadata its key had. */
static heddle_status apply_write(dn_batch *batch, const dn_key *at, bool is_delete,
                                 heddle_view value, dn_version version)
{
    dn_entry entry = {.at = *at, .version = version};
    if (is_delete) {
        BASE_TRY(dn_state_put(batch->updates, &entry));
        return dn_state_delete(batch->next, at);
    }
    const dn_entry *old = dn_state_get(batch->next, at);
    entry.value = value;
    if (old)
        entry.metadata = old->metadata;
    return put_both(batch, &entry);
}

/* Metadata of a key that is not there, or no longer, is lost. */
static heddle_status apply_metadata(dn_batch *batch, const dn_key *at, wire_metadata_entry *entries,
                                    size_t count, dn_version version)
{
    const dn_entry *old = dn_state_get(batch->next, at);
    base_auto_buffer base_buffer packed = {0};
    if (!old)
        return HEDDLE_OK;
    wire_metadata_write write = {.entries = entries, .entry_count = count};
    BASE_TRY(wire_shape_write(&wire_metadata_write_shape, &write, &packed));
    dn_entry entry = {
        .at = *at, .value = old->value, .metadata = base_buffer_view(&packed), .version = version};
    return put_both(batch, &entry);
}

static heddle_status apply_public(dn_batch *batch, const wire_ns_rwset *ns, dn_version version)
{
    for (size_t i = 0; i < ns->kv.write_count; i++) {
        const wire_write *w = &ns->kv.writes[i];
        dn_key at = dn_key_public(ns->name, w->key);
        BASE_TRY(apply_write(batch, &at, wire_write_deletes(w), w->value, version));
    }
    for (size_t i = 0; i < ns->kv.metadata_write_count; i++) {
        const wire_metadata_write *m = &ns->kv.metadata_writes[i];
        dn_key at = dn_key_public(ns->name, m->key);
        BASE_TRY(apply_metadata(batch, &at, m->entries, m->entry_count, version));
    }
    return HEDDLE_OK;
}

static heddle_status apply_collection(dn_batch *batch, heddle_view ns,
                                      const wire_collection_rwset *coll, dn_version version)
{
    for (size_t i = 0; i < coll->hashed.write_count; i++) {
        const wire_hashed_write *w = &coll->hashed.writes[i];
        dn_key at = {.ns = ns, .coll = coll->name, .key = w->key_hash};
        BASE_TRY(apply_write(batch, &at, wire_hashed_write_deletes(w), w->value_hash, version));
    }
    for (size_t i = 0; i < coll->hashed.metadata_write_count; i++) {
        const wire_hashed_metadata_write *m = &coll->hashed.metadata_writes[i];
        dn_key at = {.ns = ns, .coll = coll->name, .key = m->key_hash};
        BASE_TRY(apply_metadata(batch, &at, m->entries, m->entry_count, version));
    }
    return HEDDLE_OK;
}

static heddle_status apply_all(dn_batch *batch, const wire_rwset *rwset, dn_version version)
{
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        const wire_ns_rwset *ns = &rwset->namespaces[i];
        BASE_TRY(apply_public(batch, ns, version));
        for (size_t c = 0; c < ns->collection_count; c++)
            BASE_TRY(apply_collection(batch, ns->name, &ns->collections[c], version));
    }
    return HEDDLE_OK;
}

heddle_status dn_batch_apply(dn_batch *batch, const wire_rwset *rwset, dn_version version,
                             heddle_error *err)
{
    if (apply_all(batch, rwset, version) != HEDDLE_OK)
        return base_fail_memory(err, "state of the block");
    return HEDDLE_OK;
}

/* One entry of the message whose hash is chained from block to block. Namespace and
 * collection are named by their first entry only. */
typedef struct update {
    heddle_view ns;
    heddle_view coll;
    heddle_view key;
    bool is_delete;
    heddle_view value;
    heddle_view version;
} update;

static const wire_slot update_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, update, ns),    WIRE_SLOT(2, WIRE_BYTES, update, coll),
    WIRE_SLOT(3, WIRE_BYTES, update, key),   WIRE_SLOT(4, WIRE_BOOL, update, is_delete),
    WIRE_SLOT(5, WIRE_BYTES, update, value), WIRE_SLOT(6, WIRE_BYTES, update, version),
};
static const wire_shape update_shape = WIRE_SHAPE(update, "KVWrite", update_slots);

typedef struct update_list {
    update *items;
    size_t count;
} update_list;

static const wire_slot list_slots[] = {
    WIRE_SLOT_EXTRA(1, WIRE_EACH_MESSAGE, update_list, items, count, &update_shape),
};
static const wire_shape list_shape = WIRE_SHAPE(update_list, "Updates", list_slots);

/* Length and significant bytes, most significant first. */
static size_t pack_number(uint64_t number, uint8_t *out)
{
    size_t len = 0;
    for (uint64_t rest = number; rest; rest >>= 8)
        len++;
    out[0] = (uint8_t)len;
    for (size_t i = 0; i < len; i++)
        out[1 + i] = (uint8_t)(number >> (8 * (len - 1 - i)));
    return len + 1;
}

static update update_of(const dn_entry *entry, const dn_entry *before, uint8_t version[18])
{
    size_t len = pack_number(entry->version.block, version);
    len += pack_number(entry->version.tx, version + len);
    update u = {.key = entry->at.key,
                .is_delete = entry->value.len == 0,
                .value = entry->value,
                .version = heddle_view_of(version, len)};
    bool new_ns = !before || !base_view_equal(before->at.ns, entry->at.ns);
    if (new_ns)
        u.ns = entry->at.ns;
    if (new_ns || !base_view_equal(before->at.coll, entry->at.coll))
        u.coll = entry->at.coll;
    return u;
}

heddle_status dn_batch_bytes(const dn_batch *batch, base_buffer *out)
{
    const dn_entry *before = NULL;
    for (const dn_entry *e; (e = dn_state_after(batch->updates, before ? &before->at : NULL));) {
        uint8_t version[18];
        update u = update_of(e, before, version);
        update_list one = {&u, 1};
        BASE_TRY(wire_shape_write(&list_shape, &one, out));
        before = e;
    }
    return HEDDLE_OK;
}
