#include "wire/go_duration.h"

typedef struct duration_unit {
    const char *name;
    double ms;
} duration_unit;

/* Longer names before those that they begin with. */
static const duration_unit units[] = {
    {"ns", 1e-6}, {"us", 1e-3}, {"\xc2\xb5s", 1e-3}, {"\xce\xbcs", 1e-3},
    {"ms", 1},    {"s", 1e3},   {"m", 6e4},          {"h", 3.6e6},
};

static const duration_unit *find_unit(const char *text)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strncmp(text, units[i].name, strlen(units[i].name)) == 0)
            return &units[i];
    return NULL;
}

/* Digits with at most one point among them; not strtod(), which asks the locale. */
static const char *read_number(const char *at, double *out)
{
    double value = 0, scale = 0;
    const char *start = at;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && scale == 0); at++) {
        if (*at == '.') {
            scale = 1;
            continue;
        }
        value = value * 10 + (*at - '0');
        scale *= 10;
    }
    *out = scale > 1 ? value / scale : value;
    return at > start + (scale == 1) ? at : NULL;
}

bool wire_go_duration_ms(const char *text, uint64_t *out)
{
    double total = 0;
    const char *at = text;
    if (strcmp(text, "0") == 0) {
        *out = 0;
        return true;
    }
    while (*at) {
        double value;
        at = read_number(at, &value);
        const duration_unit *unit = at ? find_unit(at) : NULL;
        if (!unit)
            return false;
        total += value * unit->ms;
        at += strlen(unit->name);
    }
    if (at == text || !(total < 9e15))
        return false;
    *out = total > 0 && total < 1 ? 1 : (uint64_t)(total + 0.5);
    return true;
}
