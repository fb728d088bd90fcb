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
    stub->batch = batch;
    return HEDDLE_OK;
}

void cc_batch_drop(heddle_cc_stub *stub)
{
    if (!stub->batch)
        return;
    base_map_free(stub->batch->index, NULL);
    base_free(stub->batch->writes);
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

static bool make_room(cc_batch_log *batch)
{
    if (batch->count < batch->cap)
        return true;
    size_t cap = batch->cap ? batch->cap * 2 : FIRST_ROOM;
    cc_write *grown = base_realloc(batch->writes, cap * sizeof(*grown));
    if (!grown)
        return false;
    batch->writes = grown;
    batch->cap = cap;
    return true;
}

heddle_status cc_batch_add(heddle_cc_stub *stub, const cc_write *write, heddle_error *err)
{
    cc_batch_log *batch = stub->batch;
    if (write_place_key(write, &stub->scratch) != HEDDLE_OK)
        return base_fail_memory(err, "batch");
    heddle_view key = base_buffer_view(&stub->scratch);
    uintptr_t place = (uintptr_t)base_map_get(batch->index, key);
    if (place) {
        batch->writes[place - 1] = *write;
        return HEDDLE_OK;
    }
    if (!make_room(batch))
        return base_fail_memory(err, "batch");
    void *next = (void *)(uintptr_t)(batch->count + 1);
    if (base_map_put(batch->index, key, next, NULL) != HEDDLE_OK)
        return base_fail_memory(err, "batch");
    batch->writes[batch->count++] = *write;
    return HEDDLE_OK;
}

/* How many writes from @p at on go into one message: at least one. */
static size_t piece_of(const heddle_cc_stub *stub, size_t at)
{
    const cc_batch_log *batch = stub->batch;
    size_t bytes = 0, count = 0;
    while (at + count < batch->count) {
        bytes += cc_batch_write_size(&batch->writes[at + count]);
        if (count && (bytes > PIECE_BYTES || count >= stub->limits.max_write_batch))
            break;
        count++;
    }
    return count;
}

static heddle_status send_pieces(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_view nothing;
    size_t count = 0;
    base_map_free(base_steal(&stub->batch->index), NULL); /* not kept while waiting */
    for (size_t at = 0; at < stub->batch->count; at += count) {
        count = piece_of(stub, at);
        cc_batch piece = {.writes = stub->batch->writes + at, .count = count};
        BASE_TRY(cc_stub_ask(stub, CC_WRITE_BATCH_STATE, &cc_batch_shape, &piece, &nothing, err));
    }
    return HEDDLE_OK;
}

heddle_status cc_batch_flush(heddle_cc_stub *stub, heddle_error *err)
{
    heddle_status st = stub->batch ? send_pieces(stub, err) : HEDDLE_OK;
    cc_batch_drop(stub);
    return st;
}

heddle_status heddle_cc_batch_end(heddle_cc_stub *stub, heddle_error *err)
{
    return cc_batch_flush(stub, err);
}
