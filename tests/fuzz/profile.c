/* Any bytes as a connection profile, and hosts sent through its matchers. */
#include "heddle/profile.h"
#include "base/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_around(const heddle_profile *profile)
{
    heddle_bytes address = {0}, name = {0};
    for (size_t i = 0; i < heddle_profile_peer_count(profile); i++) {
        const heddle_profile_node *peer = heddle_profile_peer_at(profile, i);
        if (!peer->address[0] || heddle_profile_peer(profile, peer->name) != peer)
            __builtin_trap();
    }
    for (size_t i = 0; i < heddle_profile_channel_count(profile); i++) {
        const heddle_profile_channel *channel = heddle_profile_channel_at(profile, i);
        for (size_t p = 0; p < channel->peer_count; p++)
            if (!channel->peers[p].peer)
                __builtin_trap();
    }
    (void)!heddle_profile_map_peer(profile, "peer0.org1.example.com:7051", &address, &name, NULL);
    heddle_bytes_done(&address);
    heddle_bytes_done(&name);
    (void)!heddle_profile_map_orderer(profile, "orderer.example.com:7050", &address, NULL, NULL);
    heddle_bytes_done(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heddle_profile_options options = HEDDLE_PROFILE_OPTIONS;
    heddle_profile *profile = NULL;
    heddle_error err;
    /* Files that never end or never begin are not what is tried here. */
    if (size > 65536 || (size && (memmem(data, size, "/dev", 4) || memmem(data, size, "/proc", 5))))
        return 0;
    for (int i = 0; i < 2; i++) {
        options.as_localhost = i == 1;
        options.base_dir = "/nonexistent";
        if (heddle_profile_parse(heddle_view_of(data, size), &options, &profile, &err) ==
            HEDDLE_OK) {
            look_around(profile);
            heddle_profile_free(profile);
        }
    }
    return 0;
}
