/*
 * Config updates on a running network: two organisations, one peer each, and a chaincode. Tests
 * make updates as administrators do, from the configuration that a peer gives.
 */
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "crypto/issue.h"
#include "devnet/genesis/genesis.h"
#include "devnet/material/material.h"
#include "orderer/ab.pb-c.h"
#include "peer/configuration.pb-c.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/proposer.h"
#include "support/scripted_chaincode.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/config_update.h"
#include "wire/deliver.h"
#include "wire/envelope.h"
#include "wire/seek.h"
#include "wire/services.h"

enum { ORGS = 2, MOST_SIGNERS = 4, WAIT_MS = 20000 };

static devnet *net;
static scripted_chaincode *server;
static dn_chaincode chaincode;
static rpc_channel *peers[ORGS];
static dn_signer *users[ORGS];
static dn_signer *admins[ORGS];
static dn_signer *orderer_admin;
static base_arena *arena;
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

static const dn_endpoint *orderer(void)
{
    return dn_network_orderer(network());
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

static void load_signers(void)
{
    for (int i = 0; i < ORGS; i++) {
        const char *domain = base_arena_printf(arena, "org%d.example.com", i + 1);
        const char *mspid = base_arena_printf(arena, "Org%dMSP", i + 1);
        check(dn_signer_load(devnet_msp(net, domain, "User1"), mspid, &users[i], &err));
        check(dn_signer_load(devnet_msp(net, domain, "Admin"), mspid, &admins[i], &err));
    }
    check(dn_signer_load(devnet_msp(net, "example.com", "Admin"), "OrdererMSP", &orderer_admin,
                         &err));
}

static void start(bool bft)
{
    dn_options options = devnet_options();
    options.bft = bft;
    options.orderer_count = bft ? 4 : 1;
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    arena = base_arena_new(0);
    server = scripted_chaincode_start(0);
    chaincode = (dn_chaincode){.name = "cc",
                               .address = scripted_chaincode_address(server),
                               .policy = "OR('Org1MSP.peer','Org2MSP.peer')"};
    options.org_count = ORGS;
    options.chaincodes = &chaincode;
    options.chaincode_count = 1;
    net = devnet_start(&options);
    connect_all();
    load_signers();
}

static void setup(void)
{
    start(false);
}

static void setup_bft(void)
{
    start(true);
}

static void teardown(void)
{
    disconnect_all();
    for (size_t i = 0; i < ORGS; i++) {
        dn_signer_free(users[i]);
        dn_signer_free(admins[i]);
    }
    dn_signer_free(orderer_admin);
    devnet_free(net);
    scripted_chaincode_stop(server);
    base_arena_free(arena);
    rpc_shutdown();
}

static heddle_view encode(const ProtobufCMessage *message)
{
    heddle_view bytes;
    check(wire_encode_arena(message, arena, &bytes, &err));
    return bytes;
}

static void wait_for_peers(void)
{
    check(dn_network_wait_height(network(), dn_network_ordered_height(network()), WAIT_MS, &err));
}

/* The configuration. */

static heddle_view query(const dn_signer *as, size_t peer, const char *name)
{
    proposer_request request = {.signer = as, .chaincode = "cscc", .args = {name, "mychannel"}};
    proposed p = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(peers[peer], &p, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    return response.result;
}

static heddle_view present(void)
{
    wait_for_peers();
    return query(users[0], 0, "GetChannelConfig");
}

static Common__Config *decoded(heddle_view config)
{
    Common__Config *message;
    check(wire_decode(common__config, config, arena, &message, &err));
    return message;
}

static uint64_t sequence(void)
{
    return decoded(present())->sequence;
}

static Common__ConfigGroup *group_at(Common__Config *config, const char *first, const char *second)
{
    const Common__ConfigGroup *group =
        wire_config_subgroup(config->channel_group, heddle_view_str(first));
    if (second)
        group = wire_config_subgroup(group, heddle_view_str(second));
    ck_assert_ptr_nonnull(group);
    return (Common__ConfigGroup *)(uintptr_t)group;
}

static void set_value(Common__ConfigGroup *group, const char *name, const ProtobufCMessage *message)
{
    Common__ConfigValue *value = (void *)(uintptr_t)wire_config_value(group, name);
    ck_assert_ptr_nonnull(value);
    value->value = wire_bytes(encode(message));
}

static void set_batches(Common__Config *config, uint32_t messages, const char *timeout)
{
    Orderer__BatchSize size = ORDERER__BATCH_SIZE__INIT;
    Orderer__BatchTimeout wait = ORDERER__BATCH_TIMEOUT__INIT;
    size.max_message_count = messages;
    size.preferred_max_bytes = 1 << 20;
    size.absolute_max_bytes = 2 << 20;
    wait.timeout = wire_text(timeout);
    set_value(group_at(config, "Orderer", NULL), "BatchSize", &size.base);
    set_value(group_at(config, "Orderer", NULL), "BatchTimeout", &wait.base);
}

static void set_anchors(Common__Config *config, const char *org, const char *host, int port)
{
    Protos__AnchorPeer anchor = PROTOS__ANCHOR_PEER__INIT;
    Protos__AnchorPeers anchors = PROTOS__ANCHOR_PEERS__INIT;
    Protos__AnchorPeer *items[] = {&anchor};
    anchor.host = wire_text(host);
    anchor.port = port;
    anchors.anchor_peers = items;
    anchors.n_anchor_peers = 1;
    set_value(group_at(config, "Application", org), "AnchorPeers", &anchors.base);
}

static heddle_view compute(heddle_view original, const Common__Config *edited)
{
    base_auto_buffer base_buffer out = {0};
    check(wire_config_update_compute(original, encode(&edited->base), "mychannel", &out, &err));
    return base_arena_view(arena, base_buffer_view(&out));
}

/* Signing and sending. */

static Common__ConfigSignature *sign(const dn_signer *signer, heddle_view update)
{
    crypto_signature made;
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    Common__ConfigSignature *signature = wire_new(common__config_signature, arena);
    header.creator = wire_bytes(dn_signer_identity(signer));
    header.nonce = wire_bytes(VIEW("nonce"));
    heddle_view parts[] = {encode(&header.base), update};
    check(dn_signer_sign(signer, parts, 2, &made, &err));
    signature->signature_header = wire_bytes(parts[0]);
    signature->signature = wire_bytes(base_arena_view(arena, crypto_signature_view(&made)));
    return signature;
}

static heddle_view sealed(const dn_signer *as, int type, heddle_view data)
{
    heddle_view payload, envelope;
    crypto_signature signature;
    wire_header header = {.type = type,
                          .time = base_wall_now(),
                          .channel = VIEW("mychannel"),
                          .creator = dn_signer_identity(as),
                          .nonce = VIEW("nonce")};
    check(wire_payload_write(&header, data, arena, &payload, &err));
    check(dn_signer_sign(as, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    return base_arena_view(arena, envelope);
}

static heddle_view signed_by(heddle_view update, const dn_signer *const *signers)
{
    Common__ConfigSignature *signatures[MOST_SIGNERS];
    Common__ConfigUpdateEnvelope message = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    message.config_update = wire_bytes(update);
    message.signatures = signatures;
    for (; signers[message.n_signatures]; message.n_signatures++)
        signatures[message.n_signatures] = sign(signers[message.n_signatures], update);
    return sealed(admins[0], COMMON__HEADER_TYPE__CONFIG_UPDATE, encode(&message.base));
}
#define SIGNED_BY(update, ...) signed_by(update, (const dn_signer *[]){__VA_ARGS__, NULL})

static stream_client *open_stream(const dn_endpoint *at, const char *method)
{
    stream_client_options options = {
        .address = at->address, .tls_ca = at->tls_ca, .method = method};
    return stream_client_open(&options);
}

static Orderer__BroadcastResponse *answer_of(stream_client *client)
{
    Orderer__BroadcastResponse *response;
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    ck_assert_ptr_nonnull(bytes);
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    return response;
}

static Orderer__BroadcastResponse *broadcast_to(const dn_endpoint *at, heddle_view envelope)
{
    stream_client *client = open_stream(at, WIRE_ORDERER_BROADCAST);
    stream_client_send(client, envelope);
    Orderer__BroadcastResponse *response = answer_of(client);
    stream_client_close(client);
    return response;
}

static Orderer__BroadcastResponse *broadcast(heddle_view envelope)
{
    return broadcast_to(orderer(), envelope);
}

static void accepted(heddle_view envelope)
{
    const Orderer__BroadcastResponse *response = broadcast(envelope);
    ck_assert_msg(response->status == COMMON__STATUS__SUCCESS, "%s", response->info);
}

/** An update: it stands when its block is on every peer. */
static void changed(heddle_view envelope)
{
    uint64_t before = sequence(), height;
    accepted(envelope);
    do {
        height = dn_network_ordered_height(network());
        if (sequence() > before)
            return;
        check(dn_network_wait_height(network(), height + 1, WAIT_MS, &err));
    } while (true);
}

static void refused(heddle_view envelope, int status, const char *info)
{
    const Orderer__BroadcastResponse *response = broadcast(envelope);
    ck_assert_int_eq((int)response->status, status);
    ck_assert_str_eq(response->info, info);
}

/* Transactions. */

static heddle_view transaction(const char *key, proposed *out)
{
    proposer_request request = {
        .signer = users[0], .chaincode = "cc", .args = {"put", key, "value"}};
    *out = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(peers[0], out, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    return proposer_assemble(out, &response, 1, arena);
}

static wire_block orderers_block(uint64_t number)
{
    wire_deliver_response response = {0};
    wire_block block;
    stream_client *client = open_stream(orderer(), WIRE_ORDERER_DELIVER);
    stream_client_send(client, proposer_seek(users[0], number, number, arena));
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    heddle_view kept = base_arena_view(arena, rpc_bytes_view(bytes));
    check(wire_shape_read(&wire_deliver_response_shape, kept, arena, &response, &err));
    stream_client_close(client);
    check(wire_block_read(response.block, arena, &block, &err));
    return block;
}

/* Tests. */

static void change_batches(uint32_t messages, const char *timeout)
{
    heddle_view config = present();
    Common__Config *edited = decoded(config);
    set_batches(edited, messages, timeout);
    changed(SIGNED_BY(compute(config, edited), orderer_admin));
}

static void put_three(void)
{
    heddle_view envelopes[3];
    proposed p;
    uint64_t block;
    for (int i = 0; i < 3; i++)
        envelopes[i] = transaction(base_arena_printf(arena, "k%d", i), &p);
    proposer_order(orderer(), envelopes, 3, arena);
    ck_assert_int_eq(proposer_code(dn_network_peer(network(), 1), users[0], p.tx_id, arena, &block),
                     0);
    ck_assert_uint_eq(orderers_block(block).tx_count, 3);
}

START_TEST(batches_follow_a_changed_configuration)
{
    uint64_t height = dn_network_ordered_height(network());
    change_batches(3, "600s");
    ck_assert_uint_eq(sequence(), 1);
    wire_block block = orderers_block(height);
    ck_assert_uint_eq(block.tx_count, 1);
    ck_assert_uint_eq(block.last_config, height);
    put_three();
    ck_assert_uint_eq(orderers_block(height + 1).last_config, height);
    ck_assert(base_view_equal(query(users[0], 0, "GetChannelConfig"),
                              query(users[1], 1, "GetChannelConfig")));
}
END_TEST

START_TEST(a_network_goes_on_with_its_last_configuration)
{
    heddle_view before;
    change_batches(3, "600s");
    before = present();
    disconnect_all();
    devnet_restart(net);
    connect_all();
    ck_assert(base_view_equal(present(), before));
    put_three();
    change_batches(1, "600s");
    ck_assert_uint_eq(sequence(), 2);
}
END_TEST

/* What was acknowledged and is in no block: two transactions with an update between them, and an
 * update that builds upon the first. */
START_TEST(an_acknowledged_update_survives_the_orderer)
{
    heddle_view config = present();
    uint64_t height = dn_network_ordered_height(network()), block;
    Common__Config *first = decoded(config), *second = decoded(config);
    dn_fault hold = {.kind = DN_FAULT_HOLD, .height = height};
    base_auto_buffer base_buffer made = {0};
    wire_bundle *now, *next;
    proposed p, q;
    set_batches(first, 3, "20ms");
    set_batches(second, 4, "20ms");
    heddle_view a = transaction("a", &p), b = transaction("b", &q);
    heddle_view update = SIGNED_BY(compute(config, first), orderer_admin);
    snprintf(hold.node, sizeof(hold.node), "%s", orderer()->name);
    check(dn_network_fault_set(network(), &hold, &err));
    accepted(a);
    accepted(update);
    accepted(b);
    check(wire_bundle_from_config(config, "mychannel", &now, &err));
    check(wire_config_update_apply(now, update, &made, &next, &err));
    second->channel_group = decoded(encode(&wire_bundle_config(next)->config->base))->channel_group;
    set_batches(second, 4, "20ms");
    accepted(
        SIGNED_BY(compute(encode(&wire_bundle_config(next)->config->base), second), orderer_admin));
    wire_bundle_unref(now);
    wire_bundle_unref(next);
    ck_assert_uint_eq(dn_network_ordered_height(network()), height);
    disconnect_all();
    devnet_restart(net);
    connect_all();
    check(dn_network_wait_height(network(), height + 4, WAIT_MS, &err));
    ck_assert_uint_eq(sequence(), 2);
    ck_assert_uint_eq(orderers_block(height + 1).last_config, height + 1);
    ck_assert_int_eq(proposer_code(dn_network_peer(network(), 0), users[0], q.tx_id, arena, &block),
                     0);
    ck_assert_uint_eq(block, height + 2);
    ck_assert_uint_eq(orderers_block(height + 3).last_config, height + 3);
}
END_TEST

START_TEST(anchor_peers_are_set_by_their_organisation)
{
    heddle_view config = present();
    Common__Config *edited = decoded(config);
    wire_bundle *bundle;
    set_anchors(edited, "Org2MSP", "anchor.example.com", 7777);
    heddle_view update = compute(config, edited);
    refused(SIGNED_BY(update, admins[0]), 400,
            "error applying config update to existing channel 'mychannel': error authorizing "
            "update: error validating DeltaSet: policy for [Value]  "
            "/Channel/Application/Org2MSP/AnchorPeers not satisfied: signature set did not satisfy "
            "policy: 1 valid identities");
    changed(SIGNED_BY(update, admins[1]));
    check(wire_bundle_from_config(present(), "mychannel", &bundle, &err));
    ck_assert_str_eq(wire_bundle_config(bundle)->application_orgs[1].anchors[0].host,
                     "anchor.example.com");
    wire_bundle_unref(bundle);
}
END_TEST

START_TEST(an_update_that_nobody_may_make_is_refused)
{
    static const char text[] =
        "error applying config update to existing channel 'mychannel': error authorizing update: "
        "error validating DeltaSet: policy for [Value]  /Channel/Orderer/BatchSize not satisfied: "
        "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy "
        "requires 1 of the 'Admins' sub-policies to be satisfied";
    heddle_view config = present();
    Common__Config *edited = decoded(config);
    set_batches(edited, 5, "1s");
    heddle_view update = compute(config, edited);
    refused(signed_by(update, (const dn_signer *[]){NULL}), 400, text);
    refused(SIGNED_BY(update, admins[0], admins[1]), 400, text);
    set_batches(edited, 6, "1s");
    heddle_view other = compute(config, edited);
    Common__ConfigUpdateEnvelope message = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    Common__ConfigSignature *signature = sign(orderer_admin, other);
    message.config_update = wire_bytes(update);
    message.signatures = &signature;
    message.n_signatures = 1;
    refused(sealed(admins[0], COMMON__HEADER_TYPE__CONFIG_UPDATE, encode(&message.base)), 400,
            text);
    ck_assert_uint_eq(sequence(), 0);
}
END_TEST

START_TEST(of_two_administrators_one_is_told_to_look_again)
{
    static const char text[] =
        "error applying config update to existing channel 'mychannel': error authorizing update: "
        "error validating DeltaSet: attempt to set key [Value]  /Channel/Orderer/BatchSize to "
        "version 1, but key is at version 1";
    heddle_view config = present();
    uint64_t height = dn_network_ordered_height(network());
    Common__Config *first = decoded(config), *second = decoded(config);
    set_batches(first, 5, "20ms");
    set_batches(second, 6, "20ms");
    heddle_view a = SIGNED_BY(compute(config, first), orderer_admin);
    heddle_view b = SIGNED_BY(compute(config, second), orderer_admin);
    stream_client *client = open_stream(orderer(), WIRE_ORDERER_BROADCAST);
    stream_client_send(client, a);
    stream_client_send(client, b);
    const Orderer__BroadcastResponse *one = answer_of(client);
    const Orderer__BroadcastResponse *two = answer_of(client);
    stream_client_close(client);
    ck_assert_int_eq((int)one->status, 200);
    ck_assert_int_eq((int)two->status, 400);
    ck_assert_str_eq(two->info, text);
    refused(b, 400, text);
    check(dn_network_wait_height(network(), height + 1, WAIT_MS, &err));
    ck_assert_uint_eq(sequence(), 1);
}
END_TEST

START_TEST(nothing_behind_a_refused_update_is_ordered)
{
    heddle_view config = present();
    uint64_t height = dn_network_ordered_height(network()), block;
    Common__Config *edited = decoded(config);
    proposed p, q;
    set_batches(edited, 5, "20ms");
    heddle_view update = SIGNED_BY(compute(config, edited), admins[0]);
    heddle_view behind = transaction("behind", &p), later = transaction("later", &q);
    stream_client *client = open_stream(orderer(), WIRE_ORDERER_BROADCAST);
    stream_client_send(client, update);
    stream_client_send(client, behind);
    ck_assert_int_eq((int)answer_of(client)->status, 400);
    ck_assert_ptr_null(stream_client_next(client));
    ck_assert_int_eq(stream_client_code(client), RPC_OK);
    stream_client_close(client);
    accepted(later);
    ck_assert_int_eq(proposer_code(dn_network_peer(network(), 0), users[0], q.tx_id, arena, &block),
                     0);
    ck_assert_uint_eq(block, height);
    ck_assert_uint_eq(orderers_block(height).tx_count, 1);
}
END_TEST

/* Organisations. */

static dn_signer *org3_user;

/** Org3MSP, as a group of the application; its user is org3_user. */
static Common__ConfigGroup *make_org3(const char *dir)
{
    dn_material *material;
    base_auto_buffer base_buffer local = {0};
    dn_material_options options = {.dir = dir, .org_count = 3, .peers_per_org = 1};
    check(dn_material_open(&options, &material, &err));
    const dn_org *org = &material->orgs[2];
    const char *msp = base_arena_printf(arena, "%s/users/User1@org3.example.com/msp", org->dir);
    check(dn_signer_load(msp, "Org3MSP", &org3_user, &err));
    check(dn_genesis_make_local(org, &local, &err));
    dn_material_free(material);
    Common__Config *config = decoded(base_arena_view(arena, base_buffer_view(&local)));
    return group_at(config, "Application", "Org3MSP");
}

static void add_org(Common__Config *config, Common__ConfigGroup *org)
{
    Common__ConfigGroup *application = group_at(config, "Application", NULL);
    size_t count = application->n_groups;
    Common__ConfigGroup__GroupsEntry *entry = wire_new(common__config_group__groups_entry, arena);
    Common__ConfigGroup__GroupsEntry **entries =
        base_arena_zalloc(arena, count + 1, sizeof(*entries));
    memcpy(entries, application->groups, count * sizeof(*entries));
    entry->key = wire_text("Org3MSP");
    entry->value = org;
    entries[count] = entry;
    application->groups = entries;
    application->n_groups = count + 1;
}

static int first_status(const dn_endpoint *at, const char *method, const dn_signer *as)
{
    wire_deliver_response response = {0};
    stream_client *client = open_stream(at, method);
    stream_client_send(client, proposer_seek(as, 0, 0, arena));
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    check(wire_shape_read(&wire_deliver_response_shape, rpc_bytes_view(bytes), arena, &response,
                          &err));
    stream_client_close(client);
    return response.block.len ? 200 : response.status;
}

/** The status of a query; 0: the peer does not even read it. */
static int may_query(const dn_signer *as)
{
    proposer_request request = {
        .signer = as, .chaincode = "cscc", .args = {"GetChannelConfig", "mychannel"}};
    proposed p = proposer_propose(&request, arena);
    base_auto(rpc_bytes) rpc_bytes *bytes = NULL;
    wire_proposal_response response;
    rpc_call_options options = {.method = WIRE_ENDORSER_PROCESS_PROPOSAL,
                                .deadline_ms = base_now_ms() + WAIT_MS,
                                .wait_for_ready = true};
    if (rpc_call_blocking(peers[0], &options, p.signed_bytes, &bytes, &err) != HEDDLE_OK)
        return err.grpc_code == RPC_UNKNOWN ? 0 : -1;
    check(wire_proposal_response_read(rpc_bytes_view(bytes), &response, &err));
    return response.status;
}

START_TEST(an_organisation_comes_and_goes)
{
    char *dir = fixture_dir_new();
    Common__ConfigGroup *org3 = make_org3(dir);
    heddle_view without = present();
    Common__Config *edited = decoded(without);
    ck_assert_int_eq(first_status(orderer(), WIRE_ORDERER_DELIVER, org3_user), 403);
    ck_assert_int_eq(may_query(org3_user), 0);
    add_org(edited, org3);
    changed(SIGNED_BY(compute(without, edited), admins[0], admins[1]));
    heddle_view with = present();
    ck_assert_int_eq(first_status(orderer(), WIRE_ORDERER_DELIVER, org3_user), 200);
    ck_assert_int_eq(first_status(dn_network_peer(network(), 0), WIRE_DELIVER_FULL, org3_user),
                     200);
    ck_assert_int_eq(may_query(org3_user), 200);
    changed(SIGNED_BY(compute(with, decoded(without)), admins[0], admins[1]));
    wait_for_peers();
    ck_assert_int_eq(first_status(orderer(), WIRE_ORDERER_DELIVER, org3_user), 403);
    ck_assert_int_eq(may_query(org3_user), 0);
    dn_signer_free(org3_user);
    fixture_dir_free(dir);
}
END_TEST

static int endorsed_by(size_t peer, const char *key)
{
    uint64_t block;
    proposer_request request = {
        .signer = users[0], .chaincode = "cc", .args = {"put", key, "value"}};
    proposed p = proposer_propose(&request, arena);
    wire_proposal_response response = proposer_endorse(peers[peer], &p, arena);
    ck_assert_msg(response.status == 200, "%.*s", BASE_VIEW_ARG(response.message));
    heddle_view envelope = proposer_assemble(&p, &response, 1, arena);
    proposer_order(orderer(), &envelope, 1, arena);
    return proposer_code(dn_network_peer(network(), 0), users[0], p.tx_id, arena, &block);
}

START_TEST(a_peer_whose_organisation_left_may_come_back)
{
    heddle_view with = present();
    Common__Config *edited = decoded(with);
    ck_assert_int_eq(endorsed_by(1, "before"), 0);
    group_at(edited, "Application", NULL)->n_groups = 1;
    changed(SIGNED_BY(compute(with, edited), admins[0], admins[1]));
    ck_assert_int_eq(endorsed_by(1, "without"), 10);
    disconnect_all();
    devnet_restart(net);
    connect_all();
    ck_assert_int_eq(endorsed_by(1, "again without"), 10);
    heddle_view without = present();
    changed(SIGNED_BY(compute(without, decoded(with)), admins[0]));
    ck_assert_int_eq(endorsed_by(1, "with"), 0);
}
END_TEST

static int next_status(stream_client *client)
{
    for (;;) {
        wire_deliver_response response = {0};
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        ck_assert_ptr_nonnull(bytes);
        check(wire_shape_read(&wire_deliver_response_shape, rpc_bytes_view(bytes), arena, &response,
                              &err));
        if (!response.block.len)
            return response.status;
    }
}

START_TEST(a_reader_that_has_lost_access_is_sent_no_more)
{
    heddle_view config = present();
    Common__Config *edited = decoded(config);
    const dn_endpoint *peer = dn_network_peer(network(), 0);
    stream_client *of_peer = open_stream(peer, WIRE_DELIVER_FULL);
    stream_client *of_orderer = open_stream(orderer(), WIRE_ORDERER_DELIVER);
    stream_client_send(of_peer, proposer_seek(users[1], 0, UINT64_MAX, arena));
    stream_client_send(of_orderer, proposer_seek(users[1], 0, UINT64_MAX, arena));
    group_at(edited, "Application", NULL)->n_groups = 1;
    accepted(SIGNED_BY(compute(config, edited), admins[0], admins[1]));
    ck_assert_int_eq(next_status(of_peer), 403);
    ck_assert_int_eq(next_status(of_orderer), 403);
    stream_client_close(of_peer);
    stream_client_close(of_orderer);
}
END_TEST

/* Revocation. */

static void make_crl(const dn_signer *revoked, base_buffer *out)
{
    base_auto_buffer base_buffer ca = {0};
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    base_auto(crypto_key) crypto_key *key = NULL;
    const char *dir = base_arena_printf(
        arena, "%s/crypto-config/peerOrganizations/org1.example.com/ca", devnet_dir(net));
    check(base_read_file(base_arena_printf(arena, "%s/ca.org1.example.com-cert.pem", dir), 0, &ca,
                         &err));
    check(crypto_cert_parse(base_buffer_view(&ca), &cert, &err));
    check(crypto_key_load(base_arena_printf(arena, "%s/priv_sk", dir), &key, &err));
    crypto_revoked entry = {.cert = dn_signer_cert(revoked)};
    crypto_crl_spec spec = {.revoked = &entry, .count = 1};
    check(crypto_issue_crl(cert, key, &spec, out, &err));
}

START_TEST(a_revoked_certificate_is_refused)
{
    base_auto_buffer base_buffer crl = {0};
    proposed p;
    heddle_view envelope = transaction("before", &p);
    make_crl(users[0], &crl);
    check(dn_network_revoke(network(), "Org1MSP", base_buffer_view(&crl), &err));
    wait_for_peers();
    ck_assert_int_eq(may_query(users[0]), 0);
    ck_assert_int_eq(may_query(users[1]), 200);
    ck_assert_int_eq((int)broadcast(envelope)->status, 403);
    ck_assert_int_eq(first_status(dn_network_peer(network(), 0), WIRE_DELIVER_FULL, users[0]), 403);
    check(dn_network_revoke(network(), "Org1MSP", (heddle_view){0}, &err));
    wait_for_peers();
    ck_assert_int_eq(may_query(users[0]), 200);
    accepted(envelope);
}
END_TEST

/* In flight. */

/** From here on the orderers cut no block. */
static void hold(void)
{
    dn_fault fault = {.kind = DN_FAULT_HOLD, .height = dn_network_ordered_height(network())};
    snprintf(fault.node, sizeof(fault.node), "%s", orderer()->name);
    check(dn_network_fault_set(network(), &fault, &err));
}

START_TEST(a_transaction_behind_an_update_is_held_against_it)
{
    heddle_view config = present();
    Common__Config *edited = decoded(config);
    proposer_request request = {
        .signer = users[1], .chaincode = "cc", .args = {"put", "late", "value"}};
    proposed p = proposer_propose(&request, arena), q;
    wire_proposal_response response = proposer_endorse(peers[1], &p, arena);
    heddle_view late = proposer_assemble(&p, &response, 1, arena);
    heddle_view allowed = transaction("allowed", &q);
    uint64_t block;
    group_at(edited, "Application", NULL)->n_groups = 1;
    hold();
    accepted(SIGNED_BY(compute(config, edited), admins[0], admins[1]));
    ck_assert_int_eq((int)broadcast(late)->status, 403);
    accepted(allowed);
    check(dn_network_fault_clear(network(), NULL, &err));
    ck_assert_int_eq(proposer_code(dn_network_peer(network(), 0), users[0], q.tx_id, arena, &block),
                     0);
}
END_TEST

/* BFT orderers: clients send an update to all of them. */

START_TEST(an_update_that_all_orderers_get_is_ordered_once)
{
    heddle_view config = present();
    uint64_t height = dn_network_ordered_height(network());
    Common__Config *edited = decoded(config);
    set_batches(edited, 3, "20ms");
    heddle_view update = SIGNED_BY(compute(config, edited), orderer_admin);
    set_batches(edited, 4, "20ms");
    heddle_view foreign = SIGNED_BY(compute(config, edited), admins[0]);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq((int)broadcast_to(dn_network_orderer_at(network(), i), foreign)->status,
                         400);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq((int)broadcast_to(dn_network_orderer_at(network(), i), update)->status,
                         200);
    check(dn_network_wait_height(network(), height + 1, WAIT_MS, &err));
    ck_assert_uint_eq(sequence(), 1);
    ck_assert_uint_eq(dn_network_ordered_height(network()), height + 1);
    wire_block block = orderers_block(height);
    ck_assert_uint_eq(block.last_config, height);
    ck_assert_uint_eq(block.signature_count, 3);
}
END_TEST

/* Load. */

enum { LOAD = 24 };

static heddle_view load_envelopes[LOAD];
static proposed load_proposals[LOAD];

static void *put_load(void *user)
{
    (void)user;
    base_arena *own = base_arena_new(0);
    for (size_t i = 0; i < LOAD; i++)
        proposer_order(orderer(), &load_envelopes[i], 1, own);
    base_arena_free(own);
    return NULL;
}

START_TEST(updates_under_load_lose_nothing)
{
    pthread_t thread;
    uint64_t block;
    for (int i = 0; i < LOAD; i++)
        load_envelopes[i] = transaction(base_arena_printf(arena, "load%d", i), &load_proposals[i]);
    ck_assert_int_eq(pthread_create(&thread, NULL, put_load, NULL), 0);
    for (uint32_t i = 1; i <= 5; i++)
        change_batches(i, "20ms");
    pthread_join(thread, NULL);
    for (int i = 0; i < LOAD; i++)
        ck_assert_int_eq(proposer_code(dn_network_peer(network(), 1), users[0],
                                       load_proposals[i].tx_id, arena, &block),
                         0);
    ck_assert_uint_eq(sequence(), 5);
}
END_TEST

static TCase *with(TCase *tcase, void (*start_network)(void))
{
    tcase_add_checked_fixture(tcase, start_network, teardown);
    return tcase;
}

static TCase *with_network(TCase *tcase)
{
    return with(tcase, setup);
}

SUITE_MAIN("devnet/config",
           with_network(SUITE_CASE("values", batches_follow_a_changed_configuration,
                                   a_network_goes_on_with_its_last_configuration,
                                   an_acknowledged_update_survives_the_orderer,
                                   anchor_peers_are_set_by_their_organisation)),
           with_network(SUITE_CASE("refusals", an_update_that_nobody_may_make_is_refused,
                                   of_two_administrators_one_is_told_to_look_again,
                                   nothing_behind_a_refused_update_is_ordered)),
           with_network(SUITE_CASE("members", an_organisation_comes_and_goes,
                                   a_peer_whose_organisation_left_may_come_back,
                                   a_reader_that_has_lost_access_is_sent_no_more,
                                   a_revoked_certificate_is_refused)),
           with_network(SUITE_CASE("load", a_transaction_behind_an_update_is_held_against_it,
                                   updates_under_load_lose_nothing)),
           with(SUITE_CASE("bft", an_update_that_all_orderers_get_is_ordered_once), setup_bft))
