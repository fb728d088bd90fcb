/* The object behind heddle_details. */
#ifndef CLIENT_DETAILS_H
#define CLIENT_DETAILS_H

#include "heddle/gateway.h"

void client_details_clear(heddle_details *details); /* NULL is fine */
/** Take over what the trailer grpc-status-details-bin says; bad bytes give no details. */
void client_details_read(heddle_details *details, heddle_view bytes);

#endif
