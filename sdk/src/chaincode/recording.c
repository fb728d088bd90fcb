#include "chaincode/recording.h"

#include "base/fail.h"

static const char mark[] = "HEDDLECC1";

typedef struct content {
    heddle_view start;
    cc_limits limits;
    const cc_exchange *exchanges;
    size_t count;
    heddle_view last;
} content;

static const wire_slot limits_slots[] = {
    WIRE_SLOT(1, WIRE_BOOL, cc_limits, use_write_batch),
    WIRE_SLOT(2, WIRE_U32, cc_limits, max_write_batch),
    WIRE_SLOT(3, WIRE_BOOL, cc_limits, use_multi_get),
    WIRE_SLOT(4, WIRE_U32, cc_limits, max_multi_get),
};
static const wire_shape limits_shape = WIRE_SHAPE(cc_limits, "limits", limits_slots);

static const wire_slot exchange_slots[] = {
    WIRE_SLOT(1, WIRE_I32, cc_exchange, type),
    WIRE_SLOT(2, WIRE_BYTES, cc_exchange, request),
    WIRE_SLOT(3, WIRE_BOOL, cc_exchange, is_refused),
    WIRE_SLOT(4, WIRE_BYTES, cc_exchange, answer),
};
static const wire_shape exchange_shape = WIRE_SHAPE(cc_exchange, "exchange", exchange_slots);

static const wire_slot content_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, content, start),
    WIRE_SLOT_OF(2, WIRE_MESSAGE, content, limits, &limits_shape),
    WIRE_SLOT_EXTRA(3, WIRE_EACH_MESSAGE, content, exchanges, count, &exchange_shape),
    WIRE_SLOT(4, WIRE_BYTES, content, last),
};
static const wire_shape content_shape = WIRE_SHAPE(content, "recording", content_slots);

heddle_status cc_recording_write(const cc_recording *recording, base_buffer *out, heddle_error *err)
{
    content c = {.start = recording->start,
                 .limits = recording->limits,
                 .exchanges = recording->exchanges,
                 .count = recording->count,
                 .last = recording->last};
    heddle_status st = base_buffer_append(out, heddle_view_of(mark, sizeof(mark) - 1));
    if (st == HEDDLE_OK)
        st = wire_shape_write(&content_shape, &c, out);
    return st == HEDDLE_OK ? HEDDLE_OK : base_fail(err, st, "recording");
}

static heddle_status check_mark(heddle_view bytes, heddle_error *err)
{
    size_t name = sizeof(mark) - 2; /* the version is the last character */
    if (bytes.len <= name || memcmp(bytes.data, mark, name) != 0)
        return base_fail(err, HEDDLE_E_DECODE, "no recording of a transaction");
    if (bytes.data[name] != (uint8_t)mark[name])
        return base_fail(
            err, HEDDLE_E_DECODE, "a recording of version %c, of which this library knows nothing",
            bytes.data[name] >= '0' && bytes.data[name] <= '9' ? bytes.data[name] : '?');
    return HEDDLE_OK;
}

heddle_status cc_recording_read(heddle_view bytes, base_arena *arena, cc_recording *out,
                                heddle_error *err)
{
    content c = {0};
    BASE_TRY(check_mark(bytes, err));
    heddle_view body = base_view_slice(bytes, sizeof(mark) - 1, bytes.len);
    BASE_TRY(wire_shape_read(&content_shape, body, arena, &c, err));
    if (!c.start.len || !c.last.len)
        return base_fail(err, HEDDLE_E_DECODE, "recording: without its first or last message");
    c.limits.max_write_batch += c.limits.max_write_batch == 0;
    c.limits.max_multi_get += c.limits.max_multi_get == 0;
    *out = (cc_recording){.start = c.start,
                          .limits = c.limits,
                          .exchanges = c.exchanges,
                          .count = c.count,
                          .last = c.last};
    return HEDDLE_OK;
}

/* The recorder. Answers live as long as the transaction, so only requests are copied. */

struct cc_recorder {
    cc_port port;
    const cc_port *inner;
    base_arena *arena;
    cc_exchange *exchanges;
    size_t count;
    size_t cap;
    bool has_posted;
    bool is_lost; /* the peer */
    bool is_full;
    bool no_memory;
};

static bool grow(cc_recorder *r)
{
    if (r->count < r->cap)
        return true;
    size_t cap = r->cap ? r->cap * 2 : 16;
    cc_exchange *more = base_realloc(r->exchanges, cap * sizeof(*more));
    if (!more)
        return false;
    r->exchanges = more;
    r->cap = cap;
    return true;
}

