/* Peers and orderers of a profile: where they are, and what to trust them by. */
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "profile/profile.h"

heddle_profile_node *profile_find_node(const profile_nodes *nodes, const char *name)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (strcmp(nodes->items[i].name, name) == 0)
            return &nodes->items[i];
    return NULL;
}

static const char *check_address(const char *address)
{
    uint64_t port;
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || strchr(address, '/'))
        return "host:port is expected, after grpcs:// or grpc://";
    if (!base_parse_u64(heddle_view_str(colon + 1), &port) || port < 1 || port > 65535)
        return "the port is none";
    return NULL;
}

const char *profile_parse_url(const char *url, bool plaintext_if_bare, base_arena *arena,
                              profile_target *out)
{
    heddle_view text = heddle_view_str(url);
    bool is_tls = base_view_starts(text, VIEW("grpcs://"));
    bool is_plain = base_view_starts(text, VIEW("grpc://"));
    if (is_tls || is_plain)
        text = base_view_slice(text, is_tls ? 8 : 7, text.len);
    if (text.len && text.data[text.len - 1] == '/')
        text.len--;
    char *address = base_arena_str(arena, text);
    if (!address)
        return "there is no memory for it";
    const char *wrong = check_address(address);
    if (wrong)
        return wrong;
    out->address = address;
    out->plaintext = is_plain || (!is_tls && plaintext_if_bare);
    return NULL;
}

const char *profile_to_localhost(base_arena *arena, profile_target *target)
{
    const char *colon = strrchr(target->address, ':');
    char *host =
        base_arena_str(arena, heddle_view_of(target->address, (size_t)(colon - target->address)));
    const char *address = base_arena_printf(arena, "localhost%s", colon);
    if (!host || !address)
        return NULL;
    if (!target->name_override && strcmp(host, "localhost") != 0)
        target->name_override = host;
    return target->address = address;
}

/* The keys under which SDKs keep the same thing. */
static heddle_status first_text(const profile_reader *r, const profile_section *in,
                                const char *const *keys, const char **out)
{
    *out = NULL;
    for (; *keys && !*out; keys++)
        BASE_TRY(profile_field_text(r, in, *keys, out));
    return HEDDLE_OK;
}

static heddle_status read_grpc_options(const profile_reader *r, const profile_section *options,
                                       heddle_profile_node *node)
{
    static const char *const names[] = {"ssl-target-name-override", "hostnameOverride",
                                        "grpc.ssl_target_name_override", NULL};
    BASE_TRY(first_text(r, options, names, &node->name_override));
    BASE_TRY(profile_field_ms(r, options, "keep-alive-time", 1, &node->keepalive_ms));
    BASE_TRY(profile_field_ms(r, options, "grpc.keepalive_time_ms", 1, &node->keepalive_ms));
    BASE_TRY(profile_field_ms(r, options, "keep-alive-timeout", 1, &node->keepalive_timeout_ms));
    BASE_TRY(
        profile_field_ms(r, options, "grpc.keepalive_timeout_ms", 1, &node->keepalive_timeout_ms));
    BASE_TRY(profile_field_ms(r, options, "request-timeout", 1, &node->request_timeout_ms));
    BASE_TRY(profile_field_ms(r, options, "requestTimeout", 1, &node->request_timeout_ms));
    BASE_TRY(profile_field_number(r, options, "grpc.max_receive_message_length",
                                  &node->max_receive_bytes));
    return profile_field_number(r, options, "grpc.max_send_message_length", &node->max_send_bytes);
}

static heddle_status read_url(const profile_reader *r, const profile_section *in,
                              const profile_section *options, heddle_profile_node *node)
{
    const char *url;
    bool is_insecure = false;
    profile_target target = {0};
    BASE_TRY(profile_field_text(r, in, "url", &url));
    BASE_TRY(profile_field_bool(r, options, "allow-insecure", &is_insecure));
    if (!url)
        return profile_fail(r, in->node->line, in->where, "url", "is missing");
    const char *wrong = profile_parse_url(url, is_insecure, r->arena, &target);
    if (wrong)
        return profile_fail(r, profile_field(in, "url")->line, in->where, "url", "%s", wrong);
    node->address = target.address;
    node->plaintext = target.plaintext;
    return HEDDLE_OK;
}

