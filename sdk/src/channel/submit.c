/*
 * An update on its way: looked at against the present configuration, handed to orderers, and
 * found again in a block.
 *
 * The blocks are read from the one that follows the newest before the hand-in, so that none is
 * missed. Orderers look at an update once more when they cut its block, and drop it without a word
 * if another one came first: whoever waits sees that other one, and judges.
 */
#include "base/clock.h"
#include "base/fail.h"
#include "channel/config.h"
#include "channel/orderer.h"
#include "channel/update.h"
#include "client/gateway.h"
#include "common/configtx.pb-c.h"
#include "rpc/latch.h"
#include "wire/block.h"
#include "wire/channel_config.h"
#include "wire/envelope.h"

enum { TIMEOUT_MS = 60000, PAUSE_MS = 300, ARENA_MAX = 512 << 20 };

typedef struct submission {
    heddle_config_update *update;
    heddle_orderer *const *orderers;
    size_t count;
    uint64_t deadline_ms;
    base_buffer envelope;
    heddle_view payload; /* of the envelope: what it is known by */
    size_t at;           /* the orderer that answered last */
    bool is_doubtful;    /* one that gave no answer may have taken it */
    uint64_t newest;     /* block, before the hand-in */
    bool is_bft;
    uint64_t block; /* where it was found */
} submission;

static uint32_t left_ms(const submission *s)
{
    uint64_t now = base_now_ms();
    return now < s->deadline_ms ? (uint32_t)(s->deadline_ms - now) : 1;
}

/* What one of @p orderers that are still to be asked may take: the others get their turn too. */
static uint32_t share_ms(const submission *s, size_t orderers)
{
    uint32_t share = left_ms(s) / (uint32_t)orderers;
    return share ? share : 1;
}

/* Another orderer may do better. */
static bool may_go_on(heddle_status status)
{
    return status == HEDDLE_E_UNAVAILABLE || status == HEDDLE_E_TIMED_OUT || status == HEDDLE_E_RPC;
}

static bool has_time(const submission *s)
{
    return base_now_ms() + PAUSE_MS < s->deadline_ms;
}

static void pause_a_little(void)
{
    rpc_latch never;
    rpc_latch_init(&never, 1);
    rpc_latch_wait_ms(&never, PAUSE_MS);
    rpc_latch_done(&never);
}

/* The present configuration. */

static heddle_status check_with(submission *s, heddle_view block, heddle_error *err)
{
    const wire_channel_config *read;
    base_auto(heddle_config) heddle_config *present = NULL;
    BASE_TRY(heddle_config_from_block(block, &present, err));
    BASE_TRY(wire_channel_config_from_config(present->original, present->channel, present->arena,
                                             &read, err));
    s->is_bft = read->consenters != NULL;
    return heddle_config_update_check(s->update, present, err);
}

static heddle_status look(submission *s, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < s->count; i++) {
        base_auto_buffer base_buffer block = {0};
        status = channel_orderer_config(s->orderers[i], s->update->channel,
                                        share_ms(s, s->count - i), &block, &s->newest, err);
        s->at = i;
        if (status == HEDDLE_OK)
            return check_with(s, base_buffer_view(&block), err);
        if (!may_go_on(status))
            return status;
    }
    return status;
}

/* Handing in. */

static heddle_status hand_to(submission *s, size_t index, uint32_t timeout_ms, heddle_error *err)
{
    heddle_status status = heddle_orderer_broadcast(
        s->orderers[index], base_buffer_view(&s->envelope), timeout_ms, err);
    s->is_doubtful = s->is_doubtful || may_go_on(status);
    return status && !may_go_on(status) ? channel_update_judge(err) : status;
}

/* Of a BFT service the one that leads may be any, and may be the one that does not. */
static heddle_status hand_to_all(submission *s, heddle_error *err)
{
    bool taken = false;
    heddle_error first = {0};
    for (size_t i = 0; i < s->count; i++) {
        heddle_error why;
        heddle_status status = hand_to(s, i, share_ms(s, s->count - i), &why);
        taken = taken || status == HEDDLE_OK;
        if (status && (!first.status || !may_go_on(status)))
            first = why;
    }
    if (taken)
        return HEDDLE_OK;
    *err = first;
    return first.status;
}

static heddle_status hand_to_one(submission *s, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    for (size_t i = 0; i < s->count; i++) {
        status = hand_to(s, (s->at + i) % s->count, share_ms(s, s->count - i), err);
        if (!may_go_on(status))
            return status;
    }
    return status;
}

/* Between two leaders there is none for a while. */
static heddle_status hand_in(submission *s, heddle_error *err)
{
    for (;;) {
        heddle_status status = s->is_bft ? hand_to_all(s, err) : hand_to_one(s, err);
        if (status != HEDDLE_E_UNAVAILABLE || !has_time(s))
            return status;
        pause_a_little();
    }
}

