#include "mock/table.h"

static bool same_range(const mock_place *a, const mock_place *b)
{
    return a->kind == b->kind && base_view_equal(a->ns, b->ns) && base_view_equal(a->coll, b->coll);
}

int mock_place_compare(const mock_place *a, const mock_place *b)
{
    int order = base_view_compare(a->ns, b->ns);
    if (order == 0)
        order = (int)a->kind - (int)b->kind;
    if (order == 0)
        order = base_view_compare(a->coll, b->coll);
    return order ? order : base_view_compare(a->key, b->key);
}

static void entry_unref(mock_entry *entry)
{
    if (entry && --entry->refs == 0)
        base_free(entry);
}

static heddle_view append(uint8_t **at, heddle_view bytes)
{
    heddle_view copy = {*at, bytes.len};
    if (bytes.len)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

/* A copy in one piece of memory. */
static mock_entry *entry_copy(const mock_entry *from)
{
    size_t size = from->at.ns.len + from->at.coll.len + from->at.key.len + from->value.len +
                  from->meta_name.len + from->meta_value.len;
    mock_entry *copy = base_malloc(sizeof(*copy) + size);
    if (!copy)
        return NULL;
    uint8_t *at = (uint8_t *)(copy + 1);
    *copy = *from;
    copy->refs = 1;
    copy->at.ns = append(&at, from->at.ns);
    copy->at.coll = append(&at, from->at.coll);
    copy->at.key = append(&at, from->at.key);
    copy->value = append(&at, from->value);
    copy->meta_name = append(&at, from->meta_name);
    copy->meta_value = append(&at, from->meta_value);
    return copy;
}

void mock_table_done(mock_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        entry_unref(table->items[i]);
    base_free(table->items);
    *table = (mock_table){0};
}

heddle_status mock_table_copy(const mock_table *from, mock_table *out)
{
    mock_table made = {.count = from->count, .cap = from->count};
    if (from->count) {
        made.items = base_malloc(from->count * sizeof(*made.items));
        if (!made.items)
            return HEDDLE_E_NO_MEMORY;
        memcpy(made.items, from->items, from->count * sizeof(*made.items));
    }
    for (size_t i = 0; i < made.count; i++)
        made.items[i]->refs++;
    *out = made;
    return HEDDLE_OK;
}

size_t mock_table_find(const mock_table *table, const mock_place *at, bool exclusive)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mock_place_compare(&table->items[middle]->at, at);
        if (order < 0 || (order == 0 && exclusive))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const mock_entry *mock_table_get(const mock_table *table, const mock_place *at)
{
    size_t i = mock_table_find(table, at, false);
    if (i == table->count || mock_place_compare(&table->items[i]->at, at) != 0)
        return NULL;
    return table->items[i];
}

const mock_entry *mock_table_seek(const mock_table *table, const mock_place *at, bool exclusive)
{
    size_t i = mock_table_find(table, at, exclusive);
    if (i == table->count || !same_range(&table->items[i]->at, at))
        return NULL;
    return table->items[i];
}

static bool grow(mock_table *table)
{
    if (table->count < table->cap)
        return true;
    size_t cap = table->cap ? table->cap * 2 : 16;
    mock_entry **more = base_realloc(table->items, cap * sizeof(*more));
    if (!more)
        return false;
    table->items = more;
    table->cap = cap;
    return true;
}

heddle_status mock_table_put(mock_table *table, const mock_entry *entry)
{
    size_t i = mock_table_find(table, &entry->at, false);
    bool replaces = i < table->count && mock_place_compare(&table->items[i]->at, &entry->at) == 0;
    if (!replaces && !grow(table))
        return HEDDLE_E_NO_MEMORY;
    mock_entry *copy = entry_copy(entry);
    if (!copy)
        return HEDDLE_E_NO_MEMORY;
    if (replaces) {
        entry_unref(table->items[i]);
    } else {
        memmove(table->items + i + 1, table->items + i, (table->count - i) * sizeof(copy));
        table->count++;
    }
    table->items[i] = copy;
    return HEDDLE_OK;
}

void mock_table_remove(mock_table *table, const mock_place *at)
{
    size_t i = mock_table_find(table, at, false);
    if (i == table->count || mock_place_compare(&table->items[i]->at, at) != 0)
        return;
    entry_unref(table->items[i]);
    table->count--;
    memmove(table->items + i, table->items + i + 1, (table->count - i) * sizeof(*table->items));
}
