#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"

/* "Function" or "name:Function". */
static const char *plain_name(const heddle_cc_contract *contract, const char *function)
{
    const char *colon = strchr(function, ':');
    if (!colon || !contract->name)
        return function;
    heddle_view prefix = heddle_view_of(function, (size_t)(colon - function));
    return base_view_is(prefix, contract->name) ? colon + 1 : function;
}

static heddle_status run_named(heddle_cc_stub *stub, const heddle_cc_contract *contract,
                               heddle_error *err)
{
    const char *name = plain_name(contract, stub->function);
    for (size_t i = 0; i < contract->transaction_count; i++) {
        if (strcmp(contract->transactions[i].name, name) == 0)
            return contract->transactions[i].function(stub, contract->context, err);
    }
    if (contract->unknown)
        return contract->unknown(stub, contract->context, err);
    return base_fail(err, HEDDLE_E_NOT_FOUND, "Function %s not found in contract %s", name,
                     contract->name ? contract->name : "");
}

heddle_status cc_contract_run(heddle_cc_stub *stub, const heddle_cc_contract *contract, bool init,
                              heddle_error *err)
{
    if (init && contract->init)
        return contract->init(stub, contract->context, err);
    if (init && !stub->function[0])
        return HEDDLE_OK;
    return run_named(stub, contract, err);
}
