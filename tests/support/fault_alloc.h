/* Makes the Nth allocation through heddle/memory.h fail, and counts what is alive. */
#ifndef SUPPORT_FAULT_ALLOC_H
#define SUPPORT_FAULT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/** From now on count allocations and fail the @p nth (1: the next; 0: none). */
void fault_alloc_arm(size_t nth);

/** Stop counting; whether the failure was reached. */
bool fault_alloc_disarm(void);

/** Blocks taken since arming and not given back. */
long fault_alloc_live(void);

#endif
