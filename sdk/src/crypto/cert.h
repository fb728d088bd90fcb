/*
 * X.509 certificates, parsed once. A certificate is immutable and counted; any thread may
 * use it. Strings and views that it gives live as long as the certificate.
 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "crypto/key.h"

typedef struct crypto_cert crypto_cert;

enum {
    CRYPTO_CERT_MAX_BYTES = 64 * 1024, /* of one certificate, PEM or DER */
    CRYPTO_CERT_MAX_COUNT = 256        /* in one PEM text */
};

/** Bits of crypto_cert_key_usage(). */
enum {
    CRYPTO_USAGE_DIGITAL_SIGNATURE = 1,
    CRYPTO_USAGE_KEY_ENCIPHERMENT = 2,
    CRYPTO_USAGE_CERT_SIGN = 4,
    CRYPTO_USAGE_CRL_SIGN = 8,
    CRYPTO_USAGE_SERVER_AUTH = 16, /* extended */
    CRYPTO_USAGE_CLIENT_AUTH = 32, /* extended */
    CRYPTO_USAGE_KEY_AGREEMENT = 64
};

/** One certificate, PEM (the first one in it) or DER. */
HEDDLE_MUST_USE heddle_status crypto_cert_parse(heddle_view pem_or_der, crypto_cert **out,
                                                heddle_error *err);
HEDDLE_MUST_USE heddle_status crypto_cert_load(const char *path, crypto_cert **out,
                                               heddle_error *err);
crypto_cert *crypto_cert_ref(crypto_cert *cert);
void crypto_cert_unref(crypto_cert *cert); /* NULL is fine */

/** A list of certificates, each with a reference of its own. Zero-initialised is empty. */
typedef struct crypto_certs {
    crypto_cert **items;
    size_t count;
} crypto_certs;

/** Every certificate of a PEM text, appended to @p out; at least one. */
HEDDLE_MUST_USE heddle_status crypto_certs_parse(heddle_view pem, crypto_certs *out,
                                                 heddle_error *err);
HEDDLE_MUST_USE heddle_status crypto_certs_add(crypto_certs *certs, crypto_cert *cert);
void crypto_certs_done(crypto_certs *certs);

heddle_view crypto_cert_der(const crypto_cert *cert);
/** PEM as written by this library; not necessarily the text that was parsed. */
heddle_view crypto_cert_pem(const crypto_cert *cert);
const uint8_t *crypto_cert_sha256(const crypto_cert *cert); /* 32 bytes, of the DER */

const char *crypto_cert_common_name(const crypto_cert *cert); /* the last; "" if none */
const char *crypto_cert_subject(const crypto_cert *cert);     /* "CN=x,OU=y,O=z", RFC 2253 */
const char *crypto_cert_issuer(const crypto_cert *cert);
/** The same as Go's pkix.Name writes it, appended: "CN=x,OU=y+OU=z,O=o,L=l,ST=s,C=c". What Go does
 *  not know is left out. E_DECODE for what Go would refuse. */
HEDDLE_MUST_USE heddle_status crypto_cert_subject_pkix(const crypto_cert *cert, base_buffer *out,
                                                       heddle_error *err);
HEDDLE_MUST_USE heddle_status crypto_cert_issuer_pkix(const crypto_cert *cert, base_buffer *out,
                                                      heddle_error *err);
size_t crypto_cert_ou_count(const crypto_cert *cert);
const char *crypto_cert_ou(const crypto_cert *cert, size_t index); /* NULL past the end */
heddle_view crypto_cert_serial(const crypto_cert *cert);           /* big-endian, no leading zero */
heddle_view crypto_cert_ski(const crypto_cert *cert);              /* empty when absent */
heddle_view crypto_cert_aki(const crypto_cert *cert);
int64_t crypto_cert_not_before_s(const crypto_cert *cert); /* Unix time */
int64_t crypto_cert_not_after_s(const crypto_cert *cert);
bool crypto_cert_is_ca(const crypto_cert *cert);
unsigned crypto_cert_key_usage(const crypto_cert *cert);
size_t crypto_cert_san_count(const crypto_cert *cert); /* DNS names and IP addresses */
const char *crypto_cert_san(const crypto_cert *cert, size_t index);
/** The value of an extension, by its object identifier ("1.2.3"); false if there is none. */
bool crypto_cert_extension(const crypto_cert *cert, const char *oid, heddle_view *out);
bool crypto_cert_equal(const crypto_cert *a, const crypto_cert *b);

crypto_public_key *crypto_cert_public_key(const crypto_cert *cert); /* borrowed */

/** crypto_verify() with the certificate's key; says nothing of the certificate's worth. */
HEDDLE_MUST_USE heddle_status crypto_cert_verify(const crypto_cert *cert, crypto_hash hash,
                                                 heddle_view message, heddle_view signature,
                                                 heddle_error *err);

/** E_BAD_IDENTITY if @p now_s is outside the validity; the message has the dates. */
HEDDLE_MUST_USE heddle_status crypto_cert_check_time(const crypto_cert *cert, int64_t now_s,
                                                     heddle_error *err);

BASE_AUTO_DEFINE(crypto_cert, crypto_cert *, crypto_cert_unref)
#define crypto_auto_certs __attribute__((cleanup(crypto_certs_done)))

#endif
