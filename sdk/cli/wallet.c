/* heddle wallet: identities kept under labels. */
#include "heddle/wallet.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/certificate.h"
#include "cli/groups.h"
#include "cli/state.h"
#include "client/identity.h"
#include "crypto/cert.h"
#include "profile/entry.h"

BASE_AUTO_DEFINE(heddle_wallet, heddle_wallet *, heddle_wallet_close)
BASE_AUTO_DEFINE(heddle_wallet_labels, heddle_wallet_labels *, heddle_wallet_labels_free)

/* Every command of the group has these first. */
struct place {
    const char *dir;
    const char *label;
};

#define DIR_ROW                                                                                    \
    {                                                                                              \
        .name = "wallet", .letter = 'w', CLI_AT(struct place, dir),                                \
        .completion = CLI_COMPLETE_FOLDER, .shown = "DIR",                                         \
        .help = "folder of the wallet, in place of the context's"                                  \
    }

static const cli_option place_options[] = {DIR_ROW};
static const cli_option label_argument[] = {
    {.name = "LABEL",
     CLI_AT(struct place, label),
     .completion = CLI_COMPLETE_LABEL,
     .flags = CLI_REQUIRED,
     .help = "label of the identity"},
};

struct opened {
    const char *dir;
    heddle_wallet *wallet;
};

static heddle_status find_dir(cli_session *session, const struct place *place, const char **out,
                              heddle_error *err)
{
    cli_member *member;
    if (place->dir) {
        *out = place->dir;
        return HEDDLE_OK;
    }
    BASE_TRY(cli_member_find(session, NULL, &member, err));
    *out = member->wallet_dir;
    return HEDDLE_OK;
}

/* @p make: also if there is none yet. */
static heddle_status open_place(cli_session *session, const struct place *place, bool make,
                                struct opened *out, heddle_error *err)
{
    struct stat found;
    *out = (struct opened){0};
    BASE_TRY(find_dir(session, place, &out->dir, err));
    if (!make && stat(out->dir, &found) != 0) {
        cli_hint(session, "heddle wallet import and heddle ca enroll make it");
        return base_fail(err, HEDDLE_E_NOT_FOUND, "there is no wallet in %s", out->dir);
    }
    return heddle_wallet_open(out->dir, &out->wallet, err);
}

/* list */

/* Files that a write left which was killed: LABEL.id.XXXXXX. They are never read. */
static void warn_of_leftovers(cli_session *session, const char *dir)
{
    DIR *folder = opendir(dir);
    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const char *mark = strstr(entry->d_name, ".id.");
        if (mark && strlen(mark) == strlen(".id.XXXXXX"))
            cli_warn(session,
                     "%s/%s is half of an identity, of a write that was killed; it is not used: "
                     "remove it",
                     dir, entry->d_name);
    }
    closedir(folder);
}

static void put_broken(cli_document *doc, const heddle_error *why)
{
    cli_put_text(doc, "state", "broken");
    cli_put_text(doc, "error", why->message);
}

/* Of an identity whose key is in a token there is the certificate, in LABEL.id. */
static heddle_status read_token_entry(const char *dir, const char *label, profile_entry *out,
                                      heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    base_auto_buffer base_buffer text = {0};
    if (base_buffer_printf(&path, "%s/%s.id", dir, label) != HEDDLE_OK || !base_buffer_cstr(&path))
        return base_fail_memory(err, label);
    BASE_TRY(base_read_file(base_buffer_cstr(&path), PROFILE_ENTRY_MAX, &text, err));
    return profile_entry_read(base_buffer_view(&text), out, err);
}

static heddle_status put_token_label(cli_document *doc, const char *dir, const char *label,
                                     heddle_error *err)
{
    profile_auto_entry profile_entry entry = {0};
    BASE_TRY(read_token_entry(dir, label, &entry, err));
    cli_put_view(doc, "mspid", base_buffer_view(&entry.mspid));
    cli_put_text(doc, "key", "token");
    return cli_put_certificate_brief(doc, base_buffer_view(&entry.cert_pem), err);
}

