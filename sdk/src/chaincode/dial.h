/*
 * The classic way, and a peer's development mode: this side opens the connection to the peer,
 * and keeps it open.
 */
#ifndef CC_DIAL_H
#define CC_DIAL_H

#include "chaincode/peer.h"

typedef struct cc_dial cc_dial;

typedef struct cc_dial_options {
    const char *address;
    crypto_tls_context *tls; /* a reference is taken; NULL: without TLS */
    const char *server_name; /* NULL: the host of `address` */
    bool reconnect;          /* whenever the connection fails or is lost */
    cc_peers *peers;
    h2_loop *loop;
    /** It gave up, because of @p why. Once at most, on a thread of its own. */
    void (*on_given_up)(void *user, const heddle_error *why);
    void *user;
} cc_dial_options;

/** Connect from now on; the strings are copied. */
HEDDLE_MUST_USE heddle_status cc_dial_start(const cc_dial_options *options, cc_dial **out,
                                            heddle_error *err);

/** Connect no more; the stream that there is stays. Any thread. */
void cc_dial_rest(cc_dial *dial);

/** Rest, close the connection and wait for that. NULL is fine. */
void cc_dial_stop(cc_dial *dial);

#endif
