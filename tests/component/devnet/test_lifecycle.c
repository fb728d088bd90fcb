/*
 * _lifecycle on a whole network of two organisations: packages installed, definitions approved,
 * committed, run, and replaced by the next sequence.
 */
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "package/package.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "peer/policy.pb-c.h"
#include "support/devnet.h"
#include "support/process.h"
#include "support/proposer.h"
#include "support/scripted_chaincode.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/policy.h"

enum { ORGS = 2 };

static devnet *net;
static scripted_chaincode *server;
static rpc_channel *peers[ORGS];
static dn_signer *admins[ORGS], *users[ORGS];
static base_arena *arena;
static heddle_view package;
static const char *package_id;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static dn_network *network(void)
{
    return devnet_network(net);
}

/* The package and its id, in the arena. */
static heddle_view pack(heddle_package_recipe *recipe, const char **out_id)
{
    base_auto(heddle_package) heddle_package *read = NULL;
    heddle_bytes bytes = {0};
    recipe->dial_timeout = "2s";
    check(heddle_package_make(recipe, &bytes, &err));
    heddle_view kept = base_arena_view(arena, heddle_view_of(bytes.data, bytes.len));
    base_free(bytes.data);
    check(heddle_package_read(kept, &read, &err));
    *out_id = base_arena_strdup(arena, heddle_package_id(read));
    return kept;
}

/* One of the service at @p address. */
static heddle_view make_package(const char *label, const char *address, const char **out_id)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE(label);
    recipe.address = address;
    return pack(&recipe, out_id);
}

static void connect_all(void)
{
    for (size_t i = 0; i < ORGS; i++)
        peers[i] = proposer_connect(dn_network_peer(network(), i));
}

static void disconnect_all(void)
{
    for (size_t i = 0; i < ORGS; i++)
        rpc_channel_close(peers[i]);
}

static void restart(void)
{
    disconnect_all();
    devnet_restart(net);
    connect_all();
}

static void load_signers(void)
{
    for (int i = 0; i < ORGS; i++) {
        const char *domain = base_arena_printf(arena, "org%d.example.com", i + 1);
        const char *mspid = base_arena_printf(arena, "Org%dMSP", i + 1);
        check(dn_signer_load(devnet_msp(net, domain, "Admin"), mspid, &admins[i], &err));
        check(dn_signer_load(devnet_msp(net, domain, "User1"), mspid, &users[i], &err));
    }
}

static void start(const dn_chaincode *told)
{
    dn_options options = devnet_options();
    options.chaincodes = told;
    options.chaincode_count = told ? 1 : 0;
    net = devnet_start(&options);
    connect_all();
    load_signers();
}

static void prepare(void)
{
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    arena = base_arena_new(0);
    server = scripted_chaincode_start(0);
    package = make_package("cc_1.0", scripted_chaincode_address(server), &package_id);
    scripted_chaincode_name(server, package_id);
}

static void setup(void)
{
    prepare();
    start(NULL);
}

static void setup_told(void)
{
    static dn_chaincode told;
    prepare();
    told = (dn_chaincode){.name = "cc", .address = scripted_chaincode_address(server)};
    start(&told);
}

static void teardown(void)
{
    disconnect_all();
    for (size_t i = 0; i < ORGS; i++) {
        dn_signer_free(admins[i]);
        dn_signer_free(users[i]);
    }
    devnet_free(net);
    scripted_chaincode_stop(server);
    base_arena_free(arena);
    rpc_shutdown();
}

/* Asking. */

static proposer_request call_of(const dn_signer *signer, const char *function,
                                const ProtobufCMessage *args)
{
    proposer_request r = {.signer = signer, .chaincode = "_lifecycle", .args = {function}};
    check(wire_encode_arena(args, arena, &r.last, &err));
    if (!r.last.data)
        r.last = VIEW("");
    return r;
}

static wire_proposal_response ask(size_t org, const proposer_request *request)
{
    proposed p = proposer_propose(request, arena);
    return proposer_endorse(peers[org], &p, arena);
}

/* As an administrator to the peer of the same organisation, without a channel. */
static wire_proposal_response ask_peer(size_t org, const char *function,
                                       const ProtobufCMessage *args)
{
    proposer_request r = call_of(admins[org], function, args);
    r.channel = "";
    return ask(org, &r);
}

static wire_proposal_response ask_channel(size_t org, const char *function,
                                          const ProtobufCMessage *args)
{
    proposer_request r = call_of(admins[org], function, args);
    return ask(org, &r);
}

