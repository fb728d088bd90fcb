/*
 * From a CA's list of what is revoked to the channels that have its organisation.
 *
 * The list is that of the organisation's MSP, by a config update that every administrator of the
 * network signs. Channels that have it already are left alone.
 */
#ifndef DEVNET_REVOCATION_H
#define DEVNET_REVOCATION_H

#include "devnet/network/state.h"

typedef struct dn_revocation dn_revocation;

/** Of the CA of @p org, both borrowed. */
HEDDLE_MUST_USE heddle_status dn_revocation_new(dn_network *net, const dn_org *org,
                                                dn_revocation **out, heddle_error *err);
void dn_revocation_free(dn_revocation *revocation); /* NULL is fine */

/** A dn_ca_revoked_fn: keep the list, and once the network serves, publish it. */
void dn_revocation_told(void *user, const char *name, heddle_view crl_pem, heddle_view revoked_pem);

/** The network serves from here on: publish what a channel lacks, such as what was revoked before a
 *  kill -9. What fails is logged. */
void dn_revocation_start(dn_revocation *revocation);

#endif
