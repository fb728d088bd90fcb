#include <ctype.h>

#include "base/clock.h"
#include "base/fail.h"
#include "devnet/ca/revocation.h"
#include "devnet/ca/time.h"

enum { CRL_VALID_S = 24 * 3600 };

/* Revoking. */

static void revoke_one(const dn_ca_certificate *certificate, dn_ca_change *change)
{
    dn_ca_certificate now = *certificate;
    now.revoked_at_s = base_wall_now().seconds;
    dn_ca_change_put_certificate(change, &now);
}

static bool is_good_one_of(const dn_ca_certificate *certificate, const char *id)
{
    return strcmp(certificate->id, id) == 0 && !certificate->revoked_at_s;
}

size_t dn_ca_revoke_all(const dn_ca_call *call, const char *id, dn_ca_change *change)
{
    size_t count = 0;
    base_list_each (it, dn_ca_registry_certificates(call->ca->registry)) {
        const dn_ca_certificate *found = base_list_entry(it, dn_ca_certificate, link);
        if (!is_good_one_of(found, id))
            continue;
        revoke_one(found, change);
        count++;
    }
    return count;
}

bool dn_ca_tell_revoked(const dn_ca_call *call)
{
    if (call->ca->revoked)
        call->ca->revoked(call->ca->revoked_user, call->ca);
    return true;
}

/* The answer. */

static void put_revoked(dn_ca_call *call, const dn_ca_certificate *certificate)
{
    json_element(&call->json);
    json_begin(&call->json, '{');
    dn_ca_put_text(call, "Serial", certificate->serial);
    dn_ca_put_text(call, "AKI", certificate->aki);
    json_end(&call->json, '}');
}

static bool put_crl(dn_ca_call *call, bool wanted)
{
    heddle_error err;
    base_auto_buffer base_buffer crl = {0};
    if (wanted && dn_ca_make_crl(call->ca, &crl, &err) != HEDDLE_OK)
        return dn_ca_refuse_error(call, &err);
    dn_ca_put_base64(call, "CRL", base_buffer_view(&crl));
    json_end(&call->json, '}');
    return true;
}

/* Reading. */

/** Hexadecimal as the registry has it: lower case, no colons, no leading zeros. */
static bool read_hex(dn_ca_call *call, const char *name, const char **out)
{
    const char *text = NULL;
    if (!dn_ca_read_text(call, call->body, name, &text))
        return false;
    char *plain = base_arena_zalloc(call->arena, strlen(text) + 1, 1);
    if (!plain)
        return dn_ca_refuse_memory(call);
    size_t len = 0;
    for (const char *c = text + strspn(text, "0"); *c; c++)
        if (*c != ':')
            plain[len++] = (char)tolower((unsigned char)*c);
    *out = plain;
    return true;
}

typedef struct revocation {
    const char *id;
    const char *serial;
    const char *aki;
    bool gencrl;
} revocation;

static bool read_revocation(dn_ca_call *call, revocation *out)
{
    return dn_ca_read_text(call, call->body, "id", &out->id) &&
           read_hex(call, "serial", &out->serial) && read_hex(call, "aki", &out->aki) &&
           dn_ca_read_flag(call, call->body, "gencrl", &out->gencrl);
}

/* What may be revoked. */

/** Everybody may revoke what is his own. */
static bool check_revoker(dn_ca_call *call, const char *owner)
{
    return strcmp(call->caller->id, owner) == 0 || dn_ca_is_true(call->caller, "hf.Revoker") ||
           dn_ca_refuse_action(call, "the caller may not revoke");
}

static bool check_owner(dn_ca_call *call, const char *owner)
{
    const dn_ca_identity *identity = dn_ca_registry_identity(call->ca->registry, owner);
    if (!identity)
        return dn_ca_refuse(call, 404, DN_CA_ID_NOT_FOUND, "Identity %.128s was not found", owner);
    return strcmp(call->caller->id, owner) == 0 || dn_ca_check_manage(call, identity);
}

static bool find_certificate(dn_ca_call *call, const revocation *wanted,
                             const dn_ca_certificate **out)
{
    const dn_ca_certificate *found =
        dn_ca_registry_certificate(call->ca->registry, wanted->serial, wanted->aki);
    if (!found)
        return dn_ca_refuse(call, 404, DN_CA_CERT_NOT_FOUND,
                            "Certificate with serial %.64s and AKI %.64s was not found",
                            wanted->serial, wanted->aki);
    if (!check_revoker(call, found->id))
        return false;
    if (found->revoked_at_s)
        return dn_ca_refuse(call, 404, DN_CA_ALREADY_REVOKED,
                            "Certificate with serial %.64s and AKI %.64s was already revoked",
                            wanted->serial, wanted->aki);
    if (*wanted->id && strcmp(wanted->id, found->id) != 0)
        return dn_ca_refuse(call, 400, DN_CA_CERT_OWNER,
                            "Certificate with serial %.64s and AKI %.64s is not owned by %.128s",
                            wanted->serial, wanted->aki, wanted->id);
    *out = found;
    return check_owner(call, found->id);
}

static bool revoke_certificate(dn_ca_call *call, const revocation *wanted, dn_ca_change *change)
{
    const dn_ca_certificate *found = NULL;
    if (!find_certificate(call, wanted, &found))
        return false;
    put_revoked(call, found);
    revoke_one(found, change);
    return true;
}

