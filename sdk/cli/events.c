/* heddle events follow: chaincode events and blocks, one after the other. */
#include "heddle/events.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/session.h"
#include "heddle/blocks.h"
#include "heddle/decode.h"
#include "heddle/transaction.h"

enum { WAIT_MS = 500 };

BASE_AUTO_DEFINE(heddle_checkpointer, heddle_checkpointer *, heddle_checkpointer_unref)

enum { KIND_FILTERED, KIND_PRIVATE = 2 }; /* of block_kinds */

struct follow {
    const char *chaincode;
    int blocks;
    const char *from;
    const char *to;
    const char *checkpoint;
    uint64_t count;
};

static const cli_option follow_arguments[] = {
    {.name = "CHAINCODE",
     CLI_AT(struct follow, chaincode),
     .help = "chaincode whose events are wanted; not with --blocks"},
};

static const char *const block_kinds[] = {"filtered", "full", "private", NULL};

static const cli_option follow_options[] = {
    {.name = "blocks",
     .letter = 'b',
     .type = CLI_CHOICE,
     CLI_AT(struct follow, blocks),
     .choices = block_kinds,
     .shown = "KIND",
     .help = "blocks in place of events"},
    {.name = "from",
     CLI_AT(struct follow, from),
     .value = "next",
     .shown = "BLOCK",
     .help = "number of the first block, \"oldest\", \"newest\" or \"next\""},
    {.name = "to",
     CLI_AT(struct follow, to),
     .shown = "BLOCK",
     .help = "number of the last block; without it there is no end"},
    {.name = "checkpoint",
     CLI_AT(struct follow, checkpoint),
     .completion = CLI_COMPLETE_FILE,
     .shown = "FILE",
     .help = "go on where this file says, and keep in it what was shown; --from counts while "
             "there is none"},
    {.name = "count",
     .letter = 'n',
     .type = CLI_NUMBER,
     CLI_AT(struct follow, count),
     .help = "end after so many; 0: no end"},
};

struct reader {
    cli_session *session;
    const struct follow *follow;
    heddle_checkpointer *checkpointer; /* NULL: none */
    heddle_events *events;
    heddle_blocks *blocks;
    uint64_t given;
};

/* Where to begin and end. */

static heddle_status read_number(const char *option, const char *text, uint64_t *out,
                                 heddle_error *err)
{
    if (base_parse_u64(heddle_view_str(text), out))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "--%s: must be the number of a block%s, not \"%s\"", option,
                     option[0] == 'f' ? ", \"oldest\", \"newest\" or \"next\"" : "", text);
}

static heddle_status read_span(const struct follow *follow, heddle_events_options *options,
                               heddle_error *err)
{
    if (strcmp(follow->from, "newest") == 0)
        options->from_newest = true;
    else if (strcmp(follow->from, "next") != 0) {
        options->from_block = true;
        if (strcmp(follow->from, "oldest") != 0)
            BASE_TRY(read_number("from", follow->from, &options->start_block, err));
    }
    options->has_stop = follow->to != NULL;
    return follow->to ? read_number("to", follow->to, &options->stop_block, err) : HEDDLE_OK;
}

/* Showing. */

static heddle_status show_event(struct reader *reader, const heddle_event *event, heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    cli_put_number(&doc, "block", event->block_number);
    cli_put_text(&doc, "transaction", event->tx_id);
    cli_put_text(&doc, "chaincode", event->chaincode);
    cli_put_text(&doc, "event", event->name);
    cli_put_payload(&doc, "payload", event->payload);
    cli_end_object(&doc);
    BASE_TRY(cli_print_next(reader->session, &doc, "block transaction event payload", err));
    return reader->checkpointer ? heddle_checkpointer_save_tx(
                                      reader->checkpointer, event->block_number, event->tx_id, err)
                                : HEDDLE_OK;
}

static void put_transaction(cli_document *doc, const heddle_filtered_tx *tx)
{
    cli_begin_object(doc, NULL);
    cli_put_text(doc, "transaction", tx->tx_id);
    cli_put_text(doc, "status", heddle_validation_code_name(tx->validation_code));
    cli_begin_list(doc, "events");
    for (size_t i = 0; i < tx->event_count; i++) {
        cli_begin_object(doc, NULL);
        cli_put_text(doc, "chaincode", tx->events[i].chaincode);
        cli_put_text(doc, "event", tx->events[i].name);
        cli_end_object(doc);
    }
    cli_end_list(doc);
    cli_end_object(doc);
}

