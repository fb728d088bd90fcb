/* A channel whose orderers are a BFT service to their clients. */
#include <stdio.h>

#include "base/clock.h"
#include "base/view.h"
#include "devnet/material/signer.h"
#include "orderer/ab.pb-c.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/fixture.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/block_signature.h"
#include "wire/codec.h"
#include "wire/deliver.h"
#include "wire/envelope.h"
#include "wire/seek.h"
#include "wire/services.h"
#include "wire/txid.h"

enum { ORDERERS = 4, QUORUM = 3, WAIT_MS = 20000 };

static devnet *net;
static dn_signer *user;
static base_arena *arena;
static heddle_error err;

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static dn_options bft_options(void)
{
    dn_options options = devnet_options();
    options.orderer_count = ORDERERS;
    options.bft = true;
    options.org_count = 1;
    return options;
}

static void setup(void)
{
    dn_options options = bft_options();
    check(rpc_init(2, &err));
    arena = base_arena_new(0);
    net = devnet_start(&options);
    check(dn_signer_load(devnet_msp(net, "org1.example.com", "User1"), "Org1MSP", &user, &err));
}

static void teardown(void)
{
    dn_signer_free(user);
    devnet_free(net);
    base_arena_free(arena);
    rpc_shutdown();
}

static heddle_view sealed(int type, heddle_view data)
{
    static unsigned counter;
    heddle_view payload, envelope;
    crypto_signature signature;
    char tx_id[WIRE_TX_ID_SIZE];
    char *nonce = base_arena_printf(arena, "nonce-%u", ++counter);
    wire_header header = {.type = type,
                          .time = base_wall_now(),
                          .channel = VIEW("mychannel"),
                          .creator = dn_signer_identity(user),
                          .nonce = heddle_view_str(nonce)};
    check(wire_tx_id(header.nonce, header.creator, tx_id));
    header.tx_id = heddle_view_str(tx_id);
    check(wire_payload_write(&header, data, arena, &payload, &err));
    check(dn_signer_sign(user, &payload, 1, &signature, &err));
    check(wire_envelope_write(payload, crypto_signature_view(&signature), arena, &envelope, &err));
    return base_arena_view(arena, envelope);
}

static stream_client *open_at(size_t orderer, const char *method)
{
    const dn_endpoint *at = dn_network_orderer_at(devnet_network(net), orderer);
    stream_client_options options = {
        .address = at->address, .tls_ca = at->tls_ca, .method = method};
    return stream_client_open(&options);
}

static void order_at(size_t orderer, heddle_view envelope)
{
    Orderer__BroadcastResponse *response = NULL;
    stream_client *client = open_at(orderer, WIRE_ORDERER_BROADCAST);
    stream_client_send(client, envelope);
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    check(wire_decode(orderer__broadcast_response, rpc_bytes_view(bytes), arena, &response, &err));
    ck_assert_int_eq((int)response->status, 200);
    stream_client_close(client);
}

static void order_everywhere(heddle_view envelope)
{
    for (size_t i = 0; i < ORDERERS; i++)
        order_at(i, envelope);
}

/* Block @p number; the first is in *out_genesis. */
static wire_block block_at(uint64_t number, heddle_view *out_genesis)
{
    heddle_view data;
    wire_block block;
    wire_seek wanted = {.start = {WIRE_SEEK_OLDEST, 0}, .stop = {WIRE_SEEK_NUMBER, number}};
    stream_client *client = open_at(0, WIRE_ORDERER_DELIVER);
    check(wire_seek_write(&wanted, arena, &data, &err));
    stream_client_send(client, sealed(5, data));
    heddle_view last = {0};
    for (uint64_t n = 0; n <= number; n++) {
        wire_deliver_response response = {0};
        base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
        heddle_view kept = base_arena_view(arena, rpc_bytes_view(bytes));
        check(wire_shape_read(&wire_deliver_response_shape, kept, arena, &response, &err));
        last = response.block;
        if (n == 0)
            *out_genesis = last;
    }
    stream_client_close(client);
    check(wire_block_read(last, arena, &block, &err));
    return block;
}

