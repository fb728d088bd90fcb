/* heddle block: blocks and transactions of the ledger, and messages in files, as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/session.h"
#include "heddle/decode.h"
#include "heddle/ledger.h"
#include "heddle/transaction.h"

BASE_AUTO_DEFINE(heddle_ledger, heddle_ledger *, heddle_ledger_unref)

static const char *const styles[] = {"readable", "complete", "configtxlator", "configtxlator-2",
                                     NULL};

/* How messages are shown; of every command that does. */
struct manner {
    int style;
};

#define STYLE_ROW(values)                                                                          \
    {                                                                                              \
        .name = "style", .type = CLI_CHOICE, CLI_AT(values, manner.style), .value = "readable",    \
        .choices = styles, .shown = "STYLE",                                                       \
        .help = "readable for people; complete has a way back; the others are those of the "       \
                "official tool"                                                                    \
    }

static heddle_json_style style_of(const struct manner *manner)
{
    static const heddle_json_style of_choice[] = {HEDDLE_JSON_READABLE, HEDDLE_JSON_COMPLETE,
                                                  HEDDLE_JSON_CONFIGTXLATOR,
                                                  HEDDLE_JSON_CONFIGTXLATOR_2};
    return of_choice[manner->style];
}

/* In the tables' form and in JSON the text is the library's, to the byte. */
static heddle_status print_message(cli_session *session, const char *type, heddle_view bytes,
                                   const struct manner *manner, heddle_error *err)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    heddle_bytes json = {0};
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    options.style = style_of(manner);
    options.indent = true;
    BASE_TRY(heddle_message_to_json(type, bytes, &options, &json, err));
    heddle_view text = heddle_view_of(json.data, json.len);
    heddle_status status;
    if (cli_session_common(session)->form == CLI_YAML) {
        cli_put_json(&doc, NULL, text);
        status = cli_print(session, &doc, NULL, err);
    } else {
        status = cli_print_words(session, text, err);
        if (status == HEDDLE_OK && text.len && text.data[text.len - 1] != '\n')
            status = cli_print_bytes(session, VIEW("\n"), err);
    }
    heddle_bytes_done(&json);
    return status;
}

/* The whole, to a file or as JSON. */
static heddle_status give_message(cli_session *session, const char *type, heddle_view bytes,
                                  const char *file, const struct manner *manner, heddle_error *err)
{
    if (!file)
        return print_message(session, type, bytes, manner, err);
    if (strcmp(file, "-") == 0)
        return cli_print_bytes(session, bytes, err);
    BASE_TRY(base_write_file(file, bytes, 0644, err));
    cli_note(session, "%zu bytes of %s are in %s", bytes.len, type, file);
    return HEDDLE_OK;
}

static heddle_status open_ledger(cli_session *session, heddle_ledger **out, heddle_error *err)
{
    heddle_identity *identity;
    heddle_gateway *gateway;
    const char *channel;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_identity(session, NULL, &identity, err));
    BASE_TRY(cli_gateway(session, &gateway, err));
    cli_progress(session, "asking a peer");
    return heddle_ledger_new(gateway, identity, channel, out, err);
}

/* fetch */

struct fetch {
    struct manner manner;
    const char *which;
    const char *tx_id;
    const char *hash;
    const char *file;
};

static const cli_option fetch_arguments[] = {
    {.name = "BLOCK",
     CLI_AT(struct fetch, which),
     .value = "newest",
     .help = "number of the block, \"oldest\", \"newest\", or \"config\" for the last one that "
             "changed the configuration"},
};
static const cli_option fetch_options[] = {
    {.name = "tx",
     CLI_AT(struct fetch, tx_id),
     .shown = "TXID",
     .help = "the block with this transaction"},
    {.name = "hash", CLI_AT(struct fetch, hash), .shown = "HEX", .help = "the block of this hash"},
    {.name = "file",
     .letter = 'f',
     CLI_AT(struct fetch, file),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "write its bytes to a file, - for standard output, in place of showing it"},
    STYLE_ROW(struct fetch),
};

static heddle_status newest_block(heddle_ledger *ledger, const heddle_call_options *options,
                                  heddle_bytes *out, heddle_error *err)
{
    heddle_chain_info info;
    BASE_TRY(heddle_ledger_info(ledger, options, &info, err));
    return heddle_ledger_block(ledger, info.height - 1, options, out, err);
}

