/* Identities in the CA's answers. */
#ifndef CA_IDENTITIES_H
#define CA_IDENTITIES_H

#include "ca/answer.h"
#include "heddle/ca.h"

/** Of the elements of @p array (NULL: none), or of @p single alone. */
HEDDLE_MUST_USE heddle_status ca_identities_read(const json_item *array, const json_item *single,
                                                 heddle_ca_identities **out, heddle_error *err);

#endif
