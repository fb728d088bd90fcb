#include "crypto/tree.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/fail.h"
#include "base/view.h"
#include "crypto/canonical.h"
#include "crypto/openssl.h"

enum { MAX_STEPS = 4096 };

struct authority {
    crypto_cert *cert;
    bool is_root;
    bool is_inner;
    NAME_CONSTRAINTS *constraints;
    base_buffer canonical;
    bool issued[CRYPTO_TREE_MAX]; /* by number: intermediates that this one signed */
};

struct crypto_tree {
    const char *what;
    size_t count;
    struct authority items[CRYPTO_TREE_MAX];
};

/* A walk upwards from one certificate that counts the paths to a root. */
struct walk {
    const crypto_tree *tree;
    const crypto_cert *leaf;
    int64_t at_s;
    crypto_path current;
    crypto_path found;
    size_t found_count;
    size_t steps;     /* bounded, for a configuration made to have very many paths */
    heddle_error why; /* the last reason for which a candidate was passed over */
};

static bool names_match(const crypto_cert *cert, const crypto_cert *issuer)
{
    const uint8_t *wanted = NULL, *given = NULL;
    size_t wanted_len = 0, given_len = 0;
    X509_NAME *issuer_name = X509_get_issuer_name(crypto_cert_x509(cert));
    X509_NAME *subject = X509_get_subject_name(crypto_cert_x509(issuer));
    return X509_NAME_get0_der(issuer_name, &wanted, &wanted_len) == 1 &&
           X509_NAME_get0_der(subject, &given, &given_len) == 1 &&
           base_view_equal(heddle_view_of(wanted, wanted_len), heddle_view_of(given, given_len));
}

static bool may_sign_certs(const crypto_cert *cert)
{
    X509 *x509 = crypto_cert_x509(cert);
    return !(X509_get_extension_flags(x509) & EXFLAG_KUSAGE) ||
           X509_get_key_usage(x509) & KU_KEY_CERT_SIGN;
}

static bool did_sign(const crypto_cert *issuer, const crypto_cert *cert)
{
    EVP_PKEY *key = crypto_public_key_pkey(crypto_cert_public_key(issuer));
    bool ok = X509_verify(crypto_cert_x509(cert), key) == 1;
    ERR_clear_error();
    return ok;
}

static bool is_issuer(const crypto_cert *issuer, const crypto_cert *cert)
{
    return names_match(cert, issuer) && may_sign_certs(issuer) && did_sign(issuer, cert);
}

/* Fabric asks Go for a chain fit for server authentication: an extended key usage, where
 * there is one, has to name it. */
static bool usage_fits(const crypto_cert *cert)
{
    X509 *x509 = crypto_cert_x509(cert);
    return !(X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) ||
           X509_get_extended_key_usage(x509) & (XKU_SSL_SERVER | XKU_ANYEKU);
}

static heddle_status check_cert(const crypto_cert *cert, int64_t at_s, heddle_error *err)
{
    BASE_TRY(crypto_cert_check_time(cert, at_s, err));
    if (X509_get_extension_flags(crypto_cert_x509(cert)) & EXFLAG_CRITICAL)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "the certificate of %s has an unknown critical extension",
                         crypto_cert_subject(cert));
    if (!usage_fits(cert))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "the extended key usage of %s does not allow server authentication",
                         crypto_cert_subject(cert));
    return HEDDLE_OK;
}

/* A common name that could be a host's: such a name falls under constraints on names when
 * the certificate has no alternative names. */
static bool is_host_name(const char *name)
{
    if (!*name || *name == '.')
        return false;
    for (const char *c = name; *c; c++) {
        bool in_label = isalnum((unsigned char)*c) || *c == '_' || *c == ':' ||
                        (*c == '-' && c > name && c[-1] != '.') ||
                        (*c == '*' && c == name && (c[1] == '.' || !c[1]));
        if (!in_label && !(*c == '.' && c[1] != '.'))
            return false;
    }
    return true;
}

