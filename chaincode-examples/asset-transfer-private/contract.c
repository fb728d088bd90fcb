/*
 * What all members of a collection may see of an asset is in assetCollection; what it is worth only
 * in the collection of the organisation that owns it, <MSP id>PrivateCollection:
 *
 *   assetCollection           ID                    {"assetID":…,"owner":…, …}
 *   assetCollection           transferAgreement~ID  the buyer's id
 *   Org1MSPPrivateCollection  ID                    {"appraisedValue":…,"assetID":…}
 *
 * A buyer agrees to a price by writing it into the collection of the own organisation. The owner's
 * peers cannot read it there, but every peer knows its hash, and so sees whether both wrote the
 * same. Names and values arrive as transient data, since arguments are on the ledger for ever.
 */
#include "contract.h"

#include <heddle/chaincode_identity.h>
#include <heddle/chaincode_json.h>
#include <heddle/chaincode_private.h>
#include <stdlib.h>
#include <string.h>

#include "support/try.h"

static const char asset_collection[] = "assetCollection";

/* Transient data */

/* The JSON object that is handed in as @p name. */
static heddle_status transient_object(heddle_cc_stub *stub, const char *name, heddle_cc_json **out,
                                      heddle_error *err)
{
    heddle_view text;
    if (heddle_cc_transient(stub, name, &text, NULL) != HEDDLE_OK)
        return heddle_cc_fail(err, "%s key not found in the transient map", name);
    TRY(heddle_cc_json_parse(stub, text, out, err));
    if (heddle_cc_json_kind_of(*out) != HEDDLE_CC_JSON_OBJECT)
        return heddle_cc_fail(err, "%s must be a JSON object", name);
    return HEDDLE_OK;
}

static heddle_status text_member(const heddle_cc_json *object, const char *name, const char **out,
                                 heddle_error *err)
{
    *out = heddle_cc_json_text(heddle_cc_json_member(object, name));
    if (!*out || !**out)
        return heddle_cc_fail(err, "%s field must be a non-empty string", name);
    return HEDDLE_OK;
}

static heddle_status positive_member(const heddle_cc_json *object, const char *name, int64_t *out,
                                     heddle_error *err)
{
    *out = heddle_cc_json_integer(heddle_cc_json_member(object, name));
    if (*out <= 0)
        return heddle_cc_fail(err, "%s field must be a positive integer", name);
    return HEDDLE_OK;
}

/* Who */

/* "x509::subject::issuer": the client's id, readable. */
static heddle_status client_name(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    heddle_cc_certificate cert;
    TRY(heddle_cc_client_cert(stub, &cert, err));
    *out = heddle_cc_printf(stub, "x509::%s::%s", cert.subject, cert.issuer);
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "no memory is left");
}

static heddle_status collection_of(heddle_cc_stub *stub, const char *msp_id, const char **out,
                                   heddle_error *err)
{
    *out = heddle_cc_printf(stub, "%sPrivateCollection", msp_id);
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "no memory is left");
}

static heddle_status own_collection(heddle_cc_stub *stub, const char **out, heddle_error *err)
{
    const char *msp_id;
    TRY(heddle_cc_client_msp_id(stub, &msp_id, err));
    return collection_of(stub, msp_id, out, err);
}

/*
 * An organisation's private data is the business of its own clients and peers. Which organisation
 * the peer is of, the environment tells a chaincode that serves one organisation; where it serves
 * several, the policies of the collections are what protects the data.
 */
static heddle_status check_own_peer(heddle_cc_stub *stub, heddle_error *err)
{
    const char *peer = getenv("CORE_PEER_LOCALMSPID"), *client;
    TRY(heddle_cc_client_msp_id(stub, &client, err));
    if (peer && *peer && strcmp(client, peer) != 0)
        return heddle_cc_fail(err,
                              "client from org %s is not authorized to read or write private data "
                              "from an org %s peer",
                              client, peer);
    return HEDDLE_OK;
}

