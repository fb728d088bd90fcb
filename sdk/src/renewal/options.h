/* The options of a renewal, checked and copied. */
#ifndef RENEWAL_OPTIONS_H
#define RENEWAL_OPTIONS_H

#include "base/arena.h"
#include "heddle/renewal.h"
#include "renewal/order.h"
#include "renewal/place.h"
#include "renewal/schedule.h"

typedef struct renewal_options {
    renewal_order order;
    renewal_place place;
    renewal_schedule schedule;
    heddle_renewed_fn *renewed;
    void *user;
} renewal_options;

/** Texts are copied into @p arena. E_BAD_ARGUMENT says what is wrong. */
HEDDLE_MUST_USE heddle_status renewal_options_take(const heddle_renewal_options *given,
                                                   base_arena *arena, renewal_options *out,
                                                   heddle_error *err);

#endif