static heddle_status check_constraints(const struct authority *above, const crypto_cert *leaf,
                                       heddle_error *err)
{
    if (!above->constraints)
        return HEDDLE_OK;
    X509 *x509 = crypto_cert_x509(leaf);
    bool without_sans = X509_get_ext_by_NID(x509, NID_subject_alt_name, -1) < 0;
    bool fits = !(without_sans && is_host_name(crypto_cert_common_name(leaf))) &&
                NAME_CONSTRAINTS_check(x509, above->constraints) == X509_V_OK;
    ERR_clear_error();
    return fits ? HEDDLE_OK
                : base_fail(err, HEDDLE_E_BAD_IDENTITY, "%s is outside the name constraints of %s",
                            crypto_cert_subject(leaf), crypto_cert_subject(above->cert));
}

static heddle_status check_authority(const struct walk *walk, const struct authority *candidate,
                                     heddle_error *err)
{
    BASE_TRY(check_cert(candidate->cert, walk->at_s, err));
    long limit = X509_get_pathlen(crypto_cert_x509(candidate->cert));
    if (limit >= 0 && walk->current.count > (size_t)limit)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "%s allows only %ld CAs below it",
                         crypto_cert_subject(candidate->cert), limit);
    return check_constraints(candidate, walk->leaf, err);
}

static bool in_path(const crypto_path *path, size_t authority)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->items[i] == authority)
            return true;
    return false;
}

static void climb(struct walk *walk, size_t authority)
{
    const struct authority *here = &walk->tree->items[authority];
    crypto_path *path = &walk->current;
    if (path->count == CRYPTO_PATH_MAX || in_path(path, authority) || ++walk->steps > MAX_STEPS)
        return;
    if (check_authority(walk, here, &walk->why))
        return;
    path->items[path->count++] = authority;
    if (here->is_root) {
        walk->found = *path;
        walk->found_count++;
    } else {
        for (size_t i = 0; i < walk->tree->count && walk->found_count < 2; i++)
            if (walk->tree->items[i].issued[authority])
                climb(walk, i);
    }
    path->count--;
}

static heddle_status conclude(const struct walk *walk, crypto_path *out, heddle_error *err)
{
    const char *subject = crypto_cert_subject(walk->leaf);
    if (walk->found_count > 1)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "%s was issued under more than one chain of the MSP", subject);
    if (walk->found_count == 1) {
        *out = walk->found;
        return HEDDLE_OK;
    }
    if (walk->why.status)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "%s", walk->why.message);
    return base_fail(err, HEDDLE_E_BAD_IDENTITY, "%s was issued by an unknown authority, %s",
                     subject, crypto_cert_issuer(walk->leaf));
}

static struct walk walk_for(const crypto_tree *tree, const crypto_cert *cert)
{
    return (struct walk){.tree = tree, .leaf = cert, .at_s = crypto_cert_not_before_s(cert) + 1};
}

heddle_status crypto_tree_path(const crypto_tree *tree, const crypto_cert *cert, crypto_path *out,
                               heddle_error *err)
{
    struct walk walk = walk_for(tree, cert);
    BASE_TRY(check_cert(cert, walk.at_s, err));
    for (size_t i = 0; i < tree->count; i++)
        if (is_issuer(tree->items[i].cert, cert))
            climb(&walk, i);
    return conclude(&walk, out, err);
}

heddle_status crypto_tree_path_from(const crypto_tree *tree, size_t authority, crypto_path *out,
                                    heddle_error *err)
{
    struct walk walk = walk_for(tree, tree->items[authority].cert);
    climb(&walk, authority);
    return conclude(&walk, out, err);
}

static heddle_status check_ca(const crypto_tree *tree, const crypto_cert *cert, heddle_error *err)
{
    if (!crypto_cert_is_ca(cert))
        return base_fail(err, HEDDLE_E_CONFIG, "%s certificate of %s: it is not a CA", tree->what,
                         crypto_cert_subject(cert));
    if (crypto_cert_ski(cert).len == 0)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "%s certificate of %s: it has no subject key identifier", tree->what,
                         crypto_cert_subject(cert));
    return HEDDLE_OK;
}

bool crypto_tree_find(const crypto_tree *tree, const crypto_cert *cert, size_t *out)
{
    for (size_t i = 0; i < tree->count; i++)
        if (crypto_cert_equal(tree->items[i].cert, cert)) {
            *out = i;
            return true;
        }
    return false;
}

