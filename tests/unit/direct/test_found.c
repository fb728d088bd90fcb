/* What a real peer's discovery said, as applications see it. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "direct/found.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

static base_arena *arena;
static heddle_discovery *found;
static heddle_error err;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    heddle_discovery_free(found);
    found = NULL;
    base_arena_free(arena);
}

static wire_discovery_response read(const char *name)
{
    char path[128];
    wire_discovery_response response = {0};
    snprintf(path, sizeof(path), "golden-grpc/%s_discovery.Discovery.Discover.res0.pb", name);
    base_buffer bytes = fixture_read(path);
    heddle_view kept = base_arena_view(arena, base_buffer_view(&bytes));
    base_buffer_done(&bytes);
    ck_assert_int_eq(wire_shape_read(&wire_discovery_response_shape, kept, arena, &response, &err),
                     HEDDLE_OK);
    return response;
}

static void find(const char *name)
{
    wire_discovery_response response = read(name);
    ck_assert_int_eq(direct_found_new(&response, &found, &err), HEDDLE_OK);
}

START_TEST(configuration_gives_organisations_and_orderers)
{
    find("118");
    ck_assert_uint_eq(heddle_discovery_msp_count(found), 3);
    ck_assert_uint_eq(heddle_discovery_orderer_count(found), 1);
    ck_assert_str_eq(heddle_discovery_orderer(found, 0)->mspid, "OrdererMSP");
    for (size_t i = 0; i < 3; i++) {
        const heddle_found_msp *msp = heddle_discovery_msp(found, i);
        ck_assert_ptr_nonnull(strstr(msp->roots_pem, "BEGIN CERTIFICATE"));
        ck_assert_ptr_nonnull(strstr(msp->tls_roots_pem, "BEGIN CERTIFICATE"));
        ck_assert_str_ne(msp->roots_pem, msp->tls_roots_pem);
    }
    ck_assert_ptr_null(heddle_discovery_msp(found, 3));
    ck_assert_uint_eq(heddle_discovery_peer_count(found), 0);
    ck_assert_ptr_null(heddle_discovery_peer(found, 0));
}
END_TEST

START_TEST(members_have_heights_and_chaincodes)
{
    find("119");
    ck_assert_uint_eq(heddle_discovery_peer_count(found), 3);
    for (size_t i = 0; i < 3; i++) {
        const heddle_found_peer *peer = heddle_discovery_peer(found, i);
        ck_assert_uint_gt(peer->height, 0);
        ck_assert_uint_gt(peer->chaincode_count, 0);
        ck_assert_ptr_nonnull(strchr(peer->address, ':'));
        ck_assert_ptr_nonnull(strstr(peer->mspid, "MSP"));
        ck_assert_str_ne(peer->chaincodes[0].version, "");
    }
}
END_TEST

START_TEST(endorsers_come_in_groups_and_layouts)
{
    find("120");
    ck_assert_uint_eq(heddle_discovery_group_count(found), 2);
    ck_assert_uint_eq(heddle_discovery_layout_count(found), 1);
    const heddle_found_layout *layout = heddle_discovery_layout(found, 0);
    ck_assert_uint_eq(layout->quantity_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(layout->quantities[i].count, 1);
        ck_assert_uint_ge(layout->quantities[i].group->peer_count, 1);
        ck_assert_ptr_nonnull(strstr(layout->quantities[i].group->peers[0]->mspid, "MSP"));
    }
}
END_TEST

START_TEST(a_layout_with_a_group_that_is_not_there_is_none)
{
    wire_discovery_response response = read("120");
    response.results[0].descriptors[0].group_count = 1;
    ck_assert_int_eq(direct_found_new(&response, &found, &err), HEDDLE_OK);
    ck_assert_uint_eq(heddle_discovery_group_count(found), 1);
    ck_assert_uint_eq(heddle_discovery_layout_count(found), 0);
}
END_TEST

static const char *const answers[] = {"118", "119", "120"};

START_TEST(each_failing_allocation_is_told)
{
    wire_discovery_response response = read(answers[_i]);
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        heddle_status status = direct_found_new(&response, &found, &err);
        heddle_discovery_free(found);
        found = NULL;
        bool was_reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_int_eq(status, was_reached ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
        if (!was_reached)
            return;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("direct/found");
    TCase *tcase =
        SUITE_CASE("found", configuration_gives_organisations_and_orderers,
                   members_have_heights_and_chaincodes, endorsers_come_in_groups_and_layouts,
                   a_layout_with_a_group_that_is_not_there_is_none);
    tcase_add_loop_test(tcase, each_failing_allocation_is_told, 0,
                        (int)(sizeof(answers) / sizeof(answers[0])));
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
