/*
 * What a command answers: a document, made once and written as JSON, as YAML or as a table, as
 * --output asks.
 *
 *   cli_auto_document cli_document doc;
 *   cli_document_init(&doc);
 *   cli_begin_list(&doc, NULL);
 *   for (…) {
 *       cli_begin_object(&doc, NULL);
 *       cli_put_text(&doc, "label", label);
 *       cli_put_number(&doc, "certificates", count);
 *       cli_end_object(&doc);
 *   }
 *   cli_end_list(&doc);
 *   return cli_print(session, &doc, "label certificates", err);
 *
 * Want of memory is remembered and told by cli_print(). Names of members are small, with '_'
 * between words; they become the titles of columns. @p name is NULL in a list and at the top.
 */
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include "cli/command.h"
#include "json/writer.h"

typedef struct cli_document {
    base_buffer text;
    json_writer writer;
} cli_document;

void cli_document_init(cli_document *doc);
void cli_document_done(cli_document *doc);
#define cli_auto_document __attribute__((cleanup(cli_document_done)))

void cli_begin_object(cli_document *doc, const char *name);
void cli_end_object(cli_document *doc);
void cli_begin_list(cli_document *doc, const char *name);
void cli_end_list(cli_document *doc);

void cli_put_text(cli_document *doc, const char *name, const char *utf8); /* NULL: null */
void cli_put_view(cli_document *doc, const char *name, heddle_view utf8);
void cli_put_number(cli_document *doc, const char *name, uint64_t number);
void cli_put_integer(cli_document *doc, const char *name, int64_t number);
void cli_put_truth(cli_document *doc, const char *name, bool truth);
/** A point in time, "2026-11-21T06:09:02Z". */
void cli_put_time(cli_document *doc, const char *name, int64_t unix_s);
void cli_put_hex(cli_document *doc, const char *name, heddle_view bytes);
/** A value that is JSON already. */
void cli_put_json(cli_document *doc, const char *name, heddle_view json);
/** Bytes of which nobody knows what they are: JSON as it is, other text as text, all else as
 *  {"base64": "…"}. */
void cli_put_payload(cli_document *doc, const char *name, heddle_view bytes);

/** "table", "json", "yaml": what --output takes, in this order. */
typedef enum cli_form { CLI_TABLE, CLI_JSON, CLI_YAML } cli_form;
extern const char *const cli_forms[];

/**
 * Append the document in one of the forms. In a table a list of objects is a row each: of the
 * members named in @p columns (names with blanks between; NULL: all that are not lists or
 * objects), and an object is a line a member. The titles of columns in bold with @p bold.
 */
HEDDLE_MUST_USE heddle_status cli_document_write(cli_document *doc, cli_form form,
                                                 const char *columns, bool bold, base_buffer *out,
                                                 heddle_error *err);

/** Write the document to standard output as --output asks. */
HEDDLE_MUST_USE heddle_status cli_print(cli_session *session, cli_document *doc,
                                        const char *columns, heddle_error *err);
/** One of many that come one after the other: in JSON a line each, in YAML a document each, in
 *  a table the values of @p columns with blanks between. */
HEDDLE_MUST_USE heddle_status cli_print_next(cli_session *session, cli_document *doc,
                                             const char *columns, heddle_error *err);
/** Bytes as they are, to standard output. */
HEDDLE_MUST_USE heddle_status cli_print_bytes(cli_session *session, heddle_view bytes,
                                              heddle_error *err);
/** A text of the network: its bytes, but on a terminal nothing that one would obey. */
HEDDLE_MUST_USE heddle_status cli_print_words(cli_session *session, heddle_view text,
                                              heddle_error *err);

#endif
