#include "h2/timer.h"

/* A timer's `prev` is its left neighbour among siblings, or its parent if it is the first child. */

static h2_timer *meld(h2_timer *a, h2_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->at_ms < a->at_ms) {
        h2_timer *other = a;
        a = b;
        b = other;
    }
    b->prev = a;
    b->next = a->child;
    if (a->child)
        a->child->prev = b;
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

/* Siblings become one heap: in pairs from the left, then the pairs from the right. */
static h2_timer *meld_siblings(h2_timer *first)
{
    h2_timer *pairs = NULL;
    while (first) {
        h2_timer *a = first;
        h2_timer *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        h2_timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    h2_timer *root = NULL;
    while (pairs) {
        h2_timer *next = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

h2_timer *h2_timer_push(h2_timer *root, h2_timer *timer)
{
    timer->child = timer->next = timer->prev = NULL;
    timer->is_set = true;
    return meld(root, timer);
}

h2_timer *h2_timer_remove(h2_timer *root, h2_timer *timer)
{
    h2_timer *children = meld_siblings(timer->child);
    timer->is_set = false;
    if (timer == root)
        return children;
    if (timer->prev->child == timer)
        timer->prev->child = timer->next;
    else
        timer->prev->next = timer->next;
    if (timer->next)
        timer->next->prev = timer->prev;
    return meld(root, children);
}
