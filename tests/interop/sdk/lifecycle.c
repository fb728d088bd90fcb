/*
 * The life of a chaincode on a running network of two organisations, by the C client: packaged,
 * installed, approved, committed, called, upgraded to another policy with private data; and
 * what the peers refuse on the way.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heddle/heddle.h"
#include "lab.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/suite.h"

enum { TIMEOUT_S = 300, ORGS = 2, PEERS_MAX = 4 };

/* The first policy is one that a single organisation can meet. */
static const char any_policy[] = "OR('Org1MSP.peer', 'Org2MSP.peer')";
static const char all_policy[] = "AND('Org1MSP.peer', 'Org2MSP.peer')";
static const char collections[] =
    "[{\"name\":\"secret\",\"policy\":\"OR('Org1MSP.member','Org2MSP.member')\","
    "\"requiredPeerCount\":0,\"maxPeerCount\":2,\"blockToLive\":100,\"memberOnlyRead\":true}]";

typedef struct org {
    heddle_identity *admin;
    heddle_peer *peers[PEERS_MAX];
    size_t peer_count;
    heddle_gateway *gateway;
    heddle_lifecycle *lifecycle;
} org;

static org orgs[ORGS];
static heddle_error err;
static heddle_bytes package;
static char package_id[512];
static char *dir;
static process *service;
static const char *name;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

#define SAYS(text) ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message)

static const char *org_text(size_t index, const char *what)
{
    char path[96];
    snprintf(path, sizeof(path), "orgs.%zu.%s", index, what);
    return lab_text(path);
}

static const char *peer_address(size_t index, size_t peer)
{
    char path[96];
    snprintf(path, sizeof(path), "orgs.%zu.peers.%zu.address", index, peer);
    return lab_text(path);
}

/* A real peer has a gateway; where there is none, or it is not wanted, there is another way. */
static void open_gateway(size_t index)
{
    org *o = &orgs[index];
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    heddle_network *network = NULL;
    options.target = peer_address(index, 0);
    options.tls_roots_file = org_text(index, "tlsRoot");
    if (strcmp(lab_text("kind"), "fabric") == 0 && !getenv("HEDDLE_SDK_DIRECT")) {
        OK(heddle_gateway_open(&options, &o->gateway, &err));
        return;
    }
    heddle_node node = HEDDLE_NODE(options.target);
    node.mspid = org_text(index, "mspId");
    node.tls_roots_file = options.tls_roots_file;
    OK(heddle_network_new(o->admin, &network, &err));
    OK(heddle_network_add_peer(network, &node, &err));
    OK(heddle_network_open(network, NULL, &o->gateway, &err));
    heddle_network_free(network);
}

static void open_org(size_t index)
{
    org *o = &orgs[index];
    char list[32];
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.tls_roots_file = org_text(index, "tlsRoot");
    OK(heddle_identity_from_msp(org_text(index, "mspId"), org_text(index, "adminMsp"), &o->admin,
                                &err));
    snprintf(list, sizeof(list), "orgs.%zu.peers", index);
    o->peer_count = lab_count(list);
    for (size_t i = 0; i < o->peer_count; i++) {
        options.target = peer_address(index, i);
        OK(heddle_peer_open(&options, o->admin, &o->peers[i], &err));
    }
    open_gateway(index);
    OK(heddle_lifecycle_new(o->gateway, o->admin, lab_text("channel"), &o->lifecycle, &err));
}

static void start_service(uint16_t port)
{
    char address[64], log[512];
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    snprintf(log, sizeof(log), "%s/service.log", dir);
    ck_assert_int_eq(setenv("CHAINCODE_SERVER_ADDRESS", address, 1), 0);
    ck_assert_int_eq(setenv("CHAINCODE_ID", package_id, 1), 0);
    const char *const argv[] = {HEDDLE_BIN "/asset-transfer", NULL};
    service = process_start(log, argv);
}

