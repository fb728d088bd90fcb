#include "support/scripted_chaincode.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/view.h"
#include "peer/chaincode.pb-c.h"
#include "peer/chaincode_shim.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "rpc/server.h"
#include "wire/codec.h"
#include "wire/policy.h"
#include "wire/services.h"

enum { MAX_ARGS = 8 };

struct scripted_chaincode {
    rpc_server *server;
    uint16_t port;
    char address[32];
    _Atomic(const char *) id;
    atomic_uint streams;
};

/* One stream, with the transaction that runs on it. */
typedef struct conn {
    scripted_chaincode *chaincode;
    base_arena *arena;
    char *txid;
    char *channel;
    char *args[MAX_ARGS];
    int step;
} conn;

typedef Protos__ChaincodeMessage message_t;

static void send_message(rpc_server_call *call, const message_t *message)
{
    base_auto_buffer base_buffer bytes = {0};
    heddle_error err;
    ck_assert_int_eq(wire_encode(&message->base, &bytes, &err), HEDDLE_OK);
    (void)!rpc_server_call_send(call, base_buffer_view(&bytes), NULL, NULL, &err);
}

static void send_payload(rpc_server_call *call, const conn *c, int type, heddle_view payload,
                         Protos__ChaincodeEvent *event)
{
    message_t message = PROTOS__CHAINCODE_MESSAGE__INIT;
    message.type = (Protos__ChaincodeMessage__Type)type;
    message.payload = wire_bytes(payload);
    message.txid = c->txid;
    message.channel_id = c->channel;
    message.chaincode_event = event;
    send_message(call, &message);
}

#define TYPE(name) PROTOS__CHAINCODE_MESSAGE__TYPE__##name

static void send_packed(rpc_server_call *call, const conn *c, int type,
                        const ProtobufCMessage *message)
{
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(message, c->arena, &bytes, NULL), HEDDLE_OK);
    send_payload(call, c, type, bytes, NULL);
}

static void complete_with(rpc_server_call *call, const conn *c, int status, const char *text,
                          heddle_view payload, Protos__ChaincodeEvent *event)
{
    Protos__Response response = PROTOS__RESPONSE__INIT;
    heddle_view bytes;
    response.status = status;
    response.message = wire_text(text);
    response.payload = wire_bytes(payload);
    ck_assert_int_eq(wire_encode_arena(&response.base, c->arena, &bytes, NULL), HEDDLE_OK);
    send_payload(call, c, TYPE(COMPLETED), bytes, event);
}

static void complete(rpc_server_call *call, const conn *c, heddle_view payload)
{
    complete_with(call, c, 200, "", payload, NULL);
}

static ProtobufCBinaryData arg_bytes(const conn *c, int i)
{
    return wire_bytes(heddle_view_str(c->args[i]));
}

static void do_get(rpc_server_call *call, conn *c)
{
    Protos__GetState get = PROTOS__GET_STATE__INIT;
    get.key = arg_bytes(c, 1);
    send_packed(call, c, TYPE(GET_STATE), &get.base);
}

static void do_put(rpc_server_call *call, conn *c)
{
    Protos__PutState put = PROTOS__PUT_STATE__INIT;
    put.key = arg_bytes(c, 1);
    put.value = arg_bytes(c, 2);
    send_packed(call, c, TYPE(PUT_STATE), &put.base);
}

static void do_range(rpc_server_call *call, conn *c)
{
    Protos__GetStateByRange get = PROTOS__GET_STATE_BY_RANGE__INIT;
    get.startkey = arg_bytes(c, 1);
    get.endkey = arg_bytes(c, 2);
    send_packed(call, c, TYPE(GET_STATE_BY_RANGE), &get.base);
}

