/*
 * Identities whose keys stay in a PKCS#11 token: a hardware security module, a smart card.
 *
 * Blocking: heddle_pkcs11_open(), heddle_pkcs11_close() and heddle_pkcs11_identity() for as long
 * as the module does, and so do the signatures of the identities.
 *
 * Threads: any, several at a time.
 *
 * Ownership: options are copied or borrowed for the call; what is opened or made is the caller's
 * to close or to heddle_identity_unref().
 *
 * Errors: a status, and a heddle_error filled on failure. HEDDLE_E_UNAVAILABLE with
 * HEDDLE_RETRY_SAFE when the token is away or no session came free, HEDDLE_E_DENIED for a refused
 * PIN, HEDDLE_E_CRYPTO with the name of the PKCS#11 error for what else a module may say.
 */
#ifndef HEDDLE_PKCS11_H
#define HEDDLE_PKCS11_H

#include <stdbool.h>

#include "heddle/identity.h"

HEDDLE_BEGIN_DECLS

/**
 * A token, opened with a pool of sessions. Counted: identities made from it keep it. Any
 * thread, any number at once; each signature uses one session of the pool.
 *
 * Sessions that the token dropped are opened again, also after it was taken out and put
 * back, with the PIN of the options. A PIN that the token refused is not tried again, so
 * that it is not blocked. A forked child cannot use a token that its parent opened (it gets
 * HEDDLE_E_BAD_STATE); it may open its own.
 */
typedef struct heddle_pkcs11 heddle_pkcs11;

/** Start with HEDDLE_PKCS11_OPTIONS; what is 0 or NULL has the default. Everything is copied. */
typedef struct heddle_pkcs11_options {
    size_t size;
    const char *module;       /* path of the vendor's library; required */
    const char *token_label;  /* the token with this label, or … */
    bool use_slot;            /* … the one in slot `slot`; neither: the only token there is */
    uint64_t slot;            /* the slot's id, not its place in a list */
    const char *pin;          /* of the user; NULL: not needed, or entered at the token. The
                                 copy is overwritten at the end */
    uint32_t sessions;        /* at most so many signatures at once; default 8, at most 256 */
    uint32_t acquire_wait_ms; /* how long a signature waits for a session; default 5000 */
} heddle_pkcs11_options;

#ifdef __cplusplus
static inline heddle_pkcs11_options heddle_pkcs11_options_init(void)
{
    heddle_pkcs11_options options = {};
    options.size = sizeof(options);
    return options;
}
#define HEDDLE_PKCS11_OPTIONS heddle_pkcs11_options_init()
#else
#define HEDDLE_PKCS11_OPTIONS                                                                      \
    {                                                                                              \
        .size = sizeof(heddle_pkcs11_options)                                                      \
    }
#endif

/**
 * Load the module, find the token and log in. Several tokens and handles of one module in a
 * process share it. Blocks for as long as the module does.
 *
 * HEDDLE_E_NOT_FOUND  no such token; the message names those there are
 * HEDDLE_E_DENIED     the PIN was refused
 *
 * @param out  yours to heddle_pkcs11_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_pkcs11_open(const heddle_pkcs11_options *options,
                                                            heddle_pkcs11 **out, heddle_error *err);

/** Let go of the token; it closes when the last identity of it has gone. NULL is fine. */
HEDDLE_API void heddle_pkcs11_close(heddle_pkcs11 *token);

/** The label of the token; as long as @p token. */
HEDDLE_API const char *heddle_pkcs11_label(const heddle_pkcs11 *token);

/**
 * Which key, and which certificate goes with it. Start with HEDDLE_PKCS11_KEY. At least one of
 * the three must be given; all that are given must fit. Everything is borrowed for the call.
 */
typedef struct heddle_pkcs11_key {
    size_t size;
    heddle_view id;       /* CKA_ID of the private key */
    const char *label;    /* CKA_LABEL of the private key */
    heddle_view cert_pem; /* the certificate; empty: that of the token with the CKA_ID of the
                             key. Alone it finds its key: by the CKA_ID that Fabric gives keys
                             (the SHA-256 of the public key), or by the public key */
} heddle_pkcs11_key;

#ifdef __cplusplus
static inline heddle_pkcs11_key heddle_pkcs11_key_init(void)
{
    heddle_pkcs11_key key = {};
    key.size = sizeof(key);
    return key;
}
#define HEDDLE_PKCS11_KEY heddle_pkcs11_key_init()
#else
#define HEDDLE_PKCS11_KEY                                                                          \
    {                                                                                              \
        .size = sizeof(heddle_pkcs11_key)                                                          \
    }
#endif

/**
 * An identity that signs in the token: ECDSA P-256 and P-384 (the token gets the digest), and
 * Ed25519 where the token has it. One signature is made to see that the key is that of the
 * certificate. Its signatures wait for a session of the pool, at most acquire_wait_ms, on the
 * thread that signs; HEDDLE_E_UNAVAILABLE with HEDDLE_RETRY_SAFE when none came free or the
 * token is away.
 *
 * @param mspid  copied
 * @param out    yours to heddle_identity_unref()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_pkcs11_identity(heddle_pkcs11 *token,
                                                                const char *mspid,
                                                                const heddle_pkcs11_key *key,
                                                                heddle_identity **out,
                                                                heddle_error *err);

HEDDLE_END_DECLS

#endif
