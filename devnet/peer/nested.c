/* Calls from chaincode to chaincode. */
#include <stdio.h>

#include "base/fail.h"
#include "devnet/peer/call.h"
#include "devnet/peer/system.h"
#include "peer/chaincode.pb-c.h"
#include "peer/proposal_response.pb-c.h"

/* The answer on its way from the other chaincode's reactor to the caller's. */
typedef struct answer {
    rpc_task task;
    dn_call *call; /* a reference */
    dn_txn *other; /* the simulation on another channel, which ends with the call; or NULL */
    base_buffer bytes;
    heddle_error err; /* status OK: `bytes` is the answer */
} answer;

enum { TYPE_INVOKE = PROTOS__CHAINCODE_MESSAGE__TYPE__INVOKE_CHAINCODE };

static void deliver_answer(void *user)
{
    answer *a = user;
    dn_call *call = a->call;
    call->is_busy = false;
    if (!call->is_finished)
        dn_call_answer(call, TYPE_INVOKE, base_buffer_view(&a->bytes),
                       a->err.status == HEDDLE_OK ? NULL : &a->err);
    dn_call_unref(call);
    base_buffer_done(&a->bytes);
    base_free(a);
}

static void nested_done(const dn_outcome *outcome, void *user)
{
    answer *a = user;
    if (a->other)
        dn_txn_close(a->other);
    dn_txn_unref(a->other);
    if (outcome->error)
        base_fail(&a->err, HEDDLE_E_REFUSED, "execute failed: %s", outcome->error);
    else if (base_buffer_append(&a->bytes, outcome->bytes) != HEDDLE_OK)
        base_fail_memory(&a->err, "answer of a chaincode");
    a->task = (rpc_task){.fn = deliver_answer, .user = a};
    rpc_post_task(a->call->client->reactor, &a->task);
}

/* "name:version/channel", where the last two may be missing. */
typedef struct target {
    char *name;
    char *channel;
} target;

static target parse_target(base_arena *arena, const char *text)
{
    target t = {.name = base_arena_strdup(arena, text), .channel = NULL};
    if (!t.name)
        return t;
    char *slash = strchr(t.name, '/');
    if (slash) {
        *slash = '\0';
        t.channel = slash + 1;
    }
    char *colon = strchr(t.name, ':');
    if (colon)
        *colon = '\0';
    return t;
}

/* A call as the chaincode asks for it. */
typedef struct nested {
    target target;
    const dn_core *core; /* of the target's channel; NULL: the peer is not on it */
    bool is_other;       /* than the caller's */
    Protos__ChaincodeInput *input;
    wire_proposal proposal; /* the client's, whose rights count */
    heddle_view signature;
} nested;

static heddle_status read_target(const dn_call *call, heddle_view payload, nested *out,
                                 heddle_error *err)
{
    base_arena *arena = call->client->arena;
    Protos__ChaincodeSpec *spec;
    heddle_status status = wire_decode(protos__chaincode_spec, payload, arena, &spec, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "unmarshal failed");
        return status;
    }
    if (!spec->chaincode_id || !spec->input)
        return base_fail(err, HEDDLE_E_DECODE, "unmarshal failed: no chaincode or no input");
    out->target = parse_target(arena, spec->chaincode_id->name);
    if (!out->target.name)
        return base_arena_fail(arena, err, "chaincode call");
    out->input = spec->input;
    out->input->n_decorations = 0;
    return HEDDLE_OK;
}

static heddle_status read_proposal(const dn_call *call, nested *out, heddle_error *err)
{
    heddle_view bytes;
    heddle_view request = dn_txn_signed_proposal(call->context.txn);
    BASE_TRY(wire_signed_proposal_read(request, &bytes, &out->signature, err));
    return wire_proposal_read(bytes, call->client->arena, &out->proposal, err);
}

static void find_core(const dn_call *call, nested *n)
{
    const dn_core *own = dn_invoker_core(call->invoker);
    const char *channel = n->target.channel;
    n->is_other = channel && *channel && strcmp(channel, own->channel->name) != 0;
    n->core = n->is_other ? dn_local_find(own->local, heddle_view_str(channel)) : own;
}

static dn_system_call system_call(const dn_call *call, const nested *n)
{
    return (dn_system_call){.local = n->core->local,
                            .core = n->core,
                            .txn = call->context.txn,
                            .proposal = &n->proposal,
                            .signature = n->signature,
                            .arena = call->client->arena};
}

