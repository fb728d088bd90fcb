/*
 * Chaincode packages: the file that every organisation installs on its peers, and the id that
 * a definition is approved with.
 *
 * A package for a chaincode that runs as a service says where the peers find it. What is made
 * here depends on the recipe alone: no time, no owner, no order of a folder and no version of
 * a compression library is in it, so that each organisation that makes the package for itself
 * gets the same bytes and the same id.
 *
 * Blocking: on the network never.
 * Threads: any, at once.
 * Ownership: what a function is given is borrowed until it returns, unless its comment says
 *     that it is copied or referenced; what it gives out by a pointer to a pointer is the
 *     caller's to free, unref or close.
 * Errors: the status, with the reason in @p err if that is not NULL; outputs are untouched on
 *     failure.
 */
#ifndef HEDDLE_PACKAGE_H
#define HEDDLE_PACKAGE_H

#include <stdbool.h>

#include "heddle/gateway.h"

HEDDLE_BEGIN_DECLS

/** The longest label, in characters: a peer keeps the package under a file name with it. */
enum { HEDDLE_LABEL_MAX = 180 };

/** A file in the code of a package. */
typedef struct heddle_package_file {
    const char *path; /* "META-INF/statedb/couchdb/indexes/owner.json" */
    heddle_view content;
} heddle_package_file;

/**
 * What a package is made of. Start with HEDDLE_PACKAGE_RECIPE(label). Either the address of a
 * service (or its connection.json), and what goes with it, or `code`.
 */
typedef struct heddle_package_recipe {
    size_t size;
    const char *label; /* a letter or digit, then letters, digits and _ . + - */
    const char *type;  /* NULL: "ccaas" */
    const char *path;  /* that metadata.json tells; NULL: "" */

    const char *address;              /* "host:port" of the service; {{.templates}} are passed on */
    const char *dial_timeout;         /* a duration as Go writes it; NULL: "10s" */
    heddle_view tls_roots_pem;        /* the service has TLS, by these CAs; empty: it has none */
    heddle_view client_cert_pem;      /* with the next: what the peers show to the service; they */
    heddle_view client_key_pem;       /* become a part of the package */
    heddle_view connection_json;      /* in place of all these: the file as it is */
    const heddle_package_file *files; /* further ones, below META-INF/ */
    size_t file_count;

    heddle_view code; /* a code.tar.gz, as the builder of `type` takes it, in place of the rest */
} heddle_package_recipe;

#ifdef __cplusplus
static inline heddle_package_recipe heddle_package_recipe_init(const char *label)
{
    heddle_package_recipe recipe = {};
    recipe.size = sizeof(recipe);
    recipe.label = label;
    return recipe;
}
#define HEDDLE_PACKAGE_RECIPE(name) heddle_package_recipe_init(name)
#else
#define HEDDLE_PACKAGE_RECIPE(name)                                                                \
    {                                                                                              \
        .size = sizeof(heddle_package_recipe), .label = (name)                                     \
    }
#endif

/**
 * Make a package: a tar.gz of metadata.json and code.tar.gz, checked as heddle_package_read()
 * does. The same recipe gives the same bytes.
 *
 * @param out  yours to heddle_bytes_done()
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_package_make(const heddle_package_recipe *recipe,
                                                             heddle_bytes *out, heddle_error *err);

/** E_BAD_ARGUMENT says what is wrong with a label, and at which character. */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_package_check_label(const char *label,
                                                                    heddle_error *err);

/** A package that was read and found whole. Immutable. */
typedef struct heddle_package heddle_package;

/**
 * Read a package and check it as a peer does, and a little more: that the code of a ccaas
 * package has a connection.json with an address, that no file leaves the folder it will be
 * unpacked in, and that the whole stays within limits (100 MiB packed, 512 MiB unpacked).
 * E_DECODE or E_TOO_LARGE names the file and what is wrong with it.
 *
 * @param out  yours to heddle_package_free(); keeps copies of what it needs
 */
HEDDLE_API HEDDLE_MUST_USE heddle_status heddle_package_read(heddle_view bytes,
                                                             heddle_package **out,
                                                             heddle_error *err);
HEDDLE_API void heddle_package_free(heddle_package *package); /* NULL is fine */

/* What follows lives as the package. */

/** "label:hash", as `peer lifecycle chaincode calculatepackageid` tells it. */
HEDDLE_API const char *heddle_package_id(const heddle_package *package);
/** As metadata.json tells it, like the next two. */
HEDDLE_API const char *heddle_package_label(const heddle_package *package);
/** "ccaas", "golang", "node", "java", or what a builder of its own takes. */
HEDDLE_API const char *heddle_package_type(const heddle_package *package);
/** Where the code came from; "" as a rule. */
HEDDLE_API const char *heddle_package_path(const heddle_package *package);
/** Where a ccaas package sends the peers; "" of another one. */
HEDDLE_API const char *heddle_package_address(const heddle_package *package);
/** The bytes of its code.tar.gz. */
HEDDLE_API heddle_view heddle_package_code(const heddle_package *package);
/** The files in the code that a peer reads itself: connection.json and those of META-INF. */
HEDDLE_API size_t heddle_package_file_count(const heddle_package *package);
/** One of them; NULL past the last. */
HEDDLE_API const heddle_package_file *heddle_package_file_at(const heddle_package *package,
                                                             size_t index);

HEDDLE_END_DECLS

#endif
