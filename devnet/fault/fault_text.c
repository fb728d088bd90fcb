/* Faults as lines of text, and what of one fits together. */
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "common/common.pb-c.h"
#include "devnet/fault/fault.h"
#include "rpc/status.h"

static const char *const kind_names[] = {
#define DN_X(name, text) text,
    DN_FAULT_KINDS(DN_X)
#undef DN_X
};

#define BIT DN_FAULT_BIT

enum { MAX_DELAY_MS = 24 * 60 * 60 * 1000 };

enum {
    ANYWHERE = BIT(DELAY) | BIT(REFUSE) | BIT(DROP),
    OF_NODES = BIT(HOLD) | BIT(LAG) | BIT(HEIGHT) | BIT(AWAY)
};

/* Methods, and the kinds that each knows. */
static const struct {
    const char *name;
    unsigned kinds;
} methods[] = {
    {"", ANYWHERE},
    {"ProcessProposal", ANYWHERE | BIT(DISAGREE)},
    {"Deliver", ANYWHERE | BIT(STATUS)},
    {"DeliverFiltered", ANYWHERE | BIT(STATUS)},
    {"DeliverWithPrivateData", ANYWHERE | BIT(STATUS)},
    {"Broadcast", ANYWHERE | BIT(SWALLOW) | BIT(STATUS) | BIT(LOSE)},
    {"Discover", ANYWHERE},
    {"Check", ANYWHERE},
    {"commit", BIT(DELAY)},
    {"cut", BIT(DELAY)},
};

const char *dn_fault_kind_name(dn_fault_kind kind)
{
    return (unsigned)kind < DN_FAULT_KIND_COUNT ? kind_names[kind] : "unknown";
}

int dn_fault_code(const dn_fault *fault)
{
    if (fault->kind == DN_FAULT_STATUS)
        return fault->code ? fault->code : COMMON__STATUS__SERVICE_UNAVAILABLE;
    return fault->kind == DN_FAULT_REFUSE && fault->code ? fault->code : RPC_UNAVAILABLE;
}

const char *dn_fault_reason(const dn_fault *fault)
{
    if (*fault->text)
        return fault->text;
    return fault->kind == DN_FAULT_REFUSE || fault->kind == DN_FAULT_STATUS ? "refused by a fault"
                                                                            : "cut off by a fault";
}

static heddle_status check_method(const dn_fault *fault, heddle_error *err)
{
    for (size_t i = 0; i < BASE_COUNT(methods); i++) {
        if (strcmp(methods[i].name, fault->method) != 0)
            continue;
        if (methods[i].kinds & 1U << fault->kind)
            return HEDDLE_OK;
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "fault \"%s\" is not possible for %s",
                         kind_names[fault->kind], *fault->method ? fault->method : "every method");
    }
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no method \"%s\" that could have a fault",
                     fault->method);
}

heddle_status dn_fault_check(const dn_fault *fault, heddle_error *err)
{
    if ((unsigned)fault->kind >= DN_FAULT_KIND_COUNT)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no fault of kind %d", (int)fault->kind);
    if (!*fault->node)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a fault needs a node");
    if (fault->delay_ms > MAX_DELAY_MS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a delay is at most a day");
    if (!(OF_NODES & 1U << fault->kind))
        return check_method(fault, err);
    if (*fault->method || fault->times || fault->after)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "fault \"%s\" is of the whole node: no method, times or after",
                         kind_names[fault->kind]);
    return HEDDLE_OK;
}

/* Numbers that a line may have. */

typedef enum field_type { U32, U64, INT } field_type;

static const struct {
    const char *name;
    size_t offset;
    field_type type;
} fields[] = {
    {"times", offsetof(dn_fault, times), U32},   {"after", offsetof(dn_fault, after), U32},
    {"ms", offsetof(dn_fault, delay_ms), U64},   {"code", offsetof(dn_fault, code), INT},
    {"height", offsetof(dn_fault, height), U64},
};

static uint64_t field_get(const dn_fault *fault, size_t i)
{
    const char *at = (const char *)fault + fields[i].offset;
    uint64_t wide;
    uint32_t narrow;
    if (fields[i].type == U64) {
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, at, sizeof(narrow));
    return narrow;
}

static bool field_put(dn_fault *fault, size_t i, uint64_t value)
{
    char *at = (char *)fault + fields[i].offset;
    uint32_t narrow = (uint32_t)value;
    if (fields[i].type == U64) {
        memcpy(at, &value, sizeof(value));
        return true;
    }
    memcpy(at, &narrow, sizeof(narrow));
    return value <= (fields[i].type == INT ? INT32_MAX : UINT32_MAX);
}

