/* What a test sees of the ledger, and puts there, without a contract. */
#include "base/fail.h"
#include "mock/commit.h"

static heddle_status find(const heddle_cc_mock *mock, const char *chaincode, const char *collection,
                          heddle_view key, mock_place *out, heddle_error *err)
{
    mock_chaincode *found = NULL;
    mock_collection unused;
    BASE_TRY(mock_need_chaincode(mock, chaincode, &found, err));
    mock_place at = mock_public(heddle_view_str(found->name), key);
    if (collection) {
        at.kind = MOCK_CLEAR;
        at.coll = heddle_view_str(collection);
        if (!mock_find_collection(mock, found, at.coll, &unused))
            return base_fail(err, HEDDLE_E_NOT_FOUND, "%s has no collection %s", found->name,
                             collection);
    }
    *out = at;
    return HEDDLE_OK;
}

static heddle_status get(const heddle_cc_mock *mock, const mock_place *at, const mock_entry **out,
                         heddle_error *err)
{
    const mock_entry *entry = mock_table_get(&mock->state, at);
    if (!entry)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no key \"%.*s\"", BASE_VIEW_ARG(at->key));
    *out = entry;
    return HEDDLE_OK;
}

uint64_t heddle_cc_mock_height(const heddle_cc_mock *mock)
{
    return mock->height;
}

heddle_status heddle_cc_mock_get(const heddle_cc_mock *mock, const char *chaincode, heddle_view key,
                                 heddle_view *out, heddle_error *err)
{
    return heddle_cc_mock_get_private(mock, chaincode, NULL, key, out, err);
}

heddle_status heddle_cc_mock_get_private(const heddle_cc_mock *mock, const char *chaincode,
                                         const char *collection, heddle_view key, heddle_view *out,
                                         heddle_error *err)
{
    mock_place at = {0};
    const mock_entry *entry = NULL;
    BASE_TRY(find(mock, chaincode, collection, key, &at, err));
    BASE_TRY(get(mock, &at, &entry, err));
    *out = entry->value;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_get_policy(const heddle_cc_mock *mock, const char *chaincode,
                                        heddle_view key, heddle_view *out, heddle_error *err)
{
    mock_place at = {0};
    const mock_entry *entry = NULL;
    BASE_TRY(find(mock, chaincode, NULL, key, &at, err));
    BASE_TRY(get(mock, &at, &entry, err));
    if (!entry->meta_value.len)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "key \"%.*s\" has no policy", BASE_VIEW_ARG(key));
    *out = entry->meta_value;
    return HEDDLE_OK;
}

heddle_status heddle_cc_mock_put(heddle_cc_mock *mock, const char *chaincode, heddle_view key,
                                 heddle_view value, heddle_error *err)
{
    return heddle_cc_mock_put_private(mock, chaincode, NULL, key, value, err);
}

heddle_status heddle_cc_mock_put_private(heddle_cc_mock *mock, const char *chaincode,
                                         const char *collection, heddle_view key, heddle_view value,
                                         heddle_error *err)
{
    mock_entry entry = {.value = value};
    BASE_TRY(find(mock, chaincode, collection, key, &entry.at, err));
    return mock_commit_entry(mock, &entry, err);
}

/* The positions of a chaincode's public keys: [*first, *end). */
static bool find_all(const heddle_cc_mock *mock, const char *chaincode, size_t *first, size_t *end)
{
    const mock_chaincode *found = mock_find_chaincode(mock, chaincode);
    if (!found)
        return false;
    mock_place from = mock_public(heddle_view_str(found->name), VIEW(""));
    mock_place to = from;
    to.kind = MOCK_HASHED;
    *first = mock_table_find(&mock->state, &from, false);
    *end = mock_table_find(&mock->state, &to, false);
    return true;
}

size_t heddle_cc_mock_count(const heddle_cc_mock *mock, const char *chaincode)
{
    size_t first, end;
    return find_all(mock, chaincode, &first, &end) ? end - first : 0;
}

heddle_status heddle_cc_mock_at(const heddle_cc_mock *mock, const char *chaincode, size_t index,
                                heddle_view *out_key, heddle_view *out_value, heddle_error *err)
{
    size_t first, end;
    if (!find_all(mock, chaincode, &first, &end))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "the mock has no chaincode %s", chaincode);
    if (index >= end - first)
        return HEDDLE_E_END;
    *out_key = mock->state.items[first + index]->at.key;
    *out_value = mock->state.items[first + index]->value;
    return HEDDLE_OK;
}

const char *heddle_cc_mock_code_name(heddle_cc_mock_code code)
{
    return code == HEDDLE_CC_MOCK_NOT_COMMITTED ? "NOT_COMMITTED" : wire_code_name((int)code);
}
