/* Marks of the public interface. */
#ifndef HEDDLE_EXPORT_H
#define HEDDLE_EXPORT_H

#define HEDDLE_API               __attribute__((visibility("default")))
#define HEDDLE_MUST_USE          __attribute__((warn_unused_result))
#define HEDDLE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* First initialisers of an options struct; designated where the language has that, so that
 * compilers do not ask for the other members. */
#ifdef __cplusplus
#define HEDDLE_SIZE_OF(type)     sizeof(type)
#define HEDDLE_FUNCTION_OF(name) (name)
#define HEDDLE_BEGIN_DECLS       extern "C" {
#define HEDDLE_END_DECLS         }
#else
#define HEDDLE_SIZE_OF(type)     .size = sizeof(type)
#define HEDDLE_FUNCTION_OF(name) .function = (name)
#define HEDDLE_BEGIN_DECLS
#define HEDDLE_END_DECLS
#endif

#endif
