/*
 * The port answers a request by the same one of the recording. Reads of single keys are found
 * whatever request they came in; of other requests that are equal the first answers the first,
 * the second the second.
 */
#include "chaincode/replay.h"

#include "base/fail.h"
#include "base/map.h"
#include "chaincode/quote.h"

/* Where an equal request comes next. */
typedef struct chain {
    size_t at; /* the exchange that answers */
    bool is_used;
} chain;

typedef struct replay {
    const cc_recording *recording;
    base_arena *arena;
    base_map *requests; /* of type and payload, to chain */
    base_map *values;   /* of collection and key, to the heddle_view of a value */
    size_t *next;       /* of each exchange, the next equal one; the count: none */
    size_t writes;      /* that were made */
    size_t writes_kept; /* before one that was posted failed */
    const cc_exchange *failure;
} replay;

static bool is_write(int32_t type)
{
    return type == CC_PUT_STATE || type == CC_DEL_STATE || type == CC_PUT_STATE_METADATA ||
           type == CC_PURGE_PRIVATE_DATA || type == CC_WRITE_BATCH_STATE;
}

/* The first view, its length before it, and the second one. */
static heddle_status pack(base_arena *arena, heddle_view first, heddle_view second,
                          heddle_view *out, heddle_error *err)
{
    uint32_t len = (uint32_t)first.len;
    uint8_t *bytes = base_arena_alloc(arena, sizeof(len) + first.len + second.len);
    if (!bytes)
        return base_arena_fail(arena, err, "recording");
    memcpy(bytes, &len, sizeof(len));
    if (first.len)
        memcpy(bytes + sizeof(len), first.data, first.len);
    if (second.len)
        memcpy(bytes + sizeof(len) + first.len, second.data, second.len);
    *out = heddle_view_of(bytes, sizeof(len) + first.len + second.len);
    return HEDDLE_OK;
}

static heddle_status pack_request(const replay *r, int32_t type, heddle_view payload,
                                  heddle_view *out, heddle_error *err)
{
    return pack(r->arena, heddle_view_of(&type, sizeof(type)), payload, out, err);
}

static heddle_status index_request(replay *r, size_t i, heddle_error *err)
{
    const cc_exchange *e = &r->recording->exchanges[i];
    heddle_view key = {0};
    BASE_TRY(pack_request(r, e->type, e->request, &key, err));
    chain *made = base_arena_zalloc(r->arena, 1, sizeof(*made));
    if (!made)
        return base_arena_fail(r->arena, err, "recording");
    made->at = i;
    /* From the last to the first: what was there comes after this one. */
    chain *later = base_map_get(r->requests, key);
    r->next[i] = later ? later->at : r->recording->count;
    return base_map_put(r->requests, key, made, NULL) == HEDDLE_OK
               ? HEDDLE_OK
               : base_fail_memory(err, "recording");
}

static heddle_status index_value(replay *r, heddle_view collection, heddle_view key,
                                 heddle_view value, heddle_error *err)
{
    heddle_view packed = {0};
    heddle_view *kept = base_arena_alloc(r->arena, sizeof(*kept));
    if (!kept)
        return base_arena_fail(r->arena, err, "recording");
    *kept = value;
    BASE_TRY(pack(r->arena, collection, key, &packed, err));
    return base_map_put(r->values, packed, kept, NULL) == HEDDLE_OK
               ? HEDDLE_OK
               : base_fail_memory(err, "recording");
}

