/* Marks of the public interface. */
#ifndef HEDDLE_EXPORT_H
#define HEDDLE_EXPORT_H

#define HEDDLE_API               __attribute__((visibility("default")))
#define HEDDLE_MUST_USE          __attribute__((warn_unused_result))
#define HEDDLE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#ifdef __cplusplus
#define HEDDLE_BEGIN_DECLS extern "C" {
#define HEDDLE_END_DECLS   }
#else
#define HEDDLE_BEGIN_DECLS
#define HEDDLE_END_DECLS
#endif

#endif
