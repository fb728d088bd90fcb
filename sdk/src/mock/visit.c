#include "mock/visit.h"

#include "base/fail.h"
#include "chaincode/lint.h"
#include "chaincode/record.h"
#include "peer/chaincode.pb-c.h"

enum { WRITE_BATCH = 100, MULTI_GET = 100 };

/* What the chaincode is told of a failure, as a peer words it. */
static heddle_status tell(const mock_visit *visit, cc_type type, const heddle_error *why,
                          heddle_view *out, heddle_error *err)
{
    const char *words =
        base_arena_printf(visit->tx->arena, "%s failed: transaction ID: %s: %s",
                          mock_request_name((int)type), visit->tx->tx_id, why->message);
    if (!words)
        return base_fail_memory(err, "mock");
    *out = heddle_view_str(words);
    return base_fail(err, HEDDLE_E_REFUSED, "%s", words);
}

/* Whether a failure that the test wanted comes now. */
static bool fails_now(heddle_cc_mock *mock)
{
    return mock->fail_at && --mock->fail_at == 0;
}

static heddle_status answer(mock_visit *visit, cc_type type, heddle_view payload, heddle_view *out,
                            heddle_error *err)
{
    heddle_error why;
    base_error_clear(&why);
    if (visit->is_gone)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer is gone");
    if (fails_now(visit->tx->mock)) {
        visit->is_gone = !visit->tx->mock->fail_words;
        if (visit->is_gone)
            return base_fail(err, HEDDLE_E_UNAVAILABLE, "the peer is gone");
        base_fail(&why, HEDDLE_E_REFUSED, "%s", visit->tx->mock->fail_words);
        return tell(visit, type, &why, out, err);
    }
    heddle_status st = mock_serve(visit, (int)type, payload, out, &why);
    if (st == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "mock");
    return st == HEDDLE_OK ? HEDDLE_OK : tell(visit, type, &why, out, err);
}

/* A failure of something posted comes out of the next call, as from a peer's stream. */
static heddle_status settle(void *user, heddle_error *err)
{
    mock_visit *visit = user;
    if (!visit->has_failed)
        return HEDDLE_OK;
    if (err)
        *err = visit->failure;
    return visit->failure.status;
}

static heddle_status ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    mock_visit *visit = user;
    size_t limit = visit->tx->mock->memory_limit;
    limit = limit ? limit : CC_DEFAULT_MEMORY;
    BASE_TRY(settle(user, err));
    heddle_status st = answer(visit, type, payload, out, err);
    if (st == HEDDLE_OK)
        visit->answered += out->len;
    if (visit->answered > limit)
        return base_fail(err, HEDDLE_E_TOO_LARGE,
                         "the peer's answers are more than the transaction's %zu bytes", limit);
    return st;
}

static heddle_status post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    mock_visit *visit = user;
    heddle_view nothing = {0};
    BASE_TRY(settle(user, err));
    visit->has_failed = answer(visit, type, payload, &nothing, &visit->failure) != HEDDLE_OK;
    return HEDDLE_OK;
}

static heddle_status write_start(const mock_visit *visit, cc_type type, heddle_view input,
                                 base_blob **out, heddle_error *err)
{
    cc_message start = {.type = (int32_t)type,
                        .payload = input,
                        .tx_id = heddle_view_str(visit->tx->tx_id),
                        .proposal = visit->tx->signed_proposal,
                        .channel = heddle_view_str(visit->mock->channel)};
    return cc_message_blob(&start, out, err);
}

static heddle_status execute_recorded(const heddle_cc_mock *mock, cc_execute *execute,
                                      const void *user, heddle_view start, const cc_port *port,
                                      const cc_limits *limits, base_blob **out, heddle_error *err)
{
    cc_record *record = NULL;
    if (!mock->record_dir)
        return execute(user, start, port, limits, out, err);
    BASE_TRY(cc_record_new(mock->record_dir, 0, execute, user, &record, err));
    heddle_status st = cc_record_execute(record, start, port, limits, out, err);
    cc_record_free(record);
    return st;
}

static heddle_status execute(const mock_visit *visit, heddle_view start, const cc_port *port,
                             const cc_limits *limits, base_blob **out, heddle_error *err)
{
    const heddle_cc_mock *mock = visit->tx->mock;
    cc_lint lint = {cc_execute_here, visit->chaincode->chaincode};
    if (mock->lints)
        return execute_recorded(mock, cc_lint_execute, &lint, start, port, limits, out, err);
    return execute_recorded(mock, lint.execute, lint.user, start, port, limits, out, err);
}

static heddle_status run(mock_visit *visit, cc_type type, heddle_view input, heddle_view *out,
                         heddle_error *err)
{
    base_auto(blob) base_blob *start = NULL;
    base_auto(blob) base_blob *last = NULL;
    cc_port port = {.ask = ask, .post = post, .settle = settle, .user = visit};
    bool is_old = visit->tx->mock->is_old_peer;
    cc_limits limits = {.memory = visit->tx->mock->memory_limit,
                        .use_write_batch = !is_old,
                        .max_write_batch = WRITE_BATCH,
                        .use_multi_get = !is_old,
                        .max_multi_get = MULTI_GET};
    BASE_TRY(write_start(visit, type, input, &start, err));
    BASE_TRY(execute(visit, base_blob_view(start), &port, &limits, &last, err));
    *out = base_arena_view(visit->tx->arena, base_blob_view(last));
    return out->data ? HEDDLE_OK : base_arena_fail(visit->tx->arena, err, "last message");
}

