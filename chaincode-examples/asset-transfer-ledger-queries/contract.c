/*
 * All the ways to find assets: by their keys, by an index over their colours, page by page, by
 * queries of the peer's database, and in their history.
 *
 * The index is made of composite keys, color~name COLOR ID, whose values say nothing: to find the
 * blue assets is to read the range of the keys that begin with "blue".
 */
#include "contract.h"

#include <heddle/chaincode_json.h>
#include <stdio.h>
#include <time.h>

#include "support/try.h"

static const char color_index[] = "color~name";

/* State */

static heddle_status find(heddle_cc_stub *stub, heddle_view id, heddle_cc_json **out,
                          heddle_error *err)
{
    TRY(heddle_cc_get_json(stub, id, out, err));
    return *out ? HEDDLE_OK
                : heddle_cc_fail(err, "asset %.*s does not exist", (int)id.len,
                                 (const char *)id.data);
}

static heddle_status exists(heddle_cc_stub *stub, const char *id, bool *out, heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, heddle_view_str(id), &value, err));
    *out = value.len > 0;
    return HEDDLE_OK;
}

static heddle_cc_json *new_asset(heddle_cc_stub *stub, const char *type, const char *id,
                                 const char *color, int64_t size, const char *owner, int64_t value)
{
    heddle_cc_json *asset = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(asset, "docType", type);
    heddle_cc_json_set_text(asset, "ID", id);
    heddle_cc_json_set_text(asset, "color", color);
    heddle_cc_json_set_integer(asset, "size", size);
    heddle_cc_json_set_text(asset, "owner", owner);
    heddle_cc_json_set_integer(asset, "appraisedValue", value);
    return asset;
}

static heddle_status index_key(heddle_cc_stub *stub, heddle_view color, heddle_view id,
                               heddle_view *out, heddle_error *err)
{
    const heddle_view parts[] = {color, id};
    return heddle_cc_composite_key(stub, heddle_view_str(color_index), parts, 2, out, err);
}

static heddle_status create(heddle_cc_stub *stub, const char *id, const char *color, int64_t size,
                            const char *owner, int64_t value, heddle_error *err)
{
    bool present;
    heddle_view key;
    TRY(exists(stub, id, &present, err));
    if (present)
        return heddle_cc_fail(err, "asset already exists: %s", id);
    TRY(heddle_cc_put_json(stub, heddle_view_str(id),
                           new_asset(stub, "asset", id, color, size, owner, value), err));
    TRY(index_key(stub, heddle_view_str(color), heddle_view_str(id), &key, err));
    /* An empty value would delete the key. */
    return heddle_cc_put_state(stub, key, heddle_view_of("", 1), err);
}

static heddle_status give(heddle_cc_stub *stub, heddle_view id, const char *new_owner,
                          heddle_error *err)
{
    heddle_cc_json *asset;
    TRY(find(stub, id, &asset, err));
    heddle_cc_json_set_text(asset, "owner", new_owner);
    return heddle_cc_put_json(stub, id, asset, err);
}

/* Transactions */

static heddle_status init_ledger(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    static const struct {
        const char *id, *color;
        int64_t size;
        const char *owner;
        int64_t value;
    } assets[] = {
        {"asset1", "blue", 5, "Tomoko", 300},    {"asset2", "red", 5, "Brad", 400},
        {"asset3", "green", 10, "Jin Soo", 500}, {"asset4", "yellow", 10, "Max", 600},
        {"asset5", "black", 15, "Adriana", 700}, {"asset6", "white", 15, "Michel", 800},
    };
    (void)context;
    for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
        TRY(create(stub, assets[i].id, assets[i].color, assets[i].size, assets[i].owner,
                   assets[i].value, err));
    return HEDDLE_OK;
}

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return create(stub, heddle_cc_text(stub, 0), heddle_cc_text(stub, 1),
                  heddle_cc_integer(stub, 2), heddle_cc_text(stub, 3), heddle_cc_integer(stub, 4),
                  err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, heddle_view_str(heddle_cc_text(stub, 0)), &asset, err));
    return heddle_cc_reply_json(stub, asset, err);
}