static heddle_status put_label(cli_document *doc, const char *dir, heddle_wallet *wallet,
                               const char *label, bool *out_broken)
{
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    heddle_error why;
    base_error_clear(&why);
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "label", label);
    heddle_status status = heddle_wallet_get(wallet, label, NULL, &identity, &why);
    if (status == HEDDLE_OK) {
        cli_put_text(doc, "mspid", heddle_identity_mspid(identity));
        cli_put_text(doc, "key", "file");
        status = cli_put_certificate_brief(doc, heddle_identity_cert_pem(identity), &why);
    }
    if (status == HEDDLE_E_BAD_STATE)
        status = put_token_label(doc, dir, label, &why);
    if (status != HEDDLE_OK)
        put_broken(doc, &why);
    *out_broken = *out_broken || status != HEDDLE_OK;
    cli_end_object(doc);
    return HEDDLE_OK;
}

static heddle_status run_list(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    base_auto(heddle_wallet_labels) heddle_wallet_labels *labels = NULL;
    struct opened opened;
    bool has_broken = false;
    cli_document_init(&doc);
    BASE_TRY(open_place(session, values, false, &opened, err));
    base_auto(heddle_wallet) heddle_wallet *wallet = opened.wallet;
    BASE_TRY(heddle_wallet_list(wallet, &labels, err));
    cli_begin_list(&doc, NULL);
    for (size_t i = 0; i < heddle_wallet_labels_count(labels); i++)
        BASE_TRY(
            put_label(&doc, opened.dir, wallet, heddle_wallet_labels_at(labels, i), &has_broken));
    cli_end_list(&doc);
    BASE_TRY(cli_print(session, &doc, "label mspid name role key expires state", err));
    warn_of_leftovers(session, opened.dir);
    if (has_broken)
        cli_warn(session, "broken identities are not used: heddle wallet show LABEL says why");
    return HEDDLE_OK;
}

/* show */

static heddle_status get(cli_session *session, const struct opened *opened, const char *label,
                         heddle_identity **out, heddle_error *err)
{
    heddle_status status = heddle_wallet_get(opened->wallet, label, NULL, out, err);
    if (status == HEDDLE_E_NOT_FOUND)
        cli_hint(session, "heddle wallet list shows the labels of %s", opened->dir);
    else if (status == HEDDLE_E_DECODE || status == HEDDLE_E_BAD_IDENTITY)
        cli_hint(session, "it is not used: heddle wallet remove %s, and enroll or import it again",
                 label);
    return status;
}

