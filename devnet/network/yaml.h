/* A JSON document written as YAML. */
#ifndef DEVNET_YAML_H
#define DEVNET_YAML_H

#include <jansson.h>

#include "base/buffer.h"

/** Block style, strings in double quotes: for documents of this program, not nested deeply. */
HEDDLE_MUST_USE heddle_status dn_yaml_append(const json_t *document, base_buffer *out);

#endif
