/* The messages that can be asked for by name. */
#include "base/view.h"
#include "common/collection.pb-c.h"
#include "common/configtx.pb-c.h"
#include "common/configuration.pb-c.h"
#include "common/ledger.pb-c.h"
#include "discovery/protocol.pb-c.h"
#include "gateway/gateway.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "ledger/queryresult/kv_query_result.pb-c.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb-c.h"
#include "msp/identities.pb-c.h"
#include "msp/msp_config.pb-c.h"
#include "orderer/ab.pb-c.h"
#include "orderer/configuration.pb-c.h"
#include "orderer/etcdraft/configuration.pb-c.h"
#include "orderer/etcdraft/metadata.pb-c.h"
#include "orderer/smartbft/configuration.pb-c.h"
#include "orderer/smartbft/view.pb-c.h"
#include "peer/configuration.pb-c.h"
#include "peer/events.pb-c.h"
#include "peer/lifecycle/chaincode_definition.pb-c.h"
#include "peer/lifecycle/db.pb-c.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "peer/query.pb-c.h"
#include "peer/resources.pb-c.h"
#include "peer/snapshot.pb-c.h"
#include "peer/transaction.pb-c.h"
#include "json/nested.h"

/* In the order of the names. */
static const wire_description *const types[] = {
    &common__application_policy__descriptor,
    &common__block__descriptor,
    &common__block_data__descriptor,
    &common__block_data_hashing_structure__descriptor,
    &common__block_header__descriptor,
    &common__block_metadata__descriptor,
    &common__blockchain_info__descriptor,
    &common__bootstrapping_snapshot_info__descriptor,
    &common__capabilities__descriptor,
    &common__capability__descriptor,
    &common__channel_header__descriptor,
    &common__collection_config__descriptor,
    &common__collection_config_package__descriptor,
    &common__collection_policy_config__descriptor,
    &common__combined_principal__descriptor,
    &common__config__descriptor,
    &common__config_envelope__descriptor,
    &common__config_group__descriptor,
    &common__config_policy__descriptor,
    &common__config_signature__descriptor,
    &common__config_update__descriptor,
    &common__config_update_envelope__descriptor,
    &common__config_value__descriptor,
    &common__consenter__descriptor,
    &common__consortium__descriptor,
    &common__envelope__descriptor,
    &common__hashing_algorithm__descriptor,
    &common__header__descriptor,
    &common__identifier_header__descriptor,
    &common__implicit_meta_policy__descriptor,
    &common__last_config__descriptor,
    &common__mspidentity_anonymity__descriptor,
    &common__mspprincipal__descriptor,
    &common__msprole__descriptor,
    &common__metadata__descriptor,
    &common__metadata_signature__descriptor,
    &common__orderer_addresses__descriptor,
    &common__orderer_block_metadata__descriptor,
    &common__orderers__descriptor,
    &common__organization_unit__descriptor,
    &common__payload__descriptor,
    &common__policy__descriptor,
    &common__signature_header__descriptor,
    &common__signature_policy__descriptor,
    &common__signature_policy_envelope__descriptor,
    &common__static_collection_config__descriptor,
    &discovery__auth_info__descriptor,
    &discovery__chaincode_query__descriptor,
    &discovery__chaincode_query_result__descriptor,
    &discovery__config_query__descriptor,
    &discovery__config_result__descriptor,
    &discovery__endorsement_descriptor__descriptor,
    &discovery__endpoint__descriptor,
    &discovery__endpoints__descriptor,
    &discovery__error__descriptor,
    &discovery__layout__descriptor,
    &discovery__local_peer_query__descriptor,
    &discovery__peer__descriptor,
    &discovery__peer_membership_query__descriptor,
    &discovery__peer_membership_result__descriptor,
    &discovery__peers__descriptor,
    &discovery__query__descriptor,
    &discovery__query_result__descriptor,
    &discovery__request__descriptor,
    &discovery__response__descriptor,
    &discovery__signed_request__descriptor,
    &etcdraft__block_metadata__descriptor,
    &etcdraft__cluster_metadata__descriptor,
    &etcdraft__config_metadata__descriptor,
    &etcdraft__consenter__descriptor,
    &etcdraft__options__descriptor,
    &gateway__chaincode_events_request__descriptor,
    &gateway__chaincode_events_response__descriptor,
    &gateway__commit_status_request__descriptor,
    &gateway__commit_status_response__descriptor,
    &gateway__endorse_request__descriptor,
    &gateway__endorse_response__descriptor,
    &gateway__error_detail__descriptor,
    &gateway__evaluate_request__descriptor,
    &gateway__evaluate_response__descriptor,
    &gateway__prepared_transaction__descriptor,
    &gateway__proposed_transaction__descriptor,
    &gateway__signed_chaincode_events_request__descriptor,
    &gateway__signed_commit_status_request__descriptor,
    &gateway__submit_request__descriptor,
    &gateway__submit_response__descriptor,
    &google__rpc__status__descriptor,
    &kvrwset__hashed_rwset__descriptor,
    &kvrwset__kvmetadata_entry__descriptor,
    &kvrwset__kvmetadata_write__descriptor,
    &kvrwset__kvmetadata_write_hash__descriptor,
    &kvrwset__kvrwset__descriptor,
    &kvrwset__kvread__descriptor,
    &kvrwset__kvread_hash__descriptor,
    &kvrwset__kvwrite__descriptor,
    &kvrwset__kvwrite_hash__descriptor,
    &kvrwset__query_reads__descriptor,
    &kvrwset__query_reads_merkle_summary__descriptor,
    &kvrwset__range_query_info__descriptor,
    &kvrwset__version__descriptor,
    &lifecycle__approve_chaincode_definition_for_my_org_args__descriptor,
    &lifecycle__approve_chaincode_definition_for_my_org_result__descriptor,
    &lifecycle__chaincode_endorsement_info__descriptor,
    &lifecycle__chaincode_source__descriptor,
    &lifecycle__chaincode_validation_info__descriptor,
    &lifecycle__check_commit_readiness_args__descriptor,
    &lifecycle__check_commit_readiness_result__descriptor,
    &lifecycle__commit_chaincode_definition_args__descriptor,
    &lifecycle__commit_chaincode_definition_result__descriptor,
    &lifecycle__get_installed_chaincode_package_args__descriptor,
    &lifecycle__get_installed_chaincode_package_result__descriptor,
    &lifecycle__install_chaincode_args__descriptor,
    &lifecycle__install_chaincode_result__descriptor,
    &lifecycle__query_approved_chaincode_definition_args__descriptor,
    &lifecycle__query_approved_chaincode_definition_result__descriptor,
    &lifecycle__query_approved_chaincode_definitions_args__descriptor,
    &lifecycle__query_approved_chaincode_definitions_result__descriptor,
    &lifecycle__query_chaincode_definition_args__descriptor,
    &lifecycle__query_chaincode_definition_result__descriptor,
    &lifecycle__query_chaincode_definitions_args__descriptor,
    &lifecycle__query_chaincode_definitions_result__descriptor,
    &lifecycle__query_installed_chaincode_args__descriptor,
    &lifecycle__query_installed_chaincode_result__descriptor,
    &lifecycle__query_installed_chaincodes_args__descriptor,
    &lifecycle__query_installed_chaincodes_result__descriptor,
    &lifecycle__state_data__descriptor,
    &lifecycle__state_metadata__descriptor,
    &msp__fabric_crypto_config__descriptor,
    &msp__fabric_mspconfig__descriptor,
    &msp__fabric_node_ous__descriptor,
    &msp__fabric_ouidentifier__descriptor,
    &msp__idemix_mspconfig__descriptor,
    &msp__idemix_mspsigner_config__descriptor,
    &msp__key_info__descriptor,
    &msp__mspconfig__descriptor,
    &msp__serialized_idemix_identity__descriptor,
    &msp__serialized_identity__descriptor,
    &msp__signing_identity_info__descriptor,
    &orderer__batch_size__descriptor,
    &orderer__batch_timeout__descriptor,
    &orderer__broadcast_response__descriptor,
    &orderer__channel_restrictions__descriptor,
    &orderer__consensus_type__descriptor,
    &orderer__deliver_response__descriptor,
    &orderer__kafka_brokers__descriptor,
    &orderer__seek_info__descriptor,
    &orderer__seek_newest__descriptor,
    &orderer__seek_next_commit__descriptor,
    &orderer__seek_oldest__descriptor,
    &orderer__seek_position__descriptor,
    &orderer__seek_specified__descriptor,
    &orderer__smartbft__options__descriptor,
    &protos__acls__descriptor,
    &protos__apiresource__descriptor,
    &protos__anchor_peer__descriptor,
    &protos__anchor_peers__descriptor,
    &protos__application_policy__descriptor,
    &protos__block_and_private_data__descriptor,
    &protos__cdsdata__descriptor,
    &protos__chaincode_action__descriptor,
    &protos__chaincode_action_payload__descriptor,
    &protos__chaincode_additional_params__descriptor,
    &protos__chaincode_call__descriptor,
    &protos__chaincode_data__descriptor,
    &protos__chaincode_deployment_spec__descriptor,
    &protos__chaincode_endorsed_action__descriptor,
    &protos__chaincode_endorsement__descriptor,
    &protos__chaincode_event__descriptor,
    &protos__chaincode_header_extension__descriptor,
    &protos__chaincode_id__descriptor,
    &protos__chaincode_identifier__descriptor,
    &protos__chaincode_info__descriptor,
    &protos__chaincode_input__descriptor,
    &protos__chaincode_interest__descriptor,
    &protos__chaincode_invocation_spec__descriptor,
    &protos__chaincode_proposal_payload__descriptor,
    &protos__chaincode_query_response__descriptor,
    &protos__chaincode_spec__descriptor,
    &protos__chaincode_validation__descriptor,
    &protos__channel_info__descriptor,
    &protos__channel_query_response__descriptor,
    &protos__collection_config__descriptor,
    &protos__collection_config_package__descriptor,
    &protos__collection_policy_config__descriptor,
    &protos__config_tree__descriptor,
    &protos__deliver_response__descriptor,
    &protos__endorsement__descriptor,
    &protos__filtered_block__descriptor,
    &protos__filtered_chaincode_action__descriptor,
    &protos__filtered_transaction__descriptor,
    &protos__filtered_transaction_actions__descriptor,
    &protos__join_by_snapshot_status__descriptor,
    &protos__lifecycle_event__descriptor,
    &protos__processed_transaction__descriptor,
    &protos__proposal__descriptor,
    &protos__proposal_response__descriptor,
    &protos__proposal_response_payload__descriptor,
    &protos__query_pending_snapshots_response__descriptor,
    &protos__response__descriptor,
    &protos__signed_proposal__descriptor,
    &protos__signed_snapshot_request__descriptor,
    &protos__snapshot_query__descriptor,
    &protos__snapshot_request__descriptor,
    &protos__static_collection_config__descriptor,
    &protos__transaction__descriptor,
    &protos__transaction_action__descriptor,
    &protos__vsccargs__descriptor,
    &queryresult__kv__descriptor,
    &queryresult__key_modification__descriptor,
    &rwset__collection_hashed_read_write_set__descriptor,
    &rwset__collection_pvt_read_write_set__descriptor,
    &rwset__ns_pvt_read_write_set__descriptor,
    &rwset__ns_read_write_set__descriptor,
    &rwset__tx_pvt_read_write_set__descriptor,
    &rwset__tx_read_write_set__descriptor,
    &smartbftprotos__view_metadata__descriptor,
};

const wire_description *json_type_find(heddle_view name)
{
    size_t from = 0;
    size_t to = BASE_COUNT(types);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = base_view_compare(name, heddle_view_str(types[middle]->name));
        if (order == 0)
            return types[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const wire_description *json_type_at(size_t index)
{
    return index < BASE_COUNT(types) ? types[index] : NULL;
}
