/* Start, reload, readiness and stop of a gateway. */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "bed.h"
#include "gateway/state.h"
#include "route/channel.h"
#include "rpc/runtime.h"
#include "support/suite.h"
#include "wire/services.h"

static bed *b;
static bed_outcome out;

static void setup(void)
{
    heddle_error err;
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    rpc_latch_init(&out.latch, 0);
    b = bed_new(2, 1);
    b->layouts[0][1] = 0;
}

static void teardown(void)
{
    bed_outcome_done(&out);
    bed_free(b);
    rpc_shutdown();
}

static void evaluate(void)
{
    bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
    bed_outcome_done(&out);
    bed_call(b, WIRE_GATEWAY_EVALUATE, bed_proposal_request(b, &proposal, NULL), &out);
}

START_TEST(it_starts_before_its_peers_and_serves_when_they_come)
{
    b->more_conf = "channels: [mychannel]\npool.backoff: 20ms\npool.backoff_max: 50ms\n";
    bed_listen(b);
    bed_peer_stop(b, 0);
    bed_peer_stop(b, 1);
    bed_start(b);
    evaluate();
    ck_assert_int_eq(out.code, RPC_UNAVAILABLE);
    bed_peer_restart(b, 0);
    bed_peer_restart(b, 1);
    for (int i = 0; i < 200 && out.code != RPC_OK; i++) {
        evaluate();
    }
    ck_assert_int_eq(out.code, RPC_OK);
}
END_TEST

START_TEST(a_reload_changes_what_can_change)
{
    char home[128];
    heddle_error err;
    bed_start(b);
    evaluate();
    ck_assert_int_eq(bed_proposals(b, 0), 1);
    snprintf(home, sizeof(home), "home_peer: \"%s\"\ndiscovery.interval: 100ms\n",
             b->peers[1].endpoint);
    b->more_conf = home;
    ck_assert_int_eq(gw_gateway_reload(b->gw, bed_conf(b), &err), HEDDLE_OK);
    for (int i = 0; i < 2000 && !bed_proposals(b, 1); i++)
        evaluate();
    ck_assert_int_eq(bed_proposals(b, 1), 1);
}
END_TEST

START_TEST(a_taken_port_is_one_clear_error)
{
    heddle_error err;
    gw_gateway *second = NULL;
    bed_start(b);
    b->listen_port = gw_gateway_port(b->gw);
    ck_assert_int_ne(gw_gateway_start(bed_conf(b), &second, &err), HEDDLE_OK);
    ck_assert_ptr_nonnull(strstr(err.message, "listen"));
    ck_assert_ptr_null(second);
}
END_TEST

START_TEST(it_stops_with_requests_under_way)
{
    enum { MANY = 20 };
    static bed_outcome outs[MANY];
    b->more_conf = "timeout.stop: 100ms\n";
    b->peers[0].answer.is_silent = true;
    bed_start(b);
    for (int i = 0; i < MANY; i++) {
        bed_proposal proposal = bed_propose(b, "mychannel", "basic", false);
        bed_call_start(b, WIRE_GATEWAY_ENDORSE, bed_proposal_request(b, &proposal, NULL), 20000,
                       &outs[i]);
    }
    while (!bed_proposals(b, 0))
        rpc_latch_wait_ms(&outs[0].latch, 5);
    gw_gateway_stop(b->gw);
    b->gw = NULL;
    for (int i = 0; i < MANY; i++) {
        bed_wait(&outs[i]);
        ck_assert_int_ne(outs[i].code, RPC_OK);
        bed_outcome_done(&outs[i]);
    }
}
END_TEST

/* A request may hold a channel while it is forgotten, and find it well after all. */
START_TEST(a_forgotten_channel_does_not_hold_up_the_stop)
{
    heddle_error err;
    route_channel *channel = NULL;
    route_topology *topology = NULL;
    b->has_config = false;
    bed_start(b);
    ck_assert_int_eq(route_channel_find(b->gw->engine, VIEW("mychannel"), &channel, &err),
                     HEDDLE_OK);
    evaluate();
    ck_assert_int_eq(out.code, RPC_UNAVAILABLE);
    pthread_mutex_lock(&b->lock);
    b->has_config = true;
    pthread_mutex_unlock(&b->lock);
    route_channel_refresh(channel, NULL);
    while (!(topology = route_channel_topology_now(channel)))
        sched_yield();
    route_topology_unref(topology);
    route_channel_unref(channel);
    gw_gateway_stop(b->gw);
    b->gw = NULL;
}
END_TEST

typedef struct pause {
    rpc_task task;
    rpc_latch begun, over;
} pause_task;

static void run_pause(void *user)
{
    pause_task *pause = user;
    rpc_latch_down(&pause->begun);
    ck_assert(rpc_latch_wait_ms(&pause->over, 30000));
}

/* Clock and block stream of a channel are its reactor's: a load must not touch them elsewhere. */
START_TEST(peers_are_loaded_on_the_reactor_of_the_channel)
{
    static route_conf conf;
    heddle_error err;
    route_channel *channel = NULL;
    route_topology *now = NULL;
    pause_task pause = {.task = {.fn = run_pause, .user = &pause}};
    bed_start(b);
    conf = *route_conf_now(b->gw->engine);
    const route_node node = {.address = "127.0.0.1:1", .name = "", .msp_id = "Org1MSP"};
    conf.nodes = &node;
    conf.node_count = 1;
    ck_assert_int_eq(route_engine_reconfigure(b->gw->engine, &conf, NULL, 0), HEDDLE_OK);
    ck_assert_int_eq(route_channel_find(b->gw->engine, VIEW("fixed"), &channel, &err), HEDDLE_OK);
    rpc_latch_init(&pause.begun, 1);
    rpc_latch_init(&pause.over, 1);
    rpc_post_task(route_channel_reactor(channel), &pause.task);
    ck_assert(rpc_latch_wait_ms(&pause.begun, 30000));
    route_channel_refresh(channel, NULL);
    ck_assert_ptr_null(route_channel_topology_now(channel));
    rpc_latch_down(&pause.over);
    while (!(now = route_channel_topology_now(channel)))
        sched_yield();
    route_topology_unref(now);
    route_channel_unref(channel);
    gw_gateway_stop(b->gw);
    b->gw = NULL;
    rpc_latch_done(&pause.begun);
    rpc_latch_done(&pause.over);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway/life");
    TCase *tcase =
        SUITE_CASE("life", it_starts_before_its_peers_and_serves_when_they_come,
                   a_reload_changes_what_can_change, a_taken_port_is_one_clear_error,
                   it_stops_with_requests_under_way, a_forgotten_channel_does_not_hold_up_the_stop,
                   peers_are_loaded_on_the_reactor_of_the_channel);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
