/* Any bytes as a client's certificate, as the attributes in one, and as a policy of a key. */
#include "heddle/chaincode_identity.h"
#include "heddle/chaincode_policy.h"

#include <stdlib.h>

#include "base/view.h"
#include "chaincode/stub.h"
#include "wire/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static heddle_status refuse(void *user, cc_type type, heddle_view payload, heddle_view *out,
                            heddle_error *err)
{
    (void)user;
    (void)type;
    (void)payload;
    (void)out;
    (void)err;
    return HEDDLE_E_UNAVAILABLE;
}

static heddle_cc_stub *stub_of(heddle_view cert, base_arena *arena)
{
    static const cc_port port = {.ask = refuse};
    static const cc_limits limits = {0};
    char tx_id[WIRE_TX_ID_SIZE];
    base_auto_buffer base_buffer creator = {0};
    heddle_cc_stub *stub = NULL;
    heddle_view proposal;
    cc_message start = {.type = CC_TRANSACTION, .tx_id = VIEW("t"), .channel = VIEW("c")};
    if (wire_identity_write(VIEW("MSP"), cert, &creator) != HEDDLE_OK)
        return NULL;
    wire_proposal_draft draft = {.channel = VIEW("c"),
                                 .chaincode = VIEW("cc"),
                                 .creator = base_buffer_view(&creator),
                                 .nonce = VIEW("n")};
    if (wire_proposal_write(&draft, arena, &proposal, tx_id, NULL) == HEDDLE_OK &&
        wire_signed_proposal_write(proposal, VIEW("s"), arena, &start.proposal, NULL) == HEDDLE_OK)
        (void)!cc_stub_new(&start, &port, &limits, &stub, NULL);
    return stub;
}

static void try_policy(heddle_cc_stub *stub, heddle_view bytes)
{
    heddle_cc_policy *policy, *again;
    heddle_view written;
    heddle_error err;
    if (heddle_cc_policy_read(stub, bytes, &policy, &err) != HEDDLE_OK)
        return;
    if (heddle_cc_policy_write(policy, &written, &err) != HEDDLE_OK ||
        heddle_cc_policy_read(stub, written, &again, &err) != HEDDLE_OK ||
        heddle_cc_policy_count(again) != heddle_cc_policy_count(policy))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_view bytes = heddle_view_of(data, size);
    base_arena *arena = base_arena_new(0);
    heddle_cc_stub *stub = arena ? stub_of(bytes, arena) : NULL;
    const char *text;
    heddle_cc_certificate cert;
    heddle_error err;
    if (stub) {
        (void)!heddle_cc_client_id(stub, &text, &err);
        (void)!heddle_cc_client_cert(stub, &cert, &err);
        (void)!heddle_cc_client_attribute(stub, "hf.Type", &text, &err);
        (void)!heddle_cc_client_assert(stub, "hf.Type", "client", &err);
        try_policy(stub, bytes);
    }
    cc_stub_free(stub);
    base_arena_free(arena);
    return 0;
}
