/*
 * What a stream has received: bytes become messages (gRPC's frame: a flag, the length in 4 bytes,
 * the message), messages wait for a read.
 *
 * Invariant: bytes of a message that no read is open for are held, that is, not given back to
 * the sender's window; bytes of one that a read waits for are given back as they come.
 */
#ifndef H2_INBOX_H
#define H2_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "h2/fifo.h"

enum { H2_FRAME_HEAD = 5 };

/** What many inboxes may hold together, of messages unfinished or not yet read. */
typedef struct h2_budget {
    atomic_size_t used;
    size_t limit; /* bytes */
} h2_budget;

/** Zero-initialised is empty; set max_message, and budget if there is one. Guarded by its
 *  owner. */
typedef struct h2_inbox {
    h2_fifo messages; /* complete ones */
    uint64_t credits; /* reads not answered */
    uint32_t max_message;
    h2_budget *budget; /* NULL: no other bound than max_message */
    size_t unread;     /* of the budget, for `messages` */
    uint8_t head[H2_FRAME_HEAD];
    uint8_t head_len;
    uint8_t *body; /* of the unfinished message */
    size_t body_len;
    size_t body_cap; /* never above the length that the head names */
    size_t length;
    size_t held;
} h2_inbox;

void h2_inbox_done(h2_inbox *inbox);

/** Take bytes from the transport; *out_free is how many of them the sender may send anew.
 *  E_NO_MEMORY, E_TOO_LARGE, E_REFUSED (compressed): the stream is of no more use. */
HEDDLE_MUST_USE heddle_status h2_inbox_take(h2_inbox *inbox, heddle_view bytes, size_t *out_free,
                                            heddle_error *err);

/** One more read is open; gives back how many held bytes are free by it. */
size_t h2_inbox_read(h2_inbox *inbox);

/** Whether a message and a read are there. */
bool h2_inbox_has(const h2_inbox *inbox);
/** Answer a read with the first message (a reference of the caller's), then free *out_free. */
base_blob *h2_inbox_pop(h2_inbox *inbox, size_t *out_free);

/** Whether the bytes ended inside of a message. */
bool h2_inbox_is_cut(const h2_inbox *inbox);

#endif
