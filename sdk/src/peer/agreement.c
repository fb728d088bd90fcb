#include "peer/agreement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "client/ledger.h"
#include "client/steps.h"
#include "crypto/digest.h"

enum { PEERS_MAX = 1024, DIGEST_SHOWN = 12 };

struct heddle_answers {
    base_arena *arena; /* holds what follows */
    heddle_peer_answer *items;
    size_t count;
};

heddle_answers *heddle_answers_new(void)
{
    heddle_answers *answers = base_calloc(1, sizeof(*answers));
    if (answers)
        answers->arena = base_arena_new(0);
    if (answers && !answers->arena) {
        base_free(answers);
        return NULL;
    }
    return answers;
}

void heddle_answers_free(heddle_answers *answers)
{
    if (!answers)
        return;
    base_arena_free(answers->arena);
    base_free(answers);
}

size_t heddle_answers_count(const heddle_answers *answers)
{
    return answers->count;
}

const heddle_peer_answer *heddle_answers_at(const heddle_answers *answers, size_t index)
{
    return index < answers->count ? &answers->items[index] : NULL;
}

/* A survey under way. The slots are touched by their callbacks until the latch opens. */
typedef struct asked {
    struct poll *poll;
    heddle_status status;
    heddle_error err;
    uint8_t digest[CRYPTO_SHA256_LEN];
    heddle_chain_info info;
} asked;

typedef struct poll {
    const peer_survey *survey;
    heddle_call_options options;
    size_t at_once, needed;
    uint64_t tolerance;
    asked *slots; /* of the peers asked so far, in their order */
    size_t asked_count;
    size_t answered;
    rpc_latch latch; /* of the round */

    pthread_mutex_t lock; /* guards what follows */
    base_buffer kept;     /* an answer: the first, or that of the highest chain */
    uint64_t kept_height;
    bool has_kept;
} poll;

heddle_status peer_essence_all(heddle_view answer, heddle_view parts[PEER_ESSENCE_PARTS],
                               size_t *out_count, heddle_error *err)
{
    (void)err;
    parts[0] = answer;
    *out_count = 1;
    return HEDDLE_OK;
}

heddle_status peer_essence_digest(const heddle_view *parts, size_t count,
                                  uint8_t out[CRYPTO_SHA256_LEN])
{
    uint8_t digests[PEER_ESSENCE_PARTS][CRYPTO_SHA256_LEN];
    heddle_view views[PEER_ESSENCE_PARTS];
    if (count == 1)
        return crypto_sha256(parts[0], out);
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(crypto_sha256(parts[i], digests[i]));
        views[i] = heddle_view_of(digests[i], sizeof(digests[i]));
    }
    return crypto_digest_parts(CRYPTO_SHA256, views, count, out);
}

/* Keep the answer if there is none yet, or it is of a higher chain. */
static heddle_status keep(poll *p, heddle_view payload, uint64_t height, heddle_error *err)
{
    heddle_status status = HEDDLE_OK;
    pthread_mutex_lock(&p->lock);
    if (!p->has_kept || height > p->kept_height) {
        base_buffer_clear(&p->kept);
        status = base_buffer_append(&p->kept, payload);
        p->has_kept = status == HEDDLE_OK;
        p->kept_height = height;
    }
    pthread_mutex_unlock(&p->lock);
    return status ? base_fail_memory(err, "answer") : HEDDLE_OK;
}

static heddle_status take(asked *slot, heddle_view payload, heddle_error *err)
{
    const peer_survey *survey = slot->poll->survey;
    heddle_view parts[PEER_ESSENCE_PARTS];
    size_t count = 0;
    if (!survey->essence) {
        BASE_TRY(client_ledger_read_info(payload, &slot->info, err));
        parts[count++] = heddle_view_of(slot->info.current_hash, slot->info.current_hash_len);
    } else {
        BASE_TRY(survey->essence(payload, parts, &count, err));
    }
    if (peer_essence_digest(parts, count, slot->digest))
        return base_fail_memory(err, "answer");
    return keep(slot->poll, payload, slot->info.height, err);
}

