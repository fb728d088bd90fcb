/* What heddle_cc_main() needs of a server beyond the public functions. */
#ifndef CC_SERVER_H
#define CC_SERVER_H

#include <stdbool.h>

#include "heddle/chaincode_server.h"

/** A descriptor that is readable once the server can serve no longer. */
int cc_server_end_fd(const heddle_cc_server *server);

/**
 * Take no more transactions, let those in flight finish for drain_ms, and end all connections;
 * false: some transactions still compute. heddle_cc_server_close() waits for those.
 */
bool cc_server_drain(heddle_cc_server *server);

#endif
