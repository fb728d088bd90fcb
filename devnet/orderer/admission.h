/* What an orderer takes: the checks of Broadcast, with Fabric's statuses and texts. Pure. */
#ifndef DEVNET_ADMISSION_H
#define DEVNET_ADMISSION_H

#include "devnet/network/channel.h"
#include "devnet/network/frame.h"

/** What is known of an envelope that may be ordered. */
typedef struct dn_admitted {
    uint64_t sequence; /* of the configuration that it was checked against */
    bool is_update;    /* of type CONFIG_UPDATE: what it comes to is ordered in its place */
} dn_admitted;

/**
 * @p channel NULL: there is none of the envelope's name. Whether @p frame, which is the envelope @p
 * bytes, may be ordered. Gives a common.Status: SUCCESS and *out, or a refusal whose info text is
 * in err->message.
 */
int dn_admission_check(const dn_channel *channel, heddle_view bytes, const dn_frame *frame,
                       dn_admitted *out, heddle_error *err);

/** The same of an envelope that was admitted, against another configuration. */
int dn_admission_recheck(const wire_bundle *bundle, heddle_view bytes, const dn_frame *frame,
                         heddle_error *err);

#endif
