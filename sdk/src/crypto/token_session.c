/* Sessions of a token: the pool, logging in, and going on after they were lost. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/fail.h"
#include "crypto/token_impl.h"

enum { ATTEMPTS = 3, SLOTS_MAX = 256 };

heddle_status crypto_pool_init(crypto_token *token, unsigned limit, heddle_error *err)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&token->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&token->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    token->limit = limit;
    token->idle = base_calloc(limit, sizeof(*token->idle));
    return token->idle ? HEDDLE_OK : base_fail_memory(err, "sessions of a token");
}

/* Another process's sessions are left alone: to the device they may be the same ones. */
void crypto_pool_done(crypto_token *token)
{
    if (token->module && crypto_module_check(token->module, NULL) == HEDDLE_OK)
        for (unsigned i = 0; i < token->idle_count; i++)
            token->module->fn->C_CloseSession(token->idle[i].handle);
    base_free(token->idle);
    pthread_cond_destroy(&token->freed);
    pthread_mutex_destroy(&token->lock);
}

/* Slots. */

/* Fields of PKCS#11 are padded with blanks. */
static void unpad(const CK_UTF8CHAR *field, size_t len, char *out)
{
    while (len && (field[len - 1] == ' ' || field[len - 1] == 0))
        len--;
    memcpy(out, field, len);
    out[len] = 0;
}

static bool is_wanted(const crypto_token *token, CK_SLOT_ID slot, const char *label)
{
    if (token->use_slot && slot != token->wanted_slot)
        return false;
    return !token->wanted_label || strcmp(label, token->wanted_label) == 0;
}

/* What was seen on the way through the slots. */
struct search {
    unsigned matches;
    CK_SLOT_ID slot;
    char label[33];
    char seen[200]; /* the labels of the tokens there are */
};

static void look(const crypto_token *token, CK_SLOT_ID slot, struct search *search)
{
    CK_TOKEN_INFO info;
    char label[33];
    if (token->module->fn->C_GetTokenInfo(slot, &info) || !(info.flags & CKF_TOKEN_INITIALIZED))
        return;
    unpad(info.label, sizeof(info.label), label);
    size_t len = strlen(search->seen);
    snprintf(search->seen + len, sizeof(search->seen) - len, "%s\"%s\" in slot %lu",
             len ? ", " : "", label, slot);
    if (!is_wanted(token, slot, label))
        return;
    search->matches++;
    search->slot = slot;
    memcpy(search->label, label, sizeof(label));
}

static heddle_status fail_search(const crypto_token *token, const struct search *search,
                                 heddle_error *err)
{
    const char *seen = search->seen[0] ? search->seen : "none";
    if (search->matches)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "%s has several such tokens; choose one by label or slot: %s",
                         token->module->path, seen);
    /* Once it was there: then it may come back. */
    heddle_status status = token->label[0] ? HEDDLE_E_UNAVAILABLE : HEDDLE_E_NOT_FOUND;
    heddle_retry retry = token->label[0] ? HEDDLE_RETRY_SAFE : HEDDLE_RETRY_NO;
    if (token->use_slot)
        return base_fail_retry(err, status, retry,
                               "%s has no token %s%s%sin slot %lu; there are: %s",
                               token->module->path, token->wanted_label ? "\"" : "",
                               token->wanted_label ? token->wanted_label : "",
                               token->wanted_label ? "\" " : "", token->wanted_slot, seen);
    return base_fail_retry(err, status, retry, "%s has no token%s%s%s; there are: %s",
                           token->module->path, token->wanted_label ? " \"" : "",
                           token->wanted_label ? token->wanted_label : "",
                           token->wanted_label ? "\"" : "", seen);
}

/* The form that asks for the count alone is the one that looks for new tokens. */
static CK_RV list_slots(CK_FUNCTION_LIST *fn, CK_SLOT_ID *slots, CK_ULONG *out_count)
{
    CK_RV rv = fn->C_GetSlotList(CK_TRUE, NULL, out_count);
    *out_count = SLOTS_MAX;
    return rv ? rv : fn->C_GetSlotList(CK_TRUE, slots, out_count);
}

heddle_status crypto_token_locate(crypto_token *token, CK_SLOT_ID *out, heddle_error *err)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = 0;
    struct search search = {0};
    CK_RV rv = list_slots(token->module->fn, slots, &count);
    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED) {
        crypto_module_revive(token->module);
        rv = list_slots(token->module->fn, slots, &count);
    }
    if (rv)
        return crypto_token_fail(err, rv, "slots of %s", token->module->path);
    for (CK_ULONG i = 0; i < count; i++)
        look(token, slots[i], &search);
    if (search.matches != 1)
        return fail_search(token, &search, err);
    if (!token->label[0])
        memcpy(token->label, search.label, sizeof(token->label));
    *out = search.slot;
    return HEDDLE_OK;
}

