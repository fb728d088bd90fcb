/* The devnet program killed at any moment: what it acknowledged is on the ledger, once, and
 * private data is where it was. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/material/signer.h"
#include "devnet/network/profile.h"
#include "heddle/package.h"
#include "orderer/ab.pb-c.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/proposer.h"
#include "support/scripted_chaincode.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/codec.h"
#include "wire/envelope.h"
#include "wire/seek.h"
#include "wire/services.h"

enum { ROUNDS = 10, BATCH = 60, TOTAL = ROUNDS * BATCH, READY_MS = 30000 };

static char *dir;
static char net_dir[512];
static char ready[512];
static char log_path[512];
static heddle_error err;
static base_arena *arena;
static process *devnet;
static dn_signer *user;
static bool acknowledged[TOTAL];
static unsigned found[TOTAL + 1];

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void setup(void)
{
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    dir = fixture_dir_new();
    snprintf(net_dir, sizeof(net_dir), "%s/net", dir);
    snprintf(ready, sizeof(ready), "%s/ready", dir);
    snprintf(log_path, sizeof(log_path), "%s/log", dir);
}

static void teardown(void)
{
    if (devnet)
        process_stop(devnet, SIGKILL);
    dn_signer_free(user);
    base_arena_free(arena);
    fixture_dir_free(dir);
    rpc_shutdown();
}

static void start(void)
{
    const char *const argv[] = {HEDDLE_BIN "/heddle-devnet",
                                "--dir",
                                net_dir,
                                "--base-port",
                                "0",
                                "--batch-timeout",
                                "150ms",
                                "--batch-size",
                                "7",
                                "--ready-file",
                                ready,
                                NULL};
    unlink(ready);
    devnet = process_start(log_path, argv);
    process_wait_file(devnet, ready, READY_MS);
}

static void kill_it(void)
{
    process_stop(devnet, SIGKILL);
    devnet = NULL;
}

#define CRYPTO "crypto-config/peerOrganizations/org1.example.com"

static void load_user(void)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/" CRYPTO "/users/User1@org1.example.com/msp", net_dir);
    check(dn_signer_load(path, "Org1MSP", &user, &err));
}

static stream_client *open_stream(const char *method)
{
    char address[64];
    char ca[1024];
    snprintf(address, sizeof(address), "127.0.0.1:%u",
             dn_profile_last_port(net_dir, "orderer.example.com", "port"));
    snprintf(ca, sizeof(ca),
             "%s/crypto-config/ordererOrganizations/example.com/tlsca/tlsca.example.com-cert.pem",
             net_dir);
    stream_client_options options = {.address = address, .tls_ca = ca, .method = method};
    return stream_client_open(&options);
}

static heddle_view signed_envelope(int type, heddle_view data)
{
    heddle_view payload;
    heddle_view bytes;
    crypto_signature signature;
    wire_header header = {.type = type,
                          .time = base_wall_now(),
                          .channel = VIEW("mychannel"),
                          .creator = dn_signer_identity(user),
                          .nonce = VIEW("nonce")};
    check(wire_payload_write(&header, data, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &bytes, &err));
    return bytes;
}

static heddle_view envelope(unsigned number)
{
    return signed_envelope(COMMON__HEADER_TYPE__ENDORSER_TRANSACTION,
                           heddle_view_str(base_arena_printf(arena, "%u", number)));
}

/** Read one answer; false at the end of the stream. */
static bool next_answer(stream_client *client)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    Orderer__BroadcastResponse *response;
    if (!bytes)
        return false;
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    ck_assert_int_eq(response->status, COMMON__STATUS__SUCCESS);
    return true;
}

