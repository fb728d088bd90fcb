/* The paths of every gRPC method that Heddle calls or serves. */
#ifndef WIRE_SERVICES_H
#define WIRE_SERVICES_H

/* Unary unless the comment says otherwise. */
#define WIRE_GATEWAY_ENDORSE          "/gateway.Gateway/Endorse"
#define WIRE_GATEWAY_SUBMIT           "/gateway.Gateway/Submit"
#define WIRE_GATEWAY_COMMIT_STATUS    "/gateway.Gateway/CommitStatus"
#define WIRE_GATEWAY_EVALUATE         "/gateway.Gateway/Evaluate"
#define WIRE_GATEWAY_CHAINCODE_EVENTS "/gateway.Gateway/ChaincodeEvents" /* server stream */

#define WIRE_ENDORSER_PROCESS_PROPOSAL "/protos.Endorser/ProcessProposal"

#define WIRE_DELIVER_FULL     "/protos.Deliver/Deliver"                /* both ways */
#define WIRE_DELIVER_FILTERED "/protos.Deliver/DeliverFiltered"        /* both ways */
#define WIRE_DELIVER_PRIVATE  "/protos.Deliver/DeliverWithPrivateData" /* both ways */

#define WIRE_ORDERER_BROADCAST "/orderer.AtomicBroadcast/Broadcast" /* both ways */
#define WIRE_ORDERER_DELIVER   "/orderer.AtomicBroadcast/Deliver"   /* both ways */

#define WIRE_DISCOVERY_DISCOVER "/discovery.Discovery/Discover"

#define WIRE_CHAINCODE_CONNECT  "/protos.Chaincode/Connect"         /* both ways */
#define WIRE_CHAINCODE_REGISTER "/protos.ChaincodeSupport/Register" /* both ways */

#define WIRE_SNAPSHOT_GENERATE      "/protos.Snapshot/Generate"
#define WIRE_SNAPSHOT_CANCEL        "/protos.Snapshot/Cancel"
#define WIRE_SNAPSHOT_QUERY_PENDING "/protos.Snapshot/QueryPendings"

#define WIRE_HEALTH_CHECK "/grpc.health.v1.Health/Check"
#define WIRE_HEALTH_WATCH "/grpc.health.v1.Health/Watch" /* server stream */

/** The trailer that carries a google.rpc.Status, see wire/error_details.h. */
#define WIRE_STATUS_DETAILS_KEY "grpc-status-details-bin"

#endif
