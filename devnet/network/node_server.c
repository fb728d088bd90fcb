#include "devnet/network/node_server.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"

enum { MAX_PEM = 64 * 1024, MAX_ADDRESS = 300 };

static heddle_status make_creds(const dn_node_server *options, rpc_server_creds **out,
                                heddle_error *err)
{
    base_auto_buffer base_buffer cert = {0};
    base_buffer key = {0};
    if (options->is_plain)
        return rpc_server_creds_insecure(out, err);
    BASE_TRY(base_read_file(options->node->tls_cert, MAX_PEM, &cert, err));
    heddle_status status = base_read_file(options->node->tls_key, MAX_PEM, &key, err);
    if (status == HEDDLE_OK) {
        bool mutual = options->client_roots_pem.len > 0;
        rpc_tls_server tls = {.cert_pem = base_buffer_view(&cert),
                              .key_pem = base_buffer_view(&key),
                              .client_roots_pem = options->client_roots_pem,
                              .client_auth =
                                  mutual ? RPC_CLIENT_AUTH_REQUIRE : RPC_CLIENT_AUTH_REQUEST};
        status = rpc_server_creds_tls(&tls, out, err);
    }
    base_buffer_wipe(&key);
    return status;
}

static heddle_status bind_port(const dn_node_server *options, rpc_server *server, uint16_t *out,
                               heddle_error *err)
{
    char address[MAX_ADDRESS];
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    bool is_ipv6 = strchr(options->listen_host, ':') != NULL;
    int len = snprintf(address, sizeof(address), is_ipv6 ? "[%s]:%u" : "%s:%u",
                       options->listen_host, options->port);
    if (len < 0 || (size_t)len >= sizeof(address))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the host name is too long");
    BASE_TRY(make_creds(options, &creds, err));
    return rpc_server_listen(server, address, creds, out, err);
}

heddle_status dn_node_server_open(const dn_node_server *options, rpc_server **out,
                                  uint16_t *out_port, heddle_error *err)
{
    rpc_server *server;
    uint16_t port;
    rpc_server_options wanted = {.methods = options->methods,
                                 .method_count = options->method_count,
                                 .queue_limit = options->queue_limit};
    BASE_TRY(rpc_server_new(&wanted, &server, err));
    heddle_status status = bind_port(options, server, &port, err);
    if (status != HEDDLE_OK) {
        rpc_server_free(server);
        base_error_prefix(err, "%s", options->node->name);
        return status;
    }
    *out = server;
    *out_port = port;
    return HEDDLE_OK;
}
