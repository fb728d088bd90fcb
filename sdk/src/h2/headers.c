#include "h2/headers.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

#define CONTENT_TYPE "application/grpc"

/* The text of a status. What is not printable ASCII, and '%', is "%XX". */

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c <= '~' && c != '%';
}

char *h2_message_encode(const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = strlen(text);
    char *out = len > SIZE_MAX / 4 ? NULL : base_malloc(3 * len + 1);
    if (!out)
        return NULL;
    char *at = out;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_plain(c)) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    *at = '\0';
    return out;
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is no escape stays as it is, as gRPC asks for. */
char *h2_message_decode(heddle_view text)
{
    char *out = base_malloc(text.len + 1);
    if (!out)
        return NULL;
    char *at = out;
    for (size_t i = 0; i < text.len; i++) {
        int high = text.data[i] == '%' && i + 2 < text.len ? digit_of(text.data[i + 1]) : -1;
        int low = high >= 0 ? digit_of(text.data[i + 2]) : -1;
        int c = low >= 0 ? high * 16 + low : text.data[i];
        *at++ = c ? (char)c : ' '; /* a NUL would hide the rest */
        i += low >= 0 ? 2 : 0;
    }
    *at = '\0';
    return out;
}

/* Reading */

static bool is_grpc_type(heddle_view value)
{
    size_t len = sizeof(CONTENT_TYPE) - 1;
    return base_view_starts(value, VIEW(CONTENT_TYPE)) &&
           (value.len == len || value.data[len] == '+' || value.data[len] == ';');
}

void h2_question_header(h2_question *question, heddle_view name, heddle_view value)
{
    if (base_view_is(name, ":method"))
        question->is_post = base_view_is(value, "POST");
    else if (base_view_is(name, "content-type"))
        question->is_grpc = is_grpc_type(value);
}

static int number_of(heddle_view value)
{
    uint64_t number;
    return base_parse_u64(value, &number) && number <= 9999 ? (int)number : H2_UNKNOWN;
}

bool h2_answer_header(h2_answer *answer, heddle_view name, heddle_view value)
{
    if (base_view_is(name, ":status"))
        answer->http_status = number_of(value);
    else if (base_view_is(name, "content-type"))
        answer->is_grpc = is_grpc_type(value);
    else if (base_view_is(name, "grpc-status"))
        answer->grpc_status = number_of(value);
    if (!base_view_is(name, "grpc-message"))
        return true;
    base_free(answer->message);
    answer->message = h2_message_decode(value);
    return answer->message != NULL;
}

static int code_of_http(int status)
{
    switch (status) {
    case 400:
        return H2_INTERNAL;
    case 401:
        return H2_UNAUTHENTICATED;
    case 403:
        return H2_PERMISSION_DENIED;
    case 404:
        return H2_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return H2_UNAVAILABLE;
    default:
        return H2_UNKNOWN;
    }
}

static int code_of_reset(uint32_t error_code)
{
    switch (error_code) {
    case NGHTTP2_REFUSED_STREAM:
        return H2_UNAVAILABLE;
    case NGHTTP2_CANCEL:
        return H2_CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
        return H2_RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY:
        return H2_PERMISSION_DENIED;
    case NGHTTP2_STREAM_CLOSED:
    case NGHTTP2_HTTP_1_1_REQUIRED:
        return H2_UNKNOWN;
    default:
        return H2_INTERNAL;
    }
}

int h2_answer_end(const h2_answer *answer, uint32_t error_code, heddle_error *err)
{
    if (answer->grpc_status >= 0) {
        (void)base_fail(err, HEDDLE_E_RPC, "%s", answer->message ? answer->message : "");
        return answer->grpc_status;
    }
    if (answer->http_status && answer->http_status != 200) {
        (void)base_fail(err, HEDDLE_E_RPC, "the server answered with HTTP status %d",
                        answer->http_status);
        return code_of_http(answer->http_status);
    }
    if (error_code != NGHTTP2_NO_ERROR) {
        (void)base_fail(err, HEDDLE_E_RPC, "the server reset the stream: %s",
                        nghttp2_http2_strerror(error_code));
        return code_of_reset(error_code);
    }
    if (answer->http_status && !answer->is_grpc) {
        (void)base_fail(err, HEDDLE_E_RPC, "the server's answer is not of gRPC");
        return H2_UNKNOWN;
    }
    (void)base_fail(err, HEDDLE_E_RPC, "the server ended the stream without a status");
    return H2_INTERNAL;
}

/* Writing */

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)name,
                        .value = (uint8_t *)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

int h2_submit_http_error(nghttp2_session *session, int32_t id, const char *status)
{
    const nghttp2_nv headers[] = {header(":status", status)};
    return nghttp2_submit_response(session, id, headers, BASE_COUNT(headers), NULL);
}

int h2_submit_answer(h2_stream *stream, const nghttp2_data_provider *body)
{
    const nghttp2_nv headers[] = {header(":status", "200"), header("content-type", CONTENT_TYPE)};
    return nghttp2_submit_response(stream->connection->session, stream->id, headers,
                                   BASE_COUNT(headers), body);
}

/* grpc-status, and grpc-message if there is one. */
static size_t status_headers(const h2_stream *stream, char number[12], nghttp2_nv out[2])
{
    snprintf(number, 12, "%d", stream->finish_code);
    out[0] = header("grpc-status", number);
    if (!stream->finish_message || !stream->finish_message[0])
        return 1;
    out[1] = header("grpc-message", stream->finish_message);
    return 2;
}

int h2_submit_answer_without_messages(h2_stream *stream)
{
    char number[12];
    nghttp2_nv headers[4] = {header(":status", "200"), header("content-type", CONTENT_TYPE)};
    size_t count = 2 + status_headers(stream, number, headers + 2);
    return nghttp2_submit_response(stream->connection->session, stream->id, headers, count, NULL);
}

int h2_submit_trailers(h2_stream *stream)
{
    char number[12];
    nghttp2_nv headers[2];
    size_t count = status_headers(stream, number, headers);
    return nghttp2_submit_trailer(stream->connection->session, stream->id, headers, count);
}

int32_t h2_submit_question(h2_stream *stream, const h2_client_stream_options *options,
                           const char *authority, const nghttp2_data_provider *body)
{
    enum { FIXED = 7 };
    size_t count = FIXED + options->metadata_count;
    nghttp2_nv *headers = base_calloc(count, sizeof(*headers));
    if (!headers)
        return NGHTTP2_ERR_NOMEM;
    const nghttp2_nv fixed[FIXED] = {header(":method", "POST"),
                                     header(":scheme", stream->connection->tls ? "https" : "http"),
                                     header(":path", options->path),
                                     header(":authority", authority),
                                     header("content-type", CONTENT_TYPE),
                                     header("te", "trailers"),
                                     header("user-agent", "heddle")};
    memcpy(headers, fixed, sizeof(fixed));
    for (size_t i = 0; i < options->metadata_count; i++)
        headers[FIXED + i] = header(options->metadata[i].name, options->metadata[i].value);
    int32_t id =
        nghttp2_submit_request(stream->connection->session, NULL, headers, count, body, stream);
    base_free(headers);
    return id;
}
