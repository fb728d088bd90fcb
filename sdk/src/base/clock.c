#include "base/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

static _Atomic(uint64_t (*)(void)) now_override;
static _Atomic(base_wall_time (*)(void)) wall_override;

void base_clock_override(uint64_t (*now_ms)(void), base_wall_time (*wall_now)(void))
{
    atomic_store(&now_override, now_ms);
    atomic_store(&wall_override, wall_now);
}

uint64_t base_now_ms(void)
{
    uint64_t (*override)(void) = atomic_load_explicit(&now_override, memory_order_relaxed);
    if (override)
        return override();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

base_wall_time base_wall_now(void)
{
    base_wall_time (*override)(void) = atomic_load_explicit(&wall_override, memory_order_relaxed);
    if (override)
        return override();
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (base_wall_time){.seconds = now.tv_sec, .nanos = (int32_t)now.tv_nsec};
}

void base_wall_format(base_wall_time t, char out[32])
{
    time_t seconds = (time_t)t.seconds;
    struct tm parts;
    if (!gmtime_r(&seconds, &parts)) {
        snprintf(out, 32, "%lld", (long long)t.seconds);
        return;
    }
    char date[24];
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, 32, "%s.%03dZ", date, (int)(t.nanos / 1000000 % 1000));
}
