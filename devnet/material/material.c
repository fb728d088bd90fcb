#include "devnet/material/material.h"

#include "base/fail.h"
#include "devnet/material/authority.h"

enum { MAX_ORDERERS = 9, MAX_ORGS = 9, MAX_PEERS = 9, MAX_SANS = 5 };

/** What one organisation is made of. */
typedef struct org_plan {
    const char *msp_id;
    const char *group;
    const char *domain;
    const char *kind;      /* "peerOrganizations" */
    const char *node_kind; /* "peers" */
    const char *node_unit; /* "peer" */
    const char *node_name; /* "peer" */
    bool first_is_bare;    /* orderer, orderer2, orderer3; otherwise peer0, peer1 */
    unsigned node_count;
    bool has_user;
} org_plan;

static heddle_status plan_paths(dn_material *material, const org_plan *plan, dn_org *org,
                                heddle_error *err)
{
    base_arena *arena = material->arena;
    org->msp_id = base_arena_strdup(arena, plan->msp_id);
    org->group = base_arena_strdup(arena, plan->group);
    org->domain = base_arena_strdup(arena, plan->domain);
    org->dir = base_arena_printf(arena, "%s/%s/%s", material->dir, plan->kind, plan->domain);
    org->nodes = base_arena_zalloc(arena, plan->node_count, sizeof(*org->nodes));
    if (!org->msp_id || !org->group || !org->domain || !org->dir || !org->nodes)
        return base_arena_fail(arena, err, "an organisation");
    org->msp_dir = base_arena_printf(arena, "%s/msp", org->dir);
    org->node_count = plan->node_count;
    return org->msp_dir ? HEDDLE_OK : base_arena_fail(arena, err, "an organisation");
}

static heddle_status plan_node(base_arena *arena, const dn_org *org, const org_plan *plan,
                               const char *host_name, dn_node *node, heddle_error *err)
{
    node->name = base_arena_printf(arena, "%s.%s", host_name, org->domain);
    node->msp_id = org->msp_id;
    node->domain = org->domain;
    char *dir = base_arena_printf(arena, "%s/%s/%s", org->dir, plan->node_kind, node->name);
    node->msp_dir = base_arena_printf(arena, "%s/msp", dir);
    node->tls_cert = base_arena_printf(arena, "%s/tls/server.crt", dir);
    node->tls_key = base_arena_printf(arena, "%s/tls/server.key", dir);
    node->tls_ca = base_arena_printf(arena, "%s/tls/ca.crt", dir);
    bool whole = node->name && dir && node->msp_dir && node->tls_cert && node->tls_key;
    return whole && node->tls_ca ? HEDDLE_OK : base_arena_fail(arena, err, "a node");
}

/* Issuing. */

typedef struct authorities {
    dn_authority sign;
    dn_authority tls;
} authorities;

static size_t server_sans(const char *name, const char *host_name, const char *host,
                          const char *sans[MAX_SANS])
{
    size_t count = 0;
    sans[count++] = name;
    sans[count++] = host_name;
    sans[count++] = "localhost";
    sans[count++] = "127.0.0.1";
    bool known = !host;
    for (size_t i = 0; i < count && !known; i++)
        known = strcmp(sans[i], host) == 0;
    if (!known)
        sans[count++] = host;
    return count;
}

static heddle_status make_node(dn_material *material, const org_plan *plan, dn_org *org,
                               unsigned index, const authorities *cas, const char *host,
                               heddle_error *err)
{
    dn_node *node = &org->nodes[index];
    const char *sans[MAX_SANS];
    char *host_name = plan->first_is_bare && index == 0
                          ? base_arena_strdup(material->arena, plan->node_name)
                          : base_arena_printf(material->arena, "%s%u", plan->node_name,
                                              index + plan->first_is_bare);
    if (!host_name)
        return base_arena_fail(material->arena, err, "a node");
    BASE_TRY(plan_node(material->arena, org, plan, host_name, node, err));
    char *dir =
        base_arena_printf(material->arena, "%s/%s/%s", org->dir, plan->node_kind, node->name);
    dn_identity_spec spec = {.dir = dir,
                             .name = node->name,
                             .unit = plan->node_unit,
                             .sans = sans,
                             .san_count = server_sans(node->name, host_name, host, sans)};
    if (!dir)
        return base_arena_fail(material->arena, err, "a path");
    return dn_authority_issue(&cas->sign, &cas->tls, &spec, err);
}

static heddle_status make_user(dn_material *material, const dn_org *org, const char *user,
                               const char *unit, const authorities *cas, heddle_error *err)
{
    char *name = base_arena_printf(material->arena, "%s@%s", user, org->domain);
    char *dir = base_arena_printf(material->arena, "%s/users/%s@%s", org->dir, user, org->domain);
    if (!name || !dir)
        return base_arena_fail(material->arena, err, "a user");
    dn_identity_spec spec = {.dir = dir, .name = name, .unit = unit};
    return dn_authority_issue(&cas->sign, &cas->tls, &spec, err);
}

