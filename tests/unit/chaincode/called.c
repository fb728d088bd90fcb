#include "called.h"

#include <stdio.h>

#include "bare_stub.h"
#include "support/suite.h"

static called call(const heddle_cc_chaincode *chaincode, bool init, const heddle_view *args,
                   size_t count, base_arena *own)
{
    called result = {.status = HEDDLE_OK};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    heddle_cc_stub *stub = bare_stub_new(arena, heddle_view_of(NULL, 0), heddle_view_of(NULL, 0));
    char function[4096] = "";
    if (own) {
        base_arena_free(stub->arena);
        stub->arena = own;
    }
    snprintf(function, sizeof(function), "%.*s", count ? (int)args[0].len : 0,
             count ? (const char *)args[0].data : "");
    stub->input = (cc_input){.args = args, .arg_count = count};
    stub->function = function;
    result.status = cc_chaincode_run(stub, chaincode, init, &result.err);
    result.response = stub->response.status;
    ck_assert_uint_lt(stub->response.payload.len, sizeof(result.payload));
    if (stub->response.payload.len)
        memcpy(result.payload, stub->response.payload.data, stub->response.payload.len);
    cc_stub_free(stub);
    return result;
}

called call_chaincode(const heddle_cc_chaincode *chaincode, bool init, const heddle_view *args,
                      size_t count)
{
    return call(chaincode, init, args, count, NULL);
}

called call_in_little_memory(const heddle_cc_chaincode *chaincode, const heddle_view *args,
                             size_t count, size_t left)
{
    return call(chaincode, false, args, count, base_arena_new(left));
}

called call_texts(const heddle_cc_chaincode *chaincode, const char *const *args, size_t count)
{
    heddle_view views[16];
    for (size_t i = 0; i < count; i++)
        views[i] = heddle_view_str(args[i]);
    return call_chaincode(chaincode, false, views, count);
}

void expect_refused(called result, const char *message)
{
    ck_assert_int_ne(result.status, HEDDLE_OK);
    ck_assert_str_eq(result.err.message, message);
}

void expect_answer(called result, const char *payload)
{
    ck_assert_msg(result.status == HEDDLE_OK, "%s", result.err.message);
    ck_assert_str_eq(result.payload, payload);
}
