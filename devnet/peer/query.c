#include "devnet/peer/query.h"

#include <stdio.h>

#include "base/fail.h"
#include "ledger/queryresult/kv_query_result.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "wire/codec.h"

typedef struct query {
    base_list link;
    char id[24];
    char *ns;
    int32_t limit;
    int32_t total;
    bool paginated;
    dn_range *range;         /* of keys, or NULL */
    const dn_entry *pending; /* read ahead, to know that there is more */
    dn_ledger *ledger;       /* of a history: its places, newest last */
    char *key;
    size_t key_len;
    dn_version *places;
    size_t place_count;
} query;

/* The results of one answer, growing. */
typedef struct batch {
    base_arena *arena;
    Protos__QueryResultBytes **items;
    size_t count;
    size_t cap;
} batch;

void dn_queries_init(dn_queries *queries)
{
    base_list_init(&queries->open);
    queries->made = 0;
}

static void query_free(query *q)
{
    base_list_remove(&q->link);
    base_free(q->ns);
    base_free(q->key);
    base_free(q->places);
    base_free(q);
}

void dn_queries_done(dn_queries *queries)
{
    base_list_each_safe (it, &queries->open)
        query_free(base_list_entry(it, query, link));
}

static heddle_status query_new(dn_queries *queries, heddle_view ns, heddle_view key, query **out,
                               heddle_error *err)
{
    if (queries->made >= DN_QUERIES_LIMIT)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d queries in a transaction",
                         DN_QUERIES_LIMIT);
    query *q = base_calloc(1, sizeof(*q));
    if (!q)
        return base_fail_memory(err, "query");
    base_list_append(&queries->open, &q->link);
    snprintf(q->id, sizeof(q->id), "%llu", (unsigned long long)++queries->made);
    q->limit = DN_QUERY_TOTAL_LIMIT;
    q->ns = base_strdup_view(ns);
    q->key = (char *)base_memdup(key.data, key.len);
    q->key_len = key.len;
    if (!q->ns || (key.len && !q->key)) {
        query_free(q);
        return base_fail_memory(err, "query");
    }
    *out = q;
    return HEDDLE_OK;
}

static query *query_find(const dn_queries *queries, const char *id)
{
    base_list_each (it, &queries->open) {
        query *q = base_list_entry(it, query, link);
        if (!strcmp(q->id, id))
            return q;
    }
    return NULL;
}

static heddle_status batch_add(batch *b, const ProtobufCMessage *message, heddle_error *err)
{
    heddle_view bytes;
    if (b->count == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : DN_QUERY_BATCH;
        Protos__QueryResultBytes **more = base_arena_zalloc(b->arena, cap, sizeof(*more));
        if (!more)
            return base_arena_fail(b->arena, err, "query results");
        if (b->count)
            memcpy(more, b->items, b->count * sizeof(*more));
        b->items = more;
        b->cap = cap;
    }
    BASE_TRY(wire_encode_arena(message, b->arena, &bytes, err));
    Protos__QueryResultBytes *item = wire_new(protos__query_result_bytes, b->arena);
    if (!item)
        return base_arena_fail(b->arena, err, "query results");
    item->resultbytes = wire_bytes(bytes);
    b->items[b->count++] = item;
    return HEDDLE_OK;
}

static heddle_status batch_add_entry(batch *b, const query *q, const dn_entry *entry,
                                     heddle_error *err)
{
    Queryresult__KV kv = QUERYRESULT__KV__INIT;
    kv.namespace_ = q->ns;
    kv.key = wire_bytes(entry->at.key);
    kv.value = wire_bytes(entry->value);
    return batch_add(b, &kv.base, err);
}

static heddle_status respond(const batch *b, const query *q, bool has_more, heddle_view metadata,
                             heddle_view *out, heddle_error *err)
{
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    response.n_results = b->count;
    response.results = b->items;
    response.has_more = has_more;
    response.id = wire_text(q->id);
    response.metadata = wire_bytes(metadata);
    return wire_encode_arena(&response.base, b->arena, out, err);
}

/* The last answer of a query. */
static heddle_status respond_end(const batch *b, const query *q, heddle_view *out,
                                 heddle_error *err)
{
    heddle_view metadata = {0};
    if (q->paginated) {
        Protos__QueryResponseMetadata page = PROTOS__QUERY_RESPONSE_METADATA__INIT;
        page.fetched_records_count = q->total;
        page.bookmark = wire_bytes(dn_range_bookmark(q->range));
        BASE_TRY(wire_encode_arena(&page.base, b->arena, &metadata, err));
    }
    return respond(b, q, false, metadata, out, err);
}

/* As a peer does, one result more than a batch holds is read, and counts as read. */
static heddle_status range_step(query *q, batch *b, heddle_view *out, bool *ended,
                                heddle_error *err)
{
    if (q->pending) {
        BASE_TRY(batch_add_entry(b, q, q->pending, err));
        q->pending = NULL;
    }
    while (q->total < q->limit) {
        const dn_entry *entry;
        BASE_TRY(dn_range_next(q->range, &entry, err));
        if (!entry)
            break;
        q->total++;
        if (!q->paginated && b->count == DN_QUERY_BATCH) {
            q->pending = entry;
            *ended = false;
            return respond(b, q, true, heddle_view_of(NULL, 0), out, err);
        }
        BASE_TRY(batch_add_entry(b, q, entry, err));
    }
    *ended = true;
    return respond_end(b, q, out, err);
}

