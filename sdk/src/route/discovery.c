#include "route/discovery.h"

#include "base/fail.h"
#include "wire/gateway.h"

heddle_status route_discovery_request(const route_identity *identity,
                                      const wire_discovery_request *what, rpc_bytes **out,
                                      heddle_error *err)
{
    wire_discovery_request request = *what;
    request.identity = route_identity_bytes(identity);
    request.tls_cert_hash = route_identity_tls_hash(identity);
    base_auto_buffer base_buffer payload = {0}, whole = {0};
    if (wire_discovery_request_write(&request, &payload) != HEDDLE_OK)
        return base_fail_memory(err, "discovery request");
    crypto_signature signature;
    BASE_TRY(route_identity_sign(identity, base_buffer_view(&payload), &signature, err));
    wire_signed_message message = {base_buffer_view(&payload), crypto_signature_view(&signature)};
    if (wire_shape_write(&wire_signed_message_shape, &message, &whole) != HEDDLE_OK)
        return base_fail_memory(err, "discovery request");
    rpc_bytes *bytes = rpc_bytes_copy(base_buffer_view(&whole));
    if (!bytes)
        return base_fail_memory(err, "discovery request");
    *out = bytes;
    return HEDDLE_OK;
}

heddle_status route_discovery_read(heddle_view response, size_t count, base_arena *arena,
                                   wire_discovery_response *out, heddle_error *err)
{
    wire_discovery_response read = {0};
    BASE_TRY(wire_shape_read(&wire_discovery_response_shape, response, arena, &read, err));
    if (read.result_count != count)
        return base_fail(err, HEDDLE_E_DECODE, "discovery: %zu answers to %zu queries",
                         read.result_count, count);
    for (size_t i = 0; i < count; i++)
        if (read.results[i].has_error)
            return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(read.results[i].error));
    *out = read;
    return HEDDLE_OK;
}
