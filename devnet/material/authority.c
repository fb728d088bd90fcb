#include "devnet/material/authority.h"

#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/material/plain_file.h"

enum { CERT_MODE = 0644, KEY_MODE = 0600, DIR_MODE = 0755 };

/* A file is taken for made when it is there, so the certificate is written last. */

static heddle_status save_key(const crypto_key *key, const char *path, heddle_error *err)
{
    base_buffer pem = {0};
    heddle_status status = crypto_key_pem(key, &pem, err);
    if (status == HEDDLE_OK)
        status = dn_plain_file_write(path, base_buffer_view(&pem), KEY_MODE, err);
    base_buffer_wipe(&pem);
    return status;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static heddle_status path_of(base_buffer *out, const char *dir, const char *below)
{
    base_buffer_clear(out);
    return base_buffer_printf(out, "%s/%s", dir, below);
}

static heddle_status write_below(const char *dir, const char *below, heddle_view content,
                                 heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (path_of(&path, dir, below) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return dn_plain_file_write(base_buffer_cstr(&path), content, CERT_MODE, err);
}

static heddle_status make_below(const char *dir, const char *below, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (path_of(&path, dir, below) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return base_make_dirs(base_buffer_cstr(&path), DIR_MODE, err);
}

static crypto_cert_spec subject(const char *common_name)
{
    return (crypto_cert_spec){.country = "US",
                              .province = "California",
                              .locality = "San Francisco",
                              .common_name = common_name};
}

static heddle_status make_authority(dn_authority *ca, const char *dir, const char *key_path,
                                    heddle_error *err)
{
    crypto_cert_spec spec = subject(ca->name);
    spec.organization = ca->domain;
    spec.is_ca = true;
    spec.key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_KEY_ENCIPHERMENT |
                     CRYPTO_USAGE_CERT_SIGN | CRYPTO_USAGE_CRL_SIGN | CRYPTO_USAGE_SERVER_AUTH |
                     CRYPTO_USAGE_CLIENT_AUTH;
    BASE_TRY(base_make_dirs(dir, DIR_MODE, err));
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &ca->key, err));
    BASE_TRY(crypto_issue_self_signed(&spec, ca->key, &ca->cert, err));
    BASE_TRY(save_key(ca->key, key_path, err));
    return dn_plain_file_write(ca->cert_path, crypto_cert_pem(ca->cert), CERT_MODE, err);
}

static heddle_status load_authority(dn_authority *ca, const char *key_path, heddle_error *err)
{
    BASE_TRY(crypto_cert_load(ca->cert_path, &ca->cert, err));
    return crypto_key_load(key_path, &ca->key, err);
}

heddle_status dn_authority_open(const char *org_dir, const char *prefix, const char *domain,
                                base_arena *arena, dn_authority *out, heddle_error *err)
{
    dn_authority ca = {.domain = base_arena_strdup(arena, domain)};
    char *dir = base_arena_printf(arena, "%s/%s", org_dir, prefix);
    ca.key_path = base_arena_printf(arena, "%s/%s/priv_sk", org_dir, prefix);
    ca.name = base_arena_printf(arena, "%s.%s", prefix, domain);
    ca.cert_path =
        base_arena_printf(arena, "%s/%s/%s.%s-cert.pem", org_dir, prefix, prefix, domain);
    if (!ca.domain || !dir || !ca.key_path || !ca.name || !ca.cert_path)
        return base_arena_fail(arena, err, "a certificate authority");
    heddle_status status = exists(ca.cert_path) ? load_authority(&ca, ca.key_path, err)
                                                : make_authority(&ca, dir, ca.key_path, err);
    if (status != HEDDLE_OK) {
        dn_authority_done(&ca);
        return status;
    }
    *out = ca;
    return HEDDLE_OK;
}

void dn_authority_done(dn_authority *authority)
{
    crypto_cert_unref(base_steal(&authority->cert));
    crypto_key_unref(base_steal(&authority->key));
}

/* Folders. */

static heddle_status write_node_ous(const dn_authority *sign, const char *msp_dir,
                                    heddle_error *err)
{
    static const char *const units[][2] = {
        {"Client", "client"}, {"Peer", "peer"}, {"Admin", "admin"}, {"Orderer", "orderer"}};
    base_auto_buffer base_buffer text = {0};
    heddle_status status = base_buffer_append_str(&text, "NodeOUs:\n  Enable: true\n");
    for (size_t i = 0; i < BASE_COUNT(units) && status == HEDDLE_OK; i++)
        status = base_buffer_printf(&text,
                                    "  %sOUIdentifier:\n"
                                    "    Certificate: cacerts/%s-cert.pem\n"
                                    "    OrganizationalUnitIdentifier: %s\n",
                                    units[i][0], sign->name, units[i][1]);
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "config.yaml");
    return write_below(msp_dir, "config.yaml", base_buffer_view(&text), err);
}

