#include "route/upstream.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"

struct slot {
    void *connection;
    uint32_t leases;
};

struct retired {
    struct retired *next;
    void *connection;
    uint32_t leases;
};

struct route_upstream {
    atomic_uint refs;
    char *key;
    void *tag;
    route_upstream_env env;
    route_upstream_limits limits;

    pthread_mutex_t lock; /* guards the rest */
    route_upstream_state state;
    uint32_t failures;  /* in a row */
    uint64_t retry_at;  /* PASSED_OVER: when the next request is a probe */
    route_lease *probe; /* PROBING: the request that decides */
    uint32_t in_flight;
    uint32_t waiters;
    base_list queue;
    struct slot slots[ROUTE_SLOTS_MAX];
    struct retired *retired;
};

#define EDGE(to) (1u << ROUTE_UPSTREAM_##to)
static const unsigned edges[] = {
    [ROUTE_UPSTREAM_IDLE] = EDGE(READY) | EDGE(PASSED_OVER),
    [ROUTE_UPSTREAM_READY] = EDGE(PASSED_OVER),
    [ROUTE_UPSTREAM_PASSED_OVER] = EDGE(PROBING) | EDGE(READY),
    [ROUTE_UPSTREAM_PROBING] = EDGE(READY) | EDGE(PASSED_OVER),
};

const char *route_upstream_state_name(route_upstream_state state)
{
    static const char *const names[] = {"idle", "ready", "passed_over", "probing"};
    return names[state];
}

/* The only place that changes the state. */
static void upstream_move(route_upstream *up, route_upstream_state to)
{
    if (up->state == to)
        return;
    if (!(edges[up->state] & (1u << to)))
        abort();
    if (to == ROUTE_UPSTREAM_PASSED_OVER || up->state != ROUTE_UPSTREAM_IDLE)
        log_at(to == ROUTE_UPSTREAM_PASSED_OVER ? LOG_WARN : LOG_INFO, "pool",
               "upstream changed state", LOG_STR("peer", up->key),
               LOG_STR("from", route_upstream_state_name(up->state)),
               LOG_STR("to", route_upstream_state_name(to)), LOG_U64("in_flight", up->in_flight));
    up->state = to;
    up->probe = NULL;
}

route_upstream *route_upstream_new(const char *key, void *tag, const route_upstream_env *env,
                                   const route_upstream_limits *limits)
{
    assert(limits->slots >= 1 && limits->slots <= ROUTE_SLOTS_MAX);
    route_upstream *up = base_calloc(1, sizeof(*up));
    if (!up)
        return NULL;
    up->key = base_strdup(key);
    if (!up->key) {
        base_free(up);
        return NULL;
    }
    atomic_init(&up->refs, 1);
    up->tag = tag;
    up->env = *env;
    up->limits = *limits;
    base_list_init(&up->queue);
    pthread_mutex_init(&up->lock, NULL);
    return up;
}

route_upstream *route_upstream_ref(route_upstream *up)
{
    atomic_fetch_add_explicit(&up->refs, 1, memory_order_relaxed);
    return up;
}

