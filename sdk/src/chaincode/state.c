#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "chaincode/stub.h"
#include "wire/composite_key.h"

/* An iterator holds one batch of the peer's results and asks for the next when it is used up. */
struct heddle_cc_iterator {
    base_list link;
    heddle_cc_stub *stub;
    cc_query_response batch;
    size_t at;
};

static heddle_status built(heddle_status st, const char *what, heddle_error *err)
{
    return st == HEDDLE_OK ? st : base_fail(err, st, "%s", what);
}

/* Composite keys are made by the library and begin with a NUL; others must not be empty. */
static heddle_status check_key(heddle_view key, heddle_error *err)
{
    return wire_composite_key_is(key) ? HEDDLE_OK : wire_simple_key_check(key, err);
}

heddle_status heddle_cc_get_state(heddle_cc_stub *stub, heddle_view key, heddle_view *out,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    BASE_TRY(check_key(key, err));
    BASE_TRY(built(cc_key_write(key, &payload), "GET_STATE", err));
    return cc_stub_request(stub, CC_GET_STATE, base_buffer_view(&payload), out, err);
}

heddle_status heddle_cc_put_state(heddle_cc_stub *stub, heddle_view key, heddle_view value,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    heddle_view nothing;
    BASE_TRY(check_key(key, err));
    BASE_TRY(built(cc_put_write(key, value, &payload), "PUT_STATE", err));
    return cc_stub_request(stub, CC_PUT_STATE, base_buffer_view(&payload), &nothing, err);
}

heddle_status heddle_cc_del_state(heddle_cc_stub *stub, heddle_view key, heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    heddle_view nothing;
    BASE_TRY(check_key(key, err));
    BASE_TRY(built(cc_key_write(key, &payload), "DEL_STATE", err));
    return cc_stub_request(stub, CC_DEL_STATE, base_buffer_view(&payload), &nothing, err);
}

static heddle_status write_composite(heddle_view object_type, const heddle_view *attributes,
                                     size_t count, base_buffer *out, base_arena *arena,
                                     heddle_error *err)
{
    heddle_view *parts = base_arena_zalloc(arena, count + 1, sizeof(*parts));
    if (!parts)
        return base_arena_fail(arena, err, "composite key");
    parts[0] = object_type;
    if (count)
        memcpy(parts + 1, attributes, count * sizeof(*parts));
    return wire_composite_key_write(parts, count + 1, out, err);
}

heddle_status heddle_cc_composite_key(heddle_cc_stub *stub, heddle_view object_type,
                                      const heddle_view *attributes, size_t count,
                                      heddle_view *out_key, heddle_error *err)
{
    base_auto_buffer base_buffer key = {0};
    BASE_TRY(write_composite(object_type, attributes, count, &key, stub->arena, err));
    heddle_view kept = base_arena_view(stub->arena, base_buffer_view(&key));
    if (!kept.data)
        return base_arena_fail(stub->arena, err, "composite key");
    *out_key = kept;
    return HEDDLE_OK;
}

heddle_status heddle_cc_split_composite_key(heddle_cc_stub *stub, heddle_view key,
                                            heddle_view *out_object_type,
                                            const heddle_view **out_attributes, size_t *out_count,
                                            heddle_error *err)
{
    const heddle_view *parts;
    size_t count;
    BASE_TRY(wire_composite_key_read(key, stub->arena, &parts, &count, err));
    *out_object_type = parts[0];
    *out_attributes = parts + 1;
    *out_count = count - 1;
    return HEDDLE_OK;
}

static heddle_status fetch(heddle_cc_iterator *it, cc_type type, heddle_view payload,
                           heddle_error *err)
{
    heddle_view answer;
    cc_query_response batch;
    BASE_TRY(cc_stub_request(it->stub, type, payload, &answer, err));
    BASE_TRY(cc_query_response_read(answer, it->stub->arena, &batch, err));
    it->batch = batch;
    it->at = 0;
    return HEDDLE_OK;
}

