/* heddle, the real program, against a devnet with its CAs and a chaincode. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/softhsm.h"
#include "support/suite.h"

enum { TEXT_SIZE = 1 << 16, PATH_SIZE = 512, READY_MS = 60000, END_MS = 90000 };

#define USERS "net/crypto-config/peerOrganizations/org1.example.com/users/"
#define USER1 USERS "User1@org1.example.com/msp"

static char *dir;
static process *chaincode;
static process *devnet;
static char out[TEXT_SIZE]; /* of the last command */
static char said[TEXT_SIZE];
static heddle_error err;

/* Commands. */

static void read_to(const char *path, char *text)
{
    base_auto_buffer base_buffer content = {0};
    text[0] = 0;
    if (base_read_file(path, TEXT_SIZE - 1, &content, NULL) == HEDDLE_OK && content.len) {
        memcpy(text, content.data, content.len);
        text[content.len] = 0;
    }
}

/* A line of shell in the test's folder, with "heddle" in its path; its exit code. */
static int shell(const char *line)
{
    process *p = process_start("shell.log", (const char *const[]){"/bin/bash", "-c", line, NULL});
    return process_wait(p, END_MS);
}

/* heddle with these arguments, as the shell takes them. */
static int heddle(const char *arguments)
{
    char line[4096];
    snprintf(line, sizeof(line), "heddle %s >out.txt 2>said.txt", arguments);
    int code = shell(line);
    read_to("out.txt", out);
    read_to("said.txt", said);
    return code;
}

#define ENDS(code, arguments)                                                                      \
    do {                                                                                           \
        int got_ = heddle(arguments);                                                              \
        ck_assert_msg(got_ == (code), "heddle %s: %d, not %d: %s%s", arguments, got_, code, out,   \
                      said);                                                                       \
    } while (0)
#define OUT(text)  ck_assert_msg(strstr(out, text) != NULL, "no \"%s\" in: %s", text, out)
#define SAID(text) ck_assert_msg(strstr(said, text) != NULL, "no \"%s\" in: %s", text, said)

/* A line of shell at a terminal of its own, where @p answer is typed once @p wanted is shown; its
 * exit code. What was shown is in `said`. */
static int at_terminal(const char *line, const char *wanted, const char *answer)
{
    int terminal, status;
    size_t len = 0;
    bool answered = false;
    said[0] = 0;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execl("/bin/bash", "bash", "-c", line, (char *)NULL);
        _exit(99);
    }
    for (ssize_t got; len + 1 < sizeof(said) &&
                      (got = read(terminal, said + len, sizeof(said) - 1 - len)) > 0;) {
        len += (size_t)got;
        said[len] = 0;
        if (!answered && strstr(said, wanted)) {
            answered = true;
            ck_assert_int_eq(write(terminal, answer, strlen(answer)), (ssize_t)strlen(answer));
        }
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void put_file(const char *path, const char *text)
{
    ck_assert_msg(base_write_file(path, heddle_view_str(text), 0600, &err) == HEDDLE_OK, "%s",
                  err.message);
}

/* The value of a member of the JSON answer. */
static const char *value_of(const char *name)
{
    static char value[256];
    char mark[64];
    snprintf(mark, sizeof(mark), "\"%s\": \"", name);
    const char *at = strstr(out, mark);
    ck_assert_msg(at != NULL, "no %s in: %s", name, out);
    at += strlen(mark);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\""), at);
    return value;
}

/* The network: one for all tests, which leave it as it was. */

static void start_network(void)
{
    char address[64], option[96];
    uint16_t port = process_free_port();
    snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    snprintf(option, sizeof(option), "basic=127.0.0.1:%u,policy=OR('Org1MSP.member')", port);
    setenv("CHAINCODE_ID", "basic:1.0", 1);
    setenv("CHAINCODE_SERVER_ADDRESS", address, 1);
    chaincode =
        process_start("chaincode.log", (const char *const[]){HEDDLE_BIN "/asset-transfer", NULL});
    devnet = process_start("devnet.log",
                           (const char *const[]){HEDDLE_BIN "/heddle-devnet", "--dir", "net",
                                                 "--base-port", "0", "--chaincode", option,
                                                 "--batch-timeout", "20ms", "--control",
                                                 "--ready-file", "ready", NULL});
    process_wait_file(devnet, "ready", READY_MS);
}

