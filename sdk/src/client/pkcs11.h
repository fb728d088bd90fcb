/* Tokens, for the layers that make keys in them. */
#ifndef CLIENT_PKCS11_H
#define CLIENT_PKCS11_H

#include "crypto/token.h"
#include "heddle/pkcs11.h"

/** The token behind the public handle; borrowed. */
crypto_token *client_pkcs11_token(heddle_pkcs11 *token);

/** An identity that signs with @p key, which is referenced and must be that of the certificate. */
HEDDLE_MUST_USE heddle_status client_pkcs11_identity(const char *mspid, heddle_view cert_pem,
                                                     crypto_token_key *key, heddle_identity **out,
                                                     heddle_error *err);

#endif
