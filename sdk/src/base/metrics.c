/*
 * A registry is a list under a lock; a metric's numbers are atomics, so updating takes no
 * lock. Metrics are never removed before the registry is, so a pointer to one stays good.
 */
#include "base/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"

static const uint32_t bucket_tenths_ms[] = {
    5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 300000, 600000};
enum { BUCKETS = BASE_COUNT(bucket_tenths_ms) };

enum kind { COUNTER, GAUGE, HISTOGRAM };

struct base_metric {
    base_list link;
    enum kind kind;
    char *name;
    char *labels;
    char *help;
    _Atomic int64_t value; /* a histogram's count */
    _Atomic uint64_t sum_ms;
    _Atomic uint64_t buckets[BUCKETS];
};

struct base_metrics {
    pthread_mutex_t lock;
    base_list metrics;
};

base_metrics *base_metrics_new(void)
{
    base_metrics *m = base_calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    pthread_mutex_init(&m->lock, NULL);
    base_list_init(&m->metrics);
    return m;
}

static void metric_free(base_metric *metric)
{
    base_free(metric->name);
    base_free(metric->labels);
    base_free(metric->help);
    base_free(metric);
}

void base_metrics_free(base_metrics *m)
{
    if (!m)
        return;
    base_list *link;
    while ((link = base_list_pop(&m->metrics)))
        metric_free(base_list_entry(link, base_metric, link));
    pthread_mutex_destroy(&m->lock);
    base_free(m);
}

/* Also gives the last metric of the same name, so that a family stays together. */
static base_metric *find(base_metrics *m, const char *name, const char *labels,
                         base_metric **out_sibling)
{
    base_list_each (it, &m->metrics) {
        base_metric *metric = base_list_entry(it, base_metric, link);
        if (strcmp(metric->name, name) != 0)
            continue;
        *out_sibling = metric;
        if (strcmp(metric->labels, labels) == 0)
            return metric;
    }
    return NULL;
}

static base_metric *metric_new(enum kind kind, const char *name, const char *labels,
                               const char *help)
{
    base_metric *metric = base_calloc(1, sizeof(*metric));
    if (!metric)
        return NULL;
    metric->kind = kind;
    metric->name = base_strdup(name);
    metric->labels = base_strdup(labels);
    metric->help = base_strdup(help);
    if (metric->name && metric->labels && metric->help)
        return metric;
    metric_free(metric);
    return NULL;
}

static base_metric *find_or_make(base_metrics *m, enum kind kind, const char *name,
                                 const char *labels, const char *help)
{
    pthread_mutex_lock(&m->lock);
    base_metric *sibling = NULL;
    base_metric *metric = find(m, name, labels, &sibling);
    if (!metric && (metric = metric_new(kind, name, labels, help)))
        base_list_prepend(sibling ? &sibling->link : m->metrics.prev, &metric->link);
    pthread_mutex_unlock(&m->lock);
    return metric;
}

base_metric *base_counter(base_metrics *m, const char *name, const char *labels, const char *help)
{
    return find_or_make(m, COUNTER, name, labels, help);
}

base_metric *base_gauge(base_metrics *m, const char *name, const char *labels, const char *help)
{
    return find_or_make(m, GAUGE, name, labels, help);
}

base_metric *base_histogram(base_metrics *m, const char *name, const char *labels, const char *help)
{
    return find_or_make(m, HISTOGRAM, name, labels, help);
}

void base_metric_add(base_metric *metric, int64_t by)
{
    if (metric)
        atomic_fetch_add_explicit(&metric->value, by, memory_order_relaxed);
}

void base_metric_set(base_metric *metric, int64_t value)
{
    if (metric)
        atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void base_metric_observe_ms(base_metric *metric, uint64_t ms)
{
    if (!metric)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        if (ms * 10 > bucket_tenths_ms[i])
            continue;
        atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
        break;
    }
    atomic_fetch_add_explicit(&metric->sum_ms, ms, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->value, 1, memory_order_relaxed);
}

int64_t base_metric_value(const base_metric *metric)
{
    return metric ? atomic_load_explicit(&metric->value, memory_order_relaxed) : 0;
}

static heddle_status render_plain(const base_metric *metric, base_buffer *out)
{
    const char *open = metric->labels[0] ? "{" : "";
    const char *close = metric->labels[0] ? "}" : "";
    return base_buffer_printf(out, "%s%s%s%s %" PRId64 "\n", metric->name, open, metric->labels,
                              close, base_metric_value(metric));
}

static heddle_status render_buckets(const base_metric *metric, const char *comma, base_buffer *out)
{
    uint64_t below = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        below += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        heddle_status status =
            base_buffer_printf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", metric->name,
                               metric->labels, comma, bucket_tenths_ms[i] / 10000.0, below);
        if (status != HEDDLE_OK)
            return status;
    }
    return HEDDLE_OK;
}

static heddle_status render_histogram(const base_metric *metric, base_buffer *out)
{
    const char *comma = metric->labels[0] ? "," : "";
    const char *open = metric->labels[0] ? "{" : "";
    const char *close = metric->labels[0] ? "}" : "";
    heddle_status status = render_buckets(metric, comma, out);
    if (status != HEDDLE_OK)
        return status;
    int64_t count = base_metric_value(metric);
    double sum_s = (double)atomic_load_explicit(&metric->sum_ms, memory_order_relaxed) / 1000.0;
    return base_buffer_printf(out,
                              "%s_bucket{%s%sle=\"+Inf\"} %" PRId64 "\n%s_sum%s%s%s %g\n"
                              "%s_count%s%s%s %" PRId64 "\n",
                              metric->name, metric->labels, comma, count, metric->name, open,
                              metric->labels, close, sum_s, metric->name, open, metric->labels,
                              close, count);
}

static heddle_status render_one(const base_metric *metric, bool first, base_buffer *out)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    if (first) {
        heddle_status status = base_buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name,
                                                  metric->help, metric->name, kinds[metric->kind]);
        if (status != HEDDLE_OK)
            return status;
    }
    return metric->kind == HISTOGRAM ? render_histogram(metric, out) : render_plain(metric, out);
}

heddle_status base_metrics_render(base_metrics *m, base_buffer *out)
{
    heddle_status status = HEDDLE_OK;
    const char *family = "";
    pthread_mutex_lock(&m->lock);
    base_list_each (it, &m->metrics) {
        const base_metric *metric = base_list_entry(it, base_metric, link);
        status = render_one(metric, strcmp(family, metric->name) != 0, out);
        if (status != HEDDLE_OK)
            break;
        family = metric->name;
    }
    pthread_mutex_unlock(&m->lock);
    return status;
}
