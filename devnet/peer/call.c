#include <stdio.h>

#include "base/fail.h"
#include "devnet/peer/call.h"
#include "wire/proposal.h"

static void call_free(dn_call *call)
{
    dn_queries_done(&call->context.queries);
    dn_txn_unref(call->context.txn);
    base_buffer_done(&call->key);
    base_buffer_done(&call->input);
    base_free(call->name);
    dn_chaincode_client_unref(call->client);
    base_free(call);
}

void dn_call_unref(dn_call *call)
{
    if (atomic_fetch_sub(&call->refs, 1) == 1)
        call_free(call);
}

static void begin_task(void *user)
{
    dn_call_begin(user);
}

static heddle_status fill(dn_call *call, heddle_view input)
{
    BASE_TRY(base_buffer_append(&call->input, input));
    BASE_TRY(base_buffer_append_str(&call->key, dn_txn_channel(call->context.txn)));
    BASE_TRY(base_buffer_append_byte(&call->key, 0));
    return base_buffer_append_str(&call->key, dn_txn_id(call->context.txn));
}

heddle_status dn_chaincode_client_call(dn_chaincode_client *client, const dn_chaincode_task *task,
                                       dn_outcome_fn *done, void *user, heddle_error *err)
{
    dn_call *call = base_calloc(1, sizeof(*call));
    if (!call)
        return base_fail_memory(err, "chaincode call");
    atomic_init(&call->refs, 1);
    atomic_fetch_add(&client->refs, 1);
    base_list_init(&call->link);
    dn_queries_init(&call->context.queries);
    call->client = client;
    call->invoker = task->invoker;
    call->context.txn = dn_txn_ref(task->txn);
    call->context.ns = call->name = base_strdup(task->name);
    call->is_init = call->context.is_init = task->is_init;
    call->done = done;
    call->user = user;
    if (!call->name || fill(call, task->input) != HEDDLE_OK) {
        call_free(call);
        return base_fail_memory(err, "chaincode call");
    }
    call->task = (rpc_task){.fn = begin_task, .user = call};
    rpc_post_task(client->reactor, &call->task);
    return HEDDLE_OK;
}

void dn_call_finish(dn_call *call, const dn_outcome *outcome)
{
    if (call->is_finished)
        return;
    call->is_finished = true;
    rpc_timer_cancel(&call->timer);
    base_list_remove(&call->link);
    if (call->is_running)
        base_map_remove(call->client->running, base_buffer_view(&call->key));
    call->done(outcome, call->user);
    dn_call_unref(call);
}

void dn_call_fail(dn_call *call, const char *text)
{
    dn_outcome outcome = {.error = text};
    dn_call_finish(call, &outcome);
}

static void execute_expired(void *user)
{
    dn_call_fail(user, "error sending: timeout expired while executing transaction");
}

static void connect_expired(void *user)
{
    dn_call *call = user;
    const dn_chaincode_client *client = call->client;
    const char *id = client->options.id;
    char text[1024];
    if (client->is_stranger)
        snprintf(text, sizeof(text),
                 "could not launch chaincode %s: timeout expired while starting chaincode %s for "
                 "transaction",
                 id, id);
    else
        snprintf(text, sizeof(text),
                 "could not launch chaincode %s: connection to %s failed: error cannot create "
                 "connection for %s: error creating grpc connection to %s: context deadline "
                 "exceeded",
                 id, id, id, client->options.connection->address);
    dn_call_fail(call, text);
}

static bool start_timer(dn_call *call, uint64_t ms, rpc_task_fn *fn)
{
    rpc_timer_cancel(&call->timer);
    return rpc_timer_start(&call->timer, call->client->reactor, ms, fn, call) == HEDDLE_OK;
}

static void send_transaction(dn_call *call)
{
    const dn_txn *txn = call->context.txn;
    Protos__ChaincodeMessage message = PROTOS__CHAINCODE_MESSAGE__INIT;
    Protos__SignedProposal proposal = PROTOS__SIGNED_PROPOSAL__INIT;
    heddle_view bytes, signature;
    message.type = call->is_init ? PROTOS__CHAINCODE_MESSAGE__TYPE__INIT
                                 : PROTOS__CHAINCODE_MESSAGE__TYPE__TRANSACTION;
    message.payload = wire_bytes(base_buffer_view(&call->input));
    message.txid = wire_text(dn_txn_id(txn));
    message.channel_id = wire_text(dn_txn_channel(txn));
    if (wire_signed_proposal_read(dn_txn_signed_proposal(txn), &bytes, &signature, NULL) ==
        HEDDLE_OK) {
        proposal.proposal_bytes = wire_bytes(bytes);
        proposal.signature = wire_bytes(signature);
        message.proposal = &proposal;
    }
    dn_chaincode_send(call->client, &message);
}

static void call_run(dn_call *call)
{
    dn_chaincode_client *client = call->client;
    heddle_view key = base_buffer_view(&call->key);
    if (base_map_get(client->running, key)) {
        char text[256];
        snprintf(text, sizeof(text), "error sending: txid: %s(%s) exists",
                 dn_txn_id(call->context.txn), dn_txn_channel(call->context.txn));
        dn_call_fail(call, text);
        return;
    }
    call->is_running = base_map_put(client->running, key, call, NULL) == HEDDLE_OK;
    if (!call->is_running ||
        !start_timer(call, client->options.execute_timeout_ms, execute_expired)) {
        dn_call_fail(call, "error sending: out of memory");
        return;
    }
    base_list_remove(&call->link);
    send_transaction(call);
}

/* It dials in, or not: a peer waits for no chaincode that it did not launch. */
static void fail_absent(dn_call *call)
{
    const char *id = call->client->options.id;
    char text[1024];
    snprintf(
        text, sizeof(text),
        "could not launch chaincode %s: error building chaincode: error building image: failed "
        "to get chaincode package for external build: chaincode install package '%s' not found",
        id, id);
    dn_call_fail(call, text);
}

void dn_call_begin(dn_call *call)
{
    dn_chaincode_client *client = call->client;
    if (client->stopping) {
        dn_call_fail(call, "error sending: chaincode stream terminated");
        return;
    }
    if (client->state == DN_STREAM_READY) {
        call_run(call);
        return;
    }
    if (!client->options.connection) {
        fail_absent(call);
        return;
    }
    base_list_append(&client->waiting, &call->link);
    if (!start_timer(call, client->options.connection->dial_timeout_ms, connect_expired)) {
        dn_call_fail(call, "error sending: out of memory");
        return;
    }
    dn_chaincode_wake(client);
}