/* A chaincode has each transaction once: it cannot call itself, nor what calls it. */
static heddle_status check_not_running(const heddle_cc_mock_tx *tx, const mock_visit *visit,
                                       heddle_error *err)
{
    for (const mock_visit *v = tx->running; v; v = v->caller) {
        if (v->chaincode == visit->chaincode)
            return base_fail(err, HEDDLE_E_BAD_STATE, "error sending: txid: %s(%s) exists",
                             tx->tx_id, visit->mock->channel);
    }
    return HEDDLE_OK;
}

heddle_status mock_visit_run(heddle_cc_mock_tx *tx, mock_sim *sim, heddle_cc_mock *channel,
                             const mock_chaincode *chaincode, cc_type type, heddle_view input,
                             heddle_view *out, heddle_error *err)
{
    mock_visit visit = {.tx = tx,
                        .mock = channel,
                        .sim = sim,
                        .chaincode = chaincode,
                        .ns = heddle_view_str(chaincode->name),
                        .is_init = type == CC_INIT};
    base_list_init(&visit.queries);
    BASE_TRY(check_not_running(tx, &visit, err));
    visit.caller = tx->running;
    tx->running = &visit;
    channel->running++;
    heddle_status st = run(&visit, type, input, out, err);
    channel->running--;
    tx->running = visit.caller;
    return st;
}

/* "name:version/channel", where the last two may be missing. */
typedef struct target {
    char *name;
    const char *channel;
} target;

static heddle_status parse_target(base_arena *arena, const char *text, target *out,
                                  heddle_error *err)
{
    char *name = base_arena_strdup(arena, text);
    if (!name)
        return base_arena_fail(arena, err, "chaincode call");
    char *slash = strchr(name, '/');
    if (slash)
        *slash = '\0';
    char *colon = strchr(name, ':');
    if (colon)
        *colon = '\0';
    *out = (target){name, slash && slash[1] ? slash + 1 : NULL};
    return HEDDLE_OK;
}

static heddle_status find_channel(const mock_visit *visit, const char *name, heddle_cc_mock **out,
                                  heddle_error *err)
{
    *out = visit->mock;
    if (!name || strcmp(name, visit->mock->channel) == 0)
        return HEDDLE_OK;
    base_list_each (it, &visit->tx->mock->channels) {
        *out = base_list_entry(it, mock_peer_channel, link)->mock;
        if (strcmp((*out)->channel, name) == 0)
            return HEDDLE_OK;
    }
    return base_fail(err, HEDDLE_E_NOT_FOUND, "Failed to get policy manager for channel [%s]",
                     name);
}

static heddle_status find_chaincode(const heddle_cc_mock *channel, const char *name,
                                    const mock_chaincode **out, heddle_error *err)
{
    *out = mock_find_chaincode(channel, name);
    if (*out)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND,
                     "invalid invocation: [channel %s] failed to get chaincode container info for "
                     "%s: chaincode %s not found",
                     channel->channel, name, name);
}

/* On another channel a chaincode may read: it has a simulation of its own there, which leaves
 * nothing. */
static heddle_status call_other(mock_visit *visit, heddle_cc_mock *channel,
                                const mock_chaincode *chaincode, heddle_view input,
                                heddle_view *out, heddle_error *err)
{
    mock_sim sim;
    heddle_cc_mock_tx *tx = visit->tx;
    mock_sim_init(&sim, &channel->state, tx->arena, heddle_view_str(tx->tx_id));
    heddle_status st =
        mock_visit_run(tx, &sim, channel, chaincode, CC_TRANSACTION, input, out, err);
    mock_sim_done(&sim);
    return st;
}

heddle_status mock_invoke(mock_visit *visit, heddle_view payload, heddle_view *out,
                          heddle_error *err)
{
    Protos__ChaincodeSpec *spec;
    base_arena *arena = visit->tx->arena;
    heddle_cc_mock *channel = NULL;
    const mock_chaincode *chaincode = NULL;
    heddle_view input = {0};
    target to = {0};
    BASE_TRY(wire_decode(protos__chaincode_spec, payload, arena, &spec, err));
    if (!spec->chaincode_id || !spec->input)
        return base_fail(err, HEDDLE_E_DECODE, "unmarshal failed: no chaincode or no input");
    BASE_TRY(parse_target(arena, spec->chaincode_id->name, &to, err));
    BASE_TRY(find_channel(visit, to.channel, &channel, err));
    BASE_TRY(wire_encode_arena(&spec->input->base, arena, &input, err));
    heddle_status st = find_chaincode(channel, to.name, &chaincode, err);
    if (st == HEDDLE_OK && channel != visit->mock)
        st = call_other(visit, channel, chaincode, input, out, err);
    else if (st == HEDDLE_OK)
        st = mock_visit_run(visit->tx, visit->sim, channel, chaincode, CC_TRANSACTION, input, out,
                            err);
    if (st != HEDDLE_OK)
        base_error_prefix(err, "execute failed");
    return st;
}
