/* The service protos.Snapshot of a peer. */
#include "base/fail.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "client/steps.h"
#include "crypto/digest.h"
#include "heddle/channel.h"
#include "peer/peer.h"
#include "peer/snapshot.pb-c.h"
#include "wire/codec.h"
#include "wire/services.h"
#include "wire/txid.h"

enum { ARENA_MAX = 16 << 20 };

static heddle_status sign(const heddle_identity *identity, const ProtobufCMessage *message,
                          base_arena *arena, base_buffer *out, heddle_error *err)
{
    heddle_view request;
    crypto_signature signature;
    Protos__SignedSnapshotRequest whole = PROTOS__SIGNED_SNAPSHOT_REQUEST__INIT;
    BASE_TRY(wire_encode_arena(message, arena, &request, err));
    BASE_TRY(client_identity_sign(identity, request, &signature, err));
    whole.request = wire_bytes(request);
    whole.signature = wire_bytes(crypto_signature_view(&signature));
    return wire_encode(&whole.base, out, err);
}

/* What is asked: a query, or a request for block @p number. */
struct wish {
    const char *method;
    const char *channel;
    bool is_query;
    uint64_t number;
};

static heddle_status write_request(const heddle_peer *peer, const struct wish *wish,
                                   base_buffer *out, heddle_error *err)
{
    uint8_t nonce[WIRE_NONCE_LEN];
    heddle_identity *chosen;
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    Protos__SnapshotRequest request = PROTOS__SNAPSHOT_REQUEST__INIT;
    Protos__SnapshotQuery query = PROTOS__SNAPSHOT_QUERY__INIT;
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    BASE_TRY(peer_choose_identity(peer, NULL, &chosen, err));
    base_auto(heddle_identity) heddle_identity *identity = client_identity_hold(chosen);
    if (!arena || crypto_nonce(nonce, sizeof(nonce)))
        return base_fail_memory(err, "request for a snapshot");
    header.creator = wire_bytes(client_identity_creator(identity));
    header.nonce = wire_bytes(heddle_view_of(nonce, sizeof(nonce)));
    request.signature_header = query.signature_header = &header;
    request.channel_id = query.channel_id = wire_text(wish->channel);
    request.block_number = wish->number;
    return sign(identity, wish->is_query ? &query.base : &request.base, arena, out, err);
}

static void keep_response(rpc_bytes *response, heddle_error *err, void *user)
{
    client_wait *wait = user;
    rpc_bytes **out = wait->out;
    if (!err)
        *out = rpc_bytes_ref(response);
    client_wait_end(wait, err);
}

/* The service ends what it refuses with a code that says nothing. */
static heddle_status judge(heddle_error *err)
{
    if (err->status != HEDDLE_E_RPC && err->grpc_code != RPC_UNKNOWN)
        return err->status;
    err->status = HEDDLE_E_REFUSED;
    if (strstr(err->message, "duplicate snapshot request") ||
        strstr(err->message, "snapshot already generated"))
        err->status = HEDDLE_E_EXISTS;
    else if (strstr(err->message, "no snapshot request exists") ||
             strstr(err->message, "cannot find ledger"))
        err->status = HEDDLE_E_NOT_FOUND;
    else if (strstr(err->message, "access denied"))
        err->status = HEDDLE_E_DENIED;
    return err->status;
}

static heddle_status ask(heddle_peer *peer, const struct wish *wish,
                         const heddle_call_options *options, rpc_bytes **out, heddle_error *err)
{
    heddle_error own;
    client_wait wait;
    base_auto_buffer base_buffer request = {0};
    err = err ? err : &own;
    if (!wish->channel || !*wish->channel)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s: no channel is named",
                         heddle_peer_address(peer));
    BASE_TRY(client_check_may_wait(err));
    BASE_TRY(write_request(peer, wish, &request, err));
    client_wait_init(&wait, out, err);
    peer_call call = {
        .method = wish->method, .options = options, .fn = keep_response, .user = &wait};
    heddle_status status =
        client_wait_join(&wait, peer_call_start(peer, &call, &request, NULL, err));
    return status ? judge(err) : HEDDLE_OK;
}

static heddle_status tell(heddle_peer *peer, const struct wish *wish,
                          const heddle_call_options *options, heddle_error *err)
{
    rpc_bytes *nothing = NULL;
    BASE_TRY(ask(peer, wish, options, &nothing, err));
    rpc_bytes_unref(nothing);
    return HEDDLE_OK;
}

heddle_status heddle_snapshot_request(heddle_peer *peer, const char *channel, uint64_t number,
                                      const heddle_call_options *options, heddle_error *err)
{
    struct wish wish = {.method = WIRE_SNAPSHOT_GENERATE, .channel = channel, .number = number};
    return tell(peer, &wish, options, err);
}

heddle_status heddle_snapshot_cancel(heddle_peer *peer, const char *channel, uint64_t number,
                                     const heddle_call_options *options, heddle_error *err)
{
    struct wish wish = {.method = WIRE_SNAPSHOT_CANCEL, .channel = channel, .number = number};
    return tell(peer, &wish, options, err);
}

static heddle_status read_pending(rpc_bytes *response, uint64_t **out, size_t *out_count,
                                  heddle_error *err)
{
    Protos__QueryPendingSnapshotsResponse *answer;
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "snapshots");
    BASE_TRY(wire_decode(protos__query_pending_snapshots_response, rpc_bytes_view(response), arena,
                         &answer, err));
    uint64_t *numbers = base_calloc(answer->n_block_numbers + 1, sizeof(*numbers));
    if (!numbers)
        return base_fail_memory(err, "snapshots");
    for (size_t i = 0; i < answer->n_block_numbers; i++)
        numbers[i] = answer->block_numbers[i];
    *out = numbers;
    *out_count = answer->n_block_numbers;
    return HEDDLE_OK;
}

heddle_status heddle_snapshot_pending(heddle_peer *peer, const char *channel,
                                      const heddle_call_options *options, uint64_t **out,
                                      size_t *out_count, heddle_error *err)
{
    struct wish wish = {
        .method = WIRE_SNAPSHOT_QUERY_PENDING, .channel = channel, .is_query = true};
    base_auto(rpc_bytes) rpc_bytes *response = NULL;
    BASE_TRY(ask(peer, &wish, options, &response, err));
    heddle_status status = read_pending(response, out, out_count, err);
    if (status)
        peer_error_name(peer, err);
    return status;
}

void heddle_numbers_free(uint64_t *numbers)
{
    base_free(numbers);
}
