#include "devnet/peer/request.h"

#include "base/fail.h"
#include "base/text.h"
#include "devnet/peer/access.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb-c.h"

/* A request being answered. */
typedef struct request {
    dn_tx_context *context;
    dn_sim *sim;
    heddle_view ns;
    heddle_view payload;
    base_arena *arena;
} request;

/* A collection's name, for whose data the client may ask; empty for public data. */
typedef struct place {
    heddle_view coll;
    bool is_private;
} place;

typedef heddle_status serve_fn(const request *r, heddle_view *out, heddle_error *err);

/* Decode the payload into the variable @p message points to. */
#define READ(name, r, message, err)                                                                \
    do {                                                                                           \
        heddle_status read_status_ =                                                               \
            wire_decode(name, (r)->payload, (r)->arena, (message), (err));                         \
        if (read_status_ != HEDDLE_OK) {                                                           \
            base_error_prefix((err), "unmarshal failed");                                          \
            return read_status_;                                                                   \
        }                                                                                          \
    } while (0)

/* Keys are strings on the wire, and a peer refuses what is not UTF-8. */
static heddle_status check_key(heddle_view key, heddle_error *err)
{
    if (base_is_utf8(key))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DECODE, "unmarshal failed: string field contains invalid UTF-8");
}

static heddle_status check_not_init(const request *r, heddle_error *err)
{
    if (!r->context->is_init)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "private data APIs are not allowed in chaincode Init()");
}

static heddle_status find_place(const request *r, const char *collection, dn_access_kind kind,
                                place *out, heddle_error *err)
{
    *out = (place){heddle_view_str(collection), *collection != '\0'};
    if (!out->is_private)
        return HEDDLE_OK;
    BASE_TRY(check_not_init(r, err));
    return dn_access_check(r->context->txn, r->ns, out->coll, kind, r->arena, err);
}

static heddle_status get_state(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetState *get;
    place p;
    bool found;
    READ(protos__get_state, r, &get, err);
    heddle_view key = wire_view(get->key);
    BASE_TRY(find_place(r, get->collection, DN_ACCESS_READ, &p, err));
    BASE_TRY(check_key(key, err));
    if (p.is_private)
        return dn_sim_get_private(r->sim, r->ns, p.coll, key, true, out, err);
    return dn_sim_get(r->sim, r->ns, key, out, &found, err);
}

static heddle_status get_state_multiple(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetStateMultiple *get;
    Protos__GetStateMultipleResult result = PROTOS__GET_STATE_MULTIPLE_RESULT__INIT;
    place p;
    bool found;
    READ(protos__get_state_multiple, r, &get, err);
    BASE_TRY(find_place(r, get->collection, DN_ACCESS_READ, &p, err));
    result.n_values = get->n_keys;
    result.values = base_arena_zalloc(r->arena, get->n_keys + 1, sizeof(*result.values));
    if (!result.values)
        return base_arena_fail(r->arena, err, "states");
    for (size_t i = 0; i < get->n_keys; i++) {
        heddle_view value, key = wire_view(get->keys[i]);
        BASE_TRY(check_key(key, err));
        if (p.is_private)
            BASE_TRY(dn_sim_get_private(r->sim, r->ns, p.coll, key, false, &value, err));
        else
            BASE_TRY(dn_sim_get(r->sim, r->ns, key, &value, &found, err));
        result.values[i] = wire_bytes(value);
    }
    return wire_encode_arena(&result.base, r->arena, out, err);
}

static heddle_status put(const request *r, heddle_view key, heddle_view value,
                         const char *collection, heddle_error *err)
{
    place p;
    BASE_TRY(find_place(r, collection, DN_ACCESS_WRITE, &p, err));
    BASE_TRY(check_key(key, err));
    if (p.is_private)
        return dn_sim_put_private(r->sim, r->ns, p.coll, key, value, err);
    return dn_sim_put(r->sim, r->ns, key, value, err);
}

static heddle_status purge_key(const request *r, heddle_view key, const char *collection,
                               heddle_error *err)
{
    place p;
    BASE_TRY(dn_access_check_purge(r->context->txn, err));
    if (!*collection)
        return base_fail(err, HEDDLE_E_REFUSED, "only applicable for private data");
    BASE_TRY(find_place(r, collection, DN_ACCESS_WRITE, &p, err));
    BASE_TRY(check_key(key, err));
    return dn_sim_purge_private(r->sim, r->ns, p.coll, key, err);
}

static heddle_status put_metadata(const request *r, heddle_view key,
                                  const Protos__StateMetadata *metadata, const char *collection,
                                  heddle_error *err)
{
    place p;
    BASE_TRY(find_place(r, collection, DN_ACCESS_WRITE, &p, err));
    BASE_TRY(check_key(key, err));
    if (!metadata)
        return base_fail(err, HEDDLE_E_DECODE, "unmarshal failed: no metadata");
    wire_metadata_entry entry = {heddle_view_str(metadata->metakey), wire_view(metadata->value)};
    if (p.is_private)
        return dn_sim_put_private_metadata(r->sim, r->ns, p.coll, key, &entry, err);
    return dn_sim_put_metadata(r->sim, r->ns, key, entry.name, entry.value, err);
}

