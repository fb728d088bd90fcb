#include "route/inquiry.h"

#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

struct asking {
    route_place place;
    route_engine *engine;
    route_inquiry what;
    route_upstream *peers[ROUTE_OWN_PEERS_MAX];
    size_t peer_count;
    size_t at;
    rpc_task task;
    heddle_error err;
};

static size_t add_own_members(route_engine *engine, const route_topology *topology,
                              base_arena *arena, route_upstream **out, const char **names)
{
    size_t ranked = 0, count = 0;
    heddle_view own = route_engine_mspid(engine);
    const route_member **members = route_topology_rank(
        topology, "qscc", &own, 1, NULL,
        (route_taste){route_conf_now(engine)->pool.height_tolerance, NULL}, arena, &ranked);
    for (size_t i = 0; members && i < ranked && count < ROUTE_OWN_PEERS_MAX; i++) {
        out[count] = route_upstream_ref(members[i]->upstream);
        if (names)
            names[count] = members[i]->endpoint;
        count++;
    }
    return count;
}

size_t route_own_peers(route_engine *engine, const route_topology *topology,
                       route_upstream *out[ROUTE_OWN_PEERS_MAX],
                       const char *names[ROUTE_OWN_PEERS_MAX])
{
    size_t count = 0;
    base_auto(arena) base_arena *arena = topology ? base_arena_new(0) : NULL;
    if (arena)
        count = add_own_members(engine, topology, arena, out, names);
    for (size_t i = 0; i < engine->bootstrap_count && count < ROUTE_OWN_PEERS_MAX; i++) {
        size_t known = 0;
        while (known < count && strcmp(route_upstream_key(out[known]),
                                       route_upstream_key(engine->bootstrap[i])) != 0)
            known++;
        if (known < count)
            continue;
        out[count] = route_upstream_ref(engine->bootstrap[i]);
        if (names)
            names[count] = route_upstream_key(engine->bootstrap[i]);
        count++;
    }
    return count;
}

static void finish(struct asking *asking, heddle_status status)
{
    asking->what.end(asking->what.user, status, &asking->err);
    for (size_t i = 0; i < asking->peer_count; i++)
        route_upstream_unref(asking->peers[i]);
    rpc_bytes_unref(asking->what.request);
    route_identity_unref(asking->what.own);
    route_leave(asking->engine);
    base_free(asking);
}

static void ask_next(struct asking *asking);

static void on_reply(const rpc_reply *reply, void *user)
{
    struct asking *asking = user;
    const char *peer = route_upstream_key(asking->peers[asking->at]);
    heddle_status status = rpc_status_fail(&reply->status, peer, &asking->err);
    bool is_answer = reply->status.code == RPC_OK || reply->status.code == RPC_UNKNOWN;
    route_lease_release(&asking->place.lease,
                        is_answer ? ROUTE_OUTCOME_ANSWERED : ROUTE_OUTCOME_FAILED);
    if (status == HEDDLE_OK)
        status = asking->what.read(asking->what.user, reply->response, &asking->err);
    if (status == HEDDLE_OK) {
        finish(asking, HEDDLE_OK);
        return;
    }
    log_at(LOG_DEBUG, "inquiry", "peer gave no answer", LOG_STR("peer", peer),
           LOG_STR("method", asking->what.method), LOG_ERR(&asking->err));
    asking->at++;
    ask_next(asking);
}

static heddle_status send(struct asking *asking)
{
    rpc_call_options options = {.method = asking->what.method,
                                .reactor = asking->what.reactor,
                                .deadline_ms = base_now_ms() +
                                               route_conf_now(asking->engine)->timeout.inquiry_ms};
    return rpc_call_start_bytes(route_place_channel(&asking->place), &options, asking->what.request,
                                on_reply, asking, NULL, &asking->err);
}

static void on_granted(route_place *place)
{
    struct asking *asking = base_container_of(place, struct asking, place);
    if (place->lease.connection && send(asking) == HEDDLE_OK)
        return;
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    asking->at++;
    ask_next(asking);
}

/* Whether there is another request to ask all peers with: as who the engine is now. */
static bool is_anew(struct asking *asking)
{
    if (!asking->what.make)
        return false;
    route_identity *now = route_engine_identity(asking->engine);
    rpc_bytes *request = NULL;
    if (now == asking->what.own ||
        asking->what.make(asking->what.user, now, &request, &asking->err) != HEDDLE_OK) {
        route_identity_unref(now);
        return false;
    }
    rpc_bytes_unref(asking->what.request);
    route_identity_unref(asking->what.own);
    asking->what.request = request;
    asking->what.own = now;
    asking->at = 0;
    return true;
}

/* Put the question to the peer at hand, or the next one that takes it. */
static void ask_next(struct asking *asking)
{
    for (; asking->at < asking->peer_count; asking->at++) {
        route_upstream *peer = asking->peers[asking->at];
        switch (route_place_acquire(&asking->place, peer)) {
        case ROUTE_ACQUIRED:
            if (send(asking) == HEDDLE_OK)
                return;
            route_lease_release(&asking->place.lease, ROUTE_OUTCOME_UNKNOWN);
            break;
        case ROUTE_QUEUED:
            return;
        case ROUTE_REFUSED:
        case ROUTE_NO_CONNECTION:
            base_fail(&asking->err, HEDDLE_E_UNAVAILABLE, "%s: no connection",
                      route_upstream_key(peer));
            break;
        }
    }
    if (is_anew(asking))
        ask_next(asking);
    else
        finish(asking, asking->err.status == HEDDLE_OK ? HEDDLE_E_UNAVAILABLE : asking->err.status);
}

static void begin(void *user)
{
    ask_next(user);
}

heddle_status route_inquiry_start(route_engine *engine, const route_inquiry *inquiry,
                                  heddle_error *err)
{
    struct asking *asking = base_calloc(1, sizeof(*asking));
    if (!asking)
        return base_fail_memory(err, "inquiry");
    route_enter(engine);
    asking->engine = engine;
    asking->what = *inquiry;
    rpc_bytes_ref(asking->what.request);
    if (asking->what.own)
        route_identity_ref(asking->what.own);
    asking->place.reactor = inquiry->reactor;
    asking->place.granted = on_granted;
    asking->peer_count = route_own_peers(engine, inquiry->topology, asking->peers, NULL);
    base_fail(&asking->err, HEDDLE_E_UNAVAILABLE, "no peer of the gateway's organisation is known");
    asking->task = (rpc_task){.fn = begin, .user = asking};
    rpc_post_task(inquiry->reactor, &asking->task);
    return HEDDLE_OK;
}
