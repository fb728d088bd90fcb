/* Calls from chaincode to chaincode. */
#include <stdio.h>

#include "base/fail.h"
#include "devnet/peer/call.h"
#include "peer/chaincode.pb-c.h"

/* The answer on its way from the other chaincode's reactor to the caller's. */
typedef struct answer {
    rpc_task task;
    dn_call *call; /* a reference */
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

static heddle_status read_target(dn_call *call, heddle_view payload, target *out,
                                 heddle_view *out_input, heddle_error *err)
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
    *out = parse_target(arena, spec->chaincode_id->name);
    if (!out->name)
        return base_arena_fail(arena, err, "chaincode call");
    spec->input->n_decorations = 0;
    const char *own = dn_txn_channel(call->context.txn);
    if (out->channel && *out->channel && strcmp(out->channel, own) != 0)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "failed to find ledger for channel: %s",
                         out->channel);
    return wire_encode_arena(&spec->input->base, arena, out_input, err);
}

static heddle_status start(dn_call *call, heddle_view payload, answer *a, heddle_error *err)
{
    target t = {0};
    heddle_view input;
    BASE_TRY(read_target(call, payload, &t, &input, err));
    heddle_status status = dn_invoke(call->client->options.invoker, call->context.txn, t.name,
                                     input, nested_done, a, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "execute failed");
    return status;
}

void dn_call_nested(dn_call *call, heddle_view payload)
{
    heddle_error err;
    base_error_clear(&err);
    answer *a = base_calloc(1, sizeof(*a));
    if (!a) {
        base_fail_memory(&err, "chaincode call");
        dn_call_answer(call, TYPE_INVOKE, heddle_view_of(NULL, 0), &err);
        return;
    }
    base_error_clear(&a->err);
    a->call = call;
    atomic_fetch_add(&call->refs, 1);
    call->is_busy = true;
    if (start(call, payload, a, &err) != HEDDLE_OK) {
        call->is_busy = false;
        dn_call_answer(call, TYPE_INVOKE, heddle_view_of(NULL, 0), &err);
        dn_call_unref(call);
        base_free(a);
    }
}
