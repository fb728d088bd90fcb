#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/genesis/genesis.h"
#include "devnet/material/signer.h"
#include "devnet/orderer/orderer.h"
#include "orderer/ab.pb-c.h"
#include "support/fixture.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/envelope.h"
#include "wire/seek.h"
#include "wire/services.h"
#include "wire/txid.h"

enum { LONG_MS = 600000, MAX_BYTES = 4000 };

static char *dir;
static char *keys_dir;
static heddle_error err;
static base_arena *arena;
static dn_material *material;
static base_buffer genesis;
static wire_bundle *bundle;
static dn_config_holder *holder;
static dn_channel channel;
static dn_chains *chains;
static dn_chain *chain;
static dn_blockstore *blocks;
static dn_orderer *orderer;
static uint16_t port;
static dn_signer *user;
static dn_signer *stranger; /* has an identity of a foreign Org1MSP */
static char *stranger_dir;
static stream_client *client;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static dn_signer *signer_at(const char *crypto_config, const char *below, const char *mspid)
{
    dn_signer *signer = NULL;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", crypto_config, below);
    check(dn_signer_load(path, mspid, &signer, &err));
    return signer;
}

#define USER1 "peerOrganizations/org1.example.com/users/User1@org1.example.com/msp"

/* The orderer. */

static void make_channel(void)
{
    static const uint16_t ports[] = {1, 2};
    dn_genesis_options options = {.channel = "mychannel",
                                  .material = material,
                                  .host = "localhost",
                                  .orderer_ports = ports,
                                  .peer_ports = ports,
                                  .batch_timeout_ms = LONG_MS,
                                  .batch_max_messages = 2,
                                  .batch_preferred_bytes = MAX_BYTES,
                                  .batch_absolute_bytes = MAX_BYTES};
    check(dn_genesis_make(&options, &genesis, &err));
    check(wire_bundle_from_block(base_buffer_view(&genesis), &bundle, &err));
    check(dn_config_holder_new(bundle, 0, &holder, &err));
    channel =
        (dn_channel){.name = "mychannel", .genesis = base_buffer_view(&genesis), .config = holder};
}

static void start_orderer(void)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/orderer", dir);
    dn_chains_options wanted = {.dir = path, .org = &material->orderer};
    check(dn_chains_open(&wanted, &chains, &err));
    if (!(chain = dn_chains_find(chains, VIEW("mychannel"))))
        check(dn_chains_join(chains, 0, channel.genesis, &chain, &err));
    blocks = chain->blocks;
    dn_orderer_options options = {
        .node = &material->orderer.nodes[0], .chains = chains, .listen_host = "127.0.0.1"};
    check(dn_orderer_open(&options, &orderer, &err));
    port = dn_orderer_port(orderer);
    check(dn_chains_start(chains, &err));
    check(dn_orderer_start(orderer, &err));
}

static void stop_orderer(void)
{
    dn_orderer_free(orderer);
    dn_chain_unref(base_steal(&chain));
    dn_chains_free(base_steal(&chains));
    orderer = NULL;
    blocks = NULL;
}

/* Keys are made once, before Check forks; everything else for each test. */

static void make_keys(void)
{
    dn_material *foreign;
    keys_dir = fixture_dir_new();
    stranger_dir = fixture_dir_new();
    dn_material_options options = {.dir = keys_dir, .org_count = 2, .peers_per_org = 1};
    check(dn_material_open(&options, &material, &err));
    options.dir = stranger_dir;
    check(dn_material_open(&options, &foreign, &err));
    user = signer_at(material->dir, USER1, "Org1MSP");
    stranger = signer_at(foreign->dir, USER1, "Org1MSP");
    dn_material_free(foreign);
    make_channel();
}

static void free_keys(void)
{
    dn_config_holder_free(holder);
    wire_bundle_unref(bundle);
    base_buffer_done(&genesis);
    dn_signer_free(user);
    dn_signer_free(stranger);
    dn_material_free(material);
    fixture_dir_free(keys_dir);
    fixture_dir_free(stranger_dir);
}

static void setup(void)
{
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    dir = fixture_dir_new();
    start_orderer();
}

