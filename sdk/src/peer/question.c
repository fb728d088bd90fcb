/* One question to one peer: a proposal that is signed, processed and not ordered. */
#include "base/clock.h"
#include "base/fail.h"
#include "client/details.h"
#include "client/identity.h"
#include "client/proposal.h"
#include "client/steps.h"
#include "crypto/digest.h"
#include "peer/peer.h"
#include "wire/proposal.h"
#include "wire/services.h"
#include "wire/transaction.h"

enum { LEAST_FAILURE = 400 };

/* A package to be installed, once in each layer of the message. */
#define QUESTION_LIMIT ((size_t)1 << 30)

static heddle_status fill_args(const heddle_question *question, base_arena *arena,
                               wire_proposal_draft *draft, heddle_error *err)
{
    heddle_view *args = base_arena_zalloc(arena, question->arg_count + 1, sizeof(*args));
    if (!args)
        return base_arena_fail(arena, err, "arguments");
    args[0] = heddle_view_str(question->function);
    for (size_t i = 0; i < question->arg_count; i++)
        args[i + 1] = question->args ? question->args[i] : heddle_view_str(question->texts[i]);
    draft->args = args;
    draft->arg_count = question->arg_count + 1;
    return HEDDLE_OK;
}

static heddle_status fill_transient(const heddle_question *question, base_arena *arena,
                                    wire_proposal_draft *draft, heddle_error *err)
{
    size_t count = question->transient_count;
    wire_transient *entries = base_arena_zalloc(arena, count + 1, sizeof(*entries));
    if (!entries)
        return base_arena_fail(arena, err, "transient data");
    for (size_t i = 0; i < count; i++)
        entries[i] = (wire_transient){.name = heddle_view_str(question->transient[i].name),
                                      .value = question->transient[i].value};
    draft->transient = entries;
    draft->transient_count = count;
    return HEDDLE_OK;
}

/* As a request of a contract, of which the rules are the same. */
static heddle_status check(const heddle_question *question, heddle_error *err)
{
    heddle_request request = HEDDLE_REQUEST(question->function);
    request.args = question->args;
    request.texts = question->texts;
    request.arg_count = question->arg_count;
    request.transient = question->transient;
    request.transient_count = question->transient_count;
    if (!question->chaincode || !*question->chaincode)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "question: the chaincode's name is empty");
    return client_request_check(&request, err);
}

static heddle_status sign(const heddle_question *question, const heddle_identity *given,
                          base_arena *arena, heddle_view *out, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *identity = client_identity_hold(given);
    uint8_t nonce[WIRE_NONCE_LEN];
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view proposal;
    crypto_signature signature;
    if (crypto_nonce(nonce, sizeof(nonce)))
        return base_fail_memory(err, "nonce of a proposal");
    wire_proposal_draft draft = {
        .channel = heddle_view_str(question->channel ? question->channel : ""),
        .chaincode = heddle_view_str(question->chaincode),
        .creator = client_identity_creator(identity),
        .nonce = heddle_view_of(nonce, sizeof(nonce)),
        .time = base_wall_now(),
    };
    BASE_TRY(fill_args(question, arena, &draft, err));
    BASE_TRY(fill_transient(question, arena, &draft, err));
    BASE_TRY(wire_proposal_write(&draft, arena, &proposal, tx_id, err));
    BASE_TRY(client_identity_sign(identity, proposal, &signature, err));
    return wire_signed_proposal_write(proposal, crypto_signature_view(&signature), arena, out, err);
}

heddle_status peer_question_sign(const heddle_peer *peer, const heddle_question *question,
                                 base_buffer *out, heddle_error *err)
{
    heddle_identity *identity;
    heddle_view bytes;
    BASE_TRY(check(question, err));
    BASE_TRY(peer_choose_identity(peer, question->identity, &identity, err));
    base_auto(arena) base_arena *arena = base_arena_new(QUESTION_LIMIT);
    if (!arena)
        return base_fail_memory(err, "question");
    BASE_TRY(sign(question, identity, arena, &bytes, err));
    if (base_buffer_append(out, bytes))
        return base_fail_memory(err, "question");
    return HEDDLE_OK;
}

/* A question under way. */
typedef struct asking {
    heddle_peer *peer;
    heddle_details *details; /* the caller's; may be NULL */
    char *subject;           /* "chaincode.function" */
    heddle_peer_answer_fn *fn;
    void *user;
} asking;

static void asking_free(asking *a)
{
    base_free(a->subject);
    base_free(a);
}

static asking *asking_new(heddle_peer *peer, const heddle_question *question)
{
    asking *a = base_calloc(1, sizeof(*a));
    base_auto_buffer base_buffer subject = {0};
    if (a &&
        base_buffer_printf(&subject, "%s.%s", question->chaincode, question->function) == HEDDLE_OK)
        a->subject = base_strdup_view(base_buffer_view(&subject));
    if (a && !a->subject) {
        asking_free(a);
        return NULL;
    }
    if (a)
        a->peer = peer;
    return a;
}

