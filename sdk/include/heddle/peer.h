/*
 * One peer, asked by its address: a query of a chaincode that runs at exactly this endorser,
 * in a channel or, for the peer's own business (what is installed, which channels it has
 * joined), in none. And the same question to several peers that must agree.
 *
 *     heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
 *     options.target = "peer0.org1.example.com:7051";
 *     options.tls_roots_file = "tlsca.org1.example.com-cert.pem";
 *     heddle_peer_open(&options, admin, &peer, &err);
 *     heddle_question channels = HEDDLE_QUESTION("cscc", "GetChannels");
 *     heddle_peer_ask(peer, &channels, NULL, &answer, NULL, &err);
 *
 * Nothing that is asked in this way gets to the ledger.
 *
 * Blocking: functions that wait for the network say so, and refuse to inside a callback of the
 *     library. The time limit of a question is that for evaluating.
 * Threads: any, at once. Callbacks run on threads of the library and must not block.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL, which begins with the
 *     peer's address; outputs are untouched on failure. What a peer or its chaincode refused is
 *     HEDDLE_E_REFUSED, with the number and the message it gave; the whole of a long message
 *     is in the details of the call, if it was given any.
 */
#ifndef HEDDLE_PEER_H
#define HEDDLE_PEER_H

#include "heddle/contract.h"
#include "heddle/ledger.h"

HEDDLE_BEGIN_DECLS

/** One peer, as one identity asks it. */
typedef struct heddle_peer heddle_peer;

/**
 * Make a connection to the peer at `target`, lazily. Of the options those of the connection
 * count, and `evaluate_timeout_ms`. Not inside a callback of the library.
 *
 * @param identity  referenced: asks where a question names nobody else; may be NULL
 * @param out       yours to heddle_peer_close()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_open(const heddle_gateway_options *options,
                                                          heddle_identity *identity,
                                                          heddle_peer **out, heddle_error *err);
/** Cancel the questions under way, wait for their callbacks, and disconnect. Not inside a
 *  callback of the library. NULL is fine. */
HEDDLE_API void heddle_peer_close(heddle_peer *peer);
/** "host:port", as it was opened; lives as the peer. */
HEDDLE_API const char *heddle_peer_address(const heddle_peer *peer);
/** Connect with other certificates from the next question on; see
 *  heddle_gateway_reload_tls(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_reload_tls(heddle_peer *peer,
                                                                const heddle_tls_material *material,
                                                                heddle_error *err);

/** What is asked. Start with HEDDLE_QUESTION(chaincode, function). Everything is borrowed for
 *  the time of the function that gets it. */
typedef struct heddle_question {
    size_t size;
    const char *channel; /* NULL or "": none */
    const char *chaincode;
    const char *function;
    const heddle_view *args;  /* or, if this is NULL, … */
    const char *const *texts; /* … these strings */
    size_t arg_count;
    const heddle_transient *transient;
    size_t transient_count;
    heddle_identity *identity; /* who asks; NULL: whom the peer was opened with */
} heddle_question;

#ifdef __cplusplus
static inline heddle_question heddle_question_init(const char *chaincode, const char *function)
{
    heddle_question question = {};
    question.size = sizeof(question);
    question.chaincode = chaincode;
    question.function = function;
    return question;
}
#define HEDDLE_QUESTION(cc, name) heddle_question_init(cc, name)
#else
#define HEDDLE_QUESTION(cc, name)                                                                  \
    {                                                                                              \
        .size = sizeof(heddle_question), .chaincode = (cc), .function = (name)                     \
    }
#endif

/**
 * Ask, and wait for the answer. Blocks. @p options may be NULL.
 *
 * @param out_payload   what the function answered, yours to heddle_bytes_done(); may be NULL
 * @param out_response  the peer's whole protos.ProposalResponse, with its endorsement; likewise
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_ask(
    heddle_peer *peer, const heddle_question *question, const heddle_call_options *options,
    heddle_bytes *out_payload, heddle_bytes *out_response, heddle_error *err);

/** Both views are borrowed, and empty on failure; @p err is NULL on success. */
typedef void heddle_peer_answer_fn(heddle_view payload, heddle_view response,
                                   const heddle_error *err, void *user);

/** The same without waiting: on HEDDLE_OK @p fn runs exactly once, later; otherwise never.
 *  @p out_call (may be NULL) gets a reference for heddle_call_cancel(). */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_peer_ask_start(
    heddle_peer *peer, const heddle_question *question, const heddle_call_options *options,
    heddle_peer_answer_fn *fn, void *user, heddle_call **out_call, heddle_error *err);

HEDDLE_END_DECLS

#endif