static void wait_for(uint64_t height)
{
    check(dn_network_wait_height(devnet_network(net), height, WAIT_MS, &err));
}

START_TEST(the_channel_says_who_its_consenters_are)
{
    base_auto(wire_bundle) wire_bundle *bundle = NULL;
    heddle_view genesis;
    block_at(0, &genesis);
    check(wire_bundle_from_block(genesis, &bundle, &err));
    const wire_channel_config *config = wire_bundle_config(bundle);
    ck_assert_str_eq(config->consensus_type, "BFT");
    ck_assert_uint_eq(config->orderer_count, ORDERERS);
    ck_assert_uint_eq(config->consenters->n_consenter_mapping, ORDERERS);
    const Common__Consenter *last = config->consenters->consenter_mapping[ORDERERS - 1];
    ck_assert_uint_eq(last->id, ORDERERS);
    ck_assert_uint_eq(last->port, dn_network_orderer_at(devnet_network(net), ORDERERS - 1)->port);
    ck_assert_str_eq(last->msp_id, "OrdererMSP");
}
END_TEST

START_TEST(what_comes_to_every_orderer_is_ordered_once)
{
    heddle_view genesis;
    order_everywhere(sealed(3, VIEW("one")));
    wait_for(2);
    order_everywhere(sealed(3, VIEW("two")));
    wait_for(3);
    ck_assert_uint_eq(dn_network_ordered_height(devnet_network(net)), 3);
    ck_assert_uint_eq(block_at(1, &genesis).tx_count, 1);
    ck_assert_uint_eq(block_at(2, &genesis).tx_count, 1);
}
END_TEST

START_TEST(a_quorum_signs_each_block)
{
    base_auto(wire_bundle) wire_bundle *bundle = NULL;
    heddle_view genesis;
    for (uint64_t number = 1; number <= 3; number++) {
        order_at(number % ORDERERS, sealed(3, VIEW("x")));
        wait_for(number + 1);
    }
    block_at(0, &genesis);
    check(wire_bundle_from_block(genesis, &bundle, &err));
    for (uint64_t number = 1; number <= 3; number++) {
        wire_block block = block_at(number, &genesis);
        ck_assert_uint_eq(block.signature_count, QUORUM);
        check(wire_block_check_signatures(&block, bundle, &err));
        block.signature_count--;
        ck_assert_int_eq(wire_block_check_signatures(&block, bundle, &err), HEDDLE_E_BAD_SIGNATURE);
    }
}
END_TEST

START_TEST(a_restart_goes_on_with_the_chain)
{
    order_at(0, sealed(3, VIEW("one")));
    wait_for(2);
    devnet_restart(net);
    ck_assert_uint_eq(dn_network_ordered_height(devnet_network(net)), 2);
    order_at(1, sealed(3, VIEW("two")));
    wait_for(3);
    ck_assert_uint_eq(dn_network_ordered_height(devnet_network(net)), 3);
}
END_TEST

START_TEST(raft_does_not_become_bft)
{
    dn_network *other = NULL;
    char *dir = fixture_dir_new();
    dn_options options = bft_options();
    options.dir = dir;
    options.base_port = 0;
    options.bft = false;
    check(dn_network_start(&options, &other, &err));
    dn_network_stop(other);
    options.bft = true;
    other = NULL;
    ck_assert_int_eq(dn_network_start(&options, &other, &err), HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "the channel was made with Raft orderers"));
    ck_assert_ptr_null(other);
    fixture_dir_free(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/bft");
    TCase *tc = SUITE_CASE("bft", the_channel_says_who_its_consenters_are,
                           what_comes_to_every_orderer_is_ordered_once, a_quorum_signs_each_block,
                           a_restart_goes_on_with_the_chain, raft_does_not_become_bft);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
