/* The ledger as several peers tell it, on devnet with peers that lag, are away or differ. */
#include <stdio.h>
#include <string.h>

#include "heddle/agreement.h"
#include "peer/agreement.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/suite.h"
#include "wire/block.h"

enum { PEERS = 4 };

#define OK(expr)   ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)
#define SAYS(text) ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message)

static heddle_error err;
static devnet *net;
static heddle_identity *users[2];
static heddle_peer *peers[PEERS];
static heddle_answers *answers;

static void open_peer(size_t index)
{
    const dn_endpoint *node = dn_network_peer(devnet_network(net), index);
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = node->address;
    options.tls_roots_file = node->tls_ca;
    options.connect_wait_ms = 500;
    OK(heddle_peer_open(&options, users[strcmp(node->msp_id, "Org1MSP") != 0], &peers[index],
                        &err));
}

static void setup(void)
{
    dn_options options = devnet_options();
    options.peers_per_org = 2;
    ck_assert_int_eq(rpc_init(0, &err), HEDDLE_OK);
    net = devnet_start(&options);
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(net, "org1.example.com", "User1"), &users[0],
                                &err));
    OK(heddle_identity_from_msp("Org2MSP", devnet_msp(net, "org2.example.com", "User1"), &users[1],
                                &err));
    for (size_t i = 0; i < PEERS; i++)
        open_peer(i);
    answers = heddle_answers_new();
}

static void teardown(void)
{
    heddle_answers_free(answers);
    for (size_t i = 0; i < PEERS; i++)
        heddle_peer_close(peers[i]);
    for (size_t i = 0; i < 2; i++)
        heddle_identity_unref(users[i]);
    devnet_free(net);
    rpc_shutdown();
}

static void take_away(size_t index)
{
    const dn_endpoint *node = dn_network_peer(devnet_network(net), index);
    base_auto_buffer base_buffer line = {0};
    dn_fault fault;
    ck_assert_int_eq(base_buffer_printf(&line, "%s away", node->name), HEDDLE_OK);
    OK(dn_fault_parse(base_buffer_view(&line), &fault, &err));
    OK(dn_network_fault_set(devnet_network(net), &fault, &err));
}

static const char *channel(void)
{
    return dn_network_channel(devnet_network(net));
}

START_TEST(peers_that_agree_give_one_answer)
{
    heddle_chain_info info = {0};
    heddle_bytes block = {0}, again = {0}, config_block = {0}, config = {0};
    OK(heddle_peers_info(peers, PEERS, channel(), NULL, NULL, &info, answers, &err));
    ck_assert_uint_ge(info.height, 1);
    ck_assert_uint_eq(heddle_answers_count(answers), PEERS);
    ck_assert_uint_eq(heddle_answers_at(answers, 3)->height, info.height);
    ck_assert_str_eq(heddle_answers_at(answers, 0)->digest, heddle_answers_at(answers, 3)->digest);
    ck_assert_ptr_null(heddle_answers_at(answers, PEERS));
    OK(heddle_peers_block(peers, PEERS, channel(), 0, NULL, NULL, &block, answers, &err));
    OK(heddle_peers_config_block(peers, PEERS, channel(), NULL, NULL, &config_block, NULL, &err));
    ck_assert_uint_eq(block.len, config_block.len);
    OK(heddle_peers_config(peers, PEERS, channel(), NULL, NULL, &config, NULL, &err));
    ck_assert_ptr_nonnull(memmem(block.data, block.len, config.data, config.len));
    heddle_chain_info first = info;
    ck_assert_uint_eq(first.height, 1);
    OK(heddle_peers_block_by_hash(peers, PEERS, channel(),
                                  heddle_view_of(info.current_hash, info.current_hash_len), NULL,
                                  NULL, &again, answers, &err));
    ck_assert_mem_eq(block.data, again.data, block.len);
    heddle_bytes_done(&block);
    heddle_bytes_done(&again);
    heddle_bytes_done(&config_block);
    heddle_bytes_done(&config);
}
END_TEST

