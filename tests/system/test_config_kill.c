/*
 * The devnet program killed at any moment of config updates under load: what it acknowledged, be
 * it a transaction or an update, is in the chain, once, and each configuration follows from the
 * one before it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/material/signer.h"
#include "devnet/network/profile.h"
#include "orderer/ab.pb-c.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/proposer.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/config_update.h"
#include "wire/deliver.h"
#include "wire/envelope.h"
#include "wire/seek.h"
#include "wire/services.h"

enum { ROUNDS = 8, BATCH = 30, UPDATE_AT = 15, TOTAL = ROUNDS * BATCH, READY_MS = 30000 };

static char *dir;
static char net_dir[512];
static char ready[512];
static char log_path[512];
static heddle_error err;
static base_arena *arena;
static process *devnet;
static dn_signer *user;
static dn_signer *admin; /* of the orderers */
static bool acknowledged[TOTAL];
static bool updated[ROUNDS];
static unsigned found[TOTAL];
static unsigned found_updates[ROUNDS];

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
    dn_signer_free(admin);
    base_arena_free(arena);
    fixture_dir_free(dir);
    rpc_shutdown();
}

static dn_signer *load_signer(const char *msp, const char *msp_id)
{
    dn_signer *signer;
    check(dn_signer_load(base_arena_printf(arena, "%s/crypto-config/%s", net_dir, msp), msp_id,
                         &signer, &err));
    return signer;
}

static void start(void)
{
    const char *const argv[] = {
        HEDDLE_BIN "/heddle-devnet", "--dir", net_dir,        "--base-port", "0",
        "--batch-timeout",           "50ms",  "--ready-file", ready,         NULL};
    unlink(ready);
    devnet = process_start(log_path, argv);
    process_wait_file(devnet, ready, READY_MS);
    if (user)
        return;
    user = load_signer("peerOrganizations/org1.example.com/users/User1@org1.example.com/msp",
                       "Org1MSP");
    admin =
        load_signer("ordererOrganizations/example.com/users/Admin@example.com/msp", "OrdererMSP");
}

static dn_endpoint endpoint_of(const char *kind, const char *name, const char *domain)
{
    char *ca =
        base_arena_printf(arena, "%s/crypto-config/%sOrganizations/%s/tlsca/tlsca.%s-cert.pem",
                          net_dir, kind, domain, domain);
    char *address =
        base_arena_printf(arena, "localhost:%u", dn_profile_last_port(net_dir, name, "port"));
    return (dn_endpoint){.name = name, .address = address, .tls_ca = ca};
}

static dn_endpoint orderer(void)
{
    return endpoint_of("orderer", "orderer.example.com", "example.com");
}

static heddle_view encode(const ProtobufCMessage *message)
{
    heddle_view bytes;
    check(wire_encode_arena(message, arena, &bytes, &err));
    return bytes;
}

static heddle_view sealed(const dn_signer *as, int type, heddle_view data)
{
    heddle_view payload, bytes;
    crypto_signature signature;
    wire_header header = {.type = type,
                          .time = base_wall_now(),
                          .channel = VIEW("mychannel"),
                          .creator = dn_signer_identity(as),
                          .nonce = VIEW("nonce")};
    check(wire_payload_write(&header, data, arena, &payload, &err));
    check(dn_signer_sign(as, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &bytes, &err));
    return base_arena_view(arena, bytes);
}

/* Updates: round N lets a batch have N + 2 messages. */

static heddle_view present(void)
{
    dn_endpoint peer = endpoint_of("peer", "peer0.org1.example.com", "org1.example.com");
    rpc_channel *channel = proposer_connect(&peer);
    proposer_request request = {
        .signer = user, .chaincode = "cscc", .args = {"GetChannelConfig", "mychannel"}};
    proposed p = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(channel, &p, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    rpc_channel_close(channel);
    return response.result;
}

static heddle_view edited(heddle_view config, unsigned round)
{
    Common__Config *message;
    Orderer__BatchSize size = ORDERER__BATCH_SIZE__INIT;
    check(wire_decode(common__config, config, arena, &message, &err));
    const Common__ConfigGroup *group =
        wire_config_subgroup(message->channel_group, VIEW("Orderer"));
    Common__ConfigValue *value = (void *)(uintptr_t)wire_config_value(group, "BatchSize");
    size.max_message_count = round + 2;
    size.preferred_max_bytes = 1 << 20;
    size.absolute_max_bytes = 2 << 20;
    value->value = wire_bytes(encode(&size.base));
    return encode(&message->base);
}

static heddle_view update_of(unsigned round)
{
    base_auto_buffer base_buffer update = {0};
    crypto_signature made;
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    Common__ConfigSignature signature = COMMON__CONFIG_SIGNATURE__INIT;
    Common__ConfigSignature *signatures[] = {&signature};
    Common__ConfigUpdateEnvelope message = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    heddle_view config = present();
    check(wire_config_update_compute(config, edited(config, round), "mychannel", &update, &err));
    header.creator = wire_bytes(dn_signer_identity(admin));
    header.nonce = wire_bytes(VIEW("nonce"));
    heddle_view parts[] = {encode(&header.base), base_buffer_view(&update)};
    check(dn_signer_sign(admin, parts, 2, &made, &err));
    signature.signature_header = wire_bytes(parts[0]);
    signature.signature = wire_bytes(crypto_signature_view(&made));
    message.config_update = wire_bytes(parts[1]);
    message.signatures = signatures;
    message.n_signatures = 1;
    return sealed(admin, COMMON__HEADER_TYPE__CONFIG_UPDATE, encode(&message.base));
}

/* Load. */

/** What was taken before is in blocks when one more transaction is: its block's number. */
static uint64_t order_last(void)
{
    proposer_request request = {
        .signer = user, .chaincode = "cscc", .args = {"GetChannelConfig", "mychannel"}};
    dn_endpoint at = orderer();
    dn_endpoint peer = endpoint_of("peer", "peer0.org2.example.com", "org2.example.com");
    rpc_channel *channel = proposer_connect(&peer);
    proposed p = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(channel, &p, arena);
    heddle_view envelope = proposer_assemble(&p, &response, 1, arena);
    uint64_t block;
    rpc_channel_close(channel);
    proposer_order(&at, &envelope, 1, arena);
    proposer_code(&peer, user, p.tx_id, arena, &block);
    return block;
}

static stream_client *open_stream(const char *method)
{
    dn_endpoint at = orderer();
    stream_client_options options = {.address = at.address, .tls_ca = at.tls_ca, .method = method};
    return stream_client_open(&options);
}

/** Read one answer; false at the end of the stream. */
static bool next_answer(stream_client *client)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    Orderer__BroadcastResponse *response;
    if (!bytes)
        return false;
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    ck_assert_msg(response->status == COMMON__STATUS__SUCCESS, "%s", response->info);
    return true;
}

