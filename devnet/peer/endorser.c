#include "devnet/peer/endorser.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "devnet/fault/gate.h"
#include "devnet/lifecycle/runner.h"
#include "devnet/peer/disagree.h"
#include "devnet/peer/dissemination.h"
#include "devnet/peer/proposal.h"
#include "devnet/peer/system.h"
#include "peer/chaincode.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "wire/services.h"
#include "wire/transaction.h"

enum { STATUS_ERROR = 500, STATUS_THRESHOLD = 400, JOB_BYTES = 512 * 1024 * 1024 };

/* A proposal on its way. It belongs to one thread at a time: the reactor of the call, then
 * the one on which the chaincode answers. */
typedef struct job {
    const dn_local *local;
    const dn_core *core; /* the proposal's channel; NULL: it has none */
    rpc_server_call *call;
    rpc_bytes *request;
    base_arena *arena;
    dn_checked_proposal checked;
    char *chaincode;
    const char *version;
    dn_txn *txn; /* NULL: nothing is simulated */
} job;

/* What the chaincode gave. */
typedef struct result {
    int32_t status;
    heddle_view message;
    heddle_view payload;
    heddle_view event; /* bytes of the ChaincodeEvent */
} result;

static void job_free(job *j)
{
    dn_txn_unref(j->txn);
    rpc_bytes_unref(j->request);
    base_arena_free(j->arena);
    base_free(j);
}

static void reply(job *j, const Protos__ProposalResponse *response)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_error err;
    if (wire_encode(&response->base, &bytes, &err) == HEDDLE_OK)
        rpc_server_call_reply(j->call, base_buffer_view(&bytes));
    else
        rpc_server_call_fail(j->call, RPC_RESOURCE_EXHAUSTED, err.message);
    job_free(j);
}

static void reply_error(job *j, const char *text)
{
    Protos__ProposalResponse response = PROTOS__PROPOSAL_RESPONSE__INIT;
    Protos__Response inner = PROTOS__RESPONSE__INIT;
    inner.status = STATUS_ERROR;
    inner.message = wire_text(text);
    response.response = &inner;
    reply(j, &response);
}

static void fail_call(job *j, int code, const char *text)
{
    rpc_server_call_fail(j->call, code, text);
    job_free(j);
}

static heddle_status name_collection(const job *j, const dn_interest *interest,
                                     Protos__ChaincodeCall *call, heddle_error *err)
{
    call->collection_names = base_arena_zalloc(j->arena, 1, sizeof(*call->collection_names));
    char *name = base_arena_str(j->arena, interest->coll);
    if (!call->collection_names || !name)
        return base_arena_fail(j->arena, err, "chaincode interest");
    call->collection_names[call->n_collection_names++] = name;
    call->no_private_reads = interest->no_private_reads;
    return HEDDLE_OK;
}

static heddle_status describe_call(const job *j, const dn_interest *interest,
                                   Protos__ChaincodeCall **out, heddle_error *err)
{
    Protos__ChaincodeCall *call = wire_new(protos__chaincode_call, j->arena);
    size_t count = interest->key_policy_count;
    if (!call)
        return base_arena_fail(j->arena, err, "chaincode interest");
    call->name = base_arena_str(j->arena, interest->ns);
    call->key_policies = base_arena_zalloc(j->arena, count + 1, sizeof(*call->key_policies));
    if (!call->name || !call->key_policies)
        return base_arena_fail(j->arena, err, "chaincode interest");
    for (size_t i = 0; i < count; i++) {
        Common__SignaturePolicyEnvelope *policy;
        BASE_TRY(wire_decode(common__signature_policy_envelope, interest->key_policies[i], j->arena,
                             &policy, err));
        call->key_policies[call->n_key_policies++] = policy;
    }
    call->disregard_namespace_policy = interest->disregard_namespace_policy;
    if (interest->coll.len)
        BASE_TRY(name_collection(j, interest, call, err));
    *out = call;
    return HEDDLE_OK;
}

