/* Integers of 256 bits. */
#include "support/suite.h"
#include "support/uint256.h"

#define MOST "115792089237316195423570985008687907853269984665640564039457584007913129639935"
#define PAST "115792089237316195423570985008687907853269984665640564039457584007913129639936"

static uint256 number(const char *text)
{
    uint256 value = {0};
    ck_assert_msg(uint256_parse(heddle_view_str(text), &value), "%s", text);
    return value;
}

static void expect(const uint256 *value, const char *text)
{
    char written[UINT256_TEXT];
    ck_assert_str_eq(uint256_write(value, written), text);
}

START_TEST(text_is_read_and_written)
{
    static const char *const texts[] = {
        "0",
        "7",
        "10",
        "999999999",
        "1000000000",
        "1000000001",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "100000000000000000000000000000000000000000000000000",
        "57896044618658097711785492504343953926634992332820282019728792003956564819968",
        MOST};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint256 value = number(texts[i]);
        expect(&value, texts[i]);
    }
    uint256 padded = number("000000000000000000000000000000000000000000000000000000000000000000000"
                            "000000000000000000000012");
    expect(&padded, "12");
}
END_TEST

START_TEST(what_is_no_such_number_is_refused)
{
    static const char *const texts[] = {"",    " ",   "-1",  "+1",        "1 ", "1.0",
                                        "1e3", "0x1", "one", "1\xd9\xa1", PAST, MOST "0"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint256 value = number("5");
        ck_assert_msg(!uint256_parse(heddle_view_str(texts[i]), &value), "%s", texts[i]);
        expect(&value, "5");
    }
    uint256 value;
    ck_assert(!uint256_parse(heddle_view_of("1\0", 2), &value));
}
END_TEST

START_TEST(sums_are_exact_and_refused_past_the_end)
{
    uint256 a = number("340282366920938463463374607431768211455"), b = number("1"), sum = {0};
    ck_assert(uint256_add(&a, &b, &sum));
    expect(&sum, "340282366920938463463374607431768211456");
    ck_assert(uint256_add(&sum, &sum, &sum));
    expect(&sum, "680564733841876926926749214863536422912");
    uint256 most = number(MOST), none = number("0");
    ck_assert(uint256_add(&most, &none, &sum));
    expect(&sum, MOST);
    ck_assert(!uint256_add(&most, &b, &none));
    expect(&none, "0");
}
END_TEST

START_TEST(differences_are_exact_and_never_below_zero)
{
    uint256 a = number("340282366920938463463374607431768211456"), b = number("1"), rest = {0};
    ck_assert(uint256_sub(&a, &b, &rest));
    expect(&rest, "340282366920938463463374607431768211455");
    ck_assert(uint256_sub(&rest, &rest, &rest));
    ck_assert(uint256_is_zero(&rest));
    ck_assert(!uint256_sub(&b, &a, &rest));
    expect(&rest, "0");
    uint256 most = number(MOST);
    ck_assert(uint256_sub(&most, &a, &rest) && uint256_add(&rest, &a, &rest));
    expect(&rest, MOST);
}
END_TEST

START_TEST(order_is_by_value)
{
    uint256 nine = number("9"), ten = number("10"), large = number("4294967296");
    ck_assert_int_lt(uint256_compare(&nine, &ten), 0);
    ck_assert_int_gt(uint256_compare(&large, &ten), 0);
    ck_assert_int_eq(uint256_compare(&ten, &ten), 0);
    ck_assert(!uint256_is_zero(&large));
}
END_TEST

SUITE_MAIN("examples/uint256",
           SUITE_CASE("uint256", text_is_read_and_written, what_is_no_such_number_is_refused,
                      sums_are_exact_and_refused_past_the_end,
                      differences_are_exact_and_never_below_zero, order_is_by_value))
