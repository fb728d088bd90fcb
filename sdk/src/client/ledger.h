/* The inside of heddle_ledger. */
#ifndef CLIENT_LEDGER_H
#define CLIENT_LEDGER_H

#include "heddle/contract.h"
#include "heddle/ledger.h"

struct heddle_ledger {
    _Atomic int refs;
    char *channel;
    heddle_contract *queries; /* qscc */
    heddle_contract *config;  /* cscc */
};

/** Whether @p err, with what the peers said, means that the thing asked for is not there. */
bool client_ledger_is_missing(const heddle_error *err, const heddle_details *details);

#endif
