#include "base/fail.h"
#include "base/view.h"
#include "chaincode/cursor.h"

struct heddle_cc_history {
    cc_cursor cursor;
};

heddle_status heddle_cc_history_open(heddle_cc_stub *stub, heddle_view key, heddle_cc_history **out,
                                     heddle_error *err)
{
    cc_key asked = {.key = key};
    BASE_TRY(cc_key_check(key, err));
    BASE_TRY(cc_own_refuse(stub, "a key's history", err));
    heddle_cc_history *history = base_arena_zalloc(stub->arena, 1, sizeof(*history));
    if (!history)
        return base_arena_fail(stub->arena, err, "history");
    history->cursor.stub = stub;
    BASE_TRY(cc_cursor_open(&history->cursor, CC_GET_HISTORY_FOR_KEY, &cc_key_shape, &asked, err));
    *out = history;
    return HEDDLE_OK;
}

heddle_status heddle_cc_history_next(heddle_cc_history *history, heddle_cc_modification *out,
                                     heddle_error *err)
{
    heddle_view bytes;
    cc_change change = {0};
    base_arena *arena = history->cursor.stub->arena;
    heddle_status st = cc_cursor_next(&history->cursor, &bytes, err);
    if (st != HEDDLE_OK)
        return st;
    BASE_TRY(wire_shape_read(&cc_change_shape, bytes, arena, &change, err));
    const char *tx_id = base_arena_str(arena, change.tx_id);
    if (!tx_id)
        return base_arena_fail(arena, err, "history");
    *out = (heddle_cc_modification){.tx_id = tx_id,
                                    .value = change.value,
                                    .seconds = change.time.seconds,
                                    .nanos = change.time.nanos,
                                    .is_delete = change.is_delete};
    return HEDDLE_OK;
}

void heddle_cc_history_close(heddle_cc_history *history)
{
    if (history)
        cc_cursor_close(&history->cursor);
}
