#include "channel/form.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/text.h"
#include "crypto/digest.h"

enum { BOUNDARY_BYTES = 24 }; /* of chance: the content cannot have it in it */

heddle_status channel_form_write(const channel_form_file *file, channel_form *out,
                                 heddle_error *err)
{
    uint8_t chance[BOUNDARY_BYTES];
    char boundary[2 * BOUNDARY_BYTES + 1];
    if (crypto_random(chance, sizeof(chance)))
        return base_fail(err, HEDDLE_E_CRYPTO, "no random bytes");
    base_hex(heddle_view_of(chance, sizeof(chance)), boundary);
    snprintf(out->content_type, sizeof(out->content_type),
             "Content-Type: multipart/form-data; boundary=%s", boundary);
    if (base_buffer_printf(&out->body,
                           "--%s\r\nContent-Disposition: form-data; name=\"%s\"; "
                           "filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n",
                           boundary, file->field, file->name) ||
        base_buffer_append(&out->body, file->content) ||
        base_buffer_printf(&out->body, "\r\n--%s--\r\n", boundary))
        return base_fail_memory(err, "request to the orderer");
    return HEDDLE_OK;
}
