#include "devnet/peer/visit.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "peer/chaincode.pb-c.h"

enum { GREETING_LIMIT = 1024 * 1024 };

struct dn_visit {
    atomic_size_t refs; /* until the call is done, and each task under way */
    rpc_server_call *call;
    dn_visit_greet_fn *greet;
    void *user;
    dn_chaincode_client *client; /* NULL: it has not registered */
    rpc_task leave_task;
    bool is_leaving;
    bool is_over;
};

/* A message on its way to the chaincode's reactor. */
typedef struct heard {
    rpc_task task;
    dn_visit *visit; /* a reference */
    rpc_bytes *bytes;
} heard;

static void visit_unref(dn_visit *visit)
{
    if (atomic_fetch_sub(&visit->refs, 1) != 1)
        return;
    if (visit->client)
        dn_chaincode_client_unref(visit->client);
    rpc_server_call_unref(visit->call);
    base_free(visit);
}

void dn_visit_finish(dn_visit *visit, int code, const char *text)
{
    if (visit->is_over)
        return;
    visit->is_over = true;
    if (visit->client && visit->client->visit == visit)
        dn_chaincode_lost(visit->client, text);
    rpc_server_call_fail(visit->call, code, text);
}

heddle_status dn_visit_send(dn_visit *visit, heddle_view message, heddle_error *err)
{
    return rpc_server_call_send(visit->call, message, NULL, NULL, err);
}

/* On the chaincode's reactor. */

static void hear(dn_visit *visit, heddle_view bytes)
{
    dn_chaincode_client *client = visit->client;
    char text[320];
    heddle_error err;
    if (client->stopping) {
        dn_visit_finish(visit, RPC_UNAVAILABLE, "the peer is stopping");
        return;
    }
    if (!client->visit)
        dn_chaincode_begin(client, visit);
    if (client->visit != visit) {
        snprintf(text, sizeof(text), "duplicate chaincodeID: %s", client->options.id);
        log_at(LOG_WARN, "chaincode", text);
        dn_visit_finish(visit, RPC_UNKNOWN, text);
        return;
    }
    if (dn_chaincode_handle(client, bytes, &err) == HEDDLE_OK) {
        if (!visit->is_over)
            rpc_server_call_read(visit->call);
        return;
    }
    log_at(LOG_WARN, "chaincode", "ending the chaincode's stream",
           LOG_STR("chaincode", client->options.id), LOG_ERR(&err));
    dn_visit_finish(visit, RPC_UNKNOWN, err.message);
}

static void hear_task(void *user)
{
    heard *h = user;
    if (!h->visit->is_over)
        hear(h->visit, rpc_bytes_view(h->bytes));
    visit_unref(h->visit);
    rpc_bytes_unref(h->bytes);
    base_free(h);
}

static void leave_task(void *user)
{
    dn_visit *visit = user;
    dn_visit_finish(visit, RPC_OK, "it left");
    visit_unref(visit);
}

/* On the call's reactor. */

static void leave(dn_visit *visit)
{
    if (!visit->client) {
        dn_visit_finish(visit, RPC_OK, "");
        return;
    }
    if (visit->is_leaving)
        return;
    visit->is_leaving = true;
    visit->leave_task = (rpc_task){.fn = leave_task, .user = visit};
    atomic_fetch_add(&visit->refs, 1);
    rpc_post_task(visit->client->reactor, &visit->leave_task);
}

static void pass_on(dn_visit *visit, rpc_bytes *bytes)
{
    heard *h = base_calloc(1, sizeof(*h));
    if (!h) {
        leave(visit);
        return;
    }
    h->visit = visit;
    h->bytes = rpc_bytes_ref(bytes);
    h->task = (rpc_task){.fn = hear_task, .user = h};
    atomic_fetch_add(&visit->refs, 1);
    rpc_post_task(visit->client->reactor, &h->task);
}

/* Who it is. OK without a client: it has not said so yet. */
static heddle_status read_greeting(dn_visit *visit, heddle_view bytes, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(GREETING_LIMIT);
    Protos__ChaincodeMessage *message;
    Protos__ChaincodeID *id;
    if (!arena)
        return base_fail_memory(err, "chaincode");
    BASE_TRY(wire_decode(protos__chaincode_message, bytes, arena, &message, err));
    if (message->type == PROTOS__CHAINCODE_MESSAGE__TYPE__KEEPALIVE)
        return HEDDLE_OK;
    if (message->type != PROTOS__CHAINCODE_MESSAGE__TYPE__REGISTER)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "error handling message, ending stream: [%.8s] Fabric side handler cannot "
                         "handle message (%d) while in created state",
                         message->txid, (int)message->type);
    BASE_TRY(wire_decode(protos__chaincode_id, wire_view(message->payload), arena, &id, err));
    if (!*id->name)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "error in handling register chaincode, chaincodeID name is empty");
    return visit->greet(visit->user, id->name, &visit->client, err);
}

static void on_message(rpc_server_call *call, rpc_bytes *message, void *user)
{
    dn_visit *visit = user;
    heddle_error err;
    if (!message) {
        leave(visit);
        return;
    }
    if (!visit->client && read_greeting(visit, rpc_bytes_view(message), &err) != HEDDLE_OK) {
        log_at(LOG_WARN, "chaincode", "a chaincode may not register", LOG_ERR(&err));
        dn_visit_finish(visit, RPC_UNKNOWN, err.message);
        return;
    }
    if (visit->client)
        pass_on(visit, message);
    else
        rpc_server_call_read(call);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)call;
    leave(user);
}

static void on_done(rpc_server_call *call, void *user)
{
    (void)call;
    visit_unref(user);
}

void dn_visit_begin(rpc_server_call *call, dn_visit_greet_fn *greet, void *user)
{
    static const rpc_server_call_events events = {on_message, on_cancel, on_done};
    dn_visit *visit = base_calloc(1, sizeof(*visit));
    if (!visit) {
        rpc_server_call_fail(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    atomic_init(&visit->refs, 1);
    visit->call = rpc_server_call_ref(call);
    visit->greet = greet;
    visit->user = user;
    rpc_server_call_listen(call, &events, visit);
    rpc_server_call_read(call);
}
