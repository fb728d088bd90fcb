#include "chaincode/process_worker.h"

#include "base/fail.h"
#include "base/view.h"

typedef struct worker {
    const cc_processes_options *options;
    cc_pipe pipe;
    base_blob **kept; /* answers of this transaction */
    size_t kept_count;
    size_t kept_cap;
} worker;

static heddle_status keep(worker *self, heddle_view bytes, heddle_view *out, heddle_error *err)
{
    if (self->kept_count == self->kept_cap) {
        size_t cap = self->kept_cap ? self->kept_cap * 2 : 16;
        base_blob **grown = base_realloc(self->kept, cap * sizeof(*grown));
        if (!grown)
            return base_fail_memory(err, "answer of the peer");
        self->kept = grown;
        self->kept_cap = cap;
    }
    base_blob *blob = base_blob_copy(bytes);
    if (!blob)
        return base_fail_memory(err, "answer of the peer");
    self->kept[self->kept_count++] = blob;
    *out = base_blob_view(blob);
    return HEDDLE_OK;
}

static void forget(worker *self)
{
    for (size_t i = 0; i < self->kept_count; i++)
        base_blob_unref(self->kept[i]);
    self->kept_count = 0;
}

/* The port */

static heddle_status answer(worker *self, cc_frame *out, heddle_error *err)
{
    BASE_TRY(cc_pipe_flush(&self->pipe, UINT64_MAX, err));
    BASE_TRY(cc_pipe_read(&self->pipe, UINT64_MAX, out, err));
    if (out->kind != CC_FRAME_ANSWER)
        return base_fail(err, HEDDLE_E_DECODE, "the server said something else than an answer");
    if (out->code != HEDDLE_OK)
        return base_fail(err, (heddle_status)out->code, "%.*s", BASE_VIEW_ARG(out->body));
    return HEDDLE_OK;
}

static heddle_status ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    worker *self = user;
    cc_frame frame;
    BASE_TRY(cc_pipe_put(&self->pipe, CC_FRAME_ASK, type, payload, UINT64_MAX, err));
    BASE_TRY(answer(self, &frame, err));
    return keep(self, frame.body, out, err);
}

static heddle_status post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    worker *self = user;
    return cc_pipe_put(&self->pipe, CC_FRAME_POST, type, payload, UINT64_MAX, err);
}

static heddle_status settle(void *user, heddle_error *err)
{
    worker *self = user;
    cc_frame frame;
    BASE_TRY(
        cc_pipe_put(&self->pipe, CC_FRAME_SETTLE, 0, heddle_view_of(NULL, 0), UINT64_MAX, err));
    return answer(self, &frame, err);
}

/* The transactions */

static heddle_status execute(worker *self, heddle_view body, base_blob **out_last,
                             heddle_error *err)
{
    cc_start start;
    if (body.len < sizeof(start))
        return base_fail(err, HEDDLE_E_DECODE, "the server's START is cut short");
    memcpy(&start, body.data, sizeof(start));
    base_auto(blob) base_blob *message =
        base_blob_copy(heddle_view_of(body.data + sizeof(start), body.len - sizeof(start)));
    if (!message)
        return base_fail_memory(err, "transaction");
    cc_port port = {.ask = ask, .user = self};
    if (start.posts) {
        port.post = post;
        port.settle = settle;
    }
    return self->options->execute(self->options->user, base_blob_view(message), &port,
                                  &start.limits, out_last, err);
}

static heddle_status run_one(worker *self, heddle_view body)
{
    base_auto(blob) base_blob *last = NULL;
    heddle_error err;
    base_error_clear(&err);
    heddle_status st = execute(self, body, &last, &err);
    heddle_view told = st == HEDDLE_OK ? base_blob_view(last) : heddle_view_str(err.message);
    BASE_TRY(cc_pipe_put(&self->pipe, CC_FRAME_LAST, (int32_t)st, told, UINT64_MAX, NULL));
    return cc_pipe_flush(&self->pipe, UINT64_MAX, NULL);
}

void cc_worker_run(int fd, const void *options)
{
    worker self = {.options = options};
    cc_frame frame;
    cc_pipe_init(&self.pipe, fd);
    while (cc_pipe_read(&self.pipe, UINT64_MAX, &frame, NULL) == HEDDLE_OK &&
           frame.kind == CC_FRAME_START && run_one(&self, frame.body) == HEDDLE_OK) {
        forget(&self);
        cc_pipe_trim(&self.pipe);
    }
    base_free(self.kept);
    cc_pipe_done(&self.pipe);
}