static heddle_status print_identity(cli_session *session, const char *label, const char *mspid,
                                    const char *key, heddle_view cert_pem, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_text(&doc, "label", label);
    cli_put_text(&doc, "mspid", mspid);
    cli_put_text(&doc, "key", key);
    BASE_TRY(cli_put_certificate(&doc, cert_pem, err));
    cli_put_view(&doc, "certificate", cert_pem);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

static heddle_status show_token_entry(cli_session *session, const char *dir, const char *label,
                                      heddle_error *err)
{
    profile_auto_entry profile_entry entry = {0};
    BASE_TRY(read_token_entry(dir, label, &entry, err));
    return print_identity(session, label, base_buffer_cstr(&entry.mspid), "token",
                          base_buffer_view(&entry.cert_pem), err);
}

static heddle_status run_show(cli_session *session, const void *values, heddle_error *err)
{
    const struct place *place = values;
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    struct opened opened;
    BASE_TRY(open_place(session, place, false, &opened, err));
    base_auto(heddle_wallet) heddle_wallet *wallet = opened.wallet;
    heddle_status status = get(session, &opened, place->label, &identity, err);
    if (status == HEDDLE_E_BAD_STATE)
        return show_token_entry(session, opened.dir, place->label, err);
    BASE_TRY(status);
    return print_identity(session, place->label, heddle_identity_mspid(identity), "file",
                          heddle_identity_cert_pem(identity), err);
}

/* import */

struct import {
    struct place place;
    const char *mspid;
    const char *msp;
    const char *certificate;
    const char *key;
    const char *from;
    const char *from_label;
};

static const cli_option import_options[] = {
    {.name = "msp",
     CLI_AT(struct import, msp),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "from an MSP folder, with signcerts and keystore"},
    {.name = "certificate",
     CLI_AT(struct import, certificate),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "from a PEM certificate and --key"},
    {.name = "key",
     CLI_AT(struct import, key),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "PEM private key of --certificate"},
    {.name = "from",
     CLI_AT(struct import, from),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "from another wallet, also one of fabric-client or fabric-network 1.4"},
    {.name = "from-label",
     CLI_AT(struct import, from_label),
     .shown = "LABEL",
     .help = "its label there, if that is another"},
    {.name = "mspid",
     CLI_AT(struct import, mspid),
     .shown = "MSPID",
     .help = "MSP id of the identity; by default the acting organisation's"},
    DIR_ROW,
};

static heddle_status find_mspid(cli_session *session, const struct import *import, const char **out,
                                heddle_error *err)
{
    cli_org org;
    if (import->mspid) {
        *out = import->mspid;
        return HEDDLE_OK;
    }
    heddle_status status = cli_org_find(session, NULL, &org, err);
    if (status != HEDDLE_OK) {
        cli_hint(session, "name the organisation with --mspid");
        return status;
    }
    *out = org.mspid;
    return HEDDLE_OK;
}

static heddle_status read_from_wallet(const struct import *import, heddle_identity **out,
                                      heddle_error *err)
{
    base_auto(heddle_wallet) heddle_wallet *other = NULL;
    struct stat found;
    if (stat(import->from, &found) != 0)
        return base_fail_errno(err, "%s", import->from);
    BASE_TRY(heddle_wallet_open(import->from, &other, err));
    const char *label = import->from_label ? import->from_label : import->place.label;
    return heddle_wallet_get(other, label, NULL, out, err);
}

static heddle_status read_import(cli_session *session, const struct import *import,
                                 heddle_identity **out, heddle_error *err)
{
    const char *mspid;
    int sources = !!import->msp + !!import->certificate + !!import->from;
    if (sources != 1 || !import->certificate != !import->key)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "say where it comes from: --msp DIR, or --certificate FILE and --key "
                         "FILE, or --from DIR");
    if (import->from)
        return read_from_wallet(import, out, err);
    BASE_TRY(find_mspid(session, import, &mspid, err));
    if (import->msp)
        return heddle_identity_from_msp(mspid, import->msp, out, err);
    return heddle_identity_from_files(mspid, import->certificate, import->key, out, err);
}

static heddle_status run_import(cli_session *session, const void *values, heddle_error *err)
{
    const struct import *import = values;
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    struct opened opened;
    BASE_TRY(read_import(session, import, &identity, err));
    BASE_TRY(open_place(session, &import->place, true, &opened, err));
    base_auto(heddle_wallet) heddle_wallet *wallet = opened.wallet;
    BASE_TRY(heddle_wallet_put(wallet, import->place.label, identity, err));
    cli_note(session, "%s (%s) is in %s as \"%s\"",
             crypto_cert_common_name(client_identity_cert(identity)),
             heddle_identity_mspid(identity), opened.dir, import->place.label);
    return HEDDLE_OK;
}

/* export */

struct export
{
    struct place place;
    const char *msp;
    const char *certificate;
    const char *key;
    const char *to;
};

static const cli_option export_options[] = {
    {.name = "msp",
     CLI_AT(struct export, msp),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "to an MSP folder: signcerts/cert.pem and keystore/priv_sk"},
    {.name = "certificate",
     CLI_AT(struct export, certificate),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "the PEM certificate to a file"},
    {.name = "key",
     CLI_AT(struct export, key),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "the PEM private key to a file, which only its owner may read"},
    {.name = "to",
     CLI_AT(struct export, to),
     .completion = CLI_COMPLETE_FOLDER,
     .shown = "DIR",
     .help = "to another wallet, under the same label"},
    DIR_ROW,
};

static heddle_status export_key(heddle_identity *identity, const char *path, heddle_error *err)
{
    const crypto_key *key = client_identity_key(identity);
    base_buffer pem = {0};
    if (!key)
        return base_fail(err, HEDDLE_E_BAD_STATE, "the key is in a token and stays there");
    heddle_status status = crypto_key_pem(key, &pem, err);
    if (status == HEDDLE_OK)
        status = base_write_file(path, base_buffer_view(&pem), 0600, err);
    base_buffer_wipe(&pem);
    return status;
}

