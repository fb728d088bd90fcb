/*
 * The client of a Fabric CA: enrolling, renewing and revoking certificates, and the CA's
 * identities and affiliations. Idemix credentials are not part of it.
 *
 *   heddle_ca_open(&options, &ca, err);
 *   heddle_ca_enroll(ca, &enroll, &enrollment, err);
 *   heddle_enrollment_to_wallet(enrollment, "Org1MSP", wallet, "alice", err);
 *
 * What a registrar or an administrator does takes the identity that asks as second argument:
 * its certificate and one signature make the authorisation token of the request. The identity
 * may be of any kind, also one whose key is in a token or behind a signer of your own.
 *
 * A request that the CA refuses is HEDDLE_E_DENIED, HEDDLE_E_NOT_FOUND, HEDDLE_E_EXISTS or
 * HEDDLE_E_REFUSED, with the CA's own code in err->ca_code and its words in err->message.
 * HEDDLE_E_UNAVAILABLE and HEDDLE_E_TIMED_OUT: there was no answer; err->retry is
 * HEDDLE_RETRY_SAFE where nothing can have happened or asking twice does no harm. Passwords and
 * keys are in no message.
 *
 * Blocking: functions that take a heddle_ca wait for the network, at most the options'
 *     timeout_ms; those that take a token or an identity also for its signatures; those that
 *     take a wallet or a folder for the disk.
 * Threads: any, at once. Requests of one heddle_ca go one after the other over one connection;
 *     open several for requests side by side.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close. Texts in results are never NULL, and live as the result.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_CA_H
#define HEDDLE_CA_H

#include <stdbool.h>

#include "heddle/gateway.h"
#include "heddle/identity.h"
#include "heddle/pkcs11.h"
#include "heddle/wallet.h"

HEDDLE_BEGIN_DECLS

/** A CA of a Fabric CA server, and the connection to it. */
typedef struct heddle_ca heddle_ca;

/** Start with HEDDLE_CA_OPTIONS; what is 0 or NULL has the default. Everything is copied. */
typedef struct heddle_ca_options {
    size_t size;
    const char *url;             /* "https://ca.example.com:7054"; required */
    const char *ca_name;         /* one of several CAs of the server; default: its first */
    heddle_view tls_roots_pem;   /* who may have issued the server's certificate: these, … */
    const char *tls_roots_file;  /* … or those in this file; required for https, unless … */
    bool skip_verification;      /* … any certificate will do, and http:// too: passwords go to
                                    whoever answers. For tests */
    const char *name_override;   /* the name in the server's certificate; default: the URL's */
    heddle_view client_cert_pem; /* for mutual TLS */
    heddle_view client_key_pem;  /* the copy is overwritten at the end */
    uint32_t timeout_ms;         /* of each request; default 30000 */
    bool use_proxy;              /* honour https_proxy and its kin */
} heddle_ca_options;