static void on_answer(heddle_view payload, heddle_view response, const heddle_error *err,
                      void *user)
{
    asked *slot = user;
    (void)response;
    if (err) {
        slot->err = *err;
        slot->status = err->status;
        if (client_ledger_tells_missing(err->message, slot->poll->survey->by_hash))
            slot->status = slot->err.status = HEDDLE_E_NOT_FOUND;
    } else {
        slot->status = take(slot, payload, &slot->err);
    }
    rpc_latch_down(&slot->poll->latch);
}

/* Ask the next @p count peers, and wait for all of them. */
static void run_round(poll *p, size_t count)
{
    const peer_survey *survey = p->survey;
    asked *slots = &p->slots[p->asked_count];
    rpc_latch_init(&p->latch, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        slots[i].poll = p;
        heddle_error err;
        if (heddle_peer_ask_start(survey->peers[p->asked_count + i], survey->question, &p->options,
                                  on_answer, &slots[i], NULL, &err) == HEDDLE_OK)
            continue;
        slots[i].err = err;
        slots[i].status = err.status;
        rpc_latch_down(&p->latch);
    }
    rpc_latch_wait(&p->latch);
    rpc_latch_done(&p->latch);
    for (size_t i = 0; i < count; i++)
        p->answered += slots[i].status == HEDDLE_OK;
    p->asked_count += count;
}

static void run_rounds(poll *p)
{
    while (p->answered < p->at_once && p->asked_count < p->survey->peer_count) {
        size_t left = p->survey->peer_count - p->asked_count;
        size_t wanted = p->at_once - p->answered;
        run_round(p, wanted < left ? wanted : left);
    }
}

/* What the answers say, for people and for the caller's object. */

static void describe(const poll *p, size_t index, char *out, size_t room)
{
    const asked *slot = &p->slots[index];
    char hex[2 * CRYPTO_SHA256_LEN + 1];
    base_hex(heddle_view_of(slot->digest, sizeof(slot->digest)), hex);
    if (slot->status)
        snprintf(out, room, "%s", slot->err.message);
    else if (!p->survey->essence)
        snprintf(out, room, "%s has height %" PRIu64 " and %.*s",
                 heddle_peer_address(p->survey->peers[index]), slot->info.height, DIGEST_SHOWN,
                 hex);
    else
        snprintf(out, room, "%s has %.*s", heddle_peer_address(p->survey->peers[index]),
                 DIGEST_SHOWN, hex);
}

static heddle_status fail(const poll *p, heddle_status status, const char *what, heddle_error *err)
{
    char text[HEDDLE_ERROR_MESSAGE_SIZE], one[HEDDLE_ERROR_MESSAGE_SIZE];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < p->asked_count && len < sizeof(text); i++) {
        describe(p, i, one, sizeof(one));
        int more = snprintf(text + len, sizeof(text) - len, "%s%s", i ? "; " : "", one);
        len += more > 0 ? (size_t)more : 0;
    }
    base_fail(err, status, "%s: %s", what, text);
    client_error_place(err, HEDDLE_STAGE_EVALUATE, NULL);
    return status;
}

static heddle_status report_one(const poll *p, size_t index, base_arena *arena,
                                heddle_peer_answer *out)
{
    const asked *slot = &p->slots[index];
    out->address = base_arena_strdup(arena, heddle_peer_address(p->survey->peers[index]));
    out->message = base_arena_strdup(arena, slot->status ? slot->err.message : "");
    out->status = slot->status;
    out->height = slot->info.height;
    if (!slot->status)
        base_hex(heddle_view_of(slot->digest, sizeof(slot->digest)), out->digest);
    return out->address && out->message ? HEDDLE_OK : HEDDLE_E_NO_MEMORY;
}

static heddle_status report(const poll *p, heddle_error *err)
{
    heddle_answers *answers = p->survey->answers;
    if (!answers)
        return HEDDLE_OK;
    base_arena_reset(answers->arena);
    answers->count = 0;
    answers->items = base_arena_zalloc(answers->arena, p->asked_count + 1, sizeof(*answers->items));
    if (!answers->items)
        return base_fail_memory(err, "answers");
    for (size_t i = 0; i < p->asked_count; i++) {
        if (report_one(p, i, answers->arena, &answers->items[i]))
            return base_fail_memory(err, "answers");
        answers->count++;
    }
    return HEDDLE_OK;
}

/* Judging. */

