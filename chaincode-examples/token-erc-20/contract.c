/*
 * An account is a client's id. Amounts are unsigned integers of 256 bits, as ERC-20 has them:
 * decimal text in arguments, answers and state, never rounded, and refused where they would
 * overflow.
 *
 *   name, symbol, decimals, totalSupply   the token
 *   balance ACCOUNT                       what an account has; composite keys, so that no account
 *   allowance OWNER SPENDER               can be called as the token's own keys are
 */
#include "contract.h"

#include <heddle/chaincode_identity.h>
#include <heddle/chaincode_json.h>
#include <string.h>

#include "support/try.h"
#include "support/uint256.h"

/* The organisation that initialises the token, mints and burns. */
static const char central_bank[] = "Org1MSP";
/* Where minted tokens come from, and burnt ones go to. */
static const char nobody[] = "0x0";

/* Up to here a JSON number is exact in every language. */
static const int64_t most_in_json = 9007199254740991;

/* Amounts */

static heddle_status amount_parameter(heddle_cc_stub *stub, size_t index, uint256 *out,
                                      heddle_error *err)
{
    const char *text = heddle_cc_text(stub, index);
    if (!uint256_parse(heddle_view_str(text), out))
        return heddle_cc_fail(err, "%s is no amount: whole numbers from 0 to 2^256 - 1 are", text);
    return HEDDLE_OK;
}

/* 0 if the key is not there; @p out_found may be NULL. */
static heddle_status read_amount(heddle_cc_stub *stub, heddle_view key, uint256 *out,
                                 bool *out_found, heddle_error *err)
{
    heddle_view text;
    TRY(heddle_cc_get_state(stub, key, &text, err));
    *out = (uint256){0};
    if (text.len > 0 && !uint256_parse(text, out))
        return heddle_cc_fail(err, "what is stored as an amount is none");
    if (out_found)
        *out_found = text.len > 0;
    return HEDDLE_OK;
}

static heddle_status write_amount(heddle_cc_stub *stub, heddle_view key, const uint256 *amount,
                                  heddle_error *err)
{
    char text[UINT256_TEXT];
    return heddle_cc_put_state(stub, key, heddle_view_str(uint256_write(amount, text)), err);
}

static heddle_status reply_amount(heddle_cc_stub *stub, const uint256 *amount, heddle_error *err)
{
    char text[UINT256_TEXT];
    return heddle_cc_reply_text(stub, uint256_write(amount, text), err);
}

/* Keys */

static heddle_status balance_key(heddle_cc_stub *stub, const char *account, heddle_view *out,
                                 heddle_error *err)
{
    heddle_view part = heddle_view_str(account);
    return heddle_cc_composite_key(stub, heddle_view_str("balance"), &part, 1, out, err);
}

static heddle_status allowance_key(heddle_cc_stub *stub, const char *owner, const char *spender,
                                   heddle_view *out, heddle_error *err)
{
    const heddle_view parts[] = {heddle_view_str(owner), heddle_view_str(spender)};
    return heddle_cc_composite_key(stub, heddle_view_str("allowance"), parts, 2, out, err);
}

static heddle_view supply_key(void)
{
    return heddle_view_str("totalSupply");
}

/* Events */

static void set_event_amount(heddle_cc_json *event, const uint256 *amount)
{
    char text[UINT256_TEXT];
    uint256_write(amount, text);
    uint256 most = {.limbs = {(uint32_t)most_in_json, (uint32_t)(most_in_json >> 32)}};
    if (uint256_compare(amount, &most) > 0)
        heddle_cc_json_set_text(event, "value", text);
    else
        heddle_cc_json_set_integer(event, "value",
                                   (int64_t)((uint64_t)amount->limbs[1] << 32 | amount->limbs[0]));
}

static heddle_status emit(heddle_cc_stub *stub, const char *name, const char *from, const char *to,
                          const uint256 *amount, heddle_error *err)
{
    heddle_cc_json *event = heddle_cc_json_object(stub);
    heddle_view bytes;
    heddle_cc_json_set_text(event, "from", from);
    heddle_cc_json_set_text(event, "to", to);
    set_event_amount(event, amount);
    TRY(heddle_cc_json_write(stub, event, &bytes, err));
    return heddle_cc_set_event(stub, name, bytes, err);
}

/* Who may */

static heddle_status check_central_bank(heddle_cc_stub *stub, const char *to_do, heddle_error *err)
{
    const char *msp_id;
    TRY(heddle_cc_client_msp_id(stub, &msp_id, err));
    if (strcmp(msp_id, central_bank) != 0)
        return heddle_cc_fail(err, "client is not authorized to %s", to_do);
    return HEDDLE_OK;
}

/* Runs before every function. */
static heddle_status check_initialized(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view name;
    if (strcmp(heddle_cc_function_name(stub), "Initialize") == 0)
        return HEDDLE_OK;
    TRY(heddle_cc_get_state(stub, heddle_view_str("name"), &name, err));
    return name.len ? HEDDLE_OK
                    : heddle_cc_fail(err, "Contract options need to be set before calling any "
                                          "function, call Initialize() to initialize contract");
}

