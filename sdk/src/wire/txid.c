#include "wire/txid.h"

#include "base/text.h"
#include "crypto/digest.h"

heddle_status wire_tx_id(heddle_view nonce, heddle_view creator, char out[WIRE_TX_ID_SIZE])
{
    heddle_view parts[] = {nonce, creator};
    uint8_t digest[CRYPTO_SHA256_LEN];
    heddle_status status = crypto_digest_parts(CRYPTO_SHA256, parts, 2, digest);
    if (status == HEDDLE_OK)
        base_hex(heddle_view_of(digest, sizeof(digest)), out);
    return status;
}