/* A copy; if it cannot be made, the recording will not be whole. */
static heddle_view keep(cc_recorder *r, heddle_view bytes)
{
    heddle_view kept = base_arena_view(r->arena, bytes);
    if (bytes.len && !kept.data) {
        r->is_full = base_arena_is_full(r->arena);
        r->no_memory = !r->is_full;
    }
    return kept;
}

static void note(cc_recorder *r, int32_t type, heddle_view request, bool is_refused,
                 heddle_view answer)
{
    if (r->is_full || r->no_memory)
        return;
    heddle_view kept = keep(r, request);
    if (r->is_full || r->no_memory)
        return;
    r->no_memory = !grow(r);
    if (!r->no_memory)
        r->exchanges[r->count++] = (cc_exchange){type, kept, is_refused, answer};
}

static heddle_view keep_words(cc_recorder *r, const heddle_error *why)
{
    return keep(r, heddle_view_str(why->message));
}

static heddle_status fail_as(const heddle_error *why, heddle_status st, heddle_error *err)
{
    if (err)
        *err = *why;
    return st;
}

static heddle_status recorder_settle(void *user, heddle_error *err)
{
    cc_recorder *r = user;
    heddle_error why;
    base_error_clear(&why);
    if (!r->has_posted)
        return HEDDLE_OK;
    heddle_status st = r->inner->settle(r->inner->user, &why);
    if (st == HEDDLE_OK) {
        r->has_posted = false;
        return HEDDLE_OK;
    }
    if (st == HEDDLE_E_REFUSED)
        note(r, 0, VIEW(""), true, keep_words(r, &why));
    else
        r->is_lost = true;
    return fail_as(&why, st, err);
}

static heddle_status recorder_ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                                  heddle_error *err)
{
    cc_recorder *r = user;
    heddle_error why;
    heddle_view answer = {0};
    base_error_clear(&why);
    BASE_TRY(recorder_settle(r, err));
    heddle_status st = r->inner->ask(r->inner->user, type, payload, &answer, &why);
    if (st != HEDDLE_OK && st != HEDDLE_E_REFUSED) {
        r->is_lost = true;
        return fail_as(&why, st, err);
    }
    if (st == HEDDLE_E_REFUSED && !answer.len)
        answer = keep_words(r, &why);
    note(r, (int32_t)type, payload, st != HEDDLE_OK, answer);
    *out = answer;
    return st == HEDDLE_OK ? HEDDLE_OK : fail_as(&why, st, err);
}

static heddle_status recorder_post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    cc_recorder *r = user;
    heddle_error why;
    base_error_clear(&why);
    heddle_status st = r->inner->post(r->inner->user, type, payload, &why);
    if (st == HEDDLE_OK) {
        r->has_posted = true;
        note(r, (int32_t)type, payload, false, heddle_view_of(NULL, 0));
        return HEDDLE_OK;
    }
    if (st == HEDDLE_E_REFUSED)
        note(r, 0, VIEW(""), true, keep_words(r, &why));
    else
        r->is_lost = true;
    return fail_as(&why, st, err);
}

cc_recorder *cc_recorder_new(const cc_port *inner, size_t memory)
{
    cc_recorder *r = base_calloc(1, sizeof(*r));
    base_arena *arena = base_arena_new(memory ? memory : CC_RECORDING_MEMORY);
    if (!r || !arena) {
        base_free(r);
        base_arena_free(arena);
        return NULL;
    }
    r->inner = inner;
    r->arena = arena;
    r->port = (cc_port){.ask = recorder_ask,
                        .post = inner->post ? recorder_post : NULL,
                        .settle = inner->post ? recorder_settle : NULL,
                        .user = r};
    return r;
}

void cc_recorder_free(cc_recorder *r)
{
    if (!r)
        return;
    base_arena_free(r->arena);
    base_free(r->exchanges);
    base_free(r);
}

const cc_port *cc_recorder_port(const cc_recorder *recorder)
{
    return &recorder->port;
}

heddle_status cc_recorder_take(const cc_recorder *r, heddle_view start, const cc_limits *limits,
                               heddle_view last, cc_recording *out, heddle_error *err)
{
    if (r->is_lost)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "recording: the peer is gone");
    if (r->no_memory)
        return base_fail_memory(err, "recording");
    if (r->is_full)
        return base_fail(err, HEDDLE_E_TOO_LARGE,
                         "recording: the transaction asks for more than is kept");
    cc_limits kept = *limits;
    kept.memory = 0;
    *out = (cc_recording){
        .start = start, .limits = kept, .exchanges = r->exchanges, .count = r->count, .last = last};
    return HEDDLE_OK;
}
