/* Identities of an MSP: how one is judged, and which principals it satisfies. */
#include "base/fail.h"
#include "base/view.h"
#include "crypto/canonical.h"
#include "crypto/msp_impl.h"

const char *crypto_role_name(crypto_role role)
{
    static const char *const names[] = {"MEMBER", "ADMIN", "CLIENT", "PEER", "ORDERER"};
    return (size_t)role < BASE_COUNT(names) ? names[role] : "?";
}

static heddle_status check_kind(const crypto_msp *msp, const crypto_cert *cert, heddle_error *err)
{
    crypto_key_kind kind = crypto_public_key_get_kind(crypto_cert_public_key(cert));
    if (kind == CRYPTO_KEY_OTHER || (kind == CRYPTO_KEY_ED25519 && !msp->ed25519_allowed))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "the key of %s is of a kind that the channel does not allow",
                         crypto_cert_subject(cert));
    if (crypto_cert_is_ca(cert))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "%s is a CA and can not be used as an identity",
                         crypto_cert_subject(cert));
    return HEDDLE_OK;
}

static heddle_status judge(crypto_identity *identity, heddle_error *err)
{
    crypto_msp *msp = identity->msp;
    crypto_path path;
    BASE_TRY(check_kind(msp, identity->cert, err));
    BASE_TRY(crypto_tree_path(msp->cas, identity->cert, &path, err));
    const crypto_cert *issuer = crypto_tree_cert(msp->cas, path.items[0]);
    if (crypto_tree_is_inner(msp->cas, path.items[0]))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "%s was issued by %s, which has CAs below it and issues no identities",
                         crypto_cert_subject(identity->cert), crypto_cert_subject(issuer));
    identity->issuer = issuer;
    BASE_TRY(crypto_tree_digest(msp->cas, &path, identity->chain, err));
    return crypto_canonical_der(identity->cert,
                                crypto_public_key_get_kind(crypto_cert_public_key(issuer)),
                                &identity->canonical, err);
}

heddle_status crypto_identity_new(crypto_msp *msp, crypto_cert *cert, crypto_identity **out,
                                  heddle_error *err)
{
    base_auto(crypto_identity) crypto_identity *identity = base_calloc(1, sizeof(*identity));
    if (!identity)
        return base_fail_memory(err, "identity");
    atomic_init(&identity->refs, 1);
    atomic_fetch_add_explicit(&msp->holds, 1, memory_order_relaxed);
    identity->msp = msp;
    identity->cert = crypto_cert_ref(cert);
    base_list_init(&identity->link);
    BASE_TRY(judge(identity, err));
    *out = base_steal(&identity);
    return HEDDLE_OK;
}

crypto_identity *crypto_identity_ref(crypto_identity *identity)
{
    atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
    return identity;
}

void crypto_identity_unref(crypto_identity *identity)
{
    if (!identity || atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) != 1)
        return;
    crypto_cert_unref(identity->cert);
    base_buffer_done(&identity->canonical);
    base_buffer_done(&identity->key);
    crypto_msp_release(identity->msp);
    base_free(identity);
}

const crypto_cert *crypto_identity_cert(const crypto_identity *identity)
{
    return identity->cert;
}

const crypto_msp *crypto_identity_msp(const crypto_identity *identity)
{
    return identity->msp;
}

heddle_status crypto_identity_check_time(const crypto_identity *identity, int64_t now_s,
                                         heddle_error *err)
{
    return crypto_cert_check_time(identity->cert, now_s, err);
}

heddle_status crypto_identity_verify(const crypto_identity *identity, heddle_view message,
                                     heddle_view signature, heddle_error *err)
{
    return crypto_cert_verify(identity->cert, identity->msp->hash, message, signature, err);
}

static bool is_under(const crypto_identity *identity, const struct crypto_unit *unit)
{
    return !unit->has_chain || memcmp(unit->chain, identity->chain, sizeof(unit->chain)) == 0;
}

static bool in_unit(const crypto_identity *identity, const char *name)
{
    for (size_t i = 0; i < crypto_cert_ou_count(identity->cert); i++)
        if (strcmp(crypto_cert_ou(identity->cert, i), name) == 0)
            return true;
    return false;
}

static heddle_status check_known_units(const crypto_identity *identity, heddle_error *err)
{
    const crypto_msp *msp = identity->msp;
    for (size_t i = 0; i < msp->unit_count; i++)
        if (in_unit(identity, msp->units[i].name) && is_under(identity, &msp->units[i]))
            return HEDDLE_OK;
    if (msp->unit_count == 0)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                     "none of the organisational units of %s is one of the MSP",
                     crypto_cert_subject(identity->cert));
}

static const struct crypto_unit *node_unit(const crypto_msp *msp, const char *name)
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        if (msp->nodes[i].name && strcmp(msp->nodes[i].name, name) == 0)
            return &msp->nodes[i];
    return NULL;
}

