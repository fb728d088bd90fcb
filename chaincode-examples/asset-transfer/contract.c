/*
 * An asset is kept under its id as JSON in its one form, so that every endorser writes the same
 * bytes:
 *
 *   {"AppraisedValue":300,"Color":"blue","ID":"asset1","Owner":"Tomoko","Size":5}
 */
#include "contract.h"

#include <heddle/chaincode_json.h>

#include "support/try.h"

/* State */

static heddle_status find(heddle_cc_stub *stub, const char *id, heddle_cc_json **out,
                          heddle_error *err)
{
    TRY(heddle_cc_get_json(stub, heddle_view_str(id), out, err));
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "the asset %s does not exist", id);
}

static heddle_status exists(heddle_cc_stub *stub, const char *id, bool *out, heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, heddle_view_str(id), &value, err));
    *out = value.len > 0;
    return HEDDLE_OK;
}

/* Events carry the asset as it is written, or was. */
static heddle_status emit(heddle_cc_stub *stub, const heddle_cc_json *asset, heddle_error *err)
{
    heddle_view bytes;
    TRY(heddle_cc_json_write(stub, asset, &bytes, err));
    return heddle_cc_set_event(stub, heddle_cc_function_name(stub), bytes, err);
}

static heddle_status store(heddle_cc_stub *stub, const heddle_cc_json *asset, heddle_error *err)
{
    heddle_view id = heddle_cc_json_bytes(heddle_cc_json_member(asset, "ID"));
    TRY(heddle_cc_put_json(stub, id, asset, err));
    return emit(stub, asset, err);
}

static heddle_cc_json *new_asset(heddle_cc_stub *stub, const char *id, const char *color,
                                 int64_t size, const char *owner, int64_t value)
{
    heddle_cc_json *asset = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(asset, "ID", id);
    heddle_cc_json_set_text(asset, "Color", color);
    heddle_cc_json_set_integer(asset, "Size", size);
    heddle_cc_json_set_text(asset, "Owner", owner);
    heddle_cc_json_set_integer(asset, "AppraisedValue", value);
    return asset;
}

static heddle_cc_json *asset_of_parameters(heddle_cc_stub *stub)
{
    return new_asset(stub, heddle_cc_text(stub, 0), heddle_cc_text(stub, 1),
                     heddle_cc_integer(stub, 2), heddle_cc_text(stub, 3),
                     heddle_cc_integer(stub, 4));
}

/* Transactions. What their parameters are is in the tables below, and checked before they run. */

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
        TRY(heddle_cc_put_json(stub, heddle_view_str(assets[i].id),
                               new_asset(stub, assets[i].id, assets[i].color, assets[i].size,
                                         assets[i].owner, assets[i].value),
                               err));
    return HEDDLE_OK;
}

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id = heddle_cc_text(stub, 0);
    bool present;
    TRY(exists(stub, id, &present, err));
    if (present)
        return heddle_cc_fail(err, "the asset %s already exists", id);
    return store(stub, asset_of_parameters(stub), err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, heddle_cc_text(stub, 0), &asset, err));
    return heddle_cc_reply_json(stub, asset, err);
}

static heddle_status update_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *before;
    TRY(find(stub, heddle_cc_text(stub, 0), &before, err));
    return store(stub, asset_of_parameters(stub), err);
}

static heddle_status delete_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id = heddle_cc_text(stub, 0);
    heddle_cc_json *asset;
    TRY(find(stub, id, &asset, err));
    TRY(heddle_cc_del_state(stub, heddle_view_str(id), err));
    return emit(stub, asset, err);
}

static heddle_status asset_exists(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    bool present;
    TRY(exists(stub, heddle_cc_text(stub, 0), &present, err));
    return heddle_cc_reply_text(stub, present ? "true" : "false", err);
}

/* Answers with the owner before. */
static heddle_status transfer_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, heddle_cc_text(stub, 0), &asset, err));
    TRY(heddle_cc_reply(stub, heddle_cc_json_bytes(heddle_cc_json_member(asset, "Owner")), err));
    heddle_cc_json_set_text(asset, "Owner", heddle_cc_text(stub, 1));
    return store(stub, asset, err);
}

static heddle_status get_all_assets(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *list = heddle_cc_json_array(stub), *asset;
    heddle_cc_iterator *all;
    heddle_cc_entry entry;
    heddle_status status;
    TRY(heddle_cc_range_open(stub, heddle_view_str(""), heddle_view_str(""), &all, err));
    while ((status = heddle_cc_iterator_next(all, &entry, err)) == HEDDLE_OK) {
        TRY(heddle_cc_json_parse(stub, entry.value, &asset, err));
        heddle_cc_json_append(list, asset);
    }
    return status == HEDDLE_E_END ? heddle_cc_reply_json(stub, list, err) : status;
}

/* The tables */

#define ASSET     "{\"$ref\":\"#/components/schemas/Asset\"}"
#define ASSETS    "{\"type\":\"array\",\"items\":" ASSET "}"
#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter id_only[] = {
    {"id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter id_and_owner[] = {
    {"id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}, {"newOwner", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter whole_asset[] = {
    {"id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"color", .type = HEDDLE_CC_STRING},
    {"size", .type = HEDDLE_CC_INTEGER},
    {"owner", .type = HEDDLE_CC_STRING},
    {"appraisedValue", .type = HEDDLE_CC_INTEGER}};

static const heddle_cc_transaction transactions[] = {
    {"InitLedger", init_ledger, .kind = HEDDLE_CC_SUBMIT},
    {"CreateAsset", create_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(whole_asset)},
    {"ReadAsset", read_asset, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSET},
    {"UpdateAsset", update_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(whole_asset)},
    {"DeleteAsset", delete_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_only)},
    {"AssetExists", asset_exists, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_BOOLEAN},
    {"TransferAsset", transfer_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_and_owner),
     .returns = HEDDLE_CC_STRING},
    {"GetAllAssets", get_all_assets, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_JSON,
     .returns_schema = ASSETS},
};

static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"additionalProperties\":false,"
              "\"required\":[\"AppraisedValue\",\"Color\",\"ID\",\"Owner\",\"Size\"],"
              "\"properties\":{\"AppraisedValue\":{\"type\":\"integer\"},"
              "\"Color\":{\"type\":\"string\"},\"ID\":{\"type\":\"string\"},"
              "\"Owner\":{\"type\":\"string\"},\"Size\":{\"type\":\"integer\"}}}"},
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

const heddle_cc_chaincode asset_transfer = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "asset-transfer",
    .version = "1.0",
    .description = "Assets and who owns them",
};