/* What it suppresses is no answer of a program. */
static void quiet_sanitizer(void)
{
    char options[1024];
    const char *set = getenv("LSAN_OPTIONS");
    snprintf(options, sizeof(options), "%s:print_suppressions=0", set ? set : "");
    setenv("LSAN_OPTIONS", options, 1);
}

static void set_up(void)
{
    char path[4096], config[PATH_SIZE];
    dir = fixture_dir_new();
    ck_assert_int_eq(chdir(dir), 0);
    snprintf(path, sizeof(path), "%s:%s", HEDDLE_BIN, getenv("PATH"));
    snprintf(config, sizeof(config), "%s/config.yaml", dir);
    setenv("PATH", path, 1);
    quiet_sanitizer();
    setenv("HEDDLE_CONFIG", config, 1);
    unsetenv("HEDDLE_PASSWORD");
    start_network();
    put_file("adminpw", "adminpw\n");
    ENDS(0, "context import-devnet net");
}

static void tear_down(void)
{
    process_stop(devnet, SIGTERM);
    process_stop(chaincode, SIGTERM);
    ck_assert_int_eq(chdir("/"), 0);
    fixture_dir_free(dir);
}

/* Transactions. */

START_TEST(a_transaction_from_the_first_to_the_last_word)
{
    ENDS(0, "tx submit basic CreateAsset a1 blue 5 Ann 300 -o json");
    ck_assert_str_eq(value_of("status"), "VALID");
    char line[256], tx_id[65];
    snprintf(tx_id, sizeof(tx_id), "%s", value_of("transaction"));
    ENDS(0, "tx evaluate basic ReadAsset a1");
    OUT("\"Owner\":\"Ann\"");
    ENDS(0, "tx evaluate basic ReadAsset a1 -o yaml");
    OUT("Owner: Ann\n");
    snprintf(line, sizeof(line), "tx status %s", tx_id);
    ENDS(0, line);
    OUT("VALID");
    ENDS(9, "tx submit basic CreateAsset a1 blue 5 Ann 300");
    SAID("already exists");
    SAID("Org1MSP");
    ENDS(9, "tx evaluate basic ReadAsset nothere");
    ENDS(3, "tx status 0000000000000000000000000000000000000000000000000000000000000000");
    SAID("--wait");
    ENDS(10, "tx status 0000000000000000000000000000000000000000000000000000000000000000 --wait "
             "--timeout 300ms");
}
END_TEST

/* A command on the devnet's socket, which ends with "ok". */
static void control(const char *command)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX, .sun_path = "net/control"};
    char answer[256] = "";
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&where, sizeof(where)), 0);
    dprintf(fd, "%s\n", command);
    ck_assert_int_gt(read(fd, answer, sizeof(answer) - 1), 0);
    ck_assert_msg(strncmp(answer, "ok", 2) == 0, "%s", answer);
    close(fd);
}

/* All of them read the asset before the first one is in a block. */
START_TEST(a_conflict_has_an_exit_code_of_its_own)
{
    ENDS(0, "tx submit basic CreateAsset m1 blue 5 Ann 300");
    control("set orderer.example.com cut delay ms=3000");
    int code = shell("for i in 1 2 3; do (heddle tx submit basic TransferAsset m1 Bob$i "
                     ">out$i 2>said$i; echo $? >code$i) & done; wait\n"
                     "[ \"$(cat code? | sort | tr '\\n' ' ')\" = '0 8 8 ' ]");
    control("clear");
    ck_assert_int_eq(shell("cat said? >said.txt"), 0);
    read_to("said.txt", said);
    ck_assert_msg(code == 0, "%s", said);
    SAID("MVCC_READ_CONFLICT");
    SAID("submit it again");
}
END_TEST

