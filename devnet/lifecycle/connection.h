/* How a peer reaches a chaincode that runs as a service: the connection.json of its package. */
#ifndef DEVNET_LIFECYCLE_CONNECTION_H
#define DEVNET_LIFECYCLE_CONNECTION_H

#include <stdint.h>

#include "base/arena.h"

typedef struct dn_connection {
    const char *address; /* host:port */
    const char *domain;  /* the name the server's certificate bears; "": the address's */
    uint64_t dial_timeout_ms;
    heddle_view roots_pem; /* empty: without TLS */
    heddle_view cert_pem;  /* with the next: shown to the service; empty: nothing is shown */
    heddle_view key_pem;
} dn_connection;

/** Read @p json into @p arena. E_CONFIG says what is missing or wrong. */
HEDDLE_MUST_USE heddle_status dn_connection_read(heddle_view json, base_arena *arena,
                                                 dn_connection *out, heddle_error *err);

#endif
