#include "wire/identity.h"

#include "base/fail.h"
#include "base/text.h"
#include "wire/reader.h"

static const wire_slot slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_identity, mspid),
    WIRE_SLOT(2, WIRE_BYTES, wire_identity, cert),
};
static const wire_shape shape = WIRE_SHAPE(wire_identity, "msp.SerializedIdentity", slots);

heddle_status wire_identity_read(heddle_view bytes, wire_identity *out, heddle_error *err)
{
    wire_identity identity = {0};
    BASE_TRY(wire_shape_read(&shape, bytes, NULL, &identity, err));
    if (identity.mspid.len == 0 || !base_is_utf8(identity.mspid))
        return base_fail(err, HEDDLE_E_DECODE, "%s: no MSP id", shape.name);
    *out = identity;
    return HEDDLE_OK;
}

heddle_status wire_identity_write(heddle_view mspid, heddle_view cert_pem, base_buffer *out)
{
    wire_identity identity = {mspid, cert_pem};
    return wire_shape_write(&shape, &identity, out);
}
