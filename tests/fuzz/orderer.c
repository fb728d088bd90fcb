/* Any bytes as an envelope for the devnet's Broadcast and Deliver. */
#include <stdlib.h>

#include "base/text.h"
#include "devnet/deliver/seek.h"
#include "devnet/orderer/admission.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static base_buffer genesis;
static wire_bundle *bundle;
static dn_config_holder *config;

static void load_channel(void)
{
    if (bundle)
        return;
    if (base_read_file(HEDDLE_FIXTURES "/genesis.block", 0, &genesis, NULL) != HEDDLE_OK ||
        wire_bundle_from_block(base_buffer_view(&genesis), &bundle, NULL) != HEDDLE_OK ||
        dn_config_holder_new(bundle, 0, &config, NULL) != HEDDLE_OK)
        abort();
}

static bool find(void *user, heddle_view name, dn_deliver_source *out)
{
    (void)name;
    *out = (dn_deliver_source){.channel = user};
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_error err;
    heddle_view bytes = heddle_view_of(data, size);
    base_buffer stored = {0};
    dn_frame frame;
    dn_seek seek;
    load_channel();
    dn_channel channel = {
        .name = "mychannel", .genesis = base_buffer_view(&genesis), .config = config};
    if (dn_frame_read(bytes, &frame, &err) != HEDDLE_OK)
        return 0;
    dn_admitted admitted;
    dn_admission_check(&channel, bytes, &frame, &admitted, &err);
    (void)!dn_frame_write(&frame, &stored);
    base_buffer_done(&stored);
    /* Wide open in time; a policy that does not exist ends before the blocks are asked for. */
    dn_deliver_options options = {
        .find = find, .user = &channel, .policy = "/Channel/None", .time_window_ms = UINT64_MAX};
    dn_seek_open(&options, bytes, (heddle_view){0}, &seek, &err);
    return 0;
}
