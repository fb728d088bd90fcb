/* The inside of the objects of heddle/transaction.h. */
#ifndef CLIENT_PROPOSAL_H
#define CLIENT_PROPOSAL_H

#include "base/arena.h"
#include "client/call.h"
#include "client/follower.h"
#include "client/identity.h"
#include "heddle/transaction.h"
#include "wire/gateway.h"

/** What a contract is bound to. */
typedef struct client_binding {
    heddle_gateway *gateway;
    heddle_identity *identity; /* NULL: signatures are set from outside */
} client_binding;

void client_binding_init(client_binding *binding, heddle_gateway *gateway,
                         heddle_identity *identity); /* takes references; of what it is now */
/** With an identity that may be replaced from call to call. */
void client_binding_follow(client_binding *binding, heddle_gateway *gateway,
                           heddle_identity *identity);
void client_binding_done(client_binding *binding);

/** A message and its signature, empty until it is set or made. */
typedef struct client_sealed {
    heddle_view message;
    uint8_t signature[HEDDLE_SIGNATURE_MAX];
    size_t signature_len;
} client_sealed;

/** Sign if there is no signature yet. */
HEDDLE_MUST_USE heddle_status client_seal(client_sealed *sealed, const heddle_identity *identity,
                                          heddle_error *err);
/** Keep a signature that the bytes of an object came with, as it is. */
void client_seal_keep(client_sealed *sealed, heddle_view signature);
/** Keep a signature made elsewhere, brought to low-S. E_BAD_ARGUMENT if it is none of the kind
 *  of key of @p creator, the bytes of a SerializedIdentity. */
HEDDLE_MUST_USE heddle_status client_seal_set(client_sealed *sealed, heddle_view creator,
                                              heddle_view signature, heddle_error *err);
/** By the hash of @p identity, SHA-256 if it is NULL. */
HEDDLE_MUST_USE heddle_status client_seal_digest(const client_sealed *sealed,
                                                 const heddle_identity *identity, uint8_t *out,
                                                 size_t *out_len, heddle_error *err);
wire_signed_message client_sealed_view(const client_sealed *sealed);

/** Give the content of @p buf to a caller, with a NUL behind it. Takes it on success. */
HEDDLE_MUST_USE heddle_status client_bytes_give(base_buffer *buf, heddle_bytes *out,
                                                heddle_error *err);

/** The transaction is on the ledger: want of memory for the copy must not turn that into a
 *  failure. The result is then empty, without data. */
void client_outcome_copy(const heddle_outcome *from, heddle_outcome *to);

struct heddle_contract {
    _Atomic int refs;
    client_binding binding;
    char *channel;
    char *chaincode;
    char *prefix; /* "Contract:" before each function's name, or "" */
};

/** E_BAD_ARGUMENT or E_TOO_LARGE, if the request cannot be one. */
HEDDLE_MUST_USE heddle_status client_request_check(const heddle_request *request,
                                                   heddle_error *err);
/** A copy of @p given, checked, with all that it points to, in @p arena. */
HEDDLE_MUST_USE heddle_status client_request_copy(const heddle_request *given, base_arena *arena,
                                                  heddle_request *out, heddle_error *err);
/** Function and arguments in the order in which the chaincode gets them; the array is in
 *  @p arena, the arguments are borrowed from @p request. */
HEDDLE_MUST_USE heddle_status client_request_args(const heddle_contract *contract,
                                                  const heddle_request *request, base_arena *arena,
                                                  const heddle_view **out, size_t *out_count,
                                                  heddle_error *err);
/** As heddle_proposal_new(), with a nonce that the caller has chosen. */
HEDDLE_MUST_USE heddle_status client_proposal_new(heddle_contract *contract,
                                                  const heddle_request *request, heddle_view nonce,
                                                  heddle_proposal **out, heddle_error *err);

struct heddle_proposal {
    client_binding binding;
    base_arena *arena; /* holds all that follows */
    char tx_id[65];
    heddle_view channel;
    heddle_view creator;
    client_sealed sealed; /* protos.Proposal */
    heddle_view *orgs;
    size_t org_count;
};

/** The request of Evaluate or Endorse, appended to @p out. Signs. */
HEDDLE_MUST_USE heddle_status client_proposal_request(heddle_proposal *proposal, base_buffer *out,
                                                      heddle_error *err);

struct heddle_transaction {
    client_binding binding;
    rpc_bytes *held; /* the bytes that the views below borrow */
    char tx_id[65];
    heddle_view channel;
    heddle_view creator;
    heddle_view result;
    client_sealed sealed; /* common.Payload */
    bool may_be_known;    /* it was sent, here or maybe elsewhere */
};

/** From the answer to Endorse of the transaction @p tx_id. Takes a reference to @p response. */
HEDDLE_MUST_USE heddle_status client_transaction_new(const client_binding *binding,
                                                     rpc_bytes *response, const char *tx_id,
                                                     heddle_transaction **out, heddle_error *err);
HEDDLE_MUST_USE heddle_status client_transaction_request(heddle_transaction *transaction,
                                                         base_buffer *out, heddle_error *err);

struct heddle_commit {
    client_binding binding;
    base_buffer request; /* gateway.CommitStatusRequest */
    char tx_id[65];
    heddle_view creator;  /* in `request` */
    client_sealed sealed; /* the same bytes */
    client_watch *watch;  /* NULL: the gateway has to be asked */
};

HEDDLE_MUST_USE heddle_status client_commit_make(const client_binding *binding, heddle_view channel,
                                                 const char *tx_id, heddle_view creator,
                                                 heddle_commit **out, heddle_error *err);
/** Before @p transaction is sent: let its block be waited for, if that can be. */
void client_commit_follow(heddle_commit *commit, heddle_transaction *transaction);
/** One of its own, with what is needed to ask. */
HEDDLE_MUST_USE heddle_status client_commit_copy(const heddle_commit *commit, heddle_commit **out,
                                                 heddle_error *err);
HEDDLE_MUST_USE heddle_status client_commit_request_write(heddle_commit *commit, base_buffer *out,
                                                          heddle_error *err);
HEDDLE_MUST_USE heddle_status client_commit_answer(const char tx_id[65], heddle_view response,
                                                   heddle_commit_status *out, heddle_error *err);

/** E_TX_INVALID, completely filled, of a code that is not VALID. */
heddle_status client_commit_invalid(const heddle_commit_status *judged, heddle_error *err);

/** A shape's message appended, with lack of memory told. */
HEDDLE_MUST_USE heddle_status client_write(const wire_shape *shape, const void *in,
                                           base_buffer *out, heddle_error *err);

/** Copy a transaction id; E_DECODE unless it is 1 to 64 printable characters. */
HEDDLE_MUST_USE heddle_status client_tx_id_copy(heddle_view tx_id, char out[65], heddle_error *err);

BASE_AUTO_DEFINE(heddle_proposal, heddle_proposal *, heddle_proposal_free)
BASE_AUTO_DEFINE(heddle_transaction, heddle_transaction *, heddle_transaction_free)
BASE_AUTO_DEFINE(heddle_commit, heddle_commit *, heddle_commit_free)

#endif
