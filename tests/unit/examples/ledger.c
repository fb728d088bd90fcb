#include "ledger.h"

#include <string.h>

#include "support/suite.h"

heddle_cc_mock *ledger;
heddle_cc_mock_result ledger_last;

static heddle_cc_mock_entry given;
static heddle_error err;

#define OK(call) ck_assert_msg((call) == HEDDLE_OK, "%s", err.message)

void ledger_open(const heddle_cc_chaincode *chaincode)
{
    OK(heddle_cc_mock_new(chaincode, &ledger, &err));
    heddle_cc_mock_lint(ledger, true);
}

void ledger_close(void)
{
    heddle_cc_mock_free(ledger);
    ledger = NULL;
}

void ledger_give(const char *name, const char *value)
{
    given = (heddle_cc_mock_entry){name, heddle_view_str(value)};
}

void ledger_act_as(const char *client, const char *msp_id)
{
    heddle_status status = heddle_cc_mock_client(ledger, client, msp_id, NULL, 0, &err);
    ck_assert_msg(status == HEDDLE_OK || status == HEDDLE_E_EXISTS, "%s", err.message);
    OK(heddle_cc_mock_use_client(ledger, client, &err));
}

void ledger_endorse_at(const char *msp_id)
{
    OK(heddle_cc_mock_use_endorsers(ledger, msp_id ? &msp_id : NULL, msp_id ? 1 : 0, &err));
    if (msp_id)
        OK(heddle_cc_mock_use_peer(ledger, msp_id, &err));
}

void ledger_expect_state(const char *key, const char *value)
{
    heddle_view found = {0};
    OK(heddle_cc_mock_get(ledger, NULL, heddle_view_str(key), &found, &err));
    ck_assert_msg(found.len == strlen(value) && memcmp(found.data, value, found.len) == 0, "%.*s",
                  (int)found.len, (const char *)found.data);
}

static heddle_cc_mock_call call_of(const char *const *texts, heddle_view args[16])
{
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    call.function = texts[0];
    call.args = args;
    while (texts[1 + call.arg_count]) {
        args[call.arg_count] = heddle_view_str(texts[1 + call.arg_count]);
        call.arg_count++;
    }
    if (given.name) {
        call.transient = &given;
        call.transient_count = 1;
    }
    return call;
}

void ledger_call(bool submit, const char *const *texts)
{
    heddle_view args[16];
    heddle_cc_mock_call call = call_of(texts, args);
    OK(submit ? heddle_cc_mock_submit(ledger, &call, &ledger_last, &err)
              : heddle_cc_mock_evaluate(ledger, &call, &ledger_last, &err));
    given.name = NULL;
}

void ledger_expect_answer(const char *answer)
{
    ck_assert_msg(ledger_last.status == 200, "%d %s", ledger_last.status, ledger_last.message);
    ck_assert_str_eq(ledger_last.text, answer);
}

void ledger_expect_refusal(const char *message)
{
    ck_assert_msg(ledger_last.status == 500, "%d %s", ledger_last.status, ledger_last.text);
    ck_assert_str_eq(ledger_last.message, message);
}

void ledger_expect_event(const char *name, const char *payload)
{
    ck_assert_ptr_nonnull(ledger_last.event_name);
    ck_assert_str_eq(ledger_last.event_name, name);
    ck_assert_msg(ledger_last.event_payload.len == strlen(payload) &&
                      memcmp(ledger_last.event_payload.data, payload, strlen(payload)) == 0,
                  "%.*s", (int)ledger_last.event_payload.len,
                  (const char *)ledger_last.event_payload.data);
}

void ledger_expect_code(heddle_cc_mock_code code)
{
    ck_assert_str_eq(heddle_cc_mock_code_name(ledger_last.code), heddle_cc_mock_code_name(code));
}

void ledger_race(const char *const *first, const char *const *second,
                 heddle_cc_mock_code expected_second)
{
    heddle_cc_mock_tx *txs[2] = {NULL, NULL};
    heddle_cc_mock_code codes[2];
    OK(heddle_cc_mock_endorse_texts(ledger, first, &txs[0], &ledger_last, &err));
    OK(heddle_cc_mock_endorse_texts(ledger, second, &txs[1], &ledger_last, &err));
    OK(heddle_cc_mock_commit(ledger, txs, 2, codes, &err));
    ck_assert_str_eq(heddle_cc_mock_code_name(codes[0]), "VALID");
    ck_assert_str_eq(heddle_cc_mock_code_name(codes[1]), heddle_cc_mock_code_name(expected_second));
}
