/*
 * A gateway in the test's process between a client and fakes: peers and orderers on real gRPC
 * that answer as the test tells them, and keep what they were sent.
 *
 * The channel's configuration is a recorded config block, so the identities of
 * tests/fixtures/crypto-config are members. The gateway is of Org1MSP; peers are named by
 * number, and a peer's organisation is that of its row.
 */
#ifndef GATEWAY_BED_H
#define GATEWAY_BED_H

#include <check.h>
#include <pthread.h>

#include "base/arena.h"
#include "crypto/key.h"
#include "gateway/gateway.h"
#include "rpc/call.h"
#include "rpc/latch.h"
#include "rpc/server.h"
#include "rpc/stream.h"

enum { BED_PEERS = 4, BED_ORDERERS = 4, BED_LAYOUTS = 4, BED_STREAMS = 32 };

/** How a peer answers a proposal to the chaincode "basic". */
typedef struct bed_answer {
    int rpc_code;     /* not OK: no response */
    bool is_silent;   /* no answer at all */
    int32_t status;   /* 0: 200 */
    const char *text; /* message of the response, or of the status */
    const char *result;
    const char *write;    /* what the read-write set holds; peers must agree on it */
    bool without_payload; /* as the peer itself answers, not the chaincode */
} bed_answer;

typedef struct bed_peer {
    struct bed *bed;
    rpc_server *server;
    uint16_t port;
    char endpoint[32];
    const char *mspid;
    bool is_absent;   /* discovery does not know it */
    bool lacks_basic; /* the chaincode is not installed */
    uint64_t height;  /* as discovery tells */
    bed_answer answer;
    int proposals;        /* to "basic" */
    base_buffer proposal; /* the last one */
    int ledger_queries;
    int discoveries;
    rpc_server_call *streams[BED_STREAMS]; /* DeliverFiltered */
    size_t stream_count;
    uint64_t dies_at; /* its full block streams end before this block; 0: never */
    int full_streams; /* Deliver */
} bed_peer;

typedef struct bed_orderer {
    struct bed *bed;
    rpc_server *server;
    uint16_t port;
    int32_t status; /* 0: SUCCESS */
    const char *info;
    bool is_silent;
    int refuses_after; /* so many successes, then `status`; 0: always `status` */
    int envelopes;
    int streams;
    base_buffer envelope; /* the last one */
} bed_orderer;

typedef struct bed {
    pthread_mutex_t lock; /* guards what fakes and test share */
    bed_peer peers[BED_PEERS];
    size_t peer_count;
    bed_orderer orderers[BED_ORDERERS];
    size_t orderer_count;
    bool is_listening;
    uint64_t height; /* of the ledger: the next block */
    bool is_quiet;   /* a block stream does not begin with the newest block */

    /* Endorsers by organisation, "Org1MSP" and "Org2MSP": quantities of each layout. */
    uint32_t layouts[BED_LAYOUTS][2];
    size_t layout_count;
    bool needs_private_reads_waived; /* cautious interests have no layout */
    base_buffer interest;            /* of every endorsement; empty: none */
    bool has_config;                 /* false: peers refuse the channel */
    bool is_bft;

    /* What qscc knows: one transaction. */
    base_buffer ledger_block;

    char *dir;
    unsigned listen_port;  /* of the gateway; 0: any */
    const char *more_conf; /* lines added to the gateway's file */
    gw_gateway *gw;
    rpc_channel *client;
    base_arena *arena;      /* of the test's thread */
    base_arena *fake_arena; /* of the fakes, under the lock */
    crypto_key *key;        /* of User1@org1 */
    heddle_view identity;   /* SerializedIdentity of it */
} bed;

/** Peers 0 and 1 of Org1MSP, 2 and 3 of Org2MSP, as many as @p peers; start nothing yet. */
bed *bed_new(size_t peers, size_t orderers);
/** The fakes alone: their endpoints are known from here on. */
void bed_listen(bed *b);
/** What the gateway is started with. */
conf_snapshot *bed_conf(bed *b);
/** Fakes and gateway. */
void bed_start(bed *b);
void bed_free(bed *b);

void bed_peer_stop(bed *b, size_t peer);
void bed_peer_restart(bed *b, size_t peer);
void bed_orderer_stop(bed *b, size_t orderer);
/** What a fake counts, read under the lock: bed_count(b, &b->peers[0].proposals). */
int bed_count(bed *b, const int *counter);
int bed_proposals(bed *b, size_t peer);

/** A block with one transaction on every filtered stream; "" for none. */
void bed_commit(bed *b, const char *tx_id, int32_t code);
/** Wait until the gateway follows the blocks. */
void bed_await_stream(bed *b);

/** What a call came to. */
typedef struct bed_outcome {
    rpc_latch latch;
    int code;
    char message[1024];
    rpc_bytes *response;
    base_buffer details;
} bed_outcome;

void bed_call_start(bed *b, const char *method, heddle_view request, uint64_t timeout_ms,
                    bed_outcome *out);
void bed_wait(bed_outcome *out);
void bed_call(bed *b, const char *method, heddle_view request, bed_outcome *out);
void bed_outcome_done(bed_outcome *out);
/** "address|MSP|message" of detail @p index; "" when there is none. */
const char *bed_detail(bed *b, const bed_outcome *out, size_t index);

/** Requests of User1; views live as long as the bed. */
typedef struct bed_proposal {
    heddle_view signed_proposal;
    char tx_id[65];
} bed_proposal;
bed_proposal bed_propose(bed *b, const char *channel, const char *chaincode, bool is_transient);
/** EndorseRequest or EvaluateRequest; @p orgs ends with NULL, or is NULL. */
heddle_view bed_proposal_request(bed *b, const bed_proposal *proposal, const char *const *orgs);
heddle_view bed_submit_request(bed *b, const char *channel, heddle_view envelope);
heddle_view bed_envelope(bed *b, const char *payload, const char *signature);
heddle_view bed_status_request(bed *b, const char *channel, const char *tx_id, bool bad_signature);
heddle_view bed_signed(bed *b, heddle_view message, bool bad_signature);

/* Messages written by hand, so that nothing under test writes them. */
void pb_bytes(base_buffer *out, unsigned field, heddle_view bytes);
void pb_text(base_buffer *out, unsigned field, const char *text);
void pb_number(base_buffer *out, unsigned field, uint64_t number);

#endif
