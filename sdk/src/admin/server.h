/* The admin port: Prometheus metrics, liveness and readiness over HTTP. */
#ifndef ADMIN_SERVER_H
#define ADMIN_SERVER_H

#include "base/metrics.h"
#include "heddle/status.h"

typedef struct admin_server admin_server;

/** Fill @p out with the reason (text) and give false while not ready. On a server thread. */
typedef bool admin_ready_fn(void *user, base_buffer *out);

typedef struct admin_options {
    const char *address;   /* host:port, port 0: any; "[::1]:9090" for IPv6 */
    base_metrics *metrics; /* borrowed until close; GET /metrics */
    admin_ready_fn *ready; /* GET /readyz: 200 or 503 with the reason; NULL: always ready */
    void *user;
} admin_options;

/** GET /livez answers 200 from here on. */
HEDDLE_MUST_USE heddle_status admin_server_open(const admin_options *options, admin_server **out,
                                                heddle_error *err);
void admin_server_close(admin_server *server); /* NULL is fine */

/** The port in use. */
unsigned admin_server_port(const admin_server *server);

#endif