/* It cannot be known whether the orderer takes it: the user is told how to find out. */
START_TEST(ctrl_c_while_submitting)
{
    control("set orderer.example.com Broadcast delay ms=60000");
    int code =
        at_terminal("heddle tx submit basic CreateAsset i1 blue 5 Ann 300", "submitting", "\003");
    control("clear");
    ck_assert_msg(code == 130, "%d: %s", code, said);
    SAID("heddle:");
    SAID("interrupted");
    SAID("tx status");
}
END_TEST

START_TEST(submitted_once)
{
    ENDS(0, "tx submit basic CreateAsset o1 blue 5 Ann 300 --once key -o json");
    char first[65];
    snprintf(first, sizeof(first), "%s", value_of("transaction"));
    ENDS(0, "tx submit basic CreateAsset o1 blue 5 Ann 300 --once key -o json");
    ck_assert_str_eq(value_of("transaction"), first);
    ENDS(5, "tx submit basic CreateAsset o2 blue 5 Ann 300 --once key");
}
END_TEST

START_TEST(arguments_from_files_and_not_waiting)
{
    put_file("arg", "f1");
    ENDS(0, "tx submit basic CreateAsset f1 blue 5 Ann 300 --no-wait -o json");
    ck_assert_str_eq(value_of("status"), "SUBMITTED");
    char line[256];
    snprintf(line, sizeof(line), "tx status --wait %s", value_of("transaction"));
    ENDS(0, line);
    ENDS(0, "tx evaluate basic ReadAsset -f arg");
    OUT("f1");
    ENDS(0, "tx evaluate basic ReadAsset -f - <arg");
    OUT("f1");
}
END_TEST

START_TEST(nobody_answers)
{
    ENDS(0, "context add away --org Org1 --mspid Org1MSP --channel mychannel --msp " USER1
            " --peer localhost:1 --tls-roots net/crypto-config/peerOrganizations/org1.example.com/"
            "tlsca/tlsca.org1.example.com-cert.pem");
    ENDS(6, "tx evaluate basic ReadAsset a1 --timeout 2s");
    SAID("localhost:1");
    SAID("context show");
}
END_TEST

/* Events and blocks. */

START_TEST(events_go_on_behind_the_checkpoint)
{
    ENDS(0, "tx submit basic CreateAsset e1 blue 5 Ann 300");
    ENDS(0, "tx submit basic CreateAsset e2 blue 5 Ann 300");
    ENDS(0, "events follow basic --from oldest --count 1 --checkpoint cp -o json");
    OUT("\"ID\":\"e1\"");
    ENDS(0, "events follow basic --from oldest --count 1 --checkpoint cp -o json");
    OUT("\"ID\":\"e2\"");
    ENDS(0, "events follow --blocks filtered --from 0 --to 1");
    OUT("CreateAsset");
    ENDS(2, "events follow");
    ENDS(2, "events follow basic --from soon");
}
END_TEST

static bool has_output(void *user)
{
    const char *path = user;
    struct stat found;
    return stat(path, &found) == 0 && found.st_size > 0;
}

START_TEST(ctrl_c_ends_a_stream)
{
    char path[] = "follow.log";
    process *p =
        process_start(path, (const char *const[]){HEDDLE_BIN "/heddle", "events", "follow",
                                                  "--blocks", "filtered", "--from", "0", NULL});
    ck_assert(process_until(has_output, path, READY_MS));
    ck_assert_int_eq(process_stop(p, SIGINT), 130);
}
END_TEST

