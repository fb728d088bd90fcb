/* The signatures of a BFT channel's orderers, who go by numbers. */
#include "wire/block_signature.h"

#include <stdio.h>

#include "crypto/key.h"
#include "support/fixture.h"
#include "support/suite.h"
#include "wire/block_hash.h"
#include "wire/codec.h"

#define ORDERER "crypto-config/ordererOrganizations/example.com/orderers/orderer.example.com/msp/"

enum { NUMBER = 7, BLOCK = 300 };

static base_arena *arena;
static wire_bundle *bundle;
static crypto_key *key;
static base_buffer cert;
static uint8_t hash[CRYPTO_SHA256_LEN];
static wire_block block;
static wire_block_signature signature;
static crypto_signature made;

static void set_value(Common__ConfigGroup *group, size_t i, const char *name,
                      const ProtobufCMessage *message)
{
    heddle_view bytes;
    ck_assert_int_eq(wire_encode_arena(message, arena, &bytes, NULL), HEDDLE_OK);
    group->values[i]->key = wire_text(name);
    group->values[i]->value->value = wire_bytes(bytes);
}

/* The recorded configuration, with that orderer as the one consenter. */
static void make_bft(Common__ConfigGroup *orderer)
{
    Orderer__ConsensusType type = ORDERER__CONSENSUS_TYPE__INIT;
    Common__Consenter consenter = COMMON__CONSENTER__INIT, *list[] = {&consenter};
    Common__Orderers orderers = COMMON__ORDERERS__INIT;
    type.type = wire_text("BFT");
    consenter.id = NUMBER;
    consenter.msp_id = wire_text("OrdererMSP");
    consenter.identity = wire_bytes(base_buffer_view(&cert));
    orderers.n_consenter_mapping = 1;
    orderers.consenter_mapping = list;
    for (size_t i = 0; i < orderer->n_values; i++)
        if (strcmp(orderer->values[i]->key, "ConsensusType") == 0)
            set_value(orderer, i, "ConsensusType", &type.base);
        else if (strcmp(orderer->values[i]->key, "ChannelRestrictions") == 0)
            set_value(orderer, i, "Orderers", &orderers.base);
}

static void read_bundle(void)
{
    base_buffer bytes = fixture_read("config_block.pb");
    wire_bundle *recorded;
    heddle_view changed;
    Common__Config *config;
    heddle_error err = {0};
    ck_assert_int_eq(wire_bundle_from_block(base_buffer_view(&bytes), &recorded, &err), HEDDLE_OK);
    ck_assert_int_eq(
        wire_encode_arena(&wire_bundle_config(recorded)->config->base, arena, &changed, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(wire_decode(common__config, changed, arena, &config, NULL), HEDDLE_OK);
    make_bft((Common__ConfigGroup *)(uintptr_t)wire_config_subgroup(config->channel_group,
                                                                    VIEW("Orderer")));
    ck_assert_int_eq(wire_encode_arena(&config->base, arena, &changed, NULL), HEDDLE_OK);
    ck_assert_msg(wire_bundle_from_config(changed, "mychannel", &bundle, &err) == HEDDLE_OK, "%s",
                  err.message);
    wire_bundle_unref(recorded);
    base_buffer_done(&bytes);
}

/* IdentifierHeader: identifier 1, nonce 2. */
static void sign_as(heddle_view identifier)
{
    base_buffer signed_bytes = {0};
    ck_assert_int_eq(base_buffer_append(&signed_bytes, block.signed_value), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append(&signed_bytes, identifier), HEDDLE_OK);
    ck_assert_int_eq(
        wire_block_header_der(block.number, block.previous_hash, block.data_hash, &signed_bytes),
        HEDDLE_OK);
    ck_assert_int_eq(
        crypto_key_sign(key, CRYPTO_SHA256, base_buffer_view(&signed_bytes), &made, NULL),
        HEDDLE_OK);
    signature = (wire_block_signature){.identifier = identifier,
                                       .signature = heddle_view_of(made.data, made.len)};
    base_buffer_done(&signed_bytes);
}

static void setup(void)
{
    char path[512];
    arena = base_arena_new(0);
    cert = fixture_read(ORDERER "signcerts/orderer.example.com-cert.pem");
    snprintf(path, sizeof(path), "%s/%skeystore/priv_sk", HEDDLE_FIXTURES, ORDERER);
    ck_assert_int_eq(crypto_key_load(path, &key, NULL), HEDDLE_OK);
    read_bundle();
    memset(hash, 0x5a, sizeof(hash));
    block = (wire_block){.number = BLOCK,
                         .previous_hash = heddle_view_of(hash, sizeof(hash)),
                         .data_hash = heddle_view_of(hash, sizeof(hash)),
                         .signed_value = VIEW("the value"),
                         .signatures = &signature,
                         .signature_count = 1};
    sign_as(VIEW("\x08\x07\x12\x03non"));
}

static void teardown(void)
{
    wire_bundle_unref(bundle);
    crypto_key_unref(key);
    base_buffer_done(&cert);
    base_arena_free(arena);
}

static heddle_status check(heddle_error *err)
{
    return wire_block_check_signatures(&block, bundle, err);
}

START_TEST(a_number_stands_for_the_orderer)
{
    heddle_error err = {0};
    ck_assert_msg(check(&err) == HEDDLE_OK, "%s", err.message);
}
END_TEST

START_TEST(a_number_of_nobody_signs_nothing)
{
    heddle_error err = {0};
    sign_as(VIEW("\x08\x08"));
    ck_assert_int_eq(check(&err), HEDDLE_E_BAD_SIGNATURE);
    ck_assert_ptr_nonnull(strstr(err.message, "block 300"));
    sign_as(VIEW("\x12\x03non"));
    ck_assert_int_eq(check(NULL), HEDDLE_E_BAD_SIGNATURE);
}
END_TEST

START_TEST(all_that_was_signed_counts)
{
    block.number++;
    ck_assert_int_eq(check(NULL), HEDDLE_E_BAD_SIGNATURE);
    block.number--;
    block.signed_value.len--;
    ck_assert_int_eq(check(NULL), HEDDLE_E_BAD_SIGNATURE);
    block.signed_value.len++;
    signature.identifier = VIEW("\x08\x07\x12\x03NON");
    ck_assert_int_eq(check(NULL), HEDDLE_E_BAD_SIGNATURE);
    block.signature_count = 0;
    ck_assert_int_eq(check(NULL), HEDDLE_E_BAD_SIGNATURE);
}
END_TEST

/* DER: lengths from 128 on have a length of their own. */
START_TEST(long_hashes_are_der_too)
{
    static const uint8_t zeros[70000];
    static const struct {
        size_t len;
        const char *head;
        size_t head_len;
    } cases[] = {
        {127, "\x04\x7f", 2}, {128, "\x04\x81\x80", 3}, {70000, "\x04\x83\x01\x11\x70", 5}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        base_buffer der = {0};
        ck_assert_int_eq(wire_block_header_der(1, heddle_view_of(NULL, 0),
                                               heddle_view_of(zeros, cases[i].len), &der),
                         HEDDLE_OK);
        size_t at = der.len - cases[i].len - cases[i].head_len;
        ck_assert_mem_eq(der.data + at, cases[i].head, cases[i].head_len);
        base_buffer_done(&der);
    }
}
END_TEST

static TCase *signature_case(void)
{
    TCase *tcase =
        SUITE_CASE("bft", a_number_stands_for_the_orderer, a_number_of_nobody_signs_nothing,
                   all_that_was_signed_counts, long_hashes_are_der_too);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("wire/block_signature", signature_case())