static void do_call(rpc_server_call *call, conn *c)
{
    Protos__ChaincodeSpec spec = PROTOS__CHAINCODE_SPEC__INIT;
    Protos__ChaincodeID id = PROTOS__CHAINCODE_ID__INIT;
    Protos__ChaincodeInput input = PROTOS__CHAINCODE_INPUT__INIT;
    ProtobufCBinaryData args[MAX_ARGS];
    id.name = c->args[1];
    for (int i = 2; i < MAX_ARGS && c->args[i]; i++)
        args[input.n_args++] = arg_bytes(c, i);
    input.args = args;
    spec.chaincode_id = &id;
    spec.input = &input;
    send_packed(call, c, TYPE(INVOKE_CHAINCODE), &spec.base);
}

static void do_event(rpc_server_call *call, conn *c)
{
    Protos__ChaincodeEvent event = PROTOS__CHAINCODE_EVENT__INIT;
    event.event_name = c->args[1];
    event.payload = arg_bytes(c, 2);
    event.chaincode_id = wire_text("somebody else");
    complete_with(call, c, 200, "", heddle_view_str("told"), &event);
}

static void do_status(rpc_server_call *call, conn *c)
{
    complete_with(call, c, atoi(c->args[1]), c->args[2], heddle_view_str("x"), NULL);
}

static void do_error(rpc_server_call *call, conn *c)
{
    send_payload(call, c, TYPE(ERROR), heddle_view_str(c->args[1]), NULL);
}

static void do_hang(rpc_server_call *call, conn *c)
{
    (void)call;
    (void)c;
}

static void do_die(rpc_server_call *call, conn *c)
{
    (void)c;
    rpc_server_call_fail(call, RPC_UNKNOWN, "died");
}

static void do_garbage(rpc_server_call *call, conn *c)
{
    (void)c;
    (void)!rpc_server_call_send(call, VIEW("\xff\xff\xff"), NULL, NULL, NULL);
}

static void do_unknown(rpc_server_call *call, conn *c)
{
    send_payload(call, c, 99, heddle_view_str(""), NULL);
}

static void do_stranger(rpc_server_call *call, conn *c)
{
    conn other = *c;
    other.txid = wire_text("stranger");
    do_get(call, &other);
}

/* Private data and the policies of keys. */

static void do_private_get(rpc_server_call *call, conn *c)
{
    Protos__GetState get = PROTOS__GET_STATE__INIT;
    get.collection = c->args[1];
    get.key = arg_bytes(c, 2);
    send_packed(call, c, TYPE(GET_STATE), &get.base);
}

static void do_private_hash(rpc_server_call *call, conn *c)
{
    Protos__GetState get = PROTOS__GET_STATE__INIT;
    get.collection = c->args[1];
    get.key = arg_bytes(c, 2);
    send_packed(call, c, TYPE(GET_PRIVATE_DATA_HASH), &get.base);
}

static void do_private_put(rpc_server_call *call, conn *c)
{
    Protos__PutState put = PROTOS__PUT_STATE__INIT;
    put.collection = c->args[1];
    put.key = arg_bytes(c, 2);
    put.value = arg_bytes(c, 3);
    send_packed(call, c, TYPE(PUT_STATE), &put.base);
}

static void do_private_purge(rpc_server_call *call, conn *c)
{
    Protos__DelState del = PROTOS__DEL_STATE__INIT;
    del.collection = c->args[1];
    del.key = arg_bytes(c, 2);
    send_packed(call, c, TYPE(PURGE_PRIVATE_DATA), &del.base);
}

static void do_private_range(rpc_server_call *call, conn *c)
{
    Protos__GetStateByRange get = PROTOS__GET_STATE_BY_RANGE__INIT;
    get.collection = c->args[1];
    get.startkey = arg_bytes(c, 2);
    get.endkey = arg_bytes(c, 3);
    send_packed(call, c, TYPE(GET_STATE_BY_RANGE), &get.base);
}

/* One peer of each of the organisations named from argument @p first on. */
static heddle_view policy_of(conn *c, int first)
{
    heddle_view names[MAX_ARGS], bytes;
    size_t count = 0;
    for (int i = first; i < MAX_ARGS && c->args[i]; i++)
        names[count++] = heddle_view_str(c->args[i]);
    const Common__SignaturePolicyEnvelope *policy =
        wire_policy_n_of_roles(count, names, count, CRYPTO_ROLE_PEER, c->arena);
    ck_assert_int_eq(wire_encode_arena(&policy->base, c->arena, &bytes, NULL), HEDDLE_OK);
    return bytes;
}

