/* The provider client against the simulator: every function, paging, refusals, faults, webhooks. */

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/json.h"
#include "common/provider/provider.h"
#include "tests/support/rude_server.h"
#include "tests/support/sim_server.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* Calls with this value under this key of their metadata. */
#define TAGGED(key_, value) \
    &(const struct provider_query) \
    { \
        .key = (key_), .values = (const char *const[]){value}, .n = 1 \
    }

#define FROM "+14157774444"
#define AGENT "agent_abc123"

/* Fast, patient and without accidents: what goes wrong is what a test asked for. */
static const char config[] =
    "{\"time_scale\":1000,"
    "\"api\":{\"latency_ms\":{\"p50\":0,\"p95\":0,\"max\":0},"
    "\"per_op\":{\"create_phone_call\":{\"p50\":0,\"p95\":0}},"
    "\"rate_limit\":{\"requests\":0},"
    "\"faults\":{\"http_500\":0,\"http_503\":0,\"reset\":0,\"reset_after_commit\":0,"
    "\"html_502\":0}},"
    "\"webhooks\":{\"duplicate\":0,\"out_of_order\":0,\"lost\":0,\"extra_delay_ms\":{\"p\":0}},"
    "\"analysis\":{\"missing_rate\":0},"
    "\"compat\":{\"seed_paths\":true},"
    "\"workspaces\":[{\"org_name\":\"Test\","
    "\"keys\":[{\"key\":\"key_test\",\"webhook\":true,\"scopes\":\"all\"}],"
    "\"concurrency_limit\":1000,\"reserved_inbound\":7,"
    "\"cps\":{\"twilio\":1000,\"telnyx\":1000,\"custom\":1000},"
    "\"card_on_file\":true,\"balance_cents\":100000,"
    "\"agents\":[{\"agent_id\":\"agent_abc123\",\"agent_name\":\"Demo IT\",\"version\":3,"
    "\"is_published\":true},"
    "{\"agent_id\":\"agent_two\",\"agent_name\":\"Two\",\"version\":0,\"is_published\":false}],"
    "\"numbers\":[{\"phone_number\":\"+14157774444\",\"type\":\"retell-twilio\","
    "\"outbound\":\"agent_abc123\"}]}]}";

static struct sim_server sim;
static struct provider *retell;

