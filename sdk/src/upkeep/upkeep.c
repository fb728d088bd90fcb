#include "upkeep/upkeep.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fail.h"
#include "base/log.h"
#include "heddle/renewal.h"
#include "upkeep/files.h"

enum { RENEWALS_MAX = 2, NO_INTERVAL_MS = 3600000 };

struct part {
    upkeep_part is;
    uint64_t mark; /* of the files when they were loaded, or refused */
    base_metric *expiry;
    base_metric *loaded;
    base_metric *refused;
};

struct renewing {
    const char *name;
    upkeep *keep;
    heddle_renewal *renewal;
    uint64_t failures; /* told to the metric */
    base_metric *renewed;
    base_metric *failed;
};

struct upkeep {
    const char *program;
    base_metrics *metrics;
    heddle_ca *ca;
    heddle_ca *tls_ca;
    struct renewing renewals[RENEWALS_MAX];
    size_t renewal_count;

    pthread_mutex_t loading; /* one load at a time; guards what follows */
    struct part parts[UPKEEP_PARTS_MAX];
    size_t part_count;
    void *user;

    pthread_mutex_t lock; /* a leaf; guards what follows */
    pthread_cond_t woken;
    uint64_t interval_ms;
    bool is_wanted; /* a look, at once */
    bool is_running;
    bool is_ending;
    pthread_t thread;
};

/* Metrics. */

static base_metric *metric(const upkeep *keep, bool is_counter, const char *name, const char *part,
                           const char *result, const char *help)
{
    char full[96], labels[96];
    if (!keep->metrics)
        return NULL;
    snprintf(full, sizeof(full), "heddle_%s_%s", keep->program, name);
    snprintf(labels, sizeof(labels), "credential=\"%s\"%s%s%s", part, result ? ",result=\"" : "",
             result ? result : "", result ? "\"" : "");
    return is_counter ? base_counter(keep->metrics, full, labels, help)
                      : base_gauge(keep->metrics, full, labels, help);
}

static void count_renewals(struct renewing *renewing)
{
    heddle_renewal_state state = HEDDLE_RENEWAL_STATE;
    if (heddle_renewal_read(renewing->renewal, &state, NULL) != HEDDLE_OK)
        return;
    base_metric_add(renewing->failed, (int64_t)(state.failures - renewing->failures));
    renewing->failures = state.failures;
}

/* Loading. */

static void load(upkeep *keep, struct part *part)
{
    heddle_error err;
    int64_t not_after_s = 0;
    part->mark = upkeep_files_mark(part->is.paths, part->is.path_count);
    heddle_status status = part->is.load(keep->user, &not_after_s, &err);
    if (status != HEDDLE_OK) {
        base_metric_add(part->refused, 1);
        log_at(LOG_ERROR, keep->program, "new credentials are not taken over",
               LOG_STR("credential", part->is.name), LOG_ERR(&err));
        return;
    }
    base_metric_add(part->loaded, 1);
    base_metric_set(part->expiry, not_after_s);
    log_at(LOG_INFO, keep->program, "credentials taken over", LOG_STR("credential", part->is.name),
           LOG_I64("not_after_s", not_after_s));
}

static void load_parts(upkeep *keep, bool all)
{
    pthread_mutex_lock(&keep->loading);
    for (size_t i = 0; i < keep->part_count; i++) {
        struct part *part = &keep->parts[i];
        if (all || upkeep_files_mark(part->is.paths, part->is.path_count) != part->mark)
            load(keep, part);
    }
    pthread_mutex_unlock(&keep->loading);
}

/* The thread. */

static bool sleep_locked(upkeep *keep)
{
    struct timespec until;
    uint64_t nap = keep->interval_ms ? keep->interval_ms : NO_INTERVAL_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(nap / 1000);
    until.tv_nsec += (long)(nap % 1000 * 1000000);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int rc = 0;
    while (!keep->is_ending && !keep->is_wanted && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&keep->woken, &keep->lock, &until);
    return !keep->is_ending;
}

