#include "base/clock.h"
#include "base/fail.h"
#include "once/request.h"
#include "once/state.h"

enum { TIMEOUT_MS = 120000, MAX_ATTEMPTS = 5, BACKOFF_MS = 50 };

heddle_view once_submission_fingerprint(const once_submission *s)
{
    return heddle_view_of(s->fingerprint, sizeof(s->fingerprint));
}

base_list *once_submission_waiters(once_submission *s)
{
    return &s->waiters;
}

void once_attempt_reset(once_submission *s)
{
    heddle_transaction_free(s->transaction);
    s->transaction = NULL;
    heddle_bytes_done(&s->kept);
    heddle_outcome_done(&s->outcome);
    s->outcome = (heddle_outcome){0};
    s->may_be_out = false;
    s->sends = 0;
}

static void submission_free(once_submission *s)
{
    once_attempt_reset(s);
    heddle_details_free(s->own_details);
    heddle_ledger_unref(s->ledger);
    heddle_contract_unref(s->contract);
    client_binding_done(&s->binding);
    base_arena_free(s->arena);
    base_arena_free(s->row);
    base_free(s);
}

BASE_AUTO_DEFINE(once_submission, once_submission *, submission_free)

/* Of those that share one struct of options nobody may have its details. */
static heddle_status take_limits(once_submission *s, const heddle_once_options *given,
                                 bool shares_options, heddle_error *err)
{
    heddle_once_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_ONCE_OPTIONS", err));
    s->deadline_ms = base_now_ms() + (options.timeout_ms ? options.timeout_ms : TIMEOUT_MS);
    s->attempts_left = options.max_attempts ? options.max_attempts : MAX_ATTEMPTS;
    s->backoff_ms = options.backoff_ms ? options.backoff_ms : BACKOFF_MS;
    s->own_details = shares_options || !options.details ? heddle_details_new() : NULL;
    s->details = s->own_details ? s->own_details : options.details;
    return s->details ? HEDDLE_OK : base_fail_memory(err, "submission");
}

static heddle_status take_key(once_submission *s, heddle_view key, const char *channel,
                              heddle_error *err)
{
    if (key.len < 1 || key.len > JOURNAL_KEY_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the key of a submission has 1 to %d bytes",
                         JOURNAL_KEY_MAX);
    s->key = base_arena_view(s->arena, key);
    s->channel = base_arena_strdup(s->arena, channel);
    return s->key.data && s->channel ? HEDDLE_OK : base_arena_fail(s->arena, err, "submission");
}

static heddle_status take_request(once_submission *s, const once_submission_source *source,
                                  heddle_error *err)
{
    if (!source->contract) {
        memcpy(s->fingerprint, source->fingerprint.data, sizeof(s->fingerprint));
        return HEDDLE_OK;
    }
    s->contract = heddle_contract_ref(source->contract);
    BASE_TRY(client_request_copy(source->request, s->arena, &s->request, err));
    return once_request_fingerprint(s->contract, &s->request, s->arena, s->fingerprint, err);
}

heddle_status once_submission_new(const once_submission_source *source, once_submission **out,
                                  heddle_error *err)
{
    base_auto(once_submission) once_submission *s = base_calloc(1, sizeof(*s));
    if (!s)
        return base_fail_memory(err, "submission");
    base_list_init(&s->waiters);
    s->journal = source->journal;
    s->reactor = rpc_reactor_next();
    client_binding_init(&s->binding, source->gateway, source->identity);
    s->arena = base_arena_new(0);
    s->row = base_arena_new(0);
    if (!s->arena || !s->row)
        return base_fail_memory(err, "submission");
    BASE_TRY(take_limits(s, source->options, !source->contract, err));
    BASE_TRY(take_key(s, source->key,
                      source->contract ? source->contract->channel : source->channel, err));
    BASE_TRY(take_request(s, source, err));
    BASE_TRY(
        heddle_ledger_new(s->binding.gateway, s->binding.identity, s->channel, &s->ledger, err));
    *out = base_steal(&s);
    return HEDDLE_OK;
}

void once_conclude(once_submission *s, const heddle_error *err)
{
    heddle_journal *journal = s->journal;
    size_t joined = once_journal_leave(journal, s->key, &s->waiters);
    for (base_list *link = base_list_pop(&s->waiters); link; link = base_list_pop(&s->waiters)) {
        once_waiter *waiter = base_list_entry(link, once_waiter, link);
        waiter->fn(err ? NULL : &s->outcome, err, waiter->user);
        base_free(waiter);
    }
    submission_free(s);
    once_journal_end(journal, 1 + joined);
}

void once_fail(once_submission *s, const heddle_error *why)
{
    heddle_error err = *why;
    if (s->may_be_out)
        err.retry = HEDDLE_RETRY_ASK_STATUS;
    if (!*err.tx_id)
        memcpy(err.tx_id, s->outcome.tx_id, sizeof(err.tx_id));
    once_conclude(s, &err);
}

static heddle_status enter(once_submission *s, heddle_submit_fn *fn, void *user, bool *out_joined,
                           heddle_error *err)
{
    once_waiter *waiter = base_calloc(1, sizeof(*waiter));
    if (!waiter)
        return base_fail_memory(err, "submission");
    *waiter =
        (once_waiter){.journal = s->journal, .deadline_ms = s->deadline_ms, .fn = fn, .user = user};
    heddle_status status = once_journal_enter(s->journal, s->key, once_submission_fingerprint(s), s,
                                              waiter, out_joined, err);
    if (status)
        base_free(waiter);
    return status;
}

heddle_status once_submission_start(once_submission *s, heddle_submit_fn *fn, void *user,
                                    heddle_error *err)
{
    bool joined = false;
    heddle_status status = enter(s, fn, user, &joined, err);
    if (status || joined) {
        submission_free(s);
        return status;
    }
    once_way_begin(s);
    return HEDDLE_OK;
}
