#include "chaincode/stub.h"

#include <errno.h>
#include <time.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"

enum { STATUS_OK = 200, STATUS_ERROR = 500 };

heddle_view cc_table_key(base_arena *arena, heddle_view channel, heddle_view tx_id)
{
    uint8_t *key = base_arena_alloc(arena, channel.len + 1 + tx_id.len);
    if (!key)
        return heddle_view_of(NULL, 0);
    if (channel.len)
        memcpy(key, channel.data, channel.len);
    key[channel.len] = 0;
    if (tx_id.len)
        memcpy(key + channel.len + 1, tx_id.data, tx_id.len);
    return heddle_view_of(key, channel.len + 1 + tx_id.len);
}

static heddle_status read_proposal(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view proposal, signature;
    if (stub->start.proposal.len == 0)
        return HEDDLE_OK;
    BASE_TRY(wire_signed_proposal_read(stub->start.proposal, &proposal, &signature, err));
    BASE_TRY(wire_proposal_read(proposal, stub->arena, &stub->proposal, err));
    stub->has_proposal = true;
    return HEDDLE_OK;
}

static heddle_status read_start(heddle_cc_stub *stub, heddle_error *err)
{
    base_arena *arena = stub->arena;
    BASE_TRY(cc_input_read(stub->start.payload, arena, &stub->input, err));
    BASE_TRY(read_proposal(stub, err));
    heddle_view function = stub->input.arg_count ? stub->input.args[0] : VIEW("");
    if (function.len && memchr(function.data, 0, function.len))
        return base_fail(err, HEDDLE_E_DECODE, "the function's name holds a NUL");
    stub->table_key = cc_table_key(arena, stub->start.channel, stub->start.tx_id);
    stub->tx_id = base_arena_str(arena, stub->start.tx_id);
    stub->channel = base_arena_str(arena, stub->start.channel);
    stub->function = base_arena_str(arena, function);
    if (!stub->table_key.data || !stub->tx_id || !stub->channel || !stub->function)
        return base_arena_fail(arena, err, "transaction");
    return HEDDLE_OK;
}

static void init_locks(heddle_cc_stub *stub)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stub->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&stub->lock, NULL);
}

heddle_status cc_stub_new(cc_link *link, rpc_bytes *bytes, const cc_message *start,
                          heddle_cc_stub **out, heddle_error *err)
{
    heddle_cc_stub *stub = base_calloc(1, sizeof(*stub));
    base_arena *arena = base_arena_new(cc_link_host(link)->memory_limit);
    if (!stub || !arena) {
        base_free(stub);
        base_arena_free(arena);
        return base_fail_memory(err, "transaction");
    }
    init_locks(stub);
    base_list_init(&stub->iterators);
    stub->arena = arena;
    stub->link = cc_link_ref(link);
    stub->start_bytes = rpc_bytes_ref(bytes);
    stub->start = *start;
    stub->response.status = STATUS_OK;
    heddle_status st = read_start(stub, err);
    if (st == HEDDLE_OK)
        *out = stub;
    else
        cc_stub_free(stub);
    return st;
}

void cc_stub_free(heddle_cc_stub *stub)
{
    for (cc_kept *kept = stub->kept; kept; kept = kept->next)
        rpc_bytes_unref(kept->bytes);
    rpc_bytes_unref(stub->answer);
    rpc_bytes_unref(stub->start_bytes);
    pthread_cond_destroy(&stub->changed);
    pthread_mutex_destroy(&stub->lock);
    base_arena_free(stub->arena);
    cc_link_unref(stub->link);
    base_free(stub);
}

void cc_stub_answer(heddle_cc_stub *stub, rpc_bytes *bytes)
{
    pthread_mutex_lock(&stub->lock);
    if (stub->waiting && !stub->answer) {
        stub->answer = rpc_bytes_ref(bytes);
        pthread_cond_signal(&stub->changed);
    }
    pthread_mutex_unlock(&stub->lock);
}

void cc_stub_lost(heddle_cc_stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    stub->lost = true;
    pthread_cond_signal(&stub->changed);
    pthread_mutex_unlock(&stub->lock);
}

static bool begin_wait(heddle_cc_stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    bool usable = !stub->lost;
    stub->waiting = usable;
    pthread_mutex_unlock(&stub->lock);
    return usable;
}

/* After a wait without an answer the stub is lost: the answer could come late and be taken
 * for that of the next request. */
static rpc_bytes *end_wait(heddle_cc_stub *stub, bool *out_timed_out)
{
    struct timespec until;
    uint64_t timeout_ms = cc_link_host(stub->link)->answer_timeout_ms;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int e = 0;
    pthread_mutex_lock(&stub->lock);
    while (!stub->answer && !stub->lost && e != ETIMEDOUT)
        e = pthread_cond_timedwait(&stub->changed, &stub->lock, &until);
    rpc_bytes *answer = base_steal(&stub->answer);
    *out_timed_out = !answer && !stub->lost;
    stub->waiting = false;
    stub->lost = stub->lost || !answer;
    pthread_mutex_unlock(&stub->lock);
    return answer;
}

