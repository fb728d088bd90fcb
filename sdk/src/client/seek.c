#include "client/seek.h"

#include "base/clock.h"
#include "base/fail.h"
#include "wire/envelope.h"

enum { HEADER_DELIVER_SEEK_INFO = 5, REQUEST_MAX = 1 << 20 };

heddle_status client_seek_message(const client_seek_asker *asker, const wire_seek *seek,
                                  base_buffer *out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(REQUEST_MAX);
    heddle_view data, payload;
    if (!arena)
        return base_fail_memory(err, "request for blocks");
    const wire_header header = {.type = HEADER_DELIVER_SEEK_INFO,
                                .time = base_wall_now(),
                                .channel = heddle_view_str(asker->channel),
                                .tls_cert_hash = asker->tls_hash,
                                .creator = asker->creator};
    BASE_TRY(wire_seek_write(seek, arena, &data, err));
    BASE_TRY(wire_payload_write(&header, data, arena, &payload, err));
    if (base_buffer_append(out, payload))
        return base_fail_memory(err, "request for blocks");
    return HEDDLE_OK;
}
