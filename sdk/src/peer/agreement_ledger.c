/* The questions of heddle/agreement.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "client/ledger.h"
#include "client/proposal.h"
#include "peer/agreement.h"
#include "wire/reader.h"

enum {
    BLOCK_HEADER = 1, /* fields of common.Block */
    BLOCK_DATA = 2,
    BLOCK_METADATA = 3,
    VERDICTS = 2 /* place in the metadata */
};

/* The element @p index of the field @p number of type bytes; false if there are not so many. */
static bool find_nth(heddle_view message, uint32_t number, size_t index, heddle_view *out)
{
    wire_reader reader = wire_reader_of(message);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number != number || field.type != WIRE_TYPE_BYTES)
            continue;
        if (index-- == 0) {
            *out = field.bytes;
            return true;
        }
    }
    return false;
}

/* Decoders put fields that come twice together: what they make of them is not what is compared. */
static bool is_there_twice(heddle_view message, uint32_t number)
{
    wire_reader reader = wire_reader_of(message);
    wire_field field;
    size_t count = 0;
    while (wire_reader_next(&reader, &field))
        count += field.number == number;
    return count > 1;
}

heddle_status peer_essence_block(heddle_view answer, heddle_view parts[PEER_ESSENCE_PARTS],
                                 size_t *out_count, heddle_error *err)
{
    heddle_view metadata;
    if (!wire_field_find(answer, BLOCK_HEADER, &parts[0]) ||
        !wire_field_find(answer, BLOCK_DATA, &parts[1]))
        return base_fail(err, HEDDLE_E_DECODE, "common.Block: no header, or no data");
    for (uint32_t number = BLOCK_HEADER; number <= BLOCK_METADATA; number++)
        if (is_there_twice(answer, number))
            return base_fail(err, HEDDLE_E_DECODE, "common.Block: field %u is there twice", number);
    *out_count = 2;
    if (wire_field_find(answer, BLOCK_METADATA, &metadata) &&
        find_nth(metadata, 1, VERDICTS, &parts[2]))
        *out_count = 3;
    return HEDDLE_OK;
}

static heddle_status survey(heddle_peer *const *peers, size_t peer_count,
                            const heddle_question *question, const heddle_agreement *agreement,
                            const heddle_call_options *options, peer_essence_fn *essence,
                            heddle_answers *answers, base_buffer *out, heddle_error *err)
{
    const peer_survey asked = {.peers = peers,
                               .peer_count = peer_count,
                               .question = question,
                               .agreement = agreement,
                               .options = options,
                               .essence = essence,
                               .by_hash = strcmp(question->function, "GetBlockByHash") == 0,
                               .answers = answers};
    return peer_survey_run(&asked, out, err);
}

heddle_status heddle_peers_ask(heddle_peer *const *peers, size_t peer_count,
                               const heddle_question *given, const heddle_agreement *agreement,
                               const heddle_call_options *options, heddle_bytes *out,
                               heddle_answers *answers, heddle_error *err)
{
    heddle_question question = {0};
    base_auto_buffer base_buffer answer = {0};
    BASE_TRY(client_options_copy(&question, sizeof(question), given, "HEDDLE_QUESTION", err));
    question.size = sizeof(question);
    if (!question.function)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "question: the function's name is empty");
    BASE_TRY(survey(peers, peer_count, &question, agreement, options, peer_essence_all, answers,
                    &answer, err));
    return client_bytes_give(&answer, out, err);
}

/* A question about a channel: its name, and maybe one argument more. */
typedef struct ledger_question {
    heddle_question question;
    heddle_view args[2];
} ledger_question;

static void ask_about(ledger_question *asked, const char *chaincode, const char *function,
                      const char *channel, const heddle_view *more)
{
    asked->question = (heddle_question)HEDDLE_QUESTION(chaincode, function);
    /* cscc answers in no channel: it is told of which one by its argument. */
    asked->question.channel = strcmp(chaincode, "qscc") == 0 ? channel : NULL;
    asked->args[0] = heddle_view_str(channel);
    if (more)
        asked->args[1] = *more;
    asked->question.args = asked->args;
    asked->question.arg_count = more ? 2 : 1;
}

static heddle_status check_channel(const char *channel, heddle_error *err)
{
    return channel && *channel
               ? HEDDLE_OK
               : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the channel's name is empty");
}

heddle_status heddle_peers_info(heddle_peer *const *peers, size_t peer_count, const char *channel,
                                const heddle_agreement *agreement,
                                const heddle_call_options *options, heddle_chain_info *out,
                                heddle_answers *answers, heddle_error *err)
{
    ledger_question asked;
    heddle_chain_info info = {0};
    base_auto_buffer base_buffer answer = {0};
    BASE_TRY(check_channel(channel, err));
    ask_about(&asked, "qscc", "GetChainInfo", channel, NULL);
    BASE_TRY(survey(peers, peer_count, &asked.question, agreement, options, NULL, answers, &answer,
                    err));
    BASE_TRY(client_ledger_read_info(base_buffer_view(&answer), &info, err));
    *out = info;
    return HEDDLE_OK;
}

static heddle_status ask_block(heddle_peer *const *peers, size_t peer_count, const char *channel,
                               const char *function, heddle_view argument,
                               const heddle_agreement *agreement,
                               const heddle_call_options *options, heddle_bytes *out,
                               heddle_answers *answers, heddle_error *err)
{
    ledger_question asked;
    base_auto_buffer base_buffer answer = {0};
    BASE_TRY(check_channel(channel, err));
    ask_about(&asked, "qscc", function, channel, &argument);
    BASE_TRY(survey(peers, peer_count, &asked.question, agreement, options, peer_essence_block,
                    answers, &answer, err));
    return client_bytes_give(&answer, out, err);
}

