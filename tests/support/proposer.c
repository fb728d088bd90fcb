#include "support/proposer.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "orderer/ab.pb-c.h"
#include "peer/events.pb-c.h"
#include "rpc/call.h"
#include "support/stream_client.h"
#include "wire/codec.h"
#include "wire/seek.h"
#include "wire/services.h"

static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

proposed proposer_propose(const proposer_request *request, base_arena *arena)
{
    static unsigned counter;
    proposed p = {.signer = request->signer};
    heddle_view args[PROPOSER_ARGS + 1], bytes;
    crypto_signature signature;
    base_wall_time now = base_wall_now();
    char *nonce = base_arena_printf(arena, "nonce-%u-%lld-%lld", ++counter, (long long)now.seconds,
                                    (long long)now.nanos);
    if (request->nonce)
        nonce = base_arena_strdup(arena, request->nonce);
    const char *channel = request->channel ? request->channel : "mychannel";
    wire_proposal_draft draft = {.channel = heddle_view_str(channel),
                                 .is_init = request->is_init,
                                 .chaincode = heddle_view_str(request->chaincode),
                                 .creator = dn_signer_identity(request->signer),
                                 .nonce = heddle_view_str(nonce),
                                 .time = now,
                                 .args = args};
    for (; draft.arg_count < PROPOSER_ARGS && request->args[draft.arg_count]; draft.arg_count++)
        args[draft.arg_count] = heddle_view_str(request->args[draft.arg_count]);
    if (request->last.data)
        args[draft.arg_count++] = request->last;
    check(wire_proposal_write(&draft, arena, &bytes, p.tx_id, &err));
    check(dn_signer_sign(request->signer, &bytes, 1, &signature, &err));
    check(wire_signed_proposal_write(bytes, crypto_signature_view(&signature), arena,
                                     &p.signed_bytes, &err));
    check(wire_proposal_read(bytes, arena, &p.proposal, &err));
    return p;
}

rpc_channel *proposer_connect(const dn_endpoint *node)
{
    rpc_channel *channel = NULL;
    base_auto_buffer base_buffer roots = {0};
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    check(base_read_file(node->tls_ca, 0, &roots, &err));
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&roots)};
    rpc_channel_options options = {.target = node->address};
    check(rpc_client_creds_tls(&tls, &creds, &err));
    check(rpc_channel_open(&options, creds, &channel, &err));
    return channel;
}

wire_proposal_response proposer_endorse(rpc_channel *peer, const proposed *p, base_arena *arena)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    wire_proposal_response response;
    rpc_call_options options = {.method = WIRE_ENDORSER_PROCESS_PROPOSAL,
                                .deadline_ms = base_now_ms() + 20000,
                                .wait_for_ready = true};
    check(rpc_call_blocking(peer, &options, p->signed_bytes, &bytes, &err));
    heddle_view kept = base_arena_view(arena, rpc_bytes_view(bytes));
    check(wire_proposal_response_read(kept, &response, &err));
    return response;
}

static heddle_view sign(const dn_signer *signer, heddle_view payload, base_arena *arena)
{
    heddle_view envelope;
    crypto_signature signature;
    check(dn_signer_sign(signer, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    return envelope;
}

heddle_view proposer_assemble(const proposed *p, const wire_proposal_response *responses,
                              size_t count, base_arena *arena)
{
    heddle_view payload;
    check(wire_transaction_write(&p->proposal, responses, count, arena, &payload, &err));
    return sign(p->signer, payload, arena);
}

void proposer_order(const dn_endpoint *orderer, const heddle_view *envelopes, size_t count,
                    base_arena *arena)
{
    stream_client_options options = {
        .address = orderer->address, .tls_ca = orderer->tls_ca, .method = WIRE_ORDERER_BROADCAST};
    stream_client *client = stream_client_open(&options);
    for (size_t i = 0; i < count; i++)
        stream_client_send(client, envelopes[i]);
    for (size_t i = 0; i < count; i++) {
        Orderer__BroadcastResponse *response;
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response,
                          &err));
        ck_assert_int_eq((int)response->status, COMMON__STATUS__SUCCESS);
    }
    stream_client_close(client);
}

heddle_view proposer_seek_on(const char *channel, const dn_signer *signer, uint64_t first,
                             uint64_t last, base_arena *arena)
{
    heddle_view data, payload;
    wire_seek seek = {.start = {WIRE_SEEK_NUMBER, first}, .stop = {WIRE_SEEK_NUMBER, last}};
    wire_header header = {.type = COMMON__HEADER_TYPE__DELIVER_SEEK_INFO,
                          .time = base_wall_now(),
                          .channel = heddle_view_str(channel),
                          .creator = dn_signer_identity(signer),
                          .nonce = VIEW("nonce")};
    check(wire_seek_write(&seek, arena, &data, &err));
    check(wire_payload_write(&header, data, arena, &payload, &err));
    return sign(signer, payload, arena);
}

heddle_view proposer_seek(const dn_signer *signer, uint64_t first, uint64_t last, base_arena *arena)
{
    return proposer_seek_on("mychannel", signer, first, last, arena);
}

static const Protos__FilteredTransaction *find_tx(const Protos__FilteredBlock *block,
                                                  const char *tx_id)
{
    for (size_t i = 0; i < block->n_filtered_transactions; i++) {
        if (!strcmp(block->filtered_transactions[i]->txid, tx_id))
            return block->filtered_transactions[i];
    }
    return NULL;
}

int proposer_code_on(const char *channel, const dn_endpoint *peer, const dn_signer *signer,
                     const char *tx_id, base_arena *arena, uint64_t *out_block)
{
    stream_client_options options = {
        .address = peer->address, .tls_ca = peer->tls_ca, .method = WIRE_DELIVER_FILTERED};
    stream_client *client = stream_client_open(&options);
    const Protos__FilteredTransaction *tx = NULL;
    stream_client_send(client, proposer_seek_on(channel, signer, 0, UINT64_MAX, arena));
    while (!tx) {
        Protos__DeliverResponse *response;
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        check(wire_decode(protos__deliver_response, rpc_bytes_view(bytes), arena, &response, &err));
        ck_assert_int_eq((int)response->type_case, PROTOS__DELIVER_RESPONSE__TYPE_FILTERED_BLOCK);
        tx = find_tx(response->filtered_block, tx_id);
        *out_block = response->filtered_block->number;
    }
    stream_client_close(client);
    return (int)tx->tx_validation_code;
}

int proposer_code(const dn_endpoint *peer, const dn_signer *signer, const char *tx_id,
                  base_arena *arena, uint64_t *out_block)
{
    return proposer_code_on("mychannel", peer, signer, tx_id, arena, out_block);
}
