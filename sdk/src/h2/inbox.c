#include "h2/inbox.h"

#include <string.h>

#include "base/fail.h"
#include "base/view.h"

/* What is allocated for a message before any byte of it has come. */
enum { FIRST_ROOM = 16 * 1024 };

/* What a message takes beside its bytes, about: a client may send empty ones. */
enum { MESSAGE_COST = 128 };

static void give_budget(h2_inbox *inbox, size_t n)
{
    if (inbox->budget)
        atomic_fetch_sub(&inbox->budget->used, n);
}

/* Give the memory of the unfinished message back to the budget. */
static void settle(h2_inbox *inbox)
{
    give_budget(inbox, inbox->body_cap);
    inbox->body_len = inbox->body_cap = 0;
}

void h2_inbox_done(h2_inbox *inbox)
{
    h2_fifo_done(&inbox->messages);
    base_free(inbox->body);
    settle(inbox);
    give_budget(inbox, inbox->unread);
    *inbox = (h2_inbox){.max_message = inbox->max_message, .budget = inbox->budget};
}

static bool is_wanted(const h2_inbox *inbox)
{
    return inbox->credits > inbox->messages.count;
}

/* Bytes of the unfinished message: are they free or held? */
static void account(h2_inbox *inbox, size_t n, size_t *out_free)
{
    if (is_wanted(inbox))
        *out_free += n;
    else
        inbox->held += n;
}

static heddle_status spend(h2_inbox *inbox, size_t more, heddle_error *err)
{
    h2_budget *budget = inbox->budget;
    if (!budget || atomic_fetch_add(&budget->used, more) + more <= budget->limit)
        return HEDDLE_OK;
    atomic_fetch_sub(&budget->used, more);
    return base_fail(err, HEDDLE_E_TOO_LARGE,
                     "messages of more than %zu bytes are under way or not read yet",
                     budget->limit);
}

static heddle_status deliver(h2_inbox *inbox, base_blob *message, heddle_error *err)
{
    h2_letter letter = {.message = message, .held = inbox->held};
    size_t cost = MESSAGE_COST + inbox->length;
    heddle_status st =
        message ? spend(inbox, cost, err) : base_fail_memory(err, "received message");
    if (st == HEDDLE_OK && h2_fifo_push(&inbox->messages, letter) != HEDDLE_OK) {
        give_budget(inbox, cost);
        st = base_fail_memory(err, "received message");
    }
    if (st != HEDDLE_OK) {
        base_blob_unref(message);
        return st;
    }
    inbox->unread += cost;
    inbox->held = 0;
    inbox->head_len = 0;
    return HEDDLE_OK;
}

static heddle_status read_head(h2_inbox *inbox, heddle_error *err)
{
    const uint8_t *h = inbox->head;
    if (h[0] != 0)
        return base_fail(err, HEDDLE_E_REFUSED, "a compressed message (flag %u)", h[0]);
    uint32_t length = (uint32_t)h[1] << 24 | (uint32_t)h[2] << 16 | (uint32_t)h[3] << 8 | h[4];
    if (length > inbox->max_message)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "a message of %u bytes: at most %u are taken",
                         length, inbox->max_message);
    inbox->length = length;
    return HEDDLE_OK;
}

static heddle_status make_room(h2_inbox *inbox, size_t more, heddle_error *err)
{
    size_t need = inbox->body_len + more;
    if (need <= inbox->body_cap)
        return HEDDLE_OK;
    size_t cap = inbox->body_cap ? inbox->body_cap * 2 : FIRST_ROOM;
    if (cap < need)
        cap = need;
    if (cap > inbox->length)
        cap = inbox->length;
    BASE_TRY(spend(inbox, cap - inbox->body_cap, err));
    uint8_t *body = base_realloc(inbox->body, cap);
    if (!body) {
        give_budget(inbox, cap - inbox->body_cap);
        return base_fail_memory(err, "received message");
    }
    inbox->body = body;
    inbox->body_cap = cap;
    return HEDDLE_OK;
}

/* Some bytes of a message that does not come in one piece. */
static heddle_status take_part(h2_inbox *inbox, heddle_view part, heddle_error *err)
{
    BASE_TRY(make_room(inbox, part.len, err));
    memcpy(inbox->body + inbox->body_len, part.data, part.len);
    inbox->body_len += part.len;
    if (inbox->body_len < inbox->length)
        return HEDDLE_OK;
    uint8_t *body = base_steal(&inbox->body);
    size_t len = inbox->body_len;
    settle(inbox);
    return deliver(inbox, base_blob_take(body, len), err);
}

static heddle_status take_body(h2_inbox *inbox, heddle_view *bytes, size_t *out_free,
                               heddle_error *err)
{
    size_t missing = inbox->length - inbox->body_len;
    heddle_view part = base_view_slice(*bytes, 0, missing);
    bytes->data += part.len;
    bytes->len -= part.len;
    account(inbox, part.len, out_free);
    if (part.len == inbox->length)
        return deliver(inbox, base_blob_copy(part), err);
    return part.len ? take_part(inbox, part, err) : HEDDLE_OK;
}

static void take_head(h2_inbox *inbox, heddle_view *bytes, size_t *out_free)
{
    heddle_view part = base_view_slice(*bytes, 0, H2_FRAME_HEAD - (size_t)inbox->head_len);
    memcpy(inbox->head + inbox->head_len, part.data, part.len);
    inbox->head_len = (uint8_t)(inbox->head_len + part.len);
    bytes->data += part.len;
    bytes->len -= part.len;
    account(inbox, part.len, out_free);
}

heddle_status h2_inbox_take(h2_inbox *inbox, heddle_view bytes, size_t *out_free, heddle_error *err)
{
    *out_free = 0;
    while (bytes.len) {
        if (inbox->head_len < H2_FRAME_HEAD) {
            take_head(inbox, &bytes, out_free);
            if (inbox->head_len < H2_FRAME_HEAD)
                return HEDDLE_OK;
            BASE_TRY(read_head(inbox, err));
        }
        BASE_TRY(take_body(inbox, &bytes, out_free, err));
    }
    return HEDDLE_OK;
}

size_t h2_inbox_read(h2_inbox *inbox)
{
    inbox->credits++;
    if (!is_wanted(inbox))
        return 0;
    size_t held = inbox->held;
    inbox->held = 0;
    return held;
}

bool h2_inbox_has(const h2_inbox *inbox)
{
    return inbox->credits && inbox->messages.count;
}

base_blob *h2_inbox_pop(h2_inbox *inbox, size_t *out_free)
{
    h2_letter letter = h2_fifo_pop(&inbox->messages);
    size_t cost = MESSAGE_COST + base_blob_view(letter.message).len;
    inbox->credits--;
    inbox->unread -= cost;
    give_budget(inbox, cost);
    *out_free = letter.held;
    return letter.message;
}

bool h2_inbox_is_cut(const h2_inbox *inbox)
{
    return inbox->head_len != 0;
}
