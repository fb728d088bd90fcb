/*
 * Any answers of a peer to every request of a stub: no crash, and an end. The input is chunks,
 * each after its length in two bytes: a ChaincodeInput, a SignedProposal, then the answers, of
 * which the first byte says whether they are errors.
 */
#include "chaincode/stub.h"
#include "base/fail.h"
#include "base/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct source {
    const uint8_t *data;
    size_t size;
} source;

static heddle_view next_chunk(source *from)
{
    if (from->size < 2)
        return heddle_view_of(NULL, 0);
    size_t len = (size_t)from->data[0] | (size_t)from->data[1] << 8;
    if (len > from->size - 2)
        len = from->size - 2;
    heddle_view chunk = heddle_view_of(from->data + 2, len);
    from->data += 2 + len;
    from->size -= 2 + len;
    return chunk;
}

static heddle_status ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    (void)payload;
    heddle_view chunk = next_chunk(user);
    if (chunk.len == 0)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: no more answers", cc_type_name(type));
    *out = heddle_view_of(chunk.data + 1, chunk.len - 1);
    return chunk.data[0] == 'E' ? base_fail(err, HEDDLE_E_REFUSED, "no") : HEDDLE_OK;
}

static void drain(heddle_cc_iterator *it, heddle_error *err)
{
    heddle_cc_entry entry;
    for (int i = 0; i < 100 && heddle_cc_iterator_next(it, &entry, err) == HEDDLE_OK; i++)
        continue;
    (void)heddle_cc_iterator_bookmark(it);
    heddle_cc_iterator_close(it);
}

static void look_back(heddle_cc_stub *stub, heddle_view key, heddle_error *err)
{
    heddle_cc_history *history;
    heddle_cc_modification change;
    if (heddle_cc_history_open(stub, key, &history, err) != HEDDLE_OK)
        return;
    for (int i = 0; i < 100 && heddle_cc_history_next(history, &change, err) == HEDDLE_OK; i++)
        continue;
    heddle_cc_history_close(history);
}

static void look_at_proposal(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view a, b;
    heddle_cc_identity who;
    (void)!heddle_cc_creator(stub, &who, err);
    (void)!heddle_cc_creator_bytes(stub, &a, err);
    (void)!heddle_cc_binding(stub, &a, err);
    (void)!heddle_cc_signed_proposal(stub, &a, &b, err);
    (void)!heddle_cc_args_joined(stub, &a, err);
    (void)!heddle_cc_decoration(stub, "d", &a, err);
    for (size_t i = 0; i <= heddle_cc_transient_count(stub); i++)
        heddle_cc_transient_at(stub, i, &a, &b);
    for (size_t i = 0; i <= heddle_cc_decoration_count(stub); i++)
        heddle_cc_decoration_at(stub, i, &a, &b);
}

static void read_some(heddle_cc_stub *stub, heddle_view key, heddle_error *err)
{
    heddle_view keys[] = {key, VIEW("b"), VIEW("c")}, values[3] = {{0}}, type;
    const heddle_view *parts;
    size_t count;
    (void)!heddle_cc_get_state(stub, key, values, err);
    (void)!heddle_cc_get_states(stub, keys, 3, values, err);
    (void)!heddle_cc_get_private_hash(stub, "c", key, values, err);
    (void)!heddle_cc_get_state_policy(stub, key, values, err);
    (void)!heddle_cc_split_composite_key(stub, values[0], &type, &parts, &count, err);
}

static void write_some(heddle_cc_stub *stub, heddle_view key, heddle_error *err)
{
    heddle_view composite;
    (void)!heddle_cc_batch_begin(stub, err);
    (void)!heddle_cc_put_state(stub, key, key, err);
    (void)!heddle_cc_del_state(stub, VIEW("b"), err);
    (void)!heddle_cc_put_private(stub, "c", key, VIEW("v"), err);
    (void)!heddle_cc_set_state_policy(stub, key, VIEW("p"), err);
    if (heddle_cc_composite_key(stub, key, &key, 1, &composite, err) == HEDDLE_OK)
        (void)!heddle_cc_put_state(stub, composite, VIEW("v"), err);
    (void)!heddle_cc_batch_end(stub, err);
}

static heddle_status do_all(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view key = heddle_cc_arg(stub, 0);
    heddle_cc_iterator *it;
    heddle_cc_response response;
    look_at_proposal(stub, err);
    if (heddle_cc_query_page_open(stub, key, 2, key, &it, err) == HEDDLE_OK)
        drain(it, err);
    look_back(stub, key, err);
    heddle_cc_see_own_writes(stub, heddle_cc_arg_count(stub) > 1);
    write_some(stub, key, err);
    read_some(stub, key, err);
    if (heddle_cc_range_open(stub, key, VIEW(""), &it, err) == HEDDLE_OK)
        drain(it, err);
    if (heddle_cc_private_composite_open(stub, "c", key, NULL, 0, &it, err) == HEDDLE_OK)
        drain(it, err);
    heddle_status st = heddle_cc_call(stub, "other", NULL, &key, 1, &response, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_status(stub, response.status, NULL, err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, response.payload, err) : st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const heddle_cc_contract contract = {
        .size = sizeof(contract), .name = "fuzzed", .init = do_all, .unknown = do_all};
    static const heddle_cc_contract *const contracts[] = {&contract};
    static const heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    static const cc_limits limits = {.memory = 1u << 20,
                                     .use_write_batch = true,
                                     .max_write_batch = 2,
                                     .use_multi_get = true,
                                     .max_multi_get = 2};
    source from = {data, size};
    cc_port port = {.ask = ask, .user = &from};
    cc_message start = {.type = CC_TRANSACTION, .tx_id = VIEW("tx"), .channel = VIEW("ch")};
    cc_message last;
    heddle_cc_stub *stub = NULL;
    start.payload = next_chunk(&from);
    start.proposal = next_chunk(&from);
    if (cc_stub_new(&start, &port, &limits, &stub, NULL) == HEDDLE_OK)
        (void)!cc_stub_run(stub, &chaincode, &last, NULL);
    cc_stub_free(stub);
    return 0;
}