/** Send a batch, kill the program after @p answers, and note every answer that came. */
static void load_and_kill(unsigned round, unsigned answers)
{
    stream_client *client = open_stream(WIRE_ORDERER_BROADCAST);
    unsigned count = 0;
    for (unsigned i = 0; i < BATCH; i++)
        stream_client_send(client, envelope(round * BATCH + i));
    while (count < answers && next_answer(client))
        acknowledged[round * BATCH + count++] = true;
    kill_it();
    while (next_answer(client))
        acknowledged[round * BATCH + count++] = true;
    stream_client_close(client);
}

/* The chain that is left. */

static void count_block(const wire_block *block)
{
    for (size_t i = 0; i < block->tx_count && block->number > 0; i++) {
        wire_tx tx;
        uint64_t number;
        check(wire_tx_read(block->envelopes[i], arena, &tx, &err));
        ck_assert(base_parse_u64(tx.data, &number));
        ck_assert_uint_le(number, TOTAL);
        found[number]++;
    }
}

/** Read blocks from the first on until the envelope with the number TOTAL is in one. */
static void read_chain(stream_client *client)
{
    uint8_t hash[32];
    wire_seek seek = {.start = {WIRE_SEEK_OLDEST, 0}, .stop = {WIRE_SEEK_NONE, 0}};
    heddle_view data;
    check(wire_seek_write(&seek, arena, &data, &err));
    stream_client_send(client, signed_envelope(COMMON__HEADER_TYPE__DELIVER_SEEK_INFO, data));
    for (uint64_t n = 0; !found[TOTAL]; n++) {
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        heddle_view view;
        wire_block block;
        ck_assert(wire_field_find(rpc_bytes_view(bytes), 2, &view));
        check(wire_block_read(view, arena, &block, &err));
        check(wire_block_check_data(&block, &err));
        if (n > 0)
            check(wire_block_check_link(&block, n - 1, heddle_view_of(hash, 32), &err));
        check(wire_block_header_hash(&block, hash, &err));
        count_block(&block);
    }
}

/** One more envelope: when it is in a block, so is all that was in the journal before it. */
static void read_all(void)
{
    start();
    stream_client *client = open_stream(WIRE_ORDERER_BROADCAST);
    stream_client_send(client, envelope(TOTAL));
    ck_assert(next_answer(client));
    stream_client_close(client);
    client = open_stream(WIRE_ORDERER_DELIVER);
    read_chain(client);
    stream_client_close(client);
    ck_assert_int_eq(process_stop(base_steal(&devnet), SIGTERM), 0);
}

START_TEST(what_was_acknowledged_is_there_once)
{
    unsigned lost = 0;
    unsigned doubled = 0;
    srand((unsigned)getpid());
    for (unsigned round = 0; round < ROUNDS; round++) {
        start();
        if (!user)
            load_user();
        load_and_kill(round, 1 + (unsigned)rand() % BATCH);
    }
    read_all();
    for (unsigned i = 0; i < TOTAL; i++) {
        lost += acknowledged[i] && !found[i];
        doubled += found[i] > 1;
    }
    ck_assert_uint_eq(lost, 0);
    ck_assert_uint_eq(doubled, 0);
}
END_TEST

/* Private data: every endorsed transaction is ordered, some before a kill, some after it. */

enum { SECRETS = 24, SECRET_ROUNDS = 4, PEERS = 2 };

static const char collections[] =
    "[{\"name\":\"pair\",\"policy\":\"OR('Org1MSP.member','Org2MSP.member')\","
    "\"requiredPeerCount\":1,\"maxPeerCount\":1}]";

static scripted_chaincode *chaincode;
static char chaincode_option[1200];
static rpc_channel *peers[PEERS];
static heddle_view secrets[SECRETS];
static proposed proposals[SECRETS];

static dn_endpoint endpoint_of(const char *kind, const char *name, const char *domain)
{
    char *ca =
        base_arena_printf(arena, "%s/crypto-config/%sOrganizations/%s/tlsca/tlsca.%s-cert.pem",
                          net_dir, kind, domain, domain);
    char *address =
        base_arena_printf(arena, "localhost:%u", dn_profile_last_port(net_dir, name, "port"));
    return (dn_endpoint){.name = name, .address = address, .tls_ca = ca};
}

