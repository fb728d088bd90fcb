#include "chaincode/peer.h"

#include <stdio.h>
#include <time.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "wire/services.h"

/* Only the loop touches `finished`; the stream is used by workers too. */
typedef struct peer {
    cc_peers *peers;
    base_list entry;
    h2_stream *stream;
    cc_link *link;
    cc_peer_end *end; /* NULL: the peer has opened the stream */
    bool finished;
} peer;

/* All of them */

void cc_peers_init(cc_peers *peers, const cc_host *host)
{
    pthread_condattr_t attributes;
    *peers = (cc_peers){.host = host};
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&peers->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&peers->lock, NULL);
    base_list_init(&peers->list);
}

void cc_peers_done(cc_peers *peers)
{
    pthread_mutex_destroy(&peers->lock);
    pthread_cond_destroy(&peers->changed);
}

void cc_peers_count(cc_peers *peers, unsigned *out_all, unsigned *out_ready)
{
    unsigned all = 0, ready = 0;
    pthread_mutex_lock(&peers->lock);
    base_list_each (it, &peers->list) {
        all++;
        ready += cc_link_is_ready(base_list_entry(it, peer, entry)->link);
    }
    pthread_mutex_unlock(&peers->lock);
    *out_all = all;
    *out_ready = ready;
}

void cc_peers_lose(cc_peers *peers)
{
    pthread_mutex_lock(&peers->lock);
    base_list_each (it, &peers->list)
        cc_link_lost(base_list_entry(it, peer, entry)->link);
    pthread_mutex_unlock(&peers->lock);
}

/* With the lock held. */
static bool wait_for_none(cc_peers *peers, uint64_t until_ms)
{
    while (!base_list_is_empty(&peers->list)) {
        struct timespec at = {.tv_sec = (time_t)(until_ms / 1000),
                              .tv_nsec = (long)(until_ms % 1000) * 1000000};
        if (pthread_cond_timedwait(&peers->changed, &peers->lock, &at) != 0)
            return base_list_is_empty(&peers->list);
    }
    return true;
}

static void say_goodbye(const peer *self)
{
    if (self->end)
        h2_stream_half_close(self->stream);
    else
        h2_stream_finish(self->stream, H2_OK, "");
}

bool cc_peers_end(cc_peers *peers, uint64_t timeout_ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    pthread_mutex_lock(&peers->lock);
    peers->ending = true;
    base_list_each (it, &peers->list)
        say_goodbye(base_list_entry(it, peer, entry));
    bool all = wait_for_none(peers, now_ms + timeout_ms);
    pthread_mutex_unlock(&peers->lock);
    return all;
}

/* The link's side */

static heddle_status send(void *user, base_blob *message, heddle_error *err)
{
    peer *self = user;
    heddle_status st = h2_stream_send(self->stream, message, err);
    if (st == HEDDLE_E_BAD_STATE)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer is gone");
    return st;
}

static void finish(peer *self, h2_code code, const char *why)
{
    cc_link_lost(self->link);
    if (self->finished)
        return;
    self->finished = true;
    if (self->end)
        h2_stream_cancel(self->stream);
    else
        h2_stream_finish(self->stream, code, why);
}

static void close_stream(void *user, const char *why)
{
    finish(user, H2_INVALID_ARGUMENT, why);
}

static void release(void *user)
{
    peer *self = user;
    h2_stream_unref(self->stream);
    base_free(self);
}

/* The stream's side */

static void on_message(h2_stream *stream, base_blob *message, void *user)
{
    peer *self = user;
    if (!message) {
        finish(self, H2_OK, "");
        return;
    }
    cc_link_receive(self->link, message);
    if (!self->finished)
        h2_stream_read(stream);
}

/* With the lock held. */
static void tell_end(const peer *self, int code, heddle_view message)
{
    if (!self->end)
        return;
    self->end->over = true;
    self->end->code = code;
    self->end->was_ready = cc_link_is_ready(self->link);
    snprintf(self->end->why, sizeof(self->end->why), "%s: %.*s", h2_code_name(code),
             BASE_VIEW_ARG(message));
}

static void on_end(h2_stream *stream, int code, heddle_view message, void *user)
{
    peer *self = user;
    cc_peers *peers = self->peers;
    log_at(LOG_INFO, "chaincode", "peer disconnected", LOG_STR("peer", h2_stream_peer(stream)));
    pthread_mutex_lock(&peers->lock);
    tell_end(self, code, message);
    base_list_remove(&self->entry);
    pthread_cond_broadcast(&peers->changed);
    pthread_mutex_unlock(&peers->lock);
    cc_link_lost(self->link);
    cc_link_unref(self->link);
}

static const h2_stream_events events = {.on_message = on_message, .on_end = on_end};

static peer *peer_new(cc_peers *peers)
{
    peer *self = base_calloc(1, sizeof(*self));
    cc_outlet outlet = {.send = send, .close = close_stream, .release = release, .user = self};
    if (!self)
        return NULL;
    self->peers = peers;
    base_list_init(&self->entry);
    self->link = cc_link_new(peers->host, &outlet);
    if (self->link)
        return self;
    base_free(self);
    return NULL;
}

static void begin(peer *self)
{
    heddle_error err;
    log_at(LOG_INFO, "chaincode", "peer connected", LOG_STR("peer", h2_stream_peer(self->stream)));
    if (cc_link_register(self->link, &err) == HEDDLE_OK)
        h2_stream_read(self->stream);
    else
        finish(self, H2_RESOURCE_EXHAUSTED, err.message);
}

void cc_peer_accept(h2_stream *stream, void *user)
{
    cc_peers *peers = user;
    peer *self = peer_new(peers);
    if (!self) {
        h2_stream_finish(stream, H2_RESOURCE_EXHAUSTED, "no memory for the stream");
        return;
    }
    self->stream = h2_stream_ref(stream);
    h2_stream_listen(stream, &events, self);
    pthread_mutex_lock(&peers->lock);
    base_list_append(&peers->list, &self->entry);
    bool ending = peers->ending;
    pthread_mutex_unlock(&peers->lock);
    if (ending)
        finish(self, H2_UNAVAILABLE, "the chaincode is stopping");
    else
        begin(self);
}

heddle_status cc_peer_dial(cc_peers *peers, h2_client *client, cc_peer_end *out, heddle_error *err)
{
    peer *self = peer_new(peers);
    if (!self)
        return base_fail_memory(err, "stream to the peer");
    h2_client_stream_options options = {.path = WIRE_CHAINCODE_REGISTER,
                                        .queue_limit = CC_QUEUED_BYTES};
    *out = (cc_peer_end){0};
    self->end = out;
    cc_link *link = cc_link_ref(self->link); /* it may be over before this returns */
    pthread_mutex_lock(&peers->lock);
    heddle_status st = peers->ending
                           ? base_fail(err, HEDDLE_E_UNAVAILABLE, "the chaincode is stopping")
                           : h2_client_stream(client, &options, &events, self, &self->stream, err);
    if (st == HEDDLE_OK)
        base_list_append(&peers->list, &self->entry);
    pthread_mutex_unlock(&peers->lock);
    if (st == HEDDLE_OK)
        begin(self);
    else
        cc_link_unref(link); /* the stream's */
    cc_link_unref(link);
    return st;
}
