#include "fake_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fail.h"

static heddle_status send_message(void *user, base_blob *message, heddle_error *err)
{
    fake_link *peer = user;
    heddle_status st = HEDDLE_OK;
    pthread_mutex_lock(&peer->lock);
    if (peer->refuses) {
        st = base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer is gone");
    } else if (peer->most && base_blob_view(message).len > peer->most) {
        st =
            base_fail(err, HEDDLE_E_TOO_LARGE, "message of %zu bytes", base_blob_view(message).len);
    } else {
        if (peer->received == peer->cap) {
            peer->cap = peer->cap ? peer->cap * 2 : 64;
            peer->inbox = realloc(peer->inbox, peer->cap * sizeof(*peer->inbox));
        }
        peer->inbox[peer->received++] = base_blob_ref(message);
        pthread_cond_broadcast(&peer->changed);
    }
    pthread_mutex_unlock(&peer->lock);
    return st;
}

static void closed(void *user, const char *why)
{
    fake_link *peer = user;
    pthread_mutex_lock(&peer->lock);
    peer->closed++;
    snprintf(peer->why, sizeof(peer->why), "%s", why);
    pthread_mutex_unlock(&peer->lock);
}

static void released(void *user)
{
    fake_link *peer = user;
    peer->released = true;
}

void fake_link_open(fake_link *peer, heddle_cc_function *function, unsigned workers,
                    unsigned queue_limit)
{
    *peer = (fake_link){.arena = base_arena_new(0)};
    peer->contract = (heddle_cc_contract){.size = sizeof(peer->contract),
                                          .name = "test",
                                          .init = function,
                                          .unknown = function,
                                          .context = peer};
    peer->contracts[0] = &peer->contract;
    peer->chaincode = (heddle_cc_chaincode){
        .size = sizeof(peer->chaincode), .contracts = peer->contracts, .contract_count = 1};
    peer->host = (cc_host){
        .chaincode_id = "cc:1", .chaincode = &peer->chaincode, .answer_timeout_ms = 10000};
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    cc_pool_options pool = {.threads = workers, .limit = queue_limit};
    ck_assert_ok(cc_pool_new(&pool, &peer->host.pool, NULL));
    fake_link_relink(peer);
}

void fake_link_relink(fake_link *peer)
{
    cc_outlet outlet = {.send = send_message, .close = closed, .release = released, .user = peer};
    cc_link_unref(peer->link);
    peer->released = false;
    peer->link = cc_link_new(&peer->host, &outlet);
    ck_assert_ptr_nonnull(peer->link);
}

void fake_link_close(fake_link *peer)
{
    cc_link_lost(peer->link);
    cc_pool_free(peer->host.pool);
    cc_link_unref(peer->link);
    ck_assert(peer->released);
    for (size_t i = peer->taken; i < peer->received; i++)
        base_blob_unref(peer->inbox[i]);
    free(peer->inbox);
    base_arena_free(peer->arena);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->lock);
}

static struct timespec ten_seconds(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    return until;
}

Protos__ChaincodeMessage *fake_link_take(fake_link *peer)
{
    struct timespec until = ten_seconds();
    Protos__ChaincodeMessage *message = NULL;
    int e = 0;
    pthread_mutex_lock(&peer->lock);
    while (peer->taken == peer->received && e != ETIMEDOUT)
        e = pthread_cond_timedwait(&peer->changed, &peer->lock, &until);
    ck_assert_msg(peer->taken < peer->received, "nothing was sent within ten seconds");
    base_blob *blob = peer->inbox[peer->taken++];
    pthread_mutex_unlock(&peer->lock);
    ck_assert_ok(
        wire_decode(protos__chaincode_message, base_blob_view(blob), peer->arena, &message, NULL));
    base_blob_unref(blob);
    return message;
}

Protos__ChaincodeMessage *fake_link_expect(fake_link *peer, int type)
{
    Protos__ChaincodeMessage *message = fake_link_take(peer);
    ck_assert_msg((int)message->type == type, "%s in place of %s: %.*s",
                  cc_type_name((int)message->type), cc_type_name(type),
                  BASE_VIEW_ARG(wire_view(message->payload)));
    return message;
}

size_t fake_link_waiting(fake_link *peer)
{
    pthread_mutex_lock(&peer->lock);
    size_t waiting = peer->received - peer->taken;
    pthread_mutex_unlock(&peer->lock);
    return waiting;
}

void fake_link_send_raw(fake_link *peer, heddle_view bytes)
{
    base_blob *blob = base_blob_copy(bytes);
    cc_link_receive(peer->link, blob);
    base_blob_unref(blob);
}

void fake_link_send(fake_link *peer, int type, const char *tx_id, heddle_view payload)
{
    base_blob *blob = NULL;
    cc_message message = {.type = type,
                          .tx_id = heddle_view_str(tx_id),
                          .channel = heddle_view_str(tx_id[0] ? "mychannel" : ""),
                          .payload = payload};
    ck_assert_ok(cc_message_blob(&message, &blob, NULL));
    cc_link_receive(peer->link, blob);
    base_blob_unref(blob);
}

void fake_link_greet(fake_link *peer, heddle_view ready)
{
    ck_assert_ok(cc_link_register(peer->link, NULL));
    fake_link_expect(peer, CC_REGISTER);
    fake_link_send(peer, CC_REGISTERED, "", VIEW(""));
    fake_link_send(peer, CC_READY, "", ready);
}

void fake_link_start(fake_link *peer, const char *tx_id, const char *const *args)
{
    heddle_view views[16];
    base_buffer bytes = {0};
    cc_input input = {.args = views};
    for (; args[input.arg_count]; input.arg_count++)
        views[input.arg_count] = heddle_view_str(args[input.arg_count]);
    ck_assert_ok(wire_shape_write(&cc_input_shape, &input, &bytes));
    fake_link_send(peer, CC_TRANSACTION, tx_id, base_buffer_view(&bytes));
    base_buffer_done(&bytes);
}

Protos__Response *fake_link_completed(fake_link *peer, const char *tx_id)
{
    Protos__Response *response = NULL;
    Protos__ChaincodeMessage *message = fake_link_expect(peer, CC_COMPLETED);
    ck_assert_str_eq(message->txid, tx_id);
    ck_assert_str_eq(message->channel_id, "mychannel");
    ck_assert_ok(
        wire_decode(protos__response, wire_view(message->payload), peer->arena, &response, NULL));
    return response;
}

void fake_link_step(fake_link *peer)
{
    pthread_mutex_lock(&peer->lock);
    peer->steps++;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
}

void fake_link_reach(fake_link *peer, unsigned steps)
{
    struct timespec until = ten_seconds();
    int e = 0;
    pthread_mutex_lock(&peer->lock);
    while (peer->steps < steps && e != ETIMEDOUT)
        e = pthread_cond_timedwait(&peer->changed, &peer->lock, &until);
    unsigned reached = peer->steps;
    pthread_mutex_unlock(&peer->lock);
    ck_assert_uint_ge(reached, steps);
}
