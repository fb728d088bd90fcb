#include "route/identity.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "wire/proposal.h"

enum { HEADER_TYPE_DELIVER_SEEK_INFO = 5 };

struct route_identity {
    atomic_uint refs;
    char *mspid;
    base_buffer bytes;
    base_buffer tls_cert;
    base_buffer tls_key;
    bool has_tls;
    uint8_t tls_hash[CRYPTO_SHA256_LEN];
    route_sign_fn *sign;
    void *user;
    void (*release)(void *user);
};

route_identity *route_identity_ref(route_identity *identity)
{
    atomic_fetch_add_explicit(&identity->refs, 1, memory_order_relaxed);
    return identity;
}

void route_identity_unref(route_identity *identity)
{
    if (!identity || atomic_fetch_sub_explicit(&identity->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (identity->release)
        identity->release(identity->user);
    base_free(identity->mspid);
    base_buffer_done(&identity->bytes);
    base_buffer_done(&identity->tls_cert);
    base_buffer_wipe(&identity->tls_key);
    base_free(identity);
}

static heddle_status keep_tls(route_identity *identity, const route_identity_source *source,
                              heddle_error *err)
{
    if (!source->tls_cert_pem.len)
        return HEDDLE_OK;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    BASE_TRY(crypto_cert_parse(source->tls_cert_pem, &cert, err));
    if (base_buffer_append(&identity->tls_cert, source->tls_cert_pem) != HEDDLE_OK ||
        base_buffer_append(&identity->tls_key, source->tls_key_pem) != HEDDLE_OK)
        return base_fail_memory(err, "identity");
    memcpy(identity->tls_hash, crypto_cert_sha256(cert), sizeof(identity->tls_hash));
    identity->has_tls = true;
    return HEDDLE_OK;
}

heddle_status route_identity_new(const route_identity_source *source, route_identity **out,
                                 heddle_error *err)
{
    route_identity *identity = base_calloc(1, sizeof(*identity));
    if (!identity) {
        if (source->release)
            source->release(source->user);
        return base_fail_memory(err, "identity");
    }
    atomic_init(&identity->refs, 1);
    identity->sign = source->sign;
    identity->user = source->user;
    identity->release = source->release;
    identity->mspid = base_strdup_view(source->mspid);
    heddle_status status = base_buffer_append(&identity->bytes, source->bytes);
    if (!identity->mspid || status != HEDDLE_OK)
        status = base_fail_memory(err, "identity");
    if (status == HEDDLE_OK)
        status = keep_tls(identity, source, err);
    if (status != HEDDLE_OK) {
        route_identity_unref(identity);
        return status;
    }
    *out = identity;
    return HEDDLE_OK;
}

heddle_view route_identity_mspid(const route_identity *identity)
{
    return heddle_view_str(identity->mspid);
}

heddle_view route_identity_bytes(const route_identity *identity)
{
    return base_buffer_view(&identity->bytes);
}

heddle_view route_identity_tls_hash(const route_identity *identity)
{
    return heddle_view_of(identity->tls_hash, identity->has_tls ? sizeof(identity->tls_hash) : 0);
}

heddle_view route_identity_tls_cert(const route_identity *identity)
{
    return base_buffer_view(&identity->tls_cert);
}

heddle_view route_identity_tls_key(const route_identity *identity)
{
    return base_buffer_view(&identity->tls_key);
}

heddle_status route_identity_sign(const route_identity *identity, heddle_view message,
                                  crypto_signature *out, heddle_error *err)
{
    return identity->sign(identity->user, message, out, err);
}

heddle_status route_identity_propose(const route_identity *identity, heddle_view channel,
                                     heddle_view chaincode, const heddle_view *args,
                                     size_t arg_count, base_arena *arena, heddle_view *out,
                                     heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    BASE_TRY(crypto_random(nonce, sizeof(nonce)));
    wire_proposal_draft draft = {.channel = channel,
                                 .chaincode = chaincode,
                                 .creator = route_identity_bytes(identity),
                                 .nonce = heddle_view_of(nonce, sizeof(nonce)),
                                 .time = base_wall_now(),
                                 .args = args,
                                 .arg_count = arg_count,
                                 .tls_cert_hash = route_identity_tls_hash(identity)};
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view proposal;
    BASE_TRY(wire_proposal_write(&draft, arena, &proposal, tx_id, err));
    crypto_signature signature;
    BASE_TRY(route_identity_sign(identity, proposal, &signature, err));
    return wire_signed_proposal_write(proposal, crypto_signature_view(&signature), arena, out, err);
}

heddle_status route_identity_seek(const route_identity *identity, heddle_view channel,
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
                          .tls_cert_hash = route_identity_tls_hash(identity),
                          .creator = route_identity_bytes(identity),
                          .nonce = heddle_view_of(nonce, sizeof(nonce))};
    BASE_TRY(wire_payload_write(&header, info, arena, &payload, err));
    crypto_signature signature;
    BASE_TRY(route_identity_sign(identity, payload, &signature, err));
    return wire_envelope_write(payload, crypto_signature_view(&signature), arena, out, err);
}