static void teardown(void)
{
    stream_client_close(client);
    client = NULL;
    stop_orderer();
    fixture_dir_free(dir);
    base_arena_free(arena);
    rpc_shutdown();
}

static void connect_to(const char *method)
{
    static char address[64];
    snprintf(address, sizeof(address), "localhost:%u", port);
    stream_client_options options = {
        .address = address, .tls_ca = material->orderer.tls_ca_cert, .method = method};
    stream_client_close(client);
    client = stream_client_open(&options);
}

/* Envelopes. */

typedef struct envelope_spec {
    const dn_signer *signer; /* NULL: user */
    const char *channel;     /* NULL: mychannel */
    int type;
    heddle_view data;
    int64_t shift_s; /* of the timestamp */
    bool spoil;      /* the signature */
    heddle_view tls_cert_hash;
} envelope_spec;

static heddle_view envelope_of(const envelope_spec *spec)
{
    const dn_signer *signer = spec->signer ? spec->signer : user;
    heddle_view payload;
    heddle_view envelope;
    crypto_signature signature;
    wire_header header = {.type = spec->type,
                          .time = base_wall_now(),
                          .channel = heddle_view_str(spec->channel ? spec->channel : "mychannel"),
                          .tls_cert_hash = spec->tls_cert_hash,
                          .creator = dn_signer_identity(signer),
                          .nonce = VIEW("nonce")};
    header.time.seconds += spec->shift_s;
    check(wire_payload_write(&header, spec->data, arena, &payload, &err));
    check(dn_signer_sign(signer, &payload, 1, &signature, &err));
    if (spec->spoil)
        payload.data = memcpy(base_arena_alloc(arena, payload.len), payload.data, payload.len - 1);
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    return envelope;
}

static heddle_view transaction(const char *data)
{
    envelope_spec spec = {.type = COMMON__HEADER_TYPE__ENDORSER_TRANSACTION,
                          .data = heddle_view_str(data)};
    return envelope_of(&spec);
}

static heddle_view seek_envelope(const dn_signer *signer, const wire_seek *seek)
{
    envelope_spec spec = {.signer = signer, .type = COMMON__HEADER_TYPE__DELIVER_SEEK_INFO};
    check(wire_seek_write(seek, arena, &spec.data, &err));
    return envelope_of(&spec);
}

/* Broadcast. */

static void assert_answer(int status, const char *info)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    Orderer__BroadcastResponse *response;
    ck_assert_msg(bytes != NULL, "no answer, the stream ended with %d",
                  bytes ? 0 : stream_client_code(client));
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    ck_assert_msg((int)response->status == status, "%d %s", response->status, response->info);
    ck_assert_msg(strstr(response->info, info) != NULL, "%s", response->info);
}

static void assert_end(int code)
{
    ck_assert_ptr_null(stream_client_next(client));
    ck_assert_int_eq(stream_client_code(client), code);
}

static void assert_refused(const envelope_spec *spec, int status, const char *info)
{
    connect_to(WIRE_ORDERER_BROADCAST);
    stream_client_send(client, envelope_of(spec));
    assert_answer(status, info);
    assert_end(RPC_OK);
    ck_assert_uint_eq(dn_blockstore_height(blocks), 1);
}

static void broadcast(const char *data)
{
    stream_client_send(client, transaction(data));
    assert_answer(200, "");
}

START_TEST(a_member_s_transactions_are_ordered)
{
    connect_to(WIRE_ORDERER_BROADCAST);
    stream_client_send(client, transaction("one"));
    stream_client_send(client, transaction("two"));
    assert_answer(200, "");
    assert_answer(200, "");
    check(dn_blockstore_wait(blocks, 1, 20000, &err));
    base_auto_buffer base_buffer bytes = {0};
    wire_block block;
    wire_tx tx;
    check(dn_blockstore_read(blocks, 1, &bytes, &err));
    check(wire_block_read(base_buffer_view(&bytes), arena, &block, &err));
    check(wire_block_check_data(&block, &err));
    ck_assert_uint_eq(block.tx_count, 2);
    check(wire_tx_read(block.envelopes[1], arena, &tx, &err));
    ck_assert(base_view_is(tx.data, "two"));
    stream_client_half_close(client);
    assert_end(RPC_OK);
}
END_TEST

