#include "chaincode/process_pipe.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"

enum {
    FLUSH_AT = 16 * 1024, /* so that the peer has work while the contract writes on */
    READ_AT_ONCE = 64 * 1024,
    KEEP_AT_MOST = 1024 * 1024
};

typedef struct head {
    uint32_t len;
    int32_t kind;
    int32_t code;
} head;

void cc_pipe_init(cc_pipe *pipe, int fd)
{
    *pipe = (cc_pipe){.fd = fd};
}

void cc_pipe_done(cc_pipe *pipe)
{
    if (pipe->fd >= 0)
        close(pipe->fd);
    pipe->fd = -1;
    base_buffer_done(&pipe->in);
    base_buffer_done(&pipe->out);
}

void cc_pipe_trim(cc_pipe *pipe)
{
    if (pipe->in_at == pipe->in.len && pipe->in.cap > KEEP_AT_MOST) {
        base_buffer_done(&pipe->in);
        pipe->in_at = 0;
    }
    if (pipe->out.len == 0 && pipe->out.cap > KEEP_AT_MOST)
        base_buffer_done(&pipe->out);
}

static int left_ms(uint64_t until_ms)
{
    if (until_ms == UINT64_MAX)
        return -1;
    uint64_t now = base_now_ms();
    uint64_t left = until_ms > now ? until_ms - now : 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static heddle_status wait_until(const cc_pipe *pipe, short events, uint64_t until_ms,
                                heddle_error *err)
{
    struct pollfd poll_fd = {.fd = pipe->fd, .events = events};
    for (;;) {
        int count = poll(&poll_fd, 1, left_ms(until_ms));
        if (count > 0)
            return HEDDLE_OK;
        if (count == 0)
            return base_fail(err, HEDDLE_E_TIMED_OUT, "the other process does not answer");
        if (errno != EINTR)
            return base_fail_errno(err, "poll");
    }
}

/* After send() or recv() gave less than 1. */
static heddle_status wait_or_fail(const cc_pipe *pipe, ssize_t count, short events,
                                  uint64_t until_ms, heddle_error *err)
{
    if (count < 0 && errno == EINTR)
        return HEDDLE_OK;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return wait_until(pipe, events, until_ms, err);
    return base_fail(err, HEDDLE_E_END, "the other process is gone");
}

static heddle_status send_all(const cc_pipe *pipe, heddle_view bytes, uint64_t until_ms,
                              heddle_error *err)
{
    while (bytes.len > 0) {
        ssize_t count = send(pipe->fd, bytes.data, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0)
            bytes = heddle_view_of(bytes.data + count, bytes.len - (size_t)count);
        else
            BASE_TRY(wait_or_fail(pipe, count, POLLOUT, until_ms, err));
    }
    return HEDDLE_OK;
}

heddle_status cc_pipe_flush(cc_pipe *pipe, uint64_t until_ms, heddle_error *err)
{
    heddle_status st = send_all(pipe, base_buffer_view(&pipe->out), until_ms, err);
    base_buffer_clear(&pipe->out);
    return st;
}

heddle_status cc_pipe_put(cc_pipe *pipe, cc_frame_kind kind, int32_t code, heddle_view body,
                          uint64_t until_ms, heddle_error *err)
{
    if (body.len > CC_FRAME_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%zu bytes are more than a message may have",
                         body.len);
    head header = {.len = (uint32_t)body.len, .kind = kind, .code = code};
    if (base_buffer_append(&pipe->out, heddle_view_of(&header, sizeof(header))) != HEDDLE_OK)
        return base_fail_memory(err, "message to another process");
    if (body.len < FLUSH_AT) {
        if (base_buffer_append(&pipe->out, body) != HEDDLE_OK)
            return base_fail_memory(err, "message to another process");
        return pipe->out.len < FLUSH_AT ? HEDDLE_OK : cc_pipe_flush(pipe, until_ms, err);
    }
    BASE_TRY(cc_pipe_flush(pipe, until_ms, err));
    return send_all(pipe, body, until_ms, err);
}

/* At least @p len bytes that were not given out. */
static heddle_status fill(cc_pipe *pipe, size_t len, uint64_t until_ms, heddle_error *err)
{
    while (pipe->in.len - pipe->in_at < len) {
        size_t missing = len - (pipe->in.len - pipe->in_at);
        if (base_buffer_reserve(&pipe->in, missing > READ_AT_ONCE ? missing : READ_AT_ONCE) !=
            HEDDLE_OK)
            return base_fail_memory(err, "message of another process");
        ssize_t count =
            recv(pipe->fd, pipe->in.data + pipe->in.len, pipe->in.cap - pipe->in.len, MSG_DONTWAIT);
        if (count > 0)
            pipe->in.len += (size_t)count;
        else
            BASE_TRY(wait_or_fail(pipe, count, POLLIN, until_ms, err));
    }
    return HEDDLE_OK;
}

/* What was given out is no longer needed. */
static void move_to_front(cc_pipe *pipe)
{
    size_t left = pipe->in.len - pipe->in_at;
    if (left && pipe->in_at)
        memmove(pipe->in.data, pipe->in.data + pipe->in_at, left);
    pipe->in.len = left;
    pipe->in_at = 0;
}

heddle_status cc_pipe_read(cc_pipe *pipe, uint64_t until_ms, cc_frame *out, heddle_error *err)
{
    head header;
    if (pipe->in.len - pipe->in_at < sizeof(header))
        move_to_front(pipe);
    BASE_TRY(fill(pipe, sizeof(header), until_ms, err));
    memcpy(&header, pipe->in.data + pipe->in_at, sizeof(header));
    if (header.len > CC_FRAME_MAX)
        return base_fail(err, HEDDLE_E_DECODE, "a message of %u bytes", header.len);
    size_t whole = sizeof(header) + header.len;
    if (pipe->in.len - pipe->in_at < whole)
        move_to_front(pipe);
    BASE_TRY(fill(pipe, whole, until_ms, err));
    *out = (cc_frame){.kind = header.kind,
                      .code = header.code,
                      .body =
                          heddle_view_of(pipe->in.data + pipe->in_at + sizeof(header), header.len)};
    pipe->in_at += whole;
    return HEDDLE_OK;
}

bool cc_pipe_is_quiet(const cc_pipe *pipe)
{
    char byte;
    if (pipe->in_at != pipe->in.len)
        return false;
    ssize_t count = recv(pipe->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}
