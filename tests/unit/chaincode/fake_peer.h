/* The peer's side of the chaincode protocol, driven by a test step by step. */
#ifndef FAKE_PEER_H
#define FAKE_PEER_H

#include <check.h>
#include <pthread.h>

#include "base/map.h"
#include "heddle/chaincode.h"
#include "peer/chaincode.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "rpc/stream.h"
#include "wire/codec.h"

enum { FAKE_PEER_INBOX = 4096, FAKE_PEER_PAGE = 2 };

#define FAKE_PEER_TYPE(name) PROTOS__CHAINCODE_MESSAGE__TYPE__##name

typedef struct fake_peer {
    rpc_channel *channel;
    rpc_stream *stream;
    base_arena *arena;
    base_map *state; /* keys to C strings */
    char *page_from; /* where an open range goes on */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    rpc_bytes *inbox[FAKE_PEER_INBOX];
    size_t received;
    size_t taken;
    bool ended;
    int end_code;
} fake_peer;

void fake_peer_connect(fake_peer *peer, unsigned port);
/** With these credentials, which stay the caller's. */
void fake_peer_connect_as(fake_peer *peer, unsigned port, rpc_client_creds *creds);
void fake_peer_disconnect(fake_peer *peer); /* cancels, waits for the end, frees */

/** The next message; NULL: the stream has ended. Fails the test after ten seconds. */
Protos__ChaincodeMessage *fake_peer_take(fake_peer *peer);

void fake_peer_send(fake_peer *peer, Protos__ChaincodeMessage__Type type, const char *tx_id,
                    heddle_view payload);
void fake_peer_send_raw(fake_peer *peer, heddle_view bytes);

/** REGISTER (checked), REGISTERED, READY. */
void fake_peer_greet(fake_peer *peer, const char *chaincode_id);

/** A TRANSACTION (or INIT) with these arguments, the last one NULL. */
void fake_peer_invoke(fake_peer *peer, Protos__ChaincodeMessage__Type type, const char *tx_id,
                      const char *const *args);

/** Answer requests from `state` until a transaction ends; its last message. */
Protos__ChaincodeMessage *fake_peer_serve(fake_peer *peer);

/** Invoke, serve, and the response, which must be COMPLETED. */
Protos__Response *fake_peer_call(fake_peer *peer, const char *tx_id, const char *const *args);
#define FAKE_PEER_CALL(peer, tx_id, ...)                                                           \
    fake_peer_call((peer), (tx_id), (const char *const[]){__VA_ARGS__, NULL})

/** Whether the bytes are this text. */
bool fake_peer_is(ProtobufCBinaryData bytes, const char *text);

#endif
