#include "devnet/material/signer.h"

#include <dirent.h>

#include "base/fail.h"
#include "wire/identity.h"

struct dn_signer {
    crypto_key *key;
    crypto_cert *cert;
    base_buffer identity;
};

/** The path of the first file in a folder. */
static heddle_status first_file(const char *dir, base_buffer *out, heddle_error *err)
{
    DIR *folder = opendir(dir);
    struct dirent *entry;
    heddle_status status = HEDDLE_E_NOT_FOUND;
    if (!folder)
        return base_fail_errno(err, "%s", dir);
    while (status == HEDDLE_E_NOT_FOUND && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            status = base_buffer_printf(out, "%s/%s", dir, entry->d_name);
    closedir(folder);
    if (status == HEDDLE_E_NOT_FOUND)
        return base_fail(err, status, "%s holds no file", dir);
    return status == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "a path");
}

static heddle_status load(dn_signer *signer, const char *msp_dir, const char *msp_id,
                          heddle_error *err)
{
    base_auto_buffer base_buffer certs = {0};
    base_auto_buffer base_buffer cert = {0};
    base_auto_buffer base_buffer key = {0};
    if (base_buffer_printf(&certs, "%s/signcerts", msp_dir) != HEDDLE_OK ||
        base_buffer_printf(&key, "%s/keystore/priv_sk", msp_dir) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    BASE_TRY(first_file(base_buffer_cstr(&certs), &cert, err));
    BASE_TRY(crypto_cert_load(base_buffer_cstr(&cert), &signer->cert, err));
    BASE_TRY(crypto_key_load(base_buffer_cstr(&key), &signer->key, err));
    if (wire_identity_write(heddle_view_str(msp_id), crypto_cert_pem(signer->cert),
                            &signer->identity) != HEDDLE_OK)
        return base_fail_memory(err, "an identity");
    return HEDDLE_OK;
}

heddle_status dn_signer_load(const char *msp_dir, const char *msp_id, dn_signer **out,
                             heddle_error *err)
{
    dn_signer *signer = base_calloc(1, sizeof(*signer));
    if (!signer)
        return base_fail_memory(err, "a signer");
    heddle_status status = load(signer, msp_dir, msp_id, err);
    if (status != HEDDLE_OK) {
        dn_signer_free(signer);
        return status;
    }
    *out = signer;
    return HEDDLE_OK;
}

void dn_signer_free(dn_signer *signer)
{
    if (!signer)
        return;
    crypto_key_unref(signer->key);
    crypto_cert_unref(signer->cert);
    base_buffer_done(&signer->identity);
    base_free(signer);
}

heddle_view dn_signer_identity(const dn_signer *signer)
{
    return base_buffer_view(&signer->identity);
}

const crypto_cert *dn_signer_cert(const dn_signer *signer)
{
    return signer->cert;
}

heddle_status dn_signer_sign(const dn_signer *signer, const heddle_view *parts, size_t count,
                             crypto_signature *out, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (crypto_digest_parts(CRYPTO_SHA256, parts, count, digest) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "hashing what is to be signed failed");
    return crypto_key_sign_digest(signer->key, heddle_view_of(digest, sizeof(digest)), out, err);
}
