#include "devnet/private/part_cut.h"

#include "base/fail.h"
#include "crypto/digest.h"
#include "wire/rwset.h"

static heddle_status hash_is(heddle_view key, heddle_view hash, bool *out)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    BASE_TRY(crypto_sha256(key, digest));
    *out = base_view_equal(heddle_view_of(digest, sizeof(digest)), hash);
    return HEDDLE_OK;
}

/* Take the writes of the key out of @p kv; *cut says whether there were any. */
static heddle_status cut_writes(wire_kv_rwset *kv, heddle_view hash, bool *cut,
                                base_buffer *out_key)
{
    size_t kept = 0;
    *cut = false;
    for (size_t i = 0; i < kv->write_count; i++) {
        bool same;
        BASE_TRY(hash_is(kv->writes[i].key, hash, &same));
        if (same && !out_key->len)
            BASE_TRY(base_buffer_append(out_key, kv->writes[i].key));
        *cut = *cut || same;
        if (!same)
            kv->writes[kept++] = kv->writes[i];
    }
    kv->write_count = kept;
    return HEDDLE_OK;
}

heddle_status dn_part_cut_key(heddle_view rwset, heddle_view key_hash, base_arena *arena,
                              bool *out_is_there, base_buffer *out_rest, base_buffer *out_key,
                              heddle_error *err)
{
    wire_kv_rwset kv = {0};
    bool cut;
    BASE_TRY(wire_kv_rwset_read(rwset, arena, &kv, err));
    if (cut_writes(&kv, key_hash, &cut, out_key) != HEDDLE_OK ||
        (cut && wire_kv_rwset_write(&kv, out_rest) != HEDDLE_OK))
        return base_fail_memory(err, "private data");
    *out_is_there = cut;
    return HEDDLE_OK;
}