/* State */

static heddle_status get_json(heddle_cc_stub *stub, const char *collection, const char *id,
                              heddle_cc_json **out, heddle_error *err)
{
    heddle_view text;
    TRY(heddle_cc_get_private(stub, collection, heddle_view_str(id), &text, err));
    *out = NULL;
    return text.len ? heddle_cc_json_parse(stub, text, out, err) : HEDDLE_OK;
}

static heddle_status put_json(heddle_cc_stub *stub, const char *collection, const char *id,
                              const heddle_cc_json *json, heddle_error *err)
{
    heddle_view text;
    TRY(heddle_cc_json_write(stub, json, &text, err));
    return heddle_cc_put_private(stub, collection, heddle_view_str(id), text, err);
}

static heddle_status find(heddle_cc_stub *stub, const char *id, heddle_cc_json **out,
                          heddle_error *err)
{
    TRY(get_json(stub, asset_collection, id, out, err));
    return *out ? HEDDLE_OK : heddle_cc_fail(err, "%s does not exist", id);
}

static heddle_status agreement_key(heddle_cc_stub *stub, const char *id, heddle_view *out,
                                   heddle_error *err)
{
    heddle_view part = heddle_view_str(id);
    return heddle_cc_composite_key(stub, heddle_view_str("transferAgreement"), &part, 1, out, err);
}

static heddle_status check_owner(heddle_cc_stub *stub, const heddle_cc_json *asset,
                                 heddle_error *err)
{
    const char *client, *owner = heddle_cc_json_text(heddle_cc_json_member(asset, "owner"));
    TRY(client_name(stub, &client, err));
    if (!owner || strcmp(client, owner) != 0)
        return heddle_cc_fail(err, "error: submitting client identity does not own asset");
    return HEDDLE_OK;
}

/* In one form, whoever writes it: the hashes of equal values are to be equal. */
static heddle_status put_value(heddle_cc_stub *stub, const char *id, int64_t value,
                               heddle_error *err)
{
    const char *collection;
    heddle_cc_json *details = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(details, "assetID", id);
    heddle_cc_json_set_integer(details, "appraisedValue", value);
    TRY(own_collection(stub, &collection, err));
    return put_json(stub, collection, id, details, err);
}

/* Transactions */

static heddle_status create_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *input, *present, *asset = heddle_cc_json_object(stub);
    const char *type, *id, *color, *owner;
    int64_t size, value;
    TRY(transient_object(stub, "asset_properties", &input, err));
    TRY(text_member(input, "objectType", &type, err));
    TRY(text_member(input, "assetID", &id, err));
    TRY(text_member(input, "color", &color, err));
    TRY(positive_member(input, "size", &size, err));
    TRY(positive_member(input, "appraisedValue", &value, err));
    TRY(check_own_peer(stub, err));
    TRY(get_json(stub, asset_collection, id, &present, err));
    if (present)
        return heddle_cc_fail(err, "this asset already exists: %s", id);
    TRY(client_name(stub, &owner, err));
    heddle_cc_json_set_text(asset, "objectType", type);
    heddle_cc_json_set_text(asset, "assetID", id);
    heddle_cc_json_set_text(asset, "color", color);
    heddle_cc_json_set_integer(asset, "size", size);
    heddle_cc_json_set_text(asset, "owner", owner);
    TRY(put_json(stub, asset_collection, id, asset, err));
    return put_value(stub, id, value, err);
}

static heddle_status agree_to_transfer(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *input, *asset;
    const char *id, *buyer;
    int64_t value;
    heddle_view key;
    TRY(transient_object(stub, "asset_value", &input, err));
    TRY(text_member(input, "assetID", &id, err));
    TRY(positive_member(input, "appraisedValue", &value, err));
    TRY(find(stub, id, &asset, err));
    TRY(check_own_peer(stub, err));
    TRY(put_value(stub, id, value, err));
    TRY(client_name(stub, &buyer, err));
    TRY(agreement_key(stub, id, &key, err));
    return heddle_cc_put_private(stub, asset_collection, key, heddle_view_str(buyer), err);
}