heddle_status heddle_peers_block(heddle_peer *const *peers, size_t peer_count, const char *channel,
                                 uint64_t number, const heddle_agreement *agreement,
                                 const heddle_call_options *options, heddle_bytes *out,
                                 heddle_answers *answers, heddle_error *err)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, number);
    return ask_block(peers, peer_count, channel, "GetBlockByNumber", heddle_view_str(text),
                     agreement, options, out, answers, err);
}

heddle_status heddle_peers_block_by_hash(heddle_peer *const *peers, size_t peer_count,
                                         const char *channel, heddle_view hash,
                                         const heddle_agreement *agreement,
                                         const heddle_call_options *options, heddle_bytes *out,
                                         heddle_answers *answers, heddle_error *err)
{
    if (hash.len == 0 || hash.len > HEDDLE_HASH_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "%zu bytes are no block hash", hash.len);
    return ask_block(peers, peer_count, channel, "GetBlockByHash", hash, agreement, options, out,
                     answers, err);
}

static heddle_status check_tx_id(const char *tx_id, heddle_error *err)
{
    return tx_id && *tx_id ? HEDDLE_OK
                           : base_fail(err, HEDDLE_E_BAD_ARGUMENT, "the transaction id is empty");
}

heddle_status heddle_peers_block_by_tx(heddle_peer *const *peers, size_t peer_count,
                                       const char *channel, const char *tx_id,
                                       const heddle_agreement *agreement,
                                       const heddle_call_options *options, heddle_bytes *out,
                                       heddle_answers *answers, heddle_error *err)
{
    BASE_TRY(check_tx_id(tx_id, err));
    return ask_block(peers, peer_count, channel, "GetBlockByTxID", heddle_view_str(tx_id),
                     agreement, options, out, answers, err);
}

heddle_status heddle_peers_transaction_by_id(heddle_peer *const *peers, size_t peer_count,
                                             const char *channel, const char *tx_id,
                                             const heddle_agreement *agreement,
                                             const heddle_call_options *options,
                                             heddle_ledger_transaction *out,
                                             heddle_answers *answers, heddle_error *err)
{
    ledger_question asked;
    base_auto_buffer base_buffer answer = {0}, envelope = {0};
    heddle_view bytes, argument = heddle_view_str(tx_id);
    int code;
    BASE_TRY(check_channel(channel, err));
    BASE_TRY(check_tx_id(tx_id, err));
    ask_about(&asked, "qscc", "GetTransactionByID", channel, &argument);
    BASE_TRY(survey(peers, peer_count, &asked.question, agreement, options, peer_essence_all,
                    answers, &answer, err));
    BASE_TRY(client_ledger_read_transaction(base_buffer_view(&answer), &code, &bytes, err));
    if (base_buffer_append(&envelope, bytes))
        return base_fail_memory(err, "transaction");
    BASE_TRY(client_bytes_give(&envelope, &out->envelope, err));
    out->validation_code = code;
    return HEDDLE_OK;
}

static heddle_status ask_config_block(heddle_peer *const *peers, size_t peer_count,
                                      const char *channel, const heddle_agreement *agreement,
                                      const heddle_call_options *options, heddle_answers *answers,
                                      base_buffer *out, heddle_error *err)
{
    ledger_question asked;
    BASE_TRY(check_channel(channel, err));
    ask_about(&asked, "cscc", "GetConfigBlock", channel, NULL);
    return survey(peers, peer_count, &asked.question, agreement, options, peer_essence_block,
                  answers, out, err);
}

heddle_status heddle_peers_config_block(heddle_peer *const *peers, size_t peer_count,
                                        const char *channel, const heddle_agreement *agreement,
                                        const heddle_call_options *options, heddle_bytes *out,
                                        heddle_answers *answers, heddle_error *err)
{
    base_auto_buffer base_buffer answer = {0};
    BASE_TRY(
        ask_config_block(peers, peer_count, channel, agreement, options, answers, &answer, err));
    return client_bytes_give(&answer, out, err);
}

/* A block of a configuration has one envelope, with a ConfigEnvelope, with the Config. */
static bool find_config(heddle_view block, heddle_view *out)
{
    heddle_view data, envelope, payload, message;
    return wire_field_find(block, BLOCK_DATA, &data) && find_nth(data, 1, 0, &envelope) &&
           wire_field_find(envelope, 1, &payload) && wire_field_find(payload, 2, &message) &&
           wire_field_find(message, 1, out);
}

heddle_status heddle_peers_config(heddle_peer *const *peers, size_t peer_count, const char *channel,
                                  const heddle_agreement *agreement,
                                  const heddle_call_options *options, heddle_bytes *out,
                                  heddle_answers *answers, heddle_error *err)
{
    base_auto_buffer base_buffer answer = {0}, config = {0};
    heddle_view bytes;
    BASE_TRY(
        ask_config_block(peers, peer_count, channel, agreement, options, answers, &answer, err));
    if (!find_config(base_buffer_view(&answer), &bytes))
        return base_fail(err, HEDDLE_E_DECODE, "the block of the configuration has none in it");
    if (base_buffer_append(&config, bytes))
        return base_fail_memory(err, "config");
    return client_bytes_give(&config, out, err);
}
