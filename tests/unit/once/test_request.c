#include "base/view.h"
#include "client/proposal.h"
#include "once/request.h"
#include "support/suite.h"

static void nonce_of(const char *channel, const char *key, uint32_t attempt, uint8_t *out)
{
    ck_assert_int_eq(once_nonce(heddle_view_str(channel), VIEW("basic"), heddle_view_str(key),
                                attempt, out, NULL),
                     HEDDLE_OK);
}

static bool nonces_equal(const char *channel, const char *key, uint32_t attempt)
{
    uint8_t first[WIRE_NONCE_LEN], other[WIRE_NONCE_LEN];
    nonce_of("c", "key", 0, first);
    nonce_of(channel, key, attempt, other);
    return memcmp(first, other, sizeof(first)) == 0;
}

START_TEST(a_nonce_is_that_of_its_key_and_attempt)
{
    ck_assert(nonces_equal("c", "key", 0));
    ck_assert(!nonces_equal("c", "key", 1));
    ck_assert(!nonces_equal("c", "kez", 0));
    ck_assert(!nonces_equal("d", "key", 0));
}
END_TEST

/* What other processes, of other versions and machines, have to find too. */
START_TEST(a_nonce_never_changes)
{
    static const uint8_t expected[WIRE_NONCE_LEN] = {
        0xec, 0x22, 0x29, 0x47, 0x0b, 0x8f, 0xb4, 0x91, 0xe8, 0x8a, 0x10, 0xba,
        0xe5, 0x80, 0x7b, 0xc6, 0xed, 0x35, 0xa9, 0xd5, 0x46, 0x40, 0xee, 0x70};
    uint8_t nonce[WIRE_NONCE_LEN];
    nonce_of("mychannel", "order 7", 2, nonce);
    ck_assert_mem_eq(nonce, expected, sizeof(nonce));
}
END_TEST

static void fingerprint_of(const heddle_view *args, size_t count, uint8_t out[32])
{
    ck_assert_int_eq(once_fingerprint(VIEW("c"), VIEW("basic"), args, count, out, NULL), HEDDLE_OK);
}

START_TEST(arguments_cut_elsewhere_are_another_request)
{
    uint8_t first[32], second[32], third[32];
    fingerprint_of((const heddle_view[]){VIEW("f"), VIEW("ab"), VIEW("c")}, 3, first);
    fingerprint_of((const heddle_view[]){VIEW("f"), VIEW("a"), VIEW("bc")}, 3, second);
    fingerprint_of((const heddle_view[]){VIEW("f"), VIEW("ab"), VIEW("c"), VIEW("")}, 4, third);
    ck_assert_mem_ne(first, second, sizeof(first));
    ck_assert_mem_ne(first, third, sizeof(first));
}
END_TEST

START_TEST(a_copy_outlives_what_it_was_made_of)
{
    char function[] = "Transfer", text[] = "asset1", org[] = "Org1MSP", name[] = "price";
    const char *texts[] = {text, "x"}, *orgs[] = {org};
    heddle_transient transient = {.name = name, .value = VIEW("7")};
    heddle_request given = {.size = sizeof(given),
                            .function = function,
                            .texts = texts,
                            .arg_count = 2,
                            .transient = &transient,
                            .transient_count = 1,
                            .endorsing_orgs = orgs,
                            .endorsing_org_count = 1};
    heddle_request copy;
    base_arena *arena = base_arena_new(0);
    ck_assert_int_eq(client_request_copy(&given, arena, &copy, NULL), HEDDLE_OK);
    memset(function, 'X', 4);
    memset(text, 'X', 4);
    memset(org, 'X', 4);
    memset(name, 'X', 4);
    texts[1] = NULL;
    ck_assert_str_eq(copy.function, "Transfer");
    ck_assert_str_eq(copy.texts[0], "asset1");
    ck_assert_str_eq(copy.texts[1], "x");
    ck_assert_str_eq(copy.endorsing_orgs[0], "Org1MSP");
    ck_assert_str_eq(copy.transient[0].name, "price");
    base_arena_free(arena);
}
END_TEST

START_TEST(bytes_are_kept_with_their_zeros)
{
    heddle_view args[] = {VIEW("a\0b"), VIEW("")};
    heddle_request given = {.size = sizeof(given), .function = "f", .args = args, .arg_count = 2};
    heddle_request copy;
    base_arena *arena = base_arena_new(0);
    ck_assert_int_eq(client_request_copy(&given, arena, &copy, NULL), HEDDLE_OK);
    ck_assert(base_view_equal(copy.args[0], VIEW("a\0b")));
    ck_assert_uint_eq(copy.args[1].len, 0);
    base_arena_free(arena);
}
END_TEST

START_TEST(a_request_without_its_size_is_refused)
{
    heddle_request given = {.function = "f"}, copy;
    heddle_error err;
    base_arena *arena = base_arena_new(0);
    ck_assert_int_eq(client_request_copy(&given, arena, &copy, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "HEDDLE_REQUEST"));
    base_arena_free(arena);
}
END_TEST

SUITE_MAIN("once/request",
           SUITE_CASE("nonce", a_nonce_is_that_of_its_key_and_attempt, a_nonce_never_changes),
           SUITE_CASE("request", arguments_cut_elsewhere_are_another_request,
                      a_copy_outlives_what_it_was_made_of, bytes_are_kept_with_their_zeros,
                      a_request_without_its_size_is_refused))
