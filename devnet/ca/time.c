#include "devnet/ca/time.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static const int64_t GO_ZERO_S = -62135596800; /* 0001-01-01T00:00:00Z */
enum { MAX_NUMBER = 100000000, MAX_TEXT = 64 };

bool dn_ca_span_has(const dn_ca_span *span, int64_t at_s)
{
    return (!span->after.is_set || at_s >= span->after.at_s) &&
           (!span->before.is_set || at_s <= span->before.at_s);
}

bool dn_ca_span_is_empty(const dn_ca_span *span)
{
    return span->after.is_set && span->before.is_set && span->after.at_s > span->before.at_s;
}

/** At least one digit; the number stays small. */
static bool take_number(const char **at, int64_t *out)
{
    if (!isdigit((unsigned char)**at))
        return false;
    for (*out = 0; isdigit((unsigned char)**at) && *out < MAX_NUMBER; (*at)++)
        *out = *out * 10 + (**at - '0');
    return *out < MAX_NUMBER;
}

static int64_t unit_of(char letter)
{
    switch (tolower((unsigned char)letter)) {
    case 'd':
        return 24 * 3600;
    case 'h':
        return 3600;
    case 'm':
        return 60;
    case 's':
        return 1;
    default:
        return 0;
    }
}

/* "30d", "12h30m" */
static bool parse_distance(const char *text, int64_t *out)
{
    int64_t sum = 0, number = 0;
    do {
        if (!take_number(&text, &number) || !unit_of(*text))
            return false;
        sum += number * unit_of(*text++);
    } while (*text && sum < INT64_MAX / 4);
    *out = sum;
    return *text == '\0';
}

/* "Z", "+01:00" */
static bool parse_zone(const char *text, int64_t *ahead_s)
{
    int64_t hours = 0, minutes = 0;
    char sign = *text;
    if ((sign == 'Z' || sign == 'z') && !text[1])
        return true;
    if ((sign != '+' && sign != '-') || strlen(text) != 6 || text[3] != ':')
        return false;
    text++;
    if (!take_number(&text, &hours) || *text++ != ':' || !take_number(&text, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *ahead_s = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
}

static bool parse_point(const char *text, int64_t *out)
{
    struct tm parts = {0};
    int64_t ahead_s = 0, fraction = 0;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest)
        return false;
    if (*rest == '.' && (rest++, !take_number(&rest, &fraction)))
        return false;
    if (!parse_zone(rest, &ahead_s))
        return false;
    *out = (int64_t)timegm(&parts) - ahead_s;
    return true;
}

bool dn_ca_time_parse(const char *text, int64_t now_s, int64_t *out)
{
    char full[MAX_TEXT + sizeof("T00:00:00Z")];
    int64_t distance = 0;
    if (strlen(text) > MAX_TEXT)
        return false;
    if (*text == '+' || *text == '-') {
        if (!parse_distance(text + 1, &distance))
            return false;
        *out = now_s + (*text == '-' ? -distance : distance);
        return true;
    }
    snprintf(full, sizeof(full), "%s%s", text, strchr(text, 'T') ? "" : "T00:00:00Z");
    return parse_point(full, out);
}

bool dn_ca_read_time(dn_ca_call *call, const char *name, dn_ca_time *out)
{
    const char *text = NULL;
    *out = (dn_ca_time){0};
    if (!dn_ca_read_text(call, call->body, name, &text))
        return false;
    if (!*text)
        return true;
    if (strlen(text) > MAX_TEXT || !parse_point(text, &out->at_s))
        return dn_ca_refuse(call, 400, DN_CA_BAD_BODY,
                            "Invalid request body: \"%s\" is no time of RFC 3339", name);
    out->is_set = out->at_s != GO_ZERO_S;
    return true;
}

bool dn_ca_query_time(dn_ca_call *call, const char *name, dn_ca_time *out)
{
    const char *text = admin_request_query(call->request, name);
    *out = (dn_ca_time){0};
    if (!text || !*text)
        return true;
    out->is_set = dn_ca_time_parse(text, base_wall_now().seconds, &out->at_s);
    return out->is_set ||
           dn_ca_refuse(call, 400, DN_CA_GETTING_CERT, "Invalid Request: Invalid '%s' value", name);
}
