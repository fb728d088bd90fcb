/* What is asked of the API, and the answers. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/genesis/genesis.h"
#include "devnet/orderer/join_block.h"
#include "devnet/participation/form.h"
#include "devnet/participation/participation.h"
#include "devnet/participation/update.h"
#include "wire/block.h"

#define BASE_PATH     "/participation/v1/"
#define CHANNELS_PATH BASE_PATH "channels"

enum { MAX_BODY = 1024 * 1024 };

/** One request on its way to the answer. */
typedef struct exchange {
    const dn_participation_options *options;
    const admin_request *request;
    admin_answer *answer;
} exchange;

/* Answers. */

/** Takes the document. */
static void answer_json(const exchange *e, unsigned status, json_t *document)
{
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    bool whole = text && base_buffer_printf(&e->answer->body, "%s\n", text) == HEDDLE_OK;
    e->answer->status = whole ? status : 500;
    e->answer->content_type = "application/json";
    free(text);
    json_decref(document);
}

static void answer_error(const exchange *e, unsigned status, const char *text)
{
    answer_json(e, status, json_pack("{s:s}", "error", text));
}

static void add_header(const exchange *e, const char *name, const char *value)
{
    if (admin_answer_header(e->answer, name, value) != HEDDLE_OK)
        e->answer->status = 500;
}

static void answer_not_allowed(const exchange *e, const char *allowed, const char *text)
{
    add_header(e, "Allow", allowed);
    answer_error(e, 405, text);
}

static void answer_bad_method(const exchange *e, const char *allowed)
{
    char text[128];
    snprintf(text, sizeof(text), "invalid request method: %.32s", e->request->method);
    answer_not_allowed(e, allowed, text);
}

/** "PREFIX: MESSAGE". */
static void answer_failure(const exchange *e, unsigned status, const char *prefix,
                           const heddle_error *err)
{
    char text[sizeof(err->message) + 64];
    snprintf(text, sizeof(text), "%s: %s", prefix, err->message);
    answer_error(e, status, text);
}

/* Channels. */

static json_t *describe_short(const char *name)
{
    return json_pack("{s:s, s:o}", "name", name, "url", json_sprintf(CHANNELS_PATH "/%s", name));
}

static json_t *describe(const exchange *e, const dn_chain *chain)
{
    json_t *document = describe_short(chain->channel.name);
    bool consents = dn_chain_has_consenter(chain, e->options->index);
    json_object_set_new(document, "consensusRelation",
                        json_string(consents ? "consenter" : "follower"));
    json_object_set_new(document, "status", json_string("active"));
    json_object_set_new(document, "height",
                        json_integer((json_int_t)dn_blockstore_height(chain->blocks)));
    return document;
}

/** A reference to the channel, if the orderer serves it. */
static dn_chain *find(const exchange *e, const char *name)
{
    base_auto(dn_chain) dn_chain *chain = dn_chains_find(e->options->chains, heddle_view_str(name));
    return chain && dn_chain_has_server(chain, e->options->index) ? base_steal(&chain) : NULL;
}

static void list_all(const exchange *e)
{
    json_t *channels = json_array();
    for (size_t i = 0;; i++) {
        base_auto(dn_chain) dn_chain *chain = dn_chains_at(e->options->chains, i);
        if (!chain)
            break;
        if (dn_chain_has_server(chain, e->options->index))
            json_array_append_new(channels, describe_short(chain->channel.name));
    }
    if (!json_array_size(channels)) {
        json_decref(channels);
        channels = json_null();
    }
    add_header(e, "Cache-Control", "no-store");
    answer_json(e, 200, json_pack("{s:n, s:o}", "systemChannel", "channels", channels));
}

static void list_one(const exchange *e, const char *name)
{
    base_auto(dn_chain) dn_chain *chain = find(e, name);
    if (!chain) {
        answer_error(e, 404, "channel does not exist");
        return;
    }
    add_header(e, "Cache-Control", "no-store");
    answer_json(e, 200, describe(e, chain));
}

