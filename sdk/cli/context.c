#include "cli/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/form.h"

static const conf_key node_keys[] = {
    {.name = "name",
     .type = CONF_TEXT,
     CONF_AT(cli_place, name),
     .help = "its name; empty: the address"},
    {.name = "address",
     .type = CONF_TEXT,
     CONF_AT(cli_place, address),
     .flags = CONF_REQUIRED,
     .help = "host:port"},
    {.name = "tls_roots",
     .type = CONF_TEXT,
     CONF_AT(cli_place, tls_roots),
     .flags = CONF_PATH,
     .help = "PEM file of the CA certificates that its TLS certificate leads to"},
    {.name = "tls_name",
     .type = CONF_TEXT,
     CONF_AT(cli_place, tls_name),
     .help = "name in its TLS certificate, if it is not the host"},
    {.name = "plaintext",
     .type = CONF_BOOL,
     CONF_AT(cli_place, plaintext),
     .value = "false",
     .help = "connect without TLS"},
};

static const conf_key orderer_keys[] = {
    {.name = "name",
     .type = CONF_TEXT,
     CONF_AT(cli_place, name),
     .help = "its name; empty: the address"},
    {.name = "address",
     .type = CONF_TEXT,
     CONF_AT(cli_place, address),
     .flags = CONF_REQUIRED,
     .help = "host:port"},
    {.name = "tls_roots",
     .type = CONF_TEXT,
     CONF_AT(cli_place, tls_roots),
     .flags = CONF_PATH,
     .help = "PEM file of the CA certificates that its TLS certificate leads to"},
    {.name = "tls_name",
     .type = CONF_TEXT,
     CONF_AT(cli_place, tls_name),
     .help = "name in its TLS certificate, if it is not the host"},
    {.name = "plaintext",
     .type = CONF_BOOL,
     CONF_AT(cli_place, plaintext),
     .value = "false",
     .help = "connect without TLS"},
    {.name = "mspid",
     .type = CONF_TEXT,
     CONF_AT(cli_place, mspid),
     .help = "MSP id of its organisation"},
    {.name = "admin.url",
     .type = CONF_TEXT,
     CONF_AT(cli_place, admin_url),
     .help = "https://host:port of its channel participation"},
    {.name = "admin.tls_roots",
     .type = CONF_TEXT,
     CONF_AT(cli_place, admin_tls_roots),
     .flags = CONF_PATH,
     .help = "PEM file of the CA certificates for admin.url; empty: tls_roots"},
    {.name = "admin.tls_name",
     .type = CONF_TEXT,
     CONF_AT(cli_place, admin_tls_name),
     .help = "name in the TLS certificate of admin.url; empty: tls_name"},
    {.name = "admin.certificate",
     .type = CONF_TEXT,
     CONF_AT(cli_place, admin_certificate),
     .flags = CONF_PATH,
     .help = "PEM certificate to show there"},
    {.name = "admin.key",
     .type = CONF_TEXT,
     CONF_AT(cli_place, admin_key),
     .flags = CONF_PATH,
     .help = "PEM private key of admin.certificate"},
};

