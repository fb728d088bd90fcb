#include "chaincode/dial.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/fail.h"
#include "base/log.h"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    KEEPALIVE_MS = 60000, /* as the official shims; peers refuse more often */
    FIRST_PAUSE_MS = 100,
    LONGEST_PAUSE_MS = 5000,
    STACK_SIZE = 256 * 1024 /* resolving names takes some */
};

/* The lock of `peers` guards `resting` and `stopping` too. */
struct cc_dial {
    cc_dial_options options;
    char *address;
    char *server_name;
    crypto_tls_context *tls;
    pthread_t thread;
    bool resting;
    bool stopping;
};

/* Until the stream is over, or is not to be waited for any more. */
static void wait_for_end(const cc_dial *dial, const cc_peer_end *end)
{
    cc_peers *peers = dial->options.peers;
    pthread_mutex_lock(&peers->lock);
    while (!end->over && !dial->stopping)
        pthread_cond_wait(&peers->changed, &peers->lock);
    pthread_mutex_unlock(&peers->lock);
}

static heddle_status connect_to(const cc_dial *dial, h2_client **out, heddle_error *err)
{
    h2_client_options options = {.address = dial->address,
                                 .tls = dial->tls,
                                 .server_name = dial->server_name,
                                 .timeout_ms = CONNECT_TIMEOUT_MS,
                                 .keepalive_ms = KEEPALIVE_MS};
    return h2_client_open(dial->options.loop, &options, out, err);
}

/* One connection, from its begin to its end; why it ended, and whether it had been good. */
static void visit(const cc_dial *dial, bool *out_was_ready, heddle_error *err)
{
    h2_client *client = NULL;
    cc_peer_end end = {0};
    if (connect_to(dial, &client, err) != HEDDLE_OK)
        return;
    if (cc_peer_dial(dial->options.peers, client, &end, err) == HEDDLE_OK)
        wait_for_end(dial, &end);
    h2_client_close(client);
    *out_was_ready = end.was_ready;
    if (end.over)
        base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer's stream ended: %s", end.why);
}

/* False: no more connections are wanted. */
static bool pause_for(cc_dial *dial, uint64_t pause_ms)
{
    cc_peers *peers = dial->options.peers;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t nanos = (uint64_t)until.tv_nsec + pause_ms % 1000 * 1000000;
    until.tv_sec += (time_t)(pause_ms / 1000 + nanos / 1000000000);
    until.tv_nsec = (long)(nanos % 1000000000);
    pthread_mutex_lock(&peers->lock);
    bool on_time = true;
    while (!dial->resting && on_time)
        on_time = pthread_cond_timedwait(&peers->changed, &peers->lock, &until) == 0;
    bool go_on = !dial->resting;
    pthread_mutex_unlock(&peers->lock);
    return go_on;
}

static bool is_resting(cc_dial *dial)
{
    cc_peers *peers = dial->options.peers;
    pthread_mutex_lock(&peers->lock);
    bool resting = dial->resting;
    pthread_mutex_unlock(&peers->lock);
    return resting;
}

static void *dial_main(void *arg)
{
    cc_dial *dial = arg;
    uint64_t pause_ms = FIRST_PAUSE_MS;
    while (!is_resting(dial)) {
        heddle_error why;
        bool was_ready = false;
        base_error_clear(&why);
        visit(dial, &was_ready, &why);
        if (is_resting(dial))
            break;
        if (!dial->options.reconnect) {
            dial->options.on_given_up(dial->options.user, &why);
            break;
        }
        pause_ms = was_ready ? FIRST_PAUSE_MS : pause_ms;
        log_at(LOG_WARN, "chaincode", "no connection to the peer; trying again",
               LOG_STR("peer", dial->address), LOG_U64("in_ms", pause_ms), LOG_ERR(&why));
        if (!pause_for(dial, pause_ms))
            break;
        pause_ms = pause_ms * 2 < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
    }
    return NULL;
}

static void dial_free(cc_dial *dial)
{
    crypto_tls_context_unref(dial->tls);
    base_free(dial->address);
    base_free(dial->server_name);
    base_free(dial);
}

/* Signals are for the program's own threads. */
static heddle_status start_thread(cc_dial *dial, heddle_error *err)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&dial->thread, &attributes, dial_main, dial);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed ? base_fail(err, HEDDLE_E_NO_MEMORY, "no thread for the connection") : HEDDLE_OK;
}

heddle_status cc_dial_start(const cc_dial_options *options, cc_dial **out, heddle_error *err)
{
    cc_dial *dial = base_calloc(1, sizeof(*dial));
    if (!dial)
        return base_fail_memory(err, "connection to the peer");
    dial->options = *options;
    dial->address = base_strdup(options->address);
    dial->server_name = base_strdup(options->server_name);
    dial->tls = options->tls ? crypto_tls_context_ref(options->tls) : NULL;
    heddle_status st = HEDDLE_OK;
    if (!dial->address || (options->server_name && !dial->server_name))
        st = base_fail_memory(err, "connection to the peer");
    if (st == HEDDLE_OK)
        st = start_thread(dial, err);
    if (st == HEDDLE_OK)
        *out = dial;
    else
        dial_free(dial);
    return st;
}

static void tell(cc_dial *dial, bool *what)
{
    cc_peers *peers = dial->options.peers;
    pthread_mutex_lock(&peers->lock);
    dial->resting = true;
    *what = true;
    pthread_cond_broadcast(&peers->changed);
    pthread_mutex_unlock(&peers->lock);
}

void cc_dial_rest(cc_dial *dial)
{
    tell(dial, &dial->resting);
}

void cc_dial_stop(cc_dial *dial)
{
    if (!dial)
        return;
    tell(dial, &dial->stopping);
    pthread_join(dial->thread, NULL);
    dial_free(dial);
}
