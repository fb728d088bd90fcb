#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "datasync/batch.h"
#include "datasync/column.h"
#include "wire/composite_key.h"

enum {
    NAME_MAX_LEN = 1000, /* names that indexes hold */
    FUNCTION_MAX_LEN = 256,
    MESSAGE_MAX_LEN = 4096
};

/* Where a row belongs. */
typedef struct place {
    sync_batch *batch;
    base_arena *arena;
    uint64_t block;
    int32_t tx_index;
    bool valid;
} place;

static const char *const copy_statements[SYNC_TABLE_COUNT] = {
    [SYNC_BLOCKS] = "COPY heddle.blocks (channel, number, hash, previous_hash, data_hash, "
                    "tx_count, valid_count, size, last_config, commit_hash, created_at) "
                    "FROM STDIN (FORMAT binary)",
    [SYNC_TRANSACTIONS] =
        "COPY heddle.transactions (channel, block_number, tx_index, tx_id, type, "
        "validation_code, validation, creator_msp, creator_cert, chaincode, chaincode_version, "
        "function, arg_count, response_status, response_message, endorser_msps, created_at, "
        "size, problem) FROM STDIN (FORMAT binary)",
    [SYNC_WRITES] = "COPY heddle.writes (channel, block_number, tx_index, write_index, "
                    "namespace, key, key_text, key_parts, is_delete, is_valid, value, "
                    "value_json) FROM STDIN (FORMAT binary)",
    [SYNC_PRIVATE_WRITES] =
        "COPY heddle.private_writes (channel, block_number, tx_index, write_index, namespace, "
        "collection, key_hash, value_hash, is_delete, is_purge, is_valid) "
        "FROM STDIN (FORMAT binary)",
    [SYNC_EVENTS] = "COPY heddle.events (channel, block_number, tx_index, tx_id, chaincode, "
                    "event_name, payload, payload_json) FROM STDIN (FORMAT binary)",
    [SYNC_CONFIGS] = "COPY heddle.configs (channel, block_number, block) "
                     "FROM STDIN (FORMAT binary)",
};

const char *sync_table_copy(sync_table table)
{
    return copy_statements[table];
}

void sync_batch_done(sync_batch *batch)
{
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        sync_copy_done(&batch->tables[i]);
}

void sync_batch_clear(sync_batch *batch)
{
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        sync_copy_clear(&batch->tables[i]);
    batch->blocks = batch->tx_count = batch->valid_count = 0;
}

size_t sync_batch_bytes(const sync_batch *batch)
{
    size_t total = 0;
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        total += batch->tables[i].bytes.len;
    return total;
}

/* A column of text that may be anything in an invalid transaction. */
static heddle_status put_text(sync_copy *row, heddle_view bytes, size_t limit, base_arena *arena,
                              heddle_error *err)
{
    heddle_view text;
    BASE_TRY(sync_text_readable(bytes, limit, arena, &text, err));
    sync_copy_text(row, text);
    return HEDDLE_OK;
}

static heddle_status put_name(sync_copy *row, heddle_view bytes, const place *at, heddle_error *err)
{
    return put_text(row, bytes, NAME_MAX_LEN, at->arena, err);
}

static sync_copy *begin_row(const place *at, sync_table table, int columns)
{
    sync_copy *row = &at->batch->tables[table];
    sync_copy_row(row, columns);
    sync_copy_text(row, heddle_view_str(at->batch->channel));
    sync_copy_i64(row, (int64_t)at->block);
    if (table != SYNC_BLOCKS && table != SYNC_CONFIGS)
        sync_copy_i32(row, at->tx_index);
    return row;
}

static heddle_status put_key_parts(sync_copy *row, heddle_view key, base_arena *arena,
                                   heddle_error *err)
{
    const heddle_view *parts;
    size_t count;
    if (!wire_composite_key_is(key) || !base_is_utf8(key)) {
        sync_copy_null(row);
        return HEDDLE_OK;
    }
    BASE_TRY(wire_composite_key_read(key, arena, &parts, &count, err));
    sync_copy_text_array(row, parts, count);
    return HEDDLE_OK;
}

