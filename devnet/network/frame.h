/*
 * common.Envelope as gRPC takes it apart before a service sees it: bytes that are none end
 * the call with INTERNAL, while what is inside an envelope is judged by the service.
 */
#ifndef DEVNET_FRAME_H
#define DEVNET_FRAME_H

#include "base/buffer.h"
#include "heddle/status.h"

typedef struct dn_frame {
    heddle_view payload;
    heddle_view signature;
} dn_frame;

/** E_DECODE with the text for the call's status. */
HEDDLE_MUST_USE heddle_status dn_frame_read(heddle_view bytes, dn_frame *out, heddle_error *err);

/** Append the one encoding that blocks hold: payload, signature, and not a byte more. A
 *  block's data hash does not say where an envelope ends, so no other encoding may enter. */
HEDDLE_MUST_USE heddle_status dn_frame_write(const dn_frame *frame, base_buffer *out);

#endif