static heddle_status put_state(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__PutState *p;
    (void)out;
    READ(protos__put_state, r, &p, err);
    return put(r, wire_view(p->key), wire_view(p->value), p->collection, err);
}

static heddle_status del_state(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__DelState *del;
    (void)out;
    READ(protos__del_state, r, &del, err);
    return put(r, wire_view(del->key), heddle_view_of(NULL, 0), del->collection, err);
}

static heddle_status put_state_metadata(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__PutStateMetadata *p;
    (void)out;
    READ(protos__put_state_metadata, r, &p, err);
    return put_metadata(r, wire_view(p->key), p->metadata, p->collection, err);
}

static heddle_status write_record(const request *r, const Protos__WriteRecord *rec,
                                  heddle_error *err)
{
    heddle_view key = wire_view(rec->key);
    switch (rec->type) {
    case PROTOS__WRITE_RECORD__TYPE__PUT_STATE:
        return put(r, key, wire_view(rec->value), rec->collection, err);
    case PROTOS__WRITE_RECORD__TYPE__DEL_STATE:
        return put(r, key, heddle_view_of(NULL, 0), rec->collection, err);
    case PROTOS__WRITE_RECORD__TYPE__PUT_STATE_METADATA:
        return put_metadata(r, key, rec->metadata, rec->collection, err);
    case PROTOS__WRITE_RECORD__TYPE__PURGE_PRIVATE_DATA:
        return purge_key(r, key, rec->collection, err);
    default:
        return base_fail(err, HEDDLE_E_REFUSED, "unknown operation type");
    }
}

static heddle_status write_batch(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__WriteBatchState *batch;
    (void)out;
    READ(protos__write_batch_state, r, &batch, err);
    for (size_t i = 0; i < batch->n_rec; i++)
        BASE_TRY(write_record(r, batch->rec[i], err));
    return HEDDLE_OK;
}

/* The entries of a key's metadata, from the form in which the state keeps them. */
static heddle_status list_metadata(const request *r, heddle_view packed,
                                   Protos__StateMetadataResult *result, heddle_error *err)
{
    Kvrwset__KVMetadataWrite *kept;
    BASE_TRY(wire_decode(kvrwset__kvmetadata_write, packed, r->arena, &kept, err));
    result->entries = base_arena_zalloc(r->arena, kept->n_entries + 1, sizeof(*result->entries));
    if (!result->entries)
        return base_arena_fail(r->arena, err, "metadata");
    for (size_t i = 0; i < kept->n_entries; i++) {
        Protos__StateMetadata *entry = wire_new(protos__state_metadata, r->arena);
        if (!entry)
            return base_arena_fail(r->arena, err, "metadata");
        entry->metakey = kept->entries[i]->name;
        entry->value = kept->entries[i]->value;
        result->entries[result->n_entries++] = entry;
    }
    return HEDDLE_OK;
}

static heddle_status get_state_metadata(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetStateMetadata *get;
    Protos__StateMetadataResult result = PROTOS__STATE_METADATA_RESULT__INIT;
    heddle_view packed;
    place p;
    READ(protos__get_state_metadata, r, &get, err);
    heddle_view key = wire_view(get->key);
    BASE_TRY(find_place(r, get->collection, DN_ACCESS_READ, &p, err));
    BASE_TRY(check_key(key, err));
    if (p.is_private)
        BASE_TRY(dn_sim_get_private_metadata(r->sim, r->ns, p.coll, key, &packed, err));
    else
        BASE_TRY(dn_sim_get_metadata(r->sim, r->ns, key, &packed, err));
    BASE_TRY(list_metadata(r, packed, &result, err));
    return wire_encode_arena(&result.base, r->arena, out, err);
}

/* The query's page; the bookmark, if there is one, takes the place of the first key. */
static heddle_status read_paging(const request *r, heddle_view bytes, dn_paging *out,
                                 heddle_view *start, heddle_error *err)
{
    Protos__QueryMetadata *page;
    request inner = *r;
    inner.payload = bytes;
    if (!bytes.len)
        return HEDDLE_OK;
    READ(protos__query_metadata, &inner, &page, err);
    out->is_set = page->pagesize != 0 || page->bookmark.len;
    out->page_size = page->pagesize;
    if (page->bookmark.len)
        *start = wire_view(page->bookmark);
    return HEDDLE_OK;
}

