/*
 * entityMatchers: patterns that send hosts elsewhere.
 *
 * Patterns are POSIX extended regular expressions, of bounded size: a pattern may not make the
 * compiler or the matcher of the C library work without bound.
 */
#ifndef PROFILE_MATCHER_H
#define PROFILE_MATCHER_H

#include "profile/field.h"

typedef struct profile_matcher profile_matcher;

/** The matchers of one kind ("peer", "orderer", "certificateAuthority"), in their order. Zero-
 *  initialised is none. */
typedef struct profile_matchers {
    size_t count;
    profile_matcher *items;
} profile_matchers;

HEDDLE_MUST_USE heddle_status profile_matchers_read(const profile_reader *r,
                                                    const profile_section *root, const char *kind,
                                                    profile_matchers *out);
void profile_matchers_done(profile_matchers *matchers);

/** What the first pattern that matches says; NULL: it says nothing of that. */
typedef struct profile_match {
    const char *address;       /* urlSubstitutionExp, with the groups put in */
    const char *name_override; /* sslTargetOverrideUrlSubstitutionExp */
    const char *mapped;        /* mappedHost, or mappedName */
    bool is_ignored;           /* ignoreEndpoint */
} profile_match;

/** Look for @p text; what is given lives in @p arena or the matchers. False if none matches;
 *  then, and when memory is gone (*out_status), *out is as it was. */
bool profile_matchers_find(const profile_matchers *matchers, const char *text, base_arena *arena,
                           profile_match *out, heddle_status *out_status);

#endif
