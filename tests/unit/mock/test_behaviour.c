/*
 * The table of tests/interop/behaviour on a ledger in memory: what the C shim and the Node shim
 * answer on devnet and at real peers, the mock has to answer too. It has no Init that must come
 * first, and shows no reads and writes; what only a client knows of its proposal is left out.
 */
#include "heddle/chaincode_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/view.h"
#include "behaviour.h"
#include "behaviour_table.h"
#include "heddle/chaincode_replay.h"
#include "support/suite.h"

/* How the peer is. */
static const struct manner {
    const char *name;
    unsigned batch;
    bool old;
    bool lint;
} manners[] = {{"new", 100, false, false},
               {"old", 100, true, false},
               {"small batches", 0, false, false},
               {"twice", 0, false, true}};

static const char *const files[] = {"answers",  "arguments", "batches", "calls",
                                    "policies", "private",   "ranges",  "state"};

typedef struct run {
    heddle_cc_mock *mock;
    base_arena *arena;
    const char *manner;
    char name[128];
    char prefix[16];
    const char *tx_ids[16];
    size_t tx_count;
    int cases;
    int problems;
} run;

static const char *name_of(const char *name, void *user)
{
    run *r = user;
    size_t number = 0;
    if (strcmp(name, "$") == 0)
        return r->prefix;
    if (strcmp(name, "self") == 0)
        return "behaviour";
    if (strcmp(name, "callee") == 0)
        return "callee";
    if (strcmp(name, "other") == 0)
        return "other";
    if (strcmp(name, "channel") == 0)
        return "mychannel";
    if (strcmp(name, "timestamp") == 0)
        return "1893456000 0";
    if (strcmp(name, "txid") == 0)
        number = r->tx_count;
    else if (sscanf(name, "txid%zu", &number) != 1)
        return NULL;
    return number > 0 && number <= r->tx_count ? r->tx_ids[number - 1] : NULL;
}

static void problem(run *r, const char *what, const char *came, const char *wanted)
{
    printf("%s, %s, transaction %zu: %s\n  gives    %s\n  but not  %s\n", r->manner, r->name,
           r->tx_count, what, came, wanted);
    r->problems++;
}

/* "a | b": either; "!": any refusal. */
static bool holds(const char *came, const char *wanted)
{
    if (*wanted == '\0')
        return *came == '\0';
    for (const char *end; *wanted; wanted = end + (*end ? 3 : 0)) {
        end = strstr(wanted, " | ");
        end = end ? end : wanted + strlen(wanted);
        size_t len = (size_t)(end - wanted);
        if (len == 1 && *wanted == '!' && strncmp(came, "! ", 2) == 0)
            return true;
        if (strlen(came) == len && memcmp(came, wanted, len) == 0)
            return true;
    }
    return false;
}

static void check(run *r, const char *what, const char *came, const char *expected)
{
    base_buffer wanted = {0};
    if (table_fill(expected, name_of, r, &wanted) && strcmp(expected, "verifies") != 0 &&
        !holds(came, base_buffer_cstr(&wanted)))
        problem(r, what, came, base_buffer_cstr(&wanted));
    base_buffer_done(&wanted);
}

static void check_steps(run *r, const table_transaction *t, const heddle_cc_mock_result *result)
{
    char *rest = result->payload.len ? base_arena_strdup(r->arena, result->text) : NULL;
    for (size_t i = 0; i < t->step_count; i++) {
        char *one = strsep(&rest, "\n");
        check(r, t->steps[i].words[0], one ? one : "nothing", t->steps[i].expected);
    }
    if (rest)
        problem(r, "more answers than steps", rest, "");
}

static const char *aspect_of(const heddle_cc_mock_result *result, const char *what, run *r)
{
    base_buffer shown = {0};
    if (strcmp(what, "status") == 0)
        (void)!base_buffer_printf(&shown, "%d%s%s", result->status, result->message[0] ? " " : "",
                                  result->message);
    else if (strcmp(what, "answer") == 0)
        table_show(result->payload, &shown);
    else if (strcmp(what, "code") == 0)
        (void)!base_buffer_append_str(&shown, heddle_cc_mock_code_name(result->code));
    else if (strcmp(what, "event") == 0 && !result->event_name)
        (void)!base_buffer_append_str(&shown, "none");
    else if (strcmp(what, "event") == 0) {
        table_show(heddle_view_str(result->event_name), &shown);
        (void)!base_buffer_append_str(&shown, " ");
        table_show(result->event_payload, &shown);
    } else if (strcmp(what, "lines") == 0)
        for (const char *at = result->text; *at; at++)
            (void)!base_buffer_printf(&shown, *at == '\n' ? " / " : "%c", *at);
    else
        return NULL;
    const char *copy = base_arena_str(r->arena, base_buffer_view(&shown));
    base_buffer_done(&shown);
    return copy;
}

