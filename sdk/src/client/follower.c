/*
 * Vocabulary: a follower is the stream of filtered blocks of one identity on one channel. It is
 * live once the answer to its seek, the newest block, has arrived. A watch is what waits for
 * one transaction. To ask is to call the gateway for a commit status.
 *
 * Invariant: a watch is made only while its follower is live, and before its transaction is
 * sent for the first time. So the block with the transaction comes later, on that stream, if
 * it comes at all: there is no past to search, and blocks come one after another or the
 * stream is cut. The first block with the transaction id decides, except that a repeated id
 * speaks of an earlier copy, for which is asked. When the stream ends, every watch in it is
 * let go, to ask. A watch leaves WATCHING once, under the lock of the follower, and that wakes
 * the call that waits for it.
 *
 * Locks: a follower's is taken before those of calls, the gateway and its backend; that of the
 * list of followers before a follower's.
 */
#include "client/follower.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/map.h"
#include "client/proposal.h"
#include "client/seek.h"
#include "rpc/status.h"
#include "wire/block.h"
#include "wire/deliver.h"
#include "wire/delivery.h"
#include "wire/services.h"

enum {
    FOLLOWERS_MAX = 16,
    WATCHES_MAX = 1 << 17,
    BLOCK_MAX = 8 << 20, /* of a block, decoded */
    OPENING_MS = 10000,
    BACKOFF_MS = 500,
    BACKOFF_MAX_MS = 30000,
    WORKED_MS = 30000 /* a stream that lasted so long had worked */
};

enum stage { CLOSED, OPENING, LIVE, CUT, REFUSED };

typedef struct follower {
    atomic_int refs; /* the list's, that of the open stream, and one of each watch */
    base_list link;
    heddle_identity *identity;
    char *channel;
    client_activity activity; /* of the open stream, as are the next two */
    heddle_gateway *gateway;
    rpc_timer idle; /* on the stream's reactor */

    pthread_mutex_t lock; /* guards what follows */
    enum stage stage;
    client_stream *stream;
    base_map *watches; /* NULL: none */
    uint64_t due;      /* the number of the next block */
    uint64_t opened_ms, used_ms, retry_ms;
    unsigned failures;
    bool is_refused, is_idle;
} follower;

typedef struct wait {
    heddle_call *call; /* borrowed; NULL: nobody waits */
    client_watched_fn *fn;
    void *user;
} wait;

struct client_watch {
    atomic_int refs;
    follower *follower;

    /* Under the follower's lock. */
    enum { WATCHING, JUDGED, LET_GO } state;
    heddle_commit_status judged; /* its tx_id is always set */
    wait wait;
};