static heddle_status write_ca_cert(const dn_authority *ca, const char *msp_dir, const char *folder,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer below = {0};
    BASE_TRY(make_below(msp_dir, folder, err));
    if (base_buffer_printf(&below, "%s/%s-cert.pem", folder, ca->name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return write_below(msp_dir, base_buffer_cstr(&below), crypto_cert_pem(ca->cert), err);
}

heddle_status dn_authority_write_msp(const dn_authority *sign, const dn_authority *tls,
                                     const char *msp_dir, heddle_error *err)
{
    base_auto_buffer base_buffer last = {0};
    if (path_of(&last, msp_dir, "config.yaml") != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    if (exists(base_buffer_cstr(&last)))
        return HEDDLE_OK;
    BASE_TRY(write_ca_cert(sign, msp_dir, "cacerts", err));
    BASE_TRY(write_ca_cert(tls, msp_dir, "tlscacerts", err));
    return write_node_ous(sign, msp_dir, err);
}

/* Identities. */

static heddle_status issue_pair(const dn_authority *ca, const crypto_cert_spec *spec,
                                const char *key_path, const char *cert_path, heddle_error *err)
{
    base_auto(crypto_key) crypto_key *key = NULL;
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    BASE_TRY(crypto_key_generate(CRYPTO_KEY_P256, &key, err));
    BASE_TRY(crypto_issue(spec, crypto_key_public(key), ca->cert, ca->key, &cert, err));
    BASE_TRY(save_key(key, key_path, err));
    return dn_plain_file_write(cert_path, crypto_cert_pem(cert), CERT_MODE, err);
}

static heddle_status issue_signing(const dn_authority *sign, const dn_authority *tls,
                                   const dn_identity_spec *spec, base_arena *arena,
                                   heddle_error *err)
{
    char *msp = base_arena_printf(arena, "%s/msp", spec->dir);
    char *key = base_arena_printf(arena, "%s/msp/keystore/priv_sk", spec->dir);
    char *cert = base_arena_printf(arena, "%s/msp/signcerts/%s-cert.pem", spec->dir, spec->name);
    if (!msp || !key || !cert)
        return base_arena_fail(arena, err, "a path");
    if (exists(cert))
        return HEDDLE_OK;
    crypto_cert_spec wanted = subject(spec->name);
    wanted.organizational_unit = spec->unit;
    wanted.key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE;
    BASE_TRY(make_below(msp, "keystore", err));
    BASE_TRY(make_below(msp, "signcerts", err));
    BASE_TRY(dn_authority_write_msp(sign, tls, msp, err));
    return issue_pair(sign, &wanted, key, cert, err);
}

static bool has_san(const crypto_cert *cert, const char *name)
{
    for (size_t i = 0; i < crypto_cert_san_count(cert); i++)
        if (strcmp(crypto_cert_san(cert, i), name) == 0)
            return true;
    return false;
}

/** Whether the TLS certificate at @p path is there and has all names. */
static bool tls_is_complete(const dn_identity_spec *spec, const char *path)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (!exists(path) || crypto_cert_load(path, &cert, NULL) != HEDDLE_OK)
        return false;
    for (size_t i = 0; i < spec->san_count; i++)
        if (!has_san(cert, spec->sans[i]))
            return false;
    return true;
}

static heddle_status issue_tls(const dn_authority *tls, const dn_identity_spec *spec,
                               base_arena *arena, heddle_error *err)
{
    const char *role = spec->san_count ? "server" : "client";
    char *dir = base_arena_printf(arena, "%s/tls", spec->dir);
    char *key = base_arena_printf(arena, "%s/tls/%s.key", spec->dir, role);
    char *cert = base_arena_printf(arena, "%s/tls/%s.crt", spec->dir, role);
    if (!dir || !key || !cert)
        return base_arena_fail(arena, err, "a path");
    if (tls_is_complete(spec, cert))
        return HEDDLE_OK;
    crypto_cert_spec wanted = subject(spec->name);
    wanted.sans = spec->sans;
    wanted.san_count = spec->san_count;
    wanted.key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE | CRYPTO_USAGE_KEY_ENCIPHERMENT |
                       CRYPTO_USAGE_SERVER_AUTH | CRYPTO_USAGE_CLIENT_AUTH;
    BASE_TRY(base_make_dirs(dir, DIR_MODE, err));
    BASE_TRY(write_below(dir, "ca.crt", crypto_cert_pem(tls->cert), err));
    return issue_pair(tls, &wanted, key, cert, err);
}

heddle_status dn_authority_issue(const dn_authority *sign, const dn_authority *tls,
                                 const dn_identity_spec *spec, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "paths");
    heddle_status status = issue_signing(sign, tls, spec, arena, err);
    if (status == HEDDLE_OK)
        status = issue_tls(tls, spec, arena, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%s", spec->name);
    return status;
}

heddle_status dn_authority_issue_tls(const dn_authority *tls, const dn_identity_spec *spec,
                                     heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "paths");
    heddle_status status = issue_tls(tls, spec, arena, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "%s", spec->name);
    return status;
}
