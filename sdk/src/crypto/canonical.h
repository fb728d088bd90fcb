/*
 * The form in which Fabric's MSP compares certificates: an ECDSA signature on them is
 * brought to low-S first, so that both signatures that verify mean one certificate.
 */
#ifndef CRYPTO_CANONICAL_H
#define CRYPTO_CANONICAL_H

#include "base/buffer.h"
#include "crypto/cert.h"

/** The DER of @p cert with the lower S, appended to @p out. @p issuer_kind is the kind of
 *  the key that signed it; the DER stays as it is if that makes no ECDSA signatures. */
HEDDLE_MUST_USE heddle_status crypto_canonical_der(const crypto_cert *cert,
                                                   crypto_key_kind issuer_kind, base_buffer *out,
                                                   heddle_error *err);

#endif
