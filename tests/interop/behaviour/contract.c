#include <heddle/chaincode_contract.h>

#include <stdio.h>
#include <string.h>

#include "behaviour.h"

static const step *find_in(const step *steps, heddle_view name)
{
    for (; steps->name; steps++) {
        if (strlen(steps->name) == name.len && memcmp(steps->name, name.data, name.len) == 0)
            return steps;
    }
    return NULL;
}

static const step *find_step(heddle_view name)
{
    const step *found = find_in(state_steps, name);
    found = found ? found : find_in(private_steps, name);
    return found ? found : find_in(context_steps, name);
}

/* One step, and its line. What it gave before it was refused is not told. */
static heddle_status make_step(heddle_cc_stub *stub, heddle_view name, words args, text *out,
                               heddle_error *err)
{
    const step *found = find_step(name);
    size_t before = out->len;
    if (!found || args.count < found->least) {
        text_add(out, "! no such step");
        return HEDDLE_OK;
    }
    heddle_status st = found->make(stub, args, out, err);
    if (st == HEDDLE_OK || out->status == HEDDLE_E_REFUSED)
        return st;
    out->len = before;
    text_add(out, "! ");
    text_add(out, err->message);
    return HEDDLE_OK;
}

static heddle_status reply_with(text *out, heddle_error *err)
{
    if (out->status != HEDDLE_OK)
        return heddle_cc_fail(err, "the answer is too long");
    return heddle_cc_reply(out->stub, heddle_view_of(out->data, out->len), err);
}

static heddle_status run(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    size_t count = heddle_cc_arg_count(stub), all;
    const heddle_view *args = heddle_cc_raw_args(stub, &all) + 1;
    text out = {.stub = stub};
    for (size_t at = 0; at + 1 < count;) {
        size_t given = (size_t)number_of(args[at + 1]);
        if (given > count - at - 2)
            return heddle_cc_fail(err, "a step's arguments are missing");
        text_add(&out, at ? "\n" : "");
        heddle_status st = make_step(stub, args[at], (words){args + at + 2, given}, &out, err);
        if (st != HEDDLE_OK)
            return st;
        at += 2 + given;
    }
    return reply_with(&out, err);
}

/* The arguments in every form: bytes, texts, function and parameters, joined. */
static heddle_status show_args(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    size_t count;
    heddle_view joined;
    const heddle_view *raw = heddle_cc_raw_args(stub, &count);
    text out = {.stub = stub};
    heddle_status st = heddle_cc_args_joined(stub, &joined, err);
    if (st != HEDDLE_OK)
        return st;
    show_list(raw, count, &out);
    text_add(&out, "\n[");
    text_show(&out, heddle_view_str(heddle_cc_function_name(stub)));
    for (size_t i = 0; i < heddle_cc_arg_count(stub); i++) {
        const char *string = heddle_cc_arg_text(stub, i);
        text_add(&out, " ");
        text_show(&out, string ? heddle_view_str(string) : heddle_cc_arg(stub, i));
    }
    text_add(&out, "]\n");
    text_show(&out, heddle_view_str(heddle_cc_function_name(stub)));
    text_add(&out, " ");
    show_list(raw + 1, count - 1, &out);
    text_add(&out, "\n");
    text_show(&out, joined);
    return reply_with(&out, err);
}

static heddle_status echo(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply(stub, heddle_cc_arg(stub, 0), err);
}

static heddle_status big(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_reply(stub, pattern_of(stub, (size_t)number_of(heddle_cc_arg(stub, 0))), err);
}

static heddle_status empty(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)stub;
    (void)context;
    (void)err;
    return HEDDLE_OK;
}

static heddle_status set_status(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_status st = heddle_cc_set_event(stub, "before the end", heddle_view_str("x"), err);
    if (st == HEDDLE_OK)
        st = heddle_cc_set_status(stub, number_of(heddle_cc_arg(stub, 0)),
                                  heddle_cc_arg_text(stub, 1), err);
    return st == HEDDLE_OK ? heddle_cc_reply(stub, heddle_cc_arg(stub, 2), err) : st;
}

static heddle_status fail(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_status st =
        heddle_cc_put_state(stub, heddle_view_str("failed"), heddle_view_str("x"), err);
    return st == HEDDLE_OK ? heddle_cc_fail(err, "%s", heddle_cc_arg_text(stub, 0)) : st;
}

static heddle_status unknown(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_fail(err, "no function '%s'", heddle_cc_function_name(stub));
}

static heddle_status init(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    if (heddle_cc_arg_count(stub))
        return heddle_cc_fail(err, "%s", heddle_cc_arg_text(stub, 0));
    heddle_status st = heddle_cc_put_state(stub, heddle_view_str("initialised"),
                                           heddle_view_str(heddle_cc_tx_id(stub)), err);
    return st == HEDDLE_OK ? heddle_cc_reply_text(stub, "initialised", err) : st;
}

static const heddle_cc_transaction transactions[] = {
    {.name = "run", .function = run, .unchecked = true},
    {.name = "args", .function = show_args, .unchecked = true},
    {.name = "echo", .function = echo, .unchecked = true},
    {.name = "big", .function = big, .unchecked = true},
    {.name = "empty", .function = empty, .unchecked = true},
    {.name = "status", .function = set_status, .unchecked = true},
    {.name = "fail", .function = fail, .unchecked = true},
};

static const heddle_cc_contract contract = {
    .size = sizeof(contract),
    .name = "Behaviour",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
    .init = init,
    .unknown = unknown,
};

static const heddle_cc_contract *const contracts[] = {&contract};

const heddle_cc_chaincode behaviour_chaincode = {
    .size = sizeof(behaviour_chaincode), .contracts = contracts, .contract_count = 1};
