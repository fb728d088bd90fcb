#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/log.h"
#include "chaincode/contract.h"
#include "chaincode/options.h"
#include "chaincode/server.h"
#include "heddle/chaincode_replay.h"

enum { EXIT_USAGE = 2 };

/* Signals */

/* Blocked before the library starts its threads, and taken from a descriptor. */
static int open_signals(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGINT);
    pthread_sigmask(SIG_BLOCK, out, NULL);
    return signalfd(-1, out, SFD_CLOEXEC);
}

/* The signal that came; 0: the server has ended by itself. */
static int wait_for_end(int signals, const heddle_cc_server *server)
{
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                           {.fd = cc_server_end_fd(server), .events = POLLIN}};
    struct signalfd_siginfo info = {0};
    while (poll(fds, BASE_COUNT(fds), -1) < 0)
        continue;
    if (fds[0].revents && read(signals, &info, sizeof(info)) == sizeof(info))
        return (int)info.ssi_signo;
    return 0;
}

static void end_now(int number)
{
    _exit(128 + number);
}

/* The default action would do for most, but not for the first process of a container. */
static void end_on_next_signal(const sigset_t *signals)
{
    struct sigaction action = {.sa_handler = end_now};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

/* "INFO", "debug", …: the name and the words of the official shims. */
static void set_log_level(void)
{
    const char *text = getenv("CORE_CHAINCODE_LOGGING_LEVEL");
    char lower[16] = "";
    base_log_level level;
    for (size_t i = 0; text && text[i] && i + 1 < sizeof(lower); i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    if (base_log_level_parse(heddle_view_str(lower), &level))
        base_log_set_level(level);
}

/* Commands */

/* What still computes then cannot be waited for: the process ends around it. */
static void stop(heddle_cc_server *server)
{
    if (!cc_server_drain(server)) {
        log_at(LOG_ERROR, "chaincode", "ending with transactions that still run");
        _exit(EXIT_FAILURE);
    }
    heddle_cc_server_close(server);
}

static int serve_until_end(heddle_cc_server *server, int signals_fd, const sigset_t *signals)
{
    heddle_error why;
    int number = wait_for_end(signals_fd, server);
    if (number)
        log_at(LOG_INFO, "chaincode", "stopping", LOG_I64("signal", number));
    else if (heddle_cc_server_wait(server, 0, &why) != HEDDLE_OK)
        log_at(LOG_ERROR, "chaincode", "cannot go on", LOG_ERR(&why));
    end_on_next_signal(signals);
    stop(server);
    return number ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int serve(const heddle_cc_chaincode *chaincode, heddle_cc_server_options *options)
{
    sigset_t signals;
    int signals_fd = open_signals(&signals);
    heddle_cc_server *server = NULL;
    heddle_error err;
    heddle_status st = heddle_cc_options_from_env(options, &err);
    if (st == HEDDLE_OK)
        st = heddle_cc_server_open(options, chaincode, &server, &err);
    if (st != HEDDLE_OK) {
        log_at(LOG_ERROR, "chaincode", "cannot start", LOG_ERR(&err));
        return EXIT_FAILURE;
    }
    if (options->admin_address)
        log_at(LOG_INFO, "chaincode", "metrics and health",
               LOG_STR("address", options->admin_address),
               LOG_U64("port", heddle_cc_server_admin_port(server)));
    if (options->peer_address)
        log_at(LOG_INFO, "chaincode", "dialling", LOG_STR("id", options->chaincode_id),
               LOG_STR("peer", options->peer_address));
    else
        log_at(LOG_INFO, "chaincode", "ready", LOG_STR("id", options->chaincode_id),
               LOG_STR("address", options->address),
               LOG_U64("port", heddle_cc_server_port(server)));
    return serve_until_end(server, signals_fd, &signals);
}

static int print(const base_buffer *text)
{
    return fwrite(text->data, 1, text->len, stdout) == text->len && fflush(stdout) == 0
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

static int print_help(const char *program)
{
    base_auto_buffer base_buffer text = {0};
    return cc_options_help(program, &text) == HEDDLE_OK ? print(&text) : EXIT_FAILURE;
}

static const char *name_of(const heddle_cc_chaincode *chaincode)
{
    if (chaincode->title)
        return chaincode->title;
    const char *name = chaincode->contract_count ? chaincode->contracts[0]->name : NULL;
    return name ? name : "chaincode";
}

static int print_version(const heddle_cc_chaincode *chaincode)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status st =
        base_buffer_printf(&text, "%s%s%s, libheddle-chaincode %s\n", name_of(chaincode),
                           chaincode->version ? " " : "",
                           chaincode->version ? chaincode->version : "", HEDDLE_VERSION);
    return st == HEDDLE_OK ? print(&text) : EXIT_FAILURE;
}

static heddle_status write_metadata(const heddle_cc_chaincode *chaincode, base_buffer *out,
                                    heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    if (!arena)
        return base_fail_memory(err, "metadata");
    BASE_TRY(heddle_cc_chaincode_check(chaincode, err));
    BASE_TRY(cc_metadata_write(arena, chaincode, out, err));
    return base_buffer_append_str(out, "\n");
}

static int print_metadata(const heddle_cc_chaincode *chaincode)
{
    base_auto_buffer base_buffer text = {0};
    heddle_error err;
    base_error_clear(&err);
    if (write_metadata(chaincode, &text, &err) == HEDDLE_OK)
        return print(&text);
    fprintf(stderr, "%s\n", err.message);
    return EXIT_FAILURE;
}

/* Whether the recording was met. */
static bool replay(const heddle_cc_chaincode *chaincode, const char *file)
{
    heddle_cc_replay *result = NULL;
    heddle_error err;
    if (heddle_cc_replay_file(chaincode, file, &result, &err) != HEDDLE_OK) {
        printf("%s: %s\n", file, err.message);
        return false;
    }
    size_t count = heddle_cc_replay_count(result);
    printf("%s: %s %s: %s\n", file, heddle_cc_replay_function(result),
           heddle_cc_replay_tx_id(result), count ? "differs" : "the same");
    for (size_t i = 0; i < count; i++)
        printf("    %s\n", heddle_cc_replay_difference(result, i));
    heddle_cc_replay_free(result);
    return count == 0;
}

static int replay_all(const heddle_cc_chaincode *chaincode, char *const *files)
{
    bool same = true;
    for (; *files; files++)
        same &= replay(chaincode, *files);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

int heddle_cc_main(const heddle_cc_chaincode *chaincode, int argc, char **argv)
{
    base_log_to_stderr();
    set_log_level();
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    cc_command command;
    int at;
    heddle_error err;
    if (cc_options_from_args(argc, argv, &options, &command, &at, &err) != HEDDLE_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], err.message);
        return EXIT_USAGE;
    }
    switch (command) {
    case CC_COMMAND_HELP:
        return print_help(argv[0]);
    case CC_COMMAND_VERSION:
        return print_version(chaincode);
    case CC_COMMAND_METADATA:
        return print_metadata(chaincode);
    case CC_COMMAND_REPLAY:
        return replay_all(chaincode, argv + at + 1);
    default:
        return serve(chaincode, &options);
    }
}