static heddle_status refused(const asking *a, const wire_proposal_response *response,
                             heddle_error *err)
{
    base_fail(err, HEDDLE_E_REFUSED, "%s: %s: status %d: %.*s", a->peer->address, a->subject,
              (int)response->status, BASE_VIEW_ARG(response->message));
    client_details_say(a->details, a->peer->address, "", response->message);
    return HEDDLE_E_REFUSED;
}

static heddle_status read_answer(const asking *a, rpc_bytes *bytes, heddle_view *out,
                                 heddle_error *err)
{
    wire_proposal_response response = {0};
    heddle_status status = wire_proposal_response_read(rpc_bytes_view(bytes), &response, err);
    if (status == HEDDLE_OK && !response.has_response)
        status = base_fail(err, HEDDLE_E_DECODE, "%s: the answer is empty", a->subject);
    if (status == HEDDLE_OK && response.status >= LEAST_FAILURE)
        status = refused(a, &response, err);
    if (status) {
        peer_error_name(a->peer, err);
        client_error_place(err, HEDDLE_STAGE_EVALUATE, NULL);
        return status;
    }
    *out = response.result;
    return HEDDLE_OK;
}

/* A peer that does not get as far as the chaincode ends the call with its reason. */
static void judge_failure(const asking *a, heddle_error *err)
{
    if (err->grpc_code != RPC_UNKNOWN)
        return;
    err->status = HEDDLE_E_REFUSED;
    if (a->details && heddle_details_count(a->details) == 0)
        client_details_say(a->details, a->peer->address, "", heddle_view_str(err->message));
}

static void on_answer(rpc_bytes *response, heddle_error *err, void *user)
{
    asking *a = user;
    heddle_error bad;
    heddle_view payload = {0};
    if (err)
        judge_failure(a, err);
    else if (read_answer(a, response, &payload, &bad))
        err = &bad;
    a->fn(err ? heddle_view_of(NULL, 0) : payload,
          err ? heddle_view_of(NULL, 0) : rpc_bytes_view(response), err, a->user);
    asking_free(a);
}

heddle_status heddle_peer_ask_start(heddle_peer *peer, const heddle_question *given,
                                    const heddle_call_options *options, heddle_peer_answer_fn *fn,
                                    void *user, heddle_call **out_call, heddle_error *err)
{
    heddle_question question = {0};
    heddle_call_options chosen = {0};
    base_auto_buffer base_buffer request = {0};
    BASE_TRY(client_options_copy(&question, sizeof(question), given, "HEDDLE_QUESTION", err));
    BASE_TRY(client_options_copy(&chosen, sizeof(chosen), options, "HEDDLE_CALL_OPTIONS", err));
    BASE_TRY(peer_question_sign(peer, &question, &request, err));
    asking *a = asking_new(peer, &question);
    if (!a)
        return base_fail_memory(err, "question");
    a->details = chosen.details;
    a->fn = fn;
    a->user = user;
    peer_call call = {
        .method = WIRE_ENDORSER_PROCESS_PROPOSAL, .options = options, .fn = on_answer, .user = a};
    heddle_status status = peer_call_start(peer, &call, &request, out_call, err);
    if (status)
        asking_free(a);
    return status;
}

typedef struct wanted {
    heddle_bytes *payload, *response;
} wanted;

static heddle_status copy(heddle_view bytes, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer buf = {0};
    if (!out)
        return HEDDLE_OK;
    if (base_buffer_append(&buf, bytes) || client_bytes_give(&buf, out, NULL)) {
        base_fail_memory(err, "answer");
        client_error_place(err, HEDDLE_STAGE_EVALUATE, NULL);
        return HEDDLE_E_NO_MEMORY;
    }
    return HEDDLE_OK;
}

static void keep_answer(heddle_view payload, heddle_view response, const heddle_error *err,
                        void *user)
{
    client_wait *wait = user;
    wanted *w = wait->out;
    heddle_error no_memory;
    heddle_bytes first = {0};
    if (!err && copy(payload, w->payload ? &first : NULL, &no_memory))
        err = &no_memory;
    if (!err && copy(response, w->response, &no_memory))
        err = &no_memory;
    if (!err && w->payload)
        *w->payload = first;
    else
        heddle_bytes_done(&first);
    client_wait_end(wait, err);
}

heddle_status heddle_peer_ask(heddle_peer *peer, const heddle_question *question,
                              const heddle_call_options *options, heddle_bytes *out_payload,
                              heddle_bytes *out_response, heddle_error *err)
{
    client_wait wait;
    wanted w = {out_payload, out_response};
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, &w, err);
    return client_wait_join(
        &wait, heddle_peer_ask_start(peer, question, options, keep_answer, &wait, NULL, err));
}
