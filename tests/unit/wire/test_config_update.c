/* Changes of a configuration, against those that a real channel went through. */
#include "wire/config_update.h"

#include <stdio.h>

#include "common/common.pb-c.h"
#include "crypto/key.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block.h"
#include "wire/envelope.h"
#include "wire/identity.h"

enum { GOLDEN_BLOCKS = 40, MOST_SIGNERS = 4 };

static base_arena *arena;
static wire_bundle *bundle; /* sequence 3 */

static void setup(void)
{
    heddle_error err = {0};
    arena = base_arena_new(0);
    base_buffer block = fixture_read("config_block.pb");
    ck_assert_msg(wire_bundle_from_block(base_buffer_view(&block), &bundle, &err) == HEDDLE_OK,
                  "%s", err.message);
    base_buffer_done(&block);
}

static void teardown(void)
{
    wire_bundle_unref(bundle);
    base_arena_free(arena);
}

static heddle_view encode(const ProtobufCMessage *message)
{
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(message, arena, &bytes, NULL), HEDDLE_OK);
    return bytes;
}

static heddle_view bytes_of(const wire_bundle *of)
{
    return encode(&wire_bundle_config(of)->config->base);
}

/* A copy of the present configuration, to be edited. */
static Common__Config *edited_config(void)
{
    Common__Config *config;
    ck_assert_int_eq(wire_decode(common__config, bytes_of(bundle), arena, &config, NULL),
                     HEDDLE_OK);
    return config;
}

static Common__ConfigGroup *group_of(Common__Config *config, const char *first, const char *second)
{
    const Common__ConfigGroup *group = config->channel_group;
    if (first)
        group = wire_config_subgroup(group, heddle_view_str(first));
    if (second)
        group = wire_config_subgroup(group, heddle_view_str(second));
    ck_assert_ptr_nonnull(group);
    return (Common__ConfigGroup *)(uintptr_t)group;
}

static Common__ConfigValue *value_of(Common__ConfigGroup *group, const char *name)
{
    Common__ConfigValue *value = (void *)(uintptr_t)wire_config_value(group, name);
    ck_assert_ptr_nonnull(value);
    return value;
}

static void set_batch_size(Common__Config *config, uint32_t messages)
{
    Orderer__BatchSize size = ORDERER__BATCH_SIZE__INIT;
    size.max_message_count = messages;
    size.preferred_max_bytes = 1000;
    size.absolute_max_bytes = 100000;
    value_of(group_of(config, "Orderer", NULL), "BatchSize")->value =
        wire_bytes(encode(&size.base));
}

static heddle_view compute(const Common__Config *edited)
{
    base_buffer out = {0};
    heddle_error err = {0};
    ck_assert_msg(wire_config_update_compute(bytes_of(bundle), encode(&edited->base), "mychannel",
                                             &out, &err) == HEDDLE_OK,
                  "%s", err.message);
    heddle_view kept = base_arena_view(arena, base_buffer_view(&out));
    base_buffer_done(&out);
    return kept;
}

static Common__ConfigUpdate *update_of(heddle_view bytes)
{
    Common__ConfigUpdate *update;
    ck_assert_int_eq(wire_decode(common__config_update, bytes, arena, &update, NULL), HEDDLE_OK);
    return update;
}

/* Signers, of the network that the fixtures are of. */

static const char orderer_admin[] = "crypto-config/ordererOrganizations/example.com/users/"
                                    "Admin@example.com/msp";
static const char org1_admin[] = "crypto-config/peerOrganizations/org1.example.com/users/"
                                 "Admin@org1.example.com/msp";
static const char org2_admin[] = "crypto-config/peerOrganizations/org2.example.com/users/"
                                 "Admin@org2.example.com/msp";

static heddle_view creator_of(const char *mspid, const char *dir)
{
    base_buffer identity = {0};
    const char *slash = strstr(dir, "users/") + strlen("users/");
    char path[256];
    snprintf(path, sizeof(path), "%s/signcerts/%.*s-cert.pem", dir, (int)strcspn(slash, "/"),
             slash);
    base_buffer cert = fixture_read(path);
    ck_assert_int_eq(
        wire_identity_write(heddle_view_str(mspid), base_buffer_view(&cert), &identity), HEDDLE_OK);
    heddle_view kept = base_arena_view(arena, base_buffer_view(&identity));
    base_buffer_done(&cert);
    base_buffer_done(&identity);
    return kept;
}

