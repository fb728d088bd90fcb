#include "bare_stub.h"

#include "base/fail.h"
#include "support/suite.h"
#include "wire/identity.h"
#include "wire/proposal.h"

static heddle_status refuse(void *user, cc_type type, heddle_view payload, heddle_view *out,
                            heddle_error *err)
{
    (void)user;
    (void)payload;
    (void)out;
    return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s: there is no peer", cc_type_name(type));
}

static const cc_port no_peer = {.ask = refuse};
static const cc_limits no_limits = {0};

static heddle_view signed_proposal(base_arena *arena, heddle_view creator)
{
    char tx_id[WIRE_TX_ID_SIZE];
    heddle_view function = VIEW("f"), proposal, bytes;
    wire_proposal_draft draft = {.channel = VIEW("mychannel"),
                                 .chaincode = VIEW("bare"),
                                 .creator = creator,
                                 .nonce = VIEW("nonce"),
                                 .args = &function,
                                 .arg_count = 1};
    ck_assert_int_eq(wire_proposal_write(&draft, arena, &proposal, tx_id, NULL), HEDDLE_OK);
    ck_assert_int_eq(wire_signed_proposal_write(proposal, VIEW("signature"), arena, &bytes, NULL),
                     HEDDLE_OK);
    return bytes;
}

heddle_cc_stub *bare_stub_new(base_arena *arena, heddle_view msp_id, heddle_view cert)
{
    base_buffer creator = {0};
    heddle_cc_stub *stub = NULL;
    heddle_error err;
    cc_message start = {.type = CC_TRANSACTION, .tx_id = VIEW("tx1"), .channel = VIEW("mychannel")};
    if (msp_id.len) {
        ck_assert_int_eq(wire_identity_write(msp_id, cert, &creator), HEDDLE_OK);
        start.proposal = signed_proposal(arena, base_buffer_view(&creator));
        base_buffer_done(&creator);
    }
    ck_assert_msg(cc_stub_new(&start, &no_peer, &no_limits, &stub, &err) == HEDDLE_OK, "%s",
                  err.message);
    return stub;
}
