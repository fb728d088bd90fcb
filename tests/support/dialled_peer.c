#include "support/dialled_peer.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/view.h"
#include "chaincode/payload.h"
#include "wire/services.h"

static void on_message(h2_stream *stream, base_blob *message, void *user)
{
    dialled_peer *peer = user;
    pthread_mutex_lock(&peer->lock);
    if (!message) {
        peer->half_closed = true;
    } else if (peer->received < DIALLED_PEER_INBOX) {
        peer->inbox[peer->received++] = base_blob_ref(message);
        h2_stream_read(stream);
    }
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
    if (!message)
        h2_stream_finish(stream, H2_OK, "");
}

static void on_end(h2_stream *stream, int code, heddle_view message, void *user)
{
    (void)code;
    (void)message;
    (void)user;
    h2_stream_unref(stream);
}

static void accept_stream(h2_stream *stream, void *user)
{
    static const h2_stream_events events = {.on_message = on_message, .on_end = on_end};
    dialled_peer *peer = user;
    h2_stream_ref(stream); /* on_end's */
    h2_stream_listen(stream, &events, peer);
    pthread_mutex_lock(&peer->lock);
    h2_stream_unref(peer->stream);
    peer->stream = h2_stream_ref(stream);
    peer->streams++;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->lock);
    h2_stream_read(stream);
}

void dialled_peer_open(dialled_peer *peer, uint16_t port, crypto_tls_context *tls)
{
    char address[32];
    h2_method methods[] = {{WIRE_CHAINCODE_REGISTER, accept_stream, peer}};
    h2_server_options options = {.methods = methods, .method_count = 1};
    heddle_error err;
    *peer = (dialled_peer){0};
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    ck_assert_int_eq(h2_loop_new(&peer->loop, NULL), HEDDLE_OK);
    ck_assert_int_eq(h2_server_new(peer->loop, &options, &peer->server, NULL), HEDDLE_OK);
    heddle_status st = h2_server_listen(peer->server, address, tls, &peer->port, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
}

void dialled_peer_close(dialled_peer *peer)
{
    h2_server_stop_blocking(peer->server, 0);
    h2_server_free(peer->server);
    h2_loop_free(peer->loop);
    h2_stream_unref(peer->stream);
    while (peer->taken < peer->received)
        base_blob_unref(peer->inbox[peer->taken++]);
    base_blob_unref(peer->held);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->lock);
}

/* With the lock held. */
static void wait_change(dialled_peer *peer)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    ck_assert_int_ne(pthread_cond_timedwait(&peer->changed, &peer->lock, &until), ETIMEDOUT);
}

cc_message dialled_peer_take(dialled_peer *peer)
{
    cc_message message = {0};
    base_blob_unref(peer->held);
    pthread_mutex_lock(&peer->lock);
    while (peer->taken == peer->received)
        wait_change(peer);
    peer->held = peer->inbox[peer->taken++];
    pthread_mutex_unlock(&peer->lock);
    ck_assert_int_eq(cc_message_read(base_blob_view(peer->held), &message, NULL), HEDDLE_OK);
    return message;
}

void dialled_peer_send(dialled_peer *peer, cc_type type, const char *tx_id, heddle_view payload)
{
    base_blob *blob = NULL;
    cc_message message = {.type = type,
                          .payload = payload,
                          .tx_id = heddle_view_str(tx_id),
                          .channel = heddle_view_str(tx_id ? "ch" : NULL)};
    ck_assert_int_eq(cc_message_blob(&message, &blob, NULL), HEDDLE_OK);
    pthread_mutex_lock(&peer->lock);
    ck_assert_int_eq(h2_stream_send(peer->stream, blob, NULL), HEDDLE_OK);
    pthread_mutex_unlock(&peer->lock);
    base_blob_unref(blob);
}

void dialled_peer_invoke(dialled_peer *peer, const char *tx_id, const char *function)
{
    base_buffer payload = {0};
    heddle_view name = heddle_view_str(function);
    cc_input input = {.args = &name, .arg_count = 1};
    ck_assert_int_eq(wire_shape_write(&cc_input_shape, &input, &payload), HEDDLE_OK);
    dialled_peer_send(peer, CC_TRANSACTION, tx_id, base_buffer_view(&payload));
    base_buffer_done(&payload);
}

void dialled_peer_greet(dialled_peer *peer, unsigned nth, const char *chaincode_id)
{
    heddle_view id;
    pthread_mutex_lock(&peer->lock);
    while (peer->streams < nth)
        wait_change(peer);
    pthread_mutex_unlock(&peer->lock);
    cc_message message = dialled_peer_take(peer);
    if (message.type == CC_ERROR) /* last words of the stream before */
        message = dialled_peer_take(peer);
    ck_assert_int_eq(message.type, CC_REGISTER);
    ck_assert(wire_field_find(message.payload, 2, &id));
    ck_assert(base_view_is(id, chaincode_id));
    dialled_peer_send(peer, CC_REGISTERED, NULL, heddle_view_of(NULL, 0));
    dialled_peer_send(peer, CC_READY, NULL, heddle_view_of(NULL, 0));
}

void dialled_peer_wait_half_close(dialled_peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    while (!peer->half_closed)
        wait_change(peer);
    pthread_mutex_unlock(&peer->lock);
}
