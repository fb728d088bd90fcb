#include "rpc/credentials.h"

#include <stdio.h>

#include "base/fail.h"
#include "rpc/core.h"

struct rpc_client_creds {
    grpc_channel_credentials *core;
    bool tls;
};

grpc_channel_credentials *rpc_core_client_creds(rpc_client_creds *creds)
{
    return creds->core;
}

bool rpc_core_client_creds_are_tls(const rpc_client_creds *creds)
{
    return creds->tls;
}

void rpc_core_secret_free(char *text)
{
    if (text)
        base_wipe(text, strlen(text));
    base_free(text);
}

heddle_status rpc_core_check_pem(heddle_view pem, const char *label, const char *what,
                                 heddle_error *err)
{
    if (pem.len == 0 || !memmem(pem.data, pem.len, "-----BEGIN ", 11) ||
        !memmem(pem.data, pem.len, label, strlen(label)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: no PEM block \"%s\"", what, label);
    return HEDDLE_OK;
}

heddle_status rpc_core_check_pair(heddle_view cert, heddle_view key, const char *whose,
                                  heddle_error *err)
{
    char what[64];
    snprintf(what, sizeof(what), "%s TLS certificate", whose);
    BASE_TRY(rpc_core_check_pem(cert, "CERTIFICATE-----", what, err));
    snprintf(what, sizeof(what), "%s TLS key", whose);
    return rpc_core_check_pem(key, "PRIVATE KEY-----", what, err);
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

heddle_status rpc_core_client_creds_wrap(grpc_channel_credentials *core, rpc_client_creds **out,
                                         heddle_error *err)
{
    return client_creds_new(core, true, out, err);
}

heddle_status rpc_client_creds_insecure(rpc_client_creds **out, heddle_error *err)
{
    return client_creds_new(grpc_insecure_credentials_create(), false, out, err);
}

heddle_status rpc_client_creds_tls(const rpc_tls_client *tls, rpc_client_creds **out,
                                   heddle_error *err)
{
    BASE_TRY(
        rpc_core_check_pem(tls->roots_pem, "CERTIFICATE-----", "trusted TLS CA certificates", err));
    bool mutual = tls->cert_pem.len || tls->key_pem.len;
    if (mutual)
        BASE_TRY(rpc_core_check_pair(tls->cert_pem, tls->key_pem, "client", err));
    base_auto(chars) char *roots = base_strdup_view(tls->roots_pem);
    base_auto(chars) char *cert = base_strdup_view(tls->cert_pem);
    base_auto(rpc_core_secret) char *key = base_strdup_view(tls->key_pem);
    if (!roots || !cert || !key)
        return base_fail_memory(err, "client credentials");
    grpc_ssl_pem_key_cert_pair pair = {.private_key = key, .cert_chain = cert};
    return client_creds_new(grpc_ssl_credentials_create(roots, mutual ? &pair : NULL, NULL, NULL),
                            true, out, err);
}

void rpc_client_creds_free(rpc_client_creds *creds)
{
    if (creds)
        grpc_channel_credentials_release(creds->core);
    base_free(creds);
}