/* The peer's own chaincodes see to the caller's rights themselves. */
static heddle_status check_caller(const dn_call *call, const nested *n, heddle_error *err)
{
    bool is_system = dn_is_system_chaincode(heddle_view_str(n->target.name));
    if (!n->core)
        return base_fail(err, HEDDLE_E_NOT_FOUND,
                         is_system ? "failed to find ledger for channel: %s"
                                   : "Failed to get policy manager for channel [%s]",
                         n->target.channel);
    if (is_system)
        return HEDDLE_OK;
    dn_system_call by = system_call(call, n);
    return dn_system_check_acl(&by, "peer/ChaincodeToChaincode", err);
}

static heddle_status prepare(const dn_call *call, heddle_view payload, nested *out,
                             heddle_error *err)
{
    BASE_TRY(read_target(call, payload, out, err));
    BASE_TRY(read_proposal(call, out, err));
    find_core(call, out);
    return check_caller(call, out, err);
}

/* A chaincode of the peer's own answers at once. */
static heddle_status run_system(const dn_call *call, nested *n, heddle_view *out, heddle_error *err)
{
    base_arena *arena = call->client->arena;
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    Protos__Response response = PROTOS__RESPONSE__INIT;
    dn_system_call asked = system_call(call, n);
    dn_answer said;
    heddle_view payload;
    heddle_view *args = base_arena_zalloc(arena, n->input->n_args + 1, sizeof(*args));
    if (!args)
        return base_arena_fail(arena, err, "chaincode call");
    for (size_t i = 0; i < n->input->n_args; i++)
        args[i] = wire_view(n->input->args[i]);
    asked.called_by = n->proposal.chaincode;
    n->proposal.chaincode = heddle_view_str(n->target.name);
    n->proposal.args = args;
    n->proposal.arg_count = n->input->n_args;
    BASE_TRY(dn_system_run(&asked, &said, err));
    response.status = said.status;
    response.message = base_arena_str(arena, said.message);
    response.payload = wire_bytes(said.payload);
    if (!response.message)
        return base_arena_fail(arena, err, "chaincode call");
    BASE_TRY(wire_encode_arena(&response.base, arena, &payload, err));
    message.type = PROTOS__CHAINCODE_MESSAGE__TYPE__COMPLETED;
    message.payload = wire_bytes(payload);
    message.txid = wire_text(dn_txn_id(call->context.txn));
    message.channel_id = wire_text(dn_txn_channel(call->context.txn));
    return wire_encode_arena(&message.base, arena, out, err);
}

/* On another channel a chaincode may read: it has a simulation of its own there, which leaves
 * nothing. */
static heddle_status begin_other(const dn_call *call, const nested *n, answer *a, heddle_error *err)
{
    const dn_txn *txn = call->context.txn;
    if (!n->is_other)
        return HEDDLE_OK;
    a->other = dn_txn_new(n->core->ledger, heddle_view_str(n->core->channel->name),
                          heddle_view_str(dn_txn_id(txn)), dn_txn_signed_proposal(txn));
    return a->other ? HEDDLE_OK : base_fail_memory(err, "chaincode call");
}

static heddle_status invoke(const dn_call *call, const nested *n, heddle_view input, answer *a,
                            heddle_error *err)
{
    BASE_TRY(begin_other(call, n, a, err));
    dn_invoker *invoker = n->is_other ? n->core->invoker : call->invoker;
    dn_txn *txn = n->is_other ? a->other : call->context.txn;
    return dn_invoke(invoker, txn, n->target.name, input, nested_done, a, err);
}

static heddle_status start(dn_call *call, const nested *n, heddle_error *err)
{
    heddle_view input;
    BASE_TRY(wire_encode_arena(&n->input->base, call->client->arena, &input, err));
    answer *a = base_calloc(1, sizeof(*a));
    if (!a)
        return base_fail_memory(err, "chaincode call");
    base_error_clear(&a->err);
    a->call = call;
    atomic_fetch_add(&call->refs, 1);
    call->is_busy = true;
    heddle_status status = invoke(call, n, input, a, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "execute failed");
        call->is_busy = false;
        dn_call_unref(call);
        dn_txn_unref(a->other);
        base_free(a);
    }
    return status;
}

void dn_call_nested(dn_call *call, heddle_view payload)
{
    heddle_error err;
    heddle_view bytes = {0};
    nested n = {0};
    heddle_status status = prepare(call, payload, &n, &err);
    bool is_system = status == HEDDLE_OK && dn_is_system_chaincode(heddle_view_str(n.target.name));
    if (is_system)
        status = run_system(call, &n, &bytes, &err);
    else if (status == HEDDLE_OK)
        status = start(call, &n, &err);
    if (is_system || status != HEDDLE_OK)
        dn_call_answer(call, TYPE_INVOKE, bytes, status == HEDDLE_OK ? NULL : &err);
}
