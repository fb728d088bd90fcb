#include "heddle/participation.h"

#include <pthread.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "channel/form.h"
#include "client/gateway.h"
#include "http/client.h"
#include "json/document.h"

#define CHANNELS "/participation/v1/channels"

enum {
    ANSWER_MAX = 128 << 20 /* a block */,
    JSON_MAX = 4 << 20,
    PEM_MAX = 1 << 20,
    PATH_MAX_LEN = 512
};

struct heddle_participation {
    pthread_mutex_t lock; /* guards the client */
    http_client *http;
};

struct heddle_participation_channels {
    base_arena *arena;
    heddle_participation_channel *items;
    size_t count;
};

/* Bytes given in memory or in a file, but not in both. */
static heddle_status read_pem(const char *what, heddle_view pem, const char *file, base_buffer *out,
                              heddle_error *err)
{
    if (file && pem.len)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "orderer: %s given twice, in memory and in a file", what);
    if (file)
        return base_read_file(file, PEM_MAX, out, err);
    return base_buffer_append(out, pem) ? base_fail_memory(err, what) : HEDDLE_OK;
}

static heddle_status connect_to(heddle_participation *orderer,
                                const heddle_participation_options *options,
                                const base_buffer pem[3], heddle_error *err)
{
    base_auto_buffer base_buffer url = {0};
    const char *scheme = options->plaintext ? "http://" : "https://";
    const char *address = options->address ? options->address : "";
    if (strncmp(address, scheme, strlen(scheme)) == 0)
        address += strlen(scheme);
    if (!*address || strpbrk(address, "/@?#"))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "orderer: \"%s\" is neither \"host:port\" nor \"%shost:port\"",
                         options->address ? options->address : "", scheme);
    if (base_buffer_printf(&url, "%s%s", scheme, address) || !base_buffer_cstr(&url))
        return base_fail_memory(err, "orderer");
    http_client_options wanted = {.url = (const char *)url.data,
                                  .tls_roots_pem = base_buffer_view(&pem[0]),
                                  .name_override = options->name_override,
                                  .client_cert_pem = base_buffer_view(&pem[1]),
                                  .client_key_pem = base_buffer_view(&pem[2]),
                                  .timeout_ms = options->timeout_ms,
                                  .max_answer = ANSWER_MAX};
    return http_client_new(&wanted, &orderer->http, err);
}

static heddle_status set_up(heddle_participation *orderer,
                            const heddle_participation_options *options, heddle_error *err)
{
    base_buffer pem[3] = {0};
    heddle_status status =
        read_pem("TLS roots are", options->tls_roots_pem, options->tls_roots_file, &pem[0], err);
    if (status == HEDDLE_OK)
        status = read_pem("the client certificate is", options->client_cert_pem,
                          options->client_cert_file, &pem[1], err);
    if (status == HEDDLE_OK)
        status = read_pem("the client key is", options->client_key_pem, options->client_key_file,
                          &pem[2], err);
    if (status == HEDDLE_OK)
        status = connect_to(orderer, options, pem, err);
    base_buffer_done(&pem[0]);
    base_buffer_done(&pem[1]);
    base_buffer_wipe(&pem[2]);
    return status;
}

heddle_status heddle_participation_open(const heddle_participation_options *options,
                                        heddle_participation **out, heddle_error *err)
{
    heddle_participation_options own = {0};
    BASE_TRY(client_options_copy(&own, sizeof(own), options, "HEDDLE_PARTICIPATION_OPTIONS", err));
    heddle_participation *orderer = base_calloc(1, sizeof(*orderer));
    if (!orderer)
        return base_fail_memory(err, "orderer");
    pthread_mutex_init(&orderer->lock, NULL);
    heddle_status status = set_up(orderer, &own, err);
    if (status) {
        heddle_participation_close(orderer);
        return status;
    }
    *out = orderer;
    return HEDDLE_OK;
}

void heddle_participation_close(heddle_participation *orderer)
{
    if (!orderer)
        return;
    http_client_free(orderer->http);
    pthread_mutex_destroy(&orderer->lock);
    base_free(orderer);
}

static heddle_status status_of(long http_status)
{
    switch (http_status) {
    case 401:
    case 403:
        return HEDDLE_E_DENIED;
    case 404:
        return HEDDLE_E_NOT_FOUND;
    case 503:
        return HEDDLE_E_UNAVAILABLE;
    default:
        return HEDDLE_E_REFUSED;
    }
}

