/* Times as they come to a CA. */
#ifndef DEVNET_CA_TIME_H
#define DEVNET_CA_TIME_H

#include "devnet/ca/call.h"

/** A point that may be left open. */
typedef struct dn_ca_time {
    bool is_set;
    int64_t at_s;
} dn_ca_time;

typedef struct dn_ca_span {
    dn_ca_time after;
    dn_ca_time before;
} dn_ca_span;

bool dn_ca_span_has(const dn_ca_span *span, int64_t at_s);
bool dn_ca_span_is_empty(const dn_ca_span *span); /* it ends before it begins */

/** "2026-11-21T10:00:00Z", "2026-11-21", or from @p now_s on "+30d", "-12h30m". False: none. */
bool dn_ca_time_parse(const char *text, int64_t now_s, int64_t *out);

/** A member of the body, RFC 3339; left open by its absence and by Go's zero time. */
bool dn_ca_read_time(dn_ca_call *call, const char *name, dn_ca_time *out);
/** A key of the query, in any of the forms. */
bool dn_ca_query_time(dn_ca_call *call, const char *name, dn_ca_time *out);

#endif
