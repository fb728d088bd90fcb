/* Counted, immutable bytes: a message can be kept or forwarded without a copy. */
#ifndef RPC_BYTES_H
#define RPC_BYTES_H

#include "base/alloc.h"
#include "base/view.h"

/** Any thread may hold and release references. */
typedef struct rpc_bytes rpc_bytes;

/** A copy of @p bytes; NULL when memory is gone. */
rpc_bytes *rpc_bytes_copy(heddle_view bytes);

/** Takes @p data (from base/alloc.h), also when it fails; NULL when memory is gone. */
rpc_bytes *rpc_bytes_take(uint8_t *data, size_t len);

rpc_bytes *rpc_bytes_ref(rpc_bytes *bytes); /* gives back its argument */
void rpc_bytes_unref(rpc_bytes *bytes);     /* NULL is fine */

/** Valid as long as a reference is held; empty for NULL. */
heddle_view rpc_bytes_view(const rpc_bytes *bytes);

BASE_AUTO_DEFINE(rpc_bytes, rpc_bytes *, rpc_bytes_unref)

#endif