/* Opening one session. */

static CK_RV login(const crypto_token *token, CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    CK_FUNCTION_LIST *fn = token->module->fn;
    CK_TOKEN_INFO info;
    if (!token->pin &&
        (fn->C_GetTokenInfo(slot, &info) || !(info.flags & CKF_PROTECTED_AUTHENTICATION_PATH)))
        return CKR_OK;
    CK_RV rv = fn->C_Login(session, CKU_USER, (CK_UTF8CHAR *)token->pin, token->pin_len);
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

/* The slot, and the generation that a session opened now belongs to. */
static heddle_status current_slot(crypto_token *token, CK_SLOT_ID *out_slot,
                                  unsigned *out_generation, heddle_error *err)
{
    pthread_mutex_lock(&token->lock);
    bool known = token->has_slot, refused = token->is_pin_refused;
    *out_slot = token->slot;
    *out_generation = token->generation;
    pthread_mutex_unlock(&token->lock);
    if (refused)
        return base_fail(err, HEDDLE_E_DENIED,
                         "token \"%s\" refused the PIN before; it is not tried again, lest the "
                         "token be blocked",
                         token->label);
    if (known)
        return HEDDLE_OK;
    BASE_TRY(crypto_token_locate(token, out_slot, err));
    pthread_mutex_lock(&token->lock);
    if (token->generation == *out_generation) {
        token->slot = *out_slot;
        token->has_slot = true;
    }
    pthread_mutex_unlock(&token->lock);
    return HEDDLE_OK;
}

static void note_refusal(crypto_token *token)
{
    pthread_mutex_lock(&token->lock);
    token->is_pin_refused = true;
    pthread_mutex_unlock(&token->lock);
}

/* *out_rv tells a failure of the token from one to find it. */
static heddle_status session_open(crypto_token *token, CK_FLAGS flags, crypto_session *out,
                                  CK_RV *out_rv, heddle_error *err)
{
    CK_FUNCTION_LIST *fn = token->module->fn;
    CK_SLOT_ID slot;
    *out_rv = CKR_OK;
    BASE_TRY(current_slot(token, &slot, &out->generation, err));
    CK_RV rv = fn->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &out->handle);
    if (rv == CKR_OK && (rv = login(token, slot, out->handle)) != CKR_OK)
        fn->C_CloseSession(out->handle);
    *out_rv = rv;
    if (crypto_token_is_refused(rv))
        note_refusal(token);
    return rv ? crypto_token_fail(err, rv, "opening token \"%s\"", token->label) : HEDDLE_OK;
}

/* The pool. */

static struct timespec deadline_of(uint64_t at_ms)
{
    return (struct timespec){.tv_sec = (time_t)(at_ms / 1000),
                             .tv_nsec = (long)(at_ms % 1000) * 1000000};
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void give_up_place(crypto_token *token)
{
    pthread_mutex_lock(&token->lock);
    token->open--;
    pthread_cond_signal(&token->freed);
    pthread_mutex_unlock(&token->lock);
}

/* An idle session, or a place for a new one (*out_handed false). Waits for either. */
static heddle_status take_place(crypto_token *token, uint64_t until_ms, crypto_session *out,
                                bool *out_handed, heddle_error *err)
{
    struct timespec until = deadline_of(until_ms);
    int timed_out = 0;
    pthread_mutex_lock(&token->lock);
    while (!token->idle_count && token->open >= token->limit && timed_out != ETIMEDOUT)
        timed_out = pthread_cond_timedwait(&token->freed, &token->lock, &until);
    *out_handed = token->idle_count > 0;
    bool is_new = !*out_handed && token->open < token->limit;
    if (*out_handed)
        *out = token->idle[--token->idle_count];
    else if (is_new)
        token->open++;
    unsigned limit = token->limit;
    pthread_mutex_unlock(&token->lock);
    if (*out_handed || is_new)
        return HEDDLE_OK;
    return base_fail_retry(err, HEDDLE_E_UNAVAILABLE, HEDDLE_RETRY_SAFE,
                           "token \"%s\": none of its %u sessions came free within %u ms",
                           token->label, limit, token->wait_ms);
}

/* The token has no more sessions to give: from now on the pool is as large as it got. */
static bool shrink(crypto_token *token, CK_RV rv)
{
    if (rv != CKR_SESSION_COUNT)
        return false;
    pthread_mutex_lock(&token->lock);
    bool others = token->open > 1;
    if (others && token->limit > token->open - 1)
        token->limit = token->open - 1;
    pthread_mutex_unlock(&token->lock);
    return others;
}

/* Sessions that nobody is to use again, to be closed when the lock is free. */
struct dropped {
    unsigned count;
    CK_SESSION_HANDLE handles[CRYPTO_SESSIONS_MAX];
};

static void close_dropped(const crypto_token *token, const struct dropped *dropped)
{
    for (unsigned i = 0; i < dropped->count; i++)
        token->module->fn->C_CloseSession(dropped->handles[i]);
}

/* Under the lock. */
static void begin_generation(crypto_token *token, struct dropped *dropped)
{
    token->generation++;
    token->has_slot = false;
    for (unsigned i = 0; i < token->idle_count; i++)
        dropped->handles[dropped->count++] = token->idle[i].handle;
    token->open -= token->idle_count;
    token->idle_count = 0;
    pthread_cond_broadcast(&token->freed);
}

/* After @p rv in @p session: if it tells a loss that nobody has seen yet, a generation begins. */
static void note_loss(crypto_token *token, const crypto_session *session, CK_RV rv)
{
    struct dropped dropped = {0};
    if (!crypto_token_is_lost(rv))
        return;
    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED)
        crypto_module_revive(token->module);
    pthread_mutex_lock(&token->lock);
    if (session->generation == token->generation)
        begin_generation(token, &dropped);
    pthread_mutex_unlock(&token->lock);
    close_dropped(token, &dropped);
}

