/* The group of an organisation, made from its MSP folder: as configtxgen makes it, with the
 * policies of the usual samples. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/text.h"
#include "channel/config.h"
#include "conf/yaml.h"
#include "crypto/msp.h"
#include "msp/msp_config.pb-c.h"
#include "wire/channel_config.h"

enum { FILES_MAX = 1000, FILE_MAX = 1 << 20 };

typedef struct reader {
    heddle_config *config;
    const heddle_org *org;
    heddle_error *err;
} reader;

static heddle_status no_memory(const reader *r)
{
    return base_arena_fail(r->config->arena, r->err, "organisation");
}

/* A file of the folder, with the NUL that is not part of it. */
static heddle_status read_file(const reader *r, const char *path, heddle_view *out)
{
    base_auto_buffer base_buffer bytes = {0};
    BASE_TRY(base_read_file(path, FILE_MAX, &bytes, r->err));
    const char *text = base_arena_str(r->config->arena, base_buffer_view(&bytes));
    if (!text)
        return no_memory(r);
    *out = heddle_view_of(text, bytes.len);
    return HEDDLE_OK;
}

/* Certificates. */

static bool is_file(const char *path)
{
    struct stat at;
    return stat(path, &at) == 0 && S_ISREG(at.st_mode);
}

static heddle_status read_pem(const reader *r, const char *dir, const char *name,
                              ProtobufCBinaryData *items, size_t *count)
{
    heddle_view bytes;
    char *path = base_arena_printf(r->config->arena, "%s/%s", dir, name);
    if (!path)
        return no_memory(r);
    if (!is_file(path))
        return HEDDLE_OK;
    BASE_TRY(read_file(r, path, &bytes));
    if (memmem(bytes.data, bytes.len, "-----BEGIN ", 11))
        items[(*count)++] = wire_bytes(bytes);
    return HEDDLE_OK;
}