static heddle_status project_write(const place *at, heddle_view namespace, const wire_write *write,
                                   int32_t index, heddle_error *err)
{
    sync_copy *row = begin_row(at, SYNC_WRITES, 12);
    sync_copy_i32(row, index);
    BASE_TRY(put_name(row, namespace, at, err));
    sync_copy_bytes(row, write->key);
    heddle_view text;
    BASE_TRY(sync_text_readable(write->key, 0, at->arena, &text, err));
    sync_copy_bytes(row, text);
    BASE_TRY(put_key_parts(row, write->key, at->arena, err));
    sync_copy_bool(row, wire_write_deletes(write));
    sync_copy_bool(row, at->valid);
    if (wire_write_deletes(write)) {
        sync_copy_null(row);
        sync_copy_null(row);
    } else {
        sync_copy_bytes(row, write->value);
        sync_copy_jsonb(row, write->value);
    }
    return HEDDLE_OK;
}

static heddle_status project_private(const place *at, heddle_view namespace,
                                     const wire_collection_rwset *collection, int32_t *index,
                                     heddle_error *err)
{
    for (size_t i = 0; i < collection->hashed.write_count; i++) {
        const wire_hashed_write *write = &collection->hashed.writes[i];
        sync_copy *row = begin_row(at, SYNC_PRIVATE_WRITES, 11);
        sync_copy_i32(row, (*index)++);
        BASE_TRY(put_name(row, namespace, at, err));
        BASE_TRY(put_name(row, collection->name, at, err));
        sync_copy_bytes(row, write->key_hash);
        if (wire_hashed_write_deletes(write))
            sync_copy_null(row);
        else
            sync_copy_bytes(row, write->value_hash);
        sync_copy_bool(row, wire_hashed_write_deletes(write));
        sync_copy_bool(row, write->is_purge);
        sync_copy_bool(row, at->valid);
    }
    return HEDDLE_OK;
}

static heddle_status project_rwset(const place *at, const wire_rwset *rwset, heddle_error *err)
{
    int32_t writes = 0, private_writes = 0;
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        const wire_ns_rwset *ns = &rwset->namespaces[i];
        if (at->valid && (!sync_text_is(ns->name) || ns->name.len > NAME_MAX_LEN))
            return base_fail(err, HEDDLE_E_DECODE, "the name of a namespace is no text");
        for (size_t n = 0; n < ns->kv.write_count; n++)
            BASE_TRY(project_write(at, ns->name, &ns->kv.writes[n], writes++, err));
        for (size_t n = 0; n < ns->collection_count; n++)
            BASE_TRY(project_private(at, ns->name, &ns->collections[n], &private_writes, err));
    }
    return HEDDLE_OK;
}

static heddle_status project_event(const place *at, const wire_tx *tx, heddle_error *err)
{
    const wire_event *event = &tx->action.result.event;
    sync_copy *row = begin_row(at, SYNC_EVENTS, 8);
    BASE_TRY(put_name(row, tx->tx_id, at, err));
    BASE_TRY(put_name(row, event->chaincode, at, err));
    BASE_TRY(put_text(row, event->name, 0, at->arena, err));
    sync_copy_bytes(row, event->payload);
    sync_copy_jsonb(row, event->payload);
    return HEDDLE_OK;
}

static heddle_status put_cert_digest(sync_copy *row, heddle_view cert, heddle_error *err)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    if (!cert.len) {
        sync_copy_null(row);
        return HEDDLE_OK;
    }
    heddle_status status = crypto_sha256(cert, digest);
    if (status != HEDDLE_OK)
        return base_fail(err, status, "cannot hash a certificate");
    sync_copy_bytes(row, heddle_view_of(digest, sizeof(digest)));
    return HEDDLE_OK;
}

