/*
 * Every change of an asset emits an event of the transaction's name that carries the asset. What a
 * client hands in as transient data ("asset_properties") is kept in the collection of the client's
 * organisation, which every chaincode has, and is in no event.
 */
#include "contract.h"

#include <heddle/chaincode_identity.h>
#include <heddle/chaincode_json.h>
#include <heddle/chaincode_private.h>

#include "support/try.h"

/* Private details */

static heddle_status own_collection(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    const char *msp_id;
    TRY(heddle_cc_client_msp_id(stub, &msp_id, err));
    *out = heddle_cc_printf(stub, "_implicit_org_%s", msp_id);
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "no memory is left");
}

static heddle_status save_details(heddle_cc_stub *stub, heddle_view id, heddle_error *err)
{
    heddle_view details;
    heddle_cc_json *checked;
    const char *collection;
    heddle_status status = heddle_cc_transient(stub, "asset_properties", &details, NULL);
    if (status == HEDDLE_E_NOT_FOUND)
        return HEDDLE_OK;
    if (status != HEDDLE_OK)
        return heddle_cc_fail(err, "the transient data cannot be read");
    TRY(heddle_cc_json_parse(stub, details, &checked, err));
    TRY(own_collection(stub, &collection, err));
    return heddle_cc_put_private(stub, collection, id, details, err);
}

/* The hash tells whether there is something to delete, at every organisation's peers. */
static heddle_status remove_details(heddle_cc_stub *stub, heddle_view id, heddle_error *err)
{
    const char *collection;
    heddle_view hash;
    TRY(own_collection(stub, &collection, err));
    TRY(heddle_cc_get_private_hash(stub, collection, id, &hash, err));
    return hash.len ? heddle_cc_del_private(stub, collection, id, err) : HEDDLE_OK;
}

/* Only peers of the client's organisation have them, so the client asks one of those. */
static heddle_status add_details(heddle_cc_stub *stub, heddle_view id, heddle_cc_json *asset,
                                 heddle_error *err)
{
    const char *collection;
    heddle_view details;
    heddle_cc_json *parsed;
    TRY(own_collection(stub, &collection, err));
    TRY(heddle_cc_get_private(stub, collection, id, &details, err));
    if (details.len == 0)
        return HEDDLE_OK;
    TRY(heddle_cc_json_parse(stub, details, &parsed, err));
    heddle_cc_json_set(asset, "asset_properties", parsed);
    return HEDDLE_OK;
}

/* State */

static heddle_status find(heddle_cc_stub *stub, const char *id, heddle_cc_json **out,
                          heddle_error *err)
{
    TRY(heddle_cc_get_json(stub, heddle_view_str(id), out, err));
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "the asset %s does not exist", id);
}

static heddle_status emit(heddle_cc_stub *stub, const heddle_cc_json *asset, heddle_error *err)
{
    heddle_view bytes;
    TRY(heddle_cc_json_write(stub, asset, &bytes, err));
    return heddle_cc_set_event(stub, heddle_cc_function_name(stub), bytes, err);
}

static heddle_status store(heddle_cc_stub *stub, const heddle_cc_json *asset, heddle_error *err)
{
    heddle_view id = heddle_cc_json_bytes(heddle_cc_json_member(asset, "ID"));
    TRY(save_details(stub, id, err));
    TRY(heddle_cc_put_json(stub, id, asset, err));
    return emit(stub, asset, err);
}

static heddle_cc_json *asset_of_parameters(heddle_cc_stub *stub)
{
    heddle_cc_json *asset = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(asset, "ID", heddle_cc_text(stub, 0));
    heddle_cc_json_set_text(asset, "Color", heddle_cc_text(stub, 1));
    heddle_cc_json_set_integer(asset, "Size", heddle_cc_integer(stub, 2));
    heddle_cc_json_set_text(asset, "Owner", heddle_cc_text(stub, 3));
    heddle_cc_json_set_integer(asset, "AppraisedValue", heddle_cc_integer(stub, 4));
    return asset;
}

/* Transactions */

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id = heddle_cc_text(stub, 0);
    heddle_view present;
    TRY(heddle_cc_get_state(stub, heddle_view_str(id), &present, err));
    if (present.len)
        return heddle_cc_fail(err, "the asset %s already exists", id);
    return store(stub, asset_of_parameters(stub), err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id = heddle_cc_text(stub, 0);
    heddle_cc_json *asset;
    TRY(find(stub, id, &asset, err));
    TRY(add_details(stub, heddle_view_str(id), asset, err));
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
    TRY(remove_details(stub, heddle_view_str(id), err));
    TRY(heddle_cc_del_state(stub, heddle_view_str(id), err));
    return emit(stub, asset, err);
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

/* The tables */

#define ASSET     "{\"$ref\":\"#/components/schemas/Asset\"}"
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
    {"appraisedValue", .type = HEDDLE_CC_INTEGER},
};

static const heddle_cc_transaction transactions[] = {
    {"CreateAsset", create_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(whole_asset)},
    {"ReadAsset", read_asset, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSET},
    {"UpdateAsset", update_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(whole_asset)},
    {"DeleteAsset", delete_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_only)},
    {"TransferAsset", transfer_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_and_owner),
     .returns = HEDDLE_CC_STRING},
};

static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"additionalProperties\":false,"
              "\"required\":[\"AppraisedValue\",\"Color\",\"ID\",\"Owner\",\"Size\"],"
              "\"properties\":{\"AppraisedValue\":{\"type\":\"integer\"},"
              "\"Color\":{\"type\":\"string\"},\"ID\":{\"type\":\"string\"},"
              "\"Owner\":{\"type\":\"string\"},\"Size\":{\"type\":\"integer\"},"
              "\"asset_properties\":{}}}"},
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

const heddle_cc_chaincode asset_transfer_events = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "asset-transfer-events",
    .version = "1.0",
    .description = "Assets whose changes emit events, with private details",
};
