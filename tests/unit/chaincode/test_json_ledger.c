/* JSON on its way to and from the ledger, and the transaction's time. */
#include <inttypes.h>

#include "base/fail.h"
#include "fake_port.h"
#include "heddle/chaincode_json.h"
#include "support/suite.h"
#include "wire/proposal.h"

static fake_port port;

static void setup(void)
{
    fake_port_init(&port);
}

static void teardown(void)
{
    fake_port_done(&port);
}

#define FUNCTION(name)                                                                             \
    static heddle_status name(heddle_cc_stub *stub, void *context, heddle_error *err)

FUNCTION(grow)
{
    (void)context;
    heddle_cc_json *asset = NULL;
    BASE_TRY(heddle_cc_get_json(stub, VIEW("a"), &asset, err));
    if (!asset)
        return heddle_cc_reply_text(stub, "none", err);
    heddle_cc_json_set_integer(asset, "size",
                               heddle_cc_json_integer(heddle_cc_json_member(asset, "size")) + 1);
    BASE_TRY(heddle_cc_put_json(stub, VIEW("a"), asset, err));
    return heddle_cc_reply_json(stub, asset, err);
}

START_TEST(a_value_is_read_changed_and_written)
{
    Protos__PutState *put;
    fake_port_answer(&port, CC_RESPONSE, VIEW("{\"size\":5, \"owner\":\"Ann\"}"));
    FAKE_PORT_RUN(&port, grow, "Grow");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_view(port.response.payload, "{\"owner\":\"Ann\",\"size\":6}");
    FAKE_PORT_REQUEST(&port, 1, CC_PUT_STATE, protos__put_state, &put);
    ck_assert_view(wire_view(put->value), "{\"owner\":\"Ann\",\"size\":6}");
}
END_TEST

START_TEST(no_value_is_no_json)
{
    FAKE_PORT_RUN(&port, grow, "Grow");
    ck_assert_view(port.response.payload, "none");
}
END_TEST

START_TEST(a_value_that_is_no_json_is_told_with_its_key)
{
    fake_port_answer(&port, CC_RESPONSE, VIEW("{size:5}"));
    FAKE_PORT_RUN(&port, grow, "Grow");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message,
                   "value of the key \"a\": JSON, byte 1: a member's name is expected");
}
END_TEST

FUNCTION(put_bad)
{
    (void)context;
    heddle_cc_json *bad = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(bad, "t", "\xff");
    ck_assert_int_eq(heddle_cc_reply_json(stub, bad, err), HEDDLE_E_BAD_ARGUMENT);
    return heddle_cc_put_json(stub, VIEW("a"), bad, err);
}

START_TEST(a_bad_value_does_not_reach_the_ledger)
{
    FAKE_PORT_RUN(&port, put_bad, "Put");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, "JSON value: a text that is not UTF-8");
    ck_assert_uint_eq(port.count, 0);
}
END_TEST

/* Time */

static void propose(int64_t seconds, int32_t nanos)
{
    const heddle_view args[] = {VIEW("F")};
    wire_proposal_draft draft = {.channel = VIEW("mychannel"),
                                 .chaincode = VIEW("cc"),
                                 .creator = VIEW("creator"),
                                 .nonce = VIEW("nonce"),
                                 .time = {.seconds = seconds, .nanos = nanos},
                                 .args = args,
                                 .arg_count = 1};
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view bytes;
    ck_assert_ok(wire_proposal_write(&draft, port.arena, &bytes, tx_id, NULL));
    ck_assert_ok(
        wire_signed_proposal_write(bytes, VIEW("signature"), port.arena, &port.proposal, NULL));
}

FUNCTION(tell_time)
{
    (void)context;
    const char *text = NULL;
    int64_t ms = 0;
    BASE_TRY(heddle_cc_time_text(stub, &text, err));
    BASE_TRY(heddle_cc_time_ms(stub, &ms, err));
    return heddle_cc_reply_text(stub, heddle_cc_printf(stub, "%s %" PRId64, text, ms), err);
}

static void expect_time(int64_t seconds, int32_t nanos, const char *answer)
{
    propose(seconds, nanos);
    FAKE_PORT_RUN(&port, tell_time, "F");
    ck_assert_int_eq(port.response.status, 200);
    ck_assert_view(port.response.payload, answer);
}

static void expect_no_time(int64_t seconds, int32_t nanos, const char *message)
{
    propose(seconds, nanos);
    FAKE_PORT_RUN(&port, tell_time, "F");
    ck_assert_int_eq(port.response.status, 500);
    ck_assert_view(port.response.message, message);
}

START_TEST(the_time_is_that_of_the_proposal)
{
    expect_time(1795241342, 728999999, "2026-11-21T06:09:02.728Z 1795241342728");
    expect_time(0, 0, "1970-01-01T00:00:00.000Z 0");
    expect_time(-62135596800, 0, "0001-01-01T00:00:00.000Z -62135596800000");
    expect_time(253402300799, 999999999, "9999-12-31T23:59:59.999Z 253402300799999");
}
END_TEST

START_TEST(a_time_that_is_none_is_refused)
{
    expect_no_time(253402300800, 0, "the proposal's timestamp 253402300800.0 is no point in time");
    expect_no_time(INT64_MIN, 0,
                   "the proposal's timestamp -9223372036854775808.0 is no point in time");
    expect_no_time(0, -1, "the proposal's timestamp 0.-1 is no point in time");
    expect_no_time(0, 1000000000, "the proposal's timestamp 0.1000000000 is no point in time");
}
END_TEST

int main(void)
{
    TCase *tcase = SUITE_CASE("ledger", a_value_is_read_changed_and_written, no_value_is_no_json,
                              a_value_that_is_no_json_is_told_with_its_key,
                              a_bad_value_does_not_reach_the_ledger,
                              the_time_is_that_of_the_proposal, a_time_that_is_none_is_refused);
    tcase_add_checked_fixture(tcase, setup, teardown);
    Suite *suite = suite_create("chaincode/json_ledger");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
