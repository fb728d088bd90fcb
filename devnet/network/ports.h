/* Port numbers taken before the servers that will listen on them exist. */
#ifndef DEVNET_PORTS_H
#define DEVNET_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "heddle/status.h"

enum { DN_PORTS_MAX = 256 };

/**
 * The genesis block names the ports, so they are chosen before anything listens. A bound
 * socket that does not listen keeps a number from everybody but a server that binds it with
 * SO_REUSEADDR, as gRPC's do.
 */
typedef struct dn_ports {
    uint16_t numbers[DN_PORTS_MAX];
    int sockets[DN_PORTS_MAX];
    size_t count;
} dn_ports;

/** Take a free port of @p host, or @p wanted if that is not 0 and is free; *out gets it. */
HEDDLE_MUST_USE heddle_status dn_ports_reserve(dn_ports *ports, const char *host, uint16_t wanted,
                                               uint16_t *out, heddle_error *err);
/** Close the sockets; the servers listen by now. */
void dn_ports_done(dn_ports *ports);

#endif
