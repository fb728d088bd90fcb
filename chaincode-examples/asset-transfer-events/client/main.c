/*
 * Changes an asset and receives the event of each change; then reads the same events once more,
 * from the block of the first one.
 */
#include <stdio.h>
#include <string.h>

#include "support/client.h"

enum { PATIENCE_MS = 30000 };

static heddle_status open_events(example_client *client, const heddle_events_options *options,
                                 heddle_events **out, heddle_error *err)
{
    const example_member *me = &client->members[0];
    return heddle_events_open(me->gateway, me->identity, client->channel, client->chaincode,
                              options, out, err);
}

/* The next event of this asset; those of others are passed over. */
static heddle_status next_event(heddle_events *events, const char *asset, heddle_event *out,
                                heddle_error *err)
{
    heddle_status status;
    do
        status = heddle_events_next(events, PATIENCE_MS, out, err);
    while (status == HEDDLE_OK &&
           !memmem(out->payload.data, out->payload.len, asset, strlen(asset)));
    return status;
}

static heddle_status expect(heddle_events *events, const char *asset, const char *name,
                            uint64_t *out_block, heddle_error *err)
{
    heddle_event event;
    heddle_status status = next_event(events, asset, &event, err);
    if (status != HEDDLE_OK)
        return status;
    if (strcmp(event.name, name) != 0)
        return example_fail(err, "the event %s came in place of %s", event.name, name);
    example_say("  event", "%s %.*s", event.name, (int)event.payload.len,
                (const char *)event.payload.data);
    *out_block = event.block_number;
    return HEDDLE_OK;
}

/* Each change, and its event. */
static heddle_status change(example_client *client, heddle_events *events, const char *asset,
                            uint64_t *out_first, heddle_error *err)
{
    const char *own = client->members[0].msp_id;
    const heddle_request *requests[] = {
        EXAMPLE_SECRET("CreateAsset", "asset_properties", "{\"Price\":\"110\"}", own, asset, "blue",
                       "10", "Sam", "100"),
        HEDDLE_CALL("UpdateAsset", asset, "blue", "10", "Sam", "200"),
        HEDDLE_CALL("TransferAsset", asset, "Mary"),
    };
    uint64_t block;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const char *name = requests[i]->function;
        heddle_status status = example_submit(client, 0, name, requests[i], err);
        if (status == HEDDLE_OK)
            status = expect(events, asset, name, &block, err);
        if (status != HEDDLE_OK)
            return status;
        if (i == 0)
            *out_first = block;
    }
    return example_show(client, 0, "read it, with its private details",
                        HEDDLE_CALL("ReadAsset", asset), err);
}

static heddle_status replay(example_client *client, const char *asset, uint64_t first,
                            heddle_error *err)
{
    static const char *const names[] = {"CreateAsset", "UpdateAsset", "TransferAsset",
                                        "DeleteAsset"};
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    options.start_block = first;
    heddle_events *events = NULL;
    heddle_status status = open_events(client, &options, &events, err);
    uint64_t block;
    for (size_t i = 0; status == HEDDLE_OK && i < sizeof(names) / sizeof(names[0]); i++)
        status = expect(events, asset, names[i], &block, err);
    heddle_events_close(events);
    return status;
}

static heddle_status tour(example_client *client, heddle_error *err)
{
    char asset[64];
    uint64_t first = 0, last;
    heddle_events *events;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_newest = true;
    example_unique("asset", asset);
    heddle_status status = open_events(client, &options, &events, err);
    if (status != HEDDLE_OK)
        return status;
    status = change(client, events, asset, &first, err);
    const char *own = client->members[0].msp_id;
    if (status == HEDDLE_OK)
        status = example_submit(client, 0, "DeleteAsset",
                                EXAMPLE_CALL_AT("DeleteAsset", own, asset), err);
    if (status == HEDDLE_OK)
        status = expect(events, asset, "DeleteAsset", &last, err);
    heddle_events_close(events);
    if (status != HEDDLE_OK)
        return status;
    printf("the same from block %llu on:\n", (unsigned long long)first);
    return replay(client, asset, first, err);
}

int main(int argc, char **argv)
{
    static const example_program program = {"asset-transfer-events-client", "events", 1, tour};
    return example_main(argc, argv, &program);
}
