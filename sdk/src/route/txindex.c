#include "route/txindex.h"

#include <pthread.h>
#include <string.h>

#include "base/map.h"

enum { TX_ID_MAX = 128 }; /* ids are 64 characters; longer ones are nobody's */

struct entry {
    base_list age; /* oldest first */
    base_list waiters;
    route_tx_condition condition;
    route_tx_verdict verdict;
    size_t len;
    uint8_t tx_id[];
};

struct route_txindex {
    pthread_mutex_t lock;
    size_t capacity;
    size_t waiting;
    base_map *entries;
    base_list by_age; /* entries nobody waits for */
    base_list awaited;
};

route_txindex *route_txindex_new(size_t capacity)
{
    route_txindex *index = base_calloc(1, sizeof(*index));
    base_map *entries = base_map_new();
    if (!index || !entries) {
        base_map_free(entries, NULL);
        base_free(index);
        return NULL;
    }
    index->capacity = capacity;
    index->entries = entries;
    base_list_init(&index->by_age);
    base_list_init(&index->awaited);
    pthread_mutex_init(&index->lock, NULL);
    return index;
}

void route_txindex_free(route_txindex *index)
{
    if (!index)
        return;
    base_map_free(index->entries, base_free);
    pthread_mutex_destroy(&index->lock);
    base_free(index);
}

static heddle_view id_of(const struct entry *entry)
{
    return heddle_view_of(entry->tx_id, entry->len);
}

static void forget(route_txindex *index, struct entry *entry)
{
    base_map_remove(index->entries, id_of(entry));
    base_list_remove(&entry->age);
    base_free(entry);
}

static void forget_oldest(route_txindex *index)
{
    while (base_map_count(index->entries) > index->capacity && !base_list_is_empty(&index->by_age))
        forget(index, base_list_entry(index->by_age.next, struct entry, age));
}

static struct entry *add(route_txindex *index, heddle_view tx_id)
{
    if (!tx_id.len || tx_id.len > TX_ID_MAX)
        return NULL;
    struct entry *entry = base_calloc(1, sizeof(*entry) + tx_id.len);
    if (!entry)
        return NULL;
    memcpy(entry->tx_id, tx_id.data, tx_id.len);
    entry->len = tx_id.len;
    base_list_init(&entry->waiters);
    if (base_map_put(index->entries, tx_id, entry, NULL) != HEDDLE_OK) {
        base_free(entry);
        return NULL;
    }
    base_list_append(&index->by_age, &entry->age);
    forget_oldest(index);
    return entry;
}

static struct entry *find(route_txindex *index, heddle_view tx_id)
{
    return base_map_get(index->entries, tx_id);
}

static struct entry *find_or_add(route_txindex *index, heddle_view tx_id)
{
    struct entry *entry = find(index, tx_id);
    return entry ? entry : add(index, tx_id);
}

void route_txindex_mark_fresh(route_txindex *index, heddle_view tx_id)
{
    pthread_mutex_lock(&index->lock);
    struct entry *entry = find_or_add(index, tx_id);
    if (entry && entry->condition == ROUTE_TX_UNKNOWN)
        entry->condition = ROUTE_TX_FRESH;
    pthread_mutex_unlock(&index->lock);
}

/* Everybody who waits for the entry goes to @p told; the entry ages like others. */
static void wake(route_txindex *index, struct entry *entry, base_list *told)
{
    base_list_each (link, &entry->waiters) {
        route_tx_waiter *waiter = base_list_entry(link, route_tx_waiter, link);
        waiter->waits = false;
        waiter->verdict = entry->verdict;
        index->waiting--;
    }
    base_list_splice(told, &entry->waiters);
    base_list_remove(&entry->age);
    base_list_append(&index->by_age, &entry->age);
}

void route_txindex_judge(route_txindex *index, heddle_view tx_id, route_tx_verdict verdict)
{
    base_list told;
    base_list_init(&told);
    pthread_mutex_lock(&index->lock);
    struct entry *entry = find_or_add(index, tx_id);
    if (entry && entry->condition != ROUTE_TX_JUDGED) {
        entry->condition = verdict.is_repeat ? ROUTE_TX_UNKNOWN : ROUTE_TX_JUDGED;
        entry->verdict = verdict;
        wake(index, entry, &told);
        forget_oldest(index);
    }
    pthread_mutex_unlock(&index->lock);
    for (base_list *link; (link = base_list_pop(&told));) {
        route_tx_waiter *waiter = base_list_entry(link, route_tx_waiter, link);
        waiter->told(waiter);
    }
}

static void wait_for(route_txindex *index, struct entry *entry, route_tx_waiter *waiter)
{
    if (base_list_is_empty(&entry->waiters)) {
        base_list_remove(&entry->age);
        base_list_append(&index->awaited, &entry->age);
    }
    base_list_append(&entry->waiters, &waiter->link);
    waiter->waits = true;
    index->waiting++;
}

static heddle_status await_locked(route_txindex *index, route_tx_waiter *waiter,
                                  route_tx_condition *out)
{
    struct entry *entry = find_or_add(index, waiter->tx_id);
    if (!entry)
        return waiter->tx_id.len > TX_ID_MAX ? HEDDLE_E_BAD_ARGUMENT : HEDDLE_E_NO_MEMORY;
    *out = entry->condition;
    if (entry->condition == ROUTE_TX_JUDGED)
        waiter->verdict = entry->verdict;
    else
        wait_for(index, entry, waiter);
    return HEDDLE_OK;
}

heddle_status route_txindex_await(route_txindex *index, route_tx_waiter *waiter,
                                  route_tx_condition *out)
{
    waiter->waits = false;
    base_list_init(&waiter->link);
    pthread_mutex_lock(&index->lock);
    heddle_status status = await_locked(index, waiter, out);
    pthread_mutex_unlock(&index->lock);
    return status;
}

bool route_txindex_abandon(route_txindex *index, route_tx_waiter *waiter)
{
    pthread_mutex_lock(&index->lock);
    bool waited = waiter->waits;
    if (waited) {
        struct entry *entry = find(index, waiter->tx_id);
        base_list_remove(&waiter->link);
        waiter->waits = false;
        index->waiting--;
        if (base_list_is_empty(&entry->waiters)) {
            base_list_remove(&entry->age);
            base_list_append(&index->by_age, &entry->age);
            if (entry->condition == ROUTE_TX_UNKNOWN)
                forget(index, entry);
        }
    }
    pthread_mutex_unlock(&index->lock);
    return waited;
}

bool route_txindex_find(route_txindex *index, heddle_view tx_id, route_tx_verdict *out)
{
    pthread_mutex_lock(&index->lock);
    struct entry *entry = find(index, tx_id);
    bool found = entry && entry->condition == ROUTE_TX_JUDGED;
    if (found)
        *out = entry->verdict;
    pthread_mutex_unlock(&index->lock);
    return found;
}

size_t route_txindex_count(route_txindex *index)
{
    pthread_mutex_lock(&index->lock);
    size_t n = base_map_count(index->entries);
    pthread_mutex_unlock(&index->lock);
    return n;
}

size_t route_txindex_waiting(route_txindex *index)
{
    pthread_mutex_lock(&index->lock);
    size_t n = index->waiting;
    pthread_mutex_unlock(&index->lock);
    return n;
}
