/* heddle channel: the configuration, looked at and edited. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/channel.h"
#include "heddle/ledger.h"

extern char **environ;

static heddle_view view_of(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

/* Looking. */

static heddle_status read_source(cli_session *session, const struct cli_channel_source *source,
                                 heddle_config **out, heddle_error *err)
{
    heddle_view block;
    if (!source->block)
        return cli_channel_present(session, out, err);
    BASE_TRY(cli_read_file(session, source->block, &block, err));
    return heddle_config_from_block(block, out, err);
}

static heddle_status put_setting(const heddle_config *config, const char *name, cli_document *doc,
                                 heddle_error *err)
{
    heddle_bytes value = {0};
    BASE_TRY(heddle_config_get(config, name, &value, err));
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "setting", name);
    cli_put_view(doc, "value", view_of(&value));
    cli_end_object(doc);
    heddle_bytes_done(&value);
    return HEDDLE_OK;
}

/* Of these there may be none. */
static bool begins_family(const char *prefix)
{
    static const char *const families[] = {"acl.", "anchor-peers.", "endpoints.", "policy."};
    for (size_t i = 0; i < BASE_COUNT(families); i++)
        if (strncmp(families[i], prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

/* Those that begin with what was asked for, as "policy." or "anchor-peers.Org1MSP". */
static heddle_status put_settings(const heddle_config *config, const char *prefix,
                                  cli_document *doc, heddle_error *err)
{
    base_auto(heddle_names) heddle_names *names = NULL;
    bool found = false;
    BASE_TRY(heddle_config_settings(config, &names, err));
    for (size_t i = 0; i < heddle_names_count(names); i++) {
        const char *name = heddle_names_at(names, i);
        if (strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        found = true;
        BASE_TRY(put_setting(config, name, doc, err));
    }
    return found || begins_family(prefix) ? HEDDLE_OK : put_setting(config, prefix, doc, err);
}

heddle_status cli_channel_get(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_get *get = values;
    base_auto(heddle_config) heddle_config *config = NULL;
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    BASE_TRY(read_source(session, &get->source, &config, err));
    cli_begin_list(&doc, NULL);
    if (!get->names.count)
        BASE_TRY(put_settings(config, "", &doc, err));
    for (size_t i = 0; i < get->names.count; i++)
        BASE_TRY(put_settings(config, get->names.items[i], &doc, err));
    cli_end_list(&doc);
    return cli_print(session, &doc, "setting value", err);
}

static heddle_status to_json(const heddle_config *config, bool indent, heddle_bytes *out,
                             heddle_error *err)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.indent = indent;
    return heddle_config_to_json(config, &options, out, err);
}

/* There is no table of a tree: as JSON for people, unless YAML is asked for. */
heddle_status cli_channel_config(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_source *source = values;
    base_auto(heddle_config) heddle_config *config = NULL;
    heddle_bytes json = {0};
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    bool is_table = cli_session_common(session)->form == CLI_TABLE;
    BASE_TRY(read_source(session, source, &config, err));
    BASE_TRY(to_json(config, is_table, &json, err));
    heddle_status status;
    if (is_table) {
        status = cli_print_bytes(session, view_of(&json), err);
        if (status == HEDDLE_OK && json.len && json.data[json.len - 1] != '\n')
            status = cli_print_bytes(session, VIEW("\n"), err);
    } else {
        cli_put_json(&doc, NULL, view_of(&json));
        status = cli_print(session, &doc, NULL, err);
    }
    heddle_bytes_done(&json);
    return status;
}

static heddle_status put_names(cli_document *doc, const char *name, const heddle_config *config,
                               heddle_config_part part, heddle_error *err)
{
    base_auto(heddle_names) heddle_names *names = NULL;
    base_auto_buffer base_buffer all = {0};
    BASE_TRY(heddle_config_orgs(config, part, &names, err));
    for (size_t i = 0; i < heddle_names_count(names); i++)
        if (base_buffer_printf(&all, "%s%s", i ? ", " : "", heddle_names_at(names, i)))
            return base_fail_memory(err, "organisations");
    cli_put_view(doc, name, base_buffer_view(&all));
    return HEDDLE_OK;
}

static heddle_status put_config(cli_document *doc, const heddle_config *config, heddle_error *err)
{
    cli_put_number(doc, "config_sequence", heddle_config_sequence(config));
    BASE_TRY(put_names(doc, "organizations", config, HEDDLE_CONFIG_APPLICATION, err));
    BASE_TRY(put_names(doc, "orderer_organizations", config, HEDDLE_CONFIG_ORDERER, err));
    static const char *const shown[][2] = {
        {"capabilities", "capabilities.channel"},
        {"application_capabilities", "capabilities.application"},
        {"consensus_state", "consensus.state"},
        {"batch_max_messages", "batch-size.max-messages"},
        {"batch_timeout", "batch-timeout"},
    };
    for (size_t i = 0; i < BASE_COUNT(shown); i++) {
        heddle_bytes value = {0};
        if (heddle_config_get(config, shown[i][1], &value, NULL) == HEDDLE_OK)
            cli_put_view(doc, shown[i][0], view_of(&value));
        heddle_bytes_done(&value);
    }
    return HEDDLE_OK;
}

heddle_status cli_channel_info(cli_session *session, const void *values, heddle_error *err)
{
    const char *channel;
    heddle_gateway *gateway;
    heddle_identity *identity;
    heddle_ledger *ledger = NULL;
    heddle_chain_info info;
    base_auto(heddle_config) heddle_config *config = NULL;
    heddle_call_options options = cli_call_options(session);
    cli_auto_document cli_document doc;
    (void)values;
    cli_document_init(&doc);
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_identity(session, NULL, &identity, err));
    BASE_TRY(cli_gateway(session, &gateway, err));
    BASE_TRY(heddle_ledger_new(gateway, identity, channel, &ledger, err));
    heddle_status status = heddle_ledger_info(ledger, &options, &info, err);
    heddle_ledger_unref(ledger);
    if (status)
        return status;
    BASE_TRY(cli_channel_present(session, &config, err));
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "channel", channel);
    cli_put_number(&doc, "height", info.height);
    cli_put_hex(&doc, "last_block_hash", heddle_view_of(info.current_hash, info.current_hash_len));
    BASE_TRY(put_config(&doc, config, err));
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

/* Editing. */

heddle_status cli_channel_set(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_set *set = values;
    base_auto(heddle_config) heddle_config *config = NULL;
    BASE_TRY(cli_channel_present(session, &config, err));
    for (size_t i = 0; i < set->settings.count; i++) {
        const cli_pair *pair = &set->settings.items[i];
        heddle_status status = heddle_config_set(config, pair->name, pair->value, err);
        if (status == HEDDLE_E_BAD_ARGUMENT)
            cli_hint(session, "heddle channel get names the settings");
        if (status)
            return status;
    }
    return cli_channel_finish(session, config, &set->change, err);
}

heddle_status cli_channel_apply(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_apply *apply = values;
    heddle_view json;
    base_auto(heddle_config) heddle_config *config = NULL;
    BASE_TRY(cli_read_file(session, apply->file, &json, err));
    BASE_TRY(cli_channel_present(session, &config, err));
    BASE_TRY(heddle_config_edit_json(config, json, err));
    return cli_channel_finish(session, config, &apply->change, err);
}

static const char *editor(void)
{
    const char *name = getenv("VISUAL");
    if (!name || !*name)
        name = getenv("EDITOR");
    return name && *name ? name : "vi";
}

static heddle_status run_editor(const char *path, heddle_error *err)
{
    pid_t pid;
    int status = 0;
    base_auto_buffer base_buffer line = {0};
    if (!isatty(STDIN_FILENO) && strcmp(editor(), "vi") == 0)
        return base_fail(err, HEDDLE_E_BAD_STATE, "there is no terminal to edit on");
    if (base_buffer_printf(&line, "%s \"$1\"", editor()) || !base_buffer_cstr(&line))
        return base_fail_memory(err, "editor");
    char *const args[] = {(char[]){"sh"}, (char[]){"-c"},          (char *)line.data,
                          (char[]){"sh"}, (char *)(uintptr_t)path, NULL};
    errno = posix_spawn(&pid, "/bin/sh", NULL, NULL, args, environ);
    if (errno)
        return base_fail_errno(err, "editor %s", editor());
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return base_fail_errno(err, "editor %s", editor());
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return base_fail(err, HEDDLE_E_CANCELLED, "editor %s failed: nothing is changed", editor());
    return HEDDLE_OK;
}

static heddle_status write_all(int fd, heddle_view bytes, const char *path, heddle_error *err)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t wrote = write(fd, bytes.data + at, bytes.len - at);
        if (wrote < 0 && errno != EINTR)
            return base_fail_errno(err, "%s", path);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return HEDDLE_OK;
}

static heddle_status edit_in(heddle_config *config, const char *path, heddle_error *err)
{
    base_auto_buffer base_buffer edited = {0};
    BASE_TRY(run_editor(path, err));
    BASE_TRY(base_read_file(path, 0, &edited, err));
    return heddle_config_edit_json(config, base_buffer_view(&edited), err);
}

/* What was typed is not lost when it does not do. */
heddle_status cli_channel_edit(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_edit *edit = values;
    heddle_bytes json = {0};
    const char *folder = getenv("TMPDIR");
    base_auto(heddle_config) heddle_config *config = NULL;
    BASE_TRY(cli_channel_present(session, &config, err));
    char *path = base_arena_printf(cli_session_arena(session), "%s/heddle-XXXXXX.json",
                                   folder && *folder ? folder : "/tmp");
    int fd = path ? mkostemps(path, 5, O_CLOEXEC) : -1;
    if (fd < 0)
        return base_fail_errno(err, "temporary file");
    heddle_status status = to_json(config, true, &json, err);
    if (status == HEDDLE_OK)
        status = write_all(fd, view_of(&json), path, err);
    close(fd);
    heddle_bytes_done(&json);
    if (status == HEDDLE_OK)
        status = edit_in(config, path, err);
    if (status == HEDDLE_OK)
        status = cli_channel_finish(session, config, &edit->change, err);
    if (status)
        cli_hint(session, "what was edited is in %s: see heddle channel apply", path);
    else
        unlink(path);
    return status;
}

heddle_status cli_channel_anchor(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_anchor *anchor = values;
    cli_org org;
    base_auto_buffer base_buffer all = {0};
    base_auto(heddle_config) heddle_config *config = NULL;
    BASE_TRY(cli_org_find(session, NULL, &org, err));
    for (size_t i = 0; i < anchor->addresses.count; i++)
        if (base_buffer_printf(&all, "%s%s", i ? "," : "", anchor->addresses.items[i]))
            return base_fail_memory(err, "anchor peers");
    char *name = base_arena_printf(cli_session_arena(session), "anchor-peers.%s", org.mspid);
    if (!name || !base_buffer_cstr(&all))
        return base_fail_memory(err, "anchor peers");
    BASE_TRY(cli_channel_present(session, &config, err));
    BASE_TRY(heddle_config_set(config, name, (const char *)all.data, err));
    return cli_channel_finish(session, config, &anchor->change, err);
}

/* Organisations. */

static heddle_status put_orgs(cli_document *doc, const heddle_config *config,
                              heddle_config_part part, const char *shown, heddle_error *err)
{
    base_auto(heddle_names) heddle_names *names = NULL;
    BASE_TRY(heddle_config_orgs(config, part, &names, err));
    for (size_t i = 0; i < heddle_names_count(names); i++) {
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "organization", heddle_names_at(names, i));
        cli_put_text(doc, "part", shown);
        cli_end_object(doc);
    }
    return HEDDLE_OK;
}

