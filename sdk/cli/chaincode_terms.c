/* Definitions and packages between the command line, the library and what is printed. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/chaincode.h"

enum { MAX_FILES = 4096, MAX_DEPTH = 8 };

static heddle_status read_text(cli_session *session, const char *path, const char **out,
                               heddle_error *err)
{
    heddle_view bytes;
    BASE_TRY(cli_read_file(session, path, &bytes, err));
    *out = base_arena_str(cli_session_arena(session), bytes);
    return *out ? HEDDLE_OK : base_fail_memory(err, path);
}

heddle_status cli_terms_read(cli_session *session, const cli_terms *terms, heddle_definition *out,
                             heddle_error *err)
{
    heddle_definition definition = HEDDLE_DEFINITION(terms->name, terms->version, terms->sequence);
    definition.signature_policy = terms->policy;
    definition.channel_config_policy = terms->channel_policy;
    definition.init_required = terms->init_required;
    definition.endorsement_plugin = terms->endorsement_plugin;
    definition.validation_plugin = terms->validation_plugin;
    if (terms->collections)
        BASE_TRY(read_text(session, terms->collections, &definition.collections_json, err));
    heddle_definition checked = definition;
    if (!checked.sequence)
        checked.sequence = 1;
    heddle_status status = heddle_definition_check(&checked, err);
    if (status) {
        if (terms->collections && strstr(err->message, "collection"))
            base_error_prefix(err, "%s", terms->collections);
        return status;
    }
    *out = definition;
    return HEDDLE_OK;
}

heddle_status cli_terms_number(cli_session *session, heddle_lifecycle *lifecycle,
                               heddle_definition *definition, heddle_error *err)
{
    heddle_call_options options = cli_call_options(session);
    if (definition->sequence)
        return HEDDLE_OK;
    return heddle_lifecycle_next_sequence(lifecycle, definition->name, &options,
                                          &definition->sequence, err);
}

/* The files of a folder, as they are called in the package. */
typedef struct folder {
    cli_session *session;
    heddle_package_file *files;
    size_t count;
    heddle_error *err;
} folder;

static heddle_status add_file(folder *f, const char *path, const char *name)
{
    heddle_view content;
    if (f->count == MAX_FILES)
        return base_fail(f->err, HEDDLE_E_TOO_LARGE, "%s: more than %d files", path, MAX_FILES);
    BASE_TRY(cli_read_file(f->session, path, &content, f->err));
    f->files[f->count++] = (heddle_package_file){.path = name, .content = content};
    return HEDDLE_OK;
}

static heddle_status add_folder(folder *f, const char *path, const char *name, unsigned depth);

static heddle_status add_entry(folder *f, const char *path, const char *name, unsigned depth)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return base_fail_errno(f->err, "%s", path);
    if (S_ISDIR(info.st_mode))
        return add_folder(f, path, name, depth + 1);
    if (!S_ISREG(info.st_mode))
        return base_fail(f->err, HEDDLE_E_BAD_ARGUMENT, "%s: neither a file nor a folder", path);
    return add_file(f, path, name);
}

static heddle_status add_folder(folder *f, const char *path, const char *name, unsigned depth)
{
    base_arena *arena = cli_session_arena(f->session);
    const struct dirent *entry;
    heddle_status status = HEDDLE_OK;
    if (depth > MAX_DEPTH)
        return base_fail(f->err, HEDDLE_E_TOO_LARGE, "%s: nested too deep", path);
    DIR *dir = opendir(path);
    if (!dir)
        return base_fail_errno(f->err, "%s", path);
    while (status == HEDDLE_OK && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        const char *inner = base_arena_printf(arena, "%s/%s", path, entry->d_name);
        const char *called = base_arena_printf(arena, "%s/%s", name, entry->d_name);
        status = inner && called ? add_entry(f, inner, called, depth)
                                 : base_fail_memory(f->err, "package");
    }
    closedir(dir);
    return status;
}

static heddle_status read_folder(cli_session *session, const char *path, heddle_package_recipe *out,
                                 heddle_error *err)
{
    folder f = {.session = session, .err = err};
    f.files = base_arena_zalloc(cli_session_arena(session), MAX_FILES, sizeof(*f.files));
    if (!f.files)
        return base_fail_memory(err, "package");
    BASE_TRY(add_folder(&f, path, "META-INF", 0));
    out->files = f.files;
    out->file_count = f.count;
    return HEDDLE_OK;
}

static heddle_status read_if(cli_session *session, const char *path, heddle_view *out,
                             heddle_error *err)
{
    return path ? cli_read_file(session, path, out, err) : HEDDLE_OK;
}

bool cli_recipe_is_given(const cli_recipe *recipe)
{
    return recipe->address || recipe->connection || recipe->code;
}

