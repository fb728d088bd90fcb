/* heddle channel: what is asked of orderers. */
#include "base/fail.h"
#include "base/text.h"
#include "cli/channel.h"
#include "heddle/ledger.h"

void cli_channel_orderers_close(cli_channel_orderers *orderers)
{
    for (size_t i = 0; i < orderers->count; i++)
        heddle_orderer_close(orderers->items[i]);
    orderers->count = 0;
}

heddle_status cli_channel_orderers_open(cli_session *session, cli_channel_orderers *out,
                                        heddle_error *err)
{
    const cli_node *nodes;
    size_t count;
    heddle_identity *admin;
    BASE_TRY(cli_admin(session, NULL, &admin, err));
    BASE_TRY(cli_orderers(session, &nodes, &count, err));
    out->items = base_arena_zalloc(cli_session_arena(session), count, sizeof(*out->items));
    if (!out->items)
        return base_fail_memory(err, "orderers");
    for (size_t i = 0; i < count; i++) {
        heddle_gateway_options options = cli_node_options(session, &nodes[i]);
        BASE_TRY(heddle_orderer_open(&options, admin, &out->items[i], err));
        out->count++;
    }
    return HEDDLE_OK;
}

static bool may_go_on(heddle_status status)
{
    return status == HEDDLE_E_UNAVAILABLE || status == HEDDLE_E_TIMED_OUT ||
           status == HEDDLE_E_RPC || status == HEDDLE_E_NOT_FOUND;
}

heddle_status cli_channel_block(cli_session *session, const cli_channel_orderers *orderers,
                                const char *channel, uint64_t which, heddle_bytes *out,
                                heddle_error *err)
{
    uint32_t timeout_ms = (uint32_t)cli_session_common(session)->timeout_ms;
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < orderers->count; i++) {
        cli_progress(session, "asking %s", heddle_orderer_address(orderers->items[i]));
        status = heddle_orderer_block(orderers->items[i], channel, which, timeout_ms, out, err);
        if (!may_go_on(status))
            break;
    }
    return status;
}

/* Where no orderers are named, the peers know it too. */
static heddle_status from_peers(cli_session *session, const char *channel, heddle_bytes *out,
                                heddle_error *err)
{
    heddle_gateway *gateway;
    heddle_identity *identity;
    heddle_ledger *ledger = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(cli_identity(session, NULL, &identity, err));
    BASE_TRY(cli_gateway(session, &gateway, err));
    BASE_TRY(heddle_ledger_new(gateway, identity, channel, &ledger, err));
    heddle_status status = heddle_ledger_config_block(ledger, &options, out, err);
    heddle_ledger_unref(ledger);
    return status;
}

heddle_status cli_channel_present(cli_session *session, heddle_config **out, heddle_error *err)
{
    const char *channel;
    const cli_node *nodes;
    size_t count;
    heddle_bytes block = {0};
    cli_auto_orderers cli_channel_orderers orderers = {0};
    BASE_TRY(cli_channel(session, &channel, err));
    if (cli_orderers(session, &nodes, &count, NULL)) {
        BASE_TRY(from_peers(session, channel, &block, err));
    } else {
        BASE_TRY(cli_channel_orderers_open(session, &orderers, err));
        BASE_TRY(cli_channel_block(session, &orderers, channel, HEDDLE_BLOCK_CONFIG, &block, err));
    }
    base_auto(heddle_config) heddle_config *config = NULL;
    heddle_status status =
        heddle_config_from_block(heddle_view_of(block.data, block.len), &config, err);
    heddle_bytes_done(&block);
    if (status)
        return status;
    if (strcmp(heddle_config_channel(config), channel) != 0)
        return base_fail(err, HEDDLE_E_DECODE,
                         "asked for channel %s: the answer is the configuration of %.64s", channel,
                         heddle_config_channel(config));
    *out = base_steal(&config);
    return HEDDLE_OK;
}

heddle_status cli_channel_fetch(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_fetch *fetch = values;
    const char *channel;
    uint64_t which;
    heddle_bytes block = {0};
    cli_auto_orderers cli_channel_orderers orderers = {0};
    if (strcmp(fetch->which, "newest") == 0)
        which = HEDDLE_BLOCK_NEWEST;
    else if (strcmp(fetch->which, "config") == 0)
        which = HEDDLE_BLOCK_CONFIG;
    else if (strcmp(fetch->which, "oldest") == 0)
        which = 0;
    else if (!base_parse_u64(heddle_view_str(fetch->which), &which))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "\"%s\" is neither newest, oldest, config nor a number", fetch->which);
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_channel_orderers_open(session, &orderers, err));
    BASE_TRY(cli_channel_block(session, &orderers, channel, which, &block, err));
    heddle_view bytes = heddle_view_of(block.data, block.len);
    heddle_status status = strcmp(fetch->file, "-") == 0
                               ? cli_print_bytes(session, bytes, err)
                               : base_write_file(fetch->file, bytes, 0644, err);
    heddle_bytes_done(&block);
    return status;
}

/* Participation. */

