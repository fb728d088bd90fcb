#include "chaincode/lint.h"

#include <stdio.h>

#include "base/fail.h"
#include "chaincode/replay.h"

static heddle_status fail_transaction(heddle_view start, const char *why, base_blob **out,
                                      heddle_error *err)
{
    base_auto_buffer base_buffer payload = {0};
    cc_message first;
    char text[500];
    snprintf(text, sizeof(text), "lint: %s", why);
    wire_response response = {.status = 500, .message = heddle_view_str(text)};
    BASE_TRY(cc_message_read(start, &first, err));
    cc_message last = {.type = CC_COMPLETED, .tx_id = first.tx_id, .channel = first.channel};
    if (wire_shape_write(&wire_response_shape, &response, &payload) != HEDDLE_OK)
        return base_fail_memory(err, "response of the transaction");
    last.payload = base_buffer_view(&payload);
    if (first.type == CC_INIT) {
        last.type = CC_ERROR;
        last.payload = heddle_view_str(text);
    }
    return cc_message_blob(&last, out, err);
}

/* The first difference, in the arena; NULL: there is none. */
static heddle_status compare(const cc_lint *lint, const cc_recorder *recorder, heddle_view start,
                             const cc_limits *limits, heddle_view last, base_arena *arena,
                             const char **out, heddle_error *err)
{
    cc_recording recording = {0};
    cc_differences differences = {.arena = arena, .who = "the second run", .whom = "the first one"};
    *out = NULL;
    heddle_status st = cc_recorder_take(recorder, start, limits, last, &recording, err);
    if (st == HEDDLE_E_UNAVAILABLE)
        return HEDDLE_OK; /* nobody waits for the answer any more */
    if (st != HEDDLE_OK)
        return st;
    BASE_TRY(cc_replay(&recording, lint->execute, lint->user, limits->memory, &differences, err));
    if (differences.count)
        *out = differences.items[0];
    return HEDDLE_OK;
}

heddle_status cc_lint_execute(const void *user, heddle_view start, const cc_port *port,
                              const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    const cc_lint *lint = user;
    const char *difference = NULL;
    base_auto(blob) base_blob *last = NULL;
    base_auto(arena) base_arena *arena = base_arena_new(CC_RECORDING_BYTES);
    base_auto(cc_recorder) cc_recorder *recorder = cc_recorder_new(port, 0);
    if (!arena || !recorder)
        return base_fail_memory(err, "lint");
    BASE_TRY(lint->execute(lint->user, start, cc_recorder_port(recorder), limits, &last, err));
    BASE_TRY(compare(lint, recorder, start, limits, base_blob_view(last), arena, &difference, err));
    if (difference)
        return fail_transaction(start, difference, out_last, err);
    *out_last = base_steal(&last);
    return HEDDLE_OK;
}