/* The server of the CA. */
static heddle_status make_ca(dn_material *material, const org_plan *plan, dn_org *org,
                             const authorities *cas, const char *host, heddle_error *err)
{
    base_arena *arena = material->arena;
    const char *sans[MAX_SANS];
    char *dir = base_arena_printf(arena, "%s/ca", org->dir);
    org->ca_key = cas->sign.key_path;
    org->tls_ca_key = cas->tls.key_path;
    org->ca_name =
        plan->first_is_bare
            ? base_arena_printf(arena, "ca-%s", plan->node_name)
            : base_arena_printf(arena, "ca-%.*s", (int)strcspn(org->domain, "."), org->domain);
    org->ca_tls_cert = base_arena_printf(arena, "%s/ca/tls/server.crt", org->dir);
    org->ca_tls_key = base_arena_printf(arena, "%s/ca/tls/server.key", org->dir);
    if (!dir || !org->ca_name || !org->ca_tls_cert || !org->ca_tls_key)
        return base_arena_fail(arena, err, "a CA");
    dn_identity_spec spec = {.dir = dir,
                             .name = cas->sign.name,
                             .sans = sans,
                             .san_count = server_sans(cas->sign.name, org->ca_name, host, sans)};
    return dn_authority_issue_tls(&cas->tls, &spec, err);
}

static heddle_status make_members(dn_material *material, const org_plan *plan, dn_org *org,
                                  const authorities *cas, const char *host, heddle_error *err)
{
    BASE_TRY(dn_authority_write_msp(&cas->sign, &cas->tls, org->msp_dir, err));
    for (unsigned i = 0; i < plan->node_count; i++)
        BASE_TRY(make_node(material, plan, org, i, cas, host, err));
    if (plan->has_user)
        BASE_TRY(make_user(material, org, "User1", "client", cas, err));
    return make_user(material, org, "Admin", "admin", cas, err);
}

static heddle_status make_org(dn_material *material, const org_plan *plan, const char *host,
                              dn_org *org, heddle_error *err)
{
    authorities cas = {0};
    base_arena *arena = material->arena;
    BASE_TRY(plan_paths(material, plan, org, err));
    heddle_status status = dn_authority_open(org->dir, "ca", org->domain, arena, &cas.sign, err);
    if (status == HEDDLE_OK)
        status = dn_authority_open(org->dir, "tlsca", org->domain, arena, &cas.tls, err);
    if (status == HEDDLE_OK) {
        org->ca_cert = cas.sign.cert_path;
        org->tls_ca_cert = cas.tls.cert_path;
        status = make_members(material, plan, org, &cas, host, err);
    }
    if (status == HEDDLE_OK)
        status = make_ca(material, plan, org, &cas, host, err);
    dn_authority_done(&cas.sign);
    dn_authority_done(&cas.tls);
    return status;
}

static heddle_status make_orderer_org(dn_material *material, const dn_material_options *options,
                                      heddle_error *err)
{
    org_plan plan = {.msp_id = "OrdererMSP",
                     .group = "OrdererOrg",
                     .domain = "example.com",
                     .kind = "ordererOrganizations",
                     .node_kind = "orderers",
                     .node_unit = "orderer",
                     .node_name = "orderer",
                     .first_is_bare = true,
                     .node_count = options->orderer_count ? options->orderer_count : 1};
    return make_org(material, &plan, options->host, &material->orderer, err);
}

static heddle_status make_peer_org(dn_material *material, const dn_material_options *options,
                                   unsigned index, heddle_error *err)
{
    char *msp_id = base_arena_printf(material->arena, "Org%uMSP", index + 1);
    char *domain = base_arena_printf(material->arena, "org%u.example.com", index + 1);
    if (!msp_id || !domain)
        return base_arena_fail(material->arena, err, "an organisation");
    org_plan plan = {.msp_id = msp_id,
                     .group = msp_id,
                     .domain = domain,
                     .kind = "peerOrganizations",
                     .node_kind = "peers",
                     .node_unit = "peer",
                     .node_name = "peer",
                     .node_count = options->peers_per_org,
                     .has_user = true};
    return make_org(material, &plan, options->host, &material->orgs[index], err);
}

static heddle_status make_all(dn_material *material, const dn_material_options *options,
                              heddle_error *err)
{
    material->dir = base_arena_printf(material->arena, "%s/crypto-config", options->dir);
    material->orgs =
        base_arena_zalloc(material->arena, options->org_count, sizeof(*material->orgs));
    if (!material->dir || !material->orgs)
        return base_arena_fail(material->arena, err, "organisations");
    material->org_count = options->org_count;
    BASE_TRY(make_orderer_org(material, options, err));
    for (unsigned i = 0; i < options->org_count; i++)
        BASE_TRY(make_peer_org(material, options, i, err));
    return HEDDLE_OK;
}

static heddle_status check_options(const dn_material_options *options, heddle_error *err)
{
    if (options->org_count < 1 || options->org_count > MAX_ORGS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%u organisations: 1 to %d are possible",
                         options->org_count, MAX_ORGS);
    if (options->peers_per_org < 1 || options->peers_per_org > MAX_PEERS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "%u peers an organisation: 1 to %d are possible", options->peers_per_org,
                         MAX_PEERS);
    if (options->orderer_count > MAX_ORDERERS)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%u orderers: 1 to %d are possible",
                         options->orderer_count, MAX_ORDERERS);
    return HEDDLE_OK;
}

heddle_status dn_material_open(const dn_material_options *options, dn_material **out,
                               heddle_error *err)
{
    BASE_TRY(check_options(options, err));
    base_arena *arena = base_arena_new(0);
    dn_material *material = arena ? base_arena_zalloc(arena, 1, sizeof(*material)) : NULL;
    if (!material) {
        base_arena_free(arena);
        return base_fail_memory(err, "the network's material");
    }
    material->arena = arena;
    heddle_status status = make_all(material, options, err);
    if (status != HEDDLE_OK) {
        dn_material_free(material);
        return status;
    }
    *out = material;
    return HEDDLE_OK;
}

void dn_material_free(dn_material *material)
{
    if (material)
        base_arena_free(material->arena);
}