static heddle_status block_by_hash(heddle_ledger *ledger, const char *hex,
                                   const heddle_call_options *options, heddle_bytes *out,
                                   heddle_error *err)
{
    base_auto_buffer base_buffer hash = {0};
    if (base_unhex(heddle_view_str(hex), &hash) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "--hash: \"%s\" is not hexadecimal", hex);
    return heddle_ledger_block_by_hash(ledger, base_buffer_view(&hash), options, out, err);
}

static heddle_status fetch(cli_session *session, const struct fetch *fetch, heddle_ledger *ledger,
                           heddle_bytes *out, heddle_error *err)
{
    const heddle_call_options options = cli_call_options(session);
    uint64_t number = 0;
    if (fetch->tx_id)
        return heddle_ledger_block_by_tx(ledger, fetch->tx_id, &options, out, err);
    if (fetch->hash)
        return block_by_hash(ledger, fetch->hash, &options, out, err);
    if (strcmp(fetch->which, "newest") == 0)
        return newest_block(ledger, &options, out, err);
    if (strcmp(fetch->which, "config") == 0)
        return heddle_ledger_config_block(ledger, &options, out, err);
    if (strcmp(fetch->which, "oldest") != 0 &&
        !base_parse_u64(heddle_view_str(fetch->which), &number))
        return base_fail(
            err, HEDDLE_E_BAD_ARGUMENT,
            "BLOCK: must be a number, \"oldest\", \"newest\" or \"config\", not \"%s\"",
            fetch->which);
    return heddle_ledger_block(ledger, number, &options, out, err);
}

static heddle_status run_fetch(cli_session *session, const void *values, heddle_error *err)
{
    const struct fetch *asked = values;
    base_auto(heddle_ledger) heddle_ledger *ledger = NULL;
    heddle_bytes block = {0};
    BASE_TRY(open_ledger(session, &ledger, err));
    BASE_TRY(fetch(session, asked, ledger, &block, err));
    heddle_status status =
        give_message(session, "common.Block", heddle_view_of(block.data, block.len), asked->file,
                     &asked->manner, err);
    heddle_bytes_done(&block);
    return status;
}

/* tx */

struct transaction {
    struct manner manner;
    const char *tx_id;
    const char *file;
};

static const cli_option tx_arguments[] = {
    {.name = "TXID",
     CLI_AT(struct transaction, tx_id),
     .flags = CLI_REQUIRED,
     .help = "id of the transaction"},
};
static const cli_option tx_options[] = {
    {.name = "file",
     .letter = 'f',
     CLI_AT(struct transaction, file),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "write the envelope's bytes to a file, - for standard output"},
    STYLE_ROW(struct transaction),
};

static heddle_status run_tx(cli_session *session, const void *values, heddle_error *err)
{
    const struct transaction *asked = values;
    base_auto(heddle_ledger) heddle_ledger *ledger = NULL;
    heddle_ledger_transaction found = {0};
    const heddle_call_options options = cli_call_options(session);
    BASE_TRY(open_ledger(session, &ledger, err));
    BASE_TRY(heddle_ledger_transaction_by_id(ledger, asked->tx_id, &options, &found, err));
    cli_note(session, "%s", heddle_validation_code_name(found.validation_code));
    heddle_status status = give_message(session, "common.Envelope",
                                        heddle_view_of(found.envelope.data, found.envelope.len),
                                        asked->file, &asked->manner, err);
    heddle_bytes_done(&found.envelope);
    return status;
}

/* info */

static heddle_status run_info(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    base_auto(heddle_ledger) heddle_ledger *ledger = NULL;
    const heddle_call_options options = cli_call_options(session);
    heddle_chain_info info;
    (void)values;
    cli_document_init(&doc);
    BASE_TRY(open_ledger(session, &ledger, err));
    BASE_TRY(heddle_ledger_info(ledger, &options, &info, err));
    cli_begin_object(&doc, NULL);
    cli_put_number(&doc, "height", info.height);
    cli_put_hex(&doc, "current_hash", heddle_view_of(info.current_hash, info.current_hash_len));
    cli_put_hex(&doc, "previous_hash", heddle_view_of(info.previous_hash, info.previous_hash_len));
    if (info.from_snapshot)
        cli_put_number(&doc, "snapshot_block", info.snapshot_block);
    cli_end_object(&doc);
    return cli_print(session, &doc, NULL, err);
}

/* decode and encode */

