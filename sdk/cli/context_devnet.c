/*
 * A context of the folder of a devnet: endpoints.json names organisations and nodes; keys and
 * profiles are in the folder. Paths are made anew from the folder, which may have been named
 * differently when the devnet was started.
 */
#include "base/fail.h"
#include "base/text.h"
#include "cli/context_edit.h"
#include "cli/state.h"
#include "json/document.h"

struct source {
    cli_session *session;
    const char *dir;
    heddle_error *err;
};

/* A member's text in the session's memory; "" if it is not there. */
static const char *text_of(const struct source *source, const json_item *object, const char *name)
{
    heddle_view text;
    if (!json_item_text(json_item_member(object, name), &text))
        return "";
    const char *copy = base_arena_str(source->session->arena, text);
    return copy ? copy : "";
}

static heddle_status path_of(const struct source *source, const char **out, const char *rest)
{
    const char *path = base_arena_printf(source->session->arena, "%s/%s", source->dir, rest);
    return path ? cli_absolute(source->session, path, out, source->err)
                : base_fail_memory(source->err, "context");
}

static heddle_status user_path(const struct source *source, const char *domain, const char *user,
                               const char **out)
{
    const char *rest = base_arena_printf(source->session->arena,
                                         "crypto-config/peerOrganizations/%s/users/%s@%s/msp",
                                         domain, user, domain);
    return rest ? path_of(source, out, rest) : base_fail_memory(source->err, "context");
}

/* "org1" of "org1.example.com", which also names the profile. */
static heddle_status add_org(const struct source *source, const json_item *item,
                             cli_context *context)
{
    base_arena *arena = source->session->arena;
    cli_organization org = cli_organization_none();
    const char *domain = text_of(source, item, "domain");
    int label = (int)strcspn(domain, ".");
    const char *profile = base_arena_printf(arena, "connection-%.*s.json", label, domain);
    char *name = base_arena_printf(arena, "%.*s", label, domain);
    if (!profile || !name)
        return base_fail_memory(source->err, "context");
    if (name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 32);
    org.name = name;
    org.mspid = text_of(source, item, "mspId");
    BASE_TRY(path_of(source, &org.profile, profile));
    BASE_TRY(user_path(source, domain, "User1", &org.identity.msp_dir));
    BASE_TRY(user_path(source, domain, "Admin", &org.admin.msp_dir));
    return cli_context_put_organization(source->session, context, &org, source->err);
}

static heddle_status add_orgs(const struct source *source, const json_item *network,
                              cli_context *context)
{
    const json_item *orgs = json_item_member(network, "organizations");
    for (size_t i = 0; i < json_item_count(orgs); i++)
        BASE_TRY(add_org(source, json_item_at(orgs, i), context));
    if (context->organizations.count)
        return HEDDLE_OK;
    return base_fail(source->err, HEDDLE_E_DECODE, "%s/endpoints.json names no organisations",
                     source->dir);
}

/* Orderers. */

/* A path of endpoints.json as it is from @p source's folder: what is from "crypto-config" on. */
static heddle_status own_path(const struct source *source, const char *said, const char **out)
{
    const char *inside = strstr(said, "crypto-config/");
    return path_of(source, out, inside ? inside : said);
}

/* "…/ordererOrganizations/DOMAIN": where the keys of the orderers' administrator are. */
static heddle_status admin_path(const struct source *source, const char *tls_ca, const char *format,
                                const char **out)
{
    static const char before[] = "ordererOrganizations/";
    const char *at = strstr(tls_ca, before);
    const char *domain = at ? at + strlen(before) : "";
    char *name =
        base_arena_printf(source->session->arena, "%.*s", (int)strcspn(domain, "/"), domain);
    const char *rest =
        name ? base_arena_printf(source->session->arena,
                                 "crypto-config/ordererOrganizations/%s/users/Admin@%s/%s", name,
                                 name, format)
             : NULL;
    return rest ? path_of(source, out, rest) : base_fail_memory(source->err, "context");
}

static heddle_status add_orderer(const struct source *source, const json_item *item,
                                 cli_context *context)
{
    cli_place place = cli_place_none();
    const char *tls_ca = text_of(source, item, "tlsCACert");
    const char *admin = text_of(source, item, "adminAddress");
    place.name = text_of(source, item, "name");
    place.address = text_of(source, item, "address");
    place.mspid = text_of(source, item, "mspId");
    place.tls_name = place.name;
    BASE_TRY(own_path(source, tls_ca, &place.tls_roots));
    if (admin[0]) {
        place.admin_url = base_arena_printf(source->session->arena, "https://%s", admin);
        if (!place.admin_url)
            return base_fail_memory(source->err, "context");
        BASE_TRY(admin_path(source, tls_ca, "tls/client.crt", &place.admin_certificate));
        BASE_TRY(admin_path(source, tls_ca, "tls/client.key", &place.admin_key));
    }
    return cli_context_put_place(source->session, &context->orderers, &place, source->err);
}

/* The orderers, and their organisation, which signs what changes them. */
static heddle_status add_orderers(const struct source *source, const json_item *network,
                                  cli_context *context)
{
    const json_item *orderers = json_item_member(network, "orderers");
    cli_organization org = cli_organization_none();
    for (size_t i = 0; i < json_item_count(orderers); i++)
        BASE_TRY(add_orderer(source, json_item_at(orderers, i), context));
    if (!json_item_count(orderers))
        return HEDDLE_OK;
    const json_item *first = json_item_at(orderers, 0);
    org.name = "Orderer";
    org.mspid = text_of(source, first, "mspId");
    BASE_TRY(admin_path(source, text_of(source, first, "tlsCACert"), "msp", &org.identity.msp_dir));
    org.admin.msp_dir = org.identity.msp_dir;
    return cli_context_put_organization(source->session, context, &org, source->err);
}

static heddle_status read_network(const struct source *source, json_document **out)
{
    base_auto_buffer base_buffer text = {0};
    const char *path = base_arena_printf(source->session->arena, "%s/endpoints.json", source->dir);
    if (!path)
        return base_fail_memory(source->err, "context");
    heddle_status status = base_read_file(path, 16 << 20, &text, source->err);
    if (status == HEDDLE_OK)
        status = json_document_parse(base_buffer_view(&text), 0, out, source->err);
    if (status != HEDDLE_OK) {
        base_error_prefix(source->err, "no folder of a devnet");
        cli_hint(source->session, "name the folder that heddle-devnet was started with (--dir)");
    }
    return status;
}

heddle_status cli_devnet_context(cli_session *session, const char *dir, const char *name,
                                 const cli_context **out, heddle_error *err)
{
    const struct source source = {session, dir, err};
    base_auto(json_document) json_document *document = NULL;
    cli_context *context = base_arena_zalloc(session->arena, 1, sizeof(*context));
    if (!context)
        return base_fail_memory(err, "context");
    BASE_TRY(read_network(&source, &document));
    const json_item *network = json_document_root(document);
    *context = (cli_context){.name = name,
                             .channel = text_of(&source, network, "channel"),
                             .organization = "",
                             .direct = true};
    BASE_TRY(add_orgs(&source, network, context));
    BASE_TRY(add_orderers(&source, network, context));
    *out = context;
    return HEDDLE_OK;
}