static void make_package(uint16_t port)
{
    char address[64];
    heddle_package *read = NULL;
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE(name);
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    recipe.address = address;
    OK(heddle_package_make(&recipe, &package, &err));
    OK(heddle_package_read(heddle_view_of(package.data, package.len), &read, &err));
    snprintf(package_id, sizeof(package_id), "%s", heddle_package_id(read));
    heddle_package_free(read);
}

static void setup(void)
{
    uint16_t port = process_free_port();
    dir = fixture_dir_new();
    name = lab_fresh("life");
    for (size_t i = 0; i < ORGS; i++)
        open_org(i);
    make_package(port);
    start_service(port);
}

static void teardown(void)
{
    for (size_t i = 0; i < ORGS; i++) {
        heddle_lifecycle_unref(orgs[i].lifecycle);
        heddle_gateway_close(orgs[i].gateway);
        for (size_t j = 0; j < orgs[i].peer_count; j++)
            heddle_peer_close(orgs[i].peers[j]);
        heddle_identity_unref(orgs[i].admin);
    }
    heddle_bytes_done(&package);
    (void)process_stop(service, SIGTERM);
    fixture_dir_free(dir);
}

/* Whether the gateway of one organisation knows a peer of the other. */
static bool knows_other(void *user)
{
    const size_t *index = user;
    const char *other = org_text(1 - *index, "mspId");
    heddle_contract *contract = NULL;
    heddle_view nothing = heddle_view_str("");
    heddle_request request = HEDDLE_REQUEST("QueryChaincodeDefinitions");
    request.args = &nothing;
    request.arg_count = 1;
    request.endorsing_orgs = &other;
    request.endorsing_org_count = 1;
    OK(heddle_contract_new(orgs[*index].gateway, orgs[*index].admin, lab_text("channel"),
                           "_lifecycle", &contract, &err));
    heddle_status status = heddle_evaluate(contract, &request, NULL, NULL, &err);
    heddle_contract_unref(contract);
    return status == HEDDLE_OK;
}

/* Gossip takes its time. */
static void await_peers(void)
{
    for (size_t i = 0; i < ORGS; i++)
        ck_assert_msg(process_until(knows_other, &i, 60000), "%s", err.message);
}

/* Packages. */

static void install_at(heddle_peer *peer)
{
    heddle_bytes id = {0}, again = {0}, fetched = {0};
    heddle_installed *installed = NULL;
    heddle_view bytes = heddle_view_of(package.data, package.len);
    OK(heddle_lifecycle_install(peer, bytes, NULL, &id, &err));
    ck_assert_str_eq((char *)id.data, package_id);
    OK(heddle_lifecycle_install(peer, bytes, NULL, &again, &err));
    ck_assert_str_eq((char *)again.data, package_id);
    OK(heddle_lifecycle_installed(peer, NULL, &installed, &err));
    const heddle_installed_package *found = heddle_installed_find(installed, package_id);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->label, name);
    ck_assert_uint_eq(found->use_count, 0);
    OK(heddle_lifecycle_fetch(peer, package_id, NULL, &fetched, &err));
    ck_assert_uint_eq(fetched.len, package.len);
    ck_assert_mem_eq(fetched.data, package.data, package.len);
    heddle_installed_free(installed);
    heddle_bytes_done(&fetched);
    heddle_bytes_done(&again);
    heddle_bytes_done(&id);
}

static void install_everywhere(void)
{
    for (size_t i = 0; i < ORGS; i++)
        for (size_t j = 0; j < orgs[i].peer_count; j++)
            install_at(orgs[i].peers[j]);
}

