#include "chaincode/contract.h"

#include "base/fail.h"
#include "chaincode/quote.h"
#include "chaincode/stub.h"

enum { NAME_SHOWN = 256, FAILURE_STATUS = 400 };

static const char no_function[] = "You've asked to invoke a function that does not exist: %s";

/* Which contract and function are meant: "Function", "Contract:Function", ":Function". */
typedef struct target {
    heddle_view contract; /* empty: the default one */
    const char *function;
} target;

static bool is_blank(heddle_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ' ')
            return false;
    }
    return true;
}

static target split(const char *name)
{
    const char *colon = strchr(name, ':');
    if (!colon)
        return (target){VIEW(""), name};
    heddle_view contract = heddle_view_of(name, (size_t)(colon - name));
    return (target){is_blank(contract) ? VIEW("") : contract, colon + 1};
}

static const heddle_cc_contract *find_contract(const heddle_cc_chaincode *chaincode,
                                               heddle_view name)
{
    for (size_t i = 0; i < chaincode->contract_count; i++) {
        if (name.len == 0 || base_view_is(name, chaincode->contracts[i]->name))
            return chaincode->contracts[i];
    }
    return NULL;
}

static const heddle_cc_transaction *find_transaction(const heddle_cc_contract *contract,
                                                     const char *name)
{
    for (size_t i = 0; i < contract->transaction_count; i++) {
        if (strcmp(contract->transactions[i].name, name) == 0)
            return &contract->transactions[i];
    }
    return NULL;
}

static heddle_status run_hook(heddle_cc_stub *stub, heddle_cc_function *hook, heddle_error *err)
{
    return hook ? hook(stub, stub->invocation.contract->context, err) : HEDDLE_OK;
}

static heddle_status run_transaction(heddle_cc_stub *stub, heddle_error *err)
{
    const heddle_cc_contract *contract = stub->invocation.contract;
    heddle_cc_function *const steps[] = {contract->before, stub->invocation.transaction->function,
                                         contract->after};
    BASE_TRY(cc_parameters_read(stub, err));
    heddle_cc_see_own_writes(stub, stub->invocation.transaction->sees_own_writes);
    for (size_t i = 0; i < BASE_COUNT(steps); i++) {
        BASE_TRY(run_hook(stub, steps[i], err));
        if (stub->response.status >= FAILURE_STATUS)
            break;
    }
    return HEDDLE_OK;
}

static heddle_status run_unknown(heddle_cc_stub *stub, heddle_error *err)
{
    char shown[NAME_SHOWN];
    heddle_view asked = heddle_view_str(stub->function);
    if (stub->invocation.contract->unknown)
        return run_hook(stub, stub->invocation.contract->unknown, err);
    return base_fail(err, HEDDLE_E_NOT_FOUND, no_function, cc_show(asked, shown, sizeof(shown)));
}

/* Calls without a function's name come from peers that instantiate a chaincode. */
static heddle_status run_nothing(heddle_cc_stub *stub, heddle_error *err)
{
    return heddle_cc_reply_text(stub, "Default initiator successful.", err);
}

static heddle_status run_contract(heddle_cc_stub *stub, bool init, heddle_error *err)
{
    cc_invocation *invocation = &stub->invocation;
    bool unnamed = init ? !stub->function[0] : stub->input.arg_count == 0;
    if (init && invocation->contract->init)
        return run_hook(stub, invocation->contract->init, err);
    if (unnamed && !invocation->contract->unknown)
        return run_nothing(stub, err);
    invocation->transaction = find_transaction(invocation->contract, stub->function_name);
    return invocation->transaction ? run_transaction(stub, err) : run_unknown(stub, err);
}

/* The functions that every chaincode has. */
static heddle_status run_system(heddle_cc_stub *stub, const heddle_cc_chaincode *chaincode,
                                heddle_error *err)
{
    char shown[NAME_SHOWN];
    base_auto_buffer base_buffer text = {0};
    if (strcmp(stub->function_name, CC_GET_METADATA) != 0)
        return base_fail(err, HEDDLE_E_NOT_FOUND, no_function,
                         cc_show(heddle_view_str(stub->function), shown, sizeof(shown)));
    BASE_TRY(cc_metadata_write(stub->arena, chaincode, &text, err));
    return heddle_cc_reply(stub, base_buffer_view(&text), err);
}

heddle_status cc_chaincode_run(heddle_cc_stub *stub, const heddle_cc_chaincode *chaincode,
                               bool init, heddle_error *err)
{
    char shown[NAME_SHOWN];
    target asked = split(stub->function);
    stub->function_name = asked.function;
    stub->invocation.chaincode = chaincode;
    if (base_view_is(asked.contract, CC_SYSTEM_CONTRACT))
        return run_system(stub, chaincode, err);
    stub->invocation.contract = find_contract(chaincode, asked.contract);
    if (!stub->invocation.contract)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "Contract name is not known: %s",
                         cc_show(asked.contract, shown, sizeof(shown)));
    return run_contract(stub, init, err);
}

const char *heddle_cc_contract_name(const heddle_cc_stub *stub)
{
    return stub->invocation.contract ? stub->invocation.contract->name : "";
}
