/* Starting a submission, and waiting for it. */
#include "base/fail.h"
#include "client/proposal.h"
#include "client/steps.h"
#include "once/submission.h"

heddle_status heddle_submit_once_start(heddle_journal *journal, heddle_contract *contract,
                                       const heddle_request *request, heddle_view key,
                                       const heddle_once_options *options, heddle_submit_fn *fn,
                                       void *user, heddle_error *err)
{
    once_submission *submission = NULL;
    if (!journal || !contract || !request || !fn)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "submit once: journal, contract, request and function are required");
    once_submission_source source = {.journal = journal,
                                     .gateway = contract->binding.gateway,
                                     .identity = contract->binding.identity,
                                     .contract = contract,
                                     .request = request,
                                     .key = key,
                                     .options = options};
    BASE_TRY(once_submission_new(&source, &submission, err));
    return once_submission_start(submission, fn, user, err);
}

heddle_status heddle_submit_once(heddle_journal *journal, heddle_contract *contract,
                                 const heddle_request *request, heddle_view key,
                                 const heddle_once_options *options, heddle_outcome *out,
                                 heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait,
                            heddle_submit_once_start(journal, contract, request, key, options,
                                                     client_wait_keep_outcome, &wait, err));
}
