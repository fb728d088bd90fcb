/* The organisations of the context, and who acts for them. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "cli/state.h"
#include "crypto/cert.h"

/* The context. */

static heddle_status choose_context(cli_session *session, const char *path, heddle_error *err)
{
    const cli_contexts *all = conf_values(session->contexts);
    const char *variable = getenv("HEDDLE_CONTEXT");
    const char *name = session->common.context   ? session->common.context
                       : variable && variable[0] ? variable
                       : all->current[0]         ? all->current
                                                 : NULL;
    if (!all->contexts.count) {
        cli_hint(session, "make one: heddle context import-devnet DIR, or heddle context add NAME");
        return base_fail(err, HEDDLE_E_CONFIG, "there is no context yet in %s", path);
    }
    if (!name) {
        cli_hint(session, "choose one: heddle context use NAME, or --context NAME");
        return base_fail(err, HEDDLE_E_CONFIG, "no context is chosen in %s", path);
    }
    session->context = cli_context_find(all, name);
    if (session->context)
        return HEDDLE_OK;
    cli_hint(session, "heddle context list shows those that there are");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "there is no context \"%s\" in %s", name, path);
}

static heddle_status make_members(cli_session *session, heddle_error *err)
{
    const conf_list *list = &session->context->organizations;
    const cli_organization *items = list->items;
    if (!list->count)
        return base_fail(err, HEDDLE_E_CONFIG, "context \"%s\" has no organisations",
                         session->context->name);
    session->members = base_arena_zalloc(session->arena, list->count, sizeof(cli_member));
    if (!session->members)
        return base_fail_memory(err, "context");
    session->member_count = list->count;
    for (size_t i = 0; i < list->count; i++)
        session->members[i] = (cli_member){.settings = &items[i], .mspid = items[i].mspid};
    return HEDDLE_OK;
}

heddle_status cli_session_context(cli_session *session, const cli_context **out, heddle_error *err)
{
    if (!session->context) {
        const char *path;
        BASE_TRY(cli_context_path(session->common.config, session->arena, &path, err));
        if (!session->contexts)
            BASE_TRY(cli_contexts_load(path, &session->contexts, err));
        BASE_TRY(choose_context(session, path, err));
    }
    if (!session->members)
        BASE_TRY(make_members(session, err));
    *out = session->context;
    return HEDDLE_OK;
}

/* Organisations. */

/* Beside the file of contexts unless the context says where. */
static heddle_status find_wallet(cli_session *session, cli_member *member, heddle_error *err)
{
    const char *path;
    member->wallet_dir = member->settings->wallet;
    if (member->wallet_dir[0])
        return HEDDLE_OK;
    BASE_TRY(cli_context_path(session->common.config, session->arena, &path, err));
    const char *slash = strrchr(path, '/');
    member->wallet_dir =
        base_arena_printf(session->arena, "%.*swallets/%s/%s", slash ? (int)(slash - path) + 1 : 0,
                          path, session->context->name, member->settings->name);
    return member->wallet_dir ? HEDDLE_OK : base_fail_memory(err, "wallet");
}

static heddle_status read_profile(cli_session *session, cli_member *member, heddle_error *err)
{
    heddle_profile_options options = HEDDLE_PROFILE_OPTIONS;
    options.as_localhost = session->context->as_localhost;
    if (member->settings->profile[0] && !member->profile)
        BASE_TRY(heddle_profile_load(member->settings->profile, &options, &member->profile, err));
    const heddle_profile_org *own =
        member->profile ? heddle_profile_get_org(member->profile, NULL) : NULL;
    if (!member->mspid[0] && own)
        member->mspid = own->mspid;
    if (!member->mspid[0])
        return base_fail(err, HEDDLE_E_CONFIG,
                         "context \"%s\": organisation %s has no mspid, and no profile that has it",
                         session->context->name, member->settings->name);
    BASE_TRY(find_wallet(session, member, err));
    member->is_ready = true;
    return HEDDLE_OK;
}

static heddle_status find_member(cli_session *session, const char *org, cli_member **out,
                                 heddle_error *err)
{
    for (size_t i = 0; i < session->member_count; i++) {
        cli_member *member = &session->members[i];
        if (strcmp(member->settings->name, org) == 0 || strcmp(member->mspid, org) == 0) {
            *out = member;
            return HEDDLE_OK;
        }
    }
    cli_hint(session, "heddle context show names them");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "context \"%s\" has no organisation \"%s\"",
                     session->context->name, org);
}

/* The one that acts. */
static heddle_status acting_member(cli_session *session, cli_member **out, heddle_error *err)
{
    const char *variable = getenv("HEDDLE_ORG");
    const char *name = session->common.org       ? session->common.org
                       : variable && variable[0] ? variable
                                                 : session->context->organization;
    if (!session->acting && name[0])
        BASE_TRY(find_member(session, name, &session->acting, err));
    if (!session->acting)
        session->acting = session->members;
    *out = session->acting;
    return HEDDLE_OK;
}

