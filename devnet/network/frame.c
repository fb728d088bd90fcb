#include "devnet/network/frame.h"

#include "base/fail.h"
#include "wire/reader.h"

heddle_status dn_frame_read(heddle_view bytes, dn_frame *out, heddle_error *err)
{
    wire_reader reader = wire_reader_of(bytes);
    dn_frame frame = {0};
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.type != WIRE_TYPE_BYTES)
            continue;
        if (field.number == 1)
            frame.payload = field.bytes;
        else if (field.number == 2)
            frame.signature = field.bytes;
    }
    if (wire_reader_status(&reader, "common.Envelope", err) != HEDDLE_OK) {
        base_error_prefix(err, "grpc: error unmarshalling request");
        return HEDDLE_E_DECODE;
    }
    *out = frame;
    return HEDDLE_OK;
}

static const wire_slot slots[] = {WIRE_SLOT(1, WIRE_BYTES, dn_frame, payload),
                                  WIRE_SLOT(2, WIRE_BYTES, dn_frame, signature)};
static const wire_shape shape = WIRE_SHAPE(dn_frame, "common.Envelope", slots);

heddle_status dn_frame_write(const dn_frame *frame, base_buffer *out)
{
    return wire_shape_write(&shape, frame, out);
}
