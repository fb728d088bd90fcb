#include "renewal/schedule.h"

enum { LEAST_WAIT_MS = 1000 };

int64_t renewal_due(const renewal_schedule *schedule, int64_t from_ms, int64_t to_ms,
                    int64_t now_ms, uint32_t chance)
{
    int64_t life = to_ms > from_ms ? to_ms - from_ms : 0;
    int64_t left = life / 100 * schedule->life_left_percent;
    int64_t earlier = left / 100 * schedule->jitter_percent;
    int64_t due = to_ms - left - (earlier ? chance % (earlier + 1) : 0);
    int64_t pause = (to_ms - now_ms) / 10;
    if (pause > schedule->retry_ms)
        pause = schedule->retry_ms;
    if (pause < LEAST_WAIT_MS)
        pause = LEAST_WAIT_MS;
    return due > now_ms + pause ? due : now_ms + pause;
}

int64_t renewal_retry(const renewal_schedule *schedule, uint64_t failures, int64_t to_ms,
                      int64_t now_ms, uint32_t chance)
{
    int64_t wait = schedule->retry_ms, most = schedule->retry_max_ms;
    for (uint64_t i = 1; i < failures && wait < most; i++)
        wait *= 2;
    if (wait > most)
        wait = most;
    wait = wait - wait / 4 + chance % (wait / 2 + 1);
    if (now_ms < to_ms && wait > (to_ms - now_ms) / 2)
        wait = (to_ms - now_ms) / 2;
    return now_ms + (wait > LEAST_WAIT_MS ? wait : LEAST_WAIT_MS);
}
