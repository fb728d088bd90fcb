/* Affiliations: a tree of dotted names. */
#include "devnet/ca/attribute.h"
#include "devnet/ca/revocation.h"

enum { MAX_NAME = 255 };

/** What an answer tells of; in the call's arena. */
typedef struct part {
    const char **names;
    size_t name_count;
    const dn_ca_identity **identities; /* as they are told, under their affiliation */
    size_t identity_count;
} part;

/* Collecting. */

static size_t length_of(const base_list *list)
{
    size_t count = 0;
    base_list_each (it, list)
        count++;
    return count;
}

static bool collect_names(dn_ca_call *call, const char *top, part *out)
{
    const base_list *all = dn_ca_registry_affiliations(call->ca->registry);
    out->names = base_arena_zalloc(call->arena, length_of(all) + 1, sizeof(*out->names));
    if (!out->names)
        return dn_ca_refuse_memory(call);
    base_list_each (it, all) {
        const dn_ca_affiliation *found = base_list_entry(it, dn_ca_affiliation, link);
        if (dn_ca_is_below(found->name, top))
            out->names[out->name_count++] = found->name;
    }
    return true;
}

static bool collect_identities(dn_ca_call *call, const char *top, part *out)
{
    const base_list *all = dn_ca_registry_identities(call->ca->registry);
    out->identities = base_arena_zalloc(call->arena, length_of(all) + 1, sizeof(*out->identities));
    if (!out->identities)
        return dn_ca_refuse_memory(call);
    base_list_each (it, all) {
        const dn_ca_identity *found = base_list_entry(it, dn_ca_identity, link);
        if (dn_ca_is_below(found->affiliation, top))
            out->identities[out->identity_count++] = found;
    }
    return true;
}

/* Telling. */

static void put_node(dn_ca_call *call, const part *of, const char *name);

/** The child of @p parent on the way to @p name; NULL if memory is gone. */
static const char *child_on_way(dn_ca_call *call, const char *parent, const char *name)
{
    size_t start = *parent ? strlen(parent) + 1 : 0;
    size_t len = start + strcspn(name + start, ".");
    return base_arena_str(call->arena, heddle_view_of(name, len));
}

static bool was_seen(const part *of, size_t until, const char *child)
{
    for (size_t i = 0; i < until; i++)
        if (dn_ca_is_below(of->names[i], child))
            return true;
    return false;
}

static void put_children(dn_ca_call *call, const part *of, const char *parent)
{
    bool any = false;
    for (size_t i = 0; i < of->name_count; i++) {
        const char *name = of->names[i];
        if (!dn_ca_is_below(name, parent) || strcmp(name, parent) == 0)
            continue;
        const char *child = child_on_way(call, parent, name);
        if (!child)
            call->json.status = HEDDLE_E_NO_MEMORY;
        if (!child || was_seen(of, i, child))
            continue;
        if (!any) {
            json_name(&call->json, VIEW("affiliations"));
            json_begin(&call->json, '[');
        }
        any = true;
        json_element(&call->json);
        json_begin(&call->json, '{');
        put_node(call, of, child);
        json_end(&call->json, '}');
    }
    if (any)
        json_end(&call->json, ']');
}

static void put_identities(dn_ca_call *call, const part *of, const char *name)
{
    bool any = false;
    for (size_t i = 0; i < of->identity_count; i++) {
        if (strcmp(of->identities[i]->affiliation, name) != 0)
            continue;
        if (!any) {
            json_name(&call->json, VIEW("identities"));
            json_begin(&call->json, '[');
        }
        any = true;
        json_element(&call->json);
        json_begin(&call->json, '{');
        dn_ca_put_identity(call, of->identities[i]);
        json_end(&call->json, '}');
    }
    if (any)
        json_end(&call->json, ']');
}

static void put_node(dn_ca_call *call, const part *of, const char *name)
{
    dn_ca_put_text(call, "name", name);
    put_children(call, of, name);
    put_identities(call, of, name);
}

static bool put_answer(dn_ca_call *call, const part *of, const char *top)
{
    json_begin(&call->json, '{');
    put_node(call, of, top);
    dn_ca_put_text(call, "caname", call->ca->name);
    json_end(&call->json, '}');
    return true;
}

/* Who may. */

static bool check_manager(dn_ca_call *call)
{
    return dn_ca_is_true(call->caller, "hf.AffiliationMgr") ||
           dn_ca_refuse_action(call, "the caller manages no affiliations");
}

