/*
 * A treap whose nodes are shared between states.
 *
 * Invariant: a node with one reference is reachable from one place only and may be changed
 * in place; any other node is copied first. The heap order is that of a keyed hash of the
 * key, so the shape depends on the keys alone and nobody outside can make it degenerate.
 */
#include "devnet/ledger/state.h"

#include <stdatomic.h>

#include "base/map.h"

typedef struct cell { /* an entry with its bytes, shared by nodes */
    atomic_size_t refs;
    dn_entry entry;
    uint8_t bytes[];
} cell;

typedef struct node {
    atomic_size_t refs;
    uint64_t rank;
    cell *cell;
    struct node *left;
    struct node *right;
} node;

struct dn_state {
    atomic_size_t refs;
    node *root;
    size_t count;
};

int dn_key_compare(const dn_key *a, const dn_key *b)
{
    int order = base_view_compare(a->ns, b->ns);
    if (!order)
        order = base_view_compare(a->coll, b->coll);
    if (!order)
        order = a->is_private - b->is_private;
    return order ? order : base_view_compare(a->key, b->key);
}

static heddle_view copy_to(uint8_t **at, heddle_view bytes)
{
    heddle_view copy = heddle_view_of(*at, bytes.len);
    if (bytes.len)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

static cell *cell_new(const dn_entry *entry)
{
    const dn_key *k = &entry->at;
    size_t size = k->ns.len + k->coll.len + k->key.len + entry->value.len + entry->metadata.len;
    cell *c = base_malloc(sizeof(*c) + size);
    if (!c)
        return NULL;
    uint8_t *at = c->bytes;
    atomic_init(&c->refs, 1);
    c->entry.at.ns = copy_to(&at, k->ns);
    c->entry.at.coll = copy_to(&at, k->coll);
    c->entry.at.key = copy_to(&at, k->key);
    c->entry.at.is_private = k->is_private;
    c->entry.value = copy_to(&at, entry->value);
    c->entry.metadata = copy_to(&at, entry->metadata);
    c->entry.version = entry->version;
    return c;
}

static void cell_unref(cell *c)
{
    if (c && atomic_fetch_sub(&c->refs, 1) == 1)
        base_free(c);
}

static uint64_t rank_of(const dn_key *at)
{
    return base_hash(at->key) ^ (base_hash(at->ns) * 3) ^ (base_hash(at->coll) * 5);
}

static node *node_ref(node *n)
{
    if (n)
        atomic_fetch_add(&n->refs, 1);
    return n;
}

static void node_unref(node *n)
{
    while (n && atomic_fetch_sub(&n->refs, 1) == 1) {
        node *next = n->right;
        node_unref(n->left);
        cell_unref(n->cell);
        base_free(n);
        n = next;
    }
}

/* Make *slot a node of its own; false (and *slot as it was) if memory is gone. */
static bool node_own(node **slot)
{
    node *old = *slot;
    if (atomic_load(&old->refs) == 1)
        return true;
    node *own = base_malloc(sizeof(*own));
    if (!own)
        return false;
    atomic_init(&own->refs, 1);
    own->rank = old->rank;
    own->cell = old->cell;
    atomic_fetch_add(&own->cell->refs, 1);
    own->left = node_ref(old->left);
    own->right = node_ref(old->right);
    *slot = own;
    node_unref(old);
    return true;
}

static node *node_new(cell *c)
{
    node *n = base_calloc(1, sizeof(*n));
    if (!n)
        return NULL;
    atomic_init(&n->refs, 1);
    n->rank = rank_of(&c->entry.at);
    n->cell = c;
    return n;
}

static void rotate_right(node **slot)
{
    node *top = *slot, *up = top->left;
    top->left = up->right;
    up->right = top;
    *slot = up;
}

static void rotate_left(node **slot)
{
    node *top = *slot, *up = top->right;
    top->right = up->left;
    up->left = top;
    *slot = up;
}

/* Takes @p c on success. *grew says whether the key is new. */
static bool insert(node **slot, cell *c, bool *grew)
{
    if (!*slot) {
        *slot = node_new(c);
        *grew = *slot != NULL;
        return *grew;
    }
    if (!node_own(slot))
        return false;
    node *n = *slot;
    int order = dn_key_compare(&c->entry.at, &n->cell->entry.at);
    if (order == 0) {
        cell_unref(n->cell);
        n->cell = c;
        return true;
    }
    node **side = order < 0 ? &n->left : &n->right;
    if (!insert(side, c, grew))
        return false;
    if ((*side)->rank > n->rank) {
        if (order < 0)
            rotate_right(slot);
        else
            rotate_left(slot);
    }
    return true;
}

/* One tree of the two below *slot, which is an owned node to be dropped. */
static bool sink(node **slot)
{
    node *n = *slot;
    if (!n->left || !n->right) {
        *slot = n->left ? n->left : n->right;
        n->left = n->right = NULL;
        node_unref(n);
        return true;
    }
    bool left_up = n->left->rank > n->right->rank;
    if (!node_own(left_up ? &n->left : &n->right))
        return false;
    if (left_up)
        rotate_right(slot);
    else
        rotate_left(slot);
    return sink(left_up ? &(*slot)->right : &(*slot)->left);
}

static bool erase(node **slot, const dn_key *at)
{
    if (!node_own(slot))
        return false;
    int order = dn_key_compare(at, &(*slot)->cell->entry.at);
    if (order == 0)
        return sink(slot);
    return erase(order < 0 ? &(*slot)->left : &(*slot)->right, at);
}

dn_state *dn_state_new(void)
{
    dn_state *state = base_calloc(1, sizeof(*state));
    if (state)
        atomic_init(&state->refs, 1);
    return state;
}

dn_state *dn_state_ref(dn_state *state)
{
    atomic_fetch_add(&state->refs, 1);
    return state;
}

void dn_state_unref(dn_state *state)
{
    if (state && atomic_fetch_sub(&state->refs, 1) == 1) {
        node_unref(state->root);
        base_free(state);
    }
}

dn_state *dn_state_clone(const dn_state *state)
{
    dn_state *clone = dn_state_new();
    if (!clone)
        return NULL;
    clone->root = node_ref(state->root);
    clone->count = state->count;
    return clone;
}

size_t dn_state_count(const dn_state *state)
{
    return state->count;
}

const dn_entry *dn_state_get(const dn_state *state, const dn_key *at)
{
    const node *n = state->root;
    while (n) {
        int order = dn_key_compare(at, &n->cell->entry.at);
        if (order == 0)
            return &n->cell->entry;
        n = order < 0 ? n->left : n->right;
    }
    return NULL;
}

heddle_status dn_state_put(dn_state *state, const dn_entry *entry)
{
    cell *c = cell_new(entry);
    bool grew = false;
    if (!c || !insert(&state->root, c, &grew)) {
        cell_unref(c);
        return HEDDLE_E_NO_MEMORY;
    }
    state->count += grew;
    return HEDDLE_OK;
}

heddle_status dn_state_delete(dn_state *state, const dn_key *at)
{
    if (!dn_state_get(state, at))
        return HEDDLE_OK;
    if (!erase(&state->root, at))
        return HEDDLE_E_NO_MEMORY;
    state->count--;
    return HEDDLE_OK;
}

/* The first node at or, with @p exclusive, behind @p from. NULL: before everything. */
static const dn_entry *first_from(const dn_state *state, const dn_key *from, bool exclusive)
{
    const node *best = NULL;
    for (const node *n = state->root; n;) {
        int order = from ? dn_key_compare(from, &n->cell->entry.at) : -1;
        if (order < 0 || (order == 0 && !exclusive)) {
            best = n;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    return best ? &best->cell->entry : NULL;
}

const dn_entry *dn_state_after(const dn_state *state, const dn_key *at)
{
    return first_from(state, at, true);
}

const dn_entry *dn_state_seek(const dn_state *state, const dn_key *from, bool exclusive)
{
    const dn_entry *found = first_from(state, from, exclusive);
    bool same_place = found && base_view_equal(found->at.ns, from->ns) &&
                      base_view_equal(found->at.coll, from->coll) &&
                      found->at.is_private == from->is_private;
    return same_place ? found : NULL;
}
