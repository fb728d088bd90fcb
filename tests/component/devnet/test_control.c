#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/view.h"
#include "devnet/network/control.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/suite.h"

#define PEER "peer0.org1.example.com"

static devnet *net;
static dn_control *control;
static char path[108];
static heddle_error err;

static void setup(void)
{
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    net = devnet_start(NULL);
    snprintf(path, sizeof(path), "%s/control", devnet_dir(net));
    if (dn_control_start(devnet_network(net), path, &control, &err) != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static void teardown(void)
{
    dn_control_stop(control);
    devnet_free(net);
    rpc_shutdown();
}

static int connected(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* What comes until the other side closes. */
static void assert_conversation(const char *lines, const char *answers)
{
    char got[2048];
    size_t len = 0;
    ssize_t more;
    int fd = connected();
    ck_assert_int_eq(send(fd, lines, strlen(lines), MSG_NOSIGNAL), (ssize_t)strlen(lines));
    shutdown(fd, SHUT_WR);
    while ((more = recv(fd, got + len, sizeof(got) - 1 - len, 0)) > 0)
        len += (size_t)more;
    got[len] = 0;
    ck_assert_str_eq(got, answers);
    close(fd);
}

START_TEST(lines_are_answered_in_order)
{
    assert_conversation("set " PEER " Deliver drop after=2 times=1\n"
                        "set " PEER " ProcessProposal refuse code=8 text=not now\n"
                        "faults\nclear " PEER "\nfaults\n",
                        "ok\nok\n" PEER " Deliver drop times=1 after=2\n" PEER
                        " ProcessProposal refuse code=8 text=not now\nok\nok\nok\n");
    assert_conversation("faults\n", "ok\n");
}
END_TEST

START_TEST(mistakes_are_told_and_the_connection_goes_on)
{
    assert_conversation("\nset nobody away\nset " PEER " fly\nclear nobody\nfaults\n",
                        "error no command \"\": set, clear, faults, nodes and events are possible\n"
                        "error no node nobody; there are orderer.example.com, " PEER " and so on\n"
                        "error no fault \"fly\"\n"
                        "error no node nobody; there are orderer.example.com, " PEER " and so on\n"
                        "ok\n");
}
END_TEST

START_TEST(nodes_are_listed_with_their_heights)
{
    char expected[512];
    const dn_network *n = devnet_network(net);
    snprintf(expected, sizeof(expected), "%s %s\n%s %s 1\n%s %s 1\nok\n",
             dn_network_orderer(n)->name, dn_network_orderer(n)->address,
             dn_network_peer(n, 0)->name, dn_network_peer(n, 0)->address,
             dn_network_peer(n, 1)->name, dn_network_peer(n, 1)->address);
    assert_conversation("nodes\n", expected);
}
END_TEST

START_TEST(a_node_goes_and_comes_by_command)
{
    assert_conversation("set " PEER " away\nset orderer.example.com away\nclear\n", "ok\nok\nok\n");
}
END_TEST

START_TEST(only_the_owner_may_open_the_socket)
{
    struct stat about;
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert(S_ISSOCK(about.st_mode));
    ck_assert_int_eq(about.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_line_without_end_closes_the_connection)
{
    char line[2000];
    char got;
    memset(line, 'x', sizeof(line));
    int fd = connected();
    ck_assert_int_gt(send(fd, line, sizeof(line), MSG_NOSIGNAL), 0);
    ck_assert_int_le(recv(fd, &got, 1, 0), 0);
    close(fd);
    assert_conversation("faults\n", "ok\n");
}
END_TEST

START_TEST(stopping_ends_a_connection_and_removes_the_socket)
{
    char got;
    int fd = connected();
    ck_assert_int_eq(send(fd, "faults\n", 7, MSG_NOSIGNAL), 7);
    ck_assert_int_eq(recv(fd, &got, 1, 0), 1);
    dn_control_stop(control);
    control = NULL;
    while (recv(fd, &got, 1, 0) > 0)
        continue;
    close(fd);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    char longer[200];
    dn_control *second = NULL;
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = 0;
    ck_assert_int_eq(dn_control_start(devnet_network(net), longer, &second, &err),
                     HEDDLE_E_TOO_LARGE);
    ck_assert_ptr_null(second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devnet/control");
    TCase *tc = SUITE_CASE(
        "control", lines_are_answered_in_order, mistakes_are_told_and_the_connection_goes_on,
        nodes_are_listed_with_their_heights, a_node_goes_and_comes_by_command,
        only_the_owner_may_open_the_socket, a_line_without_end_closes_the_connection,
        stopping_ends_a_connection_and_removes_the_socket, a_path_that_is_too_long_is_refused);
    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
