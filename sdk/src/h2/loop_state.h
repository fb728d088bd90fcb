/* What connections share on their loop: room to read into. */
#ifndef H2_LOOP_STATE_H
#define H2_LOOP_STATE_H

#include "base/buffer.h"
#include "h2/loop.h"

enum { H2_READ_ROOM = 64 * 1024 };

/** On the loop only; H2_READ_ROOM bytes. */
uint8_t *h2_loop_read_room(h2_loop *loop);
/** On the loop only; what TLS has decrypted. */
base_buffer *h2_loop_plain(h2_loop *loop);

#endif
