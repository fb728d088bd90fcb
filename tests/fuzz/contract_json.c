/*
 * A JSON value and a schema of a stranger: no crash, no hang; what is read is written in a form
 * that reads as the same value, and writes the same again. The input is the schema, a zero byte,
 * and the value.
 */
#include <stdlib.h>
#include <string.h>

#include "chaincode/contract.h"
#include "chaincode/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const heddle_cc_schema named[] = {
    {"Tree", "{\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/Tree\"}},"
             "\"items\":{\"$ref\":\"#/components/schemas/Tree\"},\"uniqueItems\":true}"}};
static const heddle_cc_contract contract = {
    .size = sizeof(contract), .name = "C", .schemas = named, .schema_count = 1};
static const heddle_cc_contract *const contracts[] = {&contract};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 1};

static void check_form(base_arena *arena, const heddle_cc_json *value)
{
    base_auto_buffer base_buffer first = {0}, second = {0};
    heddle_cc_json *again = NULL;
    if (cc_json_write(value, &first, NULL) != HEDDLE_OK)
        abort();
    heddle_status st = cc_json_parse(arena, base_buffer_view(&first), &again, NULL);
    if (st == HEDDLE_E_TOO_LARGE)
        return;
    if (st != HEDDLE_OK || cc_json_write(again, &second, NULL) != HEDDLE_OK)
        abort();
    if (!base_view_equal(base_buffer_view(&first), base_buffer_view(&second)) ||
        cc_json_compare(value, again) != 0)
        abort();
}

static void apply(cc_schemas *schemas, heddle_view text, const heddle_cc_json *value)
{
    heddle_error err;
    heddle_cc_json *schema = NULL;
    if (cc_json_parse(schemas->arena, text, &schema, &err) == HEDDLE_OK &&
        cc_schema_check(schemas, schema, true, &err) == HEDDLE_OK &&
        cc_schema_check_loops(schemas, schema, &err) == HEDDLE_OK)
        (void)!cc_schema_apply(schemas, schema, value, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t len = zero ? (size_t)(zero - data) : 0;
    heddle_view text = heddle_view_of(data, len);
    heddle_view bytes =
        zero ? heddle_view_of(zero + 1, size - len - 1) : heddle_view_of(data, size);
    base_auto(arena) base_arena *arena = base_arena_new(8u << 20);
    cc_schemas schemas = {.arena = arena, .chaincode = &chaincode};
    heddle_cc_json *value = NULL;
    heddle_error err;
    if (!arena || cc_json_parse(arena, bytes, &value, &err) != HEDDLE_OK)
        return 0;
    check_form(arena, value);
    apply(&schemas, text, value);
    return 0;
}