static Common__ConfigSignature *sign(const char *mspid, const char *dir, heddle_view update)
{
    char path[256];
    crypto_key *key;
    crypto_signature made;
    base_buffer message = {0};
    Common__SignatureHeader header = COMMON__SIGNATURE_HEADER__INIT;
    header.creator = wire_bytes(creator_of(mspid, dir));
    header.nonce = wire_bytes(VIEW("nonce"));
    Common__ConfigSignature *signature = wire_new(common__config_signature, arena);
    heddle_view bytes = encode(&header.base);
    snprintf(path, sizeof(path), "%s/%s/keystore/priv_sk", HEDDLE_FIXTURES, dir);
    ck_assert_int_eq(crypto_key_load(path, &key, NULL), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&message, bytes), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&message, update), HEDDLE_OK);
    ck_assert_int_eq(crypto_key_sign(key, CRYPTO_SHA256, base_buffer_view(&message), &made, NULL),
                     HEDDLE_OK);
    signature->signature_header = wire_bytes(bytes);
    signature->signature = wire_bytes(base_arena_view(arena, heddle_view_of(made.data, made.len)));
    base_buffer_done(&message);
    crypto_key_unref(key);
    return signature;
}

/* The envelope of an update, with what was signed and by whom: "o" orderer, "1", "2". */
static heddle_view envelope_of(heddle_view update, const char *signers)
{
    Common__ConfigSignature *signatures[MOST_SIGNERS];
    Common__ConfigUpdateEnvelope message = COMMON__CONFIG_UPDATE_ENVELOPE__INIT;
    wire_header header = {.type = WIRE_TX_CONFIG_UPDATE,
                          .channel = VIEW("mychannel"),
                          .creator = creator_of("Org1MSP", org1_admin)};
    heddle_view payload, envelope;
    message.config_update = wire_bytes(update);
    message.signatures = signatures;
    for (; *signers; signers++)
        signatures[message.n_signatures++] =
            *signers == 'o'   ? sign("OrdererMSP", orderer_admin, update)
            : *signers == '1' ? sign("Org1MSP", org1_admin, update)
                              : sign("Org2MSP", org2_admin, update);
    ck_assert_int_eq(wire_payload_write(&header, encode(&message.base), arena, &payload, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_envelope_write(payload, VIEW("sig"), arena, &envelope, NULL), HEDDLE_OK);
    return envelope;
}

static wire_bundle *applied(heddle_view update, const char *signers)
{
    base_buffer out = {0};
    wire_bundle *next;
    heddle_error err = {0};
    ck_assert_msg(wire_config_update_apply(bundle, envelope_of(update, signers), &out, &next,
                                           &err) == HEDDLE_OK,
                  "%s", err.message);
    wire_bundle *again;
    ck_assert_msg(wire_config_update_validate(bundle, base_buffer_view(&out), &again, &err) ==
                      HEDDLE_OK,
                  "%s", err.message);
    ck_assert_uint_eq(wire_bundle_config(again)->sequence, 4);
    wire_bundle_unref(again);
    base_buffer_done(&out);
    return next;
}

static void refused(heddle_view update, const char *signers, heddle_status status,
                    const char *message)
{
    base_buffer out = {0};
    wire_bundle *next = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(
        wire_config_update_apply(bundle, envelope_of(update, signers), &out, &next, &err), status);
    ck_assert_str_eq(err.message, message);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_ptr_null(next);
}

/* The history of a real channel. */

static bool read_config_block(const base_buffer *bytes, wire_envelope *out)
{
    wire_block block;
    ck_assert_int_eq(wire_block_read(base_buffer_view(bytes), arena, &block, NULL), HEDDLE_OK);
    return block.tx_count == 1 && wire_envelope_read(block.envelopes[0], out, NULL) == HEDDLE_OK &&
           out->header.type == WIRE_TX_CONFIG;
}

static Common__ConfigUpdate *last_update(heddle_view config_envelope, heddle_view *out_bytes)
{
    Common__ConfigEnvelope *config;
    Common__ConfigUpdateEnvelope *update;
    wire_header header;
    heddle_view data;
    ck_assert_int_eq(wire_decode(common__config_envelope, config_envelope, arena, &config, NULL),
                     HEDDLE_OK);
    *out_bytes = encode(&config->last_update->base);
    ck_assert_int_eq(
        wire_payload_read(wire_view(config->last_update->payload), &header, &data, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(wire_decode(common__config_update_envelope, data, arena, &update, NULL),
                     HEDDLE_OK);
    return update_of(wire_view(update->config_update));
}

/* Whether two groups say the same, in whatever order. */
static void same_group(const Common__ConfigGroup *a, const Common__ConfigGroup *b)
{
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_str_eq(a->mod_policy, b->mod_policy);
    ck_assert_uint_eq(a->n_groups, b->n_groups);
    ck_assert_uint_eq(a->n_values, b->n_values);
    ck_assert_uint_eq(a->n_policies, b->n_policies);
    for (size_t i = 0; i < a->n_values; i++) {
        const Common__ConfigValue *x = a->values[i]->value;
        const Common__ConfigValue *y = wire_config_value(b, a->values[i]->key);
        ck_assert_ptr_nonnull(y);
        ck_assert(base_view_equal(encode(&x->base), encode(&y->base)));
    }
    for (size_t i = 0; i < a->n_groups; i++) {
        const Common__ConfigGroup *below =
            wire_config_subgroup(b, heddle_view_str(a->groups[i]->key));
        ck_assert_ptr_nonnull(below);
        same_group(a->groups[i]->value, below);
    }
}

/* From one block to the next: the update computed anew is the one that was made then, and what
 * it comes to is what the orderer made of it. */
static void follow(wire_bundle **at, const wire_envelope *block)
{
    base_buffer out = {0};
    wire_bundle *next, *same;
    heddle_error err = {0};
    heddle_view envelope;
    Common__ConfigUpdate *made = last_update(block->data, &envelope);
    ck_assert_msg(wire_config_update_validate(*at, block->data, &next, &err) == HEDDLE_OK, "%s",
                  err.message);
    ck_assert_int_eq(
        wire_config_update_compute(bytes_of(*at), bytes_of(next), "mychannel", &out, &err),
        HEDDLE_OK);
    Common__ConfigUpdate *computed = update_of(base_arena_view(arena, base_buffer_view(&out)));
    same_group(made->read_set, computed->read_set);
    same_group(made->write_set, computed->write_set);
    base_buffer_clear(&out);
    ck_assert_int_eq(wire_config_update_apply(*at, envelope, &out, &same, &err), HEDDLE_OK);
    ck_assert(base_view_equal(bytes_of(same), bytes_of(next)));
    wire_bundle_unref(same);
    base_buffer_done(&out);
    wire_bundle_unref(*at);
    *at = next;
}

START_TEST(the_updates_of_a_real_channel_are_followed)
{
    base_buffer genesis = fixture_read("genesis.block");
    wire_bundle *at;
    unsigned updates = 0;
    ck_assert_int_eq(wire_bundle_from_block(base_buffer_view(&genesis), &at, NULL), HEDDLE_OK);
    for (int i = 1; i < GOLDEN_BLOCKS; i++) {
        char name[64];
        wire_envelope envelope;
        snprintf(name, sizeof(name), "golden-blocks/block_%d.pb", i);
        base_buffer bytes = fixture_read(name);
        if (read_config_block(&bytes, &envelope)) {
            follow(&at, &envelope);
            updates++;
        }
        base_buffer_done(&bytes);
    }
    ck_assert_uint_eq(updates, 3);
    ck_assert_uint_eq(wire_bundle_config(at)->sequence, 3);
    wire_bundle_unref(at);
    base_buffer_done(&genesis);
}
END_TEST

/* Computing. */

START_TEST(an_edit_of_nothing_is_no_update)
{
    base_buffer out = {0};
    heddle_error err = {0};
    ck_assert_int_eq(
        wire_config_update_compute(bytes_of(bundle), bytes_of(bundle), "mychannel", &out, &err),
        HEDDLE_E_EXISTS);
    ck_assert_str_eq(err.message, "no differences detected between original and updated config");
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(a_config_without_groups_has_no_update)
{
    base_buffer out = {0};
    heddle_error err = {0};
    ck_assert_int_eq(wire_config_update_compute(VIEW(""), bytes_of(bundle), "c", &out, &err),
                     HEDDLE_E_CONFIG);
    ck_assert_str_eq(err.message, "no channel group included for original config");
    ck_assert_int_eq(wire_config_update_compute(bytes_of(bundle), VIEW(""), "c", &out, &err),
                     HEDDLE_E_CONFIG);
    ck_assert_str_eq(err.message, "no channel group included for updated config");
    ck_assert_int_eq(wire_config_update_compute(VIEW("\xff"), VIEW(""), "c", &out, &err),
                     HEDDLE_E_DECODE);
}
END_TEST

START_TEST(a_changed_value_is_alone_in_the_write_set)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    Common__ConfigUpdate *update = update_of(compute(config));
    const Common__ConfigValue *was =
        wire_config_value(group_of(edited_config(), "Orderer", NULL), "BatchSize");
    ck_assert_str_eq(update->channel_id, "mychannel");
    ck_assert_uint_eq(update->read_set->n_groups, 1);
    ck_assert_uint_eq(update->read_set->groups[0]->value->n_values, 0);
    const Common__ConfigGroup *orderer = update->write_set->groups[0]->value;
    ck_assert_str_eq(update->write_set->groups[0]->key, "Orderer");
    ck_assert_str_eq(orderer->mod_policy, "");
    ck_assert_uint_eq(orderer->n_values, 1);
    ck_assert_uint_eq(orderer->values[0]->value->version, was->version + 1);
    ck_assert_str_eq(orderer->values[0]->value->mod_policy, "Admins");
}
END_TEST

START_TEST(a_member_gone_lifts_the_group_and_keeps_the_others)
{
    Common__Config *config = edited_config();
    Common__ConfigGroup *application = group_of(config, "Application", NULL);
    uint64_t version = application->version;
    size_t policies = application->n_policies;
    application->n_groups = 1;
    Common__ConfigUpdate *update = update_of(compute(config));
    const Common__ConfigGroup *written =
        wire_config_subgroup(update->write_set, VIEW("Application"));
    ck_assert_uint_eq(written->version, version + 1);
    ck_assert_str_eq(written->mod_policy, "Admins");
    ck_assert_uint_eq(written->n_groups, 1);
    ck_assert_uint_eq(written->n_policies, policies);
    ck_assert_ptr_null(written->policies[0]->value->policy);
    ck_assert_uint_eq(wire_config_subgroup(update->read_set, VIEW("Application"))->version,
                      version);
}
END_TEST

START_TEST(versions_in_the_edited_config_count_for_nothing)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    heddle_view plain = compute(config);
    config->sequence = 99;
    group_of(config, "Orderer", NULL)->version = 44;
    value_of(group_of(config, "Orderer", NULL), "BatchSize")->version = 17;
    ck_assert(base_view_equal(compute(config), plain));
}
END_TEST

/* Applying. */

START_TEST(a_signed_update_becomes_the_next_configuration)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    wire_bundle *next = applied(compute(config), "o");
    ck_assert_uint_eq(wire_bundle_config(next)->sequence, 4);
    ck_assert_uint_eq(wire_bundle_config(next)->batch_max_messages, 7);
    wire_bundle_unref(next);
}
END_TEST

START_TEST(an_organisation_leaves)
{
    Common__Config *config = edited_config();
    group_of(config, "Application", NULL)->n_groups = 1;
    heddle_view update = compute(config);
    refused(update, "1", HEDDLE_E_POLICY,
            "error authorizing update: error validating DeltaSet: policy for [Group]  "
            "/Channel/Application not satisfied: implicit policy evaluation failed - 1 "
            "sub-policies were satisfied, but this policy requires 2 of the 'Admins' sub-policies "
            "to be satisfied");
    wire_bundle *next = applied(update, "12");
    ck_assert_uint_eq(wire_bundle_config(next)->application_org_count, 1);
    wire_bundle_unref(next);
}
END_TEST

START_TEST(signatures_of_others_do_not_suffice)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    static const char text[] =
        "error authorizing update: error validating DeltaSet: policy for [Value]  "
        "/Channel/Orderer/BatchSize not satisfied: implicit policy evaluation failed - 0 "
        "sub-policies were satisfied, but this policy requires 1 of the 'Admins' sub-policies to "
        "be satisfied";
    refused(compute(config), "12", HEDDLE_E_POLICY, text);
    refused(compute(config), "", HEDDLE_E_POLICY, text);
}
END_TEST

