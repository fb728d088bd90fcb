/*
 * Two members: the certificate of the first has the attribute abac.creator=true, that of the second
 * has not. So the first creates an asset, and gives it away.
 */
#include <stdlib.h>

#include "support/client.h"

enum { CREATOR, OTHER };

static heddle_status give(example_client *client, const char *asset, const char *owner,
                          heddle_error *err)
{
    static const char not_owner[] = "does not own asset";
    heddle_status status =
        example_refused(client, OTHER, "another one's update",
                        HEDDLE_CALL("UpdateAsset", asset, "red", "1", "1"), not_owner, err);
    if (status == HEDDLE_OK)
        status = example_submit(client, CREATOR, "the owner's update",
                                HEDDLE_CALL("UpdateAsset", asset, "red", "1", "1"), err);
    if (status == HEDDLE_OK)
        status = example_submit(client, CREATOR, "transfer it to the other",
                                HEDDLE_CALL("TransferAsset", asset, owner), err);
    if (status == HEDDLE_OK)
        status = example_refused(client, CREATOR, "delete it, not being the owner any more",
                                 HEDDLE_CALL("DeleteAsset", asset), not_owner, err);
    if (status == HEDDLE_OK)
        status = example_show(client, OTHER, "read it", HEDDLE_CALL("ReadAsset", asset), err);
    return status == HEDDLE_OK ? example_submit(client, OTHER, "the new owner deletes it",
                                                HEDDLE_CALL("DeleteAsset", asset), err)
                               : status;
}

static heddle_status tour(example_client *client, heddle_error *err)
{
    char asset[64];
    example_unique("asset", asset);
    char *other = example_answer(client, OTHER, HEDDLE_CALL("GetSubmittingClientIdentity"), err);
    if (!other)
        return err->status;
    example_say("the other one is", "%s", other);
    heddle_status status =
        example_refused(client, OTHER, "create an asset without the attribute",
                        HEDDLE_CALL("CreateAsset", asset, "blue", "5", "300"), "abac.creator", err);
    if (status == HEDDLE_OK)
        status = example_submit(client, CREATOR, "create an asset with it",
                                HEDDLE_CALL("CreateAsset", asset, "blue", "5", "300"), err);
    if (status == HEDDLE_OK)
        status = give(client, asset, other, err);
    free(other);
    return status;
}

int main(int argc, char **argv)
{
    static const example_program program = {"asset-transfer-abac-client", "abac", 2, tour};
    return example_main(argc, argv, &program);
}