static void put_private(cli_document *doc, const heddle_block_event *block)
{
    cli_begin_list(doc, "private_writes");
    for (size_t i = 0; i < block->private_tx_count; i++) {
        const heddle_private_tx *tx = &block->private_txs[i];
        for (size_t k = 0; k < tx->write_count; k++) {
            cli_begin_object(doc, NULL);
            cli_put_number(doc, "tx_index", tx->tx_index);
            cli_put_text(doc, "chaincode", tx->writes[k].chaincode);
            cli_put_text(doc, "collection", tx->writes[k].collection);
            cli_put_view(doc, "key", tx->writes[k].key);
            cli_put_truth(doc, "is_delete", tx->writes[k].is_delete);
            cli_put_payload(doc, "value", tx->writes[k].value);
            cli_end_object(doc);
        }
    }
    cli_end_list(doc);
}

static heddle_status put_block(const struct follow *follow, cli_document *doc,
                               const heddle_block_event *block, heddle_error *err)
{
    heddle_json_options options = HEDDLE_JSON_OPTIONS;
    heddle_bytes json = {0};
    options.style = HEDDLE_JSON_READABLE;
    cli_put_number(doc, "block", block->number);
    if (follow->blocks == KIND_FILTERED) {
        cli_put_number(doc, "transaction_count", block->tx_count);
        cli_begin_list(doc, "transactions");
        for (size_t i = 0; i < block->tx_count; i++)
            put_transaction(doc, &block->txs[i]);
        cli_end_list(doc);
        return HEDDLE_OK;
    }
    BASE_TRY(heddle_block_to_json(block->bytes, &options, &json, err));
    cli_put_json(doc, "content", heddle_view_of(json.data, json.len));
    heddle_bytes_done(&json);
    if (follow->blocks == KIND_PRIVATE)
        put_private(doc, block);
    return HEDDLE_OK;
}

/* For people: a line a transaction. */
static heddle_status show_lines(struct reader *reader, const heddle_block_event *block,
                                heddle_error *err)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        cli_auto_document cli_document doc;
        cli_document_init(&doc);
        cli_begin_object(&doc, NULL);
        cli_put_number(&doc, "block", block->number);
        cli_put_text(&doc, "transaction", block->txs[i].tx_id);
        cli_put_text(&doc, "status", heddle_validation_code_name(block->txs[i].validation_code));
        cli_begin_list(&doc, "events");
        for (size_t k = 0; k < block->txs[i].event_count; k++)
            cli_put_text(&doc, NULL, block->txs[i].events[k].name);
        cli_end_list(&doc);
        cli_end_object(&doc);
        BASE_TRY(cli_print_next(reader->session, &doc, "block transaction status events", err));
    }
    return HEDDLE_OK;
}

static heddle_status show_document(struct reader *reader, const heddle_block_event *block,
                                   heddle_error *err)
{
    cli_auto_document cli_document doc;
    cli_document_init(&doc);
    cli_begin_object(&doc, NULL);
    BASE_TRY(put_block(reader->follow, &doc, block, err));
    cli_end_object(&doc);
    return cli_print_next(reader->session, &doc, "block content private_writes", err);
}

static heddle_status show_block(struct reader *reader, const heddle_block_event *block,
                                heddle_error *err)
{
    bool is_table = cli_session_common(reader->session)->form == CLI_TABLE;
    BASE_TRY(is_table && reader->follow->blocks == KIND_FILTERED
                 ? show_lines(reader, block, err)
                 : show_document(reader, block, err));
    return reader->checkpointer
               ? heddle_checkpointer_save_block(reader->checkpointer, block->number, err)
               : HEDDLE_OK;
}

/* Reading. */

static heddle_status next(struct reader *reader, heddle_error *err)
{
    heddle_event event;
    heddle_block_event block;
    if (reader->events) {
        BASE_TRY(heddle_events_next(reader->events, WAIT_MS, &event, err));
        return show_event(reader, &event, err);
    }
    BASE_TRY(heddle_blocks_next(reader->blocks, WAIT_MS, &block, err));
    return show_block(reader, &block, err);
}

