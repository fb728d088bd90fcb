/*
 * Who acts: an MSP's name, a certificate, and a way to sign.
 *
 * Blocking: on the network never; on files, and on a signer of your own, as long as they take.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_IDENTITY_H
#define HEDDLE_IDENTITY_H

#include "heddle/status.h"
#include "heddle/view.h"

HEDDLE_BEGIN_DECLS

/** Counted; any thread may use it, in any number of gateways. Immutable, unless it was made by
 *  heddle_identity_replaceable(). */
typedef struct heddle_identity heddle_identity;

/**
 * From an MSP folder as cryptogen and fabric-ca-client write it: the certificate in
 * `signcerts`, the private key in `keystore` (the one that belongs to the certificate, if
 * there are several). A key in PEM, ECDSA P-256 or P-384 or Ed25519.
 *
 * @param mspid  copied, e.g. "Org1MSP"
 * @param dir    borrowed
 * @param out    yours to heddle_identity_unref()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_from_msp(const char *mspid,
                                                                  const char *dir,
                                                                  heddle_identity **out,
                                                                  heddle_error *err);

/** From two PEM files. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_from_files(const char *mspid,
                                                                    const char *cert_path,
                                                                    const char *key_path,
                                                                    heddle_identity **out,
                                                                    heddle_error *err);

/** From PEM in memory; both are copied. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_from_pem(const char *mspid,
                                                                  heddle_view cert_pem,
                                                                  heddle_view key_pem,
                                                                  heddle_identity **out,
                                                                  heddle_error *err);

/**
 * What an ECDSA signature is made of: the digest of the message. Fabric's peers and orderers
 * verify SHA-256, or SHA3-256 where the MSP's configuration says SHA3, with keys on either
 * curve; the others are for networks whose nodes were changed to take them. The numbers are
 * part of the ABI.
 */
typedef enum heddle_hash {
    HEDDLE_HASH_SHA256,
    HEDDLE_HASH_SHA384,
    HEDDLE_HASH_SHA3_256,
    HEDDLE_HASH_SHA3_384,
    HEDDLE_HASH_NONE /* the message itself goes to the signer, which makes the digest */
} heddle_hash;

/** Room for any digest, and for any signature. */
enum { HEDDLE_DIGEST_MAX = 48, HEDDLE_SIGNATURE_MAX = 144 };

/**
 * Signs for an identity whose key is elsewhere. For ECDSA @p digest is the digest of the
 * message by the identity's hash, SHA-256 unless heddle_identity_with_hash() chose another;
 * with HEDDLE_HASH_NONE, and for Ed25519, it is the message itself. Write the signature (for ECDSA
 * in DER; it need not be low-S) to @p signature, which has room for HEDDLE_SIGNATURE_MAX bytes, and
 * its length to
 * @p signature_len. Any thread may call it, several at a time, and the library's own threads
 * do in asynchronous calls: it must not call a function of the library that waits. A result
 * other than HEDDLE_OK ends the operation with it; a text may go into err->message.
 */
typedef heddle_status heddle_sign_fn(heddle_view digest, uint8_t *signature, size_t *signature_len,
                                     void *user, heddle_error *err);

/**
 * From a certificate and a signer. @p user is handed to @p sign, and to @p release (may be
 * NULL) when the identity goes. @p sign NULL: an identity that cannot sign, for offline
 * signing; then only calls whose signature was set succeed.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_with_signer(
    const char *mspid, heddle_view cert_pem, heddle_sign_fn *sign, void *user,
    void (*release)(void *user), heddle_identity **out, heddle_error *err);

HEDDLE_API heddle_identity *heddle_identity_ref(heddle_identity *identity);
HEDDLE_API void heddle_identity_unref(heddle_identity *identity); /* NULL is fine */

/**
 * The same member, whose signatures are made of @p hash. A light new object that shares
 * certificate and key with @p identity, which stays as it is. E_BAD_ARGUMENT for
 * HEDDLE_HASH_NONE when the key is in the library's hands or in a token, and ECDSA: these
 * sign digests. Ed25519 always signs the message; there @p hash changes nothing.
 *
 * @param out  yours to heddle_identity_unref()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_with_hash(heddle_identity *identity,
                                                                   heddle_hash hash,
                                                                   heddle_identity **out,
                                                                   heddle_error *err);

/**
 * An identity that another one can take the place of while it is in use: what was made with it,
 * contracts, ledgers, streams of events and blocks, networks, acts as the new one from the next
 * call or attempt on; calls under way end as what they began. @p first is referenced. The hash
 * goes with each identity; heddle_identity_with_hash() gives one that is not replaced.
 *
 * @param out  yours to heddle_identity_unref()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_replaceable(heddle_identity *first,
                                                                     heddle_identity **out,
                                                                     heddle_error *err);

/**
 * Put @p next, which is referenced, in the place of what @p identity is. HEDDLE_E_BAD_ARGUMENT:
 * @p identity is not replaceable, or @p next is of another MSP; then nothing changes.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_replace(heddle_identity *identity,
                                                                 heddle_identity *next,
                                                                 heddle_error *err);

/** What @p identity is at this time, immutable; yours to heddle_identity_unref(). Cannot fail. */
HEDDLE_API heddle_identity *heddle_identity_now(heddle_identity *identity);

/** The hash its signatures are made of; HEDDLE_HASH_NONE for Ed25519. */
HEDDLE_API heddle_hash heddle_identity_hash(const heddle_identity *identity);

/** The id of its MSP; lives as the identity, that of a replaceable one until it is replaced. */
HEDDLE_API const char *heddle_identity_mspid(const heddle_identity *identity);
/** Its certificate in PEM; lives as the identity, that of a replaceable one until it is
 *  replaced. */
HEDDLE_API heddle_view heddle_identity_cert_pem(const heddle_identity *identity);

/**
 * The digest of @p message by the identity's hash, for signing elsewhere. @p out has room for
 * HEDDLE_DIGEST_MAX bytes. E_BAD_STATE if the hash is HEDDLE_HASH_NONE: the message itself is
 * what is signed.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_digest(const heddle_identity *identity,
                                                                heddle_view message, uint8_t *out,
                                                                size_t *out_len, heddle_error *err);

/**
 * Sign @p digest (with HEDDLE_HASH_NONE and for Ed25519 the message) as the library itself
 * does; for messages that were taken elsewhere for offline signing. Room as for
 * heddle_sign_fn.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_identity_sign(const heddle_identity *identity,
                                                              heddle_view digest,
                                                              uint8_t *signature,
                                                              size_t *signature_len,
                                                              heddle_error *err);

HEDDLE_END_DECLS

#endif