static bool find(dn_ca_call *call, const char *name)
{
    return dn_ca_registry_affiliation(call->ca->registry, name) ||
           dn_ca_refuse(call, 404, DN_CA_GET, "Failed to get affiliation: there is no '%.128s'",
                        name);
}

static bool check_name(dn_ca_call *call, const char *name, dn_ca_code code)
{
    size_t len = strlen(name);
    bool is_good =
        len && len <= MAX_NAME && name[0] != '.' && name[len - 1] != '.' && !strstr(name, "..");
    return is_good || dn_ca_refuse(call, 400, code,
                                   "'%.64s' is no name of an affiliation: parts with dots "
                                   "between them, %d characters at most",
                                   name, MAX_NAME);
}

/* Listing and adding. */

/** The only affiliation at the top, or "" above several; false if there is none. */
static bool find_top(const part *of, dn_ca_call *call, const char **out)
{
    if (of->name_count == 0)
        return false;
    const char *first = child_on_way(call, "", of->names[0]);
    *out = first ? first : "";
    for (size_t i = 1; i < of->name_count; i++)
        if (!dn_ca_is_below(of->names[i], *out))
            *out = "";
    return true;
}

bool dn_ca_list_affiliations(dn_ca_call *call)
{
    part all = {0};
    const char *top = "";
    if (!check_manager(call) || !collect_names(call, call->caller->affiliation, &all))
        return false;
    if (!find_top(&all, call, &top))
        return dn_ca_refuse(call, 404, DN_CA_GETTING_AFFILIATION,
                            "No affiliations are configured on the CA");
    return put_answer(call, &all, top);
}

bool dn_ca_get_affiliation(dn_ca_call *call)
{
    part wanted = {0};
    return check_manager(call) && dn_ca_check_affiliation(call, call->name) &&
           find(call, call->name) && collect_names(call, call->name, &wanted) &&
           put_answer(call, &wanted, call->name);
}

/** Those above @p name that are not there: added, or the reason to refuse. */
static bool add_above(dn_ca_call *call, const char *name, bool force, dn_ca_change *change)
{
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        const char *above = base_arena_str(call->arena, heddle_view_of(name, (size_t)(dot - name)));
        if (!above)
            return dn_ca_refuse_memory(call);
        if (force)
            dn_ca_change_add_affiliation(change, above);
        else if (!strchr(dot + 1, '.') && !find(call, above))
            return false;
    }
    return true;
}

bool dn_ca_add_affiliation(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    const char *name = NULL;
    bool force = false;
    part nothing = {0};
    dn_ca_change_begin(&change);
    if (!check_manager(call) || !dn_ca_need_body(call) ||
        !dn_ca_read_text(call, call->body, "name", &name) ||
        !check_name(call, name, DN_CA_ADD_AFFILIATION))
        return false;
    if (dn_ca_registry_affiliation(call->ca->registry, name))
        return dn_ca_refuse(call, 409, DN_CA_ADD_AFFILIATION, "Affiliation already exists");
    if (!dn_ca_check_affiliation(call, name) || !dn_ca_query_flag(call, "force", &force) ||
        !add_above(call, name, force, &change))
        return false;
    dn_ca_change_add_affiliation(&change, name);
    return put_answer(call, &nothing, name) && dn_ca_commit(call, &change);
}

/* Renaming. */

static const char *moved(dn_ca_call *call, const char *name, const char *from, const char *to)
{
    return base_arena_printf(call->arena, "%s%s", to, name + strlen(from));
}

static bool move_names(dn_ca_call *call, const char *from, const char *to, part *all,
                       dn_ca_change *change)
{
    for (size_t i = 0; i < all->name_count; i++) {
        const char *name = moved(call, all->names[i], from, to);
        if (!name)
            return dn_ca_refuse_memory(call);
        if (!check_name(call, name, DN_CA_MODIFY_AFFILIATION))
            return false;
        dn_ca_change_drop_affiliation(change, all->names[i]);
        dn_ca_change_add_affiliation(change, name);
        all->names[i] = name;
    }
    return true;
}

