/*
 * A variable is the sum of its rows. A row is a key without a value worth reading,
 *
 *   varName~op~value~txID  NAME  "+" or "-"  DIGITS  TRANSACTION
 *
 * so an update reads nothing and writes a key that no other transaction writes: any number of them
 * fit into one block. Rows are summed when somebody asks, and a pruning puts one row in place of
 * those that it read. Sums are integers of 256 bits, so they are exact.
 *
 * The functions with "Standard" in their names keep the value under one key, as one would at first.
 */
#include "contract.h"

#include "support/try.h"
#include "support/uint256.h"

static const char row_type[] = "varName~op~value~txID";

enum { ROW_PARTS = 4, DELTA_DIGITS = 60 };

/* What was added, and what was taken away: their difference is the value. */
typedef struct tally {
    uint256 plus;
    uint256 minus;
    size_t rows;
} tally;

/* Tallies */

static heddle_status tally_add(tally *t, heddle_view op, heddle_view digits, heddle_error *err)
{
    uint256 amount;
    uint256 *side = op.len == 1 && op.data[0] == '-' ? &t->minus : &t->plus;
    if (!uint256_parse(digits, &amount))
        return heddle_cc_fail(err, "%.*s is no number of this contract", (int)digits.len,
                              (const char *)digits.data);
    if (!uint256_add(side, &amount, side))
        return heddle_cc_fail(err, "the sum does not fit into 256 bits");
    t->rows++;
    return HEDDLE_OK;
}

/* The value as a row or a client has it: "+" or "-", and digits. */
static const char *tally_digits(const tally *t, char out[UINT256_TEXT], const char **out_op)
{
    bool negative = uint256_compare(&t->plus, &t->minus) < 0;
    uint256 value = {0};
    (void)(negative ? uint256_sub(&t->minus, &t->plus, &value)
                    : uint256_sub(&t->plus, &t->minus, &value));
    *out_op = negative ? "-" : "+";
    return uint256_write(&value, out);
}

static const char *tally_text(heddle_cc_stub *stub, const tally *t)
{
    char digits[UINT256_TEXT];
    const char *op;
    tally_digits(t, digits, &op);
    return heddle_cc_printf(stub, "%s%s", op[0] == '-' ? "-" : "", digits);
}

static heddle_status check_delta(const char *delta, const char *op, heddle_error *err)
{
    uint256 amount;
    if (strcmp(op, "+") != 0 && strcmp(op, "-") != 0)
        return heddle_cc_fail(err, "operator %s is unrecognized", op);
    heddle_view digits = heddle_view_str(delta);
    if (!uint256_parse(digits, &amount))
        return heddle_cc_fail(err, "provided value was not a whole number: %s", delta);
    if (digits.len > DELTA_DIGITS)
        return heddle_cc_fail(err, "provided value has more than %d digits", DELTA_DIGITS);
    return HEDDLE_OK;
}

/* Rows */

static heddle_status put_row(heddle_cc_stub *stub, const char *name, const char *op,
                             const char *digits, heddle_error *err)
{
    const heddle_view parts[ROW_PARTS] = {heddle_view_str(name), heddle_view_str(op),
                                          heddle_view_str(digits),
                                          heddle_view_str(heddle_cc_tx_id(stub))};
    heddle_view key;
    TRY(heddle_cc_composite_key(stub, heddle_view_str(row_type), parts, ROW_PARTS, &key, err));
    return heddle_cc_put_state(stub, key, heddle_view_of("", 1), err);
}

static heddle_status add_row(heddle_cc_stub *stub, heddle_view key, tally *t, heddle_error *err)
{
    heddle_view type;
    const heddle_view *parts;
    size_t count;
    TRY(heddle_cc_split_composite_key(stub, key, &type, &parts, &count, err));
    if (count != ROW_PARTS)
        return heddle_cc_fail(err, "a row has %zu parts", count);
    return tally_add(t, parts[1], parts[2], err);
}

/* Sum the rows of a variable, and delete them if that is asked for. */
static heddle_status read_rows(heddle_cc_stub *stub, const char *name, bool and_delete, tally *out,
                               heddle_error *err)
{
    const heddle_view prefix = heddle_view_str(name);
    heddle_cc_iterator *rows;
    heddle_cc_entry row;
    heddle_status status;
    TRY(heddle_cc_composite_open(stub, heddle_view_str(row_type), &prefix, 1, &rows, err));
    while ((status = heddle_cc_iterator_next(rows, &row, err)) == HEDDLE_OK) {
        TRY(add_row(stub, row.key, out, err));
        if (and_delete)
            TRY(heddle_cc_del_state(stub, row.key, err));
    }
    if (status != HEDDLE_E_END)
        return status;
    return out->rows ? HEDDLE_OK : heddle_cc_fail(err, "no variable by the name %s exists", name);
}

/* Transactions */