/* The orderer's words, or what else there is in the body. */
static heddle_status refused(const heddle_participation *orderer, const http_answer *answer,
                             heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    heddle_view words = {0};
    if (json_document_parse(base_buffer_view(&answer->body), JSON_MAX, &document, NULL) ==
        HEDDLE_OK)
        json_item_text(json_item_member(json_document_root(document), "error"), &words);
    if (words.len == 0)
        words = base_buffer_view(&answer->body);
    while (words.len && strchr(" \r\n", words.data[words.len - 1]))
        words.len--;
    if (!base_is_utf8(words) || words.len == 0)
        words = VIEW("no reason given");
    heddle_status status = status_of(answer->status);
    if (answer->status == 405 && memmem(words.data, words.len, "already exists", 14))
        status = HEDDLE_E_EXISTS;
    return base_fail(err, status, "orderer %s: %.*s (HTTP status %ld)",
                     http_client_server(orderer->http),
                     BASE_VIEW_ARG(base_view_slice(words, 0, 320)), answer->status);
}

/* Ask; an answer of another status than @p expected is a refusal. */
static heddle_status ask(heddle_participation *orderer, const http_request *request, long expected,
                         http_answer *out, heddle_error *err)
{
    http_answer answer = {0};
    pthread_mutex_lock(&orderer->lock);
    heddle_status status = http_client_ask(orderer->http, request, &answer, err);
    pthread_mutex_unlock(&orderer->lock);
    if (status && err && strcmp(request->method, "GET") == 0 &&
        (status == HEDDLE_E_UNAVAILABLE || status == HEDDLE_E_TIMED_OUT))
        err->retry = HEDDLE_RETRY_SAFE;
    if (status == HEDDLE_OK && answer.status != expected)
        status = refused(orderer, &answer, err);
    if (status) {
        http_answer_done(&answer);
        return status;
    }
    *out = answer;
    return HEDDLE_OK;
}

static heddle_status get(heddle_participation *orderer, const char *path, http_answer *out,
                         heddle_error *err)
{
    const char *const accept[] = {"Accept: application/json"};
    http_request request = {.method = "GET", .path = path, .headers = accept, .header_count = 1};
    return ask(orderer, &request, 200, out, err);
}

static bool take_text(base_arena *arena, const json_item *item, const char *name, const char **out)
{
    heddle_view text = VIEW("");
    json_item_text(json_item_member(item, name), &text);
    *out = base_arena_str(arena, text);
    return *out != NULL;
}

static bool take_channel(base_arena *arena, const json_item *item,
                         heddle_participation_channel *out)
{
    int64_t height = 0;
    json_item_integer(json_item_member(item, "height"), &height);
    out->height = height > 0 ? (uint64_t)height : 0;
    return take_text(arena, item, "name", &out->name) &&
           take_text(arena, item, "consensusRelation", &out->relation) &&
           take_text(arena, item, "status", &out->status);
}

static heddle_status new_channels(size_t count, heddle_participation_channels **out,
                                  heddle_error *err)
{
    heddle_participation_channels *channels = base_calloc(1, sizeof(*channels));
    if (!channels)
        return base_fail_memory(err, "channels");
    channels->arena = base_arena_new(0);
    channels->count = count;
    channels->items = channels->arena ? base_arena_zalloc(channels->arena, count ? count : 1,
                                                          sizeof(*channels->items))
                                      : NULL;
    if (!channels->items) {
        heddle_participation_channels_free(channels);
        return base_fail_memory(err, "channels");
    }
    *out = channels;
    return HEDDLE_OK;
}

static heddle_status strange(const heddle_participation *orderer, const char *why,
                             heddle_error *err)
{
    return base_fail(err, HEDDLE_E_DECODE, "%s does not answer as an orderer's admin endpoint: %s",
                     http_client_server(orderer->http), why);
}

/* @p list: an object whose "channels" are wanted; else one channel. */
static heddle_status take_channels(const heddle_participation *orderer, const http_answer *answer,
                                   bool list, heddle_participation_channels **out,
                                   heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    heddle_participation_channels *channels = NULL;
    heddle_error why = {0};
    heddle_status status =
        json_document_parse(base_buffer_view(&answer->body), JSON_MAX, &document, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "channels");
    if (status)
        return strange(orderer, why.message, err);
    const json_item *root = json_document_root(document);
    const json_item *items = json_item_member(root, list ? "channels" : "name");
    json_kind kind = json_item_kind(items);
    if (list ? kind != JSON_KIND_ARRAY && kind != JSON_KIND_NULL : kind != JSON_KIND_TEXT)
        return strange(orderer, "there is no channel in it", err);
    size_t count = !list ? 1 : kind == JSON_KIND_ARRAY ? json_item_count(items) : 0;
    BASE_TRY(new_channels(count, &channels, err));
    for (size_t i = 0; i < count; i++) {
        if (take_channel(channels->arena, list ? json_item_at(items, i) : root,
                         &channels->items[i]))
            continue;
        heddle_participation_channels_free(channels);
        return base_fail_memory(err, "channels");
    }
    *out = channels;
    return HEDDLE_OK;
}

/* Take the answer's channels, if they are wanted, and let it go. */
static heddle_status finish(const heddle_participation *orderer, http_answer *answer, bool list,
                            heddle_participation_channels **out, heddle_error *err)
{
    heddle_status status = out ? take_channels(orderer, answer, list, out, err) : HEDDLE_OK;
    http_answer_done(answer);
    return status;
}

