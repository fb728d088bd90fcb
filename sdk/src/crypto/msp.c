/* Making an MSP out of its configuration, and its cache of identities. */
#include "crypto/msp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/fail.h"
#include "base/view.h"
#include "crypto/msp_impl.h"
#include "crypto/openssl.h"

enum { MAX_CRLS = 256, MAX_ADMINS = 1024, MAX_UNITS = 256, CRL_MAX_BYTES = 16 * 1024 * 1024 };
enum { CACHED_IDENTITIES = 1024, CACHED_CERT_BYTES = 8 * 1024 };

/* What fails while an MSP is made is told as its kind of failure; lack of memory stays. */
static heddle_status as_kind(heddle_status status, heddle_status kind, heddle_error *err)
{
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY)
        return status;
    if (err)
        err->status = kind;
    return kind;
}

static heddle_status named(heddle_status status, heddle_error *err, const char *what, size_t index)
{
    if (status)
        base_error_prefix(err, "%s %zu", what, index);
    return status;
}

static heddle_status read_hash(crypto_msp *msp, heddle_view family, heddle_error *err)
{
    if (family.len == 0 || base_view_is(family, "SHA2"))
        msp->hash = CRYPTO_SHA256;
    else if (base_view_is(family, "SHA3"))
        msp->hash = CRYPTO_SHA3_256;
    else
        return base_fail(err, HEDDLE_E_CONFIG, "hash family \"%.*s\" is not SHA2 or SHA3",
                         BASE_VIEW_ARG(base_view_slice(family, 0, 32)));
    return HEDDLE_OK;
}

static heddle_status read_tls(crypto_msp *msp, const crypto_msp_config *config, heddle_error *err)
{
    base_auto(crypto_tree) crypto_tree *tree = NULL;
    BASE_TRY(crypto_tree_new(config->tls_root_certs, config->tls_intermediate_certs, "TLS CA",
                             &tree, err));
    for (size_t i = 0; i < crypto_tree_count(tree); i++)
        if (base_buffer_append(&msp->tls_roots, crypto_cert_pem(crypto_tree_cert(tree, i))))
            return base_fail_memory(err, "TLS roots");
    return HEDDLE_OK;
}

static heddle_status read_crl(heddle_view bytes, X509_CRL **out, heddle_error *err)
{
    if (bytes.len == 0 || bytes.len > CRL_MAX_BYTES)
        return base_fail(err, HEDDLE_E_CONFIG, "%zu bytes", bytes.len);
    base_auto(bio) BIO *bio = crypto_bio_of(bytes);
    X509_CRL *crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
    if (!crl) {
        const uint8_t *at = bytes.data;
        ERR_clear_error();
        crl = d2i_X509_CRL(NULL, &at, (long)bytes.len);
    }
    if (!crl)
        return crypto_fail(err, HEDDLE_E_CONFIG, "no revocation list");
    *out = crl;
    return HEDDLE_OK;
}

static heddle_status read_crls(crypto_msp *msp, crypto_views lists, heddle_error *err)
{
    if (lists.count > MAX_CRLS)
        return base_fail(err, HEDDLE_E_CONFIG, "more than %d revocation lists", MAX_CRLS);
    msp->crls = base_calloc(lists.count + 1, sizeof(*msp->crls));
    if (!msp->crls)
        return base_fail_memory(err, "revocation lists");
    for (size_t i = 0; i < lists.count; i++) {
        BASE_TRY(named(read_crl(lists.items[i], &msp->crls[i], err), err, "revocation list", i));
        msp->crl_count++;
    }
    return HEDDLE_OK;
}

/* Whether the list says it is of this issuer; its signature is checked only for a hit. */
static bool crl_names_issuer(X509_CRL *crl, const crypto_cert *issuer)
{
    AUTHORITY_KEYID *id = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
    bool match = false;
    if (id && id->keyid) {
        heddle_view keyid =
            heddle_view_of(ASN1_STRING_get0_data(id->keyid), (size_t)ASN1_STRING_length(id->keyid));
        match = base_view_equal(keyid, crypto_cert_ski(issuer));
    }
    AUTHORITY_KEYID_free(id);
    return match;
}

