/* Bytes for people: text as text, certificates by what is in them, the rest in hexadecimal. */
#ifndef JSON_READABLE_H
#define JSON_READABLE_H

#include "json/writer.h"

void json_readable_write(json_writer *writer, heddle_view bytes);

/** "2026-11-21T06:09:02.728Z", with 0, 3, 6 or 9 digits behind the point; false if it is no
 *  point in time from year 1 to year 9999. */
bool json_time_write(json_writer *writer, int64_t seconds, int32_t nanos);

#endif
