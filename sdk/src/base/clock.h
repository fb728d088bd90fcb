/* Time, replaceable by tests. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/** Milliseconds of a clock that never goes back. */
uint64_t base_now_ms(void);

typedef struct base_wall_time {
    int64_t seconds; /* since 1970-01-01 UTC */
    int32_t nanos;
} base_wall_time;
base_wall_time base_wall_now(void);

/** "2026-08-24T09:12:31.482Z"; @p out has room for 32. */
void base_wall_format(base_wall_time t, char out[32]);

/** For tests: take the time from these instead; NULL restores. Both may be called by any
 *  thread. */
void base_clock_override(uint64_t (*now_ms)(void), base_wall_time (*wall_now)(void));

#endif
