#include "bed.h"

#include <stdio.h>

#include "base/view.h"
#include "support/fixture.h"
#include "wire/delivery.h"
#include "wire/gateway.h"
#include "wire/identity.h"
#include "wire/services.h"
#include "wire/transaction.h"

#define MSP                                                                                        \
    HEDDLE_FIXTURES                                                                                \
    "/crypto-config/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp"

base_buffer bed_golden(const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "golden-grpc/%s.pb", name);
    return fixture_read_at(HEDDLE_FIXTURES, path);
}

heddle_view bed_asked(bed *b, int method)
{
    pthread_mutex_lock(&b->lock);
    heddle_view asked = base_buffer_view(&b->asked[method]);
    pthread_mutex_unlock(&b->lock);
    return asked;
}

int bed_calls(bed *b, int method)
{
    pthread_mutex_lock(&b->lock);
    int calls = b->calls[method];
    pthread_mutex_unlock(&b->lock);
    return calls;
}

static void keep(bed *b, int method, heddle_view request)
{
    pthread_mutex_lock(&b->lock);
    base_buffer_clear(&b->asked[method]);
    ck_assert_int_eq(base_buffer_append(&b->asked[method], request), HEDDLE_OK);
    b->calls[method]++;
    pthread_mutex_unlock(&b->lock);
    sem_post(&b->arrived);
}

static void on_cancel(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_server_call_fail(call, RPC_CANCELLED, "the client went away");
}

static const rpc_server_call_events until_cancelled = {.on_cancel = on_cancel};

/* Whether the test asked for something else than success. */
static bool is_answered(bed *b, int method, rpc_server_call *call)
{
    const bed_answer *answer = &b->answers[method];
    if (answer->times && bed_calls(b, method) > answer->times)
        return false;
    rpc_status status = {.code = answer->code,
                         .message = heddle_view_str(answer->message),
                         .details = answer->details};
    if (answer->is_silent)
        rpc_server_call_listen(call, &until_cancelled, NULL);
    else if (answer->code)
        rpc_server_call_finish(call, &status);
    else if (answer->response.data)
        rpc_server_call_reply(call, answer->response);
    else
        return false;
    return true;
}

static heddle_view begin(bed *b, int method, rpc_server_call *call)
{
    heddle_view request = rpc_bytes_view(rpc_server_call_request(call));
    heddle_view trace = rpc_server_call_metadata(call, "traceparent");
    pthread_mutex_lock(&b->lock);
    snprintf(b->traceparent, sizeof(b->traceparent), "%.*s", BASE_VIEW_ARG(trace));
    pthread_mutex_unlock(&b->lock);
    keep(b, method, request);
    return request;
}

static void reply(rpc_server_call *call, const wire_shape *shape, const void *message)
{
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(wire_shape_write(shape, message, &bytes), HEDDLE_OK);
    rpc_server_call_reply(call, base_buffer_view(&bytes));
}

static void evaluate(rpc_server_call *call, void *user)
{
    bed *b = user;
    (void)begin(b, BED_EVALUATE, call);
    wire_evaluate_response answer = {.result = {.status = 200, .payload = VIEW("an\0swer")}};
    if (!is_answered(b, BED_EVALUATE, call))
        reply(call, &wire_evaluate_response_shape, &answer);
}