START_TEST(a_stale_update_names_key_and_versions)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    heddle_view update = compute(config);
    wire_bundle *next = applied(update, "o");
    wire_bundle_unref(bundle);
    bundle = next;
    uint64_t is =
        wire_config_value(group_of(edited_config(), "Orderer", NULL), "BatchSize")->version;
    char text[256];
    snprintf(text, sizeof(text),
             "error authorizing update: error validating DeltaSet: attempt to set key [Value]  "
             "/Channel/Orderer/BatchSize to version %llu, but key is at version %llu",
             (unsigned long long)is, (unsigned long long)is);
    refused(update, "o", HEDDLE_E_BAD_STATE, text);
}
END_TEST

START_TEST(a_stale_read_set_is_refused)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    Common__ConfigUpdate *update = update_of(compute(config));
    Common__ConfigGroup *orderer =
        (void *)(uintptr_t)wire_config_subgroup(update->read_set, VIEW("Orderer"));
    orderer->version = 5;
    refused(encode(&update->base), "o", HEDDLE_E_BAD_STATE,
            "error authorizing update: error validating ReadSet: proposed update requires that key "
            "[Group]  /Channel/Orderer be at version 5, but it is currently at version 0");
    update->read_set->groups[0]->key = wire_text("Other");
    refused(encode(&update->base), "o", HEDDLE_E_BAD_STATE,
            "error authorizing update: error validating ReadSet: existing config does not contain "
            "element for [Group]  /Channel/Other but was in the read set");
}
END_TEST

