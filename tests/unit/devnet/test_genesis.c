#include <stdio.h>

#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/genesis/genesis.h"
#include "devnet/material/signer.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/bundle.h"

static char *dir;
static dn_material *material;
static base_buffer block;
static heddle_error err;
static const uint16_t orderer_ports[] = {7050};
static const uint16_t ports[] = {7051, 7052, 7053, 7054};

static dn_genesis_options options(void)
{
    return (dn_genesis_options){.channel = "mychannel",
                                .material = material,
                                .host = "localhost",
                                .orderer_ports = orderer_ports,
                                .peer_ports = ports,
                                .batch_timeout_ms = 1500,
                                .batch_max_messages = 10,
                                .batch_preferred_bytes = 1000,
                                .batch_absolute_bytes = 2000};
}

static void setup(void)
{
    dir = fixture_dir_new();
    dn_material_options wanted = {.dir = dir, .org_count = 2, .peers_per_org = 2};
    if (dn_material_open(&wanted, &material, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    dn_genesis_options genesis = options();
    if (dn_genesis_make(&genesis, &block, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void teardown(void)
{
    base_buffer_done(&block);
    dn_material_free(material);
    fixture_dir_free(dir);
}

static wire_bundle *bundle(void)
{
    wire_bundle *made = NULL;
    if (wire_bundle_from_block(base_buffer_view(&block), &made, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
    return made;
}

START_TEST(the_block_is_whole)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block read;
    ck_assert_int_eq(wire_block_read(base_buffer_view(&block), arena, &read, &err), HEDDLE_OK);
    ck_assert_uint_eq(read.number, 0);
    ck_assert_uint_eq(read.previous_hash.len, 0);
    ck_assert_uint_eq(read.tx_count, 1);
    ck_assert_uint_eq(read.metadata_count, 5);
    ck_assert_int_eq(wire_block_check_data(&read, &err), HEDDLE_OK);
    wire_tx tx;
    ck_assert_int_eq(wire_tx_read(read.envelopes[0], arena, &tx, &err), HEDDLE_OK);
    ck_assert_int_eq(tx.type, COMMON__HEADER_TYPE__CONFIG);
    ck_assert(base_view_is(tx.channel, "mychannel"));
    ck_assert_uint_eq(tx.tx_id.len, 64);
}
END_TEST

START_TEST(the_config_says_what_was_asked_for)
{
    base_auto(wire_bundle) wire_bundle *made = bundle();
    const wire_channel_config *config = wire_bundle_config(made);
    ck_assert_str_eq(config->channel, "mychannel");
    ck_assert_uint_eq(config->batch_timeout_ms, 1500);
    ck_assert_uint_eq(config->batch_max_messages, 10);
    ck_assert_uint_eq(config->batch_preferred_bytes, 1000);
    ck_assert_uint_eq(config->batch_max_bytes, 2000);
    ck_assert_str_eq(config->consensus_type, "etcdraft");
    ck_assert_uint_eq(config->orderer_count, 1);
    ck_assert_str_eq(config->orderers[0].address, "localhost:7050");
    ck_assert_uint_eq(config->application_org_count, 2);
    const wire_org *org2 = wire_channel_config_org(config, VIEW("Org2MSP"));
    ck_assert_uint_eq(org2->anchor_count, 1);
    ck_assert_uint_eq(org2->anchors[0].port, 7053);
    ck_assert(wire_capability_has(config->application_capabilities, "V2_5"));
    ck_assert(wire_capability_has(config->capabilities, "V2_0"));
    ck_assert(wire_capability_has(config->orderer_capabilities, "V2_0"));
    ck_assert_uint_eq(config->raft->n_consenters, 1);
}
END_TEST

static heddle_status evaluate(const wire_bundle *made, const char *policy, const char *const *msps,
                              size_t count)
{
    wire_signed set[2] = {0};
    dn_signer *signers[2];
    crypto_signature signatures[2];
    heddle_view data = VIEW("data");
    for (size_t i = 0; i < count; i++) {
        char path[1024];
        const char *slash = strchr(msps[i], '/');
        snprintf(path, sizeof(path), "%s/%s", material->dir, slash + 1);
        char mspid[32] = {0};
        memcpy(mspid, msps[i], (size_t)(slash - msps[i]));
        ck_assert_int_eq(dn_signer_load(path, mspid, &signers[i], &err), HEDDLE_OK);
        ck_assert_int_eq(dn_signer_sign(signers[i], &data, 1, &signatures[i], &err), HEDDLE_OK);
        set[i] = (wire_signed){.data = {data},
                               .identity = dn_signer_identity(signers[i]),
                               .signature = crypto_signature_view(&signatures[i])};
    }
    heddle_status status = wire_bundle_evaluate(made, policy, set, count, &err);
    for (size_t i = 0; i < count; i++)
        dn_signer_free(signers[i]);
    return status;
}

#define USER1   "Org1MSP/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp"
#define ADMIN1  "Org1MSP/peerOrganizations/org1.example.com/users/Admin@org1.example.com/msp"
#define PEER1   "Org1MSP/peerOrganizations/org1.example.com/peers/peer0.org1.example.com/msp"
#define PEER2   "Org2MSP/peerOrganizations/org2.example.com/peers/peer1.org2.example.com/msp"
#define ORDERER "OrdererMSP/ordererOrganizations/example.com/orderers/orderer.example.com/msp"

START_TEST(policies_are_by_role)
{
    base_auto(wire_bundle) wire_bundle *made = bundle();
    const char *user[] = {USER1};
    const char *admin[] = {ADMIN1};
    const char *peers[] = {PEER1, PEER2};
    const char *orderer[] = {ORDERER};
    ck_assert_int_eq(evaluate(made, "/Channel/Writers", user, 1), HEDDLE_OK);
    ck_assert_int_eq(evaluate(made, "/Channel/Readers", user, 1), HEDDLE_OK);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Readers", peers, 1), HEDDLE_OK);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Writers", peers, 1), HEDDLE_E_POLICY);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Readers", orderer, 1), HEDDLE_E_POLICY);
    ck_assert_int_eq(evaluate(made, "/Channel/Orderer/BlockValidation", orderer, 1), HEDDLE_OK);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Endorsement", peers, 1), HEDDLE_E_POLICY);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Endorsement", peers, 2), HEDDLE_OK);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Org1MSP/Admins", admin, 1), HEDDLE_OK);
    ck_assert_int_eq(evaluate(made, "/Channel/Application/Org1MSP/Admins", user, 1),
                     HEDDLE_E_POLICY);
}
END_TEST

START_TEST(bad_channel_names_are_refused)
{
    static const char *const names[] = {"", "MyChannel", "1st", "a/b", "a_b"};
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        ck_assert_int_eq(dn_channel_name_check(names[i], &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(dn_channel_name_check("my-channel.2", &err), HEDDLE_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/genesis");
    TCase *tc = SUITE_CASE("genesis", the_block_is_whole, the_config_says_what_was_asked_for,
                           policies_are_by_role, bad_channel_names_are_refused);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
