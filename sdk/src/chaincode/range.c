/*
 * Ranges and queries. A cursor holds one answer of the peer and asks for the next when that is
 * used up. An iterator merges its cursor with the transaction's own writes of when it was
 * opened, both in the order of keys: an own write hides the peer's value of its key.
 */
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/cursor.h"

struct heddle_cc_iterator {
    cc_cursor cursor;
    bool has_next; /* read from the cursor, not yet given out */
    cc_kv next;
    const cc_own *const *own;
    size_t own_count;
    size_t own_at;
};

static heddle_status take_response(cc_cursor *cursor, heddle_view answer, heddle_error *err)
{
    cc_query_response response = {0};
    BASE_TRY(
        wire_shape_read(&cc_query_response_shape, answer, cursor->stub->arena, &response, err));
    cursor->response = response;
    cursor->at = 0;
    return HEDDLE_OK;
}

heddle_status cc_cursor_open(cc_cursor *cursor, cc_type type, const wire_shape *shape,
                             const void *in, heddle_error *err)
{
    heddle_view answer;
    BASE_TRY(cc_stub_ask(cursor->stub, type, shape, in, &answer, err));
    return take_response(cursor, answer, err);
}

static heddle_status fetch_more(cc_cursor *cursor, heddle_error *err)
{
    heddle_view answer;
    cc_query_id next = {.id = cursor->response.id};
    BASE_TRY(
        cc_stub_ask(cursor->stub, CC_QUERY_STATE_NEXT, &cc_query_id_shape, &next, &answer, err));
    BASE_TRY(take_response(cursor, answer, err));
    if (cursor->response.result_count == 0 && cursor->response.has_more)
        return base_fail(err, HEDDLE_E_DECODE, "QUERY_STATE_NEXT: more, but no results");
    return HEDDLE_OK;
}

heddle_status cc_cursor_next(cc_cursor *cursor, heddle_view *out, heddle_error *err)
{
    while (cursor->at == cursor->response.result_count) {
        if (!cursor->response.has_more)
            return HEDDLE_E_END;
        BASE_TRY(fetch_more(cursor, err));
    }
    *out = cursor->response.results[cursor->at++].bytes;
    return HEDDLE_OK;
}

/* A peer closes a query by itself that gave its last result, and all others with the
 * transaction: what is not closed before that need not be. */
void cc_cursor_close(cc_cursor *cursor)
{
    heddle_error err;
    cc_query_id id = {.id = cursor->response.id};
    bool open = cursor->response.has_more;
    cursor->response = (cc_query_response){.page = cursor->response.page};
    cursor->at = 0;
    if (open && cc_stub_post(cursor->stub, CC_QUERY_STATE_CLOSE, &cc_query_id_shape, &id, &err) !=
                    HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "query not closed", LOG_STR("txid", cursor->stub->tx_id),
               LOG_ERR(&err));
}

static heddle_status new_iterator(heddle_cc_stub *stub, heddle_cc_iterator **out, heddle_error *err)
{
    heddle_cc_iterator *it = base_arena_zalloc(stub->arena, 1, sizeof(*it));
    if (!it)
        return base_arena_fail(stub->arena, err, "iterator");
    it->cursor.stub = stub;
    *out = it;
    return HEDDLE_OK;
}

static heddle_status check_page(const heddle_cc_stub *stub, const cc_page *page, heddle_error *err)
{
    if (page->size < 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a page of %d entries", (int)page->size);
    return cc_own_refuse(stub, "a page", err);
}

static heddle_status take_own_range(heddle_cc_iterator *it, const cc_range *range,
                                    heddle_error *err)
{
    const heddle_cc_stub *stub = it->cursor.stub;
    const cc_own *unused;
    BASE_TRY(cc_own_find(stub, range->collection, range->start, &unused, err));
    if (!stub->sees_own_writes)
        return HEDDLE_OK;
    return cc_overlay_range(stub->overlay, range->collection, range->start, range->end, &it->own,
                            &it->own_count, err);
}

heddle_status cc_range_open(heddle_cc_stub *stub, const cc_range *range, heddle_cc_iterator **out,
                            heddle_error *err)
{
    heddle_cc_iterator *it = NULL;
    BASE_TRY(new_iterator(stub, &it, err));
    BASE_TRY(take_own_range(it, range, err));
    BASE_TRY(cc_cursor_open(&it->cursor, CC_GET_STATE_BY_RANGE, &cc_range_shape, range, err));
    *out = it;
    return HEDDLE_OK;
}

heddle_status cc_query_open(heddle_cc_stub *stub, const cc_query *query, heddle_cc_iterator **out,
                            heddle_error *err)
{
    heddle_cc_iterator *it = NULL;
    if (!base_is_utf8(query->query))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "query is not UTF-8");
    BASE_TRY(cc_own_refuse(stub, "a query", err));
    BASE_TRY(new_iterator(stub, &it, err));
    BASE_TRY(cc_cursor_open(&it->cursor, CC_GET_QUERY_RESULT, &cc_query_shape, query, err));
    *out = it;
    return HEDDLE_OK;
}

