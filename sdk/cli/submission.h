/* Submitting a transaction step by step. */
#ifndef CLI_SUBMISSION_H
#define CLI_SUBMISSION_H

#include "cli/request.h"
#include "heddle/transaction.h"

typedef struct cli_submission {
    cli_request request;
    const char *once;
    const char *journal;
    bool no_wait;
} cli_submission;

/** heddle tx submit; @p values is a cli_submission. */
heddle_status cli_submit(cli_session *session, const void *values, heddle_error *err);

/** heddle_commit_wait(), which Ctrl-C ends. */
HEDDLE_MUST_USE heddle_status cli_commit_wait(cli_session *session, heddle_commit *commit,
                                              heddle_commit_status *out, heddle_error *err);
/** E_TX_INVALID for a transaction without effect. */
HEDDLE_MUST_USE heddle_status cli_commit_verdict(const heddle_commit_status *status,
                                                 heddle_error *err);

#endif
