/*
 * The certification authorities of an MSP and the ways between them.
 *
 *   authority  a root or an intermediate
 *   path       authorities from the one that issued a certificate up to a root
 *   inner      an authority that stands above another one in some path; Fabric lets only
 *              the others issue identities
 */
#ifndef CRYPTO_TREE_H
#define CRYPTO_TREE_H

#include "crypto/msp.h"

enum { CRYPTO_TREE_MAX = 128, CRYPTO_PATH_MAX = 8 };

typedef struct crypto_tree crypto_tree;

typedef struct crypto_path {
    size_t count;
    size_t items[CRYPTO_PATH_MAX]; /* numbers of authorities, the issuer first */
} crypto_path;

/** Read, check and connect the authorities; @p what names them in errors ("CA", "TLS CA"). */
HEDDLE_MUST_USE heddle_status crypto_tree_new(crypto_views roots, crypto_views intermediates,
                                              const char *what, crypto_tree **out,
                                              heddle_error *err);
void crypto_tree_free(crypto_tree *tree); /* NULL is fine */

size_t crypto_tree_count(const crypto_tree *tree);
const crypto_cert *crypto_tree_cert(const crypto_tree *tree, size_t authority);
/** The authority that is the certificate @p cert; false if there is none. */
bool crypto_tree_find(const crypto_tree *tree, const crypto_cert *cert, size_t *out);

/** The one path that @p cert was issued under, at a time inside its validity.
 *  E_BAD_IDENTITY with the reason. */
HEDDLE_MUST_USE heddle_status crypto_tree_path(const crypto_tree *tree, const crypto_cert *cert,
                                               crypto_path *out, heddle_error *err);

bool crypto_tree_is_inner(const crypto_tree *tree, size_t authority);

/** SHA-256 over the canonical DER of the authorities of @p path: Fabric's certifiers
 *  identifier. */
HEDDLE_MUST_USE heddle_status crypto_tree_digest(const crypto_tree *tree, const crypto_path *path,
                                                 uint8_t out[CRYPTO_SHA256_LEN], heddle_error *err);

/** The path of the identities that @p authority issues: itself and what stands above it. */
HEDDLE_MUST_USE heddle_status crypto_tree_path_from(const crypto_tree *tree, size_t authority,
                                                    crypto_path *out, heddle_error *err);

BASE_AUTO_DEFINE(crypto_tree, crypto_tree *, crypto_tree_free)

#endif