START_TEST(blocks_and_who_has_them)
{
    ENDS(0, "block info -o json");
    OUT("\"height\"");
    ENDS(0, "block fetch 0 -f genesis.pb");
    ENDS(0, "block decode genesis.pb -o yaml");
    OUT("channel_id: mychannel");
    ENDS(0, "block decode genesis.pb --style complete >block.json");
    ENDS(3, "block fetch 99999");
    ENDS(2, "block fetch nothing");
    ENDS(12, "block decode adminpw");
    SAID("--type");
    ENDS(0, "discover peers");
    OUT("Org2MSP");
    ENDS(0, "discover config -o json");
    OUT("BEGIN CERTIFICATE");
    ENDS(0, "discover endorsers basic");
    OUT("LAYOUTS");
}
END_TEST

START_TEST(a_reader_that_goes_away_is_no_failure)
{
    ck_assert_int_eq(shell("set -o pipefail; heddle block fetch 0 2>said.txt | head -1 >out.txt; "
                           "[ ${PIPESTATUS[0]} = 141 -o ${PIPESTATUS[0]} = 0 ]"),
                     0);
    read_to("said.txt", said);
    ck_assert_str_eq(said, "");
}
END_TEST

/* The CA, and what it must withstand. */

START_TEST(from_an_empty_wallet_to_a_transaction)
{
    put_file("wrong", "wrong\n");
    ENDS(3, "wallet list");
    ENDS(4, "ca enroll admin --password-file wrong");
    SAID("wrong id or password");
    ck_assert_ptr_null(strstr(said, "--password-file"));
    ENDS(2, "ca enroll admin </dev/null");
    SAID("HEDDLE_PASSWORD");
    ENDS(0, "ca enroll admin --password-file adminpw");
    ENDS(0, "ca register ann --affiliation org1.department1 --attribute role=auditor:ecert "
            "--password-out ann.pw");
    ENDS(5, "ca register ann");
    ck_assert_int_ne(heddle("ca register bob --password-out nowhere/bob.pw"), 0);
    SAID("its password is lost: set one with heddle ca identity modify bob");
    ENDS(0, "ca enroll ann --password-file - <ann.pw -o json");
    ck_assert_str_eq(value_of("label"), "ann");
    ENDS(0, "tx submit basic CreateAsset c1 blue 5 Ann 300 --identity ann");
    ENDS(0, "ca reenroll ann --same-key");
    ENDS(0, "wallet list -o json");
    OUT("\"role\": \"client\"");
    ENDS(0, "ca identity get ann");
    OUT("auditor");
    ENDS(3, "ca identity get nobody");
    ENDS(0, "ca certificate list ann -o yaml");
    OUT("state: ok");
    ENDS(0, "ca revoke ann --reason keycompromise --crl crl.pem");
    ENDS(4, "ca reenroll ann");
    SAID("revoked");
    ENDS(4, "ca enroll ann --password-file ann.pw");
}
END_TEST

START_TEST(a_ca_that_is_down_or_not_trusted)
{
    ENDS(6, "ca info --url https://localhost:1 --tls-roots net/crypto-config/peerOrganizations/"
            "org1.example.com/tlsca/tlsca.org1.example.com-cert.pem");
    SAID("see that the CA is running");
    ENDS(2, "ca info --url https://localhost:1");
    SAID("--tls-roots");
    ENDS(0, "ca info -o json");
    ENDS(0, "context show -o json");
    ENDS(2, "ca info --url nonsense --insecure");
    ENDS(0, "ca info --org Org2");
    ENDS(11, "ca info --url $(sed -n 's/.* ca-org1=\\([^ ]*\\).*/https:\\/\\/\\1/p' ready) "
             "--tls-roots net/crypto-config/peerOrganizations/org2.example.com/tlsca/"
             "tlsca.org2.example.com-cert.pem");
    SAID("--tls-roots");
}
END_TEST

