/*
 * Requests go to the peer one at a time. While one is under way, further ones wait in `queue`;
 * the receiving thread sends the next as soon as it has the answer, without waking the worker.
 * Posted ones may follow one another; one that is asked is the last, since the worker waits.
 */
#include "chaincode/call.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"

/* What posted requests may hold; post() waits until half of it is free. More would save few
 * wakings, but take memory from each of many transactions. */
enum { QUEUE_BYTES = 64 * 1024 };

typedef enum under_way { NOTHING, POSTED, ASKED } under_way;
typedef enum waits_for { NOBODY, ANSWER, ALL, ROOM } waits_for;

struct cc_call {
    atomic_uint references;
    cc_job job;
    cc_link *link;
    base_blob *start_bytes;
    cc_message start; /* borrows start_bytes */
    cc_limits limits;
    heddle_view key;
    cc_port port;
    base_blob **kept; /* answers whose payloads were given out; the worker's */
    size_t kept_count;
    size_t kept_cap;
    size_t kept_bytes;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    under_way under_way;
    waits_for waits;
    base_blob **queue; /* from queue_at on */
    size_t queue_at;
    size_t queue_end;
    size_t queue_cap;
    size_t queue_bytes;
    bool asked_last; /* the queue's last one is not posted */
    uint64_t answers;
    base_blob *answer;
    int32_t answer_type;
    heddle_view answer_payload;
    bool lost;   /* no request can be made any more */
    bool failed; /* a posted one, or one that was waited for in vain; the reason is: */
    heddle_status failed_status;
    heddle_error failure;
    uint8_t key_bytes[];
};

static void write_key(uint8_t *key, heddle_view channel, heddle_view tx_id)
{
    if (channel.len)
        memcpy(key, channel.data, channel.len);
    key[channel.len] = 0;
    if (tx_id.len)
        memcpy(key + channel.len + 1, tx_id.data, tx_id.len);
}

heddle_view cc_table_key(base_arena *arena, heddle_view channel, heddle_view tx_id)
{
    uint8_t *key = base_arena_alloc(arena, channel.len + 1 + tx_id.len);
    if (!key)
        return heddle_view_of(NULL, 0);
    write_key(key, channel, tx_id);
    return heddle_view_of(key, channel.len + 1 + tx_id.len);
}

/* What is asked and answered */

static base_blob *pop(cc_call *call)
{
    base_blob *blob = call->queue[call->queue_at++];
    call->queue_bytes -= base_blob_view(blob).len;
    if (call->queue_at == call->queue_end)
        call->queue_at = call->queue_end = 0;
    return blob;
}

static bool is_queue_empty(const cc_call *call)
{
    return call->queue_at == call->queue_end;
}

static void drop_queue(cc_call *call)
{
    while (!is_queue_empty(call))
        base_blob_unref(pop(call));
    call->asked_last = false;
}

/* Room behind the end: by moving what is left to the front, or by more memory. */
static heddle_status push(cc_call *call, base_blob *blob, heddle_error *err)
{
    size_t count = call->queue_end - call->queue_at;
    if (call->queue_end == call->queue_cap && count <= call->queue_cap / 2 && call->queue_cap) {
        memmove(call->queue, call->queue + call->queue_at, count * sizeof(*call->queue));
        call->queue_at = 0;
        call->queue_end = count;
    }
    if (call->queue_end == call->queue_cap) {
        size_t cap = call->queue_cap ? call->queue_cap * 2 : 64;
        base_blob **grown = base_realloc(call->queue, cap * sizeof(*grown));
        if (!grown)
            return base_fail_memory(err, "requests that wait");
        call->queue = grown;
        call->queue_cap = cap;
    }
    call->queue[call->queue_end++] = base_blob_ref(blob);
    call->queue_bytes += base_blob_view(blob).len;
    return HEDDLE_OK;
}

static bool is_over(const cc_call *call)
{
    return call->lost || call->failed;
}

static heddle_status why_over(const cc_call *call, cc_type type, heddle_error *err)
{
    if (!call->failed)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: the peer is gone", cc_type_name(type));
    if (err)
        *err = call->failure;
    return call->failed_status;
}