static heddle_status update(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *name = heddle_cc_text(stub, 0), *delta = heddle_cc_text(stub, 1);
    const char *op = heddle_cc_text(stub, 2);
    TRY(check_delta(delta, op, err));
    TRY(put_row(stub, name, op, delta, err));
    return heddle_cc_reply_text(
        stub, heddle_cc_printf(stub, "Successfully added %s%s to %s", op, delta, name), err);
}

static heddle_status get(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    tally sum = {0};
    TRY(read_rows(stub, heddle_cc_text(stub, 0), false, &sum, err));
    return heddle_cc_reply_text(stub, tally_text(stub, &sum), err);
}

/*
 * The range that was read is part of the transaction: an update that commits in between makes it
 * invalid (PHANTOM_READ_CONFLICT), with nothing lost, and the client prunes again.
 */
static heddle_status prune(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *name = heddle_cc_text(stub, 0), *op;
    char digits[UINT256_TEXT];
    tally sum = {0};
    TRY(read_rows(stub, name, true, &sum, err));
    tally_digits(&sum, digits, &op);
    TRY(put_row(stub, name, op, digits, err));
    return heddle_cc_reply_text(
        stub,
        heddle_cc_printf(stub,
                         "Successfully pruned variable %s, final value is %s, %zu rows pruned",
                         name, tally_text(stub, &sum), sum.rows),
        err);
}

static heddle_status delete_variable(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *name = heddle_cc_text(stub, 0);
    tally sum = {0};
    TRY(read_rows(stub, name, true, &sum, err));
    return heddle_cc_reply_text(
        stub, heddle_cc_printf(stub, "Deleted %s, %zu rows removed", name, sum.rows), err);
}

/* The standard way: one key, which each update reads and writes. */

static heddle_status read_standard(heddle_cc_stub *stub, const char *name, tally *out,
                                   heddle_error *err)
{
    heddle_view value;
    TRY(heddle_cc_get_state(stub, heddle_view_str(name), &value, err));
    if (value.len == 0)
        return HEDDLE_OK;
    bool negative = value.data[0] == '-';
    heddle_view digits = heddle_view_of(value.data + negative, value.len - negative);
    return tally_add(out, heddle_view_str(negative ? "-" : "+"), digits, err);
}

static heddle_status update_standard(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *name = heddle_cc_text(stub, 0), *delta = heddle_cc_text(stub, 1);
    const char *op = heddle_cc_text(stub, 2);
    tally sum = {0};
    TRY(check_delta(delta, op, err));
    TRY(read_standard(stub, name, &sum, err));
    TRY(tally_add(&sum, heddle_view_str(op), heddle_view_str(delta), err));
    const char *text = tally_text(stub, &sum);
    TRY(heddle_cc_put_state(stub, heddle_view_str(name), heddle_view_str(text), err));
    return heddle_cc_reply_text(stub, text, err);
}

static heddle_status get_standard(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    const char *name = heddle_cc_text(stub, 0);
    tally sum = {0};
    TRY(read_standard(stub, name, &sum, err));
    if (sum.rows == 0)
        return heddle_cc_fail(err, "no variable by the name %s exists", name);
    return heddle_cc_reply_text(stub, tally_text(stub, &sum), err);
}

static heddle_status del_standard(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    return heddle_cc_del_state(stub, heddle_view_str(heddle_cc_text(stub, 0)), err);
}

/* The tables */

#define NOT_EMPTY "{\"minLength\":1}"

static const heddle_cc_parameter name_only[] = {
    {"name", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY}};
static const heddle_cc_parameter change[] = {
    {"name", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    {"delta", .type = HEDDLE_CC_STRING, .description = "a whole number"},
    {"op", .type = HEDDLE_CC_STRING, .description = "+ or -"}};

static const heddle_cc_transaction transactions[] = {
    {"Update", update, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(change),
     .returns = HEDDLE_CC_STRING},
    {"Get", get, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(name_only),
     .returns = HEDDLE_CC_STRING},
    {"Prune", prune, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(name_only),
     .returns = HEDDLE_CC_STRING},
    {"Delete", delete_variable, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(name_only),
     .returns = HEDDLE_CC_STRING},
    {"UpdateStandard", update_standard, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(change),
     .returns = HEDDLE_CC_STRING},
    {"GetStandard", get_standard, .kind = HEDDLE_CC_EVALUATE, HEDDLE_CC_PARAMETERS(name_only),
     .returns = HEDDLE_CC_STRING},
    {"DelStandard", del_standard, .kind = HEDDLE_CC_SUBMIT, HEDDLE_CC_PARAMETERS(name_only)},
};

static const heddle_cc_contract contract = {
    .size = sizeof(contract),
    .name = "SmartContract",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
};

static const heddle_cc_contract *const contracts[] = {&contract};

const heddle_cc_chaincode high_throughput = {
    .size = sizeof(heddle_cc_chaincode),
    .contracts = contracts,
    .contract_count = 1,
    .title = "high-throughput",
    .version = "1.0",
    .description = "Variables that many change at once, without conflicts",
};
