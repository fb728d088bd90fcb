/* What a simulation reads and writes of private data. */
#include <stdio.h>

#include "base/fail.h"
#include "devnet/ledger/sim_set.h"

static heddle_status find_coll(dn_sim *sim, dn_ns_set *ns, heddle_view name, dn_coll_set **out,
                               heddle_error *err)
{
    base_list_each (it, &ns->collections) {
        *out = base_list_entry(it, dn_coll_set, link);
        if (base_view_equal((*out)->name, name))
            return HEDDLE_OK;
    }
    dn_coll_set *set = base_arena_zalloc(sim->arena, 1, sizeof(*set));
    if (!set)
        return base_arena_fail(sim->arena, err, "read-write set");
    BASE_TRY(dn_sim_keep(sim, name, &set->name, err));
    base_list_append(&ns->collections, &set->link);
    ns->collection_count++;
    *out = set;
    return HEDDLE_OK;
}

static heddle_status check_name(const dn_sim *sim, heddle_view ns, heddle_view coll,
                                heddle_error *err)
{
    if (dn_definitions_collection(sim->definitions, ns, coll))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND,
                     "collection [%.*s] not defined in the collection config for chaincode [%.*s]",
                     BASE_VIEW_ARG(coll), BASE_VIEW_ARG(ns));
}

static heddle_status coll_of(dn_sim *sim, heddle_view ns, heddle_view coll, dn_coll_set **out,
                             heddle_error *err)
{
    dn_ns_set *set;
    BASE_TRY(dn_sim_ns(sim, ns, &set, err));
    return find_coll(sim, set, coll, out, err);
}

