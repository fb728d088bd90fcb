/*
 * Changing a channel's configuration from within: the network has the keys of every
 * administrator, so what it wants changed is signed by all of them and ordered like any update.
 */
#ifndef DEVNET_CONFIG_CHANGE_H
#define DEVNET_CONFIG_CHANGE_H

#include "devnet/orderer/chain.h"

/** Change @p config in place; what is added lives in @p arena. On the caller's thread, again when
 *  somebody else's update came in between. */
typedef heddle_status dn_config_edit_fn(Common__Config *config, base_arena *arena, void *user,
                                        heddle_error *err);

/**
 * Edit the configuration of @p chain, which runs, and wait until the orderers have it; peers
 * follow. Blocking; any thread but a reactor's and the sequencer's. An edit that changes nothing
 * is no failure. E_REFUSED: the orderer's words; E_TIMED_OUT, E_CANCELLED.
 */
HEDDLE_MUST_USE heddle_status dn_chain_change(dn_chain *chain, const dn_material *material,
                                              dn_config_edit_fn *edit, void *user,
                                              heddle_error *err);

/**
 * Let @p crl (PEM or DER) be the one revocation list of the MSP @p msp_id on the channel; empty:
 * it has none. From the block on, orderers and peers refuse the certificates in it. E_NOT_FOUND:
 * no organisation of the channel has the MSP.
 */
HEDDLE_MUST_USE heddle_status dn_chain_revoke(dn_chain *chain, const dn_material *material,
                                              const char *msp_id, heddle_view crl,
                                              heddle_error *err);

#endif