/* The id of the transaction in block 0. */
static void first_tx_id(char out[128])
{
    heddle_bytes bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block block;
    wire_tx tx;
    OK(heddle_peers_block(peers, 1, channel(), 0, NULL, NULL, &bytes, NULL, &err));
    OK(wire_block_read(heddle_view_of(bytes.data, bytes.len), arena, &block, &err));
    OK(wire_tx_read(block.envelopes[0], arena, &tx, &err));
    snprintf(out, 128, "%.*s", BASE_VIEW_ARG(tx.tx_id));
    heddle_bytes_done(&bytes);
}

START_TEST(a_transaction_is_the_same_everywhere)
{
    char tx_id[128];
    heddle_ledger_transaction transaction = {0};
    heddle_bytes block = {0};
    first_tx_id(tx_id);
    OK(heddle_peers_transaction_by_id(peers, PEERS, channel(), tx_id, NULL, NULL, &transaction,
                                      answers, &err));
    ck_assert_int_eq(transaction.validation_code, 0);
    ck_assert_uint_gt(transaction.envelope.len, 0);
    OK(heddle_peers_block_by_tx(peers, PEERS, channel(), tx_id, NULL, NULL, &block, NULL, &err));
    ck_assert_ptr_nonnull(
        memmem(block.data, block.len, transaction.envelope.data, transaction.envelope.len));
    heddle_bytes_done(&transaction.envelope);
    heddle_bytes_done(&block);
}
END_TEST

