#include "base/fail.h"
#include "wire/channel_config.h"

static bool copy_views(base_arena *arena, const ProtobufCBinaryData *from, size_t count,
                       crypto_views *out)
{
    heddle_view *views = base_arena_zalloc(arena, count + 1, sizeof(*views));
    if (!views)
        return false;
    for (size_t i = 0; i < count; i++)
        views[i] = wire_view(from[i]);
    *out = (crypto_views){views, count};
    return true;
}

static crypto_msp_ou unit_of(const Msp__FabricOUIdentifier *from)
{
    if (!from)
        return (crypto_msp_ou){{NULL, 0}, {NULL, 0}};
    return (crypto_msp_ou){heddle_view_str(from->organizational_unit_identifier),
                           wire_view(from->certificate)};
}

static bool copy_units(base_arena *arena, const Msp__FabricMSPConfig *from, crypto_msp_config *out)
{
    size_t count = from->n_organizational_unit_identifiers;
    crypto_msp_ou *units = base_arena_zalloc(arena, count + 1, sizeof(*units));
    if (!units)
        return false;
    for (size_t i = 0; i < count; i++)
        units[i] = unit_of(from->organizational_unit_identifiers[i]);
    out->ou_identifiers = units;
    out->ou_identifier_count = count;
    return true;
}

static bool copy_certs(base_arena *arena, const Msp__FabricMSPConfig *from, crypto_msp_config *out)
{
    return copy_views(arena, from->root_certs, from->n_root_certs, &out->root_certs) &&
           copy_views(arena, from->intermediate_certs, from->n_intermediate_certs,
                      &out->intermediate_certs) &&
           copy_views(arena, from->admins, from->n_admins, &out->admins) &&
           copy_views(arena, from->revocation_list, from->n_revocation_list,
                      &out->revocation_list) &&
           copy_views(arena, from->tls_root_certs, from->n_tls_root_certs, &out->tls_root_certs) &&
           copy_views(arena, from->tls_intermediate_certs, from->n_tls_intermediate_certs,
                      &out->tls_intermediate_certs);
}

static void copy_node_ous(const Msp__FabricNodeOUs *from, crypto_msp_config *out)
{
    if (!from)
        return;
    out->node_ous_enabled = from->enable;
    out->client_ou = unit_of(from->client_ou_identifier);
    out->peer_ou = unit_of(from->peer_ou_identifier);
    out->admin_ou = unit_of(from->admin_ou_identifier);
    out->orderer_ou = unit_of(from->orderer_ou_identifier);
}

heddle_status wire_msp_new(const Msp__FabricMSPConfig *config, bool ed25519_allowed,
                           crypto_msp **out, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    crypto_msp_config draft = {.name = heddle_view_str(config->name),
                               .ed25519_allowed = ed25519_allowed};
    if (!arena || !copy_certs(arena, config, &draft) || !copy_units(arena, config, &draft))
        return base_fail_memory(err, "MSP");
    copy_node_ous(config->fabric_node_ous, &draft);
    if (config->crypto_config)
        draft.hash_family = heddle_view_str(config->crypto_config->signature_hash_family);
    return crypto_msp_new(&draft, out, err);
}
