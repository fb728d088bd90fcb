/* "basic=dial" or
 * "basic=127.0.0.1:9999,channel=mychannel,version=1.0,collections=file.json,policy=OR('Org1MSP.peer',…)"
 */
#ifndef DEVNET_CHAINCODE_OPTION_H
#define DEVNET_CHAINCODE_OPTION_H

#include "base/arena.h"
#include "devnet/devnet.h"

/** Read a chaincode from its text; strings live in @p arena. `policy` takes the rest of the
 *  text, commas and all. E_BAD_ARGUMENT says what is wrong. */
HEDDLE_MUST_USE heddle_status dn_chaincode_parse(const char *text, base_arena *arena,
                                                 dn_chaincode *out, heddle_error *err);

#endif
