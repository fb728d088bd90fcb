/* Identities: listed, told, added, changed, removed. */
#include "devnet/ca/registration.h"
#include "devnet/ca/revocation.h"

bool dn_ca_list_identities(dn_ca_call *call)
{
    if (!dn_ca_is_registrar(call))
        return dn_ca_refuse_action(call, "the caller is no registrar");
    const char *roles = dn_ca_attribute_of(call->caller, "hf.Registrar.Roles");
    json_begin(&call->json, '{');
    json_name(&call->json, VIEW("identities"));
    json_begin(&call->json, '[');
    base_list_each (it, dn_ca_registry_identities(call->ca->registry)) {
        const dn_ca_identity *identity = base_list_entry(it, dn_ca_identity, link);
        if (!dn_ca_is_below(identity->affiliation, call->caller->affiliation) ||
            !dn_ca_list_has(roles, identity->type))
            continue;
        json_element(&call->json);
        json_begin(&call->json, '{');
        dn_ca_put_identity(call, identity);
        json_end(&call->json, '}');
    }
    json_end(&call->json, ']');
    dn_ca_put_streamed_name(call, call->ca->name);
    json_end(&call->json, '}');
    return true;
}

/** @p secret: "" leaves it out. */
static void put_answer(dn_ca_call *call, const dn_ca_identity *identity, const char *secret)
{
    json_begin(&call->json, '{');
    dn_ca_put_identity(call, identity);
    if (*secret)
        dn_ca_put_text(call, "secret", secret);
    dn_ca_put_text(call, "caname", call->ca->name);
    json_end(&call->json, '}');
}

bool dn_ca_add_identity(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    dn_ca_identity wanted = {0};
    const char *secret = NULL;
    dn_ca_change_begin(&change);
    if (!dn_ca_need_body(call) || !dn_ca_read_registration(call, &wanted, &secret))
        return false;
    put_answer(call, &wanted, secret);
    dn_ca_change_put_identity(&change, &wanted);
    return dn_ca_commit(call, &change);
}

static bool find(dn_ca_call *call, const dn_ca_identity **out)
{
    *out = dn_ca_registry_identity(call->ca->registry, call->name);
    if (!*out)
        return dn_ca_refuse(call, 404, DN_CA_GET, "Failed to get User: there is no '%.128s'",
                            call->name);
    return dn_ca_check_manage(call, *out);
}

bool dn_ca_get_identity(dn_ca_call *call)
{
    const dn_ca_identity *identity = NULL;
    if (!find(call, &identity))
        return false;
    put_answer(call, identity, "");
    return true;
}

/* Changing. */

static bool change_affiliation(dn_ca_call *call, dn_ca_identity *now, dn_ca_attributes *attributes)
{
    const char *wanted = NULL;
    if (!dn_ca_read_text(call, call->body, "affiliation", &wanted))
        return false;
    if (!*wanted)
        return true;
    now->affiliation = strcmp(wanted, ".") == 0 ? "" : wanted;
    if (*now->affiliation && !dn_ca_registry_affiliation(call->ca->registry, wanted))
        return dn_ca_refuse(call, 400, DN_CA_MODIFY_IDENTITY,
                            "Affiliation '%.128s' is not supported", wanted);
    return dn_ca_check_affiliation(call, now->affiliation) &&
           dn_ca_set_fixed(call, attributes, "hf.Affiliation", now->affiliation);
}

static bool change_type(dn_ca_call *call, dn_ca_identity *now, dn_ca_attributes *attributes)
{
    const char *wanted = NULL;
    if (!dn_ca_read_text(call, call->body, "type", &wanted))
        return false;
    if (!*wanted)
        return true;
    now->type = wanted;
    return dn_ca_check_type(call, wanted) && dn_ca_set_fixed(call, attributes, "hf.Type", wanted);
}

static bool change_attributes(dn_ca_call *call, const dn_ca_identity *old,
                              dn_ca_attributes *attributes)
{
    dn_ca_attributes wanted = {0};
    if (!dn_ca_read_attributes(call, call->body, &wanted) ||
        !dn_ca_check_attributes(call, &wanted, old))
        return false;
    for (size_t i = 0; i < wanted.count; i++)
        if (!dn_ca_set_attribute(call, attributes, &wanted.items[i]))
            return false;
    return true;
}

static bool change_secret(dn_ca_call *call, dn_ca_identity *now, const char **secret)
{
    if (!dn_ca_read_text(call, call->body, "secret", secret))
        return false;
    if (!**secret)
        return true;
    now->wrong_passwords = 0;
    return dn_ca_set_password(call, now, *secret);
}

/* -2 is how a client says none, as 0 says nothing. */
static bool change_max(dn_ca_call *call, dn_ca_identity *now)
{
    int64_t wanted = 0;
    if (!dn_ca_read_number(call, call->body, "max_enrollments", &wanted))
        return false;
    if (wanted < -2)
        return dn_ca_refuse(call, 400, DN_CA_MAX_ENROLLMENTS, "max_enrollments: %lld",
                            (long long)wanted);
    now->max_enrollments = wanted == -2 ? 0 : wanted ? wanted : now->max_enrollments;
    return true;
}

static bool copy_attributes(dn_ca_call *call, const dn_ca_identity *from, dn_ca_attributes *out)
{
    out->items = base_arena_zalloc(call->arena, from->attribute_count + 1, sizeof(*out->items));
    if (!out->items)
        return dn_ca_refuse_memory(call);
    if (from->attribute_count)
        memcpy(out->items, from->attributes, from->attribute_count * sizeof(*out->items));
    out->count = from->attribute_count;
    return true;
}

static bool change_all(dn_ca_call *call, const dn_ca_identity *old, dn_ca_identity *now,
                       const char **secret)
{
    dn_ca_attributes attributes = {0};
    if (!copy_attributes(call, old, &attributes) || !change_affiliation(call, now, &attributes) ||
        !change_type(call, now, &attributes) || !change_attributes(call, old, &attributes) ||
        !change_secret(call, now, secret) || !change_max(call, now))
        return false;
    now->attributes = attributes.items;
    now->attribute_count = attributes.count;
    return true;
}

bool dn_ca_change_identity(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    const dn_ca_identity *old = NULL;
    const char *secret = NULL;
    dn_ca_change_begin(&change);
    if (!find(call, &old) || !dn_ca_need_body(call))
        return false;
    dn_ca_identity now = *old;
    if (!change_all(call, old, &now, &secret))
        return false;
    put_answer(call, &now, secret);
    dn_ca_change_put_identity(&change, &now);
    return dn_ca_commit(call, &change);
}

bool dn_ca_remove_identity(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    const dn_ca_identity *identity = NULL;
    bool force = false;
    dn_ca_change_begin(&change);
    if (!dn_ca_query_flag(call, "force", &force))
        return false;
    if (strcmp(call->name, call->caller->id) == 0 && !force)
        return dn_ca_refuse(call, 403, DN_CA_REMOVE_IDENTITY,
                            "Need to use 'force' option to delete your own identity");
    if (!find(call, &identity))
        return false;
    put_answer(call, identity, "");
    dn_ca_change_drop_identity(&change, identity->id);
    dn_ca_revoke_all(call, identity->id, &change);
    return dn_ca_commit(call, &change) && dn_ca_tell_revoked(call);
}