START_TEST(who_is_not_a_writer_is_refused)
{
    envelope_spec foreign = {.signer = stranger, .type = 3, .data = VIEW("x")};
    envelope_spec spoilt = {.type = 3, .data = VIEW("x"), .spoil = true};
    const char *info = "implicit policy evaluation failed - 0 sub-policies were satisfied, but "
                       "this policy requires 1 of the 'Writers' sub-policies to be satisfied: "
                       "permission denied";
    assert_refused(&foreign, 403, info);
    assert_refused(&spoilt, 403, info);
}
END_TEST

START_TEST(what_is_not_for_the_channel_is_refused)
{
    envelope_spec elsewhere = {.channel = "other", .type = 3, .data = VIEW("x")};
    envelope_spec config = {.type = COMMON__HEADER_TYPE__CONFIG, .data = VIEW("x")};
    envelope_spec update = {.type = COMMON__HEADER_TYPE__CONFIG_UPDATE, .data = VIEW("x")};
    envelope_spec old = {.type = COMMON__HEADER_TYPE__ORDERER_TRANSACTION, .data = VIEW("x")};
    assert_refused(&elsewhere, 400, "channel does not exist");
    assert_refused(&config, 400, "message is of type that cannot be processed directly");
    assert_refused(
        &update, 400,
        "error applying config update to existing channel 'mychannel': error authorizing update: ");
    assert_refused(&old, 400, "message is of type that is no longer supported");
}
END_TEST

START_TEST(a_message_over_the_limit_is_refused)
{
    static uint8_t data[MAX_BYTES];
    envelope_spec spec = {.type = 3, .data = heddle_view_of(data, sizeof(data))};
    assert_refused(&spec, 400, "and exceeds maximum allowed 4000 bytes");
}
END_TEST

START_TEST(bytes_that_are_no_message_end_the_stream_in_order)
{
    connect_to(WIRE_ORDERER_BROADCAST);
    stream_client_send(client, VIEW("\xff\xff\xff"));
    assert_end(RPC_INTERNAL);
    connect_to(WIRE_ORDERER_BROADCAST);
    stream_client_send(client, VIEW(""));
    assert_answer(400, "could not determine channel ID");
    assert_end(RPC_OK);
}
END_TEST

START_TEST(answers_keep_the_order_of_requests)
{
    envelope_spec elsewhere = {.channel = "other", .type = 3, .data = VIEW("x")};
    connect_to(WIRE_ORDERER_BROADCAST);
    for (int i = 0; i < 20; i++)
        stream_client_send(client, transaction("one"));
    stream_client_send(client, envelope_of(&elsewhere));
    for (int i = 0; i < 20; i++)
        assert_answer(200, "");
    assert_answer(400, "channel does not exist");
    assert_end(RPC_OK);
}
END_TEST

START_TEST(an_acknowledged_transaction_survives_the_orderer)
{
    connect_to(WIRE_ORDERER_BROADCAST);
    broadcast("one");
    ck_assert_uint_eq(dn_blockstore_height(blocks), 1);
    stop_orderer();
    start_orderer();
    connect_to(WIRE_ORDERER_BROADCAST);
    broadcast("two");
    check(dn_blockstore_wait(blocks, 1, 20000, &err));
}
END_TEST

/* Deliver. */

static Orderer__DeliverResponse *next_response(void)
{
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    Orderer__DeliverResponse *response;
    ck_assert_ptr_nonnull(bytes);
    check(wire_decode(orderer__deliver_response, rpc_bytes_view(bytes), arena, &response, &err));
    return response;
}

static void assert_block(uint64_t number)
{
    Orderer__DeliverResponse *response = next_response();
    ck_assert_msg(response->type_case == ORDERER__DELIVER_RESPONSE__TYPE_BLOCK, "status %d",
                  response->status);
    ck_assert_uint_eq(response->block->header->number, number);
}

static void assert_status(int status)
{
    Orderer__DeliverResponse *response = next_response();
    ck_assert_int_eq(response->type_case, ORDERER__DELIVER_RESPONSE__TYPE_STATUS);
    ck_assert_int_eq(response->status, status);
}

static void seek(wire_seek_position start, wire_seek_position stop, bool fail)
{
    wire_seek wanted = {.start = start, .stop = stop, .fail_if_not_ready = fail};
    stream_client_send(client, seek_envelope(user, &wanted));
}

