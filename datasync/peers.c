/*
 * Blocks from the Deliver service of peers, one at a time.
 *
 * An attempt is one channel and one stream to one peer. When it ends, whatever the reason,
 * the next peer's turn comes after a pause that doubles while no attempt brings a block.
 * Everything here lives on one reactor; only start, stop and reload are called from outside. While
 * the queue is full no message is asked for, so gRPC's flow control slows the peer.
 */
#include <inttypes.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "datasync/deliver.h"
#include "datasync/source.h"
#include "rpc/latch.h"
#include "rpc/stream.h"
#include "wire/services.h"

enum {
    BACKOFF_MIN_MS = 100,
    ONCE_ROUNDS = 5, /* with once: how often all peers may fail in a row */
    REQUEST_MAX = 1 << 20
};

typedef struct peers {
    sync_source source;
    const sync_conf *conf;
    sync_queue *queue;
    sync_credentials credentials;
    rpc_reactor *reactor;
    rpc_channel *channel;
    rpc_stream *stream; /* NULL: between attempts */
    rpc_timer retry;
    rpc_timer idle;
    rpc_task start_task;
    rpc_task room_task;
    atomic_bool room_posted;
    rpc_task stop_task;
    rpc_latch stopped;
    uint64_t next;    /* number of the block that is due */
    size_t turn;      /* index of the peer at hand */
    size_t failures;  /* attempts in a row without a block */
    size_t refusals;  /* those in which a peer said no */
    heddle_error why; /* of the attempt at hand, if we ended it */
    bool waits_for_room;
    bool is_renewed; /* the attempt at hand ends because the next has other credentials */
    bool stopping;
    bool over; /* the queue knows the end */
} peers;

static void attempt(void *user);

static const sync_peer_conf *peer_at_hand(const peers *p)
{
    return sync_conf_peer(p->conf, p->turn % sync_conf_peer_count(p->conf));
}

static void end_source(peers *p, const heddle_error *err)
{
    p->over = true;
    sync_queue_end(p->queue, err);
}

static uint64_t pause_ms(const peers *p)
{
    uint64_t delay = BACKOFF_MIN_MS;
    for (size_t i = 1; i < p->failures && delay < p->conf->backoff_max_ms; i++)
        delay *= 2;
    return delay < p->conf->backoff_max_ms ? delay : p->conf->backoff_max_ms;
}

/* Whether another attempt makes no sense. */
static bool gives_up(const peers *p)
{
    size_t count = sync_conf_peer_count(p->conf);
    return p->refusals >= count || (p->conf->once && p->failures >= ONCE_ROUNDS * count);
}

/* The same peer again, at once: it has done nothing wrong. */
static bool is_to_begin_anew(peers *p)
{
    bool renewed = p->is_renewed && !p->stopping && !p->over;
    p->is_renewed = false;
    return renewed;
}

static void after_attempt(peers *p, const heddle_error *err)
{
    rpc_channel_close(p->channel);
    p->channel = NULL;
    if (is_to_begin_anew(p)) {
        attempt(p);
        return;
    }
    if (p->stopping) {
        rpc_latch_down(&p->stopped);
        return;
    }
    if (p->over)
        return;
    p->failures++;
    if (gives_up(p)) {
        end_source(p, err);
        return;
    }
    log_at(LOG_WARN, "sync", "the stream of blocks ended, trying the next peer",
           LOG_STR("peer", peer_at_hand(p)->address), LOG_ERR(err), LOG_U64("block", p->next));
    p->turn++;
    if (rpc_timer_start(&p->retry, p->reactor, pause_ms(p), attempt, p) != HEDDLE_OK) {
        heddle_error memory;
        base_fail_memory(&memory, "timer");
        end_source(p, &memory);
    }
}

/* End the attempt at hand because of @p err, which is in p->why. */
static void cancel_attempt(peers *p)
{
    rpc_stream_cancel(p->stream);
}

static void watch_idle(peers *p);

/* A stream that we hold ourselves, for want of room, is not idle. */
static void on_idle(void *user)
{
    peers *p = user;
    if (p->waits_for_room) {
        watch_idle(p);
        return;
    }
    base_fail(&p->why, HEDDLE_E_TIMED_OUT, "no block for %" PRIu64 " ms", p->conf->idle_timeout_ms);
    if (p->stream)
        cancel_attempt(p);
}

static void watch_idle(peers *p)
{
    if (p->conf->idle_timeout_ms)
        (void)!rpc_timer_start(&p->idle, p->reactor, p->conf->idle_timeout_ms, on_idle, p);
}

static void release_message(void *owner)
{
    rpc_bytes_unref(owner);
}

static void take_block(peers *p, rpc_bytes *message, const sync_deliver_response *response)
{
    sync_item *item = sync_item_new(response->block, rpc_bytes_ref(message), release_message);
    if (!item) {
        base_fail_memory(&p->why, "block");
        cancel_attempt(p);
        return;
    }
    p->next = response->number + 1;
    p->failures = p->refusals = 0;
    if (sync_queue_push(p->queue, item))
        rpc_stream_read(p->stream);
    else
        p->waits_for_room = true;
}