/* A password is typed at a terminal, and is not shown there. */
START_TEST(a_password_is_asked_for_without_echo)
{
    int code = at_terminal("heddle ca enroll admin", "password of admin: ", "adminpw\n");
    ck_assert_msg(code == 0, "%s", said);
    ck_assert_msg(!strstr(said, "adminpw"), "%s", said);
    ENDS(0, "wallet show admin");
}
END_TEST

/* Wallets. */

START_TEST(a_half_written_identity_is_never_used)
{
    ENDS(0, "wallet import user -w w --msp " USER1);
    ck_assert_int_eq(shell("head -c 300 w/user.id >w/half.id; cp w/user.id w/user.id.aB3dEf"), 0);
    ENDS(0, "wallet list -w w");
    OUT("broken");
    SAID("user.id.aB3dEf");
    ENDS(12, "wallet show half -w w");
    SAID("wallet remove half");
    ENDS(0, "context add test --profile net/connection-org1.json --wallet w --label half");
    ENDS(12, "tx evaluate basic ReadAsset a1");
    SAID("half");
    ENDS(0, "wallet remove half -w w");
    ENDS(3, "tx evaluate basic ReadAsset a1");
    SAID("wallet list");
}
END_TEST

START_TEST(a_killed_write_leaves_the_old_identity_or_the_new_one)
{
    ENDS(0, "wallet import user -w w --msp " USER1);
    for (unsigned i = 0; i < 30; i++) {
        process *p = process_start("kill.log",
                                   (const char *const[]){HEDDLE_BIN "/heddle", "wallet", "import",
                                                         "user", "-w", "w", "--msp", USER1, NULL});
        struct timespec pause = {.tv_nsec = (long)(i * 3) * 1000000};
        nanosleep(&pause, NULL);
        process_stop(p, SIGKILL);
        ENDS(0, "wallet show user -w w");
    }
    ENDS(0, "wallet list -w w -o json");
    ck_assert_ptr_null(strstr(out, "broken"));
}
END_TEST

START_TEST(a_key_of_another_certificate)
{
    ENDS(11, "wallet import mixed -w w --mspid Org1MSP --certificate " USER1 "/signcerts/*.pem "
             "--key " USERS "Admin@org1.example.com/msp/keystore/*");
    SAID("is not that of the certificate");
    ENDS(0, "wallet import user -w w --msp " USER1);
    ENDS(0, "wallet export user -w w --certificate cert.pem --key key.pem");
    struct stat found;
    ck_assert_int_eq(stat("key.pem", &found), 0);
    ck_assert_uint_eq(found.st_mode & 0777, 0600);
    ENDS(0, "wallet import again -w w --mspid Org1MSP --certificate cert.pem --key key.pem");
    ENDS(0, "wallet export again -w w --msp msp --to other");
    ENDS(0, "wallet import third -w other --msp msp --mspid Org1MSP");
    ENDS(2, "wallet import fourth -w other");
    ENDS(2, "wallet export again -w w");
}
END_TEST

/* old.pem and old.key, of Org1. */
static void make_expired(void)
{
    ck_assert_int_eq(
        shell("set -e; ca=net/crypto-config/peerOrganizations/org1.example.com/ca\n"
              "openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt "
              "-out old.key\n"
              "openssl req -new -key old.key -subj /OU=client/CN=old -out old.csr\n"
              "openssl x509 -req -in old.csr -CA $ca/*.pem -CAkey $ca/*sk -CAcreateserial "
              "-days -1 -out old.pem -sha256"),
        0);
}

START_TEST(a_certificate_that_has_expired)
{
    make_expired();
    ENDS(0, "context add old --profile net/connection-org1.json --certificate old.pem --key "
            "old.key --direct");
    ck_assert_int_ne(heddle("tx evaluate basic ReadAsset a1"), 0);
    SAID("the certificate of old (Org1MSP) expired on");
    SAID("ca enroll old");
}
END_TEST