static const conf_key organization_keys[] = {
    {.name = "name",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, name),
     .flags = CONF_REQUIRED,
     .help = "what --org calls it"},
    {.name = "mspid",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, mspid),
     .help = "its MSP id; empty: that of the profile"},
    {.name = "profile",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, profile),
     .flags = CONF_PATH,
     .help = "connection profile with its peers and CAs, and the orderers"},
    {.name = "wallet",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, wallet),
     .flags = CONF_PATH,
     .help = "folder of its identities; empty: wallets/CONTEXT/ORGANISATION beside this file"},
    {.name = "tls.certificate",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, certificate),
     .flags = CONF_PATH,
     .help = "PEM certificate shown to peers and orderers"},
    {.name = "tls.key",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, key),
     .flags = CONF_PATH,
     .help = "PEM private key of tls.certificate"},
    {.name = "identity.label",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.label),
     .help = "who acts: a label of the wallet"},
    {.name = "identity.msp_dir",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.msp_dir),
     .flags = CONF_PATH,
     .help = "or an MSP folder, with signcerts and keystore"},
    {.name = "identity.certificate",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.certificate),
     .flags = CONF_PATH,
     .help = "or a PEM certificate, with key or with pkcs11_module"},
    {.name = "identity.key",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.key),
     .flags = CONF_PATH,
     .help = "PEM private key of certificate"},
    {.name = "identity.pkcs11_module",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.pkcs11_module),
     .flags = CONF_PATH,
     .help = "or a token: path of its PKCS#11 library"},
    {.name = "identity.pkcs11_token",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.pkcs11_token),
     .help = "label of the token; empty: the only one there is"},
    {.name = "identity.pkcs11_key_label",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.pkcs11_key_label),
     .help = "CKA_LABEL of the private key"},
    {.name = "identity.pkcs11_key_id",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.pkcs11_key_id),
     .help = "CKA_ID of the private key, hexadecimal"},
    {.name = "identity.pkcs11_pin_file",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, identity.pkcs11_pin_file),
     .flags = CONF_PATH,
     .help = "file with the PIN; empty: $HEDDLE_PIN, or asked for"},
    {.name = "admin.label",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.label),
     .help = "who acts as an administrator: a label of the wallet"},
    {.name = "admin.msp_dir",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.msp_dir),
     .flags = CONF_PATH,
     .help = "or an MSP folder, with signcerts and keystore"},
    {.name = "admin.certificate",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.certificate),
     .flags = CONF_PATH,
     .help = "or a PEM certificate, with key or with pkcs11_module"},
    {.name = "admin.key",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.key),
     .flags = CONF_PATH,
     .help = "PEM private key of certificate"},
    {.name = "admin.pkcs11_module",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.pkcs11_module),
     .flags = CONF_PATH,
     .help = "or a token: path of its PKCS#11 library"},
    {.name = "admin.pkcs11_token",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.pkcs11_token),
     .help = "label of the token; empty: the only one there is"},
    {.name = "admin.pkcs11_key_label",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.pkcs11_key_label),
     .help = "CKA_LABEL of the private key"},
    {.name = "admin.pkcs11_key_id",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.pkcs11_key_id),
     .help = "CKA_ID of the private key, hexadecimal"},
    {.name = "admin.pkcs11_pin_file",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, admin.pkcs11_pin_file),
     .flags = CONF_PATH,
     .help = "file with the PIN; empty: $HEDDLE_PIN, or asked for"},
    {.name = "ca.url",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, ca.url),
     .help = "its CA, in place of the profile's: https://host:port"},
    {.name = "ca.name",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, ca.name),
     .help = "one of several CAs of that server"},
    {.name = "ca.tls_roots",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, ca.tls_roots),
     .flags = CONF_PATH,
     .help = "PEM file of the CA certificates that the server's TLS certificate leads to"},
    {.name = "ca.tls_name",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, ca.tls_name),
     .help = "name in that certificate, if it is not the host"},
    {.name = "ca.certificate",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, ca.certificate),
     .flags = CONF_PATH,
     .help = "PEM certificate to show the CA"},
    {.name = "ca.key",
     .type = CONF_TEXT,
     CONF_AT(cli_organization, ca.key),
     .flags = CONF_PATH,
     .help = "PEM private key of ca.certificate"},
    {.name = "gateways",
     .type = CONF_ITEMS,
     CONF_AT(cli_organization, gateways),
     .items = node_keys,
     .item_count = BASE_COUNT(node_keys),
     .item_size = sizeof(cli_place),
     .help = "gateways to call, in place of the peers"},
    {.name = "peers",
     .type = CONF_ITEMS,
     CONF_AT(cli_organization, peers),
     .items = node_keys,
     .item_count = BASE_COUNT(node_keys),
     .item_size = sizeof(cli_place),
     .help = "its peers, in place of the profile's"},
};

