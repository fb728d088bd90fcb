/*
 * The chaincode packages installed on a peer, each a file in its folder:
 * _lifecycle/LABEL.HASH.tar.gz. What is installed stays installed; a file is there whole or not at
 * all.
 */
#ifndef DEVNET_LIFECYCLE_INSTALLS_H
#define DEVNET_LIFECYCLE_INSTALLS_H

#include "base/buffer.h"
#include "devnet/lifecycle/connection.h"

typedef struct dn_installs dn_installs;

/** A package. Immutable; lives as long as the installs. */
typedef struct dn_install {
    const char *label;
    const char *package_id;  /* LABEL:HASH */
    uint8_t source_hash[32]; /* of the record that names it, in the collection of an organisation */
} dn_install;

/** Take what is in @p dir, the peer's folder. */
HEDDLE_MUST_USE heddle_status dn_installs_open(const char *dir, dn_installs **out,
                                               heddle_error *err);
void dn_installs_close(dn_installs *installs); /* NULL is fine */

/* All that follows may be called by any thread. */

/** Check a package and keep it. E_EXISTS if it is there already, E_REFUSED if the peer has no means
 *  to run it, other failures as it is no good; with Fabric's words. */
HEDDLE_MUST_USE heddle_status dn_installs_add(dn_installs *installs, heddle_view package,
                                              const dn_install **out, heddle_error *err);
size_t dn_installs_count(dn_installs *installs);
const dn_install *dn_installs_at(dn_installs *installs, size_t index); /* NULL beyond the last */
const dn_install *dn_installs_find(dn_installs *installs, heddle_view package_id);
/** By the hash of the record that names the package. */
const dn_install *dn_installs_source(dn_installs *installs, const uint8_t hash[32]);

/** Append the bytes of a package. */
HEDDLE_MUST_USE heddle_status dn_installs_read(dn_installs *installs, const dn_install *install,
                                               base_buffer *out, heddle_error *err);
/** Where its chaincode is, in @p arena. */
HEDDLE_MUST_USE heddle_status dn_installs_connection(dn_installs *installs,
                                                     const dn_install *install, base_arena *arena,
                                                     dn_connection *out, heddle_error *err);

#endif
