/*
 * The ledger of a running network, asked by the C client, and all its blocks as JSON: beside
 * what the network's own configtxlator prints, where Fabric's programs are at hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "heddle/heddle.h"
#include "lab.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120, WAIT_S = 20 };

static heddle_network *network;
static heddle_gateway *gateway;
static heddle_identity *user;
static heddle_contract *contract;
static heddle_ledger *ledger;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void make_objects(void)
{
    const char *channel = lab_text("channel");
    OK(heddle_contract_new(gateway, user, channel, "interop:Ledger", &contract, &err));
    OK(heddle_ledger_new(gateway, user, channel, &ledger, &err));
}

static void setup(void)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = lab_text("gateway.address");
    options.tls_roots_file = lab_text("gateway.tlsRoot");
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.userMsp"), &user, &err));
    OK(heddle_gateway_open(&options, &gateway, &err));
    make_objects();
}

/* Without a gateway. */
static void setup_direct(void)
{
    OK(heddle_identity_from_msp(lab_text("orgs.0.mspId"), lab_text("orgs.0.userMsp"), &user, &err));
    OK(heddle_network_new(user, &network, &err));
    heddle_node node = HEDDLE_NODE(lab_text("orgs.0.peers.0.address"));
    node.mspid = lab_text("orgs.0.mspId");
    node.tls_roots_file = lab_text("orgs.0.tlsRoot");
    OK(heddle_network_add_peer(network, &node, &err));
    OK(heddle_network_open(network, NULL, &gateway, &err));
    make_objects();
}

static void teardown(void)
{
    heddle_ledger_unref(ledger);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_network_free(network);
    heddle_identity_unref(user);
}

