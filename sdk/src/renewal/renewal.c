/*
 * One certificate that is kept fresh.
 *
 * A step goes: look at the place (somebody else may have renewed), ask the CA, write, replace,
 * tell. What the CA has given is kept until it is written: a full disk costs no second
 * certificate. Steps are taken one at a time, under `stepping`; `lock` is a leaf and guards what
 * others read.
 */
#include "heddle/renewal.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "client/gateway.h"
#include "client/identity.h"
#include "crypto/digest.h"
#include "renewal/options.h"

enum { LONGEST_NAP_MS = 30000, USUAL_LIFE_S = 365 * 24 * 3600 };

struct heddle_renewal {
    base_arena *arena;
    renewal_options options;

    pthread_mutex_t stepping; /* guards what follows */
    heddle_identity *present; /* what the certificate in use makes one; not replaceable */
    heddle_enrollment *unwritten;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t ending;
    heddle_identity *identity; /* replaceable */
    heddle_renewal_state state;
    int64_t next_ms;
    bool is_running;
    bool is_ending;
    pthread_t thread;
};

BASE_AUTO_DEFINE(heddle_renewal, heddle_renewal *, heddle_renewal_close)

static int64_t now_ms(void)
{
    base_wall_time now = base_wall_now();
    return now.seconds * 1000 + now.nanos / 1000000;
}

static uint32_t chance(void)
{
    uint32_t value = 0;
    (void)!crypto_random((uint8_t *)&value, sizeof(value)); /* 0 will do */
    return value;
}

/* The state. */

static void plan_locked(heddle_renewal *r, int64_t at_ms)
{
    r->next_ms = at_ms;
    r->state.next_at_s = (at_ms + 999) / 1000;
}

/* When the life of the certificate began. Where nothing tells, it is not taken to be longer than
 * a Fabric CA makes it by default. */
static int64_t begin_of_life_s(const crypto_cert *cert, int64_t issued_s, int64_t now)
{
    int64_t from = crypto_cert_not_before_s(cert), to = crypto_cert_not_after_s(cert);
    if (issued_s > now / 1000)
        issued_s = now / 1000;
    if (!issued_s)
        issued_s = to - USUAL_LIFE_S;
    return from > issued_s ? from : issued_s;
}

/* @p issued_s: when the certificate was issued; 0: unknown. */
static void take_times(heddle_renewal *r, int64_t issued_s, int64_t now)
{
    const crypto_cert *cert = client_identity_cert(r->present);
    int64_t from = crypto_cert_not_before_s(cert), to = crypto_cert_not_after_s(cert);
    int64_t begin = begin_of_life_s(cert, issued_s, now);
    pthread_mutex_lock(&r->lock);
    r->state.not_before_s = from;
    r->state.not_after_s = to;
    if (to * 1000 <= now)
        /* It has expired; or the CA's clock is behind ours, and the next would have, too. */
        plan_locked(r, r->state.renewals ? now + r->options.schedule.retry_ms : now);
    else
        plan_locked(r, renewal_due(&r->options.schedule, begin * 1000, to * 1000, now, chance()));
    pthread_mutex_unlock(&r->lock);
}

static void note_success(heddle_renewal *r, int64_t now, bool is_new)
{
    pthread_mutex_lock(&r->lock);
    r->state.failures_in_a_row = 0;
    base_error_clear(&r->state.last_error);
    if (is_new) {
        r->state.renewals++;
        r->state.renewed_at_s = now / 1000;
    }
    pthread_mutex_unlock(&r->lock);
}

static void note_failure(heddle_renewal *r, int64_t now, const heddle_error *err)
{
    pthread_mutex_lock(&r->lock);
    r->state.failures++;
    r->state.failures_in_a_row++;
    r->state.last_error = *err;
    plan_locked(r, renewal_retry(&r->options.schedule, r->state.failures_in_a_row,
                                 r->state.not_after_s * 1000, now, chance()));
    int64_t next = r->state.next_at_s, end = r->state.not_after_s;
    pthread_mutex_unlock(&r->lock);
    log_at(LOG_WARN, "renewal", "certificate not renewed",
           LOG_STR("place", renewal_place_name(&r->options.place)), LOG_ERR(err),
           LOG_I64("expires_in_s", end - now / 1000), LOG_I64("next_in_s", next - now / 1000));
}