/* Endorse the proposal as one peer whose chaincode answers with its first argument. */
static void prepare(heddle_view request, base_arena *arena, heddle_view *out)
{
    wire_gateway_request read = {0};
    wire_proposal proposal;
    wire_endorsed endorsed = {.status = 200, .results = VIEW("")};
    wire_proposal_response response = {.has_response = true,
                                       .status = 200,
                                       .has_endorsement = true,
                                       .endorser = VIEW("peer"),
                                       .signature = VIEW("signature")};
    uint8_t hash[32];
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, request, arena, &read, NULL), 0);
    ck_assert_int_eq(wire_proposal_read(read.content.bytes, arena, &proposal, NULL), 0);
    ck_assert_int_eq(wire_proposal_hash(&proposal, arena, hash, NULL), 0);
    endorsed.proposal_hash = heddle_view_of(hash, sizeof(hash));
    endorsed.chaincode = proposal.chaincode;
    endorsed.result = proposal.arg_count > 1 ? proposal.args[1] : VIEW("");
    ck_assert_int_eq(wire_endorsed_write(&endorsed, arena, &response.payload, NULL), 0);
    ck_assert_int_eq(wire_transaction_write(&proposal, &response, 1, arena, out, NULL), 0);
}

static void endorse(rpc_server_call *call, void *user)
{
    bed *b = user;
    heddle_view request = begin(b, BED_ENDORSE, call);
    if (is_answered(b, BED_ENDORSE, call))
        return;
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_endorse_response answer = {0};
    prepare(request, arena, &answer.prepared.bytes);
    reply(call, &wire_endorse_response_shape, &answer);
}

/* Blocks. All of this under the lock. */

static void send_message(bed *b, const wire_shape *shape, const void *message)
{
    base_auto_buffer base_buffer bytes = {0};
    ck_assert_int_eq(wire_shape_write(shape, message, &bytes), HEDDLE_OK);
    if (b->blocks.call && !b->blocks.is_mute && !rpc_server_call_is_cancelled(b->blocks.call))
        (void)!rpc_server_call_send(b->blocks.call, base_buffer_view(&bytes), NULL, NULL, NULL);
}

static void send_block(bed *b, wire_outline_tx *txs, size_t count)
{
    base_auto_buffer base_buffer inner = {0};
    wire_outline block = {
        .channel = VIEW("mychannel"), .number = b->blocks.next++, .txs = txs, .tx_count = count};
    ck_assert_int_eq(wire_shape_write(&wire_outline_shape, &block, &inner), HEDDLE_OK);
    wire_delivery response = {.filtered = base_buffer_view(&inner)};
    send_message(b, &wire_delivery_shape, &response);
}

static void send_pending(bed *b)
{
    bed_blocks *blocks = &b->blocks;
    wire_outline_tx txs[BED_PENDING_MAX];
    for (size_t i = 0; i < blocks->pending_count; i++)
        txs[i] = (wire_outline_tx){
            .tx_id = heddle_view_str(blocks->pending[i]), .type = 3, .code = blocks->code};
    send_block(b, txs, blocks->pending_count);
    blocks->pending_count = 0;
}

static void end_stream(bed *b, rpc_server_call *call, int code)
{
    if (b->blocks.call != call)
        return;
    b->blocks.call = NULL;
    b->blocks.ended++;
    rpc_server_call_fail(call, code, "cut");
    pthread_cond_broadcast(&b->blocks.changed);
}

void bed_cut_block(bed *b)
{
    pthread_mutex_lock(&b->lock);
    send_pending(b);
    pthread_mutex_unlock(&b->lock);
}

void bed_cut_stream(bed *b, int code)
{
    pthread_mutex_lock(&b->lock);
    if (b->blocks.call)
        end_stream(b, b->blocks.call, code);
    pthread_mutex_unlock(&b->lock);
}

static void await_change(bed *b)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    ck_assert_int_eq(pthread_cond_timedwait(&b->blocks.changed, &b->lock, &until), 0);
}

void bed_await_pending(bed *b, size_t count)
{
    pthread_mutex_lock(&b->lock);
    while (b->blocks.pending_count < count)
        await_change(b);
    pthread_mutex_unlock(&b->lock);
}

void bed_await_ended(bed *b, int count)
{
    pthread_mutex_lock(&b->lock);
    while (b->blocks.ended < count)
        await_change(b);
    pthread_mutex_unlock(&b->lock);
}