#ifdef __cplusplus
static inline heddle_ca_options heddle_ca_options_init(void)
{
    heddle_ca_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_CA_OPTIONS heddle_ca_options_init()
#else
#define HEDDLE_CA_OPTIONS                                                                          \
    {                                                                                              \
        .size = sizeof(heddle_ca_options)                                                          \
    }
#endif

/**
 * Does not touch the network. HEDDLE_E_BAD_ARGUMENT names what is wrong with the URL or the
 * TLS material.
 *
 * @param out  yours to heddle_ca_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_open(const heddle_ca_options *options,
                                                        heddle_ca **out, heddle_error *err);
/** No request may be under way. NULL is fine. */
HEDDLE_API void heddle_ca_close(heddle_ca *ca);

/** What a CA says of itself. */
typedef struct heddle_ca_info heddle_ca_info;

/** Ask for it; everybody may. @p out is yours to heddle_ca_info_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_get_info(heddle_ca *ca, heddle_ca_info **out,
                                                            heddle_error *err);
/** The name of the CA. */
HEDDLE_API const char *heddle_ca_info_name(const heddle_ca_info *info);
/** The release of the server; "" if it does not say. */
HEDDLE_API const char *heddle_ca_info_version(const heddle_ca_info *info);
/** The CA's certificate and those above it, in PEM. */
HEDDLE_API heddle_view heddle_ca_info_chain_pem(const heddle_ca_info *info);
/** The server's clock when it answered, in seconds of Unix time; 0 if it does not say. */
HEDDLE_API int64_t heddle_ca_info_time_s(const heddle_ca_info *info);
/** When the server's own TLS certificate expires, in seconds of Unix time; 0 without TLS. */
HEDDLE_API int64_t heddle_ca_info_tls_expiry_s(const heddle_ca_info *info);
HEDDLE_API void heddle_ca_info_free(heddle_ca_info *info); /* NULL is fine */

/* Certificates. */

/** An attribute to put into the certificate. */
typedef struct heddle_attribute_request {
    const char *name;
    bool optional; /* the identity need not have it */
} heddle_attribute_request;

/** The kind of a new key. The numbers are part of the ABI. */
typedef enum heddle_key_kind { HEDDLE_KEY_P256, HEDDLE_KEY_P384 } heddle_key_kind;

/**
 * What the certificate shall say, and of which key; start with HEDDLE_CSR. The CA replaces
 * organisational units by the identity's type and affiliation. A new key is made unless one
 * of `key_pem` and `token_key_id` is given.
 */
typedef struct heddle_csr {
    size_t size;
    const char *common_name; /* a Fabric CA takes only the id of the identity: the default */
    const char *country;     /* two letters */
    const char *province;
    const char *locality;
    const char *organization;
    const char *organizational_unit;
    const char *const *hosts; /* DNS names and IP addresses */
    size_t host_count;
    heddle_key_kind key_kind;    /* of a new key */
    heddle_view key_pem;         /* the private key to use */
    heddle_pkcs11 *token;        /* the key is made in this token and never leaves it */
    const char *token_key_label; /* CKA_LABEL of the key made in the token; default: the id */
    heddle_view token_key_id;    /* CKA_ID of the key of the token to use */
} heddle_csr;

#ifdef __cplusplus
static inline heddle_csr heddle_csr_init(void)
{
    heddle_csr options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_CSR heddle_csr_init()
#else
#define HEDDLE_CSR                                                                                 \
    {                                                                                              \
        .size = sizeof(heddle_csr)                                                                 \
    }
#endif

/** The certificate that a CA issued, its key and the CA's chain. Immutable; any thread. */
typedef struct heddle_enrollment heddle_enrollment;

/** Start with HEDDLE_ENROLL_OPTIONS. */
typedef struct heddle_enroll_options {
    size_t size;
    const char *id;      /* required */
    const char *secret;  /* the password of the registration; required */
    const char *profile; /* "" or NULL: a certificate to sign with; "tls"; or another of the CA's */
    const char *label;   /* of the key in the CA's own HSM; seldom needed */
    const heddle_attribute_request *attributes; /* none: those registered with `ecert` */
    size_t attribute_count;
    const heddle_csr *csr; /* NULL: a new P-256 key and no more than the id */
} heddle_enroll_options;

#ifdef __cplusplus
static inline heddle_enroll_options heddle_enroll_options_init(void)
{
    heddle_enroll_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_ENROLL_OPTIONS heddle_enroll_options_init()
#else
#define HEDDLE_ENROLL_OPTIONS                                                                      \
    {                                                                                              \
        .size = sizeof(heddle_enroll_options)                                                      \
    }
#endif

/**
 * Get a certificate for an id and its password. A key made in a token is removed from it again
 * if the CA refuses.
 *
 * HEDDLE_E_DENIED        wrong id or password, no enrolments left, or revoked: the CA does not
 *                        tell which
 * HEDDLE_E_BAD_IDENTITY  the server's TLS certificate is not to be trusted, or the certificate
 *                        that came is not of the key it was asked for
 *
 * @param out  yours to heddle_enrollment_free()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_enroll(heddle_ca *ca,
                                                          const heddle_enroll_options *options,
                                                          heddle_enrollment **out,
                                                          heddle_error *err);

/** Start with HEDDLE_REENROLL_OPTIONS. */
typedef struct heddle_reenroll_options {
    size_t size;
    bool same_key;       /* the certificate will be of the identity's present key, wherever
                            that is; the request is signed by the identity */
    const char *profile; /* as for enrolling, and so are … */
    const char *label;
    const heddle_attribute_request *attributes;
    size_t attribute_count; /* … these */
    const heddle_csr *csr;  /* NULL: subject, hosts and kind of key as in the certificate; its
                               key members must be empty with same_key */
    bool same_names;        /* subject and hosts as in the certificate also with a CSR, which
                               then only says of which key */
} heddle_reenroll_options;

#ifdef __cplusplus
static inline heddle_reenroll_options heddle_reenroll_options_init(void)
{
    heddle_reenroll_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_REENROLL_OPTIONS heddle_reenroll_options_init()
#else
#define HEDDLE_REENROLL_OPTIONS                                                                    \
    {                                                                                              \
        .size = sizeof(heddle_reenroll_options)                                                    \
    }
#endif

/**
 * Get a new certificate for the holder of a valid one. HEDDLE_E_BAD_ARGUMENT if a new key is
 * asked for, without a CSR that says where it is to be, and the present one is in a token or
 * behind a signer: it would come to lie in memory.
 *
 * HEDDLE_E_DENIED  the certificate has expired, was revoked, or is not of this CA
 *
 * @param options  NULL: a new key of the kind of the present one
 * @param out      yours to heddle_enrollment_free()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_reenroll(heddle_ca *ca,
                                                            heddle_identity *identity,
                                                            const heddle_reenroll_options *options,
                                                            heddle_enrollment **out,
                                                            heddle_error *err);

/** The certificate in PEM. */
HEDDLE_API heddle_view heddle_enrollment_cert_pem(const heddle_enrollment *enrollment);
/** The private key in PEM, PKCS#8; empty if it is in a token or behind a signer. Overwritten
 *  when the enrolment goes. */
HEDDLE_API heddle_view heddle_enrollment_key_pem(const heddle_enrollment *enrollment);
/** The CA's certificate and those above it, in PEM. */
HEDDLE_API heddle_view heddle_enrollment_chain_pem(const heddle_enrollment *enrollment);
/** The name of the CA. */
HEDDLE_API const char *heddle_enrollment_ca_name(const heddle_enrollment *enrollment);
HEDDLE_API void heddle_enrollment_free(heddle_enrollment *enrollment); /* NULL is fine */

/**
 * The identity to act with.
 *
 * @param mspid  copied
 * @param out    yours to heddle_identity_unref()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_enrollment_identity(const heddle_enrollment *enrollment, const char *mspid,
                           heddle_identity **out, heddle_error *err);

/** Keep it in @p wallet under @p label, in place of what there was: heddle_wallet_put(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status
heddle_enrollment_to_wallet(const heddle_enrollment *enrollment, const char *mspid,
                            heddle_wallet *wallet, const char *label, heddle_error *err);

/**
 * Write it as an MSP folder in the layout of fabric-ca-client, which peers, orderers and SDKs
 * read: `signcerts/cert.pem`, `keystore/…_sk` (0600; none if the key is in a token), the root
 * in `cacerts` and the CAs between in `intermediatecerts`; of a certificate of the profile
 * "tls" these go to `tlscacerts` and `tlsintermediatecerts`. Other files in the folder stay,
 * also the keys of earlier certificates; the folder is made (0755) if it is not there. A reader
 * finds at each time a certificate with its key: the old one, or the new one.
 *
 * @param node_ous  write `config.yaml` too, by which the roles client, peer, admin and orderer
 *                  are those that the CA puts into certificates
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_enrollment_to_msp(
    const heddle_enrollment *enrollment, const char *dir, bool node_ous, heddle_error *err);

/* Identities of the CA. */

/** An attribute of an identity. */
typedef struct heddle_attribute {
    const char *name;
    const char *value;
    bool ecert; /* goes into certificates unasked */
} heddle_attribute;

/** max_enrollments: as often as one likes; 0 is the default of the CA. */
enum { HEDDLE_ENROLLMENTS_UNLIMITED = -1 };

/** A new identity; start with HEDDLE_REGISTRATION. */
typedef struct heddle_registration {
    size_t size;
    const char *id;          /* required */
    const char *type;        /* "client", "peer", "orderer", "admin", …; default "client" */
    const char *secret;      /* default: the CA makes one up */
    int max_enrollments;     /* how often the secret may be used; 0: the CA's default */
    const char *affiliation; /* "org1.department1", "." for the top; default: the registrar's */
    const heddle_attribute *attributes;
    size_t attribute_count;
} heddle_registration;

#ifdef __cplusplus
static inline heddle_registration heddle_registration_init(void)
{
    heddle_registration options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_REGISTRATION heddle_registration_init()
#else
#define HEDDLE_REGISTRATION                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_registration)                                                        \
    }
#endif

/** A text that is overwritten before it goes: a password. */
typedef struct heddle_secret heddle_secret;
/** The text; lives as @p secret. */
HEDDLE_API const char *heddle_secret_text(const heddle_secret *secret);
HEDDLE_API void heddle_secret_free(heddle_secret *secret); /* NULL is fine */

/**
 * Make an identity known to the CA, so that it can enrol.
 *
 * HEDDLE_E_EXISTS  the id is taken
 * HEDDLE_E_DENIED  @p registrar may not register such an identity
 *
 * @param out  the password to enrol with; yours to heddle_secret_free(); may be NULL
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_register(heddle_ca *ca,
                                                            heddle_identity *registrar,
                                                            const heddle_registration *registration,
                                                            heddle_secret **out, heddle_error *err);

/** An identity as the CA knows it. */
typedef struct heddle_ca_identity {
    const char *id;
    const char *type;
    const char *affiliation;
    int max_enrollments;
    const heddle_attribute *attributes;
    size_t attribute_count;
} heddle_ca_identity;

/** Identities in the order of the CA. */
typedef struct heddle_ca_identities heddle_ca_identities;
/** How many there are. */
HEDDLE_API size_t heddle_ca_identities_count(const heddle_ca_identities *identities);
/** One of them, from 0; NULL past the end; lives as @p identities. */
HEDDLE_API const heddle_ca_identity *heddle_ca_identities_at(const heddle_ca_identities *identities,
                                                             size_t index);
HEDDLE_API void heddle_ca_identities_free(heddle_ca_identities *identities); /* NULL is fine */

/** The identities that @p admin may see; @p out is yours to heddle_ca_identities_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_list_identities(heddle_ca *ca,
                                                                   heddle_identity *admin,
                                                                   heddle_ca_identities **out,
                                                                   heddle_error *err);

/** One identity, as a list of one. HEDDLE_E_NOT_FOUND: there is none of that id. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_get_identity(heddle_ca *ca,
                                                                heddle_identity *admin,
                                                                const char *id,
                                                                heddle_ca_identities **out,
                                                                heddle_error *err);

/** What to change of an identity; start with HEDDLE_IDENTITY_CHANGE. NULL and 0 leave it. */
typedef struct heddle_identity_change {
    size_t size;
    const char *type;
    const char *affiliation; /* "." is the top */
    const char *secret;
    int max_enrollments;                /* … or HEDDLE_ENROLLMENTS_UNLIMITED; -2: none any more */
    const heddle_attribute *attributes; /* added, or put in place of those of the same name;
                                           one with the value "" is removed */
    size_t attribute_count;
} heddle_identity_change;

#ifdef __cplusplus
static inline heddle_identity_change heddle_identity_change_init(void)
{
    heddle_identity_change options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_IDENTITY_CHANGE heddle_identity_change_init()
#else
#define HEDDLE_IDENTITY_CHANGE                                                                     \
    {                                                                                              \
        .size = sizeof(heddle_identity_change)                                                     \
    }
#endif

/** Change an identity. @p out gets it as it is now, as a list of one; may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_modify_identity(
    heddle_ca *ca, heddle_identity *admin, const char *id, const heddle_identity_change *change,
    heddle_ca_identities **out, heddle_error *err);

/** Remove an identity and revoke its certificates; the server must allow that. @p force: also
 *  when @p admin removes itself. @p out gets it as it was, as a list of one; may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_remove_identity(heddle_ca *ca,
                                                                   heddle_identity *admin,
                                                                   const char *id, bool force,
                                                                   heddle_ca_identities **out,
                                                                   heddle_error *err);

/* Revocation. */

/** What to revoke: an identity with all its certificates, or one certificate by its serial
 *  number and the key identifier of its issuer. Start with HEDDLE_REVOCATION. */
typedef struct heddle_revocation {
    size_t size;
    const char *id;     /* nothing else of this identity, or … */
    const char *serial; /* … hexadecimal, and */
    const char *aki;    /* hexadecimal */
    const char *reason; /* "keycompromise", "cacompromise", "affiliationchange", "superseded",
                           "cessationofoperation", "certificatehold", "removefromcrl",
                           "privilegewithdrawn", "aacompromise"; default: unspecified */
    bool make_crl;      /* give the revocation list too */
} heddle_revocation;

#ifdef __cplusplus
static inline heddle_revocation heddle_revocation_init(void)
{
    heddle_revocation options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_REVOCATION heddle_revocation_init()
#else
#define HEDDLE_REVOCATION                                                                          \
    {                                                                                              \
        .size = sizeof(heddle_revocation)                                                          \
    }
#endif

/** A certificate by its numbers, hexadecimal as the CA writes them: without leading zeros. */
typedef struct heddle_revoked {
    const char *serial;
    const char *aki;
} heddle_revoked;

/** What was revoked. */
typedef struct heddle_revocation_result heddle_revocation_result;
/** How many certificates. */
HEDDLE_API size_t heddle_revocation_result_count(const heddle_revocation_result *result);
/** One of them, from 0; NULL past the end; lives as @p result. */
HEDDLE_API const heddle_revoked *heddle_revocation_result_at(const heddle_revocation_result *result,
                                                             size_t index);
/** The revocation list in PEM; empty if none was asked for. */
HEDDLE_API heddle_view heddle_revocation_result_crl_pem(const heddle_revocation_result *result);
HEDDLE_API void heddle_revocation_result_free(heddle_revocation_result *result); /* NULL is fine */

/** Revoke. HEDDLE_E_NOT_FOUND: no such identity or certificate. @p out is yours to
 *  heddle_revocation_result_free(); may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_revoke(heddle_ca *ca, heddle_identity *admin,
                                                          const heddle_revocation *revocation,
                                                          heddle_revocation_result **out,
                                                          heddle_error *err);

/** Which certificates go on a list, in Unix time; 0: no bound. Start with HEDDLE_CRL_OPTIONS. */
typedef struct heddle_crl_options {
    size_t size;
    int64_t revoked_after_s;
    int64_t revoked_before_s;
    int64_t expires_after_s; /* 0: now, so that expired ones are left out */
    int64_t expires_before_s;
} heddle_crl_options;

#ifdef __cplusplus
static inline heddle_crl_options heddle_crl_options_init(void)
{
    heddle_crl_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_CRL_OPTIONS heddle_crl_options_init()
#else
#define HEDDLE_CRL_OPTIONS                                                                         \
    {                                                                                              \
        .size = sizeof(heddle_crl_options)                                                         \
    }
#endif

/** The revocation list in PEM, as bytes: heddle_bytes_done(). @p options may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_make_crl(heddle_ca *ca, heddle_identity *admin,
                                                            const heddle_crl_options *options,
                                                            heddle_bytes *out, heddle_error *err);

/* Affiliations. */

/** An affiliation, or an identity that a change of affiliations touched. Affiliations have
 *  full names, "org1.department1", and come before those below them. */
typedef struct heddle_ca_affiliations heddle_ca_affiliations;
/** How many affiliations. */
HEDDLE_API size_t heddle_ca_affiliations_count(const heddle_ca_affiliations *affiliations);
/** The name of one, from 0; NULL past the end; lives as @p affiliations. */
HEDDLE_API const char *heddle_ca_affiliations_at(const heddle_ca_affiliations *affiliations,
                                                 size_t index);
/** How many identities were moved or removed with them; 0 unless something was changed. */
HEDDLE_API size_t heddle_ca_affiliations_identity_count(const heddle_ca_affiliations *affiliations);
/** The id of one of these, from 0; NULL past the end; lives as @p affiliations. */
HEDDLE_API const char *
heddle_ca_affiliations_identity_at(const heddle_ca_affiliations *affiliations, size_t index);
HEDDLE_API void heddle_ca_affiliations_free(heddle_ca_affiliations *affiliations); /* NULL: fine */

/** All that @p admin may see; @p out is yours to heddle_ca_affiliations_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_list_affiliations(heddle_ca *ca,
                                                                     heddle_identity *admin,
                                                                     heddle_ca_affiliations **out,
                                                                     heddle_error *err);
/** One and those below it. HEDDLE_E_NOT_FOUND: there is none of that name. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_get_affiliation(heddle_ca *ca,
                                                                   heddle_identity *admin,
                                                                   const char *name,
                                                                   heddle_ca_affiliations **out,
                                                                   heddle_error *err);
/** Add one. @p force: also those above it that are missing. HEDDLE_E_EXISTS: it is there. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_add_affiliation(heddle_ca *ca,
                                                                   heddle_identity *admin,
                                                                   const char *name, bool force,
                                                                   heddle_error *err);
/** Rename one and those below it. @p force: also when identities are in them, which move along;
 *  their certificates still have the old name. @p out may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_modify_affiliation(
    heddle_ca *ca, heddle_identity *admin, const char *name, const char *new_name, bool force,
    heddle_ca_affiliations **out, heddle_error *err);
/** Remove one; the server must allow that. @p force: also those below it, and the identities
 *  in them, whose certificates are revoked. @p out may be NULL. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_remove_affiliation(heddle_ca *ca,
                                                                      heddle_identity *admin,
                                                                      const char *name, bool force,
                                                                      heddle_ca_affiliations **out,
                                                                      heddle_error *err);

/* Certificates that the CA issued. */

/** Which ones; start with HEDDLE_CERTIFICATE_FILTER. Times are Unix time, 0: no bound. */
typedef struct heddle_certificate_filter {
    size_t size;
    const char *id;
    const char *serial; /* hexadecimal */
    const char *aki;    /* hexadecimal */
    int64_t revoked_from_s;
    int64_t revoked_to_s;
    int64_t expires_from_s;
    int64_t expires_to_s;
    bool not_revoked;
    bool not_expired;
} heddle_certificate_filter;

#ifdef __cplusplus
static inline heddle_certificate_filter heddle_certificate_filter_init(void)
{
    heddle_certificate_filter options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_CERTIFICATE_FILTER heddle_certificate_filter_init()
#else
#define HEDDLE_CERTIFICATE_FILTER                                                                  \
    {                                                                                              \
        .size = sizeof(heddle_certificate_filter)                                                  \
    }
#endif

/** Certificates in PEM. */
typedef struct heddle_certificates heddle_certificates;
/** How many there are. */
HEDDLE_API size_t heddle_certificates_count(const heddle_certificates *certificates);
/** One of them, from 0; empty past the end; lives as @p certificates. */
HEDDLE_API heddle_view heddle_certificates_at(const heddle_certificates *certificates,
                                              size_t index);
HEDDLE_API void heddle_certificates_free(heddle_certificates *certificates); /* NULL is fine */

/** Those that @p admin may see. @p filter may be NULL; @p out is yours to
 *  heddle_certificates_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_ca_list_certificates(
    heddle_ca *ca, heddle_identity *admin, const heddle_certificate_filter *filter,
    heddle_certificates **out, heddle_error *err);

HEDDLE_END_DECLS

#endif
