/*
 * heddle doctor: what keeps the network of a context from being used, and what would put it
 * right.
 *
 * Vocabulary: a check looks at one subject (an identity, a peer, a channel, a chaincode) and
 * gives one finding: fine, a warning, a problem, or skipped since something before it was not
 * fine. A finding is a line. A problem that explains others comes before them.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/session.h"
#include "heddle/peer.h"
#include "wire/bundle.h"

typedef enum doctor_verdict {
    DOCTOR_FINE,
    DOCTOR_SKIPPED,
    DOCTOR_WARNING,
    DOCTOR_PROBLEM,
    DOCTOR_VERDICTS
} doctor_verdict;

/** A peer and how it was found. */
typedef struct doctor_peer {
    const cli_node *node;
    heddle_identity *asker; /* borrowed; NULL: the context has nobody of the organisation */
    heddle_peer *peer;      /* NULL: it cannot be asked */
    bool has_joined;        /* the channel */
    uint64_t height;        /* of the channel; 0: not known */
} doctor_peer;

typedef struct doctor {
    cli_session *session;
    const char *channel; /* NULL: none is named */
    const cli_org *orgs;
    size_t org_count;
    doctor_peer *peers; /* of all organisations */
    size_t peer_count;
    bool has_runtime;    /* of rpc, for looks at TLS servers */
    wire_bundle *bundle; /* the channel's configuration; NULL: not known */
    size_t counts[DOCTOR_VERDICTS];
    heddle_status output; /* why a finding could not be written */
    heddle_error output_error;
} doctor;

/** One finding. @p remedy may be NULL. */
void doctor_say(doctor *d, doctor_verdict verdict, const char *check, const char *subject,
                const char *remedy, const char *fmt, ...) HEDDLE_PRINTF(6, 7);
/** A problem of which the library says what it is. @p remedy NULL: the one of its class. */
void doctor_fail(doctor *d, const char *check, const char *subject, const char *remedy,
                 const heddle_error *why);
/** Fine, or how long a certificate still is: a warning in its last month, a problem after it. */
void doctor_expiry(doctor *d, const char *check, const char *subject, const char *remedy,
                   int64_t not_after_s);
/** How far another clock is from this one. */
void doctor_clock(doctor *d, const char *subject, int64_t theirs_s);

/* doctor_identity.c: who acts. */
void doctor_identities(doctor *d);
/* doctor_nodes.c: who answers, and with which certificate. */
HEDDLE_MUST_USE heddle_status doctor_nodes_open(doctor *d, heddle_error *err);
void doctor_nodes(doctor *d);
/** Ask a peer that could be reached, about the channel; the answer is in the session's memory. */
HEDDLE_MUST_USE heddle_status doctor_ask(doctor *d, const doctor_peer *peer,
                                         const heddle_question *question, heddle_view *out,
                                         heddle_error *err);
void doctor_authorities(doctor *d);
void doctor_nodes_close(doctor *d);
/* doctor_channel.c: whether the peers and the identities belong to the channel. */
void doctor_channel(doctor *d);
/* doctor_chaincode.c: what is defined, and whether it runs. */
void doctor_chaincodes(doctor *d);

#endif
