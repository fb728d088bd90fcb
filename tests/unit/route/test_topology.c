/* What discovery of a real peer tells, as a topology and as plans. */
#include <stdio.h>
#include <string.h>

#include "route/topology.h"
#include "rpc/runtime.h"
#include "support/fixture.h"
#include "support/suite.h"

static base_arena *arena;
static route_identity *identity;
static route_pool *pool;
static route_topology *topology;

static base_buffer recorded(const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "golden-grpc/%s_discovery.Discovery.Discover.res0.pb", name);
    return fixture_read(path);
}

static wire_discovery_response read(const char *name)
{
    base_buffer bytes = recorded(name);
    heddle_view kept = base_arena_view(arena, base_buffer_view(&bytes));
    wire_discovery_response response = {0};
    heddle_error err;
    base_buffer_done(&bytes);
    heddle_status status =
        wire_shape_read(&wire_discovery_response_shape, kept, arena, &response, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    return response;
}

static void setup(void)
{
    heddle_error err;
    route_conf conf = {.pool = {.connections = 1, .backoff_ms = 100, .backoff_max_ms = 1000}};
    ck_assert_int_eq(rpc_init(1, &err), HEDDLE_OK);
    arena = base_arena_new(0);
    route_identity_source who = {.mspid = VIEW("Org1MSP"), .bytes = VIEW("identity")};
    ck_assert_int_eq(route_identity_new(&who, &identity, &err), HEDDLE_OK);
    pool = route_pool_new(&conf, identity);

    wire_discovery_response config = read("118"), members = read("119");
    ck_assert(config.results[0].has_config);
    ck_assert(members.results[0].has_members);
    route_topology_source source = {.pool = pool,
                                    .home_peer = "127.0.0.1:8051",
                                    .config = &config.results[0].config,
                                    .groups = members.results[0].members,
                                    .group_count = members.results[0].member_group_count};
    ck_assert_int_eq(route_topology_new(&source, &topology, &err), HEDDLE_OK);
}

static void teardown(void)
{
    route_topology_unref(topology);
    route_pool_free(pool);
    route_identity_unref(identity);
    base_arena_free(arena);
    rpc_shutdown();
}

START_TEST(peers_have_endpoint_organisation_height_and_chaincodes)
{
    const route_member *members;
    ck_assert_uint_eq(route_topology_members(topology, &members), 3);
    const route_member *peer = route_topology_member(topology, VIEW("127.0.0.1:7051"));
    ck_assert_ptr_nonnull(peer);
    ck_assert_str_eq(peer->msp_id, "Org1MSP");
    ck_assert_uint_ge(route_member_height(peer), 30);
    ck_assert(route_member_has_chaincode(peer, "basic"));
    ck_assert(route_member_has_chaincode(peer, "kv"));
    ck_assert(!peer->is_home);
    ck_assert(route_topology_member(topology, VIEW("127.0.0.1:8051"))->is_home);
    ck_assert_ptr_null(route_topology_member(topology, VIEW("127.0.0.1:1")));
}
END_TEST

START_TEST(where_tls_is_used_nobody_is_connected_to_without)
{
    heddle_error err;
    route_topology *safe = NULL;
    const route_member *members;
    const route_orderer *orderers;
    wire_discovery_response config = read("118"), peers = read("119");
    wire_discovery_config *bare = &config.results[0].config;
    for (size_t i = 0; i < bare->msp_count; i++)
        if (!base_view_is(bare->msps[i].id, "Org1MSP"))
            bare->msps[i].tls_root_count = bare->msps[i].tls_intermediate_count = 0;
    route_topology_source source = {.pool = pool,
                                    .home_peer = "127.0.0.1:8051",
                                    .needs_tls = true,
                                    .config = bare,
                                    .groups = peers.results[0].members,
                                    .group_count = peers.results[0].member_group_count};
    ck_assert_int_eq(route_topology_new(&source, &safe, &err), HEDDLE_OK);
    size_t count = route_topology_members(safe, &members);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(members[i].msp_id, "Org1MSP");
    ck_assert_uint_eq(route_topology_orderers(safe, &orderers), 1);
    ck_assert_ptr_null(orderers[0].upstream);
    route_topology_unref(safe);
}
END_TEST

START_TEST(orderers_have_address_and_organisation)
{
    const route_orderer *orderers;
    ck_assert_uint_eq(route_topology_orderers(topology, &orderers), 1);
    ck_assert_str_eq(orderers[0].address, "127.0.0.1:7050");
    ck_assert_str_eq(orderers[0].msp_id, "OrdererMSP");
    ck_assert_ptr_nonnull(orderers[0].upstream);
}
END_TEST

START_TEST(the_home_peer_ranks_first_in_its_organisation)
{
    size_t count = 0;
    const route_member **ranked = route_topology_rank(topology, "basic", NULL, 0, "Org1MSP",
                                                      (route_taste){1000, NULL}, arena, &count);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(ranked[0]->endpoint, "127.0.0.1:8051");
    ck_assert_str_eq(ranked[1]->endpoint, "127.0.0.1:7051");
    ck_assert_str_eq(ranked[2]->msp_id, "Org2MSP");
}
END_TEST

START_TEST(nobody_ranks_for_a_chaincode_nobody_has)
{
    size_t count = 1;
    route_topology_rank(topology, "nope", NULL, 0, NULL, (route_taste){0, NULL}, arena, &count);
    ck_assert_uint_eq(count, 0);
    ck_assert(!route_topology_has_chaincode(topology, "nope"));
}
END_TEST

START_TEST(a_descriptor_becomes_a_plan)
{
    route_plan *plan = NULL;
    heddle_error err;
    const route_member *round[4];
    wire_discovery_response kv = read("120");
    ck_assert_uint_eq(kv.results[0].descriptor_count, 1);
    const route_member *first = route_topology_member(topology, VIEW("127.0.0.1:7051"));
    ck_assert_int_eq(route_topology_plan(topology, &kv.results[0].descriptors[0], first,
                                         (route_taste){3, NULL}, arena, &plan, &err),
                     HEDDLE_OK);
    ck_assert_uint_eq(route_plan_round(plan, round, 4), 2);
    ck_assert_str_ne(round[0]->msp_id, round[1]->msp_id);
}
END_TEST

START_TEST(an_error_of_a_query_is_read)
{
    wire_discovery_response missing = read("123");
    ck_assert(missing.results[0].has_error);
    ck_assert(base_view_starts(missing.results[0].error, VIEW("failed constructing descriptor")));
}
END_TEST

START_TEST(a_height_learned_elsewhere_only_rises)
{
    const route_member *peer = route_topology_member(topology, VIEW("127.0.0.1:7051"));
    route_topology_raise(topology, "127.0.0.1:7051", 1000);
    ck_assert_uint_eq(route_member_height(peer), 1000);
    route_topology_raise(topology, "127.0.0.1:7051", 10);
    ck_assert_uint_eq(route_member_height(peer), 1000);
}
END_TEST

START_TEST(an_organisation_named_twice_endorses_once)
{
    heddle_view orgs[] = {VIEW("Org1MSP"), VIEW("Org2MSP"), VIEW("Org1MSP")};
    route_plan *plan = NULL;
    heddle_error err;
    ck_assert_int_eq(route_topology_plan_orgs(topology, "basic", orgs, 3, (route_taste){3, NULL},
                                              arena, &plan, &err),
                     HEDDLE_OK);
    ck_assert_uint_eq(route_plan_round_max(plan), 2);
}
END_TEST

START_TEST(every_prefix_of_a_response_is_read_or_refused)
{
    base_buffer bytes = recorded("125");
    for (size_t len = 0; len < bytes.len; len += 7) {
        base_arena *scratch = base_arena_new(0);
        uint8_t *exact = base_memdup(bytes.data, len ? len : 1);
        wire_discovery_response response = {0};
        (void)!wire_shape_read(&wire_discovery_response_shape, heddle_view_of(exact, len), scratch,
                               &response, NULL);
        base_free(exact);
        base_arena_free(scratch);
    }
    base_buffer_done(&bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("route/topology");
    TCase *tcase = SUITE_CASE(
        "topology", peers_have_endpoint_organisation_height_and_chaincodes,
        where_tls_is_used_nobody_is_connected_to_without, orderers_have_address_and_organisation,
        the_home_peer_ranks_first_in_its_organisation, nobody_ranks_for_a_chaincode_nobody_has,
        a_descriptor_becomes_a_plan, an_error_of_a_query_is_read,
        a_height_learned_elsewhere_only_rises, an_organisation_named_twice_endorses_once,
        every_prefix_of_a_response_is_read_or_refused);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
