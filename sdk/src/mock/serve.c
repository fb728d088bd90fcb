/* The requests of a chaincode, answered as a peer answers them. */
#include "base/fail.h"
#include "base/text.h"
#include "mock/visit.h"
#include "peer/chaincode_shim.pb-c.h"

typedef enum access_kind { ACCESS_READ, ACCESS_WRITE } access_kind;

/* Decode the payload into the variable @p message points to. */
#define READ(name, visit, bytes, message, err)                                                     \
    do {                                                                                           \
        heddle_status read_status_ =                                                               \
            wire_decode(name, (bytes), (visit)->tx->arena, (message), (err));                      \
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

static heddle_status find_collection(const mock_visit *visit, heddle_view name,
                                     mock_collection *out, heddle_error *err)
{
    if (mock_find_collection(visit->mock, visit->chaincode, name, out))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND,
                     "collection [%.*s] not defined in the collection config for chaincode [%s]",
                     BASE_VIEW_ARG(name), visit->chaincode->name);
}

static heddle_status check_not_init(const mock_visit *visit, heddle_error *err)
{
    if (!visit->is_init)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "private data APIs are not allowed in chaincode Init()");
}

static heddle_status check_access(const mock_visit *visit, heddle_view coll, access_kind kind,
                                  heddle_error *err)
{
    mock_collection found = {0};
    bool is_write = kind == ACCESS_WRITE;
    BASE_TRY(check_not_init(visit, err));
    if (!mock_find_collection(visit->mock, visit->chaincode, coll, &found)) {
        if (base_view_starts(coll, VIEW("_implicit_org_")))
            return find_collection(visit, coll, &found, err);
        return base_fail(err, HEDDLE_E_NOT_FOUND, "collection %s/%s/%.*s could not be found",
                         visit->mock->channel, visit->chaincode->name, BASE_VIEW_ARG(coll));
    }
    if (!(is_write ? found.member_only_write : found.member_only_read) ||
        mock_has_member(&found, heddle_view_str(visit->tx->client->org->msp_id)))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DENIED,
                     "tx creator does not have %s access permission on privatedata in "
                     "chaincodeName:%s collectionName: %s",
                     is_write ? "write" : "read", visit->chaincode->name, found.name);
}

static bool has_data(const mock_visit *visit, heddle_view coll)
{
    mock_collection found = {0};
    return mock_find_collection(visit->mock, visit->chaincode, coll, &found) &&
           mock_has_member(&found, heddle_view_str(visit->mock->peer->msp_id));
}

/* Where a key is for whose data the client may ask. */
static heddle_status find_place(const mock_visit *visit, heddle_view key, const char *collection,
                                access_kind kind, mock_place *out, heddle_error *err)
{
    heddle_view coll = heddle_view_str(collection);
    if (coll.len)
        BASE_TRY(check_access(visit, coll, kind, err));
    BASE_TRY(check_key(key, err));
    *out = mock_public(visit->ns, key);
    out->coll = coll;
    out->kind = coll.len ? MOCK_CLEAR : MOCK_PUBLIC;
    return HEDDLE_OK;
}