static void give_up(cc_call *call)
{
    call->lost = true;
    call->under_way = NOTHING;
    drop_queue(call);
}

void cc_call_lost(cc_call *call)
{
    pthread_mutex_lock(&call->lock);
    give_up(call);
    pthread_cond_signal(&call->changed);
    pthread_mutex_unlock(&call->lock);
}

/* Whether the worker need wait no longer. */
static bool is_met(const cc_call *call)
{
    if (is_over(call))
        return true;
    switch (call->waits) {
    case ANSWER:
        return call->answer != NULL;
    case ROOM:
        return call->queue_bytes <= QUEUE_BYTES / 2;
    default:
        return call->under_way == NOTHING;
    }
}

static struct timespec deadline(uint64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

/* With the lock held. Each answer has the whole timeout. After a wait without one the call is
 * lost: the answer could come late and be taken for that of the next request. */
static heddle_status wait_for(cc_call *call, waits_for what, cc_type type, heddle_error *err)
{
    uint64_t timeout_ms = cc_link_host(call->link)->answer_timeout_ms;
    struct timespec until = deadline(timeout_ms);
    uint64_t seen = call->answers;
    bool timed_out = false;
    call->waits = what;
    while (!is_met(call)) {
        if (pthread_cond_timedwait(&call->changed, &call->lock, &until) != ETIMEDOUT)
            continue;
        timed_out = !is_met(call) && call->answers == seen;
        if (timed_out)
            give_up(call);
        until = deadline(timeout_ms);
        seen = call->answers;
    }
    call->waits = NOBODY;
    if (timed_out) {
        call->failed = true;
        call->failed_status = base_fail(&call->failure, HEDDLE_E_TIMED_OUT,
                                        "%s: the peer does not answer", cc_type_name(type));
    }
    return is_over(call) && !call->answer ? why_over(call, type, err) : HEDDLE_OK;
}

/* With the lock held: whether the caller is to send @p blob when it has given the lock back. */
static heddle_status submit_request(cc_call *call, base_blob *blob, under_way how, bool *out_send,
                                    heddle_error *err)
{
    *out_send = call->under_way == NOTHING;
    if (*out_send) {
        call->under_way = how;
        return HEDDLE_OK;
    }
    BASE_TRY(push(call, blob, err));
    call->asked_last = how == ASKED;
    return HEDDLE_OK;
}

/* A request that cannot be sent is the last: nobody knows what the peer has of it. */
static heddle_status send_request(cc_call *call, base_blob *blob, heddle_error *err)
{
    heddle_error why;
    heddle_status st = cc_link_send_blob(call->link, blob, &why);
    if (st == HEDDLE_OK)
        return HEDDLE_OK;
    pthread_mutex_lock(&call->lock);
    if (!is_over(call)) {
        call->failed = true;
        call->failed_status = st;
        call->failure = why;
    }
    give_up(call);
    pthread_cond_signal(&call->changed);
    pthread_mutex_unlock(&call->lock);
    if (err)
        *err = why;
    return st;
}

static heddle_status write_request(const cc_call *call, cc_type type, heddle_view payload,
                                   base_blob **out, heddle_error *err)
{
    cc_message request = {.type = type,
                          .payload = payload,
                          .tx_id = call->start.tx_id,
                          .channel = call->start.channel};
    if (cc_message_size(&request) > CC_MAX_MESSAGE)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s of %zu bytes, more than peers take",
                         cc_type_name(type), payload.len);
    return cc_message_blob(&request, out, err);
}

/* Answers are kept to the end, within the transaction's memory. */
static heddle_status keep(cc_call *call, base_blob *answer, heddle_error *err)
{
    size_t limit = call->limits.memory ? call->limits.memory : CC_DEFAULT_MEMORY;
    size_t len = base_blob_view(answer).len;
    if (len > limit - call->kept_bytes)
        return base_fail(err, HEDDLE_E_TOO_LARGE,
                         "the peer's answers are more than the transaction's %zu bytes", limit);
    if (call->kept_count == call->kept_cap) {
        size_t cap = call->kept_cap ? call->kept_cap * 2 : 16;
        base_blob **grown = base_realloc(call->kept, cap * sizeof(*grown));
        if (!grown)
            return base_fail_memory(err, "answer of the peer");
        call->kept = grown;
        call->kept_cap = cap;
    }
    call->kept[call->kept_count++] = base_blob_ref(answer);
    call->kept_bytes += len;
    return HEDDLE_OK;
}

