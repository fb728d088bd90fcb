/*
 * The first organisation's member creates two assets, the second's agrees to the price of one, and
 * it changes hands. Names and prices go as transient data to peers of the own organisation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/client.h"

enum { OWNER, BUYER };

static heddle_status create(example_client *client, const char *id, const char *color, int size,
                            int value, heddle_error *err)
{
    char asset[256];
    snprintf(asset, sizeof(asset),
             "{\"objectType\":\"ValuableAsset\",\"assetID\":\"%s\",\"color\":\"%s\",\"size\":%d,"
             "\"appraisedValue\":%d}",
             id, color, size, value);
    return example_submit(
        client, OWNER, "create an asset",
        EXAMPLE_SECRET("CreateAsset", "asset_properties", asset, client->members[OWNER].msp_id),
        err);
}

static heddle_status agree(example_client *client, const char *id, int value, heddle_error *err)
{
    char text[128];
    snprintf(text, sizeof(text), "{\"assetID\":\"%s\",\"appraisedValue\":%d}", id, value);
    return example_submit(
        client, BUYER, "the buyer agrees to a price",
        EXAMPLE_SECRET("AgreeToTransfer", "asset_value", text, client->members[BUYER].msp_id), err);
}

/* "{"assetID":ID}" in @p out. */
static const char *only_id(const char *id, char out[128])
{
    snprintf(out, 128, "{\"assetID\":\"%s\"}", id);
    return out;
}

static const char *to_buyer(example_client *client, const char *id, char out[256])
{
    snprintf(out, 256, "{\"assetID\":\"%s\",\"buyerMSP\":\"%s\"}", id,
             client->members[BUYER].msp_id);
    return out;
}

static heddle_status details(example_client *client, size_t member, const char *what,
                             const char *id, bool expected, heddle_error *err)
{
    char collection[64];
    const char *msp_id = client->members[member].msp_id;
    snprintf(collection, sizeof(collection), "%.40sPrivateCollection", msp_id);
    char *text = example_answer(
        client, member, EXAMPLE_CALL_AT("ReadAssetPrivateDetails", msp_id, collection, id), err);
    if (!text)
        return err->status;
    bool found = *text != '\0';
    example_say(what, "%s", found ? text : "nothing");
    free(text);
    return found == expected ? HEDDLE_OK : example_fail(err, "%s: that is wrong", what);
}

static heddle_status sell(example_client *client, const char *id, heddle_error *err)
{
    char transfer[256];
    const char *owner = client->members[OWNER].msp_id, *buyer = client->members[BUYER].msp_id;
    const heddle_request *request =
        EXAMPLE_SECRET("TransferAsset", "asset_owner", to_buyer(client, id, transfer), owner);
    heddle_status status =
        example_refused(client, OWNER, "transfer it without the buyer's word", request,
                        "AgreeToTransfer must be called by the buyer first", err);
    if (status == HEDDLE_OK)
        status = agree(client, id, 90, err);
    if (status == HEDDLE_OK)
        status = example_refused(client, OWNER, "transfer it at another price", request,
                                 "did not agree to the same", err);
    if (status == HEDDLE_OK)
        status = agree(client, id, 100, err);
    if (status == HEDDLE_OK)
        status = example_show(client, OWNER, "who wants to buy",
                              EXAMPLE_CALL_AT("ReadTransferAgreement", owner, id), err);
    if (status == HEDDLE_OK)
        status = example_submit(client, OWNER, "transfer it", request, err);
    if (status == HEDDLE_OK)
        status = example_show(client, BUYER, "the asset now",
                              EXAMPLE_CALL_AT("ReadAsset", buyer, id), err);
    if (status == HEDDLE_OK)
        status = details(client, OWNER, "what the seller knows of its value", id, false, err);
    return status == HEDDLE_OK
               ? details(client, BUYER, "what the buyer knows of its value", id, true, err)
               : status;
}

static heddle_status clear(example_client *client, const char *id, heddle_error *err)
{
    char text[128];
    const char *owner = client->members[OWNER].msp_id, *buyer = client->members[BUYER].msp_id;
    only_id(id, text);
    heddle_status status =
        example_refused(client, BUYER, "who does not own it cannot delete it",
                        EXAMPLE_SECRET("DeleteAsset", "asset_delete", text, buyer),
                        "asset not found in owner's private Collection", err);
    if (status == HEDDLE_OK)
        status = example_submit(client, OWNER, "the owner can",
                                EXAMPLE_SECRET("DeleteAsset", "asset_delete", text, owner), err);
    return status == HEDDLE_OK
               ? example_submit(client, OWNER, "purge it from the history, too",
                                EXAMPLE_SECRET("PurgeAsset", "asset_purge", text, owner), err)
               : status;
}

static heddle_status tour(example_client *client, heddle_error *err)
{
    char sold[64], kept[64], end[80];
    example_unique("asset", sold);
    snprintf(kept, sizeof(kept), "%.60s-b", sold);
    snprintf(end, sizeof(end), "%.60s~", sold);
    heddle_status status = create(client, sold, "green", 20, 100, err);
    if (status == HEDDLE_OK)
        status = create(client, kept, "blue", 35, 727, err);
    if (status == HEDDLE_OK)
        status = example_show(
            client, OWNER, "both, by their keys",
            EXAMPLE_CALL_AT("GetAssetByRange", client->members[OWNER].msp_id, sold, end), err);
    if (status == HEDDLE_OK)
        status = sell(client, sold, err);
    return status == HEDDLE_OK ? clear(client, kept, err) : status;
}

int main(int argc, char **argv)
{
    static const example_program program = {"asset-transfer-private-client", "private", 2, tour};
    return example_main(argc, argv, &program);
}
