/*
 * Channels are joined and left while devnet runs, and it is killed as soon as it has said so: what
 * it said is so after the next start.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "base/view.h"
#include "devnet/genesis/genesis.h"
#include "devnet/network/profile.h"
#include "http/client.h"
#include "peer/query.pb-c.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/proposer.h"
#include "support/suite.h"
#include "wire/codec.h"

enum { READY_MS = 60000, ROUNDS = 4 };

#define ORDERER "orderer.example.com"
#define PEER    "peer0.org1.example.com"
#define API     "/participation/v1/channels"

static char *dir;
static char net_dir[512], ready[512], log_path[512];
static process *devnet;
static dn_signer *admin;
static base_arena *arena;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void start(void)
{
    const char *const argv[] = {HEDDLE_BIN "/heddle-devnet",
                                "--dir",
                                net_dir,
                                "--base-port",
                                "0",
                                "--channel",
                                "mychannel",
                                "--channel",
                                "second",
                                "--ready-file",
                                ready,
                                NULL};
    unlink(ready);
    devnet = process_start(log_path, argv);
    process_wait_file(devnet, ready, READY_MS);
}

static void restart(void)
{
    process_stop(devnet, SIGKILL);
    start();
}

static void setup(void)
{
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    dir = fixture_dir_new();
    snprintf(net_dir, sizeof(net_dir), "%s/net", dir);
    snprintf(ready, sizeof(ready), "%s/ready", dir);
    snprintf(log_path, sizeof(log_path), "%s/devnet.log", dir);
    start();
    check(dn_signer_load(base_arena_printf(arena,
                                           "%s/crypto-config/peerOrganizations/org1.example.com/"
                                           "users/Admin@org1.example.com/msp",
                                           net_dir),
                         "Org1MSP", &admin, &err));
}

static void teardown(void)
{
    process_stop(devnet, SIGKILL);
    dn_signer_free(admin);
    fixture_dir_free(dir);
    base_arena_free(arena);
    rpc_shutdown();
}

static uint16_t port_of(const char *node, const char *kind)
{
    return dn_profile_last_port(net_dir, node, kind);
}

static base_buffer make_genesis(const char *name)
{
    dn_material *material;
    base_buffer block = {0};
    uint16_t ports[2] = {port_of(ORDERER, "port"), 1};
    dn_material_options keys = {
        .dir = net_dir, .host = "localhost", .org_count = 2, .peers_per_org = 1};
    check(dn_material_open(&keys, &material, &err));
    dn_genesis_options options = {.channel = name,
                                  .material = material,
                                  .host = "localhost",
                                  .orderer_ports = ports,
                                  .peer_ports = ports,
                                  .batch_timeout_ms = 20,
                                  .batch_max_messages = 3,
                                  .batch_preferred_bytes = 1 << 20,
                                  .batch_absolute_bytes = 1 << 20};
    check(dn_genesis_make(&options, &block, &err));
    dn_material_free(material);
    return block;
}

/* The orderer. */

static base_buffer read_key(const char *file)
{
    base_buffer bytes = {0};
    check(base_read_file(base_arena_printf(arena,
                                           "%s/crypto-config/ordererOrganizations/example.com/%s",
                                           net_dir, file),
                         0, &bytes, &err));
    return bytes;
}

/** The status of the answer. */
static long ask_api(const char *method, const char *path, heddle_view form)
{
    http_answer answer = {0};
    base_auto_buffer base_buffer roots = read_key("tlsca/tlsca.example.com-cert.pem"),
                                 cert = read_key("users/Admin@example.com/tls/client.crt"),
                                 key = read_key("users/Admin@example.com/tls/client.key");
    base_auto(http_client) http_client *client = NULL;
    http_client_options options = {
        .url = base_arena_printf(arena, "https://localhost:%u", port_of(ORDERER, "adminPort")),
        .tls_roots_pem = base_buffer_view(&roots),
        .client_cert_pem = base_buffer_view(&cert),
        .client_key_pem = base_buffer_view(&key)};
    static const char *const headers[] = {"Content-Type: multipart/form-data; boundary=b"};
    http_request request = {.method = method,
                            .path = path,
                            .headers = headers,
                            .header_count = 1,
                            .has_body = form.len > 0,
                            .body = form};
    check(http_client_new(&options, &client, &err));
    check(http_client_ask(client, &request, &answer, &err));
    long status = answer.status;
    http_answer_done(&answer);
    return status;
}

static void join_orderer(heddle_view block)
{
    base_auto_buffer base_buffer form = {0};
    ck_assert_int_eq(base_buffer_append_str(&form, "--b\r\nContent-Disposition: form-data; "
                                                   "name=\"config-block\"; "
                                                   "filename=\"b\"\r\n\r\n"),
                     HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&form, block), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_str(&form, "\r\n--b--\r\n"), HEDDLE_OK);
    ck_assert_int_eq(ask_api("POST", API, base_buffer_view(&form)), 201);
}

/* The peer. */

static wire_proposal_response ask_peer(const proposer_request *request)
{
    uint16_t port = port_of(PEER, "port");
    dn_endpoint node = {
        .name = PEER,
        .port = port,
        .address = base_arena_printf(arena, "localhost:%u", port),
        .tls_ca = base_arena_printf(arena,
                                    "%s/crypto-config/peerOrganizations/org1.example.com/tlsca/"
                                    "tlsca.org1.example.com-cert.pem",
                                    net_dir)};
    proposed p = proposer_propose(request, arena);
    rpc_channel *channel = proposer_connect(&node);
    wire_proposal_response response = proposer_endorse(channel, &p, arena);
    rpc_channel_close(channel);
    return response;
}

static void join_peer(heddle_view block)
{
    wire_proposal_response r = ask_peer(&(proposer_request){
        .signer = admin, .channel = "", .chaincode = "cscc", .args = {"JoinChain"}, .last = block});
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
}

static size_t count_channels(void)
{
    Protos__ChannelQueryResponse *list;
    wire_proposal_response r = ask_peer(&(proposer_request){
        .signer = admin, .channel = "", .chaincode = "cscc", .args = {"GetChannels"}});
    ck_assert_int_eq(r.status, 200);
    check(wire_decode(protos__channel_query_response, r.result, arena, &list, &err));
    return list->n_channels;
}

START_TEST(what_was_joined_and_left_stays_so)
{
    ck_assert_uint_eq(count_channels(), 2);
    for (size_t i = 0; i < ROUNDS; i++) {
        const char *name = base_arena_printf(arena, "c%zu", i);
        const char *path = base_arena_printf(arena, API "/%s", name);
        base_auto_buffer base_buffer block = make_genesis(name);
        join_orderer(base_buffer_view(&block));
        restart();
        ck_assert_int_eq(ask_api("GET", path, VIEW("")), 200);
        join_peer(base_buffer_view(&block));
        restart();
        ck_assert_uint_eq(count_channels(), 3 + i);
        if (i % 2)
            continue;
        ck_assert_int_eq(ask_api("DELETE", path, VIEW("")), 204);
        restart();
        ck_assert_int_eq(ask_api("GET", path, VIEW("")), 404);
    }
    ck_assert_int_eq(ask_api("GET", API "/second", VIEW("")), 200);
    ck_assert_int_eq(ask_api("GET", API "/c1", VIEW("")), 200);
}
END_TEST

static TCase *kill_case(void)
{
    TCase *tcase = SUITE_CASE("kill", what_was_joined_and_left_stays_so);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("system/channels_kill", kill_case())