#define assert_ok(op, expr) \
    do { \
        if (!(expr)) \
            fail_msg("%s: %s (%s)", #expr, (op)->err.message, (op)->err.cause); \
    } while (0)

static struct provider *open_with(const char *key, const char *paths)
{
    struct conf conf = conf_defaults();

    conf.retell_api_key = key;
    conf.retell_base_url = sim.url;
    conf.retell_paths = paths;
    conf.provider_timeout_ms = 10000;
    struct provider *p = provider_open("retell", &conf);
    assert_non_null(p);
    return p;
}

static struct dial_answer dial(struct op *op, struct provider *p, const char *from, const char *to,
                               const char *tag)
{
    struct dial_answer answer;
    struct dial_request r = {
        .from_number = from,
        .to_number = to,
        .agent_id = AGENT,
        .metadata = arena_printf(&op->arena, "{\"tag\":\"%s\"}", tag),
    };

    p->create_phone_call(op, p, &r, &answer);
    assert_int_equal(op->err.code, E_NONE);
    return answer;
}

static const char *place(struct op *op, const char *to, const char *tag)
{
    struct dial_answer a = dial(op, retell, FROM, to, tag);

    if (a.result != DIAL_ACCEPTED)
        fail_msg("%d %s", a.http_status, a.message);
    return a.provider_call_id;
}

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* Until the call's status is this one; the last look at it. */
static struct provider_call await_status(struct op *op, const char *id, const char *status)
{
    int64_t deadline_us = clock_mono_us() + 10 * INT64_C(1000000);
    struct provider_call call;

    do {
        assert_ok(op, retell->get_call(op, retell, id, &call));
        if (strcmp(call.status, status) == 0)
            return call;
        pause_briefly();
    } while (clock_mono_us() < deadline_us);
    fail_msg("%s stayed %s", id, call.status);
    return call;
}

/* How many create-phone-call requests the simulator has seen. */
static int creations(void)
{
    struct op op = {0};
    const struct cJSON *log;
    int n = 0;

    assert_ok(&op, json_parse(&op, str_of(sim_server_ask(&op, &sim, "/sim/log", NULL)), &log));
    for (const struct cJSON *v = json_first(json_get(log, "requests")); v; v = json_next(v))
        n += strcmp(json_get_string(v, "op"), "create_phone_call") == 0;
    op_end(&op);
    return n;
}

static void a_call_is_placed_and_told(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_call call;
    (void)state;

    const char *id = place(&op, "+393490000011", "told");
    assert_ok(&op, retell->get_call(&op, retell, id, &call));
    assert_string_equal(call.provider_call_id, id);
    assert_string_equal(call.from_number, FROM);
    assert_string_equal(call.to_number, "+393490000011");
    assert_string_equal(call.agent_id, AGENT);
    assert_string_equal(call.direction, "outbound");
    assert_string_equal(call.metadata.text, "{\"tag\":\"told\"}");
    op_end(&op);
}

static void a_busy_line_ends_as_the_provider_says(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_call call =
        await_status(&op, place(&op, "+393490000001", "busy"), "not_connected");
    (void)state;

    assert_string_equal(call.disconnection_reason, "dial_busy");
    assert_int_equal(call.started_at.us, 0);
    assert_true(call.ended_at.us > 0);
    op_end(&op);
}

static void a_conversation_has_a_start_a_transcript_and_a_cost(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_call call = await_status(&op, place(&op, "+393490000003", "mail"), "ended");
    (void)state;

    assert_string_equal(call.disconnection_reason, "voicemail_reached");
    assert_true(call.started_at.us > 0 && call.ended_at.us > call.started_at.us);
    assert_true(call.duration_ms > 0);
    assert_non_null(call.transcript.text);
    assert_true(call.cost_cents >= 0);
    op_end(&op);
}

static void a_call_that_runs_can_be_stopped_once(void **state)
{
    struct op op = {.request_id = "req_t"};
    const char *id = place(&op, "+393490000011", "stop");
    (void)state;

    await_status(&op, id, "ongoing");
    assert_ok(&op, retell->stop_call(&op, retell, id));
    struct provider_call call = await_status(&op, id, "ended");
    assert_string_equal(call.disconnection_reason, "manual_stopped");
    assert_false(retell->stop_call(&op, retell, id));
    assert_int_equal(op.err.code, E_RESOURCE_NOT_FOUND);
    op_end(&op);
}

static void a_call_that_does_not_exist_is_not_found(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_call call;
    (void)state;

    assert_false(retell->get_call(&op, retell, "call_nobody", &call));
    assert_int_equal(op.err.code, E_RESOURCE_NOT_FOUND);
    op_end(&op);
}

static int compare_ids(const void *a, const void *b)
{
    const struct provider_call *x = a, *y = b;

    return strcmp(x->provider_call_id, y->provider_call_id);
}

static void calls_are_found_by_metadata_over_all_pages(void **state)
{
    enum { PLACED = 237 };
    struct op op = {.request_id = "req_t"};
    struct provider_calls calls;
    (void)state;

    for (int i = 0; i < PLACED; i++)
        place(&op, "+393490000001", "many");
    assert_ok(&op, retell->find_calls(&op, retell, TAGGED("tag", "many"), 1000, &calls));
    assert_int_equal(calls.n, PLACED);
    assert_true(calls.complete);
    qsort(calls.items, calls.n, sizeof(*calls.items), compare_ids);
    for (size_t i = 1; i < calls.n; i++)
        assert_true(compare_ids(&calls.items[i - 1], &calls.items[i]) < 0);

    assert_ok(&op, retell->find_calls(&op, retell, TAGGED("tag", "many"), PLACED, &calls));
    assert_true(calls.complete && calls.n == PLACED);
    assert_ok(&op, retell->find_calls(&op, retell, TAGGED("tag", "many"), PLACED - 1, &calls));
    assert_false(calls.complete);
    assert_int_equal(calls.n, PLACED - 1);
    assert_ok(&op, retell->find_calls(&op, retell, TAGGED("tag", "no\"thing"), 10, &calls));
    assert_true(calls.complete && calls.n == 0);
    op_end(&op);
}

static void calls_are_found_by_any_of_many_values_or_ids(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_calls calls;
    (void)state;

    const char *ids[] = {place(&op, "+393490000004", "m1"), place(&op, "+393490000004", "m2"),
                         "call_of_nobody"};
    const char *tags[] = {"m1", "m3", "m2"};
    place(&op, "+393490000004", "m4");
    const struct provider_query by_tag = {.key = "tag", .values = tags, .n = 3};
    assert_ok(&op, retell->find_calls(&op, retell, &by_tag, 10, &calls));
    assert_true(calls.complete && calls.n == 2);
    const struct provider_query by_id = {.values = ids, .n = 3};
    assert_ok(&op, retell->find_calls(&op, retell, &by_id, 10, &calls));
    assert_true(calls.complete && calls.n == 2);
    op_end(&op);
}

static void calls_are_listed_by_the_time_they_started(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_calls calls;
    (void)state;

    struct provider_call first = await_status(&op, place(&op, "+393490000003", "t1"), "ended");
    struct provider_call second = await_status(&op, place(&op, "+393490000003", "t2"), "ended");
    struct tstamp after = {second.started_at.us + 1};
    assert_ok(&op, retell->list_calls(&op, retell, first.started_at, after, 100, &calls));
    assert_true(calls.complete && calls.n >= 2);
    assert_string_equal(calls.items[0].provider_call_id, second.provider_call_id);
    assert_string_equal(calls.items[calls.n - 1].provider_call_id, first.provider_call_id);

    assert_ok(&op,
              retell->list_calls(&op, retell, first.started_at, second.started_at, 100, &calls));
    for (size_t i = 0; i < calls.n; i++)
        assert_true(calls.items[i].started_at.us < second.started_at.us);
    op_end(&op);
}

static void a_web_call_comes_with_its_token(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_web_call web;
    (void)state;

    assert_ok(&op, retell->create_web_call(&op, retell, AGENT, "{\"tag\":\"web\"}", &web));
    assert_true(web.provider_call_id[0] && web.access_token[0]);
    assert_true(web.expires_at.us > clock_now_us());
    assert_non_null(strstr(web.connection.text, "ice_servers"));
    assert_false(retell->create_web_call(&op, retell, "agent_nobody", NULL, &web));
    assert_int_equal(op.err.code, E_PROVIDER_ERROR);
    op_end(&op);
}

static size_t count_numbers(struct op *op, const char *e164)
{
    struct provider_numbers numbers;
    size_t n = 0;

    assert_ok(op, retell->list_numbers(op, retell, &numbers));
    for (size_t i = 0; i < numbers.n; i++)
        n += !e164 || strcmp(numbers.items[i].e164, e164) == 0;
    return n;
}

static void a_number_is_imported_changed_and_released(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_number n;
    struct provider_number_request import = {.e164 = "+390287654321",
                                             .termination_uri = "trunk.example.com",
                                             .sip_user = "u",
                                             .sip_password = "p",
                                             .agent_id = AGENT,
                                             .nickname = "Milan"};
    (void)state;

    assert_ok(&op, retell->import_number(&op, retell, &import, &n));
    assert_string_equal(n.e164, "+390287654321");
    assert_string_equal(n.provider_number_id, "+390287654321");
    assert_string_equal(n.kind, "custom");
    assert_string_equal(n.nickname, "Milan");
    assert_string_equal(n.outbound_agent_id, AGENT);

    struct provider_number_request change = {.agent_id = "agent_two", .nickname = "Milano"};
    assert_ok(&op, retell->update_number(&op, retell, "+390287654321", &change, &n));
    assert_string_equal(n.nickname, "Milano");
    assert_string_equal(n.outbound_agent_id, "agent_two");
    assert_int_equal(count_numbers(&op, "+390287654321"), 1);

    assert_ok(&op, retell->release_number(&op, retell, "+390287654321"));
    assert_int_equal(count_numbers(&op, "+390287654321"), 0);
    assert_false(retell->release_number(&op, retell, "+390287654321"));
    assert_int_equal(op.err.code, E_RESOURCE_NOT_FOUND);
    op_end(&op);
}

static void a_number_is_bought_by_area_or_by_name(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_number n;
    (void)state;

    assert_ok(&op, retell->buy_number(
                       &op, retell,
                       &(struct provider_number_request){.country = "US", .area_code = 212}, &n));
    assert_memory_equal(n.e164, "+1212", 5);
    assert_ok(&op, retell->buy_number(
                       &op, retell, &(struct provider_number_request){.e164 = "+14155550199"}, &n));
    assert_string_equal(n.e164, "+14155550199");
    op_end(&op);
}

static void numbers_are_listed_over_all_pages(void **state)
{
    enum { IMPORTED = 130 };
    struct op op = {.request_id = "req_t"};
    struct provider_number n;
    size_t before = count_numbers(&op, NULL);
    (void)state;

    for (int i = 0; i < IMPORTED; i++) {
        struct provider_number_request r = {.e164 = arena_printf(&op.arena, "+39021111%04d", i),
                                            .termination_uri = "t.example.com"};
        assert_ok(&op, retell->import_number(&op, retell, &r, &n));
    }
    assert_int_equal(count_numbers(&op, NULL), before + IMPORTED);
    op_end(&op);
}

static void agents_are_listed_and_told(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_agents agents;
    struct provider_agent agent;
    (void)state;

    assert_ok(&op, retell->list_agents(&op, retell, &agents));
    assert_int_equal(agents.n, 2);
    assert_ok(&op, retell->get_agent(&op, retell, AGENT, &agent));
    assert_string_equal(agent.agent_id, AGENT);
    assert_string_equal(agent.name, "Demo IT");
    assert_int_equal(agent.version, 3);
    assert_true(agent.published);
    assert_ok(&op, retell->get_agent(&op, retell, "agent_two", &agent));
    assert_false(agent.published);
    assert_false(retell->get_agent(&op, retell, "agent_nobody", &agent));
    assert_int_equal(op.err.code, E_RESOURCE_NOT_FOUND);
    op_end(&op);
}

static void concurrency_is_told(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider_concurrency c;
    (void)state;

    assert_ok(&op, retell->get_concurrency(&op, retell, &c));
    assert_int_equal(c.limit, 1000);
    assert_int_equal(c.reserved_inbound, 7);
    assert_true(c.current >= 0);
    op_end(&op);
}

static void foreign_numbers_and_keys_are_refused_by_kind(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider *stranger = open_with("key_unknown", "current");
    struct dial_answer a = dial(&op, retell, "+14150000000", "+393490000001", "x");
    (void)state;

    assert_int_equal(a.result, DIAL_REJECTED);
    assert_int_equal(a.refusal, REFUSAL_FROM_NUMBER);
    a = dial(&op, stranger, FROM, "+393490000001", "x");
    assert_int_equal(a.result, DIAL_REJECTED);
    assert_int_equal(a.refusal, REFUSAL_CREDENTIALS);
    a = dial(&op, retell, FROM, "not a number", "x");
    assert_int_equal(a.result, DIAL_REJECTED);
    assert_int_equal(a.refusal, REFUSAL_REQUEST);
    stranger->close(stranger);
    op_end(&op);
}

struct mishap {
    const char *fault; /* the control plane's body */
    enum dial_result result;
    enum dial_refusal refusal;
    size_t placed;
};

static void whatever_happens_a_creation_is_sent_once(void **state)
{
#define FAULT(how) "{\"op\":\"create_phone_call\",\"count\":1," how "}"
#define STATUS(n) FAULT("\"fault\":\"status\",\"status\":" n)
    static const struct mishap mishaps[] = {
        {STATUS("400"), DIAL_REJECTED, REFUSAL_REQUEST, 0},
        {STATUS("401"), DIAL_REJECTED, REFUSAL_CREDENTIALS, 0},
        {STATUS("402"), DIAL_REJECTED, REFUSAL_UNPAID, 0},
        {STATUS("403"), DIAL_REJECTED, REFUSAL_CREDENTIALS, 0},
        {STATUS("422"), DIAL_REJECTED, REFUSAL_REQUEST, 0},
        {STATUS("429"), DIAL_REJECTED, REFUSAL_BUSY, 0},
        {STATUS("500"), DIAL_UNKNOWN, REFUSAL_NONE, 0},
        {STATUS("503"), DIAL_UNKNOWN, REFUSAL_NONE, 0},
        {FAULT("\"fault\":\"html_502\""), DIAL_UNKNOWN, REFUSAL_NONE, 0},
        {FAULT("\"fault\":\"reset\""), DIAL_UNKNOWN, REFUSAL_NONE, 0},
        {FAULT("\"fault\":\"hang\""), DIAL_UNKNOWN, REFUSAL_NONE, 0},
        {FAULT("\"fault\":\"reset_after_commit\""), DIAL_UNKNOWN, REFUSAL_NONE, 1},
        {FAULT("\"fault\":\"hang_after_commit\""), DIAL_UNKNOWN, REFUSAL_NONE, 1},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(mishaps); i++) {
        struct op op = {.request_id = "req_t"};
        const char *tag = arena_printf(&op.arena, "mishap-%zu", i);
        struct provider_calls calls;
        int before = creations();
        sim_server_ask(&op, &sim, "/sim/fault", mishaps[i].fault);
        op.deadline_us = clock_mono_us() + 1000000;
        struct dial_answer a = dial(&op, retell, FROM, "+393490000001", tag);
        op.deadline_us = 0;
        if (a.result != mishaps[i].result || a.refusal != mishaps[i].refusal)
            fail_msg("%s: %d %d %s", mishaps[i].fault, (int)a.result, (int)a.refusal, a.message);
        assert_int_equal(creations(), before + 1);
        assert_ok(&op, retell->find_calls(&op, retell, TAGGED("tag", tag), 10, &calls));
        assert_int_equal(calls.n, mishaps[i].placed);
        op_end(&op);
    }
}

static void the_specifications_paths_work_where_they_are_served(void **state)
{
    struct op op = {.request_id = "req_t"};
    struct provider *seed = open_with("key_test", "seed");
    struct provider_call call;
    struct provider_numbers numbers;
    (void)state;

    struct dial_answer a = dial(&op, seed, FROM, "+393490000001", "seed");
    assert_int_equal(a.result, DIAL_ACCEPTED);
    assert_ok(&op, seed->get_call(&op, seed, a.provider_call_id, &call));
    assert_string_equal(call.agent_id, AGENT);
    assert_ok(&op, seed->list_numbers(&op, seed, &numbers));
    assert_true(numbers.n >= 1);
    seed->close(seed);
    op_end(&op);
}

/* The i-th delivery, verified over its raw bytes and decoded. */
static const char *receive(struct op *op, struct rude_server *hooks, size_t i,
                           struct provider_call *call)
{
    int64_t deadline_us = clock_mono_us() + 10 * INT64_C(1000000);
    const char *text, *event, *name = "\r\nx-retell-signature: ";

    while (!(text = rude_request(hooks, i)) && clock_mono_us() < deadline_us)
        pause_briefly();
    if (!text)
        fail_msg("delivery %zu did not come", i);
    const char *signature = strcasestr(text, name), *body = strstr(text, "\r\n\r\n") + 4;
    assert_non_null(signature);
    signature += strlen(name);
    assert_ok(op,
              retell->verify_webhook(op, retell, str_of(body),
                                     arena_strndup(&op->arena, signature, strcspn(signature, "\r")),
                                     clock_now_us()));
    assert_ok(op, retell->read_webhook(op, retell, str_of(body), &event, call));
    return event;
}

static void webhooks_go_where_the_call_says_and_verify(void **state)
{
    static const struct rude_step fine[] = {{.way = RUDE_ANSWER, .status = "204 No Content"}};
    static const char *const events[] = {"call_started", "call_ended", "call_analyzed"};
    struct rude_server *hooks = rude_start(fine, 1);
    struct op op = {.request_id = "req_t"};
    struct dial_answer a;
    (void)state;

    retell->create_phone_call(&op, retell,
                              &(struct dial_request){.from_number = FROM,
                                                     .to_number = "+393490000003",
                                                     .agent_id = AGENT,
                                                     .webhook_url = rude_url(hooks),
                                                     .ring_seconds = 30},
                              &a);
    assert_int_equal(a.result, DIAL_ACCEPTED);
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        struct provider_call call;
        assert_string_equal(receive(&op, hooks, i, &call), events[i]);
        assert_string_equal(call.provider_call_id, a.provider_call_id);
        assert_true((call.analysis.text != NULL) == (i == 2));
    }
    op_end(&op);
    rude_stop(hooks);
}

