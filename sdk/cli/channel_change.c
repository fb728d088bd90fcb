/* heddle channel: updates signed, kept in files, and handed in. */
#include "base/fail.h"
#include "base/text.h"
#include "cli/channel.h"

static heddle_status sign_as(cli_session *session, heddle_config_update *update, const char *org,
                             heddle_error *err)
{
    cli_org found;
    heddle_identity *admin;
    BASE_TRY(cli_org_find(session, org, &found, err));
    BASE_TRY(cli_admin(session, org, &admin, err));
    BASE_TRY(heddle_config_update_sign(update, admin, err));
    cli_step(session, "signed by %s", found.mspid);
    return HEDDLE_OK;
}

/* As the organisation that acts, and as those that are named. */
static heddle_status sign_all(cli_session *session, heddle_config_update *update,
                              const cli_texts *orgs, heddle_error *err)
{
    BASE_TRY(sign_as(session, update, NULL, err));
    for (size_t i = 0; i < orgs->count; i++)
        BASE_TRY(sign_as(session, update, orgs->items[i], err));
    return HEDDLE_OK;
}

static heddle_status put_names(cli_document *doc, const char *name, const heddle_names *names)
{
    cli_begin_list(doc, name);
    for (size_t i = 0; i < heddle_names_count(names); i++)
        cli_put_text(doc, NULL, heddle_names_at(names, i));
    cli_end_list(doc);
    return HEDDLE_OK;
}

static heddle_status put_update(cli_document *doc, const heddle_config_update *update,
                                heddle_error *err)
{
    base_auto(heddle_names) heddle_names *changes = NULL, *signers = NULL;
    BASE_TRY(heddle_config_update_changes(update, &changes, err));
    BASE_TRY(heddle_config_update_signers(update, &signers, err));
    cli_put_text(doc, "channel", heddle_config_update_channel(update));
    BASE_TRY(put_names(doc, "changes", changes));
    return put_names(doc, "signed_by", signers);
}

/* A table shows no lists: a line each. */
static heddle_status show(cli_session *session, const heddle_config_update *update,
                          const char *verdict, heddle_error *err)
{
    base_auto(heddle_names) heddle_names *changes = NULL, *signers = NULL;
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    if (cli_session_common(session)->form != CLI_TABLE) {
        cli_begin_object(&doc, NULL);
        BASE_TRY(put_update(&doc, update, err));
        cli_put_text(&doc, "verdict", verdict);
        cli_end_object(&doc);
        return cli_print(session, &doc, NULL, err);
    }
    BASE_TRY(heddle_config_update_changes(update, &changes, err));
    BASE_TRY(heddle_config_update_signers(update, &signers, err));
    base_auto_buffer base_buffer text = {0};
    heddle_status status =
        base_buffer_printf(&text, "channel    %s\n", heddle_config_update_channel(update));
    for (size_t i = 0; i < heddle_names_count(changes) && status == HEDDLE_OK; i++)
        status = base_buffer_printf(&text, "%-10s %s\n", i ? "" : "changes",
                                    heddle_names_at(changes, i));
    for (size_t i = 0; i < heddle_names_count(signers) && status == HEDDLE_OK; i++)
        status = base_buffer_printf(&text, "%-10s %s\n", i ? "" : "signed by",
                                    heddle_names_at(signers, i));
    if (status == HEDDLE_OK)
        status = base_buffer_printf(&text, "verdict    %s\n", verdict);
    return status ? base_fail_memory(err, "update")
                  : cli_print_bytes(session, base_buffer_view(&text), err);
}

/* What orderers would say, as a text; a failure only if that cannot be known. */
static heddle_status judge(const heddle_config_update *update, const heddle_config *present,
                           char out[HEDDLE_ERROR_MESSAGE_SIZE], heddle_error *err)
{
    heddle_error why;
    heddle_status status = heddle_config_update_check(update, present, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "update");
    const char *text = status ? why.message : "orderers would take it";
    memcpy(out, text, strlen(text) + 1);
    return HEDDLE_OK;
}

static heddle_status keep(cli_session *session, const heddle_config_update *update,
                          const char *file, heddle_error *err)
{
    heddle_bytes bytes = {0};
    BASE_TRY(heddle_config_update_bytes(update, &bytes, err));
    heddle_view view = heddle_view_of(bytes.data, bytes.len);
    heddle_status status = strcmp(file, "-") == 0 ? cli_print_bytes(session, view, err)
                                                  : base_write_file(file, view, 0644, err);
    heddle_bytes_done(&bytes);
    return status;
}

