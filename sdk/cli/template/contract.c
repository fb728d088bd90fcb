/* Notes: a text under an id. The events Created, Updated and Deleted carry the id. */
#include "contract.h"

#define TRY(expr)                                                                                  \
    do {                                                                                           \
        heddle_status try_status = (expr);                                                         \
        if (try_status != HEDDLE_OK)                                                               \
            return try_status;                                                                     \
    } while (0)

/* The places of the parameters. */
enum { ID, TEXT };

static heddle_view id_of(heddle_cc_stub *stub)
{
    return heddle_view_str(heddle_cc_text(stub, ID));
}

static heddle_status find(heddle_cc_stub *stub, heddle_view *out, heddle_error *err)
{
    TRY(heddle_cc_get_state(stub, id_of(stub), out, err));
    if (out->len == 0)
        return heddle_cc_fail(err, "there is no note %s", heddle_cc_text(stub, ID));
    return HEDDLE_OK;
}

static heddle_status write(heddle_cc_stub *stub, const char *event, heddle_error *err)
{
    const char *text = heddle_cc_text(stub, TEXT);
    TRY(heddle_cc_put_state(stub, id_of(stub), heddle_view_str(text), err));
    return heddle_cc_set_event(stub, event, id_of(stub), err);
}

static heddle_status create(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view present;
    TRY(heddle_cc_get_state(stub, id_of(stub), &present, err));
    if (present.len)
        return heddle_cc_fail(err, "there is a note %s already", heddle_cc_text(stub, ID));
    return write(stub, "Created", err);
}

static heddle_status read(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view text;
    TRY(find(stub, &text, err));
    return heddle_cc_reply(stub, text, err);
}

static heddle_status update(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view present;
    TRY(find(stub, &present, err));
    return write(stub, "Updated", err);
}

static heddle_status erase(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view present;
    TRY(find(stub, &present, err));
    TRY(heddle_cc_del_state(stub, id_of(stub), err));
    return heddle_cc_set_event(stub, "Deleted", id_of(stub), err);
}

static heddle_status list(heddle_cc_stub *stub, void *context, heddle_error *err)
{
    (void)context;
    heddle_view all = heddle_view_str("");
    heddle_cc_json *notes = heddle_cc_json_array(stub);
    heddle_cc_iterator *range;
    heddle_cc_entry entry;
    heddle_status st;
    TRY(heddle_cc_range_open(stub, all, all, &range, err));
    while ((st = heddle_cc_iterator_next(range, &entry, err)) == HEDDLE_OK) {
        heddle_cc_json *note = heddle_cc_json_object(stub);
        heddle_cc_json_set_bytes(note, "id", entry.key);
        heddle_cc_json_set_bytes(note, "text", entry.value);
        heddle_cc_json_append(notes, note);
    }
    return st == HEDDLE_E_END ? heddle_cc_reply_json(stub, notes, err) : st;
}

#define NOT_EMPTY "{\"type\": \"string\", \"minLength\": 1}"

static const heddle_cc_parameter by_id[] = {
    {.name = "id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
};
static const heddle_cc_parameter whole[] = {
    [ID] = {.name = "id", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
    [TEXT] = {.name = "text", .type = HEDDLE_CC_STRING, .schema = NOT_EMPTY},
};

static const heddle_cc_transaction transactions[] = {
    {.name = "Create", .function = create, HEDDLE_CC_PARAMETERS(whole)},
    {.name = "Read",
     .function = read,
     .kind = HEDDLE_CC_EVALUATE,
     HEDDLE_CC_PARAMETERS(by_id),
     .returns = HEDDLE_CC_STRING},
    {.name = "Update", .function = update, HEDDLE_CC_PARAMETERS(whole)},
    {.name = "Delete", .function = erase, HEDDLE_CC_PARAMETERS(by_id)},
    {.name = "List",
     .function = list,
     .kind = HEDDLE_CC_EVALUATE,
     .returns = HEDDLE_CC_JSON,
     .returns_schema = "{\"type\": \"array\", \"items\": {\"type\": \"object\"}}"},
};

static const heddle_cc_contract notes = {
    .size = sizeof(notes),
    .name = "Notes",
    .transactions = transactions,
    .transaction_count = sizeof(transactions) / sizeof(transactions[0]),
};

static const heddle_cc_contract *const contracts[] = {&notes};

const heddle_cc_chaincode NEW_CHAINCODE = {
    .size = sizeof(NEW_CHAINCODE),
    .contracts = contracts,
    .contract_count = 1,
    .title = "@NAME@",
    .version = "1.0",
};
