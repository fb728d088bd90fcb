/* A peer that chaincode dials: the other side of ChaincodeSupport, driven by a test. */
#ifndef SUPPORT_DIALLED_PEER_H
#define SUPPORT_DIALLED_PEER_H

#include <check.h>
#include <pthread.h>

#include "chaincode/message.h"
#include "h2/server.h"

enum { DIALLED_PEER_INBOX = 4096 };

typedef struct dialled_peer {
    h2_loop *loop;
    h2_server *server;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    h2_stream *stream; /* the newest */
    unsigned streams;  /* so far */
    bool half_closed;
    base_blob *inbox[DIALLED_PEER_INBOX];
    size_t received;
    size_t taken;
    base_blob *held; /* the one taken last */
} dialled_peer;

/** Listen at @p port (0: any) with @p tls (NULL: without). */
void dialled_peer_open(dialled_peer *peer, uint16_t port, crypto_tls_context *tls);
void dialled_peer_close(dialled_peer *peer); /* cuts every connection */

/** Wait for the nth stream, REGISTER (checked) on it, and answer REGISTERED and READY. */
void dialled_peer_greet(dialled_peer *peer, unsigned nth, const char *chaincode_id);

/** The next message, valid until the next one. Fails the test after ten seconds. */
cc_message dialled_peer_take(dialled_peer *peer);

void dialled_peer_send(dialled_peer *peer, cc_type type, const char *tx_id, heddle_view payload);
/** A TRANSACTION of a function without arguments. */
void dialled_peer_invoke(dialled_peer *peer, const char *tx_id, const char *function);

/** Wait until the chaincode has said that it sends no more. */
void dialled_peer_wait_half_close(dialled_peer *peer);

#endif
