/* One identity of a wallet, and its two written forms. */
#ifndef PROFILE_ENTRY_H
#define PROFILE_ENTRY_H

#include "base/buffer.h"
#include "heddle/identity.h"

enum { PROFILE_ENTRY_MAX = 64 * 1024 }; /* bytes of a document */

/** Zero-initialised is empty. Each text has a NUL behind it. */
typedef struct profile_entry {
    base_buffer mspid;
    base_buffer cert_pem;
    base_buffer key_pem; /* empty: a token has the key */
} profile_entry;

void profile_entry_done(profile_entry *entry); /* wipes */
#define profile_auto_entry __attribute__((cleanup(profile_entry_done)))

/** LABEL.id: {credentials:{certificate,privateKey},mspId,type,version}. E_DECODE. */
HEDDLE_MUST_USE heddle_status profile_entry_read(heddle_view document, profile_entry *out,
                                                 heddle_error *err);
HEDDLE_MUST_USE heddle_status profile_entry_write(const profile_entry *entry, base_buffer *out,
                                                  heddle_error *err);

/** fabric-client's state of a user: {mspid,enrollment:{signingIdentity,identity:{certificate}}}.
 *  @p out_key_name gets the name of the key, without the key. */
HEDDLE_MUST_USE heddle_status profile_entry_read_user(heddle_view document, profile_entry *out,
                                                      base_buffer *out_key_name, heddle_error *err);

#endif
