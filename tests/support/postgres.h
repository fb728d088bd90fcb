/* A private PostgreSQL cluster on a Unix socket, for system tests. */
#ifndef SUPPORT_POSTGRES_H
#define SUPPORT_POSTGRES_H

#include <stdbool.h>

typedef struct postgres postgres;

/**
 * Make a cluster in a fresh temporary folder and start it; fails the test if it does not
 * come up. As root it runs as user postgres, since initdb refuses root. It dies with the
 * test program.
 */
postgres *postgres_start(void);

/** Connection text of database "heddle"; as long as the cluster. */
const char *postgres_url(const postgres *pg);

/** Connection text of database @p name; the caller frees it. */
char *postgres_url_of(const postgres *pg, const char *name);

/** As a crash of the server, and the start after it. The socket is the same. */
void postgres_kill(postgres *pg);
void postgres_resume(postgres *pg);

/** Stop it and remove the folder. */
void postgres_free(postgres *pg);

#endif
