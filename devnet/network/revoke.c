/* Revocation on every channel that the network's orderers serve. */
#include "base/fail.h"
#include "devnet/config/change.h"
#include "devnet/network/state.h"

/* NOT_FOUND: the organisation is not on the channel. */
static heddle_status revoke_on(dn_network *net, dn_chain *chain, const char *msp_id,
                               heddle_view crl, heddle_error *err)
{
    heddle_status status = dn_chain_revoke(chain, net->material, msp_id, crl, err);
    if (status == HEDDLE_OK || status == HEDDLE_E_NOT_FOUND)
        return HEDDLE_OK;
    base_error_prefix(err, "channel %s", chain->channel.name);
    return status;
}

/* A channel that takes no list keeps it from no other channel. */
heddle_status dn_network_revoke(dn_network *net, const char *msp_id, heddle_view crl,
                                heddle_error *err)
{
    heddle_status first = HEDDLE_OK;
    for (size_t i = 0;; i++) {
        heddle_error why;
        base_auto(dn_chain) dn_chain *chain = dn_chains_at(net->chains, i);
        if (!chain)
            return first;
        heddle_status status = revoke_on(net, chain, msp_id, crl, &why);
        if (status == HEDDLE_OK || first != HEDDLE_OK)
            continue;
        first = status;
        if (err)
            *err = why;
    }
}
