#include "datasync/database.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "datasync/copy.h"

/* Bytes handed to libpq at once, which keeps a copy of them. */
enum { COPY_CHUNK = 1 << 20, CONNECT_MS = 10000, MIN_VERSION = 110000 };

/* The result is the PGresult itself. */
static PGconn *conn_of(sync_db *db)
{
    return (PGconn *)db;
}

static const PGresult *pg_result(const sync_result *result)
{
    return (const PGresult *)result;
}

/* Classes and codes of what passes by itself or by somebody's doing. */
static bool is_passing(const char *state)
{
    static const char *const passing[] = {"08", "40", "53", "57", "58", "55P03", "25006"};
    for (size_t i = 0; i < BASE_COUNT(passing); i++)
        if (strncmp(state, passing[i], strlen(passing[i])) == 0)
            return true;
    return false;
}

static int line_len(const char *text)
{
    return (int)strcspn(text, "\n");
}

static heddle_status fail_conn(PGconn *conn, heddle_retry retry, heddle_error *err)
{
    const char *text = PQerrorMessage(conn);
    return base_fail_retry(err, HEDDLE_E_DATABASE, retry, "%.*s", line_len(text), text);
}

static heddle_status fail_result(PGconn *conn, const PGresult *result, const char *what,
                                 heddle_error *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (!state || PQstatus(conn) == CONNECTION_BAD)
        return fail_conn(conn, HEDDLE_RETRY_SAFE, err);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return base_fail_retry(err, HEDDLE_E_DATABASE,
                           is_passing(state) ? HEDDLE_RETRY_SAFE : HEDDLE_RETRY_NO,
                           "%s (SQLSTATE %s, in %.*s)", text ? text : "no message", state,
                           line_len(what) < 60 ? line_len(what) : 60, what);
}

static void drop_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result;
}

/* What comes before dbname gives way to what the URL says, what comes after does not. */
static const char *const param_names[] = {
    "fallback_application_name", "connect_timeout", "keepalives_idle", "keepalives_interval",
    "tcp_user_timeout",          "dbname",          "client_encoding", NULL};
#define PARAM_VALUES(url)                                                                          \
    {                                                                                              \
        "heddle-sync", "10", "30", "10", "60000", (url), "UTF8", NULL                              \
    }

static PGconn *connect_once(const char *url)
{
    const char *const values[] = PARAM_VALUES(url);
    return PQconnectdbParams(param_names, values, 1);
}

static bool wait_socket(PGconn *conn, PostgresPollingStatusType want, uint64_t until_ms)
{
    uint64_t now = base_now_ms();
    struct pollfd one = {.fd = PQsocket(conn),
                         .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT};
    return now < until_ms && poll(&one, 1, (int)(until_ms - now)) >= 0;
}

/* The same at a server that is known to answer. A refusal's text then has its SQLSTATE, which
 * libpq tells in no other way. */
static PGconn *connect_telling_state(const char *url)
{
    const char *const values[] = PARAM_VALUES(url);
    PGconn *conn = PQconnectStartParams(param_names, values, 1);
    if (!conn || PQstatus(conn) == CONNECTION_BAD)
        return conn;
    uint64_t until = base_now_ms() + CONNECT_MS;
    PostgresPollingStatusType want = PGRES_POLLING_WRITING;
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    while (want != PGRES_POLLING_OK && want != PGRES_POLLING_FAILED &&
           wait_socket(conn, want, until))
        want = PQconnectPoll(conn);
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    return conn;
}

/* The SQLSTATE in a text as "… FATAL:  53300: sorry, too many clients already"; or NULL. */
static const char *state_in(const char *text)
{
    for (const char *at = text; (at = strstr(at, ":  ")); at++)
        if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && at[8] == ':')
            return at + 3;
    return NULL;
}

static heddle_status check_server(PGconn *conn, heddle_error *err)
{
    const char *encoding = PQparameterStatus(conn, "server_encoding");
    if (PQserverVersion(conn) < MIN_VERSION)
        return base_fail(err, HEDDLE_E_CONFIG, "the database server is older than PostgreSQL 11");
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "the database has the encoding %s; it must be created with UTF8",
                         encoding ? encoding : "?");
    return HEDDLE_OK;
}

/* A server that answered a moment ago did not let us in. */
static heddle_status fail_refused(const char *url, PGconn *conn, heddle_error *err)
{
    if (PQstatus(conn) != CONNECTION_BAD)
        return base_fail_retry(err, HEDDLE_E_DATABASE, HEDDLE_RETRY_SAFE,
                               "the database server does not answer in time");
    const char *state = state_in(PQerrorMessage(conn));
    bool passes = state ? is_passing(state) : PQping(url) != PQPING_OK;
    return fail_conn(conn, passes ? HEDDLE_RETRY_SAFE : HEDDLE_RETRY_NO, err);
}

static heddle_status fail_absent(PGconn *conn, PGPing ping, heddle_error *err)
{
    if (ping != PQPING_NO_ATTEMPT)
        return fail_conn(conn, HEDDLE_RETRY_SAFE, err);
    fail_conn(conn, HEDDLE_RETRY_NO, err);
    if (err)
        err->status = HEDDLE_E_CONFIG;
    return HEDDLE_E_CONFIG;
}

