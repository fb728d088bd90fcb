/* From a CONFIG_UPDATE envelope to the envelope that a config block holds. Pure. */
#ifndef DEVNET_CONFIGURE_H
#define DEVNET_CONFIGURE_H

#include "devnet/material/signer.h"
#include "wire/bundle.h"

/**
 * Append to @p out the envelope of type CONFIG, signed by the orderer, that @p update makes of the
 * configuration @p bundle; *out_next: the configuration after it, yours to unref. Gives a
 * common.Status: SUCCESS, or a refusal whose info text is in err->message.
 */
int dn_configure(const wire_bundle *bundle, const dn_signer *signer, heddle_view update,
                 base_buffer *out, wire_bundle **out_next, heddle_error *err);

#endif
