/*
 * The streams that peers have with this chaincode, whoever opened them, and their links.
 *
 * A stream and its link are one object; the link's references keep it, so that a worker may
 * still send when the stream is long over (and is told so).
 */
#ifndef CC_PEER_H
#define CC_PEER_H

#include <pthread.h>

#include "chaincode/link.h"
#include "h2/client.h"
#include "h2/server.h"

/** What may wait for a peer that does not read: room for some of the largest messages. */
enum { CC_QUEUED_BYTES = 5 * H2_MAX_MESSAGE };

/** All of a server. */
typedef struct cc_peers {
    const cc_host *host;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    base_list list;
    bool ending; /* whoever comes now is sent away */
} cc_peers;

void cc_peers_init(cc_peers *peers, const cc_host *host);
void cc_peers_done(cc_peers *peers); /* no stream is left */

/** How many there are, and how many of them are READY. Any thread. */
void cc_peers_count(cc_peers *peers, unsigned *out_all, unsigned *out_ready);

/** Wake what waits for a peer's answer, and let no transaction begin. Any thread. */
void cc_peers_lose(cc_peers *peers);

/**
 * End every stream, after what is queued on it, and wait until all are over; false: some are
 * not after @p timeout_ms. Not on the loop.
 */
bool cc_peers_end(cc_peers *peers, uint64_t timeout_ms);

/** A peer has opened a stream; @p user is the cc_peers. On the loop. */
h2_handler_fn cc_peer_accept;

/** How a stream to a peer came to its end; guarded by the lock of cc_peers. */
typedef struct cc_peer_end {
    bool over; /* then the rest is filled in, and `changed` is signalled */
    bool was_ready;
    int code;
    char why[HEDDLE_ERROR_MESSAGE_SIZE];
} cc_peer_end;

/** Open a stream to a peer, and register. On HEDDLE_OK *out lives until it is over. */
HEDDLE_MUST_USE heddle_status cc_peer_dial(cc_peers *peers, h2_client *client, cc_peer_end *out,
                                           heddle_error *err);

#endif
