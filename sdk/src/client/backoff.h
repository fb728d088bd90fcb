/* The policy of tries, with its defaults filled in. */
#ifndef CLIENT_BACKOFF_H
#define CLIENT_BACKOFF_H

#include "heddle/retry.h"

HEDDLE_MUST_USE heddle_status client_policy_copy(const heddle_retry_policy *given,
                                                 heddle_retry_policy *out, heddle_error *err);

#endif