static void put_policy(rpc_server_call *call, conn *c, const char *coll, int key)
{
    Protos__PutStateMetadata put = PROTOS__PUT_STATE_METADATA__INIT;
    Protos__StateMetadata metadata = PROTOS__STATE_METADATA__INIT;
    metadata.metakey = wire_text("VALIDATION_PARAMETER");
    metadata.value = wire_bytes(policy_of(c, key + 1));
    put.collection = wire_text(coll);
    put.key = arg_bytes(c, key);
    put.metadata = &metadata;
    send_packed(call, c, TYPE(PUT_STATE_METADATA), &put.base);
}

static void do_policy(rpc_server_call *call, conn *c)
{
    put_policy(call, c, "", 1);
}

static void do_private_policy(rpc_server_call *call, conn *c)
{
    put_policy(call, c, c->args[1], 2);
}

typedef struct script {
    const char *name;
    int args;
    void (*start)(rpc_server_call *call, conn *c);
} script;

static const script scripts[] = {
    {"put", 2, do_put},
    {"get", 1, do_get},
    {"incr", 1, do_get},
    {"range", 2, do_range},
    {"call", 1, do_call},
    {"event", 2, do_event},
    {"status", 2, do_status},
    {"error", 1, do_error},
    {"hang", 0, do_hang},
    {"die", 0, do_die},
    {"garbage", 0, do_garbage},
    {"unknown", 0, do_unknown},
    {"stranger", 0, do_stranger},
    {"policy", 2, do_policy},
    {"pput", 3, do_private_put},
    {"pget", 2, do_private_get},
    {"phash", 2, do_private_hash},
    {"ppurge", 2, do_private_purge},
    {"pincr", 2, do_private_get},
    {"prange", 3, do_private_range},
    {"ppolicy", 3, do_private_policy},
};

static void on_transaction(rpc_server_call *call, conn *c, const message_t *message)
{
    Protos__ChaincodeInput *input;
    ck_assert_int_eq(
        wire_decode(protos__chaincode_input, wire_view(message->payload), c->arena, &input, NULL),
        HEDDLE_OK);
    memset(c->args, 0, sizeof(c->args));
    for (size_t i = 0; i < input->n_args && i < MAX_ARGS; i++)
        c->args[i] = base_arena_str(c->arena, wire_view(input->args[i]));
    c->txid = message->txid;
    c->channel = message->channel_id;
    c->step = 0;
    for (size_t i = 0; i < BASE_COUNT(scripts); i++) {
        if (c->args[0] && !strcmp(c->args[0], scripts[i].name)) {
            scripts[i].start(call, c);
            return;
        }
    }
    complete_with(call, c, 500, "no such script", heddle_view_str(""), NULL);
}

/* The second step of "incr": one more than what was read. */
static void put_next(rpc_server_call *call, conn *c, heddle_view value)
{
    char *text = base_arena_str(c->arena, value);
    c->args[2] = base_arena_printf(c->arena, "%d", atoi(text) + 1);
    do_put(call, c);
}

static void put_next_private(rpc_server_call *call, conn *c, heddle_view value)
{
    char *text = base_arena_str(c->arena, value);
    c->args[3] = base_arena_printf(c->arena, "%d", atoi(text) + 1);
    do_private_put(call, c);
}

static void on_response(rpc_server_call *call, conn *c, const message_t *message)
{
    heddle_view payload = wire_view(message->payload);
    if (message->type == TYPE(ERROR))
        complete_with(call, c, 500, base_arena_str(c->arena, payload), heddle_view_str(""), NULL);
    else if (!strcmp(c->args[0], "incr") && c->step++ == 0)
        put_next(call, c, payload);
    else if (!strcmp(c->args[0], "pincr") && c->step++ == 0)
        put_next_private(call, c, payload);
    else
        complete(call, c, strcmp(c->args[0], "incr") ? payload : heddle_view_str(c->args[2]));
}

