#include "heddle/contract.h"

#include <stdatomic.h>

#include "base/fail.h"
#include "client/proposal.h"

BASE_AUTO_DEFINE(heddle_contract, heddle_contract *, heddle_contract_unref)

static bool split(heddle_contract *contract, const char *name)
{
    const char *colon = strchr(name, ':');
    size_t len = colon ? (size_t)(colon - name) : strlen(name);
    contract->chaincode = base_strdup_view(heddle_view_of(name, len));
    base_auto_buffer base_buffer prefix = {0};
    if (!contract->chaincode || base_buffer_append_str(&prefix, colon ? colon + 1 : "") ||
        (colon && base_buffer_append_byte(&prefix, ':')))
        return false;
    contract->prefix = base_strdup_view(base_buffer_view(&prefix));
    return contract->prefix != NULL;
}

heddle_status heddle_contract_new(heddle_gateway *gateway, heddle_identity *identity,
                                  const char *channel, const char *chaincode, heddle_contract **out,
                                  heddle_error *err)
{
    if (!gateway || !identity)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "contract: gateway or identity is NULL");
    if (!channel || !*channel || !chaincode || !*chaincode || *chaincode == ':')
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "contract: the name of channel or chaincode is empty");
    base_auto(heddle_contract) heddle_contract *contract = base_calloc(1, sizeof(*contract));
    if (!contract)
        return base_fail_memory(err, "contract");
    atomic_init(&contract->refs, 1);
    client_binding_follow(&contract->binding, gateway, identity);
    contract->channel = base_strdup(channel);
    if (!contract->channel || !split(contract, chaincode))
        return base_fail_memory(err, "contract");
    *out = base_steal(&contract);
    return HEDDLE_OK;
}

heddle_contract *heddle_contract_ref(heddle_contract *contract)
{
    atomic_fetch_add_explicit(&contract->refs, 1, memory_order_relaxed);
    return contract;
}

void heddle_contract_unref(heddle_contract *contract)
{
    if (!contract || atomic_fetch_sub_explicit(&contract->refs, 1, memory_order_acq_rel) != 1)
        return;
    client_binding_done(&contract->binding);
    base_free(contract->channel);
    base_free(contract->chaincode);
    base_free(contract->prefix);
    base_free(contract);
}
