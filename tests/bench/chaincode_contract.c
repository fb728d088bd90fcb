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
#include <stdlib.h>

#include "heddle/chaincode.h"

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
    heddle_cc_entry entry;
    int count = 0;
    (void)context;
    heddle_status status =
        heddle_cc_range_open(stub, heddle_cc_arg(stub, 0), heddle_cc_arg(stub, 1), &iterator, err);
    if (status != HEDDLE_OK)
        return status;
    while ((status = heddle_cc_iterator_next(iterator, &entry, err)) == HEDDLE_OK)
        count++;
    heddle_cc_iterator_close(iterator);
    if (status != HEDDLE_E_END)
        return status;
    return heddle_cc_reply_text(stub, heddle_cc_printf(stub, "%d", count), err);
}

static heddle_status puts_one_by_one(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    const char *text = heddle_cc_arg_text(stub, 0);
    (void)context;
    for (int i = 0, count = text ? atoi(text) : 0; i < count; i++) {
        const char *key = heddle_cc_printf(stub, "asset-%06d", i);
        heddle_status status =
            heddle_cc_put_state(stub, heddle_view_str(key), heddle_view_str("a small value"), err);
        if (status != HEDDLE_OK)
            return status;
    }
    return HEDDLE_OK;
}

int main(void)
{
    static const heddle_cc_transaction transactions[] = {
        {"get", get}, {"put", put}, {"range", range}, {"puts", puts_one_by_one}};
    static const heddle_cc_contract contract = {.size = sizeof(contract),
                                                .name = "bench",
                                                .transactions = transactions,
                                                .transaction_count = 4};
    return heddle_cc_main(&contract);
}
