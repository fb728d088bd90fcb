/* Between the files of the bundle: its policies. */
#ifndef WIRE_BUNDLE_NODE_H
#define WIRE_BUNDLE_NODE_H

#include "wire/bundle.h"

/** One policy of the channel, decoded. */
typedef struct policy_node policy_node;
struct policy_node {
    const Common__SignaturePolicyEnvelope *signature; /* NULL: implicit meta */
    const char *sub_policy;
    const policy_node **subs; /* NULL members: the subgroup has no such policy */
    size_t sub_count;
    size_t threshold;
};

/** The policy at an absolute path; NULL if there is none. */
const policy_node *wire_bundle_find_node(const wire_bundle *bundle, const char *path);

#endif
