/* The document that tells clients what a chaincode has. */
#include <stdio.h>

#include "base/fail.h"
#include "called.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

static heddle_status nothing(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    return HEDDLE_OK;
}

static const heddle_cc_parameter parameters[] = {
    {"id", .type = HEDDLE_CC_STRING, .description = "of the asset"},
    {"size", .type = HEDDLE_CC_INTEGER, .schema = "{\"minimum\":0}"},
    {"sure", .type = HEDDLE_CC_BOOLEAN},
    {"data", .type = HEDDLE_CC_BYTES},
    {"asset", .type = HEDDLE_CC_JSON, .schema = "{\"$ref\":\"#/components/schemas/Asset\"}"},
    {"any", .type = HEDDLE_CC_JSON}};
static const heddle_cc_transaction rows[] = {
    {"Create", nothing, HEDDLE_CC_PARAMETERS(parameters)},
    {"Read", nothing, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_JSON,
     .returns_schema = "{\"$ref\":\"#/components/schemas/Asset\"}"},
    {"Raw", nothing, .unchecked = true, .returns = HEDDLE_CC_INTEGER}};
static const heddle_cc_schema schemas[] = {
    {"Asset", "{\"type\":\"object\",\"properties\":{\"ID\":{\"type\":\"string\"}}}"}};
static const heddle_cc_contract first = {.size = sizeof(first),
                                         .name = "Assets",
                                         .transactions = rows,
                                         .transaction_count = 3,
                                         .schemas = schemas,
                                         .schema_count = 1,
                                         .title = "Assets of all kinds",
                                         .version = "1.2.3",
                                         .description = "who has what"};
static const heddle_cc_contract second = {
    .size = sizeof(second), .name = "Other", .schemas = schemas, .schema_count = 1};
static const heddle_cc_contract *const contracts[] = {&first, &second};
static const heddle_cc_chaincode chaincode = {
    .size = sizeof(chaincode), .contracts = contracts, .contract_count = 2};

static const char expected[] =
    "{\"$schema\":\"https://hyperledger.github.io/fabric-chaincode-node/main/api/"
    "contract-schema.json\","
    "\"components\":{\"schemas\":{\"Asset\":{\"$id\":\"Asset\",\"properties\":{\"ID\":{\"type\":"
    "\"string\"}},\"type\":\"object\"}}},"
    "\"contracts\":{\"Assets\":{\"contractInstance\":{\"default\":true,\"name\":\"Assets\"},"
    "\"default\":true,"
    "\"info\":{\"description\":\"who has what\",\"title\":\"Assets of all kinds\",\"version\":"
    "\"1.2.3\"},\"name\":\"Assets\",\"transactions\":["
    "{\"name\":\"Create\",\"parameters\":["
    "{\"description\":\"of the asset\",\"name\":\"id\",\"schema\":{\"type\":\"string\"}},"
    "{\"name\":\"size\",\"schema\":{\"format\":\"int64\",\"minimum\":0,\"type\":\"integer\"}},"
    "{\"name\":\"sure\",\"schema\":{\"type\":\"boolean\"}},"
    "{\"name\":\"data\",\"schema\":{\"format\":\"binary\",\"type\":\"string\"}},"
    "{\"name\":\"asset\",\"schema\":{\"$ref\":\"#/components/schemas/Asset\"}},"
    "{\"name\":\"any\",\"schema\":{}}],\"tag\":[\"submit\",\"SUBMIT\",\"submitTx\"]},"
    "{\"name\":\"Read\",\"parameters\":[],\"returns\":{\"$ref\":\"#/components/schemas/Asset\"},"
    "\"tag\":[\"evaluate\",\"EVALUATE\"]},"
    "{\"name\":\"Raw\",\"returns\":{\"format\":\"int64\",\"type\":\"integer\"},"
    "\"tag\":[\"submit\",\"SUBMIT\",\"submitTx\"]}]},"
    "\"Other\":{\"contractInstance\":{\"name\":\"Other\"},\"info\":{\"title\":\"\",\"version\":"
    "\"\"},\"name\":\"Other\",\"transactions\":[]},"
    "\"org.hyperledger.fabric\":{\"contractInstance\":{\"name\":\"org.hyperledger.fabric\"},"
    "\"info\":{\"title\":\"\",\"version\":\"\"},\"name\":\"org.hyperledger.fabric\","
    "\"transactions\":[{\"name\":\"GetMetadata\",\"parameters\":[],\"returns\":{\"type\":"
    "\"string\"},\"tag\":[\"evaluate\",\"EVALUATE\"]}]}},"
    "\"info\":{\"description\":\"who has what\",\"title\":\"Assets of all kinds\",\"version\":"
    "\"1.2.3\"}}";