static heddle_status print_result(cli_session *session, const heddle_config_update *update,
                                  const heddle_config_result *result, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    if (cli_session_common(session)->form != CLI_TABLE)
        BASE_TRY(put_update(&doc, update, err));
    else
        cli_put_text(&doc, "channel", heddle_config_update_channel(update));
    if (result->block)
        cli_put_number(&doc, "block", result->block);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status submit(cli_session *session, heddle_config_update *update, bool no_wait,
                            heddle_error *err)
{
    heddle_identity *admin;
    cli_auto_orderers cli_channel_orderers orderers = {0};
    heddle_config_result result = {.size = sizeof(result)};
    heddle_config_submit_options options = HEDDLE_CONFIG_SUBMIT_OPTIONS;
    options.no_sign = true; /* it has signed */
    options.no_wait = no_wait;
    options.timeout_ms = (uint32_t)cli_session_common(session)->timeout_ms;
    BASE_TRY(cli_admin(session, NULL, &admin, err));
    BASE_TRY(cli_channel_orderers_open(session, &orderers, err));
    cli_progress(session, "waiting for the block");
    heddle_status status = heddle_config_update_submit(update, admin, orderers.items,
                                                       orderers.count, &options, &result, err);
    if (status == HEDDLE_E_BAD_STATE)
        cli_hint(session, "the same command makes the change again, of the present configuration");
    else if (status == HEDDLE_E_POLICY)
        cli_hint(session, "let those sign whom the policy wants: organisations of the context with "
                          "--sign or --org, others by --save and heddle channel update sign");
    if (status)
        return status;
    return print_result(session, update, &result, err);
}

heddle_status cli_channel_finish(cli_session *session, const heddle_config *config,
                                 const cli_channel_change *change, heddle_error *err)
{
    heddle_error why;
    base_auto(heddle_config_update) heddle_config_update *update = NULL;
    heddle_status status = heddle_config_update_new(config, &update, &why);
    if (status == HEDDLE_E_EXISTS) {
        cli_note(session, "channel %s is unchanged", heddle_config_channel(config));
        return HEDDLE_OK;
    }
    if (status) {
        *err = why;
        return status;
    }
    BASE_TRY(sign_all(session, update, &change->sign, err));
    if (change->save)
        return keep(session, update, change->save, err);
    if (!change->dry_run)
        return submit(session, update, change->no_wait, err);
    char verdict[HEDDLE_ERROR_MESSAGE_SIZE];
    BASE_TRY(judge(update, config, verdict, err));
    return show(session, update, verdict, err);
}

/* Updates in files. */

static heddle_status read_update(cli_session *session, const char *file, heddle_config_update **out,
                                 heddle_error *err)
{
    heddle_view bytes;
    BASE_TRY(cli_read_file(session, file, &bytes, err));
    heddle_status status = heddle_config_update_from_bytes(bytes, out, err);
    if (status)
        base_error_prefix(err, "%s", file);
    return status;
}

heddle_status cli_channel_update_show(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_update *asked = values;
    char verdict[HEDDLE_ERROR_MESSAGE_SIZE] = "";
    const char *channel;
    base_auto(heddle_config) heddle_config *present = NULL;
    base_auto(heddle_config_update) heddle_config_update *update = NULL;
    BASE_TRY(read_update(session, asked->file, &update, err));
    BASE_TRY(cli_channel(session, &channel, err));
    if (strcmp(channel, heddle_config_update_channel(update)) != 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s is for channel %s: say --channel %s",
                         asked->file, heddle_config_update_channel(update),
                         heddle_config_update_channel(update));
    BASE_TRY(cli_channel_present(session, &present, err));
    BASE_TRY(judge(update, present, verdict, err));
    return show(session, update, verdict, err);
}

heddle_status cli_channel_update_sign(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_update *asked = values;
    base_auto(heddle_config_update) heddle_config_update *update = NULL;
    BASE_TRY(read_update(session, asked->file, &update, err));
    BASE_TRY(sign_all(session, update, &asked->sign, err));
    return keep(session, update, asked->file, err);
}

heddle_status cli_channel_update_submit(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_update *asked = values;
    base_auto(heddle_config_update) heddle_config_update *update = NULL;
    BASE_TRY(read_update(session, asked->file, &update, err));
    BASE_TRY(sign_all(session, update, &asked->sign, err));
    return submit(session, update, asked->no_wait, err);
}