static bool revoke_identity(dn_ca_call *call, const revocation *wanted, dn_ca_change *change)
{
    if (!check_revoker(call, wanted->id) || !check_owner(call, wanted->id))
        return false;
    base_list_each (it, dn_ca_registry_certificates(call->ca->registry)) {
        const dn_ca_certificate *found = base_list_entry(it, dn_ca_certificate, link);
        if (is_good_one_of(found, wanted->id))
            put_revoked(call, found);
    }
    dn_ca_identity now = *dn_ca_registry_identity(call->ca->registry, wanted->id);
    now.enrollments = -1;
    dn_ca_change_put_identity(change, &now);
    dn_ca_revoke_all(call, wanted->id, change);
    return true;
}

bool dn_ca_revoke(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    revocation wanted = {0};
    dn_ca_change_begin(&change);
    if (!dn_ca_need_body(call) || !dn_ca_authenticate(call) || !read_revocation(call, &wanted))
        return false;
    json_begin(&call->json, '{');
    json_name(&call->json, VIEW("RevokedCerts"));
    json_begin(&call->json, '[');
    bool done;
    if (*wanted.serial && *wanted.aki)
        done = revoke_certificate(call, &wanted, &change);
    else if (*wanted.id)
        done = revoke_identity(call, &wanted, &change);
    else
        done = dn_ca_refuse(call, 400, DN_CA_MISSING_REVOKE,
                            "Either Name or Serial and AKI are required for a revoke request");
    bool any = !call->json.fresh;
    json_end(&call->json, ']');
    return done && dn_ca_commit(call, &change) && dn_ca_tell_revoked(call) &&
           put_crl(call, wanted.gencrl && any);
}

/* Revocation lists. */

/** Times that a list is narrowed to; each may be open. */
typedef struct crl_window {
    dn_ca_span revoked;
    dn_ca_span expires;
} crl_window;

/* The list's entries borrow the certificates, which are parsed for it. */
typedef struct crl_list {
    crypto_certs certs;
    crypto_revoked *entries;
} crl_list;

static heddle_status collect(const dn_ca *ca, const crl_window *window, base_arena *arena,
                             crl_list *out, heddle_error *err)
{
    size_t count = 0;
    base_list_each (it, dn_ca_registry_certificates(ca->registry))
        count++;
    out->entries = base_arena_zalloc(arena, count + 1, sizeof(*out->entries));
    if (!out->entries)
        return base_arena_fail(arena, err, "a revocation list");
    base_list_each (it, dn_ca_registry_certificates(ca->registry)) {
        const dn_ca_certificate *found = base_list_entry(it, dn_ca_certificate, link);
        if (!found->revoked_at_s || !dn_ca_span_has(&window->revoked, found->revoked_at_s) ||
            !dn_ca_span_has(&window->expires, found->not_after_s))
            continue;
        out->entries[out->certs.count].since_s = found->revoked_at_s;
        BASE_TRY(crypto_certs_parse(heddle_view_str(found->pem), &out->certs, err));
    }
    for (size_t i = 0; i < out->certs.count; i++)
        out->entries[i].cert = out->certs.items[i];
    return HEDDLE_OK;
}

static heddle_status make_crl(const dn_ca *ca, const crl_window *window, base_buffer *out,
                              heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    crl_list revoked = {0};
    if (!arena)
        return base_fail_memory(err, "a revocation list");
    heddle_status status = collect(ca, window, arena, &revoked, err);
    if (status == HEDDLE_OK) {
        crypto_crl_spec spec = {.revoked = revoked.entries,
                                .count = revoked.certs.count,
                                .this_update_s = base_wall_now().seconds,
                                .next_update_s = base_wall_now().seconds + CRL_VALID_S};
        status = crypto_issue_crl(ca->cert, ca->key, &spec, out, err);
    }
    crypto_certs_done(&revoked.certs);
    return status;
}

heddle_status dn_ca_make_crl(const dn_ca *ca, base_buffer *out, heddle_error *err)
{
    static const crl_window all;
    return make_crl(ca, &all, out, err);
}

static bool read_window(dn_ca_call *call, crl_window *out)
{
    if (!dn_ca_read_time(call, "revokedafter", &out->revoked.after) ||
        !dn_ca_read_time(call, "revokedbefore", &out->revoked.before) ||
        !dn_ca_read_time(call, "expireafter", &out->expires.after) ||
        !dn_ca_read_time(call, "expirebefore", &out->expires.before))
        return false;
    if (dn_ca_span_is_empty(&out->revoked))
        return dn_ca_refuse(call, 400, DN_CA_REVOKED_AFTER,
                            "Invalid 'revokedafter' value. It must not be a timestamp greater "
                            "than 'revokedbefore'");
    if (dn_ca_span_is_empty(&out->expires))
        return dn_ca_refuse(call, 400, DN_CA_EXPIRED_AFTER,
                            "Invalid 'expireafter' value. It must not be a timestamp greater than "
                            "'expirebefore'");
    return true;
}

bool dn_ca_gencrl(dn_ca_call *call)
{
    heddle_error err;
    crl_window window = {0};
    base_auto_buffer base_buffer crl = {0};
    if (!dn_ca_need_body(call) || !dn_ca_authenticate(call))
        return false;
    if (!dn_ca_is_true(call->caller, "hf.GenCRL"))
        return dn_ca_refuse_action(call, "the caller may not make revocation lists");
    if (!read_window(call, &window))
        return false;
    if (make_crl(call->ca, &window, &crl, &err) != HEDDLE_OK)
        return dn_ca_refuse_error(call, &err);
    json_begin(&call->json, '{');
    dn_ca_put_base64(call, "CRL", base_buffer_view(&crl));
    json_end(&call->json, '}');
    return true;
}