static heddle_status get_range(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetStateByRange *get;
    dn_paging paging = {0};
    dn_range *range;
    place p;
    READ(protos__get_state_by_range, r, &get, err);
    heddle_view start = wire_view(get->startkey), end = wire_view(get->endkey), first = start;
    BASE_TRY(read_paging(r, wire_view(get->metadata), &paging, &first, err));
    BASE_TRY(find_place(r, get->collection, DN_ACCESS_READ, &p, err));
    BASE_TRY(check_key(start, err));
    BASE_TRY(check_key(first, err));
    BASE_TRY(check_key(end, err));
    uint32_t page = paging.page_size > 0 ? (uint32_t)paging.page_size : 0;
    if (p.is_private) {
        paging.is_set = false; /* no pages of private data, though the size bounds the result */
        BASE_TRY(dn_sim_range_private(r->sim, r->ns, p.coll, start, end, &range, err));
    } else {
        BASE_TRY(dn_sim_range(r->sim, r->ns, first, end, paging.is_set, page, &range, err));
    }
    return dn_query_range(&r->context->queries, range, r->ns, paging, r->arena, out, err);
}

static heddle_status get_query_result(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetQueryResult *get;
    dn_paging paging = {0};
    heddle_view unused;
    place p;
    (void)out;
    READ(protos__get_query_result, r, &get, err);
    BASE_TRY(read_paging(r, wire_view(get->metadata), &paging, &unused, err));
    BASE_TRY(find_place(r, get->collection, DN_ACCESS_READ, &p, err));
    return base_fail(err, HEDDLE_E_REFUSED, "%s not supported for leveldb",
                     paging.is_set && !p.is_private ? "ExecuteQueryWithMetadata" : "ExecuteQuery");
}

static heddle_status get_history(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetHistoryForKey *get;
    READ(protos__get_history_for_key, r, &get, err);
    return dn_query_history(&r->context->queries, dn_txn_ledger(r->context->txn), r->ns,
                            wire_view(get->key), r->arena, out, err);
}

static heddle_status query_next(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__QueryStateNext *next;
    READ(protos__query_state_next, r, &next, err);
    return dn_query_next(&r->context->queries, next->id, r->arena, out, err);
}

static heddle_status query_close(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__QueryStateClose *close;
    READ(protos__query_state_close, r, &close, err);
    return dn_query_close(&r->context->queries, close->id, r->arena, out, err);
}

/* Hashes are for everybody. */
static heddle_status get_private_hash(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__GetState *get;
    READ(protos__get_state, r, &get, err);
    BASE_TRY(check_not_init(r, err));
    BASE_TRY(check_key(wire_view(get->key), err));
    return dn_sim_get_private_hash(r->sim, r->ns, heddle_view_str(get->collection),
                                   wire_view(get->key), out, err);
}

static heddle_status purge(const request *r, heddle_view *out, heddle_error *err)
{
    Protos__DelState *del;
    (void)out;
    READ(protos__del_state, r, &del, err);
    return purge_key(r, wire_view(del->key), del->collection, err);
}

typedef struct route {
    const char *name;
    serve_fn *serve;
} route;

#define ROUTE(type, fn) [PROTOS__CHAINCODE_MESSAGE__TYPE__##type] = {#type, fn}

static const route routes[] = {
    ROUTE(GET_STATE, get_state),
    ROUTE(PUT_STATE, put_state),
    ROUTE(DEL_STATE, del_state),
    ROUTE(INVOKE_CHAINCODE, NULL),
    ROUTE(GET_STATE_BY_RANGE, get_range),
    ROUTE(GET_QUERY_RESULT, get_query_result),
    ROUTE(QUERY_STATE_NEXT, query_next),
    ROUTE(QUERY_STATE_CLOSE, query_close),
    ROUTE(GET_HISTORY_FOR_KEY, get_history),
    ROUTE(GET_STATE_METADATA, get_state_metadata),
    ROUTE(PUT_STATE_METADATA, put_state_metadata),
    ROUTE(GET_PRIVATE_DATA_HASH, get_private_hash),
    ROUTE(PURGE_PRIVATE_DATA, purge),
    ROUTE(WRITE_BATCH_STATE, write_batch),
    ROUTE(GET_STATE_MULTIPLE, get_state_multiple),
};

const char *dn_request_name(int type)
{
    return type >= 0 && (size_t)type < BASE_COUNT(routes) ? routes[type].name : NULL;
}

heddle_status dn_request_serve(dn_tx_context *context, int type, heddle_view payload,
                               base_arena *arena, heddle_view *out, heddle_error *err)
{
    if (!dn_request_name(type) || !routes[type].serve)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "message type %d is no request", type);
    dn_sim *sim = dn_txn_acquire(context->txn);
    if (!sim)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "this instance should not be used after calling Done()");
    request r = {context, sim, heddle_view_str(context->ns), payload, arena};
    heddle_view answer = {0};
    heddle_status status = routes[type].serve(&r, &answer, err);
    dn_txn_release(context->txn);
    if (status == HEDDLE_OK)
        *out = answer;
    return status;
}
