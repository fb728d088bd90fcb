/*
 * Transactions that take too long where they cannot be killed: they are logged and counted. It
 * stands before what runs them.
 */
#ifndef CC_WATCH_H
#define CC_WATCH_H

#include "chaincode/stub.h"
#include "h2/loop.h"

typedef struct cc_watch cc_watch;

HEDDLE_MUST_USE heddle_status cc_watch_new(uint64_t timeout_ms, cc_execute *inner,
                                           const void *inner_user, cc_watch **out,
                                           heddle_error *err);
/** From now on, until the loop's end. Once. */
void cc_watch_begin(cc_watch *watch, h2_loop *loop);
/** The loop has ended. NULL is fine. */
void cc_watch_free(cc_watch *watch);

/** @p user is the cc_watch. */
cc_execute cc_watch_execute;

/** Transactions that were too long, also those that still run. Any thread. */
uint64_t cc_watch_overdue(cc_watch *watch);

#endif