/* That owner and buyer wrote the same value, neither of which the other can read. */
static heddle_status check_values(heddle_cc_stub *stub, const char *id, const char *buyer_msp,
                                  heddle_error *err)
{
    const char *owners, *buyers;
    heddle_view owners_hash, buyers_hash;
    TRY(own_collection(stub, &owners, err));
    TRY(collection_of(stub, buyer_msp, &buyers, err));
    TRY(heddle_cc_get_private_hash(stub, owners, heddle_view_str(id), &owners_hash, err));
    if (owners_hash.len == 0)
        return heddle_cc_fail(err, "hash of appraised value for %s does not exist in collection %s",
                              id, owners);
    TRY(heddle_cc_get_private_hash(stub, buyers, heddle_view_str(id), &buyers_hash, err));
    if (buyers_hash.len == 0)
        return heddle_cc_fail(err,
                              "hash of appraised value for %s does not exist in collection %s. "
                              "AgreeToTransfer must be called by the buyer first",
                              id, buyers);
    if (owners_hash.len != buyers_hash.len ||
        memcmp(owners_hash.data, buyers_hash.data, owners_hash.len) != 0)
        return heddle_cc_fail(err, "owner and buyer did not agree to the same appraised value");
    return HEDDLE_OK;
}

static heddle_status transfer_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *input, *asset;
    const char *id, *buyer_msp, *owners;
    heddle_view key, buyer;
    TRY(transient_object(stub, "asset_owner", &input, err));
    TRY(text_member(input, "assetID", &id, err));
    TRY(text_member(input, "buyerMSP", &buyer_msp, err));
    TRY(find(stub, id, &asset, err));
    TRY(check_own_peer(stub, err));
    TRY(check_owner(stub, asset, err));
    TRY(check_values(stub, id, buyer_msp, err));
    TRY(agreement_key(stub, id, &key, err));
    TRY(heddle_cc_get_private(stub, asset_collection, key, &buyer, err));
    if (buyer.len == 0)
        return heddle_cc_fail(err, "BuyerID not found in TransferAgreement for %s", id);
    heddle_cc_json_set_bytes(asset, "owner", buyer);
    TRY(put_json(stub, asset_collection, id, asset, err));
    TRY(own_collection(stub, &owners, err));
    TRY(heddle_cc_del_private(stub, owners, heddle_view_str(id), err));
    return heddle_cc_del_private(stub, asset_collection, key, err);
}

static heddle_status delete_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *input, *asset;
    const char *id, *owners;
    heddle_view details;
    TRY(transient_object(stub, "asset_delete", &input, err));
    TRY(text_member(input, "assetID", &id, err));
    TRY(check_own_peer(stub, err));
    TRY(get_json(stub, asset_collection, id, &asset, err));
    if (!asset)
        return heddle_cc_fail(err, "asset not found: %s", id);
    TRY(own_collection(stub, &owners, err));
    TRY(heddle_cc_get_private(stub, owners, heddle_view_str(id), &details, err));
    if (details.len == 0)
        return heddle_cc_fail(err, "asset not found in owner's private Collection %s: %s", owners,
                              id);
    TRY(check_owner(stub, asset, err));
    TRY(heddle_cc_del_private(stub, asset_collection, heddle_view_str(id), err));
    return heddle_cc_del_private(stub, owners, heddle_view_str(id), err);
}