static void *run(void *user)
{
    upkeep *keep = user;
    pthread_mutex_lock(&keep->lock);
    while (sleep_locked(keep)) {
        bool looks = keep->is_wanted || keep->interval_ms;
        keep->is_wanted = false;
        pthread_mutex_unlock(&keep->lock);
        if (looks)
            load_parts(keep, false);
        for (size_t i = 0; i < keep->renewal_count; i++)
            count_renewals(&keep->renewals[i]);
        pthread_mutex_lock(&keep->lock);
    }
    pthread_mutex_unlock(&keep->lock);
    return NULL;
}

static void wake(upkeep *keep)
{
    pthread_mutex_lock(&keep->lock);
    keep->is_wanted = true;
    pthread_cond_signal(&keep->woken);
    pthread_mutex_unlock(&keep->lock);
}

void upkeep_reload(upkeep *keep, uint64_t interval_ms)
{
    pthread_mutex_lock(&keep->lock);
    keep->interval_ms = interval_ms;
    pthread_cond_signal(&keep->woken);
    pthread_mutex_unlock(&keep->lock);
    load_parts(keep, true);
}

/* Renewals. */

static void on_renewed(const heddle_renewed *renewed, void *user)
{
    struct renewing *renewing = user;
    if (!renewed->is_found)
        base_metric_add(renewing->renewed, 1);
    wake(renewing->keep);
}

/* @p first unless it is empty; NULL for two that are. */
static const char *either(const char *first, const char *second)
{
    const char *chosen = first[0] ? first : second;
    return chosen[0] ? chosen : NULL;
}

static heddle_status open_cas(upkeep *keep, const upkeep_conf *conf, heddle_error *err)
{
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    options.url = conf->ca_url;
    options.ca_name = either(conf->ca_name, "");
    options.tls_roots_file = either(conf->ca_tls_roots, "");
    options.name_override = either(conf->ca_tls_name, "");
    BASE_TRY(conf_blame("renewal.ca_url", heddle_ca_open(&options, &keep->ca, err), err));
    options.url = either(conf->tls_ca_url, conf->ca_url);
    options.ca_name = either(conf->tls_ca_name, conf->tls_ca_url[0] ? "" : conf->ca_name);
    options.tls_roots_file = either(conf->tls_ca_tls_roots, conf->ca_tls_roots);
    return conf_blame("renewal.tls_ca_url", heddle_ca_open(&options, &keep->tls_ca, err), err);
}

static heddle_renewal_options options_of(upkeep *keep, const upkeep_conf *conf,
                                         const upkeep_sources *sources)
{
    heddle_renewal_options options = HEDDLE_RENEWAL_OPTIONS;
    options.ca = keep->ca;
    options.mspid = sources->identity->msp_id;
    options.life_left_percent = (uint32_t)conf->life_left_percent;
    options.same_key = conf->same_key;
    options.retry_ms = (uint32_t)conf->retry_ms;
    options.retry_max_ms = (uint32_t)conf->retry_max_ms;
    options.renewed = on_renewed;
    return options;
}

/* An expired one gets its chance before the program reads it; what fails is in the log. */
static heddle_status open_renewal(upkeep *keep, const char *name, heddle_renewal_options *options,
                                  heddle_error *err)
{
    struct renewing *renewing = &keep->renewals[keep->renewal_count];
    *renewing = (struct renewing){.name = name, .keep = keep};
    options->user = renewing;
    renewing->renewed =
        metric(keep, true, "renewals_total", name, NULL, "Certificates got from the CA");
    renewing->failed = metric(keep, true, "renewal_failures_total", name, NULL,
                              "Attempts to get a certificate from the CA that failed");
    BASE_TRY(conf_blame(name, heddle_renewal_open(options, &renewing->renewal, err), err));
    keep->renewal_count++;
    (void)!heddle_renewal_step(renewing->renewal, false, NULL, NULL);
    return HEDDLE_OK;
}

