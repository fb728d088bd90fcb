#include "crypto/msp_folder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"

static int is_plain_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

typedef heddle_status file_fn(const char *path, void *user, heddle_error *err);

/* Try the files of a folder in the order of their names until @p take accepts one. The error
 * of the last that was refused is left. */
static heddle_status first_file(const char *dir, const char *part, file_fn *take, void *user,
                                heddle_error *err)
{
    char path[PATH_MAX];
    struct dirent **names = NULL;
    snprintf(path, sizeof(path), "%s/%s", dir, part);
    int count = scandir(path, &names, is_plain_name, alphasort);
    if (count < 0)
        return base_fail_errno(err, "%s", path);
    heddle_status status = base_fail(err, HEDDLE_E_NOT_FOUND, "%s has no file", path);
    for (int i = 0; i < count; i++) {
        char file[PATH_MAX + sizeof(names[i]->d_name)];
        snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
        if (status)
            status = take(file, user, err);
        free(names[i]);
    }
    free(names);
    return status;
}

struct pair {
    crypto_cert *cert;
    crypto_key *key;
};

static heddle_status take_cert(const char *path, void *user, heddle_error *err)
{
    struct pair *pair = user;
    return crypto_cert_load(path, &pair->cert, err);
}

static heddle_status take_key(const char *path, void *user, heddle_error *err)
{
    struct pair *pair = user;
    base_auto(crypto_key) crypto_key *key = NULL;
    BASE_TRY(crypto_key_load(path, &key, err));
    if (!crypto_public_key_equal(crypto_cert_public_key(pair->cert), crypto_key_public(key)))
        return base_fail(err, HEDDLE_E_BAD_IDENTITY,
                         "%s is not the private key of the certificate of %s", path,
                         crypto_cert_subject(pair->cert));
    pair->key = base_steal(&key);
    return HEDDLE_OK;
}

heddle_status crypto_msp_folder_load(const char *dir, crypto_cert **out_cert, crypto_key **out_key,
                                     heddle_error *err)
{
    struct pair pair = {0};
    BASE_TRY(first_file(dir, "signcerts", take_cert, &pair, err));
    heddle_status status = first_file(dir, "keystore", take_key, &pair, err);
    if (status != HEDDLE_OK) {
        crypto_cert_unref(pair.cert);
        return status;
    }
    *out_cert = pair.cert;
    *out_key = pair.key;
    return HEDDLE_OK;
}

heddle_status crypto_msp_folder_cert(const char *dir, crypto_cert **out, heddle_error *err)
{
    struct pair pair = {0};
    BASE_TRY(first_file(dir, "signcerts", take_cert, &pair, err));
    *out = pair.cert;
    return HEDDLE_OK;
}
