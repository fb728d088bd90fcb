/*
 * One orderer, asked by its address: blocks of its channels, and envelopes for it to order, such
 * as the configuration updates of heddle/config.h. Transactions go through a gateway or a
 * heddle_network, which choose orderers themselves.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library. A timeout_ms of 0 is 30000.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to close.
 * Errors: the status, with the reason in @p err if that is not NULL, which begins with the
 *     orderer's address; outputs are untouched on failure. What an orderer refuses is
 *     HEDDLE_E_DENIED, HEDDLE_E_NOT_FOUND or HEDDLE_E_REFUSED, with its own words where it has
 *     any.
 */
#ifndef HEDDLE_ORDERER_H
#define HEDDLE_ORDERER_H

#include "heddle/gateway.h"
#include "heddle/identity.h"

HEDDLE_BEGIN_DECLS

/** One orderer, as one identity asks it. */
typedef struct heddle_orderer heddle_orderer;

/**
 * Make a connection to the orderer at `target`, lazily. Of the options those of the connection
 * count. Not inside a callback of the library.
 *
 * @param identity  referenced: asks for blocks
 * @param out       yours to heddle_orderer_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_orderer_open(const heddle_gateway_options *options,
                                                             heddle_identity *identity,
                                                             heddle_orderer **out,
                                                             heddle_error *err);
/** No question may be under way. Not inside a callback of the library. NULL is fine. */
HEDDLE_API void heddle_orderer_close(heddle_orderer *orderer);
/** "host:port", as it was opened; lives as the orderer. */
HEDDLE_API const char *heddle_orderer_address(const heddle_orderer *orderer);

/** Which block is wanted: a number, or one of these two. */
#define HEDDLE_BLOCK_NEWEST UINT64_MAX       /* the last one */
#define HEDDLE_BLOCK_CONFIG (UINT64_MAX - 1) /* the last one that changed the configuration */

/**
 * A block of a channel; block 0 is the one that peers join with. Blocks.
 *
 * @param out  a common.Block; yours to heddle_bytes_done()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_orderer_block(heddle_orderer *orderer,
                                                              const char *channel, uint64_t which,
                                                              uint32_t timeout_ms,
                                                              heddle_bytes *out, heddle_error *err);

/**
 * Hand in a signed common.Envelope to be ordered. Blocks. HEDDLE_OK: the orderer has taken it,
 * which is not yet a place in a block.
 *
 * HEDDLE_E_DENIED   the policies of the channel do not let its signers
 * HEDDLE_E_REFUSED  it cannot be ordered
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_orderer_broadcast(heddle_orderer *orderer,
                                                                  heddle_view envelope,
                                                                  uint32_t timeout_ms,
                                                                  heddle_error *err);

HEDDLE_END_DECLS

#endif
