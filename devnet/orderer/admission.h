/* What an orderer takes: the checks of Broadcast, with Fabric's statuses and texts. Pure. */
#ifndef DEVNET_ADMISSION_H
#define DEVNET_ADMISSION_H

#include "devnet/network/channel.h"
#include "devnet/network/frame.h"

/**
 * @p channel NULL: there is none of the envelope's name. Whether @p frame, which is the envelope @p
 * bytes, may be ordered. Gives a common.Status: SUCCESS, or a refusal whose info text is in
 * err->message.
 */
int dn_admission_check(const dn_channel *channel, heddle_view bytes, const dn_frame *frame,
                       heddle_error *err);

#endif
