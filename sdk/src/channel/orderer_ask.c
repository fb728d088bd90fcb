/* What an orderer is asked: Deliver and Broadcast. */
#include "base/fail.h"
#include "base/text.h"
#include "channel/orderer.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "client/seek.h"
#include "wire/block.h"
#include "wire/deliver.h"
#include "wire/delivery.h"
#include "wire/envelope.h"
#include "wire/services.h"

enum { ARENA_MAX = 512 << 20 /* the frame of a block */ };

/* Deliver. */

static heddle_status delivery_refused(const channel_follow *follow, int status, heddle_error *err)
{
    switch (status) {
    case WIRE_DELIVER_SUCCESS:
        return base_fail(err, HEDDLE_E_NOT_FOUND, "%s: the blocks ended too early",
                         follow->channel);
    case WIRE_DELIVER_FORBIDDEN:
        return base_fail(err, HEDDLE_E_DENIED, "the identity may not read channel %s",
                         follow->channel);
    case WIRE_DELIVER_NOT_FOUND:
        return base_fail(err, HEDDLE_E_NOT_FOUND, "there is no such block or no channel %s",
                         follow->channel);
    case WIRE_DELIVER_UNAVAILABLE:
        return base_fail_retry(err, HEDDLE_E_UNAVAILABLE, HEDDLE_RETRY_SAFE,
                               "channel %s cannot be served now", follow->channel);
    default:
        return base_fail(err, HEDDLE_E_REFUSED, "blocks of %s: status %d", follow->channel, status);
    }
}

static heddle_status take_delivery(rpc_bytes *answer, bool *done, void *user, heddle_error *err)
{
    const channel_follow *follow = user;
    wire_delivery delivery = {0};
    BASE_TRY(wire_shape_read(&wire_delivery_shape, rpc_bytes_view(answer), NULL, &delivery, err));
    if (delivery.status)
        return delivery_refused(follow, delivery.status, err);
    return follow->fn(delivery.block, done, follow->user, err);
}

static heddle_status seek_request(heddle_orderer *orderer, const channel_follow *follow,
                                  base_arena *arena, heddle_view *out, heddle_error *err)
{
    crypto_signature signature;
    base_auto_buffer base_buffer message = {0};
    base_auto(heddle_identity) heddle_identity *who = client_identity_hold(orderer->identity);
    client_seek_asker asker = {
        .channel = follow->channel,
        .creator = client_identity_creator(who),
        .tls_hash = heddle_view_of(orderer->tls_hash,
                                   orderer->cert_pem.len ? sizeof(orderer->tls_hash) : 0)};
    BASE_TRY(client_seek_message(&asker, &follow->seek, &message, err));
    BASE_TRY(client_identity_sign(who, base_buffer_view(&message), &signature, err));
    return wire_envelope_write(base_buffer_view(&message), crypto_signature_view(&signature), arena,
                               out, err);
}

heddle_status channel_orderer_follow(heddle_orderer *orderer, const channel_follow *follow,
                                     heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    channel_exchange exchange = {.method = WIRE_ORDERER_DELIVER,
                                 .timeout_ms = follow->timeout_ms,
                                 .take = take_delivery,
                                 .user = (void *)(uintptr_t)follow};
    if (!follow->channel || !*follow->channel)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "orderer: no channel is named");
    if (!arena)
        return base_fail_memory(err, "request for blocks");
    BASE_TRY(seek_request(orderer, follow, arena, &exchange.request, err));
    return channel_orderer_exchange(orderer, &exchange, err);
}

static heddle_status keep_block(heddle_view block, bool *done, void *user, heddle_error *err)
{
    *done = true;
    return base_buffer_append(user, block) ? base_fail_memory(err, "block") : HEDDLE_OK;
}

