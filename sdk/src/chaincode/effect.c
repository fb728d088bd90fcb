#include "chaincode/effect.h"

#include <stdlib.h>

#include "base/fail.h"

/* The list being made, in an array that grows in the arena. */
typedef struct list {
    base_arena *arena;
    cc_effect *items;
    size_t count;
    size_t cap;
} list;

static heddle_status add(list *l, cc_effect effect, heddle_error *err)
{
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 32;
        cc_effect *more = base_arena_zalloc(l->arena, cap, sizeof(*more));
        if (!more)
            return base_arena_fail(l->arena, err, "effects of a transaction");
        if (l->count)
            memcpy(more, l->items, l->count * sizeof(*more));
        l->items = more;
        l->cap = cap;
    }
    effect.place = l->count;
    l->items[l->count++] = effect;
    return HEDDLE_OK;
}

static heddle_status add_key(list *l, cc_effect_kind kind, heddle_view request, heddle_error *err)
{
    cc_key key = {0};
    BASE_TRY(wire_shape_read(&cc_key_shape, request, l->arena, &key, err));
    return add(l, (cc_effect){.kind = kind, .collection = key.collection, .key = key.key}, err);
}

static heddle_status add_keys(list *l, heddle_view request, heddle_error *err)
{
    cc_keys keys = {0};
    BASE_TRY(wire_shape_read(&cc_keys_shape, request, l->arena, &keys, err));
    for (size_t i = 0; i < keys.count; i++)
        BASE_TRY(add(
            l,
            (cc_effect){.kind = CC_EFFECT_READ, .collection = keys.collection, .key = keys.keys[i]},
            err));
    return HEDDLE_OK;
}

static heddle_status add_write(list *l, const cc_write *write, heddle_error *err)
{
    cc_effect effect = {.collection = write->collection, .key = write->key};
    switch (write->type) {
    case CC_PUT_STATE:
        effect.kind = CC_EFFECT_WRITE;
        effect.value = write->value;
        break;
    case CC_DEL_STATE:
        effect.kind = CC_EFFECT_WRITE;
        break;
    case CC_PURGE_PRIVATE_DATA:
        effect.kind = CC_EFFECT_PURGE;
        break;
    default:
        effect.kind = CC_EFFECT_WRITE_POLICY;
        effect.value = write->metadata.value;
        break;
    }
    return add(l, effect, err);
}

static heddle_status add_one_write(list *l, const cc_exchange *exchange, const wire_shape *shape,
                                   heddle_error *err)
{
    cc_write write = {0};
    BASE_TRY(wire_shape_read(shape, exchange->request, l->arena, &write, err));
    write.type = exchange->type;
    return add_write(l, &write, err);
}

static heddle_status add_batch(list *l, heddle_view request, heddle_error *err)
{
    cc_batch batch = {0};
    BASE_TRY(wire_shape_read(&cc_batch_shape, request, l->arena, &batch, err));
    for (size_t i = 0; i < batch.count; i++)
        BASE_TRY(add_write(l, &batch.writes[i], err));
    return HEDDLE_OK;
}

static heddle_status add_request(list *l, cc_effect_kind kind, heddle_view request,
                                 heddle_error *err)
{
    return add(l, (cc_effect){.kind = kind, .key = request}, err);
}

static heddle_status add_exchange(list *l, const cc_exchange *e, heddle_error *err)
{
    switch (e->type) {
    case CC_GET_STATE:
        return add_key(l, CC_EFFECT_READ, e->request, err);
    case CC_GET_STATE_MULTIPLE:
        return add_keys(l, e->request, err);
    case CC_GET_PRIVATE_DATA_HASH:
        return add_key(l, CC_EFFECT_READ_HASH, e->request, err);
    case CC_GET_STATE_METADATA:
        return add_key(l, CC_EFFECT_READ_POLICY, e->request, err);
    case CC_GET_HISTORY_FOR_KEY:
        return add_key(l, CC_EFFECT_HISTORY, e->request, err);
    case CC_GET_STATE_BY_RANGE:
        return add_request(l, CC_EFFECT_RANGE, e->request, err);
    case CC_GET_QUERY_RESULT:
        return add_request(l, CC_EFFECT_QUERY, e->request, err);
    case CC_QUERY_STATE_NEXT:
        return add_request(l, CC_EFFECT_NEXT, e->request, err);
    case CC_INVOKE_CHAINCODE:
        return add_request(l, CC_EFFECT_CALL, e->request, err);
    case CC_PUT_STATE:
        return add_one_write(l, e, &cc_put_shape, err);
    case CC_DEL_STATE:
    case CC_PURGE_PRIVATE_DATA:
        return add_one_write(l, e, &cc_write_key_shape, err);
    case CC_PUT_STATE_METADATA:
        return add_one_write(l, e, &cc_put_metadata_shape, err);
    case CC_WRITE_BATCH_STATE:
        return add_batch(l, e->request, err);
    default: /* closing a query does nothing, and neither does what a peer would not know */
        return HEDDLE_OK;
    }
}

int cc_effect_compare(const cc_effect *a, const cc_effect *b)
{
    int order = (int)a->kind - (int)b->kind;
    if (order == 0)
        order = base_view_compare(a->collection, b->collection);
    return order ? order : base_view_compare(a->key, b->key);
}

static int by_place(const void *a, const void *b)
{
    const cc_effect *x = a, *y = b;
    int order = cc_effect_compare(x, y);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* Whether doing it again does no more than doing it once. */
static bool is_folded(cc_effect_kind kind)
{
    return kind != CC_EFFECT_NEXT && kind != CC_EFFECT_CALL;
}

static void fold(list *l)
{
    size_t kept = 0;
    if (l->count)
        qsort(l->items, l->count, sizeof(*l->items), by_place);
    for (size_t i = 0; i < l->count; i++) {
        bool again = kept && is_folded(l->items[i].kind) &&
                     cc_effect_compare(&l->items[kept - 1], &l->items[i]) == 0;
        l->items[again ? kept - 1 : kept++] = l->items[i];
    }
    l->count = kept;
}

static heddle_status read_last(const cc_recording *recording, base_arena *arena, cc_effects *out,
                               heddle_error *err)
{
    cc_message last;
    BASE_TRY(cc_message_read(recording->last, &last, err));
    out->event = last.event;
    if (last.type == CC_COMPLETED)
        return wire_shape_read(&wire_response_shape, last.payload, arena, &out->response, err);
    out->response = (wire_response){.status = 500, .message = last.payload};
    return HEDDLE_OK;
}

heddle_status cc_effects_read(const cc_recording *recording, base_arena *arena, cc_effects *out,
                              heddle_error *err)
{
    list l = {.arena = arena};
    cc_effects made = {0};
    for (size_t i = 0; i < recording->count; i++)
        BASE_TRY(add_exchange(&l, &recording->exchanges[i], err));
    fold(&l);
    BASE_TRY(read_last(recording, arena, &made, err));
    made.items = l.items;
    made.count = l.count;
    *out = made;
    return HEDDLE_OK;
}
