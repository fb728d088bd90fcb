/* Any bytes as the small things: seek, error details, identities, composite keys, durations. */
#include "wire/composite_key.h"
#include "wire/error_details.h"
#include "wire/go_duration.h"
#include "wire/identity.h"
#include "wire/seek.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    base_arena *arena = base_arena_new(4u << 20);
    if (!arena)
        return 0;
    heddle_view bytes = heddle_view_of(data, size), written;
    wire_seek seek;
    wire_error_details details;
    wire_identity identity;
    const heddle_view *parts;
    size_t count;
    uint64_t ms;
    if (wire_seek_read(bytes, arena, &seek, NULL) == HEDDLE_OK)
        (void)!wire_seek_write(&seek, arena, &written, NULL);
    if (wire_error_details_read(bytes, arena, &details, NULL) == HEDDLE_OK)
        (void)!wire_error_details_write(&details, arena, &written, NULL);
    (void)!wire_identity_read(bytes, &identity, NULL);
    (void)!wire_composite_key_read(bytes, arena, &parts, &count, NULL);
    char *text = base_arena_str(arena, bytes);
    if (text)
        wire_go_duration_ms(text, &ms);
    base_arena_free(arena);
    return 0;
}
