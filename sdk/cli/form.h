/* A document as text, in one of three forms; each ends with a newline. */
#ifndef CLI_FORM_H
#define CLI_FORM_H

#include "base/buffer.h"
#include "json/document.h"

/** @p pretty: a line a member, indented by two; else all in one line. */
HEDDLE_MUST_USE heddle_status cli_form_json(const json_item *root, bool pretty, base_buffer *out);
HEDDLE_MUST_USE heddle_status cli_form_yaml(const json_item *root, base_buffer *out);
/** See cli_document_write(). */
HEDDLE_MUST_USE heddle_status cli_form_table(const json_item *root, const char *columns, bool bold,
                                             base_buffer *out);
/** The values of @p columns (NULL: all) in one line. */
HEDDLE_MUST_USE heddle_status cli_form_line(const json_item *object, const char *columns,
                                            base_buffer *out);

/** A text as it may go to a terminal: lines and tabs stay, what else a terminal would obey is
 *  blank. */
HEDDLE_MUST_USE heddle_status cli_form_shown(heddle_view text, base_buffer *out);

/** A number as it is written; false if it is none. */
bool cli_form_number(const json_item *item, char out[40]);
/** A text in quotes, as in JSON and in YAML; nothing in it that a terminal would obey. */
HEDDLE_MUST_USE heddle_status cli_form_quoted(heddle_view text, base_buffer *out);

/** A text as YAML: plain where that can be, else in quotes. */
HEDDLE_MUST_USE heddle_status cli_form_text(heddle_view text, base_buffer *out);

#endif
