/* token-erc-20. */
#include "ledger.h"
#include "support/suite.h"
#include "token-erc-20/contract.h"

#include <stdio.h>
#include <string.h>

#define MOST "115792089237316195423570985008687907853269984665640564039457584007913129639935"

enum { ID = 512 };

static char bank[ID], ann[ID], bob[ID];

static void as_bank(void)
{
    ledger_act_as("bank", "Org1MSP");
}

static void as_ann(void)
{
    ledger_act_as("ann", "Org2MSP");
}

static void as_bob(void)
{
    ledger_act_as("bob", "Org2MSP");
}

static void ask_id(char out[ID])
{
    ledger_call(false, LEDGER_TEXTS("ClientAccountID"));
    ck_assert_int_eq(ledger_last.status, 200);
    snprintf(out, ID, "%s", ledger_last.text);
}

/* The token is there, and the bank has 1000. */
static void open_ledger(void)
{
    ledger_open(&token_erc_20);
    as_bank();
    TOOK("true", "Initialize", "Heddle", "HDL", "18");
    TOOK("", "Mint", "1000");
    ask_id(bank);
    as_ann();
    ask_id(ann);
    as_bob();
    ask_id(bob);
    as_bank();
}

static void expect_event(const char *name, const char *from, const char *to, const char *value)
{
    char text[3 * ID];
    snprintf(text, sizeof(text), "{\"from\":\"%s\",\"to\":\"%s\",\"value\":%s}", from, to, value);
    EMITTED(name, text);
}

START_TEST(the_token_tells_what_it_is)
{
    SAID("Heddle", "Name");
    SAID("Heddle", "TokenName");
    SAID("HDL", "Symbol");
    SAID("18", "Decimals");
    SAID("1000", "TotalSupply");
    REFUSED("contract options are already set, client is not authorized to change them",
            "Initialize", "Other", "OTH", "2");
    as_ann();
    REFUSED("client is not authorized to initialize contract", "Initialize", "Other", "OTH", "2");
}
END_TEST

START_TEST(nothing_works_before_it_is_initialized)
{
    static const char set[] = "Contract options need to be set before calling any function, call "
                              "Initialize() to initialize contract";
    ledger_close();
    ledger_open(&token_erc_20);
    as_bank();
    REFUSED(set, "Mint", "1");
    REFUSED(set, "Name");
    REFUSED(set, "ClientAccountID");
    ledger_call(true, LEDGER_TEXTS("Initialize", "Heddle", "HDL", "256"));
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "decimals"));
    ledger_call(true, LEDGER_TEXTS("Initialize", "", "HDL", "2"));
    ck_assert_ptr_nonnull(strstr(ledger_last.message, "name"));
    TOOK("true", "Initialize", "Heddle", "HDL", "0");
    SAID("0", "TotalSupply");
}
END_TEST

START_TEST(tokens_are_minted_and_burnt)
{
    TOOK("", "Mint", "7");
    expect_event("Transfer", "0x0", bank, "7");
    SAID("1007", "TotalSupply");
    SAID("1007", "ClientAccountBalance");
    TOOK("", "Burn", "1000");
    expect_event("Transfer", bank, "0x0", "1000");
    SAID("7", "TotalSupply");
    SAID("7", "BalanceOf", bank);
}
END_TEST

START_TEST(only_the_central_bank_mints_and_burns)
{
    as_ann();
    REFUSED("client is not authorized to mint new tokens", "Mint", "1");
    REFUSED("client is not authorized to burn tokens", "Burn", "1");
}
END_TEST

START_TEST(tokens_are_transferred)
{
    TOOK("", "Transfer", ann, "300");
    expect_event("Transfer", bank, ann, "300");
    SAID("700", "BalanceOf", bank);
    SAID("300", "BalanceOf", ann);
    SAID("1000", "TotalSupply");
    TOOK("", "Transfer", ann, "0");
    as_ann();
    TOOK("", "Transfer", bob, "300");
    SAID("0", "ClientAccountBalance");
    SAID("300", "BalanceOf", bob);
}
END_TEST

