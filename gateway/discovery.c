#include "gateway/discovery.h"

#include "base/fail.h"

heddle_status gw_discovery_request(gw_gateway *gw, const gw_disc_request *what, rpc_bytes **out,
                                   heddle_error *err)
{
    gw_disc_request request = *what;
    request.identity = gw_identity_bytes(gw->identity);
    request.tls_cert_hash = gw_identity_tls_hash(gw->identity);
    base_auto_buffer base_buffer payload = {0}, whole = {0};
    if (gw_write_disc_request(&request, &payload) != HEDDLE_OK)
        return base_fail_memory(err, "discovery request");
    crypto_signature signature;
    BASE_TRY(gw_identity_sign(gw->identity, base_buffer_view(&payload), &signature, err));
    gw_signed message = {base_buffer_view(&payload), crypto_signature_view(&signature)};
    if (gw_write_signed(&message, &whole) != HEDDLE_OK)
        return base_fail_memory(err, "discovery request");
    rpc_bytes *bytes = rpc_bytes_copy(base_buffer_view(&whole));
    if (!bytes)
        return base_fail_memory(err, "discovery request");
    *out = bytes;
    return HEDDLE_OK;
}

heddle_status gw_discovery_read(heddle_view response, size_t count, base_arena *arena,
                                gw_disc_response *out, heddle_error *err)
{
    gw_disc_response read = {0};
    BASE_TRY(gw_read_disc_response(response, arena, &read, err));
    if (read.result_count != count)
        return base_fail(err, HEDDLE_E_DECODE, "discovery: %zu answers to %zu queries",
                         read.result_count, count);
    for (size_t i = 0; i < count; i++)
        if (read.results[i].has_error)
            return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(read.results[i].error));
    *out = read;
    return HEDDLE_OK;
}
