#include "direct/backend.h"

#include <string.h>

#include "client/identity.h"

/* Every call and stream is over; what is left is what the engine does by itself. */
static void close_engine(client_backend *backend)
{
    direct_backend *b = direct_backend_of(backend);
    pthread_mutex_lock(&b->lock); /* of a reload under way */
    route_engine *engine = base_steal(&b->engine);
    pthread_mutex_unlock(&b->lock);
    route_engine_close(engine);
    route_engine_free(engine);
}

static void free_backend(client_backend *backend)
{
    direct_backend *b = direct_backend_of(backend);
    route_identity_unref(b->as_route);
    heddle_identity_unref(b->acting);
    heddle_identity_unref(b->identity);
    pthread_mutex_destroy(&b->lock);
    direct_nodes_done(&b->nodes);
    base_free(b->fixed);
    base_free(b->home_peer);
    base_free(b);
}

static bool tls_hash(client_backend *backend, uint8_t out[CRYPTO_SHA256_LEN])
{
    base_auto(route_identity) route_identity *own = direct_identity(direct_backend_of(backend));
    heddle_view hash = route_identity_tls_hash(own);
    if (hash.len == CRYPTO_SHA256_LEN)
        memcpy(out, hash.data, CRYPTO_SHA256_LEN);
    return hash.len == CRYPTO_SHA256_LEN;
}

const client_backend_ops direct_ops = {.start = direct_flight_start,
                                       .cancel = direct_flight_cancel,
                                       .unref_flight = direct_flight_unref,
                                       .open = direct_stream_open,
                                       .read = direct_stream_read,
                                       .cancel_stream = direct_stream_cancel,
                                       .node = direct_stream_node,
                                       .unref_stream = direct_stream_unref,
                                       .close = close_engine,
                                       .free = free_backend,
                                       .reload_tls = direct_identity_reload,
                                       .tls_hash = tls_hash};