static void refusals_of_a_peer(void)
{
    heddle_peer *peer = orgs[0].peers[0];
    heddle_bytes out = {0};
    ck_assert_int_eq(heddle_lifecycle_fetch(peer, "none:00", NULL, &out, &err), HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(
        heddle_lifecycle_install(peer, heddle_view_str("no package"), NULL, NULL, &err),
        HEDDLE_E_DECODE);
    heddle_question question = HEDDLE_QUESTION("_lifecycle", "QueryInstalledChaincodes");
    heddle_view empty = heddle_view_str("");
    question.args = &empty;
    question.arg_count = 1;
    question.identity = orgs[1].admin; /* of another organisation */
    ck_assert_int_eq(heddle_peer_ask(peer, &question, NULL, NULL, NULL, &err), HEDDLE_E_REFUSED);
    SAYS(heddle_peer_address(peer));
}

/* Definitions. */

static void assert_ready(const heddle_definition *definition, bool first, bool second)
{
    heddle_readiness *readiness = NULL;
    OK(heddle_lifecycle_readiness(orgs[0].lifecycle, definition, NULL, &readiness, &err));
    ck_assert_uint_eq(heddle_readiness_count(readiness), ORGS);
    ck_assert_str_eq(heddle_readiness_at(readiness, 0)->mspid, "Org1MSP");
    ck_assert(heddle_readiness_at(readiness, 0)->is_approved == first);
    ck_assert_str_eq(heddle_readiness_at(readiness, 1)->mspid, "Org2MSP");
    ck_assert(heddle_readiness_at(readiness, 1)->is_approved == second);
    ck_assert_ptr_null(heddle_readiness_at(readiness, 2));
    heddle_readiness_free(readiness);
}

static void approve(size_t index, const heddle_definition *definition)
{
    heddle_outcome outcome = {0};
    OK(heddle_lifecycle_approve(orgs[index].lifecycle, definition, package_id, NULL, &outcome,
                                &err));
    ck_assert_uint_eq(strlen(outcome.tx_id), 64);
    heddle_outcome_done(&outcome);
    OK(heddle_lifecycle_approve(orgs[index].lifecycle, definition, package_id, NULL, &outcome,
                                &err));
    ck_assert_str_eq(outcome.tx_id, "");
    heddle_outcome_done(&outcome);
}

static void assert_approved(size_t index, uint64_t sequence, const heddle_definition *definition)
{
    heddle_definitions *approved = NULL;
    OK(heddle_lifecycle_approved(orgs[index].lifecycle, name, sequence, NULL, &approved, &err));
    ck_assert_uint_eq(heddle_definitions_count(approved), 1);
    const heddle_defined *found = heddle_definitions_at(approved, 0);
    ck_assert_str_eq(found->package_id, package_id);
    OK(heddle_definition_compare(found->definition, definition, &err));
    heddle_definitions_free(approved);
}

/* Whether the other organisation's peer has the block yet. */
static bool is_known(void *user)
{
    const heddle_definition *definition = user;
    heddle_definitions *one = NULL;
    if (heddle_lifecycle_committed(orgs[1].lifecycle, name, NULL, &one, &err))
        return false;
    bool known = heddle_definitions_at(one, 0)->definition->sequence == definition->sequence;
    heddle_definitions_free(one);
    return known;
}

static void assert_committed(const heddle_definition *definition)
{
    heddle_definitions *one = NULL, *all = NULL;
    bool listed = false;
    ck_assert_msg(process_until(is_known, (void *)(uintptr_t)definition, 20000), "%s", err.message);
    OK(heddle_lifecycle_committed(orgs[1].lifecycle, name, NULL, &one, &err));
    const heddle_defined *found = heddle_definitions_at(one, 0);
    OK(heddle_definition_compare(found->definition, definition, &err));
    ck_assert_uint_eq(found->definition->sequence, definition->sequence);
    if (definition->signature_policy)
        ck_assert_str_eq(found->definition->signature_policy, definition->signature_policy);
    else
        ck_assert_str_eq(found->definition->channel_config_policy,
                         "/Channel/Application/Endorsement");
    ck_assert_uint_eq(found->approval_count, ORGS);
    ck_assert(found->approvals[0].is_approved && found->approvals[1].is_approved);
    OK(heddle_lifecycle_committed(orgs[1].lifecycle, NULL, NULL, &all, &err));
    for (size_t i = 0; i < heddle_definitions_count(all); i++)
        listed |= strcmp(heddle_definitions_at(all, i)->definition->name, name) == 0;
    ck_assert(listed);
    heddle_definitions_free(one);
    heddle_definitions_free(all);
}

static bool create(void *user)
{
    heddle_contract *contract = NULL;
    OK(heddle_contract_new(orgs[0].gateway, orgs[0].admin, lab_text("channel"), name, &contract,
                           &err));
    heddle_status status = heddle_submit(
        contract, HEDDLE_CALL("CreateAsset", user, "blue", "5", "Ann", "300"), NULL, NULL, &err);
    heddle_contract_unref(contract);
    return status == HEDDLE_OK;
}

/* The gateway learns of a definition a little later than the ledger. */
static void assert_called(const char *asset)
{
    ck_assert_msg(process_until(create, (void *)(uintptr_t)asset, 60000), "%s", err.message);
}

static heddle_status commit(size_t index, const heddle_definition *definition)
{
    return heddle_lifecycle_commit(orgs[index].lifecycle, definition, NULL, 0, NULL, NULL, &err);
}

static void first_definition(void)
{
    static const char *const both[] = {"Org1MSP", "Org2MSP"};
    heddle_definition first = HEDDLE_DEFINITION(name, "1.0", 1);
    uint64_t next = 0;
    OK(heddle_lifecycle_next_sequence(orgs[0].lifecycle, name, NULL, &next, &err));
    ck_assert_uint_eq(next, 1);
    assert_ready(&first, false, false);
    ck_assert_int_eq(commit(0, &first), HEDDLE_E_REFUSED);
    SAYS("approved by nobody");
    approve(0, &first);
    assert_ready(&first, true, false);
    ck_assert_int_eq(heddle_lifecycle_commit(orgs[0].lifecycle, &first, both, 2, NULL, NULL, &err),
                     HEDDLE_E_REFUSED);
    SAYS("not approved, as it is, by Org2MSP");
    ck_assert_int_eq(commit(0, &first), HEDDLE_E_TX_INVALID);
    SAYS("not enough for the channel's LifecycleEndorsement");
    approve(1, &first);
    assert_ready(&first, true, true);
    OK(commit(0, &first));
    assert_committed(&first);
    assert_approved(0, 1, &first);
    assert_called("first");
}

static void wrong_sequences(void)
{
    heddle_definition other = HEDDLE_DEFINITION(name, "2.0", 1);
    heddle_readiness *readiness = NULL;
    ck_assert_int_eq(
        heddle_lifecycle_approve(orgs[0].lifecycle, &other, package_id, NULL, NULL, &err),
        HEDDLE_E_REFUSED);
    SAYS("sequence 1 is already committed; the next one is 2; it differs: ");
    ck_assert_int_eq(commit(0, &other), HEDDLE_E_REFUSED);
    SAYS("sequence 1 is already committed; the next one is 2");
    other.sequence = 5;
    ck_assert_int_eq(
        heddle_lifecycle_approve(orgs[0].lifecycle, &other, package_id, NULL, NULL, &err),
        HEDDLE_E_REFUSED);
    SAYS("sequence 5 is too far ahead; the next one is 2");
    ck_assert_int_eq(heddle_lifecycle_readiness(orgs[0].lifecycle, &other, NULL, &readiness, &err),
                     HEDDLE_E_REFUSED);
    SAYS("sequence 5 is too far ahead; the next one is 2");
}

typedef struct rival {
    pthread_t thread;
    size_t index;
    const heddle_definition *definition;
    heddle_status status;
    heddle_error err;
} rival;

static void *commit_it(void *user)
{
    rival *r = user;
    r->status = heddle_lifecycle_commit(orgs[r->index].lifecycle, r->definition, NULL, 0, NULL,
                                        NULL, &r->err);
    return NULL;
}

/* Two administrators commit at once: one of them does, the other is told. */
static void two_commit(const heddle_definition *definition)
{
    rival rivals[ORGS] = {{.index = 0, .definition = definition},
                          {.index = 1, .definition = definition}};
    for (size_t i = 0; i < ORGS; i++)
        ck_assert_int_eq(pthread_create(&rivals[i].thread, NULL, commit_it, &rivals[i]), 0);
    for (size_t i = 0; i < ORGS; i++)
        ck_assert_int_eq(pthread_join(rivals[i].thread, NULL), 0);
    const rival *loser = rivals[0].status == HEDDLE_OK ? &rivals[1] : &rivals[0];
    const rival *winner = &rivals[loser == &rivals[0]];
    ck_assert_msg(winner->status == HEDDLE_OK, "%s", winner->err.message);
    ck_assert_msg(strstr(loser->err.message, "in the same moment") ||
                      strstr(loser->err.message, "already committed"),
                  "%s", loser->err.message);
}

static void upgrade(void)
{
    heddle_definition second = HEDDLE_DEFINITION(name, "2.0", 2);
    second.signature_policy = all_policy;
    second.collections_json = collections;
    approve(0, &second);
    approve(1, &second);
    two_commit(&second);
    assert_committed(&second);
    assert_approved(1, 0, &second);
    assert_called("second");

    heddle_definition third = second;
    third.sequence = 3;
    third.version = "3.0";
    third.signature_policy = any_policy;
    approve(0, &third);
    heddle_definition differs = third;
    differs.version = "3.1";
    approve(1, &differs);
    assert_ready(&third, true, false);
    approve(1, &third);
    OK(commit(1, &third));
    assert_committed(&third);
}

static void what_is_not_there(void)
{
    heddle_definitions *none = NULL;
    ck_assert_int_eq(heddle_lifecycle_committed(orgs[0].lifecycle, "nobody", NULL, &none, &err),
                     HEDDLE_E_NOT_FOUND);
    SAYS("nobody on ");
    ck_assert_int_eq(heddle_lifecycle_approved(orgs[0].lifecycle, "nobody", 0, NULL, &none, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_lifecycle_approved(orgs[0].lifecycle, name, 9, NULL, &none, &err),
                     HEDDLE_E_NOT_FOUND);
}

static bool peers_agree(void *user)
{
    heddle_peer *all[ORGS * PEERS_MAX];
    heddle_chain_info *info = user;
    size_t count = 0;
    for (size_t i = 0; i < ORGS; i++)
        for (size_t j = 0; j < orgs[i].peer_count; j++)
            all[count++] = orgs[i].peers[j];
    heddle_bytes block = {0}, config = {0};
    if (heddle_peers_info(all, count, lab_text("channel"), NULL, NULL, info, NULL, &err))
        return false;
    OK(heddle_peers_block(all, count, lab_text("channel"), info->height - 1, NULL, NULL, &block,
                          NULL, &err));
    OK(heddle_peers_config(all, count, lab_text("channel"), NULL, NULL, &config, NULL, &err));
    heddle_bytes_done(&block);
    heddle_bytes_done(&config);
    return true;
}

/* The last blocks may still be on their way to some. */
static void all_peers_agree(void)
{
    heddle_chain_info info = {0};
    ck_assert_msg(process_until(peers_agree, &info, 30000), "%s", err.message);
    ck_assert_uint_gt(info.height, 6);
}

START_TEST(a_chaincode_lives_on_a_channel)
{
    await_peers();
    install_everywhere();
    refusals_of_a_peer();
    first_definition();
    wrong_sequences();
    upgrade();
    what_is_not_there();
    all_peers_agree();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interop/lifecycle");
    TCase *tests = SUITE_CASE("lifecycle", a_chaincode_lives_on_a_channel);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, TIMEOUT_S);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
