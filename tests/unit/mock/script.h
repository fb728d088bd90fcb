/*
 * A chaincode whose one function "Do" does what its arguments say, one operation after the other,
 * and answers with what each of them gave and ';'. "put", "k", "v", "get", "k" gives ";;" or, of
 * a key that had a value, ";old;".
 */
#ifndef MOCK_SCRIPT_H
#define MOCK_SCRIPT_H

#include "heddle/chaincode_test.h"

extern const heddle_cc_chaincode script_chaincode;

/** A mock of it, with the collections "both" (of both organisations), "one" (of Org1MSP, for its
 *  members' clients only) and "two" (of Org2MSP). */
heddle_cc_mock *script_mock(void);

/** Submit and evaluate; the answer's text. They fail the test if the mock cannot. */
#define SUBMIT(mock, ...)   script_submit(mock, (const char *const[]){"Do", __VA_ARGS__, NULL})
#define EVALUATE(mock, ...) script_evaluate(mock, (const char *const[]){"Do", __VA_ARGS__, NULL})
#define ENDORSE(mock, ...)  script_endorse(mock, (const char *const[]){"Do", __VA_ARGS__, NULL})

/** The message of a transaction that is refused. */
#define REFUSED(mock, ...) script_refused(mock, (const char *const[]){"Do", __VA_ARGS__, NULL})

const char *script_submit(heddle_cc_mock *mock, const char *const *texts);
const char *script_evaluate(heddle_cc_mock *mock, const char *const *texts);
heddle_cc_mock_tx *script_endorse(heddle_cc_mock *mock, const char *const *texts);
const char *script_refused(heddle_cc_mock *mock, const char *const *texts);

/** Commit a block of these; whether their codes are @p codes. */
void script_commit(heddle_cc_mock *mock, heddle_cc_mock_tx *const *txs, size_t count,
                   const heddle_cc_mock_code *codes);

/** The code of a transaction that is submitted. */
#define CODE(mock, ...) script_code(mock, (const char *const[]){"Do", __VA_ARGS__, NULL})
heddle_cc_mock_code script_code(heddle_cc_mock *mock, const char *const *texts);

#endif
