/* Reading a form that was sent as multipart/form-data and has to hold one file. Pure. */
#ifndef DEVNET_FORM_H
#define DEVNET_FORM_H

#include "heddle/status.h"
#include "heddle/view.h"

/**
 * The content of the file called @p key, which is the only part of @p body. @p content_type is the
 * header's value, with the boundary. E_REFUSED with the words of a Fabric orderer: it is no form,
 * it is cut off, or it has other parts.
 */
HEDDLE_MUST_USE heddle_status dn_form_read_file(const char *content_type, heddle_view body,
                                                const char *key, heddle_view *out,
                                                heddle_error *err);

#endif
