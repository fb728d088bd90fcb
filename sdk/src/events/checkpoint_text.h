/* The text of a checkpoint's file: {"blockNumber":7,"transactionId":"…"}. */
#ifndef EVENTS_CHECKPOINT_TEXT_H
#define EVENTS_CHECKPOINT_TEXT_H

#include "base/buffer.h"
#include "heddle/checkpoint.h"

/**
 * Read what Fabric's client libraries or events_checkpoint_write() wrote: a JSON object with
 * these two members in any order, the number also as a string, each of them absent or null. A
 * number that is absent, or 0 without a transaction, means that nothing was kept: *out_kept is
 * false. E_DECODE says at which byte the text is something else.
 */
HEDDLE_MUST_USE heddle_status events_checkpoint_read(heddle_view text, heddle_checkpoint *out,
                                                     bool *out_kept, heddle_error *err);
HEDDLE_MUST_USE heddle_status events_checkpoint_write(const heddle_checkpoint *checkpoint,
                                                      base_buffer *out);

/** That a transaction id is such: up to 64 printable characters that need no quoting; "" is
 *  fine. */
bool events_checkpoint_is_tx_id(heddle_view text);

#endif
