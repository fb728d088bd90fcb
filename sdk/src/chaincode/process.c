#include "chaincode/process.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/view.h"
#include "chaincode/process_nursery.h"
#include "chaincode/process_worker.h"
#include "wire/tx_shape.h"

enum { STATUS_ERROR = 500, WHY_SIZE = HEDDLE_ERROR_MESSAGE_SIZE + 64 };

typedef struct worker {
    pid_t pid;
    cc_pipe pipe;
    struct worker *below; /* in the stack of idle ones */
} worker;

struct cc_processes {
    cc_processes_options options;
    cc_nursery nursery;
    bool has_nursery;
    atomic_bool stopping;
    atomic_uint_fast64_t crashes;
    atomic_uint_fast64_t timeouts;
    pthread_mutex_t lock; /* of what follows */
    worker *idle;
    unsigned alive;
};

heddle_status cc_processes_new(const cc_processes_options *options, cc_processes **out,
                               heddle_error *err)
{
    cc_processes *p = base_calloc(1, sizeof(*p));
    if (!p)
        return base_fail_memory(err, "worker processes");
    p->options = *options;
    pthread_mutex_init(&p->lock, NULL);
    heddle_status st =
        cc_nursery_open(options->limit, cc_worker_run, &p->options, &p->nursery, err);
    p->has_nursery = st == HEDDLE_OK;
    if (st == HEDDLE_OK)
        *out = p;
    else
        cc_processes_free(p);
    return st;
}

void cc_processes_stop(cc_processes *p)
{
    atomic_store(&p->stopping, true);
    cc_nursery_kill_all(&p->nursery);
}

void cc_processes_free(cc_processes *p)
{
    if (!p)
        return;
    for (worker *w = p->idle; w;) {
        worker *next = w->below;
        cc_pipe_done(&w->pipe);
        base_free(w);
        w = next;
    }
    if (p->has_nursery)
        cc_nursery_close(&p->nursery);
    pthread_mutex_destroy(&p->lock);
    base_free(p);
}

int cc_processes_fd(const cc_processes *p)
{
    return p->nursery.control;
}

cc_processes_tally cc_processes_count(cc_processes *p)
{
    cc_processes_tally tally = {.crashes = atomic_load(&p->crashes),
                                .timeouts = atomic_load(&p->timeouts)};
    pthread_mutex_lock(&p->lock);
    tally.alive = p->alive;
    pthread_mutex_unlock(&p->lock);
    return tally;
}

/* Workers */

/* How it ended: waitpid()'s word; -1: nobody knows. */
static int bury(cc_processes *p, worker *w)
{
    int status = -1;
    heddle_error err;
    if (cc_nursery_end(&p->nursery, w->pid, &status, &err) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "worker not found", LOG_I64("pid", w->pid), LOG_ERR(&err));
    cc_pipe_done(&w->pipe);
    base_free(w);
    pthread_mutex_lock(&p->lock);
    p->alive--;
    pthread_mutex_unlock(&p->lock);
    return status;
}

static worker *pop_idle(cc_processes *p)
{
    pthread_mutex_lock(&p->lock);
    worker *w = p->idle;
    if (w)
        p->idle = w->below;
    pthread_mutex_unlock(&p->lock);
    return w;
}

static void push_idle(cc_processes *p, worker *w)
{
    cc_pipe_trim(&w->pipe);
    pthread_mutex_lock(&p->lock);
    w->below = p->idle;
    p->idle = w;
    pthread_mutex_unlock(&p->lock);
}

static heddle_status hire(cc_processes *p, worker **out, heddle_error *err)
{
    worker *w = base_calloc(1, sizeof(*w));
    int fd;
    if (!w)
        return base_fail_memory(err, "worker process");
    heddle_status st = cc_nursery_spawn(&p->nursery, &w->pid, &fd, err);
    if (st != HEDDLE_OK) {
        base_free(w);
        return st;
    }
    cc_pipe_init(&w->pipe, fd);
    pthread_mutex_lock(&p->lock);
    p->alive++;
    pthread_mutex_unlock(&p->lock);
    if (atomic_load(&p->stopping)) { /* it may have missed the end of all others */
        bury(p, w);
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the chaincode is stopping");
    }
    *out = w;
    return HEDDLE_OK;
}

/* One that died while it was idle is replaced without a word to anybody. */
static heddle_status acquire(cc_processes *p, worker **out, heddle_error *err)
{
    worker *w;
    while ((w = pop_idle(p))) {
        if (cc_pipe_is_quiet(&w->pipe)) {
            *out = w;
            return HEDDLE_OK;
        }
        log_at(LOG_WARN, "chaincode", "an idle worker process was gone", LOG_I64("pid", w->pid));
        bury(p, w);
    }
    return hire(p, out, err);
}

