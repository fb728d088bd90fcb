/*
 * A server of gRPC streams on one loop.
 *
 * Bounds: connections, streams of a connection, the time a connection may take to say hello,
 * headers, messages, what waits to be sent, resets. Whoever goes beyond them is refused or cut.
 */
#ifndef H2_SERVER_H
#define H2_SERVER_H

#include "crypto/tls.h"
#include "h2/stream.h"

typedef struct h2_server h2_server;

/**
 * A stream begins. On the loop; @p stream is borrowed: ref to keep. Inside, call
 * h2_stream_listen() or h2_stream_finish().
 */
typedef void h2_handler_fn(h2_stream *stream, void *user);

typedef struct h2_method {
    const char *path; /* "/package.Service/Method" */
    h2_handler_fn *handler;
    void *user;
} h2_method;

typedef struct h2_server_options {
    const h2_method *methods; /* copied, with the paths; any other path is UNIMPLEMENTED */
    size_t method_count;
    uint32_t max_message;          /* bytes; default H2_MAX_MESSAGE */
    size_t queue_limit;            /* bytes that may wait on one stream; default H2_QUEUE_LIMIT */
    size_t max_unfinished;         /* bytes of messages that have come in part or that no read has
                                      taken, of all streams; default 1 GiB */
    uint32_t max_streams;          /* of one connection at a time; default 100 */
    uint32_t max_connections;      /* default 1000 */
    uint32_t handshake_timeout_ms; /* until TLS and HTTP/2 are agreed on; default 10000 */
    uint32_t keepalive_ms;         /* ping after this silence, at least 60000; 0: never */
    uint32_t keepalive_timeout_ms; /* and cut after this more; default 20000 */
} h2_server_options;

HEDDLE_MUST_USE heddle_status h2_server_new(h2_loop *loop, const h2_server_options *options,
                                            h2_server **out, heddle_error *err);

/**
 * Accept connections from now on; may be called for several addresses. "host:port",
 * "[::1]:port", or ":port" for every address of this machine. Port 0: any, and *out_port (may
 * be NULL) says which. @p tls (a reference is taken) NULL: without TLS. Blocks while a host name
 * is resolved.
 */
HEDDLE_MUST_USE heddle_status h2_server_listen(h2_server *server, const char *address,
                                               crypto_tls_context *tls, uint16_t *out_port,
                                               heddle_error *err);

/**
 * Accept no connection and no stream any more (GOAWAY), let streams end by themselves for
 * @p grace_ms, cut the rest; @p on_stopped (may be NULL) runs once, on the loop, after the last
 * on_end. Any thread; call it once.
 */
void h2_server_stop(h2_server *server, uint64_t grace_ms, h2_task_fn *on_stopped, void *user);

/** Stop and wait. Not on the loop. */
void h2_server_stop_blocking(h2_server *server, uint64_t grace_ms);

/** Of a server that never listened or has stopped (also inside on_stopped). NULL is fine. */
void h2_server_free(h2_server *server);

/** Streams that have begun and not ended. Any thread. */
size_t h2_server_stream_count(const h2_server *server);

#endif