static bool is_tip(const peers *p, int status)
{
    /* Block 0 is in every channel: not even that one found means no such channel. */
    return p->conf->once &&
           (status == SYNC_DELIVER_SUCCESS || (status == SYNC_DELIVER_NOT_FOUND && p->next > 0));
}

/* NOT_FOUND is one only for block 0. For a later one it comes from a peer that is behind us:
 * one just rebuilt, or slower than the peer that went away. It will catch up. */
static bool is_refusal(const peers *p, int status)
{
    return status == SYNC_DELIVER_BAD_REQUEST || status == SYNC_DELIVER_FORBIDDEN ||
           (status == SYNC_DELIVER_NOT_FOUND && p->next == 0);
}

static void take_status(peers *p, int status)
{
    const struct {
        int status;
        heddle_status is;
        const char *text;
    } known[] = {
        {SYNC_DELIVER_BAD_REQUEST, HEDDLE_E_REFUSED, "the peer calls the request bad"},
        {SYNC_DELIVER_FORBIDDEN, HEDDLE_E_DENIED, "the peer does not let this identity read"},
        {SYNC_DELIVER_NOT_FOUND, HEDDLE_E_NOT_FOUND,
         p->next ? "the peer has not got so far" : "the peer does not know the channel"},
        {SYNC_DELIVER_UNAVAILABLE, HEDDLE_E_UNAVAILABLE, "the peer is not available"},
    };
    base_fail(&p->why, HEDDLE_E_RPC, "the peer ended the stream with status %d", status);
    for (size_t i = 0; i < BASE_COUNT(known); i++)
        if (known[i].status == status)
            base_fail(&p->why, known[i].is, "%s (channel %s, status %d)", known[i].text,
                      p->conf->channel, status);
    if (is_tip(p, status)) {
        heddle_error tip;
        base_error_clear(&tip);
        end_source(p, &tip);
    }
    p->refusals += is_refusal(p, status);
    cancel_attempt(p);
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    (void)stream;
    peers *p = user;
    sync_deliver_response response;
    if (p->over || p->stopping)
        return;
    watch_idle(p);
    if (sync_deliver_read(rpc_bytes_view(message), &response, &p->why) != HEDDLE_OK)
        cancel_attempt(p);
    else if (response.has_block)
        take_block(p, message, &response);
    else
        take_status(p, response.status);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    peers *p = user;
    heddle_error err = p->why;
    if (err.status == HEDDLE_OK && rpc_status_fail(status, "Deliver", &err) == HEDDLE_OK)
        base_fail(&err, HEDDLE_E_UNAVAILABLE, "the peer closed the stream");
    rpc_timer_cancel(&p->idle);
    rpc_stream_unref(p->stream);
    p->stream = NULL;
    p->waits_for_room = false;
    after_attempt(p, &err);
}

static heddle_status open_channel(peers *p, heddle_error *err)
{
    const sync_peer_conf *peer = peer_at_hand(p);
    size_t index = p->turn % sync_conf_peer_count(p->conf);
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    BASE_TRY(sync_credentials_connect(&p->credentials, index, &creds, err));
    const rpc_channel_options options = {.target = peer->address,
                                         .name_override = peer->name[0] ? peer->name : NULL};
    return rpc_channel_open(&options, creds, &p->channel, err);
}

static heddle_status open_stream(peers *p, heddle_error *err)
{
    static const rpc_stream_events events = {.on_message = on_message, .on_end = on_end};
    base_auto(arena) base_arena *arena = base_arena_new(REQUEST_MAX);
    heddle_view request;
    if (!arena)
        return base_fail_memory(err, "request for blocks");
    const wire_seek seek = {.start = {.place = WIRE_SEEK_NUMBER, .number = p->next},
                            .fail_if_not_ready = p->conf->once};
    const sync_credentials *own = &p->credentials;
    size_t hash_len = own->tls_cert.len ? sizeof(own->tls_hash) : 0;
    BASE_TRY(sync_deliver_request(own->identity, p->conf->channel,
                                  heddle_view_of(own->tls_hash, hash_len), &seek, arena, &request,
                                  err));
    const rpc_stream_options options = {
        .call = {.method = WIRE_DELIVER_FULL, .reactor = p->reactor},
        .has_request = true,
        .request = request};
    return rpc_stream_open(p->channel, &options, &events, p, &p->stream, err);
}

static void attempt(void *user)
{
    peers *p = user;
    heddle_error err;
    base_error_clear(&p->why);
    heddle_status status = open_channel(p, &err);
    if (status == HEDDLE_OK)
        status = open_stream(p, &err);
    if (status != HEDDLE_OK) {
        after_attempt(p, &err);
        return;
    }
    log_at(LOG_INFO, "sync", "asking for blocks", LOG_STR("peer", peer_at_hand(p)->address),
           LOG_U64("from", p->next));
    watch_idle(p);
    rpc_stream_read(p->stream);
}

