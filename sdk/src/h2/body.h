/* The messages of a stream as the session's data. With the connection's lock held. */
#ifndef H2_BODY_H
#define H2_BODY_H

#include "h2/stream_state.h"

nghttp2_data_provider h2_body_of(h2_stream *stream);

/** There is more to send, or the end of it: have the session ask again. */
void h2_body_resume(h2_stream *stream);

#endif
