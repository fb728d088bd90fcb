#include "route/broadcast.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "route/verdict.h"
#include "rpc/stream.h"
#include "wire/deliver.h"
#include "wire/services.h"

enum {
    STATUS_SUCCESS = 200,
    STREAM_QUEUE_BYTES = 8 * 1024 * 1024,
    IDLE_MS = 120000 /* a stream nobody used for so long is closed */
};

/* The place of an envelope in a stream, also when its sender waits no longer. */
struct route_ticket {
    base_list link;
    struct line *line;
    rpc_bytes *envelope;
    route_broadcast *owner; /* NULL: abandoned */
    uint64_t since_ms;
    bool is_sent;
};

/* The stream to one orderer. */
struct line {
    base_list link;
    route_broadcasters *all;
    struct lane *lane;
    route_upstream *upstream;
    route_place place;
    rpc_stream *stream;
    base_list unsent; /* of route_ticket */
    base_list sent;   /* waiting for answers, in order */
    bool is_refused;  /* the last answer was a refusal: the orderer ends the stream */
    bool is_closing;
    bool is_stuck; /* it did not answer in time: the stream was given up */
    bool was_used; /* since the idle timer ran last */
    rpc_timer idle;
    rpc_timer watch; /* armed while there are tickets */
    bool is_watched;
    rpc_task retry;
    bool is_opening; /* from line_open() till there is a stream or the failure was told */
};

/* What belongs to one reactor. */
struct lane {
    rpc_reactor *reactor;
    base_list lines;
    rpc_task stop;
    route_engine *engine;
};

struct route_broadcasters {
    route_engine *engine;
    unsigned lane_count;
    atomic_bool is_stopped;
    struct lane lanes[];
};

route_broadcasters *route_broadcasters_new(route_engine *engine)
{
    unsigned count = rpc_reactor_count();
    route_broadcasters *all = base_calloc(1, sizeof(*all) + count * sizeof(struct lane));
    if (!all)
        return NULL;
    all->engine = engine;
    all->lane_count = count;
    for (unsigned i = 0; i < count; i++) {
        all->lanes[i].reactor = rpc_reactor_at(i);
        all->lanes[i].engine = engine;
        base_list_init(&all->lanes[i].lines);
    }
    return all;
}

void route_broadcasters_free(route_broadcasters *all)
{
    base_free(all);
}

static struct lane *current_lane(route_broadcasters *all)
{
    rpc_reactor *reactor = rpc_reactor_current();
    for (unsigned i = 0; i < all->lane_count; i++)
        if (all->lanes[i].reactor == reactor)
            return &all->lanes[i];
    return NULL;
}

/* Tickets. */

static void ticket_free(struct route_ticket *ticket)
{
    base_list_remove(&ticket->link);
    rpc_bytes_unref(ticket->envelope);
    base_free(ticket);
}

static void answer(struct route_ticket *ticket, int status, heddle_view info)
{
    route_broadcast *owner = ticket->owner;
    ticket_free(ticket);
    if (!owner)
        return;
    owner->ticket = NULL;
    owner->done(owner, status, info);
}

static void fail(struct route_ticket *ticket, const char *error)
{
    route_broadcast *owner = ticket->owner;
    if (owner)
        owner->was_sent = ticket->is_sent;
    ticket_free(ticket);
    if (!owner)
        return;
    owner->ticket = NULL;
    owner->failed(owner, error);
}

/* A failed owner starts the next attempt, maybe on this line: only what is there now fails. */
static void fail_all(struct line *line, const char *error)
{
    base_list tickets;
    base_list_init(&tickets);
    base_list_splice(&tickets, &line->sent);
    base_list_splice(&tickets, &line->unsent);
    while (!base_list_is_empty(&tickets))
        fail(base_list_entry(tickets.next, struct route_ticket, link), error);
}

/* Lines. */

static void line_open(struct line *line);

static void line_free(struct line *line)
{
    route_engine *engine = line->all->engine;
    base_list_remove(&line->link);
    rpc_timer_cancel(&line->idle);
    rpc_timer_cancel(&line->watch);
    route_upstream_unref(line->upstream);
    base_free(line);
    route_leave(engine);
}

static bool is_idle(const struct line *line)
{
    return base_list_is_empty(&line->sent) && base_list_is_empty(&line->unsent);
}

static void on_idle(void *user);

static bool arm_idle(struct line *line)
{
    return rpc_timer_start(&line->idle, line->lane->reactor, IDLE_MS, on_idle, line) == HEDDLE_OK;
}

