/* What proposals, transactions and commits have in common. */
#include "base/fail.h"
#include "client/proposal.h"
#include "crypto/cert.h"
#include "crypto/ecdsa.h"
#include "wire/identity.h"

void client_binding_init(client_binding *binding, heddle_gateway *gateway,
                         heddle_identity *identity)
{
    binding->gateway = client_gateway_ref(gateway);
    binding->identity = identity ? heddle_identity_now(identity) : NULL;
}

void client_binding_follow(client_binding *binding, heddle_gateway *gateway,
                           heddle_identity *identity)
{
    binding->gateway = client_gateway_ref(gateway);
    binding->identity = heddle_identity_ref(identity);
}

void client_binding_done(client_binding *binding)
{
    client_gateway_unref(binding->gateway);
    heddle_identity_unref(binding->identity);
}

heddle_status client_seal(client_sealed *sealed, const heddle_identity *identity, heddle_error *err)
{
    crypto_signature made;
    if (sealed->signature_len)
        return HEDDLE_OK;
    if (!identity)
        return base_fail(err, HEDDLE_E_BAD_STATE, "neither an identity nor a signature is there");
    BASE_TRY(client_identity_sign(identity, sealed->message, &made, err));
    memcpy(sealed->signature, made.data, made.len);
    sealed->signature_len = made.len;
    return HEDDLE_OK;
}

void client_seal_keep(client_sealed *sealed, heddle_view signature)
{
    sealed->signature_len =
        signature.len < sizeof(sealed->signature) ? signature.len : sizeof(sealed->signature);
    if (signature.len)
        memcpy(sealed->signature, signature.data, sealed->signature_len);
}

/* The kind of key that the creator of a message signs with; OTHER if that cannot be told. */
static crypto_key_kind kind_of(heddle_view creator)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    wire_identity identity;
    if (wire_identity_read(creator, &identity, NULL) ||
        crypto_cert_parse(identity.cert, &cert, NULL))
        return CRYPTO_KEY_OTHER;
    return crypto_public_key_get_kind(crypto_cert_public_key(cert));
}

heddle_status client_seal_set(client_sealed *sealed, heddle_view creator, heddle_view signature,
                              heddle_error *err)
{
    crypto_signature low;
    crypto_key_kind kind = kind_of(creator);
    if (signature.len == 0 || signature.len > sizeof(sealed->signature))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a signature has 1 to %d bytes, not %zu",
                         HEDDLE_SIGNATURE_MAX, signature.len);
    if (kind == CRYPTO_KEY_P256 || kind == CRYPTO_KEY_P384) {
        if (!crypto_ecdsa_to_low_s(kind, signature, &low))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "this is no ECDSA signature in DER of the creator's kind of key");
        signature = crypto_signature_view(&low);
    }
    client_seal_keep(sealed, signature);
    return HEDDLE_OK;
}

heddle_status client_seal_digest(const client_sealed *sealed, const heddle_identity *identity,
                                 uint8_t *out, size_t *out_len, heddle_error *err)
{
    if (identity)
        return heddle_identity_digest(identity, sealed->message, out, out_len, err);
    heddle_status status = crypto_sha256(sealed->message, out);
    if (status)
        return base_fail(err, status, "digest of a message to sign");
    *out_len = CRYPTO_SHA256_LEN;
    return HEDDLE_OK;
}

wire_signed_message client_sealed_view(const client_sealed *sealed)
{
    return (wire_signed_message){.bytes = sealed->message,
                                 .signature =
                                     heddle_view_of(sealed->signature, sealed->signature_len)};
}

heddle_status client_write(const wire_shape *shape, const void *in, base_buffer *out,
                           heddle_error *err)
{
    heddle_status status = base_buffer_reserve(out, wire_shape_size(shape, in));
    if (status == HEDDLE_OK)
        status = wire_shape_write(shape, in, out);
    return status ? base_fail(err, status, "%s: %s", shape->name, heddle_status_text(status))
                  : HEDDLE_OK;
}

heddle_status client_tx_id_copy(heddle_view tx_id, char out[65], heddle_error *err)
{
    bool ok = tx_id.len >= 1 && tx_id.len <= 64;
    for (size_t i = 0; ok && i < tx_id.len; i++)
        ok = tx_id.data[i] > ' ' && tx_id.data[i] < 0x7f;
    if (!ok)
        return base_fail(err, HEDDLE_E_DECODE, "the transaction id is malformed");
    memcpy(out, tx_id.data, tx_id.len);
    out[tx_id.len] = 0;
    return HEDDLE_OK;
}

heddle_status client_bytes_give(base_buffer *buf, heddle_bytes *out, heddle_error *err)
{
    if (!base_buffer_cstr(buf))
        return base_fail_memory(err, "result");
    size_t len = 0;
    uint8_t *data = base_buffer_take(buf, &len);
    *out = (heddle_bytes){.data = data, .len = len};
    return HEDDLE_OK;
}

void heddle_bytes_done(heddle_bytes *bytes)
{
    if (!bytes)
        return;
    base_free(bytes->data);
    *bytes = (heddle_bytes){0};
}

void client_outcome_copy(const heddle_outcome *from, heddle_outcome *to)
{
    base_auto_buffer base_buffer copy = {0};
    *to = *from;
    to->result = (heddle_bytes){0};
    if (base_buffer_append(&copy, heddle_view_of(from->result.data, from->result.len)) == HEDDLE_OK)
        (void)!client_bytes_give(&copy, &to->result, NULL);
}
