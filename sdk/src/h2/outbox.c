#include "h2/outbox.h"

#include <string.h>

#include "base/view.h"
#include "h2/inbox.h"

void h2_outbox_done(h2_outbox *outbox)
{
    h2_fifo_done(&outbox->messages);
    *outbox = (h2_outbox){0};
}

heddle_status h2_outbox_push(h2_outbox *outbox, base_blob *message)
{
    heddle_status st = h2_fifo_push(&outbox->messages, (h2_letter){.message = message});
    if (st != HEDDLE_OK)
        return st;
    base_blob_ref(message);
    outbox->bytes += H2_FRAME_HEAD + base_blob_view(message).len;
    return HEDDLE_OK;
}

/* Some bytes of `source`, whose first byte stands at `begin` of the first message's frame. */
static size_t copy_from(const h2_outbox *outbox, heddle_view source, size_t begin, size_t n,
                        uint8_t *out)
{
    heddle_view part = base_view_slice(source, outbox->at - begin, n);
    if (part.len)
        memcpy(out, part.data, part.len);
    return part.len;
}

void h2_outbox_write(h2_outbox *outbox, size_t n, uint8_t *out)
{
    outbox->bytes -= n;
    while (n) {
        heddle_view body = base_blob_view(h2_fifo_at(&outbox->messages, 0)->message);
        const uint8_t head[H2_FRAME_HEAD] = {0, (uint8_t)(body.len >> 24),
                                             (uint8_t)(body.len >> 16), (uint8_t)(body.len >> 8),
                                             (uint8_t)body.len};
        size_t done = outbox->at < sizeof(head)
                          ? copy_from(outbox, heddle_view_of(head, sizeof(head)), 0, n, out)
                          : copy_from(outbox, body, sizeof(head), n, out);
        outbox->at += done;
        out += done;
        n -= done;
        if (outbox->at == sizeof(head) + body.len) {
            base_blob_unref(h2_fifo_pop(&outbox->messages).message);
            outbox->at = 0;
        }
    }
}
