#include "gateway/identity.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/msp_folder.h"
#include "wire/identity.h"

static heddle_status load_pair(const conf_identity *conf, crypto_cert **cert, crypto_key **key,
                               heddle_error *err)
{
    if (conf->msp_dir[0])
        return crypto_msp_folder_load(conf->msp_dir, cert, key, err);
    BASE_TRY(crypto_cert_load(conf->certificate, cert, err));
    BASE_TRY(crypto_key_load(conf->key, key, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(*cert), crypto_key_public(*key)))
        return base_fail(err, HEDDLE_E_CONFIG, "the key is not that of the certificate");
    return HEDDLE_OK;
}

/* With a certificate out of its time every connection and request would fail later. */
static heddle_status check_time(const crypto_cert *cert, heddle_error *err)
{
    return crypto_cert_check_time(cert, base_wall_now().seconds, err);
}

static heddle_status load_signer(const gw_conf *conf, crypto_key **key, base_buffer *bytes,
                                 heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_status status = load_pair(&conf->identity, &cert, key, err);
    if (status == HEDDLE_OK)
        status = check_time(cert, err);
    if (status != HEDDLE_OK)
        return conf_blame("identity", status, err);
    return wire_identity_write(heddle_view_str(conf->identity.msp_id), crypto_cert_pem(cert),
                               bytes);
}

static heddle_status load_tls_certificate(const char *path, base_buffer *pem, crypto_cert **out,
                                          heddle_error *err)
{
    BASE_TRY(base_read_file(path, 0, pem, err));
    BASE_TRY(crypto_cert_parse(base_buffer_view(pem), out, err));
    return check_time(*out, err);
}

static heddle_status load_tls_key(const char *path, base_buffer *pem, const crypto_cert *cert,
                                  heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(base_read_file(path, 0, pem, err));
    BASE_TRY(crypto_key_parse(base_buffer_view(pem), &key, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(cert), crypto_key_public(key)))
        return base_fail(err, HEDDLE_E_CONFIG, "not the key of tls.certificate");
    return HEDDLE_OK;
}

static heddle_status load_tls(const gw_conf *conf, base_buffer *cert_pem, base_buffer *key_pem,
                              heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!conf->tls.certificate[0])
        return HEDDLE_OK;
    BASE_TRY(conf_blame("tls.certificate",
                        load_tls_certificate(conf->tls.certificate, cert_pem, &cert, err), err));
    return conf_blame("tls.key", load_tls_key(conf->tls.key, key_pem, cert, err), err);
}

static heddle_status sign(void *user, heddle_view message, crypto_signature *out, heddle_error *err)
{
    return crypto_key_sign(user, CRYPTO_SHA256, message, out, err);
}

static void release(void *user)
{
    crypto_key_unref(user);
}

heddle_status gw_identity_load(const gw_conf *conf, route_identity **out, heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto_buffer base_buffer bytes = {0}, cert_pem = {0}, key_pem = {0};
    heddle_status status = load_signer(conf, &key, &bytes, err);
    if (status == HEDDLE_OK)
        status = load_tls(conf, &cert_pem, &key_pem, err);
    if (status == HEDDLE_OK) {
        route_identity_source source = {.mspid = heddle_view_str(conf->identity.msp_id),
                                        .bytes = base_buffer_view(&bytes),
                                        .tls_cert_pem = base_buffer_view(&cert_pem),
                                        .tls_key_pem = base_buffer_view(&key_pem),
                                        .sign = sign,
                                        .user = base_steal(&key),
                                        .release = release};
        status = route_identity_new(&source, out, err);
    }
    base_buffer_wipe(&key_pem);
    return status;
}
