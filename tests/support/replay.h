/* An HTTP server that answers as it was told and keeps the last request. */
#ifndef SUPPORT_REPLAY_H
#define SUPPORT_REPLAY_H

#include "base/buffer.h"

typedef struct replay replay;

/** On a port of its own, on a thread; start it in a checked fixture. */
replay *replay_start(void);
void replay_stop(replay *server); /* NULL is fine */

/** "http://127.0.0.1:PORT"; lives as the server. */
const char *replay_url(const replay *server);

/** What it answers from now on. @p body is copied. */
void replay_answer(replay *server, int status, heddle_view body);

/** Makes up an answer: its status, 0 for none at all, and its body to the end of @p out. Runs on
 *  the server's thread. */
typedef int replay_script_fn(const char *uri, heddle_view body, base_buffer *out, void *user);
/** From now on @p script answers; NULL: what was told. When it returns, the script before does
 *  not run any more. */
void replay_script(replay *server, replay_script_fn *script, void *user);

/** The last request, up to the next one. */
const char *replay_method(replay *server);
const char *replay_uri(replay *server);
const char *replay_header(replay *server, const char *name); /* NULL: not there; good once */
heddle_view replay_body(replay *server);

#endif
