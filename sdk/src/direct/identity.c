/* Who a network acts as: the identity it was given, which may be replaced, and a TLS pair. */
#include "client/identity.h"
#include "base/fail.h"
#include "direct/backend.h"

static heddle_status sign(void *user, heddle_view message, crypto_signature *out, heddle_error *err)
{
    return client_identity_sign(user, message, out, err);
}

static void release(void *user)
{
    heddle_identity_unref(user);
}

heddle_status direct_identity_new(heddle_identity *acting, heddle_view tls_cert_pem,
                                  heddle_view tls_key_pem, route_identity **out, heddle_error *err)
{
    route_identity_source source = {.mspid = heddle_view_str(heddle_identity_mspid(acting)),
                                    .bytes = client_identity_creator(acting),
                                    .tls_cert_pem = tls_cert_pem,
                                    .tls_key_pem = tls_key_pem,
                                    .sign = sign,
                                    .user = heddle_identity_ref(acting),
                                    .release = release};
    return route_identity_new(&source, out, err);
}

route_identity *direct_identity(direct_backend *b)
{
    pthread_mutex_lock(&b->lock);
    route_identity *own = route_identity_ref(b->as_route);
    pthread_mutex_unlock(&b->lock);
    return own;
}

/* Under the lock. @p acting is referenced. */
static heddle_status become(direct_backend *b, heddle_identity *acting, heddle_view tls_cert_pem,
                            heddle_view tls_key_pem, heddle_error *err)
{
    route_identity *own = NULL;
    BASE_TRY(direct_identity_new(acting, tls_cert_pem, tls_key_pem, &own, err));
    heddle_status status = route_engine_set_identity(b->engine, own, err);
    if (status != HEDDLE_OK) {
        route_identity_unref(own);
        return status;
    }
    heddle_identity *before = b->acting;
    b->acting = heddle_identity_ref(acting);
    heddle_identity_unref(before);
    route_identity_unref(b->as_route);
    b->as_route = own;
    return HEDDLE_OK;
}

heddle_status direct_identity_follow(direct_backend *b, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&b->lock);
    /* Read under the lock: nobody who has read an earlier one comes after those who are later. */
    base_auto(heddle_identity) heddle_identity *now = heddle_identity_now(b->identity);
    if (now != b->acting)
        status = become(b, now, route_identity_tls_cert(b->as_route),
                        route_identity_tls_key(b->as_route), err);
    pthread_mutex_unlock(&b->lock);
    return status;
}

heddle_status direct_identity_reload(client_backend *backend, const heddle_tls_material *tls,
                                     heddle_error *err)
{
    direct_backend *b = direct_backend_of(backend);
    if (tls->roots_pem.len || tls->roots_file)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "network: the roots are those of its nodes, and stay as they are");
    if (!tls->client_cert_pem.len != !tls->client_key_pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "network: a client certificate and its key go together");
    if (!tls->client_cert_pem.len)
        return HEDDLE_OK;
    pthread_mutex_lock(&b->lock);
    heddle_status status =
        b->engine ? become(b, b->acting, tls->client_cert_pem, tls->client_key_pem, err)
                  : base_fail(err, HEDDLE_E_BAD_STATE, "network: it is closed");
    pthread_mutex_unlock(&b->lock);
    return status;
}
