/*
 * The running network as tests/interop/run.js describes it, a JSON file that HEDDLE_NETWORK
 * names:
 *
 *   channel, chaincode, callee, secured      names; "secured" has the collections of
 *                                            network/collections.json and needs both organisations
 *   gateway.address, gateway.tlsRoot
 *   orderers.N.name, .address, .tlsRoot, of a real network .adminAddress
 *   ordererAdmin.mspId, .msp, .orgMsp, .tlsCert, .tlsKey      of a real network
 *   second.channel, .genesis                 a channel that nobody has joined, for channel.c
 *   orgs.N.mspId, .domain, .userMsp, .adminMsp, .tlsRoot, .profile
 *   orgs.N.peers.M.name, .address, .tls      tls: a folder with server.crt and so on
 *   kind ("devnet" or "fabric"), version (of Fabric), control (devnet's socket)
 */
#ifndef INTEROP_LAB_H
#define INTEROP_LAB_H

#include <stddef.h>

/** The text at a path like "orgs.0.peers.1.address"; fails the test if there is none. It lives
 *  as long as the process. */
const char *lab_text(const char *path);
/** The same, or @p otherwise. */
const char *lab_text_or(const char *path, const char *otherwise);
/** Items of the list at a path like "orgs.0.peers"; 0: no such list. */
size_t lab_count(const char *path);

/** A name that nothing else has, "WORD-…"; good for the next fifteen calls. */
const char *lab_fresh(const char *word);

#endif
