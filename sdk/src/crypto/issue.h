/* Issuing certificates and certificate requests. */
#ifndef CRYPTO_ISSUE_H
#define CRYPTO_ISSUE_H

#include "crypto/cert.h"
#include "crypto/request.h"

/**
 * What a certificate shall say. Everything is borrowed. Zero fields are left out; a zero
 * not_before_s means five minutes ago, a zero not_after_s ten years after that. The serial
 * number is random, SKI and AKI are set always.
 */
typedef struct crypto_cert_spec {
    const char *country;
    const char *province;
    const char *locality;
    const char *organization;
    const char *organizational_unit;
    const char *common_name;
    const crypto_cert *subject_of; /* in place of the six above: the subject of this one, without
                                      its organizational units */
    const crypto_request *subject_of_request; /* the same of a request */
    const char *const *units;                 /* organizational units in one part of the name */
    size_t unit_count;
    const char *const *sans; /* DNS names, IP addresses, mail addresses ("a@b"), URIs ("a://b") */
    size_t san_count;
    unsigned key_usage; /* CRYPTO_USAGE_… */
    bool is_ca;
    bool is_last_ca;        /* with is_ca: no CA may be below it */
    heddle_view attributes; /* of Fabric's access control, JSON; extension 1.2.3.4.5.6.7.8.1 */
    int64_t not_before_s;
    int64_t not_after_s;
} crypto_cert_spec;

/** A certificate that says @p spec of @p key, signed by its own key. */
HEDDLE_MUST_USE heddle_status crypto_issue_self_signed(const crypto_cert_spec *spec,
                                                       crypto_key *key, crypto_cert **out,
                                                       heddle_error *err);

/** The same of @p subject_key, signed by @p issuer_key, whose certificate is @p issuer. */
HEDDLE_MUST_USE heddle_status crypto_issue(const crypto_cert_spec *spec,
                                           const crypto_public_key *subject_key,
                                           const crypto_cert *issuer, const crypto_key *issuer_key,
                                           crypto_cert **out, heddle_error *err);

/** A PKCS#10 request in PEM, appended to @p out: subject, sans and a proof of @p key. */
HEDDLE_MUST_USE heddle_status crypto_request_pem(const crypto_cert_spec *spec,
                                                 const crypto_key *key, base_buffer *out,
                                                 heddle_error *err);

/** Signs @p message by way of SHA-256, or, of an Ed25519 key, the message itself. */
typedef heddle_status crypto_request_sign_fn(heddle_view message, crypto_signature *out, void *user,
                                             heddle_error *err);

/** The same of a key that is elsewhere. E_CRYPTO if @p sign gives no signature of @p key. */
HEDDLE_MUST_USE heddle_status crypto_request_signed_pem(const crypto_cert_spec *spec,
                                                        const crypto_public_key *key,
                                                        crypto_request_sign_fn *sign, void *user,
                                                        base_buffer *out, heddle_error *err);

/** A certificate that is no longer good. */
typedef struct crypto_revoked {
    const crypto_cert *cert;
    int64_t since_s; /* 0: the list's own date */
} crypto_revoked;

/** Everything borrowed. */
typedef struct crypto_crl_spec {
    const crypto_revoked *revoked;
    size_t count;
    int64_t this_update_s; /* 0: now */
    int64_t next_update_s; /* 0: ten years after that */
} crypto_crl_spec;

/** A PEM revocation list of @p issuer, appended to @p out. */
HEDDLE_MUST_USE heddle_status crypto_issue_crl(const crypto_cert *issuer,
                                               const crypto_key *issuer_key,
                                               const crypto_crl_spec *spec, base_buffer *out,
                                               heddle_error *err);

#endif
