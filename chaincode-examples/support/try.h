/* TRY(call): go on if it gives back HEDDLE_OK, else return its status. */
#ifndef EXAMPLE_TRY_H
#define EXAMPLE_TRY_H

#define TRY(call)                                                                                  \
    do {                                                                                           \
        heddle_status try_status = (call);                                                         \
        if (try_status != HEDDLE_OK)                                                               \
            return try_status;                                                                     \
    } while (0)

#endif