heddle_status cli_member_find(cli_session *session, const char *org, cli_member **out,
                              heddle_error *err)
{
    const cli_context *context;
    cli_member *member = NULL;
    BASE_TRY(cli_session_context(session, &context, err));
    BASE_TRY(org && org[0] ? find_member(session, org, &member, err)
                           : acting_member(session, &member, err));
    if (!member->is_ready)
        BASE_TRY(read_profile(session, member, err));
    *out = member;
    return HEDDLE_OK;
}

heddle_status cli_org_find(cli_session *session, const char *name, cli_org *out, heddle_error *err)
{
    cli_member *member;
    BASE_TRY(cli_member_find(session, name, &member, err));
    *out = (cli_org){member->settings->name, member->mspid};
    return HEDDLE_OK;
}

/* One without is an orderer's: it signs, and has nobody to ask. */
static bool has_peers(const cli_member *member)
{
    const cli_organization *settings = member->settings;
    return settings->profile[0] || settings->peers.count || settings->gateways.count;
}

heddle_status cli_orgs(cli_session *session, const cli_org **out, size_t *out_count,
                       heddle_error *err)
{
    cli_member *acting;
    BASE_TRY(cli_member_find(session, NULL, &acting, err));
    cli_org *orgs = base_arena_zalloc(session->arena, session->member_count, sizeof(*orgs));
    if (!orgs)
        return base_fail_memory(err, "organisations");
    size_t count = 1;
    orgs[0] = (cli_org){acting->settings->name, acting->mspid};
    for (size_t i = 0; i < session->member_count; i++)
        if (&session->members[i] != acting && has_peers(&session->members[i]))
            BASE_TRY(
                cli_org_find(session, session->members[i].settings->name, &orgs[count++], err));
    *out = orgs;
    *out_count = count;
    return HEDDLE_OK;
}

/* Identities. */

heddle_status cli_token_open(cli_session *session, cli_member *member, const cli_who *who,
                             heddle_error *err)
{
    heddle_pkcs11_options options = HEDDLE_PKCS11_OPTIONS;
    if (member->token)
        return HEDDLE_OK;
    options.module = who->pkcs11_module;
    options.token_label = who->pkcs11_token[0] ? who->pkcs11_token : NULL;
    BASE_TRY(cli_secret(session, who->pkcs11_pin_file, "HEDDLE_PIN", "PIN of the token",
                        &options.pin, err));
    heddle_status status = heddle_pkcs11_open(&options, &member->token, err);
    if (status == HEDDLE_E_NOT_FOUND || status == HEDDLE_E_UNAVAILABLE)
        cli_hint(session, "put the token into its slot, or correct pkcs11.token of the context");
    else if (status == HEDDLE_E_DENIED)
        cli_hint(session, "the token refused the PIN of %s; it was tried once",
                 who->pkcs11_pin_file[0] ? who->pkcs11_pin_file : "HEDDLE_PIN");
    return status;
}

static heddle_status from_token(cli_session *session, cli_member *member, const cli_who *who,
                                heddle_identity **out, heddle_error *err)
{
    heddle_pkcs11_key key = HEDDLE_PKCS11_KEY;
    base_auto_buffer base_buffer id = {0};
    BASE_TRY(cli_token_open(session, member, who, err));
    key.label = who->pkcs11_key_label[0] ? who->pkcs11_key_label : NULL;
    if (base_unhex(heddle_view_str(who->pkcs11_key_id), &id) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_CONFIG, "pkcs11_key_id: \"%s\" is not hexadecimal",
                         who->pkcs11_key_id);
    key.id = base_buffer_view(&id);
    if (who->certificate[0])
        BASE_TRY(cli_read_file(session, who->certificate, &key.cert_pem, err));
    return heddle_pkcs11_identity(member->token, member->mspid, &key, out, err);
}

static heddle_status open_wallet(cli_session *session, const char *dir, heddle_wallet **out,
                                 heddle_error *err)
{
    struct stat found;
    if (stat(dir, &found) != 0) {
        cli_hint(session, "heddle wallet import and heddle ca enroll make it");
        return base_fail(err, HEDDLE_E_NOT_FOUND, "there is no wallet in %s", dir);
    }
    return heddle_wallet_open(dir, out, err);
}