/* What a client needs to ask discovery for endorsers of exactly this transaction. */
static heddle_status describe_interest(const job *j, Protos__ChaincodeInterest *out,
                                       heddle_error *err)
{
    size_t count = 0;
    dn_sim *sim = dn_txn_acquire(j->txn);
    const dn_interest *interests = sim ? dn_sim_interests(sim, &count) : NULL;
    heddle_status status = HEDDLE_OK;
    out->chaincodes = base_arena_zalloc(j->arena, count + 1, sizeof(*out->chaincodes));
    if (!out->chaincodes)
        status = base_arena_fail(j->arena, err, "chaincode interest");
    for (size_t i = 0; i < count && status == HEDDLE_OK; i++) {
        const dn_interest *interest = &interests[i];
        if (dn_is_system_chaincode(interest->ns))
            continue;
        status = describe_call(j, interest, &out->chaincodes[out->n_chaincodes], err);
        out->n_chaincodes += status == HEDDLE_OK;
    }
    if (sim)
        dn_txn_release(j->txn);
    return status;
}

/* What a finished simulation gives does not change any more: it needs no lock. */
static heddle_status disseminate(const job *j, const dn_private_part *parts, size_t count,
                                 heddle_error *err)
{
    heddle_view tx_id = heddle_view_str(dn_txn_id(j->txn));
    heddle_status status =
        dn_disseminate(j->core, dn_txn_definitions(j->txn), tx_id, parts, count, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "error in simulation");
    return status;
}

static heddle_status finish_simulation(const job *j, heddle_view *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    dn_sim *sim = dn_txn_acquire(j->txn);
    if (!sim)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the simulation is over");
    const dn_private_part *parts = NULL;
    size_t part_count = 0;
    heddle_status status = dn_sim_finish(sim, &bytes, err);
    if (status == HEDDLE_OK)
        parts = dn_sim_private(sim, &part_count);
    dn_txn_release(j->txn);
    BASE_TRY(status);
    if (part_count)
        BASE_TRY(disseminate(j, parts, part_count, err));
    *out = base_arena_view(j->arena, base_buffer_view(&bytes));
    if (bytes.len && !out->data)
        return base_arena_fail(j->arena, err, "simulation results");
    return HEDDLE_OK;
}

static heddle_status write_payload(const job *j, const result *r, heddle_view results,
                                   heddle_view *out, heddle_error *err)
{
    wire_endorsed endorsed = {
        .proposal_hash = heddle_view_of(j->checked.hash, sizeof(j->checked.hash)),
        .results = results,
        .event = r->event,
        .status = r->status,
        .message = r->message,
        .result = r->payload,
        .chaincode = heddle_view_str(j->chaincode),
        .chaincode_version = heddle_view_str(j->version),
    };
    BASE_TRY(dn_disagree(j->local, &endorsed, j->arena, err));
    return wire_endorsed_write(&endorsed, j->arena, out, err);
}

static heddle_status endorse(const job *j, heddle_view payload, Protos__Endorsement *out,
                             heddle_error *err)
{
    crypto_signature signature;
    heddle_view identity = dn_signer_identity(j->local->signer);
    heddle_view parts[] = {payload, identity};
    BASE_TRY(dn_signer_sign(j->local->signer, parts, BASE_COUNT(parts), &signature, err));
    heddle_view kept = base_arena_view(j->arena, crypto_signature_view(&signature));
    if (!kept.data)
        return base_arena_fail(j->arena, err, "endorsement");
    out->endorser = wire_bytes(identity);
    out->signature = wire_bytes(kept);
    return HEDDLE_OK;
}

/* Put the answer together. A response from 500 on carries the payload without endorsement,
 * one from 400 on nothing but itself. */
static heddle_status build(const job *j, const result *r, Protos__ProposalResponse *out,
                           Protos__Endorsement *endorsement, Protos__ChaincodeInterest *interest,
                           heddle_error *err)
{
    heddle_view results = {0}, payload;
    if (j->txn)
        BASE_TRY(finish_simulation(j, &results, err));
    if (!j->core && r->status < STATUS_ERROR)
        return HEDDLE_OK;
    if (r->status >= STATUS_THRESHOLD && r->status < STATUS_ERROR)
        return HEDDLE_OK;
    BASE_TRY(write_payload(j, r, results, &payload, err));
    out->payload = wire_bytes(payload);
    if (j->txn) {
        BASE_TRY(describe_interest(j, interest, err));
        out->interest = interest;
    }
    if (r->status >= STATUS_ERROR)
        return HEDDLE_OK;
    BASE_TRY(endorse(j, payload, endorsement, err));
    out->endorsement = endorsement;
    out->version = 1;
    return HEDDLE_OK;
}

