/*
 * A whole system of real programs: heddle-devnet with the asset-transfer chaincode,
 * heddle-gateway, heddle-sync and a PostgreSQL, in one temporary folder. Each program can be
 * killed and started again; it comes back under its old addresses.
 */
#ifndef SUPPORT_STACK_H
#define SUPPORT_STACK_H

#include <stdint.h>

#include "support/process.h"

typedef enum stack_part {
    STACK_CHAINCODE,
    STACK_DEVNET,
    STACK_GATEWAY,
    STACK_SYNC,
    STACK_PARTS
} stack_part;

typedef struct stack stack;

/** Start everything and wait until it serves. @p bin is HEDDLE_BIN. Fails the test. */
stack *stack_start(const char *bin);

/** The same with further arguments of heddle-devnet; they end with NULL and are borrowed. */
stack *stack_start_with(const char *bin, const char *const devnet_args[]);

void stack_free(stack *s);

/** SIGKILL, and the start after it. Does not wait until the part serves again. */
void stack_kill(stack *s, stack_part part);
void stack_resume(stack *s, stack_part part);

/** SIGTERM; the part's exit code. It can be resumed. */
int stack_stop(stack *s, stack_part part);

const char *stack_dir(const stack *s);
/** "127.0.0.1:port" of the gateway, and the PEM file to trust it by. */
const char *stack_gateway(const stack *s);
const char *stack_gateway_ca(const stack *s);
/** "host:port" of the peer of Org1, which is trusted by the gateway's file, and of the orderer
 *  with a file of its own. */
const char *stack_peer(const stack *s);
const char *stack_orderer(const stack *s);
const char *stack_orderer_ca(const stack *s);
uint16_t stack_admin_port(const stack *s); /* of the gateway */

/** A part that runs, to look at; NULL: it was killed. */
process *stack_process(stack *s, stack_part part);

/** The MSP folder of User1 of Org1. */
const char *stack_user_msp(const stack *s);
/** Connection text of the database that the sync writes. */
const char *stack_database(const stack *s);
/** Connection text of another database of the same cluster; the caller frees it. */
char *stack_database_named(const stack *s, const char *name);

/** Run `heddle-sync --once` into @p database; its exit code. */
int stack_sync_once(stack *s, const char *database);

#endif
