/*
 * A client of a network's nodes for tests: proposals, endorsements, transactions, and what
 * became of them. Everything fails the test when it goes wrong; memory is in the arena given.
 *
 * A test that uses it lists tests/support/proposer.c and stream_client.c in its SOURCES.
 */
#ifndef SUPPORT_PROPOSER_H
#define SUPPORT_PROPOSER_H

#include "devnet/devnet.h"
#include "devnet/material/signer.h"
#include "rpc/channel.h"
#include "wire/block.h"
#include "wire/transaction.h"

enum { PROPOSER_ARGS = 8 };

/** What is proposed, by whom. */
typedef struct proposer_request {
    const dn_signer *signer;
    const char *channel; /* NULL: "mychannel"; "": none */
    const char *nonce;   /* with the signer it makes the transaction's id; NULL: a new one */
    const char *chaincode;
    const char *args[PROPOSER_ARGS];
    heddle_view last; /* bytes of one more argument; NULL data: none */
    bool is_init;
} proposer_request;

typedef struct proposed {
    const dn_signer *signer;
    heddle_view signed_bytes;
    wire_proposal proposal;
    char tx_id[WIRE_TX_ID_SIZE];
} proposed;

proposed proposer_propose(const proposer_request *request, base_arena *arena);
/** Yours to close. */
rpc_channel *proposer_connect(const dn_endpoint *node);
wire_proposal_response proposer_endorse(rpc_channel *peer, const proposed *p, base_arena *arena);
/** The signed envelope of the transaction. */
heddle_view proposer_assemble(const proposed *p, const wire_proposal_response *responses,
                              size_t count, base_arena *arena);
/** Have envelopes ordered, in this order. */
void proposer_order(const dn_endpoint *orderer, const heddle_view *envelopes, size_t count,
                    base_arena *arena);

/** A signed request for blocks from @p first to @p last, both with it. */
heddle_view proposer_seek(const dn_signer *signer, uint64_t first, uint64_t last,
                          base_arena *arena);
heddle_view proposer_seek_on(const char *channel, const dn_signer *signer, uint64_t first,
                             uint64_t last, base_arena *arena);
/** Wait until the transaction is on the peer's ledger: its code, and where it is. */
int proposer_code(const dn_endpoint *peer, const dn_signer *signer, const char *tx_id,
                  base_arena *arena, uint64_t *out_block);
int proposer_code_on(const char *channel, const dn_endpoint *peer, const dn_signer *signer,
                     const char *tx_id, base_arena *arena, uint64_t *out_block);

#endif
