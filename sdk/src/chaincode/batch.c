/*
 * A batch holds its writes as records of the message that will carry them, so that each is
 * written once: a message's records stand together unless one of them was replaced.
 */
#include "base/fail.h"
#include "base/view.h"
#include "chaincode/stub.h"

enum { FIRST_ROOM = 64 };

/* A message of many large values is cut into several, below what peers take. */
enum { PIECE_BYTES = 32 * 1024 * 1024 };

heddle_status heddle_cc_batch_begin(heddle_cc_stub *stub, heddle_error *err)
{
    if (stub->batch || !stub->limits.use_write_batch)
        return HEDDLE_OK;
    cc_batch_log *batch = base_arena_zalloc(stub->arena, 1, sizeof(*batch));
    if (!batch)
        return base_arena_fail(stub->arena, err, "batch");
    batch->index = base_map_new();
    if (!batch->index)
        return base_fail_memory(err, "batch");
    batch->records.limit = stub->limits.memory ? stub->limits.memory : CC_DEFAULT_MEMORY;
    stub->batch = batch;
    return HEDDLE_OK;
}

void cc_batch_drop(heddle_cc_stub *stub)
{
    if (!stub->batch)
        return;
    base_map_free(stub->batch->index, NULL);
    base_buffer_done(&stub->batch->records);
    base_free(stub->batch->places);
    stub->batch = NULL;
}

static heddle_status write_place_key(const cc_write *write, base_buffer *out)
{
    base_buffer_clear(out);
    BASE_TRY(base_buffer_append_byte(out, write->type == CC_PUT_STATE_METADATA));
    BASE_TRY(base_buffer_append(out, write->collection));
    BASE_TRY(base_buffer_append_byte(out, 0));
    return base_buffer_append(out, write->key);
}

static heddle_status write_record(cc_batch_log *batch, const cc_write *write, cc_batch_place *out,
                                  heddle_error *err)
{
    size_t at = batch->records.len;
    cc_batch one = {.writes = write, .count = 1};
    heddle_status st = base_buffer_reserve(&batch->records, wire_shape_size(&cc_batch_shape, &one));
    if (st == HEDDLE_OK)
        st = wire_shape_write(&cc_batch_shape, &one, &batch->records);
    if (st == HEDDLE_E_TOO_LARGE)
        return base_fail(err, st, "batch: needs more than %zu bytes of memory",
                         batch->records.limit);
    if (st != HEDDLE_OK)
        return base_fail_memory(err, "batch");
    *out = (cc_batch_place){.at = at, .len = batch->records.len - at};
    return HEDDLE_OK;
}

static bool make_room(cc_batch_log *batch)
{
    if (batch->count < batch->cap)
        return true;
    size_t cap = batch->cap ? batch->cap * 2 : FIRST_ROOM;
    cc_batch_place *grown = base_realloc(batch->places, cap * sizeof(*grown));
    if (!grown)
        return false;
    batch->places = grown;
    batch->cap = cap;
    return true;
}

heddle_status cc_batch_add(heddle_cc_stub *stub, const cc_write *write, heddle_error *err)
{
    cc_batch_log *batch = stub->batch;
    cc_batch_place place;
    BASE_TRY(write_record(batch, write, &place, err));
    if (write_place_key(write, &stub->scratch) != HEDDLE_OK)
        return base_fail_memory(err, "batch");
    heddle_view key = base_buffer_view(&stub->scratch);
    uintptr_t number = (uintptr_t)base_map_get(batch->index, key);
    if (number) {
        batch->places[number - 1] = place;
        return HEDDLE_OK;
    }
    if (!make_room(batch))
        return base_fail_memory(err, "batch");
    void *next = (void *)(uintptr_t)(batch->count + 1);
    if (base_map_put(batch->index, key, next, NULL) != HEDDLE_OK)
        return base_fail_memory(err, "batch");
    batch->places[batch->count++] = place;
    return HEDDLE_OK;
}

/* How many writes from @p at on go into one message: at least one. */
static size_t piece_of(const heddle_cc_stub *stub, size_t at)
{
    const cc_batch_log *batch = stub->batch;
    size_t bytes = 0, count = 0;
    while (at + count < batch->count) {
        bytes += batch->places[at + count].len;
        if (count && (bytes > PIECE_BYTES || count >= stub->limits.max_write_batch))
            break;
        count++;
    }
    return count;
}

static heddle_view records_at(const cc_batch_log *batch, const cc_batch_place *place)
{
    return heddle_view_of(batch->records.data + place->at, place->len);
}

/* In their order: as they stand, or together in the scratch. */
static heddle_status join(heddle_cc_stub *stub, const cc_batch_place *places, size_t count,
                          heddle_view *out)
{
    cc_batch_place all = places[0];
    size_t joined = 1;
    for (; joined < count && places[joined].at == all.at + all.len; joined++)
        all.len += places[joined].len;
    *out = records_at(stub->batch, &all);
    if (joined == count)
        return HEDDLE_OK;
    base_buffer_clear(&stub->scratch);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(base_buffer_append(&stub->scratch, records_at(stub->batch, &places[i])));
    *out = base_buffer_view(&stub->scratch);
    return HEDDLE_OK;
}

static heddle_status send_pieces(heddle_cc_stub *stub, heddle_error *err)
{
    const cc_batch_log *batch = stub->batch;
    const cc_port *port = stub->port;
    heddle_view payload, nothing;
    size_t count = 0;
    base_map_free(base_steal(&stub->batch->index), NULL); /* not kept while waiting */
    for (size_t at = 0; at < batch->count; at += count) {
        count = piece_of(stub, at);
        if (join(stub, batch->places + at, count, &payload) != HEDDLE_OK)
            return base_fail_memory(err, "batch");
        BASE_TRY(port->ask(port->user, CC_WRITE_BATCH_STATE, payload, &nothing, err));
    }
    return HEDDLE_OK;
}

heddle_status cc_batch_flush(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_status st = stub->batch ? send_pieces(stub, err) : HEDDLE_OK;
    stub->lost_batch = stub->lost_batch || st != HEDDLE_OK;
    cc_batch_drop(stub);
    return st;
}

heddle_status heddle_cc_batch_end(heddle_cc_stub *stub, heddle_error *err)
{
    return cc_batch_flush(stub, err);
}
