/*
 * What the end of an attempt means: whether the stream goes on with another one.
 *
 *   gRPC code            INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION,
 *                        ALREADY_EXISTS, UNIMPLEMENTED                          final
 *                        NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED          refused
 *                        every other, OK with it                                again
 *   status of Deliver    SUCCESS behind the stop block                          end
 *                        BAD_REQUEST, FORBIDDEN                                 refused
 *                        NOT_FOUND, of a channel that exists: the peer is behind  again
 *                        NOT_FOUND else                                         refused
 *                        every other                                            again
 *   of this library      a block that does not follow, bytes that are none     broken
 *                        no connection, a signer that cannot be reached         again
 *                        every other                                            final
 *
 * Refused is final when as many attempts in a row as there are addresses have said so, broken
 * when they have, and at least two.
 */
#ifndef EVENTS_FEED_VERDICT_H
#define EVENTS_FEED_VERDICT_H

#include <stdbool.h>

#include "heddle/status.h"

typedef enum client_verdict {
    CLIENT_VERDICT_AGAIN,
    CLIENT_VERDICT_REFUSED,
    CLIENT_VERDICT_BROKEN,
    CLIENT_VERDICT_FINAL
} client_verdict;

/** @p err: how an attempt ended. */
client_verdict client_verdict_of_error(const heddle_error *err);

/** @p status: of Deliver, and why in @p err. @p exists: the channel, as a block of it has been
 *  seen. */
client_verdict client_verdict_of_status(int status, bool exists, heddle_error *err);

#endif