static heddle_status open_admin(cli_session *session, const cli_node *node,
                                heddle_participation **out, heddle_error *err)
{
    heddle_participation_options options = HEDDLE_PARTICIPATION_OPTIONS;
    if (!node->admin_url) {
        cli_hint(session, "name it in the file of contexts: admin.url, with admin.certificate and "
                          "admin.key of an administrator");
        return base_fail(err, HEDDLE_E_CONFIG,
                         "of orderer %s it is not known where it takes administrators", node->name);
    }
    options.address = node->admin_url;
    options.plaintext = strncmp(node->admin_url, "http://", 7) == 0;
    options.tls_roots_pem = options.plaintext ? heddle_view_of(NULL, 0) : node->admin_roots_pem;
    options.name_override = node->admin_name_override;
    options.client_cert_pem = node->admin_cert_pem;
    options.client_key_pem = node->admin_key_pem;
    options.timeout_ms = (uint32_t)cli_session_common(session)->timeout_ms;
    return heddle_participation_open(&options, out, err);
}

/* Those that were named, or all of the context. */
static heddle_status choose(cli_session *session, const cli_texts *names, const cli_node **out,
                            size_t *out_count, heddle_error *err)
{
    if (!names->count)
        return cli_orderers(session, out, out_count, err);
    cli_node *nodes = base_arena_zalloc(cli_session_arena(session), names->count, sizeof(*nodes));
    if (!nodes)
        return base_fail_memory(err, "orderers");
    for (size_t i = 0; i < names->count; i++) {
        const cli_node *found;
        BASE_TRY(cli_orderer_find(session, names->items[i], &found, err));
        nodes[i] = *found;
    }
    *out = nodes;
    *out_count = names->count;
    return HEDDLE_OK;
}

static void put_channel(cli_document *doc, const cli_node *node,
                        const heddle_participation_channels *channels)
{
    const heddle_participation_channel *channel = heddle_participation_channels_at(channels, 0);
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "orderer", node->name);
    cli_put_text(doc, "channel", channel->name);
    cli_put_text(doc, "relation", channel->relation);
    cli_put_text(doc, "status", channel->status);
    cli_put_number(doc, "height", channel->height);
    cli_end_object(doc);
}

static heddle_status list_one(cli_session *session, const cli_node *node, cli_document *doc,
                              heddle_error *err)
{
    heddle_participation_channels *names = NULL;
    base_auto(heddle_participation) heddle_participation *orderer = NULL;
    BASE_TRY(open_admin(session, node, &orderer, err));
    cli_progress(session, "asking %s", node->name);
    BASE_TRY(heddle_participation_list(orderer, &names, err));
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < heddle_participation_channels_count(names) && status == HEDDLE_OK; i++) {
        heddle_participation_channels *more = NULL;
        const char *name = heddle_participation_channels_at(names, i)->name;
        status = heddle_participation_info(orderer, name, &more, err);
        if (status == HEDDLE_OK)
            put_channel(doc, node, more);
        heddle_participation_channels_free(more);
    }
    heddle_participation_channels_free(names);
    return status;
}

static const char columns[] = "orderer channel relation status height";

heddle_status cli_channel_orderer_list(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_orderer *asked = values;
    const cli_node *nodes;
    size_t count;
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    BASE_TRY(choose(session, &asked->orderers, &nodes, &count, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(list_one(session, &nodes[i], &doc, err));
    cli_end_list(&doc);
    return cli_print(session, &doc, columns, err);
}

static heddle_status join_one(cli_session *session, const cli_node *node, heddle_view block,
                              cli_document *doc, heddle_error *err)
{
    heddle_participation_channels *channels = NULL;
    base_auto(heddle_participation) heddle_participation *orderer = NULL;
    BASE_TRY(open_admin(session, node, &orderer, err));
    cli_progress(session, "%s joins", node->name);
    BASE_TRY(heddle_participation_join(orderer, block, &channels, err));
    cli_step(session, "%s joined", node->name);
    put_channel(doc, node, channels);
    heddle_participation_channels_free(channels);
    return HEDDLE_OK;
}

heddle_status cli_channel_orderer_join(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_orderer *asked = values;
    const cli_node *nodes;
    size_t count;
    heddle_view block;
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    BASE_TRY(cli_read_file(session, asked->block, &block, err));
    BASE_TRY(choose(session, &asked->orderers, &nodes, &count, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++) {
        heddle_status status = join_one(session, &nodes[i], block, &doc, err);
        if (status == HEDDLE_E_EXISTS && count > 1)
            cli_note(session, "%s had joined already", nodes[i].name);
        else if (status)
            return status;
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, columns, err);
}

heddle_status cli_channel_orderer_remove(cli_session *session, const void *values,
                                         heddle_error *err)
{
    const struct cli_channel_orderer *asked = values;
    const char *channel;
    BASE_TRY(cli_channel(session, &channel, err));
    for (size_t i = 0; i < asked->orderers.count; i++) {
        const cli_node *node;
        base_auto(heddle_participation) heddle_participation *orderer = NULL;
        BASE_TRY(cli_orderer_find(session, asked->orderers.items[i], &node, err));
        BASE_TRY(open_admin(session, node, &orderer, err));
        cli_progress(session, "%s leaves %s", node->name, channel);
        BASE_TRY(heddle_participation_remove(orderer, channel, err));
        cli_step(session, "%s left %s", node->name, channel);
    }
    return HEDDLE_OK;
}
