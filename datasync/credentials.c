#include "datasync/credentials.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "client/identity.h"

enum { FILE_MAX = 1 << 20, READINGS = 3 };

static void tls_done(sync_credentials *c)
{
    base_buffer_done(&c->tls_cert);
    base_buffer_wipe(&c->tls_key);
}

void sync_credentials_done(sync_credentials *c)
{
    heddle_identity_unref(c->identity);
    tls_done(c);
    for (size_t i = 0; i < c->peer_count; i++)
        base_buffer_done(&c->roots[i]);
    base_free(c->roots);
    *c = (sync_credentials){0};
}

static heddle_status read_identity(const sync_conf *conf, sync_credentials *out, heddle_error *err)
{
    const conf_identity *who = &conf->identity;
    if (who->msp_dir[0])
        BASE_TRY(heddle_identity_from_msp(who->msp_id, who->msp_dir, &out->identity, err));
    else
        BASE_TRY(heddle_identity_from_files(who->msp_id, who->certificate, who->key, &out->identity,
                                            err));
    out->identity_not_after_s = crypto_cert_not_after_s(client_identity_cert(out->identity));
    return HEDDLE_OK;
}

static heddle_status read_pem(const char *path, base_buffer *out, heddle_error *err)
{
    return path[0] ? base_read_file(path, FILE_MAX, out, err) : HEDDLE_OK;
}

static heddle_status check_pair(const sync_conf *conf, sync_credentials *out, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(crypto_cert_parse(base_buffer_view(&out->tls_cert), &cert, err));
    BASE_TRY(crypto_key_parse(base_buffer_view(&out->tls_key), &key, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(cert), crypto_key_public(key)))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY, "%s is not the key of the certificate in %s",
                         conf->tls_key, conf->tls_certificate);
    memcpy(out->tls_hash, crypto_cert_sha256(cert), sizeof(out->tls_hash));
    out->tls_not_after_s = crypto_cert_not_after_s(cert);
    return HEDDLE_OK;
}

/* Files that are replaced between the two readings are another pair: they are read again. */
static heddle_status read_tls(const sync_conf *conf, sync_credentials *out, heddle_error *err)
{
    heddle_status status = HEDDLE_E_BAD_IDENTITY;
    if (!conf->tls_certificate[0])
        return HEDDLE_OK;
    for (int i = 0; i < READINGS && status == HEDDLE_E_BAD_IDENTITY; i++) {
        tls_done(out);
        BASE_TRY(read_pem(conf->tls_certificate, &out->tls_cert, err));
        BASE_TRY(read_pem(conf->tls_key, &out->tls_key, err));
        status = check_pair(conf, out, err);
    }
    return status;
}

static heddle_status read_roots(const sync_conf *conf, sync_credentials *out, heddle_error *err)
{
    size_t count = sync_conf_peer_count(conf);
    out->roots = base_calloc(count + 1, sizeof(*out->roots));
    if (!out->roots)
        return base_fail_memory(err, "roots of the peers");
    out->peer_count = count;
    for (size_t i = 0; i < count; i++) {
        base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
        const sync_peer_conf *peer = sync_conf_peer(conf, i);
        rpc_tls_client tls = {0};
        if (!peer->tls_roots[0])
            continue;
        BASE_TRY(read_pem(peer->tls_roots, &out->roots[i], err));
        tls.roots_pem = base_buffer_view(&out->roots[i]);
        BASE_TRY(rpc_client_creds_tls(&tls, &creds, err));
    }
    return HEDDLE_OK;
}

heddle_status sync_credentials_read(const sync_conf *conf, sync_credential part,
                                    sync_credentials *out, heddle_error *err)
{
    switch (part) {
    case SYNC_CREDENTIAL_IDENTITY:
        return read_identity(conf, out, err);
    case SYNC_CREDENTIAL_TLS:
        return read_tls(conf, out, err);
    default:
        return read_roots(conf, out, err);
    }
}

#define SWAP(a, b)                                                                                 \
    do {                                                                                           \
        __auto_type kept_ = (a);                                                                   \
        (a) = (b);                                                                                 \
        (b) = kept_;                                                                               \
    } while (0)

void sync_credentials_swap(sync_credentials *a, sync_credentials *b, sync_credential part)
{
    uint8_t hash[sizeof(a->tls_hash)];
    switch (part) {
    case SYNC_CREDENTIAL_IDENTITY:
        SWAP(a->identity, b->identity);
        SWAP(a->identity_not_after_s, b->identity_not_after_s);
        break;
    case SYNC_CREDENTIAL_TLS:
        SWAP(a->tls_cert, b->tls_cert);
        SWAP(a->tls_key, b->tls_key);
        SWAP(a->tls_not_after_s, b->tls_not_after_s);
        memcpy(hash, a->tls_hash, sizeof(hash));
        memcpy(a->tls_hash, b->tls_hash, sizeof(hash));
        memcpy(b->tls_hash, hash, sizeof(hash));
        break;
    default:
        SWAP(a->roots, b->roots);
        SWAP(a->peer_count, b->peer_count);
        break;
    }
}

heddle_status sync_credentials_connect(const sync_credentials *c, size_t index,
                                       rpc_client_creds **out, heddle_error *err)
{
    if (!c->roots[index].len)
        return rpc_client_creds_insecure(out, err);
    const rpc_tls_client tls = {.roots_pem = base_buffer_view(&c->roots[index]),
                                .cert_pem = base_buffer_view(&c->tls_cert),
                                .key_pem = base_buffer_view(&c->tls_key)};
    return rpc_client_creds_tls(&tls, out, err);
}
