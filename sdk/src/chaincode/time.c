/* The transaction's time, which is the same on every peer, in the forms that contracts store. */
#include <inttypes.h>
#include <time.h>

#include "base/fail.h"
#include "chaincode/stub.h"

enum { NANOS_A_SECOND = 1000000000, NANOS_A_MS = 1000000 };

/* Years from 1 to 9999 are what RFC 3339 can write. */
static const int64_t year_1 = -62135596800, year_10000 = 253402300800;

static heddle_status read_time(const heddle_cc_stub *stub, int64_t *out_seconds, int32_t *out_nanos,
                               heddle_error *err)
{
    int64_t seconds;
    int32_t nanos;
    heddle_cc_timestamp(stub, &seconds, &nanos);
    if (seconds < year_1 || seconds >= year_10000 || nanos < 0 || nanos >= NANOS_A_SECOND)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "the proposal's timestamp %" PRId64 ".%" PRId32 " is no point in time",
                         seconds, nanos);
    *out_seconds = seconds;
    *out_nanos = nanos;
    return HEDDLE_OK;
}

heddle_status heddle_cc_time_ms(const heddle_cc_stub *stub, int64_t *out, heddle_error *err)
{
    int64_t seconds = 0;
    int32_t nanos = 0;
    BASE_TRY(read_time(stub, &seconds, &nanos, err));
    *out = seconds * 1000 + nanos / NANOS_A_MS;
    return HEDDLE_OK;
}

heddle_status heddle_cc_time_text(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    int64_t seconds = 0;
    int32_t nanos = 0;
    struct tm utc;
    BASE_TRY(read_time(stub, &seconds, &nanos, err));
    time_t at = (time_t)seconds;
    gmtime_r(&at, &utc);
    char *text = base_arena_printf(stub->arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03" PRId32 "Z",
                                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                   utc.tm_min, utc.tm_sec, nanos / NANOS_A_MS);
    if (!text)
        return base_arena_fail(stub->arena, err, "time");
    *out = text;
    return HEDDLE_OK;
}
