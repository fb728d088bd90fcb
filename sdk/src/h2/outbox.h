/* What a stream has to send: messages, each with gRPC's frame before it. */
#ifndef H2_OUTBOX_H
#define H2_OUTBOX_H

#include "base/buffer.h"
#include "h2/fifo.h"

/** Zero-initialised is empty. Guarded by its owner. */
typedef struct h2_outbox {
    h2_fifo messages;
    size_t bytes; /* not yet written, with the frames' heads */
    size_t at;    /* written of the first message, its head included */
} h2_outbox;

void h2_outbox_done(h2_outbox *outbox);

/** Takes a reference when it is HEDDLE_OK; else E_NO_MEMORY. */
HEDDLE_MUST_USE heddle_status h2_outbox_push(h2_outbox *outbox, base_blob *message);

/** Move the next @p n bytes (there are as many) to the end of @p out, which has the room. */
void h2_outbox_write(h2_outbox *outbox, size_t n, uint8_t *out);

#endif
