/* heddle channel: what is asked of peers. */
#include "base/fail.h"
#include "base/text.h"
#include "cli/channel.h"
#include "heddle/channel.h"

static heddle_view view_of(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

static heddle_status open_peer(cli_session *session, const cli_node *node, heddle_peer **out,
                               heddle_error *err)
{
    heddle_identity *admin;
    heddle_gateway_options options = cli_node_options(session, node);
    BASE_TRY(cli_admin(session, node->org, &admin, err));
    return heddle_peer_open(&options, admin, out, err);
}

static heddle_status list_one(cli_session *session, const cli_node *node, cli_document *doc,
                              heddle_error *err)
{
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    base_auto(heddle_names) heddle_names *names = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(open_peer(session, node, &peer, err));
    cli_progress(session, "asking %s", node->name);
    BASE_TRY(heddle_peer_channels(peer, &options, &names, err));
    for (size_t i = 0; i < heddle_names_count(names); i++) {
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "channel", heddle_names_at(names, i));
        cli_put_text(doc, "peer", node->name);
        cli_put_text(doc, "organization", node->org);
        cli_end_object(doc);
    }
    return HEDDLE_OK;
}

heddle_status cli_channel_list(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_list *list = values;
    const cli_node *nodes;
    size_t count;
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    BASE_TRY(cli_peers_chosen(session, &list->peers, &nodes, &count, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(list_one(session, &nodes[i], &doc, err));
    cli_end_list(&doc);
    return cli_print(session, &doc, "channel peer organization", err);
}

/* Joining. */

static heddle_status read_block(cli_session *session, const struct cli_channel_join *join,
                                heddle_view *out, heddle_error *err)
{
    const char *channel;
    heddle_bytes block = {0};
    cli_auto_orderers cli_channel_orderers orderers = {0};
    if (join->block)
        return cli_read_file(session, join->block, out, err);
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_channel_orderers_open(session, &orderers, err));
    BASE_TRY(cli_channel_block(session, &orderers, channel, 0, &block, err));
    *out = base_arena_view(cli_session_arena(session), view_of(&block));
    heddle_bytes_done(&block);
    return out->data ? HEDDLE_OK : base_fail_memory(err, "block");
}

static heddle_status join_one(cli_session *session, const cli_node *node,
                              const struct cli_channel_join *join, heddle_view block,
                              const char **out_result, heddle_error *err)
{
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(open_peer(session, node, &peer, err));
    cli_progress(session, "%s joins", node->name);
    heddle_status status = join->snapshot
                               ? heddle_peer_join_snapshot(peer, join->snapshot, &options, err)
                               : heddle_peer_join(peer, block, &options, err);
    *out_result = join->snapshot ? "joining" : "joined";
    if (status == HEDDLE_E_EXISTS) {
        *out_result = "had joined already";
        return HEDDLE_OK;
    }
    if (status == HEDDLE_OK)
        cli_step(session, "%s %s", node->name, *out_result);
    return status;
}

heddle_status cli_channel_join(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_join *join = values;
    const cli_node *nodes;
    size_t count;
    heddle_view block = {0};
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    if (join->block && join->snapshot)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--block and --snapshot exclude each other");
    BASE_TRY(cli_peers_chosen(session, &join->peers, &nodes, &count, err));
    if (!join->snapshot)
        BASE_TRY(read_block(session, join, &block, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++) {
        const char *result = "";
        BASE_TRY(join_one(session, &nodes[i], join, block, &result, err));
        cli_begin_object(&doc, NULL);
        cli_put_text(&doc, "peer", nodes[i].name);
        cli_put_text(&doc, "result", result);
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    return cli_print(session, &doc, "peer result", err);
}

/* Snapshots. */

/* The peer that was named, or the first one of the organisation that acts. */
static heddle_status open_named(cli_session *session, const char *name, heddle_peer **out,
                                heddle_error *err)
{
    const cli_node *node;
    size_t count;
    if (name)
        BASE_TRY(cli_peer_find(session, name, &node, err));
    else
        BASE_TRY(cli_peers(session, NULL, &node, &count, err));
    return open_peer(session, node, out, err);
}

heddle_status cli_channel_snapshot_request(cli_session *session, const void *values,
                                           heddle_error *err)
{
    const struct cli_channel_snapshot *snapshot = values;
    const char *channel;
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(open_named(session, snapshot->peer, &peer, err));
    BASE_TRY(heddle_snapshot_request(peer, channel, snapshot->number, &options, err));
    cli_note(session, "%s makes a snapshot of %s", heddle_peer_address(peer), channel);
    return HEDDLE_OK;
}

heddle_status cli_channel_snapshot_cancel(cli_session *session, const void *values,
                                          heddle_error *err)
{
    const struct cli_channel_snapshot *snapshot = values;
    const char *channel;
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    heddle_call_options options = cli_call_options(session);
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(open_named(session, snapshot->peer, &peer, err));
    BASE_TRY(heddle_snapshot_cancel(peer, channel, snapshot->number, &options, err));
    cli_note(session, "%s makes no snapshot at block %llu", heddle_peer_address(peer),
             (unsigned long long)snapshot->number);
    return HEDDLE_OK;
}

heddle_status cli_channel_snapshot_list(cli_session *session, const void *values, heddle_error *err)
{
    const struct cli_channel_snapshot *snapshot = values;
    const char *channel;
    uint64_t *numbers = NULL;
    size_t count = 0;
    base_auto(heddle_peer) heddle_peer *peer = NULL;
    heddle_call_options options = cli_call_options(session);
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(open_named(session, snapshot->peer, &peer, err));
    BASE_TRY(heddle_snapshot_pending(peer, channel, &options, &numbers, &count, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < count; i++) {
        cli_begin_object(&doc, NULL);
        cli_put_number(&doc, "block", numbers[i]);
        cli_put_text(&doc, "peer", heddle_peer_address(peer));
        cli_end_object(&doc);
    }
    cli_end_list(&doc);
    heddle_numbers_free(numbers);
    return cli_print(session, &doc, "block peer", err);
}
