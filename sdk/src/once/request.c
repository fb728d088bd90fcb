#include "once/request.h"

#include "base/fail.h"
#include "client/proposal.h"
#include "crypto/digest.h"

/* The length first: no two lists of parts give the same bytes. */
static void add(crypto_digester *digester, heddle_view bytes)
{
    uint8_t len[8];
    for (size_t i = 0; i < sizeof(len); i++)
        len[i] = (uint8_t)((uint64_t)bytes.len >> (56 - 8 * i));
    crypto_digester_update(digester, heddle_view_of(len, sizeof(len)));
    crypto_digester_update(digester, bytes);
}

static heddle_status finish(crypto_digester *digester, uint8_t out[32], heddle_error *err)
{
    heddle_status status = crypto_digester_finish(digester, out);
    crypto_digester_free(digester);
    return status ? base_fail(err, status, "digest of a request") : HEDDLE_OK;
}

heddle_status once_fingerprint(heddle_view channel, heddle_view chaincode, const heddle_view *args,
                               size_t count, uint8_t out[32], heddle_error *err)
{
    crypto_digester *digester = crypto_digester_new(CRYPTO_SHA256);
    if (!digester)
        return base_fail_memory(err, "digest of a request");
    add(digester, channel);
    add(digester, chaincode);
    for (size_t i = 0; i < count; i++)
        add(digester, args[i]);
    return finish(digester, out, err);
}

heddle_status once_request_fingerprint(const heddle_contract *contract,
                                       const heddle_request *request, base_arena *arena,
                                       uint8_t out[32], heddle_error *err)
{
    const heddle_view *args = NULL;
    size_t count = 0;
    BASE_TRY(client_request_args(contract, request, arena, &args, &count, err));
    return once_fingerprint(heddle_view_str(contract->channel),
                            heddle_view_str(contract->chaincode), args, count, out, err);
}

heddle_status once_nonce(heddle_view channel, heddle_view chaincode, heddle_view key,
                         uint32_t attempt, uint8_t out[WIRE_NONCE_LEN], heddle_error *err)
{
    uint8_t digest[32];
    uint8_t number[4] = {(uint8_t)(attempt >> 24), (uint8_t)(attempt >> 16),
                         (uint8_t)(attempt >> 8), (uint8_t)attempt};
    crypto_digester *digester = crypto_digester_new(CRYPTO_SHA256);
    if (!digester)
        return base_fail_memory(err, "nonce");
    add(digester, heddle_view_str("heddle once"));
    add(digester, channel);
    add(digester, chaincode);
    add(digester, key);
    add(digester, heddle_view_of(number, sizeof(number)));
    BASE_TRY(finish(digester, digest, err));
    memcpy(out, digest, WIRE_NONCE_LEN);
    return HEDDLE_OK;
}
