/* The key of a certificate to be: in memory, in a token, or behind the signer of an identity. */
#ifndef CA_KEY_H
#define CA_KEY_H

#include "crypto/issue.h"
#include "crypto/token.h"
#include "heddle/ca.h"

/** One of the three is not NULL. */
typedef struct ca_key {
    crypto_key *key;
    crypto_token_key *token_key;
    heddle_identity *holder;
    bool is_made_in_token;
} ca_key;

/** What @p csr asks for; @p id labels a key in a token that has no label. */
HEDDLE_MUST_USE heddle_status ca_key_make(const heddle_csr *csr, const char *id, ca_key *out,
                                          heddle_error *err);
/** The key that @p identity has. */
void ca_key_of(heddle_identity *identity, ca_key *out);
void ca_key_done(ca_key *key);
/** Before ca_key_done(): nobody will need it. */
void ca_key_discard(const ca_key *key);
#define ca_auto_key __attribute__((cleanup(ca_key_done)))

crypto_public_key *ca_key_public(const ca_key *key);

/** The certificate request in PEM, to the end of @p out. */
HEDDLE_MUST_USE heddle_status ca_key_request(const ca_key *key, const crypto_cert_spec *spec,
                                             base_buffer *out, heddle_error *err);

#endif
