#include "renewal/place.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "client/identity.h"
#include "crypto/msp_folder.h"
#include "renewal/pair.h"

enum { CERT_MODE = 0644, KEY_MODE = 0600, FILE_MAX = 1 << 20 };

const char *renewal_place_name(const renewal_place *place)
{
    if (place->msp_dir)
        return place->msp_dir;
    return place->cert_file ? place->cert_file : place->label;
}

static bool is_one_file(const renewal_place *place)
{
    return place->key_file && strcmp(place->cert_file, place->key_file) == 0;
}

static heddle_status has_signcert(const char *msp_dir, bool *out, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (base_buffer_printf(&path, "%s/signcerts", msp_dir) || !base_buffer_cstr(&path))
        return base_fail_memory(err, msp_dir);
    DIR *dir = opendir((const char *)path.data);
    if (!dir && errno != ENOENT)
        return base_fail_errno(err, "read folder %s", (const char *)path.data);
    bool has = false;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        has = has || entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    *out = has;
    return HEDDLE_OK;
}

heddle_status renewal_place_has(const renewal_place *place, bool *out, heddle_error *err)
{
    if (place->wallet)
        return heddle_wallet_has(place->wallet, place->label, out, err);
    if (place->msp_dir)
        return has_signcert(place->msp_dir, out, err);
    *out = access(place->cert_file, F_OK) == 0;
    return HEDDLE_OK;
}

static int64_t time_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mtim.tv_sec : 0;
}

int64_t renewal_place_written_s(const renewal_place *place)
{
    base_auto_buffer base_buffer path = {0};
    if (place->wallet)
        return 0;
    if (place->cert_file)
        return time_of(place->cert_file);
    /* Every certificate is put there by a rename, which the folder remembers. */
    if (base_buffer_printf(&path, "%s/signcerts", place->msp_dir) || !base_buffer_cstr(&path))
        return 0;
    return time_of((const char *)path.data);
}

static heddle_status load_of_token(const renewal_place *place, const crypto_cert *cert,
                                   heddle_identity **out, heddle_error *err)
{
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    key.cert_pem = crypto_cert_pem(cert);
    return heddle_pkcs11_identity(place->token, place->mspid, &key, out, err);
}

heddle_status renewal_place_load(const renewal_place *place, heddle_identity **out,
                                 heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (place->wallet)
        return heddle_wallet_get(place->wallet, place->label, place->token, out, err);
    if (place->token) {
        if (place->msp_dir)
            BASE_TRY(crypto_msp_folder_cert(place->msp_dir, &cert, err));
        else
            BASE_TRY(crypto_cert_load(place->cert_file, &cert, err));
        return load_of_token(place, cert, out, err);
    }
    if (place->msp_dir)
        return heddle_identity_from_msp(place->mspid, place->msp_dir, out, err);
    return heddle_identity_from_files(place->mspid, place->cert_file, place->key_file, out, err);
}

static heddle_status store_in_one(const char *file, heddle_view cert_pem, heddle_view key_pem,
                                  heddle_error *err)
{
    base_buffer both = {0};
    heddle_status status = base_buffer_reserve(&both, cert_pem.len + key_pem.len);
    if (status == HEDDLE_OK)
        status = base_buffer_append(&both, cert_pem);
    if (status == HEDDLE_OK)
        status = base_buffer_append(&both, key_pem);
    if (status == HEDDLE_OK)
        status = base_write_file(file, base_buffer_view(&both), KEY_MODE, err);
    else
        base_fail_memory(err, file);
    base_buffer_wipe(&both);
    return status;
}

static heddle_status store_in_files(const renewal_place *place, heddle_view cert_pem,
                                    heddle_view key_pem, heddle_error *err)
{
    renewal_pair files = {.cert_file = place->cert_file, .key_file = place->key_file};
    if (place->token)
        return base_write_file(place->cert_file, cert_pem, CERT_MODE, err);
    if (is_one_file(place))
        return store_in_one(place->cert_file, cert_pem, key_pem, err);
    return renewal_pair_write(&files, cert_pem, key_pem, err);
}

heddle_status renewal_place_store(const renewal_place *place, const heddle_enrollment *enrollment,
                                  heddle_view cert_pem, heddle_error *err)
{
    if (place->wallet)
        return heddle_enrollment_to_wallet(enrollment, place->mspid, place->wallet, place->label,
                                           err);
    if (place->msp_dir)
        return heddle_enrollment_to_msp(enrollment, place->msp_dir, false, err);
    return store_in_files(place, cert_pem, heddle_enrollment_key_pem(enrollment), err);
}