static heddle_status read_key(mock_visit *visit, heddle_view key, const char *collection,
                              bool must_match, heddle_view *out, heddle_error *err)
{
    mock_place at = {0};
    const mock_entry *entry = NULL;
    BASE_TRY(find_place(visit, key, collection, ACCESS_READ, &at, err));
    if (at.kind == MOCK_CLEAR)
        return mock_sim_read_private(visit->sim, &at, has_data(visit, at.coll), must_match, out,
                                     err);
    BASE_TRY(mock_sim_read(visit->sim, &at, &entry, err));
    *out = entry ? entry->value : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

static heddle_status get_state(mock_visit *visit, heddle_view payload, heddle_view *out,
                               heddle_error *err)
{
    Protos__GetState *get;
    READ(protos__get_state, visit, payload, &get, err);
    return read_key(visit, wire_view(get->key), get->collection, true, out, err);
}

static heddle_status get_state_multiple(mock_visit *visit, heddle_view payload, heddle_view *out,
                                        heddle_error *err)
{
    Protos__GetStateMultiple *get;
    Protos__GetStateMultipleResult result = PROTOS__GET_STATE_MULTIPLE_RESULT__INIT;
    base_arena *arena = visit->tx->arena;
    READ(protos__get_state_multiple, visit, payload, &get, err);
    result.n_values = get->n_keys;
    result.values = base_arena_zalloc(arena, get->n_keys + 1, sizeof(*result.values));
    if (!result.values)
        return base_arena_fail(arena, err, "states");
    for (size_t i = 0; i < get->n_keys; i++) {
        heddle_view value = {0};
        BASE_TRY(read_key(visit, wire_view(get->keys[i]), get->collection, false, &value, err));
        result.values[i] = wire_bytes(value);
    }
    return wire_encode_arena(&result.base, arena, out, err);
}

static heddle_status put(mock_visit *visit, heddle_view key, heddle_view value,
                         const char *collection, heddle_error *err)
{
    mock_entry entry = {.value = value};
    BASE_TRY(find_place(visit, key, collection, ACCESS_WRITE, &entry.at, err));
    return mock_sim_write(visit->sim, &entry, err);
}

static heddle_status purge_key(mock_visit *visit, heddle_view key, const char *collection,
                               heddle_error *err)
{
    mock_entry entry = {.is_purge = true};
    if (!*collection)
        return base_fail(err, HEDDLE_E_REFUSED, "only applicable for private data");
    BASE_TRY(find_place(visit, key, collection, ACCESS_WRITE, &entry.at, err));
    return mock_sim_write(visit->sim, &entry, err);
}

static heddle_status put_metadata(mock_visit *visit, heddle_view key,
                                  const Protos__StateMetadata *metadata, const char *collection,
                                  heddle_error *err)
{
    mock_entry entry = {0};
    BASE_TRY(find_place(visit, key, collection, ACCESS_WRITE, &entry.at, err));
    if (!metadata)
        return base_fail(err, HEDDLE_E_DECODE, "unmarshal failed: no metadata");
    entry.meta_name = heddle_view_str(metadata->metakey);
    entry.meta_value = wire_view(metadata->value);
    return mock_sim_write_meta(visit->sim, &entry, err);
}

static heddle_status put_state(mock_visit *visit, heddle_view payload, heddle_view *out,
                               heddle_error *err)
{
    Protos__PutState *p;
    (void)out;
    READ(protos__put_state, visit, payload, &p, err);
    return put(visit, wire_view(p->key), wire_view(p->value), p->collection, err);
}

static heddle_status del_state(mock_visit *visit, heddle_view payload, heddle_view *out,
                               heddle_error *err)
{
    Protos__DelState *del;
    (void)out;
    READ(protos__del_state, visit, payload, &del, err);
    return put(visit, wire_view(del->key), heddle_view_of(NULL, 0), del->collection, err);
}

static heddle_status put_state_metadata(mock_visit *visit, heddle_view payload, heddle_view *out,
                                        heddle_error *err)
{
    Protos__PutStateMetadata *p;
    (void)out;
    READ(protos__put_state_metadata, visit, payload, &p, err);
    return put_metadata(visit, wire_view(p->key), p->metadata, p->collection, err);
}

static heddle_status write_record(mock_visit *visit, const Protos__WriteRecord *rec,
                                  heddle_error *err)
{
    heddle_view key = wire_view(rec->key);
    switch (rec->type) {
    case PROTOS__WRITE_RECORD__TYPE__PUT_STATE:
        return put(visit, key, wire_view(rec->value), rec->collection, err);
    case PROTOS__WRITE_RECORD__TYPE__DEL_STATE:
        return put(visit, key, heddle_view_of(NULL, 0), rec->collection, err);
    case PROTOS__WRITE_RECORD__TYPE__PUT_STATE_METADATA:
        return put_metadata(visit, key, rec->metadata, rec->collection, err);
    case PROTOS__WRITE_RECORD__TYPE__PURGE_PRIVATE_DATA:
        return purge_key(visit, key, rec->collection, err);
    default:
        return base_fail(err, HEDDLE_E_REFUSED, "unknown operation type %d", (int)rec->type);
    }
}

static heddle_status write_batch(mock_visit *visit, heddle_view payload, heddle_view *out,
                                 heddle_error *err)
{
    Protos__WriteBatchState *batch;
    (void)out;
    READ(protos__write_batch_state, visit, payload, &batch, err);
    for (size_t i = 0; i < batch->n_rec; i++)
        BASE_TRY(write_record(visit, batch->rec[i], err));
    return HEDDLE_OK;
}

/* The entry whose metadata is asked for: of private data, that of the hash. */
static heddle_status find_metadata(mock_visit *visit, const Protos__GetStateMetadata *get,
                                   const mock_entry **out, heddle_error *err)
{
    mock_place at = {0};
    BASE_TRY(find_place(visit, wire_view(get->key), get->collection, ACCESS_READ, &at, err));
    if (at.kind == MOCK_CLEAR)
        BASE_TRY(mock_hashed(&at, visit->tx->arena, &at, err));
    return mock_sim_read(visit->sim, &at, out, err);
}

static heddle_status get_state_metadata(mock_visit *visit, heddle_view payload, heddle_view *out,
                                        heddle_error *err)
{
    Protos__GetStateMetadata *get;
    Protos__StateMetadataResult result = PROTOS__STATE_METADATA_RESULT__INIT;
    Protos__StateMetadata one = PROTOS__STATE_METADATA__INIT;
    Protos__StateMetadata *entries[] = {&one};
    const mock_entry *entry = NULL;
    READ(protos__get_state_metadata, visit, payload, &get, err);
    BASE_TRY(find_metadata(visit, get, &entry, err));
    if (entry && entry->meta_name.len) {
        one.metakey = base_arena_str(visit->tx->arena, entry->meta_name);
        if (!one.metakey)
            return base_arena_fail(visit->tx->arena, err, "metadata");
        one.value = wire_bytes(entry->meta_value);
        result.entries = entries;
        result.n_entries = 1;
    }
    return wire_encode_arena(&result.base, visit->tx->arena, out, err);
}

typedef struct paging {
    bool is_set;
    int32_t page_size;
} paging;

/* The query's page; the bookmark, if there is one, takes the place of the first key. */
static heddle_status read_paging(mock_visit *visit, heddle_view bytes, paging *out,
                                 heddle_view *start, heddle_error *err)
{
    Protos__QueryMetadata *page;
    if (!bytes.len)
        return HEDDLE_OK;
    READ(protos__query_metadata, visit, bytes, &page, err);
    out->is_set = page->pagesize != 0 || page->bookmark.len;
    out->page_size = page->pagesize;
    if (page->bookmark.len)
        *start = wire_view(page->bookmark);
    return HEDDLE_OK;
}

/* Private data has no pages, though the size bounds the result. Of a collection that the peer
 * is no member of it has nothing to list. */
static heddle_status get_range(mock_visit *visit, heddle_view payload, heddle_view *out,
                               heddle_error *err)
{
    Protos__GetStateByRange *get;
    paging page = {0};
    mock_place at = {0};
    mock_range *range = NULL;
    READ(protos__get_state_by_range, visit, payload, &get, err);
    heddle_view start = wire_view(get->startkey), end = wire_view(get->endkey), first = start;
    BASE_TRY(read_paging(visit, wire_view(get->metadata), &page, &first, err));
    BASE_TRY(find_place(visit, start, get->collection, ACCESS_READ, &at, err));
    BASE_TRY(check_key(first, err));
    BASE_TRY(check_key(end, err));
    if (at.kind == MOCK_CLEAR)
        page.is_set = false;
    else
        at.key = first;
    if (at.kind == MOCK_CLEAR && !has_data(visit, at.coll))
        at.coll = VIEW("");
    size_t size = page.page_size > 0 && page.is_set ? (size_t)page.page_size : 0;
    BASE_TRY(mock_sim_range(visit->sim, &at, end, page.is_set, size, &range, err));
    return mock_query_range(visit, range, page.is_set, page.page_size, out, err);
}

static heddle_status get_query_result(mock_visit *visit, heddle_view payload, heddle_view *out,
                                      heddle_error *err)
{
    Protos__GetQueryResult *get;
    paging page = {0};
    heddle_view unused = {0};
    mock_place at = {0};
    (void)out;
    READ(protos__get_query_result, visit, payload, &get, err);
    BASE_TRY(read_paging(visit, wire_view(get->metadata), &page, &unused, err));
    BASE_TRY(find_place(visit, VIEW(""), get->collection, ACCESS_READ, &at, err));
    return base_fail(err, HEDDLE_E_REFUSED, "%s not supported for leveldb",
                     page.is_set && at.kind == MOCK_PUBLIC ? "ExecuteQueryWithMetadata"
                                                           : "ExecuteQuery");
}

static heddle_status get_history(mock_visit *visit, heddle_view payload, heddle_view *out,
                                 heddle_error *err)
{
    Protos__GetHistoryForKey *get;
    READ(protos__get_history_for_key, visit, payload, &get, err);
    return mock_query_history(visit, wire_view(get->key), out, err);
}

static heddle_status query_next(mock_visit *visit, heddle_view payload, heddle_view *out,
                                heddle_error *err)
{
    Protos__QueryStateNext *next;
    READ(protos__query_state_next, visit, payload, &next, err);
    return mock_query_next(visit, next->id, out, err);
}

static heddle_status query_close(mock_visit *visit, heddle_view payload, heddle_view *out,
                                 heddle_error *err)
{
    Protos__QueryStateClose *close;
    READ(protos__query_state_close, visit, payload, &close, err);
    return mock_query_close(visit, close->id, out, err);
}

/* Hashes are for everybody. */
static heddle_status get_private_hash(mock_visit *visit, heddle_view payload, heddle_view *out,
                                      heddle_error *err)
{
    Protos__GetState *get;
    mock_collection found = {0};
    const mock_entry *entry = NULL;
    READ(protos__get_state, visit, payload, &get, err);
    mock_place at = mock_public(visit->ns, wire_view(get->key));
    at.coll = heddle_view_str(get->collection);
    BASE_TRY(check_key(at.key, err));
    BASE_TRY(check_not_init(visit, err));
    BASE_TRY(find_collection(visit, at.coll, &found, err));
    BASE_TRY(mock_hashed(&at, visit->tx->arena, &at, err));
    BASE_TRY(mock_sim_read(visit->sim, &at, &entry, err));
    *out = entry ? entry->value : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

static heddle_status purge(mock_visit *visit, heddle_view payload, heddle_view *out,
                           heddle_error *err)
{
    Protos__DelState *del;
    (void)out;
    READ(protos__del_state, visit, payload, &del, err);
    return purge_key(visit, wire_view(del->key), del->collection, err);
}

typedef struct route {
    const char *name;
    heddle_status (*serve)(mock_visit *visit, heddle_view payload, heddle_view *out,
                           heddle_error *err);
} route;

#define ROUTE(type, fn) [PROTOS__CHAINCODE_MESSAGE__TYPE__##type] = {#type, fn}

static const route routes[] = {
    ROUTE(GET_STATE, get_state),
    ROUTE(PUT_STATE, put_state),
    ROUTE(DEL_STATE, del_state),
    ROUTE(INVOKE_CHAINCODE, mock_invoke),
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

const char *mock_request_name(int type)
{
    return type >= 0 && (size_t)type < BASE_COUNT(routes) ? routes[type].name : NULL;
}

heddle_status mock_serve(mock_visit *visit, int type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    heddle_view answer = {0};
    if (!mock_request_name(type))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "message type %d is no request", type);
    BASE_TRY(routes[type].serve(visit, payload, &answer, err));
    *out = answer;
    return HEDDLE_OK;
}
