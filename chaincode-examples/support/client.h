/*
 * What the examples' clients share: who they are on the network, and a line of print for each
 * step. Programs that do not step through an example call libheddle directly, as
 * asset-transfer/client does.
 */
#ifndef EXAMPLE_CLIENT_H
#define EXAMPLE_CLIENT_H

#include <heddle/heddle.h>

enum { EXAMPLE_MEMBERS = 3, EXAMPLE_THREADS_MAX = 1000 };

/** Somebody on the network, and the way into it: a gateway, or a connection profile. */
typedef struct example_member {
    const char *gateway_address;
    const char *tls_ca;
    const char *name_override;
    const char *profile;
    const char *msp_id;
    const char *msp_dir;
    heddle_identity *identity;
    heddle_gateway *gateway;
    heddle_contract *contract;
} example_member;

/** A client of an example. */
typedef struct example_client {
    const char *channel;
    const char *chaincode;
    example_member members[EXAMPLE_MEMBERS];
    size_t member_count;
    unsigned threads; /* for those that have several; at most EXAMPLE_THREADS_MAX */
    unsigned rounds;  /* of each thread */
    heddle_details *details;
} example_client;

/** A client program. */
typedef struct example_program {
    const char *name;
    const char *chaincode; /* its name on the channel, unless an option says otherwise */
    size_t members;        /* that it cannot do without */
    heddle_status (*run)(example_client *client, heddle_error *err);
} example_program;

/** The whole of a main(): read the options, connect, run, and say what went wrong. */
int example_main(int argc, char **argv, const example_program *program);

/** Submit as that member, and print what became of it. */
heddle_status example_submit(example_client *client, size_t member, const char *what,
                             const heddle_request *request, heddle_error *err);
/** Evaluate as that member, and print the answer. */
heddle_status example_show(example_client *client, size_t member, const char *what,
                           const heddle_request *request, heddle_error *err);
/** Submit what has to be refused with a text that has @p reason in it, and print that text. */
heddle_status example_refused(example_client *client, size_t member, const char *what,
                              const heddle_request *request, const char *reason, heddle_error *err);
/** An answer as a text, yours to free(); NULL with @p err filled. */
char *example_answer(example_client *client, size_t member, const heddle_request *request,
                     heddle_error *err);

/** A line that begins as the others do. */
void example_say(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Fill @p err as a failure of the example itself. */
heddle_status example_fail(heddle_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** WORD-TIME, which no other run has used, in @p out. */
const char *example_unique(const char *word, char out[64]);

/** A request with one entry in its transient map, endorsed by one organisation. */
#define EXAMPLE_SECRET(name_, entry, text, org, ...)                                               \
    (&(const heddle_request){                                                                      \
        .size = sizeof(heddle_request),                                                            \
        .function = (name_),                                                                       \
        .texts = (const char *const[]){"", ##__VA_ARGS__} + 1,                                     \
        .arg_count = sizeof((const char *const[]){"", ##__VA_ARGS__}) / sizeof(char *) - 1,        \
        .transient = &(const heddle_transient){(entry), heddle_view_str(text)},                    \
        .transient_count = 1,                                                                      \
        .endorsing_orgs = (const char *const[]){(org)},                                            \
        .endorsing_org_count = 1})
/** A request that is to be endorsed by one organisation only. */
#define EXAMPLE_CALL_AT(name_, org, ...)                                                           \
    (&(const heddle_request){                                                                      \
        .size = sizeof(heddle_request),                                                            \
        .function = (name_),                                                                       \
        .texts = (const char *const[]){"", ##__VA_ARGS__} + 1,                                     \
        .arg_count = sizeof((const char *const[]){"", ##__VA_ARGS__}) / sizeof(char *) - 1,        \
        .endorsing_orgs = (const char *const[]){(org)},                                            \
        .endorsing_org_count = 1})

#endif
