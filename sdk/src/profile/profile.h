/* The inside of a profile: read section by section into one arena. */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include "heddle/profile.h"
#include "profile/field.h"
#include "profile/matcher.h"

/** Bytes in the arena that are overwritten before it goes. */
typedef struct profile_secret {
    heddle_view bytes;
    struct profile_secret *next;
} profile_secret;

typedef struct profile_nodes {
    size_t count;
    heddle_profile_node *items;
} profile_nodes;

struct heddle_profile {
    base_arena *arena;
    bool as_localhost;
    const char *name;
    heddle_profile_client client;
    profile_nodes peers;
    profile_nodes orderers;
    size_t channel_count;
    heddle_profile_channel *channels;
    size_t ca_count;
    heddle_profile_ca *cas;
    size_t org_count;
    heddle_profile_org *orgs;
    profile_matchers peer_matchers;
    profile_matchers orderer_matchers;
    profile_matchers ca_matchers;
    profile_secret *secrets;
};

/* What reads one section into the profile; in this order. */
HEDDLE_MUST_USE heddle_status profile_read_client(const profile_reader *r,
                                                  const profile_section *root,
                                                  heddle_profile *profile);
HEDDLE_MUST_USE heddle_status profile_read_nodes(const profile_reader *r,
                                                 const profile_section *root,
                                                 heddle_profile *profile);
HEDDLE_MUST_USE heddle_status profile_read_cas(const profile_reader *r, const profile_section *root,
                                               heddle_profile *profile);
HEDDLE_MUST_USE heddle_status profile_read_orgs(const profile_reader *r,
                                                const profile_section *root,
                                                heddle_profile *profile);
HEDDLE_MUST_USE heddle_status profile_read_channels(const profile_reader *r,
                                                    const profile_section *root,
                                                    heddle_profile *profile);

/** Where a node is. */
typedef struct profile_target {
    const char *address; /* "host:port" */
    bool plaintext;
    const char *name_override; /* NULL: not said */
} profile_target;

/** "grpcs://host:port", "grpc://…" or "host:port"; the reason if it is none, else NULL. */
const char *profile_parse_url(const char *url, bool plaintext_if_bare, base_arena *arena,
                              profile_target *out);
/** The same target on localhost. NULL: memory is gone. */
const char *profile_to_localhost(base_arena *arena, profile_target *target);

HEDDLE_MUST_USE heddle_status profile_keep_secret(const profile_reader *r, heddle_profile *profile,
                                                  heddle_view bytes);

heddle_profile_node *profile_find_node(const profile_nodes *nodes, const char *name);

/** Memory for @p count structs, at least one. */
void *profile_array(const profile_reader *r, size_t count, size_t size);

/** Walk through a mapping of named mappings: the section of pair @p index. */
HEDDLE_MUST_USE heddle_status profile_entry_at(const profile_reader *r, const profile_section *in,
                                               size_t index, const char **out_name,
                                               profile_section *out);
/** How many there are; 0 if the section is absent. */
size_t profile_entry_count(const profile_section *in);

#endif
