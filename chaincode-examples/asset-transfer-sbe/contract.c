/*
 * An asset belongs to an organisation, which has to endorse what changes it: the policy of the
 * asset's key says so, in place of the chaincode's. With a transfer the policy changes to the new
 * owner's.
 *
 *   {"ID":"asset1","Owner":"Tom","OwnerOrg":"Org1MSP","Value":100}
 */
#include "contract.h"

#include <heddle/chaincode_identity.h>
#include <heddle/chaincode_json.h>
#include <heddle/chaincode_policy.h>

#include "support/try.h"

/* State */

static heddle_status find(heddle_cc_stub *stub, heddle_cc_json **out, heddle_error *err)
{
    const char *id = heddle_cc_text(stub, 0);
    TRY(heddle_cc_get_json(stub, heddle_view_str(id), out, err));
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "The asset %s does not exist", id);
}

static heddle_status store(heddle_cc_stub *stub, const heddle_cc_json *asset, heddle_error *err)
{
    return heddle_cc_put_json(stub, heddle_view_str(heddle_cc_text(stub, 0)), asset, err);
}

/* From now on one of this organisation's peers has to endorse what changes the asset. */
static heddle_status require_endorsement(heddle_cc_stub *stub, const char *msp_id,
                                         heddle_error *err)
{
    heddle_cc_policy *policy;
    heddle_view bytes;
    TRY(heddle_cc_policy_new(stub, &policy, err));
    TRY(heddle_cc_policy_add(policy, HEDDLE_CC_ROLE_PEER, msp_id, err));
    TRY(heddle_cc_policy_write(policy, &bytes, err));
    return heddle_cc_set_state_policy(stub, heddle_view_str(heddle_cc_text(stub, 0)), bytes, err);
}

static heddle_status exists(heddle_cc_stub *stub, bool *out, heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, heddle_view_str(heddle_cc_text(stub, 0)), &value, err));
    *out = value.len > 0;
    return HEDDLE_OK;
}

/* Transactions */

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    bool present;
    const char *id = heddle_cc_text(stub, 0), *org;
    TRY(exists(stub, &present, err));
    if (present)
        return heddle_cc_fail(err, "The asset %s already exists", id);
    TRY(heddle_cc_client_msp_id(stub, &org, err));
    heddle_cc_json *asset = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(asset, "ID", id);
    heddle_cc_json_set_integer(asset, "Value", heddle_cc_integer(stub, 1));
    heddle_cc_json_set_text(asset, "Owner", heddle_cc_text(stub, 2));
    heddle_cc_json_set_text(asset, "OwnerOrg", org);
    TRY(store(stub, asset, err));
    return require_endorsement(stub, org, err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, &asset, err));
    return heddle_cc_reply_json(stub, asset, err);
}

static heddle_status update_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, &asset, err));
    heddle_cc_json_set_integer(asset, "Value", heddle_cc_integer(stub, 1));
    return store(stub, asset, err);
}

static heddle_status delete_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, &asset, err));
    return heddle_cc_del_state(stub, heddle_view_str(heddle_cc_text(stub, 0)), err);
}

static heddle_status transfer_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *org = heddle_cc_text(stub, 2);
    heddle_cc_json *asset;
    TRY(find(stub, &asset, err));
    heddle_cc_json_set_text(asset, "Owner", heddle_cc_text(stub, 1));
    heddle_cc_json_set_text(asset, "OwnerOrg", org);
    TRY(store(stub, asset, err));
    return require_endorsement(stub, org, err);
}

static heddle_status asset_exists(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    bool present;
    TRY(exists(stub, &present, err));
    return heddle_cc_reply_text(stub, present ? "true" : "false", err);
}

/* The tables */

#define ASSET     "{\"$ref\":\"#/components/schemas/Asset\"}"
#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter id_only[] = {
    {"assetId", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter whole_asset[] = {
    {"assetId", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"value", .type = HEDDLE_CC_INTEGER},
    {"owner", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter new_value[] = {
    {"assetId", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"newValue", .type = HEDDLE_CC_INTEGER}};
static const heddle_cc_parameter new_owner[] = {
    {"assetId", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"newOwner", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"newOwnerOrg", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};

static const heddle_cc_transaction transactions[] = {
    {"CreateAsset", create_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(whole_asset)},
    {"ReadAsset", read_asset, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSET},
    {"UpdateAsset", update_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(new_value)},
    {"DeleteAsset", delete_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_only)},
    {"TransferAsset", transfer_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(new_owner)},
    {"AssetExists", asset_exists, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_BOOLEAN},
};

static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"ID\","
              "\"Owner\",\"OwnerOrg\",\"Value\"],"
              "\"properties\":{\"ID\":{\"type\":\"string\"},\"Owner\":{\"type\":\"string\"},"
              "\"OwnerOrg\":{\"type\":\"string\"},\"Value\":{\"type\":\"integer\"}}}"},
};

static const heddle_cc_contract contract = {
    .size = sizeof(contract),
    .name = "AssetContract",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
    .schemas = schemas,
    .schema_count = sizeof(schemas) / sizeof(schemas[0]),
};

static const heddle_cc_contract *const contracts[] = {&contract};

const heddle_cc_chaincode asset_transfer_sbe = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "asset-transfer-sbe",
    .version = "1.0",
    .description = "Assets whose owner's organisation has to endorse what changes them",
};
