/*
 * Three members: the first mints, pays the second, and allows the third to spend. Amounts are far
 * beyond what a double holds, and exact.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/client.h"

enum { BANK, PAYEE, SPENDER, MEMBERS };

#define LARGE "100000000000000000000000000000000000000000000000000000000000000000001"

static heddle_status initialize(example_client *client, heddle_error *err)
{
    char *name = example_answer(client, BANK, HEDDLE_CALL("Name"), err);
    if (!name)
        return example_submit(client, BANK, "initialise the token",
                              HEDDLE_CALL("Initialize", "Heddle", "HDL", "18"), err);
    example_say("the token is there already", "%s", name);
    free(name);
    return HEDDLE_OK;
}

static heddle_status balances(example_client *client, char *const accounts[MEMBERS],
                              heddle_error *err)
{
    static const char *const who[MEMBERS] = {"the bank has", "the payee has", "the spender has"};
    for (size_t i = 0; i < MEMBERS; i++) {
        char *text = example_answer(client, i, HEDDLE_CALL("BalanceOf", accounts[i]), err);
        example_say(who[i], "%s", text ? text : "no account yet");
        free(text);
    }
    return example_show(client, BANK, "there are in all", HEDDLE_CALL("TotalSupply"), err);
}

static heddle_status pay(example_client *client, char *const accounts[MEMBERS], heddle_error *err)
{
    const char *bank = accounts[BANK], *payee = accounts[PAYEE], *spender = accounts[SPENDER];
    const struct {
        size_t member;
        const char *what;
        const heddle_request *request;
        const char *refused;
    } steps[] = {
        {BANK, "mint", HEDDLE_CALL("Mint", LARGE), NULL},
        {PAYEE, "mint, not being of the bank", HEDDLE_CALL("Mint", "1"), "not authorized"},
        {BANK, "transfer to the payee", HEDDLE_CALL("Transfer", payee, "1000"), NULL},
        {BANK, "allow the spender some", HEDDLE_CALL("Approve", spender, "300"), NULL},
        {SPENDER, "who pays the payee", HEDDLE_CALL("TransferFrom", bank, payee, "200"), NULL},
        {SPENDER, "and not more than that", HEDDLE_CALL("TransferFrom", bank, payee, "101"),
         "does not have enough allowance"},
        {BANK, "burn one", HEDDLE_CALL("Burn", "1"), NULL},
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        heddle_status status =
            steps[i].refused
                ? example_refused(client, steps[i].member, steps[i].what, steps[i].request,
                                  steps[i].refused, err)
                : example_submit(client, steps[i].member, steps[i].what, steps[i].request, err);
        if (status != HEDDLE_OK)
            return status;
    }
    return example_show(client, BANK, "what the spender may still spend",
                        HEDDLE_CALL("Allowance", bank, spender), err);
}

static heddle_status tour(example_client *client, heddle_error *err)
{
    char *accounts[MEMBERS] = {NULL};
    heddle_status status = initialize(client, err);
    for (size_t i = 0; status == HEDDLE_OK && i < MEMBERS; i++) {
        accounts[i] = example_answer(client, i, HEDDLE_CALL("ClientAccountID"), err);
        if (!accounts[i])
            status = err->status;
    }
    if (status == HEDDLE_OK)
        status = pay(client, accounts, err);
    if (status == HEDDLE_OK)
        status = balances(client, accounts, err);
    for (size_t i = 0; i < MEMBERS; i++)
        free(accounts[i]);
    return status;
}

int main(int argc, char **argv)
{
    static const example_program program = {"token-erc-20-client", "token", MEMBERS, tour};
    return example_main(argc, argv, &program);
}
