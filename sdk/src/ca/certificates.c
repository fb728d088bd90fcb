#include "base/fail.h"
#include "ca/client.h"
#include "ca/path.h"
#include "ca/results.h"
#include "client/gateway.h"

struct heddle_certificates {
    base_arena *arena;
    size_t count;
    heddle_view *items;
};

void heddle_certificates_free(heddle_certificates *certificates)
{
    if (!certificates)
        return;
    base_arena_free(certificates->arena);
    base_free(certificates);
}

BASE_AUTO_DEFINE(certificates, heddle_certificates *, heddle_certificates_free)

size_t heddle_certificates_count(const heddle_certificates *certificates)
{
    return certificates->count;
}

heddle_view heddle_certificates_at(const heddle_certificates *certificates, size_t index)
{
    return index < certificates->count ? certificates->items[index] : (heddle_view){0};
}

heddle_status ca_certificates_read(const json_item *result, heddle_certificates **out,
                                   heddle_error *err)
{
    const json_item *array = NULL;
    BASE_TRY(ca_item_array(result, "certs", &array, err));
    base_auto(certificates) heddle_certificates *made = base_calloc(1, sizeof(*made));
    if (!made || !(made->arena = base_arena_new(0)))
        return base_fail_memory(err, "certificates");
    size_t count = json_item_count(array);
    made->items = base_arena_zalloc(made->arena, count + 1, sizeof(*made->items));
    if (!made->items)
        return base_arena_fail(made->arena, err, "certificates");
    for (; made->count < count; made->count++) {
        const char *pem = NULL;
        BASE_TRY(ca_item_copy(json_item_at(array, made->count), "PEM", made->arena, &pem, err));
        made->items[made->count] = heddle_view_str(pem);
    }
    *out = base_steal(&made);
    return HEDDLE_OK;
}

static heddle_status check(const heddle_certificate_filter *filter, heddle_error *err)
{
    if (filter->not_expired && (filter->expires_from_s || filter->expires_to_s))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "certificates: times of expiry, and none that expired");
    if (filter->not_revoked && (filter->revoked_from_s || filter->revoked_to_s))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "certificates: times of revocation, and none that was revoked");
    return HEDDLE_OK;
}

static void write_filter(const heddle_ca *ca, const heddle_certificate_filter *filter,
                         ca_path *path)
{
    ca_path_add(path, "/certificates");
    ca_path_query(path, "aki", filter->aki);
    ca_path_query(path, "ca", ca_name(ca));
    ca_path_query_time(path, "expired_end", filter->expires_to_s);
    ca_path_query_time(path, "expired_start", filter->expires_from_s);
    ca_path_query(path, "id", filter->id);
    ca_path_query_flag(path, "notexpired", filter->not_expired);
    ca_path_query_flag(path, "notrevoked", filter->not_revoked);
    ca_path_query_time(path, "revoked_end", filter->revoked_to_s);
    ca_path_query_time(path, "revoked_start", filter->revoked_from_s);
    ca_path_query(path, "serial", filter->serial);
}

heddle_status heddle_ca_list_certificates(heddle_ca *ca, heddle_identity *admin,
                                          const heddle_certificate_filter *filter,
                                          heddle_certificates **out, heddle_error *err)
{
    ca_auto_path ca_path path = {0};
    ca_auto_answer ca_answer answer = {0};
    heddle_certificate_filter own = {0};
    ca_request request = {.method = "GET", .caller = admin, .is_repeatable = true};
    BASE_TRY(client_options_copy(&own, sizeof(own), filter, "HEDDLE_CERTIFICATE_FILTER", err));
    BASE_TRY(check(&own, err));
    write_filter(ca, &own, &path);
    BASE_TRY(ca_path_text(&path, &request.path, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    return ca_certificates_read(answer.result, out, err);
}
