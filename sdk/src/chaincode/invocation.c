#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"
#include "wire/identity.h"

const char *heddle_cc_function_name(const heddle_cc_stub *stub)
{
    return stub->function_name ? stub->function_name : stub->function;
}

size_t heddle_cc_arg_count(const heddle_cc_stub *stub)
{
    return stub->input.arg_count ? stub->input.arg_count - 1 : 0;
}

heddle_view heddle_cc_arg(const heddle_cc_stub *stub, size_t index)
{
    if (index >= heddle_cc_arg_count(stub))
        return heddle_view_of(NULL, 0);
    return stub->input.args[index + 1];
}

const char *heddle_cc_arg_text(heddle_cc_stub *stub, size_t index)
{
    heddle_view arg = heddle_cc_arg(stub, index);
    if (index >= heddle_cc_arg_count(stub) || !base_is_utf8(arg))
        return NULL;
    if (arg.len && memchr(arg.data, 0, arg.len))
        return NULL;
    return base_arena_str(stub->arena, arg);
}

heddle_status heddle_cc_expect_args(const heddle_cc_stub *stub, size_t count, heddle_error *err)
{
    size_t given = heddle_cc_arg_count(stub);
    if (given == count)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "Incorrect number of params. Expected %zu, received %zu", count, given);
}

const char *heddle_cc_tx_id(const heddle_cc_stub *stub)
{
    return stub->tx_id;
}

const char *heddle_cc_channel(const heddle_cc_stub *stub)
{
    return stub->channel;
}

void heddle_cc_timestamp(const heddle_cc_stub *stub, int64_t *out_seconds, int32_t *out_nanos)
{
    *out_seconds = stub->proposal.header.time.seconds;
    *out_nanos = stub->proposal.header.time.nanos;
}

heddle_status heddle_cc_creator(const heddle_cc_stub *stub, heddle_cc_identity *out,
                                heddle_error *err)
{
    wire_identity identity;
    if (!stub->has_proposal)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the peer gave no proposal");
    BASE_TRY(wire_identity_read(stub->proposal.header.creator, &identity, err));
    *out = (heddle_cc_identity){.msp_id = identity.mspid, .cert_pem = identity.cert};
    return HEDDLE_OK;
}

heddle_status heddle_cc_transient(const heddle_cc_stub *stub, const char *name, heddle_view *out,
                                  heddle_error *err)
{
    for (size_t i = 0; i < stub->proposal.transient_count; i++) {
        if (base_view_is(stub->proposal.transient[i].name, name)) {
            *out = stub->proposal.transient[i].value;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_NOT_FOUND, "no transient entry %s", name);
}