heddle_status crypto_msp_check_revoked(const crypto_msp *msp, const crypto_cert *cert,
                                       const crypto_cert *issuer, heddle_error *err)
{
    EVP_PKEY *key = crypto_public_key_pkey(crypto_cert_public_key(issuer));
    ASN1_INTEGER *serial = X509_get_serialNumber(crypto_cert_x509(cert));
    for (size_t i = 0; i < msp->crl_count; i++) {
        X509_REVOKED *entry = NULL;
        bool hit = crl_names_issuer(msp->crls[i], issuer) &&
                   X509_CRL_get0_by_serial(msp->crls[i], &entry, serial) != 0 &&
                   X509_CRL_verify(msp->crls[i], key) == 1;
        ERR_clear_error();
        if (hit)
            return base_fail(err, HEDDLE_E_BAD_IDENTITY, "the certificate of %s has been revoked",
                             crypto_cert_subject(cert));
    }
    return HEDDLE_OK;
}

static heddle_status check_cas(const crypto_msp *msp, heddle_error *err)
{
    for (size_t i = 0; i < crypto_tree_count(msp->cas); i++) {
        crypto_path path;
        BASE_TRY(crypto_tree_path_from(msp->cas, i, &path, err));
        if (path.count > 1)
            BASE_TRY(named(crypto_msp_check_revoked(msp, crypto_tree_cert(msp->cas, i),
                                                    crypto_tree_cert(msp->cas, path.items[1]), err),
                           err, "CA certificate", i));
    }
    return HEDDLE_OK;
}

static heddle_status unit_chain(const crypto_msp *msp, heddle_view pem, struct crypto_unit *out,
                                heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    size_t authority;
    crypto_path path;
    BASE_TRY(crypto_cert_parse(pem, &cert, err));
    if (!crypto_tree_find(msp->cas, cert, &authority))
        return base_fail(err, HEDDLE_E_CONFIG,
                         "the certificate of %s is no root or intermediate of the MSP",
                         crypto_cert_subject(cert));
    BASE_TRY(crypto_tree_path_from(msp->cas, authority, &path, err));
    if (path.count > 1 && crypto_tree_is_inner(msp->cas, authority))
        return base_fail(err, HEDDLE_E_CONFIG, "%s has CAs below it and issues no identities",
                         crypto_cert_subject(cert));
    BASE_TRY(crypto_tree_digest(msp->cas, &path, out->chain, err));
    out->has_chain = true;
    return HEDDLE_OK;
}

static heddle_status read_unit(const crypto_msp *msp, const crypto_msp_ou *ou,
                               struct crypto_unit *out, heddle_error *err)
{
    if (ou->certificate.len)
        BASE_TRY(unit_chain(msp, ou->certificate, out, err));
    out->name = base_strdup_view(ou->unit);
    return out->name ? HEDDLE_OK : base_fail_memory(err, "organisational unit");
}

static heddle_status read_units(crypto_msp *msp, const crypto_msp_config *config, heddle_error *err)
{
    if (config->ou_identifier_count > MAX_UNITS)
        return base_fail(err, HEDDLE_E_CONFIG, "more than %d organisational units", MAX_UNITS);
    msp->units = base_calloc(config->ou_identifier_count + 1, sizeof(*msp->units));
    if (!msp->units)
        return base_fail_memory(err, "organisational units");
    for (size_t i = 0; i < config->ou_identifier_count; i++) {
        const crypto_msp_ou *ou = &config->ou_identifiers[i];
        if (ou->certificate.len == 0)
            return base_fail(err, HEDDLE_E_CONFIG, "organisational unit %zu has no certificate", i);
        msp->unit_count++;
        BASE_TRY(named(read_unit(msp, ou, &msp->units[i], err), err, "organisational unit", i));
    }
    return HEDDLE_OK;
}

static heddle_status read_node_units(crypto_msp *msp, const crypto_msp_config *config,
                                     heddle_error *err)
{
    const crypto_msp_ou *const given[NODE_COUNT] = {
        [NODE_CLIENT] = &config->client_ou,
        [NODE_PEER] = &config->peer_ou,
        [NODE_ADMIN] = &config->admin_ou,
        [NODE_ORDERER] = &config->orderer_ou,
    };
    bool any = false;
    for (size_t i = 0; i < NODE_COUNT; i++) {
        if (given[i]->unit.len == 0)
            continue;
        any = true;
        BASE_TRY(named(read_unit(msp, given[i], &msp->nodes[i], err), err, "NodeOU identifier", i));
    }
    msp->node_ous_enabled = config->node_ous_enabled && any;
    return HEDDLE_OK;
}

