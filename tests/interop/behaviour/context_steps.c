/* Steps about the transaction and its client, calls and events. */
#include <heddle/chaincode_identity.h>
#include <heddle/chaincode_policy.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviour.h"

static void add_hex(text *out, heddle_view bytes)
{
    char two[3];
    for (size_t i = 0; i < bytes.len; i++) {
        snprintf(two, sizeof(two), "%02x", bytes.data[i]);
        text_add(out, two);
    }
}

static heddle_status tx_id(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    (void)err;
    text_add(out, heddle_cc_tx_id(stub));
    return HEDDLE_OK;
}

static heddle_status channel(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    (void)err;
    text_add(out, heddle_cc_channel(stub));
    return HEDDLE_OK;
}

static heddle_status timestamp(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    (void)err;
    int64_t seconds;
    int32_t nanos;
    heddle_cc_timestamp(stub, &seconds, &nanos);
    text_add(out, heddle_cc_printf(stub, "%" PRId64 " %" PRId32, seconds, nanos));
    return HEDDLE_OK;
}

static heddle_status creator(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    heddle_view bytes;
    heddle_status st = heddle_cc_creator_bytes(stub, &bytes, err);
    if (st == HEDDLE_OK)
        text_show(out, bytes);
    return st;
}

static heddle_status binding(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    heddle_view bytes;
    heddle_status st = heddle_cc_binding(stub, &bytes, err);
    if (st == HEDDLE_OK)
        add_hex(out, bytes);
    return st;
}

static heddle_status proposal(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    heddle_view bytes, signature;
    heddle_status st = heddle_cc_signed_proposal(stub, &bytes, &signature, err);
    if (st == HEDDLE_OK)
        text_show(out, bytes);
    return st;
}

static heddle_status signature(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    heddle_view bytes, sign;
    heddle_status st = heddle_cc_signed_proposal(stub, &bytes, &sign, err);
    if (st == HEDDLE_OK)
        add_hex(out, sign);
    return st;
}

typedef struct entry {
    heddle_view name;
    heddle_view value;
} entry;

static int by_name(const void *a, const void *b)
{
    const entry *one = a, *two = b;
    size_t len = one->name.len < two->name.len ? one->name.len : two->name.len;
    int order = memcmp(one->name.data, two->name.data, len);
    return order ? order : (one->name.len > two->name.len) - (one->name.len < two->name.len);
}

static void show_entries(entry *entries, size_t count, text *out)
{
    if (count > 1)
        qsort(entries, count, sizeof(*entries), by_name);
    text_add(out, "[");
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? " " : "");
        text_show(out, entries[i].name);
        text_add(out, "=");
        text_show(out, entries[i].value);
    }
    text_add(out, "]");
}

static heddle_status transients(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    size_t count = heddle_cc_transient_count(stub);
    entry *entries = heddle_cc_alloc(stub, (count + 1) * sizeof(*entries));
    if (!entries)
        return heddle_cc_fail(err, "no memory");
    for (size_t i = 0; i < count; i++)
        heddle_cc_transient_at(stub, i, &entries[i].name, &entries[i].value);
    show_entries(entries, count, out);
    return HEDDLE_OK;
}

static heddle_status transient(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_view value;
    heddle_status st = heddle_cc_transient(stub, string_of(stub, args.items[0]), &value, err);
    if (st == HEDDLE_OK)
        text_show(out, value);
    else if (st == HEDDLE_E_NOT_FOUND)
        text_add(out, "none");
    return st == HEDDLE_E_NOT_FOUND ? HEDDLE_OK : st;
}

static heddle_status decorations(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    size_t count = heddle_cc_decoration_count(stub);
    entry *entries = heddle_cc_alloc(stub, (count + 1) * sizeof(*entries));
    if (!entries)
        return heddle_cc_fail(err, "no memory");
    for (size_t i = 0; i < count; i++)
        heddle_cc_decoration_at(stub, i, &entries[i].name, &entries[i].value);
    show_entries(entries, count, out);
    return HEDDLE_OK;
}

static heddle_status msp_id(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    const char *id;
    heddle_status st = heddle_cc_client_msp_id(stub, &id, err);
    if (st == HEDDLE_OK)
        text_add(out, id);
    return st;
}

static heddle_status client_id(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    (void)args;
    const char *id;
    heddle_status st = heddle_cc_client_id(stub, &id, err);
    if (st == HEDDLE_OK)
        text_show(out, heddle_view_str(id));
    return st;
}

