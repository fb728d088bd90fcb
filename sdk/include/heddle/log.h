/*
 * What the library does by itself, line by line: peers that fail and are passed over, streams
 * that end and are opened again, endorsers that differ. Without a function set here it says
 * nothing to anybody; what went wrong with a call is in the call's error.
 *
 * Blocking: no.
 * Threads: any.
 * Ownership: @p user is borrowed as long as the function is set.
 * Errors: these functions cannot fail.
 */
#ifndef HEDDLE_LOG_H
#define HEDDLE_LOG_H

#include "heddle/export.h"

HEDDLE_BEGIN_DECLS

/** How much a line matters. */
typedef enum heddle_log_level {
    HEDDLE_LOG_DEBUG,
    HEDDLE_LOG_INFO,
    HEDDLE_LOG_WARN, /* handled, and unusual */
    HEDDLE_LOG_ERROR /* somebody must act */
} heddle_log_level;

/**
 * One line, borrowed: time, level, part, a constant message, then key=value pairs; never a key,
 * a token or private data. Runs on any thread of the library, one at a time; it must not wait
 * and must not call the library.
 */
typedef void heddle_log_fn(heddle_log_level level, const char *line, void *user);

/**
 * Give lines of @p least and above to @p fn from now on, for the whole process; NULL: to
 * nobody. When it returns, the function that was set before does not run any more.
 */
HEDDLE_API void heddle_log_set(heddle_log_fn *fn, void *user, heddle_log_level least);

HEDDLE_END_DECLS

#endif