/* Taking a new certificate into use. */

static void tell(heddle_renewal *r, heddle_view cert_pem, bool is_found)
{
    base_buffer key_pem = {0};
    const crypto_key *key = client_identity_key(r->present);
    heddle_renewed what = {
        .size = sizeof(what), .identity = r->present, .cert_pem = cert_pem, .is_found = is_found};
    if (!r->options.renewed)
        return;
    if (key && crypto_key_pem(key, &key_pem, NULL) == HEDDLE_OK)
        what.key_pem = base_buffer_view(&key_pem);
    r->options.renewed(&what, r->options.user);
    base_buffer_wipe(&key_pem);
}

static heddle_status keep_hash(const heddle_renewal *r, heddle_identity **identity,
                               heddle_error *err)
{
    heddle_identity *made = NULL;
    heddle_hash hash = r->present ? heddle_identity_hash(r->present) : HEDDLE_HASH_SHA256;
    if (hash == heddle_identity_hash(*identity) || hash == HEDDLE_HASH_NONE)
        return HEDDLE_OK;
    BASE_TRY(heddle_identity_with_hash(*identity, hash, &made, err));
    heddle_identity_unref(*identity);
    *identity = made;
    return HEDDLE_OK;
}

/* @p fresh is what there is from now on; taken in each case. */
static heddle_status take_over(heddle_renewal *r, heddle_identity *fresh, heddle_view cert_pem,
                               bool is_found, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *next = fresh;
    int64_t now = now_ms();
    BASE_TRY(keep_hash(r, &next, err));
    BASE_TRY(heddle_identity_replace(r->identity, next, err));
    heddle_identity_unref(r->present);
    r->present = base_steal(&next);
    note_success(r, now, true);
    take_times(r, is_found ? renewal_place_written_s(&r->options.place) : now / 1000, now);
    log_at(LOG_INFO, "renewal", is_found ? "new certificate found" : "certificate renewed",
           LOG_STR("place", renewal_place_name(&r->options.place)),
           LOG_STR("subject", crypto_cert_subject(client_identity_cert(r->present))),
           LOG_I64("expires_in_s",
                   crypto_cert_not_after_s(client_identity_cert(r->present)) - now / 1000));
    tell(r, cert_pem, is_found);
    return HEDDLE_OK;
}

/* Write what the CA gave, and take it into use. */
static heddle_status settle(heddle_renewal *r, heddle_error *err)
{
    base_auto_buffer base_buffer cert_pem = {0};
    heddle_identity *fresh = NULL;
    BASE_TRY(renewal_order_pem(&r->options.order, r->unwritten, &cert_pem, err));
    BASE_TRY(heddle_enrollment_identity(r->unwritten, r->options.place.mspid, &fresh, err));
    heddle_status status =
        renewal_place_store(&r->options.place, r->unwritten, base_buffer_view(&cert_pem), err);
    if (status != HEDDLE_OK) {
        heddle_identity_unref(fresh);
        base_error_prefix(err, "the new certificate could not be written");
        return status;
    }
    heddle_enrollment_free(base_steal(&r->unwritten));
    if (r->present)
        return take_over(r, fresh, base_buffer_view(&cert_pem), false, err);
    r->present = fresh;
    return HEDDLE_OK;
}

/* Asking. */

static bool has_expired(const heddle_renewal *r)
{
    return crypto_cert_not_after_s(client_identity_cert(r->present)) * 1000 <= now_ms();
}