static void on_blocks_request(rpc_server_call *call, rpc_bytes *message, void *user)
{
    bed *b = user;
    if (!message)
        return;
    keep(b, BED_BLOCKS, rpc_bytes_view(message));
    pthread_mutex_lock(&b->lock);
    const wire_delivery refusal = {.status = b->blocks.status};
    b->blocks.call = call;
    b->blocks.opened++;
    if (b->answers[BED_BLOCKS].code)
        end_stream(b, call, b->answers[BED_BLOCKS].code);
    else if (b->blocks.status)
        send_message(b, &wire_delivery_shape, &refusal);
    else
        send_block(b, NULL, 0);
    pthread_mutex_unlock(&b->lock);
}

static void blocks_cancelled(rpc_server_call *call, void *user)
{
    bed *b = user;
    pthread_mutex_lock(&b->lock);
    end_stream(b, call, RPC_CANCELLED);
    pthread_mutex_unlock(&b->lock);
}

static void send_blocks(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events handlers = {.on_message = on_blocks_request,
                                                    .on_cancel = blocks_cancelled};
    static const rpc_server_call_events unserved = {0};
    bed *b = user;
    rpc_server_call_listen(call, b->blocks.is_served ? &handlers : &unserved, user);
    if (b->blocks.is_served)
        rpc_server_call_read(call);
    else
        rpc_server_call_fail(call, RPC_UNIMPLEMENTED, "no blocks");
}

static void take_submitted(bed *b, heddle_view request)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_gateway_request read = {0};
    ck_assert_int_eq(wire_shape_read(&wire_gateway_request_shape, request, arena, &read, NULL), 0);
    pthread_mutex_lock(&b->lock);
    bed_blocks *blocks = &b->blocks;
    if (blocks->pending_count < BED_PENDING_MAX)
        snprintf(blocks->pending[blocks->pending_count++], sizeof(blocks->pending[0]), "%.*s",
                 BASE_VIEW_ARG(read.tx_id));
    if (!blocks->is_held)
        send_pending(b);
    pthread_cond_broadcast(&blocks->changed);
    pthread_mutex_unlock(&b->lock);
}

static void submit(rpc_server_call *call, void *user)
{
    bed *b = user;
    base_auto_buffer base_buffer request = {0};
    ck_assert_int_eq(base_buffer_append(&request, begin(b, BED_SUBMIT, call)), HEDDLE_OK);
    if (b->blocks.comes_first)
        take_submitted(b, base_buffer_view(&request));
    if (!is_answered(b, BED_SUBMIT, call))
        rpc_server_call_reply(call, VIEW(""));
    if (!b->blocks.comes_first)
        take_submitted(b, base_buffer_view(&request));
}

static void commit_status(rpc_server_call *call, void *user)
{
    bed *b = user;
    (void)begin(b, BED_COMMIT_STATUS, call);
    bool judged = !b->validation_times || bed_calls(b, BED_COMMIT_STATUS) <= b->validation_times;
    wire_commit_response answer = {.code = judged ? b->validation_code : 0, .block = 77};
    if (!is_answered(b, BED_COMMIT_STATUS, call))
        reply(call, &wire_commit_response_shape, &answer);
}

static void on_events_request(rpc_server_call *call, rpc_bytes *message, void *user)
{
    bed *b = user;
    if (!message)
        return;
    keep(b, BED_EVENTS, rpc_bytes_view(message));
    const bed_answer *answer = &b->answers[BED_EVENTS];
    for (size_t i = 0; i < b->event_count && !answer->code; i++)
        ck_assert_int_eq(rpc_server_call_send(call, b->events[i], NULL, NULL, NULL), HEDDLE_OK);
    if (answer->code || b->events_end)
        rpc_server_call_fail(call, answer->code, answer->message);
}

static void events_cancelled(rpc_server_call *call, void *user)
{
    bed *b = user;
    if (!b->answers[BED_EVENTS].code && !b->events_end)
        rpc_server_call_fail(call, RPC_CANCELLED, "the client went away");
}