static const conf_key context_keys[] = {
    {.name = "name",
     .type = CONF_TEXT,
     CONF_AT(cli_context, name),
     .flags = CONF_REQUIRED,
     .help = "what --context calls it"},
    {.name = "channel",
     .type = CONF_TEXT,
     CONF_AT(cli_context, channel),
     .help = "the channel where --channel names none"},
    {.name = "organization",
     .type = CONF_TEXT,
     CONF_AT(cli_context, organization),
     .help = "who acts where --org names none; empty: the first"},
    {.name = "as_localhost",
     .type = CONF_BOOL,
     CONF_AT(cli_context, as_localhost),
     .value = "false",
     .help = "every host that a profile or discovery names is localhost"},
    {.name = "direct",
     .type = CONF_BOOL,
     CONF_AT(cli_context, direct),
     .value = "false",
     .help = "no gateway is asked: peers endorse, orderers order, peers' blocks tell of commits"},
    {.name = "hosts",
     .type = CONF_TEXT_MAP,
     CONF_AT(cli_context, hosts),
     .help = "where discovered addresses are: host:port or host, to host:port or host"},
    {.name = "organizations",
     .type = CONF_ITEMS,
     CONF_AT(cli_context, organizations),
     .items = organization_keys,
     .item_count = BASE_COUNT(organization_keys),
     .item_size = sizeof(cli_organization),
     .help = "organisations that one has an identity of"},
    {.name = "orderers",
     .type = CONF_ITEMS,
     CONF_AT(cli_context, orderers),
     .items = orderer_keys,
     .item_count = BASE_COUNT(orderer_keys),
     .item_size = sizeof(cli_place),
     .help = "orderers, in place of the profile's"},
};

static const conf_key keys[] = {
    {.name = "current",
     .type = CONF_TEXT,
     CONF_AT(cli_contexts, current),
     .help = "context that commands work in"},
    {.name = "contexts",
     .type = CONF_ITEMS,
     CONF_AT(cli_contexts, contexts),
     .items = context_keys,
     .item_count = BASE_COUNT(context_keys),
     .item_size = sizeof(cli_context),
     .help = "the contexts"},
};

const conf_table cli_context_table = {
    .program = "heddle",
    .summary = "file of contexts",
    .prefix = "HEDDLE_CONTEXTS_",
    .keys = keys,
    .count = BASE_COUNT(keys),
    .size = sizeof(cli_contexts),
};

heddle_status cli_context_path(const char *option, base_arena *arena, const char **out,
                               heddle_error *err)
{
    const char *variable = getenv("HEDDLE_CONFIG");
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    const char *path = NULL;
    if (option && option[0])
        path = base_arena_strdup(arena, option);
    else if (variable && variable[0])
        path = base_arena_strdup(arena, variable);
    else if (config && config[0] == '/')
        path = base_arena_printf(arena, "%s/heddle/config.yaml", config);
    else if (home && home[0])
        path = base_arena_printf(arena, "%s/.config/heddle/config.yaml", home);
    else
        return base_fail(err, HEDDLE_E_CONFIG,
                         "there is no home folder for the file of contexts: set HEDDLE_CONFIG");
    if (!path)
        return base_fail_memory(err, "path of the contexts");
    *out = path;
    return HEDDLE_OK;
}

heddle_status cli_contexts_load(const char *path, conf_snapshot **out, heddle_error *err)
{
    static char *const no_environment[] = {NULL};
    char program[] = "heddle";
    char flag[] = "--config";
    char *argv[] = {program, flag, (char *)path, NULL};
    bool is_there = access(path, F_OK) == 0;
    if (!is_there && errno != ENOENT && errno != ENOTDIR)
        return base_fail_errno(err, "%s", path);
    const conf_request request = {
        .argc = is_there ? 3 : 1, .argv = argv, .environment = no_environment};
    conf_action action;
    return conf_load(&cli_context_table, &request, out, &action, err);
}

