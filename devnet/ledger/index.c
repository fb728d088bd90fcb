#include "devnet/ledger/index.h"

#include <pthread.h>

#include "base/buffer.h"
#include "base/fail.h"
#include "base/map.h"

/* The places of one key. */
typedef struct history {
    size_t count;
    size_t cap;
    dn_version items[];
} history;

struct dn_index {
    pthread_mutex_t lock; /* over all three */
    base_map *txs;        /* id -> packed place */
    base_map *blocks;     /* hash -> number + 1 */
    base_map *writes;     /* namespace, NUL, key -> history */
};

enum { TX_BITS = 24 }; /* of a place in one word; the rest is the block's number */

dn_index *dn_index_new(void)
{
    dn_index *index = base_calloc(1, sizeof(*index));
    if (!index)
        return NULL;
    pthread_mutex_init(&index->lock, NULL);
    index->txs = base_map_new();
    index->blocks = base_map_new();
    index->writes = base_map_new();
    if (!index->txs || !index->blocks || !index->writes) {
        dn_index_free(index);
        return NULL;
    }
    return index;
}

void dn_index_free(dn_index *index)
{
    if (!index)
        return;
    base_map_free(index->txs, NULL);
    base_map_free(index->blocks, NULL);
    base_map_free(index->writes, base_free);
    pthread_mutex_destroy(&index->lock);
    base_free(index);
}

static void *pack(dn_version at)
{
    return (void *)(uintptr_t)((at.block << TX_BITS | at.tx) + 1);
}

static dn_version unpack(const void *packed)
{
    uint64_t word = (uint64_t)(uintptr_t)packed - 1;
    return (dn_version){word >> TX_BITS, word & ((UINT64_C(1) << TX_BITS) - 1)};
}

heddle_status dn_index_add_tx(dn_index *index, heddle_view tx_id, dn_version at)
{
    if (!tx_id.len)
        return HEDDLE_OK;
    pthread_mutex_lock(&index->lock);
    heddle_status status = HEDDLE_OK;
    if (!base_map_get(index->txs, tx_id))
        status = base_map_put(index->txs, tx_id, pack(at), NULL);
    pthread_mutex_unlock(&index->lock);
    return status;
}

heddle_status dn_index_add_block(dn_index *index, heddle_view hash, uint64_t number)
{
    pthread_mutex_lock(&index->lock);
    heddle_status status = base_map_put(index->blocks, hash, (void *)(uintptr_t)(number + 1), NULL);
    pthread_mutex_unlock(&index->lock);
    return status;
}

static heddle_status path_of(heddle_view ns, heddle_view key, base_buffer *out)
{
    BASE_TRY(base_buffer_append(out, ns));
    BASE_TRY(base_buffer_append_byte(out, 0));
    return base_buffer_append(out, key);
}

static heddle_status history_add(base_map *writes, heddle_view path, dn_version at)
{
    history *h = base_map_get(writes, path);
    if (h && h->count && dn_version_equal(h->items[h->count - 1], at))
        return HEDDLE_OK;
    if (!h || h->count == h->cap) {
        size_t cap = h ? h->cap * 2 : 2;
        history *more = base_malloc(sizeof(*more) + cap * sizeof(more->items[0]));
        if (!more)
            return HEDDLE_E_NO_MEMORY;
        *more = (history){.count = h ? h->count : 0, .cap = cap};
        if (h)
            memcpy(more->items, h->items, h->count * sizeof(h->items[0]));
        if (base_map_put(writes, path, more, NULL) != HEDDLE_OK) {
            base_free(more);
            return HEDDLE_E_NO_MEMORY;
        }
        base_free(h);
        h = more;
    }
    h->items[h->count++] = at;
    return HEDDLE_OK;
}

heddle_status dn_index_add_write(dn_index *index, heddle_view ns, heddle_view key, dn_version at)
{
    base_auto_buffer base_buffer path = {0};
    BASE_TRY(path_of(ns, key, &path));
    pthread_mutex_lock(&index->lock);
    heddle_status status = history_add(index->writes, base_buffer_view(&path), at);
    pthread_mutex_unlock(&index->lock);
    return status;
}

bool dn_index_find_tx(dn_index *index, heddle_view tx_id, dn_version *out)
{
    pthread_mutex_lock(&index->lock);
    const void *found = base_map_get(index->txs, tx_id);
    pthread_mutex_unlock(&index->lock);
    if (found)
        *out = unpack(found);
    return found != NULL;
}

bool dn_index_find_block(dn_index *index, heddle_view hash, uint64_t *out)
{
    pthread_mutex_lock(&index->lock);
    uintptr_t found = (uintptr_t)base_map_get(index->blocks, hash);
    pthread_mutex_unlock(&index->lock);
    if (found)
        *out = found - 1;
    return found != 0;
}

heddle_status dn_index_history(dn_index *index, heddle_view ns, heddle_view key, dn_version **out,
                               size_t *out_count)
{
    base_auto_buffer base_buffer path = {0};
    BASE_TRY(path_of(ns, key, &path));
    pthread_mutex_lock(&index->lock);
    const history *h = base_map_get(index->writes, base_buffer_view(&path));
    size_t count = h ? h->count : 0;
    dn_version *copy = base_malloc((count + 1) * sizeof(*copy));
    if (copy && count)
        memcpy(copy, h->items, count * sizeof(*copy));
    pthread_mutex_unlock(&index->lock);
    if (!copy)
        return HEDDLE_E_NO_MEMORY;
    *out = copy;
    *out_count = count;
    return HEDDLE_OK;
}
