/* How the effects of two runs differ, in sentences. */
#include <stdarg.h>
#include <stdio.h>

#include "base/fail.h"
#include "chaincode/effect.h"
#include "chaincode/quote.h"

static heddle_status grow(cc_differences *d, heddle_error *err)
{
    if (d->count < d->cap)
        return HEDDLE_OK;
    size_t cap = d->cap ? d->cap * 2 : 8;
    const char **more = base_arena_zalloc(d->arena, cap, sizeof(*more));
    if (!more)
        return base_arena_fail(d->arena, err, "differences");
    if (d->count)
        memcpy(more, d->items, d->count * sizeof(*more));
    d->items = more;
    d->cap = cap;
    return HEDDLE_OK;
}

static heddle_status say(cc_differences *d, heddle_error *err, const char *fmt, ...)
    HEDDLE_PRINTF(3, 4);

static heddle_status say(cc_differences *d, heddle_error *err, const char *fmt, ...)
{
    char text[400];
    va_list args;
    if (d->count == CC_DIFFERENCES_LIMIT)
        return HEDDLE_OK;
    BASE_TRY(grow(d, err));
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    const char *kept = base_arena_printf(d->arena, "%s %s", d->who, text);
    if (!kept)
        return base_arena_fail(d->arena, err, "differences");
    d->items[d->count++] = kept;
    return HEDDLE_OK;
}

/* 'key "a"', 'private key "a" of "collection"', 'the range "a" to "b"', … */
static void describe(const cc_effect *e, base_arena *arena, char *out, size_t size)
{
    char first[CC_QUOTE_SIZE], second[CC_QUOTE_SIZE];
    cc_range range = {0};
    cc_query query = {0};
    cc_spec spec = {0};
    switch (e->kind) {
    case CC_EFFECT_RANGE:
        (void)!wire_shape_read(&cc_range_shape, e->key, arena, &range, NULL);
        if (base_view_is(range.start, "\x01")) /* the first key that is not composite */
            range.start = VIEW("");
        snprintf(out, size, "the range %s to %s", cc_quote(range.start, first),
                 cc_quote(range.end, second));
        break;
    case CC_EFFECT_QUERY:
        (void)!wire_shape_read(&cc_query_shape, e->key, arena, &query, NULL);
        snprintf(out, size, "the query %s", cc_quote(query.query, first));
        break;
    case CC_EFFECT_NEXT:
        snprintf(out, size, "more of a query");
        break;
    case CC_EFFECT_CALL:
        (void)!wire_shape_read(&cc_spec_shape, e->key, arena, &spec, NULL);
        snprintf(out, size, "chaincode %s with these arguments",
                 cc_quote(spec.chaincode.name, first));
        break;
    default:
        if (e->collection.len)
            snprintf(out, size, "private key %s of %s", cc_quote(e->key, first),
                     cc_quote(e->collection, second));
        else
            snprintf(out, size, "key %s", cc_quote(e->key, first));
    }
}

typedef struct verb {
    const char *past;
    const char *infinitive;
} verb;

static const verb verbs[] = {[CC_EFFECT_READ] = {"read", "read"},
                             [CC_EFFECT_READ_HASH] = {"read the hash of", "read the hash of"},
                             [CC_EFFECT_READ_POLICY] = {"read the policy of", "read the policy of"},
                             [CC_EFFECT_HISTORY] = {"read the history of", "read the history of"},
                             [CC_EFFECT_RANGE] = {"read", "read"},
                             [CC_EFFECT_QUERY] = {"made", "make"},
                             [CC_EFFECT_NEXT] = {"read", "read"},
                             [CC_EFFECT_CALL] = {"called", "call"},
                             [CC_EFFECT_WRITE] = {"wrote", "write"},
                             [CC_EFFECT_PURGE] = {"purged", "purge"},
                             [CC_EFFECT_WRITE_POLICY] = {"set the policy of", "set the policy of"}};

static const verb *verb_of(const cc_effect *e)
{
    static const verb deletes = {"deleted", "delete"};
    return e->kind == CC_EFFECT_WRITE && e->value.len == 0 ? &deletes : &verbs[e->kind];
}

static bool is_read(cc_effect_kind kind)
{
    return kind <= CC_EFFECT_NEXT;
}

static heddle_status say_missing(cc_differences *d, const cc_effect *then, heddle_error *err)
{
    char what[256];
    if (d->ignores_missing_reads && is_read(then->kind))
        return HEDDLE_OK;
    describe(then, d->arena, what, sizeof(what));
    return say(d, err, "did not %s %s, as %s did", verb_of(then)->infinitive, what, d->whom);
}

static heddle_status say_added(cc_differences *d, const cc_effect *now, heddle_error *err)
{
    char what[256];
    describe(now, d->arena, what, sizeof(what));
    return say(d, err, "%s %s, which %s did not", verb_of(now)->past, what, d->whom);
}

static heddle_status compare_values(cc_differences *d, const cc_effect *then, const cc_effect *now,
                                    heddle_error *err)
{
    char what[256];
    if (base_view_equal(then->value, now->value))
        return HEDDLE_OK;
    describe(now, d->arena, what, sizeof(what));
    if (now->kind == CC_EFFECT_WRITE_POLICY)
        return say(d, err, "set another policy of %s than %s", what, d->whom);
    if (now->value.len == 0 || then->value.len == 0)
        return say(d, err, "%s %s, which %s %s", verb_of(now)->past, what, d->whom,
                   verb_of(then)->past);
    return say(d, err, "wrote %s with another value", what);
}

static heddle_status compare_lists(cc_differences *d, const cc_effects *then, const cc_effects *now,
                                   heddle_error *err)
{
    size_t i = 0, k = 0;
    while (i < then->count || k < now->count) {
        int order = i == then->count  ? 1
                    : k == now->count ? -1
                                      : cc_effect_compare(&then->items[i], &now->items[k]);
        if (order < 0)
            BASE_TRY(say_missing(d, &then->items[i++], err));
        else if (order > 0)
            BASE_TRY(say_added(d, &now->items[k++], err));
        else
            BASE_TRY(compare_values(d, &then->items[i++], &now->items[k++], err));
    }
    return HEDDLE_OK;
}

static heddle_status compare_texts(cc_differences *d, const char *what, heddle_view then,
                                   heddle_view now, heddle_error *err)
{
    char first[CC_QUOTE_SIZE], second[CC_QUOTE_SIZE];
    if (base_view_equal(then, now))
        return HEDDLE_OK;
    return say(d, err, "%s %s, not %s", what, cc_quote(now, first), cc_quote(then, second));
}

static heddle_status compare_answers(cc_differences *d, const cc_effects *then,
                                     const cc_effects *now, heddle_error *err)
{
    if (then->response.status != now->response.status)
        BASE_TRY(say(d, err, "answered with status %d, not %d", (int)now->response.status,
                     (int)then->response.status));
    BASE_TRY(compare_texts(d, "answered with the message", then->response.message,
                           now->response.message, err));
    BASE_TRY(compare_texts(d, "answered with the payload", then->response.payload,
                           now->response.payload, err));
    BASE_TRY(compare_texts(d, "set the event", then->event.name, now->event.name, err));
    return compare_texts(d, "set an event with the payload", then->event.payload,
                         now->event.payload, err);
}

heddle_status cc_differences_find(cc_differences *d, const cc_effects *then, const cc_effects *now,
                                  heddle_error *err)
{
    BASE_TRY(compare_lists(d, then, now, err));
    return compare_answers(d, then, now, err);
}
