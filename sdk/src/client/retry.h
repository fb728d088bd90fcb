/* What a caller may do after a failure. */
#ifndef CLIENT_RETRY_H
#define CLIENT_RETRY_H

#include "heddle/status.h"

/** From stage, status, gRPC code, validation code and message of @p err. */
heddle_retry client_retry_of(const heddle_error *err);

#endif