/* The slot of a key, with key and hash filled in. */
static heddle_status private_slot(dn_sim *sim, dn_access *access, heddle_view key, size_t size,
                                  size_t hash_at, void **out, heddle_error *err)
{
    bool is_new;
    BASE_TRY(dn_access_slot(access, key, size, out, &is_new, err));
    if (!is_new)
        return HEDDLE_OK;
    BASE_TRY(dn_sim_keep(sim, key, *out, err));
    if (crypto_sha256(key, (uint8_t *)*out + hash_at) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    return HEDDLE_OK;
}

static const dn_entry *find_hash(const dn_sim *sim, heddle_view ns, heddle_view coll,
                                 const uint8_t hash[CRYPTO_SHA256_LEN])
{
    dn_key at = {.ns = ns, .coll = coll, .key = heddle_view_of(hash, CRYPTO_SHA256_LEN)};
    return dn_state_get(sim->state, &at);
}

/* A version as Fabric prints it. */
static void print_version(const dn_entry *entry, char out[64])
{
    if (!entry)
        snprintf(out, 64, "<nil>");
    else
        snprintf(out, 64, "{BlockNum: %llu, TxNum: %llu}", (unsigned long long)entry->version.block,
                 (unsigned long long)entry->version.tx);
}

static heddle_status check_match(const dn_entry *hash, const dn_entry *value, heddle_error *err)
{
    char public_version[64], private_version[64];
    if (!hash && !value)
        return HEDDLE_OK;
    if (hash && value && dn_version_equal(hash->version, value->version))
        return HEDDLE_OK;
    print_version(hash, public_version);
    print_version(value, private_version);
    return base_fail(err, HEDDLE_E_NOT_FOUND,
                     "private data matching public hash version is not available. Public hash "
                     "version = %s, Private data version = %s",
                     public_version, private_version);
}

static heddle_status note_read(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view key,
                               const dn_entry *seen, dn_coll_set **out, heddle_error *err)
{
    dn_private_read *read;
    BASE_TRY(coll_of(sim, ns, coll, out, err));
    BASE_TRY(private_slot(sim, &(*out)->reads, key, sizeof(*read), offsetof(dn_private_read, hash),
                          (void **)&read, err));
    read->has_version = seen != NULL;
    if (seen)
        read->version = seen->version;
    return HEDDLE_OK;
}

heddle_status dn_sim_get_private(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view key,
                                 bool must_match, heddle_view *out_value, heddle_error *err)
{
    uint8_t hash[CRYPTO_SHA256_LEN];
    dn_coll_set *set;
    dn_key at = {.ns = ns, .coll = coll, .key = key, .is_private = true};
    BASE_TRY(check_name(sim, ns, coll, err));
    BASE_TRY(dn_sim_check_open(sim, err));
    if (crypto_sha256(key, hash) != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    const dn_entry *value = dn_state_get(sim->state, &at);
    if (must_match)
        BASE_TRY(check_match(find_hash(sim, ns, coll, hash), value, err));
    BASE_TRY(note_read(sim, ns, coll, key, value, &set, err));
    set->was_read = true;
    *out_value = value ? value->value : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

/* The hashed entry of a key, noted as read. */
static heddle_status read_hash(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view key,
                               const dn_entry **out, heddle_error *err)
{
    uint8_t hash[CRYPTO_SHA256_LEN];
    dn_coll_set *set;
    BASE_TRY(check_name(sim, ns, coll, err));
    BASE_TRY(dn_sim_check_open(sim, err));
    if (crypto_sha256(key, hash) != HEDDLE_OK)
        return base_fail_memory(err, "private data");
    *out = find_hash(sim, ns, coll, hash);
    return note_read(sim, ns, coll, key, *out, &set, err);
}

heddle_status dn_sim_get_private_hash(dn_sim *sim, heddle_view ns, heddle_view coll,
                                      heddle_view key, heddle_view *out, heddle_error *err)
{
    const dn_entry *entry = NULL;
    BASE_TRY(read_hash(sim, ns, coll, key, &entry, err));
    *out = entry ? entry->value : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

heddle_status dn_sim_get_private_metadata(dn_sim *sim, heddle_view ns, heddle_view coll,
                                          heddle_view key, heddle_view *out, heddle_error *err)
{
    const dn_entry *entry = NULL;
    BASE_TRY(read_hash(sim, ns, coll, key, &entry, err));
    *out = entry ? entry->metadata : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

static heddle_status write_key(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view key,
                               heddle_view value, bool is_purge, heddle_error *err)
{
    dn_coll_set *set;
    dn_private_write *write;
    BASE_TRY(check_name(sim, ns, coll, err));
    BASE_TRY(dn_sim_check_write(sim, err));
    BASE_TRY(coll_of(sim, ns, coll, &set, err));
    BASE_TRY(private_slot(sim, &set->writes, key, sizeof(*write), offsetof(dn_private_write, hash),
                          (void **)&write, err));
    BASE_TRY(dn_sim_keep(sim, value, &write->value, err));
    if (value.len && crypto_sha256(value, write->value_hash) != HEDDLE_OK)
        return base_fail_memory(err, "read-write set");
    write->is_purge = is_purge;
    return HEDDLE_OK;
}

heddle_status dn_sim_put_private(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view key,
                                 heddle_view value, heddle_error *err)
{
    return write_key(sim, ns, coll, key, value, false, err);
}

heddle_status dn_sim_purge_private(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view key,
                                   heddle_error *err)
{
    return write_key(sim, ns, coll, key, heddle_view_of(NULL, 0), true, err);
}

heddle_status dn_sim_put_private_metadata(dn_sim *sim, heddle_view ns, heddle_view coll,
                                          heddle_view key, const wire_metadata_entry *entry,
                                          heddle_error *err)
{
    dn_coll_set *set;
    dn_private_meta *meta;
    BASE_TRY(check_name(sim, ns, coll, err));
    BASE_TRY(dn_sim_check_write(sim, err));
    BASE_TRY(coll_of(sim, ns, coll, &set, err));
    BASE_TRY(private_slot(sim, &set->metas, key, sizeof(*meta), offsetof(dn_private_meta, hash),
                          (void **)&meta, err));
    BASE_TRY(dn_sim_keep(sim, entry->name, &meta->entry.name, err));
    return dn_sim_keep(sim, entry->value, &meta->entry.value, err);
}

heddle_status dn_sim_range_private(dn_sim *sim, heddle_view ns, heddle_view coll, heddle_view start,
                                   heddle_view end, dn_range **out, heddle_error *err)
{
    dn_key at = {.ns = ns, .coll = coll, .key = start, .is_private = true};
    BASE_TRY(dn_sim_check_open(sim, err));
    if (sim->wrote)
        return base_fail(err, HEDDLE_E_BAD_STATE,
                         "txid [%.*s]: unsuppored transaction. Queries on pvt data is supported "
                         "only in a read-only transaction",
                         BASE_VIEW_ARG(sim->tx_id));
    sim->private_query = true;
    BASE_TRY(check_name(sim, ns, coll, err));
    return dn_sim_add_range(sim, &at, end, out, err);
}
