/*
 * Log lines: a constant message and key=value pairs.
 *
 *   log_at(LOG_WARN, "pool", "upstream draining", LOG_STR("peer", target),
 *          LOG_U64("inflight", n));
 *
 * Arguments are not evaluated when the level is off. Never pass a key, a token or private
 * data. Library layers below the daemons do not log above debug.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heddle/status.h"
#include "heddle/view.h"

typedef enum base_log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF } base_log_level;

typedef struct base_log_kv {
    const char *key;
    enum { LOG_KIND_STR, LOG_KIND_VIEW, LOG_KIND_U64, LOG_KIND_I64 } kind;
    const char *str;
    heddle_view view;
    uint64_t u64;
    int64_t i64;
} base_log_kv;

#define LOG_STR(k, v)  ((base_log_kv){.key = (k), .kind = LOG_KIND_STR, .str = (v)})
#define LOG_VIEW(k, v) ((base_log_kv){.key = (k), .kind = LOG_KIND_VIEW, .view = (v)})
#define LOG_U64(k, v)  ((base_log_kv){.key = (k), .kind = LOG_KIND_U64, .u64 = (v)})
#define LOG_I64(k, v)  ((base_log_kv){.key = (k), .kind = LOG_KIND_I64, .i64 = (v)})
#define LOG_ERR(e)     LOG_STR("error", (e)->message)

/** One finished line without its newline. Any thread. */
typedef void base_log_sink(base_log_level level, const char *line, size_t len, void *user);

void base_log_set_sink(base_log_sink *sink, void *user); /* NULL: drop everything */
void base_log_to_stderr(void);
void base_log_set_level(base_log_level level);
void base_log_set_json(bool json);
bool base_log_enabled(base_log_level level);
/** "debug", "info", "warn", "error", "off". */
bool base_log_level_parse(heddle_view text, base_log_level *out);

void base_log_write(base_log_level level, const char *module, const char *message,
                    const base_log_kv *pairs, size_t count);

#define log_at(level, module, message, ...)                                                        \
    do {                                                                                           \
        if (base_log_enabled(level)) {                                                             \
            const base_log_kv pairs_[] = {{0}, ##__VA_ARGS__};                                     \
            base_log_write(level, module, message, pairs_ + 1,                                     \
                           sizeof(pairs_) / sizeof(pairs_[0]) - 1);                                \
        }                                                                                          \
    } while (0)

#endif
