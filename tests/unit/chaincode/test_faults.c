/* Every allocation fails once: no crash, no leak, and an end that says so. */
#include <pthread.h>
#include <string.h>

#include "base/fail.h"
#include "chaincode/link.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        heddle_status st_ = (call);                                                                \
        if (st_ != HEDDLE_OK)                                                                      \
            return st_;                                                                            \
    } while (0)

static heddle_status drain(heddle_cc_iterator *it, heddle_error *err)
{
    heddle_cc_entry entry;
    heddle_status st;
    while ((st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK)
        continue;
    heddle_cc_iterator_close(it);
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status write_all(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view key, type, part = VIEW("x");
    const heddle_view *parts;
    size_t count;
    TRY(heddle_cc_put_state(stub, VIEW("a"), VIEW("1"), err));
    TRY(heddle_cc_set_state_policy(stub, VIEW("a"), VIEW("p"), err));
    TRY(heddle_cc_batch_begin(stub, err));
    TRY(heddle_cc_composite_key(stub, VIEW("t"), &part, 1, &key, err));
    TRY(heddle_cc_split_composite_key(stub, key, &type, &parts, &count, err));
    TRY(heddle_cc_put_state(stub, key, VIEW("2"), err));
    TRY(heddle_cc_put_private(stub, "c", VIEW("a"), VIEW("3"), err));
    TRY(heddle_cc_purge_private(stub, "c", VIEW("b"), err));
    return heddle_cc_batch_end(stub, err);
}

static heddle_status read_all(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view values[2], keys[] = {VIEW("a"), VIEW("q")};
    heddle_cc_iterator *it;
    TRY(heddle_cc_get_state(stub, VIEW("q"), values, err));
    TRY(heddle_cc_get_states(stub, keys, 2, values, err));
    TRY(heddle_cc_get_private_hash(stub, "c", VIEW("a"), values, err));
    TRY(heddle_cc_get_state_policy(stub, VIEW("a"), values, err));
    TRY(heddle_cc_range_open(stub, VIEW(""), VIEW(""), &it, err));
    TRY(drain(it, err));
    TRY(heddle_cc_composite_open(stub, VIEW("t"), NULL, 0, &it, err));
    return drain(it, err);
}

static heddle_status do_all(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_history *history;
    heddle_cc_modification change;
    heddle_cc_response response;
    heddle_cc_iterator *it;
    heddle_view arg = VIEW("f"), joined;
    heddle_cc_see_own_writes(stub, true);
    TRY(heddle_cc_args_joined(stub, &joined, err));
    TRY(heddle_cc_query_open(stub, VIEW("{}"), &it, err));
    TRY(heddle_cc_range_page_open(stub, VIEW("a"), VIEW("b"), 2, VIEW("m"), &it, err));
    TRY(heddle_cc_history_open(stub, VIEW("a"), &history, err));
    heddle_status st = heddle_cc_history_next(history, &change, err);
    if (st != HEDDLE_OK && st != HEDDLE_E_END)
        return st;
    TRY(write_all(stub, err));
    TRY(read_all(stub, err));
    TRY(heddle_cc_call(stub, "other", "far", &arg, 1, &response, err));
    TRY(heddle_cc_set_event(stub, "e", VIEW("x"), err));
    return heddle_cc_reply_text(stub, "done", err);
}

/* Answers made beforehand: a QueryResponse of one result, which no other answer minds. */
static heddle_view answer_to(int32_t type)
{
    if (type == CC_GET_STATE_MULTIPLE)
        return VIEW("\x0a\x01v");
    if (type == CC_INVOKE_CHAINCODE)
        return VIEW("\x08\x06\x1a\x03\x08\xc8\x01");
    if (type == CC_GET_STATE_METADATA)
        return VIEW("\x0a\x05\x0a\x01m\x12\x00");
    return VIEW("\x0a\x05\x0a\x03\x12\x01k");
}

static heddle_status ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    (void)user;
    (void)payload;
    (void)err;
    *out = answer_to(type);
    return HEDDLE_OK;
}

static const heddle_cc_contract contract = {
    .size = sizeof(contract), .name = "test", .init = do_all, .unknown = do_all};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

/* TRANSACTION "1" on "ch" of function "f". */
static const char start[] = "\x08\x05\x1a\x03\x0a\x01"
                            "f\x22\x01\x31\x3a\x02"
                            "ch";

static heddle_view start_bytes(void)
{
    return heddle_view_of(start, sizeof(start) - 1);
}

/* The status of the Response in a last message. */
static int status_of(const base_blob *last)
{
    cc_message message;
    wire_response response = {0};
    ck_assert_int_eq(cc_message_read(base_blob_view(last), &message, NULL), HEDDLE_OK);
    ck_assert_int_eq(message.type, CC_COMPLETED);
    ck_assert_int_eq(wire_shape_read(&wire_response_shape, message.payload, NULL, &response, NULL),
                     HEDDLE_OK);
    return response.status;
}

START_TEST(a_transaction_ends_whatever_memory_is_missing)
{
    cc_port port = {.ask = ask};
    cc_limits limits = {
        .use_write_batch = true, .max_write_batch = 100, .use_multi_get = true, .max_multi_get = 1};
    size_t failed = 0;
    for (size_t nth = 1;; nth++) {
        base_blob *last = NULL;
        heddle_error err;
        fault_alloc_arm(nth);
        heddle_status st = cc_execute_here(&chaincode, start_bytes(), &port, &limits, &last, &err);
        int status = last ? status_of(last) : 0;
        base_blob_unref(last);
        bool reached = fault_alloc_disarm();
        if (!reached)
            ck_assert_int_eq(status, 200);
        else if (st != HEDDLE_OK)
            ck_assert_int_eq(st, HEDDLE_E_NO_MEMORY);
        failed += status == 500;
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!reached)
            break;
    }
    ck_assert_uint_gt(failed, 5);
}
END_TEST

