/* Steps about keys, ranges, pages, queries and history. */
#include <stdio.h>

#include "behaviour.h"

static heddle_status ok(heddle_status st, text *out)
{
    if (st == HEDDLE_OK)
        text_add(out, "ok");
    return st;
}

static heddle_status get(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view value;
    heddle_status st = heddle_cc_get_state(stub, args.items[0], &value, err);
    if (st == HEDDLE_OK)
        text_show(out, value);
    return st;
}

static heddle_status get_many(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view *values = heddle_cc_alloc(stub, (args.count + 1) * sizeof(*values));
    if (!values)
        return heddle_cc_fail(err, "no memory");
    heddle_status st = heddle_cc_get_states(stub, args.items, args.count, values, err);
    if (st == HEDDLE_OK)
        show_list(values, args.count, out);
    return st;
}

/* prefix, count: of so many keys how many have a value */
static heddle_status get_filled(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    size_t count = (size_t)number_of(args.items[1]), filled = 0;
    const char *prefix = string_of(stub, args.items[0]);
    heddle_view *keys = heddle_cc_alloc(stub, (count + 1) * 2 * sizeof(*keys));
    if (!keys)
        return heddle_cc_fail(err, "no memory");
    for (size_t i = 0; i < count; i++)
        keys[i] = heddle_view_str(heddle_cc_printf(stub, "%s%04zu", prefix, i));
    heddle_status st = heddle_cc_get_states(stub, keys, count, keys + count, err);
    for (size_t i = count; i < 2 * count && st == HEDDLE_OK; i++)
        filled += keys[i].len > 0;
    text_add(out, heddle_cc_printf(stub, "%zu", filled));
    return st;
}

static heddle_status put(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(heddle_cc_put_state(stub, args.items[0], args.items[1], err), out);
}

static heddle_status del(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(heddle_cc_del_state(stub, args.items[0], err), out);
}

/* prefix, count, size */
static heddle_status fill(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view value = pattern_of(stub, (size_t)number_of(args.items[2]));
    const char *prefix = string_of(stub, args.items[0]);
    heddle_status st = HEDDLE_OK;
    for (int i = 0; i < number_of(args.items[1]) && st == HEDDLE_OK; i++) {
        const char *key = heddle_cc_printf(stub, "%s%04d", prefix, i);
        st = heddle_cc_put_state(stub, heddle_view_str(key), value, err);
    }
    return ok(st, out);
}

static heddle_status batch(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    return ok(heddle_cc_batch_begin(stub, err), out);
}

static heddle_status flush(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    heddle_status st = heddle_cc_batch_end(stub, err);
    if (st == HEDDLE_E_REFUSED)
        out->status = st;
    return ok(st, out);
}

static heddle_status composite_key(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view key;
    heddle_status st =
        heddle_cc_composite_key(stub, args.items[0], args.items + 1, args.count - 1, &key, err);
    if (st == HEDDLE_OK)
        text_show(out, key);
    return st;
}

static heddle_status split(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view type;
    const heddle_view *attributes;
    size_t count;
    heddle_status st =
        heddle_cc_split_composite_key(stub, args.items[0], &type, &attributes, &count, err);
    if (st != HEDDLE_OK)
        return st;
    text_show(out, type);
    text_add(out, " ");
    show_list(attributes, count, out);
    return HEDDLE_OK;
}

/* At most @p most entries, each after a space if something stands before it. HEDDLE_E_END if there
 * were fewer. */
static heddle_status take(heddle_cc_iterator *iterator, int most, size_t begin, text *out,
                          heddle_error *err)
{
    heddle_cc_entry entry;
    for (int i = 0; i < most; i++) {
        heddle_status st = heddle_cc_iterator_next(iterator, &entry, err);
        if (st != HEDDLE_OK)
            return st;
        text_add(out, out->len > begin ? " " : "");
        text_show(out, entry.key);
        text_add(out, "=");
        text_show(out, entry.value);
    }
    return HEDDLE_OK;
}