/* Whether all that was asked for has been given. */
static bool is_enough(const struct reader *reader)
{
    return reader->follow->count && reader->given >= reader->follow->count;
}

/* A connection that is down is told of once, and reading goes on when it is back. */
static heddle_status read_all(struct reader *reader, heddle_error *err)
{
    bool is_down = false;
    while (!is_enough(reader)) {
        heddle_status status = next(reader, err);
        if (status == HEDDLE_E_END)
            return HEDDLE_OK;
        if (status == HEDDLE_E_CANCELLED && cli_interrupted(reader->session))
            return status;
        if (status == HEDDLE_OK) {
            reader->given++;
            is_down = false;
        } else if (status != HEDDLE_E_TIMED_OUT) {
            return status;
        } else if (!is_down && err->retry == HEDDLE_RETRY_SAFE && err->grpc_code > 0) {
            cli_note(reader->session, "%s; going on when it is back", err->message);
            is_down = true;
        }
        base_error_clear(err);
    }
    return HEDDLE_OK;
}

static void interrupt(void *user)
{
    struct reader *reader = user;
    if (reader->events)
        heddle_events_cancel(reader->events);
    if (reader->blocks)
        heddle_blocks_cancel(reader->blocks);
}

static heddle_status open_stream(struct reader *reader, heddle_error *err)
{
    cli_session *session = reader->session;
    const struct follow *follow = reader->follow;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    heddle_identity *identity;
    heddle_gateway *gateway;
    const char *channel;
    BASE_TRY(read_span(follow, &options, err));
    options.checkpointer = reader->checkpointer;
    BASE_TRY(cli_channel(session, &channel, err));
    BASE_TRY(cli_identity(session, NULL, &identity, err));
    BASE_TRY(cli_gateway(session, &gateway, err));
    if (follow->blocks < 0)
        return heddle_events_open(gateway, identity, channel, follow->chaincode, &options,
                                  &reader->events, err);
    static const heddle_blocks_kind of_choice[] = {HEDDLE_BLOCKS_FILTERED, HEDDLE_BLOCKS_FULL,
                                                   HEDDLE_BLOCKS_PRIVATE};
    return heddle_blocks_open(gateway, identity, channel, of_choice[follow->blocks], &options,
                              &reader->blocks, err);
}

static heddle_status run_follow(cli_session *session, const void *values, heddle_error *err)
{
    const struct follow *follow = values;
    base_auto(heddle_checkpointer) heddle_checkpointer *checkpointer = NULL;
    struct reader reader = {.session = session, .follow = follow};
    if (!follow->chaincode == (follow->blocks < 0))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "say what to follow: a CHAINCODE, or --blocks KIND");
    if (follow->checkpoint)
        BASE_TRY(heddle_checkpointer_file(follow->checkpoint, &checkpointer, err));
    reader.checkpointer = checkpointer;
    BASE_TRY(open_stream(&reader, err));
    cli_interrupt_set(session, interrupt, &reader);
    heddle_status status = read_all(&reader, err);
    cli_interrupt_set(session, NULL, NULL);
    heddle_events_close(reader.events);
    heddle_blocks_close(reader.blocks);
    return status;
}

static const cli_command commands[] = {
    {.verb = "follow",
     .summary = "show chaincode events or blocks as they come",
     .details = "One after the other: with -o json a line each, with -o yaml a document each. A "
                "stream that is cut goes\non by itself, with nothing left out and nothing twice; "
                "with --checkpoint also after an end of the\nprogram. Ctrl-C ends it.",
     .example = "heddle events follow basic --from oldest\n"
                "heddle events follow basic --checkpoint position.json -o json | my-program\n"
                "heddle events follow --blocks filtered --from 7 --to 9",
     CLI_ARGUMENTS(follow_arguments),
     CLI_OPTIONS(follow_options),
     .size = sizeof(struct follow),
     .run = run_follow},
};

const cli_group cli_group_events = {
    .name = "events",
    .summary = "events of chaincode, and blocks, as they come",
    CLI_COMMANDS(commands),
};
