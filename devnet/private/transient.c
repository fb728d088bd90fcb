#include "devnet/private/transient.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "crypto/digest.h"
#include "devnet/private/part_log.h"
#include "wire/reader.h"

enum { MUCH_BYTES = 1024 * 1024, ARENA_BYTES = 512 * 1024 * 1024 };

typedef struct part {
    uint8_t hash[CRYPTO_SHA256_LEN];
    dn_private_part value;
    uint8_t bytes[];
} part;

typedef struct tx {
    uint64_t height; /* at which it was endorsed last */
    part **parts;
    size_t count;
} tx;

struct dn_transient {
    pthread_mutex_t lock;
    base_map *txs; /* transaction id -> tx */
    dn_part_log *log;
    uint64_t live; /* bytes of the parts that are kept */
};

/* On disk: parts of one transaction that came together. */
typedef struct entry {
    heddle_view ns;
    heddle_view coll;
    heddle_view rwset;
} entry;

static const wire_slot entry_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, entry, ns),
    WIRE_SLOT(2, WIRE_BYTES, entry, coll),
    WIRE_SLOT(3, WIRE_BYTES, entry, rwset),
};
static const wire_shape entry_shape = WIRE_SHAPE(entry, "private part", entry_slots);

typedef struct record {
    heddle_view tx_id;
    uint64_t height;
    entry *entries;
    size_t count;
} record;

static const wire_slot record_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, record, tx_id),
    WIRE_SLOT(2, WIRE_U64, record, height),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_MESSAGE, record, entries, count, &entry_shape),
};
static const wire_shape record_shape =
    WIRE_SHAPE(record, "private data of a transaction", record_slots);

