#include "rpc/bytes.h"

#include <stdatomic.h>

#include "rpc/core.h"
#include "rpc/handoff.h"

struct rpc_bytes {
    atomic_uint references;
    grpc_slice slice;
};

/* Takes @p slice, also when it fails. */
static rpc_bytes *bytes_of_slice(grpc_slice slice)
{
    rpc_bytes *bytes = base_malloc(sizeof(*bytes));
    if (!bytes) {
        grpc_slice_unref(slice);
        return NULL;
    }
    atomic_init(&bytes->references, 1);
    bytes->slice = slice;
    return bytes;
}

rpc_bytes *rpc_bytes_copy(heddle_view view)
{
    return bytes_of_slice(rpc_core_slice_copy(view));
}

rpc_bytes *rpc_bytes_take(uint8_t *data, size_t len)
{
    return bytes_of_slice(grpc_slice_new_with_user_data(data, len, base_free, data));
}

rpc_bytes *rpc_bytes_ref(rpc_bytes *bytes)
{
    atomic_fetch_add_explicit(&bytes->references, 1, memory_order_relaxed);
    return bytes;
}

void rpc_bytes_unref(rpc_bytes *bytes)
{
    if (!bytes || atomic_fetch_sub_explicit(&bytes->references, 1, memory_order_acq_rel) != 1)
        return;
    grpc_slice_unref(bytes->slice);
    base_free(bytes);
}

heddle_view rpc_bytes_view(const rpc_bytes *bytes)
{
    return bytes ? rpc_core_slice_view(&bytes->slice) : heddle_view_of(NULL, 0);
}

static grpc_slice join(grpc_byte_buffer *buffer)
{
    const grpc_slice_buffer *slices = &buffer->data.raw.slice_buffer;
    if (buffer->data.raw.compression == GRPC_COMPRESS_NONE && slices->count == 1)
        return grpc_slice_ref(slices->slices[0]);
    grpc_byte_buffer_reader reader;
    if (!grpc_byte_buffer_reader_init(&reader, buffer))
        return grpc_empty_slice();
    grpc_slice whole = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    return whole;
}

#ifdef RPC_TSAN
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);

/* Core filled the memory on some thread and ThreadSanitizer saw neither that nor the
 * hand-over: a copy made behind its back is memory like any other. */
static grpc_slice join_seen(grpc_byte_buffer *buffer)
{
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    grpc_slice whole = join(buffer);
    grpc_slice copy = grpc_slice_copy(whole);
    grpc_slice_unref(whole);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    return copy;
}
#else
#define join_seen(buffer) join(buffer)
#endif

rpc_bytes *rpc_core_bytes(grpc_byte_buffer *buffer)
{
    if (!buffer)
        return NULL;
    rpc_bytes *bytes = bytes_of_slice(join_seen(buffer));
    grpc_byte_buffer_destroy(buffer);
    return bytes;
}

grpc_byte_buffer *rpc_core_buffer_copy(heddle_view view)
{
    grpc_slice slice = rpc_core_slice_copy(view);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

grpc_byte_buffer *rpc_core_buffer_share(rpc_bytes *bytes)
{
    return grpc_raw_byte_buffer_create(&bytes->slice, 1);
}
