/* gRPC's headers and trailers over HTTP/2. */
#ifndef H2_HEADERS_H
#define H2_HEADERS_H

#include "h2/client.h"
#include "h2/stream_state.h"

/* Reading. */

void h2_question_header(h2_question *question, heddle_view name, heddle_view value);
/** False: no memory. */
bool h2_answer_header(h2_answer *answer, heddle_view name, heddle_view value);
/** How a client's stream ended that the session closed with @p error_code: the code, and the
 *  text in @p err. */
int h2_answer_end(const h2_answer *answer, uint32_t error_code, heddle_error *err);

/* Writing. Each gives back nghttp2's code. */

int h2_submit_http_error(nghttp2_session *session, int32_t id, const char *status);
int h2_submit_answer(h2_stream *stream, const nghttp2_data_provider *body);
/** Headers and trailers in one, with stream->finish_code and finish_message. */
int h2_submit_answer_without_messages(h2_stream *stream);
int h2_submit_trailers(h2_stream *stream);

/** The stream's id, or an error (negative). */
int32_t h2_submit_question(h2_stream *stream, const h2_client_stream_options *options,
                           const char *authority, const nghttp2_data_provider *body);

/** Percent-encoded as grpc-message is; NULL: no memory. */
char *h2_message_encode(const char *text);
char *h2_message_decode(heddle_view text);

#endif