static follower *follower_ref(follower *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

static void follower_unref(follower *f)
{
    if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
        return;
    base_map_free(f->watches, NULL);
    heddle_identity_unref(f->identity);
    pthread_mutex_destroy(&f->lock);
    base_free(f->channel);
    base_free(f);
}

/* Under the lock: end the stream soon; nothing that it still brings counts. */
static void cut(follower *f)
{
    f->stage = CUT;
    if (f->stream)
        client_stream_cancel(f->stream);
}

static follower *of_activity(client_activity *activity)
{
    return base_container_of(activity, follower, activity);
}

static void activity_cancel(client_activity *activity)
{
    follower *f = of_activity(activity);
    pthread_mutex_lock(&f->lock);
    cut(f);
    pthread_mutex_unlock(&f->lock);
}

static void activity_ref(client_activity *activity)
{
    follower_ref(of_activity(activity));
}

static void activity_unref(client_activity *activity)
{
    follower_unref(of_activity(activity));
}

static follower *follower_new(heddle_identity *identity, heddle_view channel)
{
    follower *f = base_calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    atomic_init(&f->refs, 1);
    pthread_mutex_init(&f->lock, NULL);
    base_list_init(&f->link);
    f->activity =
        (client_activity){.cancel = activity_cancel, .ref = activity_ref, .unref = activity_unref};
    base_list_init(&f->activity.link);
    f->identity = heddle_identity_ref(identity);
    f->channel = base_strdup_view(channel);
    if (!f->channel) {
        follower_unref(f);
        return NULL;
    }
    return f;
}

/* The followers of a gateway. */

void client_followers_init(client_followers *followers)
{
    pthread_mutex_init(&followers->lock, NULL);
    base_list_init(&followers->list);
}

void client_followers_done(client_followers *followers)
{
    for (base_list *link; (link = base_list_pop(&followers->list));)
        follower_unref(base_list_entry(link, follower, link));
    pthread_mutex_destroy(&followers->lock);
}

/* Under the lock of the list. */
static follower *look_up(client_followers *followers, const heddle_identity *identity,
                         heddle_view channel)
{
    base_list_each (link, &followers->list) {
        follower *f = base_list_entry(link, follower, link);
        if (f->identity == identity && base_view_is(channel, f->channel))
            return f;
    }
    return NULL;
}

/* Under the lock of the list: the first that is not in use makes room. */
static void make_room(client_followers *followers)
{
    base_list_each_safe (link, &followers->list) {
        follower *f = base_list_entry(link, follower, link);
        if (followers->count < FOLLOWERS_MAX)
            return;
        pthread_mutex_lock(&f->lock);
        bool is_closed = f->stage == CLOSED;
        pthread_mutex_unlock(&f->lock);
        if (is_closed) {
            base_list_remove(link);
            followers->count--;
            follower_unref(f);
        }
    }
}

static follower *add(client_followers *followers, heddle_identity *identity, heddle_view channel)
{
    make_room(followers);
    follower *f = followers->count < FOLLOWERS_MAX ? follower_new(identity, channel) : NULL;
    if (f) {
        base_list_append(&followers->list, &f->link);
        followers->count++;
    }
    return f;
}

/* With a reference; NULL: not to be followed. */
static follower *acquire(heddle_gateway *gateway, heddle_identity *identity, heddle_view channel)
{
    client_followers *followers = client_gateway_followers(gateway);
    if (!followers->idle_ms || !identity || !client_identity_can_sign(identity))
        return NULL;
    pthread_mutex_lock(&followers->lock);
    follower *f = look_up(followers, identity, channel);
    if (!f)
        f = add(followers, identity, channel);
    if (f)
        follower_ref(f);
    pthread_mutex_unlock(&followers->lock);
    return f;
}

/* Watches; under the follower's lock. */

static void wake(client_watch *watch)
{
    if (watch->wait.call)
        client_call_wake(watch->wait.call);
}

static void judge(client_watch *watch, const wire_filtered_tx *tx, uint64_t block)
{
    watch->state = tx->code == WIRE_CODE_DUPLICATE_TXID ? LET_GO : JUDGED;
    watch->judged.validation_code = tx->code;
    watch->judged.block_number = block;
    wake(watch);
}

static void let_go(void *value)
{
    client_watch *watch = value;
    watch->state = LET_GO;
    wake(watch);
}

static size_t count(const follower *f)
{
    return f->watches ? base_map_count(f->watches) : 0;
}

/* The stream. */

static uint64_t pause_ms(unsigned failures)
{
    uint64_t delay = BACKOFF_MS;
    for (unsigned i = 1; i < failures && delay < BACKOFF_MAX_MS; i++)
        delay *= 2;
    return delay < BACKOFF_MAX_MS ? delay : BACKOFF_MAX_MS;
}

static bool is_refusal(const heddle_error *err)
{
    return err && (err->grpc_code == RPC_PERMISSION_DENIED || err->grpc_code == RPC_UNIMPLEMENTED);
}

/* No stream is left, or none could be opened. Not open for another until the gateway has let go
 * of this one. */
static void over(follower *f, const heddle_error *err, bool is_entered)
{
    uint64_t now = base_now_ms();
    pthread_mutex_lock(&f->lock);
    f->stage = CUT;
    base_map_free(base_steal(&f->watches), let_go);
    client_stream_unref(base_steal(&f->stream));
    f->is_refused |= is_refusal(err);
    f->failures = f->is_idle ? 0 : now - f->opened_ms > WORKED_MS ? 1 : f->failures + 1;
    f->retry_ms = f->failures ? now + pause_ms(f->failures) : 0;
    heddle_gateway *gateway = base_steal(&f->gateway);
    pthread_mutex_unlock(&f->lock);
    if (is_entered)
        client_activity_end(gateway, &f->activity);
    pthread_mutex_lock(&f->lock);
    f->stage = f->is_refused ? REFUSED : CLOSED;
    pthread_mutex_unlock(&f->lock);
    client_gateway_unref(gateway);
    follower_unref(f);
}

/* Run on the stream's reactor, as all that follows of the stream. */
static void on_idle(void *user)
{
    follower *f = user;
    uint32_t idle_ms = client_gateway_followers(f->gateway)->idle_ms;
    pthread_mutex_lock(&f->lock);
    uint64_t unused = base_now_ms() - f->used_ms;
    f->is_idle = !count(f) && unused >= idle_ms && f->stage == LIVE;
    if (f->is_idle ||
        rpc_timer_start(&f->idle, rpc_reactor_current(), idle_ms, on_idle, f) != HEDDLE_OK)
        cut(f);
    pthread_mutex_unlock(&f->lock);
}

static void go_live(follower *f)
{
    uint32_t idle_ms = client_gateway_followers(f->gateway)->idle_ms;
    f->stage = LIVE;
    f->used_ms = base_now_ms();
    if (rpc_timer_start(&f->idle, rpc_reactor_current(), idle_ms, on_idle, f))
        cut(f);
}

static void take_block(follower *f, const wire_filtered_block *block)
{
    bool is_next = f->stage == OPENING || block->number == f->due;
    if (!is_next || !base_view_is(block->channel, f->channel)) {
        cut(f);
        return;
    }
    f->due = block->number + 1;
    if (f->stage == OPENING)
        go_live(f);
    for (size_t i = 0; i < block->tx_count && count(f); i++) {
        client_watch *watch =
            block->txs[i].tx_id.len ? base_map_remove(f->watches, block->txs[i].tx_id) : NULL;
        if (watch) {
            judge(watch, &block->txs[i], block->number);
            f->used_ms = base_now_ms();
        }
    }
    if (f->stage == LIVE)
        client_stream_read(f->stream);
}

static void on_message(client_stream *stream, rpc_bytes *message, void *user)
{
    (void)stream;
    follower *f = user;
    base_auto(arena) base_arena *arena = base_arena_new(BLOCK_MAX);
    wire_deliver_response response = {0};
    bool is_read = arena && !wire_shape_read(&wire_deliver_response_shape, rpc_bytes_view(message),
                                             arena, &response, NULL);
    pthread_mutex_lock(&f->lock);
    f->is_refused |= is_read && response.status == WIRE_DELIVER_FORBIDDEN;
    if (f->stage == CUT || !is_read || !response.has_filtered)
        cut(f);
    else
        take_block(f, &response.filtered);
    pthread_mutex_unlock(&f->lock);
}

static void on_end(client_stream *stream, heddle_error *err, void *user)
{
    (void)stream;
    follower *f = user;
    rpc_timer_cancel(&f->idle);
    over(f, err, true);
}

static heddle_status write_seek(follower *f, base_buffer *out, heddle_error *err)
{
    base_auto_buffer base_buffer message = {0};
    uint8_t tls_hash[32];
    client_sealed sealed = {0};
    client_seek_asker asker = {.channel = f->channel,
                               .creator = client_identity_creator(f->identity)};
    const wire_seek seek = {.start = {.place = WIRE_SEEK_NEWEST}};
    if (client_gateway_tls_hash(f->gateway, tls_hash))
        asker.tls_hash = heddle_view_of(tls_hash, sizeof(tls_hash));
    BASE_TRY(client_seek_message(&asker, &seek, &message, err));
    sealed.message = base_buffer_view(&message);
    BASE_TRY(client_seal(&sealed, f->identity, err));
    const wire_signed_message content = client_sealed_view(&sealed);
    return client_write(&wire_signed_message_shape, &content, out, err);
}

/* Under the lock, which keeps the stream from ending before its first read. */
static heddle_status start(follower *f, heddle_view request, heddle_error *err)
{
    static const client_stream_events events = {.on_message = on_message, .on_end = on_end};
    const client_stream_options options = {.method = WIRE_DELIVER_FILTERED, .request = request};
    if (f->stage == CUT)
        return base_fail(err, HEDDLE_E_CANCELLED, "commits: cancelled");
    BASE_TRY(client_stream_open(f->gateway, &options, &events, f, &f->stream, err));
    client_stream_read(f->stream);
    return HEDDLE_OK;
}

/* By the one that turned CLOSED to OPENING. Signing may take its time: not under the lock. */
static void run(follower *f, heddle_gateway *gateway)
{
    heddle_error err = {.grpc_code = -1};
    base_auto_buffer base_buffer request = {0};
    follower_ref(f);
    f->gateway = client_gateway_ref(gateway);
    heddle_status status = client_activity_begin(gateway, &f->activity, &err);
    bool is_entered = status == HEDDLE_OK;
    if (is_entered)
        status = write_seek(f, &request, &err);
    if (status == HEDDLE_OK) {
        pthread_mutex_lock(&f->lock);
        status = start(f, base_buffer_view(&request), &err);
        pthread_mutex_unlock(&f->lock);
    }
    if (status)
        over(f, &err, is_entered);
}

/* Opens the stream if it is time to. */
static void keep_open(follower *f, heddle_gateway *gateway)
{
    uint64_t now = base_now_ms();
    pthread_mutex_lock(&f->lock);
    bool opens = f->stage == CLOSED && now >= f->retry_ms;
    if (opens) {
        f->stage = OPENING;
        f->opened_ms = now;
        f->is_idle = false;
    } else if (f->stage == OPENING && f->stream && now - f->opened_ms > OPENING_MS) {
        cut(f);
    }
    pthread_mutex_unlock(&f->lock);
    if (opens)
        run(f, gateway);
}

void client_follow_open(heddle_gateway *gateway, heddle_identity *identity, heddle_view channel)
{
    follower *f = acquire(gateway, identity, channel);
    if (!f)
        return;
    keep_open(f, gateway);
    follower_unref(f);
}

/* Under the lock. */
static bool enter(follower *f, client_watch *watch)
{
    heddle_view key = heddle_view_str(watch->judged.tx_id);
    if (f->stage != LIVE)
        return false;
    if (!f->watches)
        f->watches = base_map_new();
    if (!f->watches || count(f) >= WATCHES_MAX || base_map_get(f->watches, key) ||
        base_map_put(f->watches, key, watch, NULL))
        return false;
    f->used_ms = base_now_ms();
    return true;
}

/* Takes the reference to @p f. */
static client_watch *watch_new(follower *f, const char *tx_id)
{
    client_watch *watch = base_calloc(1, sizeof(*watch));
    if (!watch) {
        follower_unref(f);
        return NULL;
    }
    atomic_init(&watch->refs, 1);
    watch->follower = f;
    snprintf(watch->judged.tx_id, sizeof(watch->judged.tx_id), "%s", tx_id);
    pthread_mutex_lock(&f->lock);
    bool is_entered = enter(f, watch);
    pthread_mutex_unlock(&f->lock);
    if (!is_entered)
        client_watch_unref(base_steal(&watch));
    return watch;
}

client_watch *client_follow(heddle_gateway *gateway, heddle_identity *identity, heddle_view channel,
                            const char *tx_id)
{
    follower *f = acquire(gateway, identity, channel);
    if (!f)
        return NULL;
    keep_open(f, gateway);
    return watch_new(f, tx_id);
}

client_watch *client_watch_ref(client_watch *watch)
{
    if (watch)
        atomic_fetch_add_explicit(&watch->refs, 1, memory_order_relaxed);
    return watch;
}

void client_watch_unref(client_watch *watch)
{
    if (!watch || atomic_fetch_sub_explicit(&watch->refs, 1, memory_order_acq_rel) != 1)
        return;
    follower *f = watch->follower;
    heddle_view key = heddle_view_str(watch->judged.tx_id);
    pthread_mutex_lock(&f->lock);
    if (f->watches && base_map_get(f->watches, key) == watch)
        (void)base_map_remove(f->watches, key);
    pthread_mutex_unlock(&f->lock);
    follower_unref(f);
    base_free(watch);
}

static void fail_late(heddle_error *err)
{
    base_fail(err, HEDDLE_E_TIMED_OUT, "commit status: no block with the transaction came in time");
    err->grpc_code = RPC_DEADLINE_EXCEEDED;
}

/* The end of a wait, and where the watch stands. Another call may wait from then on. */
static int end_wait(client_watch *watch, wait *out, heddle_commit_status *out_judged)
{
    pthread_mutex_lock(&watch->follower->lock);
    int state = watch->state;
    *out = watch->wait;
    *out_judged = watch->judged;
    watch->wait.call = NULL;
    pthread_mutex_unlock(&watch->follower->lock);
    return state;
}

static void on_resumed(heddle_call *call, heddle_error *err, void *user)
{
    heddle_error late;
    wait ended;
    heddle_commit_status judged;
    int state = end_wait(user, &ended, &judged);
    client_watched watched = {.left_ms = client_call_left_ms(call)};
    if (state == JUDGED) {
        watched.judged = &judged;
    } else if (err || state == WATCHING) {
        if (!err)
            fail_late(err = &late);
        client_error_place(err, HEDDLE_STAGE_COMMIT_STATUS, judged.tx_id);
        watched.err = err;
    }
    if (watched.judged || watched.err)
        client_call_count(call, watched.err != NULL);
    ended.fn(call, &watched, ended.user);
}

bool client_watch_wait(client_watch *watch, heddle_call *call, uint32_t limit_ms,
                       client_watched_fn *fn, void *user)
{
    if (!watch)
        return false;
    const client_step step = {
        .stage = HEDDLE_STAGE_COMMIT_STATUS, .tx_id = watch->judged.tx_id, .limit_ms = limit_ms};
    pthread_mutex_lock(&watch->follower->lock);
    bool waits = !watch->wait.call && watch->state != LET_GO &&
                 client_call_wait(call, &step, on_resumed, watch, NULL) == HEDDLE_OK;
    if (waits) {
        watch->wait = (wait){.call = call, .fn = fn, .user = user};
        if (watch->state == JUDGED)
            client_call_wake(call);
    }
    pthread_mutex_unlock(&watch->follower->lock);
    return waits;
}
