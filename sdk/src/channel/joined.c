/* What a peer's cscc does for its administrators. */
#include "base/fail.h"
#include "channel/names.h"
#include "client/proposal.h"
#include "peer/peer.h"
#include "peer/query.pb-c.h"
#include "wire/codec.h"

enum { ARENA_MAX = 64 << 20 };

static heddle_view view_of(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

heddle_status channel_names_read(heddle_view payload, heddle_names **out, heddle_error *err)
{
    Protos__ChannelQueryResponse *answer;
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "channels");
    BASE_TRY(wire_decode(protos__channel_query_response, payload, arena, &answer, err));
    base_auto(heddle_names) heddle_names *names = channel_names_new(answer->n_channels);
    if (!names)
        return base_fail_memory(err, "channels");
    for (size_t i = 0; i < answer->n_channels; i++)
        if (!channel_names_add(names, answer->channels[i]->channel_id))
            return base_fail_memory(err, "channels");
    channel_names_sort(names);
    *out = base_steal(&names);
    return HEDDLE_OK;
}

heddle_status heddle_peer_channels(heddle_peer *peer, const heddle_call_options *options,
                                   heddle_names **out, heddle_error *err)
{
    heddle_question question = HEDDLE_QUESTION("cscc", "GetChannels");
    heddle_bytes payload = {0};
    BASE_TRY(heddle_peer_ask(peer, &question, options, &payload, NULL, err));
    heddle_status status = channel_names_read(view_of(&payload), out, err);
    heddle_bytes_done(&payload);
    if (status)
        peer_error_name(peer, err);
    return status;
}

/* A peer tells by its words alone that it has the channel. */
static heddle_status join(heddle_peer *peer, const char *function, heddle_view arg,
                          const heddle_call_options *options, heddle_error *err)
{
    heddle_error own;
    heddle_question question = HEDDLE_QUESTION("cscc", function);
    err = err ? err : &own;
    question.args = &arg;
    question.arg_count = 1;
    heddle_status status = heddle_peer_ask(peer, &question, options, NULL, NULL, err);
    if (status == HEDDLE_E_REFUSED && strstr(err->message, "already exists"))
        status = err->status = HEDDLE_E_EXISTS;
    return status;
}

heddle_status heddle_peer_join(heddle_peer *peer, heddle_view block,
                               const heddle_call_options *options, heddle_error *err)
{
    if (block.len == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: there is no block to join with",
                         heddle_peer_address(peer));
    return join(peer, "JoinChain", block, options, err);
}

heddle_status heddle_peer_join_snapshot(heddle_peer *peer, const char *dir,
                                        const heddle_call_options *options, heddle_error *err)
{
    if (!dir || !*dir)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: there is no folder to join from",
                         heddle_peer_address(peer));
    return join(peer, "JoinChainBySnapshot", heddle_view_str(dir), options, err);
}

static heddle_status read_join_status(heddle_view payload, heddle_bytes *out, heddle_error *err)
{
    Protos__JoinBySnapshotStatus *answer;
    base_auto_buffer base_buffer dir = {0};
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "status of joining");
    BASE_TRY(wire_decode(protos__join_by_snapshot_status, payload, arena, &answer, err));
    if (answer->in_progress && base_buffer_append_str(&dir, answer->bootstrapping_snapshot_dir))
        return base_fail_memory(err, "status of joining");
    return client_bytes_give(&dir, out, err);
}

heddle_status heddle_peer_snapshot_join_status(heddle_peer *peer,
                                               const heddle_call_options *options,
                                               heddle_bytes *out, heddle_error *err)
{
    heddle_question question = HEDDLE_QUESTION("cscc", "JoinBySnapshotStatus");
    heddle_bytes payload = {0};
    BASE_TRY(heddle_peer_ask(peer, &question, options, &payload, NULL, err));
    heddle_status status = read_join_status(view_of(&payload), out, err);
    heddle_bytes_done(&payload);
    if (status)
        peer_error_name(peer, err);
    return status;
}
