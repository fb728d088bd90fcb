/* The request that opens a stream of the Deliver service. */
#ifndef CLIENT_SEEK_H
#define CLIENT_SEEK_H

#include "base/buffer.h"
#include "wire/seek.h"

/** Who asks, and where. The text is borrowed. */
typedef struct client_seek_asker {
    const char *channel;
    heddle_view creator;  /* bytes of a SerializedIdentity */
    heddle_view tls_hash; /* of the client's TLS certificate; empty: none */
} client_seek_asker;

/** The bytes that are signed, the Payload of an Envelope, appended to @p out. */
HEDDLE_MUST_USE heddle_status client_seek_message(const client_seek_asker *asker,
                                                  const wire_seek *seek, base_buffer *out,
                                                  heddle_error *err);

#endif
