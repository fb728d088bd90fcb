#include "devnet/ca/route.h"

#include "base/fail.h"

enum { MAX_BODY = 1024 * 1024 };

typedef struct route {
    const char *path;
    bool is_named; /* what follows the path is a name */
    const char *method;
    dn_ca_handler *run;
    unsigned status;
    bool needs_token; /* before anything else; otherwise the handler asks */
} route;

static const route routes[] = {
    {"cainfo", false, "GET", dn_ca_info, 200, false},
    {"cainfo", false, "POST", dn_ca_info, 200, false},
    {"cainfo", false, "HEAD", dn_ca_info, 200, false},
    {"enroll", false, "POST", dn_ca_enroll, 201, false},
    {"reenroll", false, "POST", dn_ca_reenroll, 201, false},
    {"register", false, "POST", dn_ca_register, 201, false},
    {"revoke", false, "POST", dn_ca_revoke, 200, false},
    {"gencrl", false, "POST", dn_ca_gencrl, 200, false},
    {"identities", false, "GET", dn_ca_list_identities, 200, true},
    {"identities", false, "POST", dn_ca_add_identity, 201, true},
    {"identities", true, "GET", dn_ca_get_identity, 200, true},
    {"identities", true, "PUT", dn_ca_change_identity, 200, true},
    {"identities", true, "DELETE", dn_ca_remove_identity, 200, true},
    {"affiliations", false, "GET", dn_ca_list_affiliations, 200, true},
    {"affiliations", false, "POST", dn_ca_add_affiliation, 201, true},
    {"affiliations", true, "GET", dn_ca_get_affiliation, 200, true},
    {"affiliations", true, "PUT", dn_ca_change_affiliation, 200, true},
    {"affiliations", true, "DELETE", dn_ca_remove_affiliation, 200, true},
    {"certificates", false, "GET", dn_ca_list_certificates, 200, true},
    {"idemix", true, "POST", dn_ca_idemix, 201, false}};

/* Finding the route. */

/** Whether the path of the request is that of @p candidate; *name gets what follows. */
static bool is_path(const route *candidate, const char *path, const char **name)
{
    size_t len = strlen(candidate->path);
    if (strncmp(path, candidate->path, len) != 0)
        return false;
    path += len;
    *name = *path == '/' ? path + 1 : "";
    return candidate->is_named ? *path == '/' && path[1] : !*path;
}

/** NULL with *known false: no such path; with *known true: not this method. */
static const route *find_route(const admin_request *request, const char **name, bool *known)
{
    static const char prefix[] = "/api/v1/";
    const char *path = request->path;
    *known = false;
    if (strncmp(path, prefix, sizeof(prefix) - 1) == 0)
        path += sizeof(prefix) - 1;
    else if (*path == '/')
        path++;
    for (size_t i = 0; i < BASE_COUNT(routes); i++) {
        if (!is_path(&routes[i], path, name))
            continue;
        *known = true;
        if (strcmp(routes[i].method, request->method) == 0)
            return &routes[i];
    }
    return NULL;
}

/* Running it. */

static bool read_body(dn_ca_call *call)
{
    heddle_error err;
    if (call->request->body.len == 0)
        return true;
    if (json_document_parse(call->request->body, MAX_BODY, &call->document, &err) != HEDDLE_OK)
        return dn_ca_refuse(call, 400, DN_CA_BAD_BODY, "Invalid request body: %s", err.message);
    const json_item *root = json_document_root(call->document);
    if (json_item_kind(root) == JSON_KIND_OBJECT)
        call->body = root;
    return call->body ||
           dn_ca_refuse(call, 400, DN_CA_BAD_BODY, "Invalid request body: it is no object");
}

static bool choose_ca(dn_ca_call *call, const dn_ca *cas, size_t ca_count)
{
    const char *name = admin_request_query(call->request, "ca");
    if ((!name || !*name) && !dn_ca_read_text(call, call->body, "caname", &name))
        return false;
    for (size_t i = 0; i < ca_count; i++)
        if (!*name || strcmp(cas[i].name, name) == 0) {
            call->ca = &cas[i];
            return true;
        }
    return dn_ca_refuse(call, 404, DN_CA_CA_NOT_FOUND, "CA '%.128s' does not exist", name);
}

static bool run(dn_ca_call *call, const dn_ca *cas, size_t ca_count)
{
    bool known = false;
    const route *found = find_route(call->request, &call->name, &known);
    if (!found)
        return dn_ca_refuse(call, 405, DN_CA_METHOD, "Method %.32s is not allowed",
                            call->request->method);
    call->status = found->status;
    if (!read_body(call) || !choose_ca(call, cas, ca_count) ||
        (found->needs_token && !dn_ca_authenticate(call)) || !found->run(call))
        return false;
    return call->json.status == HEDDLE_OK || dn_ca_refuse_memory(call);
}

/* The answer. */

static heddle_status put_result(const dn_ca_call *call, base_buffer *out)
{
    BASE_TRY(base_buffer_append_str(out, "{\"result\":"));
    BASE_TRY(base_buffer_append(out, base_buffer_view(&call->result)));
    if (!call->is_streamed)
        BASE_TRY(base_buffer_append_byte(out, '\n'));
    return base_buffer_append_str(out, ",\"errors\":[],\"messages\":[],\"success\":true}");
}

static heddle_status put_refusal(const dn_ca_call *call, base_buffer *out)
{
    json_writer json = {.out = out};
    BASE_TRY(base_buffer_append_str(out, "{\"result\":\"\",\"errors\":["));
    json_begin(&json, '{');
    json_name(&json, VIEW("code"));
    json_printf(&json, "%d", call->code);
    json_name(&json, VIEW("message"));
    json_text(&json, heddle_view_str(call->message));
    json_end(&json, '}');
    BASE_TRY(json.status);
    return base_buffer_append_str(out, "\n],\"messages\":[],\"success\":false}");
}

static heddle_status put_answer(const dn_ca_call *call, bool done, admin_answer *answer)
{
    answer->status = call->status;
    answer->content_type = "application/json";
    if (!done)
        return put_refusal(call, &answer->body);
    if (call->location)
        BASE_TRY(admin_answer_header(answer, "Location", call->location));
    return put_result(call, &answer->body);
}

static void call_done(dn_ca_call *call)
{
    crypto_cert_unref(call->caller_cert);
    json_document_free(call->document);
    base_buffer_wipe(&call->result);
    base_arena_free(call->arena);
}

static void answer_nothing(admin_answer *answer)
{
    answer->status = 404;
    if (base_buffer_append_str(&answer->body, "404 page not found\n") != HEDDLE_OK)
        answer->status = 500;
}

void dn_ca_answer(const dn_ca *cas, size_t ca_count, const admin_request *request,
                  admin_answer *answer)
{
    const char *name = NULL;
    bool known = false;
    if (!find_route(request, &name, &known) && !known) {
        answer_nothing(answer);
        return;
    }
    dn_ca_call call = {.ca = cas, .request = request, .name = "", .arena = base_arena_new(0)};
    call.json.out = &call.result;
    bool done = call.arena ? run(&call, cas, ca_count) : dn_ca_refuse_memory(&call);
    if (put_answer(&call, done, answer) != HEDDLE_OK) {
        base_buffer_clear(&answer->body);
        answer->status = 500;
    }
    call_done(&call);
}
