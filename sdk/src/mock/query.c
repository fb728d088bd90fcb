/* Ranges of keys and histories, handed out in batches. */
#include <stdio.h>

#include "base/fail.h"
#include "ledger/queryresult/kv_query_result.pb-c.h"
#include "mock/visit.h"
#include "peer/chaincode_shim.pb-c.h"

enum { TOTAL_LIMIT = 100000, QUERIES_LIMIT = 10000 };

struct mock_query {
    base_list link;
    char id[24];
    int32_t limit;
    int32_t total;
    bool paginated;
    mock_range *range;         /* NULL: a history */
    const mock_entry *pending; /* read ahead, to know that there is more */
    heddle_view key;           /* of a history */
    size_t before;             /* the changes older than this one are still to come */
};

/* The results of one answer, growing. */
typedef struct batch {
    base_arena *arena;
    Protos__QueryResultBytes **items;
    size_t count;
    size_t cap;
} batch;

static heddle_status query_new(mock_visit *visit, mock_query **out, heddle_error *err)
{
    if (visit->queries_made >= QUERIES_LIMIT)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d queries in a transaction",
                         QUERIES_LIMIT);
    mock_query *q = base_arena_zalloc(visit->tx->arena, 1, sizeof(*q));
    if (!q)
        return base_arena_fail(visit->tx->arena, err, "query");
    snprintf(q->id, sizeof(q->id), "%zu", ++visit->queries_made);
    q->limit = TOTAL_LIMIT;
    base_list_append(&visit->queries, &q->link);
    *out = q;
    return HEDDLE_OK;
}

static mock_query *query_find(const mock_visit *visit, const char *id)
{
    base_list_each (it, &visit->queries) {
        mock_query *q = base_list_entry(it, mock_query, link);
        if (!strcmp(q->id, id))
            return q;
    }
    return NULL;
}

static heddle_status batch_add(batch *b, const ProtobufCMessage *message, heddle_error *err)
{
    heddle_view bytes = {0};
    if (b->count == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 8;
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

static heddle_status batch_add_entry(batch *b, const mock_visit *visit, const mock_entry *entry,
                                     heddle_error *err)
{
    Queryresult__KV kv = QUERYRESULT__KV__INIT;
    kv.namespace_ = wire_text(visit->chaincode->name);
    kv.key = wire_bytes(entry->at.key);
    kv.value = wire_bytes(entry->value);
    return batch_add(b, &kv.base, err);
}

static heddle_status respond(const batch *b, const mock_query *q, bool has_more,
                             heddle_view metadata, heddle_view *out, heddle_error *err)
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
static heddle_status respond_end(const batch *b, const mock_visit *visit, const mock_query *q,
                                 heddle_view *out, heddle_error *err)
{
    heddle_view metadata = {0};
    if (q->paginated) {
        Protos__QueryResponseMetadata page = PROTOS__QUERY_RESPONSE_METADATA__INIT;
        page.fetched_records_count = q->total;
        page.bookmark = wire_bytes(mock_range_bookmark(visit->sim, q->range));
        BASE_TRY(wire_encode_arena(&page.base, b->arena, &metadata, err));
    }
    return respond(b, q, false, metadata, out, err);
}

/* As a peer does, one result more than a batch holds is read, and counts as read. */
static heddle_status range_step(const mock_visit *visit, mock_query *q, batch *b, heddle_view *out,
                                bool *ended, heddle_error *err)
{
    if (q->pending) {
        BASE_TRY(batch_add_entry(b, visit, q->pending, err));
        q->pending = NULL;
    }
    while (q->total < q->limit) {
        const mock_entry *entry = NULL;
        BASE_TRY(mock_range_next(visit->sim, q->range, &entry, err));
        if (!entry)
            break;
        q->total++;
        if (!q->paginated && b->count == visit->mock->batch_size) {
            q->pending = entry;
            *ended = false;
            return respond(b, q, true, heddle_view_of(NULL, 0), out, err);
        }
        BASE_TRY(batch_add_entry(b, visit, entry, err));
    }
    *ended = true;
    return respond_end(b, visit, q, out, err);
}

static heddle_status batch_add_change(batch *b, const mock_change *change, heddle_error *err)
{
    Queryresult__KeyModification message = QUERYRESULT__KEY_MODIFICATION__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = change->time.seconds;
    time.nanos = change->time.nanos;
    message.tx_id = wire_text(change->tx_id);
    message.value = wire_bytes(change->value);
    message.timestamp = &time;
    message.is_delete = change->value.len == 0;
    return batch_add(b, &message.base, err);
}

static heddle_status history_step(const mock_visit *visit, mock_query *q, batch *b,
                                  heddle_view *out, bool *ended, heddle_error *err)
{
    mock_place at = mock_public(visit->ns, q->key);
    while (q->before && q->total < q->limit) {
        const mock_change *change = &visit->mock->history.items[q->before - 1];
        if (mock_place_compare(&change->at, &at) == 0) {
            if (b->count == visit->mock->batch_size) {
                *ended = false;
                return respond(b, q, true, heddle_view_of(NULL, 0), out, err);
            }
            BASE_TRY(batch_add_change(b, change, err));
            q->total++;
        }
        q->before--;
    }
    *ended = true;
    return respond_end(b, visit, q, out, err);
}

/* One answer; a query that ends or fails is closed. */
static heddle_status step(mock_visit *visit, mock_query *q, heddle_view *out, heddle_error *err)
{
    batch b = {.arena = visit->tx->arena};
    bool ended = true;
    heddle_status st = q->range ? range_step(visit, q, &b, out, &ended, err)
                                : history_step(visit, q, &b, out, &ended, err);
    if (st != HEDDLE_OK || ended)
        base_list_remove(&q->link);
    return st;
}

heddle_status mock_query_range(mock_visit *visit, mock_range *range, bool paginated,
                               int32_t page_size, heddle_view *out, heddle_error *err)
{
    mock_query *q = NULL;
    BASE_TRY(query_new(visit, &q, err));
    q->range = range;
    q->paginated = paginated;
    if (page_size > 0 && page_size < q->limit)
        q->limit = page_size;
    return step(visit, q, out, err);
}

heddle_status mock_query_history(mock_visit *visit, heddle_view key, heddle_view *out,
                                 heddle_error *err)
{
    mock_query *q = NULL;
    BASE_TRY(query_new(visit, &q, err));
    q->key = key;
    q->before = visit->mock->history.count;
    return step(visit, q, out, err);
}

heddle_status mock_query_next(mock_visit *visit, const char *id, heddle_view *out,
                              heddle_error *err)
{
    mock_query *q = query_find(visit, id);
    if (!q)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "query iterator not found");
    return step(visit, q, out, err);
}

heddle_status mock_query_close(mock_visit *visit, const char *id, heddle_view *out,
                               heddle_error *err)
{
    mock_query *q = query_find(visit, id);
    if (q)
        base_list_remove(&q->link);
    Protos__QueryResponse response = PROTOS__QUERY_RESPONSE__INIT;
    response.id = wire_text(id);
    return wire_encode_arena(&response.base, visit->tx->arena, out, err);
}