static void respond(job *j, const result *r)
{
    Protos__ProposalResponse response = PROTOS__PROPOSAL_RESPONSE__INIT;
    Protos__Response inner = PROTOS__RESPONSE__INIT;
    Protos__Endorsement endorsement = PROTOS__ENDORSEMENT__INIT;
    Protos__ChaincodeInterest interest = PROTOS__CHAINCODE_INTEREST__INIT;
    heddle_error err;
    inner.status = r->status;
    inner.message = base_arena_str(j->arena, r->message);
    inner.payload = wire_bytes(r->payload);
    response.response = &inner;
    heddle_status status = inner.message ? build(j, r, &response, &endorsement, &interest, &err)
                                         : base_arena_fail(j->arena, &err, "response");
    if (j->txn)
        dn_txn_close(j->txn);
    if (status != HEDDLE_OK)
        reply_error(j, err.message);
    else
        reply(j, &response);
}

/* The event as it goes onto the ledger: the peer says whose it is. */
static heddle_status pack_event(const job *j, Protos__ChaincodeEvent *event, heddle_view *out,
                                heddle_error *err)
{
    if (!event)
        return HEDDLE_OK;
    event->chaincode_id = j->chaincode;
    event->tx_id = wire_text(dn_txn_id(j->txn));
    return wire_encode_arena(&event->base, j->arena, out, err);
}

/* Read the answer's response and event. "" or the text of the refusal; NULL: no memory. Chaincodes
 * may give long texts, so it is put together in the arena. */
static const char *read_outcome(const job *j, const dn_outcome *outcome, result *out)
{
    const char *id = dn_txn_id(j->txn);
    const Protos__ChaincodeMessage *message = outcome->message;
    Protos__Response *response;
    heddle_error err;
    if (outcome->error)
        return base_arena_printf(j->arena,
                                 "error in simulation: failed to execute transaction %s: %s", id,
                                 outcome->error);
    if (message->type == PROTOS__CHAINCODE_MESSAGE__TYPE__ERROR)
        return base_arena_printf(j->arena,
                                 "error in simulation: transaction returned with failure: %.*s",
                                 BASE_VIEW_ARG(wire_view(message->payload)));
    if (wire_decode(protos__response, wire_view(message->payload), j->arena, &response, &err) !=
        HEDDLE_OK)
        return base_arena_printf(
            j->arena, "error in simulation: failed to unmarshal response for transaction %s: %s",
            id, err.message);
    *out = (result){.status = response->status,
                    .message = heddle_view_str(response->message),
                    .payload = wire_view(response->payload)};
    if (response->status < STATUS_THRESHOLD &&
        pack_event(j, message->chaincode_event, &out->event, &err) != HEDDLE_OK)
        return "failed to marshal chaincode event";
    return "";
}

static void on_outcome(const dn_outcome *outcome, void *user)
{
    job *j = user;
    result r = {0};
    const char *refusal = read_outcome(j, outcome, &r);
    if (refusal && !*refusal) {
        respond(j, &r);
        return;
    }
    dn_txn_close(j->txn);
    if (!refusal)
        refusal = "error in simulation: out of memory";
    log_at(LOG_WARN, "endorser", "proposal failed", LOG_STR("tx", dn_txn_id(j->txn)),
           LOG_STR("chaincode", j->chaincode), LOG_STR("error", refusal));
    reply_error(j, refusal);
}

static void run_system(job *j)
{
    dn_system_call call = {.local = j->local,
                           .core = j->core,
                           .proposal = &j->checked.proposal,
                           .signature = j->checked.signature,
                           .txn = j->txn,
                           .arena = j->arena};
    dn_answer answer;
    heddle_error err;
    if (dn_system_run(&call, &answer, &err) != HEDDLE_OK) {
        reply_error(j, err.message);
        return;
    }
    result r = {.status = answer.status, .message = answer.message, .payload = answer.payload};
    respond(j, &r);
}