static heddle_status open_range(heddle_cc_stub *stub, heddle_view start, heddle_view end,
                                heddle_cc_iterator **out, heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    BASE_TRY(built(cc_range_write(start, end, &payload), "GET_STATE_BY_RANGE", err));
    heddle_cc_iterator *it = base_arena_zalloc(stub->arena, 1, sizeof(*it));
    if (!it)
        return base_arena_fail(stub->arena, err, "iterator");
    base_list_init(&it->link);
    it->stub = stub;
    BASE_TRY(fetch(it, CC_GET_STATE_BY_RANGE, base_buffer_view(&payload), err));
    base_list_append(&stub->iterators, &it->link);
    *out = it;
    return HEDDLE_OK;
}

heddle_status heddle_cc_range_open(heddle_cc_stub *stub, heddle_view start, heddle_view end,
                                   heddle_cc_iterator **out, heddle_error *err)
{
    if (start.len)
        BASE_TRY(wire_simple_key_check(start, err));
    if (end.len)
        BASE_TRY(wire_simple_key_check(end, err));
    /* The first simple key: composite keys begin with U+0000. */
    return open_range(stub, start.len ? start : VIEW("\x01"), end, out, err);
}

heddle_status heddle_cc_composite_open(heddle_cc_stub *stub, heddle_view object_type,
                                       const heddle_view *attributes, size_t count,
                                       heddle_cc_iterator **out, heddle_error *err)
{
    base_auto_buffer base_buffer start = {0};
    base_auto_buffer base_buffer end = {0};
    BASE_TRY(write_composite(object_type, attributes, count, &start, stub->arena, err));
    BASE_TRY(built(wire_composite_key_end(base_buffer_view(&start), &end), "composite key", err));
    return open_range(stub, base_buffer_view(&start), base_buffer_view(&end), out, err);
}

static heddle_status fetch_more(heddle_cc_iterator *it, heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    BASE_TRY(built(cc_query_id_write(it->batch.id, &payload), "QUERY_STATE_NEXT", err));
    return fetch(it, CC_QUERY_STATE_NEXT, base_buffer_view(&payload), err);
}

heddle_status heddle_cc_iterator_next(heddle_cc_iterator *it, heddle_cc_entry *out,
                                      heddle_error *err)
{
    while (it->at == it->batch.result_count) {
        if (!it->batch.has_more)
            return HEDDLE_E_END;
        BASE_TRY(fetch_more(it, err));
        if (it->batch.result_count == 0 && it->batch.has_more)
            return base_fail(err, HEDDLE_E_DECODE, "QUERY_STATE_NEXT: more, but no results");
    }
    const cc_kv *kv = &it->batch.results[it->at++].kv;
    *out = (heddle_cc_entry){.key = kv->key, .value = kv->value};
    return HEDDLE_OK;
}

/* The peer has closed an iterator by itself that gave its last result. If it cannot be told
 * of the close it closes the iterator with the transaction. */
void heddle_cc_iterator_close(heddle_cc_iterator *it)
{
    if (!it)
        return;
    base_auto_buffer base_buffer payload = {0};
    heddle_view nothing;
    bool open = it->batch.has_more;
    heddle_view id = it->batch.id;
    base_list_remove(&it->link);
    it->batch = (cc_query_response){0};
    it->at = 0;
    if (open && cc_query_id_write(id, &payload) == HEDDLE_OK &&
        cc_stub_request(it->stub, CC_QUERY_STATE_CLOSE, base_buffer_view(&payload), &nothing,
                        NULL) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "iterator not closed", LOG_STR("txid", it->stub->tx_id));
}

void cc_iterators_close(heddle_cc_stub *stub)
{
    for (base_list *link; (link = base_list_pop(&stub->iterators));)
        heddle_cc_iterator_close(base_list_entry(link, heddle_cc_iterator, link));
}
