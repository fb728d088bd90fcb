/*
 * Who may create an asset is in the client's certificate: the certificate authority wrote the
 * attribute abac.creator=true into it. Who created an asset owns it, and only the owner changes it.
 */
#include "contract.h"

#include <heddle/chaincode_identity.h>
#include <heddle/chaincode_json.h>
#include <string.h>

#include "support/try.h"

/* Who */

/* "x509::subject::issuer": the client's id, readable. */
static heddle_status client_name(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    heddle_cc_certificate cert;
    TRY(heddle_cc_client_cert(stub, &cert, err));
    *out = heddle_cc_printf(stub, "x509::%s::%s", cert.subject, cert.issuer);
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "no memory is left");
}

static heddle_status check_owner(heddle_cc_stub *stub, const heddle_cc_json *asset,
                                 heddle_error *err)
{
    const char *client, *owner = heddle_cc_json_text(heddle_cc_json_member(asset, "owner"));
    TRY(client_name(stub, &client, err));
    if (!owner || strcmp(client, owner) != 0)
        return heddle_cc_fail(
            err, "submitting client not authorized to update asset, does not own asset");
    return HEDDLE_OK;
}

/* State */

static heddle_status find(heddle_cc_stub *stub, heddle_cc_json **out, heddle_error *err)
{
    const char *id = heddle_cc_text(stub, 0);
    TRY(heddle_cc_get_json(stub, heddle_view_str(id), out, err));
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "the asset %s does not exist", id);
}

static heddle_status find_owned(heddle_cc_stub *stub, heddle_cc_json **out, heddle_error *err)
{
    TRY(find(stub, out, err));
    return check_owner(stub, *out, err);
}

static heddle_status store(heddle_cc_stub *stub, const heddle_cc_json *asset, heddle_error *err)
{
    return heddle_cc_put_json(stub, heddle_view_str(heddle_cc_text(stub, 0)), asset, err);
}

static heddle_status exists(heddle_cc_stub *stub, bool *out, heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, heddle_view_str(heddle_cc_text(stub, 0)), &value, err));
    *out = value.len > 0;
    return HEDDLE_OK;
}

static void set_properties(heddle_cc_stub *stub, heddle_cc_json *asset)
{
    heddle_cc_json_set_text(asset, "color", heddle_cc_text(stub, 1));
    heddle_cc_json_set_integer(asset, "size", heddle_cc_integer(stub, 2));
    heddle_cc_json_set_integer(asset, "appraisedValue", heddle_cc_integer(stub, 3));
}

/* Transactions */

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *client, *id = heddle_cc_text(stub, 0);
    bool present;
    if (heddle_cc_client_assert(stub, "abac.creator", "true", NULL) != HEDDLE_OK)
        return heddle_cc_fail(err, "submitting client not authorized to create asset, "
                                   "does not have abac.creator role");
    TRY(exists(stub, &present, err));
    if (present)
        return heddle_cc_fail(err, "the asset %s already exists", id);
    TRY(client_name(stub, &client, err));
    heddle_cc_json *asset = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(asset, "ID", id);
    heddle_cc_json_set_text(asset, "owner", client);
    set_properties(stub, asset);
    return store(stub, asset, err);
}

static heddle_status update_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find_owned(stub, &asset, err));
    set_properties(stub, asset);
    return store(stub, asset, err);
}

static heddle_status delete_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find_owned(stub, &asset, err));
    return heddle_cc_del_state(stub, heddle_view_str(heddle_cc_text(stub, 0)), err);
}

/* The new owner is an id as GetSubmittingClientIdentity answers. */
static heddle_status transfer_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find_owned(stub, &asset, err));
    heddle_cc_json_set_text(asset, "owner", heddle_cc_text(stub, 1));
    return store(stub, asset, err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *asset;
    TRY(find(stub, &asset, err));
    return heddle_cc_reply_json(stub, asset, err);
}

static heddle_status asset_exists(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    bool present;
    TRY(exists(stub, &present, err));
    return heddle_cc_reply_text(stub, present ? "true" : "false", err);
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

static heddle_status get_submitting_client_identity(heddle_cc_stub *stub, void *context,
                                                    heddle_error *err)
{
    (void)context;
    const char *client;
    TRY(client_name(stub, &client, err));
    return heddle_cc_reply_text(stub, client, err);
}

/* The tables */

#define ASSET     "{\"$ref\":\"#/components/schemas/Asset\"}"
#define ASSETS    "{\"type\":\"array\",\"items\":" ASSET "}"
#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter id_only[] = {
    {"id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter new_owner[] = {
    {"id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"newOwner", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter properties[] = {
    {"id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"color", .type = HEDDLE_CC_STRING},
    {"size", .type = HEDDLE_CC_INTEGER},
    {"appraisedValue", .type = HEDDLE_CC_INTEGER},
};

static const heddle_cc_transaction transactions[] = {
    {"CreateAsset", create_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(properties)},
    {"UpdateAsset", update_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(properties)},
    {"DeleteAsset", delete_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(id_only)},
    {"TransferAsset", transfer_asset, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(new_owner)},
    {"ReadAsset", read_asset, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSET},
    {"AssetExists", asset_exists, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_BOOLEAN},
    {"GetAllAssets", get_all_assets, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_JSON,
     .returns_schema = ASSETS},
    {"GetSubmittingClientIdentity", get_submitting_client_identity, .kind = HEDDLE_CC_EVALUATE,
     .returns = HEDDLE_CC_STRING},
};

static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"ID\","
              "\"appraisedValue\",\"color\",\"owner\",\"size\"],"
              "\"properties\":{\"ID\":{\"type\":\"string\"},"
              "\"appraisedValue\":{\"type\":\"integer\"},\"color\":{\"type\":\"string\"},"
              "\"owner\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"}}}"},
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

const heddle_cc_chaincode asset_transfer_abac = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "asset-transfer-abac",
    .version = "1.0",
    .description = "Assets that only some may create, and only their owners change",
};
