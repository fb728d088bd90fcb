/* The timers of one loop, earliest first: a pairing heap, so that setting one takes no memory. */
#ifndef H2_TIMER_H
#define H2_TIMER_H

#include "h2/loop.h"

/** @p root may be NULL: empty. Each gives back the new root. */
h2_timer *h2_timer_push(h2_timer *root, h2_timer *timer);
h2_timer *h2_timer_remove(h2_timer *root, h2_timer *timer);

#endif
