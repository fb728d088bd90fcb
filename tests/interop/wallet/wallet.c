/*
 * What the wallet of the C client does, for a suite in another language:
 *
 *   wallet DIR list               the labels, a line each
 *   wallet DIR sign LABEL DIGEST  the signature of the digest, both in hexadecimal
 *   wallet DIR copy FROM TO       the same identity under another label
 *   wallet DIR remove LABEL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heddle/heddle.h"

static heddle_error err;

static int list(heddle_wallet *wallet)
{
    heddle_wallet_labels *labels = NULL;
    if (heddle_wallet_list(wallet, &labels, &err))
        return 1;
    for (size_t i = 0; i < heddle_wallet_labels_count(labels); i++)
        puts(heddle_wallet_labels_at(labels, i));
    heddle_wallet_labels_free(labels);
    return 0;
}

static size_t unhex(const char *text, uint8_t *out, size_t room)
{
    size_t len = 0;
    unsigned byte;
    for (; len < room && sscanf(text + 2 * len, "%2x", &byte) == 1; len++)
        out[len] = (uint8_t)byte;
    return len;
}

static int sign(heddle_wallet *wallet, const char *label, const char *hex)
{
    heddle_identity *identity = NULL;
    uint8_t digest[HEDDLE_DIGEST_MAX], signature[HEDDLE_SIGNATURE_MAX];
    size_t len = 0;
    if (heddle_wallet_get(wallet, label, NULL, &identity, &err))
        return 1;
    heddle_status status =
        heddle_identity_sign(identity, heddle_view_of(digest, unhex(hex, digest, sizeof(digest))),
                             signature, &len, &err);
    for (size_t i = 0; status == HEDDLE_OK && i < len; i++)
        printf("%02x", signature[i]);
    heddle_identity_unref(identity);
    return status != HEDDLE_OK;
}

static int copy(heddle_wallet *wallet, const char *from, const char *to)
{
    heddle_identity *identity = NULL;
    if (heddle_wallet_get(wallet, from, NULL, &identity, &err))
        return 1;
    heddle_status status = heddle_wallet_put(wallet, to, identity, &err);
    heddle_identity_unref(identity);
    return status != HEDDLE_OK;
}

static int run(heddle_wallet *wallet, int argc, char **argv)
{
    const char *what = argv[2];
    if (argc == 3 && strcmp(what, "list") == 0)
        return list(wallet);
    if (argc == 5 && strcmp(what, "sign") == 0)
        return sign(wallet, argv[3], argv[4]);
    if (argc == 5 && strcmp(what, "copy") == 0)
        return copy(wallet, argv[3], argv[4]);
    if (argc == 4 && strcmp(what, "remove") == 0)
        return heddle_wallet_remove(wallet, argv[3], &err) != HEDDLE_OK;
    snprintf(err.message, sizeof(err.message), "unknown: %s", what);
    return 1;
}

int main(int argc, char **argv)
{
    heddle_wallet *wallet = NULL;
    int failed = argc < 3 || heddle_wallet_open(argv[1], &wallet, &err) || run(wallet, argc, argv);
    if (failed)
        fprintf(stderr, "wallet: %s\n", err.message);
    heddle_wallet_close(wallet);
    return failed;
}
