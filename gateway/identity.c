#include "gateway/identity.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/msp_folder.h"
#include "wire/identity.h"

enum { READINGS = 3 };

void gw_signer_done(gw_signer *signer)
{
    crypto_key_unref(signer->key);
    base_buffer_done(&signer->bytes);
    *signer = (gw_signer){0};
}

void gw_tls_pair_done(gw_tls_pair *pair)
{
    base_buffer_done(&pair->cert_pem);
    base_buffer_wipe(&pair->key_pem);
}

static heddle_status load_files(const conf_identity *conf, crypto_cert **out_cert,
                                crypto_key **out_key, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(crypto_cert_load(conf->certificate, &cert, err));
    BASE_TRY(crypto_key_load(conf->key, &key, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(cert), crypto_key_public(key)))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "the key is not that of the certificate");
    *out_cert = base_steal(&cert);
    *out_key = base_steal(&key);
    return HEDDLE_OK;
}

/* Files that are replaced between the two readings are another pair: they are read again. */
static heddle_status load_pair(const conf_identity *conf, crypto_cert **cert, crypto_key **key,
                               heddle_error *err)
{
    heddle_status status = HEDDLE_E_BAD_IDENTITY;
    if (conf->msp_dir[0])
        return crypto_msp_folder_load(conf->msp_dir, cert, key, err);
    for (int i = 0; i < READINGS && status == HEDDLE_E_BAD_IDENTITY; i++)
        status = load_files(conf, cert, key, err);
    return status;
}

/* With a certificate out of its time every connection and request would fail later. */
static heddle_status check_time(const crypto_cert *cert, heddle_error *err)
{
    return crypto_cert_check_time(cert, base_wall_now().seconds, err);
}

heddle_status gw_signer_load(const gw_conf *conf, gw_signer *out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_status status = load_pair(&conf->identity, &cert, &out->key, err);
    if (status == HEDDLE_OK)
        status = check_time(cert, err);
    if (status != HEDDLE_OK)
        return conf_blame("identity", status, err);
    out->not_after_s = crypto_cert_not_after_s(cert);
    return wire_identity_write(heddle_view_str(conf->identity.msp_id), crypto_cert_pem(cert),
                               &out->bytes);
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
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "not the key of tls.certificate");
    return HEDDLE_OK;
}

static heddle_status load_tls(const gw_conf *conf, gw_tls_pair *out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    gw_tls_pair_done(out);
    BASE_TRY(conf_blame("tls.certificate",
                        load_tls_certificate(conf->tls.certificate, &out->cert_pem, &cert, err),
                        err));
    out->not_after_s = crypto_cert_not_after_s(cert);
    heddle_status status = load_tls_key(conf->tls.key, &out->key_pem, cert, err);
    if (status == HEDDLE_E_BAD_IDENTITY) {
        base_error_prefix(err, "tls.key");
        return status;
    }
    return conf_blame("tls.key", status, err);
}

heddle_status gw_tls_pair_load(const gw_conf *conf, gw_tls_pair *out, heddle_error *err)
{
    heddle_status status = HEDDLE_E_BAD_IDENTITY;
    if (!conf->tls.certificate[0])
        return HEDDLE_OK;
    for (int i = 0; i < READINGS && status == HEDDLE_E_BAD_IDENTITY; i++)
        status = load_tls(conf, out, err);
    if (status == HEDDLE_E_BAD_IDENTITY && err)
        err->status = HEDDLE_E_CONFIG;
    return status == HEDDLE_E_BAD_IDENTITY ? HEDDLE_E_CONFIG : status;
}

static heddle_status sign(void *user, heddle_view message, crypto_signature *out, heddle_error *err)
{
    return crypto_key_sign(user, CRYPTO_SHA256, message, out, err);
}

static void release(void *user)
{
    crypto_key_unref(user);
}

heddle_status gw_identity_new(const gw_conf *conf, const gw_signer *signer,
                              heddle_view tls_cert_pem, heddle_view tls_key_pem,
                              route_identity **out, heddle_error *err)
{
    route_identity_source source = {.mspid = heddle_view_str(conf->identity.msp_id),
                                    .bytes = base_buffer_view(&signer->bytes),
                                    .tls_cert_pem = tls_cert_pem,
                                    .tls_key_pem = tls_key_pem,
                                    .sign = sign,
                                    .user = crypto_key_ref(signer->key),
                                    .release = release};
    return route_identity_new(&source, out, err);
}