/* The token */

static heddle_status initialize(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view present;
    const char *text = heddle_cc_printf(stub, "%d", (int)heddle_cc_integer(stub, 2));
    TRY(check_central_bank(stub, "initialize contract", err));
    TRY(heddle_cc_get_state(stub, heddle_view_str("name"), &present, err));
    if (present.len)
        return heddle_cc_fail(
            err, "contract options are already set, client is not authorized to change them");
    TRY(heddle_cc_put_state(stub, heddle_view_str("name"), heddle_cc_bytes(stub, 0), err));
    TRY(heddle_cc_put_state(stub, heddle_view_str("symbol"), heddle_cc_bytes(stub, 1), err));
    TRY(heddle_cc_put_state(stub, heddle_view_str("decimals"), heddle_view_str(text), err));
    return heddle_cc_reply_text(stub, "true", err);
}

static heddle_status reply_key(heddle_cc_stub *stub, const char *key, heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, heddle_view_str(key), &value, err));
    return heddle_cc_reply(stub, value, err);
}

static heddle_status token_name(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return reply_key(stub, "name", err);
}

static heddle_status symbol(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return reply_key(stub, "symbol", err);
}

static heddle_status decimals(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return reply_key(stub, "decimals", err);
}

static heddle_status total_supply(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    uint256 supply;
    TRY(read_amount(stub, supply_key(), &supply, NULL, err));
    return reply_amount(stub, &supply, err);
}

/* Minting and burning */

static heddle_status mint(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    uint256 amount, balance, supply;
    const char *minter;
    heddle_view key;
    TRY(check_central_bank(stub, "mint new tokens", err));
    TRY(amount_parameter(stub, 0, &amount, err));
    if (uint256_is_zero(&amount))
        return heddle_cc_fail(err, "mint amount must be a positive integer");
    TRY(heddle_cc_client_id(stub, &minter, err));
    TRY(balance_key(stub, minter, &key, err));
    TRY(read_amount(stub, key, &balance, NULL, err));
    TRY(read_amount(stub, supply_key(), &supply, NULL, err));
    /* A balance is never above the supply, so the second sum fits if the first does. */
    if (!uint256_add(&supply, &amount, &supply) || !uint256_add(&balance, &amount, &balance))
        return heddle_cc_fail(err, "the total supply would not fit into 256 bits");
    TRY(write_amount(stub, key, &balance, err));
    TRY(write_amount(stub, supply_key(), &supply, err));
    return emit(stub, "Transfer", nobody, minter, &amount, err);
}

static heddle_status burn(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    uint256 amount, balance, supply;
    const char *minter;
    heddle_view key;
    bool found;
    TRY(check_central_bank(stub, "burn tokens", err));
    TRY(amount_parameter(stub, 0, &amount, err));
    if (uint256_is_zero(&amount))
        return heddle_cc_fail(err, "burn amount must be a positive integer");
    TRY(heddle_cc_client_id(stub, &minter, err));
    TRY(balance_key(stub, minter, &key, err));
    TRY(read_amount(stub, key, &balance, &found, err));
    if (!found)
        return heddle_cc_fail(err, "The balance does not exist");
    TRY(read_amount(stub, supply_key(), &supply, NULL, err));
    if (!uint256_sub(&balance, &amount, &balance) || !uint256_sub(&supply, &amount, &supply))
        return heddle_cc_fail(err, "client account %s has insufficient funds", minter);
    TRY(write_amount(stub, key, &balance, err));
    TRY(write_amount(stub, supply_key(), &supply, err));
    return emit(stub, "Transfer", minter, nobody, &amount, err);
}

/* Transfers */

/* As state is read as it was before the transaction, one account must not be on both sides. */
static heddle_status move(heddle_cc_stub *stub, const char *from, const char *to,
                          const uint256 *amount, heddle_error *err)
{
    uint256 payer, payee;
    heddle_view payer_key, payee_key;
    bool found;
    if (strcmp(from, to) == 0)
        return heddle_cc_fail(err, "cannot transfer to and from same client account");
    TRY(balance_key(stub, from, &payer_key, err));
    TRY(balance_key(stub, to, &payee_key, err));
    TRY(read_amount(stub, payer_key, &payer, &found, err));
    if (!found)
        return heddle_cc_fail(err, "client account %s has no balance", from);
    TRY(read_amount(stub, payee_key, &payee, NULL, err));
    if (!uint256_sub(&payer, amount, &payer))
        return heddle_cc_fail(err, "client account %s has insufficient funds", from);
    if (!uint256_add(&payee, amount, &payee))
        return heddle_cc_fail(err, "the balance of %s would not fit into 256 bits", to);
    TRY(write_amount(stub, payer_key, &payer, err));
    TRY(write_amount(stub, payee_key, &payee, err));
    return emit(stub, "Transfer", from, to, amount, err);
}

