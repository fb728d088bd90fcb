#include "devnet/ca/server.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "devnet/ca/route.h"

enum { MAX_PEM = 64 * 1024 };

struct dn_ca_server {
    admin_http *http;
    dn_ca *cas;
    size_t ca_count;
    dn_ca_revoked_fn *revoked;
    void *user;
};

/* What is there from the start. */

static heddle_status add_affiliations(const char *department, dn_ca_change *change)
{
    static const char *const common[] = {"org1", "org1.department1", "org1.department2", "org2",
                                         "org2.department1"};
    static const char *const below[] = {"", ".department1", ".department2"};
    for (size_t i = 0; i < BASE_COUNT(common); i++)
        dn_ca_change_add_affiliation(change, common[i]);
    for (size_t i = 0; i < BASE_COUNT(below); i++) {
        base_auto_buffer base_buffer name = {0};
        BASE_TRY(base_buffer_printf(&name, "%s%s", department, below[i]));
        if (!base_buffer_cstr(&name))
            return HEDDLE_E_NO_MEMORY;
        dn_ca_change_add_affiliation(change, base_buffer_cstr(&name));
    }
    return HEDDLE_OK;
}

static heddle_status add_admin(const dn_ca_server_options *options, dn_ca_change *change)
{
    static const dn_ca_attribute everything[] = {
        {"hf.Registrar.Roles", "*", false}, {"hf.Registrar.DelegateRoles", "*", false},
        {"hf.Revoker", "1", false},         {"hf.IntermediateCA", "1", false},
        {"hf.GenCRL", "1", false},          {"hf.Registrar.Attributes", "*", false},
        {"hf.AffiliationMgr", "1", false}};
    dn_ca_identity admin = {.id = options->admin,
                            .type = "client",
                            .affiliation = "",
                            .attributes = everything,
                            .attribute_count = BASE_COUNT(everything),
                            .max_enrollments = -1};
    BASE_TRY(crypto_random(admin.salt, sizeof(admin.salt)));
    BASE_TRY(
        crypto_password_hash(heddle_view_str(options->admin_password), admin.salt, admin.password));
    dn_ca_change_put_identity(change, &admin);
    return HEDDLE_OK;
}

static heddle_status fill_registry(const dn_ca *ca, const dn_ca_server_options *options,
                                   const char *department, heddle_error *err)
{
    dn_ca_auto_change dn_ca_change change = {0};
    bool is_new = base_list_is_empty(dn_ca_registry_identities(ca->registry)) &&
                  base_list_is_empty(dn_ca_registry_affiliations(ca->registry));
    heddle_status status = HEDDLE_OK;
    dn_ca_change_begin(&change);
    if (is_new)
        status = add_affiliations(department, &change);
    if (status == HEDDLE_OK && !dn_ca_registry_identity(ca->registry, options->admin))
        status = add_admin(options, &change);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "the administrator of %s", ca->name);
    return dn_ca_registry_commit(ca->registry, &change, err);
}

/* One CA. */

/** Every certificate that is revoked, as PEM. */
static heddle_status list_revoked(const dn_ca *ca, base_buffer *out)
{
    base_list_each (it, dn_ca_registry_certificates(ca->registry)) {
        const dn_ca_certificate *found = base_list_entry(it, dn_ca_certificate, link);
        if (found->revoked_at_s)
            BASE_TRY(base_buffer_append_str(out, found->pem));
    }
    return HEDDLE_OK;
}

static heddle_status make_lists(const dn_ca *ca, base_buffer *revoked, base_buffer *crl,
                                heddle_error *err)
{
    if (list_revoked(ca, revoked) != HEDDLE_OK)
        return base_fail_memory(err, "a revocation list");
    return revoked->len ? dn_ca_make_crl(ca, crl, err) : HEDDLE_OK;
}

static void tell_revoked(void *user, const dn_ca *ca)
{
    const dn_ca_server *server = user;
    heddle_error err;
    base_auto_buffer base_buffer crl = {0}, revoked = {0};
    if (!server->revoked)
        return;
    if (make_lists(ca, &revoked, &crl, &err) != HEDDLE_OK)
        log_at(LOG_ERROR, "ca", "no revocation list", LOG_STR("ca", ca->name), LOG_ERR(&err));
    else if (revoked.len)
        server->revoked(server->user, ca->name, base_buffer_view(&crl), base_buffer_view(&revoked));
}

