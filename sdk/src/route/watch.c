#include "route/watch.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "route/channel.h"
#include "route/tracker.h"

struct route_watch {
    base_list link;
    route_watches *watches;
    char *endpoint;
    char *msp_id;
    bool is_own;
    route_tracker *tracker; /* NULL: the channel's stream serves */
    bool is_live;
    bool is_tried; /* the stream has been up, or failed to come up */
    uint64_t height;
};

struct route_watches {
    struct route_channel *channel; /* borrowed: it owns the watches */
    pthread_mutex_t lock;          /* guards the rest */
    base_list list;
    base_list waits;
    bool is_stopped;
    char *channel_peer; /* where the channel's own stream is up; NULL: nowhere */
};

route_scope route_scope_of(route_await await)
{
    static const route_scope scopes[] = {
        [ROUTE_AWAIT_OWN_ANY] = {.has_own = true},
        [ROUTE_AWAIT_OWN_ALL] = {.has_own = true, .needs_all = true},
        [ROUTE_AWAIT_NETWORK_ANY] = {.has_own = true, .has_others = true},
        [ROUTE_AWAIT_NETWORK_ALL] = {.has_own = true, .has_others = true, .needs_all = true},
        [ROUTE_AWAIT_PREFER_OWN_ANY] = {.has_own = true, .has_others = true, .falls_back = true},
        [ROUTE_AWAIT_PREFER_OWN_ALL] = {
            .has_own = true, .has_others = true, .falls_back = true, .needs_all = true}};
    return (size_t)await < BASE_COUNT(scopes) ? scopes[await] : scopes[ROUTE_AWAIT_CHANNEL];
}

route_watches *route_watches_new(struct route_channel *channel)
{
    route_watches *watches = base_calloc(1, sizeof(*watches));
    if (!watches)
        return NULL;
    watches->channel = channel;
    pthread_mutex_init(&watches->lock, NULL);
    base_list_init(&watches->list);
    base_list_init(&watches->waits);
    return watches;
}

static void watch_free(route_watch *watch)
{
    route_tracker_free(watch->tracker);
    base_free(watch->endpoint);
    base_free(watch->msp_id);
    base_free(watch);
}

void route_watches_free(route_watches *watches)
{
    if (!watches)
        return;
    for (base_list *link; (link = base_list_pop(&watches->list));)
        watch_free(base_list_entry(link, route_watch, link));
    base_free(watches->channel_peer);
    pthread_mutex_destroy(&watches->lock);
    base_free(watches);
}

/* Who is waited for. All of it under the lock. */

static bool has_live_own(const route_watches *watches)
{
    base_list_each (link, &watches->list) {
        const route_watch *watch = base_list_entry(link, route_watch, link);
        if (watch->is_own && watch->is_live)
            return true;
    }
    return false;
}

static bool is_in(const route_watch *watch, route_scope scope, bool own_is_live)
{
    if (watch->is_own)
        return scope.has_own;
    return scope.has_others && !(scope.falls_back && own_is_live);
}

static bool is_satisfied(const route_watches *watches, const route_watch_wait *wait)
{
    bool own_is_live = has_live_own(watches);
    size_t live = 0, reached = 0, untried = 0;
    base_list_each (link, &watches->list) {
        const route_watch *watch = base_list_entry(link, route_watch, link);
        if (!is_in(watch, wait->scope, own_is_live))
            continue;
        live += watch->is_live;
        reached += watch->is_live && watch->height >= wait->height;
        untried += !watch->is_tried;
    }
    if (!wait->height)
        return !untried;
    return !live || (wait->scope.needs_all ? reached == live : reached > 0);
}

static void run(void *user)
{
    route_watch_wait *wait = user;
    wait->fn(wait);
}

static void tell_satisfied(route_watches *watches)
{
    base_list_each_safe (link, &watches->waits) {
        route_watch_wait *wait = base_list_entry(link, route_watch_wait, link);
        if (!watches->is_stopped && !is_satisfied(watches, wait))
            continue;
        base_list_remove(&wait->link);
        wait->waits = false;
        wait->task = (rpc_task){.fn = run, .user = wait};
        rpc_post_task(wait->reactor, &wait->task);
    }
}

bool route_watches_await(route_watches *watches, route_watch_wait *wait)
{
    pthread_mutex_lock(&watches->lock);
    bool is_so = watches->is_stopped || is_satisfied(watches, wait);
    if (!is_so)
        base_list_append(&watches->waits, &wait->link);
    wait->waits = !is_so;
    pthread_mutex_unlock(&watches->lock);
    return is_so;
}

bool route_watches_abandon(route_watches *watches, route_watch_wait *wait)
{
    pthread_mutex_lock(&watches->lock);
    bool was_waiting = wait->waits;
    if (was_waiting)
        base_list_remove(&wait->link);
    wait->waits = false;
    pthread_mutex_unlock(&watches->lock);
    return was_waiting;
}