START_TEST(a_transaction_ends_whatever_its_limit_of_memory)
{
    cc_port port = {.ask = ask};
    cc_limits limits = {
        .use_write_batch = true, .max_write_batch = 100, .use_multi_get = true, .max_multi_get = 1};
    int status = 0;
    for (limits.memory = 16; limits.memory < 65536; limits.memory += 16) {
        base_blob *last = NULL;
        heddle_error err;
        heddle_status st = cc_execute_here(&chaincode, start_bytes(), &port, &limits, &last, &err);
        if (st != HEDDLE_OK)
            ck_assert_int_eq(st, HEDDLE_E_TOO_LARGE);
        status = last ? status_of(last) : 0;
        base_blob_unref(last);
    }
    ck_assert_int_eq(status, 200);
}
END_TEST

/* A peer that answers in the thread that asks. */
static cc_link *link_of_peer;
static unsigned completed;

static heddle_status answer_at_once(void *user, base_blob *message, heddle_error *err)
{
    (void)user;
    cc_message request;
    base_blob *blob = NULL;
    BASE_TRY(cc_message_read(base_blob_view(message), &request, err));
    if (request.type == CC_COMPLETED || request.type == CC_ERROR) {
        completed++;
        return HEDDLE_OK;
    }
    if (request.type == CC_REGISTER)
        return HEDDLE_OK;
    cc_message answer = {.type = CC_RESPONSE,
                         .tx_id = request.tx_id,
                         .channel = request.channel,
                         .payload = answer_to(request.type)};
    BASE_TRY(cc_message_blob(&answer, &blob, err));
    cc_link_receive(link_of_peer, blob);
    base_blob_unref(blob);
    return HEDDLE_OK;
}

static void close_nothing(void *user, const char *why)
{
    (void)user;
    (void)why;
}

static void release_nothing(void *user)
{
    (void)user;
}

static void receive(heddle_view bytes)
{
    base_blob *blob = base_blob_copy(bytes);
    if (blob)
        cc_link_receive(link_of_peer, blob);
    base_blob_unref(blob);
}

static void serve_one(const cc_host *host)
{
    cc_outlet outlet = {.send = answer_at_once, .close = close_nothing, .release = release_nothing};
    link_of_peer = cc_link_new(host, &outlet);
    if (!link_of_peer)
        return;
    if (cc_link_register(link_of_peer, NULL) == HEDDLE_OK) {
        receive(VIEW("\x08\x02"));
        receive(VIEW("\x08\x04\x1a\x08\x08\x01\x10\x64\x18\x01\x20\x64"));
        receive(start_bytes());
    }
    ck_assert(cc_pool_wait_idle(host->pool, 10000));
    cc_link_lost(link_of_peer);
    cc_link_unref(link_of_peer);
}

static cc_host host = {.chaincode_id = "cc:1", .chaincode = &chaincode, .answer_timeout_ms = 20};

static void start_pool(void)
{
    cc_pool_options options = {.threads = 1, .limit = 1};
    ck_assert_int_eq(cc_pool_new(&options, &host.pool, NULL), HEDDLE_OK);
}

static void stop_pool(void)
{
    cc_pool_free(host.pool);
}

START_TEST(a_link_goes_on_whatever_memory_is_missing)
{
    serve_one(&host); /* the worker is there from now on */
    ck_assert_uint_eq(completed, 1);
    for (size_t nth = 1;; nth++) {
        completed = 0;
        fault_alloc_arm(nth);
        serve_one(&host);
        bool reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        if (!reached)
            break;
    }
    ck_assert_uint_eq(completed, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaincode/faults");
    TCase *link = SUITE_CASE("link", a_link_goes_on_whatever_memory_is_missing);
    tcase_add_checked_fixture(link, start_pool, stop_pool);
    suite_add_tcase(suite, SUITE_CASE("stub", a_transaction_ends_whatever_memory_is_missing,
                                      a_transaction_ends_whatever_its_limit_of_memory));
    suite_add_tcase(suite, link);
    return suite_run(suite);
}