START_TEST(clients_get_the_document)
{
    expect_answer(CALL(&chaincode, "org.hyperledger.fabric:GetMetadata"), expected);
    expect_refused(CALL(&chaincode, "org.hyperledger.fabric:Get"),
                   "You've asked to invoke a function that does not exist: "
                   "org.hyperledger.fabric:Get");
    expect_refused(CALL(&chaincode, "GetMetadata"),
                   "You've asked to invoke a function that does not exist: GetMetadata");
}
END_TEST

START_TEST(programs_get_the_document)
{
    char *text = NULL;
    heddle_error err;
    heddle_status st = heddle_cc_chaincode_metadata(&chaincode, &text, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    ck_assert_str_eq(text, expected);
    heddle_free(text);
    ck_assert_int_eq(heddle_cc_chaincode_metadata(NULL, &text, &err), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

START_TEST(a_chaincode_has_a_title_of_its_own)
{
    heddle_cc_chaincode titled = chaincode;
    titled.title = "All of it";
    titled.version = "7";
    titled.description = "";
    called result = CALL(&titled, "org.hyperledger.fabric:GetMetadata");
    ck_assert_ptr_nonnull(
        strstr(result.payload,
               "\"info\":{\"description\":\"\",\"title\":\"All of it\",\"version\":\"7\"}}"));
}
END_TEST

START_TEST(what_would_make_no_document_is_told_at_the_start)
{
    static char deep[2000];
    size_t len = 0;
    for (int i = 0; i < 60; i++)
        len += (size_t)snprintf(deep + len, sizeof(deep) - len, "{\"items\":");
    len += (size_t)snprintf(deep + len, sizeof(deep) - len, "{}");
    memset(deep + len, '}', 60);
    const heddle_cc_parameter one[] = {{"p", .type = HEDDLE_CC_JSON, .schema = deep}};
    const heddle_cc_transaction row = {"T", nothing, HEDDLE_CC_PARAMETERS(one)};
    const heddle_cc_contract contract = {
        .size = sizeof(contract), .name = "C", .transactions = &row, .transaction_count = 1};
    const heddle_cc_contract *const only[] = {&contract};
    const heddle_cc_chaincode bad = {.size = sizeof(bad), .contracts = only, .contract_count = 1};
    heddle_error err;
    ck_assert_int_eq(heddle_cc_chaincode_check(&bad, &err), HEDDLE_E_BAD_ARGUMENT);
    ck_assert_str_eq(err.message, "metadata: JSON value: nested deeper than 64");
}
END_TEST

START_TEST(lack_of_memory_is_an_error)
{
    bool reached = true;
    for (size_t nth = 1; reached; nth++) {
        char *text = NULL;
        heddle_error err;
        fault_alloc_arm(nth);
        heddle_status st = heddle_cc_chaincode_metadata(&chaincode, &text, &err);
        reached = fault_alloc_disarm();
        ck_assert(reached == (st != HEDDLE_OK));
        heddle_free(text);
        ck_assert_int_eq(fault_alloc_live(), text ? 1 : 0);
    }
}
END_TEST

SUITE_MAIN("chaincode/metadata",
           SUITE_CASE("document", clients_get_the_document, programs_get_the_document,
                      a_chaincode_has_a_title_of_its_own,
                      what_would_make_no_document_is_told_at_the_start, lack_of_memory_is_an_error))
