#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "chaincode/stub.h"
#include "crypto/digest.h"
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

const heddle_view *heddle_cc_raw_args(const heddle_cc_stub *stub, size_t *out_count)
{
    *out_count = stub->input.arg_count;
    return stub->input.args;
}

heddle_status heddle_cc_args_joined(heddle_cc_stub *stub, heddle_view *out, heddle_error *err)
{
    base_buffer_clear(&stub->scratch);
    for (size_t i = 0; i < stub->input.arg_count; i++) {
        heddle_status st = base_buffer_append(&stub->scratch, stub->input.args[i]);
        if (st != HEDDLE_OK)
            return base_fail(err, st, "arguments");
    }
    return cc_stub_copy(stub, base_buffer_view(&stub->scratch), out, "arguments", err);
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

static heddle_status check_proposal(const heddle_cc_stub *stub, heddle_error *err)
{
    if (stub->has_proposal)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND, "the peer gave no proposal");
}

heddle_status heddle_cc_creator(const heddle_cc_stub *stub, heddle_cc_identity *out,
                                heddle_error *err)
{
    wire_identity identity;
    BASE_TRY(check_proposal(stub, err));
    BASE_TRY(wire_identity_read(stub->proposal.header.creator, &identity, err));
    *out = (heddle_cc_identity){.msp_id = identity.mspid, .cert_pem = identity.cert};
    return HEDDLE_OK;
}

heddle_status heddle_cc_creator_bytes(const heddle_cc_stub *stub, heddle_view *out,
                                      heddle_error *err)
{
    BASE_TRY(check_proposal(stub, err));
    *out = stub->proposal.header.creator;
    return HEDDLE_OK;
}

heddle_status heddle_cc_signed_proposal(const heddle_cc_stub *stub, heddle_view *out_proposal,
                                        heddle_view *out_signature, heddle_error *err)
{
    BASE_TRY(check_proposal(stub, err));
    *out_proposal = stub->proposal.bytes;
    *out_signature = stub->signature;
    return HEDDLE_OK;
}

/* SHA-256 of nonce, creator and epoch (little-endian). */
heddle_status heddle_cc_binding(heddle_cc_stub *stub, heddle_view *out, heddle_error *err)
{
    BASE_TRY(check_proposal(stub, err));
    const wire_header *header = &stub->proposal.header;
    uint8_t epoch[8];
    uint8_t digest[CRYPTO_SHA256_LEN];
    for (size_t i = 0; i < sizeof(epoch); i++)
        epoch[i] = (uint8_t)(header->epoch >> (8 * i));
    base_buffer *bytes = &stub->scratch;
    base_buffer_clear(bytes);
    heddle_status st = base_buffer_append(bytes, header->nonce);
    if (st == HEDDLE_OK)
        st = base_buffer_append(bytes, header->creator);
    if (st == HEDDLE_OK)
        st = base_buffer_append(bytes, heddle_view_of(epoch, sizeof(epoch)));
    if (st == HEDDLE_OK)
        st = crypto_sha256(base_buffer_view(bytes), digest);
    if (st != HEDDLE_OK)
        return base_fail(err, st, "binding");
    return cc_stub_copy(stub, heddle_view_of(digest, sizeof(digest)), out, "binding", err);
}

/* Of transient entries and decorations the last one of a name counts, as in maps of protobuf. */
heddle_status heddle_cc_transient(const heddle_cc_stub *stub, const char *name, heddle_view *out,
                                  heddle_error *err)
{
    for (size_t i = stub->proposal.transient_count; i > 0; i--) {
        if (base_view_is(stub->proposal.transient[i - 1].name, name)) {
            *out = stub->proposal.transient[i - 1].value;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_NOT_FOUND, "no transient entry %s", name);
}

size_t heddle_cc_transient_count(const heddle_cc_stub *stub)
{
    return stub->proposal.transient_count;
}

void heddle_cc_transient_at(const heddle_cc_stub *stub, size_t index, heddle_view *out_name,
                            heddle_view *out_value)
{
    bool is_there = index < stub->proposal.transient_count;
    *out_name = is_there ? stub->proposal.transient[index].name : VIEW("");
    *out_value = is_there ? stub->proposal.transient[index].value : VIEW("");
}

heddle_status heddle_cc_decoration(const heddle_cc_stub *stub, const char *name, heddle_view *out,
                                   heddle_error *err)
{
    for (size_t i = stub->input.decoration_count; i > 0; i--) {
        if (base_view_is(stub->input.decorations[i - 1].name, name)) {
            *out = stub->input.decorations[i - 1].value;
            return HEDDLE_OK;
        }
    }
    return base_fail(err, HEDDLE_E_NOT_FOUND, "no decoration %s", name);
}

size_t heddle_cc_decoration_count(const heddle_cc_stub *stub)
{
    return stub->input.decoration_count;
}

void heddle_cc_decoration_at(const heddle_cc_stub *stub, size_t index, heddle_view *out_name,
                             heddle_view *out_value)
{
    bool is_there = index < stub->input.decoration_count;
    *out_name = is_there ? stub->input.decorations[index].name : VIEW("");
    *out_value = is_there ? stub->input.decorations[index].value : VIEW("");
}
