/* The configuration of a real channel, and the signatures on its blocks. */
#include "wire/bundle.h"

#include <stdio.h>

#include "peer/policy.pb-c.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/block_hash.h"
#include "wire/identity.h"

enum { GOLDEN_BLOCKS = 40, MAX_ENDORSEMENTS = 8 };

static base_arena *arena;
static base_buffer config_bytes;
static wire_bundle *bundle;
static const wire_channel_config *config;

static void setup(void)
{
    heddle_error err = {0};
    arena = base_arena_new(0);
    config_bytes = fixture_read("config_block.pb");
    ck_assert_msg(wire_bundle_from_block(base_buffer_view(&config_bytes), &bundle, &err) ==
                      HEDDLE_OK,
                  "%s", err.message);
    config = wire_bundle_config(bundle);
}

static void teardown(void)
{
    wire_bundle_unref(bundle);
    base_buffer_done(&config_bytes);
    base_arena_free(arena);
}

START_TEST(a_config_block_is_read)
{
    ck_assert_str_eq(config->channel, "mychannel");
    ck_assert_uint_eq(config->sequence, 3);
    ck_assert_uint_eq(config->application_org_count, 2);
    ck_assert_str_eq(config->application_orgs[0].name, "Org1MSP");
    ck_assert_str_eq(config->application_orgs[1].mspid, "Org2MSP");
    ck_assert_uint_eq(config->application_orgs[0].anchor_count, 1);
    ck_assert_str_eq(config->application_orgs[0].anchors[0].host, "127.0.0.1");
    ck_assert_uint_eq(config->application_orgs[0].anchors[0].port, 7051);
    ck_assert_uint_eq(config->orderer_count, 1);
    ck_assert_str_eq(config->orderers[0].address, "127.0.0.1:7050");
    ck_assert_str_eq(config->orderers[0].org->mspid, "OrdererMSP");
    ck_assert_str_eq(config->consensus_type, "etcdraft");
    ck_assert(!config->in_maintenance);
    ck_assert_uint_eq(config->raft->n_consenters, 1);
    ck_assert_ptr_null(config->consenters);
    ck_assert_uint_eq(config->batch_max_messages, 200);
    ck_assert_uint_eq(config->batch_max_bytes, 103809024);
    ck_assert_uint_eq(config->batch_preferred_bytes, 2097152);
    ck_assert_uint_eq(config->batch_timeout_ms, 1000);
    ck_assert(wire_capability_has(config->application_capabilities, "V2_5"));
    ck_assert(wire_capability_has(config->application_capabilities, "V1_4_2"));
    ck_assert(!wire_capability_has(config->capabilities, "V3_0"));
}
END_TEST