static heddle_status attribute(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    const char *value;
    heddle_status st =
        heddle_cc_client_attribute(stub, string_of(stub, args.items[0]), &value, err);
    if (st == HEDDLE_OK)
        text_show(out, heddle_view_str(value));
    else if (st == HEDDLE_E_NOT_FOUND)
        text_add(out, "none");
    return st == HEDDLE_E_NOT_FOUND ? HEDDLE_OK : st;
}

static heddle_status assert_attribute(heddle_cc_stub *stub, words args, text *out,
                                      heddle_error *err)
{
    heddle_status st = heddle_cc_client_assert(stub, string_of(stub, args.items[0]),
                                               string_of(stub, args.items[1]), err);
    if (st == HEDDLE_OK || st == HEDDLE_E_DENIED)
        text_add(out, st == HEDDLE_OK ? "holds" : "does not hold");
    return st == HEDDLE_E_DENIED ? HEDDLE_OK : st;
}

/* "+PEER:Org1MSP", "-Org1MSP" */
static heddle_status change_policy(heddle_cc_stub *stub, heddle_cc_policy *policy, heddle_view word,
                                   heddle_error *err)
{
    const char *change = string_of(stub, word);
    if (change[0] == '-') {
        heddle_cc_policy_remove(policy, change + 1);
        return HEDDLE_OK;
    }
    if (strncmp(change, "+PEER:", 6) == 0)
        return heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, change + 6, err);
    if (strncmp(change, "+MEMBER:", 8) == 0)
        return heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_MEMBER, change + 8, err);
    return heddle_cc_fail(err, "%s: no such role", change);
}

static heddle_status make_policy(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_policy *policy = NULL;
    heddle_view bytes;
    heddle_status st = heddle_cc_policy_read(stub, args.items[0], &policy, err);
    for (size_t i = 1; i < args.count && st == HEDDLE_OK; i++)
        st = change_policy(stub, policy, args.items[i], err);
    if (st == HEDDLE_OK)
        st = heddle_cc_policy_write(policy, &bytes, err);
    if (st == HEDDLE_OK)
        text_show(out, bytes);
    return st;
}

static heddle_status show_policy(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_policy *policy;
    heddle_cc_role role;
    heddle_status st = heddle_cc_policy_read(stub, args.items[0], &policy, err);
    if (st != HEDDLE_OK)
        return st;
    text_add(out, "[");
    const char *id;
    for (size_t i = 0; (id = heddle_cc_policy_at(policy, i, &role)); i++) {
        text_add(out, i ? " " : "");
        text_add(out, role == HEDDLE_CC_ROLE_PEER ? "PEER:" : "MEMBER:");
        text_add(out, id);
    }
    text_add(out, "]");
    return HEDDLE_OK;
}

/* That the peer did not call at all is an answer with status 500 in C and in Go, and thrown in
 * Node. */
static bool is_refusal(const heddle_cc_response *response)
{
    static const char begin[] = "INVOKE_CHAINCODE failed: ";
    return response->message.len > strlen(begin) &&
           memcmp(response->message.data, begin, strlen(begin)) == 0;
}

static heddle_status call(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_cc_response response;
    words rest = rest_of(args, 2);
    const char *where = args.items[1].len ? string_of(stub, args.items[1]) : NULL;
    heddle_status st = heddle_cc_call(stub, string_of(stub, args.items[0]), where, rest.items,
                                      rest.count, &response, err);
    if (st != HEDDLE_OK)
        return st;
    if (is_refusal(&response))
        return heddle_cc_fail(err, "%.*s", (int)response.message.len,
                              (const char *)response.message.data);
    text_add(out, heddle_cc_printf(stub, "%" PRId32 " ", response.status));
    text_show(out, response.message);
    text_add(out, " ");
    text_show(out, response.payload);
    return HEDDLE_OK;
}

static heddle_status set_event(heddle_cc_stub *stub, words args, text *out, heddle_error *err)
{
    heddle_status st =
        heddle_cc_set_event(stub, string_of(stub, args.items[0]), args.items[1], err);
    if (st == HEDDLE_OK)
        text_add(out, "ok");
    return st;
}

const step context_steps[] = {
    {"txid", 0, tx_id},
    {"channel", 0, channel},
    {"timestamp", 0, timestamp},
    {"creator", 0, creator},
    {"binding", 0, binding},
    {"proposal", 0, proposal},
    {"signature", 0, signature},
    {"transient", 0, transients},
    {"transientOf", 1, transient},
    {"decorations", 0, decorations},
    {"mspid", 0, msp_id},
    {"id", 0, client_id},
    {"attribute", 1, attribute},
    {"assert", 2, assert_attribute},
    {"policy", 1, make_policy},
    {"policyOrgs", 1, show_policy},
    {"call", 2, call},
    {"event", 2, set_event},
    {NULL, 0, NULL},
};
