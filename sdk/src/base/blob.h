/* Counted, immutable bytes: a message can be kept or handed on without a copy. */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H

#include "base/alloc.h"
#include "base/view.h"

/** Any thread may hold and release references. */
typedef struct base_blob base_blob;

/** A copy of @p bytes, in one piece of memory; NULL when memory is gone. */
base_blob *base_blob_copy(heddle_view bytes);

/** Of @p len bytes that the caller writes before anybody else sees it; NULL when memory is gone. */
base_blob *base_blob_new(size_t len, uint8_t **out_bytes);

/** Takes @p data (from base/alloc.h), also when it fails; NULL when memory is gone. */
base_blob *base_blob_take(uint8_t *data, size_t len);

base_blob *base_blob_ref(base_blob *blob); /* gives back its argument */
void base_blob_unref(base_blob *blob);     /* NULL is fine */

/** Valid as long as a reference is held; empty for NULL. */
heddle_view base_blob_view(const base_blob *blob);

BASE_AUTO_DEFINE(blob, base_blob *, base_blob_unref)

#endif
