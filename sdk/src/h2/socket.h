/* Addresses and TCP sockets. */
#ifndef H2_SOCKET_H
#define H2_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "heddle/status.h"

enum { H2_ADDRESS_TEXT = 64, H2_HOST_TEXT = 256 };

typedef struct h2_address {
    char host[H2_HOST_TEXT]; /* empty: every address of this machine */
    char port[8];
} h2_address;

/** "host:port", "[::1]:port", ":port". */
HEDDLE_MUST_USE heddle_status h2_address_parse(const char *text, h2_address *out,
                                               heddle_error *err);

/** A listening socket, not blocking. Resolves, and may block for it. */
HEDDLE_MUST_USE heddle_status h2_socket_listen(const h2_address *address, int *out_fd,
                                               uint16_t *out_port, heddle_error *err);

/** A connected socket, not blocking. Blocks until @p deadline_ms of base_now_ms(), and for
 *  resolving. */
HEDDLE_MUST_USE heddle_status h2_socket_connect(const h2_address *address, uint64_t deadline_ms,
                                                int *out_fd, heddle_error *err);

/** What a new connection needs: no delay for small writes. */
void h2_socket_tune(int fd);

/** "127.0.0.1:4711", "[::1]:4711", or "unknown". */
void h2_socket_peer(int fd, char out[H2_ADDRESS_TEXT]);

#endif
