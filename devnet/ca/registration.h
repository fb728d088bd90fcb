/* New identities, of "register" and of "identities". */
#ifndef DEVNET_CA_REGISTRATION_H
#define DEVNET_CA_REGISTRATION_H

#include "devnet/ca/attribute.h"

/** The identity that the body asks for, checked and complete; nothing has changed yet.
 *  @p out_secret is its password. Everything lives as the call. */
bool dn_ca_read_registration(dn_ca_call *call, dn_ca_identity *out, const char **out_secret);

/** Salt and hash of the password into @p identity. */
bool dn_ca_set_password(dn_ca_call *call, dn_ca_identity *identity, const char *password);

#endif
