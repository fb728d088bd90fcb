/*
 * The backend of gateway addresses, one or several.
 *
 * Vocabulary: a node is one address; an attempt is one remote call of a flight, on one node.
 *
 * A flight takes the best node that it has not asked yet: connected and healthy before others,
 * then the one with the fewest calls under way. If the node is not connected, the flight
 * waits: as long as others are left only until the connection is seen to fail or for a short
 * time, at the last one again and again until `connect_wait_ms` are over. What makes an
 * attempt move on is in moves_on(), in flight.c.
 */
#ifndef CLIENT_ADDRESSES_H
#define CLIENT_ADDRESSES_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "client/backend.h"
#include "client/node.h"
#include "crypto/digest.h"

enum { CLIENT_NODES_MAX = 64 };

/** What connections are made with. */
typedef struct client_tls_kept {
    base_buffer roots_pem;
    base_buffer cert_pem;
    base_buffer key_pem; /* wiped */
    bool has_cert_hash;
    uint8_t cert_hash[CRYPTO_SHA256_LEN];
} client_tls_kept;

typedef struct client_addresses {
    client_backend base;
    uint32_t connect_wait_ms;
    client_node *nodes[CLIENT_NODES_MAX]; /* fixed */
    unsigned node_count;
    atomic_uint turn;
    bool has_tls;

    pthread_mutex_t lock; /* guards what follows */
    bool is_closed;
    client_tls_kept tls;
} client_addresses;

/** What heddle_gateway_open() is given, looked at, and made a backend of. */
HEDDLE_MUST_USE heddle_status client_addresses_check(const heddle_gateway_options *options,
                                                     heddle_error *err);
HEDDLE_MUST_USE heddle_status client_addresses_new(const heddle_gateway_options *options,
                                                   client_addresses **out, heddle_error *err);
/** Of one that came to no handle. */
void client_addresses_free(client_addresses *addresses);

/** The best node whose bit in @p passed is not set, the one named @p avoid (may be NULL) only
 *  if there is no other; -1 when there is none. */
int client_addresses_choose(client_addresses *addresses, uint64_t passed, const char *avoid);

/* The operations of flights and streams. */
heddle_status client_flight_start(client_backend *backend, const client_ask *ask,
                                  client_answer_fn *fn, void *user, client_flight **out,
                                  heddle_error *err);
void client_flight_cancel(client_flight *flight);
void client_flight_unref(client_flight *flight);
heddle_status client_lane_open(client_backend *backend, const client_stream_options *options,
                               const client_stream_events *events, void *user, client_stream **out,
                               heddle_error *err);
void client_lane_read(client_stream *stream);
void client_lane_cancel(client_stream *stream);
const char *client_lane_node(const client_stream *stream);
void client_lane_unref(client_stream *stream);

#endif
