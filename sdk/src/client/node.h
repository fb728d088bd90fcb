/*
 * One gateway address: its health and connections (a route_upstream), and its counts.
 *
 * New certificates replace the upstream; what is under way on the old one ends there.
 */
#ifndef CLIENT_NODE_H
#define CLIENT_NODE_H

#include "client/diagnosis.h"
#include "heddle/gateway.h"
#include "route/upstream.h"
#include "rpc/channel.h"

/** Credentials that lazily opened connections share; counted. */
typedef struct client_trust client_trust;

/** Takes @p creds, also when it fails, and copies what they were made of, for diagnoses. NULL
 *  when memory is gone. */
client_trust *client_trust_new(rpc_client_creds *creds, heddle_view roots_pem,
                               heddle_view cert_pem);
void client_trust_unref(client_trust *trust); /* NULL is fine */

typedef struct client_node_options {
    const char *address;
    const char *name_override; /* may be NULL */
    uint32_t keepalive_ms;
    uint32_t connections;
    uint32_t backoff_ms;
    uint32_t backoff_max_ms;
} client_node_options;

/** Counted: leases and the watches of connections outlive the backend's own reference. */
typedef struct client_node client_node;

/** Copies @p options, takes references to @p trust. */
HEDDLE_MUST_USE heddle_status client_node_new(const client_node_options *options,
                                              client_trust *trust, client_node **out,
                                              heddle_error *err);
client_node *client_node_ref(client_node *node);
void client_node_unref(client_node *node); /* NULL is fine */

/** Connect anew: first make what takes the place of the present connections, with @p trust … */
HEDDLE_MUST_USE heddle_status client_node_prepare(client_node *node, client_trust *trust,
                                                  route_upstream **out, heddle_error *err);
/** … and then put it in their place. Takes @p upstream. */
void client_node_exchange(client_node *node, route_upstream *upstream);
/** The connections go with the last lease; nothing new is leased. Not on a reactor. */
void client_node_close(client_node *node);

const char *client_node_address(const client_node *node);

/** The lower the better: 0 connected and healthy, 1 healthy, then being probed, passed over. */
unsigned client_node_rank(client_node *node);
uint32_t client_node_in_flight(client_node *node);

/** A place for a call, or for a stream as lease->is_stream says. False: none to be had. */
bool client_node_acquire(client_node *node, route_lease *lease);
rpc_channel *client_node_channel(const route_lease *lease);
/** Give it back, and count it. */
void client_node_release(client_node *node, route_lease *lease, route_outcome outcome);

/** Begin to connect, without a call; now and then only. */
void client_node_nudge(client_node *node, uint64_t now_ms);

/** It cannot be connected: find out why, beside what the caller does. */
void client_node_diagnose(client_node *node, const route_lease *lease);
/** What was found; "" when nothing was, or it is connected. */
void client_node_finding(client_node *node, char out[RPC_PROBE_TEXT]);

void client_node_read(client_node *node, heddle_node_stats *out);

BASE_AUTO_DEFINE(client_trust, client_trust *, client_trust_unref)

#endif
