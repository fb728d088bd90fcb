/* The list of the certificates that were issued. */
#include <ctype.h>

#include "base/clock.h"
#include "devnet/ca/time.h"

typedef struct filter {
    const char *id; /* "" in each: any */
    const char *serial;
    const char *aki;
    bool not_revoked;
    dn_ca_span revoked;
    dn_ca_span expires;
} filter;

static bool query_text(dn_ca_call *call, const char *name, const char **out)
{
    const char *text = admin_request_query(call->request, name);
    *out = text ? text : "";
    return true;
}

/** As the registry has it. */
static bool query_hex(dn_ca_call *call, const char *name, const char **out)
{
    const char *text = NULL;
    query_text(call, name, &text);
    char *lower = base_arena_strdup(call->arena, text + strspn(text, "0"));
    if (!lower)
        return dn_ca_refuse_memory(call);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    *out = lower;
    return true;
}

static bool query_span(dn_ca_call *call, const char *after, const char *before, dn_ca_span *out)
{
    return dn_ca_query_time(call, after, &out->after) &&
           dn_ca_query_time(call, before, &out->before);
}

static bool is_narrow(const dn_ca_span *span)
{
    return span->after.is_set || span->before.is_set;
}

static bool read_filter(dn_ca_call *call, filter *out)
{
    bool not_expired = false;
    if (!query_span(call, "revoked_start", "revoked_end", &out->revoked) ||
        !query_span(call, "expired_start", "expired_end", &out->expires) ||
        !query_text(call, "id", &out->id) || !query_hex(call, "serial", &out->serial) ||
        !query_hex(call, "aki", &out->aki) ||
        !dn_ca_query_flag(call, "notrevoked", &out->not_revoked) ||
        !dn_ca_query_flag(call, "notexpired", &not_expired))
        return false;
    if (not_expired && is_narrow(&out->expires))
        return dn_ca_refuse(call, 400, DN_CA_GETTING_CERT,
                            "Invalid Request: Can't specify expiration time filter and the "
                            "'notexpired' filter");
    if (out->not_revoked && is_narrow(&out->revoked))
        return dn_ca_refuse(call, 400, DN_CA_GETTING_CERT,
                            "Invalid Request: Can't specify revocation time filter and the "
                            "'notrevoked' filter");
    if (not_expired)
        out->expires.after = (dn_ca_time){true, base_wall_now().seconds};
    return true;
}

static bool may_see(const dn_ca_call *call, const dn_ca_certificate *certificate)
{
    if (!*call->caller->affiliation)
        return true;
    const dn_ca_identity *owner = dn_ca_registry_identity(call->ca->registry, certificate->id);
    return owner && dn_ca_is_below(owner->affiliation, call->caller->affiliation);
}

static bool is_wanted(const filter *wanted, const dn_ca_certificate *certificate)
{
    if ((*wanted->id && strcmp(wanted->id, certificate->id) != 0) ||
        (*wanted->serial && strcmp(wanted->serial, certificate->serial) != 0) ||
        (*wanted->aki && strcmp(wanted->aki, certificate->aki) != 0))
        return false;
    if (wanted->not_revoked ? certificate->revoked_at_s != 0
                            : is_narrow(&wanted->revoked) &&
                                  (!certificate->revoked_at_s ||
                                   !dn_ca_span_has(&wanted->revoked, certificate->revoked_at_s)))
        return false;
    return dn_ca_span_has(&wanted->expires, certificate->not_after_s);
}

bool dn_ca_list_certificates(dn_ca_call *call)
{
    filter wanted = {0};
    const char *ca = NULL;
    if (!dn_ca_attribute_of(call->caller, "hf.Registrar.Roles") &&
        !dn_ca_is_true(call->caller, "hf.Revoker"))
        return dn_ca_refuse_action(call, "the caller is neither registrar nor revoker");
    if (!read_filter(call, &wanted) || !query_text(call, "ca", &ca))
        return false;
    json_begin(&call->json, '{');
    json_name(&call->json, VIEW("certs"));
    json_begin(&call->json, '[');
    base_list_each (it, dn_ca_registry_certificates(call->ca->registry)) {
        const dn_ca_certificate *found = base_list_entry(it, dn_ca_certificate, link);
        if (!is_wanted(&wanted, found) || !may_see(call, found))
            continue;
        json_element(&call->json);
        json_begin(&call->json, '{');
        dn_ca_put_text(call, "PEM", found->pem);
        json_end(&call->json, '}');
    }
    json_end(&call->json, ']');
    dn_ca_put_streamed_name(call, ca);
    json_end(&call->json, '}');
    return true;
}