static heddle_status check_node_units(const crypto_identity *identity, heddle_error *err)
{
    const char *subject = crypto_cert_subject(identity->cert);
    size_t roles = 0;
    for (size_t i = 0; i < crypto_cert_ou_count(identity->cert) && roles < 2; i++) {
        const struct crypto_unit *unit =
            node_unit(identity->msp, crypto_cert_ou(identity->cert, i));
        if (!unit)
            continue;
        if (!is_under(identity, unit))
            return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                             "the unit %s of %s counts only under another CA of the MSP",
                             unit->name, subject);
        roles++;
    }
    if (roles == 0)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "%s has no unit that makes it a client, peer, admin or orderer", subject);
    if (roles > 1)
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "%s has more than one of the roles client, peer, admin and orderer",
                         subject);
    return HEDDLE_OK;
}

heddle_status crypto_identity_validate(const crypto_identity *identity, heddle_error *err)
{
    BASE_TRY(crypto_msp_check_revoked(identity->msp, identity->cert, identity->issuer, err));
    BASE_TRY(check_known_units(identity, err));
    return identity->msp->node_ous_enabled ? check_node_units(identity, err) : HEDDLE_OK;
}

static bool is_named_admin(const crypto_identity *identity)
{
    const crypto_msp *msp = identity->msp;
    for (size_t i = 0; i < msp->admin_count; i++)
        if (base_view_equal(base_buffer_view(&msp->admins[i]),
                            base_buffer_view(&identity->canonical)))
            return true;
    return false;
}

static heddle_status has_node_role(const crypto_identity *identity, crypto_role role,
                                   heddle_error *err)
{
    static const int node_of[] = {[CRYPTO_ROLE_ADMIN] = NODE_ADMIN,
                                  [CRYPTO_ROLE_CLIENT] = NODE_CLIENT,
                                  [CRYPTO_ROLE_PEER] = NODE_PEER,
                                  [CRYPTO_ROLE_ORDERER] = NODE_ORDERER};
    const crypto_msp *msp = identity->msp;
    const char *name = crypto_role_name(role);
    if (!msp->node_ous_enabled)
        return base_fail(err, HEDDLE_E_POLICY, "MSP %s has no NodeOUs: nobody has the role %s",
                         msp->name, name);
    const struct crypto_unit *unit = &msp->nodes[node_of[role]];
    if (!unit->name)
        return base_fail(err, HEDDLE_E_POLICY, "MSP %s has no NodeOU for the role %s", msp->name,
                         name);
    if (!in_unit(identity, unit->name))
        return base_fail(err, HEDDLE_E_POLICY, "%s is not of the role %s in MSP %s",
                         crypto_cert_subject(identity->cert), name, msp->name);
    return HEDDLE_OK;
}

heddle_status crypto_identity_has_role(const crypto_identity *identity, crypto_role role,
                                       heddle_error *err)
{
    switch (role) {
    case CRYPTO_ROLE_MEMBER:
        return HEDDLE_OK;
    case CRYPTO_ROLE_ADMIN:
        if (is_named_admin(identity))
            return HEDDLE_OK;
        if (!identity->msp->node_ous_enabled)
            return base_fail(err, HEDDLE_E_POLICY, "%s is not an admin of MSP %s",
                             crypto_cert_subject(identity->cert), identity->msp->name);
        return has_node_role(identity, role, err);
    case CRYPTO_ROLE_CLIENT:
    case CRYPTO_ROLE_PEER:
    case CRYPTO_ROLE_ORDERER:
        return has_node_role(identity, role, err);
    default:
        return base_fail(err, HEDDLE_E_POLICY, "%d is no role of an MSP", (int)role);
    }
}

heddle_status crypto_identity_has_ou(const crypto_identity *identity, heddle_view unit,
                                     heddle_view certifiers_identifier, heddle_error *err)
{
    heddle_view chain = heddle_view_of(identity->chain, sizeof(identity->chain));
    bool inside = false;
    for (size_t i = 0; i < crypto_cert_ou_count(identity->cert) && !inside; i++)
        inside = base_view_is(unit, crypto_cert_ou(identity->cert, i));
    if (inside && base_view_equal(chain, certifiers_identifier))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_POLICY, "%s is not in the unit %.*s under the given chain",
                     crypto_cert_subject(identity->cert),
                     BASE_VIEW_ARG(base_view_slice(unit, 0, 64)));
}

heddle_status crypto_identity_is(const crypto_identity *identity, heddle_view cert_pem,
                                 heddle_error *err)
{
    crypto_identity *other = NULL;
    heddle_error why = {0};
    if (crypto_msp_identify(identity->msp, cert_pem, &other, &why))
        return base_fail(err, HEDDLE_E_POLICY, "identity principal: %s", why.message);
    bool same = base_view_equal(base_buffer_view(&identity->canonical),
                                base_buffer_view(&other->canonical));
    crypto_identity_unref(other);
    return same ? HEDDLE_OK
                : base_fail(err, HEDDLE_E_POLICY, "%s is another identity",
                            crypto_cert_subject(identity->cert));
}
