#include "profile/entry.h"

#include "base/fail.h"
#include "base/view.h"
#include "profile/scan.h"
#include "json/writer.h"

void profile_entry_done(profile_entry *entry)
{
    base_buffer_wipe(&entry->mspid);
    base_buffer_wipe(&entry->cert_pem);
    base_buffer_wipe(&entry->key_pem);
}

static heddle_status read_text(heddle_view object, const char *name, base_buffer *out,
                               heddle_error *err)
{
    heddle_view value;
    BASE_TRY(profile_scan_member(object, name, &value, err));
    if (!value.len)
        return base_fail(err, HEDDLE_E_DECODE, "\"%s\" is missing", name);
    return profile_scan_text(value, name, out, err);
}

static heddle_status read_object(heddle_view object, const char *name, heddle_view *out,
                                 heddle_error *err)
{
    BASE_TRY(profile_scan_member(object, name, out, err));
    return out->len ? HEDDLE_OK : base_fail(err, HEDDLE_E_DECODE, "\"%s\" is missing", name);
}

/* Node writes 1; for tokens some releases wrote 2, of the same form. */
static heddle_status check_version(heddle_view root, bool in_token, heddle_error *err)
{
    heddle_view version;
    BASE_TRY(profile_scan_member(root, "version", &version, err));
    if (base_view_is(version, "1") || (in_token && base_view_is(version, "2")))
        return HEDDLE_OK;
    int shown = version.len < 20 ? (int)version.len : 20;
    return base_fail(err, HEDDLE_E_DECODE, "an identity of version %.*s, where 1 is known",
                     version.len ? shown : 4, version.len ? (const char *)version.data : "none");
}

static heddle_status read_type(heddle_view root, bool *out_in_token, heddle_error *err)
{
    base_auto_buffer base_buffer type = {0};
    BASE_TRY(read_text(root, "type", &type, err));
    *out_in_token = base_view_is(base_buffer_view(&type), "HSM-X.509");
    if (*out_in_token || base_view_is(base_buffer_view(&type), "X.509"))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_DECODE,
                     "an identity of type \"%.40s\", where X.509 and HSM-X.509 are known",
                     (const char *)type.data);
}

heddle_status profile_entry_read(heddle_view document, profile_entry *out, heddle_error *err)
{
    heddle_view root, credentials;
    bool in_token = false;
    profile_auto_entry profile_entry entry = {0};
    BASE_TRY(profile_scan(document, &root, err));
    BASE_TRY(read_type(root, &in_token, err));
    BASE_TRY(check_version(root, in_token, err));
    BASE_TRY(read_text(root, "mspId", &entry.mspid, err));
    BASE_TRY(read_object(root, "credentials", &credentials, err));
    BASE_TRY(read_text(credentials, "certificate", &entry.cert_pem, err));
    if (!in_token)
        BASE_TRY(read_text(credentials, "privateKey", &entry.key_pem, err));
    *out = entry;
    entry = (profile_entry){0};
    return HEDDLE_OK;
}

heddle_status profile_entry_read_user(heddle_view document, profile_entry *out,
                                      base_buffer *out_key_name, heddle_error *err)
{
    heddle_view root, enrollment, identity;
    profile_auto_entry profile_entry entry = {0};
    base_auto_buffer base_buffer key_name = {0};
    BASE_TRY(profile_scan(document, &root, err));
    BASE_TRY(read_text(root, "mspid", &entry.mspid, err));
    BASE_TRY(read_object(root, "enrollment", &enrollment, err));
    BASE_TRY(read_text(enrollment, "signingIdentity", &key_name, err));
    BASE_TRY(read_object(enrollment, "identity", &identity, err));
    BASE_TRY(read_text(identity, "certificate", &entry.cert_pem, err));
    *out = entry;
    entry = (profile_entry){0};
    *out_key_name = key_name;
    key_name = (base_buffer){0};
    return HEDDLE_OK;
}

static void write_member(json_writer *writer, const char *name, const base_buffer *text)
{
    json_name(writer, heddle_view_str(name));
    json_text(writer, base_buffer_view(text));
}

heddle_status profile_entry_write(const profile_entry *entry, base_buffer *out, heddle_error *err)
{
    /* Reserved at once, each byte as its longest escape, so that growing leaves no copy. */
    size_t most = 6 * (entry->mspid.len + entry->cert_pem.len + entry->key_pem.len) + 256;
    json_writer writer = {.out = out, .fresh = true};
    bool in_token = entry->key_pem.len == 0;
    if (base_buffer_reserve(out, most))
        return base_fail_memory(err, "document of an identity");
    json_begin(&writer, '{');
    json_name(&writer, VIEW("credentials"));
    json_begin(&writer, '{');
    write_member(&writer, "certificate", &entry->cert_pem);
    if (!in_token)
        write_member(&writer, "privateKey", &entry->key_pem);
    json_end(&writer, '}');
    write_member(&writer, "mspId", &entry->mspid);
    json_name(&writer, VIEW("type"));
    json_text(&writer, in_token ? VIEW("HSM-X.509") : VIEW("X.509"));
    json_name(&writer, VIEW("version"));
    json_word(&writer, "1");
    json_end(&writer, '}');
    return writer.status ? base_fail(err, writer.status, "document of an identity") : HEDDLE_OK;
}