/* An attempt counts as refused only if the server was there before it: one that fails while
 * the server comes up says nothing. */
static heddle_status connect_to(const char *url, PGconn **out, heddle_error *err)
{
    PGconn *conn = *out = connect_once(url);
    if (!conn)
        return base_fail_memory(err, "database connection");
    if (PQstatus(conn) == CONNECTION_OK)
        return HEDDLE_OK;
    PGPing ping = PQping(url);
    if (ping != PQPING_OK)
        return fail_absent(conn, ping, err);
    PQfinish(conn);
    conn = *out = connect_telling_state(url);
    if (!conn)
        return base_fail_memory(err, "database connection");
    return PQstatus(conn) == CONNECTION_OK ? HEDDLE_OK : fail_refused(url, conn, err);
}

heddle_status sync_db_open(const char *url, sync_db **out, heddle_error *err)
{
    PGconn *conn;
    heddle_status status = connect_to(url, &conn, err);
    if (status == HEDDLE_OK)
        status = check_server(conn, err);
    if (status != HEDDLE_OK) {
        PQfinish(conn);
        return status;
    }
    PQsetNoticeReceiver(conn, drop_notice, NULL);
    *out = (sync_db *)conn;
    return HEDDLE_OK;
}

void sync_db_close(sync_db *db)
{
    if (db)
        PQfinish(conn_of(db));
}

/* Takes @p result; gives it to *out if that is asked for and all is well. */
static heddle_status judge(PGconn *conn, PGresult *result, const char *sql, sync_result **out,
                           heddle_error *err)
{
    ExecStatusType kind = PQresultStatus(result);
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK && kind != PGRES_EMPTY_QUERY) {
        heddle_status status = fail_result(conn, result, sql, err);
        PQclear(result);
        return status;
    }
    if (out)
        *out = (sync_result *)result;
    else
        PQclear(result);
    return HEDDLE_OK;
}

heddle_status sync_db_exec(sync_db *db, const char *sql, heddle_error *err)
{
    return judge(conn_of(db), PQexec(conn_of(db), sql), sql, NULL, err);
}

heddle_status sync_db_prepare(sync_db *db, const char *name, const char *sql, heddle_error *err)
{
    return judge(conn_of(db), PQprepare(conn_of(db), name, sql, 0, NULL), sql, NULL, err);
}

heddle_status sync_db_query(sync_db *db, const char *sql, const char *const *params, int count,
                            sync_result **out, heddle_error *err)
{
    PGresult *result = PQexecParams(conn_of(db), sql, count, NULL, params, NULL, NULL, 0);
    return judge(conn_of(db), result, sql, out, err);
}

heddle_status sync_db_run(sync_db *db, const char *name, const char *const *params, int count,
                          uint64_t *out_affected, heddle_error *err)
{
    PGresult *result = PQexecPrepared(conn_of(db), name, count, params, NULL, NULL, 0);
    base_auto(sync_result) sync_result *kept = NULL;
    BASE_TRY(judge(conn_of(db), result, name, &kept, err));
    if (out_affected)
        *out_affected = strtoull(PQcmdTuples(result), NULL, 10);
    return HEDDLE_OK;
}

size_t sync_result_rows(const sync_result *result)
{
    return (size_t)PQntuples(pg_result(result));
}

const char *sync_result_text(const sync_result *result, size_t row, int column)
{
    if (PQgetisnull(pg_result(result), (int)row, column))
        return NULL;
    return PQgetvalue(pg_result(result), (int)row, column);
}

heddle_status sync_result_bytes(const sync_result *result, size_t row, int column, base_buffer *out)
{
    const char *text = sync_result_text(result, row, column);
    if (!text || text[0] != '\\' || text[1] != 'x')
        return HEDDLE_E_DECODE;
    return base_unhex(heddle_view_str(text + 2), out);
}

void sync_result_free(sync_result *result)
{
    PQclear((PGresult *)result);
}

static bool send_rows(PGconn *conn, heddle_view rows)
{
    for (size_t at = 0; at < rows.len; at += COPY_CHUNK) {
        heddle_view part = base_view_slice(rows, at, COPY_CHUNK);
        if (PQputCopyData(conn, (const char *)part.data, (int)part.len) != 1)
            return false;
    }
    return true;
}

/* The result of the COPY, after which libpq gives one that is NULL. */
static heddle_status finish_copy(PGconn *conn, const char *sql, heddle_error *err)
{
    heddle_status status = judge(conn, PQgetResult(conn), sql, NULL, err);
    for (PGresult *more; (more = PQgetResult(conn));)
        PQclear(more);
    return status;
}

heddle_status sync_db_copy(sync_db *db, const char *sql, heddle_view rows, heddle_error *err)
{
    PGconn *conn = conn_of(db);
    PGresult *begun = PQexec(conn, sql);
    if (PQresultStatus(begun) != PGRES_COPY_IN) {
        heddle_status status = fail_result(conn, begun, sql, err);
        PQclear(begun);
        return status;
    }
    PQclear(begun);
    if (!send_rows(conn, sync_copy_header) || !send_rows(conn, rows) ||
        !send_rows(conn, sync_copy_trailer) || PQputCopyEnd(conn, NULL) != 1)
        return fail_conn(conn, HEDDLE_RETRY_SAFE, err);
    return finish_copy(conn, sql, err);
}
