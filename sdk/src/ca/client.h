/*
 * One request to the CA, and its answer.
 *
 * The CA answers {"result": …, "errors": [{"code", "message"}], "success": …}; a listing that
 * fails half-way has both a result and errors, so that a result counts only with success.
 */
#ifndef CA_CLIENT_H
#define CA_CLIENT_H

#include "ca/answer.h"
#include "heddle/ca.h"

typedef struct ca_request {
    const char *method;
    const char *path;              /* with its query, behind the path of the CA's URL */
    heddle_view body;              /* empty: none */
    const heddle_identity *caller; /* NULL: nobody, or … */
    const char *id;                /* … this one by the password */
    const char *secret;
    bool is_repeatable; /* asking twice does what asking once does */
} ca_request;

/** E_DENIED, E_NOT_FOUND, E_EXISTS, E_REFUSED with err->ca_code: the CA refuses. */
HEDDLE_MUST_USE heddle_status ca_ask(heddle_ca *ca, const ca_request *request, ca_answer *out,
                                     heddle_error *err);

const char *ca_name(const heddle_ca *ca);   /* "": the default */
const char *ca_server(const heddle_ca *ca); /* "host:port" */

#endif
