/* Attributes of identities: who may give which. */
#ifndef DEVNET_CA_ATTRIBUTE_H
#define DEVNET_CA_ATTRIBUTE_H

#include "devnet/ca/call.h"

/** A list being made, in the call's arena. */
typedef struct dn_ca_attributes {
    dn_ca_attribute *items;
    size_t count;
} dn_ca_attributes;

/** "attrs" of @p object. */
bool dn_ca_read_attributes(dn_ca_call *call, const json_item *object, dn_ca_attributes *out);

/** Whether the caller may give @p wanted to @p identity (NULL: a new one). */
bool dn_ca_check_attributes(dn_ca_call *call, const dn_ca_attributes *wanted,
                            const dn_ca_identity *identity);

/** Set it, in the place of one of that name; an empty value takes it away. */
bool dn_ca_set_attribute(dn_ca_call *call, dn_ca_attributes *attributes,
                         const dn_ca_attribute *wanted);
/** The three that say what an identity is: hf.EnrollmentID, hf.Type, hf.Affiliation. */
bool dn_ca_set_fixed(dn_ca_call *call, dn_ca_attributes *attributes, const char *name,
                     const char *value);

#endif
