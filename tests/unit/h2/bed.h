/* A server and a client to it on loopback, for the tests of h2. */
#ifndef H2_BED_H
#define H2_BED_H

#include <pthread.h>

#include "h2/client.h"
#include "h2/server.h"

typedef struct bed {
    h2_loop *loop; /* the client's and the server's */
    h2_server *server;
    h2_client *client;
    uint16_t port;
    char address[32];
} bed;

/** Without TLS: the methods below and those given, and a client. */
void bed_start(bed *b, const h2_server_options *options);
/** With contexts (borrowed; NULL: without TLS), and no client. */
void bed_serve(bed *b, const h2_server_options *options, crypto_tls_context *tls);
void bed_stop(bed *b);
heddle_status bed_connect(const bed *b, crypto_tls_context *tls, h2_client **out,
                          heddle_error *err);

/** Echoes each message; after the client's half close finishes as OK. */
void bed_echo(h2_stream *stream, void *user);
/** "/t.T/Echo" with bed_echo. */
extern const h2_method bed_echo_method;

/** A client's stream, or what is to be known of one of a server. */
typedef struct talk {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    h2_stream *stream;
    bool is_lazy; /* reads only when the test does */
    int messages;
    size_t bytes;
    char last[64]; /* of the last message */
    bool has_half_close;
    int ends;
    int code;
    char text[512];
} talk;

extern const h2_stream_events talk_events;
void talk_init(talk *t);
/** Open a stream with a read. */
void talk_open(talk *t, h2_client *client, const char *path);
void talk_done(talk *t); /* gives back the reference too */
void talk_send(talk *t, const void *data, size_t len);
/** Fail the test unless it comes within ten seconds. */
void talk_wait_messages(talk *t, int count);
void talk_wait_end(talk *t, int code);
void talk_wait_end_of_any(talk *t);
void talk_wait_end_or_cancel(talk *t); /* cancels, and waits */
void talk_wait_half_close(talk *t);
void talk_read_no_more(talk *t); /* but when the test does */
int talk_messages(talk *t);

#endif
