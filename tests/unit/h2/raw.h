/* A client that writes HTTP/2 frames by hand, well or badly. */
#ifndef H2_RAW_H
#define H2_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
    RAW_DATA = 0,
    RAW_HEADERS = 1,
    RAW_RESET = 3,
    RAW_SETTINGS = 4,
    RAW_PING = 6,
    RAW_GOAWAY = 7,
    RAW_WINDOW_UPDATE = 8,
    RAW_CONTINUATION = 9,
    RAW_END_STREAM = 1,
    RAW_ACK = 1,
    RAW_END_HEADERS = 4
};

typedef struct raw_header {
    const char *name;
    const char *value;
} raw_header;

/* Making bytes. */

void raw_preface(base_buffer *out); /* with empty SETTINGS */
void raw_frame(base_buffer *out, int type, int flags, uint32_t id, heddle_view payload);
void raw_header_block(base_buffer *out, const raw_header *headers, size_t count);
/** HEADERS of a gRPC request. */
void raw_request(base_buffer *out, uint32_t id, int flags, const char *path);
/** DATA with one gRPC message. */
void raw_message(base_buffer *out, uint32_t id, int flags, heddle_view message);

/* Talking. */

int raw_connect(uint16_t port);
void raw_send(int fd, const base_buffer *bytes); /* what the other side no longer takes is lost */

typedef struct raw_answer {
    int type;
    int flags;
    uint32_t id;
    size_t len;
    uint8_t payload[512]; /* its beginning */
} raw_answer;

/** The next frame; false: the other side has closed. Fails the test after ten seconds. */
bool raw_next(int fd, raw_answer *out);
/** The next frame of this type and stream; others are passed over. */
bool raw_await(int fd, int type, uint32_t id, raw_answer *out);
/** Reads until the other side has closed. */
void raw_await_close(int fd);
uint32_t raw_u32(const uint8_t *bytes);

#endif
