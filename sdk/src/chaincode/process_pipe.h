/*
 * What a worker process and the server say to each other, over a stream socket.
 *
 *   server -> worker   START (a transaction), ANSWER (to ASK and SETTLE)
 *   worker -> server   ASK, POST, SETTLE (as of cc_port), LAST (the transaction's end)
 *
 * The worker may have been overwritten by a bug in its contract: what it says is checked as
 * what comes from a network is.
 */
#ifndef CC_PROCESS_PIPE_H
#define CC_PROCESS_PIPE_H

#include "base/buffer.h"

typedef enum cc_frame_kind {
    CC_FRAME_START = 1,
    CC_FRAME_ANSWER,
    CC_FRAME_ASK,
    CC_FRAME_POST,
    CC_FRAME_SETTLE,
    CC_FRAME_LAST
} cc_frame_kind;

typedef struct cc_frame {
    int32_t kind;
    int32_t code;     /* a cc_type, or a heddle_status whose text is the body */
    heddle_view body; /* valid until the next read */
} cc_frame;

enum { CC_FRAME_MAX = 128 * 1024 * 1024 }; /* of a body: more than any message */

/** One end; for one thread at a time. */
typedef struct cc_pipe {
    int fd;
    base_buffer in;
    size_t in_at; /* what was read and given out */
    base_buffer out;
} cc_pipe;

void cc_pipe_init(cc_pipe *pipe, int fd); /* takes the descriptor */
void cc_pipe_done(cc_pipe *pipe);         /* closes it */

/** Give back the memory that large frames took. */
void cc_pipe_trim(cc_pipe *pipe);

/* @p until_ms is of base_now_ms(); UINT64_MAX: no end. E_END: the other side is gone;
 * E_TIMED_OUT; E_DECODE: it sent nonsense. */

/** Say it; it may wait in memory until there is more. */
HEDDLE_MUST_USE heddle_status cc_pipe_put(cc_pipe *pipe, cc_frame_kind kind, int32_t code,
                                          heddle_view body, uint64_t until_ms, heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_pipe_flush(cc_pipe *pipe, uint64_t until_ms, heddle_error *err);
HEDDLE_MUST_USE heddle_status cc_pipe_read(cc_pipe *pipe, uint64_t until_ms, cc_frame *out,
                                           heddle_error *err);

/** Whether the other side is there and has said nothing that was not read. */
bool cc_pipe_is_quiet(const cc_pipe *pipe);

#endif
