/* The request of a Deliver stream: checked, and turned into block numbers. */
#ifndef DEVNET_SEEK_H
#define DEVNET_SEEK_H

#include <stdbool.h>

#include "devnet/deliver/deliver.h"

/** Borrows the envelope it was made from. */
typedef struct dn_seek {
    dn_deliver_source source;
    uint64_t next;   /* number of the block to send next */
    uint64_t stop;   /* the last one */
    bool is_missing; /* the start is no place in the chain: the answer is NOT_FOUND */
    bool fail_if_not_ready;
    bool headers_only;
    heddle_view creator;
    heddle_view payload; /* what the creator signed, to be judged again */
    heddle_view signature;
    int64_t not_after_s; /* when the creator's certificate ends */
    uint64_t sequence;   /* of the configuration under which it was found in order */
} dn_seek;

/**
 * Check the envelope as Fabric does: headers, time, TLS binding, channel, expiry, signature
 * and policy. @p client_cert: PEM, empty if there is none. Gives a common.Status: SUCCESS
 * and *out, whose source the caller releases, or a refusal and its reason in @p err.
 */
int dn_seek_open(const dn_deliver_options *options, heddle_view envelope, heddle_view client_cert,
                 dn_seek *out, heddle_error *err);

/** SUCCESS, or FORBIDDEN once the creator's certificate has ended, or the channel has a
 *  configuration under which it may read no more. */
int dn_seek_check(const dn_deliver_options *options, dn_seek *seek, heddle_error *err);

#endif
