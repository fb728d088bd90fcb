/* The calls that do everything: evaluate in one go, submit with all its steps. */
#include "base/fail.h"
#include "client/steps.h"
#include "client/submission.h"

heddle_status heddle_evaluate_start(heddle_contract *contract, const heddle_request *request,
                                    const heddle_call_options *options, heddle_evaluate_fn *fn,
                                    void *user, heddle_call **out_call, heddle_error *err)
{
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    BASE_TRY(heddle_proposal_new(contract, request, &proposal, err));
    return heddle_proposal_evaluate_start(proposal, options, fn, user, out_call, err);
}

void heddle_outcome_done(heddle_outcome *outcome)
{
    if (outcome)
        heddle_bytes_done(&outcome->result);
}

struct submit {
    client_submission submission;
    heddle_submit_fn *fn;
    void *user;
};

static void submit_free(struct submit *submit)
{
    client_submission_done(&submit->submission);
    base_free(submit);
}

static void conclude(client_submission *s, heddle_call *call, heddle_error *err)
{
    struct submit *submit = base_container_of(s, struct submit, submission);
    submit->fn(err ? NULL : &s->outcome, err, submit->user);
    submit_free(submit);
    client_call_finish(call);
}

heddle_status heddle_submit_start(heddle_contract *contract, const heddle_request *request,
                                  const heddle_call_options *options, heddle_submit_fn *fn,
                                  void *user, heddle_call **out_call, heddle_error *err)
{
    base_auto(heddle_proposal) heddle_proposal *proposal = NULL;
    BASE_TRY(heddle_proposal_new(contract, request, &proposal, err));
    struct submit *submit = base_calloc(1, sizeof(*submit));
    if (!submit)
        return base_fail_memory(err, "submit");
    submit->submission.done = conclude;
    submit->fn = fn;
    submit->user = user;
    client_submission_set(&submit->submission, base_steal(&proposal));
    heddle_status status = client_submission_launch(&submit->submission, options, out_call, err);
    if (status)
        submit_free(submit);
    return status;
}
