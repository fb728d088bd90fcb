#include "events/feed_query.h"

#include "base/fail.h"
#include "client/seek.h"
#include "wire/envelope.h"
#include "wire/gateway.h"
#include "wire/services.h"

enum { HEADER_DELIVER_SEEK_INFO = 5 };

const char *client_query_method(const client_query *query)
{
    if (query->from_gateway)
        return WIRE_GATEWAY_CHAINCODE_EVENTS;
    if (query->what == EVENTS_FEED_FILTERED)
        return WIRE_DELIVER_FILTERED;
    return query->what == EVENTS_FEED_PRIVATE ? WIRE_DELIVER_PRIVATE : WIRE_DELIVER_FULL;
}

static heddle_status gateway_message(const client_query *query, base_buffer *out, heddle_error *err)
{
    wire_events_request request = {
        .channel = heddle_view_str(query->channel),
        .chaincode = heddle_view_str(query->chaincode),
        .identity = query->creator,
        .start = {.number = query->start.number,
                  .has_number = query->start.place == WIRE_SEEK_NUMBER,
                  .has_next_commit = query->start.place == WIRE_SEEK_NEXT_COMMIT},
        .after_tx_id = heddle_view_str(query->after_tx)};
    return client_write(&wire_events_request_shape, &request, out, err);
}

static heddle_status deliver_message(const client_query *query, base_buffer *out, heddle_error *err)
{
    const wire_seek seek = {.start = query->start, .stop = query->stop};
    const client_seek_asker asker = {
        .channel = query->channel, .creator = query->creator, .tls_hash = query->tls_hash};
    return client_seek_message(&asker, &seek, out, err);
}

heddle_status client_query_message(const client_query *query, base_buffer *out, heddle_error *err)
{
    return query->from_gateway ? gateway_message(query, out, err)
                               : deliver_message(query, out, err);
}

heddle_status client_query_seal(const client_sealed *sealed, base_buffer *out, heddle_error *err)
{
    wire_signed_message content = client_sealed_view(sealed);
    return client_write(&wire_signed_message_shape, &content, out, err);
}

heddle_status client_query_write(client_query *query, const heddle_identity *identity,
                                 base_buffer *out, heddle_error *err)
{
    base_auto_buffer base_buffer message = {0};
    client_sealed sealed = {0};
    query->creator = client_identity_creator(identity);
    BASE_TRY(client_query_message(query, &message, err));
    sealed.message = base_buffer_view(&message);
    BASE_TRY(client_seal(&sealed, identity, err));
    return client_query_seal(&sealed, out, err);
}

static heddle_status text_of(base_arena *arena, heddle_view bytes, const char *what,
                             const char **out, heddle_error *err)
{
    if (memchr(bytes.len ? (const char *)bytes.data : "", 0, bytes.len))
        return base_fail(err, HEDDLE_E_DECODE, "the %s holds a NUL", what);
    *out = base_arena_str(arena, bytes);
    return *out ? HEDDLE_OK : base_arena_fail(arena, err, what);
}

static heddle_status read_gateway_message(heddle_view message, base_arena *arena, client_query *out,
                                          heddle_error *err)
{
    wire_events_request request = {0};
    BASE_TRY(wire_shape_read(&wire_events_request_shape, message, arena, &request, err));
    if (!request.channel.len || !request.chaincode.len || request.start.has_newest ||
        request.start.has_oldest)
        return base_fail(err, HEDDLE_E_DECODE, "not a request for chaincode events");
    BASE_TRY(text_of(arena, request.channel, "channel", &out->channel, err));
    BASE_TRY(text_of(arena, request.chaincode, "chaincode", &out->chaincode, err));
    BASE_TRY(text_of(arena, request.after_tx_id, "transaction id", &out->after_tx, err));
    out->creator = request.identity;
    out->start = (wire_seek_position){.place = WIRE_SEEK_NEXT_COMMIT};
    if (request.start.has_number)
        out->start = (wire_seek_position){WIRE_SEEK_NUMBER, request.start.number};
    return HEDDLE_OK;
}

static heddle_status read_deliver_message(heddle_view message, base_arena *arena, client_query *out,
                                          heddle_error *err)
{
    wire_header header = {0};
    wire_seek seek = {0};
    heddle_view data;
    BASE_TRY(wire_payload_read(message, &header, &data, err));
    if (header.type != HEADER_DELIVER_SEEK_INFO || !header.channel.len)
        return base_fail(err, HEDDLE_E_DECODE, "not a request for blocks");
    BASE_TRY(wire_seek_read(data, arena, &seek, err));
    if (seek.start.place == WIRE_SEEK_NONE || seek.stop.place == WIRE_SEEK_NONE)
        return base_fail(err, HEDDLE_E_DECODE, "a request for blocks without start or stop");
    BASE_TRY(text_of(arena, header.channel, "channel", &out->channel, err));
    out->creator = header.creator;
    out->tls_hash = header.tls_cert_hash;
    out->start = seek.start;
    out->stop = seek.stop;
    return HEDDLE_OK;
}

heddle_status client_query_read(heddle_view message, base_arena *arena, client_query *out,
                                heddle_error *err)
{
    return out->from_gateway ? read_gateway_message(message, arena, out, err)
                             : read_deliver_message(message, arena, out, err);
}
