#include "support/devnet.h"

#include <check.h>

#include "base/arena.h"
#include "support/fixture.h"

struct devnet {
    char *dir;
    dn_options options;
    dn_network *net;
    base_arena *arena;
};

dn_options devnet_options(void)
{
    dn_options options = dn_options_default();
    options.batch_timeout_ms = 20;
    options.has_ca = false;
    return options;
}

static void start(devnet *net)
{
    heddle_error err;
    net->options.dir = net->dir;
    net->options.base_port = 0;
    if (dn_network_start(&net->options, &net->net, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

devnet *devnet_start(const dn_options *options)
{
    devnet *net = base_calloc(1, sizeof(*net));
    net->options = options ? *options : devnet_options();
    net->dir = fixture_dir_new();
    net->arena = base_arena_new(0);
    start(net);
    return net;
}

void devnet_restart(devnet *net)
{
    dn_network_stop(base_steal(&net->net));
    start(net);
}

void devnet_free(devnet *net)
{
    if (!net)
        return;
    dn_network_stop(net->net);
    fixture_dir_free(net->dir);
    base_arena_free(net->arena);
    base_free(net);
}

dn_network *devnet_network(const devnet *net)
{
    return net->net;
}

const char *devnet_dir(const devnet *net)
{
    return net->dir;
}

const char *devnet_msp(devnet *net, const char *domain, const char *user)
{
    base_auto_buffer base_buffer path = {0};
    ck_assert_int_eq(dn_network_user_msp(net->net, domain, user, &path), HEDDLE_OK);
    return base_arena_str(net->arena, base_buffer_view(&path));
}
