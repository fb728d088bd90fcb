#include "devnet/private/store.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/map.h"
#include "devnet/private/part_cut.h"
#include "devnet/private/part_log.h"
#include "wire/reader.h"

enum { MUCH_BYTES = 1024 * 1024, ARENA_BYTES = 512 * 1024 * 1024 };

/* A part with its bytes behind it. */
typedef struct item {
    dn_private_item value;
    uint8_t bytes[];
} item;

typedef struct block_items {
    uint64_t number;
    item **items;
    size_t count;
    size_t cap;
} block_items;

struct dn_private_store {
    pthread_mutex_t lock;
    base_map *blocks; /* number, big-endian -> block_items */
    dn_part_log *log;
    uint64_t forgotten; /* bytes in the file that nobody needs */
};

/* On disk: the parts of one block that were put together. */
typedef struct entry {
    uint64_t tx;
    heddle_view ns;
    heddle_view coll;
    heddle_view rwset;
} entry;

static const wire_slot entry_slots[] = {
    WIRE_SLOT(1, WIRE_U64, entry, tx),
    WIRE_SLOT(2, WIRE_BYTES, entry, ns),
    WIRE_SLOT(3, WIRE_BYTES, entry, coll),
    WIRE_SLOT(4, WIRE_BYTES, entry, rwset),
};
static const wire_shape entry_shape = WIRE_SHAPE(entry, "private part", entry_slots);

typedef struct record {
    uint64_t block;
    entry *entries;
    size_t count;
} record;

static const wire_slot record_slots[] = {
    WIRE_SLOT(1, WIRE_U64, record, block),
    WIRE_SLOT_EXTRA(2, WIRE_EACH_MESSAGE, record, entries, count, &entry_shape),
};
static const wire_shape record_shape = WIRE_SHAPE(record, "private data of a block", record_slots);

static heddle_view copy_to(uint8_t **at, heddle_view bytes)
{
    heddle_view copy = heddle_view_of(*at, bytes.len);
    if (bytes.len)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

static item *item_new(const dn_private_item *from)
{
    const dn_private_part *part = &from->part;
    item *made = base_malloc(sizeof(*made) + part->ns.len + part->coll.len + part->rwset.len);
    if (!made)
        return NULL;
    uint8_t *at = made->bytes;
    made->value.tx = from->tx;
    made->value.part.ns = copy_to(&at, part->ns);
    made->value.part.coll = copy_to(&at, part->coll);
    made->value.part.rwset = copy_to(&at, part->rwset);
    return made;
}

static void block_free(void *value)
{
    block_items *block = value;
    for (size_t i = 0; i < block->count; i++)
        base_free(block->items[i]);
    base_free(block->items);
    base_free(block);
}

static heddle_view key_of(uint64_t number, uint8_t out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(number >> (56 - 8 * i));
    return heddle_view_of(out, 8);
}

static block_items *find_block(const dn_private_store *store, uint64_t number)
{
    uint8_t key[8];
    return base_map_get(store->blocks, key_of(number, key));
}

static heddle_status make_block(dn_private_store *store, uint64_t number, block_items **out)
{
    uint8_t key[8];
    *out = find_block(store, number);
    if (*out)
        return HEDDLE_OK;
    block_items *made = base_calloc(1, sizeof(*made));
    if (!made)
        return HEDDLE_E_NO_MEMORY;
    made->number = number;
    if (base_map_put(store->blocks, key_of(number, key), made, NULL) != HEDDLE_OK) {
        base_free(made);
        return HEDDLE_E_NO_MEMORY;
    }
    *out = made;
    return HEDDLE_OK;
}

static int item_order(const dn_private_item *a, const dn_private_item *b)
{
    if (a->tx != b->tx)
        return a->tx < b->tx ? -1 : 1;
    int order = base_view_compare(a->part.ns, b->part.ns);
    return order ? order : base_view_compare(a->part.coll, b->part.coll);
}

static item *find_item(const block_items *block, const dn_private_item *wanted)
{
    for (size_t i = 0; block && i < block->count; i++) {
        if (item_order(&block->items[i]->value, wanted) == 0)
            return block->items[i];
    }
    return NULL;
}

/* In its place in the order, unless it is there. */
static heddle_status add_item(block_items *block, const dn_private_item *from)
{
    if (find_item(block, from))
        return HEDDLE_OK;
    if (block->count == block->cap) {
        size_t cap = block->cap ? block->cap * 2 : 4;
        item **more = base_realloc(block->items, cap * sizeof(item *));
        if (!more)
            return HEDDLE_E_NO_MEMORY;
        block->items = more;
        block->cap = cap;
    }
    item *made = item_new(from);
    if (!made)
        return HEDDLE_E_NO_MEMORY;
    size_t at = block->count++;
    while (at && item_order(&block->items[at - 1]->value, from) > 0) {
        block->items[at] = block->items[at - 1];
        at--;
    }
    block->items[at] = made;
    return HEDDLE_OK;
}

static void remove_at(block_items *block, size_t at)
{
    base_free(block->items[at]);
    memmove(&block->items[at], &block->items[at + 1], (--block->count - at) * sizeof(item *));
}

static void remove_items(block_items *block, const dn_private_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < block->count; k++) {
            if (item_order(&block->items[k]->value, &items[i]) == 0)
                remove_at(block, k--);
        }
    }
}

