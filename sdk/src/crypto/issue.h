/* Issuing certificates and certificate requests. */
#ifndef CRYPTO_ISSUE_H
#define CRYPTO_ISSUE_H

#include "crypto/cert.h"

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
    const char *const *sans;       /* DNS names and IP addresses, told apart by their form */
    size_t san_count;
    unsigned key_usage; /* CRYPTO_USAGE_… */
    bool is_ca;
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

/**
 * A PEM revocation list of @p issuer naming the serial numbers of @p revoked, appended to
 * @p out; it is valid from @p this_update_s for ten years (0: from now).
 */
HEDDLE_MUST_USE heddle_status crypto_issue_crl(const crypto_cert *issuer,
                                               const crypto_key *issuer_key,
                                               const crypto_cert *const *revoked, size_t count,
                                               int64_t this_update_s, base_buffer *out,
                                               heddle_error *err);

#endif
