/*
 * Who asks: the client that signed the proposal, its certificate, and the attributes that its
 * certificate authority wrote into it.
 *
 *   heddle_status st = heddle_cc_client_assert(stub, "role", "auditor", err);
 *   if (st != HEDDLE_OK)
 *       return st;
 *
 * Blocking: no.
 * Threads: the one that runs the transaction.
 * Ownership: what these functions give out lives in the stub's memory until the transaction's end.
 * Errors: the status, with its reason in @p err if that is not NULL; outputs are untouched on
 *     failure. HEDDLE_E_NOT_FOUND: the peer gave no proposal. HEDDLE_E_BAD_IDENTITY: the identity
 *     is no X.509 certificate, as with Idemix. HEDDLE_E_DECODE: the certificate, or what its
 *     authority wrote into it, cannot be read.
 */
#ifndef HEDDLE_CHAINCODE_IDENTITY_H
#define HEDDLE_CHAINCODE_IDENTITY_H

#include "heddle/chaincode.h"

HEDDLE_BEGIN_DECLS

/** The id of the client's MSP: its organization. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_client_msp_id(heddle_cc_stub *stub,
                                                                 const char **out,
                                                                 heddle_error *err);

/**
 * The client's id, unique within its MSP and the same after its certificate was renewed:
 * base64 of "x509::subject::issuer", letter by letter what chaincode in Go gets from cid.GetID().
 * The ids of the Node and Java shims have another form.
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_client_id(heddle_cc_stub *stub, const char **out,
                                                             heddle_error *err);

/** A client's certificate, read. */
typedef struct heddle_cc_certificate {
    heddle_view pem; /* as the client sent it */
    heddle_view der;
    heddle_view serial;      /* big-endian, without leading zeros */
    const char *common_name; /* of the subject; "" if it has none */
    const char *subject;     /* all of it: "CN=user1,OU=client,O=org1", RFC 2253 */
    const char *issuer;
    int64_t not_before_s; /* Unix time */
    int64_t not_after_s;
} heddle_cc_certificate;

/** The client's certificate. The peer has checked that it is of the MSP. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_client_cert(heddle_cc_stub *stub,
                                                               heddle_cc_certificate *out,
                                                               heddle_error *err);

/** The value of an attribute that the certificate authority vouches for ("hf.EnrollmentID",
 *  "role"). HEDDLE_E_NOT_FOUND also if the certificate has none of that name. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_client_attribute(heddle_cc_stub *stub,
                                                                    const char *name,
                                                                    const char **out,
                                                                    heddle_error *err);

/** Fail with HEDDLE_E_DENIED unless attribute @p name is there and is exactly @p value. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_cc_client_assert(heddle_cc_stub *stub,
                                                                 const char *name,
                                                                 const char *value,
                                                                 heddle_error *err);

HEDDLE_END_DECLS

#endif