heddle_status cli_channel_org_list(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_source *source = values;
    base_auto(heddle_config) heddle_config *config = NULL;
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    BASE_TRY(read_source(session, source, &config, err));
    cli_begin_list(&doc, NULL);
    BASE_TRY(put_orgs(&doc, config, HEDDLE_CONFIG_APPLICATION, "application", err));
    BASE_TRY(put_orgs(&doc, config, HEDDLE_CONFIG_ORDERER, "orderer", err));
    cli_end_list(&doc);
    return cli_print(session, &doc, "organization part", err);
}

static heddle_config_part part_of(const struct cli_channel_org *org)
{
    return org->orders ? HEDDLE_CONFIG_ORDERER : HEDDLE_CONFIG_APPLICATION;
}

heddle_status cli_channel_org_add(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_org *asked = values;
    heddle_org org = HEDDLE_ORG;
    base_auto(heddle_config) heddle_config *config = NULL;
    org.name = asked->name;
    org.part = part_of(asked);
    org.mspid = asked->mspid ? asked->mspid : asked->name;
    org.msp_dir = asked->msp_dir;
    if (asked->json)
        BASE_TRY(cli_read_file(session, asked->json, &org.json, err));
    if (!asked->json == !asked->msp_dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "either --msp-dir or --json is wanted");
    BASE_TRY(cli_channel_present(session, &config, err));
    BASE_TRY(heddle_config_add_org(config, &org, err));
    return cli_channel_finish(session, config, &asked->change, err);
}

heddle_status cli_channel_org_remove(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_org *asked = values;
    base_auto(heddle_config) heddle_config *config = NULL;
    BASE_TRY(cli_channel_present(session, &config, err));
    BASE_TRY(heddle_config_remove_org(config, part_of(asked), asked->name, err));
    return cli_channel_finish(session, config, &asked->change, err);
}
