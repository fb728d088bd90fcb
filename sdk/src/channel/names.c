#include "channel/names.h"

#include <stdlib.h>

struct heddle_names {
    size_t count;
    char *items[];
};

heddle_names *channel_names_new(size_t count)
{
    if (count > SIZE_MAX / sizeof(char *) / 2)
        return NULL;
    return base_calloc(1, sizeof(heddle_names) + count * sizeof(char *));
}

bool channel_names_add(heddle_names *names, const char *name)
{
    char *copy = base_strdup(name);
    if (copy)
        names->items[names->count++] = copy;
    return copy != NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void channel_names_sort(heddle_names *names)
{
    if (names->count)
        qsort(names->items, names->count, sizeof(char *), compare);
}

size_t heddle_names_count(const heddle_names *names)
{
    return names->count;
}

const char *heddle_names_at(const heddle_names *names, size_t index)
{
    return index < names->count ? names->items[index] : NULL;
}

void heddle_names_free(heddle_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->count; i++)
        base_free(names->items[i]);
    base_free(names);
}