/* A transaction */

typedef struct talk {
    worker *w;
    const cc_port *port;
    const cc_message *start;
    uint64_t until_ms;
    heddle_status post_failed; /* told with the next answer */
    heddle_error post_error;
    cc_frame last;
} talk;

/* Workers cannot make this process say anything but requests to the peer. */
static bool is_request(int32_t type)
{
    switch (type) {
    case CC_REGISTER:
    case CC_REGISTERED:
    case CC_INIT:
    case CC_READY:
    case CC_TRANSACTION:
    case CC_COMPLETED:
    case CC_ERROR:
    case CC_RESPONSE:
    case CC_KEEPALIVE:
        return false;
    default:
        return type > 0 && cc_type_name(type)[0] != '?';
    }
}

static heddle_status reply(talk *t, heddle_status st, heddle_view payload, const heddle_error *why,
                           heddle_error *err)
{
    heddle_view body = st == HEDDLE_OK ? payload : heddle_view_str(why->message);
    BASE_TRY(cc_pipe_put(&t->w->pipe, CC_FRAME_ANSWER, (int32_t)st, body, t->until_ms, err));
    return cc_pipe_flush(&t->w->pipe, t->until_ms, err);
}

static heddle_status forward_ask(talk *t, const cc_frame *frame, heddle_error *err)
{
    heddle_error why;
    heddle_view payload = {0};
    base_error_clear(&why);
    if (t->post_failed != HEDDLE_OK)
        return reply(t, t->post_failed, payload, &t->post_error, err);
    heddle_status st =
        t->port->ask(t->port->user, (cc_type)frame->code, frame->body, &payload, &why);
    return reply(t, st, payload, &why, err);
}

static void forward_post(talk *t, const cc_frame *frame)
{
    if (t->post_failed == HEDDLE_OK)
        t->post_failed =
            t->port->post(t->port->user, (cc_type)frame->code, frame->body, &t->post_error);
}

static heddle_status forward_settle(talk *t, heddle_error *err)
{
    heddle_error why;
    base_error_clear(&why);
    if (t->post_failed != HEDDLE_OK)
        return reply(t, t->post_failed, heddle_view_of(NULL, 0), &t->post_error, err);
    heddle_status st = t->port->settle(t->port->user, &why);
    return reply(t, st, heddle_view_of(NULL, 0), &why, err);
}

static heddle_status obey(talk *t, const cc_frame *frame, heddle_error *err)
{
    switch (frame->kind) {
    case CC_FRAME_ASK:
        if (is_request(frame->code))
            return forward_ask(t, frame, err);
        break;
    case CC_FRAME_POST:
        if (!is_request(frame->code) || !t->port->post)
            break;
        forward_post(t, frame);
        return HEDDLE_OK;
    case CC_FRAME_SETTLE:
        if (t->port->settle)
            return forward_settle(t, err);
        break;
    default:
        break;
    }
    return base_fail(err, HEDDLE_E_DECODE, "frame %d of type %d", frame->kind, frame->code);
}

static heddle_status begin(talk *t, heddle_view start, const cc_limits *limits, heddle_error *err)
{
    base_auto_buffer base_buffer body = {0};
    cc_start head;
    memset(&head, 0, sizeof(head)); /* with what is between its fields */
    head.limits = *limits;
    head.posts = t->port->post != NULL;
    heddle_status st = base_buffer_append(&body, heddle_view_of(&head, sizeof(head)));
    if (st == HEDDLE_OK)
        st = base_buffer_append(&body, start);
    if (st != HEDDLE_OK)
        return base_fail_memory(err, "transaction");
    BASE_TRY(
        cc_pipe_put(&t->w->pipe, CC_FRAME_START, 0, base_buffer_view(&body), t->until_ms, err));
    return cc_pipe_flush(&t->w->pipe, t->until_ms, err);
}

static heddle_status check_last(const talk *t, heddle_view bytes, heddle_error *err)
{
    cc_message last;
    BASE_TRY(cc_message_read(bytes, &last, err));
    if ((last.type != CC_COMPLETED && last.type != CC_ERROR) ||
        !base_view_equal(last.tx_id, t->start->tx_id) ||
        !base_view_equal(last.channel, t->start->channel))
        return base_fail(err, HEDDLE_E_DECODE, "the end of another transaction");
    return HEDDLE_OK;
}

