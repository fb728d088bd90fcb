/*
 * An enrolment as an MSP folder. The key and the CAs come first and the certificate last, so
 * that whoever reads the folder meanwhile finds the key of the certificate that is there.
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "ca/enrollment.h"

enum { FILE_MODE = 0644, KEY_MODE = 0600, FOLDER_MODE = 0755, KEY_FOLDER_MODE = 0700 };

static const char *join(base_buffer *path, const char *dir, const char *part, const char *name)
{
    base_buffer_clear(path);
    if (base_buffer_printf(path, "%s/%s%s%s", dir, part, name ? "/" : "", name ? name : ""))
        return NULL;
    return base_buffer_cstr(path);
}

/* @p part is the folder inside the folder. */
static heddle_status put(const char *dir, const char *part, const char *name, heddle_view bytes,
                         unsigned mode, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    const char *folder = join(&path, dir, part, NULL);
    if (!folder)
        return base_fail_memory(err, dir);
    BASE_TRY(base_make_dirs(folder, mode == KEY_MODE ? KEY_FOLDER_MODE : FOLDER_MODE, err));
    const char *file = join(&path, dir, part, name);
    if (!file)
        return base_fail_memory(err, dir);
    return base_write_file(file, bytes, mode, err);
}

static heddle_status put_key(const heddle_enrollment *enrollment, const char *dir,
                             heddle_error *err)
{
    uint8_t ski[CRYPTO_SHA256_LEN];
    char name[2 * CRYPTO_SHA256_LEN + sizeof("_sk")];
    if (!enrollment->key_pem.len)
        return HEDDLE_OK;
    heddle_status status = crypto_public_key_ski(ca_key_public(&enrollment->key), ski);
    if (status)
        return base_fail(err, status, "name of a key");
    base_hex(heddle_view_of(ski, sizeof(ski)), name);
    memcpy(name + 2 * CRYPTO_SHA256_LEN, "_sk", sizeof("_sk"));
    return put(dir, "keystore", name, base_buffer_view(&enrollment->key_pem), KEY_MODE, err);
}

struct chain {
    base_buffer roots;
    base_buffer between;
    bool is_root_issuing; /* the certificate was issued by a root */
};

static bool is_root(const crypto_certs *certs, size_t index, bool any)
{
    const crypto_cert *cert = certs->items[index];
    if (!any) /* then the last one is the nearest to it */
        return index == certs->count - 1;
    return strcmp(crypto_cert_subject(cert), crypto_cert_issuer(cert)) == 0;
}

static bool has_root(const crypto_certs *certs)
{
    for (size_t i = 0; i < certs->count; i++)
        if (is_root(certs, i, true))
            return true;
    return false;
}

static heddle_status split(const heddle_enrollment *enrollment, struct chain *out,
                           heddle_error *err)
{
    crypto_auto_certs crypto_certs certs = {0};
    BASE_TRY(crypto_certs_parse(base_buffer_view(&enrollment->chain), &certs, err));
    bool any = has_root(&certs);
    for (size_t i = 0; i < certs.count; i++) {
        bool root = is_root(&certs, i, any);
        heddle_view pem = crypto_cert_pem(certs.items[i]);
        if (base_buffer_append(root ? &out->roots : &out->between, pem))
            return base_fail_memory(err, "chain of the CA");
        if (root &&
            strcmp(crypto_cert_subject(certs.items[i]), crypto_cert_issuer(enrollment->cert)) == 0)
            out->is_root_issuing = true;
    }
    return HEDDLE_OK;
}

static heddle_status put_chain(const heddle_enrollment *enrollment, const struct chain *chain,
                               const char *dir, const char *name, heddle_error *err)
{
    bool tls = enrollment->is_tls;
    BASE_TRY(put(dir, tls ? "tlscacerts" : "cacerts", name, base_buffer_view(&chain->roots),
                 FILE_MODE, err));
    if (!chain->between.len)
        return HEDDLE_OK;
    return put(dir, tls ? "tlsintermediatecerts" : "intermediatecerts", name,
               base_buffer_view(&chain->between), FILE_MODE, err);
}

static heddle_status put_node_ous(const struct chain *chain, const char *dir, const char *name,
                                  heddle_error *err)
{
    static const char *const roles[][2] = {
        {"Client", "client"}, {"Peer", "peer"}, {"Admin", "admin"}, {"Orderer", "orderer"}};
    base_auto_buffer base_buffer text = {0}, path = {0};
    const char *folder = chain->is_root_issuing ? "cacerts" : "intermediatecerts";
    heddle_status status = base_buffer_append_str(&text, "NodeOUs:\n  Enable: true\n");
    for (size_t i = 0; status == HEDDLE_OK && i < BASE_COUNT(roles); i++)
        status = base_buffer_printf(&text,
                                    "  %sOUIdentifier:\n"
                                    "    Certificate: %s/%s\n"
                                    "    OrganizationalUnitIdentifier: %s\n",
                                    roles[i][0], folder, name, roles[i][1]);
    const char *file = status ? NULL : join(&path, dir, "config.yaml", NULL);
    if (!file)
        return base_fail_memory(err, dir);
    return base_write_file(file, base_buffer_view(&text), FILE_MODE, err);
}

static int is_plain_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Over the certificate that is there: with two, it is not clear which one counts. */
static heddle_status put_cert(const heddle_enrollment *enrollment, const char *dir,
                              heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    struct dirent **names = NULL;
    const char *folder = join(&path, dir, "signcerts", NULL);
    if (!folder)
        return base_fail_memory(err, dir);
    int count = scandir(folder, &names, is_plain_name, alphasort);
    heddle_status status = put(dir, "signcerts", count > 0 ? names[0]->d_name : "cert.pem",
                               crypto_cert_pem(enrollment->cert), FILE_MODE, err);
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return status;
}

static heddle_status put_all(const heddle_enrollment *enrollment, const struct chain *chain,
                             const char *dir, bool node_ous, heddle_error *err)
{
    base_auto_buffer base_buffer name = {0};
    if (base_buffer_printf(&name, "%s%s.pem", enrollment->is_tls ? "tls-" : "", enrollment->file) ||
        !base_buffer_cstr(&name))
        return base_fail_memory(err, dir);
    const char *file = (const char *)name.data;
    BASE_TRY(put_key(enrollment, dir, err));
    BASE_TRY(put_chain(enrollment, chain, dir, file, err));
    if (node_ous)
        BASE_TRY(put_node_ous(chain, dir, file, err));
    return put_cert(enrollment, dir, err);
}

heddle_status heddle_enrollment_to_msp(const heddle_enrollment *enrollment, const char *dir,
                                       bool node_ous, heddle_error *err)
{
    struct chain chain = {0};
    if (!dir || !*dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "MSP folder: it is not given");
    if (node_ous && enrollment->is_tls)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "MSP folder: a certificate for TLS has no role, and so no NodeOUs");
    heddle_status status = split(enrollment, &chain, err);
    if (status == HEDDLE_OK)
        status = put_all(enrollment, &chain, dir, node_ous, err);
    base_buffer_done(&chain.roots);
    base_buffer_done(&chain.between);
    return status;
}
