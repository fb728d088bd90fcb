#include "devnet/ledger/event_index.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/map.h"

/* The events of one chaincode; their texts are in the arena. */
typedef struct event_list {
    size_t count;
    size_t room;
    dn_event *items;
} event_list;

struct dn_event_index {
    pthread_mutex_t lock;
    base_map *lists; /* chaincode -> event_list */
    base_arena *arena;
};

static void list_free(void *value)
{
    event_list *list = value;
    base_free(list->items);
    base_free(list);
}

dn_event_index *dn_event_index_new(void)
{
    dn_event_index *index = base_calloc(1, sizeof(*index));
    if (!index)
        return NULL;
    pthread_mutex_init(&index->lock, NULL);
    index->lists = base_map_new();
    index->arena = base_arena_new(SIZE_MAX);
    if (index->lists && index->arena)
        return index;
    dn_event_index_free(index);
    return NULL;
}

void dn_event_index_free(dn_event_index *index)
{
    if (!index)
        return;
    base_map_free(index->lists, list_free);
    base_arena_free(index->arena);
    pthread_mutex_destroy(&index->lock);
    base_free(index);
}

static event_list *list_of(dn_event_index *index, heddle_view chaincode)
{
    event_list *list = base_map_get(index->lists, chaincode);
    if (list)
        return list;
    list = base_calloc(1, sizeof(*list));
    if (list && base_map_put(index->lists, chaincode, list, NULL) != HEDDLE_OK) {
        base_free(list);
        return NULL;
    }
    return list;
}

static heddle_status make_room(event_list *list)
{
    if (list->count < list->room)
        return HEDDLE_OK;
    size_t room = list->room ? list->room * 2 : 64;
    dn_event *items = base_realloc(list->items, room * sizeof(*items));
    if (!items)
        return HEDDLE_E_NO_MEMORY;
    list->items = items;
    list->room = room;
    return HEDDLE_OK;
}

static bool is_noted(const event_list *list, uint64_t block, uint64_t position)
{
    const dn_event *last = list->count ? &list->items[list->count - 1] : NULL;
    return last && (last->block > block || (last->block == block && last->position >= position));
}

/** Under the lock. */
static heddle_status add(dn_event_index *index, const wire_tx *tx, const wire_event *event,
                         uint64_t block, uint64_t position)
{
    event_list *list = list_of(index, event->chaincode);
    if (!list || make_room(list) != HEDDLE_OK)
        return HEDDLE_E_NO_MEMORY;
    if (is_noted(list, block, position))
        return HEDDLE_OK;
    dn_event made = {.block = block,
                     .position = position,
                     .tx_id = base_arena_str(index->arena, tx->tx_id),
                     .name = base_arena_str(index->arena, event->name)};
    if (!made.tx_id || !made.name)
        return HEDDLE_E_NO_MEMORY;
    list->items[list->count++] = made;
    return HEDDLE_OK;
}

heddle_status dn_event_index_add(dn_event_index *index, const wire_tx *tx, uint64_t block,
                                 uint64_t position)
{
    const wire_event *event = &tx->action.result.event;
    if (!event->chaincode.len)
        return HEDDLE_OK;
    pthread_mutex_lock(&index->lock);
    heddle_status status = add(index, tx, event, block, position);
    pthread_mutex_unlock(&index->lock);
    return status;
}

/** The place of the first at or after @p block. */
static size_t first_from(const event_list *list, uint64_t block)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void dn_event_index_each(dn_event_index *index, heddle_view chaincode, uint64_t block,
                         dn_event_fn *fn, void *user)
{
    pthread_mutex_lock(&index->lock);
    const event_list *list = base_map_get(index->lists, chaincode);
    for (size_t i = list ? first_from(list, block) : 0; list && i < list->count; i++)
        fn(&list->items[i], user);
    pthread_mutex_unlock(&index->lock);
}
