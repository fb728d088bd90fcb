/* Any bytes as the body of a request at an orderer's admin port, and as what is in the form. */
#include "devnet/orderer/join_block.h"
#include "devnet/participation/form.h"
#include "devnet/participation/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_content(heddle_view content)
{
    heddle_error err;
    heddle_view channel;
    dn_join_block block;
    if (dn_join_block_read(content, &block, &err) == HEDDLE_OK)
        wire_bundle_unref(block.bundle);
    (void)!dn_update_channel(content, &channel, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_error err;
    heddle_view bytes = heddle_view_of(data, size), content;
    if (dn_form_read_file("multipart/form-data; boundary=b", bytes, "config-block", &content,
                          &err) == HEDDLE_OK)
        read_content(content);
    read_content(bytes);
    return 0;
}
