#include "devnet/network/chaincode_option.h"

#include <string.h>

#include "base/fail.h"
#include "base/view.h"
#include "devnet/network/collection_option.h"
#include "wire/policy.h"

static heddle_status check_name(const char *text, heddle_view name, heddle_error *err)
{
    bool good = name.len > 0;
    for (size_t i = 0; i < name.len && good; i++) {
        char c = (char)name.data[i];
        bool inner = i > 0 && i + 1 < name.len;
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (inner && (c == '-' || c == '_'));
    }
    if (good)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "chaincode \"%.100s\": the name is not valid",
                     text);
}

static heddle_status check_address(const char *text, heddle_view address, heddle_error *err)
{
    const uint8_t *colon = memrchr(address.data, ':', address.len);
    if (colon && colon > address.data && colon + 1 < address.data + address.len)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "chaincode \"%.100s\": the address is neither "
                     "host:port nor \"dial\"",
                     text);
}

static heddle_status read_policy(const char *text, const char *policy, base_arena *arena,
                                 dn_chaincode *out, heddle_error *err)
{
    Common__SignaturePolicyEnvelope *parsed;
    heddle_status status = wire_policy_parse(heddle_view_str(policy), arena, &parsed, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "chaincode \"%.100s\"", text);
        return status;
    }
    out->policy = base_arena_strdup(arena, policy);
    return out->policy ? HEDDLE_OK : base_arena_fail(arena, err, "a chaincode");
}

/** The text of a setting that ends at the next comma. */
static heddle_status read_word(const char **at, base_arena *arena, const char **out,
                               heddle_error *err)
{
    size_t len = strcspn(*at, ",");
    *out = base_arena_str(arena, heddle_view_of(*at, len));
    *at += len;
    return *out ? HEDDLE_OK : base_arena_fail(arena, err, "a chaincode");
}

static heddle_status read_collections(const char *text, const char *path, base_arena *arena,
                                      dn_chaincode *out, heddle_error *err)
{
    heddle_status status = dn_collections_read(path, arena, out, err);
    if (status != HEDDLE_OK)
        base_error_prefix(err, "chaincode \"%.100s\"", text);
    return status;
}

static bool skip(const char **at, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(*at, prefix, len) != 0)
        return false;
    *at += len;
    return true;
}

static heddle_status unknown_setting(const char *text, heddle_error *err)
{
    return base_fail(
        err, HEDDLE_E_BAD_ARGUMENT,
        "chaincode \"%.100s\": only channel=, version=, collections= and policy= may follow "
        "the address",
        text);
}

/** What follows the address: channel, version, collections, and the policy, which is the last. */
static heddle_status read_settings(const char *text, const char *at, base_arena *arena,
                                   dn_chaincode *out, heddle_error *err)
{
    while (skip(&at, ",")) {
        const char *path;
        if (skip(&at, "policy="))
            return read_policy(text, at, arena, out, err);
        if (skip(&at, "version=")) {
            BASE_TRY(read_word(&at, arena, &out->version, err));
        } else if (skip(&at, "channel=")) {
            BASE_TRY(read_word(&at, arena, &out->channel, err));
        } else if (skip(&at, "collections=")) {
            BASE_TRY(read_word(&at, arena, &path, err));
            BASE_TRY(read_collections(text, path, arena, out, err));
        } else {
            return unknown_setting(text, err);
        }
    }
    return *at ? unknown_setting(text, err) : HEDDLE_OK;
}

heddle_status dn_chaincode_parse(const char *text, base_arena *arena, dn_chaincode *out,
                                 heddle_error *err)
{
    dn_chaincode chaincode = {0};
    size_t name_len = strcspn(text, "=");
    if (!text[name_len])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "chaincode \"%.100s\" is neither name=host:port nor name=dial", text);
    const char *at = text + name_len + 1;
    heddle_view name = heddle_view_of(text, name_len);
    heddle_view address = heddle_view_of(at, strcspn(at, ","));
    BASE_TRY(check_name(text, name, err));
    chaincode.dials_in = base_view_is(address, "dial");
    if (!chaincode.dials_in)
        BASE_TRY(check_address(text, address, err));
    chaincode.name = base_arena_str(arena, name);
    chaincode.address = chaincode.dials_in ? NULL : base_arena_str(arena, address);
    if (!chaincode.name || (!chaincode.address && !chaincode.dials_in))
        return base_arena_fail(arena, err, "a chaincode");
    BASE_TRY(read_settings(text, at + address.len, arena, &chaincode, err));
    *out = chaincode;
    return HEDDLE_OK;
}
