#include "events/feed_request.h"

#include "base/fail.h"

enum { REQUEST_MAX = 4 << 20 };

struct client_request {
    client_binding binding;
    base_arena *arena;   /* holds the texts of `query` */
    base_buffer message; /* what is signed */
    client_sealed sealed;
    client_query query;
};

void client_request_free(client_request *request)
{
    if (!request)
        return;
    client_binding_done(&request->binding);
    base_buffer_done(&request->message);
    base_arena_free(request->arena);
    base_free(request);
}

static heddle_status request_alloc(heddle_gateway *gateway, heddle_identity *identity,
                                   events_feed_what what, client_request **out, heddle_error *err)
{
    client_request *request = base_calloc(1, sizeof(*request));
    if (!request)
        return base_fail_memory(err, "request");
    client_binding_init(&request->binding, gateway, identity);
    request->query.what = what;
    request->query.from_gateway = what == EVENTS_FEED_EVENTS;
    request->arena = base_arena_new(REQUEST_MAX);
    if (!request->arena) {
        client_request_free(request);
        return base_fail_memory(err, "request");
    }
    *out = request;
    return HEDDLE_OK;
}

/* The request is read from its own bytes in each case, so that both ways to one give the same. */
static heddle_status take_message(client_request *request, heddle_error *err)
{
    request->sealed.message = base_buffer_view(&request->message);
    return client_query_read(request->sealed.message, request->arena, &request->query, err);
}

static heddle_status check_start(const client_query *query, heddle_error *err)
{
    if (query->from_gateway && query->start.place == WIRE_SEEK_NEWEST)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "events: a request to be signed elsewhere names its first block, or none");
    return HEDDLE_OK;
}

static heddle_status fill(client_request *request, const char *channel, const char *chaincode,
                          const heddle_events_options *given, heddle_error *err)
{
    heddle_events_options options;
    char after[65];
    uint8_t tls_hash[32];
    client_query query = {.what = request->query.what,
                          .from_gateway = request->query.from_gateway,
                          .channel = channel,
                          .chaincode = chaincode,
                          .creator = client_identity_creator(request->binding.identity),
                          .after_tx = after};
    BASE_TRY(events_feed_options(given, &options, err));
    BASE_TRY(events_feed_start(&options, &query.start, after, err));
    BASE_TRY(check_start(&query, err));
    if (options.has_stop)
        query.stop = (wire_seek_position){WIRE_SEEK_NUMBER, options.stop_block};
    if (client_gateway_tls_hash(request->binding.gateway, tls_hash))
        query.tls_hash = heddle_view_of(tls_hash, sizeof(tls_hash));
    return client_query_message(&query, &request->message, err);
}

heddle_status client_request_new(heddle_gateway *gateway, heddle_identity *identity,
                                 events_feed_what what, const char *channel, const char *chaincode,
                                 const heddle_events_options *options, client_request **out,
                                 heddle_error *err)
{
    base_auto(client_request) client_request *request = NULL;
    if (what == EVENTS_FEED_EVENTS && options && options->has_stop)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "events: a request to be signed elsewhere cannot have a stop block");
    BASE_TRY(request_alloc(gateway, identity, what, &request, err));
    BASE_TRY(fill(request, channel, chaincode, options, err));
    BASE_TRY(take_message(request, err));
    *out = base_steal(&request);
    return HEDDLE_OK;
}

static heddle_status take_signed(client_request *request, heddle_view bytes, heddle_error *err)
{
    wire_signed_message content = {0};
    BASE_TRY(wire_shape_read(&wire_signed_message_shape, bytes, NULL, &content, err));
    if (base_buffer_append(&request->message, content.bytes))
        return base_fail_memory(err, "request");
    client_seal_keep(&request->sealed, content.signature);
    return take_message(request, err);
}

heddle_status client_request_from_bytes(heddle_gateway *gateway, heddle_identity *identity,
                                        events_feed_what what, heddle_view bytes,
                                        client_request **out, heddle_error *err)
{
    base_auto(client_request) client_request *request = NULL;
    BASE_TRY(request_alloc(gateway, identity, what, &request, err));
    heddle_status status = take_signed(request, bytes, err);
    if (status) {
        base_error_prefix(err, "bytes of a request for events");
        return status;
    }
    *out = base_steal(&request);
    return HEDDLE_OK;
}

heddle_status client_request_bytes(const client_request *request, heddle_bytes *out,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer buf = {0};
    BASE_TRY(client_query_seal(&request->sealed, &buf, err));
    return client_bytes_give(&buf, out, err);
}

const client_sealed *client_request_sealed(const client_request *request)
{
    return &request->sealed;
}

const heddle_identity *client_request_identity(const client_request *request)
{
    return request->binding.identity;
}

heddle_status client_request_set_signature(client_request *request, heddle_view signature,
                                           heddle_error *err)
{
    return client_seal_set(&request->sealed, request->query.creator, signature, err);
}

heddle_status client_request_open(client_request *request, const heddle_events_options *given,
                                  const events_feed_calls *calls, events_feed **out,
                                  heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    events_feed_spec spec = {.what = request->query.what,
                             .channel = request->query.channel,
                             .chaincode = request->query.chaincode,
                             .sealed_start = request->query.start,
                             .sealed_stop = request->query.stop,
                             .sealed_after = request->query.after_tx};
    BASE_TRY(events_feed_options(given, &spec.options, err));
    spec.options.has_stop = false;
    spec.options.checkpointer = NULL;
    BASE_TRY(client_seal(&request->sealed, request->binding.identity, err));
    BASE_TRY(client_query_seal(&request->sealed, &bytes, err));
    spec.sealed = base_buffer_view(&bytes);
    return events_feed_open(request->binding.gateway, request->binding.identity, &spec, calls, out,
                            err);
}
