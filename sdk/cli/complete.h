/*
 * Completions. The scripts of bash and zsh ask the program itself, by
 *
 *   heddle __complete WORD WORDS-BEFORE-IT…
 *
 * and get a candidate a line, with its meaning behind a tab; ":file" and ":folder" stand for
 * the shell's own. Nothing of it touches the network.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli/session.h"

/** Answer such a question: @p words are those behind "__complete". */
HEDDLE_MUST_USE heddle_status cli_complete(const char *const *words, size_t count,
                                           base_arena *arena, base_buffer *out);

#endif
