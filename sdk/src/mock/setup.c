/* Making a channel, and what a test says of it before transactions run. */
#include "base/fail.h"
#include "mock/channel.h"

enum { ARENA_LIMIT = 1 << 30, START_TIME = 1893456000, BATCH_SIZE = 3 };

static const heddle_cc_mock_collection default_collection = HEDDLE_CC_MOCK_COLLECTION;

heddle_status mock_keep_text(heddle_cc_mock *mock, const char *text, const char **out,
                             heddle_error *err)
{
    const char *copy = base_arena_strdup(mock->arena, text);
    if (!copy)
        return base_arena_fail(mock->arena, err, "mock");
    *out = copy;
    return HEDDLE_OK;
}

heddle_status mock_keep_texts(heddle_cc_mock *mock, const char *const *texts, size_t count,
                              const char *const **out, heddle_error *err)
{
    const char **copy = base_arena_zalloc(mock->arena, count + 1, sizeof(*copy));
    if (!copy)
        return base_arena_fail(mock->arena, err, "mock");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(mock_keep_text(mock, texts[i], &copy[i], err));
    *out = copy;
    return HEDDLE_OK;
}

mock_org *mock_find_org(const heddle_cc_mock *mock, heddle_view msp_id)
{
    base_list_each (it, &mock->orgs) {
        mock_org *org = base_list_entry(it, mock_org, link);
        if (base_view_is(msp_id, org->msp_id))
            return org;
    }
    return NULL;
}

mock_chaincode *mock_find_chaincode(const heddle_cc_mock *mock, const char *name)
{
    base_list_each (it, &mock->chaincodes) {
        mock_chaincode *chaincode = base_list_entry(it, mock_chaincode, link);
        if (!name || strcmp(chaincode->name, name) == 0)
            return chaincode;
    }
    return NULL;
}

heddle_status mock_need_chaincode(const heddle_cc_mock *mock, const char *name,
                                  mock_chaincode **out, heddle_error *err)
{
    mock_chaincode *found = mock_find_chaincode(mock, name);
    if (!found)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the mock has no chaincode %s", name);
    *out = found;
    return HEDDLE_OK;
}

heddle_status mock_add_org(heddle_cc_mock *mock, const char *msp_id, mock_org **out,
                           heddle_error *err)
{
    mock_org *org = mock_find_org(mock, heddle_view_str(msp_id));
    if (!msp_id || !*msp_id)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "no MSP id");
    if (!org) {
        org = base_arena_zalloc(mock->arena, 1, sizeof(*org));
        if (!org)
            return base_arena_fail(mock->arena, err, "organisation");
        BASE_TRY(mock_keep_text(mock, msp_id, &org->msp_id, err));
        base_list_append(&mock->orgs, &org->link);
    }
    *out = org;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_add_chaincode(heddle_cc_mock *mock, const char *name,
                                           const heddle_cc_chaincode *chaincode, heddle_error *err)
{
    if (!name || !*name || !chaincode)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a chaincode needs a name and a contract");
    BASE_TRY(heddle_cc_chaincode_check(chaincode, err));
    if (mock_find_chaincode(mock, name))
        return base_fail(err, HEDDLE_E_EXISTS, "the mock has a chaincode %s", name);
    mock_chaincode *made = base_arena_zalloc(mock->arena, 1, sizeof(*made));
    if (!made)
        return base_arena_fail(mock->arena, err, "chaincode");
    BASE_TRY(mock_keep_text(mock, name, &made->name, err));
    made->chaincode = chaincode;
    base_list_init(&made->collections);
    base_list_append(&mock->chaincodes, &made->link);
    return HEDDLE_OK;
}

static heddle_status fill(heddle_cc_mock *mock, const char *channel, const char *name,
                          const heddle_cc_chaincode *chaincode, heddle_error *err)
{
    mock_org *first = NULL, *second = NULL;
    if (!channel || !*channel)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a channel needs a name");
    mock->arena = base_arena_new(ARENA_LIMIT);
    mock->tx_ids = base_map_new();
    if (!mock->arena || !mock->tx_ids)
        return base_fail_memory(err, "mock");
    BASE_TRY(mock_keep_text(mock, channel, &mock->channel, err));
    BASE_TRY(mock_add_org(mock, "Org1MSP", &first, err));
    BASE_TRY(mock_add_org(mock, "Org2MSP", &second, err));
    mock->peer = first;
    mock->time.seconds = START_TIME;
    mock->height = 1; /* the channel's first block */
    mock->batch_size = BATCH_SIZE;
    return heddle_cc_mock_add_chaincode(mock, name, chaincode, err);
}

