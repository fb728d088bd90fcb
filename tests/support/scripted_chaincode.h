/*
 * A chaincode server that does what the first argument of a transaction says, in the raw
 * protocol, also what no shim would do:
 *
 *   put KEY VALUE     get KEY      incr KEY      range START END
 *   call NAME ARG…    the answer's ChaincodeMessage is the result
 *   event NAME DATA   status CODE TEXT           error TEXT
 *   hang  die         garbage      unknown       stranger
 *   policy KEY MSP…   the key's endorsement policy: one peer of each organisation
 *   pput COLL KEY VALUE   pget COLL KEY   phash COLL KEY   ppurge COLL KEY
 *   pincr COLL KEY        prange COLL START END            ppolicy COLL KEY MSP…
 *
 * When the peer answers a request with ERROR the transaction ends with status 500 and that
 * text. One transaction at a time on one stream.
 */
#ifndef SUPPORT_SCRIPTED_CHAINCODE_H
#define SUPPORT_SCRIPTED_CHAINCODE_H

#include <stdint.h>

#include "rpc/credentials.h"

typedef struct scripted_chaincode scripted_chaincode;

/** Serve on @p port (0: any); fails the test if it cannot. rpc_init() came before. */
scripted_chaincode *scripted_chaincode_start(uint16_t port);
/** The same with TLS, on any port. */
scripted_chaincode *scripted_chaincode_start_tls(const rpc_tls_server *tls);
/** What it registers as from the next stream on; "scripted:1". Borrowed. */
void scripted_chaincode_name(scripted_chaincode *chaincode, const char *id);
/** How many streams are open. */
unsigned scripted_chaincode_streams(const scripted_chaincode *chaincode);
void scripted_chaincode_stop(scripted_chaincode *chaincode);
const char *scripted_chaincode_address(const scripted_chaincode *chaincode);
uint16_t scripted_chaincode_port(const scripted_chaincode *chaincode);

#endif
