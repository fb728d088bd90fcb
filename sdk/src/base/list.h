/* Intrusive doubly linked lists. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

#include "base/alloc.h"

/** A list head or a member's link. A head must be initialised before use. */
typedef struct base_list {
    struct base_list *next;
    struct base_list *prev;
} base_list;

static inline void base_list_init(base_list *head)
{
    head->next = head->prev = head;
}

static inline bool base_list_is_empty(const base_list *head)
{
    return head->next == head;
}

static inline void base_list_insert_before_(base_list *at, base_list *link)
{
    link->prev = at->prev;
    link->next = at;
    at->prev->next = link;
    at->prev = link;
}

static inline void base_list_append(base_list *head, base_list *link)
{
    base_list_insert_before_(head, link);
}

static inline void base_list_prepend(base_list *head, base_list *link)
{
    base_list_insert_before_(head->next, link);
}

/** Take @p link out; it is then a list of its own, and removing it again is harmless. */
static inline void base_list_remove(base_list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    base_list_init(link);
}

static inline base_list *base_list_pop(base_list *head)
{
    base_list *first = head->next;
    if (first == head)
        return NULL;
    base_list_remove(first);
    return first;
}

/** Move everything from @p from to the end of @p to. */
static inline void base_list_splice(base_list *to, base_list *from)
{
    if (base_list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    base_list_init(from);
}

#define base_list_entry(link, type, member) base_container_of(link, type, member)
#define base_list_each(it, head)            for (base_list *it = (head)->next; it != (head); it = it->next)
/** The current link may be removed while walking. */
#define base_list_each_safe(it, head)                                                              \
    for (base_list *it = (head)->next, *it##_next_ = it->next; it != (head);                       \
         it = it##_next_, it##_next_ = it->next)

#endif
