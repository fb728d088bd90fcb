/* Which peers a call may ask, for backends that choose peers themselves. */
#ifndef CLIENT_SELECTION_H
#define CLIENT_SELECTION_H

#include "heddle/network.h"
#include "route/wish.h"

/** A call is about to use it: from now on it can not be changed. NULL is fine. */
void client_selection_freeze(heddle_selection *selection);

/** What it says, as long as it lives; `has_query` and `has_await`: whether these were set. */
const route_wish *client_selection_wish(const heddle_selection *selection, bool *has_query,
                                        bool *has_await);

#endif