static void remove_channel(const exchange *e, const char *name)
{
    heddle_error err;
    heddle_status status =
        dn_chains_leave(e->options->chains, e->options->index, heddle_view_str(name), &err);
    if (status == HEDDLE_OK) {
        e->answer->status = 204;
        e->answer->content_type = NULL;
        return;
    }
    answer_failure(e, status == HEDDLE_E_NOT_FOUND ? 404 : 400, "cannot remove", &err);
}

static void answer_created(const exchange *e, const dn_chain *chain)
{
    char location[sizeof(CHANNELS_PATH) + 256];
    snprintf(location, sizeof(location), CHANNELS_PATH "/%s", chain->channel.name);
    add_header(e, "Location", location);
    answer_json(e, 201, describe(e, chain));
}

/* Joining. */

static bool is_form(const char *content_type)
{
    return content_type && strstr(content_type, "multipart/form-data");
}

static void answer_content_type(const exchange *e, const char *content_type)
{
    char text[256];
    snprintf(text, sizeof(text), "unsupported Content-Type: [%.200s]",
             content_type ? content_type : "");
    answer_error(e, 400, text);
}

/** The file in the form; on failure the answer is given. */
static bool read_file(const exchange *e, const char *key, heddle_view *out)
{
    heddle_error err;
    const char *content_type = admin_request_header(e->request, "Content-Type");
    if (!is_form(content_type)) {
        answer_content_type(e, content_type);
        return false;
    }
    if (e->request->body.len > MAX_BODY) {
        answer_error(e, 400,
                     "cannot read form from request body: multipart: NextPart: http: request body "
                     "too large");
        return false;
    }
    if (dn_form_read_file(content_type, e->request->body, key, out, &err) == HEDDLE_OK)
        return true;
    answer_error(e, 400, err.message);
    return false;
}

static void answer_join_failure(const exchange *e, heddle_status status, const heddle_error *err)
{
    if (status == HEDDLE_E_EXISTS)
        answer_not_allowed(e, "GET, DELETE", "cannot join: channel already exists");
    else if (status == HEDDLE_E_DECODE || status == HEDDLE_E_CONFIG)
        answer_failure(e, 400, "invalid join block", err);
    else
        answer_failure(e, status == HEDDLE_E_CANCELLED ? 503 : 400, "cannot join", err);
}

static void join_channel(const exchange *e)
{
    heddle_error err;
    heddle_view block;
    base_auto(dn_chain) dn_chain *chain = NULL;
    if (!read_file(e, "config-block", &block))
        return;
    heddle_status status =
        dn_chains_join(e->options->chains, e->options->index, block, &chain, &err);
    if (status != HEDDLE_OK) {
        answer_join_failure(e, status, &err);
        return;
    }
    answer_created(e, chain);
}

/* Updating. */

static void update_channel(const exchange *e)
{
    char name[256];
    heddle_error err;
    heddle_view envelope, channel;
    if (!read_file(e, "config-update-envelope", &envelope))
        return;
    if (dn_update_channel(envelope, &channel, &err) != HEDDLE_OK) {
        answer_failure(e, 400, "invalid config update envelope", &err);
        return;
    }
    snprintf(name, sizeof(name), "%.*s", BASE_VIEW_ARG(base_view_slice(channel, 0, 255)));
    base_auto(dn_chain) dn_chain *chain = find(e, name);
    if (!chain) {
        answer_error(e, 405, "cannot update: channel does not exist");
    } else if (!dn_chain_has_consenter(chain, e->options->index)) {
        answer_error(e, 403, "cannot update: channel is not ready, he is a follower");
    } else if (dn_update_order(chain, envelope, &err) != HEDDLE_OK) {
        base_error_prefix(&err, "failed update config of channel %.64s", name);
        answer_failure(e, 400, "cannot update", &err);
    } else {
        answer_created(e, chain);
    }
}

/* Blocks. */

static bool read_number(const dn_chain *chain, const char *id, uint64_t *out)
{
    heddle_error err;
    base_auto_buffer base_buffer bytes = {0};
    base_auto(arena) base_arena *arena = base_arena_new(0);
    wire_block last;
    uint64_t height = dn_blockstore_height(chain->blocks);
    *out = strcmp(id, "newest") == 0 || strcmp(id, "config") == 0 ? height - 1 : 0;
    if (strcmp(id, "oldest") == 0 || strcmp(id, "newest") == 0)
        return true;
    if (strcmp(id, "config") != 0)
        return base_parse_u64(heddle_view_str(id), out);
    if (!arena || dn_blockstore_read(chain->blocks, height - 1, &bytes, &err) != HEDDLE_OK ||
        wire_block_read(base_buffer_view(&bytes), arena, &last, &err) != HEDDLE_OK)
        return false;
    *out = last.last_config;
    return true;
}