/* Finding it again. */

static heddle_status read_last_update(heddle_view block, base_arena *arena, uint64_t *out_number,
                                      bool *out_is_config, heddle_view *out, heddle_error *err)
{
    wire_block frame;
    wire_envelope envelope;
    Common__ConfigEnvelope *config;
    BASE_TRY(wire_block_read(block, arena, &frame, err));
    *out_number = frame.number;
    *out_is_config = false;
    if (frame.tx_count != 1 || wire_envelope_read(frame.envelopes[0], &envelope, NULL) ||
        envelope.header.type != WIRE_TX_CONFIG)
        return HEDDLE_OK;
    BASE_TRY(wire_decode(common__config_envelope, envelope.data, arena, &config, err));
    *out_is_config = true;
    *out = config->last_update ? wire_view(config->last_update->payload) : heddle_view_of(NULL, 0);
    return HEDDLE_OK;
}

static heddle_status take_block(heddle_view block, bool *done, void *user, heddle_error *err)
{
    submission *s = user;
    heddle_view payload = {0};
    uint64_t number;
    bool is_config;
    base_auto(arena) base_arena *arena = base_arena_new(ARENA_MAX);
    if (!arena)
        return base_fail_memory(err, "block");
    BASE_TRY(read_last_update(block, arena, &number, &is_config, &payload, err));
    s->newest = number;
    if (!is_config)
        return HEDDLE_OK;
    *done = base_view_equal(payload, s->payload);
    if (*done)
        s->block = number;
    return *done ? HEDDLE_OK : check_with(s, block, err);
}

static heddle_status doubt(const submission *s, heddle_status status, heddle_error *err)
{
    if (!may_go_on(status))
        return status;
    err->status = HEDDLE_E_TIMED_OUT;
    err->retry = HEDDLE_RETRY_ASK_STATUS;
    base_error_prefix(err,
                      "an orderer has taken the update of channel %s, but it was in no block "
                      "in time",
                      s->update->channel);
    return HEDDLE_E_TIMED_OUT;
}

static heddle_status find_block(submission *s, heddle_error *err)
{
    for (;; s->at++) {
        channel_follow follow = {
            .channel = s->update->channel,
            .seek = {.start = {.place = WIRE_SEEK_NUMBER, .number = s->newest + 1}},
            .timeout_ms = share_ms(s, s->count),
            .fn = take_block,
            .user = s};
        heddle_status status = channel_orderer_follow(s->orderers[s->at % s->count], &follow, err);
        if (!may_go_on(status) || !has_time(s))
            return doubt(s, status, err);
        pause_a_little();
    }
}

/* The whole. */

static heddle_status prepare(submission *s, heddle_identity *identity, bool sign, heddle_error *err)
{
    wire_envelope envelope;
    if (sign)
        BASE_TRY(heddle_config_update_sign(s->update, identity, err));
    BASE_TRY(channel_update_envelope(s->update, identity, &s->envelope, err));
    BASE_TRY(wire_envelope_read(base_buffer_view(&s->envelope), &envelope, err));
    s->payload = envelope.payload;
    return HEDDLE_OK;
}

static heddle_status run(submission *s, heddle_identity *identity,
                         const heddle_config_submit_options *options, heddle_error *err)
{
    BASE_TRY(prepare(s, identity, !options->no_sign, err));
    BASE_TRY(look(s, err));
    heddle_status status = hand_in(s, err);
    if (status == HEDDLE_E_BAD_STATE && s->is_doubtful)
        return find_block(s, err); /* it, or another one, has become the configuration */
    BASE_TRY(status);
    return options->no_wait ? HEDDLE_OK : find_block(s, err);
}

heddle_status heddle_config_update_submit(heddle_config_update *update, heddle_identity *identity,
                                          heddle_orderer *const *orderers, size_t orderer_count,
                                          const heddle_config_submit_options *given,
                                          heddle_config_result *out, heddle_error *err)
{
    heddle_error own;
    heddle_config_submit_options options = {0};
    BASE_TRY(
        client_options_copy(&options, sizeof(options), given, "HEDDLE_CONFIG_SUBMIT_OPTIONS", err));
    if (!identity || !orderer_count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "configuration update: an identity and an orderer are wanted");
    submission s = {.update = update,
                    .orderers = orderers,
                    .count = orderer_count,
                    .deadline_ms =
                        base_now_ms() + (options.timeout_ms ? options.timeout_ms : TIMEOUT_MS)};
    heddle_status status = run(&s, identity, &options, err ? err : &own);
    base_buffer_done(&s.envelope);
    if (status == HEDDLE_OK && out) {
        heddle_config_result result = {.size = sizeof(result), .block = s.block};
        return client_options_give(out, &result, sizeof(result), "size", err);
    }
    return status;
}
