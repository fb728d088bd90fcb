/* Whether the tables of a chaincode make sense, told at its start and not to its first client. */
#include "base/fail.h"
#include "base/text.h"
#include "chaincode/contract.h"
#include "chaincode/schema.h"

/* The row that is looked at, for what is said about it. */
typedef struct place {
    const heddle_cc_contract *contract;
    const heddle_cc_transaction *transaction; /* NULL: the contract itself */
    const char *parameter;                    /* NULL: the transaction itself */
    const char *schema;                       /* NULL: no named one */
    cc_schemas *schemas;
    heddle_error *err;
} place;

/* Put the place before the error's message. */
static heddle_status at_place(const place *at, heddle_status st)
{
    if (at->schema)
        base_error_prefix(at->err, "schema %s", at->schema);
    if (at->parameter)
        base_error_prefix(at->err, "parameter %s", at->parameter);
    if (at->transaction)
        base_error_prefix(at->err, "transaction %s", at->transaction->name);
    base_error_prefix(at->err, "contract %s", at->contract->name);
    return st == HEDDLE_E_DECODE ? HEDDLE_E_BAD_ARGUMENT : st;
}

static heddle_status refuse(const place *at, const char *why)
{
    return at_place(at, base_fail(at->err, HEDDLE_E_BAD_ARGUMENT, "%s", why));
}

static bool is_text(const char *text)
{
    return text && text[0] && base_is_utf8(heddle_view_str(text));
}

static bool is_name(const char *name)
{
    return is_text(name) && !strchr(name, ':');
}

/* Schemas */

static heddle_status read_schema(const place *at, const char *text, bool is_named,
                                 heddle_cc_json **out)
{
    heddle_cc_json *schema = NULL;
    heddle_status st = cc_schema_parse(at->schemas, text, &schema, at->err);
    if (st == HEDDLE_OK)
        st = cc_schema_check(at->schemas, schema, is_named, at->err);
    if (st != HEDDLE_OK)
        return at_place(at, st);
    *out = schema;
    return HEDDLE_OK;
}

/* The types that a schema may say for what is no JSON. */
static bool agrees(heddle_cc_type type, const heddle_cc_json *schema)
{
    static const char *const names[] = {[HEDDLE_CC_NONE] = "string",
                                        [HEDDLE_CC_STRING] = "string",
                                        [HEDDLE_CC_INTEGER] = "integer",
                                        [HEDDLE_CC_BOOLEAN] = "boolean"};
    const char *said = heddle_cc_json_text(heddle_cc_json_member(schema, "type"));
    return type == HEDDLE_CC_JSON || !heddle_cc_json_member(schema, "type") ||
           (said && strcmp(said, names[type]) == 0);
}

static heddle_status check_schema(const place *at, heddle_cc_type type, const char *text)
{
    heddle_cc_json *schema = NULL;
    if (!text)
        return HEDDLE_OK;
    if (type == HEDDLE_CC_BYTES)
        return refuse(at, "bytes have no schema");
    BASE_TRY(read_schema(at, text, false, &schema));
    if (!agrees(type, schema))
        return refuse(at, "the schema has another type than the table");
    heddle_status st = cc_schema_check_loops(at->schemas, schema, at->err);
    return st == HEDDLE_OK ? st : at_place(at, st);
}

/* Parameters */

static heddle_status check_parameter(place at, const heddle_cc_transaction *row, size_t index)
{
    const heddle_cc_parameter *parameter = &row->parameters[index];
    if (!is_text(parameter->name))
        return refuse(&at, "a parameter has no name");
    at.parameter = parameter->name;
    if ((unsigned)parameter->type > HEDDLE_CC_JSON)
        return refuse(&at, "no type that there is");
    if (parameter->description && !base_is_utf8(heddle_view_str(parameter->description)))
        return refuse(&at, "its description is not UTF-8");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(row->parameters[i].name, parameter->name) == 0)
            return refuse(&at, "its name is there twice");
    }
    return check_schema(&at, parameter->type, parameter->schema);
}

static heddle_status check_returns(place at, const heddle_cc_transaction *row)
{
    at.parameter = "(answer)";
    if ((unsigned)row->returns > HEDDLE_CC_JSON)
        return refuse(&at, "no type that there is");
    if (row->returns_schema && row->returns == HEDDLE_CC_NONE)
        return refuse(&at, "a schema without a type");
    return check_schema(&at, row->returns, row->returns_schema);
}

static heddle_status check_parameters(const place *at)
{
    const heddle_cc_transaction *row = at->transaction;
    if (row->parameter_count && !row->parameters)
        return refuse(at, "a count of parameters without a table");
    if (row->parameter_count && row->unchecked)
        return refuse(at, "both parameters and unchecked");
    for (size_t i = 0; i < row->parameter_count; i++)
        BASE_TRY(check_parameter(*at, row, i));
    return check_returns(*at, row);
}

/* Transactions */

static heddle_status check_transaction(place at, size_t index)
{
    const heddle_cc_transaction *rows = at.contract->transactions, *row = &rows[index];
    if (!is_name(row->name))
        return refuse(&at, "a transaction has no name, or one with ':'");
    at.transaction = row;
    if (!row->function)
        return refuse(&at, "no function");
    if ((unsigned)row->kind > HEDDLE_CC_EVALUATE)
        return refuse(&at, "no kind that there is");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(rows[i].name, row->name) == 0)
            return refuse(&at, "its name is there twice");
    }
    return check_parameters(&at);
}

/* Contracts */

