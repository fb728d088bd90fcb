/* Whether the tables of a chaincode make sense, told at its start and not to its first client. */
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/contract.h"

/* The row that is looked at, for what is said about it. */
typedef struct place {
    const char *contract;
    const char *transaction; /* NULL: the contract itself */
    const char *parameter;   /* NULL: the transaction itself */
} place;

static heddle_status refuse(const place *at, heddle_error *err, const char *why)
{
    base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s", why);
    if (at->parameter)
        base_error_prefix(err, "parameter %s", at->parameter);
    if (at->transaction)
        base_error_prefix(err, "transaction %s", at->transaction);
    base_error_prefix(err, "contract %s", at->contract);
    return HEDDLE_E_BAD_ARGUMENT;
}

static bool is_name(const char *name)
{
    return name && name[0] && !strchr(name, ':') && base_is_utf8(heddle_view_str(name));
}

static heddle_status check_parameter(place at, const heddle_cc_transaction *row, size_t index,
                                     heddle_error *err)
{
    const heddle_cc_parameter *parameter = &row->parameters[index];
    if (!parameter->name || !parameter->name[0] || !base_is_utf8(heddle_view_str(parameter->name)))
        return refuse(&at, err, "a parameter has no name");
    at.parameter = parameter->name;
    if ((unsigned)parameter->type > HEDDLE_CC_BYTES)
        return refuse(&at, err, "no type that there is");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(row->parameters[i].name, parameter->name) == 0)
            return refuse(&at, err, "its name is there twice");
    }
    return HEDDLE_OK;
}

static heddle_status check_parameters(const place *at, const heddle_cc_transaction *row,
                                      heddle_error *err)
{
    if (row->parameter_count && !row->parameters)
        return refuse(at, err, "a count of parameters without a table");
    if (row->parameter_count && row->unchecked)
        return refuse(at, err, "both parameters and unchecked");
    for (size_t i = 0; i < row->parameter_count; i++)
        BASE_TRY(check_parameter(*at, row, i, err));
    return HEDDLE_OK;
}

static heddle_status check_transaction(place at, const heddle_cc_contract *contract, size_t index,
                                       heddle_error *err)
{
    const heddle_cc_transaction *row = &contract->transactions[index];
    if (!is_name(row->name))
        return refuse(&at, err, "a transaction has no name, or one with ':'");
    at.transaction = row->name;
    if (!row->function)
        return refuse(&at, err, "no function");
    if ((unsigned)row->kind > HEDDLE_CC_EVALUATE)
        return refuse(&at, err, "no kind that there is");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(contract->transactions[i].name, row->name) == 0)
            return refuse(&at, err, "its name is there twice");
    }
    return check_parameters(&at, row, err);
}

static heddle_status check_contract(const heddle_cc_chaincode *chaincode, size_t index,
                                    heddle_error *err)
{
    const heddle_cc_contract *contract = chaincode->contracts[index];
    if (!contract || contract->size != sizeof(*contract))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "contract %zu is of another version of the library", index);
    if (!is_name(contract->name))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "contract %zu has no name, or one with ':'",
                         index);
    place at = {.contract = contract->name};
    if (strcmp(contract->name, CC_SYSTEM_CONTRACT) == 0)
        return refuse(&at, err, "a name that is kept for the metadata");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(chaincode->contracts[i]->name, contract->name) == 0)
            return refuse(&at, err, "its name is there twice");
    }
    if (contract->transaction_count && !contract->transactions)
        return refuse(&at, err, "a count of transactions without a table");
    for (size_t i = 0; i < contract->transaction_count; i++)
        BASE_TRY(check_transaction(at, contract, i, err));
    return HEDDLE_OK;
}

heddle_status heddle_cc_chaincode_check(const heddle_cc_chaincode *chaincode, heddle_error *err)
{
    if (!chaincode || chaincode->size != sizeof(*chaincode))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "chaincode of another version of the library");
    if (!chaincode->contracts || chaincode->contract_count == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "chaincode without a contract");
    for (size_t i = 0; i < chaincode->contract_count; i++)
        BASE_TRY(check_contract(chaincode, i, err));
    return HEDDLE_OK;
}
