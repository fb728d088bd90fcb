/* Filling a heddle_error in one statement. */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include <stdarg.h>

#include "heddle/status.h"

/** Fill @p err (may be NULL) and give back @p status. No retry, no gRPC code. */
heddle_status base_fail(heddle_error *err, heddle_status status, const char *fmt, ...)
    HEDDLE_PRINTF(3, 4);

/** The same with what the caller may do next. */
heddle_status base_fail_retry(heddle_error *err, heddle_status status, heddle_retry retry,
                              const char *fmt, ...) HEDDLE_PRINTF(4, 5);

/** E_NO_MEMORY, retry safe; @p what names what was being made. */
heddle_status base_fail_memory(heddle_error *err, const char *what);

/** E_IO with errno's text: "what: No such file or directory". */
heddle_status base_fail_errno(heddle_error *err, const char *fmt, ...) HEDDLE_PRINTF(2, 3);

/** Put "prefix: " before the message; the tail is cut if it no longer fits. */
void base_error_prefix(heddle_error *err, const char *fmt, ...) HEDDLE_PRINTF(2, 3);

/** Reset to "no error" (status OK, codes -1). NULL is fine. */
void base_error_clear(heddle_error *err);

/** Leave the function with the status of @p expr if that is not OK. */
#define BASE_TRY(expr)                                                                             \
    do {                                                                                           \
        heddle_status try_status_ = (expr);                                                        \
        if (try_status_ != HEDDLE_OK)                                                              \
            return try_status_;                                                                    \
    } while (0)

#endif
