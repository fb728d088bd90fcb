/*
 * usage: heddle-json-bench SECONDS BLOCK...
 *
 * Blocks as JSON, again and again, beside jansson reading the same text, and the way back. Prints
 * one line of JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "heddle/decode.h"

typedef struct sample {
    base_buffer block;
    heddle_bytes json;
} sample;

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void give_up(const char *why)
{
    fprintf(stderr, "heddle-json-bench: %s\n", why);
    exit(1);
}

static void decode(sample *s)
{
    heddle_error err;
    base_free(s->json.data);
    s->json = (heddle_bytes){0};
    if (heddle_block_to_json(base_buffer_view(&s->block), NULL, &s->json, &err))
        give_up(err.message);
}

static void parse(sample *s)
{
    json_error_t why;
    json_t *root = json_loadb((char *)s->json.data, s->json.len, JSON_ALLOW_NUL, &why);
    if (!root)
        give_up(why.text);
    json_decref(root);
}

static void encode(sample *s)
{
    heddle_error err;
    heddle_bytes back = {0};
    if (heddle_message_from_json("common.Block", heddle_view_of(s->json.data, s->json.len), NULL,
                                 &back, &err))
        give_up(err.message);
    base_free(back.data);
}

/* Blocks a second of CPU. */
static double rate(void (*work)(sample *), sample *samples, size_t count, double seconds)
{
    double start = now();
    double took;
    size_t done = 0;
    do {
        for (size_t i = 0; i < count; i++)
            work(&samples[i]);
        done += count;
        took = now() - start;
    } while (took < seconds);
    return (double)done / took;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        give_up("usage: heddle-json-bench SECONDS BLOCK...");
    double seconds = atof(argv[1]);
    size_t count = (size_t)argc - 2;
    sample *samples = base_calloc(count, sizeof(*samples));
    size_t bytes = 0;
    size_t text = 0;
    for (size_t i = 0; samples && i < count; i++) {
        heddle_error err;
        if (base_read_file(argv[i + 2], 0, &samples[i].block, &err))
            give_up(err.message);
        decode(&samples[i]);
        bytes += samples[i].block.len;
        text += samples[i].json.len;
    }
    if (!samples)
        give_up("no memory");
    double decoded = rate(decode, samples, count, seconds);
    double parsed = rate(parse, samples, count, seconds);
    double encoded = rate(encode, samples, count, seconds);
    double mean = (double)bytes / (double)count / 1e6;
    printf("{\"blocks\":%zu,\"bytes\":%zu,\"json_bytes\":%zu,\"decoded_per_second\":%.0f,"
           "\"decoded_mb_per_second\":%.1f,\"jansson_parsed_per_second\":%.0f,"
           "\"encoded_per_second\":%.0f}\n",
           count, bytes, text, decoded, decoded * mean, parsed, encoded);
    for (size_t i = 0; i < count; i++) {
        base_buffer_done(&samples[i].block);
        base_free(samples[i].json.data);
    }
    base_free(samples);
    return 0;
}