static heddle_status open_renewals(upkeep *keep, const upkeep_conf *conf,
                                   const upkeep_sources *sources, heddle_error *err)
{
    const conf_identity *identity = sources->identity;
    heddle_renewal_options options = options_of(keep, conf, sources);
    if (upkeep_conf_renews(conf, "identity")) {
        options.msp_dir = identity->msp_dir[0] ? identity->msp_dir : NULL;
        options.cert_file = identity->msp_dir[0] ? NULL : identity->certificate;
        options.key_file = identity->msp_dir[0] ? NULL : identity->key;
        options.id = conf->id[0] ? conf->id : NULL;
        options.secret_file = conf->id[0] ? conf->secret_file : NULL;
        BASE_TRY(open_renewal(keep, "identity", &options, err));
    }
    if (!upkeep_conf_renews(conf, "tls"))
        return HEDDLE_OK;
    options = options_of(keep, conf, sources);
    options.ca = keep->tls_ca;
    options.cert_file = sources->tls_certificate;
    options.key_file = sources->tls_key;
    options.profile = "tls";
    return open_renewal(keep, "tls", &options, err);
}

/* Life. */

static upkeep *upkeep_new(const char *program, const upkeep_conf *conf, base_metrics *metrics)
{
    pthread_condattr_t attributes;
    upkeep *keep = base_calloc(1, sizeof(*keep));
    if (!keep)
        return NULL;
    keep->program = program;
    keep->metrics = metrics;
    keep->interval_ms = conf->interval_ms;
    pthread_mutex_init(&keep->loading, NULL);
    pthread_mutex_init(&keep->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keep->woken, &attributes);
    pthread_condattr_destroy(&attributes);
    return keep;
}

heddle_status upkeep_open(const char *program, const upkeep_conf *conf,
                          const upkeep_sources *sources, base_metrics *metrics, upkeep **out,
                          heddle_error *err)
{
    upkeep *keep = upkeep_new(program, conf, metrics);
    if (!keep)
        return base_fail_memory(err, "credentials");
    heddle_status status = conf->ca_url[0] ? open_cas(keep, conf, err) : HEDDLE_OK;
    if (status == HEDDLE_OK)
        status = open_renewals(keep, conf, sources, err);
    if (status != HEDDLE_OK) {
        upkeep_close(keep);
        return status;
    }
    *out = keep;
    return HEDDLE_OK;
}

static void add_part(upkeep *keep, const upkeep_part *part)
{
    struct part *added = &keep->parts[keep->part_count++];
    added->is = *part;
    added->mark = upkeep_files_mark(part->paths, part->path_count);
    added->expiry = metric(keep, false, "certificate_expiry_seconds", part->name, NULL,
                           "Unix time at which the certificate in use expires; 0: it has none");
    added->loaded = metric(keep, true, "credential_reloads_total", part->name, "taken",
                           "Files of certificates and keys that were read again");
    added->refused = metric(keep, true, "credential_reloads_total", part->name, "refused",
                            "Files of certificates and keys that were read again");
    base_metric_set(added->expiry, part->not_after_s);
}

heddle_status upkeep_start(upkeep *keep, const upkeep_part *parts, size_t count, void *user,
                           heddle_error *err)
{
    pthread_mutex_lock(&keep->loading);
    keep->user = user;
    for (size_t i = 0; i < count; i++)
        add_part(keep, &parts[i]);
    pthread_mutex_unlock(&keep->loading);
    for (size_t i = 0; i < keep->renewal_count; i++)
        BASE_TRY(heddle_renewal_start(keep->renewals[i].renewal, err));
    if ((errno = pthread_create(&keep->thread, NULL, run, keep)) != 0)
        return base_fail_errno(err, "thread of the credentials");
    keep->is_running = true;
    return HEDDLE_OK;
}

void upkeep_stop(upkeep *keep)
{
    pthread_mutex_lock(&keep->lock);
    keep->is_ending = true;
    pthread_cond_signal(&keep->woken);
    pthread_mutex_unlock(&keep->lock);
    if (keep->is_running)
        pthread_join(keep->thread, NULL);
    keep->is_running = false;
    pthread_mutex_lock(&keep->loading);
    keep->part_count = 0;
    pthread_mutex_unlock(&keep->loading);
}

void upkeep_close(upkeep *keep)
{
    if (!keep)
        return;
    upkeep_stop(keep);
    for (size_t i = 0; i < keep->renewal_count; i++)
        heddle_renewal_close(keep->renewals[i].renewal);
    heddle_ca_close(keep->ca);
    heddle_ca_close(keep->tls_ca);
    pthread_cond_destroy(&keep->woken);
    pthread_mutex_destroy(&keep->lock);
    pthread_mutex_destroy(&keep->loading);
    base_free(keep);
}
