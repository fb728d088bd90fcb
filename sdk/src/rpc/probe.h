/*
 * Why a connection does not come about. Core tells the caller of a failed handshake no more
 * than that it failed; a probe goes to the same address once more, on a connection of its own
 * that is given up in each case, and shows the certificates that it is presented.
 */
#ifndef RPC_PROBE_H
#define RPC_PROBE_H

#include "base/alloc.h"
#include "heddle/status.h"
#include "heddle/view.h"
#include "rpc/runtime.h"

enum { RPC_PROBE_TEXT = 240 };

typedef struct rpc_probe_options {
    const char *target;
    const char *name_override; /* may be NULL */
    heddle_view roots_pem;     /* empty: without TLS */
    uint32_t timeout_ms;
    /** What is wrong with the server's chain (PEM, the leaf first): a text, or "" if nothing
     *  is. Runs once or not at all, on a thread of core; must not block. */
    void (*explain)(heddle_view chain_pem, char out[RPC_PROBE_TEXT], void *user);
    /** The end, exactly once, on a reactor: the text of `explain`, or core's, or "". */
    void (*done)(const char *text, void *user);
    void *user;
} rpc_probe_options;

typedef struct rpc_probe rpc_probe;

/** On HEDDLE_OK `done` will run, within the time, and *out is a reference; otherwise never.
 *  Nothing need outlive the call but @p options->user. */
HEDDLE_MUST_USE heddle_status rpc_probe_start(const rpc_probe_options *options, rpc_probe **out,
                                              heddle_error *err);
/** `done` follows soon, unless it is over already. */
void rpc_probe_cancel(rpc_probe *probe);
void rpc_probe_unref(rpc_probe *probe); /* does not cancel; NULL is fine */

#endif
