/* A stub without a peer, for what needs none. */
#ifndef BARE_STUB_H
#define BARE_STUB_H

#include "chaincode/stub.h"

/** The client is of @p msp_id with the bytes @p cert; an empty @p msp_id: the peer gave no
 *  proposal. The proposal lives in @p arena. End it with cc_stub_free(). */
heddle_cc_stub *bare_stub_new(base_arena *arena, heddle_view msp_id, heddle_view cert);

#endif