START_TEST(a_token_that_is_taken_out)
{
    softhsm *hsm = softhsm_start();
    char line[2048];
    put_file("pin", SOFTHSM_PIN "\n");
    softhsm_add_token(hsm, "heddle");
    snprintf(line, sizeof(line),
             "context add token --profile net/connection-org1.json --direct --label ann "
             "--pkcs11-module %s --pkcs11-token heddle --pkcs11-pin-file pin",
             softhsm_module());
    ENDS(0, line);
    ENDS(0, "ca enroll admin --password-file adminpw");
    ENDS(0, "ca register ann --identity admin --password-out ann.pw");
    ENDS(0, "ca enroll ann --password-file ann.pw --token-key ann");
    ENDS(0, "wallet list");
    OUT("token");
    ENDS(0, "wallet show ann");
    OUT("CN=ann");
    ENDS(0, "tx submit basic CreateAsset t1 blue 5 Ann 300");
    put_file("pin", "0000\n");
    ENDS(4, "tx evaluate basic ReadAsset t1");
    SAID("PIN");
    put_file("pin", SOFTHSM_PIN "\n");
    ck_assert_int_eq(shell("rm -rf \"$(sed -n 's/directories.tokendir = //p' $SOFTHSM2_CONF)\"/*"),
                     0);
    ENDS(3, "tx evaluate basic ReadAsset t1");
    SAID("put the token into its slot");
    softhsm_free(hsm);
}
END_TEST

/* Doctor. */

#define ORG2 "net/crypto-config/peerOrganizations/org2.example.com/"

START_TEST(doctor_finds_nothing_where_all_is_well)
{
    ENDS(0, "doctor");
    OUT("version 1.0 answers");
    SAID("0 warnings, 0 problems");
    ENDS(0, "doctor -o json");
    ck_assert_ptr_null(strstr(out, "\033"));
}
END_TEST

/* A line of the answer that tells of a problem, of a check and what it is about. */
#define PROBLEM(check, subject)                                                                    \
    do {                                                                                           \
        ENDS(1, "doctor -o json");                                                                 \
        OUT("\"result\":\"problem\",\"check\":\"" check "\",\"subject\":\"" subject "\"");         \
        SAID("problem");                                                                           \
    } while (0)

START_TEST(doctor_names_who_does_not_answer)
{
    control("set peer0.org2.example.com away");
    PROBLEM("reach", "peer0.org2.example.com");
    OUT("does not answer");
    control("clear");
    process_stop(chaincode, SIGTERM);
    ENDS(1, "doctor -o json");
    OUT("basic on peer0.org1.example.com");
    OUT("basic on peer0.org2.example.com");
    OUT("could not launch chaincode");
    chaincode =
        process_start("chaincode.log", (const char *const[]){HEDDLE_BIN "/asset-transfer", NULL});
}
END_TEST

#define PEER1                                                                                      \
    "--peer peer0.org1.example.com=$(sed -n 's/.* peer0.org1.example.com=\\([^ ]*\\).*/\\1/p' "    \
    "ready) "

START_TEST(doctor_names_what_does_not_fit)
{
    ENDS(0, "context add devnet --org Org1 --mspid Org1MSP --msp " USER1 " " PEER1
            "--tls-roots " ORG2 "tlsca/*.pem");
    PROBLEM("tls", "peer0.org1.example.com");
    OUT("tlsca.org1.example.com");

    ENDS(0, "context import-devnet net");
    make_expired();
    ENDS(0, "context add devnet --org Org1 --profile net/connection-org1.json --certificate "
            "old.pem --key old.key");
    PROBLEM("identity", "Org1");
    OUT("expired");

    ENDS(0, "context import-devnet net");
    ENDS(0, "context add devnet --org Org9 --mspid Org9MSP --msp " ORG2
            "users/User1@org2.example.com/msp " PEER1
            "--tls-roots net/crypto-config/peerOrganizations/org1.example.com/tlsca/*.pem");
    PROBLEM("membership", "Org9");
    OUT("Org9MSP is not an organisation of mychannel");
}
END_TEST

/* Contexts. */