static heddle_view copy_to(uint8_t **at, heddle_view bytes)
{
    heddle_view copy = heddle_view_of(*at, bytes.len);
    if (bytes.len)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

static part *part_new(const dn_private_part *from)
{
    part *made = base_malloc(sizeof(*made) + from->ns.len + from->coll.len + from->rwset.len);
    if (!made)
        return NULL;
    uint8_t *at = made->bytes;
    made->value.ns = copy_to(&at, from->ns);
    made->value.coll = copy_to(&at, from->coll);
    made->value.rwset = copy_to(&at, from->rwset);
    if (crypto_sha256(made->value.rwset, made->hash) != HEDDLE_OK) {
        base_free(made);
        return NULL;
    }
    return made;
}

static void tx_free(void *value)
{
    tx *t = value;
    for (size_t i = 0; i < t->count; i++)
        base_free(t->parts[i]);
    base_free(t->parts);
    base_free(t);
}

static part *find_part(const tx *t, heddle_view ns, heddle_view coll, heddle_view hash)
{
    for (size_t i = 0; t && i < t->count; i++) {
        part *p = t->parts[i];
        if (base_view_equal(heddle_view_of(p->hash, sizeof(p->hash)), hash) &&
            base_view_equal(p->value.ns, ns) && base_view_equal(p->value.coll, coll))
            return p;
    }
    return NULL;
}

static heddle_status find_or_make(dn_transient *transient, heddle_view tx_id, tx **out)
{
    *out = base_map_get(transient->txs, tx_id);
    if (*out)
        return HEDDLE_OK;
    tx *made = base_calloc(1, sizeof(*made));
    if (!made)
        return HEDDLE_E_NO_MEMORY;
    if (base_map_put(transient->txs, tx_id, made, NULL) != HEDDLE_OK) {
        base_free(made);
        return HEDDLE_E_NO_MEMORY;
    }
    *out = made;
    return HEDDLE_OK;
}

static heddle_status add_part(dn_transient *transient, tx *t, const dn_private_part *from)
{
    part *made = part_new(from);
    if (!made)
        return HEDDLE_E_NO_MEMORY;
    heddle_view hash = heddle_view_of(made->hash, sizeof(made->hash));
    if (find_part(t, from->ns, from->coll, hash)) {
        base_free(made);
        return HEDDLE_OK;
    }
    part **more = base_realloc(t->parts, (t->count + 1) * sizeof(part *));
    if (!more) {
        base_free(made);
        return HEDDLE_E_NO_MEMORY;
    }
    t->parts = more;
    t->parts[t->count++] = made;
    transient->live += from->rwset.len;
    return HEDDLE_OK;
}

static heddle_status keep(dn_transient *transient, heddle_view tx_id, uint64_t height,
                          const dn_private_part *parts, size_t count)
{
    tx *t;
    BASE_TRY(find_or_make(transient, tx_id, &t));
    if (t->height < height)
        t->height = height;
    for (size_t i = 0; i < count; i++)
        BASE_TRY(add_part(transient, t, &parts[i]));
    return HEDDLE_OK;
}

/* Opening. */

static heddle_status load_record(dn_transient *transient, heddle_view bytes, base_arena *arena,
                                 heddle_error *err)
{
    record r = {0};
    BASE_TRY(wire_shape_read(&record_shape, bytes, arena, &r, err));
    for (size_t i = 0; i < r.count; i++) {
        dn_private_part from = {r.entries[i].ns, r.entries[i].coll, r.entries[i].rwset};
        if (keep(transient, r.tx_id, r.height, &from, 1) != HEDDLE_OK)
            return base_fail_memory(err, "transient data");
    }
    return HEDDLE_OK;
}

static heddle_status load(dn_transient *transient, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_BYTES);
    if (!arena)
        return base_fail_memory(err, "transient data");
    for (uint64_t n = 0; n < dn_part_log_count(transient->log); n++) {
        base_buffer_clear(&bytes);
        base_arena_reset(arena);
        heddle_status status = dn_part_log_read(transient->log, n, &bytes, err);
        if (status == HEDDLE_E_NOT_FOUND)
            break;
        BASE_TRY(status);
        BASE_TRY(load_record(transient, base_buffer_view(&bytes), arena, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_transient_open(const char *dir, dn_transient **out, heddle_error *err)
{
    base_auto(dn_transient) dn_transient *transient = base_calloc(1, sizeof(*transient));
    if (!transient)
        return base_fail_memory(err, "transient data");
    pthread_mutex_init(&transient->lock, NULL);
    transient->txs = base_map_new();
    if (!transient->txs)
        return base_fail_memory(err, "transient data");
    BASE_TRY(dn_part_log_open(dir, "transient", false, &transient->log, err));
    BASE_TRY(load(transient, err));
    *out = base_steal(&transient);
    return HEDDLE_OK;
}

void dn_transient_close(dn_transient *transient)
{
    if (!transient)
        return;
    base_map_free(transient->txs, tx_free);
    dn_part_log_close(transient->log);
    pthread_mutex_destroy(&transient->lock);
    base_free(transient);
}

/* Keeping and finding. */

static heddle_status write_record(heddle_view tx_id, uint64_t height, const dn_private_part *parts,
                                  size_t count, base_buffer *out)
{
    record r = {.tx_id = tx_id, .height = height, .count = count};
    r.entries = base_calloc(count, sizeof(*r.entries));
    if (!r.entries)
        return HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        r.entries[i] = (entry){parts[i].ns, parts[i].coll, parts[i].rwset};
    heddle_status status = wire_shape_write(&record_shape, &r, out);
    base_free(r.entries);
    return status;
}

heddle_status dn_transient_put(dn_transient *transient, heddle_view tx_id, uint64_t height,
                               const dn_private_part *parts, size_t count, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    if (!count)
        return HEDDLE_OK;
    if (write_record(tx_id, height, parts, count, &bytes) != HEDDLE_OK)
        return base_fail_memory(err, "transient data");
    pthread_mutex_lock(&transient->lock);
    heddle_status status = HEDDLE_OK;
    if (keep(transient, tx_id, height, parts, count) != HEDDLE_OK)
        status = base_fail_memory(err, "transient data");
    else
        status = dn_part_log_append(transient->log, base_buffer_view(&bytes), err);
    pthread_mutex_unlock(&transient->lock);
    return status;
}

heddle_status dn_transient_find(dn_transient *transient, heddle_view tx_id, heddle_view ns,
                                heddle_view coll, heddle_view hash, base_buffer *out,
                                heddle_error *err)
{
    pthread_mutex_lock(&transient->lock);
    const part *found = find_part(base_map_get(transient->txs, tx_id), ns, coll, hash);
    heddle_status status = HEDDLE_E_NOT_FOUND;
    if (found)
        status = base_buffer_append(out, found->value.rwset);
    pthread_mutex_unlock(&transient->lock);
    if (status == HEDDLE_E_NOT_FOUND)
        return base_fail(err, status, "private data is not here");
    return status == HEDDLE_OK ? status : base_fail_memory(err, "transient data");
}

/* Forgetting. */

static void forget(dn_transient *transient, heddle_view tx_id)
{
    tx *t = base_map_remove(transient->txs, tx_id);
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        transient->live -= t->parts[i]->value.rwset.len;
    tx_free(t);
}

static void forget_below(dn_transient *transient, uint64_t height)
{
    size_t cursor = 0;
    heddle_view tx_id;
    void *value;
    while (base_map_next(transient->txs, &cursor, &tx_id, &value)) {
        if (((const tx *)value)->height < height) {
            forget(transient, tx_id);
            cursor = 0;
        }
    }
}

/* A walk over everything that is kept. */
typedef struct walk {
    const dn_transient *transient;
    size_t cursor;
} walk;

static heddle_status next_tx(void *user, base_buffer *out)
{
    walk *w = user;
    heddle_view tx_id;
    void *value;
    while (base_map_next(w->transient->txs, &w->cursor, &tx_id, &value)) {
        const tx *t = value;
        if (!t->count)
            continue;
        dn_private_part *parts = base_calloc(t->count, sizeof(*parts));
        if (!parts)
            return HEDDLE_E_NO_MEMORY;
        for (size_t i = 0; i < t->count; i++)
            parts[i] = t->parts[i]->value;
        heddle_status status = write_record(tx_id, t->height, parts, t->count, out);
        base_free(parts);
        return status;
    }
    return HEDDLE_OK;
}

/* An empty store has an empty file; one with much that nobody needs is written anew. */
static heddle_status settle(dn_transient *transient, heddle_error *err)
{
    walk w = {.transient = transient};
    uint64_t bytes = dn_part_log_bytes(transient->log);
    if (!base_map_count(transient->txs))
        return dn_part_log_count(transient->log) ? dn_part_log_clear(transient->log, err)
                                                 : HEDDLE_OK;
    if (bytes > MUCH_BYTES && transient->live < bytes / 2)
        return dn_part_log_rewrite(transient->log, next_tx, &w, err);
    return HEDDLE_OK;
}

heddle_status dn_transient_forget(dn_transient *transient, const heddle_view *tx_ids, size_t count,
                                  uint64_t height, heddle_error *err)
{
    pthread_mutex_lock(&transient->lock);
    for (size_t i = 0; i < count; i++)
        forget(transient, tx_ids[i]);
    if (height)
        forget_below(transient, height);
    heddle_status status = settle(transient, err);
    pthread_mutex_unlock(&transient->lock);
    return status;
}

heddle_status dn_transient_sweep(dn_transient *transient,
                                 bool (*is_done)(void *user, heddle_view tx_id), void *user,
                                 heddle_error *err)
{
    size_t cursor = 0;
    heddle_view tx_id;
    void *value;
    pthread_mutex_lock(&transient->lock);
    while (base_map_next(transient->txs, &cursor, &tx_id, &value)) {
        if (is_done(user, tx_id)) {
            forget(transient, tx_id);
            cursor = 0;
        }
    }
    heddle_status status = settle(transient, err);
    pthread_mutex_unlock(&transient->lock);
    return status;
}

size_t dn_transient_count(dn_transient *transient)
{
    pthread_mutex_lock(&transient->lock);
    size_t count = base_map_count(transient->txs);
    pthread_mutex_unlock(&transient->lock);
    return count;
}
