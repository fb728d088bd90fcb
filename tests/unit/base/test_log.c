#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "heddle/log.h"
#include "support/suite.h"

static char last[512];
static int lines;

static void capture(base_log_level level, const char *line, size_t len, void *user)
{
    (void)level;
    (void)user;
    snprintf(last, sizeof(last), "%.*s", (int)len, line);
    lines++;
}

static base_wall_time fixed_time(void)
{
    return (base_wall_time){.seconds = 1787562751, .nanos = 482000000};
}

static int evaluated(void)
{
    static int count;
    return ++count;
}

START_TEST(a_line_holds_time_level_module_and_pairs)
{
    base_clock_override(NULL, fixed_time);
    base_log_set_sink(capture, NULL);
    log_at(LOG_WARN, "pool", "upstream draining", LOG_STR("peer", "peer0:7051"), LOG_U64("n", 3),
           LOG_STR("why", "went \"away\"\n"));
    ck_assert_str_eq(last, "2026-08-24T09:12:31.482Z warn pool msg=\"upstream draining\" "
                           "peer=peer0:7051 n=3 why=\"went \\\"away\\\"\\u000a\"");
    base_log_set_json(true);
    log_at(LOG_ERROR, "pool", "lost", LOG_I64("code", -1), LOG_STR("peer", "p"));
    ck_assert_str_eq(last, "{\"time\":\"2026-08-24T09:12:31.482Z\",\"level\":\"error\","
                           "\"module\":\"pool\",\"msg\":\"lost\",\"code\":-1,\"peer\":\"p\"}");
}
END_TEST

START_TEST(arguments_are_not_evaluated_below_the_level)
{
    base_log_set_sink(capture, NULL);
    base_log_set_level(LOG_WARN);
    log_at(LOG_INFO, "pool", "quiet", LOG_I64("n", evaluated()));
    ck_assert_int_eq(lines, 0);
    ck_assert_int_eq(evaluated(), 1);
}
END_TEST

START_TEST(metrics_render_as_prometheus_text)
{
    base_metrics *m = base_metrics_new();
    base_metric *ok = base_counter(m, "calls_total", "code=\"OK\"", "Calls.");
    base_gauge(m, "busy", "", "Busy.");
    base_metric_add(base_counter(m, "calls_total", "code=\"ABORTED\"", "Calls."), 2);
    base_metric_add(ok, 1);
    ck_assert_ptr_eq(ok, base_counter(m, "calls_total", "code=\"OK\"", "Calls."));
    base_metric *wait = base_histogram(m, "wait_seconds", "", "Wait.");
    base_metric_observe_ms(wait, 3);
    base_metric_observe_ms(wait, 90000);
    base_auto_buffer base_buffer out = {0};
    ck_assert_int_eq(base_metrics_render(m, &out), HEDDLE_OK);
    const char *text = base_buffer_cstr(&out);
    ck_assert_ptr_nonnull(strstr(text, "# TYPE calls_total counter\ncalls_total{code=\"OK\"} 1\n"
                                       "calls_total{code=\"ABORTED\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(text, "busy 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "wait_seconds_bucket{le=\"0.0025\"} 0\n"
                                       "wait_seconds_bucket{le=\"0.005\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "wait_seconds_bucket{le=\"+Inf\"} 2\n"
                                       "wait_seconds_sum 90.003\nwait_seconds_count 2\n"));
    base_metrics_free(m);
}
END_TEST

static void take(heddle_log_level level, const char *line, void *user)
{
    ck_assert_int_eq(level, HEDDLE_LOG_WARN);
    snprintf(last, sizeof(last), "%s", line);
    ++*(int *)user;
}

START_TEST(an_application_is_told_what_it_asks_for_and_else_nothing_is_done)
{
    int count = 0;
    base_clock_override(NULL, fixed_time);
    log_at(LOG_ERROR, "pool", "nobody listens", LOG_I64("n", evaluated()));
    heddle_log_set(take, &count, HEDDLE_LOG_WARN);
    log_at(LOG_INFO, "pool", "too little", LOG_I64("n", evaluated()));
    log_at(LOG_WARN, "pool", "heard", LOG_I64("n", evaluated()));
    ck_assert_int_eq(count, 1);
    ck_assert_str_eq(last, "2026-08-24T09:12:31.482Z warn pool msg=\"heard\" n=1");
    heddle_log_set(NULL, NULL, HEDDLE_LOG_DEBUG);
    log_at(LOG_ERROR, "pool", "nobody listens", LOG_I64("n", evaluated()));
    ck_assert_int_eq(count, 1);
}
END_TEST

SUITE_MAIN("base/log", SUITE_CASE("log", a_line_holds_time_level_module_and_pairs,
                                  arguments_are_not_evaluated_below_the_level,
                                  metrics_render_as_prometheus_text,
                                  an_application_is_told_what_it_asks_for_and_else_nothing_is_done))