static void note(unsigned round, unsigned answer)
{
    if (answer == UPDATE_AT)
        updated[round] = true;
    else
        acknowledged[round * BATCH + answer - (answer > UPDATE_AT)] = true;
}

/** Send transactions with an update among them, and kill the program after @p answers. */
static void load_and_kill(unsigned round, unsigned answers)
{
    unsigned count = 0;
    order_last();
    heddle_view update = update_of(round);
    stream_client *client = open_stream(WIRE_ORDERER_BROADCAST);
    for (unsigned i = 0; i < BATCH; i++) {
        if (i == UPDATE_AT)
            stream_client_send(client, update);
        heddle_view number = heddle_view_str(base_arena_printf(arena, "%u", round * BATCH + i));
        stream_client_send(client, sealed(user, COMMON__HEADER_TYPE__ENDORSER_TRANSACTION, number));
    }
    while (count < answers && next_answer(client))
        note(round, count++);
    process_stop(base_steal(&devnet), SIGKILL);
    while (next_answer(client))
        note(round, count++);
    stream_client_close(client);
}

/* The chain that is left. */

static void follow_config(wire_bundle **at, const wire_block *block)
{
    wire_envelope envelope;
    wire_bundle *next;
    ck_assert_uint_eq(block->tx_count, 1);
    ck_assert_uint_eq(block->last_config, block->number);
    check(wire_envelope_read(block->envelopes[0], &envelope, &err));
    check(wire_config_update_validate(*at, envelope.data, &next, &err));
    found_updates[wire_bundle_config(next)->batch_max_messages - 2]++;
    wire_bundle_unref(*at);
    *at = next;
}

static void count_block(wire_bundle **at, const wire_block *block)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        wire_tx tx;
        uint64_t number;
        check(wire_tx_read(block->envelopes[i], arena, &tx, &err));
        if (tx.type == WIRE_TX_CONFIG) {
            follow_config(at, block);
            continue;
        }
        ck_assert_uint_le(block->tx_count, wire_bundle_config(*at)->batch_max_messages);
        if (base_parse_u64(tx.data, &number)) {
            ck_assert_uint_lt(number, TOTAL);
            found[number]++;
        }
    }
}

static void read_chain(uint64_t height)
{
    wire_bundle *at = NULL;
    stream_client *client = open_stream(WIRE_ORDERER_DELIVER);
    stream_client_send(client, proposer_seek(user, 0, height - 1, arena));
    for (uint64_t n = 0; n < height; n++) {
        wire_deliver_response response = {0};
        wire_block block;
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        check(wire_shape_read(&wire_deliver_response_shape, rpc_bytes_view(bytes), arena, &response,
                              &err));
        check(wire_block_read(response.block, arena, &block, &err));
        if (n == 0)
            check(wire_bundle_from_block(response.block, &at, &err));
        else
            count_block(&at, &block);
    }
    stream_client_close(client);
    wire_bundle_unref(at);
}

START_TEST(acknowledged_updates_are_there_once)
{
    srand((unsigned)getpid());
    for (unsigned round = 0; round < ROUNDS; round++) {
        start();
        load_and_kill(round, 1 + (unsigned)rand() % BATCH);
    }
    start();
    read_chain(order_last() + 1); /* with the block of that transaction, which may hold others */
    for (unsigned i = 0; i < TOTAL; i++) {
        ck_assert_msg(found[i] || !acknowledged[i], "transaction %u is lost", i);
        ck_assert_uint_le(found[i], 1);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        ck_assert_msg(found_updates[i] || !updated[i], "update %u is lost", i);
        ck_assert_uint_le(found_updates[i], 1);
    }
    ck_assert_int_eq(process_stop(base_steal(&devnet), SIGTERM), 0);
}
END_TEST

static TCase *with_folder(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet killed while its configuration changes",
           with_folder(SUITE_CASE("kill", acknowledged_updates_are_there_once)))
