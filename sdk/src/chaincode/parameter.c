/* Arguments read by the types of a transaction's parameters. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "chaincode/contract.h"
#include "chaincode/quote.h"
#include "chaincode/schema.h"
#include "chaincode/stub.h"

heddle_cc_type cc_parameter_type(const heddle_cc_parameter *parameter)
{
    return parameter->type == HEDDLE_CC_NONE ? HEDDLE_CC_STRING : parameter->type;
}

static heddle_status refuse(heddle_view arg, const char *wanted, heddle_error *err)
{
    char quote[CC_QUOTE_SIZE];
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%s is expected, and not %s", wanted,
                     cc_quote(arg, quote));
}

static heddle_status read_string(base_arena *arena, heddle_view arg, cc_value *out,
                                 heddle_error *err)
{
    if (!base_is_utf8(arg) || (arg.len && memchr(arg.data, 0, arg.len)))
        return refuse(arg, "text in UTF-8 without NUL", err);
    char *text = base_arena_str(arena, arg);
    if (!text)
        return base_arena_fail(arena, err, "argument");
    out->text = text;
    return HEDDLE_OK;
}

/* One text for each number: no plus, no leading zeros, no "-0". */
static bool is_decimal(const char *text)
{
    const char *digits = text + (text[0] == '-');
    if (digits[0] == '0')
        return digits == text && digits[1] == '\0';
    return digits[0] && digits[strspn(digits, "0123456789")] == '\0';
}

static heddle_status read_integer(heddle_view arg, cc_value *out, heddle_error *err)
{
    char text[24];
    if (arg.len >= sizeof(text))
        return refuse(arg, "an integer of 64 bits", err);
    if (arg.len)
        memcpy(text, arg.data, arg.len);
    text[arg.len] = '\0';
    if (strlen(text) != arg.len || !is_decimal(text))
        return refuse(arg, "an integer", err);
    errno = 0;
    int64_t value = strtoll(text, NULL, 10);
    if (errno)
        return refuse(arg, "an integer of 64 bits", err);
    out->integer = value;
    return HEDDLE_OK;
}

static heddle_status read_boolean(heddle_view arg, cc_value *out, heddle_error *err)
{
    out->truth = base_view_is(arg, "true");
    if (out->truth || base_view_is(arg, "false"))
        return HEDDLE_OK;
    return refuse(arg, "true or false", err);
}

static heddle_status read_json(heddle_cc_stub *stub, heddle_view arg, cc_value *out,
                               heddle_error *err)
{
    heddle_status st = cc_json_parse(stub->arena, arg, &out->json, err);
    return st == HEDDLE_E_DECODE ? HEDDLE_E_BAD_ARGUMENT : st;
}

static heddle_status read_value(heddle_cc_stub *stub, const heddle_cc_parameter *parameter,
                                size_t index, cc_value *out, heddle_error *err)
{
    heddle_view arg = heddle_cc_arg(stub, index);
    switch (cc_parameter_type(parameter)) {
    case HEDDLE_CC_STRING:
        return read_string(stub->arena, arg, out, err);
    case HEDDLE_CC_INTEGER:
        return read_integer(arg, out, err);
    case HEDDLE_CC_BOOLEAN:
        return read_boolean(arg, out, err);
    case HEDDLE_CC_JSON:
        return read_json(stub, arg, out, err);
    default:
        return HEDDLE_OK;
    }
}

/* The value as a schema sees it; @p room is for one that is no JSON. */
static const heddle_cc_json *as_json(heddle_cc_type type, const cc_value *value,
                                     heddle_cc_json *room)
{
    switch (type) {
    case HEDDLE_CC_INTEGER:
        *room = (heddle_cc_json){.kind = HEDDLE_CC_JSON_INTEGER, .integer = value->integer};
        return room;
    case HEDDLE_CC_BOOLEAN:
        *room = (heddle_cc_json){.kind = HEDDLE_CC_JSON_BOOLEAN, .truth = value->truth};
        return room;
    case HEDDLE_CC_JSON:
        return value->json;
    default:
        *room = (heddle_cc_json){.kind = HEDDLE_CC_JSON_TEXT, .text = heddle_view_str(value->text)};
        return room;
    }
}

