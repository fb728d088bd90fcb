/* What a caller may do after a failure. */
#ifndef CLIENT_RETRY_H
#define CLIENT_RETRY_H

#include <stdbool.h>

#include "heddle/status.h"

/** From stage, status, gRPC code, validation code and message of @p err. */
heddle_retry client_retry_of(const heddle_error *err);

/** The other side had no room for the request and has not looked at it. */
bool client_retry_is_turned_away(const heddle_error *err);

#endif