/* Until the worker says LAST. A failure means that it is of no use any more. */
static heddle_status converse(talk *t, heddle_view start, const cc_limits *limits,
                              heddle_error *err)
{
    BASE_TRY(begin(t, start, limits, err));
    for (;;) {
        cc_frame frame;
        BASE_TRY(cc_pipe_read(&t->w->pipe, t->until_ms, &frame, err));
        if (frame.kind == CC_FRAME_LAST) {
            t->last = frame;
            return frame.code == HEDDLE_OK ? check_last(t, frame.body, err) : HEDDLE_OK;
        }
        BASE_TRY(obey(t, &frame, err));
    }
}

/* The end of a transaction */

static heddle_status take_last(const talk *t, base_blob **out, heddle_error *err)
{
    if (t->last.code != HEDDLE_OK)
        return base_fail(err, (heddle_status)t->last.code, "%.*s", BASE_VIEW_ARG(t->last.body));
    *out = base_blob_copy(t->last.body);
    return *out ? HEDDLE_OK : base_fail_memory(err, "end of the transaction");
}

static void tell_end(int status, char why[WHY_SIZE])
{
    if (status != -1 && WIFSIGNALED(status))
        snprintf(why, WHY_SIZE, "the contract crashed (signal %d)", WTERMSIG(status));
    else if (status != -1 && WIFEXITED(status))
        snprintf(why, WHY_SIZE, "the contract ended its process (exit code %d)",
                 WEXITSTATUS(status));
    else
        snprintf(why, WHY_SIZE, "the contract's process is gone");
}

/* After a conversation that failed with @p st because of @p err. */
static void judge(cc_processes *p, heddle_status st, const heddle_error *err, int status,
                  char why[WHY_SIZE])
{
    if (atomic_load(&p->stopping)) {
        snprintf(why, WHY_SIZE, "the chaincode is stopping");
        return;
    }
    if (st == HEDDLE_E_TIMED_OUT) {
        atomic_fetch_add(&p->timeouts, 1);
        snprintf(why, WHY_SIZE, "the contract did not end within %llu ms",
                 (unsigned long long)p->options.timeout_ms);
        return;
    }
    atomic_fetch_add(&p->crashes, 1);
    if (st == HEDDLE_E_END)
        tell_end(status, why);
    else
        snprintf(why, WHY_SIZE, "the contract's process was ended: %s", err->message);
}

static heddle_status write_end(const cc_message *start, const char *why, base_blob **out,
                               heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    cc_message last = {.type = CC_ERROR,
                       .payload = heddle_view_str(why),
                       .tx_id = start->tx_id,
                       .channel = start->channel};
    if (start->type == CC_TRANSACTION) {
        wire_response response = {.status = STATUS_ERROR, .message = heddle_view_str(why)};
        heddle_status st = wire_shape_write(&wire_response_shape, &response, &payload);
        if (st != HEDDLE_OK)
            return base_fail(err, st, "response of the transaction");
        last.type = CC_COMPLETED;
        last.payload = base_buffer_view(&payload);
    }
    return cc_message_blob(&last, out, err);
}

/* What was posted is waited for, as after any transaction that fails. */
static heddle_status give_up(cc_processes *p, talk *t, heddle_status failed,
                             const heddle_error *reason, base_blob **out_last, heddle_error *err)
{
    char why[WHY_SIZE];
    pid_t pid = t->w->pid;
    judge(p, failed, reason, bury(p, t->w), why);
    log_at(LOG_ERROR, "chaincode", "a transaction lost its process", LOG_STR("why", why),
           LOG_VIEW("txid", t->start->tx_id), LOG_I64("pid", pid));
    if (t->port->settle && t->port->settle(t->port->user, NULL) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "its writes failed too", LOG_VIEW("txid", t->start->tx_id));
    return write_end(t->start, why, out_last, err);
}

heddle_status cc_processes_execute(const void *user, heddle_view start, const cc_port *port,
                                   const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    cc_processes *p = (cc_processes *)user;
    cc_message message;
    heddle_error why;
    BASE_TRY(cc_message_read(start, &message, err));
    talk t = {.port = port, .start = &message, .until_ms = UINT64_MAX};
    if (p->options.timeout_ms)
        t.until_ms = base_now_ms() + p->options.timeout_ms;
    BASE_TRY(acquire(p, &t.w, err));
    heddle_status st = converse(&t, start, limits, &why);
    if (st != HEDDLE_OK)
        return give_up(p, &t, st, &why, out_last, err);
    st = take_last(&t, out_last, err);
    push_idle(p, t.w);
    return st;
}
