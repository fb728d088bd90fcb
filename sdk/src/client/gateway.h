/*
 * The connection, and what is under way on it.
 *
 * Memory of a gateway is counted: heddle_gateway_open() holds one reference until
 * heddle_gateway_close(), and every object made from the gateway holds one. Its channels and
 * its share in the library's threads end with the close; an activity that starts after it is
 * refused, one under way is cancelled and waited for.
 */
#ifndef CLIENT_GATEWAY_H
#define CLIENT_GATEWAY_H

#include "base/list.h"
#include "heddle/gateway.h"
#include "rpc/channel.h"

typedef struct client_limits {
    uint32_t connect_wait_ms;
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

heddle_gateway *client_gateway_ref(heddle_gateway *gateway);
void client_gateway_unref(heddle_gateway *gateway); /* NULL is fine */
const client_limits *client_gateway_limits(const heddle_gateway *gateway);

/** Enter what has ref, unref and cancel set. E_BAD_STATE when the gateway is closed. */
HEDDLE_MUST_USE heddle_status client_activity_begin(heddle_gateway *gateway,
                                                    client_activity *activity, heddle_error *err);
/** After the last callback: the gateway may go. */
void client_activity_end(heddle_gateway *gateway, client_activity *activity);

/** The channel for the next call, in turn. Valid until the activity has been cancelled. */
rpc_channel *client_gateway_channel(heddle_gateway *gateway);

/** Copies what the caller's version of a struct has (NULL: nothing); the rest stays as it is.
 *  E_BAD_ARGUMENT if its first member, the size, was not set by the macro @p start_with. */
HEDDLE_MUST_USE heddle_status client_options_copy(void *out, size_t out_size, const void *given,
                                                  const char *start_with, heddle_error *err);

#endif
