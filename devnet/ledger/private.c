#include "devnet/ledger/private.h"

#include "base/fail.h"
#include "crypto/digest.h"
#include "devnet/ledger/validate.h"

bool dn_private_is_eligible(const dn_private_access *access, const dn_collection *collection)
{
    return dn_collection_has_org(collection, access->mspid) ||
           dn_collection_has_member(collection, access->identity);
}

bool dn_private_is_expired(const dn_collection *collection, uint64_t number, uint64_t height)
{
    return collection->block_to_live && height > number + collection->block_to_live + 1;
}

static bool has_writes(const wire_collection_rwset *coll)
{
    return coll->hashed.write_count || coll->hashed.metadata_write_count;
}

/* Gathering. */

static bool is_valid(const dn_private_block *b, uint64_t tx)
{
    return b->flags[tx] == WIRE_CODE_VALID && b->txs[tx].type == WIRE_TX_ENDORSER;
}

static heddle_status hash_of(heddle_view bytes, uint8_t out[CRYPTO_SHA256_LEN], heddle_view *view,
                             heddle_error *err)
{
    if (crypto_sha256(bytes, out) != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    *view = heddle_view_of(out, CRYPTO_SHA256_LEN);
    return HEDDLE_OK;
}

static const wire_hashed_write *find_hashed(const wire_hashed_rwset *hashed, heddle_view key_hash)
{
    for (size_t i = 0; i < hashed->write_count; i++) {
        if (base_view_equal(hashed->writes[i].key_hash, key_hash))
            return &hashed->writes[i];
    }
    return NULL;
}

/* Whether each write is one that the transaction made. */
static heddle_status check_writes(const wire_kv_rwset *kv, const wire_hashed_rwset *hashed,
                                  bool *out, heddle_error *err)
{
    *out = true;
    for (size_t i = 0; i < kv->write_count && *out; i++) {
        const wire_write *w = &kv->writes[i];
        uint8_t key[CRYPTO_SHA256_LEN], value[CRYPTO_SHA256_LEN];
        heddle_view key_hash, value_hash;
        BASE_TRY(hash_of(w->key, key, &key_hash, err));
        BASE_TRY(hash_of(w->value, value, &value_hash, err));
        const wire_hashed_write *made = find_hashed(hashed, key_hash);
        *out = made &&
               (wire_hashed_write_deletes(made) ? wire_write_deletes(w)
                                                : base_view_equal(made->value_hash, value_hash));
    }
    return HEDDLE_OK;
}

/* The whole of a part has the hash that the transaction names. Of one in which keys were purged
 * each write that is left has its own. */
static heddle_status check_part(const dn_private_want *want, heddle_view bytes, base_arena *arena,
                                bool *out, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    heddle_view hash;
    wire_kv_rwset kv = {0};
    BASE_TRY(hash_of(bytes, digest, &hash, err));
    *out = base_view_equal(hash, want->coll->pvt_rwset_hash);
    if (*out)
        return HEDDLE_OK;
    heddle_status status = wire_kv_rwset_read(bytes, arena, &kv, err);
    if (status == HEDDLE_E_DECODE)
        return HEDDLE_OK;
    BASE_TRY(status);
    return check_writes(&kv, &want->coll->hashed, out, err);
}

static heddle_status grow(base_arena *arena, dn_private_batch *out, heddle_error *err)
{
    if (out->count < out->cap)
        return HEDDLE_OK;
    size_t cap = out->cap ? out->cap * 2 : 16;
    dn_private_item *more = base_arena_zalloc(arena, cap, sizeof(*more));
    if (!more)
        return base_arena_fail(arena, err, "private data");
    if (out->count)
        memcpy(more, out->items, out->count * sizeof(*more));
    out->items = more;
    out->cap = cap;
    return HEDDLE_OK;
}

static heddle_status look_for(const dn_private_block *b, const dn_private_want *want,
                              bool only_stored, base_buffer *out, heddle_error *err)
{
    heddle_status status =
        dn_private_store_find(b->access->store, want->place, want->ns, want->coll->name, out, err);
    if (status == HEDDLE_E_NOT_FOUND && !only_stored)
        status = b->access->fetch(b->access->user, want, out, err);
    return status;
}

static heddle_status gather_part(const dn_private_block *b, const dn_private_want *want,
                                 bool only_stored, dn_private_batch *out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    bool is_right = false;
    heddle_status status = look_for(b, want, only_stored, &bytes, err);
    if (status != HEDDLE_OK && status != HEDDLE_E_NOT_FOUND)
        return status;
    if (status == HEDDLE_OK)
        BASE_TRY(check_part(want, base_buffer_view(&bytes), b->arena, &is_right, err));
    if (!is_right) {
        out->missing += is_valid(b, want->place.tx);
        return HEDDLE_OK;
    }
    BASE_TRY(grow(b->arena, out, err));
    heddle_view kept = base_arena_view(b->arena, base_buffer_view(&bytes));
    if (bytes.len && !kept.data)
        return base_arena_fail(b->arena, err, "private data");
    out->items[out->count++] =
        (dn_private_item){want->place.tx, {want->ns, want->coll->name, kept}};
    return HEDDLE_OK;
}

static heddle_status gather_collection(const dn_private_block *b, dn_private_want *want,
                                       bool only_stored, dn_private_batch *out, heddle_error *err)
{
    const dn_collection *c = dn_definitions_collection(b->definitions, want->ns, want->coll->name);
    if (!c || !has_writes(want->coll) || !dn_private_is_eligible(b->access, c))
        return HEDDLE_OK;
    uint64_t height = dn_blockstore_height(b->blocks);
    if (dn_private_is_expired(c, b->block->number, height))
        return HEDDLE_OK;
    return gather_part(b, want, only_stored, out, err);
}

static bool is_whole(const wire_tx *tx)
{
    return tx->type == WIRE_TX_ENDORSER && !tx->problem;
}

/* As a peer does, also of transactions that are not valid. */
heddle_status dn_private_gather(const dn_private_block *b, bool only_stored, dn_private_batch *out,
                                heddle_error *err)
{
    for (size_t i = 0; i < b->block->tx_count; i++) {
        const wire_rwset *rwset = &b->txs[i].action.result.results;
        dn_private_want want = {.place = {b->block->number, i}, .tx_id = b->txs[i].tx_id};
        for (size_t n = 0; is_whole(&b->txs[i]) && n < rwset->namespace_count; n++) {
            const wire_ns_rwset *ns = &rwset->namespaces[n];
            want.ns = ns->name;
            for (size_t c = 0; c < ns->collection_count; c++) {
                want.coll = &ns->collections[c];
                BASE_TRY(gather_collection(b, &want, only_stored, out, err));
            }
        }
    }
    return HEDDLE_OK;
}

/* Applying. */

static dn_key private_key(const dn_private_part *part, heddle_view key)
{
    return (dn_key){.ns = part->ns, .coll = part->coll, .key = key, .is_private = true};
}

static heddle_status apply_writes(dn_state *state, const dn_private_part *part,
                                  const wire_kv_rwset *kv, dn_version version)
{
    for (size_t i = 0; i < kv->write_count; i++) {
        const wire_write *w = &kv->writes[i];
        dn_entry entry = {.at = private_key(part, w->key), .value = w->value, .version = version};
        if (wire_write_deletes(w))
            BASE_TRY(dn_state_delete(state, &entry.at));
        else
            BASE_TRY(dn_state_put(state, &entry));
    }
    return HEDDLE_OK;
}

/* A key whose metadata alone was written has a new version; its value follows, if it is the
 * one that the hash is of. */
static heddle_status follow_hash(dn_state *state, const dn_private_part *part, heddle_view key,
                                 heddle_error *err)
{
    uint8_t key_digest[CRYPTO_SHA256_LEN], value_digest[CRYPTO_SHA256_LEN];
    heddle_view key_hash, value_hash;
    dn_key at = private_key(part, key);
    const dn_entry *value = dn_state_get(state, &at);
    BASE_TRY(hash_of(key, key_digest, &key_hash, err));
    dn_key hash_at = {.ns = part->ns, .coll = part->coll, .key = key_hash};
    const dn_entry *hashed = dn_state_get(state, &hash_at);
    if (!value || !hashed || dn_version_equal(value->version, hashed->version))
        return HEDDLE_OK;
    BASE_TRY(hash_of(value->value, value_digest, &value_hash, err));
    if (!base_view_equal(value_hash, hashed->value))
        return HEDDLE_OK;
    dn_entry entry = {.at = at, .value = value->value, .version = hashed->version};
    return dn_state_put(state, &entry) == HEDDLE_OK ? HEDDLE_OK
                                                    : base_fail_memory(err, "private data");
}

static heddle_status apply_part(const dn_private_block *b, const dn_private_item *item,
                                dn_state *state, heddle_error *err)
{
    wire_kv_rwset kv = {0};
    dn_version version = {b->block->number, item->tx};
    BASE_TRY(wire_kv_rwset_read(item->part.rwset, b->arena, &kv, err));
    if (apply_writes(state, &item->part, &kv, version) != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    return HEDDLE_OK;
}

static heddle_status follow_hashes(const dn_private_block *b, const dn_private_item *item,
                                   dn_state *state, heddle_error *err)
{
    wire_kv_rwset kv = {0};
    BASE_TRY(wire_kv_rwset_read(item->part.rwset, b->arena, &kv, err));
    for (size_t i = 0; i < kv.metadata_write_count; i++)
        BASE_TRY(follow_hash(state, &item->part, kv.metadata_writes[i].key, err));
    return HEDDLE_OK;
}

static heddle_status apply_parts(const dn_private_block *b, const dn_private_batch *gathered,
                                 dn_state *state, heddle_error *err)
{
    for (size_t i = 0; i < gathered->count; i++) {
        if (is_valid(b, gathered->items[i].tx))
            BASE_TRY(apply_part(b, &gathered->items[i], state, err));
    }
    for (size_t i = 0; i < gathered->count; i++) {
        if (is_valid(b, gathered->items[i].tx))
            BASE_TRY(follow_hashes(b, &gathered->items[i], state, err));
    }
    return HEDDLE_OK;
}

/* Purging: the key may be known from older data alone. */

static heddle_status purge_key(const dn_private_block *b, const dn_private_part *place,
                               heddle_view key_hash, dn_version until, dn_state *state,
                               heddle_error *err)
{
    base_auto_buffer base_buffer key = {0};
    BASE_TRY(dn_private_store_purge(b->access->store, place->ns, place->coll, key_hash, until, &key,
                                    err));
    dn_key at = private_key(place, base_buffer_view(&key));
    const dn_entry *entry = key.len ? dn_state_get(state, &at) : NULL;
    bool is_later = entry && entry->version.block == until.block && entry->version.tx > until.tx;
    if (!entry || is_later)
        return HEDDLE_OK;
    return dn_state_delete(state, &at) == HEDDLE_OK ? HEDDLE_OK
                                                    : base_fail_memory(err, "private data");
}

static heddle_status purge_tx(const dn_private_block *b, uint64_t tx, dn_state *state, bool *purged,
                              heddle_error *err)
{
    const wire_rwset *rwset = &b->txs[tx].action.result.results;
    dn_version version = {b->block->number, tx};
    for (size_t n = 0; n < rwset->namespace_count; n++) {
        const wire_ns_rwset *ns = &rwset->namespaces[n];
        for (size_t c = 0; c < ns->collection_count; c++) {
            dn_private_part place = {.ns = ns->name, .coll = ns->collections[c].name};
            const wire_hashed_rwset *hashed = &ns->collections[c].hashed;
            for (size_t i = 0; i < hashed->write_count; i++) {
                if (!hashed->writes[i].is_purge)
                    continue;
                *purged = true;
                BASE_TRY(purge_key(b, &place, hashed->writes[i].key_hash, version, state, err));
            }
        }
    }
    return HEDDLE_OK;
}

static heddle_status purge_all(const dn_private_block *b, dn_state *state, bool *purged,
                               heddle_error *err)
{
    for (size_t i = 0; i < b->block->tx_count; i++) {
        if (is_valid(b, i))
            BASE_TRY(purge_tx(b, i, state, purged, err));
    }
    return HEDDLE_OK;
}

/* Expiring: what the block written so many blocks ago left behind, unless it was written
 * again since. */

typedef struct expiry {
    const dn_private_block *b;
    dn_private_part place; /* without a read-write set */
    uint64_t number;       /* of the block that wrote it */
    dn_state *state;
} expiry;

static heddle_status expire_key(const expiry *e, heddle_view key, bool is_private)
{
    dn_key at = {.ns = e->place.ns, .coll = e->place.coll, .key = key, .is_private = is_private};
    const dn_entry *entry = dn_state_get(e->state, &at);
    if (!entry || entry->version.block != e->number)
        return HEDDLE_OK;
    return dn_state_delete(e->state, &at);
}

static heddle_status expire_hashes(const expiry *e, const wire_rwset *rwset)
{
    for (size_t n = 0; n < rwset->namespace_count; n++) {
        const wire_ns_rwset *ns = &rwset->namespaces[n];
        for (size_t c = 0; c < ns->collection_count; c++) {
            const wire_hashed_rwset *hashed = &ns->collections[c].hashed;
            if (!base_view_equal(ns->name, e->place.ns) ||
                !base_view_equal(ns->collections[c].name, e->place.coll))
                continue;
            for (size_t i = 0; i < hashed->write_count; i++)
                BASE_TRY(expire_key(e, hashed->writes[i].key_hash, false));
            for (size_t i = 0; i < hashed->metadata_write_count; i++)
                BASE_TRY(expire_key(e, hashed->metadata_writes[i].key_hash, false));
        }
    }
    return HEDDLE_OK;
}

static heddle_status expire_clear(const expiry *e, base_arena *arena, heddle_error *err)
{
    dn_private_item *items;
    size_t count;
    BASE_TRY(dn_private_store_block(e->b->access->store, e->number, arena, &items, &count, err));
    for (size_t i = 0; i < count; i++) {
        wire_kv_rwset kv = {0};
        if (!base_view_equal(items[i].part.ns, e->place.ns) ||
            !base_view_equal(items[i].part.coll, e->place.coll))
            continue;
        BASE_TRY(wire_kv_rwset_read(items[i].part.rwset, arena, &kv, err));
        heddle_status status = HEDDLE_OK;
        for (size_t k = 0; k < kv.write_count && status == HEDDLE_OK; k++)
            status = expire_key(e, kv.writes[k].key, true);
        for (size_t k = 0; k < kv.metadata_write_count && status == HEDDLE_OK; k++)
            status = expire_key(e, kv.metadata_writes[k].key, true);
        if (status != HEDDLE_OK)
            return base_fail_memory(err, "private data");
    }
    return HEDDLE_OK;
}

static heddle_status expire_block(const expiry *e, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block block;
    if (!arena)
        return base_fail_memory(err, "private data");
    BASE_TRY(dn_blockstore_read(e->b->blocks, e->number, &bytes, err));
    BASE_TRY(wire_block_read(base_buffer_view(&bytes), arena, &block, err));
    for (size_t i = 0; i < block.tx_count; i++) {
        wire_tx tx;
        if (wire_block_code(&block, i) != WIRE_CODE_VALID)
            continue;
        BASE_TRY(dn_tx_read(block.envelopes[i], arena, &tx, err));
        if (is_whole(&tx) && expire_hashes(e, &tx.action.result.results) != HEDDLE_OK)
            return base_fail_memory(err, "private data");
    }
    BASE_TRY(expire_clear(e, arena, err));
    dn_private_store_expire(e->b->access->store, e->number, e->place.ns, e->place.coll);
    return HEDDLE_OK;
}

static heddle_status expire_all(const dn_private_block *b, dn_state *state, heddle_error *err)
{
    uint64_t number = b->block->number;
    for (size_t i = 0; i < dn_definitions_count(b->definitions); i++) {
        const dn_definition *d = dn_definitions_at(b->definitions, i);
        for (size_t k = 0; k < d->collection_count; k++) {
            const dn_collection *c = &d->collections[k];
            expiry e = {.b = b,
                        .place = {.ns = heddle_view_str(d->name), .coll = heddle_view_str(c->name)},
                        .number = number - c->block_to_live - 1,
                        .state = state};
            if (c->block_to_live && number > c->block_to_live)
                BASE_TRY(expire_block(&e, err));
        }
    }
    return HEDDLE_OK;
}

heddle_status dn_private_apply(const dn_private_block *b, const dn_private_batch *gathered,
                               dn_batch *batch, heddle_error *err)
{
    bool purged = false;
    BASE_TRY(dn_private_store_put(b->access->store, b->block->number, gathered->items,
                                  gathered->count, err));
    BASE_TRY(apply_parts(b, gathered, batch->next, err));
    BASE_TRY(purge_all(b, batch->next, &purged, err));
    BASE_TRY(expire_all(b, batch->next, err));
    return dn_private_store_settle(b->access->store, purged, err);
}

/* Reconciling: a value that came late counts if it is the one the hash is of. */

static heddle_status apply_late_write(const dn_private_part *part, const wire_write *w,
                                      dn_state *state, heddle_error *err)
{
    uint8_t key_digest[CRYPTO_SHA256_LEN], value_digest[CRYPTO_SHA256_LEN];
    heddle_view key_hash, value_hash;
    BASE_TRY(hash_of(w->key, key_digest, &key_hash, err));
    BASE_TRY(hash_of(w->value, value_digest, &value_hash, err));
    dn_key at = {.ns = part->ns, .coll = part->coll, .key = key_hash};
    const dn_entry *hashed = dn_state_get(state, &at);
    dn_entry entry = {.at = private_key(part, w->key), .value = w->value};
    heddle_status status = HEDDLE_OK;
    if (!hashed) {
        status = dn_state_delete(state, &entry.at);
    } else if (!wire_write_deletes(w) && base_view_equal(hashed->value, value_hash)) {
        entry.version = hashed->version;
        status = dn_state_put(state, &entry);
    }
    return status == HEDDLE_OK ? status : base_fail_memory(err, "private data");
}

static heddle_status apply_late(const dn_private_block *b, const dn_private_item *item,
                                dn_state *state, heddle_error *err)
{
    wire_kv_rwset kv = {0};
    BASE_TRY(wire_kv_rwset_read(item->part.rwset, b->arena, &kv, err));
    for (size_t i = 0; i < kv.write_count; i++)
        BASE_TRY(apply_late_write(&item->part, &kv.writes[i], state, err));
    for (size_t i = 0; i < kv.metadata_write_count; i++)
        BASE_TRY(follow_hash(state, &item->part, kv.metadata_writes[i].key, err));
    return HEDDLE_OK;
}

heddle_status dn_private_reconcile(const dn_private_block *b, dn_state *state,
                                   dn_private_batch *out, heddle_error *err)
{
    dn_private_batch found = {0};
    BASE_TRY(dn_private_gather(b, false, &found, err));
    BASE_TRY(
        dn_private_store_put(b->access->store, b->block->number, found.items, found.count, err));
    for (size_t i = 0; i < found.count; i++) {
        if (is_valid(b, found.items[i].tx))
            BASE_TRY(apply_late(b, &found.items[i], state, err));
    }
    *out = found;
    return HEDDLE_OK;
}
