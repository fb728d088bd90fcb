#include "crypto/token.h"

#include <stdio.h>

#include "base/fail.h"
#include "crypto/token_impl.h"

enum { DEFAULT_SESSIONS = 8, DEFAULT_WAIT_MS = 5000 };

static void token_free(crypto_token *token)
{
    crypto_pool_done(token);
    crypto_module_close(token->module);
    if (token->pin)
        base_wipe(token->pin, token->pin_len);
    base_free(token->pin);
    base_free(token->wanted_label);
    base_free(token);
}

static heddle_status copy_options(crypto_token *token, const crypto_token_options *options,
                                  heddle_error *err)
{
    token->use_slot = options->use_slot;
    token->wanted_slot = (CK_SLOT_ID)options->slot;
    token->wait_ms = options->acquire_wait_ms ? options->acquire_wait_ms : DEFAULT_WAIT_MS;
    token->wanted_label = base_strdup(options->label);
    token->pin = base_strdup(options->pin);
    token->pin_len = options->pin ? strlen(options->pin) : 0;
    if ((options->label && !token->wanted_label) || (options->pin && !token->pin))
        return base_fail_memory(err, "token");
    return HEDDLE_OK;
}

static CK_RV nothing(crypto_token *token, const crypto_session *session, void *user)
{
    (void)token, (void)session, (void)user;
    return CKR_OK;
}

static heddle_status start(crypto_token *token, const crypto_token_options *options,
                           heddle_error *err)
{
    BASE_TRY(
        crypto_pool_init(token, options->sessions ? options->sessions : DEFAULT_SESSIONS, err));
    BASE_TRY(copy_options(token, options, err));
    BASE_TRY(crypto_module_open(options->module, &token->module, err));
    return crypto_token_run(token, nothing, NULL, "logging in", err);
}

heddle_status crypto_token_open(const crypto_token_options *options, crypto_token **out,
                                heddle_error *err)
{
    if (!options->module || !*options->module)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "token: the path of the module is required");
    if (options->sessions > CRYPTO_SESSIONS_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "token: at most %d sessions, not %u",
                         CRYPTO_SESSIONS_MAX, options->sessions);
    crypto_token *token = base_calloc(1, sizeof(*token));
    if (!token)
        return base_fail_memory(err, "token");
    atomic_init(&token->refs, 1);
    heddle_status status = start(token, options, err);
    if (status)
        token_free(token);
    else
        *out = token;
    return status;
}

crypto_token *crypto_token_ref(crypto_token *token)
{
    atomic_fetch_add_explicit(&token->refs, 1, memory_order_relaxed);
    return token;
}

void crypto_token_unref(crypto_token *token)
{
    if (token && atomic_fetch_sub_explicit(&token->refs, 1, memory_order_acq_rel) == 1)
        token_free(token);
}

const char *crypto_token_label(const crypto_token *token)
{
    return token->label;
}