/* The names of what is in a folder, as many as there are or one more than are allowed. */
static heddle_status list_names(const reader *r, DIR *folder, char ***out, size_t *out_count)
{
    size_t count = 0;
    char **names = base_arena_zalloc(r->config->arena, FILES_MAX + 1, sizeof(*names));
    if (!names)
        return no_memory(r);
    for (struct dirent *entry; count <= FILES_MAX && (entry = readdir(folder));)
        if (entry->d_name[0] != '.' &&
            !(names[count++] = base_arena_strdup(r->config->arena, entry->d_name)))
            return no_memory(r);
    *out = names;
    *out_count = count;
    return HEDDLE_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The PEM files of a folder by name, none if it is not there. */
static heddle_status read_pems(const reader *r, const char *folder, ProtobufCBinaryData **out,
                               size_t *out_count)
{
    char **names = NULL;
    size_t count = 0;
    char *dir = base_arena_printf(r->config->arena, "%s/%s", r->org->msp_dir, folder);
    if (!dir)
        return no_memory(r);
    DIR *open = opendir(dir);
    if (!open)
        return errno == ENOENT ? HEDDLE_OK : base_fail_errno(r->err, "%s", dir);
    heddle_status status = list_names(r, open, &names, &count);
    closedir(open);
    if (status)
        return status;
    if (count > FILES_MAX)
        return base_fail(r->err, HEDDLE_E_TOO_LARGE, "%s has more than %d files", dir, FILES_MAX);
    qsort(names, count, sizeof(*names), compare_names);
    *out = base_arena_zalloc(r->config->arena, count + 1, sizeof(**out));
    if (!*out)
        return no_memory(r);
    for (size_t i = 0; i < count; i++)
        BASE_TRY(read_pem(r, dir, names[i], *out, out_count));
    return HEDDLE_OK;
}

static heddle_status read_certs(const reader *r, Msp__FabricMSPConfig *msp)
{
    BASE_TRY(read_pems(r, "cacerts", &msp->root_certs, &msp->n_root_certs));
    if (msp->n_root_certs == 0)
        return base_fail(r->err, HEDDLE_E_CONFIG, "MSP folder %s: no CA certificate in cacerts",
                         r->org->msp_dir);
    BASE_TRY(read_pems(r, "admincerts", &msp->admins, &msp->n_admins));
    BASE_TRY(
        read_pems(r, "intermediatecerts", &msp->intermediate_certs, &msp->n_intermediate_certs));
    BASE_TRY(read_pems(r, "crls", &msp->revocation_list, &msp->n_revocation_list));
    BASE_TRY(read_pems(r, "tlscacerts", &msp->tls_root_certs, &msp->n_tls_root_certs));
    if (msp->n_tls_root_certs == 0)
        return HEDDLE_OK;
    return read_pems(r, "tlsintermediatecerts", &msp->tls_intermediate_certs,
                     &msp->n_tls_intermediate_certs);
}

/* config.yaml. */

/* {Certificate: cacerts/ca.pem, OrganizationalUnitIdentifier: peer}; a unit without a name is
 * none. */
static heddle_status read_unit(const reader *r, const conf_node *node,
                               Msp__FabricOUIdentifier **out)
{
    heddle_view pem = {0};
    const char *name = conf_node_text(node, "OrganizationalUnitIdentifier", "");
    const char *file = conf_node_text(node, "Certificate", "");
    if (!*name)
        return HEDDLE_OK;
    Msp__FabricOUIdentifier *unit = wire_new(msp__fabric_ouidentifier, r->config->arena);
    char *path = base_arena_printf(r->config->arena, "%s/%s", r->org->msp_dir, file);
    char *own = base_arena_strdup(r->config->arena, name);
    if (!unit || !path || !own)
        return no_memory(r);
    if (*file)
        BASE_TRY(read_file(r, path, &pem));
    unit->organizational_unit_identifier = own;
    unit->certificate = wire_bytes(pem);
    *out = unit;
    return HEDDLE_OK;
}

static bool is_true(const char *text)
{
    static const char *const words[] = {"true", "True", "TRUE", "yes", "on"};
    for (size_t i = 0; i < BASE_COUNT(words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static heddle_status read_node_ous(const reader *r, const conf_node *node,
                                   Msp__FabricMSPConfig *msp)
{
    if (!is_true(conf_node_text(node, "Enable", "false")))
        return HEDDLE_OK;
    Msp__FabricNodeOUs *ous = wire_new(msp__fabric_node_ous, r->config->arena);
    if (!ous)
        return no_memory(r);
    ous->enable = 1;
    BASE_TRY(read_unit(r, conf_node_get(node, "ClientOUIdentifier"), &ous->client_ou_identifier));
    BASE_TRY(read_unit(r, conf_node_get(node, "PeerOUIdentifier"), &ous->peer_ou_identifier));
    BASE_TRY(read_unit(r, conf_node_get(node, "AdminOUIdentifier"), &ous->admin_ou_identifier));
    BASE_TRY(read_unit(r, conf_node_get(node, "OrdererOUIdentifier"), &ous->orderer_ou_identifier));
    msp->fabric_node_ous = ous;
    return HEDDLE_OK;
}

static heddle_status read_units(const reader *r, const conf_node *node, Msp__FabricMSPConfig *msp)
{
    size_t count = node && node->kind == CONF_SEQUENCE ? node->count : 0;
    msp->organizational_unit_identifiers = base_arena_zalloc(
        r->config->arena, count + 1, sizeof(*msp->organizational_unit_identifiers));
    if (!msp->organizational_unit_identifiers)
        return no_memory(r);
    for (size_t i = 0; i < count; i++) {
        Msp__FabricOUIdentifier *unit = NULL;
        BASE_TRY(read_unit(r, node->items[i], &unit));
        if (unit)
            msp->organizational_unit_identifiers[msp->n_organizational_unit_identifiers++] = unit;
    }
    return HEDDLE_OK;
}

static heddle_status read_yaml(const reader *r, Msp__FabricMSPConfig *msp)
{
    heddle_view text;
    const conf_node *root;
    char *path = base_arena_printf(r->config->arena, "%s/config.yaml", r->org->msp_dir);
    if (!path)
        return no_memory(r);
    if (!is_file(path))
        return HEDDLE_OK;
    BASE_TRY(read_file(r, path, &text));
    BASE_TRY(conf_yaml_parse(text, path, r->config->arena, &root, r->err));
    BASE_TRY(read_units(r, conf_node_get(root, "OrganizationalUnitIdentifiers"), msp));
    return read_node_ous(r, conf_node_get(root, "NodeOUs"), msp);
}

/* The group. */

static heddle_status add_msp(const reader *r, Msp__FabricMSPConfig *fabric,
                             Common__ConfigGroup *group)
{
    heddle_view bytes;
    base_auto(crypto_msp) crypto_msp *tried = NULL;
    Msp__MSPConfig config = MSP__MSPCONFIG__INIT;
    Msp__FabricCryptoConfig hashes = MSP__FABRIC_CRYPTO_CONFIG__INIT;
    hashes.signature_hash_family = wire_text("SHA2");
    hashes.identity_identifier_hash_function = wire_text("SHA256");
    fabric->crypto_config = &hashes;
    fabric->name = wire_text(r->org->mspid);
    heddle_status status = wire_msp_new(fabric, true, &tried, r->err);
    if (status) {
        base_error_prefix(r->err, "MSP folder %s", r->org->msp_dir);
        return status;
    }
    BASE_TRY(wire_encode_arena(&fabric->base, r->config->arena, &bytes, r->err));
    config.config = wire_bytes(bytes);
    return channel_config_put_value(r->config, group, "MSP", &config.base, r->err);
}

/* Who satisfies a policy: "admin|peer". */
typedef struct role_policy {
    const char *name;
    const char *roles[4];
} role_policy;

static heddle_status add_policy(const reader *r, const role_policy *wanted,
                                Common__ConfigGroup *group)
{
    base_auto_buffer base_buffer text = {0};
    Common__Policy *policy;
    heddle_status status = base_buffer_append_str(&text, "OR(");
    for (size_t i = 0; status == HEDDLE_OK && wanted->roles[i]; i++)
        status =
            base_buffer_printf(&text, "%s'%s.%s'", i ? ", " : "", r->org->mspid, wanted->roles[i]);
    if (status || base_buffer_append_str(&text, ")") || !base_buffer_cstr(&text))
        return base_fail_memory(r->err, "organisation");
    BASE_TRY(channel_policy_parse((const char *)text.data, r->config->arena, &policy, r->err));
    return channel_config_put_policy(r->config, group, wanted->name, policy, r->err);
}

static heddle_status add_policies(const reader *r, bool has_roles, Common__ConfigGroup *group)
{
    static const role_policy by_role[] = {{"Admins", {"admin"}},
                                          {"Endorsement", {"peer"}},
                                          {"Readers", {"admin", "peer", "client"}},
                                          {"Writers", {"admin", "client"}}};
    static const role_policy plain[] = {{"Admins", {"admin"}},
                                        {"Endorsement", {"member"}},
                                        {"Readers", {"member"}},
                                        {"Writers", {"member"}}};
    bool orders = r->org->part == HEDDLE_CONFIG_ORDERER;
    const role_policy *wanted = has_roles && !orders ? by_role : plain;
    for (size_t i = 0; i < BASE_COUNT(plain); i++)
        if (!orders || strcmp(wanted[i].name, "Endorsement") != 0)
            BASE_TRY(add_policy(r, &wanted[i], group));
    return HEDDLE_OK;
}

heddle_status channel_org_from_folder(heddle_config *config, const heddle_org *org,
                                      Common__ConfigGroup **out, heddle_error *err)
{
    const reader r = {.config = config, .org = org, .err = err};
    Msp__FabricMSPConfig fabric = MSP__FABRIC_MSPCONFIG__INIT;
    Common__ConfigGroup *group = wire_new(common__config_group, config->arena);
    if (!group || !(group->mod_policy = base_arena_strdup(config->arena, "Admins")))
        return no_memory(&r);
    BASE_TRY(read_certs(&r, &fabric));
    BASE_TRY(read_yaml(&r, &fabric));
    BASE_TRY(add_msp(&r, &fabric, group));
    BASE_TRY(add_policies(&r, fabric.fabric_node_ous != NULL, group));
    *out = group;
    return HEDDLE_OK;
}