static heddle_status delete_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view id = heddle_view_str(heddle_cc_text(stub, 0)), key;
    heddle_cc_json *asset;
    TRY(find(stub, id, &asset, err));
    TRY(index_key(stub, heddle_cc_json_bytes(heddle_cc_json_member(asset, "color")), id, &key,
                  err));
    TRY(heddle_cc_del_state(stub, id, err));
    return heddle_cc_del_state(stub, key, err);
}

static heddle_status transfer_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return give(stub, heddle_view_str(heddle_cc_text(stub, 0)), heddle_cc_text(stub, 1), err);
}

/*
 * The range that was read is part of the transaction: peers read it again when they commit, and
 * make the transaction invalid if an asset of that colour came or went in between.
 */
static heddle_status transfer_by_color(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view color = heddle_view_str(heddle_cc_text(stub, 0)), type;
    const heddle_view *parts;
    size_t count;
    heddle_cc_iterator *found;
    heddle_cc_entry entry;
    heddle_status status;
    TRY(heddle_cc_composite_open(stub, heddle_view_str(color_index), &color, 1, &found, err));
    while ((status = heddle_cc_iterator_next(found, &entry, err)) == HEDDLE_OK) {
        TRY(heddle_cc_split_composite_key(stub, entry.key, &type, &parts, &count, err));
        if (count == 2)
            TRY(give(stub, parts[1], heddle_cc_text(stub, 1), err));
    }
    return status == HEDDLE_E_END ? HEDDLE_OK : status;
}

static heddle_status asset_exists(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    bool present;
    TRY(exists(stub, heddle_cc_text(stub, 0), &present, err));
    return heddle_cc_reply_text(stub, present ? "true" : "false", err);
}

/* Lists and pages */

static heddle_status read_all(heddle_cc_stub *stub, heddle_cc_iterator *found, heddle_cc_json **out,
                              heddle_error *err)
{
    heddle_cc_json *list = heddle_cc_json_array(stub), *asset;
    heddle_cc_entry entry;
    heddle_status status;
    while ((status = heddle_cc_iterator_next(found, &entry, err)) == HEDDLE_OK) {
        TRY(heddle_cc_json_parse(stub, entry.value, &asset, err));
        heddle_cc_json_append(list, asset);
    }
    *out = list;
    return status == HEDDLE_E_END ? HEDDLE_OK : status;
}

static heddle_status reply_list(heddle_cc_stub *stub, heddle_cc_iterator *found, heddle_error *err)
{
    heddle_cc_json *list;
    TRY(read_all(stub, found, &list, err));
    return heddle_cc_reply_json(stub, list, err);
}

static heddle_status reply_page(heddle_cc_stub *stub, heddle_cc_iterator *found, heddle_error *err)
{
    heddle_cc_json *page = heddle_cc_json_object(stub), *list;
    TRY(read_all(stub, found, &list, err));
    heddle_cc_json_set(page, "records", list);
    heddle_cc_json_set_integer(page, "fetchedRecordsCount", heddle_cc_iterator_fetched(found));
    heddle_cc_json_set_bytes(page, "bookmark", heddle_cc_iterator_bookmark(found));
    return heddle_cc_reply_json(stub, page, err);
}

static heddle_status get_by_range(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *found;
    TRY(heddle_cc_range_open(stub, heddle_view_str(heddle_cc_text(stub, 0)),
                             heddle_view_str(heddle_cc_text(stub, 1)), &found, err));
    return reply_list(stub, found, err);
}

static heddle_status get_page(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *found;
    TRY(heddle_cc_range_page_open(stub, heddle_view_str(heddle_cc_text(stub, 0)),
                                  heddle_view_str(heddle_cc_text(stub, 1)),
                                  (int32_t)heddle_cc_integer(stub, 2),
                                  heddle_view_str(heddle_cc_text(stub, 3)), &found, err));
    return reply_page(stub, found, err);
}

/* Rich queries: the text goes to the peer's database as it is, and only CouchDB answers. */

