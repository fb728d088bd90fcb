#include "profile/profile.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "client/gateway.h"

enum { PROFILE_MAX = 4 << 20, ARENA_MAX = 64 << 20 };

void heddle_profile_free(heddle_profile *profile)
{
    if (!profile)
        return;
    /* One more: that which was being read when reading failed. */
    for (size_t i = 0; profile->orgs && i <= profile->org_count; i++)
        heddle_identity_unref(profile->orgs[i].admin);
    for (profile_secret *secret = profile->secrets; secret; secret = secret->next)
        base_wipe((void *)secret->bytes.data, secret->bytes.len);
    profile_matchers_done(&profile->peer_matchers);
    profile_matchers_done(&profile->orderer_matchers);
    profile_matchers_done(&profile->ca_matchers);
    base_arena_free(profile->arena);
    base_free(profile);
}
BASE_AUTO_DEFINE(profile, heddle_profile *, heddle_profile_free)

static heddle_status read_sections(const profile_reader *r, const profile_section *root,
                                   heddle_profile *profile)
{
    if (root->node && root->node->kind != CONF_MAPPING)
        return profile_fail(r, root->node->line, "", "", "a profile is a mapping");
    BASE_TRY(profile_field_text(r, root, "name", &profile->name));
    BASE_TRY(profile_read_client(r, root, profile));
    BASE_TRY(profile_read_nodes(r, root, profile));
    BASE_TRY(profile_read_cas(r, root, profile));
    BASE_TRY(profile_read_orgs(r, root, profile));
    return profile_read_channels(r, root, profile);
}

static heddle_status parse(heddle_view text, const char *source, const char *dir,
                           const heddle_profile_options *options, heddle_profile **out,
                           heddle_error *err)
{
    base_auto(profile) heddle_profile *profile = base_calloc(1, sizeof(*profile));
    if (!profile)
        return base_fail_memory(err, "profile");
    profile->as_localhost = options->as_localhost;
    profile->arena = base_arena_new(ARENA_MAX);
    if (!profile->arena)
        return base_fail_memory(err, "profile");
    if (text.len > PROFILE_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "%s: a profile has at most %d bytes", source,
                         PROFILE_MAX);
    profile_reader reader = {.source = source,
                             .dir = options->base_dir ? options->base_dir : dir,
                             .arena = profile->arena,
                             .err = err};
    profile_section root = {.where = ""};
    BASE_TRY(conf_yaml_parse(text, source, profile->arena, &root.node, err));
    BASE_TRY(read_sections(&reader, &root, profile));
    *out = base_steal(&profile);
    return HEDDLE_OK;
}

heddle_status heddle_profile_parse(heddle_view text, const heddle_profile_options *given,
                                   heddle_profile **out, heddle_error *err)
{
    heddle_profile_options options = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_PROFILE_OPTIONS", err));
    return parse(text, "profile", NULL, &options, out, err);
}

/* The folder of @p path, NULL if it names none. */
static heddle_status folder_of(const char *path, char **out)
{
    const char *slash = strrchr(path, '/');
    *out = NULL;
    if (!slash)
        return HEDDLE_OK;
    *out = base_strdup_view(heddle_view_of(path, slash == path ? 1 : (size_t)(slash - path)));
    return *out ? HEDDLE_OK : HEDDLE_E_NO_MEMORY;
}

heddle_status heddle_profile_load(const char *path, const heddle_profile_options *given,
                                  heddle_profile **out, heddle_error *err)
{
    heddle_profile_options options = {0};
    base_auto(chars) char *dir = NULL;
    base_buffer text = {0};
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_PROFILE_OPTIONS", err));
    if (!path)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "profile: the path is NULL");
    if (folder_of(path, &dir))
        return base_fail_memory(err, "profile");
    heddle_status status = base_read_file(path, PROFILE_MAX, &text, err);
    if (status == HEDDLE_OK)
        status = parse(base_buffer_view(&text), path, dir, &options, out, err);
    base_buffer_wipe(&text);
    return status;
}

const char *heddle_profile_name(const heddle_profile *profile)
{
    return profile->name ? profile->name : "";
}

const heddle_profile_client *heddle_profile_get_client(const heddle_profile *profile)
{
    return &profile->client;
}

size_t heddle_profile_peer_count(const heddle_profile *profile)
{
    return profile->peers.count;
}

const heddle_profile_node *heddle_profile_peer_at(const heddle_profile *profile, size_t index)
{
    return index < profile->peers.count ? &profile->peers.items[index] : NULL;
}

const heddle_profile_node *heddle_profile_peer(const heddle_profile *profile, const char *name)
{
    return profile_find_node(&profile->peers, name);
}

size_t heddle_profile_orderer_count(const heddle_profile *profile)
{
    return profile->orderers.count;
}

const heddle_profile_node *heddle_profile_orderer_at(const heddle_profile *profile, size_t index)
{
    return index < profile->orderers.count ? &profile->orderers.items[index] : NULL;
}

const heddle_profile_node *heddle_profile_orderer(const heddle_profile *profile, const char *name)
{
    return profile_find_node(&profile->orderers, name);
}

size_t heddle_profile_channel_count(const heddle_profile *profile)
{
    return profile->channel_count;
}

const heddle_profile_channel *heddle_profile_channel_at(const heddle_profile *profile, size_t index)
{
    return index < profile->channel_count ? &profile->channels[index] : NULL;
}

const heddle_profile_channel *heddle_profile_get_channel(const heddle_profile *profile,
                                                         const char *name)
{
    for (size_t i = 0; i < profile->channel_count; i++)
        if (strcmp(profile->channels[i].name, name) == 0)
            return &profile->channels[i];
    return NULL;
}

size_t heddle_profile_ca_count(const heddle_profile *profile)
{
    return profile->ca_count;
}

const heddle_profile_ca *heddle_profile_ca_at(const heddle_profile *profile, size_t index)
{
    return index < profile->ca_count ? &profile->cas[index] : NULL;
}

const heddle_profile_ca *heddle_profile_get_ca(const heddle_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->ca_count; i++)
        if (strcmp(profile->cas[i].name, name) == 0)
            return &profile->cas[i];
    return NULL;
}

size_t heddle_profile_org_count(const heddle_profile *profile)
{
    return profile->org_count;
}

const heddle_profile_org *heddle_profile_org_at(const heddle_profile *profile, size_t index)
{
    return index < profile->org_count ? &profile->orgs[index] : NULL;
}

const heddle_profile_org *heddle_profile_get_org(const heddle_profile *profile, const char *name)
{
    const char *wanted = name ? name : profile->client.organization;
    for (size_t i = 0; wanted && i < profile->org_count; i++)
        if (strcmp(profile->orgs[i].name, wanted) == 0)
            return &profile->orgs[i];
    return NULL;
}
