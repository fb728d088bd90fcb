/*
 * The handle that everything is called through, and what is under way on it.
 *
 * Memory of a gateway is counted: its maker holds one reference until heddle_gateway_close(),
 * and every object made from the gateway holds one. Its backend and its share in the
 * library's threads are closed with it; an activity that starts after that is refused, one
 * under way is cancelled and waited for.
 */
#ifndef CLIENT_GATEWAY_H
#define CLIENT_GATEWAY_H

#include "base/list.h"
#include "client/backend.h"

typedef struct client_limits {
    uint32_t evaluate_ms;
    uint32_t endorse_ms;
    uint32_t submit_ms;
    uint32_t commit_status_ms;
} client_limits;

/** Something that has to end before the gateway can; embedded in it. */
typedef struct client_activity {
    base_list link;
    bool is_told; /* to cancel; under the gateway's lock */
    void (*cancel)(struct client_activity *activity);
    void (*ref)(struct client_activity *activity);
    void (*unref)(struct client_activity *activity);
} client_activity;

/**
 * A handle on @p backend, which is taken on success, with one rpc_init() of the caller's that
 * heddle_gateway_close() gives back. Limits of 0 have their defaults.
 */
HEDDLE_MUST_USE heddle_status client_gateway_new(client_backend *backend,
                                                 const client_limits *limits, heddle_gateway **out,
                                                 heddle_error *err);
heddle_gateway *client_gateway_ref(heddle_gateway *gateway);
void client_gateway_unref(heddle_gateway *gateway); /* NULL is fine */
const client_limits *client_gateway_limits(const heddle_gateway *gateway);

/** What follows the commits of the gateway. */
struct client_followers *client_gateway_followers(heddle_gateway *gateway);

/** To be asked by activities only, between begin and end. */
client_backend *client_gateway_backend(const heddle_gateway *gateway);

/** Enter what has ref, unref and cancel set. E_BAD_STATE when the gateway is closed. */
HEDDLE_MUST_USE heddle_status client_activity_begin(heddle_gateway *gateway,
                                                    client_activity *activity, heddle_error *err);
/** After the last callback: the gateway may go. */
void client_activity_end(heddle_gateway *gateway, client_activity *activity);

/** Count an ask that ended. */
void client_gateway_count(heddle_gateway *gateway, heddle_stage stage, bool failed,
                          uint64_t took_ms);

/**
 * Open a stream for an activity that has begun. As the backend's `open`; @p err also says
 * what the caller may do next.
 */
HEDDLE_MUST_USE heddle_status client_stream_open(heddle_gateway *gateway,
                                                 const client_stream_options *options,
                                                 const client_stream_events *events, void *user,
                                                 client_stream **out, heddle_error *err);

/** As the backend's `tls_hash`. */
bool client_gateway_tls_hash(const heddle_gateway *gateway, uint8_t out[32]);

/** Copies what the caller's version of a struct has (NULL: nothing); the rest stays as it is.
 *  E_BAD_ARGUMENT if its first member, the size, was not set by the macro @p start_with. */
HEDDLE_MUST_USE heddle_status client_options_copy(void *out, size_t out_size, const void *given,
                                                  const char *start_with, heddle_error *err);
/** The other way: as much of @p from as the caller's version of the struct has. */
HEDDLE_MUST_USE heddle_status client_options_give(void *out, const void *from, size_t from_size,
                                                  const char *start_with, heddle_error *err);

#endif
