/* JSON values in a stub's memory, on their way to and from the ledger. */
#include "base/fail.h"
#include "chaincode/json.h"
#include "chaincode/quote.h"
#include "chaincode/schema.h"
#include "chaincode/stub.h"

enum { WRITE_LIMIT = 100 << 20 }; /* as much as one message to a peer may hold */

heddle_status heddle_cc_json_parse(heddle_cc_stub *stub, heddle_view text, heddle_cc_json **out,
                                   heddle_error *err)
{
    return cc_json_parse(stub->arena, text, out, err);
}

heddle_status heddle_cc_json_check(heddle_cc_stub *stub, const heddle_cc_json *json,
                                   const char *schema, heddle_error *err)
{
    cc_schemas schemas = {.arena = stub->arena,
                          .chaincode = stub->invocation.chaincode,
                          .parsed = stub->invocation.schemas};
    heddle_cc_json *named = NULL;
    if (!json)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "there is no value");
    heddle_status st = cc_schemas_find(&schemas, heddle_view_str(schema), &named, err);
    if (st == HEDDLE_OK)
        st = cc_schema_apply(&schemas, named, json, err);
    stub->invocation.schemas = schemas.parsed;
    return st;
}

heddle_cc_json *heddle_cc_json_object(heddle_cc_stub *stub)
{
    return cc_json_container(stub->arena, HEDDLE_CC_JSON_OBJECT);
}

heddle_cc_json *heddle_cc_json_array(heddle_cc_stub *stub)
{
    return cc_json_container(stub->arena, HEDDLE_CC_JSON_ARRAY);
}

heddle_status heddle_cc_json_write(heddle_cc_stub *stub, const heddle_cc_json *json,
                                   heddle_view *out, heddle_error *err)
{
    base_auto_buffer base_buffer buf = {.limit = WRITE_LIMIT};
    BASE_TRY(cc_json_write(json, &buf, err));
    char *kept = base_arena_str(stub->arena, base_buffer_view(&buf));
    if (!kept)
        return base_arena_fail(stub->arena, err, "JSON value");
    *out = heddle_view_of(kept, buf.len);
    return HEDDLE_OK;
}

heddle_status heddle_cc_reply_json(heddle_cc_stub *stub, const heddle_cc_json *json,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer buf = {.limit = WRITE_LIMIT};
    BASE_TRY(cc_json_write(json, &buf, err));
    return heddle_cc_reply(stub, base_buffer_view(&buf), err);
}

heddle_status heddle_cc_put_json(heddle_cc_stub *stub, heddle_view key, const heddle_cc_json *json,
                                 heddle_error *err)
{
    heddle_view bytes = {0};
    BASE_TRY(heddle_cc_json_write(stub, json, &bytes, err));
    return heddle_cc_put_state(stub, key, bytes, err);
}

heddle_status heddle_cc_get_json(heddle_cc_stub *stub, heddle_view key, heddle_cc_json **out,
                                 heddle_error *err)
{
    heddle_view bytes = {0};
    char quote[CC_QUOTE_SIZE];
    BASE_TRY(heddle_cc_get_state(stub, key, &bytes, err));
    if (!bytes.len) {
        *out = NULL;
        return HEDDLE_OK;
    }
    heddle_status st = cc_json_parse(stub->arena, bytes, out, err);
    if (st != HEDDLE_OK)
        base_error_prefix(err, "value of the key %s", cc_quote(key, quote));
    return st;
}