static dn_endpoint peer_at(int i)
{
    char *domain = base_arena_printf(arena, "org%d.example.com", i + 1);
    return endpoint_of("peer", base_arena_printf(arena, "peer0.%s", domain), domain);
}

static void start_with_chaincode(void)
{
    const char *const argv[] = {HEDDLE_BIN "/heddle-devnet",
                                "--dir",
                                net_dir,
                                "--base-port",
                                "0",
                                "--batch-timeout",
                                "20ms",
                                "--chaincode",
                                chaincode_option,
                                "--ready-file",
                                ready,
                                NULL};
    unlink(ready);
    devnet = process_start(log_path, argv);
    process_wait_file(devnet, ready, READY_MS);
    for (int i = 0; i < PEERS; i++) {
        dn_endpoint peer = peer_at(i);
        peers[i] = proposer_connect(&peer);
    }
}

static void kill_with_channels(void)
{
    for (int i = 0; i < PEERS; i++)
        rpc_channel_close(peers[i]);
    kill_it();
}

static wire_proposal_response call(int peer, proposed *p, const char *const args[4])
{
    proposer_request request = {
        .signer = user, .chaincode = "cc", .args = {args[0], args[1], args[2], args[3]}};
    *p = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(peers[peer], p, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    return response;
}

#define CALL(peer, p, ...) call(peer, p, (const char *const[4]){__VA_ARGS__})

static void endorse_secret(unsigned i)
{
    const char *key = base_arena_printf(arena, "key-%u", i);
    const char *value = base_arena_printf(arena, "secret-value-%u", i);
    wire_proposal_response response = CALL(0, &proposals[i], "pput", "pair", key, value);
    secrets[i] = proposer_assemble(&proposals[i], &response, 1, arena);
}

static void order_secrets(unsigned from, unsigned count)
{
    dn_endpoint orderer = endpoint_of("orderer", "orderer.example.com", "example.com");
    proposer_order(&orderer, &secrets[from], count, arena);
}

static void wait_for_tx(const proposed *p)
{
    uint64_t block;
    for (int i = 0; i < PEERS; i++) {
        dn_endpoint peer = peer_at(i);
        ck_assert_int_eq(proposer_code(&peer, user, p->tx_id, arena, &block), WIRE_CODE_VALID);
    }
}

static void assert_secret(unsigned i, const char *expected)
{
    proposed unused;
    const char *key = base_arena_printf(arena, "key-%u", i);
    for (int peer = 0; peer < PEERS; peer++) {
        wire_proposal_response response = CALL(peer, &unused, "pget", "pair", key);
        ck_assert_msg(base_view_is(response.result, expected), "%s on peer %d: %.*s", key, peer,
                      BASE_VIEW_ARG(response.result));
    }
}

static bool is_on_disk(int peer, const char *file, const char *text)
{
    base_auto_buffer base_buffer bytes = {0};
    char path[1024];
    snprintf(path, sizeof(path), "%s/peers/%s/mychannel/%s", net_dir, peer_at(peer).name, file);
    check(base_read_file(path, 0, &bytes, &err));
    return memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

static void open_secrets(void)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/collections.json", dir);
    check(base_write_file(path, heddle_view_str(collections), 0600, &err));
    chaincode = scripted_chaincode_start(0);
    snprintf(chaincode_option, sizeof(chaincode_option),
             "cc=%s,collections=%s,policy=OR('Org1MSP.peer','Org2MSP.peer')",
             scripted_chaincode_address(chaincode), path);
    start_with_chaincode();
    load_user();
}

START_TEST(private_data_outlives_the_program)
{
    enum { EACH = SECRETS / SECRET_ROUNDS };
    open_secrets();
    for (unsigned round = 0; round < SECRET_ROUNDS; round++) {
        unsigned first = round * EACH;
        for (unsigned i = 0; i < EACH; i++)
            endorse_secret(first + i);
        order_secrets(first, EACH / 2);
        if (round % 2)
            wait_for_tx(&proposals[first]);
        kill_with_channels();
        start_with_chaincode();
        order_secrets(first + EACH / 2, EACH - EACH / 2);
    }
    for (unsigned i = 0; i < SECRETS; i++) {
        wait_for_tx(&proposals[i]);
        assert_secret(i, base_arena_printf(arena, "secret-value-%u", i));
    }
    kill_with_channels();
    scripted_chaincode_stop(chaincode);
}
END_TEST

START_TEST(purged_data_does_not_come_back)
{
    proposed purge;
    open_secrets();
    endorse_secret(0);
    order_secrets(0, 1);
    wait_for_tx(&proposals[0]);
    ck_assert(is_on_disk(1, "private.log", "secret-value-0"));
    wire_proposal_response response = CALL(0, &purge, "ppurge", "pair", "key-0");
    secrets[1] = proposer_assemble(&purge, &response, 1, arena);
    order_secrets(1, 1);
    wait_for_tx(&purge);
    kill_with_channels();
    start_with_chaincode();
    assert_secret(0, "");
    for (int i = 0; i < PEERS; i++) {
        ck_assert(!is_on_disk(i, "private.log", "secret-value-0"));
        ck_assert(!is_on_disk(i, "transient.log", "secret-value-0"));
    }
    kill_with_channels();
    scripted_chaincode_stop(chaincode);
}
END_TEST

/* _lifecycle: what was installed, approved and committed is there after each kill. */

enum { SEQUENCES = 4 };

static dn_signer *admins[PEERS];

static void load_admins(void)
{
    for (int i = 0; i < PEERS; i++) {
        const char *msp = base_arena_printf(arena,
                                            "%s/crypto-config/peerOrganizations/org%d.example.com/"
                                            "users/Admin@org%d.example.com/msp",
                                            net_dir, i + 1, i + 1);
        check(dn_signer_load(msp, base_arena_printf(arena, "Org%dMSP", i + 1), &admins[i], &err));
    }
}

static proposed propose_lifecycle(int org, const char *channel, const char *function,
                                  const ProtobufCMessage *args)
{
    proposer_request request = {
        .signer = admins[org], .channel = channel, .chaincode = "_lifecycle", .args = {function}};
    check(wire_encode_arena(args, arena, &request.last, &err));
    return proposer_propose(&request, arena);
}

static wire_proposal_response ask_lifecycle(int peer, const proposed *p)
{
    wire_proposal_response response = proposer_endorse(peers[peer], p, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    return response;
}

/* Endorsed by @p count peers from that of @p org on; ordered, and on the ledgers. */
static void submit_lifecycle(int org, int count, const char *function, const ProtobufCMessage *args)
{
    dn_endpoint orderer = endpoint_of("orderer", "orderer.example.com", "example.com");
    wire_proposal_response responses[PEERS];
    proposed p = propose_lifecycle(org, NULL, function, args);
    for (int i = 0; i < count; i++)
        responses[i] = ask_lifecycle(org + i, &p);
    heddle_view bytes = proposer_assemble(&p, responses, (size_t)count, arena);
    proposer_order(&orderer, &bytes, 1, arena);
    wait_for_tx(&p);
}

static void install_and_kill(void)
{
    Lifecycle__InstallChaincodeArgs args = LIFECYCLE__INSTALL_CHAINCODE_ARGS__INIT;
    Lifecycle__QueryInstalledChaincodesArgs none = LIFECYCLE__QUERY_INSTALLED_CHAINCODES_ARGS__INIT;
    Lifecycle__QueryInstalledChaincodesResult *result;
    heddle_package_recipe recipe = HEDDLE_PACKAGE_RECIPE("cc_1");
    heddle_bytes bytes = {0};
    recipe.address = "localhost:1";
    check(heddle_package_make(&recipe, &bytes, &err));
    args.chaincode_install_package = wire_bytes(heddle_view_of(bytes.data, bytes.len));
    proposed p = propose_lifecycle(0, "", "InstallChaincode", &args.base);
    ask_lifecycle(0, &p);
    base_free(bytes.data);
    kill_with_channels();
    start_with_chaincode();
    p = propose_lifecycle(0, "", "QueryInstalledChaincodes", &none.base);
    check(wire_decode(lifecycle__query_installed_chaincodes_result, ask_lifecycle(0, &p).result,
                      arena, &result, &err));
    ck_assert_uint_eq(result->n_installed_chaincodes, 1);
    ck_assert_str_eq(result->installed_chaincodes[0]->label, "cc_1");
}

static void assert_sequence(int64_t sequence)
{
    Lifecycle__QueryChaincodeDefinitionArgs args = LIFECYCLE__QUERY_CHAINCODE_DEFINITION_ARGS__INIT;
    args.name = wire_text("cc");
    for (int i = 0; i < PEERS; i++) {
        Lifecycle__QueryChaincodeDefinitionResult *result;
        proposed p = propose_lifecycle(i, NULL, "QueryChaincodeDefinition", &args.base);
        check(wire_decode(lifecycle__query_chaincode_definition_result, ask_lifecycle(i, &p).result,
                          arena, &result, &err));
        ck_assert_int_eq(result->sequence, sequence);
        ck_assert(result->approvals[0]->value && result->approvals[1]->value);
    }
}

/* The chaincode itself is told at the start, as the first sequence. */
static void upgrade_and_kill(int64_t sequence)
{
    Lifecycle__ApproveChaincodeDefinitionForMyOrgArgs args =
        LIFECYCLE__APPROVE_CHAINCODE_DEFINITION_FOR_MY_ORG_ARGS__INIT;
    Lifecycle__QueryChaincodeDefinitionArgs query =
        LIFECYCLE__QUERY_CHAINCODE_DEFINITION_ARGS__INIT;
    Lifecycle__QueryChaincodeDefinitionResult *had;
    query.name = wire_text("cc");
    proposed p = propose_lifecycle(0, NULL, "QueryChaincodeDefinition", &query.base);
    check(wire_decode(lifecycle__query_chaincode_definition_result, ask_lifecycle(0, &p).result,
                      arena, &had, &err));
    args.sequence = sequence;
    args.name = wire_text("cc");
    args.version = base_arena_printf(arena, "%lld", (long long)sequence);
    args.collections = had->collections;
    args.validation_parameter = had->validation_parameter;
    submit_lifecycle(0, 1, "ApproveChaincodeDefinitionForMyOrg", &args.base);
    kill_with_channels();
    start_with_chaincode();
    submit_lifecycle(1, 1, "ApproveChaincodeDefinitionForMyOrg", &args.base);
    submit_lifecycle(0, PEERS, "CommitChaincodeDefinition", &args.base);
    kill_with_channels();
    start_with_chaincode();
}

START_TEST(definitions_outlive_the_program)
{
    open_secrets();
    load_admins();
    install_and_kill();
    assert_sequence(1);
    for (int64_t sequence = 2; sequence <= SEQUENCES; sequence++) {
        upgrade_and_kill(sequence);
        assert_sequence(sequence);
    }
    endorse_secret(0);
    order_secrets(0, 1);
    wait_for_tx(&proposals[0]);
    assert_secret(0, "secret-value-0");
    for (int i = 0; i < PEERS; i++)
        dn_signer_free(admins[i]);
    kill_with_channels();
    scripted_chaincode_stop(chaincode);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("system/devnet_kill");
    TCase *tc =
        SUITE_CASE("kill", what_was_acknowledged_is_there_once, private_data_outlives_the_program,
                   purged_data_does_not_come_back, definitions_outlive_the_program);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