static int start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sim_server_start(&sim, config);
    retell = open_with("key_test", "current");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    retell->close(retell);
    sim_server_stop(&sim);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_placed_and_told),
        cmocka_unit_test(a_busy_line_ends_as_the_provider_says),
        cmocka_unit_test(a_conversation_has_a_start_a_transcript_and_a_cost),
        cmocka_unit_test(a_call_that_runs_can_be_stopped_once),
        cmocka_unit_test(a_call_that_does_not_exist_is_not_found),
        cmocka_unit_test(calls_are_found_by_metadata_over_all_pages),
        cmocka_unit_test(calls_are_found_by_any_of_many_values_or_ids),
        cmocka_unit_test(calls_are_listed_by_the_time_they_started),
        cmocka_unit_test(a_web_call_comes_with_its_token),
        cmocka_unit_test(a_number_is_imported_changed_and_released),
        cmocka_unit_test(a_number_is_bought_by_area_or_by_name),
        cmocka_unit_test(numbers_are_listed_over_all_pages),
        cmocka_unit_test(agents_are_listed_and_told),
        cmocka_unit_test(concurrency_is_told),
        cmocka_unit_test(foreign_numbers_and_keys_are_refused_by_kind),
        cmocka_unit_test(whatever_happens_a_creation_is_sent_once),
        cmocka_unit_test(the_specifications_paths_work_where_they_are_served),
        cmocka_unit_test(webhooks_go_where_the_call_says_and_verify),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
