#include "devnet/ledger/validate.h"

#include "base/fail.h"
#include "base/map.h"
#include "devnet/ledger/endorsement.h"
#include "devnet/ledger/frame.h"

heddle_status dn_tx_read(heddle_view envelope, base_arena *arena, wire_tx *out, heddle_error *err)
{
    heddle_status status = wire_tx_read(envelope, arena, out, err);
    if (status != HEDDLE_E_TOO_LARGE)
        return status;
    wire_tx_read_header(envelope, out);
    return HEDDLE_OK;
}

static heddle_status judge_tx(dn_judge *judge, uint64_t number, heddle_view envelope,
                              const wire_tx *tx, wire_code *out, heddle_error *err)
{
    const dn_validator *validator = judge->validator;
    dn_version found;
    BASE_TRY(dn_frame_check(validator->bundle, envelope, tx, out, err));
    if (*out != WIRE_CODE_VALID || tx->type != WIRE_TX_ENDORSER)
        return HEDDLE_OK;
    if (dn_index_find_tx(validator->index, tx->tx_id, &found) && found.block < number) {
        *out = WIRE_CODE_DUPLICATE_TXID;
        return HEDDLE_OK;
    }
    return dn_endorsement_check(judge, tx, out, err);
}

static heddle_status judge_each(dn_judge *judge, const wire_block *block, wire_tx *txs,
                                uint8_t *flags, heddle_error *err)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        wire_code code;
        BASE_TRY(dn_tx_read(block->envelopes[i], judge->arena, &txs[i], err));
        BASE_TRY(judge_tx(judge, block->number, block->envelopes[i], &txs[i], &code, err));
        flags[i] = (uint8_t)code;
    }
    return HEDDLE_OK;
}

/* Of several valid transactions with one id only the first stays valid. */
static heddle_status mark_duplicates(const wire_tx *txs, size_t count, uint8_t *flags)
{
    base_map *seen = base_map_new();
    heddle_status status = seen ? HEDDLE_OK : HEDDLE_E_NO_MEMORY;
    for (size_t i = 0; i < count && status == HEDDLE_OK; i++) {
        if (flags[i] != WIRE_CODE_VALID || txs[i].type != WIRE_TX_ENDORSER)
            continue;
        if (base_map_get(seen, txs[i].tx_id))
            flags[i] = WIRE_CODE_DUPLICATE_TXID;
        else
            status = base_map_put(seen, txs[i].tx_id, seen, NULL);
    }
    base_map_free(seen, NULL);
    return status;
}

static heddle_status check_reads(const wire_block *block, const wire_tx *txs, dn_batch *batch,
                                 uint8_t *flags, heddle_error *err)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        const wire_rwset *rwset = &txs[i].action.result.results;
        wire_code code;
        if (flags[i] != WIRE_CODE_VALID || txs[i].type != WIRE_TX_ENDORSER)
            continue;
        BASE_TRY(dn_batch_check(batch, rwset, &code, err));
        flags[i] = (uint8_t)code;
        if (code == WIRE_CODE_VALID)
            BASE_TRY(dn_batch_apply(batch, rwset, (dn_version){block->number, i}, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_validate_block(const dn_validator *validator, const wire_block *block,
                                base_arena *arena, dn_batch *batch, wire_tx *txs, uint8_t *flags,
                                heddle_error *err)
{
    base_auto(dn_state) dn_state *parameters = dn_state_new();
    if (!parameters)
        return base_fail_memory(err, "validation");
    dn_judge judge = {
        .validator = validator, .state = batch->base, .parameters = parameters, .arena = arena};
    BASE_TRY(judge_each(&judge, block, txs, flags, err));
    if (mark_duplicates(txs, block->tx_count, flags) != HEDDLE_OK)
        return base_fail_memory(err, "validation");
    return check_reads(block, txs, batch, flags, err);
}