START_TEST(contexts_are_made_chosen_and_removed)
{
    ENDS(0, "context add test --profile net/connection-org1.json --msp " USER1
            " --channel mychannel --direct");
    ENDS(0, "context add test --org Org2 --profile net/connection-org2.json");
    ENDS(0, "context list");
    OUT("yes       test     mychannel   Org1MSP, Org2");
    ENDS(0, "context use devnet");
    ENDS(0, "tx submit basic CreateAsset x1 blue 5 Ann 300 --org Org1");
    ENDS(0, "tx evaluate basic ReadAsset x1 --context test");
    ENDS(3, "tx evaluate basic ReadAsset x1 --context nothere");
    ENDS(3, "tx evaluate basic ReadAsset x1 --org Org9");
    ENDS(0, "context remove test");
    ENDS(3, "context show test");
    ENDS(0, "context remove devnet");
    ENDS(2, "tx evaluate basic ReadAsset x1");
    SAID("context import-devnet");
    ENDS(13, "context import-devnet nothere");
    put_file("config.yaml", "contexts: [{nam: a}]\n");
    ENDS(2, "context list");
    SAID("config.yaml:1");
}
END_TEST

START_TEST(usage_is_told)
{
    ENDS(2, "tx sumbit");
    SAID("did you mean \"tx submit\"?");
    ENDS(2, "tx submit basic");
    SAID("usage: heddle tx submit CHAINCODE FUNCTION");
    ENDS(0, "--help");
    OUT("Options of every command");
    ENDS(0, "tx submit --help");
    OUT("--once KEY");
    ENDS(0, "");
    OUT("Commands");
    ENDS(0, "--version");
}
END_TEST

/* The function that bash calls, called as bash does. */
START_TEST(bash_completes)
{
    put_file("drive", "heddle completion bash >script && bash -n script && . ./script || exit 1\n"
                      "offers() {\n"
                      "    wanted=$1; shift\n"
                      "    COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _heddle\n"
                      "    [ \"${COMPREPLY[*]}\" = \"$wanted\" ] && return\n"
                      "    echo \"$*: ${COMPREPLY[*]}, not $wanted\"; exit 1\n"
                      "}\n"
                      "offers 'submit status' heddle tx s\n"
                      "offers devnet heddle --context ''\n"
                      "offers 'Org1 Org2' heddle tx submit --org ''\n"
                      "offers json heddle tx submit --output = j\n"
                      "offers adminpw heddle ca enroll a --password-file ad\n"
                      "offers net heddle context import-devnet ne\n");
    put_file("ne1", "");
    int code = shell("bash drive >out.txt 2>&1");
    read_to("out.txt", out);
    ck_assert_msg(code == 0, "%s", out);
    if (shell("command -v zsh >/dev/null") == 0)
        ck_assert_int_eq(shell("heddle completion zsh >_heddle && zsh -n _heddle"), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = SUITE_CASE(
        "cli", a_transaction_from_the_first_to_the_last_word, submitted_once,
        a_conflict_has_an_exit_code_of_its_own, ctrl_c_while_submitting,
        arguments_from_files_and_not_waiting, nobody_answers, events_go_on_behind_the_checkpoint,
        ctrl_c_ends_a_stream, blocks_and_who_has_them, a_reader_that_goes_away_is_no_failure,
        from_an_empty_wallet_to_a_transaction, a_ca_that_is_down_or_not_trusted,
        a_password_is_asked_for_without_echo, a_half_written_identity_is_never_used,
        a_killed_write_leaves_the_old_identity_or_the_new_one, a_key_of_another_certificate,
        a_certificate_that_has_expired, a_token_that_is_taken_out,
        doctor_finds_nothing_where_all_is_well, doctor_names_who_does_not_answer,
        doctor_names_what_does_not_fit, contexts_are_made_chosen_and_removed, usage_is_told,
        bash_completes);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    Suite *suite = suite_create("system/cli");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
