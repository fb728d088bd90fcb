#include "route/compare.h"

#include "base/fail.h"
#include "base/log.h"
#include "wire/rwset.h"

enum { DIFFERENCES_MAX = 20, VALUE_MAX = 64 };

/* The list of differences while it grows. */
struct list {
    base_buffer *out;
    route_depth depth;
    bool is_swapped; /* the first of two values is that of the other side */
    size_t count;
    heddle_status status;
};

static void print(struct list *list, const char *text)
{
    if (list->status == HEDDLE_OK)
        list->status = base_buffer_append_str(list->out, text);
}

/* False: there are enough already. */
static bool add(struct list *list, const char *what, heddle_view ns, heddle_view key)
{
    if (list->status != HEDDLE_OK || list->count++ >= DIFFERENCES_MAX)
        return false;
    list->status = base_buffer_printf(list->out, "%s%s%s%.*s%s%.*s", list->out->len ? "; " : "",
                                      what, ns.len ? " of " : "", BASE_VIEW_ARG(ns),
                                      ns.len ? "/" : "", BASE_VIEW_ARG(key));
    return list->status == HEDDLE_OK && list->depth == ROUTE_DEPTH_VALUES;
}

static void print_bytes(struct list *list, heddle_view bytes)
{
    print(list, "\"");
    for (size_t i = 0; i < bytes.len && i < VALUE_MAX && list->status == HEDDLE_OK; i++) {
        uint8_t c = bytes.data[i];
        bool is_plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        list->status = base_buffer_printf(list->out, is_plain ? "%c" : "\\x%02x", c);
    }
    print(list, bytes.len > VALUE_MAX ? "\"…" : "\"");
}

static void print_write(struct list *list, const void *of)
{
    const wire_write *write = of;
    if (!write)
        print(list, "none");
    else if (write->is_delete)
        print(list, "deleted");
    else
        print_bytes(list, write->value);
}

static void print_read(struct list *list, const void *of)
{
    const wire_read *read = of;
    if (!read)
        print(list, "none");
    else if (!read->has_version)
        print(list, "no such key");
    else if (list->status == HEDDLE_OK)
        list->status = base_buffer_printf(list->out, "version %llu:%llu",
                                          (unsigned long long)read->version.block,
                                          (unsigned long long)read->version.tx);
}

static void print_response(struct list *list, const void *of)
{
    const wire_endorsed *endorsed = of;
    if (list->status == HEDDLE_OK)
        list->status = base_buffer_printf(list->out, "%d ", (int)endorsed->status);
    print_bytes(list, endorsed->message.len ? endorsed->message : endorsed->result);
}

static void print_pair(struct list *list, void (*one)(struct list *, const void *),
                       const void *first, const void *other)
{
    print(list, " (here ");
    one(list, list->is_swapped ? first : other);
    print(list, ", at the first ");
    one(list, list->is_swapped ? other : first);
    print(list, ")");
}

static const wire_ns_rwset *find_ns(const wire_rwset *set, heddle_view name)
{
    for (size_t i = 0; i < set->namespace_count; i++)
        if (base_view_equal(set->namespaces[i].name, name))
            return &set->namespaces[i];
    return NULL;
}

static const wire_read *find_read(const wire_kv_rwset *kv, heddle_view key)
{
    for (size_t i = 0; i < kv->read_count; i++)
        if (base_view_equal(kv->reads[i].key, key))
            return &kv->reads[i];
    return NULL;
}

static const wire_write *find_write(const wire_kv_rwset *kv, heddle_view key)
{
    for (size_t i = 0; i < kv->write_count; i++)
        if (base_view_equal(kv->writes[i].key, key))
            return &kv->writes[i];
    return NULL;
}

static const wire_collection_rwset *find_collection(const wire_ns_rwset *ns, heddle_view name)
{
    for (size_t i = 0; i < ns->collection_count; i++)
        if (base_view_equal(ns->collections[i].name, name))
            return &ns->collections[i];
    return NULL;
}

static bool same_read(const wire_read *a, const wire_read *b)
{
    return a->has_version == b->has_version && a->version.block == b->version.block &&
           a->version.tx == b->version.tx;
}

static bool same_write(const wire_write *a, const wire_write *b)
{
    return a->is_delete == b->is_delete && base_view_equal(a->value, b->value);
}

static const wire_ns_rwset empty_ns;

