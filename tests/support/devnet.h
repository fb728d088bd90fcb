/*
 * A devnet in the test's own process: free ports, a temporary folder. A test that uses it
 * lists tests/support/devnet.c in its SOURCES and devnet in its LAYERS, and has called
 * rpc_init() in its checked fixture.
 */
#ifndef SUPPORT_DEVNET_H
#define SUPPORT_DEVNET_H

#include "devnet/devnet.h"

typedef struct devnet devnet;

/** Defaults for tests: blocks after 20 ms. Change what you need. */
dn_options devnet_options(void);

/** Start; fails the test if it cannot. dir and base_port of @p options (NULL:
 *  devnet_options()) are not used; chaincodes are borrowed until devnet_free. */
devnet *devnet_start(const dn_options *options);

/** Stop and start again on the same folder and ports, if they are still free. */
void devnet_restart(devnet *net);

/** Stop, and remove the folder. NULL is fine. */
void devnet_free(devnet *net);

dn_network *devnet_network(const devnet *net);
const char *devnet_dir(const devnet *net);

/** MSP folder of "User1" or "Admin" of an organisation ("org1.example.com"); it lives as
 *  long as @p net. */
const char *devnet_msp(devnet *net, const char *domain, const char *user);

#endif
