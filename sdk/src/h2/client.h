/* A connection to a server of gRPC streams. */
#ifndef H2_CLIENT_H
#define H2_CLIENT_H

#include "crypto/tls.h"
#include "h2/stream.h"

typedef struct h2_client h2_client;

typedef struct h2_client_options {
    const char *address;     /* "host:port", "[::1]:port" */
    crypto_tls_context *tls; /* NULL: without TLS */
    const char *server_name; /* that the certificate must be for; NULL: the host of `address` */
    uint32_t max_message;    /* bytes; default H2_MAX_MESSAGE */
    uint32_t timeout_ms;     /* for connecting, TLS and greeting; default 10000. Resolving
                              a name counts too, but is not cut short */
    uint32_t keepalive_ms;   /* ping after this silence, at least 60000; 0: never */
    uint32_t keepalive_timeout_ms; /* and give up after this more; default 20000 */
} h2_client_options;

/**
 * Connect, and wait for the server's greeting (its SETTINGS, which it sends when it has accepted
 * the client's certificate). Blocks; not on the loop. E_UNAVAILABLE: nobody there, refused, or
 * no HTTP/2; E_TIMED_OUT; E_CRYPTO: TLS failed, with the reason of the side that ended it.
 */
HEDDLE_MUST_USE heddle_status h2_client_open(h2_loop *loop, const h2_client_options *options,
                                             h2_client **out, heddle_error *err);

/** Streams that are left end as CANCELLED. Waits for their on_end and for the connection's
 *  end; not on the loop. NULL is fine. */
void h2_client_close(h2_client *client);

typedef struct h2_header {
    const char *name; /* lower case */
    const char *value;
} h2_header;

typedef struct h2_client_stream_options {
    const char *path;          /* "/package.Service/Method" */
    const h2_header *metadata; /* beside what gRPC asks for */
    size_t metadata_count;
    size_t queue_limit; /* bytes that may wait to be sent; default H2_QUEUE_LIMIT */
} h2_client_stream_options;

/**
 * Open a stream. On HEDDLE_OK on_end will run once, whatever happens, and *out is a reference
 * that the caller gives back, set before an event can run. Otherwise no event, and *out is as
 * it was. @p events is borrowed for the life of the stream. Any thread.
 */
HEDDLE_MUST_USE heddle_status h2_client_stream(h2_client *client,
                                               const h2_client_stream_options *options,
                                               const h2_stream_events *events, void *user,
                                               h2_stream **out, heddle_error *err);

#endif