static heddle_status take_answer(cc_call *call, base_blob *answer, heddle_view *out,
                                 heddle_error *err)
{
    if (call->answer_payload.len)
        BASE_TRY(keep(call, answer, err));
    *out = call->answer_payload;
    if (call->answer_type == CC_ERROR)
        return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(call->answer_payload));
    return HEDDLE_OK;
}

static heddle_status call_ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                              heddle_error *err)
{
    cc_call *call = user;
    base_auto(blob) base_blob *blob = NULL;
    base_auto(blob) base_blob *answer = NULL;
    bool send = false;
    BASE_TRY(write_request(call, type, payload, &blob, err));
    pthread_mutex_lock(&call->lock);
    heddle_status st =
        is_over(call) ? why_over(call, type, err) : submit_request(call, blob, ASKED, &send, err);
    pthread_mutex_unlock(&call->lock);
    if (st == HEDDLE_OK && send)
        st = send_request(call, blob, err);
    if (st != HEDDLE_OK)
        return st;
    base_blob_unref(base_steal(&blob)); /* not kept while waiting */
    pthread_mutex_lock(&call->lock);
    st = wait_for(call, ANSWER, type, err);
    answer = base_steal(&call->answer);
    pthread_mutex_unlock(&call->lock);
    return st == HEDDLE_OK ? take_answer(call, answer, out, err) : st;
}

static heddle_status call_post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    cc_call *call = user;
    base_auto(blob) base_blob *blob = NULL;
    bool send = false;
    heddle_status st = HEDDLE_OK;
    BASE_TRY(write_request(call, type, payload, &blob, err));
    pthread_mutex_lock(&call->lock);
    if (call->queue_bytes > QUEUE_BYTES)
        st = wait_for(call, ROOM, type, err);
    else if (is_over(call))
        st = why_over(call, type, err);
    if (st == HEDDLE_OK)
        st = submit_request(call, blob, POSTED, &send, err);
    pthread_mutex_unlock(&call->lock);
    return st == HEDDLE_OK && send ? send_request(call, blob, err) : st;
}

static heddle_status call_settle(void *user, heddle_error *err)
{
    cc_call *call = user;
    pthread_mutex_lock(&call->lock);
    heddle_status st =
        is_over(call) ? why_over(call, CC_PUT_STATE, err) : wait_for(call, ALL, CC_PUT_STATE, err);
    pthread_mutex_unlock(&call->lock);
    return st;
}

/* With the lock held: the request to be sent next, if there is one. */
static base_blob *answer_posted(cc_call *call, const cc_message *message)
{
    call->under_way = NOTHING;
    if (message->type == CC_ERROR) {
        call->failed = true;
        call->failed_status =
            base_fail(&call->failure, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(message->payload));
        drop_queue(call);
    }
    if (is_queue_empty(call))
        return NULL;
    base_blob *next = pop(call);
    call->under_way = is_queue_empty(call) && call->asked_last ? ASKED : POSTED;
    if (call->under_way == ASKED)
        call->asked_last = false;
    return next;
}

static void answer_asked(cc_call *call, base_blob *bytes, const cc_message *message)
{
    call->under_way = NOTHING;
    call->answer = base_blob_ref(bytes);
    call->answer_type = message->type;
    call->answer_payload = message->payload;
}

