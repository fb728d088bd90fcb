/*
 * Wallets: identities kept under labels. A folder of the official SDKs is read and written as
 * it is:
 *
 *   LABEL.id            JSON of fabric-network 2.x, fabric-gateway-java and sdk-go
 *   LABEL/LABEL, …      fabric-network 1.4 and fabric-client; read and removed, not written
 *
 * Private keys are overwritten in memory after use.
 *
 * Blocking: for as long as the folder or the store does.
 *
 * Threads: any, several at a time.
 *
 * Ownership: what is given is borrowed for the call, unless it says that it is copied; what is
 * opened, listed or got is the caller's to give back.
 *
 * Errors: a status, and a heddle_error filled on failure, which names the label.
 */
#ifndef HEDDLE_WALLET_H
#define HEDDLE_WALLET_H

#include <stdbool.h>

#include "heddle/identity.h"
#include "heddle/pkcs11.h"

HEDDLE_BEGIN_DECLS

/** Identities under labels. */
typedef struct heddle_wallet heddle_wallet;

/**
 * A wallet in a folder, which is made (0700) if it is not there. Files are written with mode
 * 0600, whole or not at all, and are on the disk when the function returns. What a program that
 * was killed while it wrote has left is never taken for an identity, and removed at the next open
 * a minute later.
 *
 * @param dir  copied
 * @param out  yours to heddle_wallet_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_open(const char *dir, heddle_wallet **out,
                                                            heddle_error *err);

/** A wallet in memory, gone when it is closed. Yours to heddle_wallet_close(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_new(heddle_wallet **out, heddle_error *err);

/** Hand @p data over to the wallet that asked; borrowed. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_give(void *sink, heddle_view data);

/**
 * A place of your own to keep a wallet in. `data` is a document of the form of LABEL.id; it has
 * the private key in it, unless a token has. Any thread calls these, several at a time. What is
 * not there is HEDDLE_E_NOT_FOUND; a text may go into err->message.
 */
typedef struct heddle_wallet_store {
    size_t size;
    heddle_status (*put)(const char *label, heddle_view data, void *user, heddle_error *err);
    /** Give the document to @p sink by one heddle_wallet_give(). */
    heddle_status (*get)(const char *label, void *sink, void *user, heddle_error *err);
    heddle_status (*remove)(const char *label, void *user, heddle_error *err);
    /** Give each label to @p sink by a heddle_wallet_give(). */
    heddle_status (*list)(void *sink, void *user, heddle_error *err);
    void (*release)(void *user); /* when the wallet is closed; may be NULL */
    void *user;
} heddle_wallet_store;

#ifdef __cplusplus
static inline heddle_wallet_store heddle_wallet_store_init(void)
{
    heddle_wallet_store store = {};
    store.size = sizeof(store);
    return store;
}
#define HEDDLE_WALLET_STORE heddle_wallet_store_init()
#else
#define HEDDLE_WALLET_STORE                                                                        \
    {                                                                                              \
        .size = sizeof(heddle_wallet_store)                                                        \
    }
#endif

/** A wallet in @p store, which is copied; its four functions are required. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_with_store(const heddle_wallet_store *store,
                                                                  heddle_wallet **out,
                                                                  heddle_error *err);

/** Close it; identities taken from it stay. NULL is fine. */
HEDDLE_API void heddle_wallet_close(heddle_wallet *wallet);

/**
 * Keep an identity under @p label, in place of the one there was. One whose key is in a token
 * or behind a signer is kept without a key, as type HSM-X.509. A label is 1 to 200 bytes
 * without '/' and does not begin with '.'.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_put(heddle_wallet *wallet, const char *label,
                                                           const heddle_identity *identity,
                                                           heddle_error *err);

/**
 * The identity under @p label.
 *
 * @param token  where to look for the key of an HSM-X.509 identity, by its certificate; NULL:
 *               such an identity is HEDDLE_E_BAD_STATE
 * @param out    yours to heddle_identity_unref()
 *
 * HEDDLE_E_NOT_FOUND  no such label
 * HEDDLE_E_DECODE     what is there is no identity; the message says why
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_get(heddle_wallet *wallet, const char *label,
                                                           heddle_pkcs11 *token,
                                                           heddle_identity **out,
                                                           heddle_error *err);

/** Whether there is something under @p label. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_has(heddle_wallet *wallet, const char *label,
                                                           bool *out, heddle_error *err);

/** Take an identity out of the wallet. HEDDLE_E_NOT_FOUND: there is none. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_remove(heddle_wallet *wallet,
                                                              const char *label, heddle_error *err);

/** The labels of a wallet at one time, in the order of their bytes. */
typedef struct heddle_wallet_labels heddle_wallet_labels;

/** The labels that there are now; @p out is yours to heddle_wallet_labels_free(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_list(heddle_wallet *wallet,
                                                            heddle_wallet_labels **out,
                                                            heddle_error *err);
/** How many labels there are. */
HEDDLE_API size_t heddle_wallet_labels_count(const heddle_wallet_labels *labels);
/** One of them, from 0; NULL past the end; lives as @p labels. */
HEDDLE_API const char *heddle_wallet_labels_at(const heddle_wallet_labels *labels, size_t index);
HEDDLE_API void heddle_wallet_labels_free(heddle_wallet_labels *labels); /* NULL is fine */

/** Keep what heddle_identity_from_msp() reads. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_import_msp(heddle_wallet *wallet,
                                                                  const char *label,
                                                                  const char *mspid,
                                                                  const char *dir,
                                                                  heddle_error *err);

/** Write the certificate to `signcerts/cert.pem` and the key to `keystore/priv_sk` (0600) of the
 *  MSP folder @p dir, which is made if need be. HEDDLE_E_BAD_STATE if the key is in a token. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_wallet_export_msp(heddle_wallet *wallet,
                                                                  const char *label,
                                                                  const char *dir,
                                                                  heddle_error *err);

HEDDLE_END_DECLS

#endif