/* Opening. */

static heddle_status load_record(dn_private_store *store, heddle_view bytes, base_arena *arena,
                                 heddle_error *err)
{
    record r = {0};
    block_items *block;
    BASE_TRY(wire_shape_read(&record_shape, bytes, arena, &r, err));
    if (make_block(store, r.block, &block) != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    for (size_t i = 0; i < r.count; i++) {
        const entry *e = &r.entries[i];
        dn_private_item from = {e->tx, {e->ns, e->coll, e->rwset}};
        if (add_item(block, &from) != HEDDLE_OK)
            return base_fail_memory(err, "private data");
    }
    return HEDDLE_OK;
}

static heddle_status load(dn_private_store *store, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_BYTES);
    if (!arena)
        return base_fail_memory(err, "private data");
    for (uint64_t n = 0; n < dn_part_log_count(store->log); n++) {
        base_buffer_clear(&bytes);
        base_arena_reset(arena);
        BASE_TRY(dn_part_log_read(store->log, n, &bytes, err));
        BASE_TRY(load_record(store, base_buffer_view(&bytes), arena, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_private_store_open(const char *dir, dn_private_store **out, heddle_error *err)
{
    base_auto(dn_private_store) dn_private_store *store = base_calloc(1, sizeof(*store));
    if (!store)
        return base_fail_memory(err, "private data");
    pthread_mutex_init(&store->lock, NULL);
    store->blocks = base_map_new();
    if (!store->blocks)
        return base_fail_memory(err, "private data");
    BASE_TRY(dn_part_log_open(dir, "private", true, &store->log, err));
    BASE_TRY(load(store, err));
    *out = base_steal(&store);
    return HEDDLE_OK;
}

void dn_private_store_close(dn_private_store *store)
{
    if (!store)
        return;
    base_map_free(store->blocks, block_free);
    dn_part_log_close(store->log);
    pthread_mutex_destroy(&store->lock);
    base_free(store);
}

/* Putting. */

static heddle_status append_record(dn_private_store *store, uint64_t number,
                                   const dn_private_item *items, size_t count, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    record r = {.block = number, .count = count};
    r.entries = base_calloc(count, sizeof(*r.entries));
    if (!r.entries)
        return base_fail_memory(err, "private data");
    for (size_t i = 0; i < count; i++)
        r.entries[i] =
            (entry){items[i].tx, items[i].part.ns, items[i].part.coll, items[i].part.rwset};
    heddle_status status = wire_shape_write(&record_shape, &r, &bytes);
    base_free(r.entries);
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    return dn_part_log_append(store->log, base_buffer_view(&bytes), err);
}

/* Those of @p items that are not there yet, first. */
static size_t pick_new(const block_items *block, const dn_private_item *items, size_t count,
                       dn_private_item *out)
{
    size_t picked = 0;
    for (size_t i = 0; i < count; i++) {
        if (!find_item(block, &items[i]))
            out[picked++] = items[i];
    }
    return picked;
}

static heddle_status put_new(dn_private_store *store, uint64_t number, const dn_private_item *items,
                             size_t count, heddle_error *err)
{
    block_items *block;
    if (make_block(store, number, &block) != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < count && status == HEDDLE_OK; i++)
        status = add_item(block, &items[i]);
    if (status != HEDDLE_OK)
        status = base_fail_memory(err, "private data");
    else
        status = append_record(store, number, items, count, err);
    if (status != HEDDLE_OK)
        remove_items(block, items, count);
    return status;
}

heddle_status dn_private_store_put(dn_private_store *store, uint64_t block,
                                   const dn_private_item *items, size_t count, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    if (!count)
        return HEDDLE_OK;
    dn_private_item *fresh = base_calloc(count, sizeof(*fresh));
    if (!fresh)
        return base_fail_memory(err, "private data");
    pthread_mutex_lock(&store->lock);
    size_t picked = pick_new(find_block(store, block), items, count, fresh);
    if (picked)
        status = put_new(store, block, fresh, picked, err);
    pthread_mutex_unlock(&store->lock);
    base_free(fresh);
    return status;
}

/* Finding. */

heddle_status dn_private_store_find(dn_private_store *store, dn_version place, heddle_view ns,
                                    heddle_view coll, base_buffer *out, heddle_error *err)
{
    dn_private_item wanted = {place.tx, {.ns = ns, .coll = coll}};
    pthread_mutex_lock(&store->lock);
    const item *found = find_item(find_block(store, place.block), &wanted);
    heddle_status status = HEDDLE_E_NOT_FOUND;
    if (found)
        status = base_buffer_append(out, found->value.part.rwset);
    pthread_mutex_unlock(&store->lock);
    if (status == HEDDLE_E_NOT_FOUND)
        return base_fail(err, status, "private data is not here");
    return status == HEDDLE_OK ? status : base_fail_memory(err, "private data");
}

static bool copy_item(base_arena *arena, const dn_private_item *from, dn_private_item *out)
{
    out->tx = from->tx;
    out->part.ns = base_arena_view(arena, from->part.ns);
    out->part.coll = base_arena_view(arena, from->part.coll);
    out->part.rwset = base_arena_view(arena, from->part.rwset);
    return out->part.ns.data && out->part.coll.data &&
           (out->part.rwset.data || !from->part.rwset.len);
}

heddle_status dn_private_store_block(dn_private_store *store, uint64_t number, base_arena *arena,
                                     dn_private_item **out, size_t *out_count, heddle_error *err)
{
    pthread_mutex_lock(&store->lock);
    const block_items *block = find_block(store, number);
    size_t count = block ? block->count : 0, copied = 0;
    dn_private_item *items = base_arena_zalloc(arena, count + 1, sizeof(*items));
    while (items && copied < count &&
           copy_item(arena, &block->items[copied]->value, &items[copied]))
        copied++;
    pthread_mutex_unlock(&store->lock);
    if (!items || copied < count)
        return base_arena_fail(arena, err, "private data");
    *out = items;
    *out_count = count;
    return HEDDLE_OK;
}

/* Forgetting. */

static bool is_of(const item *i, heddle_view ns, heddle_view coll)
{
    return base_view_equal(i->value.part.ns, ns) && base_view_equal(i->value.part.coll, coll);
}

void dn_private_store_expire(dn_private_store *store, uint64_t number, heddle_view ns,
                             heddle_view coll)
{
    pthread_mutex_lock(&store->lock);
    block_items *block = find_block(store, number);
    for (size_t i = 0; block && i < block->count; i++) {
        if (is_of(block->items[i], ns, coll)) {
            store->forgotten += block->items[i]->value.part.rwset.len;
            remove_at(block, i--);
        }
    }
    pthread_mutex_unlock(&store->lock);
}

static heddle_status purge_item(dn_private_store *store, item **slot, heddle_view hash,
                                base_arena *arena, base_buffer *out_key, heddle_error *err)
{
    base_auto_buffer base_buffer rest = {0};
    bool is_there;
    dn_private_item smaller = (*slot)->value;
    BASE_TRY(dn_part_cut_key(smaller.part.rwset, hash, arena, &is_there, &rest, out_key, err));
    if (!is_there)
        return HEDDLE_OK;
    smaller.part.rwset = base_buffer_view(&rest);
    item *made = item_new(&smaller);
    if (!made)
        return base_fail_memory(err, "private data");
    store->forgotten += (*slot)->value.part.rwset.len;
    base_free(*slot);
    *slot = made;
    return HEDDLE_OK;
}

static heddle_status purge_block(dn_private_store *store, block_items *block, heddle_view ns,
                                 heddle_view coll, heddle_view hash, dn_version until,
                                 base_buffer *out_key, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_BYTES);
    if (!arena)
        return base_fail_memory(err, "private data");
    for (size_t i = 0; i < block->count; i++) {
        item **slot = &block->items[i];
        bool later = block->number == until.block && (*slot)->value.tx > until.tx;
        if (!later && is_of(*slot, ns, coll))
            BASE_TRY(purge_item(store, slot, hash, arena, out_key, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_private_store_purge(dn_private_store *store, heddle_view ns, heddle_view coll,
                                     heddle_view key_hash, dn_version until, base_buffer *out_key,
                                     heddle_error *err)
{
    size_t cursor = 0;
    heddle_view key;
    void *value;
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&store->lock);
    while (status == HEDDLE_OK && base_map_next(store->blocks, &cursor, &key, &value)) {
        block_items *block = value;
        if (block->number <= until.block)
            status = purge_block(store, block, ns, coll, key_hash, until, out_key, err);
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* A walk over everything that is kept, block by block. */
typedef struct walk {
    const dn_private_store *store;
    size_t cursor;
} walk;

static heddle_status write_block(const block_items *block, base_buffer *out)
{
    record r = {.block = block->number, .count = block->count};
    r.entries = base_calloc(block->count, sizeof(*r.entries));
    if (!r.entries)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < block->count; i++) {
        const dn_private_item *from = &block->items[i]->value;
        r.entries[i] = (entry){from->tx, from->part.ns, from->part.coll, from->part.rwset};
    }
    heddle_status status = wire_shape_write(&record_shape, &r, out);
    base_free(r.entries);
    return status;
}

static heddle_status next_block(void *user, base_buffer *out)
{
    walk *w = user;
    heddle_view key;
    void *value;
    while (base_map_next(w->store->blocks, &w->cursor, &key, &value)) {
        const block_items *block = value;
        if (block->count)
            return write_block(block, out);
    }
    return HEDDLE_OK;
}

heddle_status dn_private_store_settle(dn_private_store *store, bool now, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    walk w = {.store = store};
    pthread_mutex_lock(&store->lock);
    bool is_much =
        store->forgotten > MUCH_BYTES && store->forgotten > dn_part_log_bytes(store->log) / 2;
    if (is_much || (now && store->forgotten))
        status = dn_part_log_rewrite(store->log, next_block, &w, err);
    if (status == HEDDLE_OK && (is_much || now))
        store->forgotten = 0;
    pthread_mutex_unlock(&store->lock);
    return status;
}