static bool hashes_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    return base_view_equal(heddle_view_of(a, a_len), heddle_view_of(b, b_len));
}

static bool chains_agree(const poll *p, const heddle_chain_info *a, const heddle_chain_info *b)
{
    if (a->height < b->height) {
        const heddle_chain_info *other = a;
        a = b;
        b = other;
    }
    if (a->height - b->height > p->tolerance)
        return false;
    if (a->height == b->height)
        return hashes_equal(a->current_hash, a->current_hash_len, b->current_hash,
                            b->current_hash_len);
    if (a->height == b->height + 1)
        return hashes_equal(a->previous_hash, a->previous_hash_len, b->current_hash,
                            b->current_hash_len);
    return true;
}

static bool agree(const poll *p, const asked *a, const asked *b)
{
    if (!p->survey->essence)
        return chains_agree(p, &a->info, &b->info);
    return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

static bool all_agree(const poll *p)
{
    for (size_t i = 0; i < p->asked_count; i++)
        for (size_t j = 0; j < i; j++)
            if (!p->slots[i].status && !p->slots[j].status && !agree(p, &p->slots[i], &p->slots[j]))
                return false;
    return true;
}

static bool all_miss(const poll *p)
{
    bool any = false;
    for (size_t i = 0; i < p->asked_count; i++) {
        heddle_status status = p->slots[i].status;
        any |= status == HEDDLE_E_NOT_FOUND;
        if (status == HEDDLE_OK)
            return false;
    }
    return any;
}

static heddle_status judge(const poll *p, heddle_error *err)
{
    char what[96];
    if (all_miss(p))
        return fail(p, HEDDLE_E_NOT_FOUND, "no peer has it", err);
    if (!all_agree(p))
        return fail(p, HEDDLE_E_POLICY, "the peers do not agree", err);
    if (p->answered < p->needed) {
        snprintf(what, sizeof(what), "%zu of %zu peers answered, %zu are needed", p->answered,
                 p->asked_count, p->needed);
        return fail(p, HEDDLE_E_UNAVAILABLE, what, err);
    }
    return HEDDLE_OK;
}

static heddle_status read_numbers(poll *p, heddle_error *err)
{
    heddle_agreement wanted = {0};
    const peer_survey *survey = p->survey;
    BASE_TRY(
        client_options_copy(&wanted, sizeof(wanted), survey->agreement, "HEDDLE_AGREEMENT", err));
    BASE_TRY(client_options_copy(&p->options, sizeof(p->options), survey->options,
                                 "HEDDLE_CALL_OPTIONS", err));
    p->options.size = sizeof(p->options);
    p->options.details = NULL; /* of one call at a time only */
    if (!survey->peer_count || survey->peer_count > PEERS_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "agreement: 1 to %d peers", PEERS_MAX);
    p->at_once = wanted.max_targets ? wanted.max_targets : survey->peer_count;
    if (p->at_once > survey->peer_count)
        p->at_once = survey->peer_count;
    if (p->at_once < wanted.min_answers)
        p->at_once = wanted.min_answers;
    p->needed = wanted.min_answers ? wanted.min_answers : p->at_once;
    p->tolerance = wanted.height_tolerance;
    if (p->needed > survey->peer_count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "agreement: %zu answers of %zu peers",
                         p->needed, survey->peer_count);
    return HEDDLE_OK;
}

static heddle_status run(poll *p, base_buffer *out, heddle_error *err)
{
    BASE_TRY(client_check_may_wait(err));
    BASE_TRY(read_numbers(p, err));
    p->slots = base_calloc(p->survey->peer_count, sizeof(*p->slots));
    if (!p->slots)
        return base_fail_memory(err, "agreement");
    run_rounds(p);
    BASE_TRY(report(p, err));
    BASE_TRY(judge(p, err));
    *out = p->kept;
    p->kept = (base_buffer){0};
    return HEDDLE_OK;
}

heddle_status peer_survey_run(const peer_survey *survey, base_buffer *out, heddle_error *err)
{
    poll p = {.survey = survey};
    pthread_mutex_init(&p.lock, NULL);
    heddle_status status = run(&p, out, err);
    pthread_mutex_destroy(&p.lock);
    base_buffer_done(&p.kept);
    base_free(p.slots);
    return status;
}