static heddle_status query_assets(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *found;
    TRY(heddle_cc_query_open(stub, heddle_view_str(heddle_cc_text(stub, 0)), &found, err));
    return reply_list(stub, found, err);
}

static heddle_status query_page(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *found;
    TRY(heddle_cc_query_page_open(stub, heddle_view_str(heddle_cc_text(stub, 0)),
                                  (int32_t)heddle_cc_integer(stub, 1),
                                  heddle_view_str(heddle_cc_text(stub, 2)), &found, err));
    return reply_page(stub, found, err);
}

/* Built as JSON, so that no owner's name can become a part of the query. */
static heddle_status query_by_owner(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *query = heddle_cc_json_object(stub), *selector = heddle_cc_json_object(stub);
    heddle_cc_iterator *found;
    heddle_view text;
    heddle_cc_json_set_text(selector, "docType", "asset");
    heddle_cc_json_set_text(selector, "owner", heddle_cc_text(stub, 0));
    heddle_cc_json_set(query, "selector", selector);
    TRY(heddle_cc_json_write(stub, query, &text, err));
    TRY(heddle_cc_query_open(stub, text, &found, err));
    return reply_list(stub, found, err);
}

/* History */

/* As Go writes a time: nanoseconds as far as there are any, and Z. */
static const char *time_text(heddle_cc_stub *stub, int64_t seconds, int32_t nanos)
{
    time_t clock = (time_t)seconds;
    struct tm utc;
    char text[40], fraction[16] = "";
    if (!gmtime_r(&clock, &utc))
        return "";
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    if (nanos > 0 && nanos < 1000000000) {
        int digits = 9;
        for (; nanos % 10 == 0; nanos /= 10)
            digits--;
        snprintf(fraction, sizeof(fraction), ".%0*d", digits, nanos);
    }
    return heddle_cc_printf(stub, "%s%sZ", text, fraction);
}

static heddle_status append_modification(heddle_cc_stub *stub, heddle_cc_json *list, const char *id,
                                         const heddle_cc_modification *m, heddle_error *err)
{
    heddle_cc_json *row = heddle_cc_json_object(stub);
    heddle_cc_json *asset = new_asset(stub, "", id, "", 0, "", 0);
    if (m->value.len)
        TRY(heddle_cc_json_parse(stub, m->value, &asset, err));
    heddle_cc_json_set(row, "record", asset);
    heddle_cc_json_set_text(row, "txId", m->tx_id);
    heddle_cc_json_set_text(row, "timestamp", time_text(stub, m->seconds, m->nanos));
    heddle_cc_json_set_boolean(row, "isDelete", m->is_delete);
    heddle_cc_json_append(list, row);
    return HEDDLE_OK;
}

static heddle_status get_history(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id = heddle_cc_text(stub, 0);
    heddle_cc_json *list = heddle_cc_json_array(stub);
    heddle_cc_history *history;
    heddle_cc_modification modification;
    heddle_status status;
    TRY(heddle_cc_history_open(stub, heddle_view_str(id), &history, err));
    while ((status = heddle_cc_history_next(history, &modification, err)) == HEDDLE_OK)
        TRY(append_modification(stub, list, id, &modification, err));
    return status == HEDDLE_E_END ? heddle_cc_reply_json(stub, list, err) : status;
}

/* The tables */

