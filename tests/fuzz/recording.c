/* The bytes of a recording: read, written again, and replayed by a contract that asks for
 * something of everything. */
#include <stdlib.h>

#include "base/view.h"
#include "chaincode/recording.h"
#include "heddle/chaincode_identity.h"
#include "heddle/chaincode_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(heddle_cc_iterator *it)
{
    heddle_cc_entry entry;
    while (heddle_cc_iterator_next(it, &entry, NULL) == HEDDLE_OK)
        ;
}

static void read_all(heddle_cc_stub *stub, heddle_view key)
{
    heddle_view keys[] = {key, VIEW("b")}, values[2];
    heddle_cc_iterator *it;
    heddle_cc_history *history;
    heddle_cc_modification change;
    (void)!heddle_cc_get_state(stub, key, values, NULL);
    (void)!heddle_cc_get_states(stub, keys, 2, values, NULL);
    (void)!heddle_cc_get_private(stub, "c", key, values, NULL);
    (void)!heddle_cc_get_private_hash(stub, "c", key, values, NULL);
    (void)!heddle_cc_get_state_policy(stub, key, values, NULL);
    if (heddle_cc_range_open(stub, VIEW(""), VIEW(""), &it, NULL) == HEDDLE_OK)
        walk(it);
    if (base_view_is(key, "p") && /* then nothing may be written */
        heddle_cc_range_page_open(stub, VIEW("a"), VIEW("c"), 2, VIEW(""), &it, NULL) == HEDDLE_OK)
        walk(it);
    if (heddle_cc_query_open(stub, VIEW("{}"), &it, NULL) == HEDDLE_OK)
        walk(it);
    if (heddle_cc_history_open(stub, key, &history, NULL) != HEDDLE_OK)
        return;
    while (heddle_cc_history_next(history, &change, NULL) == HEDDLE_OK)
        ;
}

static heddle_status run(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    const char *id;
    heddle_cc_response answer;
    heddle_view key = heddle_cc_arg(stub, 0);
    (void)context;
    if (!key.len)
        key = VIEW("a");
    (void)!heddle_cc_client_id(stub, &id, NULL);
    read_all(stub, key);
    (void)!heddle_cc_call(stub, "other", NULL, &key, 1, &answer, NULL);
    (void)!heddle_cc_put_private(stub, "c", key, VIEW("1"), NULL);
    heddle_status st = heddle_cc_batch_begin(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, key, VIEW("1"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_batch_end(stub, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_put_state(stub, VIEW("b"), VIEW("2"), err);
    return st == HEDDLE_OK ? heddle_cc_set_event(stub, "E", key, err) : st;
}

static const heddle_cc_transaction transactions[] = {
    {.name = "Run", .function = run, .unchecked = true}};
static const heddle_cc_contract contract = {.size = sizeof(contract),
                                            .name = "fuzz",
                                            .transactions = transactions,
                                            .transaction_count = 1,
                                            .unknown = run};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

/* What was read is written, and read again, as it was. */
static void check_format(heddle_view bytes)
{
    base_auto(arena) base_arena *arena = base_arena_new(64 * 1024 * 1024);
    base_auto_buffer base_buffer first = {0}, second = {0};
    cc_recording recording;
    if (!arena || cc_recording_read(bytes, arena, &recording, NULL) != HEDDLE_OK)
        return;
    if (cc_recording_write(&recording, &first, NULL) != HEDDLE_OK ||
        cc_recording_read(base_buffer_view(&first), arena, &recording, NULL) != HEDDLE_OK ||
        cc_recording_write(&recording, &second, NULL) != HEDDLE_OK ||
        !base_view_equal(base_buffer_view(&first), base_buffer_view(&second)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_cc_replay *replay;
    heddle_view bytes = heddle_view_of(data, size);
    check_format(bytes);
    if (heddle_cc_replay_bytes(&chaincode, bytes, &replay, NULL) != HEDDLE_OK)
        return 0;
    for (size_t i = 0; i < heddle_cc_replay_count(replay); i++) {
        if (!heddle_cc_replay_difference(replay, i))
            abort();
    }
    heddle_cc_replay_free(replay);
    return 0;
}