static heddle_status blame_expiry(const heddle_renewal *r, heddle_error *err)
{
    char when[32];
    heddle_error cause = *err;
    const crypto_cert *cert = client_identity_cert(r->present);
    base_wall_format((base_wall_time){.seconds = crypto_cert_not_after_s(cert)}, when);
    base_fail(err, cause.status,
              "the certificate of %.80s expired at %s and the CA does not renew it; enrol anew, "
              "with the password of the identity (%.150s)",
              crypto_cert_subject(cert), when, cause.message);
    err->ca_code = cause.ca_code;
    return err->status;
}

static heddle_status ask(heddle_renewal *r, heddle_error *err)
{
    const renewal_order *order = &r->options.order;
    heddle_error said;
    heddle_status status = renewal_order_renew(order, r->present, &r->unwritten, &said);
    if (status == HEDDLE_E_DENIED && has_expired(r)) {
        if (order->id)
            return renewal_order_enroll(order, r->present, &r->unwritten, err);
        blame_expiry(r, &said);
    }
    if (status != HEDDLE_OK && err)
        *err = said;
    return status;
}

static bool outlives(const heddle_identity *there, const heddle_identity *present)
{
    return crypto_cert_not_after_s(client_identity_cert(there)) >
           crypto_cert_not_after_s(client_identity_cert(present));
}

/* Whether somebody else has put a later certificate there; then it is in use. */
static heddle_status look(heddle_renewal *r, bool *out_found, heddle_error *err)
{
    base_auto(heddle_identity) heddle_identity *there = NULL;
    const renewal_place *place = &r->options.place;
    *out_found = false;
    if (renewal_place_load(place, &there, NULL) != HEDDLE_OK || !outlives(there, r->present))
        return HEDDLE_OK; /* what cannot be read is written anew */
    heddle_view pem = heddle_identity_cert_pem(there);
    *out_found = true;
    return take_over(r, base_steal(&there), pem, true, err);
}

static bool is_due(heddle_renewal *r)
{
    pthread_mutex_lock(&r->lock);
    bool due = now_ms() >= r->next_ms;
    pthread_mutex_unlock(&r->lock);
    return due;
}

static heddle_status attempt(heddle_renewal *r, bool at_once, heddle_error *err)
{
    bool found = false;
    if (!r->unwritten) {
        BASE_TRY(look(r, &found, err));
        if (found && !at_once && !is_due(r))
            return HEDDLE_OK;
        BASE_TRY(ask(r, err));
    }
    return settle(r, err);
}

heddle_status heddle_renewal_step(heddle_renewal *r, bool at_once, bool *out_renewed,
                                  heddle_error *err)
{
    heddle_error why;
    heddle_status status = HEDDLE_OK;
    base_error_clear(&why);
    pthread_mutex_lock(&r->stepping);
    bool due = at_once || is_due(r);
    if (due)
        status = attempt(r, at_once, &why);
    if (status != HEDDLE_OK)
        note_failure(r, now_ms(), &why);
    pthread_mutex_unlock(&r->stepping);
    if (status == HEDDLE_OK && out_renewed)
        *out_renewed = due;
    if (status != HEDDLE_OK && err)
        *err = why;
    return status;
}

/* Opening. */

static heddle_status load(heddle_renewal *r, heddle_error *err)
{
    bool has = false;
    const renewal_place *place = &r->options.place;
    BASE_TRY(renewal_place_has(place, &has, err));
    if (has)
        return renewal_place_load(place, &r->present, err);
    if (!r->options.order.id)
        return base_fail(err, HEDDLE_E_NOT_FOUND,
                         "renewal: %s has no certificate, and there is no id to enrol with",
                         renewal_place_name(place));
    BASE_TRY(renewal_order_enroll(&r->options.order, NULL, &r->unwritten, err));
    return settle(r, err);
}

