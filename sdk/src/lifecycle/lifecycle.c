#include "lifecycle/lifecycle.h"

#include <stdatomic.h>
#include <string.h>

#include "base/fail.h"
#include "client/gateway.h"

BASE_AUTO_DEFINE(heddle_lifecycle, heddle_lifecycle *, heddle_lifecycle_unref)

heddle_status heddle_lifecycle_new(heddle_gateway *gateway, heddle_identity *identity,
                                   const char *channel, heddle_lifecycle **out, heddle_error *err)
{
    base_auto(heddle_lifecycle) heddle_lifecycle *lifecycle = base_calloc(1, sizeof(*lifecycle));
    if (!lifecycle)
        return base_fail_memory(err, "lifecycle");
    atomic_init(&lifecycle->refs, 1);
    BASE_TRY(
        heddle_contract_new(gateway, identity, channel, "_lifecycle", &lifecycle->contract, err));
    lifecycle->identity = heddle_identity_ref(identity);
    lifecycle->channel = base_strdup(channel);
    if (!lifecycle->channel)
        return base_fail_memory(err, "lifecycle");
    *out = base_steal(&lifecycle);
    return HEDDLE_OK;
}

heddle_lifecycle *heddle_lifecycle_ref(heddle_lifecycle *lifecycle)
{
    atomic_fetch_add_explicit(&lifecycle->refs, 1, memory_order_relaxed);
    return lifecycle;
}

void heddle_lifecycle_unref(heddle_lifecycle *lifecycle)
{
    if (!lifecycle || atomic_fetch_sub_explicit(&lifecycle->refs, 1, memory_order_acq_rel) != 1)
        return;
    heddle_contract_unref(lifecycle->contract);
    heddle_identity_unref(lifecycle->identity);
    base_free(lifecycle->channel);
    base_free(lifecycle);
}

/* One attempt: a request with the bytes of the arguments, and details to judge it by. */
typedef struct attempt {
    base_buffer args;
    heddle_view arg;
    heddle_request request;
    heddle_call_options options;
    heddle_details *own; /* those of the caller's options, if there are none */
} attempt;

static void attempt_done(attempt *a)
{
    base_buffer_done(&a->args);
    heddle_details_free(a->own);
}
#define auto_attempt __attribute__((cleanup(attempt_done)))

static heddle_status attempt_init(attempt *a, const lifecycle_ask *ask, heddle_error *err)
{
    BASE_TRY(client_options_copy(&a->options, sizeof(a->options), ask->options,
                                 "HEDDLE_CALL_OPTIONS", err));
    a->options.size = sizeof(a->options);
    if (!a->options.details)
        a->options.details = a->own = heddle_details_new();
    if (!a->options.details)
        return base_fail_memory(err, "lifecycle");
    BASE_TRY(wire_encode(ask->args, &a->args, err));
    a->arg = base_buffer_view(&a->args);
    a->request = (heddle_request)HEDDLE_REQUEST(ask->function);
    a->request.args = &a->arg;
    a->request.arg_count = 1;
    a->request.endorsing_orgs = ask->orgs;
    a->request.endorsing_org_count = ask->org_count;
    return HEDDLE_OK;
}

static heddle_status judge(const heddle_lifecycle *lifecycle, const lifecycle_ask *ask,
                           const attempt *a, heddle_error *why, heddle_error *err)
{
    heddle_status status = lifecycle_judge(lifecycle, ask, a->options.details, why);
    if (status && err)
        *err = *why;
    return status;
}

heddle_status lifecycle_evaluate(heddle_lifecycle *lifecycle, const lifecycle_ask *ask,
                                 base_arena *arena, heddle_view *out, heddle_error *err)
{
    auto_attempt attempt a = {0};
    heddle_bytes answer = {0};
    heddle_error why;
    BASE_TRY(attempt_init(&a, ask, err));
    if (heddle_evaluate(lifecycle->contract, &a.request, &a.options, &answer, &why))
        return judge(lifecycle, ask, &a, &why, err);
    *out = base_arena_view(arena, heddle_view_of(answer.data, answer.len));
    bool lost = !out->data && answer.len;
    heddle_bytes_done(&answer);
    return lost ? base_arena_fail(arena, err, "answer") : HEDDLE_OK;
}

heddle_status lifecycle_submit(heddle_lifecycle *lifecycle, const lifecycle_ask *ask,
                               heddle_outcome *out, heddle_error *err)
{
    auto_attempt attempt a = {0};
    heddle_error why;
    BASE_TRY(attempt_init(&a, ask, err));
    if (heddle_submit(lifecycle->contract, &a.request, &a.options, out, &why))
        return judge(lifecycle, ask, &a, &why, err);
    return HEDDLE_OK;
}
