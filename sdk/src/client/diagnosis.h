/* What keeps an address from being reached, found out beside the calls that wait for it. */
#ifndef CLIENT_DIAGNOSIS_H
#define CLIENT_DIAGNOSIS_H

#include <pthread.h>

#include "base/buffer.h"
#include "rpc/probe.h"

enum { CLIENT_HOST_MAX = 256 };

typedef struct client_diagnosis {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t over;
    rpc_probe *probe; /* under way */
    bool is_closed;
    uint64_t begun_ms;
    char text[RPC_PROBE_TEXT];

    /* Of the probe under way. */
    base_buffer roots_pem;
    base_buffer cert_pem;
    char host[CLIENT_HOST_MAX];
    void (*release)(void *owner);
    void *owner;
} client_diagnosis;

/** What connections are made with; borrowed. */
typedef struct client_diagnosis_options {
    const char *address;
    const char *name_override;    /* may be NULL */
    heddle_view roots_pem;        /* empty: without TLS */
    heddle_view cert_pem;         /* the client's own; may be empty */
    void (*release)(void *owner); /* after the end, when nothing touches the diagnosis */
    void *owner;
} client_diagnosis_options;

void client_diagnosis_init(client_diagnosis *diagnosis);
void client_diagnosis_done(client_diagnosis *diagnosis);

/** Look, unless somebody does or did a moment ago. Does not wait. True: begun, and `release`
 *  will run. */
bool client_diagnosis_begin(client_diagnosis *diagnosis, const client_diagnosis_options *options);
/** The last finding; "" when there is none. */
void client_diagnosis_read(client_diagnosis *diagnosis, char out[RPC_PROBE_TEXT]);
/** No more of it, and none under way afterwards. Not on a reactor. */
void client_diagnosis_close(client_diagnosis *diagnosis);

/** The name that the server's certificate is to be for: @p name_override (may be NULL), or the
 *  host of @p address. */
void client_diagnosis_host(const char *address, const char *name_override,
                           char out[CLIENT_HOST_MAX]);

/** What is wrong with @p chain_pem, presented for @p host, to one who trusts @p roots_pem. */
void client_diagnosis_explain(heddle_view chain_pem, heddle_view roots_pem, const char *host,
                              char out[RPC_PROBE_TEXT]);

#endif