static heddle_status add(crypto_tree *tree, crypto_cert *cert, bool is_root, heddle_error *err)
{
    size_t known;
    BASE_TRY(check_ca(tree, cert, err));
    if (crypto_tree_find(tree, cert, &known))
        return HEDDLE_OK;
    if (tree->count == CRYPTO_TREE_MAX)
        return base_fail(err, HEDDLE_E_CONFIG, "more than %d %s certificates", CRYPTO_TREE_MAX,
                         tree->what);
    tree->items[tree->count++] = (struct authority){
        .cert = crypto_cert_ref(cert),
        .is_root = is_root,
        .constraints = X509_get_ext_d2i(crypto_cert_x509(cert), NID_name_constraints, NULL, NULL)};
    return HEDDLE_OK;
}

static heddle_status add_all(crypto_tree *tree, crypto_views pems, bool is_root, heddle_error *err)
{
    for (size_t i = 0; i < pems.count; i++) {
        base_auto(crypto_cert) crypto_cert *cert = NULL;
        heddle_status status = crypto_cert_parse(pems.items[i], &cert, err);
        if (status) {
            base_error_prefix(err, "%s certificate %zu", tree->what, i);
            return status;
        }
        BASE_TRY(add(tree, cert, is_root, err));
    }
    return HEDDLE_OK;
}

static void connect(crypto_tree *tree)
{
    for (size_t above = 0; above < tree->count; above++)
        for (size_t below = 0; below < tree->count; below++)
            if (above != below && !tree->items[below].is_root)
                tree->items[above].issued[below] =
                    is_issuer(tree->items[above].cert, tree->items[below].cert);
}

/* The canonical form follows the key that signed: for a root its own. */
static heddle_status canonicalise(crypto_tree *tree, size_t authority, heddle_error *err)
{
    struct authority *here = &tree->items[authority];
    crypto_path path;
    BASE_TRY(crypto_tree_path_from(tree, authority, &path, err));
    for (size_t i = 1; i < path.count; i++)
        tree->items[path.items[i]].is_inner = true;
    const crypto_cert *signer = path.count > 1 ? tree->items[path.items[1]].cert : here->cert;
    crypto_key_kind kind = crypto_public_key_get_kind(crypto_cert_public_key(signer));
    if (path.count == 1 && !did_sign(here->cert, here->cert))
        kind = CRYPTO_KEY_OTHER;
    return crypto_canonical_der(here->cert, kind, &here->canonical, err);
}

heddle_status crypto_tree_new(crypto_views roots, crypto_views intermediates, const char *what,
                              crypto_tree **out, heddle_error *err)
{
    base_auto(crypto_tree) crypto_tree *tree = base_calloc(1, sizeof(*tree));
    if (!tree)
        return base_fail_memory(err, what);
    tree->what = what;
    BASE_TRY(add_all(tree, roots, true, err));
    BASE_TRY(add_all(tree, intermediates, false, err));
    connect(tree);
    for (size_t i = 0; i < tree->count; i++) {
        heddle_status status = canonicalise(tree, i, err);
        if (status) {
            base_error_prefix(err, "%s certificate of %s", what,
                              crypto_cert_subject(tree->items[i].cert));
            return status;
        }
    }
    *out = base_steal(&tree);
    return HEDDLE_OK;
}

void crypto_tree_free(crypto_tree *tree)
{
    if (!tree)
        return;
    for (size_t i = 0; i < tree->count; i++) {
        NAME_CONSTRAINTS_free(tree->items[i].constraints);
        base_buffer_done(&tree->items[i].canonical);
        crypto_cert_unref(tree->items[i].cert);
    }
    base_free(tree);
}

size_t crypto_tree_count(const crypto_tree *tree)
{
    return tree->count;
}

const crypto_cert *crypto_tree_cert(const crypto_tree *tree, size_t authority)
{
    return tree->items[authority].cert;
}

bool crypto_tree_is_inner(const crypto_tree *tree, size_t authority)
{
    return tree->items[authority].is_inner;
}

heddle_status crypto_tree_digest(const crypto_tree *tree, const crypto_path *path,
                                 uint8_t out[CRYPTO_SHA256_LEN], heddle_error *err)
{
    heddle_view parts[CRYPTO_PATH_MAX];
    for (size_t i = 0; i < path->count; i++)
        parts[i] = base_buffer_view(&tree->items[path->items[i]].canonical);
    heddle_status status = crypto_digest_parts(CRYPTO_SHA256, parts, path->count, out);
    return status ? base_fail(err, status, "digest of a chain") : HEDDLE_OK;
}