heddle_status heddle_cc_mock_new_named(const char *channel, const char *name,
                                       const heddle_cc_chaincode *chaincode, heddle_cc_mock **out,
                                       heddle_error *err)
{
    heddle_cc_mock *mock = base_calloc(1, sizeof(*mock));
    if (!mock)
        return base_fail_memory(err, "mock");
    base_list_init(&mock->orgs);
    base_list_init(&mock->clients);
    base_list_init(&mock->chaincodes);
    base_list_init(&mock->channels);
    base_list_init(&mock->txs);
    heddle_status st = fill(mock, channel, name, chaincode, err);
    if (st == HEDDLE_OK)
        *out = mock;
    else
        heddle_cc_mock_free(mock);
    return st;
}

heddle_status heddle_cc_mock_new(const heddle_cc_chaincode *chaincode, heddle_cc_mock **out,
                                 heddle_error *err)
{
    return heddle_cc_mock_new_named("mychannel", "mycc", chaincode, out, err);
}

void heddle_cc_mock_free(heddle_cc_mock *mock)
{
    if (!mock)
        return;
    for (base_list *it; (it = base_list_pop(&mock->txs));)
        mock_tx_free(base_list_entry(it, heddle_cc_mock_tx, link));
    base_list_each (it, &mock->clients)
        crypto_key_unref(base_list_entry(it, mock_client, link)->key);
    base_list_each (it, &mock->orgs) {
        mock_org *org = base_list_entry(it, mock_org, link);
        crypto_key_unref(org->ca_key);
        crypto_cert_unref(org->ca_cert);
    }
    mock_table_done(&mock->state);
    base_free(mock->history.items);
    base_map_free(mock->tx_ids, NULL);
    base_arena_free(mock->arena);
    base_free(mock);
}

