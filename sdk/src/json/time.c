/* Points in time as RFC 3339 writes them. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/fail.h"
#include "base/view.h"
#include "json/encode.h"
#include "json/readable.h"

typedef struct scanner {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
} scanner;

static int digits(scanner *s, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++, s->at++) {
        if (s->at == s->end || *s->at < '0' || *s->at > '9') {
            s->failed = true;
            return 0;
        }
        value = value * 10 + (*s->at - '0');
    }
    return value;
}

static bool take(scanner *s, char byte)
{
    if (s->at == s->end || *s->at != (uint8_t)byte)
        return false;
    s->at++;
    return true;
}

static int number(scanner *s, int count, char behind)
{
    int value = digits(s, count);
    if (behind && !take(s, behind))
        s->failed = true;
    return value;
}

static int32_t fraction(scanner *s)
{
    int32_t nanos = 0;
    int32_t unit = 100000000;
    if (!take(s, '.'))
        return 0;
    do {
        nanos += digits(s, 1) * unit;
        unit /= 10;
    } while (unit && s->at < s->end && *s->at >= '0' && *s->at <= '9');
    return nanos;
}

/* "Z", "+01:00"; in seconds. */
static int offset(scanner *s)
{
    if (take(s, 'Z'))
        return 0;
    int sign = take(s, '-') ? -1 : 1;
    if (sign == 1 && !take(s, '+'))
        s->failed = true;
    int hours = number(s, 2, ':');
    return sign * (hours * 3600 + digits(s, 2) * 60);
}

static bool scan(heddle_view text, int64_t *seconds, int32_t *nanos)
{
    scanner s = {text.data, text.data + text.len, false};
    struct tm utc = {0};
    utc.tm_year = number(&s, 4, '-') - 1900;
    utc.tm_mon = number(&s, 2, '-') - 1;
    utc.tm_mday = number(&s, 2, 'T');
    utc.tm_hour = number(&s, 2, ':');
    utc.tm_min = number(&s, 2, ':');
    utc.tm_sec = digits(&s, 2);
    *nanos = fraction(&s);
    int ahead = offset(&s);
    struct tm given = utc;
    *seconds = (int64_t)timegm(&utc) - ahead;
    bool is_date = given.tm_mon == utc.tm_mon && given.tm_mday == utc.tm_mday &&
                   given.tm_hour == utc.tm_hour && given.tm_min == utc.tm_min &&
                   given.tm_sec == utc.tm_sec;
    return !s.failed && s.at == s.end && is_date;
}

heddle_status json_time_read(heddle_view text, base_buffer *out, heddle_error *err)
{
    struct {
        int64_t seconds;
        int32_t nanos;
    } time = {0};
    const wire_slot slots[] = {
        {.number = 1, .kind = WIRE_I64, .offset = 0},
        {.number = 2, .kind = WIRE_I32, .offset = sizeof(int64_t)},
    };
    const wire_shape shape = {"google.protobuf.Timestamp", sizeof(time), slots, BASE_COUNT(slots)};
    if (!scan(text, &time.seconds, &time.nanos))
        return base_fail(err, HEDDLE_E_DECODE, "no point in time: \"%.64s\"",
                         (const char *)text.data);
    heddle_status status = wire_shape_write(&shape, &time, out);
    return status ? base_fail(err, status, "message of JSON") : HEDDLE_OK;
}

bool json_time_write(json_writer *writer, int64_t seconds, int32_t nanos)
{
    static const int64_t year_1 = -62135596800, year_10000 = 253402300800;
    time_t at = (time_t)seconds;
    struct tm utc;
    if (seconds < year_1 || seconds >= year_10000 || nanos < 0 || nanos > 999999999 ||
        !gmtime_r(&at, &utc))
        return false;
    char point[16] = "";
    if (nanos % 1000000 == 0 && nanos)
        snprintf(point, sizeof(point), ".%03" PRId32, nanos / 1000000);
    else if (nanos % 1000 == 0 && nanos)
        snprintf(point, sizeof(point), ".%06" PRId32, nanos / 1000);
    else if (nanos)
        snprintf(point, sizeof(point), ".%09" PRId32, nanos);
    json_printf(writer, "\"%04d-%02d-%02dT%02d:%02d:%02d%sZ\"", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, point);
    return true;
}
