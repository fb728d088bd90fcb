/* A second run of a transaction, answered by the recording of the first one. */
#ifndef CC_REPLAY_H
#define CC_REPLAY_H

#include "chaincode/effect.h"
#include "chaincode/stub.h"

/**
 * Run @p recording's transaction once more by @p execute. *out_differences, in the arena given
 * with it, then tells how the second run differs. A request of which the recording knows nothing
 * is refused, and is a difference.
 */
HEDDLE_MUST_USE heddle_status cc_replay(const cc_recording *recording, cc_execute *execute,
                                        const void *execute_user, size_t memory,
                                        cc_differences *differences, heddle_error *err);

#endif
