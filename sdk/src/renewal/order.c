#include "renewal/order.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "client/identity.h"

enum { SECRET_MAX = 4096 };

static heddle_status renew(const renewal_order *order, heddle_identity *holder, heddle_csr *csr,
                           heddle_enrollment **out, heddle_error *err)
{
    heddle_reenroll_options how = HEDDLE_REENROLL_OPTIONS;
    how.same_key = order->same_key;
    how.profile = order->profile;
    how.attributes = order->attributes;
    how.attribute_count = order->attribute_count;
    how.csr = csr;
    how.same_names = true;
    return heddle_ca_reenroll(order->ca, holder, &how, out, err);
}

static heddle_key_kind kind_of(const crypto_cert *cert)
{
    bool is_384 = crypto_public_key_get_kind(crypto_cert_public_key(cert)) == CRYPTO_KEY_P384;
    return is_384 ? HEDDLE_KEY_P384 : HEDDLE_KEY_P256;
}

heddle_status renewal_order_renew(const renewal_order *order, heddle_identity *holder,
                                  heddle_enrollment **out, heddle_error *err)
{
    const crypto_cert *cert = client_identity_cert(holder);
    heddle_csr csr = HEDDLE_CSR;
    if (!order->token || order->same_key)
        return renew(order, holder, NULL, out, err);
    csr.token = order->token;
    csr.token_key_label = crypto_cert_common_name(cert);
    csr.key_kind = kind_of(cert);
    return renew(order, holder, &csr, out, err);
}

static heddle_status read_secret(const char *file, base_buffer *out, heddle_error *err)
{
    BASE_TRY(base_read_file(file, SECRET_MAX, out, err));
    while (out->len && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
        out->len--;
    if (!out->len || memchr(out->data, '\0', out->len))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: there is no password in it", file);
    return base_buffer_cstr(out) ? HEDDLE_OK : base_fail_memory(err, file);
}

/* The key, the kind of key and the hosts of the certificate before. */
static heddle_status take_before(const renewal_order *order, const heddle_identity *before,
                                 base_buffer *key, heddle_csr *csr, heddle_error *err)
{
    const crypto_cert *cert = client_identity_cert(before);
    csr->key_kind = kind_of(cert);
    if (!order->same_key)
        return HEDDLE_OK;
    if (client_identity_key(before)) {
        BASE_TRY(crypto_key_pem(client_identity_key(before), key, err));
        csr->key_pem = base_buffer_view(key);
        return HEDDLE_OK;
    }
    uint8_t ski[CRYPTO_SHA256_LEN];
    if (crypto_public_key_ski(crypto_cert_public_key(cert), ski) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "certificate request: no identifier of the key");
    if (base_buffer_append(key, heddle_view_of(ski, sizeof(ski))))
        return base_fail_memory(err, "certificate request");
    csr->token_key_id = base_buffer_view(key);
    return HEDDLE_OK;
}

static heddle_status enroll(const renewal_order *order, const heddle_csr *csr,
                            heddle_enrollment **out, heddle_error *err)
{
    base_buffer secret = {0};
    heddle_enroll_options who = HEDDLE_ENROLL_OPTIONS;
    heddle_status status = read_secret(order->secret_file, &secret, err);
    who.id = order->id;
    who.secret = (const char *)secret.data;
    who.profile = order->profile;
    who.attributes = order->attributes;
    who.attribute_count = order->attribute_count;
    who.csr = csr;
    if (status == HEDDLE_OK)
        status = heddle_ca_enroll(order->ca, &who, out, err);
    base_buffer_wipe(&secret);
    return status;
}

heddle_status renewal_order_enroll(const renewal_order *order, heddle_identity *before,
                                   heddle_enrollment **out, heddle_error *err)
{
    base_buffer key = {0};
    heddle_csr csr = HEDDLE_CSR;
    heddle_status status = HEDDLE_OK;
    csr.token = order->token;
    csr.token_key_label = order->token ? order->id : NULL;
    csr.hosts = order->hosts;
    csr.host_count = order->host_count;
    if (before)
        status = take_before(order, before, &key, &csr, err);
    if (csr.token_key_id.len)
        csr.token_key_label = NULL;
    if (status == HEDDLE_OK)
        status = enroll(order, &csr, out, err);
    base_buffer_wipe(&key);
    return status;
}

static heddle_status add_between(heddle_view chain, base_buffer *out, heddle_error *err)
{
    crypto_auto_certs crypto_certs certs = {0};
    BASE_TRY(crypto_certs_parse(chain, &certs, err));
    for (size_t i = 0; i < certs.count; i++) {
        const crypto_cert *cert = certs.items[i];
        bool is_root = strcmp(crypto_cert_subject(cert), crypto_cert_issuer(cert)) == 0;
        if (!is_root && base_buffer_append(out, crypto_cert_pem(cert)))
            return base_fail_memory(err, "chain of the CA");
    }
    return HEDDLE_OK;
}

heddle_status renewal_order_pem(const renewal_order *order, const heddle_enrollment *enrollment,
                                base_buffer *out, heddle_error *err)
{
    heddle_view chain = heddle_enrollment_chain_pem(enrollment);
    if (base_buffer_append(out, heddle_enrollment_cert_pem(enrollment)))
        return base_fail_memory(err, "certificate");
    bool is_tls = order->profile && strcmp(order->profile, "tls") == 0;
    return is_tls && chain.len ? add_between(chain, out, err) : HEDDLE_OK;
}