START_TEST(an_update_of_nothing_or_of_another_channel_is_refused)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    Common__ConfigUpdate *update = update_of(compute(config));
    update->channel_id = wire_text("other");
    refused(encode(&update->base), "o", HEDDLE_E_REFUSED,
            "error authorizing update: ConfigUpdate for channel 'other' but envelope for channel "
            "'mychannel'");
    update->channel_id = wire_text("mychannel");
    update->write_set = update->read_set;
    refused(encode(&update->base), "o", HEDDLE_E_REFUSED,
            "error authorizing update: error validating DeltaSet: delta set was empty -- update "
            "would have no effect");
}
END_TEST

START_TEST(names_and_mod_policies_follow_the_rules)
{
    Common__Config *config = edited_config();
    value_of(group_of(config, "Orderer", NULL), "BatchSize")->mod_policy = wire_text("");
    refused(compute(config), "o", HEDDLE_E_CONFIG,
            "error authorizing update: error validating DeltaSet: invalid mod_policy for element "
            "[Value]  /Channel/Orderer/BatchSize: mod_policy not set");
    value_of(group_of(config, "Orderer", NULL), "BatchSize")->mod_policy = wire_text("/Channel//A");
    refused(compute(config), "o", HEDDLE_E_CONFIG,
            "error authorizing update: error validating DeltaSet: invalid mod_policy for element "
            "[Value]  /Channel/Orderer/BatchSize: path element at 1 is invalid: config ID illegal, "
            "cannot be empty");
    config = edited_config();
    group_of(config, "Orderer", NULL)->values[0]->key = wire_text("a_b");
    refused(compute(config), "o", HEDDLE_E_CONFIG,
            "error authorizing update: error mapping WriteSet: illegal characters in key: [Value]  "
            "/Channel/Orderer: config ID 'a_b' contains illegal characters");
}
END_TEST

