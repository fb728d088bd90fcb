/*
 * What a gateway handle stands on: something that answers the methods of gateway.Gateway.
 *
 * A backend is one gateway address or several (client/addresses.h), or a path that does
 * without a gateway. Everything above asks only through this header.
 *
 * Vocabulary: an ask is one unary call as its caller sees it, whatever attempts it takes; a
 * flight is an ask under way; a stream is one server-streaming call, on one node.
 *
 * The rules of callbacks are those of the library: exactly once, on a reactor, never inside
 * the function that starts or cancels, never under a lock of the backend. The functions of a
 * backend may be called by any thread, also under a lock of the caller.
 */
#ifndef CLIENT_BACKEND_H
#define CLIENT_BACKEND_H

#include "heddle/gateway.h"
#include "rpc/call.h"

typedef struct client_backend client_backend;
typedef struct client_flight client_flight;
typedef struct client_stream client_stream;

/** Borrowed, with all it points to, until the answer's function has returned. */
typedef struct client_ask {
    heddle_stage stage;
    const char *method; /* WIRE_GATEWAY_… */
    const char *tx_id;  /* "" when there is none */
    rpc_bytes *request;
    rpc_reactor *reactor; /* where the answer's function runs; never NULL */
    uint64_t deadline_ms; /* of base_now_ms(); never 0 */
    const rpc_metadata *metadata;
    size_t metadata_count;
    struct heddle_selection *selection; /* NULL: none */
} client_ask;

/** Borrowed by the function that gets it. */
typedef struct client_answer {
    rpc_bytes *response; /* NULL on failure; ref to keep */
    heddle_error *err;   /* NULL on success; its message names the stage, grpc_code is set */
    heddle_view details; /* google.rpc.Status with gateway.ErrorDetail in it; or empty */
    bool in_doubt;       /* of a failed submit: an attempt before the last one may have had
                            its effect */
} client_answer;

typedef void client_answer_fn(const client_answer *answer, void *user);

/** Run on the stream's reactor, one at a time. */
typedef struct client_stream_events {
    /** The answer to one client_stream_read(). @p message is borrowed: ref to keep. */
    void (*on_message)(client_stream *stream, rpc_bytes *message, void *user);
    /** The last one. @p err as in client_answer; NULL: the other side ended it with OK. */
    void (*on_end)(client_stream *stream, heddle_error *err, void *user);
} client_stream_events;

/** Borrowed until client_stream_open() has returned. */
typedef struct client_stream_options {
    const char *method;
    heddle_view request; /* sent with the opening, and nothing after it */
    const char *avoid;   /* not on the node of this name if there is another; NULL: any */
    const rpc_metadata *metadata;
    size_t metadata_count;
} client_stream_options;

typedef struct client_backend_ops {
    /** On HEDDLE_OK *out is a flight with a reference, and @p fn will run; otherwise never. A
     *  failure needs status and message in @p err. */
    heddle_status (*start)(client_backend *backend, const client_ask *ask, client_answer_fn *fn,
                           void *user, client_flight **out, heddle_error *err);
    /** Any time, also after the answer, which says E_CANCELLED unless it was on its way. */
    void (*cancel)(client_flight *flight);
    void (*unref_flight)(client_flight *flight);

    /** On HEDDLE_OK *out is a reference, set before a callback can run. */
    heddle_status (*open)(client_backend *backend, const client_stream_options *options,
                          const client_stream_events *events, void *user, client_stream **out,
                          heddle_error *err);
    void (*read)(client_stream *stream);              /* one message; requests add up */
    void (*cancel_stream)(client_stream *stream);     /* any time; on_end follows */
    const char *(*node)(const client_stream *stream); /* its name; lives as the stream */
    void (*unref_stream)(client_stream *stream);

    /** No flight and no stream is left. Ends what goes on in the background, as rpc_shutdown()
     *  wants it; may wait. Not on a reactor. */
    void (*close)(client_backend *backend);
    /** The last reference to the gateway is gone; may be later than the threads' end. */
    void (*free)(client_backend *backend);

    /* What heddle_gateway_stats() and heddle_gateway_reload_tls() ask; may be NULL. */
    size_t (*node_count)(client_backend *backend);
    void (*node_stats)(client_backend *backend, size_t index, heddle_node_stats *out);
    heddle_status (*reload_tls)(client_backend *backend, const heddle_tls_material *tls,
                                heddle_error *err);
    /** SHA-256 of the certificate that connections present, which requests for blocks have to
     *  name; false: none. May be NULL. */
    bool (*tls_hash)(client_backend *backend, uint8_t out[32]);
} client_backend_ops;

/* Each of the three begins what a backend allocates for it. */
struct client_backend {
    const client_backend_ops *ops;
};
struct client_flight {
    const client_backend_ops *ops;
};
struct client_stream {
    const client_backend_ops *ops;
};

static inline void client_stream_read(client_stream *stream)
{
    stream->ops->read(stream);
}

static inline void client_stream_cancel(client_stream *stream)
{
    stream->ops->cancel_stream(stream);
}

static inline const char *client_stream_node(const client_stream *stream)
{
    return stream->ops->node(stream);
}

static inline void client_stream_unref(client_stream *stream) /* NULL is fine */
{
    if (stream)
        stream->ops->unref_stream(stream);
}

#endif