static heddle_status read_node(const profile_reader *r, const profile_section *in,
                               heddle_profile_node *node)
{
    profile_section options;
    BASE_TRY(profile_field_section(r, in, "grpcOptions", &options));
    BASE_TRY(read_url(r, in, &options, node));
    BASE_TRY(read_grpc_options(r, &options, node));
    BASE_TRY(profile_field_text(r, in, "mspid", &node->mspid));
    return profile_field_pem(r, in, "tlsCACerts", &node->tls_roots_pem);
}

/* What the matchers say of a node: its own words give way, those of the mapped node fill in. */
static heddle_status apply_match(const profile_reader *r, const profile_nodes *nodes,
                                 const profile_match *match, heddle_profile_node *node)
{
    const heddle_profile_node *mapped =
        match->mapped ? profile_find_node(nodes, match->mapped) : NULL;
    profile_target target = {.address = node->address, .plaintext = node->plaintext};
    const char *wrong = match->address && *match->address
                            ? profile_parse_url(match->address, node->plaintext, r->arena, &target)
                            : NULL;
    if (wrong)
        return base_fail(r->err, HEDDLE_E_CONFIG, "%s: entityMatchers send %s to \"%s\": %s",
                         r->source, node->name, match->address, wrong);
    node->address = target.address;
    node->plaintext = target.plaintext;
    node->is_ignored = match->is_ignored;
    if (match->name_override && *match->name_override)
        node->name_override = match->name_override;
    if (mapped && !node->tls_roots_pem.len)
        node->tls_roots_pem = mapped->tls_roots_pem;
    if (mapped && !node->name_override)
        node->name_override = mapped->name_override;
    return HEDDLE_OK;
}

static heddle_status place(const profile_reader *r, const profile_nodes *nodes,
                           const profile_matchers *matchers, bool as_localhost,
                           heddle_profile_node *node)
{
    profile_match match;
    heddle_status status;
    bool found = profile_matchers_find(matchers, node->name, r->arena, &match, &status);
    if (!found && status == HEDDLE_OK)
        found = profile_matchers_find(matchers, node->address, r->arena, &match, &status);
    if (status)
        return base_fail_memory(r->err, "profile");
    if (found)
        BASE_TRY(apply_match(r, nodes, &match, node));
    if (!as_localhost)
        return HEDDLE_OK;
    profile_target target = {.address = node->address, .name_override = node->name_override};
    if (!profile_to_localhost(r->arena, &target))
        return base_arena_fail(r->arena, r->err, "profile");
    node->address = target.address;
    node->name_override = target.name_override;
    return HEDDLE_OK;
}

static heddle_status read_all(const profile_reader *r, const profile_section *root, const char *key,
                              const profile_matchers *matchers, bool as_localhost,
                              profile_nodes *out)
{
    profile_section section;
    BASE_TRY(profile_field_section(r, root, key, &section));
    size_t count = profile_entry_count(&section);
    out->items = profile_array(r, count, sizeof(*out->items));
    if (!out->items)
        return base_arena_fail(r->arena, r->err, "profile");
    for (; out->count < count; out->count++) {
        heddle_profile_node *node = &out->items[out->count];
        profile_section in;
        node->size = sizeof(*node);
        BASE_TRY(profile_entry_at(r, &section, out->count, &node->name, &in));
        BASE_TRY(read_node(r, &in, node));
    }
    for (size_t i = 0; i < count; i++)
        BASE_TRY(place(r, out, matchers, as_localhost, &out->items[i]));
    return HEDDLE_OK;
}

heddle_status profile_read_nodes(const profile_reader *r, const profile_section *root,
                                 heddle_profile *profile)
{
    BASE_TRY(profile_matchers_read(r, root, "peer", &profile->peer_matchers));
    BASE_TRY(profile_matchers_read(r, root, "orderer", &profile->orderer_matchers));
    BASE_TRY(read_all(r, root, "peers", &profile->peer_matchers, profile->as_localhost,
                      &profile->peers));
    return read_all(r, root, "orderers", &profile->orderer_matchers, profile->as_localhost,
                    &profile->orderers);
}