static void on_idle(void *user)
{
    struct line *line = user;
    bool keep = line->was_used || !is_idle(line);
    line->was_used = false;
    if (keep && arm_idle(line))
        return;
    line->is_closing = true;
    if (line->stream)
        rpc_stream_cancel(line->stream);
    else if (!line->is_opening)
        line_free(line);
}

static void give_up_stream(struct line *line)
{
    line->is_stuck = true;
    rpc_stream_cancel(line->stream);
}

static uint64_t limit_ms(const struct line *line)
{
    return route_conf_now(line->all->engine)->timeout.broadcast_ms;
}

static void on_watch(void *user);

static void watch(struct line *line)
{
    if (line->is_watched)
        return;
    line->is_watched = rpc_timer_start(&line->watch, line->lane->reactor, limit_ms(line), on_watch,
                                       line) == HEDDLE_OK;
}

/* Whoever waits has a clock; but an envelope that a quorum did without, or whose client was
 * gone first, must not lie for ever before an orderer that does not answer. */
static void on_watch(void *user)
{
    struct line *line = user;
    line->is_watched = false;
    if (is_idle(line))
        return;
    base_list *tickets = base_list_is_empty(&line->sent) ? &line->unsent : &line->sent;
    const struct route_ticket *oldest = base_list_entry(tickets->next, struct route_ticket, link);
    if (line->stream && base_now_ms() - oldest->since_ms >= limit_ms(line))
        give_up_stream(line);
    watch(line);
}

static void pump(struct line *line);

static void on_sent(bool sent, void *user)
{
    struct line *line = user;
    if (sent && line->stream && !base_list_is_empty(&line->unsent))
        pump(line);
}

/* Give the stream as much as it takes. */
static void pump(struct line *line)
{
    while (!base_list_is_empty(&line->unsent)) {
        struct route_ticket *ticket = base_list_entry(line->unsent.next, struct route_ticket, link);
        heddle_error err;
        if (rpc_stream_send_bytes(line->stream, ticket->envelope, on_sent, line, &err) != HEDDLE_OK)
            return; /* full: on_sent goes on; ended: on_end does */
        ticket->is_sent = true;
        base_list_remove(&ticket->link);
        base_list_append(&line->sent, &ticket->link);
        rpc_stream_read(line->stream);
    }
}

static void on_message(rpc_stream *stream, rpc_bytes *message, void *user)
{
    struct line *line = user;
    heddle_error err;
    wire_broadcast_response response = {0};
    if (base_list_is_empty(&line->sent) ||
        wire_shape_read(&wire_broadcast_response_shape, rpc_bytes_view(message), NULL, &response,
                        &err) != HEDDLE_OK) {
        log_at(LOG_WARN, "orderer", "answer to nothing asked",
               LOG_STR("orderer", route_upstream_key(line->upstream)));
        rpc_stream_cancel(stream);
        return;
    }
    line->is_refused = response.status != STATUS_SUCCESS;
    answer(base_list_entry(line->sent.next, struct route_ticket, link), response.status,
           response.info);
}

/* What was behind a refused message goes again, before what came later. */
static void requeue(struct line *line)
{
    base_list_each (link, &line->sent)
        base_list_entry(link, struct route_ticket, link)->is_sent = false;
    base_list_splice(&line->sent, &line->unsent);
    base_list_splice(&line->unsent, &line->sent);
}

static void fail_with_status(struct line *line, const rpc_status *status)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    const char *text = "out of memory";
    if (arena)
        text = status->code == RPC_OK ? "EOF" : route_rpc_error_text(status, arena);
    fail_all(line, text);
}

/* Without a stream: open one if there is something to send, or go if it is time. */
static void settle(struct line *line)
{
    if (line->stream || line->is_opening)
        return;
    if (!is_idle(line)) {
        if (line->is_closing)
            (void)arm_idle(line);
        line->is_closing = false;
        line_open(line);
    } else if (line->is_closing)
        line_free(line);
}

static void on_end(rpc_stream *stream, const rpc_status *status, void *user)
{
    (void)stream;
    struct line *line = user;
    bool is_lost = status->code != RPC_OK && status->code != RPC_CANCELLED;
    bool is_between = line->is_refused || line->is_closing; /* what came behind was not sent */
    bool goes_on = is_between && !is_lost && !atomic_load(&line->all->is_stopped);
    route_outcome outcome = line->is_stuck ? ROUTE_OUTCOME_FAILED : route_outcome_of(status->code);
    route_lease_release(&line->place.lease, outcome);
    rpc_stream_unref(base_steal(&line->stream));
    line->is_refused = line->is_stuck = false;
    if (goes_on)
        requeue(line);
    else
        fail_with_status(line, status);
    settle(line);
}

static const rpc_stream_events stream_events = {.on_message = on_message, .on_end = on_end};

