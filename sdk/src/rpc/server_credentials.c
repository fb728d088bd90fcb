/*
 * A server's TLS material, which may be replaced while the server runs.
 *
 * Vocabulary: the material is what is to be shown and whom to trust; a port is what core asks
 * for the material, once when it begins to listen and then before each connection. Core has no
 * way to say that it will not ask any more, so the ports live as long as the credentials, and
 * these as long as the server.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "rpc/core.h"

struct material {
    char *roots; /* NULL: clients' certificates are not verified */
    char *cert;
    char *key;
};

struct port {
    struct port *next;
    rpc_server_creds *creds;
    grpc_server_credentials *core;
    unsigned seen; /* the material it was given last; under the lock */
};

struct rpc_server_creds {
    atomic_uint refs;
    bool has_tls;
    bool is_reloadable;
    rpc_client_auth client_auth;
    pthread_mutex_t lock; /* guards what follows */
    struct material material;
    unsigned generation; /* of the material, from 1 */
    struct port *ports;
};

static void material_done(struct material *material)
{
    base_free(material->roots);
    base_free(material->cert);
    rpc_core_secret_free(material->key);
}

static heddle_status material_copy(const rpc_tls_server *tls, bool verifies, struct material *out,
                                   heddle_error *err)
{
    struct material made = {.roots = verifies ? base_strdup_view(tls->client_roots_pem) : NULL,
                            .cert = base_strdup_view(tls->cert_pem),
                            .key = base_strdup_view(tls->key_pem)};
    if ((verifies && !made.roots) || !made.cert || !made.key) {
        material_done(&made);
        return base_fail_memory(err, "server credentials");
    }
    *out = made;
    return HEDDLE_OK;
}

static heddle_status material_make(const rpc_tls_server *tls, rpc_client_auth auth,
                                   struct material *out, heddle_error *err)
{
    bool verifies = auth >= RPC_CLIENT_AUTH_VERIFY;
    BASE_TRY(rpc_core_check_pair(tls->cert_pem, tls->key_pem, "server", err));
    if (verifies)
        BASE_TRY(rpc_core_check_pem(tls->client_roots_pem, "CERTIFICATE-----",
                                    "TLS CA certificates of clients", err));
    return material_copy(tls, verifies, out, err);
}

static heddle_status creds_new(rpc_server_creds **out, heddle_error *err)
{
    rpc_server_creds *creds = base_calloc(1, sizeof(*creds));
    if (!creds)
        return base_fail_memory(err, "server credentials");
    atomic_init(&creds->refs, 1);
    pthread_mutex_init(&creds->lock, NULL);
    *out = creds;
    return HEDDLE_OK;
}

heddle_status rpc_server_creds_insecure(rpc_server_creds **out, heddle_error *err)
{
    return creds_new(out, err);
}

heddle_status rpc_server_creds_tls(const rpc_tls_server *tls, rpc_server_creds **out,
                                   heddle_error *err)
{
    struct material material;
    rpc_server_creds *creds = NULL;
    BASE_TRY(material_make(tls, tls->client_auth, &material, err));
    heddle_status status = creds_new(&creds, err);
    if (status != HEDDLE_OK) {
        material_done(&material);
        return status;
    }
    creds->has_tls = true;
    creds->is_reloadable = tls->is_reloadable;
    creds->client_auth = tls->client_auth;
    creds->material = material;
    creds->generation = 1;
    *out = creds;
    return HEDDLE_OK;
}

heddle_status rpc_server_creds_reload(rpc_server_creds *creds, const rpc_tls_server *tls,
                                      heddle_error *err)
{
    struct material fresh;
    if (!creds->is_reloadable)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the server's TLS certificate is fixed");
    BASE_TRY(material_make(tls, creds->client_auth, &fresh, err));
    pthread_mutex_lock(&creds->lock);
    struct material old = creds->material;
    creds->material = fresh;
    creds->generation++;
    pthread_mutex_unlock(&creds->lock);
    material_done(&old);
    return HEDDLE_OK;
}

rpc_server_creds *rpc_server_creds_ref(rpc_server_creds *creds)
{
    atomic_fetch_add_explicit(&creds->refs, 1, memory_order_relaxed);
    return creds;
}

void rpc_server_creds_free(rpc_server_creds *creds)
{
    if (!creds || atomic_fetch_sub_explicit(&creds->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (struct port *port; (port = creds->ports);) {
        creds->ports = port->next;
        grpc_server_credentials_release(port->core);
        base_free(port);
    }
    material_done(&creds->material);
    pthread_mutex_destroy(&creds->lock);
    base_free(creds);
}

/* Core's debug build aborts on a reload without roots, which are of no account where no
 * certificate is verified: any will do. */
static grpc_ssl_server_certificate_config *config_of(const struct material *now, bool needs_roots)
{
    grpc_ssl_pem_key_cert_pair pair = {.private_key = now->key, .cert_chain = now->cert};
    const char *roots = !now->roots && needs_roots ? now->cert : now->roots;
    return grpc_ssl_server_certificate_config_create(roots, &pair, 1);
}

/* Core's question, from one of its threads. */
static grpc_ssl_certificate_config_reload_status fetch(void *user,
                                                       grpc_ssl_server_certificate_config **out)
{
    struct port *port = user;
    rpc_server_creds *creds = port->creds;
    grpc_ssl_certificate_config_reload_status status = GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    pthread_mutex_lock(&creds->lock);
    if (port->seen != creds->generation) {
        *out = config_of(&creds->material, true);
        port->seen = creds->generation;
        status = GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
    }
    pthread_mutex_unlock(&creds->lock);
    return status;
}

static grpc_ssl_client_certificate_request_type request_type(rpc_client_auth auth)
{
    switch (auth) {
    case RPC_CLIENT_AUTH_REQUEST:
        return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;
    case RPC_CLIENT_AUTH_VERIFY:
        return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case RPC_CLIENT_AUTH_REQUIRE:
        return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    default:
        return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    }
}

static grpc_server_credentials *core_of(struct port *port)
{
    const rpc_server_creds *creds = port->creds;
    if (!creds->has_tls)
        return grpc_insecure_server_credentials_create();
    grpc_ssl_client_certificate_request_type type = request_type(creds->client_auth);
    return grpc_ssl_server_credentials_create_with_options(
        creds->is_reloadable
            ? grpc_ssl_server_credentials_create_options_using_config_fetcher(type, fetch, port)
            : grpc_ssl_server_credentials_create_options_using_config(
                  type, config_of(&creds->material, false)));
}

grpc_server_credentials *rpc_core_server_creds(rpc_server_creds *creds)
{
    struct port *port = base_calloc(1, sizeof(*port));
    if (!port)
        return NULL;
    port->creds = creds;
    port->core = core_of(port);
    pthread_mutex_lock(&creds->lock);
    port->next = creds->ports;
    creds->ports = port;
    pthread_mutex_unlock(&creds->lock);
    return port->core;
}