static heddle_status check_value(cc_schemas *schemas, const heddle_cc_parameter *parameter,
                                 const cc_value *value, heddle_error *err)
{
    heddle_cc_json room, *schema = NULL;
    if (!parameter->schema)
        return HEDDLE_OK;
    BASE_TRY(cc_schema_parse(schemas, parameter->schema, &schema, err));
    return cc_schema_apply(schemas, schema, as_json(cc_parameter_type(parameter), value, &room),
                           err);
}

static heddle_status check_count(const heddle_cc_stub *stub, const heddle_cc_transaction *row,
                                 heddle_error *err)
{
    size_t given = heddle_cc_arg_count(stub), expected = row->parameter_count;
    char quote[CC_QUOTE_SIZE];
    if (given == expected)
        return HEDDLE_OK;
    base_fail(err, HEDDLE_E_BAD_ARGUMENT, "Expected %zu parameters, but %zu have been supplied",
              expected, given);
    if (!err)
        return HEDDLE_E_BAD_ARGUMENT;
    size_t len = strlen(err->message), room = sizeof(err->message) - len;
    if (given < expected)
        snprintf(err->message + len, room, ": parameter %s is missing",
                 row->parameters[given].name);
    else
        snprintf(err->message + len, room, ": %s is one too many",
                 cc_quote(heddle_cc_arg(stub, expected), quote));
    return HEDDLE_E_BAD_ARGUMENT;
}

heddle_status cc_parameters_read(heddle_cc_stub *stub, heddle_error *err)
{
    const heddle_cc_transaction *row = stub->invocation.transaction;
    cc_schemas schemas = {.arena = stub->arena, .chaincode = stub->invocation.chaincode};
    if (row->unchecked)
        return HEDDLE_OK;
    BASE_TRY(check_count(stub, row, err));
    cc_value *values = base_arena_zalloc(stub->arena, row->parameter_count + 1, sizeof(*values));
    if (!values)
        return base_arena_fail(stub->arena, err, "parameters");
    for (size_t i = 0; i < row->parameter_count; i++) {
        heddle_status st = read_value(stub, &row->parameters[i], i, &values[i], err);
        if (st == HEDDLE_OK)
            st = check_value(&schemas, &row->parameters[i], &values[i], err);
        if (st != HEDDLE_OK) {
            base_error_prefix(err, "parameter %s", row->parameters[i].name);
            return st;
        }
    }
    stub->invocation.values = values;
    stub->invocation.schemas = schemas.parsed;
    return HEDDLE_OK;
}

/* NULL: there is no such parameter, or it is of another type. */
static const cc_value *value_of(const heddle_cc_stub *stub, size_t index, heddle_cc_type type)
{
    const cc_invocation *invocation = &stub->invocation;
    if (!invocation->values || index >= invocation->transaction->parameter_count)
        return NULL;
    if (cc_parameter_type(&invocation->transaction->parameters[index]) != type)
        return NULL;
    return &invocation->values[index];
}

const char *heddle_cc_text(const heddle_cc_stub *stub, size_t index)
{
    const cc_value *value = value_of(stub, index, HEDDLE_CC_STRING);
    return value ? value->text : NULL;
}

int64_t heddle_cc_integer(const heddle_cc_stub *stub, size_t index)
{
    const cc_value *value = value_of(stub, index, HEDDLE_CC_INTEGER);
    return value ? value->integer : 0;
}

bool heddle_cc_boolean(const heddle_cc_stub *stub, size_t index)
{
    const cc_value *value = value_of(stub, index, HEDDLE_CC_BOOLEAN);
    return value && value->truth;
}

heddle_cc_json *heddle_cc_json_param(const heddle_cc_stub *stub, size_t index)
{
    const cc_value *value = value_of(stub, index, HEDDLE_CC_JSON);
    return value ? value->json : NULL;
}

heddle_view heddle_cc_bytes(const heddle_cc_stub *stub, size_t index)
{
    return heddle_cc_arg(stub, index);
}
