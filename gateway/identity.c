#include "gateway/identity.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/msp_folder.h"
#include "wire/identity.h"
#include "wire/proposal.h"
#include "wire/seek.h"

enum { HEADER_TYPE_DELIVER_SEEK_INFO = 5 };

struct gw_identity {
    char *mspid;
    crypto_key *key;
    base_buffer bytes;
    base_buffer tls_cert;
    base_buffer tls_key;
    bool has_tls;
    uint8_t tls_hash[CRYPTO_SHA256_LEN];
};

void gw_identity_free(gw_identity *identity)
{
    if (!identity)
        return;
    base_free(identity->mspid);
    crypto_key_unref(identity->key);
    base_buffer_done(&identity->bytes);
    base_buffer_done(&identity->tls_cert);
    base_buffer_wipe(&identity->tls_key);
    base_free(identity);
}

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

static heddle_status load_signer(gw_identity *identity, const gw_conf *conf, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_status status = load_pair(&conf->identity, &cert, &identity->key, err);
    if (status == HEDDLE_OK)
        status = check_time(cert, err);
    if (status != HEDDLE_OK)
        return conf_blame("identity", status, err);
    return wire_identity_write(heddle_view_str(conf->identity.msp_id), crypto_cert_pem(cert),
                               &identity->bytes);
}

static heddle_status load_tls_certificate(gw_identity *identity, const char *path,
                                          crypto_cert **out, heddle_error *err)
{
    BASE_TRY(base_read_file(path, 0, &identity->tls_cert, err));
    BASE_TRY(crypto_cert_parse(base_buffer_view(&identity->tls_cert), out, err));
    return check_time(*out, err);
}

static heddle_status load_tls_key(gw_identity *identity, const char *path, const crypto_cert *cert,
                                  heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(base_read_file(path, 0, &identity->tls_key, err));
    BASE_TRY(crypto_key_parse(base_buffer_view(&identity->tls_key), &key, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(cert), crypto_key_public(key)))
        return base_fail(err, HEDDLE_E_CONFIG, "not the key of tls.certificate");
    return HEDDLE_OK;
}

static heddle_status load_tls(gw_identity *identity, const gw_conf *conf, heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!conf->tls.certificate[0])
        return HEDDLE_OK;
    BASE_TRY(conf_blame("tls.certificate",
                        load_tls_certificate(identity, conf->tls.certificate, &cert, err), err));
    BASE_TRY(conf_blame("tls.key", load_tls_key(identity, conf->tls.key, cert, err), err));
    memcpy(identity->tls_hash, crypto_cert_sha256(cert), sizeof(identity->tls_hash));
    identity->has_tls = true;
    return HEDDLE_OK;
}

heddle_status gw_identity_load(const gw_conf *conf, gw_identity **out, heddle_error *err)
{
    gw_identity *identity = base_calloc(1, sizeof(*identity));
    if (!identity)
        return base_fail_memory(err, "identity");
    identity->mspid = base_strdup(conf->identity.msp_id);
    heddle_status status = identity->mspid ? HEDDLE_OK : base_fail_memory(err, "identity");
    if (status == HEDDLE_OK)
        status = load_signer(identity, conf, err);
    if (status == HEDDLE_OK)
        status = load_tls(identity, conf, err);
    if (status != HEDDLE_OK) {
        gw_identity_free(identity);
        return status;
    }
    *out = identity;
    return HEDDLE_OK;
}

heddle_view gw_identity_mspid(const gw_identity *identity)
{
    return heddle_view_str(identity->mspid);
}

heddle_view gw_identity_bytes(const gw_identity *identity)
{
    return base_buffer_view(&identity->bytes);
}

heddle_view gw_identity_tls_hash(const gw_identity *identity)
{
    return heddle_view_of(identity->tls_hash, identity->has_tls ? sizeof(identity->tls_hash) : 0);
}

heddle_view gw_identity_tls_cert(const gw_identity *identity)
{
    return base_buffer_view(&identity->tls_cert);
}

heddle_view gw_identity_tls_key(const gw_identity *identity)
{
    return base_buffer_view(&identity->tls_key);
}

heddle_status gw_identity_sign(const gw_identity *identity, heddle_view message,
                               crypto_signature *out, heddle_error *err)
{
    return crypto_key_sign(identity->key, CRYPTO_SHA256, message, out, err);
}

heddle_status gw_identity_propose(const gw_identity *identity, heddle_view channel,
                                  heddle_view chaincode, const heddle_view *args, size_t arg_count,
                                  base_arena *arena, heddle_view *out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    BASE_TRY(crypto_random(nonce, sizeof(nonce)));
    wire_proposal_draft draft = {.channel = channel,
                                 .chaincode = chaincode,
                                 .creator = gw_identity_bytes(identity),
                                 .nonce = heddle_view_of(nonce, sizeof(nonce)),
                                 .time = base_wall_now(),
                                 .args = args,
                                 .arg_count = arg_count,
                                 .tls_cert_hash = gw_identity_tls_hash(identity)};
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view proposal;
    BASE_TRY(wire_proposal_write(&draft, arena, &proposal, tx_id, err));
    crypto_signature signature;
    BASE_TRY(gw_identity_sign(identity, proposal, &signature, err));
    return wire_signed_proposal_write(proposal, crypto_signature_view(&signature), arena, out, err);
}

heddle_status gw_identity_seek(const gw_identity *identity, heddle_view channel,
                               const wire_seek *seek, base_arena *arena, heddle_view *out,
                               heddle_error *err)
{
    heddle_view info, payload;
    BASE_TRY(wire_seek_write(seek, arena, &info, err));
    uint8_t nonce[WIRE_NONCE_LEN];
    BASE_TRY(crypto_random(nonce, sizeof(nonce)));
    wire_header header = {.type = HEADER_TYPE_DELIVER_SEEK_INFO,
                          .time = base_wall_now(),
                          .channel = channel,
                          .tls_cert_hash = gw_identity_tls_hash(identity),
                          .creator = gw_identity_bytes(identity),
                          .nonce = heddle_view_of(nonce, sizeof(nonce))};
    BASE_TRY(wire_payload_write(&header, info, arena, &payload, err));
    crypto_signature signature;
    BASE_TRY(gw_identity_sign(identity, payload, &signature, err));
    return wire_envelope_write(payload, crypto_signature_view(&signature), arena, out, err);
}
