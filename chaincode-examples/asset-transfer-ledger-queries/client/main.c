/* Some assets, found in all the ways there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/client.h"

enum { ASSETS = 5 };

static heddle_status create_all(example_client *client, const char *prefix, const char *color,
                                heddle_error *err)
{
    for (int i = 0; i < ASSETS; i++) {
        char id[80], size[16];
        snprintf(id, sizeof(id), "%.60s-%d", prefix, i);
        snprintf(size, sizeof(size), "%d", i);
        heddle_status status = example_submit(
            client, 0, "create an asset",
            HEDDLE_CALL("CreateAsset", id, i % 2 ? "grey" : color, size, "tom", "35"), err);
        if (status != HEDDLE_OK)
            return status;
    }
    return HEDDLE_OK;
}

/* The bookmark in a page's JSON, which the contract writes in one form; yours to free(). */
static char *bookmark_of(const char *page)
{
    static const char before[] = "{\"bookmark\":\"";
    const char *begin = page + sizeof(before) - 1;
    return strncmp(page, before, sizeof(before) - 1) == 0 ? strndup(begin, strcspn(begin, "\""))
                                                          : strdup("");
}

static heddle_status pages(example_client *client, const char *start, const char *end,
                           heddle_error *err)
{
    char *bookmark = strdup("");
    heddle_status status = HEDDLE_OK;
    do {
        char *page = example_answer(
            client, 0, HEDDLE_CALL("GetAssetsByRangeWithPagination", start, end, "2", bookmark),
            err);
        free(bookmark);
        if (!page)
            return err->status;
        example_say("a page of two", "%s", page);
        bookmark = bookmark_of(page);
        free(page);
    } while (bookmark && *bookmark);
    free(bookmark);
    return status;
}

/* CouchDB answers; a peer on LevelDB says that it cannot. */
static heddle_status rich(example_client *client, heddle_error *err)
{
    char *text = example_answer(client, 0, HEDDLE_CALL("QueryAssetsByOwner", "tom"), err);
    if (text) {
        example_say("by their owner", "%s", text);
        free(text);
        return HEDDLE_OK;
    }
    const heddle_detail *detail = heddle_details_at(client->details, 0);
    if (!detail || !strstr(detail->message, "ExecuteQuery not supported for leveldb"))
        return err->status;
    example_say("by their owner", "%s", detail->message);
    return HEDDLE_OK;
}

static heddle_status tour(example_client *client, heddle_error *err)
{
    char prefix[64], color[64], first[80], end[80];
    example_unique("asset", prefix);
    example_unique("blue", color);
    snprintf(first, sizeof(first), "%.60s-0", prefix);
    snprintf(end, sizeof(end), "%.60s~", prefix);
    heddle_status status = create_all(client, prefix, color, err);
    if (status == HEDDLE_OK)
        status = example_submit(client, 0, "give all blue ones to jerry",
                                HEDDLE_CALL("TransferAssetByColor", color, "jerry"), err);
    if (status == HEDDLE_OK)
        status = example_show(client, 0, "by their keys",
                              HEDDLE_CALL("GetAssetsByRange", prefix, end), err);
    if (status == HEDDLE_OK)
        status = pages(client, prefix, end, err);
    if (status == HEDDLE_OK)
        status =
            example_submit(client, 0, "delete the first", HEDDLE_CALL("DeleteAsset", first), err);
    if (status == HEDDLE_OK)
        status = example_show(client, 0, "its history", HEDDLE_CALL("GetAssetHistory", first), err);
    return status == HEDDLE_OK ? rich(client, err) : status;
}

int main(int argc, char **argv)
{
    static const example_program program = {"asset-transfer-ledger-queries-client", "ledger", 1,
                                            tour};
    return example_main(argc, argv, &program);
}
