#include "script.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/view.h"
#include "heddle/chaincode_identity.h"
#include "heddle/chaincode_policy.h"
#include "heddle/chaincode_private.h"

typedef struct script {
    heddle_cc_stub *stub;
    size_t at; /* the operation's first argument */
    const char *said;
} script;

static heddle_view arg(const script *s, size_t i)
{
    return heddle_cc_arg(s->stub, s->at + i);
}

static const char *text(const script *s, size_t i)
{
    return heddle_cc_arg_text(s->stub, s->at + i);
}

static void say(script *s, heddle_view what)
{
    s->said = heddle_cc_printf(s->stub, "%s%.*s", s->said, BASE_VIEW_ARG(what));
}

static heddle_status get(script *s, heddle_error *err)
{
    heddle_view value = {0};
    heddle_status st = heddle_cc_get_state(s->stub, arg(s, 0), &value, err);
    say(s, value);
    return st;
}

static heddle_status many(script *s, heddle_error *err)
{
    heddle_view keys[] = {arg(s, 0), arg(s, 1)}, values[2] = {{0}};
    heddle_status st = heddle_cc_get_states(s->stub, keys, 2, values, err);
    say(s, values[0]);
    say(s, VIEW(","));
    say(s, values[1]);
    return st;
}

static heddle_status put(script *s, heddle_error *err)
{
    return heddle_cc_put_state(s->stub, arg(s, 0), arg(s, 1), err);
}

static heddle_status del(script *s, heddle_error *err)
{
    return heddle_cc_del_state(s->stub, arg(s, 0), err);
}