heddle_status heddle_cc_mock_use_peer(heddle_cc_mock *mock, const char *msp_id, heddle_error *err)
{
    mock_org *org = NULL;
    BASE_TRY(mock_add_org(mock, msp_id, &org, err));
    mock->peer = org;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_use_endorsers(heddle_cc_mock *mock, const char *const *msp_ids,
                                           size_t count, heddle_error *err)
{
    const char *const *kept = NULL;
    mock_org *org = NULL;
    for (size_t i = 0; msp_ids && i < count; i++)
        BASE_TRY(mock_add_org(mock, msp_ids[i], &org, err));
    if (msp_ids)
        BASE_TRY(mock_keep_texts(mock, msp_ids, count, &kept, err));
    mock->endorsers = kept;
    mock->endorser_count = msp_ids ? count : 0;
    return HEDDLE_OK;
}

static heddle_status parse_policy(heddle_cc_mock *mock, const char *text,
                                  const Common__SignaturePolicyEnvelope **out, heddle_error *err)
{
    Common__SignaturePolicyEnvelope *policy = NULL;
    if (text)
        BASE_TRY(wire_policy_parse(heddle_view_str(text), mock->arena, &policy, err));
    *out = policy;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_use_policy(heddle_cc_mock *mock, const char *chaincode,
                                        const char *policy, heddle_error *err)
{
    mock_chaincode *found = NULL;
    BASE_TRY(mock_need_chaincode(mock, chaincode, &found, err));
    return parse_policy(mock, policy, &found->policy, err);
}

void heddle_cc_mock_set_time(heddle_cc_mock *mock, int64_t seconds, int32_t nanos)
{
    mock->time = (base_wall_time){seconds, nanos};
}

static mock_collection *find_defined(const mock_chaincode *chaincode, heddle_view name)
{
    base_list_each (it, &chaincode->collections) {
        mock_collection *c = base_list_entry(it, mock_collection, link);
        if (base_view_is(name, c->name))
            return c;
    }
    return NULL;
}

heddle_status heddle_cc_mock_add_collection(heddle_cc_mock *mock,
                                            const heddle_cc_mock_collection *given,
                                            heddle_error *err)
{
    heddle_cc_mock_collection c = default_collection;
    memcpy(&c, given, given->size < sizeof(c) ? given->size : sizeof(c));
    mock_chaincode *chaincode = NULL;
    mock_org *org = NULL;
    BASE_TRY(mock_need_chaincode(mock, c.chaincode, &chaincode, err));
    if (!c.name || !*c.name || !c.member_count)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "a collection needs a name and members");
    if (find_defined(chaincode, heddle_view_str(c.name)))
        return base_fail(err, HEDDLE_E_EXISTS, "%s has a collection %s", chaincode->name, c.name);
    mock_collection *made = base_arena_zalloc(mock->arena, 1, sizeof(*made));
    if (!made)
        return base_arena_fail(mock->arena, err, "collection");
    for (size_t i = 0; i < c.member_count; i++)
        BASE_TRY(mock_add_org(mock, c.members[i], &org, err));
    BASE_TRY(mock_keep_text(mock, c.name, &made->name, err));
    BASE_TRY(mock_keep_texts(mock, c.members, c.member_count, &made->members, err));
    BASE_TRY(parse_policy(mock, c.policy, &made->policy, err));
    made->member_count = c.member_count;
    made->member_only_read = c.member_only_read;
    made->member_only_write = c.member_only_write;
    base_list_append(&chaincode->collections, &made->link);
    return HEDDLE_OK;
}

bool mock_find_collection(const heddle_cc_mock *mock, const mock_chaincode *chaincode,
                          heddle_view name, mock_collection *out)
{
    static const char prefix[] = "_implicit_org_";
    const mock_collection *defined = find_defined(chaincode, name);
    if (defined) {
        *out = *defined;
        return true;
    }
    if (!base_view_starts(name, heddle_view_str(prefix)))
        return false;
    const mock_org *org = mock_find_org(mock, base_view_slice(name, sizeof(prefix) - 1, name.len));
    if (org)
        *out = (mock_collection){
            .name = org->msp_id, .members = &org->msp_id, .member_count = 1, .owner = org->msp_id};
    return org != NULL;
}

bool mock_has_member(const mock_collection *collection, heddle_view msp_id)
{
    for (size_t i = 0; i < collection->member_count; i++) {
        if (base_view_is(msp_id, collection->members[i]))
            return true;
    }
    return false;
}

heddle_status heddle_cc_mock_add_channel(heddle_cc_mock *mock, heddle_cc_mock *other,
                                         heddle_error *err)
{
    mock_peer_channel *made = base_arena_zalloc(mock->arena, 1, sizeof(*made));
    if (!made)
        return base_arena_fail(mock->arena, err, "channel");
    made->mock = other;
    base_list_append(&mock->channels, &made->link);
    return HEDDLE_OK;
}

void heddle_cc_mock_set_batch_size(heddle_cc_mock *mock, unsigned results)
{
    mock->batch_size = results ? results : BATCH_SIZE;
}

void heddle_cc_mock_set_old_peer(heddle_cc_mock *mock, bool old)
{
    mock->is_old_peer = old;
}

void heddle_cc_mock_set_memory_limit(heddle_cc_mock *mock, size_t bytes)
{
    mock->memory_limit = bytes;
}

void heddle_cc_mock_lint(heddle_cc_mock *mock, bool on)
{
    mock->lints = on;
}

heddle_status heddle_cc_mock_record(heddle_cc_mock *mock, const char *dir, heddle_error *err)
{
    const char *kept = NULL;
    if (dir)
        BASE_TRY(mock_keep_text(mock, dir, &kept, err));
    mock->record_dir = kept;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_fail_request(heddle_cc_mock *mock, size_t nth, const char *words,
                                          heddle_error *err)
{
    const char *kept = NULL;
    if (words)
        BASE_TRY(mock_keep_text(mock, words, &kept, err));
    mock->fail_at = nth;
    mock->fail_words = kept;
    return HEDDLE_OK;
}
