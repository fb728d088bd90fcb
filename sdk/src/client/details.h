/* The object behind heddle_details. */
#ifndef CLIENT_DETAILS_H
#define CLIENT_DETAILS_H

#include "heddle/gateway.h"

void client_details_clear(heddle_details *details); /* NULL is fine */
/** Take over what the trailer grpc-status-details-bin says; bad bytes give no details. */
void client_details_read(heddle_details *details, heddle_view bytes);
/** What the node at @p address said by itself, copied, in place of what was there. Without the
 *  memory for it there is none. */
void client_details_say(heddle_details *details, const char *address, const char *mspid,
                        heddle_view message);

#endif
