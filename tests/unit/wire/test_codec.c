/* Generated messages decoded from friendly and from hostile bytes. */
#include "wire/codec.h"

#include "common/common.pb-c.h"
#include "common/configtx.pb-c.h"
#include "common/policies.pb-c.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb-c.h"
#include "peer/proposal_response.pb-c.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

static base_arena *arena;

static void setup(void)
{
    arena = base_arena_new(0);
}

static void teardown(void)
{
    base_arena_free(arena);
}

START_TEST(a_block_survives_decode_and_encode)
{
    base_buffer bytes = fixture_read("config_block.pb"), again = {0};
    Common__Block *block;
    heddle_error err;
    ck_assert_int_eq(wire_decode(common__block, base_buffer_view(&bytes), arena, &block, &err),
                     HEDDLE_OK);
    ck_assert_uint_eq(block->header->number, 36);
    ck_assert_int_eq(wire_encode(&block->base, &again, &err), HEDDLE_OK);
    ck_assert(base_view_equal(base_buffer_view(&again), base_buffer_view(&bytes)));
    base_buffer_done(&again);
    base_buffer_done(&bytes);
}
END_TEST

/* SignaturePolicy.n_out_of.rules, once in the other, @p levels times. */
static heddle_view nested_policy(size_t levels)
{
    heddle_view inner = VIEW("\x08\x00");
    for (size_t i = 0; i < levels; i++) {
        Common__SignaturePolicy__NOutOf *gate = wire_new(common__signature_policy__nout_of, arena);
        Common__SignaturePolicy *rule = wire_new(common__signature_policy, arena);
        Common__SignaturePolicy **rules = base_arena_zalloc(arena, 1, sizeof(*rules));
        Common__SignaturePolicy *below;
        if (wire_decode(common__signature_policy, inner, arena, &below, NULL) != HEDDLE_OK)
            break;
        rules[0] = below;
        gate->rules = rules;
        gate->n_rules = 1;
        rule->type_case = COMMON__SIGNATURE_POLICY__TYPE_N_OUT_OF;
        rule->n_out_of = gate;
        ck_assert_int_eq(wire_encode_arena(&rule->base, arena, &inner, NULL), HEDDLE_OK);
    }
    return inner;
}