static void open_failed(void *user)
{
    struct line *line = user;
    line->is_opening = false;
    fail_all(line, "no connection to the orderer");
    settle(line);
}

/* The failure must not come back inside the start. */
static void fail_later(struct line *line)
{
    line->retry = (rpc_task){.fn = open_failed, .user = line};
    rpc_post_task(line->lane->reactor, &line->retry);
}

static void open_placed(struct line *line)
{
    heddle_error err;
    rpc_stream_options options = {
        .call = {.method = WIRE_ORDERER_BROADCAST, .reactor = line->lane->reactor},
        .queue_limit = STREAM_QUEUE_BYTES};
    if (rpc_stream_open(route_place_channel(&line->place), &options, &stream_events, line,
                        &line->stream, &err) == HEDDLE_OK) {
        line->is_opening = false;
        pump(line);
        return;
    }
    route_lease_release(&line->place.lease, ROUTE_OUTCOME_UNKNOWN);
    fail_later(line);
}

static void on_granted(route_place *place)
{
    struct line *line = base_container_of(place, struct line, place);
    if (place->lease.connection) {
        open_placed(line);
        return;
    }
    route_lease_release(&place->lease, ROUTE_OUTCOME_UNKNOWN);
    fail_later(line);
}

static void line_open(struct line *line)
{
    line->is_opening = true;
    line->place.reactor = line->lane->reactor;
    line->place.granted = on_granted;
    line->place.lease.is_stream = true;
    route_acquire got = route_place_acquire(&line->place, line->upstream);
    if (got == ROUTE_ACQUIRED)
        open_placed(line);
    else if (got != ROUTE_QUEUED)
        fail_later(line);
}

static struct line *line_new(route_broadcasters *all, struct lane *lane, route_upstream *upstream)
{
    struct line *line = base_calloc(1, sizeof(*line));
    if (!line)
        return NULL;
    line->all = all;
    line->lane = lane;
    line->upstream = route_upstream_ref(upstream);
    base_list_init(&line->unsent);
    base_list_init(&line->sent);
    base_list_append(&lane->lines, &line->link);
    route_enter(all->engine);
    if (!arm_idle(line)) {
        line_free(line);
        return NULL;
    }
    return line;
}

static struct line *line_to(route_broadcasters *all, struct lane *lane, route_upstream *upstream)
{
    base_list_each (link, &lane->lines) {
        struct line *line = base_list_entry(link, struct line, link);
        if (line->upstream == upstream)
            return line;
    }
    return line_new(all, lane, upstream);
}

bool route_broadcast_start(route_broadcasters *all, const route_orderer *orderer,
                           rpc_bytes *envelope, route_broadcast *broadcast)
{
    struct lane *lane = atomic_load(&all->is_stopped) ? NULL : current_lane(all);
    struct line *line = lane ? line_to(all, lane, orderer->upstream) : NULL;
    struct route_ticket *ticket = line ? base_calloc(1, sizeof(*ticket)) : NULL;
    if (!ticket)
        return false;
    ticket->line = line;
    ticket->envelope = rpc_bytes_ref(envelope);
    ticket->owner = broadcast;
    ticket->since_ms = base_now_ms();
    broadcast->ticket = ticket;
    base_list_append(&line->unsent, &ticket->link);
    line->was_used = true;
    watch(line);
    if (line->stream && !line->is_refused && !line->is_closing && !line->is_stuck)
        pump(line);
    else
        settle(line);
    return true;
}

void route_broadcast_abandon(route_broadcast *broadcast, bool is_stuck)
{
    struct route_ticket *ticket = broadcast->ticket;
    if (!ticket)
        return;
    struct line *line = ticket->line;
    broadcast->ticket = NULL;
    broadcast->was_sent = ticket->is_sent;
    ticket->owner = NULL;
    if (is_stuck && line->stream)
        give_up_stream(line);
}

static void stop_lane(void *user)
{
    struct lane *lane = user;
    base_list_each_safe (link, &lane->lines) {
        struct line *line = base_list_entry(link, struct line, link);
        line->is_closing = true;
        if (line->stream)
            rpc_stream_cancel(line->stream);
        else if (!line->is_opening)
            line_free(line);
    }
    route_leave(lane->engine);
}

void route_broadcasters_stop(route_broadcasters *all)
{
    atomic_store(&all->is_stopped, true);
    for (unsigned i = 0; i < all->lane_count; i++) {
        all->lanes[i].stop = (rpc_task){.fn = stop_lane, .user = &all->lanes[i]};
        route_enter(all->engine);
        rpc_post_task(all->lanes[i].reactor, &all->lanes[i].stop);
    }
}