static void assert_refused(wire_proposal_response r, int status, const char *text)
{
    char *message = base_arena_str(arena, r.message);
    ck_assert_msg(r.status == status && strstr(message, text), "%d %s", r.status, message);
    ck_assert(!r.has_endorsement);
}

#define RESULT(name, response, out)                                                                \
    do {                                                                                           \
        ck_assert_msg((response).status == 200, "%.*s", BASE_VIEW_ARG((response).message));        \
        check(wire_decode(name, (response).result, arena, (out), &err));                           \
    } while (0)

/* Transactions. */

typedef struct submission {
    proposed proposed;
    heddle_view envelope;
} submission;

/* Endorsed by @p count peers from that of @p org on. */
static submission endorse(size_t org, size_t count, const proposer_request *request)
{
    submission s = {.proposed = proposer_propose(request, arena)};
    wire_proposal_response responses[ORGS];
    for (size_t i = 0; i < count; i++) {
        responses[i] = proposer_endorse(peers[org + i], &s.proposed, arena);
        ck_assert_msg(responses[i].status == 200, "%.*s", BASE_VIEW_ARG(responses[i].message));
    }
    s.envelope = proposer_assemble(&s.proposed, responses, count, arena);
    return s;
}

static int outcome(const submission *s)
{
    int code = 0;
    uint64_t block;
    for (size_t i = 0; i < ORGS; i++)
        code = proposer_code(dn_network_peer(network(), i), users[i], s->proposed.tx_id, arena,
                             &block);
    return code;
}

static int submit(size_t org, size_t count, const proposer_request *request)
{
    submission s = endorse(org, count, request);
    proposer_order(dn_network_orderer(network()), &s.envelope, 1, arena);
    return outcome(&s);
}

#define INVOKE(org, ...)                                                                           \
    (&(proposer_request){.signer = users[org], .chaincode = "cc", .args = {__VA_ARGS__}})
#define INIT(org, ...)                                                                             \
    (&(proposer_request){                                                                          \
        .signer = users[org], .chaincode = "cc", .args = {__VA_ARGS__}, .is_init = true})

/* Definitions. */

typedef Lifecycle__ApproveChaincodeDefinitionForMyOrgArgs definition;

static definition define(int64_t sequence, const char *version)
{
    definition d = LIFECYCLE__APPROVE_CHAINCODE_DEFINITION_FOR_MY_ORG_ARGS__INIT;
    d.sequence = sequence;
    d.name = wire_text("cc");
    d.version = wire_text(version);
    return d;
}

static void set_policy(definition *d, const char *text)
{
    Protos__ApplicationPolicy policy = PROTOS__APPLICATION_POLICY__INIT;
    Common__SignaturePolicyEnvelope *parsed;
    heddle_view bytes;
    check(wire_policy_parse(heddle_view_str(text), arena, &parsed, &err));
    policy.type_case = PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
    policy.signature_policy = parsed;
    check(wire_encode_arena(&policy.base, arena, &bytes, &err));
    d->validation_parameter = wire_bytes(bytes);
}

/* One collection. */
static Protos__StaticCollectionConfig *set_collection(definition *d, const char *name,
                                                      const char *members)
{
    Common__SignaturePolicyEnvelope *parsed;
    Protos__CollectionConfigPackage *all = wire_new(protos__collection_config_package, arena);
    Protos__CollectionConfig *one = wire_new(protos__collection_config, arena);
    Protos__StaticCollectionConfig *config = wire_new(protos__static_collection_config, arena);
    Protos__CollectionPolicyConfig *policy = wire_new(protos__collection_policy_config, arena);
    check(wire_policy_parse(heddle_view_str(members), arena, &parsed, &err));
    policy->payload_case = PROTOS__COLLECTION_POLICY_CONFIG__PAYLOAD_SIGNATURE_POLICY;
    policy->signature_policy = parsed;
    config->name = wire_text(name);
    config->member_orgs_policy = policy;
    config->maximum_peer_count = 1;
    one->payload_case = PROTOS__COLLECTION_CONFIG__PAYLOAD_STATIC_COLLECTION_CONFIG;
    one->static_collection_config = config;
    all->config = base_arena_zalloc(arena, 1, sizeof(*all->config));
    all->config[all->n_config++] = one;
    d->collections = all;
    return config;
}

