/* The functions of heddle/ledger.h that wait. */
#include "base/fail.h"
#include "client/proposal.h"
#include "client/steps.h"
#include "heddle/ledger.h"

static void keep_info(const heddle_chain_info *info, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    if (!err)
        *(heddle_chain_info *)wait->out = *info;
    client_wait_end(wait, err);
}

static heddle_status copy(heddle_view bytes, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer buf = {0};
    if (base_buffer_append(&buf, bytes) || client_bytes_give(&buf, out, NULL)) {
        base_fail_memory(err, "ledger");
        client_error_place(err, HEDDLE_STAGE_EVALUATE, NULL);
        return HEDDLE_E_NO_MEMORY;
    }
    return HEDDLE_OK;
}

static void keep_bytes(heddle_view bytes, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    heddle_error no_memory;
    if (!err && copy(bytes, wait->out, &no_memory))
        err = &no_memory;
    client_wait_end(wait, err);
}

static void keep_transaction(int code, heddle_view envelope, const heddle_error *err, void *user)
{
    client_wait *wait = user;
    heddle_error no_memory;
    heddle_ledger_transaction *out = wait->out;
    if (!err && copy(envelope, &out->envelope, &no_memory))
        err = &no_memory;
    if (!err)
        out->validation_code = code;
    client_wait_end(wait, err);
}

heddle_status heddle_ledger_info(heddle_ledger *ledger, const heddle_call_options *options,
                                 heddle_chain_info *out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait,
                            heddle_ledger_info_start(ledger, options, keep_info, &wait, NULL, err));
}

heddle_status heddle_ledger_block(heddle_ledger *ledger, uint64_t number,
                                  const heddle_call_options *options, heddle_bytes *out,
                                  heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_ledger_block_start(ledger, number, options, keep_bytes, &wait, NULL, err));
}

heddle_status heddle_ledger_block_by_hash(heddle_ledger *ledger, heddle_view hash,
                                          const heddle_call_options *options, heddle_bytes *out,
                                          heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_ledger_block_by_hash_start(ledger, hash, options,
                                                                     keep_bytes, &wait, NULL, err));
}

heddle_status heddle_ledger_block_by_tx(heddle_ledger *ledger, const char *tx_id,
                                        const heddle_call_options *options, heddle_bytes *out,
                                        heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_ledger_block_by_tx_start(ledger, tx_id, options,
                                                                   keep_bytes, &wait, NULL, err));
}

heddle_status heddle_ledger_transaction_by_id(heddle_ledger *ledger, const char *tx_id,
                                              const heddle_call_options *options,
                                              heddle_ledger_transaction *out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(&wait, heddle_ledger_transaction_by_id_start(
                                       ledger, tx_id, options, keep_transaction, &wait, NULL, err));
}

heddle_status heddle_ledger_config(heddle_ledger *ledger, const heddle_call_options *options,
                                   heddle_bytes *out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_ledger_config_start(ledger, options, keep_bytes, &wait, NULL, err));
}

heddle_status heddle_ledger_config_block(heddle_ledger *ledger, const heddle_call_options *options,
                                         heddle_bytes *out, heddle_error *err)
{
    client_wait wait;
    BASE_TRY(client_check_may_wait(err));
    client_wait_init(&wait, out, err);
    return client_wait_join(
        &wait, heddle_ledger_config_block_start(ledger, options, keep_bytes, &wait, NULL, err));
}