static heddle_status put_endorsers(sync_copy *row, const wire_action *action, base_arena *arena,
                                   heddle_error *err)
{
    heddle_view *names = base_arena_zalloc(arena, action->endorsement_count + 1, sizeof(*names));
    if (!names)
        return base_arena_fail(arena, err, "endorsers");
    for (size_t i = 0; i < action->endorsement_count; i++)
        BASE_TRY(sync_text_readable(action->endorsements[i].endorser.mspid, NAME_MAX_LEN, arena,
                                    &names[i], err));
    sync_copy_text_array(row, names, action->endorsement_count);
    return HEDDLE_OK;
}

/* The columns from chaincode to endorser_msps. */
static heddle_status put_action(sync_copy *row, const place *at, const wire_action *action,
                                heddle_error *err)
{
    const wire_invocation *call = &action->invocation;
    heddle_view function = call->arg_count ? call->args[0] : heddle_view_of(NULL, 0);
    if (function.len > FUNCTION_MAX_LEN || !sync_text_is(function))
        function = heddle_view_of(NULL, 0);
    BASE_TRY(put_name(row, call->chaincode.name, at, err));
    BASE_TRY(put_name(row, action->result.chaincode.version, at, err));
    sync_copy_text(row, function);
    sync_copy_i32(row, (int32_t)call->arg_count);
    sync_copy_i32(row, action->result.response.status);
    BASE_TRY(put_text(row, action->result.response.message, MESSAGE_MAX_LEN, at->arena, err));
    return put_endorsers(row, action, at->arena, err);
}

static heddle_status project_tx_row(const place *at, const wire_tx *tx, int code, size_t size,
                                    heddle_error *err)
{
    sync_copy *row = begin_row(at, SYNC_TRANSACTIONS, 19);
    BASE_TRY(put_name(row, tx->tx_id, at, err));
    sync_copy_i32(row, tx->type);
    sync_copy_i16(row, (int16_t)code);
    sync_copy_text(row, heddle_view_str(wire_code_name(code)));
    BASE_TRY(put_name(row, tx->creator.mspid, at, err));
    BASE_TRY(put_cert_digest(row, tx->creator.cert, err));
    if (tx->type == WIRE_TX_ENDORSER) {
        BASE_TRY(put_action(row, at, &tx->action, err));
    } else {
        for (int i = 0; i < 7; i++)
            sync_copy_null(row);
    }
    sync_copy_time(row, tx->has_timestamp, tx->timestamp.seconds, tx->timestamp.nanos);
    sync_copy_i64(row, (int64_t)size);
    return put_text(row, heddle_view_str(tx->problem), MESSAGE_MAX_LEN, at->arena, err);
}

/* Anybody who may write can order bytes that take more memory than there is once decoded.
 * That must not stop us at their block: of an invalid transaction the header will do. */
static heddle_status read_tx(const place *at, heddle_view envelope, wire_tx *tx, heddle_error *err)
{
    heddle_status status = wire_tx_read(envelope, at->arena, tx, err);
    if (status != HEDDLE_E_TOO_LARGE || at->valid)
        return status;
    base_arena_reset(at->arena);
    wire_tx_read_header(envelope, tx);
    return HEDDLE_OK;
}

static heddle_status project_tx(const place *at, heddle_view envelope, int code, wire_tx *tx,
                                heddle_error *err)
{
    BASE_TRY(read_tx(at, envelope, tx, err));
    if (at->valid && tx->problem)
        return base_fail(err, HEDDLE_E_DECODE, "the peer calls it valid, but %s", tx->problem);
    BASE_TRY(project_tx_row(at, tx, code, envelope.len, err));
    BASE_TRY(project_rwset(at, &tx->action.result.results, err));
    if (at->valid && tx->action.result.event_bytes.len)
        BASE_TRY(project_event(at, tx, err));
    return HEDDLE_OK;
}

static void keep_latest(wire_time *latest, bool *has, const wire_tx *tx)
{
    if (!tx->has_timestamp)
        return;
    bool later = tx->timestamp.seconds > latest->seconds ||
                 (tx->timestamp.seconds == latest->seconds && tx->timestamp.nanos > latest->nanos);
    if (!*has || later)
        *latest = tx->timestamp;
    *has = true;
}