/* With NodeOUs an administrator has to be a client or an admin, as in Fabric, which does not
 * ask then whether it is revoked: a revoked one must not make the whole MSP unusable. It is
 * still no valid identity. */
static heddle_status read_admin(crypto_msp *msp, heddle_view pem, base_buffer *out,
                                heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_identity) crypto_identity *admin = NULL;
    BASE_TRY(crypto_cert_parse(pem, &cert, err));
    BASE_TRY(crypto_identity_new(msp, cert, &admin, err));
    if (!msp->node_ous_enabled)
        BASE_TRY(crypto_identity_validate(admin, err));
    else if (crypto_identity_has_role(admin, CRYPTO_ROLE_CLIENT, NULL))
        BASE_TRY(crypto_identity_has_role(admin, CRYPTO_ROLE_ADMIN, err));
    heddle_status status = base_buffer_append(out, base_buffer_view(&admin->canonical));
    return status ? base_fail_memory(err, "administrator") : HEDDLE_OK;
}

static heddle_status read_admins(crypto_msp *msp, crypto_views pems, heddle_error *err)
{
    if (pems.count > MAX_ADMINS)
        return base_fail(err, HEDDLE_E_CONFIG, "more than %d administrators", MAX_ADMINS);
    if (pems.count == 0 && !(msp->node_ous_enabled && msp->nodes[NODE_ADMIN].name))
        return base_fail(err, HEDDLE_E_CONFIG,
                         "neither administrators nor an admin NodeOU are given");
    msp->admins = base_calloc(pems.count + 1, sizeof(*msp->admins));
    if (!msp->admins)
        return base_fail_memory(err, "administrators");
    for (size_t i = 0; i < pems.count; i++) {
        BASE_TRY(
            named(read_admin(msp, pems.items[i], &msp->admins[i], err), err, "administrator", i));
        msp->admin_count++;
    }
    return HEDDLE_OK;
}

static heddle_status setup(crypto_msp *msp, const crypto_msp_config *config, heddle_error *err)
{
    if (config->root_certs.count == 0)
        return base_fail(err, HEDDLE_E_CONFIG, "there is no root certificate");
    msp->ed25519_allowed = config->ed25519_allowed;
    BASE_TRY(read_hash(msp, config->hash_family, err));
    BASE_TRY(crypto_tree_new(config->root_certs, config->intermediate_certs, "CA", &msp->cas, err));
    BASE_TRY(read_crls(msp, config->revocation_list, err));
    BASE_TRY(check_cas(msp, err));
    BASE_TRY(read_tls(msp, config, err));
    BASE_TRY(read_units(msp, config, err));
    BASE_TRY(read_node_units(msp, config, err));
    return read_admins(msp, config->admins, err);
}

heddle_status crypto_msp_new(const crypto_msp_config *config, crypto_msp **out, heddle_error *err)
{
    base_auto(crypto_msp) crypto_msp *msp = base_calloc(1, sizeof(*msp));
    if (!msp)
        return base_fail_memory(err, "MSP");
    atomic_init(&msp->refs, 1);
    atomic_init(&msp->holds, 1);
    pthread_mutex_init(&msp->lock, NULL);
    base_list_init(&msp->recent);
    msp->cache = base_map_new();
    msp->name = base_strdup_view(config->name);
    if (!msp->cache || !msp->name)
        return base_fail_memory(err, "MSP");
    heddle_status status = as_kind(setup(msp, config, err), HEDDLE_E_CONFIG, err);
    if (status) {
        base_error_prefix(err, "MSP %s", msp->name);
        return status;
    }
    *out = base_steal(&msp);
    return HEDDLE_OK;
}

static void unit_done(struct crypto_unit *unit)
{
    base_free(unit->name);
}

