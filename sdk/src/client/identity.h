/* What the calls need of an identity. */
#ifndef CLIENT_IDENTITY_H
#define CLIENT_IDENTITY_H

#include "crypto/cert.h"
#include "crypto/key.h"
#include "heddle/identity.h"

/** A signer that lives inside the library. */
typedef struct client_signer {
    heddle_sign_fn *sign;
    bool signs_digests_only; /* of ECDSA; it cannot take a message */
    void *user;
    void (*release)(void *user); /* may be NULL */
} client_signer;

/** heddle_identity_with_signer(); @p signer is copied. On failure its user is not released. */
HEDDLE_MUST_USE heddle_status client_identity_new(const char *mspid, heddle_view cert_pem,
                                                  const client_signer *signer,
                                                  heddle_identity **out, heddle_error *err);

/**
 * What the identity is at this time: counted, and never replaced. Whoever reads more than one
 * thing of an identity holds it first.
 */
heddle_identity *client_identity_hold(const heddle_identity *identity);

const crypto_cert *client_identity_cert(const heddle_identity *identity);
/** NULL: the key is elsewhere. */
const crypto_key *client_identity_key(const heddle_identity *identity);

/** False: it has none. What @p out says belongs to the identity. */
bool client_identity_signer(const heddle_identity *identity, client_signer *out);

/** The bytes of its msp.SerializedIdentity. */
heddle_view client_identity_creator(const heddle_identity *identity);

/** False: its signatures are set from outside. */
bool client_identity_can_sign(const heddle_identity *identity);

/** Sign @p message by way of the identity's hash. E_BAD_STATE if the identity cannot sign. */
HEDDLE_MUST_USE heddle_status client_identity_sign(const heddle_identity *identity,
                                                   heddle_view message, crypto_signature *out,
                                                   heddle_error *err);

BASE_AUTO_DEFINE(heddle_identity, heddle_identity *, heddle_identity_unref)

#endif
