/* Durations as Go writes them: "2s", "1m30s", "2.5ms". */
#ifndef WIRE_GO_DURATION_H
#define WIRE_GO_DURATION_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** The whole of @p text, to the nearest millisecond; less than one, but not none, is one. Negative
 *  ones are refused. */
bool wire_go_duration_ms(const char *text, uint64_t *out);

#endif
