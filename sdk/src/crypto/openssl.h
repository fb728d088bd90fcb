/* What the files of this layer share; the only header that knows OpenSSL's types. */
#ifndef CRYPTO_OPENSSL_H
#define CRYPTO_OPENSSL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/cert.h"
#include "crypto/request.h"

/** The fetched digest; NULL if OpenSSL's provider lacks it. */
const EVP_MD *crypto_md(crypto_hash hash);

/** Fill @p err with OpenSSL's own reason after the text, and empty OpenSSL's queue. */
heddle_status crypto_fail(heddle_error *err, heddle_status status, const char *fmt, ...)
    HEDDLE_PRINTF(3, 4);

/** A BIO that reads @p bytes (borrowed); NULL if memory is gone. */
BIO *crypto_bio_of(heddle_view bytes);
/** Append what was written to a memory BIO. */
HEDDLE_MUST_USE heddle_status crypto_bio_take(BIO *bio, base_buffer *out, heddle_error *err);

EVP_PKEY *crypto_key_pkey(const crypto_key *key);
EVP_PKEY *crypto_public_key_pkey(const crypto_public_key *key);
X509 *crypto_cert_x509(const crypto_cert *cert);
X509_REQ *crypto_request_x509(const crypto_request *request);

/** A public key around @p pkey, which is taken in each case. */
HEDDLE_MUST_USE heddle_status crypto_public_key_wrap(EVP_PKEY *pkey, crypto_public_key **out,
                                                     heddle_error *err);

/** A certificate around @p x509, which is taken in each case. */
HEDDLE_MUST_USE heddle_status crypto_cert_wrap(X509 *x509, crypto_cert **out, heddle_error *err);

BASE_AUTO_DEFINE(evp_pkey, EVP_PKEY *, EVP_PKEY_free)
BASE_AUTO_DEFINE(x509, X509 *, X509_free)
BASE_AUTO_DEFINE(bio, BIO *, BIO_free_all)

#endif
