#include "ca/answer.h"

#include "base/fail.h"
#include "base/text.h"

/* As the client of HTTP bounds it. */
enum { ANSWER_MAX = 64 << 20 };

/* Some of the CA's codes say more than its HTTP status. */
enum {
    CODE_NOT_REVOKER = 7,
    CODE_NO_SUCH_CERT = 8,
    CODE_NO_SUCH_ID = 10,
    CODE_NOT_FOUND_IN_DB = 63,
    CODE_NOT_ALLOWED_AFFILIATION = 17,
    CODE_REGISTERED = 74
};

void ca_answer_done(ca_answer *answer)
{
    json_document_free(answer->document);
}

static heddle_status status_of(long http_status, int64_t code)
{
    if (code == CODE_NOT_REVOKER || code == CODE_NOT_ALLOWED_AFFILIATION)
        return HEDDLE_E_DENIED;
    if (code == CODE_NO_SUCH_CERT || code == CODE_NO_SUCH_ID || code == CODE_NOT_FOUND_IN_DB)
        return HEDDLE_E_NOT_FOUND;
    if (code == CODE_REGISTERED)
        return HEDDLE_E_EXISTS;
    switch (http_status) {
    case 401:
    case 403:
        return HEDDLE_E_DENIED;
    case 404:
        return HEDDLE_E_NOT_FOUND;
    case 409:
        return HEDDLE_E_EXISTS;
    default:
        return HEDDLE_E_REFUSED;
    }
}

static heddle_status refused(const char *server, long http_status, const json_item *first,
                             heddle_error *err)
{
    int64_t code = 0;
    heddle_view message = VIEW("no reason given");
    json_item_integer(json_item_member(first, "code"), &code);
    json_item_text(json_item_member(first, "message"), &message);
    bool has_code = code > 0 && code <= INT32_MAX;
    heddle_status status = base_fail(
        err, status_of(http_status, code), "CA %s: %.*s (code %d, HTTP status %ld)", server,
        BASE_VIEW_ARG(base_view_slice(message, 0, 320)), has_code ? (int)code : 0, http_status);
    if (err && has_code)
        err->ca_code = (int)code;
    return status;
}

/* Something that is no Fabric CA answered, or one in trouble. */
static heddle_status foreign(const char *server, long http_status, const char *why,
                             heddle_error *err)
{
    heddle_status status = http_status >= 200 && http_status < 300 ? HEDDLE_E_DECODE
                           : http_status >= 500                    ? HEDDLE_E_UNAVAILABLE
                                                                   : status_of(http_status, 0);
    return base_fail(err, status, "%s answers with HTTP status %ld and not as a Fabric CA: %s",
                     server, http_status, why);
}

heddle_status ca_answer_read(const char *server, long http_status, heddle_view body, ca_answer *out,
                             heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    heddle_error why = {0};
    heddle_status status = json_document_parse(body, ANSWER_MAX, &document, &why);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "answer of the CA");
    if (status)
        return foreign(server, http_status, why.message, err);
    const json_item *root = json_document_root(document);
    const json_item *errors = json_item_member(root, "errors");
    bool success = false;
    if (!json_item_truth(json_item_member(root, "success"), &success))
        return foreign(server, http_status, "it has no \"success\"", err);
    if (!success || json_item_count(errors))
        return refused(server, http_status, json_item_at(errors, 0), err);
    const json_item *result = json_item_member(root, "result");
    if (json_item_kind(result) != JSON_KIND_OBJECT)
        return foreign(server, http_status, "\"result\" is no object", err);
    out->document = base_steal(&document);
    out->result = result;
    return HEDDLE_OK;
}

static heddle_status malformed(const char *name, const char *what, heddle_error *err)
{
    return base_fail(err, HEDDLE_E_DECODE, "answer of the CA: \"%s\" is %s", name, what);
}

heddle_status ca_item_text(const json_item *object, const char *name, heddle_view *out,
                           heddle_error *err)
{
    const json_item *item = json_item_member(object, name);
    json_kind kind = json_item_kind(item);
    heddle_view text = VIEW("");
    if (kind != JSON_KIND_ABSENT && kind != JSON_KIND_NULL && !json_item_text(item, &text))
        return malformed(name, "no text", err);
    *out = text;
    return HEDDLE_OK;
}

heddle_status ca_item_copy(const json_item *object, const char *name, base_arena *arena,
                           const char **out, heddle_error *err)
{
    heddle_view text;
    BASE_TRY(ca_item_text(object, name, &text, err));
    if (memchr(text.data, 0, text.len))
        return malformed(name, "no text: it holds a NUL", err);
    const char *copy = base_arena_str(arena, text);
    if (!copy)
        return base_arena_fail(arena, err, "answer of the CA");
    *out = copy;
    return HEDDLE_OK;
}

heddle_status ca_item_bytes(const json_item *object, const char *name, base_buffer *out,
                            heddle_error *err)
{
    heddle_view text;
    BASE_TRY(ca_item_text(object, name, &text, err));
    heddle_status status = base_unbase64(text, out);
    if (status == HEDDLE_E_NO_MEMORY)
        return base_fail_memory(err, "answer of the CA");
    return status ? malformed(name, "not base64", err) : HEDDLE_OK;
}

heddle_status ca_item_array(const json_item *object, const char *name, const json_item **out,
                            heddle_error *err)
{
    const json_item *item = json_item_member(object, name);
    switch (json_item_kind(item)) {
    case JSON_KIND_ARRAY:
        *out = item;
        return HEDDLE_OK;
    case JSON_KIND_ABSENT:
    case JSON_KIND_NULL:
        *out = NULL;
        return HEDDLE_OK;
    default:
        return malformed(name, "no array", err);
    }
}