START_TEST(nobody_pays_what_they_do_not_have)
{
    char message[ID + 100];
    snprintf(message, sizeof(message), "client account %s has insufficient funds", bank);
    REFUSED(message, "Transfer", ann, "1001");
    REFUSED("cannot transfer to and from same client account", "Transfer", bank, "1");
    snprintf(message, sizeof(message), "the account %s does not exist", ann);
    REFUSED(message, "BalanceOf", ann);
    as_ann();
    snprintf(message, sizeof(message), "client account %s has no balance", ann);
    REFUSED(message, "Transfer", bob, "1");
}
END_TEST

START_TEST(a_spender_pays_up_to_the_allowance)
{
    TOOK("", "Approve", bob, "300");
    expect_event("Approval", bank, bob, "300");
    SAID("300", "Allowance", bank, bob);
    SAID("0", "Allowance", bob, bank);
    as_bob();
    TOOK("", "TransferFrom", bank, ann, "200");
    expect_event("Transfer", bank, ann, "200");
    SAID("100", "Allowance", bank, bob);
    REFUSED("spender does not have enough allowance for transfer", "TransferFrom", bank, ann,
            "101");
    TOOK("", "TransferFrom", bank, bob, "100");
    SAID("0", "Allowance", bank, bob);
    SAID("100", "ClientAccountBalance");
    as_ann();
    REFUSED("spender does not have enough allowance for transfer", "TransferFrom", bank, ann, "1");
}
END_TEST

START_TEST(amounts_are_exact_up_to_256_bits)
{
    TOOK("", "Burn", "1000");
    TOOK("", "Mint", MOST);
    expect_event("Transfer", "0x0", bank, "\"" MOST "\"");
    SAID(MOST, "TotalSupply");
    REFUSED("the total supply would not fit into 256 bits", "Mint", "1");
    TOOK("", "Transfer", ann, "1");
    SAID("115792089237316195423570985008687907853269984665640564039457584007913129639934",
         "BalanceOf", bank);
    SAID("1", "BalanceOf", ann);
}
END_TEST

START_TEST(events_have_numbers_as_long_as_every_reader_has_them_exactly)
{
    TOOK("", "Mint", "9007199254740991");
    expect_event("Transfer", "0x0", bank, "9007199254740991");
    TOOK("", "Mint", "9007199254740992");
    expect_event("Transfer", "0x0", bank, "\"9007199254740992\"");
}
END_TEST

START_TEST(what_is_no_amount_is_refused)
{
    static const char *const amounts[] = {"-1", "1.5", "1e3", "", "0x10", MOST "0"};
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        ledger_call(true, LEDGER_TEXTS("Mint", amounts[i]));
        ck_assert_int_eq(ledger_last.status, 500);
        ledger_call(true, LEDGER_TEXTS("Approve", ann, amounts[i]));
        ck_assert_int_eq(ledger_last.status, 500);
    }
    REFUSED("mint amount must be a positive integer", "Mint", "0");
    REFUSED("burn amount must be a positive integer", "Burn", "0");
}
END_TEST

START_TEST(no_account_is_called_as_the_tokens_own_keys)
{
    TOOK("", "Transfer", "totalSupply", "1");
    TOOK("", "Transfer", "name", "1");
    SAID("1000", "TotalSupply");
    SAID("Heddle", "Name");
    SAID("1", "BalanceOf", "name");
}
END_TEST

int main(void)
{
    TCase *c =
        SUITE_CASE("contract", the_token_tells_what_it_is, nothing_works_before_it_is_initialized,
                   tokens_are_minted_and_burnt, only_the_central_bank_mints_and_burns,
                   tokens_are_transferred, nobody_pays_what_they_do_not_have,
                   a_spender_pays_up_to_the_allowance, amounts_are_exact_up_to_256_bits,
                   events_have_numbers_as_long_as_every_reader_has_them_exactly,
                   what_is_no_amount_is_refused, no_account_is_called_as_the_tokens_own_keys);
    tcase_add_checked_fixture(c, open_ledger, ledger_close);
    Suite *suite = suite_create("examples/token_erc_20");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
