#include "raw.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/view.h"

static void add(base_buffer *out, const void *data, size_t len)
{
    ck_assert_int_eq(base_buffer_append(out, heddle_view_of(data, len)), HEDDLE_OK);
}

static void add_byte(base_buffer *out, unsigned byte)
{
    uint8_t one = (uint8_t)byte;
    add(out, &one, 1);
}

void raw_frame(base_buffer *out, int type, int flags, uint32_t id, heddle_view payload)
{
    uint8_t head[9] = {(uint8_t)(payload.len >> 16),
                       (uint8_t)(payload.len >> 8),
                       (uint8_t)payload.len,
                       (uint8_t)type,
                       (uint8_t)flags,
                       (uint8_t)(id >> 24),
                       (uint8_t)(id >> 16),
                       (uint8_t)(id >> 8),
                       (uint8_t)id};
    add(out, head, sizeof(head));
    add(out, payload.data, payload.len);
}

void raw_preface(base_buffer *out)
{
    static const char magic[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    add(out, magic, sizeof(magic) - 1);
    raw_frame(out, RAW_SETTINGS, 0, 0, VIEW(""));
}

/* HPACK: a string without Huffman's code. */
static void add_string(base_buffer *out, const char *text)
{
    size_t len = strlen(text);
    if (len < 127) {
        add_byte(out, (unsigned)len);
    } else {
        add_byte(out, 127);
        for (len -= 127; len >= 128; len >>= 7)
            add_byte(out, (unsigned)(len & 127) | 128);
        add_byte(out, (unsigned)len);
    }
    add(out, text, strlen(text));
}

void raw_header_block(base_buffer *out, const raw_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_byte(out, 0); /* literal, not indexed, a new name */
        add_string(out, headers[i].name);
        add_string(out, headers[i].value);
    }
}

void raw_request(base_buffer *out, uint32_t id, int flags, const char *path)
{
    const raw_header headers[] = {{":method", "POST"},
                                  {":scheme", "http"},
                                  {":path", path},
                                  {":authority", "localhost"},
                                  {"content-type", "application/grpc"},
                                  {"te", "trailers"}};
    base_buffer block = {0};
    raw_header_block(&block, headers, BASE_COUNT(headers));
    raw_frame(out, RAW_HEADERS, flags | RAW_END_HEADERS, id, base_buffer_view(&block));
    base_buffer_done(&block);
}

void raw_message(base_buffer *out, uint32_t id, int flags, heddle_view message)
{
    base_buffer body = {0};
    const uint8_t head[5] = {0, (uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16),
                             (uint8_t)(message.len >> 8), (uint8_t)message.len};
    add(&body, head, sizeof(head));
    add(&body, message.data, message.len);
    raw_frame(out, RAW_DATA, flags, id, base_buffer_view(&body));
    base_buffer_done(&body);
}

int raw_connect(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void raw_send(int fd, const base_buffer *bytes)
{
    size_t at = 0;
    while (at < bytes->len) {
        ssize_t n = send(fd, bytes->data + at, bytes->len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

static bool read_exactly(int fd, uint8_t *out, size_t len)
{
    size_t at = 0;
    while (at < len) {
        ssize_t n = recv(fd, out + at, len - at, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return false;
        ck_assert_msg(n > 0, "nothing came within ten seconds");
        at += (size_t)n;
    }
    return true;
}

uint32_t raw_u32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool raw_next(int fd, raw_answer *out)
{
    uint8_t head[9];
    if (!read_exactly(fd, head, sizeof(head)))
        return false;
    *out = (raw_answer){.type = head[3], .flags = head[4], .id = raw_u32(head + 5)};
    out->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    size_t first = out->len < sizeof(out->payload) ? out->len : sizeof(out->payload);
    if (!read_exactly(fd, out->payload, first))
        return false;
    for (size_t at = first; at < out->len; at += first) {
        uint8_t rest[4096];
        first = out->len - at < sizeof(rest) ? out->len - at : sizeof(rest);
        if (!read_exactly(fd, rest, first))
            return false;
    }
    return true;
}

bool raw_await(int fd, int type, uint32_t id, raw_answer *out)
{
    while (raw_next(fd, out))
        if (out->type == type && out->id == id)
            return true;
    return false;
}

void raw_await_close(int fd)
{
    raw_answer answer;
    while (raw_next(fd, &answer))
        ;
}