static proposer_request approval_of(size_t org, const definition *d, const char *id)
{
    definition args = *d;
    Lifecycle__ChaincodeSource source = LIFECYCLE__CHAINCODE_SOURCE__INIT;
    Lifecycle__ChaincodeSource__Local local = LIFECYCLE__CHAINCODE_SOURCE__LOCAL__INIT;
    if (id) {
        local.package_id = wire_text(id);
        source.type_case = LIFECYCLE__CHAINCODE_SOURCE__TYPE_LOCAL_PACKAGE;
        source.local_package = &local;
        args.source = &source;
    }
    return call_of(admins[org], "ApproveChaincodeDefinitionForMyOrg", &args.base);
}

static void approve(size_t org, const definition *d, const char *id)
{
    proposer_request r = approval_of(org, d, id);
    ck_assert_int_eq(submit(org, 1, &r), WIRE_CODE_VALID);
}

static void assert_not_approved(const definition *d, const char *id, const char *text)
{
    proposer_request r = approval_of(0, d, id);
    assert_refused(ask(0, &r), 500, text);
}

/* The other calls have the same fields under the same numbers. */
static proposer_request commit_of(size_t org, const definition *d)
{
    return call_of(admins[org], "CommitChaincodeDefinition", &d->base);
}

static void commit(const definition *d)
{
    proposer_request r = commit_of(0, d);
    ck_assert_int_eq(submit(0, ORGS, &r), WIRE_CODE_VALID);
}

static void install(size_t org)
{
    Lifecycle__InstallChaincodeArgs args = LIFECYCLE__INSTALL_CHAINCODE_ARGS__INIT;
    Lifecycle__InstallChaincodeResult *result;
    args.chaincode_install_package = wire_bytes(package);
    wire_proposal_response r = ask_peer(org, "InstallChaincode", &args.base);
    RESULT(lifecycle__install_chaincode_result, r, &result);
    ck_assert_str_eq(result->package_id, package_id);
    ck_assert_str_eq(result->label, "cc_1.0");
}

/* From nothing to a chaincode that runs. */
static void deploy(const definition *d)
{
    for (size_t i = 0; i < ORGS; i++) {
        install(i);
        approve(i, d, package_id);
    }
    commit(d);
}

static Lifecycle__QueryChaincodeDefinitionResult *committed(void)
{
    Lifecycle__QueryChaincodeDefinitionArgs args = LIFECYCLE__QUERY_CHAINCODE_DEFINITION_ARGS__INIT;
    Lifecycle__QueryChaincodeDefinitionResult *result;
    args.name = wire_text("cc");
    wire_proposal_response r = ask_channel(0, "QueryChaincodeDefinition", &args.base);
    RESULT(lifecycle__query_chaincode_definition_result, r, &result);
    return result;
}

static Lifecycle__QueryInstalledChaincodesResult *installed(size_t org)
{
    Lifecycle__QueryInstalledChaincodesArgs args = LIFECYCLE__QUERY_INSTALLED_CHAINCODES_ARGS__INIT;
    Lifecycle__QueryInstalledChaincodesResult *result;
    wire_proposal_response r = ask_peer(org, "QueryInstalledChaincodes", &args.base);
    RESULT(lifecycle__query_installed_chaincodes_result, r, &result);
    return result;
}

/* Packages. */

static void assert_package_is_there(void)
{
    Lifecycle__GetInstalledChaincodePackageArgs args =
        LIFECYCLE__GET_INSTALLED_CHAINCODE_PACKAGE_ARGS__INIT;
    Lifecycle__GetInstalledChaincodePackageResult *result;
    args.package_id = wire_text(package_id);
    wire_proposal_response r = ask_peer(0, "GetInstalledChaincodePackage", &args.base);
    RESULT(lifecycle__get_installed_chaincode_package_result, r, &result);
    ck_assert(base_view_equal(wire_view(result->chaincode_install_package), package));
    ck_assert_uint_eq(installed(0)->n_installed_chaincodes, 1);
    ck_assert_str_eq(installed(0)->installed_chaincodes[0]->package_id, package_id);
    ck_assert_uint_eq(installed(0)->installed_chaincodes[0]->n_references, 0);
}

START_TEST(a_package_is_kept_once_and_handed_out)
{
    Lifecycle__InstallChaincodeArgs args = LIFECYCLE__INSTALL_CHAINCODE_ARGS__INIT;
    Lifecycle__GetInstalledChaincodePackageArgs unknown =
        LIFECYCLE__GET_INSTALLED_CHAINCODE_PACKAGE_ARGS__INIT;
    install(0);
    args.chaincode_install_package = wire_bytes(package);
    assert_refused(ask_peer(0, "InstallChaincode", &args.base), 500,
                   "failed to invoke backing implementation of 'InstallChaincode': chaincode "
                   "already successfully installed (package ID 'cc_1.0:");
    assert_package_is_there();
    ck_assert_uint_eq(installed(1)->n_installed_chaincodes, 0);
    restart();
    assert_package_is_there();
    unknown.package_id = wire_text("cc:00");
    assert_refused(ask_peer(0, "GetInstalledChaincodePackage", &unknown.base), 500,
                   "could not load cc install package: chaincode install package 'cc:00' not "
                   "found");
    assert_refused(ask_peer(0, "QueryInstalledChaincode", &unknown.base), 500,
                   "could not find chaincode with package id 'cc:00'");
}
END_TEST

