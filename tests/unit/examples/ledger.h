/*
 * A ledger in memory with a contract on it, and what the contract's answers are held against:
 *
 *   TOOK("", "CreateAsset", "a", "blue", "5", "Ann", "300");
 *   EMITTED("CreateAsset", "{…}");
 *   SAID("true", "AssetExists", "a");
 *   REFUSED("the asset b does not exist", "ReadAsset", "b");
 */
#ifndef EXAMPLES_LEDGER_H
#define EXAMPLES_LEDGER_H

#include <heddle/chaincode.h>
#include <heddle/chaincode_test.h>

/** The ledger that is open, and what came of its last transaction. */
extern heddle_cc_mock *ledger;
extern heddle_cc_mock_result ledger_last;

void ledger_open(const heddle_cc_chaincode *chaincode);
void ledger_close(void);

/** Transient data for the next call, NULL: none. Borrowed until then. */
void ledger_give(const char *name, const char *value);
/** Act as this client, made as one of @p msp_id if it is not there. */
void ledger_act_as(const char *client, const char *msp_id);
/** One peer, of this organisation, endorses from now on; NULL: peers of all. */
void ledger_endorse_at(const char *msp_id);
/** That this key holds that. */
void ledger_expect_state(const char *key, const char *value);

/** Call, with the function's name first and NULL last; the answer is in ledger_last. */
void ledger_call(bool submit, const char *const *texts);
void ledger_expect_answer(const char *answer);
void ledger_expect_refusal(const char *message);
void ledger_expect_event(const char *name, const char *payload);
/** The last transaction was endorsed, and has this validation code. */
void ledger_expect_code(heddle_cc_mock_code code);
/** Endorse two calls at the same state, then commit both in one block. */
void ledger_race(const char *const *first, const char *const *second,
                 heddle_cc_mock_code expected_second);

#define LEDGER_TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
/** Submitted, valid, and answered so. */
#define TOOK(answer, ...)                                                                          \
    do {                                                                                           \
        ledger_call(true, LEDGER_TEXTS(__VA_ARGS__));                                              \
        ledger_expect_answer(answer);                                                              \
        ledger_expect_code(HEDDLE_CC_MOCK_VALID);                                                  \
    } while (0)
/** Submitted, and invalid with this code. */
#define INVALID(code, ...)                                                                         \
    do {                                                                                           \
        ledger_call(true, LEDGER_TEXTS(__VA_ARGS__));                                              \
        ledger_expect_code(code);                                                                  \
    } while (0)
/** Evaluated, and answered so. */
#define SAID(answer, ...)                                                                          \
    do {                                                                                           \
        ledger_call(false, LEDGER_TEXTS(__VA_ARGS__));                                             \
        ledger_expect_answer(answer);                                                              \
    } while (0)
/** Submitted, and refused by the contract with this message. */
#define REFUSED(message, ...)                                                                      \
    do {                                                                                           \
        ledger_call(true, LEDGER_TEXTS(__VA_ARGS__));                                              \
        ledger_expect_refusal(message);                                                            \
    } while (0)
/** The event of the last transaction. */
#define EMITTED(name, payload) ledger_expect_event(name, payload)

#endif