/* What @p a has and @p b has not; with @p differing also what b has otherwise. */
static void add_namespace(struct list *list, const wire_ns_rwset *a, const wire_ns_rwset *b,
                          bool differing)
{
    for (size_t i = 0; i < a->kv.read_count; i++) {
        const wire_read *other = find_read(&b->kv, a->kv.reads[i].key);
        if (!other || (differing && !same_read(&a->kv.reads[i], other)))
            if (add(list, "read", a->name, a->kv.reads[i].key))
                print_pair(list, print_read, &a->kv.reads[i], other);
    }
    for (size_t i = 0; i < a->kv.write_count; i++) {
        const wire_write *other = find_write(&b->kv, a->kv.writes[i].key);
        if (!other || (differing && !same_write(&a->kv.writes[i], other)))
            if (add(list, "write", a->name, a->kv.writes[i].key))
                print_pair(list, print_write, &a->kv.writes[i], other);
    }
    for (size_t i = 0; i < a->collection_count; i++) {
        const wire_collection_rwset *mine = &a->collections[i];
        const wire_collection_rwset *other = find_collection(b, mine->name);
        if (!other || (differing && !base_view_equal(mine->pvt_rwset_hash, other->pvt_rwset_hash)))
            add(list, "private data", a->name, mine->name);
    }
}

static void add_all(struct list *list, const wire_rwset *a, const wire_rwset *b, bool differing)
{
    for (size_t i = 0; i < a->namespace_count; i++) {
        const wire_ns_rwset *other = find_ns(b, a->namespaces[i].name);
        add_namespace(list, &a->namespaces[i], other ? other : &empty_ns, differing);
    }
}

static heddle_status compare_results(struct list *list, heddle_view first, heddle_view other,
                                     base_arena *arena, heddle_error *err)
{
    wire_rwset a = {0}, b = {0};
    if (base_view_equal(first, other))
        return HEDDLE_OK;
    BASE_TRY(wire_rwset_read(first, arena, &a, err));
    BASE_TRY(wire_rwset_read(other, arena, &b, err));
    add_all(list, &a, &b, true);
    list->is_swapped = true;
    add_all(list, &b, &a, false);
    list->is_swapped = false;
    if (!list->count)
        add(list, "read-write set", VIEW(""), VIEW(""));
    return list->status;
}

heddle_status route_compare(heddle_view first_payload, heddle_view other_payload, route_depth depth,
                            base_arena *arena, base_buffer *out, heddle_error *err)
{
    wire_endorsed a, b;
    struct list list = {.out = out, .depth = depth, .status = HEDDLE_OK};
    BASE_TRY(wire_endorsed_read(first_payload, &a, err));
    BASE_TRY(wire_endorsed_read(other_payload, &b, err));
    BASE_TRY(compare_results(&list, a.results, b.results, arena, err));
    if (!base_view_equal(a.event, b.event))
        add(&list, "event", VIEW(""), VIEW(""));
    if (a.status != b.status || !base_view_equal(a.message, b.message) ||
        !base_view_equal(a.result, b.result))
        if (add(&list, "response", VIEW(""), VIEW("")))
            print_pair(&list, print_response, &a, &b);
    if (!base_view_equal(a.proposal_hash, b.proposal_hash))
        add(&list, "proposal hash", VIEW(""), VIEW(""));
    if (!base_view_equal(a.chaincode_version, b.chaincode_version))
        add(&list, "chaincode version", VIEW(""), VIEW(""));
    return list.status;
}

void route_compare_log(const wire_proposal_response *first, const wire_proposal_response *other,
                       const char *peer, heddle_view tx_id)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    base_auto_buffer base_buffer text = {0};
    heddle_error err;
    base_error_clear(&err);
    if (!arena || route_compare(first->payload, other->payload, ROUTE_DEPTH_KEYS, arena, &text,
                                &err) != HEDDLE_OK)
        log_at(LOG_WARN, "endorser", "endorsers differ", LOG_STR("peer", peer),
               LOG_VIEW("tx", tx_id), LOG_STR("cannot_compare", err.message));
    else
        log_at(LOG_WARN, "endorser", "endorsers differ", LOG_STR("peer", peer),
               LOG_VIEW("tx", tx_id), LOG_VIEW("differences", base_buffer_view(&text)));
}

const char *route_compare_text(heddle_view first, heddle_view other, base_arena *arena)
{
    base_auto_buffer base_buffer text = {0};
    if (route_compare(first, other, ROUTE_DEPTH_VALUES, arena, &text, NULL) != HEDDLE_OK)
        return ROUTE_MISMATCH;
    const char *full =
        base_arena_printf(arena, ROUTE_MISMATCH ": %.*s", BASE_VIEW_ARG(base_buffer_view(&text)));
    return full ? full : ROUTE_MISMATCH;
}