/* E_END: there is none. */
static heddle_status peek(heddle_cc_iterator *it, heddle_error *err)
{
    heddle_view bytes;
    cc_kv kv = {0};
    if (it->has_next)
        return HEDDLE_OK;
    heddle_status st = cc_cursor_next(&it->cursor, &bytes, err);
    if (st != HEDDLE_OK)
        return st;
    BASE_TRY(wire_shape_read(&cc_kv_shape, bytes, it->cursor.stub->arena, &kv, err));
    it->next = kv;
    it->has_next = true;
    return HEDDLE_OK;
}

heddle_status heddle_cc_iterator_next(heddle_cc_iterator *it, heddle_cc_entry *out,
                                      heddle_error *err)
{
    for (;;) {
        heddle_status st = peek(it, err);
        if (st != HEDDLE_OK && st != HEDDLE_E_END)
            return st;
        const cc_own *own = it->own_at < it->own_count ? it->own[it->own_at] : NULL;
        if (!it->has_next && !own)
            return HEDDLE_E_END;
        int order = !own ? -1 : !it->has_next ? 1 : base_view_compare(it->next.key, own->key);
        if (order <= 0)
            it->has_next = false;
        if (order < 0) {
            *out = (heddle_cc_entry){.key = it->next.key, .value = it->next.value};
            return HEDDLE_OK;
        }
        it->own_at++;
        if (own->value.len) {
            *out = (heddle_cc_entry){.key = own->key, .value = own->value};
            return HEDDLE_OK;
        }
    }
}

int32_t heddle_cc_iterator_fetched(const heddle_cc_iterator *it)
{
    return it->cursor.response.page.fetched;
}

heddle_view heddle_cc_iterator_bookmark(const heddle_cc_iterator *it)
{
    return it->cursor.response.page.bookmark;
}

void heddle_cc_iterator_close(heddle_cc_iterator *it)
{
    if (!it)
        return;
    cc_cursor_close(&it->cursor);
    it->has_next = false;
    it->own_count = 0;
}

/* Public state */

heddle_status heddle_cc_range_open(heddle_cc_stub *stub, heddle_view start, heddle_view end,
                                   heddle_cc_iterator **out, heddle_error *err)
{
    cc_range range;
    BASE_TRY(cc_simple_range(start, end, &range, err));
    return cc_range_open(stub, &range, out, err);
}

heddle_status heddle_cc_composite_open(heddle_cc_stub *stub, heddle_view object_type,
                                       const heddle_view *attributes, size_t count,
                                       heddle_cc_iterator **out, heddle_error *err)
{
    cc_range range;
    BASE_TRY(cc_composite_range(stub, object_type, attributes, count, &range, err));
    return cc_range_open(stub, &range, out, err);
}

static heddle_status open_page(heddle_cc_stub *stub, cc_range *range, int32_t page_size,
                               heddle_view bookmark, heddle_cc_iterator **out, heddle_error *err)
{
    range->page = (cc_page){.size = page_size, .bookmark = bookmark};
    BASE_TRY(check_page(stub, &range->page, err));
    return cc_range_open(stub, range, out, err);
}

heddle_status heddle_cc_range_page_open(heddle_cc_stub *stub, heddle_view start, heddle_view end,
                                        int32_t page_size, heddle_view bookmark,
                                        heddle_cc_iterator **out, heddle_error *err)
{
    cc_range range;
    BASE_TRY(cc_simple_range(start, end, &range, err));
    return open_page(stub, &range, page_size, bookmark, out, err);
}

heddle_status heddle_cc_composite_page_open(heddle_cc_stub *stub, heddle_view object_type,
                                            const heddle_view *attributes, size_t count,
                                            int32_t page_size, heddle_view bookmark,
                                            heddle_cc_iterator **out, heddle_error *err)
{
    cc_range range;
    BASE_TRY(cc_composite_range(stub, object_type, attributes, count, &range, err));
    return open_page(stub, &range, page_size, bookmark, out, err);
}

/* From U+0000 to U+0000 U+10FFFF. */
heddle_status heddle_cc_all_composite_page_open(heddle_cc_stub *stub, int32_t page_size,
                                                heddle_view bookmark, heddle_cc_iterator **out,
                                                heddle_error *err)
{
    static const uint8_t end[] = {0, 0xf4, 0x8f, 0xbf, 0xbf};
    cc_range range = {.start = heddle_view_of(end, 1), .end = heddle_view_of(end, sizeof(end))};
    return open_page(stub, &range, page_size, bookmark, out, err);
}

heddle_status heddle_cc_query_open(heddle_cc_stub *stub, heddle_view text, heddle_cc_iterator **out,
                                   heddle_error *err)
{
    cc_query query = {.query = text};
    return cc_query_open(stub, &query, out, err);
}

heddle_status heddle_cc_query_page_open(heddle_cc_stub *stub, heddle_view text, int32_t page_size,
                                        heddle_view bookmark, heddle_cc_iterator **out,
                                        heddle_error *err)
{
    cc_query query = {.query = text, .page = {.size = page_size, .bookmark = bookmark}};
    BASE_TRY(check_page(stub, &query.page, err));
    return cc_query_open(stub, &query, out, err);
}