static void events(rpc_server_call *call, void *user)
{
    static const rpc_server_call_events handlers = {.on_message = on_events_request,
                                                    .on_cancel = events_cancelled};
    rpc_server_call_listen(call, &handlers, user);
    rpc_server_call_read(call);
}

static void serve(bed *b, const char *address)
{
    const rpc_method methods[] = {
        {WIRE_GATEWAY_EVALUATE, RPC_METHOD_UNARY, evaluate, b},
        {WIRE_GATEWAY_ENDORSE, RPC_METHOD_UNARY, endorse, b},
        {WIRE_GATEWAY_SUBMIT, RPC_METHOD_UNARY, submit, b},
        {WIRE_GATEWAY_COMMIT_STATUS, RPC_METHOD_UNARY, commit_status, b},
        {WIRE_GATEWAY_CHAINCODE_EVENTS, RPC_METHOD_STREAM, events, b},
        {WIRE_DELIVER_FILTERED, RPC_METHOD_STREAM, send_blocks, b},
    };
    rpc_server_options options = {.methods = methods, .method_count = BASE_COUNT(methods)};
    rpc_server_creds *creds = NULL;
    uint16_t port = 0;
    ck_assert_int_eq(rpc_server_creds_insecure(&creds, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_new(&options, &b->server, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_listen(b->server, address, creds, &port, NULL), HEDDLE_OK);
    ck_assert_int_eq(rpc_server_start(b->server, NULL), HEDDLE_OK);
    rpc_server_creds_free(creds);
    snprintf(b->target, sizeof(b->target), "127.0.0.1:%u", port);
}

heddle_gateway *bed_connect(const bed *b, const heddle_gateway_options *given)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_gateway *gateway = NULL;
    heddle_error err = {0};
    if (given)
        options = *given;
    if (!options.target && !options.target_count)
        options.target = b->target;
    options.plaintext = true;
    ck_assert_msg(heddle_gateway_open(&options, &gateway, &err) == HEDDLE_OK, "%s", err.message);
    return gateway;
}

heddle_identity *bed_user(void)
{
    heddle_identity *user = NULL;
    heddle_error err = {0};
    ck_assert_msg(heddle_identity_from_msp("Org1MSP", MSP, &user, &err) == HEDDLE_OK, "%s",
                  err.message);
    return user;
}

bed *bed_start(const heddle_gateway_options *options)
{
    bed *b = base_calloc(1, sizeof(*b));
    ck_assert_int_eq(rpc_init(2, NULL), HEDDLE_OK);
    pthread_mutex_init(&b->lock, NULL);
    sem_init(&b->arrived, 0, 0);
    pthread_cond_init(&b->blocks.changed, NULL);
    serve(b, "127.0.0.1:0");
    b->gateway = bed_connect(b, options);
    b->user = bed_user();
    ck_assert_int_eq(
        heddle_contract_new(b->gateway, b->user, "mychannel", "basic", &b->contract, NULL),
        HEDDLE_OK);
    return b;
}

void bed_halt(bed *b)
{
    rpc_server_stop_blocking(b->server, 0);
    rpc_server_free(b->server);
    b->server = NULL;
}

void bed_resume(bed *b)
{
    char address[sizeof(b->target)];
    snprintf(address, sizeof(address), "%s", b->target);
    serve(b, address);
}

void bed_stop(bed *b)
{
    heddle_gateway_close(b->gateway);
    heddle_contract_unref(b->contract);
    heddle_identity_unref(b->user);
    if (b->server)
        bed_halt(b);
    for (int i = 0; i < BED_METHODS; i++)
        base_buffer_done(&b->asked[i]);
    sem_destroy(&b->arrived);
    pthread_cond_destroy(&b->blocks.changed);
    pthread_mutex_destroy(&b->lock);
    base_free(b);
    rpc_shutdown();
}
