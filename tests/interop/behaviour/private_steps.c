/* Steps about private data. The first argument is the collection. */
#include <heddle/chaincode_private.h>

#include "behaviour.h"

static heddle_status ok(heddle_status st, text *out)
{
    if (st == HEDDLE_OK)
        text_add(out, "ok");
    return st;
}

static heddle_status show(heddle_status st, const heddle_view *value, text *out)
{
    if (st == HEDDLE_OK)
        text_show(out, *value);
    return st;
}

static const char *collection_of(heddle_cc_stub *stub, words args)
{
    return string_of(stub, args.items[0]);
}

static heddle_status get(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view value;
    return show(heddle_cc_get_private(stub, collection_of(stub, args), args.items[1], &value, err),
                &value, out);
}

static heddle_status get_many(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    words keys = rest_of(args, 1);
    heddle_view *values = heddle_cc_alloc(stub, (keys.count + 1) * sizeof(*values));
    if (!values)
        return heddle_cc_fail(err, "no memory");
    heddle_status st = heddle_cc_get_privates(stub, collection_of(stub, args), keys.items,
                                              keys.count, values, err);
    if (st == HEDDLE_OK)
        show_list(values, keys.count, out);
    return st;
}

static heddle_status get_hash(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view hash;
    return show(
        heddle_cc_get_private_hash(stub, collection_of(stub, args), args.items[1], &hash, err),
        &hash, out);
}

static heddle_status put(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(
        heddle_cc_put_private(stub, collection_of(stub, args), args.items[1], args.items[2], err),
        out);
}

static heddle_status put_transient(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view value;
    heddle_status st = heddle_cc_transient(stub, string_of(stub, args.items[2]), &value, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_private(stub, collection_of(stub, args), args.items[1], value, err);
    return ok(st, out);
}

static heddle_status del(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(heddle_cc_del_private(stub, collection_of(stub, args), args.items[1], err), out);
}

static heddle_status purge(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(heddle_cc_purge_private(stub, collection_of(stub, args), args.items[1], err), out);
}

static heddle_status range(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_private_range_open(stub, collection_of(stub, args), args.items[1],
                                                    args.items[2], &it, err);
    return st == HEDDLE_OK ? show_all(it, out, err) : st;
}

static heddle_status composite(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    words rest = rest_of(args, 2);
    heddle_status st = heddle_cc_private_composite_open(
        stub, collection_of(stub, args), args.items[1], rest.items, rest.count, &it, err);
    return st == HEDDLE_OK ? show_all(it, out, err) : st;
}

static heddle_status query(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st =
        heddle_cc_private_query_open(stub, collection_of(stub, args), args.items[1], &it, err);
    return st == HEDDLE_OK ? show_all(it, out, err) : st;
}

static heddle_status set_policy(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    return ok(heddle_cc_set_private_policy(stub, collection_of(stub, args), args.items[1],
                                           args.items[2], err),
              out);
}

static heddle_status get_policy(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view bytes;
    return show(
        heddle_cc_get_private_policy(stub, collection_of(stub, args), args.items[1], &bytes, err),
        &bytes, out);
}

const step private_steps[] = {
    {"pget", 2, get},     {"pgets", 1, get_many},        {"phash", 2, get_hash},
    {"pput", 3, put},     {"pputOf", 3, put_transient},  {"pdel", 2, del},
    {"ppurge", 2, purge}, {"prange", 3, range},          {"pcomposite", 2, composite},
    {"pquery", 2, query}, {"psetPolicy", 3, set_policy}, {"pgetPolicy", 2, get_policy},
    {NULL, 0, NULL},
};
