/*
 * Lint: each transaction runs twice, the second time answered by what was recorded of the first,
 * and fails if the two differ. It finds contracts that use random numbers, finer clocks, addresses
 * or state of the program's own.
 */
#ifndef CC_LINT_H
#define CC_LINT_H

#include "chaincode/stub.h"

/** What runs the transaction, twice. */
typedef struct cc_lint {
    cc_execute *execute;
    const void *user;
} cc_lint;

/** @p user is the cc_lint. Status 500 "lint: ..." names the first difference. */
cc_execute cc_lint_execute;

#endif
