#include "heddle/blocks.h"

#include "base/fail.h"
#include "events/feed_request.h"

/* A heddle_blocks is a feed of blocks, a heddle_blocks_request a request for one. */

static events_feed *feed_of(heddle_blocks *blocks)
{
    return (events_feed *)blocks;
}

static client_request *request_of(heddle_blocks_request *request)
{
    return (client_request *)request;
}

static const client_request *const_request_of(const heddle_blocks_request *request)
{
    return (const client_request *)request;
}

static bool is_kind(heddle_blocks_kind kind)
{
    return kind == HEDDLE_BLOCKS_FULL || kind == HEDDLE_BLOCKS_FILTERED ||
           kind == HEDDLE_BLOCKS_PRIVATE;
}

static heddle_status check(heddle_gateway *gateway, heddle_identity *identity, const char *channel,
                           heddle_blocks_kind kind, heddle_error *err)
{
    if (gateway && identity && channel && *channel && is_kind(kind))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "blocks: gateway, identity, channel and a kind of block are required");
}

static heddle_status open_feed(heddle_gateway *gateway, heddle_identity *identity,
                               const char *channel, heddle_blocks_kind kind,
                               const heddle_events_options *options, const events_feed_calls *calls,
                               heddle_blocks **out, heddle_error *err)
{
    events_feed_spec spec = {.what = (events_feed_what)kind, .channel = channel};
    BASE_TRY(check(gateway, identity, channel, kind, err));
    BASE_TRY(events_feed_options(options, &spec.options, err));
    return events_feed_open(gateway, identity, &spec, calls, (events_feed **)out, err);
}

heddle_status heddle_blocks_open(heddle_gateway *gateway, heddle_identity *identity,
                                 const char *channel, heddle_blocks_kind kind,
                                 const heddle_events_options *options, heddle_blocks **out,
                                 heddle_error *err)
{
    return open_feed(gateway, identity, channel, kind, options, NULL, out, err);
}

static heddle_status check_callback(heddle_block_fn *on_block, heddle_error *err)
{
    return on_block ? HEDDLE_OK
                    : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "blocks: there is no on_block");
}

heddle_status heddle_blocks_start(heddle_gateway *gateway, heddle_identity *identity,
                                  const char *channel, heddle_blocks_kind kind,
                                  const heddle_events_options *options, heddle_block_fn *on_block,
                                  heddle_events_end_fn *on_end, void *user, heddle_blocks **out,
                                  heddle_error *err)
{
    const events_feed_calls calls = {.on_block = on_block, .on_end = on_end, .user = user};
    BASE_TRY(check_callback(on_block, err));
    return open_feed(gateway, identity, channel, kind, options, &calls, out, err);
}

heddle_status heddle_blocks_next(heddle_blocks *blocks, uint32_t timeout_ms,
                                 heddle_block_event *out, heddle_error *err)
{
    client_item *item;
    size_t index;
    BASE_TRY(events_feed_take(feed_of(blocks), timeout_ms, &item, &index, err));
    *out = item->block;
    return HEDDLE_OK;
}

int heddle_blocks_fd(heddle_blocks *blocks)
{
    return events_feed_fd(feed_of(blocks));
}

heddle_status heddle_blocks_position(heddle_blocks *blocks, heddle_checkpoint *out,
                                     heddle_error *err)
{
    return events_feed_position(feed_of(blocks), out, err);
}

void heddle_blocks_cancel(heddle_blocks *blocks)
{
    events_feed_cancel(feed_of(blocks));
}

void heddle_blocks_close(heddle_blocks *blocks)
{
    events_feed_close(feed_of(blocks));
}

void heddle_blocks_pause(heddle_blocks *blocks)
{
    events_feed_hold(feed_of(blocks), true);
}

void heddle_blocks_resume(heddle_blocks *blocks)
{
    events_feed_hold(feed_of(blocks), false);
}

heddle_status heddle_blocks_request_new(heddle_gateway *gateway, heddle_identity *identity,
                                        const char *channel, heddle_blocks_kind kind,
                                        const heddle_events_options *options,
                                        heddle_blocks_request **out, heddle_error *err)
{
    BASE_TRY(check(gateway, identity, channel, kind, err));
    return client_request_new(gateway, identity, (events_feed_what)kind, channel, NULL, options,
                              (client_request **)out, err);
}

heddle_status heddle_blocks_request_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                               heddle_blocks_kind kind, heddle_view bytes,
                                               heddle_blocks_request **out, heddle_error *err)
{
    if (!gateway || !is_kind(kind))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "blocks: the gateway and a kind of block are required");
    return client_request_from_bytes(gateway, identity, (events_feed_what)kind, bytes,
                                     (client_request **)out, err);
}

void heddle_blocks_request_free(heddle_blocks_request *request)
{
    client_request_free(request_of(request));
}

heddle_status heddle_blocks_request_bytes(const heddle_blocks_request *request, heddle_bytes *out,
                                          heddle_error *err)
{
    return client_request_bytes(const_request_of(request), out, err);
}

heddle_status heddle_blocks_request_digest(const heddle_blocks_request *request,
                                           uint8_t out[HEDDLE_DIGEST_MAX], size_t *out_len,
                                           heddle_error *err)
{
    const client_request *made = const_request_of(request);
    return client_seal_digest(client_request_sealed(made), client_request_identity(made), out,
                              out_len, err);
}

heddle_view heddle_blocks_request_message(const heddle_blocks_request *request)
{
    return client_request_sealed(const_request_of(request))->message;
}

heddle_status heddle_blocks_request_set_signature(heddle_blocks_request *request,
                                                  heddle_view signature, heddle_error *err)
{
    return client_request_set_signature(request_of(request), signature, err);
}

heddle_status heddle_blocks_request_open(heddle_blocks_request *request,
                                         const heddle_events_options *options, heddle_blocks **out,
                                         heddle_error *err)
{
    return client_request_open(request_of(request), options, NULL, (events_feed **)out, err);
}

heddle_status heddle_blocks_request_start(heddle_blocks_request *request,
                                          const heddle_events_options *options,
                                          heddle_block_fn *on_block, heddle_events_end_fn *on_end,
                                          void *user, heddle_blocks **out, heddle_error *err)
{
    const events_feed_calls calls = {.on_block = on_block, .on_end = on_end, .user = user};
    BASE_TRY(check_callback(on_block, err));
    return client_request_open(request_of(request), options, &calls, (events_feed **)out, err);
}