const cli_context *cli_context_find(const cli_contexts *contexts, const char *name)
{
    const cli_context *items = contexts->contexts.items;
    for (size_t i = 0; i < contexts->contexts.count; i++)
        if (strcmp(items[i].name, name) == 0)
            return &items[i];
    return NULL;
}

/* Writing, by the same rows. */

static bool is_empty(const conf_key *key, const void *slot)
{
    if (key->type == CONF_TEXT)
        return !*(const char *const *)slot || !**(const char *const *)slot;
    if (key->type == CONF_BOOL)
        return !*(const bool *)slot;
    return ((const conf_list *)slot)->count == 0;
}

static heddle_status put_rows(const conf_key *rows, size_t count, const void *values,
                              unsigned depth, bool is_item, base_buffer *out);

static heddle_status put_list(const conf_key *key, const conf_list *list, unsigned depth,
                              base_buffer *out)
{
    for (size_t i = 0; i < list->count; i++)
        BASE_TRY(put_rows(key->items, key->item_count,
                          (const char *)list->items + i * key->item_size, depth, true, out));
    return HEDDLE_OK;
}

static heddle_status put_pairs(const conf_list *list, unsigned depth, base_buffer *out)
{
    const conf_text_pair *pairs = list->items;
    for (size_t i = 0; i < list->count; i++) {
        BASE_TRY(base_buffer_printf(out, "%*s", (int)depth * 2, ""));
        BASE_TRY(cli_form_quoted(heddle_view_str(pairs[i].name), out));
        BASE_TRY(base_buffer_append_str(out, ": "));
        BASE_TRY(cli_form_quoted(heddle_view_str(pairs[i].value), out));
        BASE_TRY(base_buffer_append_byte(out, '\n'));
    }
    return HEDDLE_OK;
}

static heddle_status put_value(const conf_key *key, const void *slot, unsigned depth,
                               base_buffer *out)
{
    if (key->type == CONF_BOOL)
        return base_buffer_append_str(out, *(const bool *)slot ? " true\n" : " false\n");
    if (key->type == CONF_TEXT) {
        BASE_TRY(base_buffer_append_byte(out, ' '));
        BASE_TRY(cli_form_text(heddle_view_str(*(const char *const *)slot), out));
        return base_buffer_append_byte(out, '\n');
    }
    BASE_TRY(base_buffer_append_byte(out, '\n'));
    return key->type == CONF_TEXT_MAP ? put_pairs(slot, depth + 1, out)
                                      : put_list(key, slot, depth + 1, out);
}

