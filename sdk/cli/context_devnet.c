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
    *out = context;
    return HEDDLE_OK;
}
