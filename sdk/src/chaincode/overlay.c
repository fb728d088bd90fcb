#include "chaincode/overlay.h"

#include <string.h>

#include "base/fail.h"
#include "base/view.h"

enum { FIRST_ROOM = 16 };

/* A collection's writes, sorted by key. */
typedef struct layer {
    struct layer *next;
    heddle_view collection;
    const cc_own **writes;
    size_t count;
    size_t room;
} layer;

struct cc_overlay {
    base_arena *arena;
    layer *layers;
};

cc_overlay *cc_overlay_new(base_arena *arena)
{
    cc_overlay *overlay = base_arena_zalloc(arena, 1, sizeof(*overlay));
    if (overlay)
        overlay->arena = arena;
    return overlay;
}

static layer *find_layer(const cc_overlay *overlay, heddle_view collection)
{
    layer *at = overlay ? overlay->layers : NULL;
    while (at && base_view_compare(at->collection, collection) != 0)
        at = at->next;
    return at;
}

static layer *make_layer(cc_overlay *overlay, heddle_view collection)
{
    layer *made = base_arena_zalloc(overlay->arena, 1, sizeof(*made));
    if (!made)
        return NULL;
    made->collection = collection;
    made->next = overlay->layers;
    overlay->layers = made;
    return made;
}

/* The place of the first key that is not less. */
static size_t place_of(const layer *in, heddle_view key)
{
    size_t low = 0, high = in->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (base_view_compare(in->writes[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const layer *in, size_t place, heddle_view key)
{
    return place < in->count && base_view_compare(in->writes[place]->key, key) == 0;
}

static bool make_room(base_arena *arena, layer *in)
{
    if (in->count < in->room)
        return true;
    size_t room = in->room ? in->room * 2 : FIRST_ROOM;
    const cc_own **grown = base_arena_zalloc(arena, room, sizeof(*grown));
    if (!grown)
        return false;
    if (in->count)
        memcpy(grown, in->writes, in->count * sizeof(*grown));
    in->writes = grown;
    in->room = room;
    return true;
}

heddle_status cc_overlay_put(cc_overlay *overlay, heddle_view collection, heddle_view key,
                             heddle_view value, heddle_error *err)
{
    layer *in = find_layer(overlay, collection);
    if (!in)
        in = make_layer(overlay, collection);
    cc_own *own = base_arena_zalloc(overlay->arena, 1, sizeof(*own));
    if (!in || !own || !make_room(overlay->arena, in))
        return base_arena_fail(overlay->arena, err, "own writes");
    *own = (cc_own){.key = key, .value = value};
    size_t place = place_of(in, key);
    if (!is_at(in, place, key)) {
        memmove(in->writes + place + 1, in->writes + place,
                (in->count - place) * sizeof(*in->writes));
        in->count++;
    }
    in->writes[place] = own;
    return HEDDLE_OK;
}

const cc_own *cc_overlay_find(const cc_overlay *overlay, heddle_view collection, heddle_view key)
{
    const layer *in = find_layer(overlay, collection);
    size_t place = in ? place_of(in, key) : 0;
    return in && is_at(in, place, key) ? in->writes[place] : NULL;
}

heddle_status cc_overlay_range(const cc_overlay *overlay, heddle_view collection, heddle_view start,
                               heddle_view end, const cc_own *const **out, size_t *out_count,
                               heddle_error *err)
{
    const layer *in = find_layer(overlay, collection);
    size_t from = in ? place_of(in, start) : 0;
    size_t to = !in ? 0 : end.len ? place_of(in, end) : in->count;
    size_t count = to > from ? to - from : 0;
    const cc_own **kept = NULL;
    if (count) {
        kept = base_arena_zalloc(overlay->arena, count, sizeof(*kept));
        if (!kept)
            return base_arena_fail(overlay->arena, err, "own writes");
        memcpy(kept, in->writes + from, count * sizeof(*kept));
    }
    *out = kept;
    *out_count = count;
    return HEDDLE_OK;
}