heddle_status cli_recipe_make(cli_session *session, const cli_recipe *from, heddle_view *out,
                              heddle_error *err)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE(from->label);
    heddle_bytes made = {0};
    recipe.address = from->address;
    recipe.dial_timeout = from->dial_timeout;
    recipe.type = from->type;
    BASE_TRY(read_if(session, from->tls_roots, &recipe.tls_roots_pem, err));
    BASE_TRY(read_if(session, from->client_cert, &recipe.client_cert_pem, err));
    BASE_TRY(read_if(session, from->client_key, &recipe.client_key_pem, err));
    BASE_TRY(read_if(session, from->connection, &recipe.connection_json, err));
    BASE_TRY(read_if(session, from->code, &recipe.code, err));
    if (from->indexes)
        BASE_TRY(read_folder(session, from->indexes, &recipe, err));
    BASE_TRY(heddle_package_make(&recipe, &made, err));
    *out = base_arena_view(cli_session_arena(session), heddle_view_of(made.data, made.len));
    heddle_bytes_done(&made);
    return out->data ? HEDDLE_OK : base_fail_memory(err, "package");
}

heddle_status cli_package_id(cli_session *session, heddle_view bytes, const char **out_id,
                             heddle_error *err)
{
    base_auto(heddle_package) heddle_package *package = NULL;
    BASE_TRY(heddle_package_read(bytes, &package, err));
    *out_id = base_arena_strdup(cli_session_arena(session), heddle_package_id(package));
    return *out_id ? HEDDLE_OK : base_fail_memory(err, "package");
}

heddle_status cli_package_open(cli_session *session, const char *path, heddle_view *out_bytes,
                               const char **out_id, heddle_error *err)
{
    heddle_view bytes;
    BASE_TRY(cli_read_file(session, path, &bytes, err));
    heddle_status status = cli_package_id(session, bytes, out_id, err);
    if (status)
        base_error_prefix(err, "%s", path);
    else
        *out_bytes = bytes;
    return status;
}

heddle_status cli_lifecycle(cli_session *session, const char *org, heddle_lifecycle **out,
                            heddle_error *err)
{
    heddle_gateway *gateway;
    heddle_identity *admin;
    const char *channel;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_admin(session, org, &admin, err));
    BASE_TRY(cli_org_gateway(session, org, &gateway, err));
    return heddle_lifecycle_new(gateway, admin, channel, out, err);
}

heddle_status cli_peer_open(cli_session *session, const cli_node *node, heddle_peer **out,
                            heddle_error *err)
{
    heddle_identity *admin;
    heddle_gateway_options options = cli_node_options(session, node);
    BASE_TRY(cli_admin(session, node->org, &admin, err));
    return heddle_peer_open(&options, admin, out, err);
}

heddle_status cli_orgs_chosen(cli_session *session, const cli_texts *names, const cli_org **out,
                              size_t *out_count, heddle_error *err)
{
    if (!names->count)
        return cli_orgs(session, out, out_count, err);
    cli_org *orgs = base_arena_zalloc(cli_session_arena(session), names->count, sizeof(*orgs));
    if (!orgs)
        return base_fail_memory(err, "organisations");
    for (size_t i = 0; i < names->count; i++)
        BASE_TRY(cli_org_find(session, names->items[i], &orgs[i], err));
    *out = orgs;
    *out_count = names->count;
    return HEDDLE_OK;
}

void cli_put_definition(cli_document *doc, const heddle_definition *definition)
{
    cli_put_text(doc, "name", definition->name);
    cli_put_text(doc, "version", definition->version);
    cli_put_number(doc, "sequence", definition->sequence);
    if (definition->policy.len)
        cli_put_payload(doc, "policy", definition->policy);
    else
        cli_put_text(doc, "policy",
                     definition->signature_policy ? definition->signature_policy
                                                  : definition->channel_config_policy);
    cli_put_truth(doc, "init_required", definition->init_required);
    cli_put_text(doc, "endorsement_plugin", definition->endorsement_plugin);
    cli_put_text(doc, "validation_plugin", definition->validation_plugin);
    if (definition->collections_json)
        cli_put_json(doc, "collections", heddle_view_str(definition->collections_json));
    else if (definition->collections.len)
        cli_put_payload(doc, "collections", definition->collections);
}

void cli_put_approvals(cli_document *doc, const heddle_approval *approvals, size_t count)
{
    cli_begin_object(doc, "approvals");
    for (size_t i = 0; i < count; i++)
        cli_put_truth(doc, approvals[i].mspid, approvals[i].is_approved);
    cli_end_object(doc);
}

const char *cli_approvals_text(cli_session *session, const heddle_approval *approvals, size_t count,
                               bool approved)
{
    const char *text = "";
    for (size_t i = 0; i < count && text; i++)
        if (approvals[i].is_approved == approved)
            text = base_arena_printf(cli_session_arena(session), "%s%s%s", text, *text ? ", " : "",
                                     approvals[i].mspid);
    return text ? text : "";
}