static void check_fails(run *r, const heddle_cc_mock_result *result, const char *shown)
{
    size_t len = strlen(shown), all = strlen(result->message);
    if (result->status < 400 || all < len || strcmp(result->message + all - len, shown) != 0)
        problem(r, "fails", result->message, shown);
}

static void check_transaction(run *r, const table_transaction *t,
                              const heddle_cc_mock_result *result)
{
    bool foreseen = false, has_code = false;
    for (size_t i = 0; i < t->aspect_count; i++) {
        const table_aspect *aspect = &t->aspects[i];
        const char *came = aspect_of(result, aspect->what, r);
        if (strcmp(aspect->what, "fails") == 0)
            check_fails(r, result, aspect->text);
        else if (came)
            check(r, aspect->what, came, aspect->text);
        foreseen |= strcmp(aspect->what, "fails") == 0 || strcmp(aspect->what, "status") == 0;
        has_code |= strcmp(aspect->what, "code") == 0;
    }
    if (result->status >= 400 && !foreseen)
        problem(r, "refused", result->message, "");
    if (t->call_count == 0 && result->status < 400)
        check_steps(r, t, result);
    if (strcmp(t->kind, "submit") == 0 && result->status < 400 && !has_code)
        check(r, "code", heddle_cc_mock_code_name(result->code), "VALID");
}

static size_t words_of(const table_transaction *t, run *r, heddle_view *out)
{
    size_t count = 0;
    char number[16];
    for (size_t i = 0; i < t->call_count; i++)
        out[count++] = table_word(t->call[i], name_of, r, r->arena);
    for (size_t i = 0; i < t->step_count; i++) {
        const table_step *one = &t->steps[i];
        snprintf(number, sizeof(number), "%zu", one->count - 1);
        out[count++] = heddle_view_str(one->words[0]);
        out[count++] = heddle_view_str(base_arena_strdup(r->arena, number));
        for (size_t j = 1; j < one->count; j++)
            out[count++] = table_word(one->words[j], name_of, r, r->arena);
    }
    ck_assert_uint_lt(count, TABLE_MAX_WORDS);
    return count;
}

static void set_transient(const table_transaction *t, run *r, heddle_cc_mock_entry *entries,
                          heddle_cc_mock_call *call)
{
    for (size_t i = 0; i < t->transient_count; i++) {
        char *name = base_arena_strdup(r->arena, t->transient[i]);
        char *value = strchr(name, '=');
        *value = '\0';
        entries[i] = (heddle_cc_mock_entry){name, table_word(value + 1, name_of, r, r->arena)};
    }
    call->transient = entries;
    call->transient_count = t->transient_count;
}

/* A client is always asked for at the first organisation's peer, if it asks for no other. */
static void choose_peers(const table_transaction *t, run *r)
{
    static const char *const orgs[] = {"Org1MSP", "Org2MSP"};
    int peer = t->peer ? t->peer : 1;
    ck_assert_int_eq(heddle_cc_mock_use_peer(r->mock, orgs[peer - 1], NULL), HEDDLE_OK);
    ck_assert_int_eq(
        heddle_cc_mock_use_endorsers(r->mock, t->peer ? orgs + t->peer - 1 : NULL, 1, NULL),
        HEDDLE_OK);
}

