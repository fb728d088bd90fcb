#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "heddle/log.h"

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};

static _Atomic(base_log_level) threshold = LOG_INFO;
static atomic_bool as_json;
static atomic_bool has_sink;
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static base_log_sink *sink_fn;
static void *sink_user;

void base_log_set_sink(base_log_sink *sink, void *user)
{
    pthread_mutex_lock(&sink_lock);
    sink_fn = sink;
    sink_user = user;
    atomic_store(&has_sink, sink != NULL);
    pthread_mutex_unlock(&sink_lock);
}

static void stderr_sink(base_log_level level, const char *line, size_t len, void *user)
{
    (void)level;
    (void)user;
    fwrite(line, 1, len, stderr);
    fputc('\n', stderr);
}

void base_log_to_stderr(void)
{
    base_log_set_sink(stderr_sink, NULL);
}

void base_log_set_level(base_log_level level)
{
    atomic_store(&threshold, level);
}

void base_log_set_json(bool json)
{
    atomic_store(&as_json, json);
}

bool base_log_enabled(base_log_level level)
{
    return level >= atomic_load_explicit(&threshold, memory_order_relaxed) &&
           atomic_load_explicit(&has_sink, memory_order_relaxed);
}

/* The application's function; under the sink's lock. */
static heddle_log_fn *public_fn;

static void public_sink(base_log_level level, const char *line, size_t len, void *user)
{
    (void)len;
    public_fn((heddle_log_level)level, line, user);
}

void heddle_log_set(heddle_log_fn *fn, void *user, heddle_log_level least)
{
    base_log_set_level((base_log_level)least);
    pthread_mutex_lock(&sink_lock);
    public_fn = fn;
    sink_fn = fn ? public_sink : NULL;
    sink_user = user;
    atomic_store(&has_sink, fn != NULL);
    pthread_mutex_unlock(&sink_lock);
}

bool base_log_level_parse(heddle_view text, base_log_level *out)
{
    for (size_t i = 0; i < BASE_COUNT(level_names); i++) {
        if (base_view_is(text, level_names[i])) {
            *out = (base_log_level)i;
            return true;
        }
    }
    return false;
}

static heddle_status put_quoted(base_buffer *out, heddle_view text)
{
    heddle_status status = base_buffer_append_byte(out, '"');
    for (size_t i = 0; status == HEDDLE_OK && i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '"' || c == '\\')
            status = base_buffer_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            status = base_buffer_printf(out, "\\u%04x", c);
        else
            status = base_buffer_append_byte(out, c);
    }
    return status == HEDDLE_OK ? base_buffer_append_byte(out, '"') : status;
}

static bool is_plain(heddle_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c <= 0x20 || c == 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return text.len > 0;
}

static heddle_status put_text(base_buffer *out, heddle_view text)
{
    bool quote = atomic_load_explicit(&as_json, memory_order_relaxed) || !is_plain(text);
    return quote ? put_quoted(out, text) : base_buffer_append(out, text);
}

static heddle_status put_value(base_buffer *out, const base_log_kv *kv)
{
    switch (kv->kind) {
    case LOG_KIND_STR:
        return put_text(out, heddle_view_str(kv->str));
    case LOG_KIND_VIEW:
        return put_text(out, kv->view);
    case LOG_KIND_U64:
        return base_buffer_printf(out, "%llu", (unsigned long long)kv->u64);
    case LOG_KIND_I64:
        return base_buffer_printf(out, "%lld", (long long)kv->i64);
    }
    return HEDDLE_OK;
}

static heddle_status put_pair(base_buffer *out, const base_log_kv *kv, bool json)
{
    heddle_status status = json ? base_buffer_printf(out, ",\"%s\":", kv->key)
                                : base_buffer_printf(out, " %s=", kv->key);
    return status == HEDDLE_OK ? put_value(out, kv) : status;
}

static heddle_status put_head(base_buffer *out, base_log_level level, const char *module,
                              const char *message, bool json)
{
    char when[32];
    base_wall_format(base_wall_now(), when);
    const char *name = level_names[level];
    heddle_status status =
        json ? base_buffer_printf(
                   out, "{\"time\":\"%s\",\"level\":\"%s\",\"module\":\"%s\",\"msg\":", when, name,
                   module)
             : base_buffer_printf(out, "%s %s %s msg=", when, name, module);
    return status == HEDDLE_OK ? put_quoted(out, heddle_view_str(message)) : status;
}

void base_log_write(base_log_level level, const char *module, const char *message,
                    const base_log_kv *pairs, size_t count)
{
    bool json = atomic_load_explicit(&as_json, memory_order_relaxed);
    base_auto_buffer base_buffer line = {0};
    heddle_status status = put_head(&line, level, module, message, json);
    for (size_t i = 0; status == HEDDLE_OK && i < count; i++)
        status = put_pair(&line, &pairs[i], json);
    if (status == HEDDLE_OK && json)
        status = base_buffer_append_byte(&line, '}');
    const char *text = base_buffer_cstr(&line);
    pthread_mutex_lock(&sink_lock);
    if (sink_fn && text)
        sink_fn(level, text, line.len, sink_user);
    pthread_mutex_unlock(&sink_lock);
}
