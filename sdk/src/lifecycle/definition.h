/* A definition in the form that goes over the wire. */
#ifndef LIFECYCLE_DEFINITION_H
#define LIFECYCLE_DEFINITION_H

#include "base/arena.h"
#include "heddle/lifecycle.h"
#include "peer/lifecycle/lifecycle.pb-c.h"

/** What the arguments of approving, checking and committing have in common. Texts are never
 *  NULL. */
typedef struct lifecycle_terms {
    int64_t sequence;
    const char *name, *version, *endorsement_plugin, *validation_plugin;
    heddle_view policy;                           /* empty: the channel's default */
    Protos__CollectionConfigPackage *collections; /* NULL: none */
    bool init_required;
} lifecycle_terms;

/** Check a definition and read its texts; all in @p arena. */
HEDDLE_MUST_USE heddle_status lifecycle_terms_read(const heddle_definition *definition,
                                                   base_arena *arena, lifecycle_terms *out,
                                                   heddle_error *err);

/** Set the members that the messages have in common. */
#define LIFECYCLE_FILL(message, terms)                                                             \
    do {                                                                                           \
        (message).sequence = (terms)->sequence;                                                    \
        (message).name = wire_text((terms)->name);                                                 \
        (message).version = wire_text((terms)->version);                                           \
        (message).endorsement_plugin = wire_text((terms)->endorsement_plugin);                     \
        (message).validation_plugin = wire_text((terms)->validation_plugin);                       \
        (message).validation_parameter = wire_bytes((terms)->policy);                              \
        (message).collections = (terms)->collections;                                              \
        (message).init_required = (terms)->init_required;                                          \
    } while (0)

/** The other way: a definition with texts, in @p arena. What has no text stays in bytes. */
HEDDLE_MUST_USE heddle_status lifecycle_terms_tell(const lifecycle_terms *terms, base_arena *arena,
                                                   const heddle_definition **out,
                                                   heddle_error *err);

#endif
