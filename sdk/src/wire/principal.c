#include "base/fail.h"
#include "msp/msp_principal.pb-c.h"
#include "wire/identity.h"
#include "wire/policy.h"
#include "wire/reader.h"

enum { COMBINED_DEPTH_MAX = 8 };

/* MSPRole and OrganizationUnit, whose first field is the same. */
typedef struct principal_parts {
    heddle_view mspid;
    int32_t role;
    heddle_view unit;
    heddle_view certifiers;
} principal_parts;

static const wire_slot role_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, principal_parts, mspid),
    WIRE_SLOT(2, WIRE_I32, principal_parts, role),
};
static const wire_shape role_shape = WIRE_SHAPE(principal_parts, "common.MSPRole", role_slots);

static const wire_slot unit_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, principal_parts, mspid),
    WIRE_SLOT(2, WIRE_BYTES, principal_parts, unit),
    WIRE_SLOT(3, WIRE_BYTES, principal_parts, certifiers),
};
static const wire_shape unit_shape =
    WIRE_SHAPE(principal_parts, "common.OrganizationUnit", unit_slots);

static heddle_status check_mspid(const crypto_identity *identity, heddle_view mspid,
                                 heddle_error *err)
{
    heddle_view own = crypto_msp_name(crypto_identity_msp(identity));
    if (base_view_equal(own, mspid))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_POLICY,
                     "the identity is a member of a different MSP (expected %.*s, got %.*s)",
                     BASE_VIEW_ARG(mspid), BASE_VIEW_ARG(own));
}

static heddle_status satisfies_role(const crypto_identity *identity, heddle_view bytes,
                                    heddle_error *err)
{
    principal_parts parts = {0};
    BASE_TRY(wire_shape_read(&role_shape, bytes, NULL, &parts, err));
    BASE_TRY(check_mspid(identity, parts.mspid, err));
    if (parts.role < CRYPTO_ROLE_MEMBER || parts.role > CRYPTO_ROLE_ORDERER)
        return base_fail(err, HEDDLE_E_POLICY, "no MSP role has the number %d", parts.role);
    return crypto_identity_has_role(identity, (crypto_role)parts.role, err);
}

static heddle_status satisfies_unit(const crypto_identity *identity, heddle_view bytes,
                                    heddle_error *err)
{
    principal_parts parts = {0};
    BASE_TRY(wire_shape_read(&unit_shape, bytes, NULL, &parts, err));
    BASE_TRY(check_mspid(identity, parts.mspid, err));
    return crypto_identity_has_ou(identity, parts.unit, parts.certifiers, err);
}

static heddle_status satisfies_identity(const crypto_identity *identity, heddle_view bytes,
                                        heddle_error *err)
{
    wire_identity wanted;
    BASE_TRY(wire_identity_read(bytes, &wanted, err));
    BASE_TRY(check_mspid(identity, wanted.mspid, err));
    return crypto_identity_is(identity, wanted.cert, err);
}

/* X.509 identities are never anonymous. */
static heddle_status satisfies_anonymity(heddle_view bytes, heddle_error *err)
{
    uint64_t type = COMMON__MSPIDENTITY_ANONYMITY__MSPIDENTITY_ANONYMITY_TYPE__NOMINAL;
    wire_reader reader = wire_reader_of(bytes);
    wire_field field;
    while (wire_reader_next(&reader, &field))
        if (field.number == 1 && field.type == WIRE_TYPE_VARINT)
            type = field.varint;
    BASE_TRY(wire_reader_status(&reader, "common.MSPIdentityAnonymity", err));
    if (type == COMMON__MSPIDENTITY_ANONYMITY__MSPIDENTITY_ANONYMITY_TYPE__NOMINAL)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_POLICY, "the principal is anonymous, a certificate is not");
}

static heddle_status satisfies(const crypto_identity *identity, uint64_t kind, heddle_view bytes,
                               unsigned depth, heddle_error *err);

static heddle_status satisfies_part(const crypto_identity *identity, heddle_view principal,
                                    unsigned depth, heddle_error *err)
{
    uint64_t kind = COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE;
    heddle_view bytes = {NULL, 0};
    wire_reader reader = wire_reader_of(principal);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == 1 && field.type == WIRE_TYPE_VARINT)
            kind = field.varint;
        else if (field.number == 2 && field.type == WIRE_TYPE_BYTES)
            bytes = field.bytes;
    }
    BASE_TRY(wire_reader_status(&reader, "common.MSPPrincipal", err));
    return satisfies(identity, kind, bytes, depth, err);
}

static heddle_status satisfies_all(const crypto_identity *identity, heddle_view bytes,
                                   unsigned depth, heddle_error *err)
{
    if (depth > COMBINED_DEPTH_MAX)
        return base_fail(err, HEDDLE_E_POLICY, "combined principals nested more than %d deep",
                         COMBINED_DEPTH_MAX);
    size_t count = 0;
    wire_reader reader = wire_reader_of(bytes);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number != 1 || field.type != WIRE_TYPE_BYTES)
            continue;
        BASE_TRY(satisfies_part(identity, field.bytes, depth, err));
        count++;
    }
    BASE_TRY(wire_reader_status(&reader, "common.CombinedPrincipal", err));
    if (count == 0)
        return base_fail(err, HEDDLE_E_POLICY, "no principals in CombinedPrincipal");
    return HEDDLE_OK;
}

static heddle_status satisfies(const crypto_identity *identity, uint64_t kind, heddle_view bytes,
                               unsigned depth, heddle_error *err)
{
    switch (kind) {
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ROLE:
        return satisfies_role(identity, bytes, err);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ORGANIZATION_UNIT:
        return satisfies_unit(identity, bytes, err);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__IDENTITY:
        return satisfies_identity(identity, bytes, err);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__ANONYMITY:
        return satisfies_anonymity(bytes, err);
    case COMMON__MSPPRINCIPAL__CLASSIFICATION__COMBINED:
        return satisfies_all(identity, bytes, depth + 1, err);
    default:
        return base_fail(err, HEDDLE_E_POLICY, "no kind of principal has the number %llu",
                         (unsigned long long)kind);
    }
}

heddle_status wire_identity_satisfies(const crypto_identity *identity,
                                      const Common__MSPPrincipal *principal, heddle_error *err)
{
    return satisfies(identity, (uint64_t)principal->principal_classification,
                     wire_view(principal->principal), 0, err);
}