START_TEST(peers_left_over_take_the_place_of_those_that_are_away)
{
    heddle_agreement two = HEDDLE_AGREEMENT;
    heddle_bytes block = {0};
    two.min_answers = 2;
    two.max_targets = 2;
    OK(heddle_peers_block(peers, PEERS, channel(), 0, &two, NULL, &block, answers, &err));
    ck_assert_uint_eq(heddle_answers_count(answers), 2);
    heddle_bytes_done(&block);
    take_away(0);
    OK(heddle_peers_block(peers, PEERS, channel(), 0, &two, NULL, &block, answers, &err));
    ck_assert_uint_eq(heddle_answers_count(answers), 3);
    ck_assert_int_eq(heddle_answers_at(answers, 0)->status, HEDDLE_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(
        strstr(heddle_answers_at(answers, 0)->message, heddle_answers_at(answers, 0)->address));
    ck_assert_int_eq(heddle_answers_at(answers, 2)->status, HEDDLE_OK);
    heddle_bytes_done(&block);
    take_away(1);
    take_away(2);
    ck_assert_int_eq(
        heddle_peers_block(peers, PEERS, channel(), 0, &two, NULL, &block, answers, &err),
        HEDDLE_E_UNAVAILABLE);
    SAYS("1 of 4 peers answered, 2 are needed");
    two.min_answers = 1;
    OK(heddle_peers_block(peers, PEERS, channel(), 0, &two, NULL, &block, answers, &err));
    heddle_bytes_done(&block);
}
END_TEST

START_TEST(what_no_peer_has_is_not_there)
{
    heddle_bytes block = {0};
    uint8_t hash[32] = {1};
    ck_assert_int_eq(
        heddle_peers_block(peers, PEERS, channel(), 4711, NULL, NULL, &block, answers, &err),
        HEDDLE_E_NOT_FOUND);
    SAYS("no peer has it");
    ck_assert_int_eq(heddle_peers_block_by_hash(peers, PEERS, channel(),
                                                heddle_view_of(hash, sizeof(hash)), NULL, NULL,
                                                &block, answers, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(heddle_peers_block_by_tx(peers, PEERS, channel(), "none", NULL, NULL, &block,
                                              answers, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(
        heddle_peers_block(peers, PEERS, "nochannel", 0, NULL, NULL, &block, answers, &err),
        HEDDLE_E_NOT_FOUND);
}
END_TEST

START_TEST(any_question_can_be_asked_of_several)
{
    heddle_question info = HEDDLE_QUESTION("qscc", "GetChainInfo");
    const char *const args[] = {channel()};
    heddle_bytes out = {0};
    info.channel = channel();
    info.texts = args;
    info.arg_count = 1;
    OK(heddle_peers_ask(peers, PEERS, &info, NULL, NULL, &out, answers, &err));
    heddle_bytes_done(&out);
    heddle_agreement too_many = HEDDLE_AGREEMENT;
    too_many.min_answers = PEERS + 1;
    ck_assert_int_eq(heddle_peers_ask(peers, PEERS, &info, &too_many, NULL, &out, answers, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_peers_ask(peers, 0, &info, NULL, NULL, &out, answers, &err),
                     HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

/* Two devnets have different channels of one name. */
START_TEST(answers_that_differ_are_named)
{
    dn_options options = devnet_options();
    devnet *other = devnet_start(&options);
    const dn_endpoint *node = dn_network_peer(devnet_network(other), 0);
    heddle_gateway_options where = HEDDLE_GATEWAY_OPTIONS;
    heddle_identity *stranger = NULL;
    heddle_peer *mixed[2] = {peers[0], NULL};
    heddle_bytes block = {0};
    heddle_chain_info info = {0};
    where.target = node->address;
    where.tls_roots_file = node->tls_ca;
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(other, "org1.example.com", "User1"),
                                &stranger, &err));
    OK(heddle_peer_open(&where, stranger, &mixed[1], &err));
    ck_assert_int_eq(heddle_peers_block(mixed, 2, channel(), 0, NULL, NULL, &block, answers, &err),
                     HEDDLE_E_POLICY);
    SAYS("the peers do not agree");
    SAYS(heddle_peer_address(peers[0]));
    SAYS(heddle_peer_address(mixed[1]));
    ck_assert_str_ne(heddle_answers_at(answers, 0)->digest, heddle_answers_at(answers, 1)->digest);
    ck_assert_int_eq(heddle_peers_info(mixed, 2, channel(), NULL, NULL, &info, answers, &err),
                     HEDDLE_E_POLICY);
    SAYS("has height 1 and ");
    heddle_peer_close(mixed[1]);
    heddle_identity_unref(stranger);
    devnet_free(other);
}
END_TEST

/* Blocks with a number, two transactions and a verdict on each; in the second the first transaction
 * stands at the end of the header, where decoders pass it over. */
#define HONEST                                                                                     \
    VIEW("\x0a\x02\x08\x01\x12\x06\x0a\x01"                                                        \
         "a\x0a\x01"                                                                               \
         "b\x1a\x08\x0a\x00\x0a\x00\x0a\x02vv")
#define SHIFTED                                                                                    \
    VIEW("\x0a\x05\x08\x01\x0a\x01"                                                                \
         "a\x12\x03\x0a\x01"                                                                       \
         "b\x1a\x08\x0a\x00\x0a\x00\x0a\x02vv")
#define DOUBLED                                                                                    \
    VIEW("\x0a\x02\x08\x01\x12\x03\x0a\x01"                                                        \
         "c\x12\x06\x0a\x01"                                                                       \
         "a\x0a\x01"                                                                               \
         "b"                                                                                       \
         "\x1a\x08\x0a\x00\x0a\x00\x0a\x02vv")

static void digest_of(heddle_view block, uint8_t out[CRYPTO_SHA256_LEN])
{
    heddle_view parts[PEER_ESSENCE_PARTS];
    size_t count = 0;
    OK(peer_essence_block(block, parts, &count, &err));
    ck_assert_uint_eq(count, 3);
    ck_assert_int_eq(peer_essence_digest(parts, count, out), HEDDLE_OK);
}

START_TEST(a_block_with_its_parts_moved_is_another_one)
{
    uint8_t honest[CRYPTO_SHA256_LEN], shifted[CRYPTO_SHA256_LEN];
    heddle_view parts[PEER_ESSENCE_PARTS];
    size_t count = 0;
    digest_of(HONEST, honest);
    digest_of(SHIFTED, shifted);
    ck_assert_mem_ne(honest, shifted, sizeof(honest));
    ck_assert_int_eq(peer_essence_block(DOUBLED, parts, &count, &err), HEDDLE_E_DECODE);
    SAYS("field 2 is there twice");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("component/agreement");
    TCase *tests = SUITE_CASE(
        "agreement", peers_that_agree_give_one_answer, a_transaction_is_the_same_everywhere,
        peers_left_over_take_the_place_of_those_that_are_away, what_no_peer_has_is_not_there,
        any_question_can_be_asked_of_several, answers_that_differ_are_named);
    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, SUITE_CASE("essence", a_block_with_its_parts_moved_is_another_one));
    return suite_run(suite);
}