static heddle_status transfer(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *client;
    uint256 amount;
    TRY(heddle_cc_client_id(stub, &client, err));
    TRY(amount_parameter(stub, 1, &amount, err));
    return move(stub, client, heddle_cc_text(stub, 0), &amount, err);
}

static heddle_status transfer_from(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *from = heddle_cc_text(stub, 0), *spender;
    uint256 amount, allowance;
    heddle_view key;
    TRY(heddle_cc_client_id(stub, &spender, err));
    TRY(amount_parameter(stub, 2, &amount, err));
    TRY(allowance_key(stub, from, spender, &key, err));
    TRY(read_amount(stub, key, &allowance, NULL, err));
    if (!uint256_sub(&allowance, &amount, &allowance))
        return heddle_cc_fail(err, "spender does not have enough allowance for transfer");
    TRY(write_amount(stub, key, &allowance, err));
    return move(stub, from, heddle_cc_text(stub, 1), &amount, err);
}

static heddle_status approve(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *owner, *spender = heddle_cc_text(stub, 0);
    uint256 amount;
    heddle_view key;
    TRY(heddle_cc_client_id(stub, &owner, err));
    TRY(amount_parameter(stub, 1, &amount, err));
    TRY(allowance_key(stub, owner, spender, &key, err));
    TRY(write_amount(stub, key, &amount, err));
    return emit(stub, "Approval", owner, spender, &amount, err);
}

static heddle_status allowance(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    uint256 amount;
    heddle_view key;
    TRY(allowance_key(stub, heddle_cc_text(stub, 0), heddle_cc_text(stub, 1), &key, err));
    TRY(read_amount(stub, key, &amount, NULL, err));
    return reply_amount(stub, &amount, err);
}

/* Accounts */

static heddle_status reply_balance(heddle_cc_stub *stub, const char *account, heddle_error *err)
{
    uint256 balance;
    heddle_view key;
    bool found;
    TRY(balance_key(stub, account, &key, err));
    TRY(read_amount(stub, key, &balance, &found, err));
    if (!found)
        return heddle_cc_fail(err, "the account %s does not exist", account);
    return reply_amount(stub, &balance, err);
}

static heddle_status balance_of(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return reply_balance(stub, heddle_cc_text(stub, 0), err);
}

static heddle_status client_account_balance(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *client;
    TRY(heddle_cc_client_id(stub, &client, err));
    return reply_balance(stub, client, err);
}

static heddle_status client_account_id(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *client;
    TRY(heddle_cc_client_id(stub, &client, err));
    return heddle_cc_reply_text(stub, client, err);
}

/* The tables */

#define AMOUNT    "a whole number from 0 to 2^256 - 1, in decimal digits"
#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter token[] = {
    {"name", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"symbol", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"decimals", .type = HEDDLE_CC_INTEGER, .schema = "{\"minimum\":0,\"maximum\":255}"}};
static const heddle_cc_parameter amount_only[] = {
    {"amount", .type = HEDDLE_CC_STRING, .description = AMOUNT}};
static const heddle_cc_parameter account_only[] = {
    {"account", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter recipient_amount[] = {
    {"recipient", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"amount", .type = HEDDLE_CC_STRING, .description = AMOUNT}};
static const heddle_cc_parameter from_to_value[] = {
    {"from", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"to", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"value", .type = HEDDLE_CC_STRING, .description = AMOUNT}};
static const heddle_cc_parameter spender_value[] = {
    {"spender", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"value", .type = HEDDLE_CC_STRING, .description = AMOUNT}};
static const heddle_cc_parameter owner_spender[] = {
    {"owner", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"spender", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};

static const heddle_cc_transaction transactions[] = {
    {"Initialize", initialize, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(token),
     .returns = HEDDLE_CC_BOOLEAN},
    {"Name", token_name, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_STRING},
    {"TokenName", token_name, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_STRING},
    {"Symbol", symbol, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_STRING},
    {"Decimals", decimals, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_INTEGER},
    {"TotalSupply", total_supply, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_STRING},
    {"Mint", mint, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(amount_only)},
    {"Burn", burn, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(amount_only)},
    {"Transfer", transfer, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(recipient_amount)},
    {"TransferFrom", transfer_from, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(from_to_value)},
    {"Approve", approve, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(spender_value)},
    {"Allowance", allowance, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(owner_spender),
     .returns = HEDDLE_CC_STRING},
    {"BalanceOf", balance_of, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(account_only),
     .returns = HEDDLE_CC_STRING},
    {"ClientAccountBalance", client_account_balance, .kind = HEDDLE_CC_EVALUATE,
     .returns = HEDDLE_CC_STRING},
    {"ClientAccountID", client_account_id, .kind = HEDDLE_CC_EVALUATE, .returns = HEDDLE_CC_STRING},
};

static const heddle_cc_contract contract = {
    .size = sizeof(contract),
    .name = "SmartContract",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
    .before = check_initialized,
};

static const heddle_cc_contract *const contracts[] = {&contract};

const heddle_cc_chaincode token_erc_20 = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "token-erc-20",
    .version = "1.0",
    .description = "A fungible token with the interface of ERC-20",
};