#define ASSET     "{\"$ref\":\"#/components/schemas/Asset\"}"
#define ASSETS    "{\"type\":\"array\",\"items\":" ASSET "}"
#define PAGE      "{\"$ref\":\"#/components/schemas/Page\"}"
#define HISTORY   "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Modification\"}}"
#define PAGE_SIZE "{\"minimum\":1,\"maximum\":10000}"
#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter id_only[] = {
    {"assetID", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter id_and_owner[] = {
    {"assetID", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"newOwner", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter color_and_owner[] = {{"color", .type = HEDDLE_CC_STRING},
                                                      {"newOwner", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter whole_asset[] = {
    {"assetID", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"color", .type = HEDDLE_CC_STRING},
    {"size", .type = HEDDLE_CC_INTEGER},
    {"owner", .type = HEDDLE_CC_STRING},
    {"appraisedValue", .type = HEDDLE_CC_INTEGER}};
static const heddle_cc_parameter range[] = {{"startKey", .type = HEDDLE_CC_STRING},
                                            {"endKey", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter range_page[] = {
    {"startKey", .type = HEDDLE_CC_STRING},
    {"endKey", .type = HEDDLE_CC_STRING},
    {"pageSize", .type = HEDDLE_CC_INTEGER, .schema = PAGE_SIZE},
    {"bookmark", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter owner_only[] = {{"owner", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter query_only[] = {{"queryString", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter query_and_page[] = {
    {"queryString", .type = HEDDLE_CC_STRING},
    {"pageSize", .type = HEDDLE_CC_INTEGER, .schema = PAGE_SIZE},
    {"bookmark", .type = HEDDLE_CC_STRING}};

static const heddle_cc_transaction transactions[] = {
    {"InitLedger", init_ledger, .kind = HEDDLE_CC_SUBMIT},
    {"CreateAsset", create_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(whole_asset)},
    {"ReadAsset", read_asset, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSET},
    {"DeleteAsset", delete_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_only)},
    {"TransferAsset", transfer_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_and_owner)},
    {"TransferAssetByColor", transfer_by_color, .kind = HEDDLE_CC_SUBMIT,
     HEDDLE_CC_PARAMETERS(color_and_owner)},
    {"AssetExists", asset_exists, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_BOOLEAN},
    {"GetAssetsByRange", get_by_range, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(range),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSETS},
    {"GetAssetsByRangeWithPagination", get_page, .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(range_page), .returns = HEDDLE_CC_JSON, .returns_schema = PAGE},
    {"QueryAssetsByOwner", query_by_owner, .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(owner_only), .returns = HEDDLE_CC_JSON, .returns_schema = ASSETS},
    {"QueryAssets", query_assets, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(query_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSETS},
    {"QueryAssetsWithPagination", query_page, .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(query_and_page), .returns = HEDDLE_CC_JSON, .returns_schema = PAGE},
    {"GetAssetHistory", get_history, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = HISTORY},
};

static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"ID\","
              "\"appraisedValue\",\"color\",\"docType\",\"owner\",\"size\"],"
              "\"properties\":{\"ID\":{\"type\":\"string\"},"
              "\"appraisedValue\":{\"type\":\"integer\"},\"color\":{\"type\":\"string\"},"
              "\"docType\":{\"type\":\"string\"},\"owner\":{\"type\":\"string\"},"
              "\"size\":{\"type\":\"integer\"}}}"},
    {"Page", "{\"type\":\"object\",\"additionalProperties\":false,"
             "\"required\":[\"bookmark\",\"fetchedRecordsCount\",\"records\"],"
             "\"properties\":{\"bookmark\":{\"type\":\"string\"},"
             "\"fetchedRecordsCount\":{\"type\":\"integer\"},"
             "\"records\":{\"type\":\"array\","
             "\"items\":{\"$ref\":\"#/components/schemas/Asset\"}}}}"},
    {"Modification", "{\"type\":\"object\",\"additionalProperties\":false,"
                     "\"required\":[\"isDelete\",\"record\",\"timestamp\",\"txId\"],"
                     "\"properties\":{\"isDelete\":{\"type\":\"boolean\"},"
                     "\"record\":{\"$ref\":\"#/components/schemas/Asset\"},"
                     "\"timestamp\":{\"type\":\"string\"},\"txId\":{\"type\":\"string\"}}}"},
};

static const heddle_cc_contract contract = {
    .size = sizeof(contract),
    .name = "SmartContract",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
    .schemas = schemas,
    .schema_count = sizeof(schemas) / sizeof(schemas[0]),
};

static const heddle_cc_contract *const contracts[] = {&contract};

const heddle_cc_chaincode asset_transfer_ledger_queries = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "asset-transfer-ledger-queries",
    .version = "1.0",
    .description = "All the ways to find assets",
};