heddle_status dn_fault_print(const dn_fault *fault, base_buffer *out)
{
    BASE_TRY(base_buffer_printf(out, "%s", fault->node));
    if (!(OF_NODES & 1U << fault->kind))
        BASE_TRY(base_buffer_printf(out, " %s", *fault->method ? fault->method : "*"));
    BASE_TRY(base_buffer_printf(out, " %s", dn_fault_kind_name(fault->kind)));
    for (size_t i = 0; i < BASE_COUNT(fields); i++) {
        uint64_t value = field_get(fault, i);
        if (value)
            BASE_TRY(
                base_buffer_printf(out, " %s=%llu", fields[i].name, (unsigned long long)value));
    }
    return *fault->text ? base_buffer_printf(out, " text=%s", fault->text) : HEDDLE_OK;
}

/* Reading. */

static heddle_view next_word(heddle_view *rest)
{
    size_t start = 0;
    while (start < rest->len && rest->data[start] == ' ')
        start++;
    size_t end = start;
    while (end < rest->len && rest->data[end] != ' ')
        end++;
    heddle_view word = base_view_slice(*rest, start, end - start);
    *rest = base_view_slice(*rest, end, rest->len - end);
    return word;
}

static heddle_status copy_text(heddle_view text, const char *what, char *out, size_t size,
                               heddle_error *err)
{
    if (text.len >= size || (text.len && memchr(text.data, 0, text.len)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "the %s of a fault is at most %zu bytes, none of them 0", what, size - 1);
    if (text.len)
        memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return HEDDLE_OK;
}

static bool find_kind(heddle_view word, dn_fault_kind *out)
{
    for (size_t i = 0; i < DN_FAULT_KIND_COUNT; i++) {
        if (!base_view_is(word, kind_names[i]))
            continue;
        *out = (dn_fault_kind)i;
        return true;
    }
    return false;
}

static heddle_status read_number(heddle_view word, dn_fault *out, heddle_error *err)
{
    const uint8_t *equals = word.len ? memchr(word.data, '=', word.len) : NULL;
    size_t len = equals ? (size_t)(equals - word.data) : word.len;
    heddle_view name = base_view_slice(word, 0, len);
    uint64_t value;
    for (size_t i = 0; i < BASE_COUNT(fields) && equals; i++) {
        if (!base_view_is(name, fields[i].name))
            continue;
        if (base_parse_u64(base_view_slice(word, len + 1, word.len - len - 1), &value) &&
            field_put(out, i, value))
            return HEDDLE_OK;
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%.*s\" is not a number that is possible",
                         BASE_VIEW_ARG(base_view_slice(word, 0, 64)));
    }
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "\"%.*s\": times=, after=, ms=, code=, height= and at the end text= are "
                     "possible",
                     BASE_VIEW_ARG(base_view_slice(word, 0, 64)));
}

/** What follows the kind; the text is the rest of the line. */
static heddle_status read_settings(heddle_view rest, dn_fault *out, heddle_error *err)
{
    for (;;) {
        heddle_view before = rest;
        heddle_view word = next_word(&rest);
        if (!word.len)
            return HEDDLE_OK;
        if (word.len >= 5 && !memcmp(word.data, "text=", 5)) {
            size_t skip = (size_t)(word.data - before.data) + 5;
            return copy_text(base_view_slice(before, skip, before.len - skip), "text", out->text,
                             sizeof(out->text), err);
        }
        BASE_TRY(read_number(word, out, err));
    }
}

heddle_status dn_fault_parse(heddle_view line, dn_fault *out, heddle_error *err)
{
    dn_fault fault = {0};
    BASE_TRY(copy_text(next_word(&line), "node", fault.node, sizeof(fault.node), err));
    heddle_view word = next_word(&line);
    if (!find_kind(word, &fault.kind)) {
        heddle_view kind = next_word(&line);
        if (!base_view_is(word, "*"))
            BASE_TRY(copy_text(word, "method", fault.method, sizeof(fault.method), err));
        if (!find_kind(kind, &fault.kind))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no fault \"%.*s\"",
                             BASE_VIEW_ARG(base_view_slice(kind.len ? kind : word, 0, 64)));
    }
    BASE_TRY(read_settings(line, &fault, err));
    BASE_TRY(dn_fault_check(&fault, err));
    *out = fault;
    return HEDDLE_OK;
}
