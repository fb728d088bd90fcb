/* Comparing and copying views. */
#ifndef BASE_VIEW_H
#define BASE_VIEW_H

#include <stdbool.h>

#include "heddle/view.h"

/** A view of a string literal. */
#define VIEW(literal) heddle_view_of("" literal, sizeof(literal) - 1)

bool base_view_equal(heddle_view a, heddle_view b);

/** Whether @p a is exactly the characters of @p text. */
bool base_view_is(heddle_view a, const char *text);

/** Order as memcmp does, a prefix before what it begins. */
int base_view_compare(heddle_view a, heddle_view b);

bool base_view_starts(heddle_view a, heddle_view prefix);

/** The part from @p from on, at most @p len bytes; empty beyond the end. */
heddle_view base_view_slice(heddle_view a, size_t from, size_t len);

/** For printf: ("%.*s", BASE_VIEW_ARG(view)). */
#define BASE_VIEW_ARG(view) (int)(view).len, (const char *)(view).data

#endif
