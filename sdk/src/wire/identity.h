/* msp.SerializedIdentity: an MSP's name and a certificate. */
#ifndef WIRE_IDENTITY_H
#define WIRE_IDENTITY_H

#include "base/arena.h"
#include "base/buffer.h"

/** Borrows the bytes it was read from. */
typedef struct wire_identity {
    heddle_view mspid;
    heddle_view cert; /* id_bytes: a certificate in PEM */
} wire_identity;

/** E_DECODE if @p bytes is none or has no MSP id. */
HEDDLE_MUST_USE heddle_status wire_identity_read(heddle_view bytes, wire_identity *out,
                                                 heddle_error *err);

/** The bytes of a SerializedIdentity, appended to @p out. */
HEDDLE_MUST_USE heddle_status wire_identity_write(heddle_view mspid, heddle_view cert_pem,
                                                  base_buffer *out);

#endif
