/*
 * Requests over HTTPS to one server, one after the other on a connection that is kept.
 *
 * Blocks; not on a reactor. A client belongs to one thread at a time.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>

#include "base/buffer.h"

/** Views and strings are copied, keys wiped at the end. */
typedef struct http_client_options {
    const char *url;           /* "https://host:port/base": what every path is put behind */
    heddle_view tls_roots_pem; /* required for https, unless … */
    bool skip_verification;    /* … this: anybody may answer */
    const char *name_override; /* the name in the server's certificate, if not the host */
    heddle_view client_cert_pem;
    heddle_view client_key_pem;
    bool use_proxy;              /* honour https_proxy and its kin */
    uint32_t connect_timeout_ms; /* 0: 5000 */
    uint32_t timeout_ms;         /* for a whole request; 0: 30000 */
    size_t max_answer;           /* bytes of a body; 0: 64 MiB */
} http_client_options;

typedef struct http_client http_client;

/** Does not touch the network. E_BAD_ARGUMENT names what is wrong with the URL or the PEM. */
HEDDLE_MUST_USE heddle_status http_client_new(const http_client_options *options, http_client **out,
                                              heddle_error *err);
void http_client_free(http_client *client); /* NULL is fine */

/** Host and port of the URL, for messages; lives as the client. */
const char *http_client_server(const http_client *client);

/** The path of the URL, which every request's path is put behind: "" or "/base"; lives as the
 *  client. */
const char *http_client_prefix(const http_client *client);

typedef struct http_request {
    const char *method; /* "GET", "POST", … */
    const char *path;   /* with its query, as it goes into the request line; begins with "/" */
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    bool has_body;
    heddle_view body;
} http_request;

typedef struct http_answer {
    long status;
    base_buffer body;
    int64_t date_s;              /* the server's clock, Unix time; 0: it does not say */
    int64_t certificate_until_s; /* when the server's certificate expires; 0: without TLS */
} http_answer;

void http_answer_done(http_answer *answer);

/**
 * Ask, and wait for the answer, whatever its status. E_UNAVAILABLE: no connection, or it was
 * lost; E_TIMED_OUT; E_BAD_IDENTITY: the server's certificate is not to be trusted, the message
 * says why; E_TOO_LARGE. HEDDLE_RETRY_SAFE if nothing of the request was sent. The error's message
 * names the server, never a header or a body.
 */
HEDDLE_MUST_USE heddle_status http_client_ask(http_client *client, const http_request *request,
                                              http_answer *out, heddle_error *err);

BASE_AUTO_DEFINE(http_client, http_client *, http_client_free)

#endif
