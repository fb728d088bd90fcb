/* An asset that only its owner's organisation can change, on its way from one to another. */
#include "support/client.h"

enum { FIRST, SECOND };

static heddle_status tour(example_client *client, heddle_error *err)
{
    char asset[64];
    const char *first = client->members[FIRST].msp_id, *second = client->members[SECOND].msp_id;
    static const char policy_failure[] = "ENDORSEMENT_POLICY_FAILURE";
    example_unique("asset", asset);
    const struct {
        size_t member;
        const char *what;
        const heddle_request *request;
        const char *refused; /* NULL: it is not */
    } steps[] = {
        {FIRST, "the first creates an asset", HEDDLE_CALL("CreateAsset", asset, "100", "Tom"),
         NULL},
        {FIRST, "updates it with its own endorsement",
         EXAMPLE_CALL_AT("UpdateAsset", first, asset, "200"), NULL},
        {SECOND, "the second tries with its own",
         EXAMPLE_CALL_AT("UpdateAsset", second, asset, "300"), policy_failure},
        {SECOND, "and with that of the owner's",
         EXAMPLE_CALL_AT("UpdateAsset", first, asset, "300"), NULL},
        {FIRST, "the first gives it to the second",
         EXAMPLE_CALL_AT("TransferAsset", first, asset, "Ann", second), NULL},
        {FIRST, "and cannot change it any more",
         EXAMPLE_CALL_AT("UpdateAsset", first, asset, "400"), policy_failure},
        {SECOND, "which now the second can", EXAMPLE_CALL_AT("UpdateAsset", second, asset, "400"),
         NULL},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        heddle_status status =
            steps[i].refused
                ? example_refused(client, steps[i].member, steps[i].what, steps[i].request,
                                  steps[i].refused, err)
                : example_submit(client, steps[i].member, steps[i].what, steps[i].request, err);
        if (status != HEDDLE_OK)
            return status;
    }
    return example_show(client, SECOND, "read it", HEDDLE_CALL("ReadAsset", asset), err);
}

int main(int argc, char **argv)
{
    static const example_program program = {"asset-transfer-sbe-client", "sbe", 2, tour};
    return example_main(argc, argv, &program);
}