START_TEST(a_result_that_is_no_configuration_is_refused)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 0);
    refused(compute(config), "o", HEDDLE_E_CONFIG,
            "Attempted to set the batch size max message count to an invalid value: 0");
    config = edited_config();
    value_of(group_of(config, "Application", "Org1MSP"), "MSP")->value = wire_bytes(VIEW(""));
    base_buffer out = {0};
    heddle_error err;
    ck_assert_int_eq(
        wire_config_update_apply(bundle, envelope_of(compute(config), "1"), &out, NULL, &err),
        HEDDLE_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "initializing channelconfig failed"));
    ck_assert_ptr_nonnull(strstr(err.message, "Org1MSP"));
}
END_TEST

static void set_consensus(Common__Config *config, const char *type, bool in_maintenance)
{
    Orderer__ConsensusType *consensus;
    Common__ConfigValue *value = value_of(group_of(config, "Orderer", NULL), "ConsensusType");
    ck_assert_int_eq(
        wire_decode(orderer__consensus_type, wire_view(value->value), arena, &consensus, NULL),
        HEDDLE_OK);
    consensus->type = wire_text(type);
    consensus->state = in_maintenance ? ORDERER__CONSENSUS_TYPE__STATE__STATE_MAINTENANCE
                                      : ORDERER__CONSENSUS_TYPE__STATE__STATE_NORMAL;
    value->value = wire_bytes(encode(&consensus->base));
}