static heddle_status index_values(replay *r, const cc_exchange *e, heddle_error *err)
{
    cc_key key = {0};
    cc_keys keys = {0};
    cc_values values = {0};
    if (e->is_refused)
        return HEDDLE_OK;
    if (e->type == CC_GET_STATE) {
        BASE_TRY(wire_shape_read(&cc_key_shape, e->request, r->arena, &key, err));
        return index_value(r, key.collection, key.key, e->answer, err);
    }
    if (e->type != CC_GET_STATE_MULTIPLE)
        return HEDDLE_OK;
    BASE_TRY(wire_shape_read(&cc_keys_shape, e->request, r->arena, &keys, err));
    BASE_TRY(wire_shape_read(&cc_values_shape, e->answer, r->arena, &values, err));
    for (size_t i = 0; i < keys.count && i < values.count; i++)
        BASE_TRY(index_value(r, keys.collection, keys.keys[i], values.values[i], err));
    return HEDDLE_OK;
}

static void note_failure(replay *r)
{
    for (size_t i = 0; i < r->recording->count && !r->failure; i++) {
        const cc_exchange *e = &r->recording->exchanges[i];
        if (e->type == 0)
            r->failure = e;
        else if (is_write(e->type))
            r->writes_kept++;
    }
}

static heddle_status replay_init(replay *r, const cc_recording *recording, heddle_error *err)
{
    *r = (replay){.recording = recording, .arena = base_arena_new(CC_RECORDING_BYTES)};
    r->requests = base_map_new();
    r->values = base_map_new();
    if (!r->arena || !r->requests || !r->values)
        return base_fail_memory(err, "recording");
    r->next = base_arena_zalloc(r->arena, recording->count + 1, sizeof(*r->next));
    if (!r->next)
        return base_arena_fail(r->arena, err, "recording");
    for (size_t i = recording->count; i-- > 0;) {
        BASE_TRY(index_request(r, i, err));
        BASE_TRY(index_values(r, &recording->exchanges[i], err));
    }
    note_failure(r);
    return HEDDLE_OK;
}

static void replay_done(replay *r)
{
    base_map_free(r->requests, NULL);
    base_map_free(r->values, NULL);
    base_arena_free(r->arena);
}

/* Requests */

/* Whether an answer may be given again, once every recorded one was. */
static bool is_repeatable(cc_type type)
{
    return type == CC_GET_STATE || type == CC_GET_STATE_MULTIPLE ||
           type == CC_GET_PRIVATE_DATA_HASH || type == CC_GET_STATE_METADATA ||
           is_write((int32_t)type);
}

/* The exchange that answers; NULL: the recording has none. */
static heddle_status find(replay *r, cc_type type, heddle_view payload, const cc_exchange **out,
                          heddle_error *err)
{
    heddle_view key = {0};
    *out = NULL;
    BASE_TRY(pack_request(r, (int32_t)type, payload, &key, err));
    chain *found = base_map_get(r->requests, key);
    if (!found || (found->is_used && !is_repeatable(type)))
        return HEDDLE_OK;
    *out = &r->recording->exchanges[found->at];
    size_t next = r->next[found->at];
    if (next < r->recording->count)
        found->at = next;
    else
        found->is_used = true;
    return HEDDLE_OK;
}

static heddle_status give(const cc_exchange *e, heddle_view *out, heddle_error *err)
{
    *out = e->answer;
    if (!e->is_refused)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(e->answer));
}

static heddle_status refuse(cc_type type, heddle_view what, heddle_error *err)
{
    char text[CC_QUOTE_SIZE];
    return base_fail(err, HEDDLE_E_REFUSED, "the recording has no answer to %s%s%s",
                     cc_type_name((int32_t)type), what.len ? " of " : "",
                     what.len ? cc_quote(what, text) : "");
}

static heddle_status find_value(const replay *r, cc_type type, heddle_view collection,
                                heddle_view key, heddle_view *out, heddle_error *err)
{
    heddle_view packed = {0};
    BASE_TRY(pack(r->arena, collection, key, &packed, err));
    const heddle_view *value = base_map_get(r->values, packed);
    if (!value)
        return refuse(type, key, err);
    *out = *value;
    return HEDDLE_OK;
}

