#include "events/checkpoint_text.h"

#include <inttypes.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

typedef struct scan {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
} scan;

static void skip_space(scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool take(scan *s, char wanted)
{
    skip_space(s);
    if (s->at == s->end || *s->at != (uint8_t)wanted)
        return false;
    s->at++;
    return true;
}

/* A string without escapes: neither the names nor the values need one. */
static bool take_string(scan *s, heddle_view *out)
{
    if (!take(s, '"'))
        return false;
    const uint8_t *from = s->at;
    while (s->at < s->end && *s->at != '"' && *s->at != '\\' && *s->at >= ' ')
        s->at++;
    if (s->at == s->end || *s->at != '"')
        return false;
    *out = heddle_view_of(from, (size_t)(s->at++ - from));
    return true;
}

static bool take_null(scan *s)
{
    skip_space(s);
    if ((size_t)(s->end - s->at) < 4 || memcmp(s->at, "null", 4) != 0)
        return false;
    s->at += 4;
    return true;
}

static bool take_number(scan *s, bool *out_there, uint64_t *out)
{
    heddle_view digits;
    if (take_null(s))
        return true;
    if (!take_string(s, &digits)) {
        const uint8_t *from = s->at;
        while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
            s->at++;
        digits = heddle_view_of(from, (size_t)(s->at - from));
    }
    *out_there = base_parse_u64(digits, out);
    return *out_there;
}

static bool take_tx_id(scan *s, char out[65])
{
    heddle_view text;
    if (take_null(s))
        return true;
    if (!take_string(s, &text) || !events_checkpoint_is_tx_id(text))
        return false;
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return true;
}

static bool take_member(scan *s, heddle_checkpoint *out, bool *out_numbered)
{
    heddle_view name;
    if (!take_string(s, &name) || !take(s, ':'))
        return false;
    if (base_view_is(name, "blockNumber"))
        return take_number(s, out_numbered, &out->block_number);
    return base_view_is(name, "transactionId") && take_tx_id(s, out->tx_id);
}

static bool take_object(scan *s, heddle_checkpoint *out, bool *out_numbered)
{
    if (!take(s, '{'))
        return false;
    if (!take(s, '}')) {
        do {
            if (!take_member(s, out, out_numbered))
                return false;
        } while (take(s, ','));
        if (!take(s, '}'))
            return false;
    }
    skip_space(s);
    return s->at == s->end;
}

bool events_checkpoint_is_tx_id(heddle_view text)
{
    bool ok = text.len <= 64;
    for (size_t i = 0; ok && i < text.len; i++)
        ok = text.data[i] > ' ' && text.data[i] < 0x7f && text.data[i] != '"' &&
             text.data[i] != '\\';
    return ok;
}

heddle_status events_checkpoint_read(heddle_view text, heddle_checkpoint *out, bool *out_kept,
                                     heddle_error *err)
{
    scan s = {text.data, text.data, text.data + text.len};
    heddle_checkpoint read = {0};
    bool numbered = false;
    if (!take_object(&s, &read, &numbered))
        return base_fail(err, HEDDLE_E_DECODE,
                         "no checkpoint: not a JSON object with blockNumber and transactionId "
                         "(byte %zu of %zu)",
                         (size_t)(s.at - s.start), text.len);
    *out_kept = numbered && (read.block_number || read.tx_id[0]);
    *out = read;
    return HEDDLE_OK;
}

heddle_status events_checkpoint_write(const heddle_checkpoint *checkpoint, base_buffer *out)
{
    return base_buffer_printf(out, "{\"blockNumber\":%" PRIu64 ",\"transactionId\":\"%s\"}\n",
                              checkpoint->block_number, checkpoint->tx_id);
}
