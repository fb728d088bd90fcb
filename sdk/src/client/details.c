#include "client/details.h"

#include "base/alloc.h"
#include "wire/error_details.h"

enum { DETAILS_MAX_BYTES = 4 * 1024 * 1024 };

struct heddle_details {
    base_arena *arena;
    heddle_detail *items;
    size_t count;
};

heddle_details *heddle_details_new(void)
{
    heddle_details *details = base_calloc(1, sizeof(*details));
    if (details)
        details->arena = base_arena_new(DETAILS_MAX_BYTES);
    if (details && !details->arena) {
        base_free(details);
        return NULL;
    }
    return details;
}

void heddle_details_free(heddle_details *details)
{
    if (!details)
        return;
    base_arena_free(details->arena);
    base_free(details);
}

size_t heddle_details_count(const heddle_details *details)
{
    return details->count;
}

const heddle_detail *heddle_details_at(const heddle_details *details, size_t index)
{
    return index < details->count ? &details->items[index] : NULL;
}

void client_details_clear(heddle_details *details)
{
    if (!details)
        return;
    details->count = 0;
    base_arena_reset(details->arena);
}

void client_details_read(heddle_details *details, heddle_view bytes)
{
    wire_error_details read;
    if (!details || bytes.len == 0)
        return;
    client_details_clear(details);
    if (wire_error_details_read(bytes, details->arena, &read, NULL))
        return;
    details->items = base_arena_zalloc(details->arena, read.count + 1, sizeof(*details->items));
    for (size_t i = 0; details->items && i < read.count; i++)
        details->items[details->count++] = (heddle_detail){.address = read.items[i].address,
                                                           .mspid = read.items[i].mspid,
                                                           .message = read.items[i].message};
}

void client_details_say(heddle_details *details, const char *address, const char *mspid,
                        heddle_view message)
{
    if (!details)
        return;
    client_details_clear(details);
    details->items = base_arena_zalloc(details->arena, 1, sizeof(*details->items));
    if (!details->items)
        return;
    details->items[0] = (heddle_detail){.address = base_arena_strdup(details->arena, address),
                                        .mspid = base_arena_strdup(details->arena, mspid),
                                        .message = base_arena_str(details->arena, message)};
    details->count =
        details->items[0].address && details->items[0].mspid && details->items[0].message;
}
