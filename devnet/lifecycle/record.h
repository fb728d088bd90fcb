/*
 * The records of _lifecycle, byte for byte as a Fabric peer writes them, so that the hashes of one
 * organisation's records can be compared by the peers of another.
 *
 * A record has a type and fields, and stands under several keys of the state:
 *
 *   SPACE/metadata/NAME        a StateMetadata: the type and the names of the fields
 *   SPACE/fields/NAME/FIELD    a StateData: the field
 *
 * In the public state the space is "namespaces", the name that of the chaincode, the type
 * ChaincodeDefinition. In an organisation's own collection names are NAME#SEQUENCE; there
 * "namespaces" holds ChaincodeParameters, which is what the organisation approves of, and
 * "chaincode-sources" a ChaincodeLocalPackage, the package it runs.
 */
#ifndef DEVNET_LIFECYCLE_RECORD_H
#define DEVNET_LIFECYCLE_RECORD_H

#include "devnet/ledger/sim.h"

#define DN_LIFECYCLE       "_lifecycle"
#define DN_IMPLICIT_PREFIX "_implicit_org_"

/** What organisations agree on, beside name and sequence. */
typedef struct dn_parameters {
    const char *version;
    const char *endorsement_plugin;
    const char *validation_plugin;
    bool init_required;
    heddle_view validation_parameter; /* bytes of a protos.ApplicationPolicy */
    heddle_view collections;          /* of a protos.CollectionConfigPackage */
} dn_parameters;

enum { DN_RECORD_FIELDS = 4 };

typedef struct dn_record_field {
    const char *name;
    heddle_view value; /* bytes of a StateData */
} dn_record_field;

typedef struct dn_record {
    const char *space;
    const char *name;
    const char *type;
    dn_record_field fields[DN_RECORD_FIELDS];
    size_t field_count;
} dn_record;

/* Records are made in the arena; names and parameters are borrowed. */

HEDDLE_MUST_USE heddle_status dn_record_of_definition(const char *name, int64_t sequence,
                                                      const dn_parameters *parameters,
                                                      base_arena *arena, dn_record *out,
                                                      heddle_error *err);
/** Of what an organisation approves of; @p name is NAME#SEQUENCE. */
HEDDLE_MUST_USE heddle_status dn_record_of_parameters(const char *name,
                                                      const dn_parameters *parameters,
                                                      base_arena *arena, dn_record *out,
                                                      heddle_error *err);
/** Of the package an organisation runs, "" for none; @p name is NAME#SEQUENCE. */
HEDDLE_MUST_USE heddle_status dn_record_of_package(const char *name, const char *package_id,
                                                   base_arena *arena, dn_record *out,
                                                   heddle_error *err);

/** NAME#SEQUENCE in the arena. */
HEDDLE_MUST_USE heddle_status dn_record_private_name(const char *name, int64_t sequence,
                                                     base_arena *arena, const char **out,
                                                     heddle_error *err);

/** Where records are read: in a simulation, which notes it, or in a state. */
typedef struct dn_record_place {
    dn_sim *sim; /* NULL: `state` */
    const dn_state *state;
    heddle_view collection; /* empty: public */
    base_arena *arena;      /* of what is read */
} dn_record_place;

/** The type of a record; NULL where there is none. Of a state only what is public. */
HEDDLE_MUST_USE heddle_status dn_record_read_type(const dn_record_place *place, const char *space,
                                                  const char *name, const char **out,
                                                  heddle_error *err);
/** The sequence of a definition; 0 where there is none. */
HEDDLE_MUST_USE heddle_status dn_record_read_sequence(const dn_record_place *place,
                                                      const char *name, int64_t *out,
                                                      heddle_error *err);
/** The parameters of a definition or of an approval. */
HEDDLE_MUST_USE heddle_status dn_record_read_parameters(const dn_record_place *place,
                                                        const char *name, dn_parameters *out,
                                                        heddle_error *err);
/** The package id of an approval; "" for none. */
HEDDLE_MUST_USE heddle_status dn_record_read_package(const dn_record_place *place, const char *name,
                                                     const char **out, heddle_error *err);

/** Which parts of a record are not in a collection as they should be. */
typedef struct dn_record_mismatches {
    const char *items[DN_RECORD_FIELDS];
    size_t count;
} dn_record_mismatches;

/** Compare by hashes, which every peer has of every collection. */
HEDDLE_MUST_USE heddle_status dn_record_compare(const dn_record_place *place,
                                                const dn_record *record, dn_record_mismatches *out,
                                                heddle_error *err);
/** The hash of a record's field; empty where there is none. */
HEDDLE_MUST_USE heddle_status dn_record_field_hash(const dn_record_place *place,
                                                   const dn_record *record, size_t field,
                                                   heddle_view *out, heddle_error *err);

/** Write what of the record is not there as it should be. */
HEDDLE_MUST_USE heddle_status dn_record_write(const dn_record_place *place, const dn_record *record,
                                              heddle_error *err);

#endif