static heddle_status from_wallet(cli_session *session, cli_member *member, const cli_who *who,
                                 heddle_identity **out, heddle_error *err)
{
    heddle_wallet *wallet = NULL;
    if (who->pkcs11_module[0])
        BASE_TRY(cli_token_open(session, member, who, err));
    BASE_TRY(open_wallet(session, member->wallet_dir, &wallet, err));
    heddle_status status = heddle_wallet_get(wallet, who->label, member->token, out, err);
    heddle_wallet_close(wallet);
    if (status == HEDDLE_E_NOT_FOUND)
        cli_hint(session, "heddle wallet list shows the labels of %s", member->wallet_dir);
    else if (status == HEDDLE_E_DECODE)
        cli_hint(session,
                 "the entry is not whole and is not used: heddle wallet remove %s, and "
                 "enroll or import it again",
                 who->label);
    return status;
}

/* A certificate whose time is over is used all the same: the network decides. */
static void check_time(cli_session *session, const heddle_identity *identity)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    if (crypto_cert_parse(heddle_identity_cert_pem(identity), &cert, NULL) != HEDDLE_OK)
        return;
    int64_t now_s = base_wall_now().seconds;
    char end[32];
    base_wall_format((base_wall_time){.seconds = crypto_cert_not_after_s(cert)}, end);
    end[10] = 0;
    const char *name = crypto_cert_common_name(cert);
    if (crypto_cert_not_after_s(cert) < now_s) {
        cli_warn(session, "the certificate of %s (%s) expired on %s", name,
                 heddle_identity_mspid(identity), end);
        cli_hint(session, "enroll %s again: heddle ca enroll %s", name, name);
    } else if (crypto_cert_not_before_s(cert) > now_s) {
        base_wall_format((base_wall_time){.seconds = crypto_cert_not_before_s(cert)}, end);
        cli_warn(session, "the certificate of %s is valid only from %s: see to the clock", name,
                 end);
    }
}

heddle_status cli_who_open(cli_session *session, cli_member *member, const cli_who *who,
                           heddle_identity **out, heddle_error *err)
{
    heddle_identity *made = NULL;
    if (who->label[0])
        BASE_TRY(from_wallet(session, member, who, &made, err));
    else if (who->msp_dir[0])
        BASE_TRY(heddle_identity_from_msp(member->mspid, who->msp_dir, &made, err));
    else if (who->pkcs11_module[0])
        BASE_TRY(from_token(session, member, who, &made, err));
    else if (who->certificate[0])
        BASE_TRY(heddle_identity_from_files(member->mspid, who->certificate, who->key, &made, err));
    else {
        cli_hint(session,
                 "name one with --identity, or heddle context add %s --org %s --label or --msp",
                 session->context->name, member->settings->name);
        return base_fail(err, HEDDLE_E_CONFIG, "context \"%s\": organisation %s has no identity",
                         session->context->name, member->settings->name);
    }
    check_time(session, made);
    *out = made;
    return HEDDLE_OK;
}

static bool is_folder(const char *path)
{
    struct stat found;
    return strchr(path, '/') && stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* What --identity says, in place of the settings. */
static cli_who named_who(const cli_session *session, const cli_member *member)
{
    cli_who who = member->settings->identity;
    if (is_folder(session->common.identity)) {
        who = (cli_who){"", session->common.identity, "", "", "", "", "", "", ""};
    } else {
        who.label = session->common.identity;
    }
    return who;
}

static bool is_named(const cli_session *session, const cli_member *member)
{
    return session->common.identity && member == session->acting;
}

heddle_status cli_identity(cli_session *session, const char *org, heddle_identity **out,
                           heddle_error *err)
{
    cli_member *acting;
    cli_member *member;
    BASE_TRY(cli_member_find(session, NULL, &acting, err));
    BASE_TRY(cli_member_find(session, org, &member, err));
    if (!member->identity) {
        const cli_who who =
            is_named(session, member) ? named_who(session, member) : member->settings->identity;
        BASE_TRY(cli_who_open(session, member, &who, &member->identity, err));
    }
    *out = member->identity;
    return HEDDLE_OK;
}

static bool is_set(const cli_who *who)
{
    return who->label[0] || who->msp_dir[0] || who->certificate[0] || who->pkcs11_module[0];
}

heddle_status cli_admin(cli_session *session, const char *org, heddle_identity **out,
                        heddle_error *err)
{
    cli_member *acting;
    cli_member *member;
    BASE_TRY(cli_member_find(session, NULL, &acting, err));
    BASE_TRY(cli_member_find(session, org, &member, err));
    if (is_named(session, member) || !is_set(&member->settings->admin))
        return cli_identity(session, org, out, err);
    if (!member->admin)
        BASE_TRY(cli_who_open(session, member, &member->settings->admin, &member->admin, err));
    *out = member->admin;
    return HEDDLE_OK;
}

heddle_status cli_wallet(cli_session *session, const char *org, heddle_wallet **out,
                         heddle_error *err)
{
    cli_member *member;
    BASE_TRY(cli_member_find(session, org, &member, err));
    if (!member->wallet)
        BASE_TRY(heddle_wallet_open(member->wallet_dir, &member->wallet, err));
    *out = member->wallet;
    return HEDDLE_OK;
}
