/* When a certificate is renewed. Pure: time and chance come from outside; Unix time in ms. */
#ifndef RENEWAL_SCHEDULE_H
#define RENEWAL_SCHEDULE_H

#include <stdint.h>

/** No member is 0. */
typedef struct renewal_schedule {
    uint32_t life_left_percent; /* 1 to 99 */
    uint32_t jitter_percent;    /* 1 to 100 */
    uint32_t retry_ms;
    uint32_t retry_max_ms;
} renewal_schedule;

/**
 * When a certificate that is valid from @p from_ms to @p to_ms is due: when life_left_percent of
 * its life is left, or earlier by as much of jitter_percent of that as @p chance says. Not before
 * retry_ms from now, or a tenth of the rest: a CA that is near its own end gives certificates
 * that are due at once.
 */
int64_t renewal_due(const renewal_schedule *schedule, int64_t from_ms, int64_t to_ms,
                    int64_t now_ms, uint32_t chance);

/**
 * When to try again after the @p failures-th failure in a row: after retry_ms, doubled with each
 * failure up to retry_max_ms, a quarter more or less by @p chance. While the certificate is valid
 * half of its rest is the most, so that it does not expire between two attempts that are far
 * apart.
 */
int64_t renewal_retry(const renewal_schedule *schedule, uint64_t failures, int64_t to_ms,
                      int64_t now_ms, uint32_t chance);

#endif