static void on_transaction(const table_transaction *t, void *user)
{
    run *r = user;
    heddle_view given[TABLE_MAX_WORDS];
    heddle_cc_mock_entry transient[4];
    heddle_cc_mock_call call = HEDDLE_CC_MOCK_CALL;
    heddle_cc_mock_result result;
    heddle_cc_mock_tx *tx;
    heddle_error err;
    size_t count = words_of(t, r, given);
    call.function = t->call_count ? base_arena_str(r->arena, given[0]) : "run";
    call.args = given + (t->call_count ? 1 : 0);
    call.arg_count = count - (t->call_count ? 1 : 0);
    call.client = t->client == 3 ? "auditor" : t->client == 2 ? "two" : NULL;
    set_transient(t, r, transient, &call);
    choose_peers(t, r);
    heddle_status st = strcmp(t->kind, "submit") == 0
                           ? heddle_cc_mock_submit(r->mock, &call, &result, &err)
                       : strcmp(t->kind, "endorse") == 0
                           ? heddle_cc_mock_endorse(r->mock, &call, &tx, &result, &err)
                           : heddle_cc_mock_evaluate(r->mock, &call, &result, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s: %s", r->name, err.message);
    r->tx_ids[r->tx_count++] = result.tx_id;
    check_transaction(r, t, &result);
}

static void on_case(const char *name, void *user)
{
    run *r = user;
    snprintf(r->name, sizeof(r->name), "%s", name);
    snprintf(r->prefix, sizeof(r->prefix), "p.%d.", r->cases++);
    r->tx_count = 0;
}

static heddle_cc_mock *mock_of(const struct manner *manner, heddle_cc_mock **other)
{
    static const char *const both[] = {"Org1MSP", "Org2MSP"};
    const heddle_cc_mock_entry attributes[] = {{"role", VIEW("auditor")},
                                               {"hf.Type", VIEW("client")},
                                               {"empty", VIEW("")},
                                               {"größe", VIEW("\"ü\"")}};
    heddle_cc_mock_collection shared = HEDDLE_CC_MOCK_COLLECTION, one = HEDDLE_CC_MOCK_COLLECTION;
    heddle_cc_mock *mock;
    shared.name = "shared";
    one.name = "org1Only";
    shared.members = one.members = both;
    shared.member_count = 2;
    one.member_count = 1;
    shared.member_only_read = shared.member_only_write = one.member_only_read = true;
    one.policy = "OR('Org1MSP.peer')";
    ck_assert_int_eq(
        heddle_cc_mock_new_named("mychannel", "behaviour", &behaviour_chaincode, &mock, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_chaincode(mock, "callee", &behaviour_chaincode, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_client(mock, "two", "Org2MSP", NULL, 0, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        heddle_cc_mock_client(mock, "auditor", "Org1MSP", attributes, BASE_COUNT(attributes), NULL),
        HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_collection(mock, &shared, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_collection(mock, &one, NULL), HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_new_named("other", "callee", &behaviour_chaincode, other, NULL),
                     HEDDLE_OK);
    ck_assert_int_eq(heddle_cc_mock_add_channel(mock, *other, NULL), HEDDLE_OK);
    heddle_cc_mock_set_batch_size(mock, manner->batch);
    heddle_cc_mock_set_old_peer(mock, manner->old);
    heddle_cc_mock_lint(mock, manner->lint);
    return mock;
}

static void read_all(run *r)
{
    table_reader reader = {on_case, on_transaction, r};
    char path[512];
    for (size_t i = 0; i < BASE_COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s.txt", HEDDLE_BEHAVIOUR_TABLE, files[i]);
        table_read(path, &reader);
    }
}

START_TEST(answers_as_shims_do_at_peers)
{
    const struct manner *manner = &manners[_i];
    heddle_cc_mock *other;
    run r = {.mock = mock_of(manner, &other), .arena = base_arena_new(0), .manner = manner->name};
    read_all(&r);
    ck_assert_int_eq(r.problems, 0);
    ck_assert_int_gt(r.cases, 70);
    heddle_cc_mock_free(r.mock);
    heddle_cc_mock_free(other);
    base_arena_free(r.arena);
}
END_TEST

static int replay_and_remove(const char *path)
{
    heddle_cc_replay *replay;
    heddle_error err;
    heddle_status st = heddle_cc_replay_file(&behaviour_chaincode, path, &replay, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    int count = (int)heddle_cc_replay_count(replay);
    for (int i = 0; i < count; i++)
        printf("%s %s: %s\n", path, heddle_cc_replay_function(replay),
               heddle_cc_replay_difference(replay, (size_t)i));
    heddle_cc_replay_free(replay);
    unlink(path);
    return count;
}

START_TEST(replays_answer_as_the_ledger_did)
{
    char dir[] = "/tmp/heddle-behaviour-XXXXXX", path[512];
    heddle_cc_mock *other;
    run r = {
        .mock = mock_of(&manners[2], &other), .arena = base_arena_new(0), .manner = "recorded"};
    int replayed = 0, differences = 0;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(heddle_cc_mock_record(r.mock, dir, NULL), HEDDLE_OK);
    read_all(&r);
    DIR *found = opendir(dir);
    for (struct dirent *d; (d = readdir(found)); replayed++) {
        snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
        if (d->d_name[0] != '.')
            differences += replay_and_remove(path);
    }
    closedir(found);
    rmdir(dir);
    ck_assert_int_eq(r.problems + differences, 0);
    ck_assert_int_gt(replayed, 100);
    heddle_cc_mock_free(r.mock);
    heddle_cc_mock_free(other);
    base_arena_free(r.arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock/behaviour");
    TCase *table = tcase_create("table");
    tcase_add_test(table, replays_answer_as_the_ledger_did);
    tcase_add_loop_test(table, answers_as_shims_do_at_peers, 0, (int)BASE_COUNT(manners));
    suite_add_tcase(suite, table);
    return suite_run(suite);
}
