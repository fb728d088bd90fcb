/*
 * Any messages of a peer on a chaincode's stream: no crash, no hang, and every function that
 * was started ends. The input is messages, each after its length in two bytes. While a function
 * runs, each of its requests is followed by the next message; without one the peer is gone.
 */
#include <pthread.h>

#include "chaincode/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const uint8_t *input; /* what is left of it; under the lock */
static size_t input_size;
static cc_link *stream;

/* NULL: there is none. */
static base_blob *next_message(void)
{
    base_blob *message = NULL;
    pthread_mutex_lock(&lock);
    if (input_size >= 2) {
        size_t len = (size_t)input[0] | (size_t)input[1] << 8;
        if (len > input_size - 2)
            len = input_size - 2;
        message = base_blob_copy(heddle_view_of(input + 2, len));
        input += 2 + len;
        input_size -= 2 + len;
    }
    pthread_mutex_unlock(&lock);
    return message;
}

static heddle_status touch_all(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value = {0};
    heddle_cc_identity who;
    heddle_cc_iterator *it = NULL;
    heddle_cc_entry entry;
    heddle_view key = heddle_cc_arg(stub, 0);
    (void)!heddle_cc_creator(stub, &who, err);
    (void)!heddle_cc_transient(stub, "t", &value, err);
    (void)heddle_cc_arg_text(stub, 0);
    (void)!heddle_cc_put_state(stub, key, key, err);
    (void)!heddle_cc_del_state(stub, key, err);
    heddle_status st = heddle_cc_range_open(stub, key, heddle_cc_arg(stub, 1), &it, err);
    while (st == HEDDLE_OK)
        st = heddle_cc_iterator_next(it, &entry, err);
    (void)!heddle_cc_put_state(stub, key, key, err);
    st = heddle_cc_get_state(stub, key, &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static bool is_request(const base_blob *message)
{
    cc_message read;
    return cc_message_read(base_blob_view(message), &read, NULL) == HEDDLE_OK &&
           read.type != CC_REGISTER && read.type != CC_COMPLETED && read.type != CC_ERROR &&
           read.type != CC_KEEPALIVE;
}

static heddle_status answer(void *user, base_blob *message, heddle_error *err)
{
    (void)user;
    (void)err;
    if (!is_request(message))
        return HEDDLE_OK;
    base_blob *next = next_message();
    if (!next)
        return HEDDLE_E_UNAVAILABLE;
    cc_link_receive(stream, next);
    base_blob_unref(next);
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

/* One at a time: this thread waits while a function takes the messages. */
static void feed(const cc_host *host)
{
    for (base_blob *message; (message = next_message());) {
        cc_link_receive(stream, message);
        base_blob_unref(message);
        (void)cc_pool_wait_idle(host->pool, 10000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const heddle_cc_contract contract = {
        .size = sizeof(contract), .name = "fuzzed", .init = touch_all, .unknown = touch_all};
    static const heddle_cc_contract *const contracts[] = {&contract};
    static const heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    cc_host host = {.chaincode_id = "cc:1",
                    .chaincode = &chaincode,
                    .memory_limit = 1u << 20,
                    .answer_timeout_ms = 5};
    cc_outlet outlet = {.send = answer, .close = close_nothing, .release = release_nothing};
    if (cc_pool_new(&(cc_pool_options){.threads = 1, .limit = 4}, &host.pool, NULL) != HEDDLE_OK)
        return 0;
    input = data;
    input_size = size;
    stream = cc_link_new(&host, &outlet);
    if (stream && cc_link_register(stream, NULL) == HEDDLE_OK)
        feed(&host);
    if (stream)
        cc_link_lost(stream);
    cc_pool_free(host.pool);
    cc_link_unref(stream);
    return 0;
}
