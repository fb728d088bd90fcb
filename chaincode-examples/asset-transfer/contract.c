/*
 * An asset is kept under its id as JSON with sorted keys, so that every endorser writes the
 * same bytes:
 *
 *   {"AppraisedValue":300,"Color":"blue","ID":"asset1","Owner":"Tomoko","Size":5}
 */
#include "contract.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

typedef struct asset {
    const char *id;
    const char *color;
    long long size;
    const char *owner;
    long long value;
} asset;

static void release_json(json_t **slot)
{
    json_decref(*slot);
}
#define AUTO_JSON __attribute__((cleanup(release_json))) json_t *

static void release_text(char **slot)
{
    free(*slot);
}
#define AUTO_TEXT __attribute__((cleanup(release_text))) char *

#define TRY(expr)                                                                                  \
    do {                                                                                           \
        heddle_status try_status = (expr);                                                         \
        if (try_status != HEDDLE_OK)                                                               \
            return try_status;                                                                     \
    } while (0)

/* JSON */

static json_t *asset_to_json(const asset *a)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:I}", "AppraisedValue", (json_int_t)a->value, "Color",
                     a->color, "ID", a->id, "Owner", a->owner, "Size", (json_int_t)a->size);
}

static heddle_status to_text(const json_t *json, char **out, heddle_error *err)
{
    *out = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "the asset cannot be written as JSON");
}

/* Arguments */

static heddle_status text_arg(heddle_cc_stub *stub, size_t index, const char **out,
                              heddle_error *err)
{
    *out = heddle_cc_arg_text(stub, index);
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "parameter %zu is no text", index);
}

static heddle_status number_arg(heddle_cc_stub *stub, size_t index, long long *out,
                                heddle_error *err)
{
    const char *text;
    char *end;
    TRY(text_arg(stub, index, &text, err));
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return heddle_cc_fail(err, "parameter %zu: cannot convert \"%s\" to a number", index, text);
    return HEDDLE_OK;
}

/* id, color, size, owner, value */
static heddle_status asset_args(heddle_cc_stub *stub, asset *out, heddle_error *err)
{
    TRY(heddle_cc_expect_args(stub, 5, err));
    TRY(text_arg(stub, 0, &out->id, err));
    TRY(text_arg(stub, 1, &out->color, err));
    TRY(number_arg(stub, 2, &out->size, err));
    TRY(text_arg(stub, 3, &out->owner, err));
    return number_arg(stub, 4, &out->value, err);
}

/* State */

static heddle_status find(heddle_cc_stub *stub, const char *id, heddle_view *out, heddle_error *err)
{
    return heddle_cc_get_state(stub, heddle_view_str(id), out, err);
}

static heddle_status find_existing(heddle_cc_stub *stub, const char *id, heddle_view *out,
                                   heddle_error *err)
{
    TRY(find(stub, id, out, err));
    return out->len ? HEDDLE_OK : heddle_cc_fail(err, "the asset %s does not exist", id);
}

static heddle_status store_text(heddle_cc_stub *stub, const char *id, const char *text,
                                const char *event, heddle_error *err)
{
    TRY(heddle_cc_put_state(stub, heddle_view_str(id), heddle_view_str(text), err));
    return event ? heddle_cc_set_event(stub, event, heddle_view_str(text), err) : HEDDLE_OK;
}

/* With the event @p event, if not NULL, which carries the asset. */
static heddle_status store(heddle_cc_stub *stub, const asset *a, const char *event,
                           heddle_error *err)
{
    AUTO_JSON json = asset_to_json(a);
    AUTO_TEXT text = NULL;
    TRY(to_text(json, &text, err));
    return store_text(stub, a->id, text, event, err);
}

/* Transactions */

static heddle_status init_ledger(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    static const asset assets[] = {
        {"asset1", "blue", 5, "Tomoko", 300},    {"asset2", "red", 5, "Brad", 400},
        {"asset3", "green", 10, "Jin Soo", 500}, {"asset4", "yellow", 10, "Max", 600},
        {"asset5", "black", 15, "Adriana", 700}, {"asset6", "white", 15, "Michel", 800},
    };
    (void)context;
    for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
        TRY(store(stub, &assets[i], NULL, err));
    return HEDDLE_OK;
}

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    asset a;
    heddle_view present;
    TRY(asset_args(stub, &a, err));
    TRY(find(stub, a.id, &present, err));
    if (present.len)
        return heddle_cc_fail(err, "the asset %s already exists", a.id);
    return store(stub, &a, "CreateAsset", err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id;
    heddle_view present;
    TRY(heddle_cc_expect_args(stub, 1, err));
    TRY(text_arg(stub, 0, &id, err));
    TRY(find_existing(stub, id, &present, err));
    return heddle_cc_reply(stub, present, err);
}

