#include <ctype.h>
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "heddle/chaincode.h"

/* Blocked before the library starts its threads, so that the signals come to this one. */
static int wait_for_signal(const sigset_t *signals)
{
    int number = 0;
    while (sigwait(signals, &number) != 0)
        continue;
    return number;
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

int heddle_cc_main(const heddle_cc_contract *contract)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    base_log_to_stderr();
    set_log_level();

    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    heddle_cc_options_from_env(&options);
    heddle_cc_server *server = NULL;
    heddle_error err;
    if (heddle_cc_server_open(&options, contract, &server, &err) != HEDDLE_OK) {
        log_at(LOG_ERROR, "chaincode", "cannot start", LOG_ERR(&err));
        return 1;
    }
    log_at(LOG_INFO, "chaincode", "ready", LOG_STR("id", options.chaincode_id),
           LOG_STR("address", options.address), LOG_U64("port", heddle_cc_server_port(server)));
    int number = wait_for_signal(&signals);
    log_at(LOG_INFO, "chaincode", "stopping", LOG_I64("signal", number));
    heddle_cc_server_close(server);
    return 0;
}