void cc_call_answer(cc_call *call, base_blob *bytes, const cc_message *message)
{
    base_auto(blob) base_blob *next = NULL;
    pthread_mutex_lock(&call->lock);
    call->answers++;
    if (call->under_way == POSTED)
        next = answer_posted(call, message);
    else if (call->under_way == ASKED)
        answer_asked(call, bytes, message);
    bool wakes = call->waits != NOBODY && is_met(call);
    pthread_mutex_unlock(&call->lock);
    if (wakes) /* without the lock, or it would wake only to wait for that */
        pthread_cond_signal(&call->changed);
    heddle_error err;
    if (next && send_request(call, next, &err) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "request not sent", LOG_VIEW("txid", call->start.tx_id),
               LOG_ERR(&err));
}

/* The transaction */

heddle_status cc_call_new(cc_link *link, base_blob *bytes, const cc_message *start,
                          const cc_limits *limits, cc_call **out, heddle_error *err)
{
    size_t key_len = start->channel.len + 1 + start->tx_id.len;
    cc_call *call = base_calloc(1, sizeof(*call) + key_len);
    if (!call)
        return base_fail_memory(err, "transaction");
    atomic_init(&call->references, 1);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&call->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&call->lock, NULL);
    write_key(call->key_bytes, start->channel, start->tx_id);
    call->key = heddle_view_of(call->key_bytes, key_len);
    call->link = cc_link_ref(link);
    call->start_bytes = base_blob_ref(bytes);
    call->start = *start;
    call->limits = *limits;
    call->port = (cc_port){.ask = call_ask, .post = call_post, .settle = call_settle, .user = call};
    *out = call;
    return HEDDLE_OK;
}

cc_call *cc_call_ref(cc_call *call)
{
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    return call;
}

void cc_call_unref(cc_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) != 1)
        return;
    drop_queue(call);
    for (size_t i = 0; i < call->kept_count; i++)
        base_blob_unref(call->kept[i]);
    base_free(call->kept);
    base_free(call->queue);
    base_blob_unref(call->answer);
    base_blob_unref(call->start_bytes);
    pthread_cond_destroy(&call->changed);
    pthread_mutex_destroy(&call->lock);
    cc_link_unref(call->link);
    base_free(call);
}

heddle_view cc_call_key(const cc_call *call)
{
    return call->key;
}

static bool is_lost(cc_call *call)
{
    pthread_mutex_lock(&call->lock);
    bool lost = call->lost;
    pthread_mutex_unlock(&call->lock);
    return lost;
}

static heddle_status execute(cc_call *call, base_blob **out_last, heddle_error *err)
{
    const cc_host *host = cc_link_host(call->link);
    heddle_view start = base_blob_view(call->start_bytes);
    if (host->execute)
        return host->execute(host->execute_user, start, &call->port, &call->limits, out_last, err);
    return cc_execute_here(host->chaincode, start, &call->port, &call->limits, out_last, err);
}

static heddle_status send_failure(cc_call *call, const char *why, heddle_error *err)
{
    cc_message message = {.type = CC_ERROR,
                          .payload = heddle_view_str(why),
                          .tx_id = call->start.tx_id,
                          .channel = call->start.channel};
    return cc_link_send(call->link, &message, err);
}

static void run(cc_call *call)
{
    base_auto(blob) base_blob *last = NULL;
    heddle_error err;
    bool skipped = is_lost(call);
    heddle_status st = skipped ? HEDDLE_OK : execute(call, &last, &err);
    /* Before the answer: the peer may use the transaction's id again as soon as it has it. */
    cc_link_forget(call->link, call->key);
    if (skipped)
        return;
    if (st == HEDDLE_OK)
        st = cc_link_send_blob(call->link, last, &err);
    /* An answer that is too large, say: without any the peer would wait for its timeout. */
    if (st != HEDDLE_OK && send_failure(call, err.message, NULL) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "answer not sent", LOG_VIEW("txid", call->start.tx_id),
               LOG_ERR(&err));
}

static void run_job(cc_job *job)
{
    cc_call *call = base_container_of(job, cc_call, job);
    run(call);
    cc_call_unref(call);
}

heddle_status cc_call_submit(cc_call *call, heddle_error *err)
{
    call->job.run = run_job;
    call->job.size = base_blob_view(call->start_bytes).len;
    return cc_pool_submit(cc_link_host(call->link)->pool, &call->job, err);
}