static const wire_write *find_write(const wire_tx *tx, const query *q)
{
    const wire_rwset *rwset = &tx->action.result.results;
    for (size_t n = 0; n < rwset->namespace_count; n++) {
        const wire_ns_rwset *ns = &rwset->namespaces[n];
        for (size_t i = 0; base_view_is(ns->name, q->ns) && i < ns->kv.write_count; i++) {
            if (base_view_equal(ns->kv.writes[i].key, heddle_view_of(q->key, q->key_len)))
                return &ns->kv.writes[i];
        }
    }
    return NULL;
}

static heddle_status batch_add_write(batch *b, const wire_tx *tx, const wire_write *write,
                                     heddle_error *err)
{
    Queryresult__KeyModification change = QUERYRESULT__KEY_MODIFICATION__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = tx->timestamp.seconds;
    time.nanos = tx->timestamp.nanos;
    change.tx_id = base_arena_str(b->arena, tx->tx_id);
    if (!change.tx_id)
        return base_arena_fail(b->arena, err, "history");
    change.value = wire_bytes(write->value);
    change.timestamp = tx->has_timestamp ? &time : NULL;
    change.is_delete = wire_write_deletes(write);
    return batch_add(b, &change.base, err);
}

/* Read the change at @p place from its block. */
static heddle_status batch_add_place(batch *b, const query *q, dn_version place, heddle_error *err)
{
    base_auto(arena) base_arena *scratch = base_arena_new(0);
    base_auto_buffer base_buffer bytes = {0};
    wire_block block;
    wire_tx tx;
    if (!scratch)
        return base_fail_memory(err, "history");
    BASE_TRY(dn_blockstore_read(dn_ledger_blocks(q->ledger), place.block, &bytes, err));
    BASE_TRY(wire_block_read(base_buffer_view(&bytes), scratch, &block, err));
    if (place.tx >= block.tx_count)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "history points to a missing transaction");
    BASE_TRY(wire_tx_read(block.envelopes[place.tx], scratch, &tx, err));
    const wire_write *write = find_write(&tx, q);
    return write ? batch_add_write(b, &tx, write, err) : HEDDLE_OK;
}

static heddle_status history_step(query *q, batch *b, heddle_view *out, bool *ended,
                                  heddle_error *err)
{
    while (q->place_count && q->total < q->limit) {
        if (b->count == DN_QUERY_BATCH) {
            *ended = false;
            return respond(b, q, true, heddle_view_of(NULL, 0), out, err);
        }
        BASE_TRY(batch_add_place(b, q, q->places[--q->place_count], err));
        q->total++;
    }
    *ended = true;
    return respond_end(b, q, out, err);
}

/* One answer; a query that ends or fails is closed. */
static heddle_status step(query *q, base_arena *arena, heddle_view *out, heddle_error *err)
{
    batch b = {.arena = arena};
    bool ended = true;
    heddle_status status =
        q->range ? range_step(q, &b, out, &ended, err) : history_step(q, &b, out, &ended, err);
    if (status != HEDDLE_OK || ended)
        query_free(q);
    return status;
}

heddle_status dn_query_range(dn_queries *queries, dn_range *range, heddle_view ns, dn_paging paging,
                             base_arena *arena, heddle_view *out, heddle_error *err)
{
    query *q;
    BASE_TRY(query_new(queries, ns, heddle_view_of(NULL, 0), &q, err));
    q->range = range;
    q->paginated = paging.is_set;
    if (paging.page_size > 0 && paging.page_size < q->limit)
        q->limit = paging.page_size;
    return step(q, arena, out, err);
}

heddle_status dn_query_history(dn_queries *queries, dn_ledger *ledger, heddle_view ns,
                               heddle_view key, base_arena *arena, heddle_view *out,
                               heddle_error *err)
{
    query *q;
    BASE_TRY(query_new(queries, ns, key, &q, err));
    q->ledger = ledger;
    if (dn_index_history(dn_ledger_index(ledger), ns, key, &q->places, &q->place_count) !=
        HEDDLE_OK) {
        query_free(q);
        return base_fail_memory(err, "history");
    }
    /* A block is indexed a moment before it can be read. */
    uint64_t height = dn_blockstore_height(dn_ledger_blocks(ledger));
    while (q->place_count && q->places[q->place_count - 1].block >= height)
        q->place_count--;
    return step(q, arena, out, err);
}

heddle_status dn_query_next(dn_queries *queries, const char *id, base_arena *arena,
                            heddle_view *out, heddle_error *err)
{
    query *q = query_find(queries, id);
    if (!q)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "query iterator not found");
    return step(q, arena, out, err);
}

heddle_status dn_query_close(dn_queries *queries, const char *id, base_arena *arena,
                             heddle_view *out, heddle_error *err)
{
    query *q = query_find(queries, id);
    if (q)
        query_free(q);
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    response.id = wire_text(id);
    return wire_encode_arena(&response.base, arena, out, err);
}
