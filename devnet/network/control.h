/*
 * Commands to a network that runs as a process, over a socket in its folder that only its
 * owner may open. One line a command; the answer is lines, the last of them "ok" or "error"
 * and why.
 *
 *   set FAULT       a fault as dn_fault_parse() reads it
 *   clear [NODE]    forget the faults of a node, or all
 *   faults          one line each
 *   nodes           one line each: name, address, and of a peer its height
 *   events NODE CHAINCODE [BLOCK]   what valid transactions emitted, from the block on, by the
 *                   ledger of a peer: block, position in it, transaction id, name
 *
 * Connections are served one after the other, each until it closes or is silent for long.
 */
#ifndef DEVNET_CONTROL_H
#define DEVNET_CONTROL_H

#include "devnet/devnet.h"

typedef struct dn_control dn_control;

/** Serve @p net (borrowed until the stop) at @p path on a thread of its own; what is there of
 *  an earlier run is replaced. E_TOO_LARGE: the path is longer than a socket's may be. */
HEDDLE_MUST_USE heddle_status dn_control_start(dn_network *net, const char *path, dn_control **out,
                                               heddle_error *err);
void dn_control_stop(dn_control *control); /* NULL is fine */

/** The answer to one line, appended to @p out. */
HEDDLE_MUST_USE heddle_status dn_control_answer(dn_network *net, heddle_view line,
                                                base_buffer *out);

#endif