static heddle_status walk(script *s, heddle_cc_iterator *it, heddle_error *err)
{
    heddle_cc_entry entry;
    heddle_status st;
    while ((st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK)
        say(s, heddle_view_str(heddle_cc_printf(s->stub, "%.*s=%.*s ", BASE_VIEW_ARG(entry.key),
                                                BASE_VIEW_ARG(entry.value))));
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status range(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_range_open(s->stub, arg(s, 0), arg(s, 1), &it, err);
    return st == HEDDLE_OK ? walk(s, it, err) : st;
}

/* The first key only. */
static heddle_status first(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_status st = heddle_cc_range_open(s->stub, arg(s, 0), arg(s, 1), &it, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_iterator_next(it, &entry, err);
    if (st == HEDDLE_OK)
        heddle_cc_iterator_close(it);
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status say_page(script *s, heddle_cc_iterator *it, heddle_error *err)
{
    heddle_status st = walk(s, it, err);
    heddle_view bookmark = heddle_cc_iterator_bookmark(it);
    say(s,
        heddle_view_str(heddle_cc_printf(s->stub, "(%d, %.*s)", (int)heddle_cc_iterator_fetched(it),
                                         BASE_VIEW_ARG(bookmark))));
    return st;
}

static heddle_status page(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st = heddle_cc_range_page_open(
        s->stub, arg(s, 0), arg(s, 1), (int32_t)strtol(text(s, 2), NULL, 10), arg(s, 3), &it, err);
    return st == HEDDLE_OK ? say_page(s, it, err) : st;
}

static heddle_status put_composite(script *s, heddle_error *err)
{
    heddle_view attributes[] = {arg(s, 1), arg(s, 2)}, key = {0};
    heddle_status st = heddle_cc_composite_key(s->stub, arg(s, 0), attributes, 2, &key, err);
    return st == HEDDLE_OK ? heddle_cc_put_state(s->stub, key, arg(s, 3), err) : st;
}

/* Composite keys of a type and first attribute: the second attributes. */
static heddle_status composite(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_cc_entry entry;
    heddle_view attribute = arg(s, 1), type;
    const heddle_view *parts;
    size_t count;
    heddle_status st = heddle_cc_composite_open(s->stub, arg(s, 0), &attribute, 1, &it, err);
    while (st == HEDDLE_OK && (st = heddle_cc_iterator_next(it, &entry, err)) == HEDDLE_OK) {
        st = heddle_cc_split_composite_key(s->stub, entry.key, &type, &parts, &count, err);
        if (st == HEDDLE_OK)
            say(s, parts[1]);
    }
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status history(script *s, heddle_error *err)
{
    heddle_cc_history *h;
    heddle_cc_modification m;
    heddle_status st = heddle_cc_history_open(s->stub, arg(s, 0), &h, err);
    while (st == HEDDLE_OK && (st = heddle_cc_history_next(h, &m, err)) == HEDDLE_OK)
        say(s, heddle_view_str(heddle_cc_printf(s->stub, "%s%.*s@%lld ", m.is_delete ? "-" : "",
                                                BASE_VIEW_ARG(m.value), (long long)m.seconds)));
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status query(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    return heddle_cc_query_open(s->stub, arg(s, 0), &it, err);
}

static heddle_status query_page(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    return heddle_cc_query_page_open(s->stub, arg(s, 0), 1, VIEW(""), &it, err);
}

static heddle_status pget(script *s, heddle_error *err)
{
    heddle_view value = {0};
    heddle_status st = heddle_cc_get_private(s->stub, text(s, 0), arg(s, 1), &value, err);
    say(s, value);
    return st;
}

static heddle_status pmany(script *s, heddle_error *err)
{
    heddle_view keys[] = {arg(s, 1), arg(s, 2)}, values[2] = {{0}};
    heddle_status st = heddle_cc_get_privates(s->stub, text(s, 0), keys, 2, values, err);
    say(s, values[0]);
    say(s, VIEW(","));
    say(s, values[1]);
    return st;
}

static heddle_status pput(script *s, heddle_error *err)
{
    return heddle_cc_put_private(s->stub, text(s, 0), arg(s, 1), arg(s, 2), err);
}

static heddle_status pdel(script *s, heddle_error *err)
{
    return heddle_cc_del_private(s->stub, text(s, 0), arg(s, 1), err);
}

static heddle_status purge(script *s, heddle_error *err)
{
    return heddle_cc_purge_private(s->stub, text(s, 0), arg(s, 1), err);
}

static heddle_status phash(script *s, heddle_error *err)
{
    heddle_view hash = {0};
    char hex[80] = "";
    heddle_status st = heddle_cc_get_private_hash(s->stub, text(s, 0), arg(s, 1), &hash, err);
    if (hash.len == 32)
        base_hex(hash, hex);
    say(s, heddle_view_str(hex));
    return st;
}

static heddle_status prange(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    heddle_status st =
        heddle_cc_private_range_open(s->stub, text(s, 0), arg(s, 1), arg(s, 2), &it, err);
    return st == HEDDLE_OK ? walk(s, it, err) : st;
}

static heddle_status pquery(script *s, heddle_error *err)
{
    heddle_cc_iterator *it;
    return heddle_cc_private_query_open(s->stub, text(s, 0), arg(s, 1), &it, err);
}

/* The policy that a member of one organisation endorses; "" : none. */
static heddle_status make_policy(script *s, const char *msp_id, heddle_view *out, heddle_error *err)
{
    heddle_cc_policy *policy;
    if (!*msp_id)
        return HEDDLE_OK;
    heddle_status st = heddle_cc_policy_new(s->stub, &policy, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, msp_id, err);
    return st == HEDDLE_OK ? heddle_cc_policy_write(policy, out, err) : st;
}

static heddle_status say_policy(script *s, heddle_view bytes, heddle_error *err)
{
    heddle_cc_policy *policy;
    heddle_status st = heddle_cc_policy_read(s->stub, bytes, &policy, err);
    for (size_t i = 0; st == HEDDLE_OK && i < heddle_cc_policy_count(policy); i++)
        say(s, heddle_view_str(heddle_cc_policy_at(policy, i, NULL)));
    return st;
}

static heddle_status set_policy(script *s, heddle_error *err)
{
    heddle_view bytes = {0};
    heddle_status st = make_policy(s, text(s, 1), &bytes, err);
    return st == HEDDLE_OK ? heddle_cc_set_state_policy(s->stub, arg(s, 0), bytes, err) : st;
}

static heddle_status policy(script *s, heddle_error *err)
{
    heddle_view bytes = {0};
    heddle_status st = heddle_cc_get_state_policy(s->stub, arg(s, 0), &bytes, err);
    return st == HEDDLE_OK && bytes.len ? say_policy(s, bytes, err) : st;
}

static heddle_status pset_policy(script *s, heddle_error *err)
{
    heddle_view bytes = {0};
    heddle_status st = make_policy(s, text(s, 2), &bytes, err);
    return st == HEDDLE_OK
               ? heddle_cc_set_private_policy(s->stub, text(s, 0), arg(s, 1), bytes, err)
               : st;
}

static heddle_status ppolicy(script *s, heddle_error *err)
{
    heddle_view bytes = {0};
    heddle_status st = heddle_cc_get_private_policy(s->stub, text(s, 0), arg(s, 1), &bytes, err);
    return st == HEDDLE_OK && bytes.len ? say_policy(s, bytes, err) : st;
}

/* "call", chaincode, channel ("": this one), operation, argument, argument */
static heddle_status call(script *s, heddle_error *err)
{
    heddle_cc_response response = {0};
    const char *channel = text(s, 1);
    heddle_view args[] = {VIEW("Do"), arg(s, 2), arg(s, 3), arg(s, 4)};
    heddle_status st = heddle_cc_call(s->stub, text(s, 0), *channel ? channel : NULL, args,
                                      arg(s, 4).len ? 4 : 3, &response, err);
    if (st != HEDDLE_OK)
        return st;
    say(s, heddle_view_str(heddle_cc_printf(s->stub, "%d %.*s%.*s", (int)response.status,
                                            BASE_VIEW_ARG(response.payload),
                                            BASE_VIEW_ARG(response.message))));
    return HEDDLE_OK;
}

static heddle_status event(script *s, heddle_error *err)
{
    return heddle_cc_set_event(s->stub, text(s, 0), arg(s, 1), err);
}

static heddle_status transient(script *s, heddle_error *err)
{
    heddle_view value = {0};
    heddle_status st = heddle_cc_transient(s->stub, text(s, 0), &value, err);
    say(s, value);
    return st;
}

static heddle_status decoration(script *s, heddle_error *err)
{
    heddle_view value = {0};
    heddle_status st = heddle_cc_decoration(s->stub, text(s, 0), &value, err);
    say(s, value);
    return st;
}

static heddle_status attribute(script *s, heddle_error *err)
{
    const char *value = "";
    heddle_status st = heddle_cc_client_attribute(s->stub, text(s, 0), &value, err);
    say(s, heddle_view_str(value));
    return st;
}

static heddle_status who(script *s, heddle_error *err)
{
    const char *msp_id = "";
    heddle_cc_certificate cert = {0};
    heddle_status st = heddle_cc_client_msp_id(s->stub, &msp_id, err);
    if (st == HEDDLE_OK)
        st = heddle_cc_client_cert(s->stub, &cert, err);
    say(s, heddle_view_str(heddle_cc_printf(s->stub, "%s %s %s", msp_id,
                                            cert.subject ? cert.subject : "",
                                            cert.issuer ? cert.issuer : "")));
    return st;
}

static heddle_status when(script *s, heddle_error *err)
{
    int64_t seconds;
    int32_t nanos;
    (void)err;
    heddle_cc_timestamp(s->stub, &seconds, &nanos);
    say(s, heddle_view_str(heddle_cc_printf(s->stub, "%lld.%09d", (long long)seconds, (int)nanos)));
    return HEDDLE_OK;
}

static heddle_status where(script *s, heddle_error *err)
{
    (void)err;
    say(s, heddle_view_str(heddle_cc_channel(s->stub)));
    return HEDDLE_OK;
}

static heddle_status see(script *s, heddle_error *err)
{
    (void)err;
    heddle_cc_see_own_writes(s->stub, true);
    return HEDDLE_OK;
}

static heddle_status batch(script *s, heddle_error *err)
{
    return heddle_cc_batch_begin(s->stub, err);
}

static const struct {
    const char *name;
    size_t args;
    heddle_status (*run)(script *s, heddle_error *err);
} operations[] = {
    {"get", 1, get},
    {"many", 2, many},
    {"put", 2, put},
    {"del", 1, del},
    {"range", 2, range},
    {"first", 2, first},
    {"page", 4, page},
    {"put composite", 4, put_composite},
    {"composite", 2, composite},
    {"history", 1, history},
    {"query", 1, query},
    {"query page", 1, query_page},
    {"pget", 2, pget},
    {"pmany", 3, pmany},
    {"pput", 3, pput},
    {"pdel", 2, pdel},
    {"purge", 2, purge},
    {"phash", 2, phash},
    {"prange", 3, prange},
    {"pquery", 2, pquery},
    {"set policy", 2, set_policy},
    {"policy", 1, policy},
    {"pset policy", 3, pset_policy},
    {"ppolicy", 2, ppolicy},
    {"call", 5, call},
    {"event", 2, event},
    {"transient", 1, transient},
    {"decoration", 1, decoration},
    {"attribute", 1, attribute},
    {"who", 0, who},
    {"when", 0, when},
    {"where", 0, where},
    {"see", 0, see},
    {"batch", 0, batch},
};

static heddle_status run_one(script *s, const char *name, heddle_error *err)
{
    for (size_t i = 0; i < BASE_COUNT(operations); i++) {
        if (strcmp(operations[i].name, name) != 0)
            continue;
        heddle_status st = operations[i].run(s, err);
        s->at += operations[i].args;
        return st;
    }
    return heddle_cc_fail(err, "no operation %s", name);
}

static heddle_status do_all(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    script s = {.stub = stub, .said = ""};
    heddle_status st = HEDDLE_OK;
    (void)context;
    while (st == HEDDLE_OK && s.at < heddle_cc_arg_count(stub)) {
        const char *name = heddle_cc_arg_text(stub, s.at++);
        st = run_one(&s, name, err);
        say(&s, VIEW(";"));
    }
    return st == HEDDLE_OK ? heddle_cc_reply_text(stub, s.said, err) : st;
}

static const heddle_cc_transaction transactions[] = {
    {.name = "Do", .function = do_all, .unchecked = true}};
static const heddle_cc_contract contract = {.size = sizeof(contract),
                                            .name = "script",
                                            .transactions = transactions,
                                            .transaction_count = BASE_COUNT(transactions)};
static const heddle_cc_contract *const contracts[] = {&contract};
const heddle_cc_chaincode script_chaincode = {
    .size = sizeof(script_chaincode), .contracts = contracts, .contract_count = 1};

static void add_collection(heddle_cc_mock *mock, const char *name, const char *const *members,
                           size_t count, bool member_only)
{
    heddle_cc_mock_collection c = HEDDLE_CC_MOCK_COLLECTION;
    c.name = name;
    c.members = members;
    c.member_count = count;
    c.member_only_read = c.member_only_write = member_only;
    ck_assert_int_eq(heddle_cc_mock_add_collection(mock, &c, NULL), HEDDLE_OK);
}

heddle_cc_mock *script_mock(void)
{
    static const char *const orgs[] = {"Org1MSP", "Org2MSP"};
    heddle_cc_mock *mock;
    ck_assert_int_eq(heddle_cc_mock_new(&script_chaincode, &mock, NULL), HEDDLE_OK);
    add_collection(mock, "both", orgs, 2, false);
    add_collection(mock, "one", orgs, 1, true);
    add_collection(mock, "two", orgs + 1, 1, false);
    return mock;
}

static void check_ok(const heddle_cc_mock_result *result)
{
    ck_assert_msg(result->status == 200, "%d %s", (int)result->status, result->message);
}

const char *script_submit(heddle_cc_mock *mock, const char *const *texts)
{
    heddle_cc_mock_result result;
    ck_assert_int_eq(heddle_cc_mock_submit_texts(mock, texts, &result, NULL), HEDDLE_OK);
    check_ok(&result);
    ck_assert_str_eq(heddle_cc_mock_code_name(result.code), "VALID");
    return result.text;
}

const char *script_evaluate(heddle_cc_mock *mock, const char *const *texts)
{
    heddle_cc_mock_result result;
    ck_assert_int_eq(heddle_cc_mock_evaluate_texts(mock, texts, &result, NULL), HEDDLE_OK);
    check_ok(&result);
    return result.text;
}

heddle_cc_mock_tx *script_endorse(heddle_cc_mock *mock, const char *const *texts)
{
    heddle_cc_mock_result result;
    heddle_cc_mock_tx *tx = NULL;
    ck_assert_int_eq(heddle_cc_mock_endorse_texts(mock, texts, &tx, &result, NULL), HEDDLE_OK);
    check_ok(&result);
    return tx;
}

const char *script_refused(heddle_cc_mock *mock, const char *const *texts)
{
    heddle_cc_mock_result result;
    ck_assert_int_eq(heddle_cc_mock_submit_texts(mock, texts, &result, NULL), HEDDLE_OK);
    ck_assert_int_eq(result.status, 500);
    ck_assert_str_eq(heddle_cc_mock_code_name(result.code), "NOT_COMMITTED");
    return result.message;
}

heddle_cc_mock_code script_code(heddle_cc_mock *mock, const char *const *texts)
{
    heddle_cc_mock_result result;
    ck_assert_int_eq(heddle_cc_mock_submit_texts(mock, texts, &result, NULL), HEDDLE_OK);
    check_ok(&result);
    return result.code;
}

void script_commit(heddle_cc_mock *mock, heddle_cc_mock_tx *const *txs, size_t count,
                   const heddle_cc_mock_code *codes)
{
    heddle_cc_mock_code got[8];
    ck_assert_uint_le(count, BASE_COUNT(got));
    ck_assert_int_eq(heddle_cc_mock_commit(mock, txs, count, got, NULL), HEDDLE_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(got[i] == codes[i], "transaction %zu is %s", i,
                      heddle_cc_mock_code_name(got[i]));
}
