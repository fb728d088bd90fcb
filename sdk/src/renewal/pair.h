/*
 * A certificate and a key in two files, replaced as one.
 *
 * Two files cannot be renamed at once, but one symbolic link can. Beside the certificate's file
 * lies the folder of its pairs, and the two files are links through it:
 *
 *   tls.pem           -> tls.pem.pairs/current/cert.pem
 *   tls.key           -> tls.pem.pairs/current/key.pem
 *   tls.pem.pairs/current -> 7
 *   tls.pem.pairs/7/  cert.pem  key.pem (0600)
 *
 * Invariant: at every instant, also after a kill at any point, the two paths lead to a
 * certificate and its key: a pair is written whole and is on the disk before `current` is turned
 * to it. Files that are not yet links become links to a copy of what they hold, one after the
 * other, before anything new is turned to. Who opens the two paths on both sides of a turn reads
 * files of two pairs: readers compare, and read again. The pair before stays for those who have
 * opened the folder, earlier ones are removed.
 */
#ifndef RENEWAL_PAIR_H
#define RENEWAL_PAIR_H

#include "heddle/status.h"
#include "heddle/view.h"

typedef struct renewal_pair {
    const char *cert_file;
    const char *key_file;
} renewal_pair;

/** On the disk when it returns. */
HEDDLE_MUST_USE heddle_status renewal_pair_write(const renewal_pair *files, heddle_view cert_pem,
                                                 heddle_view key_pem, heddle_error *err);

#endif