void crypto_msp_release(crypto_msp *msp)
{
    if (atomic_fetch_sub_explicit(&msp->holds, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < msp->admin_count; i++)
        base_buffer_done(&msp->admins[i]);
    for (size_t i = 0; i < msp->unit_count; i++)
        unit_done(&msp->units[i]);
    for (size_t i = 0; i < NODE_COUNT; i++)
        unit_done(&msp->nodes[i]);
    for (size_t i = 0; i < msp->crl_count; i++)
        X509_CRL_free(msp->crls[i]);
    base_free(msp->admins);
    base_free(msp->units);
    base_free(msp->crls);
    base_buffer_done(&msp->tls_roots);
    crypto_tree_free(msp->cas);
    base_map_free(msp->cache, NULL);
    pthread_mutex_destroy(&msp->lock);
    base_free(msp->name);
    base_free(msp);
}

crypto_msp *crypto_msp_ref(crypto_msp *msp)
{
    atomic_fetch_add_explicit(&msp->refs, 1, memory_order_relaxed);
    return msp;
}

static void drop_oldest(crypto_msp *msp)
{
    crypto_identity *oldest = base_list_entry(msp->recent.prev, crypto_identity, link);
    base_list_remove(&oldest->link);
    base_map_remove(msp->cache, base_buffer_view(&oldest->key));
    crypto_identity_unref(oldest);
}

void crypto_msp_unref(crypto_msp *msp)
{
    if (!msp || atomic_fetch_sub_explicit(&msp->refs, 1, memory_order_acq_rel) != 1)
        return;
    while (!base_list_is_empty(&msp->recent))
        drop_oldest(msp);
    crypto_msp_release(msp);
}

heddle_view crypto_msp_name(const crypto_msp *msp)
{
    return heddle_view_str(msp->name);
}

heddle_view crypto_msp_tls_roots_pem(const crypto_msp *msp)
{
    return base_buffer_view(&msp->tls_roots);
}

crypto_hash crypto_msp_hash(const crypto_msp *msp)
{
    return msp->hash;
}

static crypto_identity *cache_get(crypto_msp *msp, heddle_view key)
{
    pthread_mutex_lock(&msp->lock);
    crypto_identity *identity = base_map_get(msp->cache, key);
    if (identity) {
        base_list_remove(&identity->link);
        base_list_prepend(&msp->recent, &identity->link);
        crypto_identity_ref(identity);
    }
    pthread_mutex_unlock(&msp->lock);
    return identity;
}

/* Without memory, or when another thread was first, the identity is only not kept. */
static void cache_put(crypto_msp *msp, heddle_view key, crypto_identity *identity)
{
    if (key.len > CACHED_CERT_BYTES || base_buffer_append(&identity->key, key))
        return;
    pthread_mutex_lock(&msp->lock);
    if (!base_map_get(msp->cache, key) &&
        base_map_put(msp->cache, key, identity, NULL) == HEDDLE_OK) {
        base_list_prepend(&msp->recent, &crypto_identity_ref(identity)->link);
        if (base_map_count(msp->cache) > CACHED_IDENTITIES)
            drop_oldest(msp);
    }
    pthread_mutex_unlock(&msp->lock);
}

static heddle_status read_identity(crypto_msp *msp, heddle_view cert_pem, crypto_identity **out,
                                   heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!cert_pem.len || !memmem(cert_pem.data, cert_pem.len, "-----BEGIN", 10))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "the identity is no PEM text");
    BASE_TRY(crypto_cert_parse(cert_pem, &cert, err));
    return crypto_identity_new(msp, cert, out, err);
}

heddle_status crypto_msp_check_issued(crypto_msp *msp, heddle_view cert_pem, heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    return read_identity(msp, cert_pem, &identity, err);
}

static heddle_status judge(crypto_msp *msp, heddle_view cert_pem, crypto_identity **out,
                           heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    BASE_TRY(read_identity(msp, cert_pem, &identity, err));
    BASE_TRY(crypto_identity_validate(identity, err));
    *out = base_steal(&identity);
    return HEDDLE_OK;
}

heddle_status crypto_msp_identify(crypto_msp *msp, heddle_view cert_pem, crypto_identity **out,
                                  heddle_error *err)
{
    crypto_identity *known = cache_get(msp, cert_pem);
    if (known) {
        *out = known;
        return HEDDLE_OK;
    }
    base_auto(crypto_identity) crypto_identity *identity = NULL;
    heddle_status status = judge(msp, cert_pem, &identity, err);
    if (status) {
        base_error_prefix(err, "MSP %s", msp->name);
        return as_kind(status, HEDDLE_E_BAD_IDENTITY, err);
    }
    cache_put(msp, cert_pem, identity);
    *out = base_steal(&identity);
    return HEDDLE_OK;
}
