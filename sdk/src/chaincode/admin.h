/*
 * Metrics and health over HTTP, on the loop that also carries the messages: GET /metrics,
 * /livez and /readyz, one request a connection, bounded in every way. A web server would cost
 * more than all the rest of a chaincode (docs/decisions/0028).
 */
#ifndef CC_ADMIN_H
#define CC_ADMIN_H

#include "base/buffer.h"
#include "h2/loop.h"

typedef struct cc_admin cc_admin;

typedef struct cc_admin_options {
    const char *address;
    /** Append the exposition text. On the loop. */
    heddle_status (*metrics)(void *user, base_buffer *out);
    /** Whether transactions are taken; append in a few words why not. On the loop. */
    bool (*ready)(void *user, base_buffer *out_why);
    void *user;
} cc_admin_options;

HEDDLE_MUST_USE heddle_status cc_admin_open(h2_loop *loop, const cc_admin_options *options,
                                            cc_admin **out, heddle_error *err);
/** Not on the loop; waits for it. NULL is fine. */
void cc_admin_close(cc_admin *admin);

unsigned cc_admin_port(const cc_admin *admin);

#endif
