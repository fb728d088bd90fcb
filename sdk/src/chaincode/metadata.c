/* The document that describes a chaincode's contracts to its clients: the official metadata. */
#include "base/fail.h"
#include "chaincode/contract.h"
#include "chaincode/schema.h"

static const char schema_url[] =
    "https://hyperledger.github.io/fabric-chaincode-node/main/api/contract-schema.json";

static heddle_cc_json *object(const cc_schemas *schemas)
{
    return cc_json_container(schemas->arena, HEDDLE_CC_JSON_OBJECT);
}

static heddle_cc_json *array(const cc_schemas *schemas)
{
    return cc_json_container(schemas->arena, HEDDLE_CC_JSON_ARRAY);
}

static const char *either(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static heddle_cc_json *info(const cc_schemas *schemas, const char *title, const char *version,
                            const char *description)
{
    heddle_cc_json *out = object(schemas);
    heddle_cc_json_set_text(out, "title", either(title, ""));
    heddle_cc_json_set_text(out, "version", either(version, ""));
    if (description)
        heddle_cc_json_set_text(out, "description", description);
    return out;
}

/* Both ways in which the official contract APIs spell a kind. */
static heddle_cc_json *tags(const cc_schemas *schemas, heddle_cc_kind kind)
{
    heddle_cc_json *out = array(schemas);
    heddle_cc_json_append_text(out, kind == HEDDLE_CC_SUBMIT ? "submit" : "evaluate");
    heddle_cc_json_append_text(out, kind == HEDDLE_CC_SUBMIT ? "SUBMIT" : "EVALUATE");
    if (kind == HEDDLE_CC_SUBMIT)
        heddle_cc_json_append_text(out, "submitTx");
    return out;
}

static void set_type(heddle_cc_json *schema, heddle_cc_type type)
{
    static const char *const names[] = {[HEDDLE_CC_NONE] = "string",
                                        [HEDDLE_CC_STRING] = "string",
                                        [HEDDLE_CC_INTEGER] = "integer",
                                        [HEDDLE_CC_BOOLEAN] = "boolean",
                                        [HEDDLE_CC_BYTES] = "string"};
    static const char *const formats[] = {
        [HEDDLE_CC_INTEGER] = "int64", [HEDDLE_CC_BYTES] = "binary"};
    if (type == HEDDLE_CC_JSON || heddle_cc_json_member(schema, "$ref"))
        return;
    heddle_cc_json_set_text(schema, "type", names[type]);
    if (type < BASE_COUNT(formats) && formats[type] && !heddle_cc_json_member(schema, "format"))
        heddle_cc_json_set_text(schema, "format", formats[type]);
}

static heddle_status schema_of(cc_schemas *schemas, heddle_cc_type type, const char *text,
                               heddle_cc_json **out, heddle_error *err)
{
    heddle_cc_json *schema = NULL;
    BASE_TRY(cc_schema_parse(schemas, either(text, "{}"), &schema, err));
    set_type(schema, type);
    *out = schema;
    return HEDDLE_OK;
}

static heddle_status add_parameter(cc_schemas *schemas, const heddle_cc_parameter *parameter,
                                   heddle_cc_json *list, heddle_error *err)
{
    heddle_cc_json *out = object(schemas), *schema = NULL;
    BASE_TRY(schema_of(schemas, parameter->type, parameter->schema, &schema, err));
    heddle_cc_json_set_text(out, "name", parameter->name);
    heddle_cc_json_set(out, "schema", schema);
    if (parameter->description)
        heddle_cc_json_set_text(out, "description", parameter->description);
    heddle_cc_json_append(list, out);
    return HEDDLE_OK;
}

static heddle_status add_transaction(cc_schemas *schemas, const heddle_cc_transaction *row,
                                     heddle_cc_json *list, heddle_error *err)
{
    heddle_cc_json *out = object(schemas), *parameters = array(schemas), *returns = NULL;
    heddle_cc_json_set_text(out, "name", row->name);
    heddle_cc_json_set(out, "tag", tags(schemas, row->kind));
    for (size_t i = 0; i < row->parameter_count; i++)
        BASE_TRY(add_parameter(schemas, &row->parameters[i], parameters, err));
    if (!row->unchecked)
        heddle_cc_json_set(out, "parameters", parameters);
    if (row->returns != HEDDLE_CC_NONE) {
        BASE_TRY(schema_of(schemas, row->returns, row->returns_schema, &returns, err));
        heddle_cc_json_set(out, "returns", returns);
    }
    heddle_cc_json_append(list, out);
    return HEDDLE_OK;
}

static heddle_status add_contract(cc_schemas *schemas, const heddle_cc_contract *contract,
                                  bool is_default, heddle_cc_json *contracts, heddle_error *err)
{
    heddle_cc_json *out = object(schemas), *instance = object(schemas);
    heddle_cc_json *transactions = array(schemas);
    heddle_cc_json_set_text(instance, "name", contract->name);
    if (is_default) {
        heddle_cc_json_set_boolean(instance, "default", true);
        heddle_cc_json_set_boolean(out, "default", true);
    }
    for (size_t i = 0; i < contract->transaction_count; i++)
        BASE_TRY(add_transaction(schemas, &contract->transactions[i], transactions, err));
    heddle_cc_json_set_text(out, "name", contract->name);
    heddle_cc_json_set(out, "contractInstance", instance);
    heddle_cc_json_set(out, "transactions", transactions);
    heddle_cc_json_set(out, "info",
                       info(schemas, contract->title, contract->version, contract->description));
    heddle_cc_json_set(contracts, contract->name, out);
    return HEDDLE_OK;
}

static heddle_status add_contracts(cc_schemas *schemas, heddle_cc_json *document, heddle_error *err)
{
    static const heddle_cc_transaction get_metadata = {
        .name = CC_GET_METADATA, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_STRING};
    static const heddle_cc_contract own = {
        .name = CC_SYSTEM_CONTRACT, .transactions = &get_metadata, .transaction_count = 1};
    const heddle_cc_chaincode *chaincode = schemas->chaincode;
    heddle_cc_json *contracts = object(schemas);
    for (size_t i = 0; i < chaincode->contract_count; i++)
        BASE_TRY(add_contract(schemas, chaincode->contracts[i], i == 0, contracts, err));
    BASE_TRY(add_contract(schemas, &own, false, contracts, err));
    heddle_cc_json_set(document, "contracts", contracts);
    return HEDDLE_OK;
}

static heddle_status add_schemas(cc_schemas *schemas, const heddle_cc_contract *contract,
                                 heddle_cc_json *out, heddle_error *err)
{
    for (size_t i = 0; i < contract->schema_count; i++) {
        heddle_cc_json *schema = NULL;
        const char *name = contract->schemas[i].name;
        BASE_TRY(cc_schemas_find(schemas, heddle_view_str(name), &schema, err));
        heddle_cc_json_set_text(schema, "$id", name);
        heddle_cc_json_set(out, name, schema);
    }
    return HEDDLE_OK;
}

static heddle_status add_components(cc_schemas *schemas, heddle_cc_json *document,
                                    heddle_error *err)
{
    heddle_cc_json *components = object(schemas), *named = object(schemas);
    for (size_t i = 0; i < schemas->chaincode->contract_count; i++)
        BASE_TRY(add_schemas(schemas, schemas->chaincode->contracts[i], named, err));
    heddle_cc_json_set(components, "schemas", named);
    heddle_cc_json_set(document, "components", components);
    return HEDDLE_OK;
}

heddle_status cc_metadata_write(base_arena *arena, const heddle_cc_chaincode *chaincode,
                                base_buffer *out, heddle_error *err)
{
    cc_schemas schemas = {.arena = arena, .chaincode = chaincode};
    const heddle_cc_contract *first = chaincode->contracts[0];
    heddle_cc_json *document = object(&schemas);
    heddle_cc_json_set_text(document, "$schema", schema_url);
    heddle_cc_json_set(document, "info",
                       info(&schemas, either(chaincode->title, first->title),
                            either(chaincode->version, first->version),
                            either(chaincode->description, first->description)));
    BASE_TRY(add_contracts(&schemas, document, err));
    BASE_TRY(add_components(&schemas, document, err));
    heddle_status st = cc_json_write(document, out, err);
    if (st != HEDDLE_OK)
        base_error_prefix(err, "metadata");
    return st;
}

heddle_status heddle_cc_chaincode_metadata(const heddle_cc_chaincode *chaincode, char **out,
                                           heddle_error *err)
{
    size_t len;
    base_auto_buffer base_buffer text = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "metadata");
    BASE_TRY(heddle_cc_chaincode_check(chaincode, err));
    BASE_TRY(cc_metadata_write(arena, chaincode, &text, err));
    if (!base_buffer_cstr(&text))
        return base_fail_memory(err, "metadata");
    *out = (char *)base_buffer_take(&text, &len);
    return HEDDLE_OK;
}
