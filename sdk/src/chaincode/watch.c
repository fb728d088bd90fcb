#include "chaincode/watch.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/list.h"
#include "base/log.h"

enum { LOOKS_PER_TIMEOUT = 4, LEAST_PAUSE_MS = 10 };

struct cc_watch {
    cc_execute *inner;
    const void *inner_user;
    uint64_t timeout_ms;
    h2_loop *loop;
    h2_timer timer;
    pthread_mutex_t lock; /* of what follows */
    base_list running;    /* the oldest first */
    uint64_t overdue;
};

typedef struct running {
    base_list entry;
    uint64_t began_ms;
    heddle_view start;
    bool told;
} running;

heddle_status cc_watch_new(uint64_t timeout_ms, cc_execute *inner, const void *inner_user,
                           cc_watch **out, heddle_error *err)
{
    cc_watch *watch = base_calloc(1, sizeof(*watch));
    if (!watch)
        return base_fail_memory(err, "execute timeout");
    watch->inner = inner;
    watch->inner_user = inner_user;
    watch->timeout_ms = timeout_ms;
    pthread_mutex_init(&watch->lock, NULL);
    base_list_init(&watch->running);
    *out = watch;
    return HEDDLE_OK;
}

void cc_watch_free(cc_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_destroy(&watch->lock);
    base_free(watch);
}

static void tell(cc_watch *watch, running *one)
{
    cc_message start;
    one->told = true;
    watch->overdue++;
    if (cc_message_read(one->start, &start, NULL) == HEDDLE_OK)
        log_at(LOG_WARN, "chaincode", "a transaction runs for too long",
               LOG_VIEW("txid", start.tx_id), LOG_VIEW("channel", start.channel),
               LOG_U64("limit_ms", watch->timeout_ms));
}

static void look(void *user)
{
    cc_watch *watch = user;
    pthread_mutex_lock(&watch->lock);
    uint64_t now = base_now_ms(); /* not before any that is in the list */
    base_list_each (it, &watch->running) {
        running *one = base_list_entry(it, running, entry);
        if (now - one->began_ms <= watch->timeout_ms)
            break;
        if (!one->told)
            tell(watch, one);
    }
    pthread_mutex_unlock(&watch->lock);
    cc_watch_begin(watch, watch->loop);
}

void cc_watch_begin(cc_watch *watch, h2_loop *loop)
{
    uint64_t pause = watch->timeout_ms / LOOKS_PER_TIMEOUT;
    watch->loop = loop;
    h2_timer_start(loop, &watch->timer, pause > LEAST_PAUSE_MS ? pause : LEAST_PAUSE_MS, look,
                   watch);
}

heddle_status cc_watch_execute(const void *user, heddle_view start, const cc_port *port,
                               const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    cc_watch *watch = (cc_watch *)user;
    running self = {.began_ms = base_now_ms(), .start = start};
    pthread_mutex_lock(&watch->lock);
    base_list_append(&watch->running, &self.entry);
    pthread_mutex_unlock(&watch->lock);
    heddle_status st = watch->inner(watch->inner_user, start, port, limits, out_last, err);
    pthread_mutex_lock(&watch->lock);
    base_list_remove(&self.entry);
    if (!self.told && base_now_ms() - self.began_ms > watch->timeout_ms)
        tell(watch, &self);
    pthread_mutex_unlock(&watch->lock);
    return st;
}

uint64_t cc_watch_overdue(cc_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    uint64_t overdue = watch->overdue;
    pthread_mutex_unlock(&watch->lock);
    return overdue;
}