START_TEST(packages_are_for_the_administrators_of_the_organisation)
{
    Lifecycle__QueryInstalledChaincodesArgs args = LIFECYCLE__QUERY_INSTALLED_CHAINCODES_ARGS__INIT;
    definition d = define(1, "1.0");
    proposer_request r = call_of(users[0], "QueryInstalledChaincodes", &args.base);
    r.channel = "";
    assert_refused(ask(0, &r), 500,
                   "Failed to authorize invocation due to failed ACL check: Failed verifying that "
                   "proposal's creator satisfies local MSP principal during channelless check "
                   "policy with policy [Admins]: [The identity is not an admin under this MSP "
                   "[Org1MSP]");
    r = call_of(admins[1], "QueryInstalledChaincodes", &args.base);
    assert_refused(ask(0, &r), 500, "[expected MSP ID Org1MSP, received Org2MSP]");
    r = call_of(users[0], "ApproveChaincodeDefinitionForMyOrg", &d.base);
    assert_refused(ask(0, &r), 500, "[The identity is not an admin under this MSP [Org1MSP]");
    r = call_of(admins[0], "Dance", &d.base);
    assert_refused(ask(0, &r), 500, "Unmapped policy for _lifecycle/Dance");
    r = call_of(admins[0], "CommitChaincodeDefinition", &d.base);
    r.channel = "";
    assert_refused(ask(0, &r), 500, "the proposal names none");
}
END_TEST

static void assert_not_installed(heddle_view bytes, const char *text)
{
    Lifecycle__InstallChaincodeArgs args = LIFECYCLE__INSTALL_CHAINCODE_ARGS__INIT;
    args.chaincode_install_package = wire_bytes(bytes);
    assert_refused(ask_peer(0, "InstallChaincode", &args.base), 500, text);
    ck_assert_uint_eq(installed(0)->n_installed_chaincodes, 0);
}

START_TEST(what_is_no_package_is_not_installed)
{
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("go_1");
    heddle_bytes bytes = {0};
    const char *id;
    recipe.type = "golang";
    recipe.code = heddle_view_of(package.data, package.len);
    check(heddle_package_make(&recipe, &bytes, &err));
    assert_not_installed(VIEW("nonsense"), "could not parse as a chaincode install package: ");
    assert_not_installed(base_view_slice(package, 0, package.len / 2),
                         "could not parse as a chaincode install package: ");
    assert_not_installed(heddle_view_of(bytes.data, bytes.len),
                         "could not build chaincode: no DockerBuilder, cannot build type 'golang'");
    recipe = (heddle_package_recipe)HEDDLE_PACKAGE_RECIPE("cc");
    recipe.connection_json = VIEW("{\"address\":\"h:1\",\"tls_required\":true}");
    base_free(bytes.data);
    bytes = (heddle_bytes){0};
    check(heddle_package_make(&recipe, &bytes, &err));
    assert_not_installed(heddle_view_of(bytes.data, bytes.len),
                         "external builder failed: chaincode tls root cert not provided");
    base_free(bytes.data);
    package = make_package("cc_1.0", "h:1", &id);
    package_id = id;
    install(0);
}
END_TEST

/* Definitions. */

static Lifecycle__CheckCommitReadinessResult *readiness(const definition *d)
{
    Lifecycle__CheckCommitReadinessResult *result;
    wire_proposal_response r = ask_channel(1, "CheckCommitReadiness", &d->base);
    RESULT(lifecycle__check_commit_readiness_result, r, &result);
    ck_assert_uint_eq(result->n_approvals, ORGS);
    return result;
}

