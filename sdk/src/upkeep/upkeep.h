/*
 * The certificates and keys of a running program kept fresh.
 *
 * Vocabulary: a part is what is taken over as one, the identity, or the TLS pair, or roots to
 * trust; it has files. A part is loaded again when its files have changed, or at SIGHUP; files
 * that are bad leave in use what there was, with a log line and a metric, until they change
 * again. A part may be renewed from a CA besides: that writes its files, and the rest goes as if
 * somebody else had.
 *
 * One thread looks at the files and loads; renewals have their own. Loading is done by one
 * thread at a time.
 */
#ifndef UPKEEP_UPKEEP_H
#define UPKEEP_UPKEEP_H

#include "base/metrics.h"
#include "upkeep/conf.h"

enum { UPKEEP_PATHS_MAX = 64, UPKEEP_PARTS_MAX = 8 };

typedef struct upkeep upkeep;

typedef struct upkeep_part {
    const char *name;                    /* "identity", for logs and metrics */
    const char *paths[UPKEEP_PATHS_MAX]; /* files and folders; borrowed till the stop */
    size_t path_count;
    /** Take the files into use. *out_not_after_s: when what there is now expires; 0: never. */
    heddle_status (*load)(void *user, int64_t *out_not_after_s, heddle_error *err);
    int64_t not_after_s; /* of what is in use when the upkeep starts */
} upkeep_part;

/** Borrowed till the stop. */
typedef struct upkeep_sources {
    const conf_identity *identity;
    const char *tls_certificate; /* "": none */
    const char *tls_key;
} upkeep_sources;

/**
 * Open the renewals that @p conf asks for, before the files are read for the first time: an
 * identity that is not there, or has expired, is enrolled if it can be. E_CONFIG.
 *
 * @param program  "gateway", the word in the names of metrics and in logs
 * @param metrics  may be NULL
 */
HEDDLE_MUST_USE heddle_status upkeep_open(const char *program, const upkeep_conf *conf,
                                          const upkeep_sources *sources, base_metrics *metrics,
                                          upkeep **out, heddle_error *err);

/** Look and renew from now on. Parts are copied. Nothing is to be undone if it fails. */
HEDDLE_MUST_USE heddle_status upkeep_start(upkeep *keep, const upkeep_part *parts, size_t count,
                                           void *user, heddle_error *err);

/** Load each part again, whether its files have changed or not, with this interval from now on:
 *  at SIGHUP. What is bad is logged. */
void upkeep_reload(upkeep *keep, uint64_t interval_ms);

/** After it nothing is loaded any more, by whomever. */
void upkeep_stop(upkeep *keep);

/** Stop, if that was not done, and end the renewals. NULL is fine. */
void upkeep_close(upkeep *keep);

#endif
