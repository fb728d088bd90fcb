#include "base/blob.h"

#include <stdatomic.h>
#include <string.h>

/* The bytes stand behind the struct, or in `taken`. */
struct base_blob {
    atomic_uint references;
    uint8_t *taken;
    size_t len;
    uint8_t bytes[];
};

static base_blob *blob_new(uint8_t *taken, size_t len, size_t room)
{
    base_blob *blob = room > SIZE_MAX - sizeof(*blob) ? NULL : base_malloc(sizeof(*blob) + room);
    if (!blob)
        return NULL;
    atomic_init(&blob->references, 1);
    blob->taken = taken;
    blob->len = len;
    return blob;
}

base_blob *base_blob_copy(heddle_view bytes)
{
    base_blob *blob = blob_new(NULL, bytes.len, bytes.len);
    if (blob && bytes.len)
        memcpy(blob->bytes, bytes.data, bytes.len);
    return blob;
}

base_blob *base_blob_new(size_t len, uint8_t **out_bytes)
{
    base_blob *blob = blob_new(NULL, len, len);
    if (blob)
        *out_bytes = blob->bytes;
    return blob;
}

base_blob *base_blob_take(uint8_t *data, size_t len)
{
    base_blob *blob = blob_new(data, len, 0);
    if (!blob)
        base_free(data);
    return blob;
}

base_blob *base_blob_ref(base_blob *blob)
{
    atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void base_blob_unref(base_blob *blob)
{
    if (!blob || atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel) != 1)
        return;
    base_free(blob->taken);
    base_free(blob);
}

heddle_view base_blob_view(const base_blob *blob)
{
    if (!blob)
        return heddle_view_of(NULL, 0);
    return heddle_view_of(blob->taken ? blob->taken : blob->bytes, blob->len);
}
