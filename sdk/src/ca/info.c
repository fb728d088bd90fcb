#include "ca/results.h"

#include "base/fail.h"
#include "ca/body.h"
#include "ca/client.h"

struct heddle_ca_info {
    base_arena *arena;
    const char *name;
    const char *version;
    base_buffer chain;
    int64_t time_s;
    int64_t tls_expiry_s;
};

void heddle_ca_info_free(heddle_ca_info *info)
{
    if (!info)
        return;
    base_arena_free(info->arena);
    base_buffer_done(&info->chain);
    base_free(info);
}

BASE_AUTO_DEFINE(ca_info, heddle_ca_info *, heddle_ca_info_free)

const char *heddle_ca_info_name(const heddle_ca_info *info)
{
    return info->name;
}

const char *heddle_ca_info_version(const heddle_ca_info *info)
{
    return info->version;
}

heddle_view heddle_ca_info_chain_pem(const heddle_ca_info *info)
{
    return base_buffer_view(&info->chain);
}

int64_t heddle_ca_info_time_s(const heddle_ca_info *info)
{
    return info->time_s;
}

int64_t heddle_ca_info_tls_expiry_s(const heddle_ca_info *info)
{
    return info->tls_expiry_s;
}

heddle_status ca_info_read(const json_item *result, heddle_ca_info **out, heddle_error *err)
{
    base_auto(ca_info) heddle_ca_info *info = base_calloc(1, sizeof(*info));
    if (!info || !(info->arena = base_arena_new(0)))
        return base_fail_memory(err, "answer of the CA");
    BASE_TRY(ca_item_copy(result, "CAName", info->arena, &info->name, err));
    BASE_TRY(ca_item_copy(result, "Version", info->arena, &info->version, err));
    BASE_TRY(ca_item_bytes(result, "CAChain", &info->chain, err));
    *out = base_steal(&info);
    return HEDDLE_OK;
}

heddle_status heddle_ca_get_info(heddle_ca *ca, heddle_ca_info **out, heddle_error *err)
{
    ca_auto_body ca_body body;
    ca_auto_answer ca_answer answer = {0};
    ca_request request = {.method = "POST", .path = "/cainfo", .is_repeatable = true};
    ca_body_begin(&body);
    ca_body_optional_text(&body, "caname", ca_name(ca));
    BASE_TRY(ca_body_end(&body, &request.body, err));
    BASE_TRY(ca_ask(ca, &request, &answer, err));
    BASE_TRY(ca_info_read(answer.result, out, err));
    (*out)->time_s = answer.date_s;
    (*out)->tls_expiry_s = answer.certificate_until_s;
    return HEDDLE_OK;
}
