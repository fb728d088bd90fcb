/*
 * Values of a profile, with their types checked.
 *
 * `where` names the mapping that a key is in ("peers.peer0"), for errors of the form
 * "FILE:LINE: peers.peer0.url: what is wrong". What is absent or null reads as nothing.
 */
#ifndef PROFILE_FIELD_H
#define PROFILE_FIELD_H

#include <stdbool.h>

#include "conf/yaml.h"

typedef struct profile_reader {
    const char *source; /* the file's name */
    const char *dir;    /* that paths are relative to; NULL: the working directory */
    base_arena *arena;
    heddle_error *err;
} profile_reader;

/** A mapping and its name. */
typedef struct profile_section {
    const conf_node *node; /* NULL: absent */
    const char *where;
} profile_section;

heddle_status profile_fail(const profile_reader *r, unsigned line, const char *where,
                           const char *key, const char *fmt, ...) HEDDLE_PRINTF(5, 6);

/** The value at a key, NULL if it is absent or null. */
const conf_node *profile_field(const profile_section *in, const char *key);

HEDDLE_MUST_USE heddle_status profile_field_section(const profile_reader *r,
                                                    const profile_section *in, const char *key,
                                                    profile_section *out);
HEDDLE_MUST_USE heddle_status profile_field_text(const profile_reader *r, const profile_section *in,
                                                 const char *key, const char **out);
HEDDLE_MUST_USE heddle_status profile_field_bool(const profile_reader *r, const profile_section *in,
                                                 const char *key, bool *out);
HEDDLE_MUST_USE heddle_status profile_field_number(const profile_reader *r,
                                                   const profile_section *in, const char *key,
                                                   uint64_t *out);
/** A number of @p unit_ms, or text with a unit of its own ("10s"); to milliseconds. */
HEDDLE_MUST_USE heddle_status profile_field_ms(const profile_reader *r, const profile_section *in,
                                               const char *key, uint32_t unit_ms, uint32_t *out);

typedef struct profile_names {
    size_t count;
    const char *const *items;
    const unsigned *lines;
} profile_names;

/** A list of texts, or the keys of a mapping. */
HEDDLE_MUST_USE heddle_status profile_field_names(const profile_reader *r,
                                                  const profile_section *in, const char *key,
                                                  profile_names *out);

/** The file that the text of a path means: variables put in, relative to the profile. */
HEDDLE_MUST_USE heddle_status profile_path(const profile_reader *r, const conf_node *node,
                                           const char *where, const char *key, const char **out);
/** What {path} or {pem} at a key means: the file's content, a text, or the texts of a list one
 *  after the other. */
HEDDLE_MUST_USE heddle_status profile_field_pem(const profile_reader *r, const profile_section *in,
                                                const char *key, heddle_view *out);

#endif
