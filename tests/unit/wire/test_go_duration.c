/* Durations of a channel's configuration. */
#include "wire/go_duration.h"

#include "base/alloc.h"
#include "support/suite.h"

START_TEST(durations_are_read_as_go_writes_them)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"0", 0},       {"2s", 2000},          {"1m30s", 90000}, {"2.5s", 2500},
                {"500ms", 500}, {"1h0m0.5s", 3600500}, {"1500us", 2},    {"100us", 1},
                {"0s", 0},      {".5s", 500}};
    static const char *const bad[] = {"",      "s",   "5",  "-1s",         "1x",
                                      "1..5s", "1s2", ".s", "99999999999h"};
    uint64_t ms;
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        ck_assert_msg(wire_go_duration_ms(good[i].text, &ms), "%s", good[i].text);
        ck_assert_uint_eq(ms, good[i].ms);
    }
    for (size_t i = 0; i < BASE_COUNT(bad); i++)
        ck_assert_msg(!wire_go_duration_ms(bad[i], &ms), "%s", bad[i]);
}
END_TEST

SUITE_MAIN("wire/go_duration", SUITE_CASE("text", durations_are_read_as_go_writes_them))
