/* Text of a stranger within an error's message: bounded, UTF-8, without control characters. */
#ifndef CC_QUOTE_H
#define CC_QUOTE_H

#include "heddle/view.h"

enum { CC_QUOTE_SIZE = 64 };

/** The beginning of @p text between quotes, "..." in place of the rest, '?' for what is not
 *  printable. */
const char *cc_quote(heddle_view text, char out[CC_QUOTE_SIZE]);

/** The same without quotes, in @p size bytes, at least 8. */
const char *cc_show(heddle_view text, char *out, size_t size);

#endif
