/* heddle context add */
#include "base/fail.h"
#include "cli/context_edit.h"
#include "cli/state.h"
#include "conf/parts.h"

const cli_option cli_add_arguments[CLI_ADD_ARGUMENTS] = {
    {.name = "NAME",
     CLI_AT(cli_add, name),
     .completion = CLI_COMPLETE_CONTEXT,
     .flags = CLI_REQUIRED,
     .help = "name of the context"},
};

const cli_option cli_add_options[CLI_ADD_OPTIONS] = {
    {.name = "mspid",
     CLI_AT(cli_add, mspid),
     .help = "MSP id of the organisation; by default that of the profile's client"},
    {.name = "profile",
     CLI_AT(cli_add, profile),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "connection profile of the organisation"},
    {.name = "wallet",
     CLI_AT(cli_add, wallet),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "folder of the organisation's identities"},
    {.name = "label",
     CLI_AT(cli_add, label),
     .completion = CLI_COMPLETE_LABEL,
     .shown = "LABEL",
     .help = "who acts: a label of the wallet"},
    {.name = "msp",
     CLI_AT(cli_add, msp),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "who acts: an MSP folder"},
    {.name = "certificate",
     CLI_AT(cli_add, certificate),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "who acts: a PEM certificate, with --key or in a token"},
    {.name = "key",
     CLI_AT(cli_add, key),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "its PEM private key"},
    {.name = "admin-label",
     CLI_AT(cli_add, admin_label),
     .completion = CLI_COMPLETE_LABEL,
     .shown = "LABEL",
     .help = "who acts as an administrator: a label of the wallet"},
    {.name = "admin-msp",
     CLI_AT(cli_add, admin_msp),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "who acts as an administrator: an MSP folder"},
    {.name = "pkcs11-module",
     CLI_AT(cli_add, pkcs11_module),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "who acts has the key in a token: path of its PKCS#11 library"},
    {.name = "pkcs11-token",
     CLI_AT(cli_add, pkcs11_token),
     .shown = "LABEL",
     .help = "label of the token"},
    {.name = "pkcs11-key-label",
     CLI_AT(cli_add, pkcs11_key_label),
     .shown = "LABEL",
     .help = "CKA_LABEL of the private key"},
    {.name = "pkcs11-key-id",
     CLI_AT(cli_add, pkcs11_key_id),
     .shown = "HEX",
     .help = "CKA_ID of the private key"},
    {.name = "pkcs11-pin-file",
     CLI_AT(cli_add, pkcs11_pin_file),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "file with the PIN in its first line"},
    {.name = "gateway",
     .type = CLI_TEXTS,
     CLI_AT(cli_add, gateways),
     .shown = "[NAME=]HOST:PORT",
     .help = "gateway to call; NAME is the one in its certificate"},
    {.name = "peer",
     .type = CLI_TEXTS,
     CLI_AT(cli_add, peers),
     .shown = "[NAME=]HOST:PORT",
     .help = "peer of the organisation"},
    {.name = "orderer",
     .type = CLI_TEXTS,
     CLI_AT(cli_add, orderers),
     .shown = "[NAME=]HOST:PORT",
     .help = "orderer; replaces those of the context"},
    {.name = "tls-roots",
     CLI_AT(cli_add, tls_roots),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM file of the CAs of these gateways and peers"},
    {.name = "orderer-tls-roots",
     CLI_AT(cli_add, orderer_tls_roots),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM file of the CAs of the orderers; by default --tls-roots"},
    {.name = "orderer-admin",
     CLI_AT(cli_add, orderer_admin),
     .shown = "URL",
     .help = "https://HOST:PORT of channel participation, of a single orderer"},
    {.name = "orderer-admin-tls-roots",
     CLI_AT(cli_add, orderer_admin_tls_roots),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM file of its CAs; by default --orderer-tls-roots"},
    {.name = "orderer-admin-certificate",
     CLI_AT(cli_add, orderer_admin_certificate),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM certificate to show there"},
    {.name = "orderer-admin-key",
     CLI_AT(cli_add, orderer_admin_key),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "its PEM private key"},
    {.name = "plaintext",
     .type = CLI_FLAG,
     CLI_AT(cli_add, plaintext),
     .help = "connect to these nodes without TLS"},
    {.name = "tls-certificate",
     CLI_AT(cli_add, tls_certificate),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM certificate shown to peers and orderers (mutual TLS)"},
    {.name = "tls-key",
     CLI_AT(cli_add, tls_key),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "its PEM private key"},
    {.name = "ca-url",
     CLI_AT(cli_add, ca_url),
     .shown = "URL",
     .help = "the organisation's CA: https://HOST:PORT"},
    {.name = "ca-name",
     CLI_AT(cli_add, ca_name),
     .shown = "NAME",
     .help = "one of several CAs of that server"},
    {.name = "ca-tls-roots",
     CLI_AT(cli_add, ca_tls_roots),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM file of the CAs of its TLS certificate"},
    {.name = "as-localhost",
     .type = CLI_FLAG,
     CLI_AT(cli_add, as_localhost),
     .help = "every host that profile and discovery name is localhost"},
    {.name = "direct",
     .type = CLI_FLAG,
     CLI_AT(cli_add, direct),
     .help = "ask no gateway: endorse at the peers and submit to the orderers"},
    {.name = "host",
     .type = CLI_PAIRS,
     CLI_AT(cli_add, hosts),
     .shown = "NAME=TARGET",
     .help = "where a discovered address is: host:port or host, to host:port or host"},
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* "NAME=host:port", or only the latter. */
static heddle_status add_place(cli_session *session, const char *text, const cli_place *like,
                               conf_list *list, heddle_error *err)
{
    cli_place place = *like;
    const char *equals = strchr(text, '=');
    place.address = equals ? equals + 1 : text;
    if (!conf_is_address(place.address))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%s\" is no address: HOST:PORT", text);
    if (equals) {
        place.name = base_arena_str(session->arena, heddle_view_of(text, (size_t)(equals - text)));
        place.tls_name = place.name;
        if (!place.name)
            return base_fail_memory(err, "context");
    }
    return cli_context_put_place(session, list, &place, err);
}

static heddle_status add_places(cli_session *session, const cli_texts *texts, const cli_place *like,
                                conf_list *list, heddle_error *err)
{
    for (size_t i = 0; i < texts->count; i++)
        BASE_TRY(add_place(session, texts->items[i], like, list, err));
    return HEDDLE_OK;
}

static heddle_status read_nodes(cli_session *session, const cli_add *add, cli_organization *org,
                                heddle_error *err)
{
    cli_place like = cli_place_none();
    like.plaintext = add->plaintext;
    BASE_TRY(cli_absolute(session, add->tls_roots, &like.tls_roots, err));
    if ((add->gateways.count || add->peers.count) && !add->plaintext && !like.tls_roots[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "--tls-roots is missing: the CAs of these nodes, or else --plaintext");
    BASE_TRY(add_places(session, &add->gateways, &like, &org->gateways, err));
    return add_places(session, &add->peers, &like, &org->peers, err);
}

static heddle_status read_orderers(cli_session *session, const cli_add *add, cli_context *context,
                                   heddle_error *err)
{
    const char *roots = add->orderer_tls_roots ? add->orderer_tls_roots : add->tls_roots;
    cli_place like = cli_place_none();
    if (!add->orderers.count)
        return HEDDLE_OK;
    if (add->orderer_admin && add->orderers.count > 1)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "--orderer-admin goes with one orderer; put others into the file");
    like.plaintext = add->plaintext;
    like.admin_url = or_empty(add->orderer_admin);
    BASE_TRY(cli_absolute(session, roots, &like.tls_roots, err));
    BASE_TRY(cli_absolute(session, add->orderer_admin_tls_roots, &like.admin_tls_roots, err));
    BASE_TRY(cli_absolute(session, add->orderer_admin_certificate, &like.admin_certificate, err));
    BASE_TRY(cli_absolute(session, add->orderer_admin_key, &like.admin_key, err));
    if (!like.plaintext && !like.tls_roots[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--orderer-tls-roots is missing");
    context->orderers = (conf_list){0};
    return add_places(session, &add->orderers, &like, &context->orderers, err);
}

static heddle_status read_who(cli_session *session, const cli_add *add, cli_organization *org,
                              heddle_error *err)
{
    BASE_TRY(cli_absolute(session, add->msp, &org->identity.msp_dir, err));
    BASE_TRY(cli_absolute(session, add->certificate, &org->identity.certificate, err));
    BASE_TRY(cli_absolute(session, add->key, &org->identity.key, err));
    BASE_TRY(cli_absolute(session, add->pkcs11_module, &org->identity.pkcs11_module, err));
    BASE_TRY(cli_absolute(session, add->pkcs11_pin_file, &org->identity.pkcs11_pin_file, err));
    BASE_TRY(cli_absolute(session, add->admin_msp, &org->admin.msp_dir, err));
    org->identity.label = or_empty(add->label);
    org->identity.pkcs11_token = or_empty(add->pkcs11_token);
    org->identity.pkcs11_key_label = or_empty(add->pkcs11_key_label);
    org->identity.pkcs11_key_id = or_empty(add->pkcs11_key_id);
    org->admin.label = or_empty(add->admin_label);
    return HEDDLE_OK;
}

/* The profile is read now, so that what is wrong with it is told now. Its only channel becomes
 * that of a context that has none. */
static heddle_status read_profile(cli_session *session, const cli_add *add, cli_context *context,
                                  cli_organization *org, heddle_error *err)
{
    heddle_profile *profile = NULL;
    const char *channel = context->channel;
    if (!add->profile)
        return HEDDLE_OK;
    BASE_TRY(heddle_profile_load(add->profile, NULL, &profile, err));
    const heddle_profile_org *own = heddle_profile_get_org(profile, NULL);
    const char *name = own ? base_arena_strdup(session->arena, own->name) : "";
    const char *mspid = own ? base_arena_strdup(session->arena, own->mspid) : "";
    if (!channel[0] && heddle_profile_channel_count(profile) == 1)
        channel = base_arena_strdup(session->arena, heddle_profile_channel_at(profile, 0)->name);
    heddle_profile_free(profile);
    if (!name || !mspid || !channel)
        return base_fail_memory(err, "context");
    context->channel = channel;
    if (!org->name[0])
        org->name = name;
    if (!org->mspid[0])
        org->mspid = mspid;
    return cli_absolute(session, add->profile, &org->profile, err);
}

/* A wallet may be named before there is one. */
static heddle_status read_wallet(cli_session *session, const cli_add *add, cli_organization *org,
                                 heddle_error *err)
{
    const char *here;
    if (!add->wallet || add->wallet[0] == '/') {
        org->wallet = or_empty(add->wallet);
        return HEDDLE_OK;
    }
    BASE_TRY(cli_absolute(session, ".", &here, err));
    org->wallet = base_arena_printf(session->arena, "%s/%s", here, add->wallet);
    return org->wallet ? HEDDLE_OK : base_fail_memory(err, "context");
}

static heddle_status read_org(cli_session *session, const cli_add *add, cli_context *context,
                              cli_organization *org, heddle_error *err)
{
    *org = cli_organization_none();
    org->name = or_empty(session->common.org);
    org->mspid = or_empty(add->mspid);
    org->ca.url = or_empty(add->ca_url);
    org->ca.name = or_empty(add->ca_name);
    BASE_TRY(read_profile(session, add, context, org, err));
    if (!org->name[0])
        org->name = org->mspid;
    if (!org->mspid[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "--mspid is missing, or a --profile whose client has an organisation");
    BASE_TRY(read_wallet(session, add, org, err));
    BASE_TRY(cli_absolute(session, add->ca_tls_roots, &org->ca.tls_roots, err));
    BASE_TRY(cli_absolute(session, add->tls_certificate, &org->certificate, err));
    BASE_TRY(cli_absolute(session, add->tls_key, &org->key, err));
    BASE_TRY(read_who(session, add, org, err));
    return read_nodes(session, add, org, err);
}

static heddle_status set_hosts(cli_session *session, const cli_add *add, cli_context *context,
                               heddle_error *err)
{
    conf_text_pair *pairs = base_arena_zalloc(session->arena, add->hosts.count + 1, sizeof(*pairs));
    if (!pairs)
        return base_fail_memory(err, "context");
    for (size_t i = 0; i < add->hosts.count; i++)
        pairs[i] = (conf_text_pair){add->hosts.items[i].name, add->hosts.items[i].value};
    if (add->hosts.count)
        context->hosts = (conf_list){.count = add->hosts.count, .items = pairs};
    return HEDDLE_OK;
}

static heddle_status put(cli_session *session, cli_contexts *all, const void *values,
                         heddle_error *err)
{
    const cli_add *add = values;
    const cli_context *found = cli_context_find(all, add->name);
    cli_organization org;
    cli_context context = {.name = add->name, .channel = "", .organization = ""};
    if (found)
        context = *found;
    if (session->common.channel)
        context.channel = session->common.channel;
    context.as_localhost = context.as_localhost || add->as_localhost;
    context.direct = context.direct || add->direct;
    BASE_TRY(read_org(session, add, &context, &org, err));
    BASE_TRY(read_orderers(session, add, &context, err));
    BASE_TRY(set_hosts(session, add, &context, err));
    BASE_TRY(cli_context_put_organization(session, &context, &org, err));
    BASE_TRY(cli_contexts_put(session, all, &context, err));
    cli_note(session, "context \"%s\" is the current one: organisation %s (%s)", add->name,
             org.name, org.mspid);
    return HEDDLE_OK;
}

heddle_status cli_add_run(cli_session *session, const void *values, heddle_error *err)
{
    return cli_contexts_change(session, put, values, err);
}
