/* A stream to a server, used from one thread with blocking calls. */
#ifndef SUPPORT_STREAM_CLIENT_H
#define SUPPORT_STREAM_CLIENT_H

#include "rpc/stream.h"

typedef struct stream_client stream_client;

typedef struct stream_client_options {
    const char *address;  /* "localhost:7050" */
    const char *tls_ca;   /* PEM file; NULL: no TLS */
    const char *tls_cert; /* the client's, PEM files; NULL: none */
    const char *tls_key;
    const char *method;
} stream_client_options;

/** Every function fails the test when something goes wrong or takes twenty seconds. */
stream_client *stream_client_open(const stream_client_options *options);
void stream_client_send(stream_client *client, heddle_view message);
void stream_client_half_close(stream_client *client);
/** The next message, yours to unref; NULL when the stream has ended. */
rpc_bytes *stream_client_next(stream_client *client);
/** The gRPC code it ended with; after next() gave NULL. */
int stream_client_code(stream_client *client);
void stream_client_close(stream_client *client);

#endif