static heddle_status open_registry(const dn_ca_options *options, dn_ca *ca, heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    BASE_TRY(base_make_dirs(options->dir, 0700, err));
    if (base_buffer_printf(&path, "%s/registry.log", options->dir) != HEDDLE_OK ||
        !base_buffer_cstr(&path))
        return base_fail_memory(err, "a path");
    return dn_ca_registry_open(base_buffer_cstr(&path), &ca->registry, err);
}

static heddle_status open_ca(const dn_ca_server_options *options, const dn_ca_options *one,
                             dn_ca *ca, heddle_error *err)
{
    ca->name = base_strdup(one->name);
    if (!ca->name)
        return base_fail_memory(err, "a CA");
    ca->valid_s = options->valid_s;
    BASE_TRY(crypto_cert_load(one->cert_path, &ca->cert, err));
    BASE_TRY(crypto_key_load(one->key_path, &ca->key, err));
    heddle_view root = crypto_cert_pem(ca->cert);
    crypto_msp_config trusted = {.name = heddle_view_str(ca->name),
                                 .root_certs = {&root, 1},
                                 .node_ous_enabled = true, /* no MSP is without administrators */
                                 .admin_ou = {.unit = VIEW("admin")}};
    BASE_TRY(crypto_msp_new(&trusted, &ca->msp, err));
    BASE_TRY(open_registry(one, ca, err));
    return fill_registry(ca, options, one->department, err);
}

static void close_ca(dn_ca *ca)
{
    dn_ca_registry_close(ca->registry);
    crypto_msp_unref(ca->msp);
    crypto_key_unref(ca->key);
    crypto_cert_unref(ca->cert);
    base_free((void *)(uintptr_t)ca->name);
}

/* The server. */

static void handle(void *user, const admin_request *request, admin_answer *answer)
{
    const dn_ca_server *server = user;
    dn_ca_answer(server->cas, server->ca_count, request, answer);
}

static heddle_status listen_at(dn_ca_server *server, const dn_ca_server_options *options,
                               heddle_error *err)
{
    base_auto_buffer base_buffer cert = {0};
    base_buffer key = {0};
    heddle_status status = base_read_file(options->tls_cert, MAX_PEM, &cert, err);
    if (status == HEDDLE_OK)
        status = base_read_file(options->tls_key, MAX_PEM, &key, err);
    if (status == HEDDLE_OK) {
        admin_http_tls tls = {.cert_pem = base_buffer_view(&cert),
                              .key_pem = base_buffer_view(&key)};
        admin_http_options http = {
            .address = options->address, .tls = &tls, .handle = handle, .user = server};
        status = admin_http_open(&http, &server->http, err);
    }
    base_buffer_wipe(&key);
    return status;
}

static heddle_status open_all(dn_ca_server *server, const dn_ca_server_options *options,
                              heddle_error *err)
{
    server->cas = base_calloc(options->ca_count, sizeof(*server->cas));
    if (!server->cas)
        return base_fail_memory(err, "a CA");
    for (size_t i = 0; i < options->ca_count; i++) {
        server->ca_count = i + 1;
        server->cas[i].revoked = tell_revoked;
        server->cas[i].revoked_user = server;
        BASE_TRY(open_ca(options, &options->cas[i], &server->cas[i], err));
        tell_revoked(server, &server->cas[i]);
    }
    return listen_at(server, options, err);
}

heddle_status dn_ca_server_open(const dn_ca_server_options *options, dn_ca_server **out,
                                heddle_error *err)
{
    dn_ca_server *server = base_calloc(1, sizeof(*server));
    if (!server)
        return base_fail_memory(err, "a CA");
    server->revoked = options->revoked;
    server->user = options->user;
    heddle_status status = open_all(server, options, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "%s", options->cas[0].name);
        dn_ca_server_close(server);
        return status;
    }
    *out = server;
    return HEDDLE_OK;
}

void dn_ca_server_close(dn_ca_server *server)
{
    if (!server)
        return;
    admin_http_close(server->http);
    for (size_t i = 0; i < server->ca_count; i++)
        close_ca(&server->cas[i]);
    base_free(server->cas);
    base_free(server);
}

uint16_t dn_ca_server_port(const dn_ca_server *server)
{
    return (uint16_t)admin_http_port(server->http);
}