START_TEST(a_definition_counts_when_the_organisations_have_approved)
{
    definition d = define(1, "1.0"), other = define(1, "1.1");
    proposer_request r = commit_of(0, &d);
    approve(0, &d, NULL);
    const Lifecycle__CheckCommitReadinessResult *ready = readiness(&d);
    ck_assert(ready->approvals[0]->value && !ready->approvals[1]->value);
    ck_assert_uint_eq(ready->n_mismatches, 1);
    ck_assert_str_eq(ready->mismatches[0]->key, "Org2MSP");
    ck_assert_str_eq(ready->mismatches[0]->value->items[0], "ChaincodeParameters");
    set_policy(&other, "OR('Org1MSP.peer')");
    ready = readiness(&other);
    ck_assert(!ready->approvals[0]->value);
    ck_assert_uint_eq(ready->mismatches[0]->value->n_items, 2);
    ck_assert_str_eq(ready->mismatches[0]->value->items[0], "EndorsementInfo");
    ck_assert_str_eq(ready->mismatches[0]->value->items[1], "ValidationInfo");
    assert_refused(ask(1, &r), 500, "chaincode definition not agreed to by this org (Org2MSP)");
    ck_assert_int_eq(submit(0, 1, &r), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    approve(1, &d, NULL);
    commit(&d);
    const Lifecycle__QueryChaincodeDefinitionResult *has = committed();
    ck_assert_int_eq(has->sequence, 1);
    ck_assert_str_eq(has->endorsement_plugin, "escc");
    ck_assert_str_eq(has->validation_plugin, "vscc");
    ck_assert(has->approvals[0]->value && has->approvals[1]->value);
}
END_TEST

START_TEST(a_chaincode_runs_from_the_package_that_is_approved)
{
    definition d = define(1, "1.0");
    for (size_t i = 0; i < ORGS; i++)
        approve(i, &d, package_id);
    assert_refused(ask(0, INVOKE(0, "get", "k")), 500,
                   "make sure the chaincode cc has been successfully defined on channel mychannel "
                   "and try again: chaincode cc not found");
    commit(&d);
    assert_refused(ask(0, INVOKE(0, "get", "k")), 500,
                   "chaincode definition for 'cc' exists, but chaincode is not installed");
    for (size_t i = 0; i < ORGS; i++)
        install(i);
    ck_assert_int_eq(submit(0, 1, INVOKE(0, "put", "k", "v")),
                     WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(submit(0, ORGS, INVOKE(0, "put", "k", "v")), WIRE_CODE_VALID);
    const Lifecycle__QueryInstalledChaincodesResult__InstalledChaincode *one =
        installed(0)->installed_chaincodes[0];
    ck_assert_uint_eq(one->n_references, 1);
    ck_assert_str_eq(one->references[0]->key, "mychannel");
    ck_assert_str_eq(one->references[0]->value->chaincodes[0]->name, "cc");
    ck_assert_str_eq(one->references[0]->value->chaincodes[0]->version, "1.0");
    restart();
    wire_proposal_response r = ask(1, INVOKE(1, "get", "k"));
    ck_assert(base_view_is(r.result, "v"));
}
END_TEST

START_TEST(a_peer_runs_what_its_own_organisation_approved)
{
    definition d = define(1, "1.0");
    proposer_request r = commit_of(0, &d);
    for (size_t i = 0; i < ORGS; i++)
        install(i);
    approve(0, &d, package_id);
    approve(1, &d, NULL);
    ck_assert_int_eq(submit(0, ORGS, &r), WIRE_CODE_VALID);
    ck_assert_int_eq(ask(0, INVOKE(0, "get", "k")).status, 200);
    assert_refused(ask(1, INVOKE(1, "get", "k")), 500,
                   "chaincode definition for 'cc' exists, but chaincode is not installed");
    approve(1, &d, package_id);
    ck_assert_int_eq(ask(1, INVOKE(1, "get", "k")).status, 200);
    assert_not_approved(&d, package_id,
                        "attempted to redefine the current committed sequence (1) for namespace "
                        "cc");
    d.version = wire_text("1.1");
    assert_not_approved(&d, package_id,
                        "attempted to redefine the current committed sequence (1) for namespace "
                        "cc with different parameters: expected Version '1.0' does not match "
                        "passed Version '1.1'");
}
END_TEST

START_TEST(a_service_that_is_another_chaincode_is_not_run)
{
    definition d = define(1, "1.0");
    scripted_chaincode_name(server, "cc_1.0:another");
    deploy(&d);
    assert_refused(ask(0, INVOKE(0, "get", "k")), 500,
                   "timeout expired while starting chaincode cc_1.0:");
}
END_TEST

/* A file of the first organisation's peer, in the arena. */
static heddle_view peer_file(const char *path)
{
    base_auto_buffer base_buffer bytes = {0};
    char *full = base_arena_printf(
        arena,
        "%s/crypto-config/peerOrganizations/org1.example.com/peers/peer0.org1.example.com/%s",
        devnet_dir(net), path);
    check(base_read_file(full, 0, &bytes, &err));
    return base_arena_view(arena, base_buffer_view(&bytes));
}

/* The service has the certificate of a peer, and asks for one. */
START_TEST(a_service_may_want_tls_and_a_certificate)
{
    definition d = define(1, "1.0");
    heddle_view roots = peer_file("tls/ca.crt");
    rpc_tls_server tls = {.cert_pem = peer_file("tls/server.crt"),
                          .key_pem = peer_file("tls/server.key"),
                          .client_roots_pem = roots,
                          .client_auth = RPC_CLIENT_AUTH_REQUIRE};
    scripted_chaincode *secured = scripted_chaincode_start_tls(&tls);
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("cc_1.0");
    recipe.address = base_arena_printf(arena, "localhost:%u", scripted_chaincode_port(secured));
    recipe.tls_roots_pem = roots;
    package = pack(&recipe, &package_id);
    scripted_chaincode_name(secured, package_id);
    deploy(&d);
    assert_refused(ask(0, INVOKE(0, "get", "k")), 500, "context deadline exceeded");
    recipe.client_cert_pem = tls.cert_pem;
    recipe.client_key_pem = tls.key_pem;
    package = pack(&recipe, &package_id);
    scripted_chaincode_name(secured, package_id);
    d = define(2, "1.0");
    deploy(&d);
    ck_assert_int_eq(ask(0, INVOKE(0, "get", "k")).status, 200);
    ck_assert_int_eq(ask(1, INVOKE(1, "get", "k")).status, 200);
    scripted_chaincode_stop(secured);
}
END_TEST

START_TEST(sequences_follow_each_other)
{
    definition d = define(0, "1.0");
    proposer_request r;
    assert_not_approved(&d, NULL,
                        "requested sequence is 0, but first definable sequence number is 1");
    d.sequence = 2;
    assert_not_approved(&d, NULL,
                        "requested sequence 2 is larger than the next available sequence number 1");
    r = commit_of(0, &d);
    assert_refused(ask(0, &r), 500,
                   "failed to invoke backing implementation of 'CommitChaincodeDefinition': "
                   "requested sequence is 2, but new definition must be sequence 1");
    d.sequence = 1;
    for (size_t i = 0; i < ORGS; i++)
        approve(i, &d, NULL);
    assert_not_approved(&d, NULL,
                        "attempted to redefine uncommitted sequence (1) for namespace cc with "
                        "unchanged content");
    commit(&d);
    r = commit_of(0, &d);
    assert_refused(ask(0, &r), 500,
                   "requested sequence is 1, but new definition must be sequence 2");
    assert_refused(ask_channel(0, "CheckCommitReadiness", &d.base), 500,
                   "requested sequence is 1, but new definition must be sequence 2");
    d.sequence = 0;
    assert_not_approved(&d, NULL,
                        "currently defined sequence 1 is larger than requested sequence 0");
}
END_TEST

START_TEST(of_two_commits_of_a_sequence_one_counts)
{
    definition d = define(1, "1.0");
    proposer_request by[] = {commit_of(0, &d), commit_of(1, &d)};
    for (size_t i = 0; i < ORGS; i++)
        approve(i, &d, NULL);
    submission a = endorse(0, ORGS, &by[0]), b = endorse(0, ORGS, &by[1]);
    heddle_view both[] = {a.envelope, b.envelope};
    proposer_order(dn_network_orderer(network()), both, 2, arena);
    ck_assert_int_eq(outcome(&a), WIRE_CODE_VALID);
    ck_assert_int_eq(outcome(&b), WIRE_CODE_MVCC_READ_CONFLICT);
    ck_assert_int_eq(committed()->sequence, 1);
}
END_TEST

START_TEST(the_next_sequence_brings_policy_collections_and_init)
{
    definition d = define(1, "1.0");
    deploy(&d);
    ck_assert_int_eq(submit(0, ORGS, INVOKE(0, "put", "k", "v")), WIRE_CODE_VALID);
    assert_refused(ask(0, INIT(0, "put", "k", "v")), 500,
                   "chaincode 'cc' does not require initialization but called as init");
    assert_refused(ask(0, INVOKE(0, "pput", "own", "k", "v")), 500,
                   "collection mychannel/cc/own could not be found");
    submission late = endorse(0, ORGS, INVOKE(0, "put", "k", "late"));
    d = define(2, "2.0");
    d.init_required = true;
    set_policy(&d, "OR('Org1MSP.peer','Org2MSP.peer')");
    set_collection(&d, "own", "OR('Org1MSP.member')");
    for (size_t i = 0; i < ORGS; i++)
        approve(i, &d, package_id);
    commit(&d);
    proposer_order(dn_network_orderer(network()), &late.envelope, 1, arena);
    ck_assert_int_eq(outcome(&late), WIRE_CODE_MVCC_READ_CONFLICT);
    assert_refused(ask(0, INVOKE(0, "get", "k")), 500,
                   "invalid invocation: chaincode 'cc' has not been initialized for this version, "
                   "must call as init first");
    ck_assert_int_eq(submit(0, 1, INIT(0, "put", "k", "new")), WIRE_CODE_VALID);
    assert_refused(ask(0, INIT(0, "put", "k", "new")), 500,
                   "chaincode 'cc' is already initialized but called as init");
    ck_assert_int_eq(submit(0, 1, INVOKE(0, "pput", "own", "k", "v")), WIRE_CODE_VALID);
    restart();
    wire_proposal_response r = ask(0, INVOKE(0, "pget", "own", "k"));
    ck_assert(base_view_is(r.result, "v"));
    ck_assert_int_eq(submit(1, 1, INVOKE(1, "put", "k", "newer")), WIRE_CODE_VALID);
    ck_assert_int_eq(committed()->sequence, 2);
}
END_TEST

static bool is_left(void *user)
{
    return scripted_chaincode_streams(user) == 0;
}

START_TEST(another_package_takes_the_place_of_the_old_one)
{
    scripted_chaincode *other = scripted_chaincode_start(0);
    definition d = define(1, "1.0");
    deploy(&d);
    ck_assert_int_eq(ask(0, INVOKE(0, "get", "k")).status, 200);
    ck_assert_uint_eq(scripted_chaincode_streams(server), 1);
    package = make_package("cc_1.0", scripted_chaincode_address(other), &package_id);
    scripted_chaincode_name(other, package_id);
    d = define(2, "1.0");
    deploy(&d);
    ck_assert_msg(process_until(is_left, server, 20000), "the old service was not left");
    ck_assert_int_eq(ask(0, INVOKE(0, "get", "k")).status, 200);
    ck_assert_uint_eq(scripted_chaincode_streams(other), 1);
    ck_assert_uint_eq(installed(0)->n_installed_chaincodes, 2);
    scripted_chaincode_stop(other);
}
END_TEST

START_TEST(collections_once_defined_stay)
{
    definition d = define(1, "1.0");
    set_collection(&d, "own", "OR('Org1MSP.member')")->block_to_live = 5;
    for (size_t i = 0; i < ORGS; i++)
        approve(i, &d, NULL);
    commit(&d);
    d = define(2, "1.0");
    assert_not_approved(&d, NULL,
                        "error validating chaincode definition: the proposed collection config "
                        "does not contain previously defined collections");
    set_collection(&d, "another", "OR('Org1MSP.member')");
    assert_not_approved(&d, NULL,
                        "existing collection [own] missing in the proposed collection "
                        "configuration");
    set_collection(&d, "own", "OR('Org1MSP.member')");
    assert_not_approved(&d, NULL,
                        "the BlockToLive in an existing collection [own] modified. Existing value "
                        "[5]");
}
END_TEST

START_TEST(a_definition_has_to_make_sense)
{
    definition d = define(1, "1.0");
    d.name = wire_text("a.b");
    assert_not_approved(&d, NULL,
                        "error validating chaincode definition: invalid chaincode name 'a.b'. "
                        "Names can only consist of alphanumerics, '_', and '-' and can only begin "
                        "with alphanumerics");
    d.name = wire_text("qscc");
    assert_not_approved(&d, NULL, "chaincode name 'qscc' is the name of a system chaincode");
    d = define(1, "1 0");
    assert_not_approved(&d, NULL, "invalid chaincode version '1 0'");
    d = define(1, "1.0");
    set_collection(&d, "_c", "OR('Org1MSP.member')");
    assert_not_approved(&d, NULL, "invalid collection name '_c'");
    set_collection(&d, "c", "AND('Org1MSP.member','Org2MSP.member')");
    assert_not_approved(&d, NULL,
                        "collection-name: c -- error in member org policy: signature policy is "
                        "not an OR concatenation, NOutOf 2");
    set_collection(&d, "c", "OR('Org9MSP.member')");
    assert_not_approved(&d, NULL,
                        "collection-name: c -- collection member 'Org9MSP' is not part of the "
                        "channel");
    set_collection(&d, "c", "OR('Org1MSP.member')")->required_peer_count = 2;
    assert_not_approved(&d, NULL,
                        "collection-name: c -- maximum peer count (1) cannot be less than the "
                        "required peer count (2)");
}
END_TEST

START_TEST(approvals_can_be_asked_for)
{
    Lifecycle__QueryApprovedChaincodeDefinitionArgs args =
        LIFECYCLE__QUERY_APPROVED_CHAINCODE_DEFINITION_ARGS__INIT;
    Lifecycle__QueryApprovedChaincodeDefinitionResult *one;
    Lifecycle__QueryApprovedChaincodeDefinitionsArgs none =
        LIFECYCLE__QUERY_APPROVED_CHAINCODE_DEFINITIONS_ARGS__INIT;
    Lifecycle__QueryApprovedChaincodeDefinitionsResult *all;
    definition d = define(1, "1.0");
    args.name = wire_text("cc");
    assert_refused(ask_channel(0, "QueryApprovedChaincodeDefinition", &args.base), 500,
                   "could not fetch approved chaincode definition (name: 'cc', sequence: '0') on "
                   "channel 'mychannel'");
    approve(0, &d, package_id);
    wire_proposal_response r = ask_channel(0, "QueryApprovedChaincodeDefinition", &args.base);
    RESULT(lifecycle__query_approved_chaincode_definition_result, r, &one);
    ck_assert_int_eq(one->sequence, 1);
    ck_assert_str_eq(one->source->local_package->package_id, package_id);
    approve(0, &d, NULL);
    r = ask_channel(0, "QueryApprovedChaincodeDefinition", &args.base);
    RESULT(lifecycle__query_approved_chaincode_definition_result, r, &one);
    ck_assert_int_eq((int)one->source->type_case, LIFECYCLE__CHAINCODE_SOURCE__TYPE_UNAVAILABLE);
    d.name = wire_text("dd");
    approve(0, &d, NULL);
    r = ask_channel(0, "QueryApprovedChaincodeDefinitions", &none.base);
    RESULT(lifecycle__query_approved_chaincode_definitions_result, r, &all);
    ck_assert_uint_eq(all->n_approved_chaincode_definitions, 2);
    ck_assert_str_eq(all->approved_chaincode_definitions[1]->name, "dd");
}
END_TEST

/* A chaincode that was told at the start. */

START_TEST(what_is_told_is_the_first_sequence)
{
    definition d = define(2, "2.0");
    ck_assert_int_eq(committed()->sequence, 1);
    ck_assert(committed()->approvals[0]->value && committed()->approvals[1]->value);
    ck_assert_int_eq(submit(0, ORGS, INVOKE(0, "put", "k", "v")), WIRE_CODE_VALID);
    set_policy(&d, "OR('Org1MSP.peer','Org2MSP.peer')");
    approve(0, &d, NULL);
    approve(1, &d, NULL);
    commit(&d);
    ck_assert_int_eq(committed()->sequence, 2);
    ck_assert_int_eq(submit(0, 1, INVOKE(0, "put", "k", "w")), WIRE_CODE_VALID);
    restart();
    ck_assert_int_eq(committed()->sequence, 2);
    ck_assert_int_eq(submit(1, 1, INVOKE(1, "put", "k", "x")), WIRE_CODE_VALID);
}
END_TEST

static TCase *lifecycle_case(void)
{
    TCase *tcase = SUITE_CASE(
        "lifecycle", a_package_is_kept_once_and_handed_out,
        packages_are_for_the_administrators_of_the_organisation,
        what_is_no_package_is_not_installed,
        a_definition_counts_when_the_organisations_have_approved,
        a_chaincode_runs_from_the_package_that_is_approved,
        a_peer_runs_what_its_own_organisation_approved,
        a_service_that_is_another_chaincode_is_not_run, a_service_may_want_tls_and_a_certificate,
        sequences_follow_each_other, of_two_commits_of_a_sequence_one_counts,
        the_next_sequence_brings_policy_collections_and_init,
        another_package_takes_the_place_of_the_old_one, collections_once_defined_stay,
        a_definition_has_to_make_sense, approvals_can_be_asked_for);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

static TCase *told_case(void)
{
    TCase *tcase = SUITE_CASE("told", what_is_told_is_the_first_sequence);
    tcase_add_checked_fixture(tcase, setup_told, teardown);
    return tcase;
}

SUITE_MAIN("devnet/lifecycle", lifecycle_case(), told_case())