static void project_block_row(const place *at, const wire_block *block, const uint8_t hash[32],
                              size_t valid, const wire_time *created)
{
    sync_copy *row = begin_row(at, SYNC_BLOCKS, 11);
    sync_copy_bytes(row, heddle_view_of(hash, 32));
    sync_copy_bytes(row, block->previous_hash);
    sync_copy_bytes(row, block->data_hash);
    sync_copy_i32(row, (int32_t)block->tx_count);
    sync_copy_i32(row, (int32_t)valid);
    sync_copy_i64(row, (int64_t)block->bytes.len);
    if (block->has_last_config)
        sync_copy_i64(row, (int64_t)block->last_config);
    else
        sync_copy_null(row);
    sync_copy_text(row, block->commit_hash);
    sync_copy_time(row, created != NULL, created ? created->seconds : 0,
                   created ? created->nanos : 0);
}

static void count_block(sync_batch *batch, const wire_block *block, const uint8_t hash[32],
                        size_t valid)
{
    if (!batch->blocks++)
        batch->first = block->number;
    batch->last = block->number;
    memcpy(batch->last_hash, hash, sizeof(batch->last_hash));
    batch->tx_count += block->tx_count;
    batch->valid_count += valid;
}

/* Without the codes nothing would count as written, and nobody would notice. */
static heddle_status check_filter(const wire_block *block, heddle_error *err)
{
    if (block->filter.len == block->tx_count)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_REFUSED,
                     "block %llu has validation codes for %zu of %zu transactions: blocks must "
                     "come from a peer, not from an orderer",
                     (unsigned long long)block->number, block->filter.len, block->tx_count);
}

static heddle_status project_block(const wire_block *block, const uint8_t hash[32],
                                   base_arena *scratch, sync_batch *batch, heddle_error *err)
{
    place at = {.batch = batch, .arena = scratch, .block = block->number};
    wire_time created = {0};
    bool has_created = false, config = false;
    size_t valid = 0;
    BASE_TRY(check_filter(block, err));
    for (size_t i = 0; i < block->tx_count; i++) {
        int code = wire_block_code(block, i);
        wire_tx tx;
        base_arena_reset(scratch);
        at.tx_index = (int32_t)i;
        at.valid = code == WIRE_CODE_VALID;
        heddle_status status = project_tx(&at, block->envelopes[i], code, &tx, err);
        if (status != HEDDLE_OK) {
            base_error_prefix(err, "block %llu, transaction %zu", (unsigned long long)block->number,
                              i);
            return status;
        }
        valid += at.valid;
        config |= tx.type == WIRE_TX_CONFIG && at.valid;
        keep_latest(&created, &has_created, &tx);
    }
    project_block_row(&at, block, hash, valid, has_created ? &created : NULL);
    if (config)
        sync_copy_bytes(begin_row(&at, SYNC_CONFIGS, 3), block->bytes);
    for (int i = 0; i < SYNC_TABLE_COUNT; i++)
        BASE_TRY(sync_copy_status(&batch->tables[i], err));
    count_block(batch, block, hash, valid);
    return HEDDLE_OK;
}

heddle_status sync_project(const wire_block *block, const uint8_t hash[32], base_arena *scratch,
                           sync_batch *batch, heddle_error *err)
{
    size_t bytes[SYNC_TABLE_COUNT], rows[SYNC_TABLE_COUNT];
    for (int i = 0; i < SYNC_TABLE_COUNT; i++) {
        bytes[i] = batch->tables[i].bytes.len;
        rows[i] = batch->tables[i].rows;
    }
    heddle_status status = project_block(block, hash, scratch, batch, err);
    for (int i = 0; status != HEDDLE_OK && i < SYNC_TABLE_COUNT; i++)
        sync_copy_cut(&batch->tables[i], bytes[i], rows[i]);
    return status;
}
