#include "devnet/participation/update.h"

#include "base/fail.h"
#include "common/common.pb-c.h"
#include "devnet/network/frame.h"
#include "devnet/orderer/admission.h"
#include "rpc/latch.h"
#include "wire/envelope.h"

heddle_status dn_update_channel(heddle_view bytes, heddle_view *out, heddle_error *err)
{
    wire_envelope envelope;
    if (wire_envelope_read(bytes, &envelope, err) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_DECODE, "bad payload");
    if (envelope.header.type != COMMON__HEADER_TYPE__CONFIG_UPDATE)
        return base_fail(err, HEDDLE_E_DECODE, "bad type");
    if (!envelope.header.channel.len)
        return base_fail(err, HEDDLE_E_DECODE, "empty channel id");
    *out = envelope.header.channel;
    return HEDDLE_OK;
}

/** The order, and the thread that waits for its answer. */
typedef struct waiting {
    dn_order order;
    rpc_latch answered;
    heddle_status status;
    heddle_error *err;
} waiting;

static void take_answer(dn_order *order, heddle_status status, const heddle_error *err)
{
    waiting *w = base_container_of(order, waiting, order);
    w->status = status;
    if (status != HEDDLE_OK)
        w->status = base_fail(w->err, HEDDLE_E_REFUSED, "%s", err->message);
    rpc_latch_down(&w->answered);
}

static rpc_bytes *canonical(const dn_frame *frame)
{
    base_auto_buffer base_buffer bytes = {0};
    size_t len;
    if (dn_frame_write(frame, &bytes) != HEDDLE_OK)
        return NULL;
    uint8_t *data = base_buffer_take(&bytes, &len);
    return rpc_bytes_take(data, len);
}

static heddle_status submit(const dn_chain *chain, waiting *w)
{
    rpc_latch_init(&w->answered, 1);
    dn_sequencer_submit(chain->sequencer, &w->order);
    rpc_latch_wait(&w->answered);
    rpc_latch_done(&w->answered);
    return w->status;
}

heddle_status dn_update_order(const dn_chain *chain, heddle_view bytes, heddle_error *err)
{
    dn_frame frame;
    waiting w = {.order.answer = take_answer, .err = err};
    BASE_TRY(dn_frame_read(bytes, &frame, err));
    if (dn_admission_check(&chain->channel, bytes, &frame, &w.order.admitted, err) !=
        COMMON__STATUS__SUCCESS)
        return HEDDLE_E_REFUSED;
    base_auto(rpc_bytes) rpc_bytes *envelope = canonical(&frame);
    if (!envelope)
        return base_fail_memory(err, "an envelope");
    w.order.envelope = envelope;
    w.order.size = frame.payload.len + frame.signature.len;
    return submit(chain, &w);
}