static heddle_status get(const replay *r, heddle_view payload, heddle_view *out, heddle_error *err)
{
    cc_key key = {0};
    BASE_TRY(wire_shape_read(&cc_key_shape, payload, r->arena, &key, err));
    return find_value(r, CC_GET_STATE, key.collection, key.key, out, err);
}

static heddle_status get_multiple(const replay *r, heddle_view payload, heddle_view *out,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    cc_keys keys = {0};
    BASE_TRY(wire_shape_read(&cc_keys_shape, payload, r->arena, &keys, err));
    heddle_view *values = base_arena_zalloc(r->arena, keys.count + 1, sizeof(*values));
    if (!values)
        return base_arena_fail(r->arena, err, "values");
    for (size_t i = 0; i < keys.count; i++)
        BASE_TRY(
            find_value(r, CC_GET_STATE_MULTIPLE, keys.collection, keys.keys[i], &values[i], err));
    cc_values answer = {.values = values, .count = keys.count};
    if (wire_shape_write(&cc_values_shape, &answer, &bytes) != HEDDLE_OK)
        return base_fail_memory(err, "values");
    *out = base_arena_view(r->arena, base_buffer_view(&bytes));
    return out->len == bytes.len ? HEDDLE_OK : base_arena_fail(r->arena, err, "values");
}

static heddle_status replay_settle(void *user, heddle_error *err)
{
    replay *r = user;
    if (!r->failure || r->writes < r->writes_kept)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(r->failure->answer));
}

static heddle_status replay_ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                                heddle_error *err)
{
    replay *r = user;
    const cc_exchange *found = NULL;
    heddle_view answer = {0};
    BASE_TRY(replay_settle(r, err));
    BASE_TRY(find(r, type, payload, &found, err));
    r->writes += is_write((int32_t)type);
    heddle_status st = HEDDLE_OK;
    if (found)
        st = give(found, &answer, err);
    else if (type == CC_GET_STATE)
        st = get(r, payload, &answer, err);
    else if (type == CC_GET_STATE_MULTIPLE)
        st = get_multiple(r, payload, &answer, err);
    else if (!is_write((int32_t)type) && type != CC_QUERY_STATE_CLOSE)
        st = refuse(type, VIEW(""), err);
    *out = answer;
    return st;
}

static heddle_status replay_post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    replay *r = user;
    (void)type;
    (void)payload;
    BASE_TRY(replay_settle(r, err));
    r->writes++;
    return HEDDLE_OK;
}

static heddle_status run(const cc_recording *recording, const cc_port *port, cc_execute *execute,
                         const void *user, const cc_limits *limits, cc_differences *differences,
                         heddle_error *err)
{
    base_auto(cc_recorder) cc_recorder *recorder = cc_recorder_new(port, CC_RECORDING_BYTES);
    base_auto(blob) base_blob *last = NULL;
    cc_recording again = {0};
    cc_effects then = {0}, now = {0};
    if (!recorder)
        return base_fail_memory(err, "recording");
    BASE_TRY(execute(user, recording->start, cc_recorder_port(recorder), limits, &last, err));
    BASE_TRY(
        cc_recorder_take(recorder, recording->start, limits, base_blob_view(last), &again, err));
    BASE_TRY(cc_effects_read(recording, differences->arena, &then, err));
    BASE_TRY(cc_effects_read(&again, differences->arena, &now, err));
    return cc_differences_find(differences, &then, &now, err);
}

heddle_status cc_replay(const cc_recording *recording, cc_execute *execute,
                        const void *execute_user, size_t memory, cc_differences *differences,
                        heddle_error *err)
{
    replay r;
    cc_port port = {.ask = replay_ask, .post = replay_post, .settle = replay_settle, .user = &r};
    cc_limits limits = recording->limits;
    limits.memory = memory;
    heddle_status st = replay_init(&r, recording, err);
    if (st == HEDDLE_OK)
        st = run(recording, &port, execute, execute_user, &limits, differences, err);
    replay_done(&r);
    return st;
}