START_TEST(the_consensus_changes_in_maintenance_only)
{
    Common__Config *config = edited_config();
    set_consensus(config, "BFT", false);
    refused(compute(config), "o", HEDDLE_E_CONFIG,
            "attempted to change consensus type from etcdraft to BFT");
    config = edited_config();
    set_consensus(config, "etcdraft", true);
    wire_bundle *before = bundle;
    bundle = applied(compute(config), "o");
    wire_bundle_unref(before);
    config = edited_config();
    set_consensus(config, "BFT", true);
    base_buffer out = {0};
    wire_bundle *next = NULL;
    heddle_error err = {0};
    heddle_status status =
        wire_config_update_apply(bundle, envelope_of(compute(config), "o"), &out, &next, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq(wire_bundle_config(next)->consensus_type, "BFT");
    wire_bundle_unref(next);
    base_buffer_done(&out);
}
END_TEST

START_TEST(a_block_that_says_another_result_is_refused)
{
    Common__Config *config = edited_config();
    Common__ConfigEnvelope *said;
    base_buffer out = {0};
    heddle_error err;
    wire_bundle *next;
    set_batch_size(config, 7);
    ck_assert_int_eq(
        wire_config_update_apply(bundle, envelope_of(compute(config), "o"), &out, NULL, &err),
        HEDDLE_OK);
    ck_assert_int_eq(
        wire_decode(common__config_envelope, base_buffer_view(&out), arena, &said, NULL),
        HEDDLE_OK);
    set_batch_size(said->config, 8);
    ck_assert_int_eq(wire_config_update_validate(bundle, encode(&said->base), &next, &err),
                     HEDDLE_E_REFUSED);
    ck_assert_str_eq(err.message,
                     "ConfigEnvelope LastUpdate did not produce the supplied config result");
    said->config->sequence = 9;
    ck_assert_int_eq(wire_config_update_validate(bundle, encode(&said->base), &next, &err),
                     HEDDLE_E_REFUSED);
    ck_assert_str_eq(err.message,
                     "config currently at sequence 3, cannot validate config at sequence 9");
    base_buffer_done(&out);
}
END_TEST

START_TEST(want_of_memory_is_told_and_leaves_nothing)
{
    Common__Config *config = edited_config();
    set_batch_size(config, 7);
    heddle_view update = compute(config);
    heddle_view envelope = envelope_of(update, "o");
    base_buffer out = {0};
    wire_bundle *next = NULL;
    heddle_status status = HEDDLE_E_NO_MEMORY;
    for (unsigned n = 1; status == HEDDLE_E_NO_MEMORY; n++) {
        fault_alloc_arm(n);
        status = wire_config_update_apply(bundle, envelope, &out, &next, NULL);
        fault_alloc_disarm();
    }
    ck_assert_int_eq(status, HEDDLE_OK);
    wire_bundle_unref(next);
    base_buffer_done(&out);
}
END_TEST

static TCase *with_bundle(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("wire/config_update",
           with_bundle(SUITE_CASE("history", the_updates_of_a_real_channel_are_followed)),
           with_bundle(SUITE_CASE("compute", an_edit_of_nothing_is_no_update,
                                  a_config_without_groups_has_no_update,
                                  a_changed_value_is_alone_in_the_write_set,
                                  a_member_gone_lifts_the_group_and_keeps_the_others,
                                  versions_in_the_edited_config_count_for_nothing)),
           with_bundle(SUITE_CASE("apply", a_signed_update_becomes_the_next_configuration,
                                  an_organisation_leaves, signatures_of_others_do_not_suffice,
                                  a_stale_update_names_key_and_versions,
                                  a_stale_read_set_is_refused,
                                  an_update_of_nothing_or_of_another_channel_is_refused,
                                  names_and_mod_policies_follow_the_rules,
                                  a_result_that_is_no_configuration_is_refused,
                                  the_consensus_changes_in_maintenance_only,
                                  a_block_that_says_another_result_is_refused,
                                  want_of_memory_is_told_and_leaves_nothing)))
