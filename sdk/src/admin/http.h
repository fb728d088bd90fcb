/*
 * A small HTTP or HTTPS server: one address, one function that answers every request.
 *
 * What comes from the network is bounded: connections, sizes, and the time that a connection may
 * be silent. Bodies arrive whole.
 */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include <stdbool.h>

#include "base/buffer.h"

typedef struct admin_http admin_http;

/** One request, borrowed for the time of the handler. */
typedef struct admin_request {
    const char *method; /* "GET" */
    const char *target; /* as in the request line: path and query, nothing decoded */
    const char *path;   /* decoded, without the query */
    heddle_view body;
    heddle_view client_cert_der; /* of a client that was verified; empty without one */
} admin_request;

/** The first header of that name in any case, or NULL; lives as the request. */
const char *admin_request_header(const admin_request *request, const char *name);
/** The first such key of the query, decoded ("" of a bare one), or NULL; lives as the request. */
const char *admin_request_query(const admin_request *request, const char *name);

/** To be filled by the handler. */
typedef struct admin_answer {
    unsigned status;          /* 200, unless changed */
    const char *content_type; /* "text/plain", unless changed; NULL: without; not copied */
    base_buffer body;
    base_buffer headers; /* by admin_answer_header() */
} admin_answer;

/** One more header; name and value are copied. E_BAD_ARGUMENT if one has a line break. */
HEDDLE_MUST_USE heddle_status admin_answer_header(admin_answer *answer, const char *name,
                                                  const char *value);

/** On a thread of the server. It may block, which keeps other requests of this thread waiting. */
typedef void admin_handler_fn(void *user, const admin_request *request, admin_answer *answer);

typedef enum admin_client_auth {
    ADMIN_CLIENT_NONE,
    ADMIN_CLIENT_OPTIONAL, /* one that is shown must be good */
    ADMIN_CLIENT_REQUIRED  /* no connection without */
} admin_client_auth;

typedef struct admin_http_tls {
    heddle_view cert_pem; /* its own first, then those between it and the root */
    heddle_view key_pem;
    admin_client_auth client_auth;
    heddle_view client_roots_pem; /* whose clients are let in */
} admin_http_tls;

/** Zero fields take their defaults. Everything is copied; the key is wiped at the end. */
typedef struct admin_http_options {
    const char *address;       /* host:port, port 0: any; "[::1]:9090" for IPv6 */
    const admin_http_tls *tls; /* NULL: plain HTTP */
    admin_handler_fn *handle;
    void *user;
    size_t max_body;          /* bytes; 0: 1 MiB; more is refused with 413 */
    unsigned max_connections; /* 0: 64 */
    unsigned idle_timeout_s;  /* 0: 30 */
    unsigned threads;         /* that call the handler; 0: 1 */
} admin_http_options;

/** Serves from here on. E_CONFIG: the address or the PEM texts; E_IO: the port is taken. */
HEDDLE_MUST_USE heddle_status admin_http_open(const admin_http_options *options, admin_http **out,
                                              heddle_error *err);
/** Waits for handlers at work. NULL is fine. */
void admin_http_close(admin_http *server);

/** The port in use. */
unsigned admin_http_port(const admin_http *server);

BASE_AUTO_DEFINE(admin_http, admin_http *, admin_http_close)

#endif