/* The part of a name before its dot; 0: there is none. */
static size_t part_of(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

/* "admin.url" stands as url below admin. */
static heddle_status put_name(const char *name, const char *before, unsigned depth,
                              const char *mark, base_buffer *out)
{
    size_t part = part_of(name);
    bool is_open = part && before && strncmp(before, name, part + 1) == 0;
    if (!is_open)
        BASE_TRY(base_buffer_printf(out, "%*s%s", (int)depth * 2, "", mark));
    if (!part)
        return base_buffer_printf(out, "%s:", name);
    if (!is_open)
        BASE_TRY(base_buffer_printf(out, "%.*s:\n", (int)part, name));
    unsigned below = depth + 1 + (mark[0] != 0);
    return base_buffer_printf(out, "%*s%s:", (int)below * 2, "", name + part + 1);
}

static heddle_status put_rows(const conf_key *rows, size_t count, const void *values,
                              unsigned depth, bool is_item, base_buffer *out)
{
    const char *mark = is_item ? "- " : "";
    const char *before = NULL;
    for (size_t i = 0; i < count; i++) {
        const void *slot = (const char *)values + rows[i].offset;
        if (is_empty(&rows[i], slot))
            continue;
        BASE_TRY(put_name(rows[i].name, before, depth, mark, out));
        before = rows[i].name;
        depth += mark[0] != 0;
        mark = "";
        BASE_TRY(put_value(&rows[i], slot, depth, out));
    }
    return HEDDLE_OK;
}

/* Showing, by the same rows. */

static void describe_rows(const conf_key *rows, size_t count, const void *values,
                          cli_document *doc);

static void describe_value(const conf_key *key, const char *name, const void *slot,
                           cli_document *doc)
{
    const conf_list *list = slot;
    if (key->type == CONF_BOOL) {
        cli_put_truth(doc, name, *(const bool *)slot);
    } else if (key->type == CONF_TEXT) {
        cli_put_text(doc, name, *(const char *const *)slot);
    } else if (key->type == CONF_TEXT_MAP) {
        const conf_text_pair *pairs = list->items;
        cli_begin_object(doc, name);
        for (size_t i = 0; i < list->count; i++)
            cli_put_text(doc, pairs[i].name, pairs[i].value);
        cli_end_object(doc);
    } else {
        cli_begin_list(doc, name);
        for (size_t i = 0; i < list->count; i++) {
            cli_begin_object(doc, NULL);
            describe_rows(key->items, key->item_count,
                          (const char *)list->items + i * key->item_size, doc);
            cli_end_object(doc);
        }
        cli_end_list(doc);
    }
}

static void describe_rows(const conf_key *rows, size_t count, const void *values, cli_document *doc)
{
    char open[32] = "";
    for (size_t i = 0; i < count; i++) {
        const void *slot = (const char *)values + rows[i].offset;
        size_t part = part_of(rows[i].name);
        if (is_empty(&rows[i], slot))
            continue;
        if (open[0] && (strncmp(open, rows[i].name, part) != 0 || open[part])) {
            cli_end_object(doc);
            open[0] = 0;
        }
        if (part && !open[0]) {
            snprintf(open, sizeof(open), "%.*s", (int)part, rows[i].name);
            cli_begin_object(doc, open);
        }
        describe_value(&rows[i], rows[i].name + part + (part != 0), slot, doc);
    }
    if (open[0])
        cli_end_object(doc);
}

void cli_context_describe(const cli_context *context, cli_document *doc)
{
    cli_begin_object(doc, NULL);
    describe_rows(context_keys, BASE_COUNT(context_keys), context, doc);
    cli_end_object(doc);
}

static heddle_status make_folder(const char *path, heddle_error *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return HEDDLE_OK;
    base_auto(chars) char *folder = base_strdup_view(heddle_view_of(path, (size_t)(slash - path)));
    if (!folder)
        return base_fail_memory(err, "path of the contexts");
    return base_make_dirs(folder, 0700, err);
}

heddle_status cli_contexts_save(const char *path, const cli_contexts *contexts, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status status =
        base_buffer_append_str(&text, "# Contexts of heddle; see heddle context --help.\n");
    if (status == HEDDLE_OK)
        status = put_rows(keys, BASE_COUNT(keys), contexts, 0, false, &text);
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "file of contexts");
    return base_write_file(path, base_buffer_view(&text), 0600, err);
}

heddle_status cli_contexts_lock(const char *path, int *out, heddle_error *err)
{
    base_auto_buffer base_buffer lock = {0};
    BASE_TRY(make_folder(path, err));
    if (base_buffer_printf(&lock, "%s.lock", path) != HEDDLE_OK || !base_buffer_cstr(&lock))
        return base_fail_memory(err, "lock of the contexts");
    int fd = open(base_buffer_cstr(&lock), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return base_fail_errno(err, "%s", base_buffer_cstr(&lock));
    while (flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        return base_fail_errno(err, "%s", base_buffer_cstr(&lock));
    }
    *out = fd;
    return HEDDLE_OK;
}