static void room_again(void *user)
{
    peers *p = user;
    atomic_store(&p->room_posted, false);
    if (!p->waits_for_room || !p->stream)
        return;
    p->waits_for_room = false;
    rpc_stream_read(p->stream);
}

/* On the worker's thread. */
static void on_room(void *user)
{
    peers *p = user;
    if (!atomic_exchange(&p->room_posted, true))
        rpc_post_task(p->reactor, &p->room_task);
}

static void stop_on_reactor(void *user)
{
    peers *p = user;
    p->stopping = true;
    rpc_timer_cancel(&p->idle);
    rpc_timer_cancel(&p->retry);
    if (p->stream)
        rpc_stream_cancel(p->stream);
    else
        rpc_latch_down(&p->stopped);
}

static void peers_free(peers *p)
{
    sync_credentials_done(&p->credentials);
    rpc_latch_done(&p->stopped);
    base_free(p);
}

static void stop(sync_source *source)
{
    peers *p = base_container_of(source, peers, source);
    sync_queue_on_room(p->queue, NULL, NULL);
    p->stop_task = (rpc_task){.fn = stop_on_reactor, .user = p};
    rpc_post_task(p->reactor, &p->stop_task);
    rpc_latch_wait(&p->stopped);
    peers_free(p);
}

/* Other credentials. */

typedef struct renewal {
    peers *source;
    sync_credential part;
    sync_credentials fresh; /* afterwards: what there was */
    rpc_task task;
    rpc_latch taken;
} renewal;

/* A stream that has nothing to wait for goes on with the number that is due. */
static void take_renewal(void *user)
{
    renewal *r = user;
    peers *p = r->source;
    sync_credentials_swap(&p->credentials, &r->fresh, r->part);
    p->refusals = 0; /* those were of the credentials before */
    if (p->stream && !p->stopping && !p->over && p->why.status == HEDDLE_OK) {
        p->is_renewed = true;
        rpc_stream_cancel(p->stream);
    }
    rpc_latch_down(&r->taken);
}

static int64_t expiry_of(const sync_credentials *credentials, sync_credential part)
{
    if (part == SYNC_CREDENTIAL_PEERS)
        return 0;
    return part == SYNC_CREDENTIAL_TLS ? credentials->tls_not_after_s
                                       : credentials->identity_not_after_s;
}

static heddle_status reload(sync_source *source, sync_credential part, int64_t *out_not_after_s,
                            heddle_error *err)
{
    peers *p = base_container_of(source, peers, source);
    renewal r = {.source = p, .part = part};
    heddle_status status = sync_credentials_read(p->conf, part, &r.fresh, err);
    if (status == HEDDLE_OK) {
        *out_not_after_s = expiry_of(&r.fresh, part);
        r.task = (rpc_task){.fn = take_renewal, .user = &r};
        rpc_latch_init(&r.taken, 1);
        rpc_post_task(p->reactor, &r.task);
        rpc_latch_wait(&r.taken);
        rpc_latch_done(&r.taken);
    }
    sync_credentials_done(&r.fresh);
    return status;
}

static heddle_status load(peers *p, heddle_error *err)
{
    for (int part = SYNC_CREDENTIAL_IDENTITY; part <= SYNC_CREDENTIAL_PEERS; part++)
        BASE_TRY(sync_credentials_read(p->conf, (sync_credential)part, &p->credentials, err));
    return HEDDLE_OK;
}

heddle_status sync_peers_start(const sync_conf *conf, uint64_t first, sync_queue *queue,
                               sync_expiry *out_expiry, sync_source **out, heddle_error *err)
{
    peers *p = base_calloc(1, sizeof(*p));
    if (!p)
        return base_fail_memory(err, "source of blocks");
    *p = (peers){.source = {.stop = stop, .reload = reload},
                 .conf = conf,
                 .queue = queue,
                 .reactor = rpc_reactor_next(),
                 .next = first};
    rpc_latch_init(&p->stopped, 1);
    heddle_status status = load(p, err);
    if (status != HEDDLE_OK) {
        peers_free(p);
        if (err)
            err->status = HEDDLE_E_CONFIG;
        return HEDDLE_E_CONFIG;
    }
    p->room_task = (rpc_task){.fn = room_again, .user = p};
    p->start_task = (rpc_task){.fn = attempt, .user = p};
    *out_expiry = (sync_expiry){.identity_s = p->credentials.identity_not_after_s,
                                .tls_s = p->credentials.tls_not_after_s};
    sync_queue_on_room(queue, on_room, p);
    rpc_post_task(p->reactor, &p->start_task);
    *out = &p->source;
    return HEDDLE_OK;
}