static heddle_status check_head(const heddle_cc_chaincode *chaincode, size_t index,
                                heddle_error *err)
{
    const heddle_cc_contract *contract = chaincode->contracts[index];
    if (!contract || contract->size != sizeof(*contract))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "contract %zu is of another version of the library", index);
    if (!is_name(contract->name))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "contract %zu has no name, or one with ':'",
                         index);
    place at = {.contract = contract, .err = err};
    if (strcmp(contract->name, CC_SYSTEM_CONTRACT) == 0)
        return refuse(&at, "a name that is kept for the metadata");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(chaincode->contracts[i]->name, contract->name) == 0)
            return refuse(&at, "its name is there twice");
    }
    if (contract->transaction_count && !contract->transactions)
        return refuse(&at, "a count of transactions without a table");
    if (contract->schema_count && !contract->schemas)
        return refuse(&at, "a count of schemas without a table");
    return HEDDLE_OK;
}

static heddle_status check_texts(const heddle_cc_contract *contract, heddle_error *err)
{
    const place at = {.contract = contract, .err = err};
    const char *const texts[] = {contract->title, contract->version, contract->description};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        if (texts[i] && !base_is_utf8(heddle_view_str(texts[i])))
            return refuse(&at, "its title, version or description is not UTF-8");
    }
    return HEDDLE_OK;
}

/* Another named schema of the same name, before row @p index of contract @p contract_index. */
static bool has_other(const heddle_cc_chaincode *chaincode, size_t contract_index, size_t index)
{
    const heddle_cc_schema *row = &chaincode->contracts[contract_index]->schemas[index];
    for (size_t c = 0; c <= contract_index; c++) {
        const heddle_cc_contract *contract = chaincode->contracts[c];
        size_t count = c < contract_index ? contract->schema_count : index;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(contract->schemas[i].name, row->name) == 0 &&
                strcmp(contract->schemas[i].schema, row->schema) != 0)
                return true;
        }
    }
    return false;
}

static heddle_status check_schema_head(place at, const heddle_cc_chaincode *chaincode,
                                       size_t contract_index, size_t index)
{
    const heddle_cc_schema *row = &at.contract->schemas[index];
    if (!is_text(row->name) || strpbrk(row->name, "/~"))
        return refuse(&at, "a schema has no name, or one with '/' or '~'");
    at.schema = row->name;
    if (!row->schema)
        return refuse(&at, "no text");
    if (has_other(chaincode, contract_index, index))
        return refuse(&at, "its name is there twice");
    return HEDDLE_OK;
}

static heddle_status check_named_schema(place at, size_t index)
{
    const heddle_cc_schema *row = &at.contract->schemas[index];
    heddle_cc_json *schema = NULL;
    at.schema = row->name;
    BASE_TRY(read_schema(&at, row->schema, true, &schema));
    heddle_cc_json *id = heddle_cc_json_member(schema, "$id");
    if (id && !base_view_is(heddle_cc_json_bytes(id), row->name))
        return refuse(&at, "its $id is not its name");
    return HEDDLE_OK;
}

static heddle_status check_named_loops(place at)
{
    for (size_t i = 0; i < at.contract->schema_count; i++) {
        heddle_cc_json *schema = NULL;
        at.schema = at.contract->schemas[i].name;
        heddle_status st = cc_schemas_find(at.schemas, heddle_view_str(at.schema), &schema, at.err);
        if (st == HEDDLE_OK)
            st = cc_schema_check_loops(at.schemas, schema, at.err);
        if (st != HEDDLE_OK)
            return at_place(&at, st);
    }
    return HEDDLE_OK;
}

/* Each step over all contracts relies on those before. */
static heddle_status check_contracts(const heddle_cc_chaincode *chaincode, cc_schemas *schemas,
                                     heddle_error *err)
{
    for (size_t i = 0; i < chaincode->contract_count; i++)
        BASE_TRY(check_head(chaincode, i, err));
    for (size_t i = 0; i < chaincode->contract_count; i++) {
        place at = {.contract = chaincode->contracts[i], .schemas = schemas, .err = err};
        BASE_TRY(check_texts(at.contract, err));
        for (size_t j = 0; j < at.contract->schema_count; j++)
            BASE_TRY(check_schema_head(at, chaincode, i, j));
    }
    for (size_t i = 0; i < chaincode->contract_count; i++) {
        place at = {.contract = chaincode->contracts[i], .schemas = schemas, .err = err};
        for (size_t j = 0; j < at.contract->schema_count; j++)
            BASE_TRY(check_named_schema(at, j));
    }
    for (size_t i = 0; i < chaincode->contract_count; i++) {
        place at = {.contract = chaincode->contracts[i], .schemas = schemas, .err = err};
        BASE_TRY(check_named_loops(at));
        for (size_t j = 0; j < at.contract->transaction_count; j++)
            BASE_TRY(check_transaction(at, j));
    }
    return HEDDLE_OK;
}

heddle_status heddle_cc_chaincode_check(const heddle_cc_chaincode *chaincode, heddle_error *err)
{
    if (!chaincode || chaincode->size != sizeof(*chaincode))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "chaincode of another version of the library");
    if (!chaincode->contracts || chaincode->contract_count == 0)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "chaincode without a contract");
    const char *const texts[] = {chaincode->title, chaincode->version, chaincode->description};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        if (texts[i] && !base_is_utf8(heddle_view_str(texts[i])))
            return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                             "the chaincode's title, version or description is not UTF-8");
    }
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "chaincode");
    cc_schemas schemas = {.arena = arena, .chaincode = chaincode};
    base_auto_buffer base_buffer metadata = {0};
    BASE_TRY(check_contracts(chaincode, &schemas, err));
    return cc_metadata_write(arena, chaincode, &metadata, err);
}
