#include "support/chain.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/view.h"
#include "wire/block_hash.h"
#include "wire/tx_shape.h"

static void put_varint(base_buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)(value | 0x80)), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_byte(out, (uint8_t)value), HEDDLE_OK);
}

static void put_number(base_buffer *out, unsigned field, uint64_t value)
{
    put_varint(out, (uint64_t)field << 3);
    put_varint(out, value);
}

static void put_bytes(base_buffer *out, unsigned field, heddle_view value)
{
    put_varint(out, (uint64_t)field << 3 | WIRE_TYPE_BYTES);
    put_varint(out, value.len);
    ck_assert_int_eq(base_buffer_append(out, value), HEDDLE_OK);
}

/* The bytes of @p message as a field, and @p message empty again. */
static void put_message(base_buffer *out, unsigned field, base_buffer *message)
{
    put_bytes(out, field, base_buffer_view(message));
    base_buffer_done(message);
}

static void put_rwset(base_buffer *out, const char *namespace, const wire_write *writes,
                      size_t count)
{
    wire_ns_rwset ns = {.name = heddle_view_str(namespace),
                        .kv = {.writes = (wire_write *)(uintptr_t)writes, .write_count = count}};
    wire_rwset rwset = {.namespaces = &ns, .namespace_count = 1};
    ck_assert_int_eq(wire_rwset_write(&rwset, out), HEDDLE_OK);
}

/* Transaction with one action: ChaincodeActionPayload, ProposalResponsePayload, … */
static void put_transaction(base_buffer *out, base_buffer *rwset, base_buffer *event)
{
    base_buffer action = {0}, response = {0}, endorsed = {0}, payload = {0}, item = {0};
    put_message(&action, 1, rwset);
    if (event->len)
        put_message(&action, 2, event);
    put_message(&response, 2, &action);
    put_message(&endorsed, 1, &response);
    put_message(&payload, 2, &endorsed);
    put_message(&item, 2, &payload);
    put_message(out, 1, &item);
}

static void put_payload(base_buffer *out, const chain_maker *chain, const char *tx_id,
                        base_buffer *data)
{
    base_buffer time = {0}, channel_header = {0}, identity = {0}, signature_header = {0},
                header = {0};
    put_number(&time, 1, 1767225600 + chain->next);
    put_number(&channel_header, 1, WIRE_TX_ENDORSER);
    put_message(&channel_header, 3, &time);
    put_bytes(&channel_header, 4, heddle_view_str(chain->channel));
    put_bytes(&channel_header, 5, heddle_view_str(tx_id));
    put_bytes(&identity, 1, VIEW("Org1MSP"));
    put_bytes(&identity, 2, VIEW("-----BEGIN CERTIFICATE-----"));
    put_message(&signature_header, 1, &identity);
    put_message(&header, 1, &channel_header);
    put_message(&header, 2, &signature_header);
    put_message(out, 1, &header);
    put_message(out, 2, data);
}

void chain_init(chain_maker *chain, const char *channel)
{
    *chain = (chain_maker){.channel = channel};
}

void chain_done(chain_maker *chain)
{
    base_buffer_done(&chain->data);
    base_buffer_done(&chain->filter);
    base_buffer_done(&chain->joined);
}

void chain_add_bytes(chain_maker *chain, heddle_view envelope, int code)
{
    put_bytes(&chain->data, 1, envelope);
    ck_assert_int_eq(base_buffer_append(&chain->joined, envelope), HEDDLE_OK);
    ck_assert_int_eq(base_buffer_append_byte(&chain->filter, (uint8_t)code), HEDDLE_OK);
}

static void add_tx(chain_maker *chain, const char *tx_id, int code, base_buffer *rwset,
                   base_buffer *event)
{
    base_buffer data = {0}, payload = {0}, envelope = {0};
    put_transaction(&data, rwset, event);
    put_payload(&payload, chain, tx_id, &data);
    put_message(&envelope, 1, &payload);
    put_bytes(&envelope, 2, VIEW("signature"));
    chain_add_bytes(chain, base_buffer_view(&envelope), code);
    base_buffer_done(&envelope);
}

void chain_add_tx(chain_maker *chain, const char *tx_id, int code, const char *namespace,
                  const wire_write *writes, size_t count)
{
    base_buffer rwset = {0}, event = {0};
    put_rwset(&rwset, namespace, writes, count);
    add_tx(chain, tx_id, code, &rwset, &event);
}

void chain_add_event(chain_maker *chain, int code, const wire_event *event)
{
    char tx_id[65] = {0};
    base_buffer rwset = {0}, bytes = {0};
    ck_assert_uint_lt(event->tx_id.len, sizeof(tx_id));
    memcpy(tx_id, event->tx_id.data, event->tx_id.len);
    put_rwset(&rwset, "", NULL, 0);
    ck_assert_int_eq(wire_shape_write(&wire_event_shape, event, &bytes), HEDDLE_OK);
    add_tx(chain, tx_id, code, &rwset, &bytes);
}

void chain_cut(chain_maker *chain, base_buffer *out)
{
    uint8_t data_hash[32];
    base_buffer header = {0}, metadata = {0};
    heddle_view joined = base_buffer_view(&chain->joined);
    heddle_view previous = heddle_view_of(chain->hash, chain->next ? 32 : 0);
    ck_assert_int_eq(wire_block_data_hash(&joined, 1, data_hash), HEDDLE_OK);
    put_number(&header, 1, chain->next);
    put_bytes(&header, 2, previous);
    put_bytes(&header, 3, heddle_view_of(data_hash, 32));
    put_bytes(&metadata, 1, VIEW(""));
    put_bytes(&metadata, 1, VIEW(""));
    put_message(&metadata, 1, &chain->filter);
    put_message(out, 1, &header);
    put_message(out, 2, &chain->data);
    put_message(out, 3, &metadata);
    uint8_t hash[32];
    ck_assert_int_eq(wire_block_hash(chain->next, previous, heddle_view_of(data_hash, 32), hash),
                     HEDDLE_OK);
    memcpy(chain->hash, hash, sizeof(hash));
    chain->next++;
    base_buffer_done(&chain->joined);
}

void chain_cut_file(chain_maker *chain, const char *dir)
{
    char path[1024];
    base_auto_buffer base_buffer block = {0};
    snprintf(path, sizeof(path), "%s/block_%" PRIu64 ".pb", dir, chain->next);
    chain_cut(chain, &block);
    ck_assert_int_eq(base_write_file(path, base_buffer_view(&block), 0644, NULL), HEDDLE_OK);
}
