#include "heddle/events.h"

#include "base/fail.h"
#include "events/feed_request.h"

/* A heddle_events is a feed of events, a heddle_events_request a request for one. */

static events_feed *feed_of(heddle_events *events)
{
    return (events_feed *)events;
}

static client_request *request_of(heddle_events_request *request)
{
    return (client_request *)request;
}

static const client_request *const_request_of(const heddle_events_request *request)
{
    return (const client_request *)request;
}

static heddle_status check(heddle_gateway *gateway, heddle_identity *identity, const char *channel,
                           const char *chaincode, heddle_error *err)
{
    if (gateway && identity && channel && *channel && chaincode && *chaincode)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "events: gateway, identity, channel and chaincode are required");
}

static heddle_status open_feed(heddle_gateway *gateway, heddle_identity *identity,
                               const char *channel, const char *chaincode,
                               const heddle_events_options *options, const events_feed_calls *calls,
                               heddle_events **out, heddle_error *err)
{
    events_feed_spec spec = {
        .what = EVENTS_FEED_EVENTS, .channel = channel, .chaincode = chaincode};
    BASE_TRY(check(gateway, identity, channel, chaincode, err));
    BASE_TRY(events_feed_options(options, &spec.options, err));
    return events_feed_open(gateway, identity, &spec, calls, (events_feed **)out, err);
}

heddle_status heddle_events_open(heddle_gateway *gateway, heddle_identity *identity,
                                 const char *channel, const char *chaincode,
                                 const heddle_events_options *options, heddle_events **out,
                                 heddle_error *err)
{
    return open_feed(gateway, identity, channel, chaincode, options, NULL, out, err);
}

static heddle_status check_callback(heddle_event_fn *on_event, heddle_error *err)
{
    return on_event ? HEDDLE_OK
                    : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "events: there is no on_event");
}

heddle_status heddle_events_start(heddle_gateway *gateway, heddle_identity *identity,
                                  const char *channel, const char *chaincode,
                                  const heddle_events_options *options, heddle_event_fn *on_event,
                                  heddle_events_end_fn *on_end, void *user, heddle_events **out,
                                  heddle_error *err)
{
    const events_feed_calls calls = {.on_event = on_event, .on_end = on_end, .user = user};
    BASE_TRY(check_callback(on_event, err));
    return open_feed(gateway, identity, channel, chaincode, options, &calls, out, err);
}

heddle_status heddle_events_next(heddle_events *events, uint32_t timeout_ms, heddle_event *out,
                                 heddle_error *err)
{
    client_item *item;
    size_t index;
    BASE_TRY(events_feed_take(feed_of(events), timeout_ms, &item, &index, err));
    *out = item->events[index];
    return HEDDLE_OK;
}

int heddle_events_fd(heddle_events *events)
{
    return events_feed_fd(feed_of(events));
}

heddle_status heddle_events_position(heddle_events *events, heddle_checkpoint *out,
                                     heddle_error *err)
{
    return events_feed_position(feed_of(events), out, err);
}

void heddle_events_cancel(heddle_events *events)
{
    events_feed_cancel(feed_of(events));
}

void heddle_events_close(heddle_events *events)
{
    events_feed_close(feed_of(events));
}

void heddle_events_pause(heddle_events *events)
{
    events_feed_hold(feed_of(events), true);
}

void heddle_events_resume(heddle_events *events)
{
    events_feed_hold(feed_of(events), false);
}

heddle_status heddle_events_request_new(heddle_gateway *gateway, heddle_identity *identity,
                                        const char *channel, const char *chaincode,
                                        const heddle_events_options *options,
                                        heddle_events_request **out, heddle_error *err)
{
    BASE_TRY(check(gateway, identity, channel, chaincode, err));
    return client_request_new(gateway, identity, EVENTS_FEED_EVENTS, channel, chaincode, options,
                              (client_request **)out, err);
}

heddle_status heddle_events_request_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                               heddle_view bytes, heddle_events_request **out,
                                               heddle_error *err)
{
    if (!gateway)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "events: the gateway is required");
    return client_request_from_bytes(gateway, identity, EVENTS_FEED_EVENTS, bytes,
                                     (client_request **)out, err);
}

void heddle_events_request_free(heddle_events_request *request)
{
    client_request_free(request_of(request));
}

heddle_status heddle_events_request_bytes(const heddle_events_request *request, heddle_bytes *out,
                                          heddle_error *err)
{
    return client_request_bytes(const_request_of(request), out, err);
}

heddle_status heddle_events_request_digest(const heddle_events_request *request,
                                           uint8_t out[HEDDLE_DIGEST_MAX], size_t *out_len,
                                           heddle_error *err)
{
    const client_request *made = const_request_of(request);
    return client_seal_digest(client_request_sealed(made), client_request_identity(made), out,
                              out_len, err);
}

heddle_view heddle_events_request_message(const heddle_events_request *request)
{
    return client_request_sealed(const_request_of(request))->message;
}

heddle_status heddle_events_request_set_signature(heddle_events_request *request,
                                                  heddle_view signature, heddle_error *err)
{
    return client_request_set_signature(request_of(request), signature, err);
}

heddle_status heddle_events_request_open(heddle_events_request *request,
                                         const heddle_events_options *options, heddle_events **out,
                                         heddle_error *err)
{
    return client_request_open(request_of(request), options, NULL, (events_feed **)out, err);
}

heddle_status heddle_events_request_start(heddle_events_request *request,
                                          const heddle_events_options *options,
                                          heddle_event_fn *on_event, heddle_events_end_fn *on_end,
                                          void *user, heddle_events **out, heddle_error *err)
{
    const events_feed_calls calls = {.on_event = on_event, .on_end = on_end, .user = user};
    BASE_TRY(check_callback(on_event, err));
    return client_request_open(request_of(request), options, &calls, (events_feed **)out, err);
}
