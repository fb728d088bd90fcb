/* heddle chaincode: packages made, looked at, installed and fetched. */
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "cli/chaincode.h"

static heddle_status print_package(cli_session *session, const char *file, const char *id,
                                   heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "package_id", id);
    cli_put_text(&doc, "file", file);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

heddle_status cli_run_package(cli_session *session, const void *values, heddle_error *err)
{
    const cli_package_made *package = values;
    const char *file = package->file, *id;
    heddle_view bytes;
    if (!file)
        file = base_arena_printf(cli_session_arena(session), "%s.tar.gz", package->recipe.label);
    if (!file)
        return base_fail_memory(err, "package");
    BASE_TRY(cli_recipe_make(session, &package->recipe, &bytes, err));
    BASE_TRY(cli_package_id(session, bytes, &id, err));
    /* It may hold a client's key. */
    bool has_key = package->recipe.client_key || package->recipe.connection;
    BASE_TRY(base_write_file(file, bytes, has_key ? 0600 : 0644, err));
    return print_package(session, file, id, err);
}

static void put_package(cli_document *doc, const char *file, const heddle_package *package)
{
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "package_id", heddle_package_id(package));
    cli_put_text(doc, "file", file);
    cli_put_text(doc, "type", heddle_package_type(package));
    cli_put_text(doc, "address", heddle_package_address(package));
    cli_end_object(doc);
}

static heddle_status read_package(cli_session *session, const char *file, heddle_package **out,
                                  heddle_error *err)
{
    heddle_view bytes;
    BASE_TRY(cli_read_file(session, file, &bytes, err));
    heddle_status status = heddle_package_read(bytes, out, err);
    if (status)
        base_error_prefix(err, "%s", file);
    return status;
}

/* The ids alone, a line each, for $(…) in a shell. */
static heddle_status print_ids(cli_session *session, const cli_texts *files, heddle_error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        base_auto(heddle_package) heddle_package *package = NULL;
        BASE_TRY(read_package(session, files->items[i], &package, err));
        BASE_TRY(cli_print_bytes(session, heddle_view_str(heddle_package_id(package)), err));
        BASE_TRY(cli_print_bytes(session, VIEW("\n"), err));
    }
    return HEDDLE_OK;
}

heddle_status cli_run_id(cli_session *session, const void *values, heddle_error *err)
{
    const cli_package_files *id = values;
    if (cli_session_common(session)->form == CLI_TABLE)
        return print_ids(session, &id->files, err);
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < id->files.count; i++) {
        base_auto(heddle_package) heddle_package *package = NULL;
        BASE_TRY(read_package(session, id->files.items[i], &package, err));
        put_package(&doc, id->files.items[i], package);
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status install_one(cli_session *session, const cli_node *node, heddle_view bytes,
                                 heddle_error *err)
{
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(cli_peer_open(session, node, &peer, err));
    cli_progress(session, "installing at %s", node->name);
    return heddle_lifecycle_install(peer, bytes, &options, NULL, err);
}

heddle_status cli_run_install(cli_session *session, const void *values, heddle_error *err)
{
    const cli_package_place *install = values;
    cli_auto_document cli_document doc;
    const cli_node *nodes;
    const char *id;
    heddle_view bytes;
    size_t count;
    cli_document_init(&doc);
    BASE_TRY(cli_package_open(session, install->file, &bytes, &id, err));
    BASE_TRY(cli_peers_chosen(session, &install->peers, &nodes, &count, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(cli_interrupt_check(session, err));
        BASE_TRY(install_one(session, &nodes[i], bytes, err));
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "peer", nodes[i].name);
        cli_put_text(&doc, "package_id", id);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, NULL, err);
}

static void put_uses(cli_document *doc, const heddle_installed_package *package)
{
    cli_begin_list(doc, "used_by");
    for (size_t i = 0; i < package->use_count; i++) {
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "channel", package->uses[i].channel);
        cli_put_text(doc, "name", package->uses[i].name);
        cli_put_text(doc, "version", package->uses[i].version);
        cli_end_object(doc);
    }
    cli_end_list(doc);
}

static heddle_status list_one(cli_session *session, const cli_node *node, cli_document *doc,
                              heddle_error *err)
{
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    base_auto(heddle_installed) heddle_installed *installed = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(cli_peer_open(session, node, &peer, err));
    cli_progress(session, "asking %s", node->name);
    BASE_TRY(heddle_lifecycle_installed(peer, &options, &installed, err));
    for (size_t i = 0; i < heddle_installed_count(installed); i++) {
        const heddle_installed_package *package = heddle_installed_at(installed, i);
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "peer", node->name);
        cli_put_text(doc, "label", package->label);
        cli_put_text(doc, "package_id", package->id);
        cli_put_number(doc, "uses", package->use_count);
        put_uses(doc, package);
        cli_end_object(doc);
    }
    return HEDDLE_OK;
}

heddle_status cli_run_installed(cli_session *session, const void *values, heddle_error *err)
{
    const cli_package_place *asked = values;
    cli_auto_document cli_document doc;
    const cli_node *nodes;
    size_t count;
    cli_document_init(&doc);
    BASE_TRY(cli_peers_chosen(session, &asked->peers, &nodes, &count, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(list_one(session, &nodes[i], &doc, err));
    cli_end_list(&doc);
    return cli_print(session, &doc, "peer label uses package_id", err);
}

heddle_status cli_run_fetch(cli_session *session, const void *values, heddle_error *err)
{
    const cli_package_place *asked = values;
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    heddle_call_options options = cli_call_options(session);
    heddle_bytes bytes = {0};
    const cli_node *nodes;
    size_t count;
    BASE_TRY(cli_peers_chosen(session, &asked->peers, &nodes, &count, err));
    BASE_TRY(cli_peer_open(session, nodes, &peer, err));
    BASE_TRY(heddle_lifecycle_fetch(peer, asked->id, &options, &bytes, err));
    heddle_status status =
        base_write_file(asked->to, heddle_view_of(bytes.data, bytes.len), 0600, err);
    heddle_bytes_done(&bytes);
    return status ? status : print_package(session, asked->to, asked->id, err);
}