static heddle_status update_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    asset a;
    heddle_view present;
    TRY(asset_args(stub, &a, err));
    TRY(find_existing(stub, a.id, &present, err));
    return store(stub, &a, "UpdateAsset", err);
}

static heddle_status delete_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id;
    heddle_view present;
    TRY(heddle_cc_expect_args(stub, 1, err));
    TRY(text_arg(stub, 0, &id, err));
    TRY(find_existing(stub, id, &present, err));
    TRY(heddle_cc_del_state(stub, heddle_view_str(id), err));
    return heddle_cc_set_event(stub, "DeleteAsset", present, err);
}

static heddle_status asset_exists(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id;
    heddle_view present;
    TRY(heddle_cc_expect_args(stub, 1, err));
    TRY(text_arg(stub, 0, &id, err));
    TRY(find(stub, id, &present, err));
    return heddle_cc_reply_text(stub, present.len ? "true" : "false", err);
}

/* Answers with the owner before. */
static heddle_status transfer_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id, *new_owner;
    heddle_view present;
    TRY(heddle_cc_expect_args(stub, 2, err));
    TRY(text_arg(stub, 0, &id, err));
    TRY(text_arg(stub, 1, &new_owner, err));
    TRY(find_existing(stub, id, &present, err));

    AUTO_JSON json = json_loadb((const char *)present.data, present.len, 0, NULL);
    const char *owner = json_string_value(json_object_get(json, "Owner"));
    if (!owner)
        return heddle_cc_fail(err, "the asset %s is not stored as an asset", id);
    TRY(heddle_cc_reply_text(stub, owner, err));
    AUTO_TEXT text = NULL;
    json_object_set_new(json, "Owner", json_string(new_owner));
    TRY(to_text(json, &text, err));
    return store_text(stub, id, text, "TransferAsset", err);
}

static heddle_status add_all(heddle_cc_iterator *all, json_t *list, heddle_error *err)
{
    heddle_cc_entry entry;
    heddle_status st;
    while ((st = heddle_cc_iterator_next(all, &entry, err)) == HEDDLE_OK) {
        json_t *json = json_loadb((const char *)entry.value.data, entry.value.len, 0, NULL);
        if (json_array_append_new(list, json) != 0)
            return heddle_cc_fail(err, "the asset %.*s is not stored as JSON", (int)entry.key.len,
                                  (const char *)entry.key.data);
    }
    return st == HEDDLE_E_END ? HEDDLE_OK : st;
}

static heddle_status get_all_assets(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    AUTO_JSON list = json_array();
    AUTO_TEXT text = NULL;
    heddle_cc_iterator *all;
    TRY(heddle_cc_range_open(stub, heddle_view_str(""), heddle_view_str(""), &all, err));
    heddle_status st = add_all(all, list, err);
    heddle_cc_iterator_close(all);
    if (st != HEDDLE_OK)
        return st;
    TRY(to_text(list, &text, err));
    return heddle_cc_reply_text(stub, text, err);
}

/* The functions look at their arguments themselves. */
static const heddle_cc_transaction transactions[] = {
    {"InitLedger", init_ledger, .unchecked = true},
    {"CreateAsset", create_asset, .unchecked = true},
    {"ReadAsset", read_asset, HEDDLE_CC_EVALUATE, .unchecked = true},
    {"UpdateAsset", update_asset, .unchecked = true},
    {"DeleteAsset", delete_asset, .unchecked = true},
    {"AssetExists", asset_exists, HEDDLE_CC_EVALUATE, .unchecked = true},
    {"TransferAsset", transfer_asset, .unchecked = true},
    {"GetAllAssets", get_all_assets, HEDDLE_CC_EVALUATE, .unchecked = true},
};

static const heddle_cc_contract contract = {
    .size = sizeof(heddle_cc_contract),
    .name = "SmartContract",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
};

static const heddle_cc_contract *const contracts[] = {&contract};

const heddle_cc_chaincode asset_transfer = {
    .size = sizeof(heddle_cc_chaincode), .contracts = contracts, .contract_count = 1};
