/* nghttp2's side of a connection. All with the connection's lock held. */
#ifndef H2_SESSION_H
#define H2_SESSION_H

#include "h2/connection.h"

HEDDLE_MUST_USE heddle_status h2_session_open(h2_connection *connection, heddle_error *err);

/** Let the session see @p bytes. An error: it is to be ended (after what it wants to say). */
HEDDLE_MUST_USE heddle_status h2_session_receive(h2_connection *connection, heddle_view bytes,
                                                 heddle_error *err);

/** Append what the session wants to send, up to about H2_FILL_ROOM bytes of @p out. */
HEDDLE_MUST_USE heddle_status h2_session_fill(h2_connection *connection, base_buffer *out,
                                              heddle_error *err);

/** Nothing will be read or written any more. */
bool h2_session_is_over(const h2_connection *connection);

enum { H2_FILL_ROOM = 128 * 1024 };

#endif