static heddle_view view(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

/* A block that is being committed is on one peer before it is on the other. */
#define AT_LAST(call)                                                                              \
    do {                                                                                           \
        time_t end_ = time(NULL) + WAIT_S;                                                         \
        while ((call) == HEDDLE_E_NOT_FOUND)                                                       \
            ck_assert_msg(time(NULL) < end_, "%s", err.message);                                   \
    } while (0)

static heddle_bytes block_at_last(uint64_t number)
{
    heddle_bytes block = {0};
    AT_LAST(heddle_ledger_block(ledger, number, NULL, &block, &err));
    ck_assert_msg(block.len > 0, "%s", err.message);
    return block;
}

/* Header and data; the signatures are another orderer's on another peer. */
static void check_same(const heddle_bytes *a, const heddle_bytes *b)
{
    heddle_bytes left = {0}, right = {0};
    OK(heddle_block_to_json(view(a), NULL, &left, &err));
    OK(heddle_block_to_json(view(b), NULL, &right, &err));
    const char *end = strstr((char *)left.data, "\"metadata\":{\"metadata\":[");
    ck_assert_ptr_nonnull(end);
    size_t len = (size_t)(end - (char *)left.data);
    ck_assert_uint_lt(len, right.len);
    ck_assert_int_eq(memcmp(left.data, right.data, len), 0);
    heddle_bytes_done(&left);
    heddle_bytes_done(&right);
}

START_TEST(blocks_are_found_in_every_way)
{
    heddle_chain_info info = {0};
    heddle_bytes by_hash = {0};
    OK(heddle_ledger_info(ledger, NULL, &info, &err));
    ck_assert_uint_gt(info.height, 0);
    ck_assert_uint_eq(info.current_hash_len, 32);
    ck_assert(!info.from_snapshot);
    heddle_bytes last = block_at_last(info.height - 1);
    heddle_view hash = heddle_view_of(info.current_hash, info.current_hash_len);
    AT_LAST(heddle_ledger_block_by_hash(ledger, hash, NULL, &by_hash, &err));
    check_same(&last, &by_hash);
    heddle_bytes_done(&by_hash);
    heddle_bytes_done(&last);
}
END_TEST

START_TEST(a_transaction_is_found_by_its_id)
{
    const char *key = lab_fresh("ledger");
    heddle_outcome outcome = {0};
    OK(heddle_submit(contract, HEDDLE_CALL("Put", key, "value"), NULL, &outcome, &err));
    heddle_bytes block = block_at_last(outcome.block_number);
    heddle_bytes by_tx = {0}, json = {0};
    heddle_ledger_transaction transaction = {0};
    AT_LAST(heddle_ledger_block_by_tx(ledger, outcome.tx_id, NULL, &by_tx, &err));
    check_same(&block, &by_tx);
    AT_LAST(heddle_ledger_transaction_by_id(ledger, outcome.tx_id, NULL, &transaction, &err));
    ck_assert_msg(transaction.envelope.len > 0, "%s", err.message);
    ck_assert_int_eq(transaction.validation_code, 0);
    heddle_json_options strict = HEDDLE_JSON_OPTIONS;
    strict.strict = true;
    OK(heddle_envelope_to_json(view(&transaction.envelope), &strict, &json, &err));
    ck_assert_ptr_nonnull(strstr((char *)json.data, outcome.tx_id));
    ck_assert_ptr_nonnull(strstr((char *)json.data, key));
    heddle_bytes_done(&json);
    heddle_bytes_done(&transaction.envelope);
    heddle_bytes_done(&by_tx);
    heddle_bytes_done(&block);
    heddle_outcome_done(&outcome);
}
END_TEST

START_TEST(the_configuration_is_that_of_its_block)
{
    heddle_bytes config = {0}, block = {0}, json = {0};
    heddle_json_options strict = HEDDLE_JSON_OPTIONS;
    strict.strict = true;
    OK(heddle_ledger_config(ledger, NULL, &config, &err));
    OK(heddle_message_to_json("common.Config", view(&config), &strict, &json, &err));
    ck_assert_ptr_nonnull(strstr((char *)json.data, lab_text("orgs.0.mspId")));
    ck_assert_ptr_nonnull(strstr((char *)json.data, "\"ConsensusType\""));
    OK(heddle_ledger_config_block(ledger, NULL, &block, &err));
    heddle_bytes block_json = {0};
    OK(heddle_block_to_json(view(&block), &strict, &block_json, &err));
    ck_assert_ptr_nonnull(strstr((char *)block_json.data, "\"channel_group\""));
    heddle_bytes_done(&block_json);
    heddle_bytes_done(&block);
    heddle_bytes_done(&json);
    heddle_bytes_done(&config);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = heddle_details_new();
    heddle_bytes block = {0};
    heddle_ledger_transaction transaction = {0};
    static const char tx_id[] = "00000000000000000000000000000000000000000000000000000000000000ff";
    ck_assert_int_eq(heddle_ledger_block(ledger, 1000000000, &options, &block, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_msg(strstr(err.message, "1000000000") != NULL, "%s", err.message);
    ck_assert_int_eq(heddle_ledger_block_by_tx(ledger, tx_id, &options, &block, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_msg(strstr(err.message, tx_id) != NULL, "%s", err.message);
    ck_assert_int_eq(heddle_ledger_transaction_by_id(ledger, tx_id, &options, &transaction, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_msg(heddle_ledger_block_by_hash(ledger, heddle_view_str("0123456789abcdef"), &options,
                                              &block, &err) == HEDDLE_E_NOT_FOUND,
                  "%s: %s", heddle_status_name(err.status), err.message);
    /* What a hash is shown as need not be text. */
    static const uint8_t hash[32] = {0xff, 0xfe, 0, 0x80};
    ck_assert_msg(heddle_ledger_block_by_hash(ledger, heddle_view_of(hash, sizeof(hash)), &options,
                                              &block, &err) == HEDDLE_E_NOT_FOUND,
                  "%s: %s", heddle_status_name(err.status), err.message);
    heddle_details_free(options.details);
}
END_TEST

static void write_all(const char *path, const heddle_bytes *bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes->data, 1, bytes->len, file), bytes->len);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t read_command(const char *command, char *out, size_t size)
{
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t len = fread(out, 1, size, pipe);
    int ended = pclose(pipe);
    ck_assert_msg(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "%s: %d", command, ended);
    ck_assert_uint_lt(len, size);
    out[len] = 0;
    return len;
}

static heddle_json_style style_of(const char *configtxlator)
{
    char command[1024];
    static char out[4096];
    snprintf(command, sizeof(command), "'%s' version", configtxlator);
    read_command(command, out, sizeof(out));
    return strstr(out, "Version: v2") ? HEDDLE_JSON_CONFIGTXLATOR_2 : HEDDLE_JSON_CONFIGTXLATOR;
}

/* What configtxlator makes of @p bytes; to free(). */
static char *translate(const char *configtxlator, const char *how, const heddle_bytes *bytes,
                       size_t *len)
{
    enum { ROOM = 8 << 20 };
    char command[1024];
    char path[] = "/tmp/heddle-block-XXXXXX";
    ck_assert_int_ge(close(mkstemp(path)), 0);
    write_all(path, bytes);
    snprintf(command, sizeof(command), "'%s' %s --type common.Block --input '%s'", configtxlator,
             how, path);
    char *out = malloc(ROOM);
    ck_assert_ptr_nonnull(out);
    *len = read_command(command, out, ROOM);
    unlink(path);
    return out;
}

/* There and back. */
static void compare(const char *configtxlator, heddle_json_style style, uint64_t number,
                    const heddle_bytes *block)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    options.style = style;
    options.indent = options.strict = true;
    heddle_bytes json = {0}, back = {0};
    size_t len;
    char *want = translate(configtxlator, "proto_decode", block, &len);
    OK(heddle_block_to_json(view(block), &options, &json, &err));
    ck_assert_msg(json.len == len && memcmp(json.data, want, len) == 0,
                  "block %llu is not as configtxlator has it", (unsigned long long)number);
    free(want);
    want = translate(configtxlator, "proto_encode", &json, &len);
    OK(heddle_message_from_json("common.Block", view(&json), NULL, &back, &err));
    ck_assert_msg(back.len == len && memcmp(back.data, want, len) == 0,
                  "block %llu is not made as configtxlator makes it", (unsigned long long)number);
    free(want);
    heddle_bytes_done(&back);
    heddle_bytes_done(&json);
}

static bool is_bft(void)
{
    heddle_bytes config = {0}, json = {0};
    OK(heddle_ledger_config(ledger, NULL, &config, &err));
    OK(heddle_message_to_json("common.Config", view(&config), NULL, &json, &err));
    bool bft = strstr((char *)json.data, "\"type\":\"BFT\"") != NULL;
    heddle_bytes_done(&json);
    heddle_bytes_done(&config);
    return bft;
}

/* NULL: there is none that knows such blocks; 2.x has not heard of BFT. */
static const char *find_configtxlator(char *room, size_t size, bool bft, heddle_json_style *style)
{
    const char *home = getenv("HEDDLE_FABRIC_DIR");
    if (!home)
        return NULL;
    snprintf(room, size, "%s/bin/configtxlator", home);
    *style = style_of(room);
    return bft && *style == HEDDLE_JSON_CONFIGTXLATOR_2 ? NULL : room;
}

START_TEST(every_block_is_json)
{
    bool bft = is_bft();
    char room[512];
    heddle_json_style style = HEDDLE_JSON_COMPLETE;
    const char *configtxlator = find_configtxlator(room, sizeof(room), bft, &style);
    heddle_json_options strict = HEDDLE_JSON_OPTIONS;
    strict.strict = true;
    heddle_chain_info info = {0};
    OK(heddle_ledger_info(ledger, NULL, &info, &err));
    for (uint64_t i = 0; i < info.height; i++) {
        heddle_bytes block = block_at_last(i), json = {0};
        OK(heddle_block_to_json(view(&block), &strict, &json, &err));
        ck_assert(!bft || i == 0 || strstr((char *)json.data, "\"identifier_header\":{"));
        ck_assert(!bft || i == 0 || strstr((char *)json.data, "\"latest_sequence\":\""));
        if (configtxlator)
            compare(configtxlator, style, i, &block);
        heddle_bytes_done(&json);
        heddle_bytes_done(&block);
    }
    printf("%llu blocks%s, %s configtxlator\n", (unsigned long long)info.height,
           bft ? " of BFT orderers" : "", configtxlator ? "each as with" : "without a");
}
END_TEST

static TCase *from(const char *name, SFun start, bool with_every_block)
{
    TCase *made =
        SUITE_CASE(name, blocks_are_found_in_every_way, a_transaction_is_found_by_its_id,
                   the_configuration_is_that_of_its_block, what_is_not_there_is_not_found);
    if (with_every_block)
        tcase_add_test(made, every_block_is_json);
    tcase_add_checked_fixture(made, start, teardown);
    tcase_set_timeout(made, TIMEOUT_S);
    return made;
}

SUITE_MAIN("interop/ledger", from("gateway", setup, true), from("direct", setup_direct, false))
