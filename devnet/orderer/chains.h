/*
 * Every channel that orderers of the network serve.
 *
 * Each has a folder below that of the orderers: blocks.log, journal.log, and "orderers", the names
 * of those that serve it, one a line. A folder without that file is what is left of a join that
 * did not come to its end; the next join removes it.
 */
#ifndef DEVNET_CHAINS_H
#define DEVNET_CHAINS_H

#include "devnet/orderer/chain.h"

typedef struct dn_chains dn_chains;

/** Borrowed until dn_chains_free. */
typedef struct dn_chains_options {
    const char *dir;
    const dn_org *org; /* of the orderers */
    dn_faults *faults;
} dn_chains_options;

/** Recover the channels that are there. */
HEDDLE_MUST_USE heddle_status dn_chains_open(const dn_chains_options *options, dn_chains **out,
                                             heddle_error *err);
/** Order; what is joined later orders at once. */
HEDDLE_MUST_USE heddle_status dn_chains_start(dn_chains *chains, heddle_error *err);
/** Answer what was taken; nothing is joined any more. Does nothing the second time. */
void dn_chains_stop(dn_chains *chains);
void dn_chains_free(dn_chains *chains); /* NULL is fine; stops if it runs */

/** A reference, yours to unref; NULL: there is none of that name, or at that index. Any thread. */
dn_chain *dn_chains_find(const dn_chains *chains, heddle_view name);
dn_chain *dn_chains_at(const dn_chains *chains, size_t index);

/**
 * Let orderer @p index serve the channel of the config block @p block, which is block 0 of a new
 * one, or a block of one that other orderers serve. *out: a reference; it may be NULL.
 * E_EXISTS: it does already. E_REFUSED: no orderer of the network is its consenter, or the block
 * is not of the chain that is there, or that is not there. E_CONFIG, E_DECODE: it is no config
 * block of a channel. Any thread.
 */
HEDDLE_MUST_USE heddle_status dn_chains_join(dn_chains *chains, size_t index, heddle_view block,
                                             dn_chain **out, heddle_error *err);
/** Let it serve the channel no more; when the last has left the chain is removed, with its
 *  folder. E_NOT_FOUND: it does not. Any thread. */
HEDDLE_MUST_USE heddle_status dn_chains_leave(dn_chains *chains, size_t index, heddle_view name,
                                              heddle_error *err);

/** Told after each join and leave, on its thread; must not call dn_chains_join, _leave nor the
 *  watch functions. */
typedef struct dn_chains_watch {
    base_list link;
    void (*changed)(struct dn_chains_watch *watch);
} dn_chains_watch;

/** @p watch is borrowed until removed; after that no call is under way. */
void dn_chains_watch_add(dn_chains *chains, dn_chains_watch *watch);
void dn_chains_watch_remove(dn_chains *chains, dn_chains_watch *watch);

#endif
