/*
 * A transaction on a link: it waits for the peer's answers, and is the port of the
 * transaction's stub.
 *
 * Threads: run() and the port belong to a worker; answers come from the link's receiving
 * thread. The call's lock guards what they share and is taken inside of no other lock.
 */
#ifndef CC_CALL_H
#define CC_CALL_H

#include "chaincode/link.h"
#include "chaincode/port.h"

typedef struct cc_call cc_call; /* counted */

/** For a message of type INIT or TRANSACTION; references @p bytes and @p link. */
HEDDLE_MUST_USE heddle_status cc_call_new(cc_link *link, base_blob *bytes, const cc_message *start,
                                          const cc_limits *limits, cc_call **out,
                                          heddle_error *err);
cc_call *cc_call_ref(cc_call *call);
void cc_call_unref(cc_call *call);

heddle_view cc_call_key(const cc_call *call); /* in a link's table */

/** Let a worker of the link's pool run it; takes the caller's reference if that succeeds. */
HEDDLE_MUST_USE heddle_status cc_call_submit(cc_call *call, heddle_error *err);

/** RESPONSE or ERROR: the answer to the request under way, if there is one. Borrows @p bytes. */
void cc_call_answer(cc_call *call, base_blob *bytes, const cc_message *message);

/** No request can be made any more. */
void cc_call_lost(cc_call *call);

/** The key of a transaction in a link's table, in @p arena; data NULL: no memory. */
heddle_view cc_table_key(base_arena *arena, heddle_view channel, heddle_view tx_id);

#endif
