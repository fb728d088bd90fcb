/*
 * heddle-gateway as a module: start and stop. A thin main and the tests call this.
 *
 * How a request moves: the server calls a handler on a reactor, and everything the request
 * starts stays on that reactor, so its struct needs no lock. What requests share (pool,
 * channels, index of transactions) has leaf locks of its own.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "gateway/conf.h"

typedef struct gw_gateway gw_gateway;

/**
 * Listen and serve. rpc_init() comes first. @p snapshot, made by gw_conf_table and checked by
 * gw_conf_check(), is taken, also on failure.
 */
HEDDLE_MUST_USE heddle_status gw_gateway_start(conf_snapshot *snapshot, gw_gateway **out,
                                               heddle_error *err);

/** The port in use for clients, and for the admin server (0: none). */
unsigned gw_gateway_port(const gw_gateway *gw);
unsigned gw_gateway_admin_port(const gw_gateway *gw);

/**
 * Use another configuration from now on, as far as its keys can change in a running process.
 * Takes @p snapshot, also on failure. On failure the
 * gateway goes on with the one it has.
 */
HEDDLE_MUST_USE heddle_status gw_gateway_reload(gw_gateway *gw, conf_snapshot *snapshot,
                                                heddle_error *err);

/** Accept nothing new, finish what is under way for timeout.stop, free. Not on a reactor. */
void gw_gateway_stop(gw_gateway *gw);

#endif
