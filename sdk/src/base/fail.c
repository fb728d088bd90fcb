#include "base/fail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void base_error_clear(heddle_error *err)
{
    if (!err)
        return;
    *err = (heddle_error){.grpc_code = -1, .validation_code = -1};
}

HEDDLE_PRINTF(4, 0)
static void fill(heddle_error *err, heddle_status status, heddle_retry retry, const char *fmt,
                 va_list args)
{
    if (!err)
        return;
    char message[HEDDLE_ERROR_MESSAGE_SIZE];
    vsnprintf(message, sizeof(message), fmt, args);
    base_error_clear(err);
    err->status = status;
    err->retry = retry;
    memcpy(err->message, message, sizeof(message));
}

heddle_status base_fail(heddle_error *err, heddle_status status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(err, status, HEDDLE_RETRY_NO, fmt, args);
    va_end(args);
    return status;
}

heddle_status base_fail_retry(heddle_error *err, heddle_status status, heddle_retry retry,
                              const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(err, status, retry, fmt, args);
    va_end(args);
    return status;
}

heddle_status base_fail_memory(heddle_error *err, const char *what)
{
    return base_fail_retry(err, HEDDLE_E_NO_MEMORY, HEDDLE_RETRY_SAFE, "out of memory: %s", what);
}

heddle_status base_fail_errno(heddle_error *err, const char *fmt, ...)
{
    int saved = errno;
    char what[HEDDLE_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    char text[128];
    return base_fail(err, HEDDLE_E_IO, "%s: %s", what, strerror_r(saved, text, sizeof(text)));
}

void base_error_prefix(heddle_error *err, const char *fmt, ...)
{
    if (!err)
        return;
    char prefix[HEDDLE_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(prefix, sizeof(prefix) - 2, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    size_t n = strlen(prefix);
    memcpy(prefix + n, ": ", 2);
    n += 2;
    size_t tail = strlen(err->message);
    if (tail > sizeof(err->message) - 1 - n)
        tail = sizeof(err->message) - 1 - n;
    memmove(err->message + n, err->message, tail);
    memcpy(err->message, prefix, n);
    err->message[n + tail] = '\0';
}