#define AT(n)  ((wire_seek_position){WIRE_SEEK_NUMBER, (n)})
#define OLDEST ((wire_seek_position){WIRE_SEEK_OLDEST, 0})
#define NEWEST ((wire_seek_position){WIRE_SEEK_NEWEST, 0})
#define NEXT   ((wire_seek_position){WIRE_SEEK_NEXT_COMMIT, 0})

static void make_blocks(unsigned count)
{
    connect_to(WIRE_ORDERER_BROADCAST);
    for (unsigned i = 0; i < 2 * count; i++)
        broadcast("data");
    check(dn_blockstore_wait(blocks, count, 20000, &err));
}

START_TEST(blocks_are_delivered_from_every_position_on_one_stream)
{
    make_blocks(3);
    connect_to(WIRE_ORDERER_DELIVER);
    seek(OLDEST, NEWEST, false);
    for (uint64_t i = 0; i < 4; i++)
        assert_block(i);
    assert_status(200);
    seek(NEWEST, NEWEST, false);
    assert_block(3);
    assert_status(200);
    seek(AT(1), AT(2), true);
    assert_block(1);
    assert_block(2);
    assert_status(200);
    seek(OLDEST, OLDEST, false);
    assert_block(0);
    assert_status(200);
    stream_client_half_close(client);
    assert_end(RPC_OK);
}
END_TEST

START_TEST(a_reader_waits_for_the_block_to_come)
{
    stream_client *reader;
    connect_to(WIRE_ORDERER_DELIVER);
    seek(OLDEST, AT(2), false);
    assert_block(0); /* it reads, and there is no more yet */
    reader = client;
    client = NULL;
    make_blocks(2);
    stream_client_close(client);
    client = reader;
    assert_block(1);
    assert_block(2);
    assert_status(200);
}
END_TEST

START_TEST(blocks_that_are_not_there_are_not_found)
{
    connect_to(WIRE_ORDERER_DELIVER);
    seek(AT(1), AT(1), true);
    assert_status(404);
    assert_end(RPC_OK);
    connect_to(WIRE_ORDERER_DELIVER);
    seek(NEXT, AT(9), true);
    assert_status(404);
    connect_to(WIRE_ORDERER_DELIVER);
    seek(AT(0), AT(5), true);
    assert_block(0);
    assert_status(404);
    assert_end(RPC_OK);
    connect_to(WIRE_ORDERER_DELIVER);
    seek(AT(5), AT(7), false);
    assert_status(404);
    assert_end(RPC_OK);
}
END_TEST

START_TEST(bad_requests_get_fabric_s_statuses)
{
    wire_seek oldest = {.start = OLDEST, .stop = OLDEST};
    envelope_spec late = {.type = 5, .shift_s = -1000};
    envelope_spec elsewhere = {.type = 5, .channel = "other"};
    envelope_spec garbage = {.type = 5, .data = VIEW("\xff\xff")};
    envelope_spec empty = {.type = 5};
    check(wire_seek_write(&oldest, arena, &late.data, &err));
    elsewhere.data = late.data;
    struct {
        heddle_view envelope;
        int status;
    } cases[] = {{envelope_of(&late), 400},
                 {envelope_of(&elsewhere), 404},
                 {envelope_of(&garbage), 400},
                 {envelope_of(&empty), 400},
                 {seek_envelope(stranger, &oldest), 403},
                 {VIEW(""), 400}};
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        connect_to(WIRE_ORDERER_DELIVER);
        stream_client_send(client, cases[i].envelope);
        assert_status(cases[i].status);
        assert_end(RPC_OK);
    }
    connect_to(WIRE_ORDERER_DELIVER);
    seek(AT(1), AT(0), false);
    assert_status(400);
    connect_to(WIRE_ORDERER_DELIVER);
    stream_client_send(client, VIEW("\xff\xff"));
    assert_end(RPC_INTERNAL);
}
END_TEST

