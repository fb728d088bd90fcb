#include "conf/parts.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"

const char *const conf_log_levels[] = {"debug", "info", "warn", "error", "off", NULL};

const conf_key conf_peer_keys[CONF_PEER_KEYS] = {
    {.name = "address",
     .type = CONF_TEXT,
     CONF_AT(conf_peer, address),
     .flags = CONF_REQUIRED,
     .help = "host:port of the peer"},
    {.name = "tls_roots",
     .type = CONF_TEXT,
     CONF_AT(conf_peer, tls_roots),
     .flags = CONF_PATH,
     .help = "PEM file of the CA certificates the peer's TLS certificate leads to; empty: no TLS"},
    {.name = "name",
     .type = CONF_TEXT,
     CONF_AT(conf_peer, name),
     .help = "name in the peer's TLS certificate, if it is not the host of the address"},
};

heddle_status conf_identity_check(const conf_identity *identity, heddle_error *err)
{
    if (!identity->msp_id[0])
        return base_fail(err, HEDDLE_E_CONFIG, "identity.msp_id: required");
    BASE_TRY(conf_pair_check("identity.certificate", identity->certificate, "identity.key",
                             identity->key, err));
    if (identity->msp_dir[0] && identity->certificate[0])
        return base_fail(err, HEDDLE_E_CONFIG,
                         "identity.msp_dir and identity.certificate: give one of them");
    if (!identity->msp_dir[0] && !identity->certificate[0])
        return base_fail(
            err, HEDDLE_E_CONFIG,
            "identity: required is identity.msp_dir, or identity.certificate and identity.key");
    return HEDDLE_OK;
}

heddle_status conf_blame(const char *key, heddle_status status, heddle_error *err)
{
    if (status == HEDDLE_OK || status == HEDDLE_E_NO_MEMORY)
        return status;
    base_error_prefix(err, "%s", key);
    if (err)
        err->status = HEDDLE_E_CONFIG;
    return HEDDLE_E_CONFIG;
}

bool conf_is_address(const char *address)
{
    uint64_t port;
    const char *colon = strrchr(address, ':');
    return colon && colon != address && base_parse_u64(heddle_view_str(colon + 1), &port) &&
           port <= UINT16_MAX;
}

heddle_status conf_address_check(const char *key, const char *address, heddle_error *err)
{
    if (conf_is_address(address))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_CONFIG, "%s: \"%s\" is not host:port", key, address);
}

heddle_status conf_pair_check(const char *a, const char *a_value, const char *b,
                              const char *b_value, heddle_error *err)
{
    if (!a_value[0] == !b_value[0])
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_CONFIG, "%s and %s go together", a, b);
}