void route_upstream_unref(route_upstream *up)
{
    if (!up || atomic_fetch_sub_explicit(&up->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < up->limits.slots; i++)
        if (up->slots[i].connection)
            up->env.close(up->slots[i].connection, up->env.user);
    if (up->env.released)
        up->env.released(up, up->env.user);
    pthread_mutex_destroy(&up->lock);
    base_free(up->key);
    base_free(up);
}

/* Under the lock. What is left in *out_idle has no lease; without memory a connection stays. */
static void retire(route_upstream *up, struct slot *slot, struct retired **out_idle)
{
    struct retired *retired = slot->connection ? base_malloc(sizeof(*retired)) : NULL;
    if (!retired)
        return;
    struct retired **list = slot->leases ? &up->retired : out_idle;
    *retired = (struct retired){*list, slot->connection, slot->leases};
    *list = retired;
    *slot = (struct slot){0};
}

static void close_retired(route_upstream *up, struct retired *list)
{
    while (list) {
        struct retired *next = list->next;
        up->env.close(list->connection, up->env.user);
        base_free(list);
        list = next;
    }
}

void route_upstream_renew(route_upstream *up, void (*change)(route_upstream *up, void *user),
                          void *user)
{
    struct retired *idle = NULL;
    pthread_mutex_lock(&up->lock);
    change(up, user);
    for (unsigned i = 0; i < up->limits.slots; i++)
        retire(up, &up->slots[i], &idle);
    pthread_mutex_unlock(&up->lock);
    close_retired(up, idle);
}

/* Under the lock: the connection of the lease has one less. The retired one that had no other. */
static struct retired *give_back(route_upstream *up, const route_lease *lease)
{
    struct slot *slot = &up->slots[lease->slot];
    if (slot->connection == lease->connection) {
        slot->leases--;
        return NULL;
    }
    struct retired **at = &up->retired;
    while ((*at)->connection != lease->connection)
        at = &(*at)->next;
    struct retired *found = *at;
    if (--found->leases)
        return NULL;
    *at = found->next;
    found->next = NULL;
    return found;
}

bool route_upstream_is_sole(const route_upstream *up)
{
    return atomic_load_explicit(&up->refs, memory_order_acquire) == 1;
}

const char *route_upstream_key(const route_upstream *up)
{
    return up->key;
}

void *route_upstream_tag(const route_upstream *up)
{
    return up->tag;
}

/* The slot with the fewest leases; among equals an open one. */
static unsigned least_slot(const route_upstream *up)
{
    unsigned best = 0;
    for (unsigned i = 1; i < up->limits.slots; i++) {
        const struct slot *slot = &up->slots[i], *least = &up->slots[best];
        if (slot->leases < least->leases ||
            (slot->leases == least->leases && slot->connection && !least->connection))
            best = i;
    }
    return best;
}

static bool is_full(const route_upstream *up)
{
    return up->limits.in_flight_limit && up->in_flight >= up->limits.in_flight_limit;
}

static bool place(route_upstream *up, route_lease *lease)
{
    unsigned at = least_slot(up);
    struct slot *slot = &up->slots[at];
    if (!slot->connection)
        slot->connection = up->env.open(up, at, up->env.user);
    if (!slot->connection)
        return false;
    slot->leases++;
    up->in_flight += !lease->is_stream;
    lease->slot = at;
    lease->connection = slot->connection;
    lease->waits = false;
    return true;
}

static void begin_probe(route_upstream *up, route_lease *lease)
{
    if (lease->never_probes || up->state != ROUTE_UPSTREAM_PASSED_OVER ||
        up->env.now_ms(up->env.user) < up->retry_at)
        return;
    upstream_move(up, ROUTE_UPSTREAM_PROBING);
    up->probe = lease;
}

static route_acquire acquire_locked(route_upstream *up, route_lease *lease)
{
    if (lease->is_stream || !is_full(up)) {
        if (!place(up, lease))
            return ROUTE_NO_CONNECTION;
        begin_probe(up, lease);
        return ROUTE_ACQUIRED;
    }
    if (up->limits.queue_limit && up->waiters >= up->limits.queue_limit)
        return ROUTE_REFUSED;
    lease->waits = true;
    up->waiters++;
    base_list_append(&up->queue, &lease->link);
    return ROUTE_QUEUED;
}

route_acquire route_upstream_acquire(route_upstream *up, route_lease *lease)
{
    base_list_init(&lease->link);
    pthread_mutex_lock(&up->lock);
    route_acquire result = acquire_locked(up, lease);
    pthread_mutex_unlock(&up->lock);
    if (result == ROUTE_ACQUIRED || result == ROUTE_QUEUED)
        lease->upstream = route_upstream_ref(up);
    return result;
}

bool route_lease_abandon(route_lease *lease)
{
    route_upstream *up = lease->upstream;
    pthread_mutex_lock(&up->lock);
    bool waited = lease->waits;
    if (waited) {
        lease->waits = false;
        up->waiters--;
        base_list_remove(&lease->link);
    }
    pthread_mutex_unlock(&up->lock);
    if (waited) {
        lease->upstream = NULL;
        route_upstream_unref(up);
    }
    return waited;
}

static void pass_over(route_upstream *up)
{
    uint64_t wait = up->limits.backoff_ms;
    for (uint32_t i = 0; i < up->failures && wait < up->limits.backoff_max_ms; i++)
        wait *= 2;
    if (wait > up->limits.backoff_max_ms)
        wait = up->limits.backoff_max_ms;
    up->failures++;
    wait = wait - wait / 4 + up->env.random(up->env.user) % (wait / 2 + 1); /* a quarter each way */
    up->retry_at = up->env.now_ms(up->env.user) + wait;
    upstream_move(up, ROUTE_UPSTREAM_PASSED_OVER);
}

static void judge(route_upstream *up, const route_lease *lease, route_outcome outcome)
{
    bool decides = up->state != ROUTE_UPSTREAM_PASSED_OVER;
    switch (outcome) {
    case ROUTE_OUTCOME_ANSWERED:
        up->failures = 0;
        upstream_move(up, ROUTE_UPSTREAM_READY);
        break;
    case ROUTE_OUTCOME_FAILED:
        if (decides) /* requests that were under way together count as one failure */
            pass_over(up);
        break;
    case ROUTE_OUTCOME_UNKNOWN:
        if (up->probe == lease)
            upstream_move(up, ROUTE_UPSTREAM_PASSED_OVER); /* still due: the next one probes */
        break;
    }
}

/* The first waiter, with the place just given up; NULL if nobody waits. */
static route_lease *next_waiter(route_upstream *up)
{
    base_list *link = is_full(up) ? NULL : base_list_pop(&up->queue);
    if (!link)
        return NULL;
    route_lease *lease = base_list_entry(link, route_lease, link);
    up->waiters--;
    if (!place(up, lease)) {
        lease->waits = false;
        lease->connection = NULL;
    }
    return lease;
}

void route_lease_release(route_lease *lease, route_outcome outcome)
{
    route_upstream *up = lease->upstream;
    struct retired *last = NULL;
    pthread_mutex_lock(&up->lock);
    if (lease->connection) {
        last = give_back(up, lease);
        up->in_flight -= !lease->is_stream;
        judge(up, lease, outcome);
    }
    route_lease *waiter = next_waiter(up);
    pthread_mutex_unlock(&up->lock);
    close_retired(up, last);
    if (waiter)
        up->env.post(waiter, up->env.user);
    lease->upstream = NULL;
    lease->connection = NULL;
    route_upstream_unref(up);
}

void route_lease_confirm(route_lease *lease)
{
    route_upstream *up = lease->upstream;
    pthread_mutex_lock(&up->lock);
    judge(up, lease, ROUTE_OUTCOME_ANSWERED);
    pthread_mutex_unlock(&up->lock);
}

unsigned route_upstream_rank(route_upstream *up)
{
    unsigned rank = 0;
    pthread_mutex_lock(&up->lock);
    if (up->state == ROUTE_UPSTREAM_PROBING)
        rank = 1;
    else if (up->state == ROUTE_UPSTREAM_PASSED_OVER && up->env.now_ms(up->env.user) < up->retry_at)
        rank = 2;
    pthread_mutex_unlock(&up->lock);
    return rank;
}

uint32_t route_upstream_in_flight(route_upstream *up)
{
    pthread_mutex_lock(&up->lock);
    uint32_t n = up->in_flight + up->waiters;
    pthread_mutex_unlock(&up->lock);
    return n;
}

route_upstream_state route_upstream_state_of(route_upstream *up)
{
    pthread_mutex_lock(&up->lock);
    route_upstream_state state = up->state;
    pthread_mutex_unlock(&up->lock);
    return state;
}
