/*
 * A link whose peer is the test: what the chaincode sends is taken message by message, what the
 * peer says is received by the test's thread.
 */
#ifndef FAKE_LINK_H
#define FAKE_LINK_H

#include <check.h>
#include <pthread.h>

#include "base/view.h"
#include "chaincode/link.h"
#include "peer/chaincode_shim.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "wire/codec.h"

#define FAKE_TYPE(name)    PROTOS__CHAINCODE_MESSAGE__TYPE__##name
#define ck_assert_ok(call) ck_assert_int_eq((call), HEDDLE_OK)

typedef struct fake_link {
    cc_host host;
    cc_link *link;
    base_arena *arena;
    heddle_cc_contract contract;
    const heddle_cc_contract *contracts[1];
    heddle_cc_chaincode chaincode;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    base_blob **inbox;
    size_t received;
    size_t taken;
    size_t cap;
    unsigned steps;
    unsigned closed;
    char why[256];
    bool refuses; /* to send */
    size_t most;  /* bytes of a message that can be sent; 0: any */
    bool released;
} fake_link;

/** Threads are started: call it in a checked fixture. @p function runs for every name. */
void fake_link_open(fake_link *peer, heddle_cc_function *function, unsigned workers,
                    unsigned queue_limit);
void fake_link_close(fake_link *peer);
/** A new link in place of the old one, after a change of `host`. */
void fake_link_relink(fake_link *peer);

/** REGISTER is taken, REGISTERED and READY are sent. */
void fake_link_greet(fake_link *peer, heddle_view ready);

/** The next message of the chaincode; fails the test after ten seconds. */
Protos__ChaincodeMessage *fake_link_take(fake_link *peer);
/** The same, which must be of that type. */
Protos__ChaincodeMessage *fake_link_expect(fake_link *peer, int type);
/** How many were sent and not yet taken. */
size_t fake_link_waiting(fake_link *peer);

void fake_link_send(fake_link *peer, int type, const char *tx_id, heddle_view payload);
void fake_link_send_raw(fake_link *peer, heddle_view bytes);
/** A TRANSACTION with these arguments, the last one NULL. */
void fake_link_start(fake_link *peer, const char *tx_id, const char *const *args);
#define FAKE_LINK_START(peer, tx_id, ...)                                                          \
    fake_link_start((peer), (tx_id), (const char *const[]){__VA_ARGS__, NULL})

/** COMPLETED is taken; its response. */
Protos__Response *fake_link_completed(fake_link *peer, const char *tx_id);

/** For functions: one step further. For the test: wait until @p steps are done. */
void fake_link_step(fake_link *peer);
void fake_link_reach(fake_link *peer, unsigned steps);

#endif
