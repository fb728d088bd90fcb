/*
 * The client's backend without a gateway: the methods of gateway.Gateway run in this process,
 * on a route engine; block streams go to peers.
 */
#ifndef DIRECT_BACKEND_H
#define DIRECT_BACKEND_H

#include <pthread.h>

#include "client/backend.h"
#include "direct/node.h"
#include "route/engine.h"
#include "route/wish.h"

typedef struct direct_backend {
    client_backend base;
    heddle_identity *identity;
    pthread_mutex_t lock;     /* guards the next two */
    heddle_identity *acting;  /* what the identity was when … */
    route_identity *as_route; /* … this was made of it, with the TLS pair */
    direct_nodes nodes;       /* what conf.nodes leads into */
    route_node *fixed;
    char *home_peer;
    route_conf conf;
    route_engine *engine; /* till the close */
    route_wish wish;      /* of calls that have none of their own */
} direct_backend;

static inline direct_backend *direct_backend_of(client_backend *backend)
{
    return base_container_of(backend, direct_backend, base);
}

/** Who the network is at this time; yours to unref. */
route_identity *direct_identity(direct_backend *b);

/** An identity that was replaced is that of the engine too from now on. */
HEDDLE_MUST_USE heddle_status direct_identity_follow(direct_backend *b, heddle_error *err);

/** Show this pair from now on; its roots are the nodes'. */
HEDDLE_MUST_USE heddle_status direct_identity_reload(client_backend *backend,
                                                     const heddle_tls_material *tls,
                                                     heddle_error *err);

/** Make as_route of the identity, showing this pair. */
HEDDLE_MUST_USE heddle_status direct_identity_new(heddle_identity *acting, heddle_view tls_cert_pem,
                                                  heddle_view tls_key_pem, route_identity **out,
                                                  heddle_error *err);

/* The functions of the backend, see client/backend.h. */
heddle_status direct_flight_start(client_backend *backend, const client_ask *ask,
                                  client_answer_fn *fn, void *user, client_flight **out,
                                  heddle_error *err);
void direct_flight_cancel(client_flight *flight);
void direct_flight_unref(client_flight *flight);

heddle_status direct_stream_open(client_backend *backend, const client_stream_options *options,
                                 const client_stream_events *events, void *user,
                                 client_stream **out, heddle_error *err);
void direct_stream_read(client_stream *stream);
void direct_stream_cancel(client_stream *stream);
const char *direct_stream_node(const client_stream *stream);
void direct_stream_unref(client_stream *stream);

extern const client_backend_ops direct_ops;

#endif
