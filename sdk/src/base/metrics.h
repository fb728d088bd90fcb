/*
 * Counters, gauges and histograms in Prometheus text format.
 *
 * A metric is registered once at start and then updated without a lock. `labels` is the
 * finished inside of the braces, e.g. "method=\"Endorse\",code=\"OK\"", or "".
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buffer.h"

typedef struct base_metrics base_metrics; /* a registry */
typedef struct base_metric base_metric;

base_metrics *base_metrics_new(void);
void base_metrics_free(base_metrics *metrics);

/** Find or make; NULL if memory is gone. Updating NULL is harmless. Any thread. */
base_metric *base_counter(base_metrics *m, const char *name, const char *labels, const char *help);
base_metric *base_gauge(base_metrics *m, const char *name, const char *labels, const char *help);
/** Of seconds, buckets 0.5 ms to 60 s. */
base_metric *base_histogram(base_metrics *m, const char *name, const char *labels,
                            const char *help);

void base_metric_add(base_metric *metric, int64_t by);    /* counter or gauge */
void base_metric_set(base_metric *metric, int64_t value); /* gauge */
void base_metric_observe_ms(base_metric *metric, uint64_t ms);
int64_t base_metric_value(const base_metric *metric); /* a histogram's count */

/** The exposition text of every metric. */
HEDDLE_MUST_USE heddle_status base_metrics_render(base_metrics *metrics, base_buffer *out);

#endif
