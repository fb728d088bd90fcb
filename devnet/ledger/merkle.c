#include "devnet/ledger/merkle.h"

#include "base/fail.h"
#include "crypto/digest.h"
#include "wire/rwset_shape.h"

enum { MAX_LEVELS = 40, HASH_LEN = CRYPTO_SHA256_LEN };

typedef struct level { /* hashes one after the other */
    base_buffer hashes;
} level;

struct dn_merkle {
    uint32_t max_degree;
    wire_read *pending;
    size_t pending_count;
    size_t pending_cap;
    level levels[MAX_LEVELS]; /* [0] is the leaf level, called 1 on the wire */
    size_t top;
    base_buffer packed;
    heddle_view *views;
};

dn_merkle *dn_merkle_new(uint32_t max_degree)
{
    dn_merkle *merkle = base_calloc(1, sizeof(*merkle));
    if (merkle)
        merkle->max_degree = max_degree;
    return merkle;
}

void dn_merkle_free(dn_merkle *merkle)
{
    if (!merkle)
        return;
    for (size_t i = 0; i < MAX_LEVELS; i++)
        base_buffer_done(&merkle->levels[i].hashes);
    base_buffer_done(&merkle->packed);
    base_free(merkle->pending);
    base_free(merkle->views);
    base_free(merkle);
}

static size_t level_count(const dn_merkle *merkle, size_t i)
{
    return merkle->levels[i].hashes.len / HASH_LEN;
}

static bool is_empty(const dn_merkle *merkle)
{
    return merkle->top == 0 && level_count(merkle, 0) == 0;
}

/* Replace all hashes of level i by their hash in the level above. */
static heddle_status fold(dn_merkle *merkle, size_t i)
{
    uint8_t hash[HASH_LEN];
    if (i + 1 >= MAX_LEVELS)
        return HEDDLE_E_TOO_LARGE;
    BASE_TRY(crypto_sha256(base_buffer_view(&merkle->levels[i].hashes), hash));
    base_buffer_clear(&merkle->levels[i].hashes);
    if (i + 1 > merkle->top)
        merkle->top = i + 1;
    return base_buffer_append(&merkle->levels[i + 1].hashes, heddle_view_of(hash, HASH_LEN));
}

static heddle_status add_leaf(dn_merkle *merkle)
{
    uint8_t hash[HASH_LEN];
    wire_query_reads reads = {.reads = merkle->pending, .read_count = merkle->pending_count};
    base_buffer_clear(&merkle->packed);
    BASE_TRY(wire_shape_write(&wire_query_reads_shape, &reads, &merkle->packed));
    BASE_TRY(crypto_sha256(base_buffer_view(&merkle->packed), hash));
    merkle->pending_count = 0;
    BASE_TRY(base_buffer_append(&merkle->levels[0].hashes, heddle_view_of(hash, HASH_LEN)));
    for (size_t i = 0; level_count(merkle, i) > merkle->max_degree; i++)
        BASE_TRY(fold(merkle, i));
    return HEDDLE_OK;
}

heddle_status dn_merkle_add(dn_merkle *merkle, const wire_read *read)
{
    if (merkle->pending_count == merkle->pending_cap) {
        size_t cap = merkle->pending_cap ? merkle->pending_cap * 2 : 16;
        wire_read *more = base_realloc(merkle->pending, cap * sizeof(*more));
        if (!more)
            return HEDDLE_E_NO_MEMORY;
        merkle->pending = more;
        merkle->pending_cap = cap;
    }
    merkle->pending[merkle->pending_count++] = *read;
    return merkle->pending_count > merkle->max_degree ? add_leaf(merkle) : HEDDLE_OK;
}

heddle_status dn_merkle_summary(dn_merkle *merkle, wire_query_summary *out)
{
    const base_buffer *hashes = &merkle->levels[merkle->top].hashes;
    size_t count = level_count(merkle, merkle->top);
    heddle_view *views = base_realloc(merkle->views, (count + 1) * sizeof(*views));
    if (!views)
        return HEDDLE_E_NO_MEMORY;
    merkle->views = views;
    for (size_t i = 0; i < count; i++)
        views[i] = heddle_view_of(hashes->data + i * HASH_LEN, HASH_LEN);
    *out = (wire_query_summary){.max_degree = merkle->max_degree,
                                .max_level = (uint32_t)merkle->top + 1,
                                .hashes = views,
                                .hash_count = count};
    return HEDDLE_OK;
}

/* Carry what is left on the lower levels up to the highest one. A single hash is carried
 * as it is, several are folded. */
static heddle_status close_levels(dn_merkle *merkle)
{
    for (size_t i = 0; i < merkle->top; i++) {
        base_buffer *hashes = &merkle->levels[i].hashes;
        if (level_count(merkle, i) > 1) {
            BASE_TRY(fold(merkle, i));
        } else if (hashes->len) {
            BASE_TRY(base_buffer_append(&merkle->levels[i + 1].hashes, base_buffer_view(hashes)));
            base_buffer_clear(hashes);
        }
    }
    if (level_count(merkle, merkle->top) > merkle->max_degree)
        return fold(merkle, merkle->top);
    return HEDDLE_OK;
}

heddle_status dn_merkle_finish(dn_merkle *merkle, wire_range_query *out)
{
    if (is_empty(merkle)) {
        out->has_raw = merkle->pending_count > 0;
        out->raw = (wire_query_reads){merkle->pending, merkle->pending_count};
        return HEDDLE_OK;
    }
    if (merkle->pending_count)
        BASE_TRY(add_leaf(merkle));
    BASE_TRY(close_levels(merkle));
    out->has_summary = true;
    return dn_merkle_summary(merkle, &out->summary);
}
