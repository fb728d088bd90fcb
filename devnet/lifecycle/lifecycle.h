/*
 * What the functions of _lifecycle share.
 *
 * A function gets the bytes of its arguments' message and gives those of its result's. Its
 * failure's message is Fabric's own words; E_NOT_FOUND is the one that clients see as status 404.
 */
#ifndef DEVNET_LIFECYCLE_LIFECYCLE_H
#define DEVNET_LIFECYCLE_LIFECYCLE_H

#include "devnet/lifecycle/record.h"
#include "devnet/peer/system.h"
#include "peer/lifecycle/lifecycle.pb-c.h"

typedef struct dn_lifecycle {
    const dn_system_call *call;
    base_arena *arena;
    dn_sim *sim; /* this and what follows: nothing where the call names no channel */
    const dn_definitions *definitions;
    const wire_bundle *bundle;
    dn_record_place public_place;
    dn_record_place own_place; /* the collection of the peer's organisation */
} dn_lifecycle;

typedef heddle_status dn_lifecycle_fn(const dn_lifecycle *l, heddle_view input, heddle_view *out,
                                      heddle_error *err);

dn_lifecycle_fn dn_lifecycle_install, dn_lifecycle_query_installed,
    dn_lifecycle_query_all_installed, dn_lifecycle_get_package;
dn_lifecycle_fn dn_lifecycle_approve, dn_lifecycle_query_approved, dn_lifecycle_query_all_approved;
dn_lifecycle_fn dn_lifecycle_check_readiness, dn_lifecycle_commit, dn_lifecycle_query_committed,
    dn_lifecycle_query_all_committed;

/** A definition that is asked for or proposed. */
typedef struct dn_proposed {
    const char *name;
    int64_t sequence;
    dn_parameters parameters;
    const Protos__CollectionConfigPackage *collections; /* NULL: none */
} dn_proposed;

/** What the arguments say, with Fabric's choices where they say nothing. */
#define dn_proposed_of(l, args, out, err)                                                          \
    dn_proposed_make(                                                                              \
        (l),                                                                                       \
        &(dn_proposed){                                                                            \
            .name = (args)->name,                                                                  \
            .sequence = (args)->sequence,                                                          \
            .parameters = {.version = (args)->version,                                             \
                           .endorsement_plugin = (args)->endorsement_plugin,                       \
                           .validation_plugin = (args)->validation_plugin,                         \
                           .init_required = (args)->init_required,                                 \
                           .validation_parameter = wire_view((args)->validation_parameter)},       \
            .collections = (args)->collections},                                                   \
        (out), (err))
HEDDLE_MUST_USE heddle_status dn_proposed_make(const dn_lifecycle *l, const dn_proposed *from,
                                               dn_proposed *out, heddle_error *err);
/** Names, version and collections, also against what is committed. */
HEDDLE_MUST_USE heddle_status dn_proposed_check(const dn_lifecycle *l, const dn_proposed *proposed,
                                                heddle_error *err);

/** The sequence that is committed, noted as read; 0: none is. */
HEDDLE_MUST_USE heddle_status dn_lifecycle_sequence(const dn_lifecycle *l, const char *name,
                                                    int64_t *out, heddle_error *err);
/** What is defined or told. */
dn_parameters dn_parameters_of(const dn_definition *definition);
/** E_REFUSED with Fabric's words names the first difference. */
HEDDLE_MUST_USE heddle_status dn_parameters_compare(const dn_parameters *expected,
                                                    const dn_parameters *passed, heddle_error *err);

/** Whether an organisation approves of something. */
typedef struct dn_consent {
    const char *mspid;
    bool is_given;
    dn_record_mismatches mismatches;
} dn_consent;

/** Of every organisation of the channel; in the arena. */
HEDDLE_MUST_USE heddle_status dn_lifecycle_consents(const dn_lifecycle *l, const char *name,
                                                    int64_t sequence,
                                                    const dn_parameters *parameters,
                                                    dn_consent **out, size_t *out_count,
                                                    heddle_error *err);

#endif
