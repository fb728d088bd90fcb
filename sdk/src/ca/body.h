/* The JSON object that is the body of a request. Wiped at the end: there may be a password. */
#ifndef CA_BODY_H
#define CA_BODY_H

#include "heddle/ca.h"
#include "json/writer.h"

typedef struct ca_body {
    base_buffer bytes;
    json_writer writer;
    const char *bad; /* the name of the first member that is not UTF-8 */
} ca_body;

void ca_body_begin(ca_body *body);
void ca_body_done(ca_body *body);
#define ca_auto_body __attribute__((cleanup(ca_body_done)))

void ca_body_text(ca_body *body, const char *name, const char *value);          /* NULL: "" */
void ca_body_optional_text(ca_body *body, const char *name, const char *value); /* NULL, "": none */
void ca_body_view(ca_body *body, const char *name, heddle_view value);
void ca_body_flag(ca_body *body, const char *name, bool value);
void ca_body_number(ca_body *body, const char *name, int value);
/** Unix time; 0: Go's zero time, which is what the CA takes for none. */
void ca_body_time(ca_body *body, const char *name, int64_t seconds);
void ca_body_texts(ca_body *body, const char *name, const char *const *values, size_t count);
/** Nothing if there are none. */
void ca_body_attributes(ca_body *body, const heddle_attribute *attributes, size_t count);
void ca_body_requests(ca_body *body, const heddle_attribute_request *requests, size_t count);

/** The whole; lives as @p body. E_BAD_ARGUMENT names a member that is not UTF-8. */
HEDDLE_MUST_USE heddle_status ca_body_end(ca_body *body, heddle_view *out, heddle_error *err);

#endif
