/* The Deliver service's messages, as a reader of blocks needs them. */
#ifndef SYNC_DELIVER_H
#define SYNC_DELIVER_H

#include "base/arena.h"
#include "heddle/identity.h"
#include "wire/seek.h"

/** common.Status, as far as Deliver answers with it. */
enum {
    SYNC_DELIVER_SUCCESS = 200,
    SYNC_DELIVER_BAD_REQUEST = 400,
    SYNC_DELIVER_FORBIDDEN = 403,
    SYNC_DELIVER_NOT_FOUND = 404,
    SYNC_DELIVER_UNAVAILABLE = 503
};

/** A protos.DeliverResponse: a block, or the status that ends it. Borrows its bytes. */
typedef struct sync_deliver_response {
    bool has_block;
    heddle_view block;
    uint64_t number;
    int status;
} sync_deliver_response;

HEDDLE_MUST_USE heddle_status sync_deliver_read(heddle_view bytes, sync_deliver_response *out,
                                                heddle_error *err);

/**
 * A signed request for blocks. @p tls_hash is the SHA-256 of the TLS client certificate, or
 * empty. In @p arena.
 */
HEDDLE_MUST_USE heddle_status sync_deliver_request(const heddle_identity *identity,
                                                   const char *channel, heddle_view tls_hash,
                                                   const wire_seek *seek, base_arena *arena,
                                                   heddle_view *out, heddle_error *err);

#endif