static heddle_status pack_input(const job *j, heddle_view *out, heddle_error *err)
{
    const wire_proposal *p = &j->checked.proposal;
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    input.args = base_arena_zalloc(j->arena, p->arg_count + 1, sizeof(*input.args));
    if (!input.args)
        return base_arena_fail(j->arena, err, "arguments");
    for (size_t i = 0; i < p->arg_count; i++)
        input.args[i] = wire_bytes(p->args[i]);
    input.n_args = p->arg_count;
    input.is_init = p->is_init;
    return wire_encode_arena(&input.base, j->arena, out, err);
}

/* Whether the chaincode can be called here; j->version says which it is. */
static bool find_definition(job *j, heddle_error *err)
{
    if (j->checked.is_system) {
        j->version = "syscc";
        return true;
    }
    dn_runner runner;
    heddle_status status =
        j->txn ? dn_runner_find(j->local->installs, j->txn, j->chaincode, &runner, err)
               : base_fail(err, HEDDLE_E_NOT_FOUND, "chaincode %s not found", j->chaincode);
    if (status == HEDDLE_OK)
        j->version = runner.definition->version;
    else
        base_error_prefix(err,
                          "make sure the chaincode %s has been successfully defined on channel "
                          "%.*s and try again",
                          j->chaincode, BASE_VIEW_ARG(j->checked.proposal.header.channel));
    return status == HEDDLE_OK;
}

/* qscc and cscc run without a simulation. */
static bool needs_simulation(const job *j)
{
    heddle_view name = j->checked.proposal.chaincode;
    return j->core && !base_view_is(name, "qscc") && !base_view_is(name, "cscc");
}

static bool start_txn(job *j)
{
    const wire_header *header = &j->checked.proposal.header;
    if (needs_simulation(j))
        j->txn =
            dn_txn_new(j->core->ledger, header->channel, header->tx_id, rpc_bytes_view(j->request));
    return j->txn || !needs_simulation(j);
}

static void run(job *j)
{
    heddle_error err;
    heddle_view input;
    j->chaincode = base_arena_str(j->arena, j->checked.proposal.chaincode);
    if (!j->chaincode || !start_txn(j)) {
        reply_error(j, "out of memory");
        return;
    }
    if (!find_definition(j, &err)) {
        reply_error(j, err.message);
        return;
    }
    if (j->checked.is_system) {
        run_system(j);
        return;
    }
    heddle_status status = pack_input(j, &input, &err);
    if (status == HEDDLE_OK)
        status = dn_invoke(j->core->invoker, j->txn, j->chaincode, input, on_outcome, j, &err);
    if (status == HEDDLE_OK)
        return;
    base_error_prefix(&err, "error in simulation: failed to execute transaction %s",
                      dn_txn_id(j->txn));
    reply_error(j, err.message);
}

static void take_proposal(rpc_server_call *call, void *user)
{
    heddle_error err;
    job *j = base_calloc(1, sizeof(*j));
    base_arena *arena = base_arena_new(JOB_BYTES);
    if (!j || !arena) {
        base_free(j);
        base_arena_free(arena);
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    j->local = user;
    j->call = call;
    j->arena = arena;
    j->request = rpc_bytes_ref(rpc_server_call_request(call));
    dn_refusal refusal =
        dn_proposal_check(j->local, rpc_bytes_view(j->request), arena, &j->checked, &err);
    j->core = j->checked.core;
    switch (refusal) {
    case DN_REFUSAL_CALL:
        fail_call(j, RPC_UNKNOWN, j->checked.long_text ? j->checked.long_text : err.message);
        return;
    case DN_REFUSAL_RESPONSE:
        reply_error(j, err.message);
        return;
    case DN_REFUSAL_NONE:
        run(j);
    }
}

static void process(rpc_server_call *call, void *user)
{
    const dn_local *local = user;
    dn_gate_pass(local->faults, local->node->name, "ProcessProposal", call, take_proposal, user);
}

rpc_method dn_endorser_method(const dn_local *local)
{
    return (rpc_method){.path = WIRE_ENDORSER_PROCESS_PROPOSAL,
                        .kind = RPC_METHOD_UNARY,
                        .handler = process,
                        .user = (void *)(uintptr_t)local};
}