static heddle_status export_to_wallet(const struct export *export, heddle_identity *identity,
                                      heddle_error *err)
{
    base_auto(heddle_wallet) heddle_wallet *other = NULL;
    BASE_TRY(heddle_wallet_open(export->to, &other, err));
    return heddle_wallet_put(other, export->place.label, identity, err);
}

static heddle_status run_export(cli_session *session, const void *values, heddle_error *err)
{
    const struct export *export = values;
    base_auto(heddle_identity) heddle_identity *identity = NULL;
    struct opened opened;
    if (!export->msp && !export->certificate && !export->key && !export->to)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "say where to: --msp DIR, --certificate FILE, --key FILE or --to DIR");
    BASE_TRY(open_place(session, &export->place, false, &opened, err));
    base_auto(heddle_wallet) heddle_wallet *wallet = opened.wallet;
    BASE_TRY(get(session, &opened, export->place.label, &identity, err));
    if (export->msp)
        BASE_TRY(heddle_wallet_export_msp(wallet, export->place.label, export->msp, err));
    if (export->certificate)
        BASE_TRY(
            base_write_file(export->certificate, heddle_identity_cert_pem(identity), 0644, err));
    if (export->key)
        BASE_TRY(export_key(identity, export->key, err));
    if (export->to)
        BASE_TRY(export_to_wallet(export, identity, err));
    cli_note(session, "\"%s\" is exported", export->place.label);
    return HEDDLE_OK;
}

/* remove */

static heddle_status run_remove(cli_session *session, const void *values, heddle_error *err)
{
    const struct place *place = values;
    struct opened opened;
    BASE_TRY(open_place(session, place, false, &opened, err));
    base_auto(heddle_wallet) heddle_wallet *wallet = opened.wallet;
    heddle_status status = heddle_wallet_remove(wallet, place->label, err);
    if (status == HEDDLE_E_NOT_FOUND)
        cli_hint(session, "heddle wallet list shows the labels of %s", opened.dir);
    BASE_TRY(status);
    cli_note(session, "\"%s\" is removed from %s", place->label, opened.dir);
    return HEDDLE_OK;
}

static const cli_command commands[] = {
    {.verb = "list",
     .summary = "list the identities",
     .details = "An identity that cannot be read, whose key does not fit, or that a killed program "
                "left half-written\nis said to be broken; it is never used.",
     CLI_OPTIONS(place_options),
     .size = sizeof(struct place),
     .run = run_list},
    {.verb = "show",
     .summary = "show an identity and its certificate; never its key",
     CLI_ARGUMENTS(label_argument),
     CLI_OPTIONS(place_options),
     .size = sizeof(struct place),
     .run = run_show},
    {.verb = "import",
     .summary = "keep an identity from an MSP folder, PEM files or another wallet",
     .example = "heddle wallet import user1 --msp users/User1@org1.example.com/msp\n"
                "heddle wallet import alice --certificate cert.pem --key key.pem --mspid Org1MSP\n"
                "heddle wallet import admin --from ~/.hfc-key-store",
     CLI_ARGUMENTS(label_argument),
     CLI_OPTIONS(import_options),
     .size = sizeof(struct import),
     .run = run_import},
    {.verb = "export",
     .summary = "write an identity to an MSP folder, PEM files or another wallet",
     CLI_ARGUMENTS(label_argument),
     CLI_OPTIONS(export_options),
     .size = sizeof(struct export),
     .run = run_export},
    {.verb = "remove",
     .summary = "remove an identity with its private key",
     CLI_ARGUMENTS(label_argument),
     CLI_OPTIONS(place_options),
     .size = sizeof(struct place),
     .run = run_remove},
};

const cli_group cli_group_wallet = {
    .name = "wallet",
    .summary = "identities kept under labels",
    .details =
        "The wallet is that of the acting organisation, or the folder of --wallet. Its files "
        "are those\nof the official SDKs; keys are written whole, with mode 0600.",
    CLI_COMMANDS(commands),
};
