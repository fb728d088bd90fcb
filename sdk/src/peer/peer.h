/* The handle behind heddle_peer: a gateway handle on one address, of which other methods than
 * those of a gateway are asked. */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include "client/call.h"
#include "heddle/peer.h"

struct heddle_peer {
    heddle_gateway *gateway;
    char *address;
    heddle_identity *identity; /* may be NULL */
};

/** Exactly once, on a reactor. @p response is borrowed, NULL on failure; @p err, filled on
 *  failure, begins with the peer's address. */
typedef void peer_reply_fn(rpc_bytes *response, heddle_error *err, void *user);

/** A unary method that is called at a peer. */
typedef struct peer_call {
    const char *method;                 /* "/package.Service/Method"; static */
    const heddle_call_options *options; /* may be NULL */
    peer_reply_fn *fn;
    void *user;
} peer_call;

/** Start it with the bytes of @p request (taken and emptied). On HEDDLE_OK `fn` runs later,
 *  otherwise never. */
HEDDLE_MUST_USE heddle_status peer_call_start(heddle_peer *peer, const peer_call *call,
                                              base_buffer *request, heddle_call **out_call,
                                              heddle_error *err);

/** Put the peer's address before the message, unless the message has it. */
void peer_error_name(const heddle_peer *peer, heddle_error *err);

/** @p given, or whom the peer was opened with; E_BAD_ARGUMENT if that is nobody who signs. */
HEDDLE_MUST_USE heddle_status peer_choose_identity(const heddle_peer *peer, heddle_identity *given,
                                                   heddle_identity **out, heddle_error *err);

/** The bytes of the protos.SignedProposal that asks @p question, appended to @p out; @p peer
 *  says who signs. */
HEDDLE_MUST_USE heddle_status peer_question_sign(const heddle_peer *peer,
                                                 const heddle_question *question, base_buffer *out,
                                                 heddle_error *err);

BASE_AUTO_DEFINE(heddle_peer, heddle_peer *, heddle_peer_close)

#endif
