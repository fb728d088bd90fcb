/* Chaincode to chaincode. */
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"

enum { STATUS_ERROR = 500 };

/* "name" or "name/channel" */
static heddle_status full_name(heddle_cc_stub *stub, const char *chaincode, const char *channel,
                               heddle_view *out, heddle_error *err)
{
    if (!chaincode || !chaincode[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no chaincode to call");
    if (!base_is_utf8(heddle_view_str(chaincode)) || !base_is_utf8(heddle_view_str(channel)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "chaincode or channel to call is not UTF-8");
    const char *name = channel && channel[0]
                           ? base_arena_printf(stub->arena, "%s/%s", chaincode, channel)
                           : chaincode;
    if (!name)
        return base_arena_fail(stub->arena, err, "name of the chaincode to call");
    *out = heddle_view_str(name);
    return HEDDLE_OK;
}

static void take_words(heddle_view words, heddle_cc_response *out)
{
    *out = (heddle_cc_response){.status = STATUS_ERROR, .message = words, .payload = words};
}

static heddle_status take_answer(heddle_view answer, heddle_cc_response *out, heddle_error *err)
{
    cc_message last;
    wire_response response = {0};
    BASE_TRY(cc_message_read(answer, &last, err));
    if (last.type != CC_COMPLETED) {
        take_words(last.payload, out);
        return HEDDLE_OK;
    }
    BASE_TRY(wire_shape_read(&wire_response_shape, last.payload, NULL, &response, err));
    *out = (heddle_cc_response){
        .status = response.status, .message = response.message, .payload = response.payload};
    return HEDDLE_OK;
}

/* What the peer itself refuses is told as if the chaincode had: so do the official shims. */
heddle_status heddle_cc_call(heddle_cc_stub *stub, const char *chaincode, const char *channel,
                             const heddle_view *args, size_t count, heddle_cc_response *out,
                             heddle_error *err)
{
    heddle_view answer = {0};
    heddle_error why;
    cc_spec spec = {.input = {.args = args, .arg_count = count}};
    BASE_TRY(full_name(stub, chaincode, channel, &spec.chaincode.name, err));
    heddle_status st = cc_stub_ask(stub, CC_INVOKE_CHAINCODE, &cc_spec_shape, &spec, &answer, &why);
    if (st == HEDDLE_OK)
        return take_answer(answer, out, err);
    if (st != HEDDLE_E_REFUSED)
        return base_fail(err, st, "%s", why.message);
    if (answer.len == 0)
        BASE_TRY(cc_stub_copy(stub, heddle_view_str(why.message), &answer, "answer", err));
    take_words(answer, out);
    return HEDDLE_OK;
}
