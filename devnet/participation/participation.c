/* The life of the port. */
#include "devnet/participation/participation.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"

/* A body over MAX_BODY is answered as a Fabric orderer does, one over the server's limit is not
 * taken in. */
enum { SERVER_BODY = 8 * 1024 * 1024, MAX_PEM = 64 * 1024, MAX_ADDRESS = 300 };

struct dn_participation {
    dn_participation_options options;
    admin_http *server;
};

static void handle(void *user, const admin_request *request, admin_answer *answer)
{
    const dn_participation *participation = user;
    dn_participation_answer(&participation->options, request, answer);
}

static heddle_status open_server(dn_participation *p, heddle_view cert, heddle_view key,
                                 heddle_view roots, heddle_error *err)
{
    char address[MAX_ADDRESS];
    const char *host = p->options.listen_host;
    bool is_ipv6 = strchr(host, ':') != NULL;
    int len =
        snprintf(address, sizeof(address), is_ipv6 ? "[%s]:%u" : "%s:%u", host, p->options.port);
    if (len < 0 || (size_t)len >= sizeof(address))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the host name is too long");
    admin_http_tls tls = {.cert_pem = cert,
                          .key_pem = key,
                          .client_auth = ADMIN_CLIENT_REQUIRED,
                          .client_roots_pem = roots};
    admin_http_options wanted = {
        .address = address, .tls = &tls, .handle = handle, .user = p, .max_body = SERVER_BODY};
    return admin_http_open(&wanted, &p->server, err);
}

static heddle_status open_all(dn_participation *p, heddle_error *err)
{
    base_auto_buffer base_buffer cert = {0}, roots = {0};
    base_buffer key = {0};
    BASE_TRY(base_read_file(p->options.node->tls_cert, MAX_PEM, &cert, err));
    BASE_TRY(base_read_file(p->options.org->tls_ca_cert, MAX_PEM, &roots, err));
    heddle_status status = base_read_file(p->options.node->tls_key, MAX_PEM, &key, err);
    if (status == HEDDLE_OK)
        status = open_server(p, base_buffer_view(&cert), base_buffer_view(&key),
                             base_buffer_view(&roots), err);
    base_buffer_wipe(&key);
    return status;
}

heddle_status dn_participation_open(const dn_participation_options *options, dn_participation **out,
                                    heddle_error *err)
{
    dn_participation *p = base_calloc(1, sizeof(*p));
    if (!p)
        return base_fail_memory(err, "the admin port");
    p->options = *options;
    heddle_status status = open_all(p, err);
    if (status != HEDDLE_OK) {
        base_free(p);
        base_error_prefix(err, "%s, admin port", options->node->name);
        return status;
    }
    *out = p;
    return HEDDLE_OK;
}

uint16_t dn_participation_port(const dn_participation *participation)
{
    return (uint16_t)admin_http_port(participation->server);
}

void dn_participation_close(dn_participation *participation)
{
    if (!participation)
        return;
    admin_http_close(participation->server);
    base_free(participation);
}
