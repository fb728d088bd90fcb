#include "ca/enrollment.h"

#include "base/fail.h"
#include "ca/client.h"
#include "client/identity.h"
#include "client/pkcs11.h"

BASE_AUTO_DEFINE(enrollment, heddle_enrollment *, heddle_enrollment_free)

void heddle_enrollment_free(heddle_enrollment *enrollment)
{
    if (!enrollment)
        return;
    crypto_cert_unref(enrollment->cert);
    ca_key_done(&enrollment->key);
    base_buffer_wipe(&enrollment->key_pem);
    base_buffer_done(&enrollment->chain);
    base_arena_free(enrollment->arena);
    base_free(enrollment);
}

heddle_view heddle_enrollment_cert_pem(const heddle_enrollment *enrollment)
{
    return crypto_cert_pem(enrollment->cert);
}

heddle_view heddle_enrollment_key_pem(const heddle_enrollment *enrollment)
{
    return base_buffer_view(&enrollment->key_pem);
}

heddle_view heddle_enrollment_chain_pem(const heddle_enrollment *enrollment)
{
    return base_buffer_view(&enrollment->chain);
}

const char *heddle_enrollment_ca_name(const heddle_enrollment *enrollment)
{
    return enrollment->ca_name;
}

/* Host, port and CA with "-" for what is not plain. */
static heddle_status name_files(heddle_enrollment *enrollment, const heddle_ca *ca,
                                heddle_error *err)
{
    const char *name = ca_name(ca);
    char *file =
        base_arena_printf(enrollment->arena, "%s%s%s", ca_server(ca), *name ? "-" : "", name);
    if (!file)
        return base_arena_fail(enrollment->arena, err, "answer of the CA");
    for (char *at = file; *at; at++)
        if (!(*at >= '0' && *at <= '9') && !(*at >= 'a' && *at <= 'z') &&
            !(*at >= 'A' && *at <= 'Z') && *at != '.')
            *at = '-';
    enrollment->file = file;
    return HEDDLE_OK;
}

static heddle_status read_result(heddle_enrollment *enrollment, const json_item *result,
                                 heddle_error *err)
{
    const json_item *server = json_item_member(result, "ServerInfo");
    base_auto_buffer base_buffer cert = {0};
    BASE_TRY(ca_item_bytes(result, "Cert", &cert, err));
    BASE_TRY(crypto_cert_parse(base_buffer_view(&cert), &enrollment->cert, err));
    BASE_TRY(ca_item_copy(server, "CAName", enrollment->arena, &enrollment->ca_name, err));
    return ca_item_bytes(server, "CAChain", &enrollment->chain, err);
}

heddle_status ca_enrollment_new(heddle_ca *ca, const json_item *result, const char *profile,
                                ca_key *key, heddle_enrollment **out, heddle_error *err)
{
    base_auto(enrollment) heddle_enrollment *made = base_calloc(1, sizeof(*made));
    if (!made || !(made->arena = base_arena_new(0)))
        return base_fail_memory(err, "enrollment");
    made->is_tls = profile && strcmp(profile, "tls") == 0;
    BASE_TRY(read_result(made, result, err));
    BASE_TRY(name_files(made, ca, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(made->cert), ca_key_public(key)))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "CA %s: the certificate of %s that came is of another key", ca_server(ca),
                         crypto_cert_subject(made->cert));
    if (key->key)
        BASE_TRY(crypto_key_pem(key->key, &made->key_pem, err));
    made->key = *key;
    *key = (ca_key){0};
    *out = base_steal(&made);
    return HEDDLE_OK;
}

/* The new certificate with the signer of the old one. */

static heddle_status forward(heddle_view digest, uint8_t *signature, size_t *signature_len,
                             void *user, heddle_error *err)
{
    return heddle_identity_sign(user, digest, signature, signature_len, err);
}

static void release(void *user)
{
    heddle_identity_unref(user);
}

/* One that was renewed before signs by another: without this each renewal would add a link. */
static heddle_identity *first_holder(heddle_identity *holder)
{
    client_signer signer;
    while (client_identity_signer(holder, &signer) && signer.sign == forward)
        holder = signer.user;
    return holder;
}

static heddle_status succeed(heddle_identity *holder, const char *mspid, heddle_view cert_pem,
                             heddle_identity **out, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *made = NULL;
    holder = first_holder(holder);
    heddle_hash hash = heddle_identity_hash(holder);
    client_signer signer = {.sign = forward,
                            .signs_digests_only = hash != HEDDLE_HASH_NONE,
                            .user = holder,
                            .release = release};
    BASE_TRY(client_identity_new(mspid, cert_pem, &signer, &made, err));
    heddle_identity_ref(holder); /* the new identity's */
    return heddle_identity_with_hash(made, hash, out, err);
}

heddle_status heddle_enrollment_identity(const heddle_enrollment *enrollment, const char *mspid,
                                         heddle_identity **out, heddle_error *err)
{
    heddle_view cert_pem = crypto_cert_pem(enrollment->cert);
    const ca_key *key = &enrollment->key;
    if (key->key)
        return heddle_identity_from_pem(mspid, cert_pem, base_buffer_view(&enrollment->key_pem),
                                        out, err);
    if (key->token_key)
        return client_pkcs11_identity(mspid, cert_pem, key->token_key, out, err);
    return succeed(key->holder, mspid, cert_pem, out, err);
}

heddle_status heddle_enrollment_to_wallet(const heddle_enrollment *enrollment, const char *mspid,
                                          heddle_wallet *wallet, const char *label,
                                          heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    BASE_TRY(heddle_enrollment_identity(enrollment, mspid, &identity, err));
    return heddle_wallet_put(wallet, label, identity, err);
}