/* Also what was deleted before leaves every peer's history, so the asset need not be there now. */
static heddle_status purge_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *input, *asset;
    const char *id, *owners;
    TRY(transient_object(stub, "asset_purge", &input, err));
    TRY(text_member(input, "assetID", &id, err));
    TRY(check_own_peer(stub, err));
    TRY(get_json(stub, asset_collection, id, &asset, err));
    if (asset)
        TRY(check_owner(stub, asset, err));
    TRY(own_collection(stub, &owners, err));
    TRY(heddle_cc_purge_private(stub, asset_collection, heddle_view_str(id), err));
    return heddle_cc_purge_private(stub, owners, heddle_view_str(id), err);
}

/* The buyer thinks better of it. */
static heddle_status delete_agreement(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *input;
    const char *id, *own;
    heddle_view key, agreement;
    TRY(transient_object(stub, "agreement_delete", &input, err));
    TRY(text_member(input, "assetID", &id, err));
    TRY(check_own_peer(stub, err));
    TRY(agreement_key(stub, id, &key, err));
    TRY(heddle_cc_get_private(stub, asset_collection, key, &agreement, err));
    if (agreement.len == 0)
        return heddle_cc_fail(err, "asset's transfer_agreement does not exist: %s", id);
    TRY(own_collection(stub, &own, err));
    TRY(heddle_cc_del_private(stub, own, heddle_view_str(id), err));
    return heddle_cc_del_private(stub, asset_collection, key, err);
}

/* Queries. What is not there is an empty answer. */

static heddle_status reply_private(heddle_cc_stub *stub, const char *collection, const char *id,
                                   heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_private(stub, collection, heddle_view_str(id), &value, err));
    return heddle_cc_reply(stub, value, err);
}

static heddle_status read_asset(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return reply_private(stub, asset_collection, heddle_cc_text(stub, 0), err);
}

static heddle_status read_details(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return reply_private(stub, heddle_cc_text(stub, 0), heddle_cc_text(stub, 1), err);
}

static heddle_status read_agreement(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *id = heddle_cc_text(stub, 0);
    heddle_view key, buyer;
    TRY(agreement_key(stub, id, &key, err));
    TRY(heddle_cc_get_private(stub, asset_collection, key, &buyer, err));
    if (buyer.len == 0)
        return HEDDLE_OK;
    heddle_cc_json *agreement = heddle_cc_json_object(stub);
    heddle_cc_json_set_text(agreement, "assetID", id);
    heddle_cc_json_set_bytes(agreement, "buyerID", buyer);
    return heddle_cc_reply_json(stub, agreement, err);
}

static heddle_status reply_all(heddle_cc_stub *stub, heddle_cc_iterator *found, heddle_error *err)
{
    heddle_cc_json *list = heddle_cc_json_array(stub), *asset;
    heddle_cc_entry entry;
    heddle_status status;
    while ((status = heddle_cc_iterator_next(found, &entry, err)) == HEDDLE_OK) {
        TRY(heddle_cc_json_parse(stub, entry.value, &asset, err));
        heddle_cc_json_append(list, asset);
    }
    return status == HEDDLE_E_END ? heddle_cc_reply_json(stub, list, err) : status;
}

static heddle_status get_by_range(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *found;
    TRY(heddle_cc_private_range_open(stub, asset_collection,
                                     heddle_view_str(heddle_cc_text(stub, 0)),
                                     heddle_view_str(heddle_cc_text(stub, 1)), &found, err));
    return reply_all(stub, found, err);
}

/* The text goes to the peer's database as it is: only CouchDB answers. */
static heddle_status query_assets(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_iterator *found;
    TRY(heddle_cc_private_query_open(stub, asset_collection,
                                     heddle_view_str(heddle_cc_text(stub, 0)), &found, err));
    return reply_all(stub, found, err);
}

static heddle_status query_by_owner(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_cc_json *query = heddle_cc_json_object(stub), *selector = heddle_cc_json_object(stub);
    heddle_cc_iterator *found;
    heddle_view text;
    heddle_cc_json_set_text(selector, "objectType", heddle_cc_text(stub, 0));
    heddle_cc_json_set_text(selector, "owner", heddle_cc_text(stub, 1));
    heddle_cc_json_set(query, "selector", selector);
    TRY(heddle_cc_json_write(stub, query, &text, err));
    TRY(heddle_cc_private_query_open(stub, asset_collection, text, &found, err));
    return reply_all(stub, found, err);
}

