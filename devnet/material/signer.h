/* The signing side of a node's or a user's MSP folder. */
#ifndef DEVNET_SIGNER_H
#define DEVNET_SIGNER_H

#include "crypto/cert.h"

/** Immutable; any thread. */
typedef struct dn_signer dn_signer;

/** From signcerts/ (its first file) and keystore/priv_sk in @p msp_dir. */
HEDDLE_MUST_USE heddle_status dn_signer_load(const char *msp_dir, const char *msp_id,
                                             dn_signer **out, heddle_error *err);
void dn_signer_free(dn_signer *signer); /* NULL is fine */

/** The bytes of its SerializedIdentity; live as long as the signer. */
heddle_view dn_signer_identity(const dn_signer *signer);
const crypto_cert *dn_signer_cert(const dn_signer *signer);

/** Sign the @p count pieces, one after the other. */
HEDDLE_MUST_USE heddle_status dn_signer_sign(const dn_signer *signer, const heddle_view *parts,
                                             size_t count, crypto_signature *out,
                                             heddle_error *err);

BASE_AUTO_DEFINE(dn_signer, dn_signer *, dn_signer_free)

#endif
