#include "devnet/orderer/seen.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "base/map.h"
#include "crypto/digest.h"

enum { REMEMBERED = 8192 };

struct dn_seen {
    base_map *digests;
    uint8_t ring[REMEMBERED][CRYPTO_SHA256_LEN]; /* the same, to forget the oldest */
    size_t next;
};

dn_seen *dn_seen_new(void)
{
    dn_seen *seen = base_calloc(1, sizeof(*seen));
    if (!seen)
        return NULL;
    seen->digests = base_map_new();
    if (seen->digests)
        return seen;
    base_free(seen);
    return NULL;
}

void dn_seen_free(dn_seen *seen)
{
    if (!seen)
        return;
    base_map_free(seen->digests, NULL);
    base_free(seen);
}

static heddle_view at(const dn_seen *seen, size_t index)
{
    return heddle_view_of(seen->ring[index % REMEMBERED], CRYPTO_SHA256_LEN);
}

heddle_status dn_seen_note(dn_seen *seen, heddle_view envelope, bool *out_again, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (crypto_sha256(envelope, digest) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CRYPTO, "hashing an envelope failed");
    heddle_view key = heddle_view_of(digest, sizeof(digest));
    *out_again = base_map_get(seen->digests, key) != NULL;
    if (*out_again)
        return HEDDLE_OK;
    if (base_map_put(seen->digests, key, seen, NULL) != HEDDLE_OK)
        return base_fail_memory(err, "an envelope");
    if (seen->next >= REMEMBERED)
        base_map_remove(seen->digests, at(seen, seen->next));
    memcpy(seen->ring[seen->next % REMEMBERED], digest, sizeof(digest));
    seen->next++;
    return HEDDLE_OK;
}

/* Its place in the ring is left: when that comes to its turn, the envelope is forgotten again. */
void dn_seen_forget(dn_seen *seen, heddle_view envelope)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (crypto_sha256(envelope, digest) == HEDDLE_OK)
        base_map_remove(seen->digests, heddle_view_of(digest, sizeof(digest)));
}

void dn_seen_forget_all(dn_seen *seen)
{
    size_t count = seen->next < REMEMBERED ? seen->next : REMEMBERED;
    for (size_t i = 0; i < count; i++)
        base_map_remove(seen->digests, at(seen, i));
    seen->next = 0;
}