static void fetch_block(const exchange *e, const char *name, const char *id)
{
    heddle_error err;
    uint64_t number;
    base_auto(dn_chain) dn_chain *chain = find(e, name);
    if (!chain) {
        answer_error(e, 404, "channel does not exist");
        return;
    }
    if (!read_number(chain, id, &number)) {
        char text[192];
        snprintf(text, sizeof(text),
                 "invalid block ID: '%.100s' not equal <newest|oldest|config|(number)>", id);
        answer_error(e, 400, text);
        return;
    }
    if (dn_blockstore_read(chain->blocks, number, &e->answer->body, &err) != HEDDLE_OK) {
        answer_error(e, 404, err.message);
        return;
    }
    add_header(e, "Cache-Control", "no-store");
    e->answer->content_type = "application/octet-stream";
}

/* Routes. */

static bool takes_json(const admin_request *request)
{
    const char *accept = admin_request_header(request, "Accept");
    return !accept || !*accept || strstr(accept, "application/json") ||
           strstr(accept, "application/*") || strstr(accept, "*/*");
}

static bool is_method(const exchange *e, const char *method)
{
    return strcmp(e->request->method, method) == 0;
}

/** Below the path of a channel; its name is good. */
static void route_channel(const exchange *e, const char *name, const char *block)
{
    if (block && is_method(e, "GET"))
        fetch_block(e, name, block);
    else if (block)
        answer_bad_method(e, "GET");
    else if (is_method(e, "GET"))
        list_one(e, name);
    else if (is_method(e, "DELETE"))
        remove_channel(e, name);
    else
        answer_bad_method(e, "GET, DELETE");
}

/** @p rest: what follows the path of the channels and a slash. False: no such path. */
static bool route_below(const exchange *e, const char *rest)
{
    char name[256], block[128] = "";
    heddle_error err;
    size_t len = strcspn(rest, "/");
    const char *blocks = rest + len;
    if (!len || len >= sizeof(name))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)len, rest);
    if (*blocks) {
        static const char prefix[] = "/blocks/";
        const char *id = blocks + sizeof(prefix) - 1;
        if (strncmp(blocks, prefix, sizeof(prefix) - 1) != 0 || !*id || strchr(id, '/') ||
            strlen(id) >= sizeof(block))
            return false;
        snprintf(block, sizeof(block), "%s", id);
    }
    if (dn_channel_name_check(name, &err) != HEDDLE_OK)
        answer_failure(e, 400, "invalid channel ID", &err);
    else
        route_channel(e, name, *block ? block : NULL);
    return true;
}

static void route_channels(const exchange *e)
{
    if (is_method(e, "GET"))
        list_all(e);
    else if (is_method(e, "POST"))
        join_channel(e);
    else if (is_method(e, "PUT"))
        update_channel(e);
    else
        answer_bad_method(e, "GET, POST, PUT");
}

static void route(const exchange *e)
{
    static const char below[] = CHANNELS_PATH "/";
    const char *path = e->request->path;
    if (!takes_json(e->request)) {
        answer_error(e, 406, "response Content-Type is application/json only");
    } else if (strcmp(path, CHANNELS_PATH) == 0) {
        route_channels(e);
    } else if (strcmp(path, BASE_PATH) == 0 && is_method(e, "GET")) {
        add_header(e, "Location", CHANNELS_PATH);
        e->answer->status = 302;
    } else if (strncmp(path, below, sizeof(below) - 1) != 0 ||
               !route_below(e, path + sizeof(below) - 1)) {
        e->answer->status = 404;
        (void)!base_buffer_append_str(&e->answer->body, "404 page not found\n");
    }
}

void dn_participation_answer(const dn_participation_options *options, const admin_request *request,
                             admin_answer *answer)
{
    exchange e = {options, request, answer};
    route(&e);
}
