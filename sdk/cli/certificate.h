/* What people want to know of a certificate. */
#ifndef CLI_CERTIFICATE_H
#define CLI_CERTIFICATE_H

#include "cli/document.h"

/** Members of the object that is open in @p doc: subject, issuer, serial, … E_DECODE. */
HEDDLE_MUST_USE heddle_status cli_put_certificate(cli_document *doc, heddle_view pem,
                                                  heddle_error *err);
/** The same in short: name, role, expires, state ("ok", "expired", "not yet valid"). */
HEDDLE_MUST_USE heddle_status cli_put_certificate_brief(cli_document *doc, heddle_view pem,
                                                        heddle_error *err);

#endif