void route_watches_behind(route_watches *watches, const route_watch_wait *wait,
                          void (*tell)(void *user, const char *endpoint, const char *msp_id,
                                       uint64_t height),
                          void *user)
{
    pthread_mutex_lock(&watches->lock);
    bool own_is_live = has_live_own(watches);
    base_list_each (link, &watches->list) {
        const route_watch *watch = base_list_entry(link, route_watch, link);
        if (wait->waits && watch->is_live && watch->height < wait->height &&
            is_in(watch, wait->scope, own_is_live))
            tell(user, watch->endpoint, watch->msp_id, watch->height);
    }
    pthread_mutex_unlock(&watches->lock);
}

/* Following. */

static route_watch *find(route_watches *watches, const char *endpoint)
{
    base_list_each (link, &watches->list) {
        route_watch *watch = base_list_entry(link, route_watch, link);
        if (strcmp(watch->endpoint, endpoint) == 0)
            return watch;
    }
    return NULL;
}

static route_watch *add(route_watches *watches, const route_member *member, bool is_own)
{
    route_watch *watch = base_calloc(1, sizeof(*watch));
    if (!watch)
        return NULL;
    watch->watches = watches;
    watch->is_own = is_own;
    watch->endpoint = base_strdup(member->endpoint);
    watch->msp_id = base_strdup(member->msp_id);
    if (!watch->endpoint || !watch->msp_id) {
        watch_free(watch);
        return NULL;
    }
    base_list_append(&watches->list, &watch->link);
    return watch;
}

/* By the channel's stream if that is there, else by one of its own. */
static void follow(route_watches *watches, const route_member *member, bool is_own)
{
    route_watch *watch = find(watches, member->endpoint);
    if (!watch)
        watch = add(watches, member, is_own);
    if (!watch || watch->tracker)
        return;
    if (watches->channel_peer && strcmp(watches->channel_peer, member->endpoint) == 0) {
        watch->is_live = watch->is_tried = true;
        watch->height = route_member_height(member);
        return;
    }
    watch->is_live = watch->is_tried = false;
    watch->tracker = route_tracker_new(watches->channel, watch, member->upstream);
    if (watch->tracker)
        route_tracker_start(watch->tracker);
    else
        watch->is_tried = true;
}

void route_watches_follow(route_watches *watches, const route_topology *topology, route_scope scope)
{
    const route_member *members;
    size_t count = route_topology_members(topology, &members);
    route_engine *engine = route_channel_engine(watches->channel);
    heddle_view own = route_engine_mspid(engine);
    pthread_mutex_lock(&watches->lock);
    for (size_t i = 0; i < count && !watches->is_stopped; i++) {
        bool is_own = base_view_is(own, members[i].msp_id);
        if (is_own ? scope.has_own : scope.has_others)
            follow(watches, &members[i], is_own);
    }
    pthread_mutex_unlock(&watches->lock);
}

void route_watches_stop(route_watches *watches)
{
    pthread_mutex_lock(&watches->lock);
    watches->is_stopped = true;
    base_list_each (link, &watches->list) {
        route_watch *watch = base_list_entry(link, route_watch, link);
        if (watch->tracker)
            route_tracker_stop(watch->tracker);
    }
    tell_satisfied(watches);
    pthread_mutex_unlock(&watches->lock);
}

void route_watch_live(route_watch *watch, bool is_live)
{
    route_watches *watches = watch->watches;
    pthread_mutex_lock(&watches->lock);
    watch->is_live = is_live;
    watch->is_tried = true;
    tell_satisfied(watches);
    pthread_mutex_unlock(&watches->lock);
}

void route_watch_height(route_watch *watch, uint64_t height)
{
    route_watches *watches = watch->watches;
    pthread_mutex_lock(&watches->lock);
    watch->height = height;
    tell_satisfied(watches);
    pthread_mutex_unlock(&watches->lock);
}

/* The channel's stream is up at @p peer, or nowhere. */
static void move_channel(route_watches *watches, const char *peer)
{
    if (watches->channel_peer && peer && strcmp(watches->channel_peer, peer) == 0)
        return;
    route_watch *left = watches->channel_peer ? find(watches, watches->channel_peer) : NULL;
    if (left && !left->tracker)
        left->is_live = false;
    base_free(watches->channel_peer);
    watches->channel_peer = base_strdup(peer);
}

void route_watches_channel(route_watches *watches, const char *peer, uint64_t height)
{
    pthread_mutex_lock(&watches->lock);
    move_channel(watches, height ? peer : NULL);
    route_watch *watch = height ? find(watches, peer) : NULL;
    if (watch && !watch->tracker) {
        watch->is_live = watch->is_tried = true;
        watch->height = height;
    }
    tell_satisfied(watches);
    pthread_mutex_unlock(&watches->lock);
}