struct decode {
    struct manner manner;
    const char *file;
    const char *type;
};

static const cli_option decode_arguments[] = {
    {.name = "FILE",
     CLI_AT(struct decode, file),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "file with the message, - for standard input"},
};
static const cli_option decode_options[] = {
    {.name = "type",
     CLI_AT(struct decode, type),
     .value = "common.Block",
     .shown = "TYPE",
     .help = "type of the message, such as common.Envelope or common.Config"},
    STYLE_ROW(struct decode),
};

static heddle_status run_decode(cli_session *session, const void *values, heddle_error *err)
{
    const struct decode *asked = values;
    heddle_view bytes;
    BASE_TRY(cli_read_file(session, asked->file, &bytes, err));
    heddle_status status = print_message(session, asked->type, bytes, &asked->manner, err);
    if (status == HEDDLE_E_DECODE)
        cli_hint(session, "name what it is with --type; heddle block types lists them");
    return status;
}

struct encode {
    const char *file;
    const char *type;
    const char *to;
};

static const cli_option encode_arguments[] = {
    {.name = "FILE",
     CLI_AT(struct encode, file),
     .completion = CLI_COMPLETE_FILE,
     .flags = CLI_REQUIRED,
     .help = "file with the JSON, - for standard input"},
};
static const cli_option encode_options[] = {
    {.name = "type",
     CLI_AT(struct encode, type),
     .value = "common.Block",
     .shown = "TYPE",
     .help = "type of the message"},
    {.name = "file",
     .letter = 'f',
     CLI_AT(struct encode, to),
     .completion = CLI_COMPLETE_FILE,
     .value = "-",
     .shown = "FILE",
     .help = "write the bytes to a file"},
};

static heddle_status run_encode(cli_session *session, const void *values, heddle_error *err)
{
    const struct encode *asked = values;
    static const struct manner none;
    heddle_bytes bytes = {0};
    heddle_view json;
    BASE_TRY(cli_read_file(session, asked->file, &json, err));
    BASE_TRY(heddle_message_from_json(asked->type, json, NULL, &bytes, err));
    heddle_status status = give_message(session, asked->type, heddle_view_of(bytes.data, bytes.len),
                                        asked->to, &none, err);
    heddle_bytes_done(&bytes);
    return status;
}

static heddle_status run_types(cli_session *session, const void *values, heddle_error *err)
{
    cli_auto_document cli_document doc;
    (void)values;
    cli_document_init(&doc);
    cli_begin_list(&doc, NULL);
    const char *name;
    for (size_t i = 0; (name = heddle_message_type_name(i)); i++)
        cli_put_text(&doc, NULL, name);
    cli_end_list(&doc);
    return cli_print(session, &doc, NULL, err);
}

static const cli_command commands[] = {
    {.verb = "fetch",
     .summary = "fetch a block and show it as JSON, or keep its bytes",
     .example = "heddle block fetch\n"
                "heddle block fetch 7 --style complete\n"
                "heddle block fetch config -f config.block\n"
                "heddle block fetch --tx 5f1c…",
     CLI_ARGUMENTS(fetch_arguments),
     CLI_OPTIONS(fetch_options),
     .size = sizeof(struct fetch),
     .run = run_fetch},
    {.verb = "tx",
     .summary = "fetch a transaction and show it as JSON",
     CLI_ARGUMENTS(tx_arguments),
     CLI_OPTIONS(tx_options),
     .size = sizeof(struct transaction),
     .run = run_tx},
    {.verb = "info", .summary = "tell how far the ledger goes", .run = run_info},
    {.verb = "decode",
     .summary = "show a message in a file as JSON",
     .example = "heddle block decode genesis.block\n"
                "heddle block decode --type common.ConfigUpdate --style complete update.pb",
     CLI_ARGUMENTS(decode_arguments),
     CLI_OPTIONS(decode_options),
     .size = sizeof(struct decode),
     .run = run_decode},
    {.verb = "encode",
     .summary = "make a message of its JSON, of any style but the readable",
     CLI_ARGUMENTS(encode_arguments),
     CLI_OPTIONS(encode_options),
     .size = sizeof(struct encode),
     .run = run_encode},
    {.verb = "types", .summary = "list the types of messages", .run = run_types},
};

const cli_group cli_group_block = {
    .name = "block",
    .summary = "blocks and transactions of the ledger as JSON",
    CLI_COMMANDS(commands),
};
