/*
 * The envelopes that came lately. Clients of a BFT ordering service send each envelope to all
 * orderers, and it is ordered once.
 */
#ifndef DEVNET_SEEN_H
#define DEVNET_SEEN_H

#include <stdbool.h>

#include "heddle/status.h"
#include "heddle/view.h"

/** Belongs to one thread. */
typedef struct dn_seen dn_seen;

dn_seen *dn_seen_new(void);       /* NULL: no memory */
void dn_seen_free(dn_seen *seen); /* NULL is fine */

/** Note the envelope; *out_again: it was noted before. */
HEDDLE_MUST_USE heddle_status dn_seen_note(dn_seen *seen, heddle_view envelope, bool *out_again,
                                           heddle_error *err);
/** It was not taken: let it come again. */
void dn_seen_forget(dn_seen *seen, heddle_view envelope);
void dn_seen_forget_all(dn_seen *seen);

#endif