static heddle_status show_some(heddle_cc_iterator *iterator, int most, text *out, heddle_error *err)
{
    text_add(out, "[");
    heddle_status st = take(iterator, most, out->len, out, err);
    text_add(out, "]");
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

heddle_status show_all(heddle_cc_iterator *iterator, text *out, heddle_error *err)
{
    heddle_status st = show_some(iterator, 1 << 30, out, err);
    heddle_cc_iterator_close(iterator);
    return st;
}

static heddle_status show_page(heddle_cc_stub *stub, heddle_cc_iterator *page, text *out,
                               heddle_error *err)
{
    heddle_view bookmark = heddle_cc_iterator_bookmark(page);
    int fetched = (int)heddle_cc_iterator_fetched(page);
    heddle_status st = show_all(page, out, err);
    text_add(out, heddle_cc_printf(stub, " %d ", fetched));
    text_show(out, bookmark);
    return st;
}

static heddle_status range(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_range_open(stub, args.items[0], args.items[1], &it, err);
    return st == HEDDLE_OK ? show_all(it, out, err) : st;
}

static heddle_status count(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    int found = 0;
    heddle_status st = heddle_cc_range_open(stub, args.items[0], args.items[1], &it, err);
    if (st != HEDDLE_OK)
        return st;
    while ((st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK)
        found++;
    text_add(out, heddle_cc_printf(stub, "%d", found));
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

/* Some of a range, which then is closed; or, after "leave", left open. */
static heddle_status open_some(heddle_cc_stub *stub, words args, heddle_cc_iterator **it, text *out,
                               heddle_error *err)
{
    heddle_status st = heddle_cc_range_open(stub, args.items[0], args.items[1], it, err);
    return st == HEDDLE_OK ? show_some(*it, number_of(args.items[2]), out, err) : st;
}

static heddle_status some(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it = NULL;
    heddle_status st = open_some(stub, args, &it, out, err);
    heddle_cc_iterator_close(it);
    return st;
}

static heddle_status leave(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    return open_some(stub, args, &it, out, err);
}

/* Two ranges, by turns. */
static heddle_status zip(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *its[2];
    heddle_status sts[2] = {HEDDLE_OK, HEDDLE_OK};
    for (size_t i = 0; i < 2; i++) {
        const heddle_view *bounds = args.items + 2 * i;
        heddle_status st = heddle_cc_range_open(stub, bounds[0], bounds[1], &its[i], err);
        if (st != HEDDLE_OK)
            return st;
    }
    text_add(out, "[");
    for (size_t begin = out->len; sts[0] == HEDDLE_OK || sts[1] == HEDDLE_OK;) {
        for (size_t i = 0; i < 2; i++)
            sts[i] = take(its[i], 1, begin, out, err);
    }
    text_add(out, "]");
    return sts[0] == HEDDLE_E_END && sts[1] == HEDDLE_E_END ? HEDDLE_OK : sts[0];
}

static heddle_status range_page(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *page;
    heddle_status st = heddle_cc_range_page_open(
        stub, args.items[0], args.items[1], number_of(args.items[2]), args.items[3], &page, err);
    return st == HEDDLE_OK ? show_page(stub, page, out, err) : st;
}

static heddle_status composite(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st =
        heddle_cc_composite_open(stub, args.items[0], args.items + 1, args.count - 1, &it, err);
    return st == HEDDLE_OK ? show_all(it, out, err) : st;
}

/* size, bookmark, type, attributes */
static heddle_status composite_page(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *page;
    words rest = rest_of(args, 3);
    heddle_status st =
        heddle_cc_composite_page_open(stub, args.items[2], rest.items, rest.count,
                                      number_of(args.items[0]), args.items[1], &page, err);
    return st == HEDDLE_OK ? show_page(stub, page, out, err) : st;
}

static heddle_status all_page(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *page;
    heddle_status st = heddle_cc_all_composite_page_open(stub, number_of(args.items[0]),
                                                         args.items[1], &page, err);
    return st == HEDDLE_OK ? show_page(stub, page, out, err) : st;
}

static heddle_status query(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_query_open(stub, args.items[0], &it, err);
    return st == HEDDLE_OK ? show_all(it, out, err) : st;
}

static heddle_status query_page(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *page;
    heddle_status st = heddle_cc_query_page_open(stub, args.items[0], number_of(args.items[1]),
                                                 args.items[2], &page, err);
    return st == HEDDLE_OK ? show_page(stub, page, out, err) : st;
}

static void show_change(const heddle_cc_modification *change, text *out)
{
    text_add(out, change->is_delete ? "delete" : "put ");
    if (!change->is_delete)
        text_show(out, change->value);
    text_add(out, " ");
    text_add(out, change->tx_id);
    text_add(out, change->seconds > 1000000000 ? " dated" : " undated");
}

static heddle_status history(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_history *changes;
    heddle_cc_modification change;
    heddle_status st = heddle_cc_history_open(stub, args.items[0], &changes, err);
    if (st != HEDDLE_OK)
        return st;
    text_add(out, "[");
    for (size_t begin = out->len;
         (st = heddle_cc_history_next(changes, &change, err)) == HEDDLE_OK;) {
        text_add(out, out->len > begin ? " " : "");
        show_change(&change, out);
    }
    text_add(out, "]");
    heddle_cc_history_close(changes);
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status set_policy(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(heddle_cc_set_state_policy(stub, args.items[0], args.items[1], err), out);
}

static heddle_status get_policy(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view bytes;
    heddle_status st = heddle_cc_get_state_policy(stub, args.items[0], &bytes, err);
    if (st == HEDDLE_OK)
        text_show(out, bytes);
    return st;
}

const step state_steps[] = {
    {"get", 1, get},
    {"gets", 0, get_many},
    {"getsFilled", 2, get_filled},
    {"put", 2, put},
    {"del", 1, del},
    {"fill", 3, fill},
    {"batch", 0, batch},
    {"flush", 0, flush},
    {"key", 1, composite_key},
    {"split", 1, split},
    {"range", 2, range},
    {"count", 2, count},
    {"some", 3, some},
    {"leave", 3, leave},
    {"zip", 4, zip},
    {"rangePage", 4, range_page},
    {"composite", 1, composite},
    {"compositePage", 3, composite_page},
    {"allPage", 2, all_page},
    {"query", 1, query},
    {"queryPage", 3, query_page},
    {"history", 1, history},
    {"setPolicy", 2, set_policy},
    {"getPolicy", 1, get_policy},
    {NULL, 0, NULL},
};
