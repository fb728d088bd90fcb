/* Every message type that can be asked for: all of them can be shown, and it is known of each
 * field of bytes what it holds. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/view.h"
#include "heddle/decode.h"
#include "support/suite.h"
#include "json/nested.h"

/* Bytes that hold no message of Fabric, by "message.field", or by ".field" wherever they are. */
static const char *const plain[] = {".signature",
                                    ".nonce",
                                    ".tls_cert_hash",
                                    ".previous_hash",
                                    ".data_hash",
                                    ".client_tls_cert",
                                    ".server_tls_cert",
                                    ".id_bytes",
                                    ".certificate",
                                    ".chaincode_install_package",
                                    "common.BlockchainInfo.currentBlockHash",
                                    "common.BlockchainInfo.previousBlockHash",
                                    "common.Consenter.identity",
                                    "common.OrganizationUnit.certifiers_identifier",
                                    "discovery.AuthInfo.client_tls_cert_hash",
                                    "kvrwset.KVReadHash.key_hash",
                                    "kvrwset.KVWriteHash.key_hash",
                                    "kvrwset.KVWriteHash.value_hash",
                                    "kvrwset.KVMetadataWriteHash.key_hash",
                                    "kvrwset.QueryReadsMerkleSummary.max_level_hashes",
                                    "msp.FabricMSPConfig.root_certs",
                                    "msp.FabricMSPConfig.intermediate_certs",
                                    "msp.FabricMSPConfig.admins",
                                    "msp.FabricMSPConfig.revocation_list",
                                    "msp.FabricMSPConfig.tls_root_certs",
                                    "msp.FabricMSPConfig.tls_intermediate_certs",
                                    "msp.IdemixMSPConfig.ipk",
                                    "msp.IdemixMSPConfig.revocation_pk",
                                    "msp.IdemixMSPSignerConfig.cred",
                                    "msp.IdemixMSPSignerConfig.sk",
                                    "msp.IdemixMSPSignerConfig.credential_revocation_information",
                                    "msp.KeyInfo.key_material",
                                    "msp.SerializedIdemixIdentity.nym_x",
                                    "msp.SerializedIdemixIdentity.nym_y",
                                    "msp.SerializedIdemixIdentity.ou",
                                    "msp.SerializedIdemixIdentity.role",
                                    "msp.SerializedIdemixIdentity.proof",
                                    "msp.SigningIdentityInfo.public_signer",
                                    "protos.CDSData.hash",
                                    "protos.CDSData.metadatahash",
                                    "protos.ChaincodeData.id",
                                    "protos.ChaincodeDeploymentSpec.code_package",
                                    "protos.ChaincodeEvent.payload",
                                    "protos.ChaincodeIdentifier.hash",
                                    "protos.ChaincodeInfo.id",
                                    "protos.ChaincodeValidation.argument",
                                    "protos.Proposal.extension",
                                    "protos.ProposalResponsePayload.proposal_hash",
                                    "queryresult.KV.value",
                                    "queryresult.KeyModification.value",
                                    "rwset.CollectionHashedReadWriteSet.pvt_rwset_hash",
                                    "smartbftprotos.ViewMetadata.prev_commit_signature_digest"};

static bool is_plain(const char *type, const char *field)
{
    char full[256];
    snprintf(full, sizeof(full), "%s.%s", type, field);
    for (size_t i = 0; i < BASE_COUNT(plain); i++) {
        if (strcmp(plain[i], full) == 0 || (plain[i][0] == '.' && strcmp(plain[i] + 1, field) == 0))
            return true;
    }
    return false;
}

static int check_field(const wire_description *type, const wire_walk_field *field)
{
    ck_assert_msg(field->kind != WIRE_WALK_OTHER, "%s.%s cannot be shown", wire_walk_name(type),
                  field->name);
    bool has_rule = json_nested_rule(type, field->number) != JSON_RULE_NONE;
    if (field->kind != WIRE_WALK_BYTES) {
        ck_assert_msg(!has_rule, "%s.%s is not of bytes", wire_walk_name(type), field->name);
        return 0;
    }
    if (has_rule != is_plain(wire_walk_name(type), field->name))
        return 0;
    fprintf(stderr, "%s.%s: what does it hold?\n", wire_walk_name(type), field->name);
    return 1;
}

START_TEST(of_all_bytes_it_is_known_what_they_hold)
{
    int open = 0;
    for (size_t i = 0; json_type_at(i); i++) {
        const wire_description *type = json_type_at(i);
        ck_assert_uint_le(wire_walk_field_count(type), WIRE_WALK_FIELDS_MAX);
        for (size_t n = 0; n < wire_walk_field_count(type); n++) {
            wire_walk_field field = wire_walk_field_at(type, n);
            open += check_field(type, &field);
        }
    }
    ck_assert_int_eq(open, 0);
}
END_TEST

START_TEST(every_type_is_found_by_its_name_and_can_be_empty)
{
    size_t count = 0;
    for (const char *name; (name = heddle_message_type_name(count)); count++) {
        ck_assert_str_eq(wire_walk_name(json_type_find(heddle_view_str(name))), name);
        if (count > 0)
            ck_assert_int_lt(strcmp(heddle_message_type_name(count - 1), name), 0);
        for (int style = HEDDLE_JSON_COMPLETE; style <= HEDDLE_JSON_READABLE; style++) {
            heddle_json_options options = HEDDLE_JSON_OPTIONS;
            options.style = (heddle_json_style)style;
            options.strict = true;
            heddle_bytes json = {0};
            heddle_error err;
            ck_assert_msg(heddle_message_to_json(name, heddle_view_of(NULL, 0), &options, &json,
                                                 &err) == HEDDLE_OK,
                          "%s: %s", name, err.message);
            ck_assert(json.data[0] == '{' && json.data[json.len - 1] == '}');
            base_free(json.data);
        }
    }
    ck_assert_uint_gt(count, 200);
    heddle_bytes json = {0};
    heddle_error err;
    ck_assert_int_eq(heddle_message_to_json("common.Nothing", VIEW(""), NULL, &json, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(err.message, "common.Nothing"));
    ck_assert_int_eq(heddle_message_to_json(NULL, VIEW(""), NULL, &json, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_ptr_null(json_type_find(VIEW("common.")));
}
END_TEST

SUITE_MAIN("json/types", SUITE_CASE("all", of_all_bytes_it_is_known_what_they_hold,
                                    every_type_is_found_by_its_name_and_can_be_empty))