static bool move_identity(dn_ca_call *call, const char *from, const char *to,
                          const dn_ca_identity **identity, dn_ca_change *change)
{
    dn_ca_identity *now = base_arena_zalloc(call->arena, 1, sizeof(*now));
    dn_ca_attribute *copy =
        base_arena_zalloc(call->arena, (*identity)->attribute_count + 1, sizeof(*copy));
    const char *name = moved(call, (*identity)->affiliation, from, to);
    if (!now || !copy || !name)
        return dn_ca_refuse_memory(call);
    *now = **identity;
    for (size_t i = 0; i < now->attribute_count; i++)
        copy[i] = now->attributes[i];
    dn_ca_attributes attributes = {.items = copy, .count = now->attribute_count};
    if (!dn_ca_set_fixed(call, &attributes, "hf.Affiliation", name))
        return false;
    now->affiliation = name;
    now->attributes = attributes.items;
    now->attribute_count = attributes.count;
    dn_ca_change_put_identity(change, now);
    *identity = now;
    return true;
}

static bool check_affected(dn_ca_call *call, const part *all, bool force)
{
    if (all->identity_count == 0)
        return true;
    if (!dn_ca_is_registrar(call))
        return dn_ca_refuse_action(call, "identities are affected, the caller is no registrar");
    return force || dn_ca_refuse(call, 400, DN_CA_MODIFY_AFFILIATION,
                                 "The request to modify affiliation '%.128s' has %zu identities "
                                 "associated, '%.64s' the first. Need to use 'force' to change "
                                 "them too",
                                 call->name, all->identity_count, all->identities[0]->id);
}

static bool read_new_name(dn_ca_call *call, const char **out)
{
    if (!dn_ca_need_body(call) || !dn_ca_read_text(call, call->body, "name", out) ||
        !check_name(call, *out, DN_CA_MODIFY_AFFILIATION) ||
        !dn_ca_check_affiliation(call, call->name) || !dn_ca_check_affiliation(call, *out) ||
        !find(call, call->name))
        return false;
    if (dn_ca_registry_affiliation(call->ca->registry, *out))
        return dn_ca_refuse(call, 409, DN_CA_MODIFY_AFFILIATION,
                            "Affiliation '%.128s' already exists", *out);
    return !dn_ca_is_below(*out, call->name) ||
           dn_ca_refuse(call, 400, DN_CA_MODIFY_AFFILIATION,
                        "Affiliation '%.128s' cannot be put below itself", call->name);
}

bool dn_ca_change_affiliation(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    const char *to = NULL;
    bool force = false;
    part all = {0};
    dn_ca_change_begin(&change);
    if (!check_manager(call) || !read_new_name(call, &to) ||
        !dn_ca_query_flag(call, "force", &force) || !collect_names(call, call->name, &all) ||
        !collect_identities(call, call->name, &all) || !check_affected(call, &all, force) ||
        !move_names(call, call->name, to, &all, &change))
        return false;
    for (size_t i = 0; i < all.identity_count; i++)
        if (!move_identity(call, call->name, to, &all.identities[i], &change))
            return false;
    return put_answer(call, &all, to) && dn_ca_commit(call, &change);
}

/* Removing. */

static bool check_removable(dn_ca_call *call, const part *all, bool force)
{
    if (strcmp(call->caller->affiliation, call->name) == 0)
        return dn_ca_refuse_action(call, "the caller's own affiliation");
    if (all->identity_count && !dn_ca_is_registrar(call))
        return dn_ca_refuse_action(call, "identities are affected, the caller is no registrar");
    return force || (all->identity_count == 0 && all->name_count <= 1) ||
           dn_ca_refuse_action(call, "identities or affiliations are below it: force is needed");
}

bool dn_ca_remove_affiliation(dn_ca_call *call)
{
    dn_ca_auto_change dn_ca_change change = {0};
    bool force = false;
    part all = {0};
    dn_ca_change_begin(&change);
    if (!check_manager(call) || !dn_ca_check_affiliation(call, call->name) ||
        !dn_ca_query_flag(call, "force", &force) || !find(call, call->name) ||
        !collect_names(call, call->name, &all) || !collect_identities(call, call->name, &all) ||
        !check_removable(call, &all, force))
        return false;
    size_t revoked = 0;
    for (size_t i = 0; i < all.identity_count; i++) {
        revoked += dn_ca_revoke_all(call, all.identities[i]->id, &change);
        dn_ca_change_drop_identity(&change, all.identities[i]->id);
    }
    for (size_t i = 0; i < all.name_count; i++)
        dn_ca_change_drop_affiliation(&change, all.names[i]);
    return put_answer(call, &all, call->name) && dn_ca_commit(call, &change) &&
           (!revoked || dn_ca_tell_revoked(call));
}
