#include "rpc/credentials.h"

#include <stdio.h>

#include "base/fail.h"
#include "rpc/core.h"

struct rpc_client_creds {
    grpc_channel_credentials *core;
    bool tls;
};

struct rpc_server_creds {
    grpc_server_credentials *core;
};

grpc_channel_credentials *rpc_core_client_creds(rpc_client_creds *creds)
{
    return creds->core;
}

bool rpc_core_client_creds_are_tls(const rpc_client_creds *creds)
{
    return creds->tls;
}

grpc_server_credentials *rpc_core_server_creds(rpc_server_creds *creds)
{
    return creds->core;
}

static void secret_free(char *text)
{
    if (text)
        base_wipe(text, strlen(text));
    base_free(text);
}
BASE_AUTO_DEFINE(secret, char *, secret_free)

/* Core parses PEM only when it connects, and its message then names nothing. */
static heddle_status check_pem(heddle_view pem, const char *label, const char *what,
                               heddle_error *err)
{
    if (pem.len == 0 || !memmem(pem.data, pem.len, "-----BEGIN ", 11) ||
        !memmem(pem.data, pem.len, label, strlen(label)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: no PEM block \"%s\"", what, label);
    return HEDDLE_OK;
}

static heddle_status check_pair(heddle_view cert, heddle_view key, const char *whose,
                                heddle_error *err)
{
    char what[64];
    snprintf(what, sizeof(what), "%s TLS certificate", whose);
    BASE_TRY(check_pem(cert, "CERTIFICATE-----", what, err));
    snprintf(what, sizeof(what), "%s TLS key", whose);
    return check_pem(key, "PRIVATE KEY-----", what, err);
}

static heddle_status client_creds_new(grpc_channel_credentials *core, bool tls,
                                      rpc_client_creds **out, heddle_error *err)
{
    rpc_client_creds *creds = core ? base_malloc(sizeof(*creds)) : NULL;
    if (!creds) {
        if (core)
            grpc_channel_credentials_release(core);
        return base_fail_memory(err, "client credentials");
    }
    *creds = (rpc_client_creds){.core = core, .tls = tls};
    *out = creds;
    return HEDDLE_OK;
}

static heddle_status server_creds_new(grpc_server_credentials *core, rpc_server_creds **out,
                                      heddle_error *err)
{
    rpc_server_creds *creds = core ? base_malloc(sizeof(*creds)) : NULL;
    if (!creds) {
        if (core)
            grpc_server_credentials_release(core);
        return base_fail_memory(err, "server credentials");
    }
    creds->core = core;
    *out = creds;
    return HEDDLE_OK;
}

heddle_status rpc_core_client_creds_wrap(grpc_channel_credentials *core, rpc_client_creds **out,
                                         heddle_error *err)
{
    return client_creds_new(core, true, out, err);
}

heddle_status rpc_client_creds_insecure(rpc_client_creds **out, heddle_error *err)
{
    return client_creds_new(grpc_insecure_credentials_create(), false, out, err);
}

heddle_status rpc_server_creds_insecure(rpc_server_creds **out, heddle_error *err)
{
    return server_creds_new(grpc_insecure_server_credentials_create(), out, err);
}

heddle_status rpc_client_creds_tls(const rpc_tls_client *tls, rpc_client_creds **out,
                                   heddle_error *err)
{
    BASE_TRY(check_pem(tls->roots_pem, "CERTIFICATE-----", "trusted TLS CA certificates", err));
    bool mutual = tls->cert_pem.len || tls->key_pem.len;
    if (mutual)
        BASE_TRY(check_pair(tls->cert_pem, tls->key_pem, "client", err));
    base_auto(chars) char *roots = base_strdup_view(tls->roots_pem);
    base_auto(chars) char *cert = base_strdup_view(tls->cert_pem);
    base_auto(secret) char *key = base_strdup_view(tls->key_pem);
    if (!roots || !cert || !key)
        return base_fail_memory(err, "client credentials");
    grpc_ssl_pem_key_cert_pair pair = {.private_key = key, .cert_chain = cert};
    return client_creds_new(grpc_ssl_credentials_create(roots, mutual ? &pair : NULL, NULL, NULL),
                            true, out, err);
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

heddle_status rpc_server_creds_tls(const rpc_tls_server *tls, rpc_server_creds **out,
                                   heddle_error *err)
{
    BASE_TRY(check_pair(tls->cert_pem, tls->key_pem, "server", err));
    bool verify = tls->client_auth >= RPC_CLIENT_AUTH_VERIFY;
    if (verify)
        BASE_TRY(check_pem(tls->client_roots_pem, "CERTIFICATE-----",
                           "TLS CA certificates of clients", err));
    base_auto(chars) char *roots = base_strdup_view(tls->client_roots_pem);
    base_auto(chars) char *cert = base_strdup_view(tls->cert_pem);
    base_auto(secret) char *key = base_strdup_view(tls->key_pem);
    if (!roots || !cert || !key)
        return base_fail_memory(err, "server credentials");
    grpc_ssl_pem_key_cert_pair pair = {.private_key = key, .cert_chain = cert};
    return server_creds_new(grpc_ssl_server_credentials_create_ex(verify ? roots : NULL, &pair, 1,
                                                                  request_type(tls->client_auth),
                                                                  NULL),
                            out, err);
}

void rpc_client_creds_free(rpc_client_creds *creds)
{
    if (creds)
        grpc_channel_credentials_release(creds->core);
    base_free(creds);
}

void rpc_server_creds_free(rpc_server_creds *creds)
{
    if (creds)
        grpc_server_credentials_release(creds->core);
    base_free(creds);
}
