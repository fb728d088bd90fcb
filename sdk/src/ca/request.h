/*
 * Who asks: the Authorization header.
 *
 *   by password   "Basic " base64(id ":" secret)
 *   by a token    base64(certificate) "." base64(signature), the signature being of
 *                 METHOD "." base64(URI) "." base64(body) "." base64(certificate)
 *
 * The URI is what stands in the request line, the certificate is PEM.
 */
#ifndef CA_REQUEST_H
#define CA_REQUEST_H

#include "base/buffer.h"
#include "ca/client.h"

/** "Authorization: …" with a NUL, to the empty @p out; nothing if nobody asks. @p prefix comes
 *  before the path in the URI. */
HEDDLE_MUST_USE heddle_status ca_request_authorize(const ca_request *request, const char *prefix,
                                                   base_buffer *out, heddle_error *err);

#endif
