/* Commits learned from a stream of filtered blocks, in place of a call for each. */
#ifndef CLIENT_FOLLOWER_H
#define CLIENT_FOLLOWER_H

#include <pthread.h>

#include "client/call.h"
#include "heddle/transaction.h"

/** The streams of a gateway; embedded in it. */
typedef struct client_followers {
    pthread_mutex_t lock; /* guards the list */
    base_list list;
    size_t count;
    uint32_t idle_ms; /* a stream is closed when nothing has waited for so long; 0: following is
                         off. Set before the first use */
} client_followers;

void client_followers_init(client_followers *followers);
void client_followers_done(client_followers *followers); /* no stream runs */

/** What became of one transaction; counted. */
typedef struct client_watch client_watch;

/** See to it that the stream is open soon: transactions that are sent later may be followed. */
void client_follow_open(heddle_gateway *gateway, heddle_identity *identity, heddle_view channel);

/** Before the transaction @p tx_id is sent for the first time. NULL: its status is to be asked
 *  for, as nothing can be promised of the stream. */
client_watch *client_follow(heddle_gateway *gateway, heddle_identity *identity, heddle_view channel,
                            const char *tx_id);
client_watch *client_watch_ref(client_watch *watch);
void client_watch_unref(client_watch *watch); /* NULL is fine */

/** One of the first two is there, or none: then the gateway has to be asked, within left_ms. */
typedef struct client_watched {
    const heddle_commit_status *judged;
    heddle_error *err; /* completely filled */
    uint32_t left_ms;
} client_watched;

/** As client_resume_fn. May give up the watch. */
typedef void client_watched_fn(heddle_call *call, const client_watched *watched, void *user);

/**
 * As a step of @p call, within the limit of the stage and @p limit_ms (0: only that). The
 * caller keeps a reference to @p watch until @p fn runs. False: @p fn does not run, the
 * gateway has to be asked; also if @p watch is NULL or another call waits for it.
 */
bool client_watch_wait(client_watch *watch, heddle_call *call, uint32_t limit_ms,
                       client_watched_fn *fn, void *user);

#endif
