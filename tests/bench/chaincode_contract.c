/*
 * The contract that tests/bench/chaincode_run measures; chaincode_node.js is the same one for the
 * official Node shim. Any chaincode with these functions can be measured:
 *
 *   get KEY           answers the key's value
 *   put KEY VALUE     writes it, answers nothing
 *   range START END   reads all keys of the range, answers how many
 *   puts N            writes N keys of a small value, one by one
 *   batch N           the same in one write batch
 */
#include "heddle/chaincode_contract.h"
#include "heddle/chaincode_server.h"

static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_view value;
    (void)context;
    heddle_status status = heddle_cc_get_state(stub, heddle_cc_arg(stub, 0), &value, err);
    return status == HEDDLE_OK ? heddle_cc_reply(stub, value, err) : status;
}

static heddle_status put(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_put_state(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), err);
}

static heddle_status range(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    heddle_cc_iterator *iterator;
    heddle_cc_entry found;
    int read = 0;
    (void)context;
    heddle_status status =
        heddle_cc_range_open(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), &iterator, err);
    if (status != HEDDLE_OK)
        return status;
    while ((status = heddle_cc_iterator_next(iterator, &found, err)) == HEDDLE_OK)
        read++;
    heddle_cc_iterator_close(iterator);
    if (status != HEDDLE_E_END)
        return status;
    return heddle_cc_reply_text(stub, heddle_cc_printf(stub, "%d", read), err);
}

static heddle_status write_all(heddle_cc_stub *stub, heddle_error *err)
{
    for (int i = 0, count = (int)heddle_cc_integer(stub, 0); i < count; i++) {
        const char *key = heddle_cc_printf(stub, "asset-%06d", i);
        heddle_status status =
            heddle_cc_put_state(stub, heddle_view_str(key), heddle_view_str("a small value"), err);
        if (status != HEDDLE_OK)
            return status;
    }
    return HEDDLE_OK;
}

static heddle_status write_one_by_one(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return write_all(stub, err);
}

static heddle_status write_in_batch(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_status status = heddle_cc_batch_begin(stub, err);
    if (status == HEDDLE_OK)
        status = write_all(stub, err);
    return status == HEDDLE_OK ? heddle_cc_batch_end(stub, err) : status;
}

static const heddle_cc_parameter key[] = {{"key", HEDDLE_CC_STRING, NULL, NULL}};
static const heddle_cc_parameter entry[] = {{"key", HEDDLE_CC_STRING, NULL, NULL},
                                            {"value", HEDDLE_CC_STRING, NULL, NULL}};
static const heddle_cc_parameter bounds[] = {{"start", HEDDLE_CC_STRING, NULL, NULL},
                                             {"end", HEDDLE_CC_STRING, NULL, NULL}};
static const heddle_cc_parameter count[] = {{"count", HEDDLE_CC_INTEGER, NULL, NULL}};

int main(int argc, char **argv)
{
    static const heddle_cc_transaction transactions[] = {
        {.name = "get", .function = get, HEDDLE_CC_PARAMETERS(key)},
        {.name = "put", .function = put, HEDDLE_CC_PARAMETERS(entry)},
        {.name = "range", .function = range, HEDDLE_CC_PARAMETERS(bounds)},
        {.name = "puts", .function = write_one_by_one, HEDDLE_CC_PARAMETERS(count)},
        {.name = "batch", .function = write_in_batch, HEDDLE_CC_PARAMETERS(count)}};
    static const heddle_cc_contract contract = {.size = sizeof(contract),
                                                .name = "bench",
                                                .transactions = transactions,
                                                .transaction_count = 5};
    static const heddle_cc_contract *const contracts[] = {&contract};
    const heddle_cc_chaincode chaincode = {
        .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};
    return heddle_cc_main(&chaincode, argc, argv);
}