static heddle_status keep(heddle_cc_stub *stub, rpc_bytes *bytes, heddle_error *err)
{
    cc_kept *kept = base_arena_alloc(stub->arena, sizeof(*kept));
    if (!kept) {
        rpc_bytes_unref(bytes);
        return base_arena_fail(stub->arena, err, "answer of the peer");
    }
    *kept = (cc_kept){.next = stub->kept, .bytes = bytes};
    stub->kept = kept;
    return HEDDLE_OK;
}

static heddle_status read_answer(heddle_cc_stub *stub, cc_type type, rpc_bytes *bytes,
                                 heddle_view *out, heddle_error *err)
{
    cc_message message;
    BASE_TRY(keep(stub, bytes, err));
    BASE_TRY(cc_message_read(rpc_bytes_view(bytes), stub->arena, &message, err));
    if (message.type == CC_ERROR)
        return base_fail(err, HEDDLE_E_REFUSED, "%.*s", BASE_VIEW_ARG(message.payload));
    if (message.type != CC_RESPONSE)
        return base_fail(err, HEDDLE_E_DECODE, "%s answered with %s", cc_type_name(type),
                         cc_type_name(message.type));
    *out = message.payload;
    return HEDDLE_OK;
}

heddle_status cc_stub_request(heddle_cc_stub *stub, cc_type type, heddle_view payload,
                              heddle_view *out, heddle_error *err)
{
    cc_message request = {.type = type,
                          .payload = payload,
                          .tx_id = stub->start.tx_id,
                          .channel = stub->start.channel};
    if (!begin_wait(stub))
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: the peer is gone", cc_type_name(type));
    heddle_status st = cc_link_send(stub->link, &request, err);
    if (st != HEDDLE_OK) {
        cc_stub_lost(stub);
        return st;
    }
    bool timed_out;
    rpc_bytes *answer = end_wait(stub, &timed_out);
    if (timed_out)
        return base_fail(err, HEDDLE_E_TIMED_OUT, "%s: the peer does not answer",
                         cc_type_name(type));
    if (!answer)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: the peer is gone", cc_type_name(type));
    return read_answer(stub, type, answer, out, err);
}

/* The length of the character at @p at; 0: no UTF-8. */
static size_t character(heddle_view text, size_t at)
{
    for (size_t len = 1; len <= 4 && at + len <= text.len; len++) {
        if (base_is_utf8(base_view_slice(text, at, len)))
            return len;
    }
    return 0;
}

/* Strings of a message must be UTF-8, or the peer would refuse the whole of it. */
static heddle_view clean_text(heddle_cc_stub *stub, heddle_view text)
{
    if (base_is_utf8(text))
        return text;
    char *copy = base_arena_str(stub->arena, text);
    if (!copy)
        return VIEW("");
    for (size_t at = 0; at < text.len;) {
        size_t len = character(text, at);
        if (len == 0)
            copy[at] = '?';
        at += len ? len : 1;
    }
    return heddle_view_of(copy, text.len);
}

static void call_function(heddle_cc_stub *stub, heddle_error *err)
{
    bool init = stub->start.type == CC_INIT;
    heddle_status st = cc_contract_run(stub, cc_link_host(stub->link)->contract, init, err);
    cc_iterators_close(stub);
    if (st == HEDDLE_OK)
        return;
    stub->response.payload = heddle_view_of(NULL, 0);
    stub->event = (wire_event){0};
    if (stub->status_set)
        return;
    stub->response.status = STATUS_ERROR;
    stub->response.message =
        heddle_view_str(err->message[0] ? err->message : heddle_status_text(st));
}

static heddle_status answer(heddle_cc_stub *stub, heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    cc_message message = {.type = CC_COMPLETED,
                          .tx_id = stub->start.tx_id,
                          .channel = stub->start.channel,
                          .event = stub->event};
    stub->response.message = clean_text(stub, stub->response.message);
    if (stub->start.type == CC_INIT && stub->response.status >= STATUS_ERROR) {
        message.type = CC_ERROR;
        message.payload = stub->response.message;
        return cc_link_send(stub->link, &message, err);
    }
    heddle_status st = cc_response_write(&stub->response, &payload);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "response of the transaction");
    message.payload = base_buffer_view(&payload);
    return cc_link_send(stub->link, &message, err);
}

static bool is_lost(heddle_cc_stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    bool lost = stub->lost;
    pthread_mutex_unlock(&stub->lock);
    return lost;
}

void cc_stub_run(heddle_cc_stub *stub)
{
    heddle_error err;
    base_error_clear(&err);
    bool skipped = is_lost(stub);
    if (!skipped)
        call_function(stub, &err);
    /* Before the answer: the peer may use the transaction's id again as soon as it has it. */
    cc_link_forget(stub->link, stub);
    if (!skipped && answer(stub, &err) != HEDDLE_OK)
        log_at(LOG_DEBUG, "chaincode", "answer not sent", LOG_STR("txid", stub->tx_id),
               LOG_ERR(&err));
    cc_stub_free(stub);
}