static heddle_status set_up(heddle_renewal *r, const heddle_renewal_options *options,
                            heddle_error *err)
{
    r->arena = base_arena_new(0);
    if (!r->arena)
        return base_fail_memory(err, "renewal");
    BASE_TRY(renewal_options_take(options, r->arena, &r->options, err));
    BASE_TRY(load(r, err));
    BASE_TRY(heddle_identity_replaceable(r->present, &r->identity, err));
    take_times(r, renewal_place_written_s(&r->options.place), now_ms());
    return HEDDLE_OK;
}

heddle_status heddle_renewal_open(const heddle_renewal_options *options, heddle_renewal **out,
                                  heddle_error *err)
{
    base_auto(heddle_renewal) heddle_renewal *r = base_calloc(1, sizeof(*r));
    pthread_condattr_t attributes;
    if (!r)
        return base_fail_memory(err, "renewal");
    pthread_mutex_init(&r->stepping, NULL);
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&r->ending, &attributes);
    pthread_condattr_destroy(&attributes);
    r->state.size = sizeof(r->state);
    base_error_clear(&r->state.last_error);
    BASE_TRY(set_up(r, options, err));
    *out = base_steal(&r);
    return HEDDLE_OK;
}

heddle_identity *heddle_renewal_identity(heddle_renewal *renewal)
{
    return heddle_identity_ref(renewal->identity);
}

heddle_status heddle_renewal_read(heddle_renewal *renewal, heddle_renewal_state *out,
                                  heddle_error *err)
{
    pthread_mutex_lock(&renewal->lock);
    heddle_renewal_state state = renewal->state;
    pthread_mutex_unlock(&renewal->lock);
    return client_options_give(out, &state, sizeof(state), "HEDDLE_RENEWAL_STATE", err);
}

/* The thread. It naps and looks at the wall clock, which may be set, or stand still while the
 * machine sleeps. */

static int64_t nap_ms(const heddle_renewal *r)
{
    int64_t left = r->next_ms - now_ms();
    if (left < 0)
        return 0;
    return left < LONGEST_NAP_MS ? left : LONGEST_NAP_MS;
}

static bool sleep_locked(heddle_renewal *r)
{
    struct timespec until;
    int64_t nap = nap_ms(r);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += nap / 1000;
    until.tv_nsec += nap % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!r->is_ending && pthread_cond_timedwait(&r->ending, &r->lock, &until) != ETIMEDOUT)
        ;
    return !r->is_ending;
}

static void *run(void *user)
{
    heddle_renewal *r = user;
    pthread_mutex_lock(&r->lock);
    while (sleep_locked(r)) {
        pthread_mutex_unlock(&r->lock);
        (void)!heddle_renewal_step(r, false, NULL, NULL); /* the state and the log say it */
        pthread_mutex_lock(&r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

heddle_status heddle_renewal_start(heddle_renewal *renewal, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&renewal->lock);
    if (renewal->is_running)
        status = base_fail(err, HEDDLE_E_BAD_STATE, "renewal: it runs already");
    else if ((errno = pthread_create(&renewal->thread, NULL, run, renewal)) != 0)
        status = base_fail_errno(err, "renewal: thread");
    else
        renewal->is_running = true;
    pthread_mutex_unlock(&renewal->lock);
    return status;
}

static void end_thread(heddle_renewal *r)
{
    pthread_mutex_lock(&r->lock);
    bool running = r->is_running;
    r->is_ending = true;
    pthread_cond_broadcast(&r->ending);
    pthread_mutex_unlock(&r->lock);
    if (running)
        pthread_join(r->thread, NULL);
}

void heddle_renewal_close(heddle_renewal *renewal)
{
    if (!renewal)
        return;
    end_thread(renewal);
    heddle_enrollment_free(renewal->unwritten);
    heddle_identity_unref(renewal->present);
    heddle_identity_unref(renewal->identity);
    pthread_cond_destroy(&renewal->ending);
    pthread_mutex_destroy(&renewal->lock);
    pthread_mutex_destroy(&renewal->stepping);
    base_arena_free(renewal->arena);
    base_free(renewal);
}
