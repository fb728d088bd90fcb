#include "devnet/lifecycle/connection.h"

#include "base/fail.h"
#include "wire/go_duration.h"
#include "json/document.h"

enum { DIAL_TIMEOUT_MS = 3000, JSON_LIMIT = 1024 * 1024, NANOS_OF_A_MS = 1000000 };

static heddle_status read_text(const json_item *root, const char *key, base_arena *arena,
                               const char **out, heddle_error *err)
{
    const json_item *item = json_item_member(root, key);
    heddle_view text = VIEW("");
    if (item && json_item_kind(item) != JSON_KIND_NULL && !json_item_text(item, &text))
        return base_fail(err, HEDDLE_E_CONFIG, "connection.json: %s is not a text", key);
    *out = base_arena_str(arena, text);
    return *out ? HEDDLE_OK : base_arena_fail(arena, err, "connection.json");
}

static heddle_status read_truth(const json_item *root, const char *key, bool *out,
                                heddle_error *err)
{
    const json_item *item = json_item_member(root, key);
    *out = false;
    if (item && json_item_kind(item) != JSON_KIND_NULL && !json_item_truth(item, out))
        return base_fail(err, HEDDLE_E_CONFIG, "connection.json: %s is not a truth value", key);
    return HEDDLE_OK;
}

static heddle_status read_pem(const json_item *root, const char *key, const char *missing,
                              base_arena *arena, heddle_view *out, heddle_error *err)
{
    const char *text;
    BASE_TRY(read_text(root, key, arena, &text, err));
    *out = heddle_view_str(text);
    return out->len ? HEDDLE_OK : base_fail(err, HEDDLE_E_CONFIG, "%s", missing);
}

/* A duration as Go writes it, or a number of nanoseconds. */
static heddle_status read_timeout(const json_item *root, base_arena *arena, uint64_t *out,
                                  heddle_error *err)
{
    const json_item *item = json_item_member(root, "dial_timeout");
    const char *text;
    int64_t nanos;
    uint64_t ms = 0;
    if (json_item_integer(item, &nanos) && nanos >= 0) {
        ms = (uint64_t)nanos / NANOS_OF_A_MS;
    } else {
        BASE_TRY(read_text(root, "dial_timeout", arena, &text, err));
        if (*text && !wire_go_duration_ms(text, &ms))
            return base_fail(err, HEDDLE_E_CONFIG,
                             "connection.json: dial_timeout '%.64s' is not a duration", text);
    }
    *out = ms ? ms : DIAL_TIMEOUT_MS;
    return HEDDLE_OK;
}

static heddle_status read_tls(const json_item *root, base_arena *arena, dn_connection *out,
                              heddle_error *err)
{
    bool tls, client_auth;
    BASE_TRY(read_truth(root, "tls_required", &tls, err));
    BASE_TRY(read_truth(root, "client_auth_required", &client_auth, err));
    if (!tls)
        return HEDDLE_OK;
    if (client_auth) {
        BASE_TRY(read_pem(root, "client_key", "chaincode tls key not provided", arena,
                          &out->key_pem, err));
        BASE_TRY(read_pem(root, "client_cert", "chaincode tls cert not provided", arena,
                          &out->cert_pem, err));
        BASE_TRY(read_text(root, "domain", arena, &out->domain, err));
    }
    return read_pem(root, "root_cert", "chaincode tls root cert not provided", arena,
                    &out->roots_pem, err);
}

heddle_status dn_connection_read(heddle_view json, base_arena *arena, dn_connection *out,
                                 heddle_error *err)
{
    base_auto(json_document) json_document *document = NULL;
    dn_connection made = {.domain = ""};
    heddle_status status = json_document_parse(json, JSON_LIMIT, &document, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "connection.json");
        return status;
    }
    const json_item *root = json_document_root(document);
    BASE_TRY(read_text(root, "address", arena, &made.address, err));
    if (!*made.address)
        return base_fail(err, HEDDLE_E_CONFIG, "chaincode address not provided");
    BASE_TRY(read_timeout(root, arena, &made.dial_timeout_ms, err));
    BASE_TRY(read_tls(root, arena, &made, err));
    *out = made;
    return HEDDLE_OK;
}