static heddle_status acquire(crypto_token *token, uint64_t until_ms, crypto_session *out,
                             CK_RV *out_rv, heddle_error *err)
{
    for (;;) {
        bool handed = false;
        *out_rv = CKR_OK;
        BASE_TRY(take_place(token, until_ms, out, &handed, err));
        if (handed)
            return HEDDLE_OK;
        heddle_status status = session_open(token, 0, out, out_rv, err);
        if (status == HEDDLE_OK)
            return HEDDLE_OK;
        bool again = shrink(token, *out_rv);
        give_up_place(token);
        if (!again)
            return status;
    }
}

static void release(crypto_token *token, const crypto_session *session)
{
    pthread_mutex_lock(&token->lock);
    bool kept = session->generation == token->generation;
    if (kept)
        token->idle[token->idle_count++] = *session;
    else
        token->open--;
    pthread_cond_signal(&token->freed);
    pthread_mutex_unlock(&token->lock);
    if (!kept)
        token->module->fn->C_CloseSession(session->handle);
}

/* One attempt. *out_rv is what the token said, also when no session came about. */
static heddle_status attempt(crypto_token *token, uint64_t until_ms, crypto_operation *operation,
                             void *user, const char *what, CK_RV *out_rv, heddle_error *err)
{
    crypto_session session;
    heddle_status status = acquire(token, until_ms, &session, out_rv, err);
    if (status) {
        note_loss(token, &session, *out_rv);
        return status;
    }
    *out_rv = operation(token, &session, user);
    if (crypto_token_is_refused(*out_rv))
        note_refusal(token);
    note_loss(token, &session, *out_rv);
    release(token, &session);
    return *out_rv ? crypto_token_fail(err, *out_rv, "%s in token \"%s\"", what, token->label)
                   : HEDDLE_OK;
}

heddle_status crypto_token_run(crypto_token *token, crypto_operation *operation, void *user,
                               const char *what, heddle_error *err)
{
    BASE_TRY(crypto_module_check(token->module, err));
    uint64_t until_ms = monotonic_ms() + token->wait_ms;
    heddle_status status = HEDDLE_OK;
    for (int i = 0; i < ATTEMPTS; i++) {
        CK_RV rv;
        status = attempt(token, until_ms, operation, user, what, &rv, err);
        if (status == HEDDLE_OK || !crypto_token_is_lost(rv))
            break;
    }
    return status;
}

heddle_status crypto_token_run_writing(crypto_token *token, crypto_operation *operation, void *user,
                                       const char *what, heddle_error *err)
{
    crypto_session session;
    CK_RV rv;
    BASE_TRY(crypto_module_check(token->module, err));
    heddle_status status = session_open(token, CKF_RW_SESSION, &session, &rv, err);
    if (status) {
        note_loss(token, &session, rv);
        return status;
    }
    rv = operation(token, &session, user);
    note_loss(token, &session, rv);
    token->module->fn->C_CloseSession(session.handle);
    return rv ? crypto_token_fail(err, rv, "%s in token \"%s\"", what, token->label) : HEDDLE_OK;
}
