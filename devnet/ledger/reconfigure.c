#include "devnet/ledger/reconfigure.h"

#include "base/fail.h"
#include "wire/config_update.h"
#include "wire/envelope.h"

static heddle_status follow(const wire_bundle *bundle, const wire_block *block, wire_bundle **out,
                            heddle_error *err)
{
    wire_envelope envelope;
    BASE_TRY(wire_envelope_read(block->envelopes[0], &envelope, err));
    heddle_status status = wire_config_update_validate(bundle, envelope.data, out, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "the configuration in block %llu",
                          (unsigned long long)block->number);
    return status;
}

heddle_status dn_reconfigure(const wire_bundle *bundle, const wire_block *block, const wire_tx *txs,
                             uint8_t *flags, wire_bundle **out, heddle_error *err)
{
    bool is_config = false;
    *out = NULL;
    for (size_t i = 0; i < block->tx_count; i++) {
        if (txs[i].type != WIRE_TX_CONFIG || flags[i] != WIRE_CODE_VALID)
            continue;
        is_config = block->tx_count == 1;
        if (!is_config)
            flags[i] = WIRE_CODE_INVALID_CONFIG_TRANSACTION;
    }
    return is_config ? follow(bundle, block, out, err) : HEDDLE_OK;
}
