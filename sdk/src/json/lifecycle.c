/*
 * _lifecycle keeps a chaincode's definition in keys of two kinds:
 *
 *   namespaces/metadata/NAME         StateMetadata, which tells the fields
 *   namespaces/fields/NAME/FIELD     StateData, whose bytes go by FIELD
 *
 * and the package that an organisation chose under chaincode-sources/ in the same way. lscc kept
 * ChaincodeData under NAME and the collections under NAME~collection.
 */
#include "json/lifecycle.h"

#include "base/view.h"
#include "common/collection.pb-c.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb-c.h"
#include "ledger/rwset/rwset.pb-c.h"
#include "peer/chaincode.pb-c.h"
#include "peer/lifecycle/chaincode_definition.pb-c.h"
#include "peer/lifecycle/db.pb-c.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "peer/transaction.pb-c.h"

static const json_nested bytes_only = {JSON_HOLDS_BYTES, NULL};

static json_nested message(const wire_description *type)
{
    return (json_nested){JSON_HOLDS_MESSAGE, type};
}

#define FUNCTION(name, base)                                                                       \
    {                                                                                              \
        (name), &lifecycle__##base##_args__descriptor, &lifecycle__##base##_result__descriptor     \
    }

typedef struct function {
    const char *name;
    const wire_description *args;
    const wire_description *result;
} function;

static const function functions[] = {
    FUNCTION("ApproveChaincodeDefinitionForMyOrg", approve_chaincode_definition_for_my_org),
    FUNCTION("CheckCommitReadiness", check_commit_readiness),
    FUNCTION("CommitChaincodeDefinition", commit_chaincode_definition),
    FUNCTION("GetInstalledChaincodePackage", get_installed_chaincode_package),
    FUNCTION("InstallChaincode", install_chaincode),
    FUNCTION("QueryApprovedChaincodeDefinition", query_approved_chaincode_definition),
    FUNCTION("QueryApprovedChaincodeDefinitions", query_approved_chaincode_definitions),
    FUNCTION("QueryChaincodeDefinition", query_chaincode_definition),
    FUNCTION("QueryChaincodeDefinitions", query_chaincode_definitions),
    FUNCTION("QueryInstalledChaincode", query_installed_chaincode),
    FUNCTION("QueryInstalledChaincodes", query_installed_chaincodes),
};

/* The function of _lifecycle that a ChaincodeSpec calls with @p input; NULL if it calls none. */
static const function *function_called(heddle_view spec, heddle_view input)
{
    static const uint32_t name[] = {2, 2, 0};
    if (!base_view_is(wire_walk_dig(spec, name), "_lifecycle"))
        return NULL;
    wire_reader reader = wire_reader_of(input);
    wire_field at = {0};
    while (wire_reader_next(&reader, &at) && at.number != 1)
        ;
    for (size_t i = 0; i < BASE_COUNT(functions); i++) {
        if (at.number == 1 && base_view_is(at.bytes, functions[i].name))
            return &functions[i];
    }
    return NULL;
}

json_nested json_lifecycle_argument(const json_frame *input)
{
    const json_frame *spec = input->up;
    if (!spec || spec->type != &protos__chaincode_spec__descriptor || input->index != 1)
        return bytes_only;
    const function *called = function_called(spec->bytes, input->bytes);
    return called ? message(called->args) : bytes_only;
}

/* Up from the response to the proposal that asked for it. */
json_nested json_lifecycle_result(const json_frame *response)
{
    static const uint32_t spec_path[] = {1, 1, 1, 0};
    static const uint32_t input_path[] = {3, 0};
    const json_frame *at = response->up;
    while (at && at->type != &protos__chaincode_action_payload__descriptor)
        at = at->up;
    if (!at)
        return bytes_only;
    heddle_view spec = wire_walk_dig(at->bytes, spec_path);
    const function *called = function_called(spec, wire_walk_dig(spec, input_path));
    return called ? message(called->result) : bytes_only;
}

/* The namespace that a write is in; empty if nothing above it names one. */
static heddle_view namespace_of(const json_frame *write)
{
    for (const json_frame *at = write; at; at = at->up) {
        if (at->type == &rwset__ns_read_write_set__descriptor ||
            at->type == &rwset__ns_pvt_read_write_set__descriptor)
            return json_frame_bytes(at, 1);
    }
    return heddle_view_of(NULL, 0);
}

static bool ends_with(heddle_view text, heddle_view end)
{
    return text.len >= end.len &&
           base_view_equal(base_view_slice(text, text.len - end.len, end.len), end);
}

json_nested json_lifecycle_write(const json_frame *write)
{
    heddle_view in = namespace_of(write);
    heddle_view key = json_frame_bytes(write, 1);
    if (base_view_is(in, "lscc"))
        return message(ends_with(key, VIEW("~collection"))
                           ? &common__collection_config_package__descriptor
                           : &protos__chaincode_data__descriptor);
    if (!base_view_is(in, "_lifecycle"))
        return bytes_only;
    if (base_view_starts(key, VIEW("namespaces/metadata/")) ||
        base_view_starts(key, VIEW("chaincode-sources/metadata/")))
        return message(&lifecycle__state_metadata__descriptor);
    if (base_view_starts(key, VIEW("namespaces/fields/")) ||
        base_view_starts(key, VIEW("chaincode-sources/fields/")))
        return message(&lifecycle__state_data__descriptor);
    return bytes_only;
}

json_nested json_lifecycle_record(const json_frame *data)
{
    const json_frame *write = data->up;
    if (!write || write->type != &kvrwset__kvwrite__descriptor)
        return bytes_only;
    heddle_view key = json_frame_bytes(write, 1);
    if (ends_with(key, VIEW("/EndorsementInfo")))
        return message(&lifecycle__chaincode_endorsement_info__descriptor);
    if (ends_with(key, VIEW("/ValidationInfo")))
        return message(&lifecycle__chaincode_validation_info__descriptor);
    if (ends_with(key, VIEW("/Collections")))
        return message(&protos__collection_config_package__descriptor);
    return bytes_only;
}
