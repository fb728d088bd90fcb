#include "base/fail.h"
#include "base/text.h"
#include "chaincode/replay.h"
#include "heddle/chaincode_replay.h"

struct heddle_cc_replay {
    base_arena *arena;
    cc_differences differences;
    const char *tx_id;
    const char *function;
};

static heddle_status read_names(heddle_cc_replay *replay, const cc_recording *recording,
                                heddle_error *err)
{
    cc_message start;
    cc_input input = {0};
    BASE_TRY(cc_message_read(recording->start, &start, err));
    BASE_TRY(wire_shape_read(&cc_input_shape, start.payload, replay->arena, &input, err));
    replay->tx_id = base_arena_str(replay->arena, start.tx_id);
    replay->function = base_arena_str(replay->arena, input.arg_count ? input.args[0] : VIEW(""));
    if (!replay->tx_id || !replay->function)
        return base_arena_fail(replay->arena, err, "replay");
    return HEDDLE_OK;
}

static heddle_status run(heddle_cc_replay *replay, const heddle_cc_chaincode *chaincode,
                         heddle_view bytes, heddle_error *err)
{
    cc_recording recording = {0};
    BASE_TRY(heddle_cc_chaincode_check(chaincode, err));
    BASE_TRY(cc_recording_read(bytes, replay->arena, &recording, err));
    BASE_TRY(read_names(replay, &recording, err));
    return cc_replay(&recording, cc_execute_here, chaincode, 0, &replay->differences, err);
}

heddle_status heddle_cc_replay_bytes(const heddle_cc_chaincode *chaincode, heddle_view bytes,
                                     heddle_cc_replay **out, heddle_error *err)
{
    heddle_cc_replay *replay = base_calloc(1, sizeof(*replay));
    base_arena *arena = base_arena_new(CC_RECORDING_BYTES);
    if (!replay || !arena) {
        base_free(replay);
        base_arena_free(arena);
        return base_fail_memory(err, "replay");
    }
    replay->arena = arena;
    replay->differences = (cc_differences){.arena = arena,
                                           .who = "the replay",
                                           .whom = "the recording",
                                           .ignores_missing_reads = true};
    heddle_status st = run(replay, chaincode, bytes, err);
    if (st == HEDDLE_OK)
        *out = replay;
    else
        heddle_cc_replay_free(replay);
    return st;
}

heddle_status heddle_cc_replay_file(const heddle_cc_chaincode *chaincode, const char *path,
                                    heddle_cc_replay **out, heddle_error *err)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(base_read_file(path, CC_RECORDING_BYTES, &bytes, err));
    heddle_status st = heddle_cc_replay_bytes(chaincode, base_buffer_view(&bytes), out, err);
    if (st != HEDDLE_OK)
        base_error_prefix(err, "%s", path);
    return st;
}

void heddle_cc_replay_free(heddle_cc_replay *replay)
{
    if (!replay)
        return;
    base_arena_free(replay->arena);
    base_free(replay);
}

size_t heddle_cc_replay_count(const heddle_cc_replay *replay)
{
    return replay->differences.count;
}

const char *heddle_cc_replay_difference(const heddle_cc_replay *replay, size_t index)
{
    return index < replay->differences.count ? replay->differences.items[index] : NULL;
}

const char *heddle_cc_replay_tx_id(const heddle_cc_replay *replay)
{
    return replay->tx_id;
}

const char *heddle_cc_replay_function(const heddle_cc_replay *replay)
{
    return replay->function;
}