START_TEST(a_header_has_no_data_but_the_config_block_has)
{
    wire_seek wanted = {.start = OLDEST, .stop = NEWEST, .headers_only = true};
    make_blocks(1);
    connect_to(WIRE_ORDERER_DELIVER);
    stream_client_send(client, seek_envelope(user, &wanted));
    Orderer__DeliverResponse *config = next_response();
    Orderer__DeliverResponse *block = next_response();
    ck_assert_uint_eq(config->block->data->n_data, 1);
    ck_assert_ptr_null(block->block->data);
    ck_assert_uint_eq(block->block->header->number, 1);
    ck_assert_uint_eq(block->block->metadata->n_metadata, 5);
    assert_status(200);
}
END_TEST

/** Put blocks into the store that together are more than a stream's queue holds. */
static void append_large_blocks(uint64_t count)
{
    static uint8_t content[300000];
    ProtobufCBinaryData data = wire_bytes(heddle_view_of(content, sizeof(content)));
    for (uint64_t n = 1; n <= count; n++) {
        base_auto_buffer base_buffer bytes = {0};
        Common__BlockHeader header = COMMON__BLOCK_HEADER__INIT;
        Common__BlockData body = COMMON__BLOCK_DATA__INIT;
        Common__Block block = COMMON__BLOCK__INIT;
        header.number = n;
        body.data = &data;
        body.n_data = 1;
        block.header = &header;
        block.data = &body;
        check(wire_encode(&block.base, &bytes, &err));
        check(dn_blockstore_append(blocks, n, base_buffer_view(&bytes), &err));
    }
}

START_TEST(a_long_row_of_large_blocks_arrives_whole)
{
    append_large_blocks(40);
    connect_to(WIRE_ORDERER_DELIVER);
    seek(OLDEST, AT(40), false);
    for (uint64_t n = 0; n <= 40; n++) {
        base_arena_reset(arena);
        assert_block(n);
    }
    assert_status(200);
}
END_TEST

START_TEST(a_reader_may_leave_in_the_middle)
{
    append_large_blocks(40);
    for (int i = 0; i < 5; i++) {
        connect_to(WIRE_ORDERER_DELIVER);
        seek(OLDEST, AT(100), false);
        base_arena_reset(arena);
        assert_block(0);
    }
}
END_TEST

START_TEST(stopping_ends_a_waiting_reader)
{
    connect_to(WIRE_ORDERER_DELIVER);
    seek(OLDEST, AT(9), false);
    assert_block(0);
    dn_orderer_stop(orderer);
    assert_status(503);
    assert_end(RPC_OK);
}
END_TEST

START_TEST(the_port_in_use_is_named)
{
    dn_orderer *second = NULL;
    char text[32];
    dn_orderer_options options = {.node = &material->orderer.nodes[0],
                                  .chains = chains,
                                  .listen_host = "127.0.0.1",
                                  .port = port};
    ck_assert_int_eq(dn_orderer_open(&options, &second, &err), HEDDLE_E_IO);
    snprintf(text, sizeof(text), "%u", port);
    ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);
    ck_assert_ptr_null(second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/orderer");
    TCase *broadcast_case = SUITE_CASE(
        "broadcast", a_member_s_transactions_are_ordered, who_is_not_a_writer_is_refused,
        what_is_not_for_the_channel_is_refused, a_message_over_the_limit_is_refused,
        bytes_that_are_no_message_end_the_stream_in_order, answers_keep_the_order_of_requests,
        an_acknowledged_transaction_survives_the_orderer, the_port_in_use_is_named);
    TCase *deliver_case = SUITE_CASE(
        "deliver", blocks_are_delivered_from_every_position_on_one_stream,
        a_reader_waits_for_the_block_to_come, blocks_that_are_not_there_are_not_found,
        bad_requests_get_fabric_s_statuses, a_header_has_no_data_but_the_config_block_has,
        a_long_row_of_large_blocks_arrives_whole, a_reader_may_leave_in_the_middle,
        stopping_ends_a_waiting_reader);
    tcase_add_unchecked_fixture(broadcast_case, make_keys, free_keys);
    tcase_add_unchecked_fixture(deliver_case, make_keys, free_keys);
    tcase_add_checked_fixture(broadcast_case, setup, teardown);
    tcase_add_checked_fixture(deliver_case, setup, teardown);
    suite_add_tcase(suite, broadcast_case);
    suite_add_tcase(suite, deliver_case);
    return suite_run(suite);
}