START_TEST(a_genesis_block_is_read)
{
    base_buffer bytes = fixture_read("genesis.block");
    wire_bundle *genesis;
    heddle_error err = {0};
    ck_assert_msg(wire_bundle_from_block(base_buffer_view(&bytes), &genesis, &err) == HEDDLE_OK,
                  "%s", err.message);
    ck_assert_uint_eq(wire_bundle_config(genesis)->sequence, 0);
    wire_bundle_unref(genesis);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(groups_are_found_by_path)
{
    ck_assert_ptr_eq(wire_channel_config_group(config, VIEW("/Channel")),
                     config->config->channel_group);
    ck_assert_ptr_eq(wire_channel_config_group(config, VIEW("/Channel/Application/Org1MSP")),
                     config->application_orgs[0].group);
    ck_assert_ptr_null(wire_channel_config_group(config, VIEW("/Channel/Nowhere/Org1MSP")));
    ck_assert_ptr_null(wire_channel_config_group(config, VIEW("/Channels")));
    ck_assert_ptr_null(wire_channel_config_group(config, VIEW("Channel")));
    ck_assert_ptr_null(wire_channel_config_org(config, VIEW("Org3MSP")));
}
END_TEST

START_TEST(resources_have_fabrics_default_policies)
{
    ck_assert_str_eq(wire_channel_config_acl(config, "event/Block", arena),
                     "/Channel/Application/Readers");
    ck_assert_str_eq(wire_channel_config_acl(config, "peer/Propose", arena),
                     "/Channel/Application/Writers");
    ck_assert_ptr_null(wire_channel_config_acl(config, "no/Such", arena));
}
END_TEST

START_TEST(a_channel_may_set_its_own_acls)
{
    static const wire_acl acls[] = {{"event/Block", "Writers"},
                                    {"qscc/GetChainInfo", "/Channel/Application/Admins"}};
    wire_channel_config own = *config;
    own.acls = acls;
    own.acl_count = 2;
    ck_assert_str_eq(wire_channel_config_acl(&own, "event/Block", arena),
                     "/Channel/Application/Writers");
    ck_assert_str_eq(wire_channel_config_acl(&own, "qscc/GetChainInfo", arena),
                     "/Channel/Application/Admins");
}
END_TEST

/* configtxgen made the channel's policies from text as well. */
START_TEST(parsed_text_gives_fabrics_bytes)
{
    const Common__Policy *policy =
        wire_config_policy(config->application_orgs[0].group, VIEW("Endorsement"));
    Common__SignaturePolicyEnvelope *parsed;
    heddle_view bytes;
    ck_assert_int_eq(wire_policy_parse(VIEW("OR('Org1MSP.peer')"), arena, &parsed, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_encode_arena(&parsed->base, arena, &bytes, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(bytes, wire_view(policy->value)));
}
END_TEST

static void open_block(int number, base_buffer *bytes, wire_block *block)
{
    char path[64];
    snprintf(path, sizeof(path), "golden-blocks/block_%d.pb", number);
    *bytes = fixture_read(path);
    ck_assert_int_eq(wire_block_read(base_buffer_view(bytes), arena, block, NULL), HEDDLE_OK);
}

/* An orderer signs value, signature header and block header, one after the other. */
START_TEST(orderers_signed_every_block)
{
    base_buffer bytes;
    wire_block block;
    open_block(_i, &bytes, &block);
    base_buffer rest = {0};
    ck_assert_uint_eq(block.signature_count, 1);
    heddle_view creator;
    ck_assert(wire_field_find(block.signatures[0].header, 1, &creator));
    ck_assert_int_eq(base_buffer_append(&rest, block.signatures[0].header), HEDDLE_OK);
    ck_assert_int_eq(
        wire_block_header_der(block.number, block.previous_hash, block.data_hash, &rest),
        HEDDLE_OK);
    wire_signed set = {.data = {block.signed_value, base_buffer_view(&rest)},
                       .identity = creator,
                       .signature = block.signatures[0].signature};
    heddle_error err = {0};
    ck_assert_msg(wire_bundle_evaluate(bundle, "/Channel/Orderer/BlockValidation", &set, 1, &err) ==
                      HEDDLE_OK,
                  "%s", err.message);
    set.data[0].len--;
    ck_assert_int_eq(
        wire_bundle_evaluate(bundle, "/Channel/Orderer/BlockValidation", &set, 1, &err),
        HEDDLE_E_POLICY);
    base_buffer_done(&rest);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(creators_of_transactions_are_readers_and_writers)
{
    base_buffer bytes;
    wire_block block;
    open_block(_i, &bytes, &block);
    for (size_t i = 0; i < block.tx_count; i++) {
        wire_tx tx;
        heddle_error err = {0};
        ck_assert_int_eq(wire_tx_read(block.envelopes[i], arena, &tx, &err), HEDDLE_OK);
        if (tx.type != WIRE_TX_ENDORSER)
            continue;
        wire_signed set = {
            .data = {tx.payload}, .identity = tx.creator.bytes, .signature = tx.signature};
        ck_assert_msg(wire_bundle_evaluate(bundle, "/Channel/Application/Readers", &set, 1, &err) ==
                          HEDDLE_OK,
                      "%s", err.message);
        ck_assert_int_eq(
            wire_bundle_evaluate(bundle, "/Channel/Application/Writers", &set, 1, &err), HEDDLE_OK);
        ck_assert_int_eq(wire_bundle_evaluate(bundle, "/Channel/Orderer/Writers", &set, 1, &err),
                         HEDDLE_E_POLICY);
    }
    base_buffer_done(&bytes);
}
END_TEST

/* The endorsements of the one transaction of a block. */
static size_t endorsements_of(int number, base_buffer *bytes, wire_signed *set)
{
    wire_block block;
    wire_tx tx;
    open_block(number, bytes, &block);
    ck_assert_int_eq(wire_tx_read(block.envelopes[0], arena, &tx, NULL), HEDDLE_OK);
    ck_assert_uint_le(tx.action.endorsement_count, MAX_ENDORSEMENTS);
    for (size_t i = 0; i < tx.action.endorsement_count; i++) {
        const wire_endorsement *endorsement = &tx.action.endorsements[i];
        set[i] = (wire_signed){.data = {tx.action.response_payload, endorsement->endorser.bytes},
                               .identity = endorsement->endorser.bytes,
                               .signature = endorsement->signature};
    }
    return tx.action.endorsement_count;
}

START_TEST(a_majority_of_endorsements_is_needed)
{
    base_buffer bytes;
    wire_signed set[MAX_ENDORSEMENTS];
    heddle_error err;
    const char *path = "/Channel/Application/Endorsement";
    size_t count = endorsements_of(10, &bytes, set);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(wire_bundle_evaluate(bundle, path, set, 2, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate(bundle, path, set, 1, &err), HEDDLE_E_POLICY);
    ck_assert_ptr_nonnull(strstr(err.message, "1 sub-policies were satisfied"));
    wire_signed twice[] = {set[0], set[0]};
    ck_assert_int_eq(wire_bundle_evaluate(bundle, path, twice, 2, &err), HEDDLE_E_POLICY);
    wire_signed swapped[] = {set[0], set[1]};
    swapped[1].signature = set[0].signature;
    ck_assert_int_eq(wire_bundle_evaluate(bundle, path, swapped, 2, &err), HEDDLE_E_POLICY);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(a_signer_counts_once)
{
    base_buffer bytes;
    wire_signed set[MAX_ENDORSEMENTS];
    Common__SignaturePolicyEnvelope *policy;
    heddle_error err;
    endorsements_of(10, &bytes, set);
    ck_assert_int_eq(wire_policy_parse(VIEW("OutOf(2, 'Org1MSP.peer', 'Org1MSP.peer', "
                                            "'Org2MSP.peer', 'Org2MSP.peer')"),
                                       arena, &policy, &err),
                     HEDDLE_OK);
    wire_signed twice[] = {set[0], set[0]};
    ck_assert_int_eq(wire_bundle_evaluate_signature_policy(bundle, policy, set, 2, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate_signature_policy(bundle, policy, twice, 2, &err),
                     HEDDLE_E_POLICY);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(a_flattened_policy_says_the_same)
{
    base_buffer bytes;
    wire_signed set[MAX_ENDORSEMENTS];
    const Common__SignaturePolicyEnvelope *flat;
    heddle_error err;
    ck_assert_int_eq(
        wire_bundle_flatten(bundle, "/Channel/Application/Endorsement", arena, &flat, &err),
        HEDDLE_OK);
    base_buffer text = {0};
    ck_assert_int_eq(wire_policy_print(flat, &text, &err), HEDDLE_OK);
    ck_assert_str_eq(base_buffer_cstr(&text), "AND(OR('Org1MSP.peer'), OR('Org2MSP.peer'))");
    endorsements_of(10, &bytes, set);
    ck_assert_int_eq(wire_bundle_evaluate_signature_policy(bundle, flat, set, 2, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate_signature_policy(bundle, flat, set, 1, &err),
                     HEDDLE_E_POLICY);
    base_buffer_done(&text);
    base_buffer_done(&bytes);
}
END_TEST

/* One place for all: each signature makes the memory forget the one before. */
static const size_t memory_sizes[] = {1, 64};

START_TEST(a_remembered_signature_is_right_for_its_own_bytes_only)
{
    base_buffer bytes;
    wire_signed set[MAX_ENDORSEMENTS];
    heddle_error err;
    const char *path = "/Channel/Application/Endorsement";
    endorsements_of(10, &bytes, set);
    ck_assert_int_eq(wire_bundle_remember(bundle, memory_sizes[_i], &err), HEDDLE_OK);
    for (size_t round = 0; round < 3; round++) {
        wire_signed other[] = {set[0], set[1]};
        ck_assert_int_eq(wire_bundle_evaluate(bundle, path, set, 2, &err), HEDDLE_OK);
        other[1].signature = set[0].signature;
        ck_assert_int_eq(wire_bundle_evaluate(bundle, path, other, 2, &err), HEDDLE_E_POLICY);
        other[1] = set[1];
        other[1].data[0] = VIEW("other data");
        ck_assert_int_eq(wire_bundle_evaluate(bundle, path, other, 2, &err), HEDDLE_E_POLICY);
        other[1] = set[1];
        other[1].identity = set[0].identity;
        ck_assert_int_eq(wire_bundle_evaluate(bundle, path, other, 2, &err), HEDDLE_E_POLICY);
    }
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(what_the_channel_does_not_know_is_refused)
{
    wire_signed set = {.data = {VIEW("data")}, .identity = VIEW("?"), .signature = VIEW("?")};
    heddle_error err;
    crypto_identity *identity = NULL;
    ck_assert_int_eq(wire_bundle_evaluate(bundle, "/Channel/Application/Nothing", &set, 1, &err),
                     HEDDLE_E_NOT_FOUND);
    ck_assert_int_eq(wire_bundle_evaluate(bundle, "/Channel/Application/Readers", &set, 1, &err),
                     HEDDLE_E_POLICY);
    ck_assert_int_eq(wire_bundle_identify(bundle, set.identity, &identity, &err),
                     HEDDLE_E_BAD_IDENTITY);
    base_buffer stranger = {0};
    ck_assert_int_eq(wire_identity_write(VIEW("Org9MSP"), VIEW("cert"), &stranger), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_identify(bundle, base_buffer_view(&stranger), &identity, &err),
                     HEDDLE_E_BAD_IDENTITY);
    ck_assert_ptr_nonnull(strstr(err.message, "Org9MSP"));
    ck_assert_ptr_null(identity);
    base_buffer_done(&stranger);
}
END_TEST

START_TEST(what_is_no_config_block_is_refused)
{
    base_buffer bytes = fixture_read("golden-blocks/block_10.pb");
    wire_bundle *none = NULL;
    heddle_error err;
    ck_assert_int_eq(wire_bundle_from_block(base_buffer_view(&bytes), &none, &err),
                     HEDDLE_E_DECODE);
    for (size_t len = 0; len < config_bytes.len; len += 97)
        ck_assert_int_ne(
            wire_bundle_from_block(heddle_view_of(config_bytes.data, len), &none, &err), HEDDLE_OK);
    ck_assert_ptr_null(none);
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(an_application_policy_is_a_signature_policy_or_a_name)
{
    base_buffer bytes;
    wire_signed set[MAX_ENDORSEMENTS];
    heddle_error err;
    heddle_view encoded;
    endorsements_of(10, &bytes, set);

    Protos__ApplicationPolicy policy = PROTOS__APPLICATION_POLICY__INIT;
    policy.type_case = PROTOS__APPLICATION_POLICY__TYPE_CHANNEL_CONFIG_POLICY_REFERENCE;
    policy.channel_config_policy_reference = wire_text("/Channel/Application/Endorsement");
    ck_assert_int_eq(wire_encode_arena(&policy.base, arena, &encoded, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate_application(bundle, encoded, set, 2, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate_application(bundle, encoded, set, 1, &err),
                     HEDDLE_E_POLICY);

    policy.type_case = PROTOS__APPLICATION_POLICY__TYPE_SIGNATURE_POLICY;
    ck_assert_int_eq(wire_policy_parse(VIEW("OR('Org1MSP.peer', 'Org2MSP.peer')"), arena,
                                       &policy.signature_policy, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_encode_arena(&policy.base, arena, &encoded, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate_application(bundle, encoded, set, 1, &err), HEDDLE_OK);
    ck_assert_int_eq(wire_bundle_evaluate_application(bundle, encoded, NULL, 0, &err),
                     HEDDLE_E_POLICY);
    ck_assert_int_eq(
        wire_bundle_evaluate_application(bundle, heddle_view_of(NULL, 0), set, 2, &err),
        HEDDLE_E_DECODE);
    base_buffer_done(&bytes);
}
END_TEST

/* A copy of the channel's configuration, to be changed and read again. */
static Common__Config *copy_config(void)
{
    Common__Config *copy;
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(&config->config->base, arena, &bytes, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_decode(common__config, bytes, arena, &copy, NULL), HEDDLE_OK);
    return copy;
}

static void set_value(const Common__ConfigGroup *group, const char *key,
                      const ProtobufCMessage *message)
{
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(message, arena, &bytes, NULL), HEDDLE_OK);
    ((Common__ConfigValue *)(uintptr_t)wire_config_value(group, key))->value = wire_bytes(bytes);
}

static heddle_status read_config(const Common__Config *changed, const wire_channel_config **out,
                                 heddle_error *err)
{
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(&changed->base, arena, &bytes, NULL), HEDDLE_OK);
    return wire_channel_config_from_config(bytes, "mychannel", arena, out, err);
}

START_TEST(consenters_of_a_bft_channel_are_read)
{
    Common__Config *changed = copy_config();
    const Common__ConfigGroup *orderer =
        wire_config_subgroup(changed->channel_group, VIEW("Orderer"));
    Orderer__ConsensusType type = ORDERER__CONSENSUS_TYPE__INIT;
    type.type = wire_text("BFT");
    set_value(orderer, "ConsensusType", &type.base);
    Common__Consenter consenter = COMMON__CONSENTER__INIT, *list[] = {&consenter};
    consenter.id = 7;
    consenter.msp_id = wire_text("OrdererMSP");
    Common__Orderers orderers = COMMON__ORDERERS__INIT;
    orderers.n_consenter_mapping = 1;
    orderers.consenter_mapping = list;
    /* ChannelRestrictions gives its place to the list. */
    for (size_t i = 0; i < orderer->n_values; i++)
        if (strcmp(orderer->values[i]->key, "ChannelRestrictions") == 0)
            orderer->values[i]->key = wire_text("Orderers");
    set_value(orderer, "Orderers", &orderers.base);

    const wire_channel_config *read;
    heddle_error err = {0};
    ck_assert_msg(read_config(changed, &read, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq(read->consensus_type, "BFT");
    ck_assert_ptr_null(read->raft);
    ck_assert_uint_eq(read->consenters->n_consenter_mapping, 1);
    ck_assert_uint_eq(read->consenters->consenter_mapping[0]->id, 7);
}
END_TEST

START_TEST(without_endpoints_the_global_addresses_count)
{
    Common__Config *changed = copy_config();
    Common__ConfigGroup *channel = changed->channel_group;
    const Common__ConfigGroup *org =
        wire_config_subgroup(wire_config_subgroup(channel, VIEW("Orderer")), VIEW("OrdererOrg"));
    Common__OrdererAddresses none = COMMON__ORDERER_ADDRESSES__INIT, global = none;
    char *addresses[] = {wire_text("orderer1:7050"), wire_text("orderer2:7050")};
    global.n_addresses = 2;
    global.addresses = addresses;
    set_value(org, "Endpoints", &none.base);
    for (size_t i = 0; i < channel->n_values; i++)
        if (strcmp(channel->values[i]->key, "HashingAlgorithm") == 0)
            channel->values[i]->key = wire_text("OrdererAddresses");
    set_value(channel, "OrdererAddresses", &global.base);

    const wire_channel_config *read;
    heddle_error err = {0};
    ck_assert_msg(read_config(changed, &read, &err) == HEDDLE_OK, "%s", err.message);
    ck_assert_uint_eq(read->orderer_count, 2);
    ck_assert_str_eq(read->orderers[1].address, "orderer2:7050");
    ck_assert_ptr_null(read->orderers[1].org);
}
END_TEST

START_TEST(a_bad_value_is_named)
{
    Common__Config *changed = copy_config();
    const Common__ConfigGroup *orderer =
        wire_config_subgroup(changed->channel_group, VIEW("Orderer"));
    Orderer__BatchTimeout timeout = ORDERER__BATCH_TIMEOUT__INIT;
    timeout.timeout = wire_text("soon");
    set_value(orderer, "BatchTimeout", &timeout.base);
    const wire_channel_config *read = NULL;
    heddle_error err;
    ck_assert_int_eq(read_config(changed, &read, &err), HEDDLE_E_CONFIG);
    ck_assert_str_eq(err.message,
                     "channel configuration: value BatchTimeout: \"soon\" is no duration");
    ck_assert_ptr_null(read);
}
END_TEST

START_TEST(want_of_memory_is_told_and_leaks_nothing)
{
    for (size_t nth = 1;; nth += nth < 40 ? 1 : 41) {
        wire_bundle *scarce = NULL;
        heddle_error err;
        fault_alloc_arm(nth);
        heddle_status status =
            wire_bundle_from_block(base_buffer_view(&config_bytes), &scarce, &err);
        wire_bundle_unref(scarce);
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!fault_alloc_disarm()) {
            ck_assert_int_eq(status, HEDDLE_OK);
            break;
        }
        ck_assert_int_ne(status, HEDDLE_E_DECODE);
        ck_assert(status == HEDDLE_OK || scarce == NULL);
    }
}
END_TEST

static TCase *with_bundle(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

static TCase *memory_case(void)
{
    TCase *tcase = tcase_create("memory");
    tcase_add_loop_test(tcase, a_remembered_signature_is_right_for_its_own_bytes_only, 0,
                        BASE_COUNT(memory_sizes));
    return with_bundle(tcase);
}

static TCase *block_case(void)
{
    TCase *tcase = tcase_create("blocks");
    tcase_add_loop_test(tcase, orderers_signed_every_block, 1, GOLDEN_BLOCKS);
    tcase_add_loop_test(tcase, creators_of_transactions_are_readers_and_writers, 1, GOLDEN_BLOCKS);
    return with_bundle(tcase);
}

SUITE_MAIN("wire/bundle",
           with_bundle(SUITE_CASE("config", a_config_block_is_read, a_genesis_block_is_read,
                                  groups_are_found_by_path, resources_have_fabrics_default_policies,
                                  a_channel_may_set_its_own_acls,
                                  what_is_no_config_block_is_refused,
                                  consenters_of_a_bft_channel_are_read,
                                  without_endpoints_the_global_addresses_count,
                                  a_bad_value_is_named, want_of_memory_is_told_and_leaks_nothing)),
           with_bundle(SUITE_CASE("policies", a_majority_of_endorsements_is_needed,
                                  a_signer_counts_once, a_flattened_policy_says_the_same,
                                  an_application_policy_is_a_signature_policy_or_a_name,
                                  parsed_text_gives_fabrics_bytes,
                                  what_the_channel_does_not_know_is_refused)),
           memory_case(), block_case())