static void on_message(rpc_server_call *call, rpc_bytes *bytes, void *user)
{
    conn *c = user;
    message_t *message;
    if (!bytes) {
        rpc_server_call_fail(call, RPC_OK, "");
        return;
    }
    ck_assert_int_eq(
        wire_decode(protos__chaincode_message, rpc_bytes_view(bytes), c->arena, &message, NULL),
        HEDDLE_OK);
    if (message->type == TYPE(TRANSACTION) || message->type == TYPE(INIT)) {
        on_transaction(call, c, message);
        if (!strcmp(c->args[0], "die"))
            return;
    } else if (message->type == TYPE(RESPONSE) || message->type == TYPE(ERROR)) {
        on_response(call, c, message);
    }
    rpc_server_call_read(call);
}

static void on_done(rpc_server_call *call, void *user)
{
    conn *c = user;
    (void)call;
    atomic_fetch_sub(&c->chaincode->streams, 1);
    base_arena_free(c->arena);
    base_free(c);
}

static void connected(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events events = {.on_message = on_message, .on_done = on_done};
    scripted_chaincode *chaincode = user;
    conn *c = base_calloc(1, sizeof(*c));
    Protos__ChaincodeID id = PROTOS__CHAINCODE_ID__INIT;
    c->chaincode = chaincode;
    atomic_fetch_add(&chaincode->streams, 1);
    c->arena = base_arena_new(0);
    c->txid = c->channel = wire_text("");
    id.name = wire_text(chaincode->id);
    rpc_server_call_listen(call, &events, c);
    send_packed(call, c, TYPE(REGISTER), &id.base);
    rpc_server_call_read(call);
}

static scripted_chaincode *start(uint16_t port, rpc_server_creds *creds)
{
    scripted_chaincode *chaincode = base_calloc(1, sizeof(*chaincode));
    rpc_method method = {WIRE_CHAINCODE_CONNECT, RPC_METHOD_STREAM, connected, chaincode};
    rpc_server_options options = {.methods = &method, .method_count = 1};
    heddle_error err;
    chaincode->id = "scripted:1";
    snprintf(chaincode->address, sizeof(chaincode->address), "127.0.0.1:%u", port);
    ck_assert_int_eq(rpc_server_new(&options, &chaincode->server, &err), HEDDLE_OK);
    if (rpc_server_listen(chaincode->server, chaincode->address, creds, &chaincode->port, &err) !=
        HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    ck_assert_int_eq(rpc_server_start(chaincode->server, &err), HEDDLE_OK);
    snprintf(chaincode->address, sizeof(chaincode->address), "127.0.0.1:%u", chaincode->port);
    return chaincode;
}

void scripted_chaincode_name(scripted_chaincode *chaincode, const char *id)
{
    chaincode->id = id;
}

scripted_chaincode *scripted_chaincode_start(uint16_t port)
{
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    return start(port, creds);
}

scripted_chaincode *scripted_chaincode_start_tls(const rpc_tls_server *tls)
{
    base_auto(rpc_server_creds) rpc_server_creds *creds = NULL;
    heddle_error err;
    if (rpc_server_creds_tls(tls, &creds, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return start(0, creds);
}

unsigned scripted_chaincode_streams(const scripted_chaincode *chaincode)
{
    return atomic_load(&chaincode->streams);
}

void scripted_chaincode_stop(scripted_chaincode *chaincode)
{
    if (!chaincode)
        return;
    rpc_server_stop_blocking(chaincode->server, 0);
    rpc_server_free(chaincode->server);
    base_free(chaincode);
}

const char *scripted_chaincode_address(const scripted_chaincode *chaincode)
{
    return chaincode->address;
}

uint16_t scripted_chaincode_port(const scripted_chaincode *chaincode)
{
    return chaincode->port;
}
