/*
 * The main of a test program:
 *
 *   SUITE_MAIN("wire/block", SUITE_CASE("decode", decodes_golden, refuses_truncated))
 *
 * with each name made by START_TEST. CK_FORK and CK_RUN_CASE work as Check says.
 */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>

/** Run the suite and give the exit code; takes the suite. */
int suite_run(Suite *suite);

/** A case whose tests have no fixture; add it with suite_add_tcase. */
TCase *suite_case(const char *name, const TTest *const *tests, size_t count);

#define SUITE_TESTS(...) ((const TTest *const[]){__VA_ARGS__})
#define SUITE_CASE(name, ...)                                                                      \
    suite_case(name, SUITE_TESTS(__VA_ARGS__), sizeof(SUITE_TESTS(__VA_ARGS__)) / sizeof(TTest *))

#define SUITE_MAIN(name, ...)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        TCase *cases[] = {__VA_ARGS__};                                                            \
        Suite *suite = suite_create(name);                                                         \
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)                              \
            suite_add_tcase(suite, cases[i]);                                                      \
        return suite_run(suite);                                                                   \
    }

#endif
