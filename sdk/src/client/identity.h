/* What the calls need of an identity. */
#ifndef CLIENT_IDENTITY_H
#define CLIENT_IDENTITY_H

#include "crypto/key.h"
#include "heddle/identity.h"

/** The bytes of its msp.SerializedIdentity. */
heddle_view client_identity_creator(const heddle_identity *identity);

/** Sign @p message as Fabric wants it. E_BAD_STATE if the identity cannot sign. */
HEDDLE_MUST_USE heddle_status client_identity_sign(const heddle_identity *identity,
                                                   heddle_view message, crypto_signature *out,
                                                   heddle_error *err);

BASE_AUTO_DEFINE(heddle_identity, heddle_identity *, heddle_identity_unref)

#endif
