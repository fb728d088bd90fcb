/* The object behind heddle_config_update. */
#ifndef CHANNEL_UPDATE_H
#define CHANNEL_UPDATE_H

#include "heddle/config.h"
#include "wire/config_update.h"

typedef struct channel_signature {
    heddle_view header;  /* bytes of a SignatureHeader */
    heddle_view creator; /* in it: bytes of a SerializedIdentity */
    heddle_view signature;
} channel_signature;

struct heddle_config_update {
    base_arena *arena;
    char *channel;
    heddle_view bytes; /* of the ConfigUpdate: what is signed */
    channel_signature *signatures;
    size_t count;
};

/** The bytes of the envelope, signed by @p submitter unless that is NULL, appended. */
HEDDLE_MUST_USE heddle_status channel_update_envelope(const heddle_config_update *update,
                                                      const heddle_identity *submitter,
                                                      base_buffer *out, heddle_error *err);

/** What orderers or peers say of an update that does not go, in the words of this library: the
 *  status is judged by the text. */
heddle_status channel_update_judge(heddle_error *err);

BASE_AUTO_DEFINE(heddle_config_update, heddle_config_update *, heddle_config_update_free)

#endif
