/*
 * Completions for an event loop. An entry is made, and counted against the capacity, when its
 * call is started, so that the end of a call cannot fail to be told. The descriptor is
 * readable exactly while `ready` has an entry: it is written and read under the lock, once for
 * any number of completions.
 */
#include "heddle/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/list.h"
#include "client/call.h"
#include "client/proposal.h"

enum { DEFAULT_CAPACITY = 16384 };

struct heddle_queue {
    atomic_uint refs; /* the owner's, and one of each entry */
    uint32_t capacity;

    pthread_mutex_t lock; /* guards what follows */
    int fd;
    bool is_closed;
    uint32_t count;
    base_list pending;
    base_list ready;
};

struct heddle_completion {
    base_list link;
    atomic_uint refs; /* the call's, then the taker's; and the starter's */
    heddle_queue *queue;
    heddle_call *call; /* while pending; under the queue's lock */
    bool is_over;      /* under the queue's lock */

    heddle_completion_kind kind;
    void *user;
    bool failed;
    heddle_error error;
    heddle_bytes result;
    heddle_transaction *transaction;
    heddle_commit *commit;
    heddle_commit_status judged;
    heddle_outcome outcome;
};

static void queue_unref(heddle_queue *queue)
{
    if (atomic_fetch_sub_explicit(&queue->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&queue->lock);
    base_free(queue);
}

static void entry_unref(heddle_completion *entry)
{
    if (atomic_fetch_sub_explicit(&entry->refs, 1, memory_order_acq_rel) != 1)
        return;
    heddle_bytes_done(&entry->result);
    heddle_transaction_free(entry->transaction);
    heddle_commit_free(entry->commit);
    heddle_outcome_done(&entry->outcome);
    queue_unref(entry->queue);
    base_free(entry);
}

heddle_status heddle_queue_open(const heddle_queue_options *given, heddle_queue **out,
                                heddle_error *err)
{
    heddle_queue_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_QUEUE_OPTIONS", err));
    heddle_queue *queue = base_calloc(1, sizeof(*queue));
    if (!queue)
        return base_fail_memory(err, "queue");
    queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (queue->fd < 0) {
        base_free(queue);
        return base_fail_errno(err, "queue");
    }
    atomic_init(&queue->refs, 1);
    queue->capacity = options.capacity ? options.capacity : DEFAULT_CAPACITY;
    pthread_mutex_init(&queue->lock, NULL);
    base_list_init(&queue->pending);
    base_list_init(&queue->ready);
    *out = queue;
    return HEDDLE_OK;
}

int heddle_queue_fd(const heddle_queue *queue)
{
    return queue->fd;
}

uint32_t heddle_queue_count(heddle_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    uint32_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

/* The call of an entry that was not yet told to end; NULL when there is none. */
static heddle_call *next_pending(heddle_queue *queue)
{
    heddle_call *call = NULL;
    pthread_mutex_lock(&queue->lock);
    base_list_each (link, &queue->pending) {
        call = base_steal(&base_list_entry(link, heddle_completion, link)->call);
        if (call)
            break;
    }
    pthread_mutex_unlock(&queue->lock);
    return call;
}

void heddle_queue_close(heddle_queue *queue)
{
    heddle_call *call;
    base_list ready;
    if (!queue)
        return;
    base_list_init(&ready);
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    base_list_splice(&ready, &queue->ready);
    close(queue->fd);
    queue->fd = -1;
    pthread_mutex_unlock(&queue->lock);
    while ((call = next_pending(queue))) {
        heddle_call_cancel(call);
        heddle_call_unref(call);
    }
    for (base_list *link; (link = base_list_pop(&ready));)
        entry_unref(base_list_entry(link, heddle_completion, link));
    queue_unref(queue);
}

/* Under the lock. The counter of an eventfd cannot overflow here, nor be read twice. */
static void set_readable(heddle_queue *queue, bool readable)
{
    uint64_t value = 1;
    ssize_t done;
    do
        done = readable ? write(queue->fd, &value, sizeof(value))
                        : read(queue->fd, &value, sizeof(value));
    while (done < 0 && errno == EINTR);
}

/* The end of a call: gives the call's reference of the entry to whoever takes it. */
static void entry_done(heddle_completion *entry, const heddle_error *err)
{
    heddle_queue *queue = entry->queue;
    if (err) {
        entry->failed = true;
        entry->error = *err;
    }
    pthread_mutex_lock(&queue->lock);
    bool closed = queue->is_closed;
    heddle_call *call = base_steal(&entry->call);
    entry->is_over = true;
    base_list_remove(&entry->link);
    if (!closed) {
        if (base_list_is_empty(&queue->ready))
            set_readable(queue, true);
        base_list_append(&queue->ready, &entry->link);
    }
    pthread_mutex_unlock(&queue->lock);
    heddle_call_unref(call);
    if (closed)
        entry_unref(entry);
}

static heddle_completion *take_ready(heddle_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    base_list *link = base_list_pop(&queue->ready);
    if (link) {
        queue->count--;
        if (base_list_is_empty(&queue->ready))
            set_readable(queue, false);
    }
    pthread_mutex_unlock(&queue->lock);
    return link ? base_list_entry(link, heddle_completion, link) : NULL;
}

heddle_status heddle_queue_next(heddle_queue *queue, uint32_t timeout_ms, heddle_completion **out,
                                heddle_error *err)
{
    uint64_t until = timeout_ms ? base_now_ms() + timeout_ms : 0;
    if (timeout_ms)
        BASE_TRY(client_check_may_wait(err));
    for (;;) {
        heddle_completion *taken = take_ready(queue);
        if (taken) {
            *out = taken;
            return HEDDLE_OK;
        }
        uint64_t now = timeout_ms ? base_now_ms() : 0;
        if (now >= until)
            return base_fail(err, HEDDLE_E_TIMED_OUT, "queue: nothing is complete");
        struct pollfd readable = {.fd = queue->fd, .events = POLLIN};
        poll(&readable, 1, (int)(until - now > INT32_MAX ? INT32_MAX : until - now));
    }
}

void heddle_completion_free(heddle_completion *completion)
{
    if (completion)
        entry_unref(completion);
}

heddle_completion_kind heddle_completion_get_kind(const heddle_completion *completion)
{
    return completion->kind;
}

void *heddle_completion_user(const heddle_completion *completion)
{
    return completion->user;
}

const heddle_error *heddle_completion_error(const heddle_completion *completion)
{
    return completion->failed ? &completion->error : NULL;
}

heddle_view heddle_completion_result(const heddle_completion *completion)
{
    return heddle_view_of(completion->result.data, completion->result.len);
}

heddle_transaction *heddle_completion_take_transaction(heddle_completion *completion)
{
    return base_steal(&completion->transaction);
}

heddle_commit *heddle_completion_take_commit(heddle_completion *completion)
{
    return base_steal(&completion->commit);
}

const heddle_commit_status *heddle_completion_commit_status(const heddle_completion *completion)
{
    bool has = completion->kind == HEDDLE_COMPLETION_COMMIT && !completion->failed;
    return has ? &completion->judged : NULL;
}

const heddle_outcome *heddle_completion_outcome(const heddle_completion *completion)
{
    bool has = completion->kind == HEDDLE_COMPLETION_SUBMIT && !completion->failed;
    return has ? &completion->outcome : NULL;
}

/* An entry with two references, counted and pending. */
static heddle_status enter(heddle_queue *queue, heddle_completion_kind kind, void *user,
                           heddle_completion **out, heddle_error *err)
{
    heddle_completion *entry = base_calloc(1, sizeof(*entry));
    if (!entry)
        return base_fail_memory(err, "completion");
    atomic_init(&entry->refs, 2);
    entry->kind = kind;
    entry->user = user;
    pthread_mutex_lock(&queue->lock);
    bool full = queue->count >= queue->capacity;
    if (!full) {
        queue->count++;
        base_list_append(&queue->pending, &entry->link);
    }
    pthread_mutex_unlock(&queue->lock);
    if (full) {
        base_free(entry);
        return base_fail_retry(err, HEDDLE_E_BAD_STATE, HEDDLE_RETRY_SAFE,
                               "the queue has %u entries: take completions first", queue->capacity);
    }
    atomic_fetch_add_explicit(&queue->refs, 1, memory_order_relaxed);
    entry->queue = queue;
    *out = entry;
    return HEDDLE_OK;
}

/* After the start of the entry's call, or its failure. Takes @p call and the starter's
 * reference; the call may be over already, and the entry in other hands. */
static heddle_status entered(heddle_completion *entry, heddle_status status, heddle_call *call,
                             heddle_call **out_call)
{
    heddle_queue *queue = entry->queue;
    if (status == HEDDLE_OK && out_call)
        *out_call = client_call_ref(call);
    pthread_mutex_lock(&queue->lock);
    if (status) {
        base_list_remove(&entry->link);
        queue->count--;
    } else if (!entry->is_over) {
        entry->call = base_steal(&call);
    }
    pthread_mutex_unlock(&queue->lock);
    heddle_call_unref(call);
    if (status)
        entry_unref(entry);
    entry_unref(entry);
    return status;
}

static void on_evaluated(heddle_view result, const heddle_error *err, void *user)
{
    heddle_completion *entry = user;
    heddle_error no_memory;
    base_buffer copy = {0};
    if (!err &&
        (base_buffer_append(&copy, result) || client_bytes_give(&copy, &entry->result, NULL))) {
        base_fail_memory(&no_memory, "result");
        client_error_place(&no_memory, HEDDLE_STAGE_EVALUATE, NULL);
        err = &no_memory;
    }
    base_buffer_done(&copy);
    entry_done(entry, err);
}

static void on_endorsed(heddle_transaction *transaction, const heddle_error *err, void *user)
{
    heddle_completion *entry = user;
    entry->transaction = transaction;
    entry_done(entry, err);
}

static void on_sent(heddle_commit *commit, const heddle_error *err, void *user)
{
    heddle_completion *entry = user;
    entry->commit = commit;
    entry_done(entry, err);
}

static void on_judged(const heddle_commit_status *judged, const heddle_error *err, void *user)
{
    heddle_completion *entry = user;
    if (!err)
        entry->judged = *judged;
    entry_done(entry, err);
}

static void on_submitted(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    heddle_completion *entry = user;
    if (!err)
        client_outcome_copy(outcome, &entry->outcome);
    entry_done(entry, err);
}

heddle_status heddle_queue_evaluate(heddle_queue *queue, heddle_contract *contract,
                                    const heddle_request *request,
                                    const heddle_call_options *options, void *user,
                                    heddle_call **out_call, heddle_error *err)
{
    heddle_completion *entry = NULL;
    heddle_call *call = NULL;
    BASE_TRY(enter(queue, HEDDLE_COMPLETION_EVALUATE, user, &entry, err));
    heddle_status status =
        heddle_evaluate_start(contract, request, options, on_evaluated, entry, &call, err);
    return entered(entry, status, call, out_call);
}

heddle_status heddle_queue_submit(heddle_queue *queue, heddle_contract *contract,
                                  const heddle_request *request, const heddle_call_options *options,
                                  void *user, heddle_call **out_call, heddle_error *err)
{
    heddle_completion *entry = NULL;
    heddle_call *call = NULL;
    BASE_TRY(enter(queue, HEDDLE_COMPLETION_SUBMIT, user, &entry, err));
    heddle_status status =
        heddle_submit_start(contract, request, options, on_submitted, entry, &call, err);
    return entered(entry, status, call, out_call);
}

heddle_status heddle_queue_evaluate_proposal(heddle_queue *queue, heddle_proposal *proposal,
                                             const heddle_call_options *options, void *user,
                                             heddle_call **out_call, heddle_error *err)
{
    heddle_completion *entry = NULL;
    heddle_call *call = NULL;
    BASE_TRY(enter(queue, HEDDLE_COMPLETION_EVALUATE, user, &entry, err));
    heddle_status status =
        heddle_proposal_evaluate_start(proposal, options, on_evaluated, entry, &call, err);
    return entered(entry, status, call, out_call);
}

heddle_status heddle_queue_endorse_proposal(heddle_queue *queue, heddle_proposal *proposal,
                                            const heddle_call_options *options, void *user,
                                            heddle_call **out_call, heddle_error *err)
{
    heddle_completion *entry = NULL;
    heddle_call *call = NULL;
    BASE_TRY(enter(queue, HEDDLE_COMPLETION_ENDORSE, user, &entry, err));
    heddle_status status =
        heddle_proposal_endorse_start(proposal, options, on_endorsed, entry, &call, err);
    return entered(entry, status, call, out_call);
}

heddle_status heddle_queue_submit_transaction(heddle_queue *queue, heddle_transaction *transaction,
                                              const heddle_call_options *options, void *user,
                                              heddle_call **out_call, heddle_error *err)
{
    heddle_completion *entry = NULL;
    heddle_call *call = NULL;
    BASE_TRY(enter(queue, HEDDLE_COMPLETION_SEND, user, &entry, err));
    heddle_status status =
        heddle_transaction_submit_start(transaction, options, on_sent, entry, &call, err);
    return entered(entry, status, call, out_call);
}

heddle_status heddle_queue_wait_commit(heddle_queue *queue, heddle_commit *commit,
                                       const heddle_call_options *options, void *user,
                                       heddle_call **out_call, heddle_error *err)
{
    heddle_completion *entry = NULL;
    heddle_call *call = NULL;
    BASE_TRY(enter(queue, HEDDLE_COMPLETION_COMMIT, user, &entry, err));
    heddle_status status = heddle_commit_wait_start(commit, options, on_judged, entry, &call, err);
    return entered(entry, status, call, out_call);
}