START_TEST(depth_is_bounded)
{
    Common__SignaturePolicy *policy = NULL;
    heddle_error err;
    heddle_view fits = nested_policy(31);
    ck_assert_int_eq(wire_decode(common__signature_policy, fits, arena, &policy, &err), HEDDLE_OK);
    policy = NULL;
    heddle_view deep = nested_policy(32);
    ck_assert_int_eq(wire_decode(common__signature_policy, deep, arena, &policy, &err),
                     HEDDLE_E_DECODE);
    ck_assert_ptr_nonnull(strstr(err.message, "common.SignaturePolicy"));
    ck_assert_ptr_nonnull(strstr(err.message, "nested"));
    ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(memory_is_bounded)
{
    /* Two bytes a message, a hundred and more as structs. */
    base_buffer bytes = {0};
    for (int i = 0; i < 1 << 16; i++)
        ck_assert_int_eq(base_buffer_append(&bytes, VIEW("\x0a\x00")), HEDDLE_OK);
    base_arena *small = base_arena_new(1u << 20);
    Kvrwset__KVRWSet *set = NULL;
    heddle_error err;
    ck_assert_int_eq(wire_decode(kvrwset__kvrwset, base_buffer_view(&bytes), small, &set, &err),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_nonnull(strstr(err.message, "kvrwset.KVRWSet"));
    ck_assert_ptr_null(set);
    base_arena_free(small);
    base_buffer_done(&bytes);
}
END_TEST

static void refused(heddle_view bytes, const char *message)
{
    Common__ChannelHeader *header = NULL;
    heddle_error err = {0};
    ck_assert_int_eq(wire_decode(common__channel_header, bytes, arena, &header, &err),
                     HEDDLE_E_DECODE);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_ptr_null(header);
}

START_TEST(bad_bytes_are_refused_by_name)
{
    refused(VIEW("\x22\x05"
                 "abc"),
            "common.ChannelHeader");
    refused(VIEW("\xff"), "common.ChannelHeader");
    refused(VIEW("\x22\x02\xc3\x28"), "common.ChannelHeader.channel_id is not UTF-8");
    refused(VIEW("\x2a\x02"
                 "a\0"),
            "common.ChannelHeader.tx_id holds a NUL");
    refused(VIEW("\x20\x01"), "common.ChannelHeader");
}
END_TEST

START_TEST(keys_may_hold_any_bytes)
{
    Kvrwset__KVWrite *write;
    ck_assert_int_eq(wire_decode(kvrwset__kvwrite, VIEW("\x0a\x03\0a\0"), arena, &write, NULL),
                     HEDDLE_OK);
    ck_assert(base_view_equal(wire_view(write->key), VIEW("\0a\0")));
}
END_TEST

START_TEST(a_complaint_about_a_composite_key_is_read)
{
    Protos__Response *response;
    ck_assert_int_eq(
        wire_decode(protos__response, VIEW("\x08\x05\x12\x05no \0k"), arena, &response, NULL),
        HEDDLE_OK);
    ck_assert_str_eq(response->message, "no ");
}
END_TEST

START_TEST(an_empty_message_is_one)
{
    Common__Envelope *envelope;
    heddle_view bytes = VIEW("untouched");
    base_buffer out = {0};
    ck_assert_int_eq(wire_decode(common__envelope, heddle_view_of(NULL, 0), arena, &envelope, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(wire_encode(&envelope->base, &out, NULL), HEDDLE_OK);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(wire_encode_arena(&envelope->base, arena, &bytes, NULL), HEDDLE_OK);
    ck_assert_uint_eq(bytes.len, 0);
    base_buffer_done(&out);
}
END_TEST

START_TEST(encoding_keeps_within_the_limit_of_the_buffer)
{
    Common__Envelope envelope = COMMON__ENVELOPE__INIT;
    envelope.payload = wire_bytes(VIEW("0123456789"));
    base_buffer out = {.limit = 11};
    heddle_error err;
    ck_assert_int_eq(wire_encode(&envelope.base, &out, &err), HEDDLE_E_TOO_LARGE);
    ck_assert_uint_eq(out.len, 0);
    out.limit = 12;
    ck_assert_int_eq(wire_encode(&envelope.base, &out, &err), HEDDLE_OK);
    base_buffer_done(&out);
}
END_TEST

START_TEST(no_prefix_and_no_flipped_byte_crashes)
{
    base_buffer bytes = fixture_read("config_block.pb");
    for (size_t i = 0; i < bytes.len; i += 13) {
        Common__Block *block;
        base_arena_reset(arena);
        (void)!wire_decode(common__block, heddle_view_of(bytes.data, i), arena, &block, NULL);
        bytes.data[i] ^= 0x55;
        (void)!wire_decode(common__block, base_buffer_view(&bytes), arena, &block, NULL);
        bytes.data[i] ^= 0x55;
    }
    base_buffer_done(&bytes);
}
END_TEST

START_TEST(want_of_memory_is_told_and_leaks_nothing)
{
    base_buffer bytes = fixture_read("config_block.pb");
    for (size_t nth = 1;; nth++) {
        fault_alloc_arm(nth);
        base_arena *scarce = base_arena_new(0);
        Common__Block *block = NULL;
        heddle_status status = HEDDLE_E_NO_MEMORY;
        if (scarce)
            status = wire_decode(common__block, base_buffer_view(&bytes), scarce, &block, NULL);
        base_arena_free(scarce);
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!fault_alloc_disarm()) {
            ck_assert_int_eq(status, HEDDLE_OK);
            break;
        }
        ck_assert_int_eq(status, HEDDLE_E_NO_MEMORY);
        ck_assert_ptr_null(block);
    }
    base_buffer_done(&bytes);
}
END_TEST

static TCase *with_arena(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN(
    "wire/codec",
    with_arena(SUITE_CASE("friendly", a_block_survives_decode_and_encode, keys_may_hold_any_bytes,
                          a_complaint_about_a_composite_key_is_read, an_empty_message_is_one,
                          encoding_keeps_within_the_limit_of_the_buffer)),
    with_arena(SUITE_CASE("hostile", depth_is_bounded, memory_is_bounded,
                          bad_bytes_are_refused_by_name, no_prefix_and_no_flipped_byte_crashes,
                          want_of_memory_is_told_and_leaks_nothing)))