/* A name goes into a path as it is: what a channel cannot be called is refused here. */
static heddle_status write_path(const char *channel, const char *more, char out[PATH_MAX_LEN],
                                heddle_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t len = channel ? strlen(channel) : 0;
    if (len == 0 || len > 249 || strspn(channel, allowed) != len || *channel == '.')
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%.*s\" cannot be the name of a channel",
                         (int)(len < 100 ? len : 100), channel ? channel : "");
    snprintf(out, PATH_MAX_LEN, CHANNELS "/%s%s", channel, more);
    return HEDDLE_OK;
}

heddle_status heddle_participation_list(heddle_participation *orderer,
                                        heddle_participation_channels **out, heddle_error *err)
{
    http_answer answer = {0};
    BASE_TRY(get(orderer, CHANNELS, &answer, err));
    return finish(orderer, &answer, true, out, err);
}

heddle_status heddle_participation_info(heddle_participation *orderer, const char *channel,
                                        heddle_participation_channels **out, heddle_error *err)
{
    char path[PATH_MAX_LEN];
    http_answer answer = {0};
    BASE_TRY(write_path(channel, "", path, err));
    BASE_TRY(get(orderer, path, &answer, err));
    return finish(orderer, &answer, false, out, err);
}

size_t heddle_participation_channels_count(const heddle_participation_channels *channels)
{
    return channels->count;
}

const heddle_participation_channel *
heddle_participation_channels_at(const heddle_participation_channels *channels, size_t index)
{
    return index < channels->count ? &channels->items[index] : NULL;
}

void heddle_participation_channels_free(heddle_participation_channels *channels)
{
    if (!channels)
        return;
    base_arena_free(channels->arena);
    base_free(channels);
}

static heddle_status send_file(heddle_participation *orderer, const char *method,
                               const channel_form *form, heddle_participation_channels **out,
                               heddle_error *err)
{
    http_answer answer = {0};
    const char *const headers[] = {"Accept: application/json", form->content_type};
    http_request request = {.method = method,
                            .path = CHANNELS,
                            .headers = headers,
                            .header_count = 2,
                            .has_body = true,
                            .body = base_buffer_view(&form->body)};
    BASE_TRY(ask(orderer, &request, 201, &answer, err));
    return finish(orderer, &answer, false, out, err);
}

static heddle_status send_part(heddle_participation *orderer, const char *method,
                               const channel_form_file *file, heddle_participation_channels **out,
                               heddle_error *err)
{
    channel_form form = {0};
    heddle_status status = channel_form_write(file, &form, err);
    if (status == HEDDLE_OK)
        status = send_file(orderer, method, &form, out, err);
    base_buffer_done(&form.body);
    return status;
}

heddle_status heddle_participation_join(heddle_participation *orderer, heddle_view config_block,
                                        heddle_participation_channels **out, heddle_error *err)
{
    channel_form_file file = {"config-block", "config.block", config_block};
    return send_part(orderer, "POST", &file, out, err);
}

heddle_status heddle_participation_update(heddle_participation *orderer, heddle_view envelope,
                                          heddle_participation_channels **out, heddle_error *err)
{
    channel_form_file file = {"config-update-envelope", "config-update.envelope", envelope};
    return send_part(orderer, "PUT", &file, out, err);
}

heddle_status heddle_participation_remove(heddle_participation *orderer, const char *channel,
                                          heddle_error *err)
{
    char path[PATH_MAX_LEN];
    http_answer answer = {0};
    http_request request = {.method = "DELETE", .path = path};
    BASE_TRY(write_path(channel, "", path, err));
    BASE_TRY(ask(orderer, &request, 204, &answer, err));
    http_answer_done(&answer);
    return HEDDLE_OK;
}

heddle_status heddle_participation_block(heddle_participation *orderer, const char *channel,
                                         const char *which, heddle_bytes *out, heddle_error *err)
{
    char path[PATH_MAX_LEN], tail[48];
    http_answer answer = {0};
    uint64_t number = 0;
    if (!which ||
        (strcmp(which, "newest") != 0 && strcmp(which, "oldest") != 0 &&
         strcmp(which, "config") != 0 && !base_parse_u64(heddle_view_str(which), &number)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "block: neither \"newest\", \"oldest\" nor \"config\", nor a number");
    snprintf(tail, sizeof(tail), "/blocks/%.24s", which);
    BASE_TRY(write_path(channel, tail, path, err));
    BASE_TRY(get(orderer, path, &answer, err));
    if (!base_buffer_cstr(&answer.body)) {
        http_answer_done(&answer);
        return base_fail_memory(err, "block");
    }
    out->data = base_buffer_take(&answer.body, &out->len);
    return HEDDLE_OK;
}
