/*
 * A PKCS#11 module that is SoftHSM with faults: the test that loads it says which call fails, and
 * how. Its path is HEDDLE_FAULTY_MODULE; it exports its `controls`.
 * HEDDLE_FAULTY_REAL is that of SoftHSM; each signature takes HEDDLE_FAULTY_WAIT_US longer.
 */
#ifndef SUPPORT_FAULTY_MODULE_H
#define SUPPORT_FAULTY_MODULE_H

#include <stdatomic.h>

typedef struct faulty_module {
    /* So many next calls give this value; then they do what they should. */
    atomic_ulong sign_rv;
    atomic_int sign_failures;
    atomic_ulong open_rv;
    atomic_int open_failures;
    atomic_ulong login_rv;
    atomic_int login_failures;
    atomic_ulong slots_rv;
    atomic_int slots_failures;
    /* More sessions than this at once are refused with CKR_SESSION_COUNT; 0: any number. */
    atomic_int session_limit;
    /* Keys say that each use of theirs needs a login of its own. */
    atomic_int always_authenticate;
    atomic_int logins_for_use;
    /* Signatures wait until this is 0 again. */
    atomic_int sign_held;
    /* What was called so far. */
    atomic_int signs, opens, closes, logins, initialises, finalises;
    atomic_int signing_most; /* signatures at work at once, at most */
} faulty_module;

#endif