/* The tables */

#define ASSET     "{\"$ref\":\"#/components/schemas/Asset\"}"
#define ASSETS    "{\"type\":\"array\",\"items\":" ASSET "}"
#define DETAILS   "{\"$ref\":\"#/components/schemas/AssetPrivateDetails\"}"
#define AGREEMENT "{\"$ref\":\"#/components/schemas/TransferAgreement\"}"
#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter id_only[] = {
    {"assetID", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter collection_and_id[] = {
    {"collection", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"assetID", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter range[] = {{"startKey", .type = HEDDLE_CC_STRING},
                                            {"endKey", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter type_and_owner[] = {{"assetType", .type = HEDDLE_CC_STRING},
                                                     {"owner", .type = HEDDLE_CC_STRING}};
static const heddle_cc_parameter query_only[] = {{"queryString", .type = HEDDLE_CC_STRING}};

static const heddle_cc_transaction transactions[] = {
    {"CreateAsset", create_asset, .kind = HEDDLE_CC_SUBMIT},
    {"AgreeToTransfer", agree_to_transfer, .kind = HEDDLE_CC_SUBMIT},
    {"TransferAsset", transfer_asset, .kind = HEDDLE_CC_SUBMIT},
    {"DeleteAsset", delete_asset, .kind = HEDDLE_CC_SUBMIT},
    {"PurgeAsset", purge_asset, .kind = HEDDLE_CC_SUBMIT},
    {"DeleteTransferAgreement", delete_agreement, .kind = HEDDLE_CC_SUBMIT},
    {"DeleteTranferAgreement", delete_agreement,
     .kind = HEDDLE_CC_SUBMIT}, /* as the sample spells it */
    {"ReadAsset", read_asset, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(id_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSET},
    {"ReadAssetPrivateDetails", read_details, .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(collection_and_id), .returns = HEDDLE_CC_JSON, .returns_schema = DETAILS},
    {"ReadTransferAgreement", read_agreement, .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(id_only), .returns = HEDDLE_CC_JSON, .returns_schema = AGREEMENT},
    {"GetAssetByRange", get_by_range, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(range),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSETS},
    {"QueryAssetByOwner", query_by_owner, .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(type_and_owner), .returns = HEDDLE_CC_JSON, .returns_schema = ASSETS},
    {"QueryAssets", query_assets, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(query_only),
     .returns = HEDDLE_CC_JSON, .returns_schema = ASSETS},
};

static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"additionalProperties\":false,"
              "\"required\":[\"assetID\",\"color\",\"objectType\",\"owner\",\"size\"],"
              "\"properties\":{\"assetID\":{\"type\":\"string\"},"
              "\"color\":{\"type\":\"string\"},\"objectType\":{\"type\":\"string\"},"
              "\"owner\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"}}}"},
    {"AssetPrivateDetails", "{\"type\":\"object\",\"additionalProperties\":false,"
                            "\"required\":[\"appraisedValue\",\"assetID\"],"
                            "\"properties\":{\"appraisedValue\":{\"type\":\"integer\"},"
                            "\"assetID\":{\"type\":\"string\"}}}"},
    {"TransferAgreement", "{\"type\":\"object\",\"additionalProperties\":false,"
                          "\"required\":[\"assetID\",\"buyerID\"],"
                          "\"properties\":{\"assetID\":{\"type\":\"string\"},"
                          "\"buyerID\":{\"type\":\"string\"}}}"},
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

const heddle_cc_chaincode asset_transfer_private = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "asset-transfer-private",
    .version = "1.0",
    .description = "Assets in private data, and what they are worth",
};