static heddle_status fetch(heddle_orderer *orderer, const char *channel, uint64_t which,
                           uint32_t timeout_ms, base_buffer *out, heddle_error *err)
{
    wire_seek_position at = {.place = WIRE_SEEK_NUMBER, .number = which};
    if (which == HEDDLE_BLOCK_NEWEST)
        at.place = WIRE_SEEK_NEWEST;
    channel_follow follow = {.channel = channel,
                             .seek = {.start = at, .stop = at, .fail_if_not_ready = true},
                             .timeout_ms = timeout_ms,
                             .fn = keep_block,
                             .user = out};
    return channel_orderer_follow(orderer, &follow, err);
}

static heddle_status read_newest(const heddle_orderer *orderer, heddle_view newest,
                                 uint64_t *out_number, uint64_t *out_config, heddle_error *err)
{
    wire_block block;
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "block");
    BASE_TRY(wire_block_read(newest, arena, &block, err));
    if (!block.has_last_config && block.number)
        return base_fail(err, HEDDLE_E_DECODE,
                         "orderer %s: block %llu does not tell the last configuration block",
                         orderer->address, (unsigned long long)block.number);
    *out_number = block.number;
    *out_config = block.last_config;
    return HEDDLE_OK;
}

heddle_status channel_orderer_config(heddle_orderer *orderer, const char *channel,
                                     uint32_t timeout_ms, base_buffer *out, uint64_t *out_newest,
                                     heddle_error *err)
{
    base_auto_buffer base_buffer newest = {0};
    uint64_t number = 0, config = 0;
    BASE_TRY(fetch(orderer, channel, HEDDLE_BLOCK_NEWEST, timeout_ms, &newest, err));
    BASE_TRY(read_newest(orderer, base_buffer_view(&newest), &number, &config, err));
    BASE_TRY(fetch(orderer, channel, config, timeout_ms, out, err));
    *out_newest = number;
    return HEDDLE_OK;
}

heddle_status heddle_orderer_block(heddle_orderer *orderer, const char *channel, uint64_t which,
                                   uint32_t timeout_ms, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    uint64_t newest;
    BASE_TRY(which == HEDDLE_BLOCK_CONFIG
                 ? channel_orderer_config(orderer, channel, timeout_ms, &bytes, &newest, err)
                 : fetch(orderer, channel, which, timeout_ms, &bytes, err));
    return client_bytes_give(&bytes, out, err);
}

/* Broadcast. */

static heddle_status take_verdict(rpc_bytes *answer, bool *done, void *user, heddle_error *err)
{
    wire_broadcast_response response = {0};
    (void)user;
    *done = true;
    BASE_TRY(wire_shape_read(&wire_broadcast_response_shape, rpc_bytes_view(answer), NULL,
                             &response, err));
    heddle_view info =
        response.info.len && base_is_utf8(response.info) ? response.info : VIEW("no reason given");
    switch (response.status) {
    case WIRE_DELIVER_SUCCESS:
        return HEDDLE_OK;
    case WIRE_DELIVER_FORBIDDEN:
        return base_fail(err, HEDDLE_E_DENIED, "%.*s", BASE_VIEW_ARG(info));
    case WIRE_DELIVER_NOT_FOUND:
        return base_fail(err, HEDDLE_E_NOT_FOUND, "%.*s", BASE_VIEW_ARG(info));
    case WIRE_DELIVER_UNAVAILABLE:
        return base_fail_retry(err, HEDDLE_E_UNAVAILABLE, HEDDLE_RETRY_SAFE, "%.*s",
                               BASE_VIEW_ARG(info));
    default:
        return base_fail(err, HEDDLE_E_REFUSED, "%.*s (status %d)", BASE_VIEW_ARG(info),
                         (int)response.status);
    }
}

heddle_status heddle_orderer_broadcast(heddle_orderer *orderer, heddle_view envelope,
                                       uint32_t timeout_ms, heddle_error *err)
{
    channel_exchange exchange = {.method = WIRE_ORDERER_BROADCAST,
                                 .request = envelope,
                                 .timeout_ms = timeout_ms,
                                 .take = take_verdict};
    return channel_orderer_exchange(orderer, &exchange, err);
}
