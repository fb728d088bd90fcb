/*
 * Any messages of a peer on a chaincode's stream: no crash, no hang, and every function that
 * was started ends. The input is messages, each after its length in two bytes.
 */
#include "chaincode/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static heddle_status touch_all(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view value;
    heddle_cc_identity who;
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    (void)!heddle_cc_creator(stub, &who, err);
    (void)!heddle_cc_transient(stub, "t", &value, err);
    (void)heddle_cc_arg_text(stub, 0);
    heddle_status st =
        heddle_cc_range_open(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), &it, err);
    while (st == HEDDLE_OK)
        st = heddle_cc_iterator_next(it, &entry, err);
    st = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : st;
}

static heddle_status send_nowhere(void *user, base_blob *message, heddle_error *err)
{
    (void)user;
    (void)message;
    (void)err;
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

static void feed(cc_link *link, const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t len = (size_t)data[0] | (size_t)data[1] << 8;
        data += 2;
        size -= 2;
        if (len > size)
            len = size;
        base_blob *message = base_blob_copy(heddle_view_of(data, len));
        cc_link_receive(link, message);
        base_blob_unref(message);
        data += len;
        size -= len;
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
                    .answer_timeout_ms = 10000};
    cc_outlet outlet = {.send = send_nowhere, .close = close_nothing, .release = release_nothing};
    if (cc_pool_new(&(cc_pool_options){.threads = 2, .limit = 4}, &host.pool, NULL) != HEDDLE_OK)
        return 0;
    cc_link *link = cc_link_new(&host, &outlet);
    if (link && cc_link_register(link, NULL) == HEDDLE_OK)
        feed(link, data, size);
    if (link)
        cc_link_lost(link);
    cc_pool_free(host.pool);
    cc_link_unref(link);
    return 0;
}
