/* The object behind heddle_discovery. */
#ifndef DIRECT_FOUND_H
#define DIRECT_FOUND_H

#include "heddle/discovery.h"
#include "wire/discovery.h"

/** Of the answers to all queries of one request; everything is copied. */
HEDDLE_MUST_USE heddle_status direct_found_new(const wire_discovery_response *response,
                                               heddle_discovery **out, heddle_error *err);

#endif
