/* Revocation on every channel that the network's orderers serve. */
#include "base/fail.h"
#include "devnet/config/change.h"
#include "devnet/network/state.h"

heddle_status dn_network_revoke(dn_network *net, const char *msp_id, heddle_view crl,
                                heddle_error *err)
{
    for (size_t i = 0;; i++) {
        base_auto(dn_chain) dn_chain *chain = dn_chains_at(net->chains, i);
        if (!chain)
            return HEDDLE_OK;
        heddle_status status = dn_chain_revoke(chain, net->material, msp_id, crl, err);
        if (status == HEDDLE_OK || status == HEDDLE_E_NOT_FOUND)
            continue;
        base_error_prefix(err, "channel %s", chain->channel.name);
        return status;
    }
}
